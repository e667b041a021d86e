"""Statements sent once per row of an earlier one: found by the ORM's word, else by their shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from archkit.queries.tally import MANY_VALUES, Tally

__all__ = ["FEWEST_LOADS", "FEWEST_LOOKUPS", "findings", "told"]

FEWEST_LOADS = 2
FEWEST_LOOKUPS = 5
_LOOKUP = "one lookup per row"


def findings(tallies: Iterable[Tally]) -> list[dict[str, Any]]:
    """Give what was loaded row by row, most statements first.

    A `lazy load` is SQLAlchemy's own word: a relationship was loaded for one object, at least
    twice from one place; a `column load` likewise, of columns that were deferred or expired.
    `one lookup per row` are at least five reads by one key, with different values where the source
    tells them, from one place; reads for a list of keys (`IN`, `= ANY`, `json_each`) and pages of a
    list are none. `where` is the place that sent most of them.
    """
    found: dict[tuple[str, ...], list[Tally]] = {}
    for tally in tallies:
        kind = tally.kind
        if kind.load:
            found.setdefault((kind.load, kind.relationship), []).append(tally)
        elif tally.lookup and (not tally.values or len(tally.values) >= MANY_VALUES):
            found.setdefault((_LOOKUP, "", kind.shape, kind.where), []).append(tally)
    rows = [
        {
            "rule": key[0],
            "relationship": key[1],
            "shape": group[0].kind.shape,
            "count": sum(tally.count for tally in group),
            "where": where,
        }
        for key, group in found.items()
        for where, most in (_busiest(group),)
        if most >= (FEWEST_LOOKUPS if key[0] == _LOOKUP else FEWEST_LOADS)
    ]
    return sorted(rows, key=lambda row: -row["count"])


def _busiest(group: list[Tally]) -> tuple[str, int]:
    """Give the place that sent most of them, and how many."""
    sent = Counter[str]()
    for tally in group:
        sent[tally.kind.where] += tally.count
    return sent.most_common(1)[0]


def told(finding: dict[str, Any]) -> tuple[str, str]:
    """Say a finding in a sentence, and what mends it."""
    name, times = finding["relationship"], f"{finding['count']:,} statements"
    if finding["rule"] == "lazy load":
        one = f"{name or 'A relationship'} was loaded for one object at a time: {times}."
        return one, f"options(selectinload({name or '…'})) loads them together."
    if finding["rule"] == "column load":
        one = f"Columns of {name} were loaded for one object at a time: {times}."
        mend = "undefer them, or do not let a commit expire them (expire_on_commit=False)."
        return one, mend
    return f"One row was looked up at a time: {times}.", "Ask for all keys at once, or join."
