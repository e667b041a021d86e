"""Variants run in turn: counted, their answers compared, and, in runs of their own, timed."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Iterable
from statistics import median, quantiles
from typing import Any

from archkit.errors import ArchkitError
from archkit.plain import without_passwords
from archkit.queries.compare_deadline import OverTimeError, within
from archkit.queries.compare_growth import queries_told
from archkit.queries.compare_plan import Plan, empties, hits_and_misses, states
from archkit.queries.compare_results import NotComparableError, first_difference, plain_value
from archkit.queries.comparison import ComparisonError
from archkit.queries.counting import count_queries

__all__ = ["Runner", "loop_runs"]

Row = dict[str, Any]
_LONGEST = 240


class Runner:
    """Runs a plan size by size; `rows` and `notes` hold what was found so far."""

    def __init__(
        self, plan: Plan, connections: Callable[[], Iterable[Any]], step: Callable[[], None]
    ) -> None:
        self.rows: list[Row] = []
        self.notes: list[str] = []
        self.counts = ""
        self._plan, self._connections, self._step = plan, connections, step

    async def size(self, n: int) -> None:
        """Measure every variant at one size; its rows are kept when all are measured."""
        rows = await self._counted_round(n)
        for row in rows:
            if not row["queries"] and row["cache"] != "warm":
                raise self._no_query(row["variant"], n)
        self._check_steady(n, rows, await self._counted_round(n, rows[0]["answer"]))
        times = await self._timed_rounds(n)
        base = rows[0]
        for row in rows:
            row |= _spread(times[row["variant"], row["cache"]])
            row["speed_up"] = base["wall_ms"] / row["wall_ms"]
            if row is not base:
                row["reduction_share"] = 1 - row["queries"] / base["queries"]
            for latency in self._plan.latency_ms:
                computed = row["wall_ms"] + latency * row["queries"]
                row[f"computed_ms_at_{latency:g}ms"] = computed
        if rows[0].pop("answer") in ([], {}, ""):
            self._note(f"At n {n:,} every answer is empty: that they are equal says little")
        self.rows += rows

    async def _counted_round(self, n: int, expected: Any = None) -> list[Row]:
        """Count each variant once and compare its answer with the baseline's."""
        rows: list[Row] = []
        for name in self._plan.variants:
            cached = name in self._plan.caches
            if cached:
                self._empty(name)
            for state in states(cached):
                row, answer = await self._counted(name, state, n)
                expected = self._checked(answer, expected, name, state, n)
                rows.append(row)
            if cached:
                self._set_hit_rate(*rows[-2:])
        rows[0]["answer"] = expected
        return rows

    async def _counted(self, name: str, state: str, n: int) -> tuple[Row, Any]:
        cache = self._plan.caches.get(name)
        before = hits_and_misses(cache)
        try:
            with count_queries(self._plan.sources, label=name, n=n, everywhere=True) as counted:
                answer, _ = await self._run(name, n, "was counted")
        except ComparisonError:
            raise
        except ArchkitError as error:
            why = f"{error.why.rstrip('.')}. It was so when {name!r} was to be counted at n {n:,}."
            mend = f"{error.mend}{self._partial}"
            raise ComparisonError(error.what, why=why, mend=mend) from error
        self.counts = counted.counts
        row = {"variant": name, "cache": state, "n": n, "queries": counted.count}
        row |= {"rows": counted.rows, "n_plus_one": len(counted.n_plus_one)}
        if (after := hits_and_misses(cache)) and before:
            hits, misses = after[0] - before[0], after[1] - before[1]
            if hits >= 0 and misses >= 0 and hits + misses:
                row |= {"hit_rate": hits / (hits + misses), "hit_rate_from": "cache"}
        if counted.failed:
            self._note(f"{counted.failed} statements of {name} failed without ending it")
        return row, answer

    async def _timed_rounds(self, n: int) -> dict[tuple[str, str], list[float]]:
        """Time every variant `repeat` times, in turns that begin with another one each."""
        times: dict[tuple[str, str], list[float]] = {}
        names = list(self._plan.variants)
        for turn in range(self._plan.repeat):
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                cached = name in self._plan.caches
                if cached:
                    self._empty(name)
                for state in states(cached):
                    _, ms = await self._run(name, n, f"was timed (run {turn + 1})")
                    times.setdefault((name, state), []).append(ms)
        return times

    async def _run(self, name: str, n: int, when: str) -> tuple[Any, float]:
        """Call a variant within its time; return its answer and how long it took (ms)."""
        self._step()
        variant, seconds = self._plan.variants[name], self._plan.timeout_s
        try:
            answer, ms = within(seconds, lambda: _timed(variant, n), self._connections)
            if inspect.isawaitable(answer):
                answer, waited_ms = await self._awaited(answer, name)
                ms += waited_ms
        except OverTimeError as error:
            raise self._over_time(name, n) from error
        except ComparisonError:
            raise
        except Exception as error:
            raise self._failed(name, n, when, error) from error
        return answer, ms

    async def _awaited(self, answer: Any, name: str) -> tuple[Any, float]:
        """Await what a coroutine function returned, within its time."""
        if not loop_runs():
            if inspect.iscoroutine(answer):
                answer.close()
            raise ComparisonError(
                f"The variant {name!r} returns a coroutine.",
                why="Only functions written with async def are awaited here.",
                mend="Write it with async def, or await archkit.queries.compare_queries_async(…).",
            )
        limit = asyncio.timeout(self._plan.timeout_s)
        began = time.perf_counter()
        try:
            async with limit:
                answer = await answer
        except Exception as error:
            if limit.expired():
                raise OverTimeError from error
            raise
        return answer, 1000 * (time.perf_counter() - began)

    def _checked(self, answer: Any, expected: Any, name: str, state: str, n: int) -> Any:
        """Return the answer that all must give; raise where this one is another."""
        called = f"{name!r} ({state} cache)" if state else repr(name)
        try:
            found = plain_value(answer)
        except NotComparableError as error:
            raise ComparisonError(
                f"The variant {called} returns {error.what}.",
                why=f"The answers of all variants are compared, and {error.why}.",
                mend=f"In the variant, {error.mend}.",
            ) from None
        if found is None:
            raise ComparisonError(
                f"The variant {called} returns nothing.",
                why="The answers of all variants are compared: nothing shows that they read the "
                "same.",
                mend="Return what the variant read, in plain values.",
            )
        if expected is None:
            return found
        if (other := first_difference(expected, found)) is None:
            return expected
        base, where = self._plan.baseline, f"at {other.place} " if other.place else ""
        note = f"; {other.note}" if other.note else ""
        stale = " What a cache still holds may be stale." if state == "warm" else ""
        raise ComparisonError(
            f"The variant {called} answers otherwise than {base!r} at n {n:,}: "
            f"{where}it gives {other.found}, where {base!r} gives {other.expected}{note}.",
            why="Variants that answer differently do different work, so counts and times would "
            f"compare nothing.{stale}",
            mend="Have all variants return the same values in the same order, and none change "
            "what the others read.",
        )

    def _check_steady(self, n: int, first: list[Row], second: list[Row]) -> None:
        """Refuse a variant that keeps something between calls: its time would be a cache's."""
        for row, again in zip(first, second, strict=True):
            if row["queries"] == again["queries"]:
                continue
            name, cached = row["variant"], row["cache"]
            which = f" with a {cached} cache" if cached else ""
            raise ComparisonError(
                f"The variant {name!r}{which} took {queries_told(row['queries'])} at n {n:,}, and "
                f"{again['queries']:,} when it was called again.",
                why="Something is kept between calls: a cache, a session that still holds what it "
                "read, or a transaction left open. One number for both would mislead.",
                mend="See that emptying the cache empties all of it."
                if cached
                else "Open a new session inside the variant, or name what it keeps: "
                f"caches={{{name!r}: cache}}.",
            )

    def _set_hit_rate(self, cold: Row, warm: Row) -> None:
        """Where a cache counts no hits, say what share of the cold run's queries it saved."""
        if "hit_rate" not in warm and cold["queries"]:
            saved = 1 - warm["queries"] / cold["queries"]
            warm |= {"hit_rate": saved, "hit_rate_from": "queries"}

    def _empty(self, name: str) -> None:
        empty = empties(self._plan.caches[name])
        assert empty is not None  # the plan has looked
        empty()

    def _note(self, note: str) -> None:
        if note not in self.notes:
            self.notes.append(note)

    def _no_query(self, name: str, n: int) -> ComparisonError:
        emptied = " though its cache was emptied" if name in self._plan.caches else ""
        return ComparisonError(
            f"The variant {name!r} ran no query at n {n:,}{emptied}.",
            why="It reads through another connection than the one that is counted, or from what it "
            "kept.",
            mend="Give what it reads through as source (several as a list), or name what it keeps: "
            f"caches={{{name!r}: cache}}.",
        )

    def _over_time(self, name: str, n: int) -> ComparisonError:
        return ComparisonError(
            f"The variant {name!r} did not end within {self._plan.timeout_s:g} s at n {n:,}.",
            why="Its statement was interrupted and its code stopped where it was. Threads that it "
            "started itself go on; its transaction may be open.",
            mend="Roll back what it left open. Give it more time with timeout_s, or leave out the "
            f"variant or this size.{self._partial}",
        )

    def _failed(self, name: str, n: int, when: str, error: Exception) -> ComparisonError:
        return ComparisonError(
            f"The variant {name!r} failed at n {n:,} when it {when}.",
            why=_words_of(error),
            mend=f"{_mend_of(error, name)}{self._partial}",
        )

    @property
    def _partial(self) -> str:
        return " What was measured at smaller sizes is in the error's .partial." * bool(self.rows)


