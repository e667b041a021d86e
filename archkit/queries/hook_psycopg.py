"""Overhearing psycopg: its cursors' methods, wrapped while a block is open."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from archkit.errors import ArchkitError
from archkit.queries.count import QueryCount
from archkit.queries.hook import Hook, Sent

__all__ = ["PsycopgHook"]

_lock = threading.RLock()
_hooks: dict[int, PsycopgHook] = {}
_originals: dict[tuple[type, str], Any] = {}


class PsycopgHook(Hook):
    """Counts the statements that the cursors of a psycopg connection send."""

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
            _hooks[id(self.target)] = self

    def _remove(self, count: QueryCount) -> None:
        with _lock:
            _hooks.pop(id(self.target), None)
            if not _hooks:
                for (kind, name), original in _originals.items():
                    setattr(kind, name, original)
                _originals.clear()


def _wrap_cursors() -> None:
    import psycopg

    plain = {"execute": _sync, "executemany": _sync, "stream": _stream, "copy": _call}
    awaited = {"execute": _async, "executemany": _async, "stream": _async_stream, "copy": _call}
    for kind, wrappers in (
        (psycopg.Cursor, plain),
        (psycopg.ServerCursor, plain),
        (psycopg.AsyncCursor, awaited),
        (psycopg.AsyncServerCursor, awaited),
    ):
        for name, wrapper in wrappers.items():
            if (original := vars(kind).get(name)) is not None:
                _originals[kind, name] = original
                setattr(kind, name, wrapper(original))


def _sent(cursor: Any, query: Any, values: Any) -> Sent | None:
    hook = _hooks.get(id(cursor.connection))
    if hook is None:
        return None
    if isinstance(query, bytes):
        text = query.decode("utf-8", "replace")
    else:
        text = query if isinstance(query, str) else query.as_string(cursor)
    return hook.sent(text, dialect="postgresql", values=values)


def _ended(sent: Sent | None, cursor: Any) -> None:
    if sent is not None:
        sent.ended()
        if cursor.rowcount >= 0:
            sent.fetched(cursor.rowcount if cursor.description else 0)


def _sync(original: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(self: Any, query: Any, params: Any = None, *rest: Any, **settings: Any) -> Any:
        sent = _sent(self, query, params)
        result = original(self, query, params, *rest, **settings)
        _ended(sent, self)
        return result

    return wrapped


def _async(original: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapped(
        self: Any, query: Any, params: Any = None, *rest: Any, **settings: Any
    ) -> Any:
        sent = _sent(self, query, params)
        result = await original(self, query, params, *rest, **settings)
        _ended(sent, self)
        return result

    return wrapped


def _stream(original: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(
        self: Any, query: Any, params: Any = None, *rest: Any, **settings: Any
    ) -> Iterator[Any]:
        sent = _sent(self, query, params)
        rows = 0
        for row in original(self, query, params, *rest, **settings):
            rows += 1
            yield row
        if sent is not None:
            sent.ended()
            sent.fetched(rows)

    return wrapped


def _async_stream(original: Callable[..., Any]) -> Callable[..., Any]:
    async def wrapped(
        self: Any, query: Any, params: Any = None, *rest: Any, **settings: Any
    ) -> AsyncIterator[Any]:
        sent = _sent(self, query, params)
        rows = 0
        async for row in original(self, query, params, *rest, **settings):
            rows += 1
            yield row
        if sent is not None:
            sent.ended()
            sent.fetched(rows)

    return wrapped


def _call(original: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(self: Any, statement: Any, params: Any = None, *rest: Any, **settings: Any) -> Any:
        sent = _sent(self, statement, params)
        result = original(self, statement, params, *rest, **settings)
        if sent is not None:
            sent.ended()
        return result

    return wrapped
