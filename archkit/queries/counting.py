"""`count_queries`: a block, or a function's calls, whose statements are counted."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, TypeVar

from archkit.errors import ArchkitError
from archkit.queries.count import QueryCount
from archkit.queries.hook import Hook, open_counts

__all__ = ["count_queries", "is_countable"]

Call = TypeVar("Call", bound=Callable[..., Any])
_lock = threading.RLock()
_hooks: dict[int, Hook] = {}


class count_queries:  # noqa: N801
    """Count the statements that a block sends to a database.

    Parameters
    ----------
    source
        SQLAlchemy Engine, Connection or Session (asynchronous ones, too; of a session, its engine),
        psycopg Connection or AsyncConnection, `sqlite3.Connection`, DuckDB connection; or several
        in a list.
    label, n
        Said in what is shown: what is counted, and for how many items.
    everywhere
        Count what other threads and tasks send through the source meanwhile, too. Otherwise only
        what this thread or task sends, and the tasks it starts in the block; the rest is said in
        `elsewhere`. DuckDB's log does not tell them apart: there it is always everywhere.

    Raises
    ------
    ArchkitError
        The source is none of these, or is closed.

    Notes
    -----
    Listeners are there only while a block is open. SQLAlchemy is overheard by its events, psycopg
    by the methods of its cursors, sqlite3 by its trace callback (it has one: yours is gone after
    the block, which nobody can read and so nobody can set again), DuckDB by its query log, which
    holds the texts while the block is open. What one statement is, and what the source tells of its
    time and rows, differs with that; the count says so in `counts` and with None.

    Examples
    --------
    >>> import sqlite3
    >>> database = sqlite3.connect(":memory:")
    >>> with count_queries(database, label="ping") as counted:
    ...     _ = database.execute("SELECT 1").fetchall()
    >>> counted.count
    1

    As a decorator, the count of the last call to end is the function's `counted`:

    >>> @count_queries(database)
    ... def ping():
    ...     return database.execute("SELECT 1").fetchall()
    >>> ping(), ping.counted.count
    ([(1,)], 1)
    """

    def __init__(
        self, source: Any, *, label: str = "", n: int | None = None, everywhere: bool = False
    ) -> None:
        self._targets = _targets(source)
        self._label, self._n, self._everywhere = label, n, everywhere
        self._open: list[tuple[QueryCount, list[Hook]]] = []

    def __enter__(self) -> QueryCount:
        count = QueryCount(self._label, self._n, everywhere=self._everywhere)
        attached: list[Hook] = []
        try:
            for kind, target in self._targets:
                attached.append(_attach(kind, target, count))
        except BaseException:
            _detach(attached, count)
            raise
        count.counts = " and ".join(sorted({hook.counts_what for hook in attached}))
        count.pulls = tuple(functools.partial(hook.pull, count) for hook in attached)
        self._open.append((count, attached))
        open_counts.set((*open_counts.get(), count))
        count.open()
        return count

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        inside = open_counts.get()
        here = [pair for pair in self._open if pair[0] in inside] or self._open
        count, attached = here[-1]
        self._open.remove((count, attached))
        open_counts.set(tuple(other for other in inside if other is not count))
        count.close()
        _detach(attached, count)
        count.pulls = ()

    async def __aenter__(self) -> QueryCount:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)

    def __call__(self, function: Call) -> Call:
        """Count each call of a function; the last call's count is its attribute `counted`."""
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise ArchkitError(
                f"The calls of {function.__name__!r} cannot be counted.",
                why="It is a generator: its statements are sent while somebody else's code runs.",
                mend="Count in the code that goes through it: with count_queries(...):",
            )
        wrapped: Any
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def wrapped(*args: Any, **settings: Any) -> Any:
                with self._telling(wrapped):
                    return await function(*args, **settings)

        else:

            @functools.wraps(function)
            def wrapped(*args: Any, **settings: Any) -> Any:
                with self._telling(wrapped):
                    return function(*args, **settings)

        wrapped.counted = None
        return wrapped  # type: ignore[no-any-return]

    @contextmanager
    def _telling(self, wrapped: Any) -> Iterator[None]:
        with self as count:
            try:
                yield
            finally:
                wrapped.counted = count


def _attach(kind: type[Hook], target: Any, count: QueryCount) -> Hook:
    with _lock:
        hook = _hooks.setdefault(id(target), kind(target))
        try:
            hook.attach(count)
        finally:
            if not hook.attached:
                del _hooks[id(target)]
    return hook


def _detach(hooks: Iterable[Hook], count: QueryCount) -> None:
    # One that cannot be taken off does not keep the others on.
    with _lock, ExitStack() as stack:
        for hook in hooks:
            stack.callback(_detach_one, hook, count)


def _detach_one(hook: Hook, count: QueryCount) -> None:
    try:
        hook.detach(count)
    finally:
        if not hook.attached:
            _hooks.pop(id(hook.target), None)


def _targets(source: Any) -> list[tuple[type[Hook], Any]]:
    sources = source if isinstance(source, list | tuple | set) else [source]
    found = {id(pair[1]): pair for pair in map(_target, sources)}
    if not found:
        raise ArchkitError(
            "count_queries was given no source.",
            why="The list is empty.",
            mend="Hand in an engine, a connection or a session.",
        )
    return list(found.values())


_COUNTABLE = {
    "sqlite3": {"Connection"},
    "_duckdb": {"DuckDBPyConnection"},
    "psycopg": {"Connection", "AsyncConnection"},
    "sqlalchemy": {
        *("Engine", "Connection", "AsyncEngine", "AsyncConnection", "Session", "AsyncSession"),
        *("scoped_session", "async_scoped_session", "sessionmaker", "async_sessionmaker"),
    },
}


def is_countable(value: object) -> bool:
    """Say whether a value is of a kind that `count_queries` takes; it may be closed all the same.

    It is only looked at: nothing is imported, opened or asked.
    """
    return bool(_rooms(value))


def _rooms(source: object) -> set[str]:
    # By name, so that a source's package is imported only where there is such a source.
    names = {(kind.__module__.partition(".")[0], kind.__name__) for kind in type(source).__mro__}
    if isinstance(source, type):
        names = {(source.__module__.partition(".")[0], source.__name__)} & {
            ("sqlalchemy", "Engine")
        }
    return {room for room, name in names if name in _COUNTABLE.get(room, ())}


def _target(source: Any) -> tuple[type[Hook], Any]:
    rooms = _rooms(source)
    if "sqlite3" in rooms:
        from archkit.queries.hook_sqlite import SqliteHook

        return SqliteHook, source
    if "_duckdb" in rooms:
        from archkit.queries.hook_duckdb import DuckdbHook

        return DuckdbHook, source
    if "psycopg" in rooms:
        from archkit.queries.hook_psycopg import PsycopgHook

        return PsycopgHook, source
    if "sqlalchemy" in rooms:
        from archkit.queries.hook_sqlalchemy import SqlalchemyHook, plain_target

        return SqlalchemyHook, plain_target(source)
    raise ArchkitError(
        f"count_queries cannot count on a {_kind_of(source)}.",
        why="It is none of the sources whose statements can be overheard.",
        mend="Hand in a SQLAlchemy Engine, Connection or Session, a psycopg, sqlite3 or DuckDB "
        "connection, or several in a list; spans are read by archkit.queries.from_spans.",
    )


def _kind_of(source: Any) -> str:
    package, name = type(source).__module__.partition(".")[0], type(source).__name__
    return name if package == "builtins" else f"{package}.{name}"
