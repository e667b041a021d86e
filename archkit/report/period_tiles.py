"""The tiles of two periods: both values, and the change with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archkit.figures.style import percent
from archkit.metrics.periods import LOOK_DAYS
from archkit.report.text import count, missing

if TYPE_CHECKING:
    from archkit.report.period_contents import PeriodContents

__all__ = ["period_tiles"]

Rows = Mapping[str, Mapping[Any, Any]]
"""Rows of a frame by their measure."""

_WELL = "decisions that turned out well"
_LOOKED = "decisions looked at in time"
_SAVED = "queries saved"


def period_tiles(contents: PeriodContents) -> list[tuple[str, str, str]]:
    """Return label, value and note of each tile: before → after, and the change."""
    before, after = contents.heads
    changes, costs = (
        {str(row["measure"]): row for row in frame.to_dict("records")}
        for frame in (contents.changes, contents.sessions)
    )
    debt = [head["outcome_debt"]["value"] for head in (before, after)]
    return [
        ("Decisions", _pair(before, after, "decisions"), _pace(contents, "decisions")),
        ("Success rate", _shares(changes, _WELL), _change(changes, _WELL)),
        ("Queries saved", _shares(changes, _SAVED), _change(changes, _SAVED)),
        ("Outcome debt", f"{count(debt[0])} → {count(debt[1])}", _debt_note(changes)),
        ("Sessions", _pair(before, after, "sessions"), _cost_note(contents, costs)),
    ]


def _pair(before: Any, after: Any, name: str) -> str:
    return f"{count(before[name]['value'])} → {count(after[name]['value'])}"


def _pace(contents: PeriodContents, name: str) -> str:
    """Say how many fall on thirty days: the periods need not be as long as each other."""
    told = [
        f"{30 * head[name]['value'] / max(period.days, 1.0):.1f}"
        for head, period in zip(contents.heads, (contents.before, contents.after), strict=True)
    ]
    return f"{told[0]} → {told[1]} in thirty days"


def _shares(rows: Rows, name: str) -> str:
    if name not in rows:
        return "–"
    row = rows[name]
    ends = [row["before_value"], row["after_value"]]
    return " → ".join("–" if missing(value) else percent(value, 0) for value in ends)


def _change(rows: Rows, name: str) -> str:
    """Say by how much a share changed, and whether that may be chance."""
    if name not in rows:
        return "nothing known in either period"
    row = rows[name]
    n = f"n {count(row['before_n'])} and {count(row['after_n'])}, {row['provenance']}"
    if missing(row["change"]):
        return f"one period has none to compare; {n}"
    points = f"{_signed(100 * row['change'])} points"
    if missing(row["low"]):
        return f"{points}, no interval from so few; {n}"
    span = f"{_signed(100 * row['low'])} to {_signed(100 * row['high'])}"
    verdict = "" if row["told_apart"] else ": it cannot be told apart from none"
    return f"{points} ({percent(row['ci_prob'], 0)} interval {span}){verdict}; {n}"


def _debt_note(changes: Rows) -> str:
    still = "decisions still without an outcome, the later ones with less time for it"
    if _LOOKED not in changes:
        return still
    return (
        f"{still}; looked at within {LOOK_DAYS} days of being due: "
        f"{_shares(changes, _LOOKED)}, {_verdict(changes[_LOOKED])}"
    )


def _cost_note(contents: PeriodContents, costs: Rows) -> str:
    pace = _pace(contents, "sessions")
    if "US dollars" not in costs:
        return f"{pace}; cost unknown or nothing spent"
    row = costs["US dollars"]
    ends = ["–" if missing(row[f"{end}_value"]) else f"{row[f'{end}_value']:.2f}" for end in _ENDS]
    made_up = ", simulated" if "simulated" in row["provenance"] else ""
    return f"{pace}; a median of {' → '.join(ends)} US dollars{made_up}, {_verdict(row)}"


def _verdict(row: Any) -> str:
    if missing(row["low"]):
        return "too few to compare"
    return "a clear change" if row["told_apart"] else "no clear change"


def _signed(value: float) -> str:
    return f"{value:+.0f}".replace("-", "\u2212") if abs(value) >= 0.5 else "±0"


_ENDS = ("before", "after")
