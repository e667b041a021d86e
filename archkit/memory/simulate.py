"""A year of made-up work, its truth known, every row of it marked as simulated."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archkit.errors import StoreError
from archkit.memory.checks import check_known
from archkit.memory.made_up import Year
from archkit.memory.memory import Memory
from archkit.memory.store_bulk import write_made_up
from archkit.memory.truth import CONTEXTS, TRUTH, draw_truth
from archkit.plain import shown_path
from archkit.records import utc_now

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["simulate"]

_PORTION = 10_000
_USES = 100_000


def simulate(
    memory: Memory | str | Path,
    *,
    sessions: int = 400,
    uses: int = 0,
    seed: int = 1,
    now: datetime | None = None,
    truth: pd.DataFrame | None = None,
    mix: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Fill a memory with a made-up year of sessions and what came of them.

    Everything is written as columns straight into the file, not line by line through the journal,
    and can be told from what happened: ids begin with `sim`, titles with "Simulated:", the source
    of every outcome, use and measurement is `simulated`. One session in five is held without the
    memory. Turns, tool calls and steps are told of at most 2000 sessions, spread over the year;
    client, model and price list are `simulated` too, so that no cost is taken for money spent.

    Parameters
    ----------
    memory
        The memory, or the file of one; made if it is not there. Its patterns of a kind that has
        at least two are what is chosen from.
    sessions
        How many, spread evenly over the year; each has one to three decisions.
    uses
        How many uses of patterns to note besides, outcome and all: evidence in bulk.
    seed
        The same seed, sizes, `now` and truth give the same events.
    now
        When the year ends; the present by default.
    truth
        What is true: a frame as it is returned, of patterns that the memory knows; drawn by
        default.
    mix
        Whether the memory may hold work that is not made up.
    progress
        Told how many sessions and uses are done, and of how many.

    Returns
    -------
    DataFrame
        The truth: see `truth.draw_truth`.

    Raises
    ------
    StoreError
        The memory holds work that really happened and `mix` is not set, has no patterns to choose
        between, or cannot be written.
    """
    if sessions < 0 or uses < 0:
        raise ValueError("sessions and uses cannot be negative.")
    if now is not None and now.tzinfo is None:
        raise ValueError(f"now has no time zone: {now!r}")
    held = memory if isinstance(memory, Memory) else Memory(memory)
    end = (now or utc_now()).astimezone(UTC)
    try:
        if not mix:
            _refuse_what_happened(held)
        if truth is None:
            truth = draw_truth(_rivals(held), _solutions(held), seed=seed, now=end)
        _check_truth(truth, held)
        name = _name(truth, sessions, uses, seed, end)
        year = Year(truth, sessions=sessions, seed=seed, now=end, name=name)
        portions = _portions(year, sessions, uses, progress)
        write_made_up(held._store, portions, writer=name)
    finally:
        if held is not memory:
            held.close()
    return truth


def _portions(
    year: Year, sessions: int, uses: int, progress: Callable[[int, int], None] | None
) -> Iterator[dict[str, pd.DataFrame]]:
    for first in range(0, sessions, _PORTION):
        last = min(first + _PORTION, sessions)
        yield year.portion(first, last)
        if progress:
            progress(last, sessions + uses)
    for first in range(0, uses, _USES):
        last = min(first + _USES, uses)
        yield {"pattern_use": year.uses(first, last)}
        if progress:
            progress(sessions + last, sessions + uses)


def _rivals(memory: Memory) -> dict[str, list[str]]:
    """Slugs by kind, of the kinds that leave a choice."""
    found = defaultdict(list)
    for pattern in memory.patterns():
        if pattern.kind:
            found[pattern.kind].append(pattern.slug)
    rivals = {kind: slugs for kind, slugs in found.items() if len(slugs) > 1}
    if rivals:
        return rivals
    raise StoreError(
        "There is nothing to choose between in a made-up year.",
        why="The memory holds no two patterns of one kind.",
        mend="Give it the library's patterns, or record patterns that share a `kind`.",
    )


def _solutions(memory: Memory) -> list[str]:
    return memory.sql("SELECT slug FROM solution ORDER BY slug")["slug"].tolist()


def _refuse_what_happened(memory: Memory) -> None:
    """Refuse a memory that holds more than made-up work."""
    [found] = memory.sql(_HAPPENED).to_dict("records")
    held = [f"{count} {what}" for what, count in found.items() if count]
    if held:
        raise StoreError(
            f"No made-up year is written into {shown_path(memory.path)!r}.",
            why=f"It holds what is not made up: {', '.join(held)}.",
            mend="Give simulate a file of its own, or mix=True to have both in one.",
        )


def _check_truth(truth: pd.DataFrame, memory: Memory) -> None:
    """Refuse a truth that cannot be, or that is about what the memory does not know."""
    if lacking := sorted(set(TRUTH) - set(truth.columns)):
        raise ValueError(f"The truth lacks the columns {', '.join(lacking)}.")
    patterns = truth[truth["what"] == "pattern"]
    if (
        not set(patterns["tenancy"]) <= set(CONTEXTS)
        or not truth["success_rate"].between(0, 1).all()
    ):
        raise ValueError(f"tenancy must be one of {', '.join(CONTEXTS)}, a rate 0 to 1.")
    known = {pattern.slug for pattern in memory.patterns()}
    check_known(sorted(set(patterns["slug"])), known, "pattern")
    check_known(sorted(set(truth["slug"]) - set(patterns["slug"])), _solutions(memory), "solution")


def _name(truth: pd.DataFrame, sessions: int, uses: int, seed: int, end: datetime) -> str:
    """Name a year after what it follows from, so that the same one is not written twice."""
    text = f"{truth.to_csv(index=False)} {sessions} {uses} {seed} {end.isoformat()}"
    return f"sim{hashlib.sha256(text.encode()).hexdigest()[:10]}"


_HAPPENED = """
SELECT
  (SELECT count(*) FROM decision d JOIN event e ON e.event_id = d.event_id
    WHERE coalesce(e.payload->>'$.extra.source', '') <> 'simulated') AS decisions,
  (SELECT count(*) FROM outcome WHERE source <> 'simulated') AS outcomes,
  (SELECT count(*) FROM pattern_use
    WHERE decision_id IS NULL AND source <> 'simulated') AS uses_of_patterns,
  (SELECT count(*) FROM solution_use WHERE source <> 'simulated') AS uses_of_solutions,
  (SELECT count(*) FROM query_measurement WHERE source <> 'simulated') AS measurements
"""
