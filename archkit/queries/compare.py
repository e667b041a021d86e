"""Ways to read the same, compared on a real database: queries, rows and time at several sizes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from archkit.errors import ArchkitError
from archkit.queries.compare_deadline import open_connections
from archkit.queries.compare_plan import Plan
from archkit.queries.compare_progress import Progress, steps_told
from archkit.queries.compare_running import Runner, loop_runs
from archkit.queries.comparison import COLUMNS, ComparisonError, QueryComparison
from archkit.records import Measurement

__all__ = ["compare_queries", "compare_queries_async"]

T = TypeVar("T")


class Recorder(Protocol):
    """Keeps what was measured: a `Memory`, for one."""

    def record_measurement(self, measurement: Measurement) -> Measurement:
        """Keep queries counted before and after a change."""


def compare_queries(
    variants: Mapping[str, Callable[[int], Any]],
    *,
    source: Any,
    sizes: Sequence[int] = (10, 100, 1000),
    repeat: int = 5,
    latency_ms: Sequence[float] = (0, 1, 5),
    pattern: Mapping[str, str] | None = None,
    memory: Recorder | None = None,
    timeout_s: float | None = 60.0,
    caches: Mapping[str, Any] | None = None,
    label: str = "",
    progress: Progress | None = None,
) -> QueryComparison:
    """Compare ways to answer the same request, on a real database.

    At each size every variant is called twice to count its queries and to compare its answer with
    the first variant's, then `repeat` times to time it, uncounted (counting takes time, too) and
    in turns, so that a slow minute of the machine is everybody's.

    Parameters
    ----------
    variants
        By name, a function (or coroutine function) of the size n that returns plain values. The
        first is the baseline.
    source
        What they read through, as for `count_queries`; several as a list.
    sizes
        Sizes of the request, rising, each 1 or more.
    repeat
        Timed runs of each variant at each size.
    latency_ms
        Milliseconds that a query may take on the way; what a run would take with them is computed.
    pattern
        By variant, the slug of the pattern it applies, for the evidence.
    memory
        Keeps each reduction as measured evidence.
    timeout_s
        The longest a single run may take; None for ever. Its statement is interrupted, as is all
        else that runs on the source then, and its code stopped. Code that neither runs a statement
        nor comes back to Python is waited for, and so is a coroutine that never awaits; threads
        that a variant starts go on.
    caches
        By variant that has one, the cache: an object with `clear()` or `cache_clear()`, or a
        function that empties it. Such a variant is measured cold and warm. Hits are read from
        `cache_info()` or from `hits` and `misses`, if it has them.
    label
        What the request is, for the evidence.
    progress
        Is told how many runs are done, of how many; a bar is drawn if none is given.

    Returns
    -------
    QueryComparison
        A frame of what was measured, the growth with n, a figure, records of evidence.

    Raises
    ------
    ComparisonError
        Answers differ or cannot be compared; a variant fails, takes too long, runs no query, or
        keeps something between calls; the evidence cannot be kept. Its `partial` holds what was
        measured before.
    ValueError
        A setting is out of range, or names what is no variant.

    Examples
    --------
    >>> import sqlite3
    >>> database = sqlite3.connect(":memory:")
    >>> _ = database.execute("CREATE TABLE word (id INTEGER, text TEXT)")
    >>> rows = [(n, f"word {n}") for n in range(9)]
    >>> _ = database.executemany("INSERT INTO word VALUES (?, ?)", rows)
    >>> def one_by_one(n):
    ...     ask = "SELECT text FROM word WHERE id = ?"
    ...     return [database.execute(ask, (i,)).fetchone()[0] for i in range(n)]
    >>> def at_once(n):
    ...     ask = "SELECT text FROM word WHERE id < ? ORDER BY id"
    ...     return [text for (text,) in database.execute(ask, (n,))]
    >>> ways = {"one by one": one_by_one, "at once": at_once}
    >>> compare_queries(ways, source=database, sizes=[2, 8], repeat=1).growth["order"].tolist()
    ['O(n)', 'O(1)']
    >>> database.close()
    """
    plan = _plan(variants, source, sizes, repeat, latency_ms, timeout_s, label, pattern, caches)
    comparing = _compared(plan, memory, progress)
    if not plan.is_async:
        return _without_loop(comparing)
    if loop_runs():
        comparing.close()
        raise ComparisonError(
            "Variants that are coroutines cannot be compared here without await.",
            why="An event loop runs already, as in every notebook.",
            mend="Write await archkit.queries.compare_queries_async(…), with the same settings.",
        )
    return asyncio.run(comparing)


async def compare_queries_async(
    variants: Mapping[str, Callable[[int], Any]],
    *,
    source: Any,
    sizes: Sequence[int] = (10, 100, 1000),
    repeat: int = 5,
    latency_ms: Sequence[float] = (0, 1, 5),
    pattern: Mapping[str, str] | None = None,
    memory: Recorder | None = None,
    timeout_s: float | None = 60.0,
    caches: Mapping[str, Any] | None = None,
    label: str = "",
    progress: Progress | None = None,
) -> QueryComparison:
    """Compare as `compare_queries` does, in the event loop that runs: that of a notebook."""
    plan = _plan(variants, source, sizes, repeat, latency_ms, timeout_s, label, pattern, caches)
    return await _compared(plan, memory, progress)


def _plan(
    variants: Mapping[str, Callable[[int], Any]],
    source: Any,
    sizes: Sequence[int],
    repeat: int,
    latency_ms: Sequence[float],
    timeout_s: float | None,
    label: str,
    pattern: Mapping[str, str] | None,
    caches: Mapping[str, Any] | None,
) -> Plan:
    return Plan(
        dict(variants),
        list(source) if isinstance(source, list | tuple) else [source],
        tuple(sizes),
        repeat,
        tuple(latency_ms),
        timeout_s,
        label,
        dict(pattern or {}),
        dict(caches or {}),
    )


async def _compared(
    plan: Plan, memory: Recorder | None, progress: Progress | None
) -> QueryComparison:
    _check_patterns(plan, memory)
    with steps_told(plan.steps, progress) as step, open_connections(plan.sources) as connections:
        runner = Runner(plan, connections, step)
        try:
            for n in plan.sizes:
                await runner.size(n)
        except ComparisonError as error:
            error.partial = _found(plan, runner)
            raise
    comparison = _found(plan, runner)
    if memory is not None:
        _record(comparison, memory)
    return comparison


def _found(plan: Plan, runner: Runner) -> QueryComparison:
    import pandas as pd

    computed = [f"computed_ms_at_{ms:g}ms" for ms in plan.latency_ms]
    frame = pd.DataFrame(runner.rows, columns=[*COLUMNS, *computed])
    frame["rows"] = frame["rows"].astype("Int64")
    notes = list(runner.notes)
    if (frame["hit_rate_from"] == "queries").any():
        notes.append("A hit rate by queries is the share of the cold run's that the warm one saved")
    if len(plan.variants) == 1:
        notes.append("There is one variant only: nothing to compare it with, nothing to log")
    if plan.repeat == 1:
        notes.append("A single timed run has no spread")
    return QueryComparison(
        frame,
        baseline=plan.baseline,
        counts=runner.counts,
        label=plan.label,
        latency_ms=tuple(plan.latency_ms),
        pattern=plan.pattern,
        notes=tuple(notes),
    )


def _check_patterns(plan: Plan, memory: Recorder | None) -> None:
    """Have an unknown pattern refused now, not after all has been measured."""
    if look_up := getattr(memory, "pattern", None):
        for slug in plan.pattern.values():
            look_up(slug)


def _record(comparison: QueryComparison, memory: Recorder) -> None:
    try:
        for measurement in comparison.measurements():
            memory.record_measurement(measurement)
    except ArchkitError as error:
        told = ComparisonError(
            "The comparison was made, but not all of it could be kept as evidence.",
            why=f"{error.what} {error.why}",
            mend=f"{error.mend} The comparison is the error's .partial: hand all of its "
            "measurements() to memory.record_measurement(…); none is counted twice.",
        )
        told.partial = comparison
        raise told from error


def _without_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that awaits nothing: its variants may start event loops of their own."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("nothing in it is awaited")
