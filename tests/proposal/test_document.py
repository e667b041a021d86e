"""Reading a proposal: the seven sections however they are written, and what they hold."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest

from archkit.errors import ArchkitError
from archkit.proposal.document import SECTIONS, Proposal, read_proposal
from archkit.proposal.outline import lines_of, parts

SHARED = Path(__file__).parents[3] / "shared" / "data"

DESIGN = """# Tickets: a backend

## 1. Executive Summary

Starts from an empty repository: one service and PostgreSQL.

## 2. Architecture Overview

Clients call `ticket-service`, which keeps tickets in `tickets-db`.

```text
# not a heading
POST /hooks/mail HTTP/1.1
```

## 3. Service Definitions

- **ticket-service**: opens and closes tickets.

## 4. API Contracts

### `POST /v1/tickets`

```json
{"title": "Printer", "path": "GET /nowhere"}
```

| Method | Path |
|---|---|
| GET | /v1/tickets/{id} |

Errors: 404. See also https://example.com/a/b, and (`DELETE /v1/tickets/{id}`).

## 5. Data Schema

```sql
CREATE TABLE ticket (id bigint PRIMARY KEY);
```

## 6. Technology Stack Rationale

- **PostgreSQL** for the tickets.
  - **Trade-off:** heavier than SQLite, which allows one writer.
- **FastAPI**: typed; Flask would do.

## 7. Key Considerations

