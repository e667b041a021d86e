"""A limit of queries: a block that may send so many, and says what they were if it sent more."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from archkit.errors import ArchkitError
from archkit.queries.count import QueryCount
from archkit.queries.count_shown import amount
from archkit.queries.counting import count_queries, is_countable
from archkit.queries.n_plus_one import told
from archkit.queries.saved import before_and_after

if TYPE_CHECKING:
    from archkit.queries.compare import Recorder

__all__ = ["NoQueryWarning", "QueryLimit", "TooManyQueries", "countable_in"]

_MOST_SHAPES = 12
_WIDTH = 110


class TooManyQueries(AssertionError):  # noqa: N818
    """A block sent more queries than it may.

    Attributes
    ----------
    counted : QueryCount
        What it sent.
    """

    def __init__(self, message: str, counted: QueryCount) -> None:
        super().__init__(message)
        self.counted = counted


class NoQueryWarning(UserWarning):
    """A block with a limit sent no query at all to what was counted: perhaps the wrong engine."""


class QueryLimit:
    """Count a block's queries, and fail when they are too many.

    Parameters
    ----------
    most
        How many there may be; with 0 none.
    sources
        What is counted: engines, sessions, connections (see `count_queries`); also what other
        threads and tasks send on them.
    label, n
        What the block does, and the size of its request.
    before, memory, pattern, decision_id
        An earlier count of the same request: with a memory, the two are recorded in it as a
        measurement when the block has kept its limit.

    Examples
    --------
    >>> import sqlite3
    >>> shop = sqlite3.connect(":memory:")
    >>> with QueryLimit(1, [shop]) as counted:
    ...     shop.execute("SELECT 1").fetchall()
    [(1,)]
    >>> counted.count
    1
    >>> shop.close()
    """

    def __init__(
        self,
        most: int,
        sources: Iterable[Any],
        *,
        label: str = "",
        n: int | None = None,
        before: QueryCount | None = None,
        memory: Recorder | None = None,
        pattern: str | None = None,
        decision_id: str | None = None,
    ) -> None:
        if isinstance(most, bool) or not isinstance(most, int) or most < 0:
            raise ValueError(f"most is a number of queries, 0 or more, not {most!r}.")
        if (memory is None) != (before is None):
            raise ValueError("To record a measurement, give both before and memory.")
        self._sources = list(sources)
        if not self._sources:
            raise ValueError("Give the engine, session or connection whose queries are counted.")
        self._most, self._before, self._memory = most, before, memory
        self._pattern, self._decision_id = pattern, decision_id
        self._counting = count_queries(self._sources, label=label, n=n, everywhere=True)

    def __enter__(self) -> QueryCount:
        self._counted = self._counting.__enter__()
        return self._counted

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        self._counting.__exit__(kind, error, traceback)
        if error is None:
            self._judge()

    async def __aenter__(self) -> QueryCount:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        self.__exit__(kind, error, traceback)

    def _judge(self) -> None:
        __tracebackhide__ = True
        counted = self._counted
        if counted.count > self._most:
            raise TooManyQueries(_message(counted, self._most), counted)
        if not counted.count and self._most:
            warnings.warn(
                "No query was counted: does the code use what is counted here? "
                "A limit of 0 says that none is expected.",
                NoQueryWarning,
                stacklevel=4,
            )
        if self._before is not None and self._memory is not None:
            made = before_and_after(
                self._before, counted, pattern=self._pattern, decision_id=self._decision_id
            )
            self._memory.record_measurement(made)


def countable_in(values: Iterable[Any]) -> list[Any]:
    """Return what can be counted among values, each once: engines, open connections, sessions."""
    # The class Engine, which stands for every engine, is imported to write types with.
    unlike = {id(v): v for v in values if is_countable(v) and not isinstance(v, type)}
    return [value for value in unlike.values() if _is_open(value)]


def _is_open(source: Any) -> bool:
    try:
        with count_queries(source):
            return True
    except ArchkitError:
        return False


def _message(counted: QueryCount, most: int) -> str:
    shapes, found = counted.shapes(), counted.findings()
    allowed = "none is allowed" if not most else f"at most {most:,} may be"
    title = f"{counted.label}: " if counted.label else ""
    lines = [f"{title}{amount(counted)}, {allowed}.", ""]
    for one in shapes[:_MOST_SHAPES]:
        lines += _shape(one)
    if len(shapes) > _MOST_SHAPES:
        lines.append(f"{'':11}… and {len(shapes) - _MOST_SHAPES:,} more shapes")
    if found:
        lines += ["", "N+1: read one at a time what could be read at once"]
    for one in found:
        said, mend = told(one)
        lines += [*_shape(one), f"{'':11}{said} {mend}"]
    return "\n".join(lines)


def _shape(one: dict[str, Any]) -> list[str]:
    line = _cut(f"{one['count']:>6,} ×  {one['shape']}")
    return [line, f"{'':11}{one['where']}"] if one["where"] else [line]


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"
