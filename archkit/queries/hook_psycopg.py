"""Overhearing psycopg: the methods of its cursors, wrapped while a block is open."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, closing
from functools import wraps
from typing import Any

from archkit.errors import ArchkitError
from archkit.queries.count import QueryCount
from archkit.queries.hook import STREAMED, Hook, Sent

__all__ = ["PsycopgHook"]

_lock = threading.RLock()
_hooks: dict[int, tuple[PsycopgHook, ...]] = {}
_originals: dict[tuple[type, str], Any] = {}


class PsycopgHook(Hook):
    """Counts the statements that the cursors of a psycopg connection send, older cursors too.

    BEGIN and COMMIT, which psycopg sends by itself, are not counted.
    """

    def _install(self) -> None:
        if self.target.closed:
            raise ArchkitError(
                "This psycopg connection cannot be counted on.",
                why="It is closed.",
                mend="Hand in an open connection.",
            )
        with _lock:
            if not _hooks:
                _wrap_cursors()
            _hooks[id(self.target)] = (*_hooks.get(id(self.target), ()), self)

    def _remove(self, count: QueryCount) -> None:
        with _lock:
            others = tuple(hook for hook in _hooks.pop(id(self.target), ()) if hook is not self)
            if others:
                _hooks[id(self.target)] = others
            if not _hooks:
                for (kind, name), original in _originals.items():
                    setattr(kind, name, original)
                _originals.clear()


def _wrap_cursors() -> None:
    import psycopg

    plain = {"execute": _sync, "executemany": _sync, "stream": _stream, "copy": _copy}
    awaited = {"execute": _async, "executemany": _async, "stream": _async_stream, "copy": _copy}
    for kind, wrappers in (
        (psycopg.Cursor, plain),
        (psycopg.ServerCursor, plain),
        (psycopg.AsyncCursor, awaited),
        (psycopg.AsyncServerCursor, awaited),
    ):
        for name, wrapper in wrappers.items():
            if (original := vars(kind).get(name)) is not None:
                _originals[kind, name] = original
                setattr(kind, name, wraps(original)(wrapper(original)))


class _Call:
    """A cursor's call under way, for each hook on its connection."""

    def __init__(self, cursor: Any, query: Any, values: Any) -> None:
        self._cursor = cursor
        hooks = _hooks.get(id(cursor.connection), ())
        text = _text(query, cursor) if hooks else ""
        self._sent: list[Sent] = [
            hook.sent(text, dialect="postgresql", values=values) for hook in hooks
        ]

    def ended(self, rows: int | None = None) -> None:
        """Note that it was taken; the rows are the cursor's own unless they were counted."""
        if not self._sent:
            return
        streamed = hasattr(self._cursor, "itersize")
        # In a pipeline, and of a server-side cursor, the rows come later: they are not known.
        if rows is None and not streamed and not self._cursor.connection.pgconn.pipeline_status:
            rows = max(self._cursor.rowcount, 0) if self._cursor.description else 0
        for sent in self._sent:
            sent.ended()
            if rows is not None:
                sent.fetched(rows)
            if streamed:
                sent.note(STREAMED)


def _text(query: Any, cursor: Any) -> str:
    if isinstance(query, str):
        return query
    if isinstance(query, bytes):
        return query.decode("utf-8", "replace")
    if hasattr(query, "as_string"):
        return str(query.as_string(cursor))
    # A template string of Python 3.14: its values are parameters.
    return "?".join(getattr(query, "strings", (str(query),)))


def _sync(original: Callable[..., Any]) -> Callable[..., Any]:
    def counted(self: Any, query: Any, params: Any = None, *rest: Any, **settings: Any) -> Any:
        call = _Call(self, query, params)
        result = original(self, query, params, *rest, **settings)
        call.ended()
        return result

    return counted


def _async(original: Callable[..., Any]) -> Callable[..., Any]:
    async def counted(
        self: Any, query: Any, params: Any = None, *rest: Any, **settings: Any
    ) -> Any:
        call = _Call(self, query, params)
        result = await original(self, query, params, *rest, **settings)
        call.ended()
        return result

    return counted


def _stream(original: Callable[..., Any]) -> Callable[..., Any]:
    def counted(
        self: Any, query: Any, params: Any = None, *rest: Any, **settings: Any
    ) -> Iterator[Any]:
        call, rows = _Call(self, query, params), 0
        try:
            with closing(original(self, query, params, *rest, **settings)) as stream:
                for row in stream:
                    rows += 1
                    yield row
        except GeneratorExit:
            call.ended(rows)
            raise
        call.ended(rows)

    return counted


def _async_stream(original: Callable[..., Any]) -> Callable[..., Any]:
    async def counted(
        self: Any, query: Any, params: Any = None, *rest: Any, **settings: Any
    ) -> AsyncIterator[Any]:
        call, rows = _Call(self, query, params), 0
        try:
            async with aclosing(original(self, query, params, *rest, **settings)) as stream:
                async for row in stream:
                    rows += 1
                    yield row
        except GeneratorExit:
            call.ended(rows)
            raise
        call.ended(rows)

    return counted


def _copy(original: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap what gives a context to copy in: rows do not pass one by one, so there are none."""

    def counted(self: Any, statement: Any, params: Any = None, *rest: Any, **settings: Any) -> Any:
        call = _Call(self, statement, params)
        result = original(self, statement, params, *rest, **settings)
        call.ended(0)
        return result

    return counted
