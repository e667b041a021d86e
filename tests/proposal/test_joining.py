"""Sections written again take their place in the proposal; all else stays byte for byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.proposal.document import SECTIONS, read_proposal
from archkit.proposal.joining import joined

BODIES = [f"Said of {title.lower()}.\n\n- one\n- two\n" for title in SECTIONS]
HEAD = "# Shop\n\nBefore it all.\n\n"


def written(numbers, *, head=HEAD, level="##", tail=""):
    parts = [f"{level} {n}. {SECTIONS[n - 1]}\n\n{BODIES[n - 1]}\n" for n in numbers]
    return head + "".join(parts) + tail


def test_a_whole_proposal_takes_the_place_of_all():
    fresh = written(range(1, 8), head="# Anew\n\n")
    assert joined(read_proposal(written(range(1, 8))), fresh) == fresh


def test_a_text_without_sections_changes_nothing():
    old = written(range(1, 8))
    assert joined(read_proposal(old), "I would rather not.") == old
    assert joined(read_proposal(old), "") == old


@given(st.sets(st.integers(1, 7), min_size=1, max_size=6), st.sampled_from(["#", "##", "###"]))
def test_only_the_sections_given_change(numbers, level):
    old = read_proposal(written(range(1, 8), tail="## 8. Milestones\n\nIn May.\n"))
    given_anew = "".join(f"{level} {SECTIONS[n - 1]}\n\nAnew {n}.\n\n" for n in sorted(numbers))
    new = read_proposal(joined(old, given_anew))
    assert [s.number for s in new.sections] == list(range(1, 8))
    for section in new.sections:
        expected = f"Anew {section.number}." if section.number in numbers else None
        assert section.text.strip() == (expected or old.section(section.number).text.strip())
    assert new.text.startswith(HEAD)
    assert new.text.endswith("## 8. Milestones\n\nIn May.\n")


@given(st.sets(st.integers(1, 7), min_size=1, max_size=6))
def test_missing_sections_go_where_the_order_wants_them(numbers):
    old = read_proposal(written([n for n in range(1, 8) if n not in numbers]))
    new = read_proposal(joined(old, written(sorted(numbers), head="Here they are.\n\n")))
    assert [s.number for s in new.sections] == list(range(1, 8))
    assert "Here they are" not in new.text or len(numbers) == 7
    assert [s.text.strip() for s in new.sections] == [body.strip() for body in BODIES]


def test_a_section_that_was_there_twice_is_there_once():
    old = read_proposal(written([1, 2, 3, 4, 3, 5, 6, 7]))
    new = read_proposal(joined(old, "## 3. Service Definitions\n\nOne service.\n"))
    assert [s.number for s in new.sections] == list(range(1, 8))
    assert new.section(3).text.strip() == "One service."


@pytest.mark.parametrize("under", ["", "Said.\n\n"])
def test_underlined_headings_go_with_their_line(under):
    old = "Data Schema\n-----------\n\n" + under + "## 7. Key Considerations\n\nAll.\n"
    new = joined(read_proposal(old), "## 5. Data Schema\n\nTables.\n")
    assert new == "## 5. Data Schema\n\nTables.\n\n## 7. Key Considerations\n\nAll.\n"
