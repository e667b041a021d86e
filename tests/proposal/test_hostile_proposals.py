"""Whatever text comes, the checker answers: with findings in their places, and says its limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutants import CONFORMING, part, swapped

from archkit.proposal.document import MOST_LINES, SECTIONS, read_proposal
from archkit.proposal.rule import MOST_FINDINGS, SEVERITIES
from archkit.proposal.rules import RULES, check_proposal

LINES = CONFORMING.splitlines(keepends=True)
ODD = [
    "```\n", "~~~~\n", "```json\n", "```sql\n", "| a | b |\n|---|---|\n", "> # x\n", "\x00\n", "\r",
    "<script>alert(1)</script>\n", "- - - - x\n", "**\n", "{,}\n", "CREATE TABLE (;\n", "## 4.\n",
    "GET /{a}/{a}\n", "\ud800\n", "\u202e\n", "# 7. Key Considerations #\n", "====\n", "\t\t1) x\n",
    "A -> B\n", "  ├─ : \n", "'\n", "10x\n", "**Why:**\n", "PRIMARY KEY (\n", "\\|\\|\n", "$$\n",
]  # fmt: skip


def section(number: int) -> str:
    return f"## {number}. {SECTIONS[number - 1]}\n\n"


def holds(text: str) -> None:
    """Hold whatever is found to what is promised of findings."""
    found = check_proposal(text)
    read = read_proposal(text)
    assert list(found) == sorted(found, key=lambda f: (f.line, f.rule, f.column))
    for f in found:
        assert f.severity in SEVERITIES
        assert 1 <= f.line <= max(read.lines_read, 1)
        assert f.section is None or 1 <= f.section <= 7
        assert f.message
        assert f.fix
        assert "\n" not in f.message
        assert f.column >= 1
        assert len(f.evidence) <= 121
    assert all(sum(f.rule == r.rule_id for f in found) <= MOST_FINDINGS for r in RULES)
    assert 0 <= found.score <= 100


@given(st.text())
def test_any_text_is_answered(text: str) -> None:
    holds(text)


@given(st.lists(st.sampled_from([*LINES, *ODD]), max_size=120))
def test_any_mixture_of_lines_is_answered(lines: list[str]) -> None:
    holds("".join(lines))


@given(st.data())
def test_a_proposal_with_lines_lost_doubled_or_foreign_is_answered(data: st.DataObject) -> None:
    lines = list(LINES)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(lines) - 1))
        what = data.draw(st.sampled_from(["lost", "doubled", "foreign", "cut"]))
        if what == "lost":
            del lines[at : at + data.draw(st.integers(1, 30))]
        elif what == "doubled":
            lines.insert(data.draw(st.integers(0, len(lines))), lines[at])
        elif what == "foreign":
            lines.insert(at, data.draw(st.sampled_from(ODD)))
        else:
            lines[at] = lines[at][: data.draw(st.integers(0, 20))] + "\n"
        lines = lines or ["\n"]
    holds("".join(lines))


@given(st.sampled_from(["\r\n", "\r"]), st.integers(0, len(LINES)))
def test_line_ends_change_no_finding(end: str, kept: int) -> None:
    text = "".join(LINES[:kept])
    ours = [(f.rule, f.line, f.message) for f in check_proposal(text)]
    assert [(f.rule, f.line, f.message) for f in check_proposal(text.replace("\n", end))] == ours


HOSTILE = {
    "a thousand levels of lists": section(7)
    + "".join("  " * n + "- **x** y\n" for n in range(1000)),
    "a thousand items in one line": section(6) + "- " * 1000 + "x\n",
    "quotes in quotes": section(7) + "> " * 10_000,
    "deep brackets in JSON": f"{section(4)}`GET /a` 200\n\n```json\n{'[' * 100_000}\n```\n",
    "deep brackets in SQL": (
        f"{section(5)}```sql\nCREATE TABLE t (a int DEFAULT {'(' * 9000}1{')' * 9000});\n```\n"
    ),
    "one line of endpoints": section(4) + " `POST /v1/a/{id}`" * 5_000,
    "3,000 endpoints": section(4) + "".join(f"- `POST /v1/a{n}/{{id}}`\n" for n in range(3_000)),
    "3,000 choices": section(6) + "".join(f"### T{n}\n\nx\n" for n in range(3_000)),
    "5,000 services": section(2) + "order\n" + section(3) + "- **A B:** x\n" * 5_000,
    "a line of labels": section(6) + "### A\n" + "**why:** x " * 50_000,
    "a line of dashes": section(2) + "```text\n" + "-" * 300_000 + "\n```\n",
    "a line of digits": section(7) + "### Scalability\n" + "1" * 300_000,
    "a table of many cells": section(6) + ("|" + "a|" * 2000 + "\n|" + "-|" * 2000 + "\n") * 30,
    "backticks": "`" * 500_000,
    "braces in a path": section(4) + "GET /" + "{" * 100_000,
    "NUL bytes": CONFORMING.replace("Booking", "Boo\x00king"),
    "half a surrogate pair": CONFORMING + "\ud800",
    "script and HTML": CONFORMING.replace("Today", "<script>alert(1)</script><b>Today"),
    "every section ten times": CONFORMING * 10,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_answered(text: str) -> None:
    holds(text)


def test_megabytes_of_sql_are_not_read_and_that_is_said() -> None:
    statements = "CREATE TABLE t (a int);\n" * 60
    block = f"```sql\n{statements * 200}```\n"
    found = check_proposal(f"{section(5)}{block}\n```sql\n{statements}```\n")
    told = [f.message for f in found if f.rule == "D07"]
    assert len(told) == 1
    assert "too long to be read (288,000 characters)" in told[0]
    assert [f.rule for f in found if f.rule == "D03"] == ["D03"] * 60


def test_an_example_too_long_to_be_parsed_is_said_to_be() -> None:
    long = f"```json\n[{'1,' * 200_000}1]\n```"
    body = part("### 4.1").replace("**Success", f"{long}\n\n**Success")
    found = check_proposal(CONFORMING.replace(part("### 4.1"), body))
    told = [f.message for f in found if f.rule == "A06"]
    assert told == ["This JSON does not parse: The example is too long to be read."]


def test_lines_after_the_last_that_is_read_have_no_findings() -> None:
    found = check_proposal(CONFORMING + "\n" * MOST_LINES + "## 1. Executive Summary\n")
    assert [f.rule for f in found if f.severity != "info"] == ["S06"]


def test_a_section_twice_is_checked_in_both_places() -> None:
    keyless = part("### booking-db").replace("skipper_id  uuid PRIMARY KEY", "skipper_id  uuid")
    text = swapped("## 6.", f"## 5. Data Schema\n\n{keyless}\n## 6.")
    rules = {f.rule for f in check_proposal(text)}
    assert {"S04", "D09", "D03"} <= rules
