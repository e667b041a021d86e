"""Two proposals side by side: what differs is told, what does not is not, whatever the size."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.proposal.comparison import compare
from archkit.proposal.document import read_proposal
from archkit.proposal.line_diff import line_rows, word_pieces

CONFORMING = (Path(__file__).parent / "conforming.md").read_text("utf-8")

BEFORE = """# T

## 3. Service Definitions

### Order Service

Keeps orders.

## 4. API Contracts

### GET /orders/{id}

200 OK, 404 Not Found

### POST /orders

201 Created

## 5. Data Schema

```sql
CREATE TABLE purchase (id int PRIMARY KEY, note text, state text);
CREATE TABLE gone (id int PRIMARY KEY);
```

## 6. Technology Stack Rationale

- **Store: PostgreSQL.** Because of keys. Alternative: MySQL.
- **Queue: RabbitMQ.** Because of work.
"""
AFTER = """# T

## 3. Service Definitions

### Order Service

Keeps orders and lines.

### Mail Service

Sends mail.

## 4. API Contracts

### GET /orders/{order_id}

200 OK, 404 Not Found, 429 Too Many Requests

## 5. Data Schema

```sql
CREATE TABLE purchase (id int PRIMARY KEY, note text NOT NULL, made_at date);
CREATE TABLE line (id int PRIMARY KEY, purchase_id int REFERENCES purchase);
```

## 6. Technology Stack Rationale

- **Store: MySQL.** Because of keys. Alternative: PostgreSQL.
- **Queue: RabbitMQ.** Because of work.
"""


def test_what_of_the_design_differs_is_told_with_its_lines() -> None:
    changes = read_proposal(BEFORE).diff(AFTER).changes
    assert changes[["kind", "name", "change"]].to_numpy().tolist() == [
        ["service", "Order Service", "changed"],
        ["service", "Mail Service", "added"],
        ["endpoint", "GET /orders/{order_id}", "changed"],
        ["endpoint", "POST /orders", "removed"],
        ["table", "gone", "removed"],
        ["table", "line", "added"],
        ["column", "purchase.note", "changed"],
        ["column", "purchase.state", "removed"],
        ["column", "purchase.made_at", "added"],
        ["choice", "Store: MySQL", "changed"],
    ]
    told = changes.set_index("name")[["before", "after", "line_before", "line_after"]]
    assert told.loc["GET /orders/{order_id}"].tolist() == ["200, 404", "200, 404, 429", 11, 15]
    assert told.loc["purchase.note"].tolist() == ["TEXT", "TEXT, not null", 22, 22]
    assert told.loc["Store: MySQL"].tolist() == ["PostgreSQL", "MySQL", 28, 28]
    assert told["after"].isna()["POST /orders"]


def test_sections_say_how_many_lines_differ() -> None:
    frame = compare(BEFORE, AFTER).to_frame().set_index("title")
    assert frame["change"].to_dict() == {
        "Service Definitions": "changed",
        "API Contracts": "changed",
        "Data Schema": "changed",
        "Technology Stack Rationale": "changed",
        "Outside of the seven sections": "same",
    }
    assert frame.loc["Technology Stack Rationale"].tolist() == [6, "changed", 1, 1]


def test_findings_are_new_still_there_or_mended() -> None:
    broken = CONFORMING.replace("PRIMARY KEY", "", 1).replace("Architecture Overview", "Other", 1)
    frame = compare(CONFORMING, broken).findings
    new = frame.loc[frame["state"] == "new", "rule"]
    assert {"D03", "S01"} <= set(new)
    back = compare(broken, CONFORMING).findings
    assert sorted(back.loc[back["state"] == "mended", "rule"]) == sorted(new)
    assert set(compare(broken, broken + "\n").findings["state"]) == {"still"}


def test_the_same_text_is_said_to_be_the_same() -> None:
    comparison = compare(CONFORMING, CONFORMING)
    assert comparison.is_same
    assert comparison.changes.empty
    assert set(comparison.to_frame()["change"]) == {"same"}
    assert "The two proposals have the same text." in comparison._repr_html_()
    assert repr(comparison) == "Comparison(0 of 8 sections differ, 0 changes, score 100 → 100)"


@pytest.mark.parametrize(("before", "after"), [("", CONFORMING), (CONFORMING, ""), ("", "x")])
def test_an_empty_side_is_all_added_or_all_removed(before: str, after: str) -> None:
    comparison = compare(before, after)
    change = "added" if not before else "removed"
    assert set(comparison.to_frame()["change"]) == {change}
    assert set(comparison.changes["change"]) <= {change}
    assert "<table" in comparison._repr_html_()


def test_two_empty_proposals_have_empty_frames_of_the_same_types() -> None:
    comparison, full = compare("", ""), compare(BEFORE, AFTER)
    assert comparison.sections == ()
    for name in ("changes", "findings"):
        one, two = getattr(comparison, name), getattr(full, name)
        assert one.dtypes.to_dict() == two.dtypes.to_dict()
    assert comparison.to_frame().dtypes.to_dict() == full.to_frame().dtypes.to_dict()


def test_the_page_marks_words_and_runs_nothing() -> None:
    page = compare(BEFORE, AFTER.replace("Sends mail", "<script>alert(1)</script>"))._repr_html_()
    assert "Keeps orders<ins> and lines</ins>." in page
    assert "<del>PostgreSQL</del>" in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "equal lines" in page


def test_of_very_much_the_beginning_is_drawn_and_the_rest_is_said() -> None:
    long = "".join(f"- line {n} of the first\n" for n in range(20_000))
    other = "".join(f"- row {n} of the second\n" for n in range(20_000))
    head = "## 1. Executive Summary\n\n"
    page = compare(head + long, head + other)._repr_html_()
    assert len(page) < 600_000
    assert "more lines in the frame" in page


REPEATED = [(n, "the same line") for n in range(1, 3_000)]


@pytest.mark.parametrize("other", [REPEATED[:2_000], [*REPEATED[:5], (6, "x"), *REPEATED[:900]]])
def test_lines_that_repeat_are_matched_in_bounded_time(other: list[tuple[int, str]]) -> None:
    rows = line_rows(REPEATED, other)
    assert [row.before for row in rows if row.before] == REPEATED
    assert [row.after for row in rows if row.after] == other


LINES = st.lists(st.sampled_from(["a", "b", "c", "d", "", "e "]), max_size=12)


@given(LINES, LINES)
def test_each_line_of_either_side_is_there_once_and_in_order(
    one: list[str], two: list[str]
) -> None:
    before, after = (list(enumerate(side, start=1)) for side in (one, two))
    rows = line_rows(before, after)
    assert [row.before for row in rows if row.before] == before
    assert [row.after for row in rows if row.after] == after
    for row in rows:
        same = row.before and row.after and row.before[1].rstrip() == row.after[1].rstrip()
        assert (row.state == "same") <= bool(same)
        assert (row.state == "added") == (row.before is None)
        assert (row.state == "removed") == (row.after is None)


@given(st.text(max_size=60), st.text(max_size=60))
def test_pieces_of_a_line_make_the_line(before: str, after: str) -> None:
    one, two = word_pieces(before, after)
    assert "".join(text for text, _ in one) == before
    assert "".join(text for text, _ in two) == after
