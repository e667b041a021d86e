"""What is chosen in section 6, and what each choice says of itself."""

from __future__ import annotations

import pytest

from archkit.proposal.choices import Said, said_by
from archkit.proposal.document import read_proposal
from archkit.proposal.listing import is_hollow


def choices(text: str):
    return read_proposal(f"## 6. Technology Stack Rationale\n\n{text}").choices


def test_labelled_text_is_kept_by_aspect() -> None:
    text = "### DB: PG\n\n- **Why:** keys.\n- **Alternative:** MySQL.\n- **Cons:** one.\n"
    assert said_by(choices(text)) == (Said("keys.", "MySQL.", "one."),)


def test_the_cells_of_a_row_are_kept_by_their_heads() -> None:
    text = "| For | Choice | Reason | Considered | Cons |\n|-|-|-|-|-|\n| DB | PG | a | b | c |\n"
    (choice,) = choices(text)
    assert (choice.name, choice.technology) == ("DB", "PG")
    assert said_by((choice,)) == (Said("a", "b", "c"),)


@pytest.mark.parametrize(
    "label",
    ["**Why PG?**", "**Why**\n", "- **Reason** —", "*Why:*", "Why:", "#### Why PG\n\n", "__Why__:"],
)
def test_a_label_may_be_written_in_many_ways(label: str) -> None:
    text = f"### PG\n\n{label} it has keys\n\n**Instead of:** MySQL\n\n**Cons:** one\n"
    labelled = f"{text}\n### Redis\n\n**Why:** quick\n"
    assert said_by(choices(labelled))[0] == Said("it has keys", "MySQL", "one")


@pytest.mark.parametrize("hollow", ["", "—", "TBD", "none", "None was considered.", "n/a", "..."])
def test_a_label_without_anything_after_it_says_nothing(hollow: str) -> None:
    text = f"### PG\n\n- **Why:** keys\n- **Alternatives:** {hollow}\n- **Trade-off:** room\n"
    assert [s.alternatives for s in said_by(choices(text))] == [""]


def test_looser_words_count_only_where_nothing_is_labelled() -> None:
    loose = "- **PG:** chosen because of its keys, but it is slower than MySQL.\n"
    assert said_by(choices(loose))[0].trade_offs
    labelled = f"{loose}- **Redis:** quick. **Trade-off:** it forgets.\n"
    assert [bool(s.trade_offs) for s in said_by(choices(labelled))] == [False, True]


def test_own_words_count_though_others_label() -> None:
    text = (
        "- **PG:** keys; the trade-off is room.\n- **Redis:** quick. **Trade-off:** it forgets.\n"
    )
    assert all(s.trade_offs for s in said_by(choices(text)))


def test_a_choice_made_because_of_something_is_justified_though_others_label() -> None:
    text = "### PG\n\nWe chose PG because orders need keys.\n\n### Go\n\n**Why:** small.\n"
    assert said_by(choices(text))[0].justification == "We chose PG because orders need keys."


@pytest.mark.parametrize("title", ["Overview", "Summary", "Decision matrix", "Trade-off summary"])
def test_a_heading_about_the_choices_is_no_choice(title: str) -> None:
    text = f"### {title}\n\nWords.\n\n### PostgreSQL\n\nWords.\n"
    assert [c.name for c in choices(text)] == ["PostgreSQL"]


def test_a_table_that_compares_within_a_choice_lists_none() -> None:
    text = (
        "### DB: PG\n\n**Why:** keys\n\n| Criterion | PG | MySQL |\n|-|-|-|\n| keys | yes | no |\n"
    )
    assert [c.name for c in choices(text)] == ["DB: PG"]


@pytest.mark.parametrize("lead", ["**1. PG**", "**PG**", "1. **PG**"])
def test_items_below_a_bold_name_tell_of_the_choice(lead: str) -> None:
    told = "- Justification: keys.\n- Alternatives: MySQL.\n- Trade-off: room.\n"
    told = told if lead[0] == "*" else told.replace("- ", "   - ")
    found = choices(f"{lead}\n\n{told}\n{lead.replace('PG', 'Redis')}\n\n{told}")
    assert [c.name for c in found] == ["PG", "Redis"]
    assert set(said_by(found)) == {Said("keys.", "MySQL.", "room.")}


@pytest.mark.parametrize("title", ["Summary table", "Stack at a glance", "Overview"])
@pytest.mark.parametrize("level", ["###", "####"])
def test_a_table_that_sums_up_the_choices_lists_none_beside_them(title: str, level: str) -> None:
    table = f"{level} {title}\n\n| Layer | Choice |\n|---|---|\n| API | Flask |\n\n"
    told = "#### PG\n\n*Why:* keys.\n\n#### Go\n\n*Why:* small.\n\n"
    assert [c.name for c in choices(told + table)] == ["PG", "Go"]
    if level == "####":
        assert [c.name for c in choices(table + told)] == ["PG", "Go"]
    assert [c.technology for c in choices(table)] == ["Flask"]


def test_a_heading_over_a_list_of_choices_only_groups_them() -> None:
    text = "### Data\n\n- **PG:** keys\n- **Redis:** quick\n\n### Web\n\n#### Envoy\n\nx\n"
    assert [c.name for c in choices(text)] == ["PG", "Redis", "Envoy"]


@pytest.mark.parametrize(
    "text",
    ["No locks are held while it waits", "Nothing in the code has to change for it at all, ever"],
)
def test_a_sentence_that_begins_with_no_is_not_hollow(text: str) -> None:
    assert not is_hollow(text)