def _timed(variant: Callable[[int], Any], n: int) -> tuple[Any, float]:
    began = time.perf_counter()
    answer = variant(n)
    return answer, 1000 * (time.perf_counter() - began)


def loop_runs() -> bool:
    """Tell whether an event loop runs in this thread."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _spread(times: list[float]) -> Row:
    row: Row = {"wall_ms": median(times), "runs": len(times)}
    if len(times) > 1:
        low, _, high = quantiles(times, n=4, method="inclusive")
        row |= {"wall_low_ms": low, "wall_high_ms": high}
    return row


def _words_of(error: Exception) -> str:
    """Say what a variant failed of, in the driver's own words and without the statement."""
    if isinstance(error, ArchkitError):
        return error.what
    cause = getattr(error, "orig", None) or error
    lines = without_passwords(str(cause)).strip().splitlines()
    text = f"{type(cause).__name__}: {lines[0]}" if lines else type(cause).__name__
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _mend_of(error: Exception, name: str) -> str:
    cause = getattr(error, "orig", None) or error
    text = str(cause).lower()
    if "event loop" in text or "different loop" in text:
        return (
            "Connections belong to the event loop they were opened in: await engine.dispose() "
            "before, or compare in that loop with await compare_queries_async(…)."
        )
    if getattr(error, "connection_invalidated", False) or any(w in text for w in _GONE):
        return "The connection is gone: see that the database runs, connect anew and repeat."
    return f"Call {name} by itself to see it fail; the error above this one has its lines."


_GONE = (
    *("closed", "terminat", "lost", "gone away", "connection refused", "broken pipe"),
    *("connection reset", "shutting down"),
)
