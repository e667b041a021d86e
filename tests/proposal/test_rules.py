"""The rules: each is broken once in a good design, and only what was broken is found."""

from __future__ import annotations

import pytest

from archkit.proposal.document import SECTIONS, read_proposal
from archkit.proposal.finding import Finding
from archkit.proposal.rules import check_proposal

CONSIDERED = ("Scalability", "Security", "Observability", "Deployment & CI/CD")


def section(number: int, text: str = "Some words.") -> str:
    return f"## {number}. {SECTIONS[number - 1]}\n\n{text}\n\n"


BULLETS = "\n".join(f"- **{name}:** words about monitoring." for name in CONSIDERED)
HEADS = "\n".join(f"### 7.{n} {name}\n\nwords\n" for n, name in enumerate(CONSIDERED, start=1))
GOOD = [section(n) for n in range(1, 7)]


def found(text: str) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.section) for finding in check_proposal(text)]


@pytest.mark.parametrize("last", [BULLETS, HEADS])
def test_a_good_design_has_no_findings(last: str) -> None:
    assert check_proposal("".join([*GOOD, section(7, last)])) == ()


@pytest.mark.parametrize("number", range(1, 8))
def test_each_missing_section_is_found_and_nothing_else(number: int) -> None:
    all_seven = [*GOOD, section(7, BULLETS)]
    del all_seven[number - 1]
    assert found("".join(all_seven)) == [("S01", number)]


def test_a_missing_section_says_where_it_belongs() -> None:
    text = "".join([GOOD[0], *GOOD[2:], section(7, BULLETS)])
    assert check_proposal(text) == (
        Finding(
            rule="S01",
            severity="error",
            line=5,
            section=2,
            message="Section 2, Architecture Overview, is missing.",
            fix="Add `## 2. Architecture Overview` after Executive Summary.",
        ),
    )


@pytest.mark.parametrize("number", range(1, 8))
def test_each_empty_section_is_found_and_nothing_else(number: int) -> None:
    all_seven = [*GOOD, section(7, BULLETS)]
    all_seven[number - 1] = section(number, "")
    assert found("".join(all_seven)) == [("S02", number)]


def test_one_misplaced_section_is_one_finding() -> None:
    moved = [*GOOD[:1], *GOOD[2:], section(7, BULLETS), GOOD[1]]
    assert found("".join(moved)) == [("S03", 2)]


def test_a_section_given_twice_is_found_at_the_second() -> None:
    text = "".join([*GOOD, GOOD[2], section(7, BULLETS)])
    (finding,) = check_proposal(text)
    assert (finding.rule, finding.section, finding.line) == ("S04", 3, 25)
    assert "also on line 9" in finding.message


def test_an_unclosed_code_block_explains_what_it_hides() -> None:
    text = "".join([*GOOD[:5], "```sql\nSELECT 1;\n\n", GOOD[5], section(7, BULLETS)])
    assert found(text) == [("S05", 5), ("S01", 6), ("S01", 7)]


@pytest.mark.parametrize("number", range(1, 5))
@pytest.mark.parametrize("form", [BULLETS, HEADS])
def test_each_missing_consideration_is_found_though_its_words_occur(form: str, number: int) -> None:
    name = CONSIDERED[number - 1]
    text = "".join([*GOOD, section(7, form.replace(name, "Other"))]) + f"About {name.lower()}.\n"
    assert found(text) == [(f"K0{number}", 7)]


def test_a_bold_word_below_another_heading_is_no_consideration() -> None:
    last = HEADS.replace("### 7.3 Observability", "**Observability** is left to the platform.")
    assert found("".join([*GOOD, section(7, last)])) == [("K03", 7)]


def test_a_nested_bold_word_is_no_consideration() -> None:
    last = BULLETS.replace("- **Security:**", "  - **Security** groups:")
    assert found("".join([*GOOD, section(7, last)])) == [("K02", 7)]


@pytest.mark.parametrize("text", ["", "\n", "words without structure"])
def test_no_design_at_all_misses_all_seven(text: str) -> None:
    assert found(text) == [("S01", number) for number in range(1, 8)]


def test_a_text_too_long_to_read_says_so() -> None:
    text = "".join([*GOOD, section(7, BULLETS)]) + "words\n" * 60_000
    assert found(text) == [("S06", None)]


def test_a_proposal_already_read_is_checked_as_its_text() -> None:
    text = GOOD[0]
    assert check_proposal(read_proposal(text)) == check_proposal(text)


def test_findings_come_in_the_order_of_the_lines() -> None:
    lines = [finding.line for finding in check_proposal("".join(reversed(GOOD)))]
    assert lines == sorted(lines)
