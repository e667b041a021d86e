"""The few figures that a report, and a dashboard, open with: label, value, what it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from archkit.figures.style import percent, span
from archkit.report.text import count

__all__ = ["headline_tiles"]

Head = Mapping[str, Mapping[str, Any]]


def headline_tiles(
    head: Head, before: Head | None = None, *, ci_prob: float = 0.9
) -> list[tuple[str, str, str]]:
    """Return label, value and note of each tile.

    Parameters
    ----------
    head
        `metrics.headline`.
    before
        The headline of the period before, to say how much has changed; by default nothing is.
    ci_prob
        Probability inside the intervals of `head`.
    """
    rate, saved, debt = head["success_rate"], head["queries_saved"], head["outcome_debt"]
    late = debt["oldest_days"]
    told = [
        ("Decisions", count(head["decisions"]["value"]), _made_note(head)),
        ("Success rate", _share(rate["value"], 0), _rate_note(rate, ci_prob)),
        ("Queries saved", _share(saved["value"]), _saved_note(saved, ci_prob)),
        (
            "Outcome debt",
            count(debt["value"]),
            f"{debt['overdue']} overdue, oldest {late:.0f} days" if late else "none overdue",
        ),
        ("Sessions", count(head["sessions"]["value"]), _cost_note(head)),
    ]
    if before is None:
        return told
    changes = [
        _more(head["decisions"]["value"], before["decisions"]["value"]),
        _points(rate["value"], before["success_rate"]["value"]),
        _points(saved["value"], before["queries_saved"]["value"]),
        f"of the period before {count(before['outcome_debt']['value'])} still open",
        _more(head["sessions"]["value"], before["sessions"]["value"]),
    ]
    return [
        (label, value, f"{note}; {change}")
        for (label, value, note), change in zip(told, changes, strict=True)
    ]


def _more(now: float, before: float) -> str:
    if now == before:
        return f"as many as in the period before ({count(before)})"
    return f"{abs(now - before):,.0f} {'more' if now > before else 'fewer'} than before"


def _points(now: float | None, before: float | None) -> str:
    """Say by how much a share has changed; whether that is chance, its interval says."""
    if now is None or before is None:
        return "nothing to compare with before" if before is None else "none in this period"
    change = 100 * (now - before)
    if abs(change) < 0.5:
        return f"as before ({percent(before, 0)})"
    return (
        f"{abs(change):.0f} points {'above' if change > 0 else 'below'} {percent(before, 0)} before"
    )


def _share(value: float | None, digits: int | None = None) -> str:
    return "–" if value is None else percent(value, digits)


def _rate_note(rate: Mapping[str, Any], ci_prob: float) -> str:
    if rate["value"] is None:
        return "no outcome yet"
    return f"{_interval(rate, ci_prob)}, n {count(rate['n'])}, {rate['provenance']}"


def _saved_note(saved: Mapping[str, Any], ci_prob: float) -> str:
    if saved["value"] is None:
        return "nothing counted yet"
    return f"{_interval(saved, ci_prob)}, n {count(saved['n'])}, {saved['provenance']}"


def _interval(found: Mapping[str, Any], ci_prob: float) -> str:
    """Write an interval, or why there is none: a single measurement has no spread."""
    if found["low"] is None:
        return "no interval from one request"
    return f"{percent(ci_prob)} interval {span(found['low'], found['high'])}"


def _made_note(head: Head) -> str:
    note = f"{count(head['decisions']['with_outcome'])} with an outcome"
    found = head["decisions"]["simulated"]
    return f"{note}, {count(found)} simulated" if found else note


def _cost_note(head: Head) -> str:
    held = head["sessions"]
    if not held["with_children"]:
        return "none held yet"
    if held["cost_usd"] is not None:
        few, every = held["priced_simulated"], held["priced"]
        some = {0: "", every: ", simulated"}.get(few, ", some simulated")
        return f"{held['cost_usd']:,.2f} US dollars in all{some}"
    offline = held["offline"] == held["with_children"]
    return "offline: nothing spent" if offline else "cost unknown"
