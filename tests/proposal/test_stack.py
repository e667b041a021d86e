"""The table of technology choices, from whatever form section 6 has."""

from __future__ import annotations

from pathlib import Path

import pytest

from archkit.proposal.document import read_proposal

HEAD = "## 6. Technology Stack Rationale\n\n"
FORMS = {
    "headings": """### 6.1 PostgreSQL

**Justification:** *Keys* hold the `rules`.

**Alternatives:** MySQL.

- **Trade-off:** one writer.
""",
    "rows": """| Technology | Why | Alternatives considered | Trade-offs |
|---|---|---|---|
| PostgreSQL | *Keys* hold the `rules`. | MySQL. | one writer. |
""",
    "items": """- **PostgreSQL**
  - Justification: *Keys* hold the `rules`.
  - Alternatives: MySQL.
  - Trade-off: one writer.
""",
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_gives_the_same_row(form: str) -> None:
    frame = read_proposal(HEAD + FORMS[form]).stack
    assert frame.drop(columns="line").to_dict("records") == [
        {
            "choice": "PostgreSQL",
            "justification": "Keys hold the rules.",
            "alternatives": "MySQL.",
            "trade_offs": "one writer.",
        }
    ]
    lines = (HEAD + FORMS[form]).splitlines()
    assert "PostgreSQL" in lines[frame["line"][0] - 1]


def test_what_is_not_said_is_missing() -> None:
    frame = read_proposal(f"{HEAD}- **Redis:** a cache.\n").stack
    assert frame["trade_offs"].isna().tolist() == [True]


def test_the_conforming_proposal_says_all_of_each_choice() -> None:
    text = (Path(__file__).parent / "conforming.md").read_text("utf-8")
    frame = read_proposal(text).stack
    assert len(frame) == len(read_proposal(text).choices) > 3
    assert not frame.isna().any().any()


def test_no_choice_gives_an_empty_table_of_the_same_types() -> None:
    empty, full = read_proposal("").stack, read_proposal(HEAD + FORMS["rows"]).stack
    assert len(empty) == 0
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
