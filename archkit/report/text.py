"""Dates, counts and frames as escaped HTML."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from archkit.figures.style import elided
from archkit.markup import esc
from archkit.plain import missing

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "MOST_ROWS",
    "Column",
    "as_date",
    "as_json_block",
    "as_short_date",
    "count",
    "frame_table",
    "missing",
    "uses",
]

MOST_ROWS = 200
"""Rows of a table at most, unless more or fewer are asked for; the others are counted."""
_LONGEST_CELL = 120


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: which of the frame, its heading, how a value is written."""

    name: str
    heading: str
    write: Callable[[Any], str] = str
    kind: str = ""


def uses(value: float) -> str:
    """Write how many uses, one decimal where part of one counts."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def count(value: object) -> str:
    """Write a count with thousands marked."""
    return f"{float(str(value)):,.0f}"


def as_date(value: Any) -> str:
    """Write an instant as `22 November 2026`, in UTC."""
    if missing(value):
        return "–"
    instant = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    instant = instant.astimezone(UTC) if instant.tzinfo else instant
    return f"{instant.day} {instant:%B %Y}"


def as_short_date(value: Any) -> str:
    """Write an instant as `22 Nov 2026`, in UTC: for a table's column."""
    day, *rest = as_date(value).split(" ")
    return f"{day} {rest[0][:3]} {rest[1]}" if rest else day


def as_json_block(element_id: str, value: object) -> str:
    """Put JSON into the page as data that no script or tag in it can leave."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return f'<script type="application/json" id="{esc(element_id)}">{text}</script>'


def frame_table(
    frame: pd.DataFrame, columns: Sequence[Column], caption: str, most: int = MOST_ROWS
) -> str:
    """Write the first rows of a frame as a table; a missing value is a dash, never zero.

    A long cell is cut in its middle and whole on hover.
    """
    head = "".join(f'<th scope="col"{_class(c)}>{esc(c.heading)}</th>' for c in columns)
    rows = [
        "<tr>" + "".join(_cell(row, c) for c in columns) + "</tr>"
        for row in frame.head(most).to_dict("records")
    ]
    note = f" The first {most} of {len(frame):,} rows." if len(frame) > most else ""
    return (
        f'<div class="scroll" role="group" aria-label="{esc(caption)}" tabindex="0">'
        f"<table><caption>{esc(caption)}{note}</caption>"
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _class(column: Column) -> str:
    return f' class="{column.kind}"' if column.kind else ""


def _cell(row: Mapping[Any, Any], column: Column) -> str:
    value = row.get(column.name)
    text = "–" if missing(value) else column.write(value)
    shown = elided(text, _LONGEST_CELL)
    whole = "" if len(text) <= _LONGEST_CELL else f' title="{esc(text)}"'
    return f"<td{_class(column)}{whole}>{esc(shown)}</td>"
