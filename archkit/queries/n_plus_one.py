"""Statements sent once per row of an earlier one: found by the ORM's word, else by their shape."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from archkit.queries.shape import is_lookup
from archkit.queries.tally import MANY_VALUES, Tally

__all__ = ["FEWEST_LOADS", "FEWEST_LOOKUPS", "findings"]

FEWEST_LOADS = 2
FEWEST_LOOKUPS = 5
_LOOKUP = "one lookup per row"


def findings(tallies: Iterable[Tally]) -> pd.DataFrame:
    """Give what was loaded row by row.

    Parameters
    ----------
    tallies
        What was counted.

    Returns
    -------
    pandas.DataFrame
        One row a finding, most statements first. `rule`: `lazy load` (SQLAlchemy says that a
        relationship was loaded for one object, at least twice), `column load` (likewise columns
        that were deferred or expired), or `one lookup per row` (at least five reads by one key
        with different values, from one place; not those for a list of keys). `relationship`: which
        one, where the ORM says; `shape`, `count`, `where`.
    """
    found: dict[tuple[str, ...], list[Tally]] = {}
    for tally in tallies:
        kind = tally.kind
        if kind.load:
            found.setdefault((kind.load, kind.relationship), []).append(tally)
        elif is_lookup(kind.shape) and (tally.values is None or len(tally.values) >= MANY_VALUES):
            found.setdefault((_LOOKUP, "", kind.shape, kind.where), []).append(tally)
    rows = [
        (key[0], key[1], group[0].kind.shape, count, group[0].kind.where)
        for key, group in found.items()
        if (count := sum(tally.count for tally in group))
        >= (FEWEST_LOOKUPS if key[0] == _LOOKUP else FEWEST_LOADS)
    ]
    frame = pd.DataFrame(rows, columns=["rule", "relationship", "shape", "count", "where"])
    return frame.sort_values("count", ascending=False, kind="stable", ignore_index=True)