- **Scalability:** 10x is 200 requests a second.
- **Security:** tokens.
- **Observability:** traces.
- **Deployment & CI/CD:** one image.
"""


def test_a_design_is_read_whole() -> None:
    design = read_proposal(DESIGN)
    assert design.title == "Tickets: a backend"
    assert [(s.number, s.title, s.level) for s in design.sections] == [
        (n, f"{n}. {title}", 2) for n, title in enumerate(SECTIONS, start=1)
    ]
    assert design.missing == ()
    assert design.text == DESIGN
    lines = DESIGN.split("\n")
    assert all(lines[s.line - 1] == f"## {s.title}" for s in design.sections)
    assert all(s.text in DESIGN and not s.text.count("\n## ") for s in design.sections)


def test_endpoints_are_named_once_with_line_and_section() -> None:
    lines = DESIGN.split("\n")
    design = read_proposal(DESIGN)
    assert [(e.method, e.path, e.section) for e in design.endpoints] == [
        ("POST", "/hooks/mail", 2),
        ("POST", "/v1/tickets", 4),
        ("GET", "/v1/tickets/{id}", 4),
        ("DELETE", "/v1/tickets/{id}", 4),
    ]
    assert all(e.path in lines[e.line - 1] for e in design.endpoints)


def test_section_four_is_where_an_endpoint_is_defined() -> None:
    text = "## 2. Architecture Overview\n`GET /a` is read\n## 4. API Contracts\n### GET /a\n"
    assert [e[2:] for e in read_proposal(text).endpoints] == [(4, 4)]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("**POST** `/users`", ("POST", "/users")),
        ("`PATCH https://api.example.com/users/{id}`", ("PATCH", "/users/{id}")),
        ("- GET /users?page=2, then", ("GET", "/users?page=2")),
        ("| `PUT` | `/users/{id}` | replaces |", ("PUT", "/users/{id}")),
        ("#### 4.1 GET /users/:id.", ("GET", "/users/:id")),
        ("GET /users(/{id})", ("GET", "/users(/{id})")),
    ],
)
def test_an_endpoint_is_seen_however_it_is_written(line: str, wanted: tuple[str, str]) -> None:
    assert [e[:2] for e in read_proposal(line).endpoints] == [wanted]


@pytest.mark.parametrize("line", ["FORGET /a", "GET it from /a/b", "get /a", "/GET /a", "POST"])
def test_what_only_looks_like_an_endpoint_is_none(line: str) -> None:
    assert read_proposal(line).endpoints == ()


def test_code_blocks_have_language_line_and_section() -> None:
    blocks = read_proposal(DESIGN).code_blocks
    assert [(b.language, b.section, b.closed) for b in blocks] == [
        ("text", 2, True),
        ("json", 4, True),
        ("sql", 5, True),
    ]
    assert blocks[2].text == "CREATE TABLE ticket (id bigint PRIMARY KEY);\n"
    assert DESIGN.split("\n")[blocks[2].line - 1] == "```sql"


CHOICES = {
    "items": (
        "- **PostgreSQL**: known.\n  - **Alternative:** MySQL\n- Redis - fast\n",
        ["PostgreSQL", "Redis"],
    ),
    "numbered items": ("1. **Kafka** keeps order\n2. **NATS**\n", ["Kafka", "NATS"]),
    "table": ("| Choice | Why |\n|---|---|\n| Redis | fast |\n| Go | small |\n", ["Redis", "Go"]),
    "headings": (
        "### 6.1 Database: PostgreSQL\n- **Justification**: x\n- **Trade-offs**: y\n\n"
        "### Cache — Redis\n\nWhy: fast\n",
        ["Database: PostgreSQL", "Cache"],
    ),
    "headings that group": (
        "### Backend\n- **FastAPI**: typed\n- **Celery**: jobs\n### Data\n\n"
        "**Justification**: none\n",
        ["FastAPI", "Celery", "Data"],
    ),
    "paragraphs": (
        "**Go.** Small.\n\n**Trade-off**: long.\n\n**Redis** is fast.\n",
        ["Go", "Redis"],
    ),
    "nothing": ("We use what we know.\n", []),
}


@pytest.mark.parametrize("form", CHOICES)
def test_each_technology_choice_is_found_in_whatever_form(form: str) -> None:
    text, wanted = CHOICES[form]
    choices = read_proposal(f"## 6. Technology Stack Rationale\n\n{text}").choices
    assert [c.name for c in choices] == wanted
    assert all(c.line >= 3 for c in choices)


def test_a_choice_keeps_all_that_is_said_of_it() -> None:
    first = read_proposal(DESIGN).choices[0]
    assert first.name == "PostgreSQL"
    assert first.text.endswith("which allows one writer.\n")


FORMS = ["# {}", "#### {}", "## **{}**", "**{}**", "__{}__:", "## {}:", "## Section {}"]


@pytest.mark.parametrize(
    ("form", "number"),
    [*itertools.product(FORMS, ["{}. ", "{}) ", ""]), ("{}\n---", ""), ("{}\n===", "")],
)
def test_level_number_emphasis_and_case_may_drift(form: str, number: str) -> None:
    heads = [form.format(number.format(n) + t.upper()) for n, t in enumerate(SECTIONS, start=1)]
    design = read_proposal("\n\n".join(f"{head}\n\nwords\n" for head in heads))
    assert [s.number for s in design.sections] == [1, 2, 3, 4, 5, 6, 7]
    assert [s.text.strip() for s in design.sections] == ["words"] * 7
    assert design.missing == ()


def test_levels_may_drift_within_one_document() -> None:
    text = "## 1. Executive Summary\na\n### 2. Architecture Overview\nb\n#### Data Schema\nc\n"
    assert [(s.number, s.text) for s in read_proposal(text).sections] == [
        (1, "a\n"),
        (2, "b\n"),
        (5, "c\n"),
    ]


def test_a_sub_heading_with_a_sections_name_is_no_section() -> None:
    text = "## 5. Data Schema\n### Data schema of tickets\nx\n## 7. Key Considerations\ny\n"
    assert [s.number for s in read_proposal(text).sections] == [5, 7]


def test_sections_that_are_not_mandated_end_the_one_before() -> None:
    text = "## 7. Key Considerations\na\n## 8. Rollout\nb\n"
    assert [s.text for s in read_proposal(text).sections] == ["a\n"]


def test_numbered_sub_sections_of_the_same_level_belong_to_their_section() -> None:
    text = "## 7. Key Considerations\n\n## 7.1 Scalability\na\n## Security\nb\n## Appendix\nc\n"
    assert read_proposal(text).section(7).text.endswith("## Security\nb\n")


@pytest.mark.parametrize("hollow", ["", "\n\n", "TBD\n", "<!-- later -->\n", "---\n", "### Sub\n"])
def test_a_section_that_says_nothing_is_missing(hollow: str) -> None:
    design = read_proposal(f"## 1. Executive Summary\n\n{hollow}\n## 5. Data Schema\nx\n")
    assert design.section(1).is_empty
    assert "Executive Summary" in design.missing
    assert "Data Schema" not in design.missing


def test_a_section_is_asked_for_by_number_or_title() -> None:
    design = read_proposal(DESIGN)
    assert design.section(5) is design.section("data schema") is design.section("5. Data Schema")
    for wrong in (8, "Budget"):
        with pytest.raises(ArchkitError, match="has no section"):
            design.section(wrong)


@pytest.mark.parametrize("text", ["", "\n", "no headings at all", "\ufeff", "# One\r\ntext\rmore"])
def test_any_text_can_be_read(text: str) -> None:
    design = read_proposal(text)
    assert (design.text, design.sections, design.missing) == (text, (), SECTIONS)


def test_an_unclosed_fence_hides_what_follows_and_says_so() -> None:
    broken = DESIGN.replace("PRIMARY KEY);\n```", "PRIMARY KEY);\n")
    design = read_proposal(broken)
    assert [s.number for s in design.sections] == [1, 2, 3, 4, 5]
    assert [b.closed for b in design.code_blocks] == [True, True, False]


def test_windows_line_ends_count_the_same() -> None:
    ours, theirs = read_proposal(DESIGN), read_proposal(DESIGN.replace("\n", "\r\n"))
    assert [s[:4] for s in ours.sections] == [s[:4] for s in theirs.sections]
    assert ours.endpoints == theirs.endpoints
    assert [c.name for c in ours.choices] == [c.name for c in theirs.choices]


def test_lines_are_those_markdown_counts_and_lose_nothing() -> None:
    text = "a\rb\r\nc\x0bd\u2028e\n\nf"
    assert lines_of(text) == ["a\r", "b\r\n", "c\x0bd\u2028e\n", "\n", "f"]
    assert lines_of("") == []


def test_headings_in_lists_quotes_and_fences_are_no_headings() -> None:
    text = "# A\n> # B\n\n- # C\n\n```\n# D\n```\nE\n=\n"
    assert [(p.level, p.title, p.line) for p in parts(text)] == [(1, "A", 1), (1, "E", 9)]


BIG = {
    "a long document": DESIGN * 6000,
    "one line": "word " * 1_000_000,
    "an open fence": DESIGN + "```\n" + "x y z\n" * 800_000,
    "underscores": "# a" + "_" * 5_000_000 + "b",
    "quotes": "> " * 2_500_000,
}


@pytest.mark.parametrize("kind", BIG)
def test_five_megabytes_are_read_in_seconds(kind: str) -> None:
    began = time.process_time()
    design = read_proposal(BIG[kind])
    assert time.process_time() - began < 10
    assert design.lines_read <= 60_000


def test_a_proposal_shows_itself_in_one_line_and_as_its_text() -> None:
    design = read_proposal(DESIGN)
    assert repr(design) == "Proposal('Tickets: a backend', 7 of 7 sections, 4 endpoints, 2 choices)"
    assert design._repr_markdown_() == DESIGN
    assert isinstance(design, Proposal)


@pytest.mark.parametrize(
    "name",
    [
        "AgroSmart__BACKEND_ARCHITECTURE.md",
        "bandjacks__API_ARCHITECTURE.md",
        "slo-recommendation-engine__system_design.md",
    ],
)
def test_designs_of_other_shape_are_read_without_harm(name: str) -> None:
    path = SHARED / "designs" / name
    if not path.exists():
        pytest.skip("the reference designs are not there")
    design = read_proposal(path.read_text(encoding="utf-8"))
    assert design.endpoints
    assert len(design.missing) >= 3
