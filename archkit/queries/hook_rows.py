"""Counting the rows that are fetched through SQLAlchemy, as they are fetched."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

__all__ = ["count_fetched"]


def count_fetched(context: Any, cursor: Any, tell: Callable[[int], None]) -> None:
    """Have a statement's rows told when the program fetches them; of a write, that there are none.

    Parameters
    ----------
    context
        The statement's execution context, after it was executed.
    cursor
        Its DBAPI cursor.
    tell
        Called with the number of rows of each fetch.
    """
    from sqlalchemy.engine.cursor import BufferedRowCursorFetchStrategy, CursorFetchStrategy

    streamed = getattr(context, "_is_server_side", False)
    if context.is_crud or (cursor.description is None and not streamed):
        tell(0)
        return
    plain = context.cursor_fetch_strategy
    # A dialect that brings its own way of fetching keeps it; its rows are then not known.
    if type(plain) not in (CursorFetchStrategy, _counting()):
        return
    tell(0)
    buffers = streamed or (not context.is_text and context.execution_options.get("stream_results"))
    if buffers and type(plain) is CursorFetchStrategy:
        # As SQLAlchemy itself would, had it found its own strategy here.
        plain = BufferedRowCursorFetchStrategy(_Told(cursor, tell), context.execution_options)
    context.cursor_fetch_strategy = _counting()(plain, tell)


class _Told:
    """A cursor that tells how many rows each fetch gives."""

    def __init__(self, cursor: Any, tell: Callable[[int], None]) -> None:
        self._cursor, self._tell = cursor, tell

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def fetchone(self) -> Any:
        row = self._cursor.fetchone()
        self._tell(row is not None)
        return row

    def fetchmany(self, *size: int) -> Any:
        rows = self._cursor.fetchmany(*size)
        self._tell(len(rows))
        return rows

    def fetchall(self) -> Any:
        rows = self._cursor.fetchall()
        self._tell(len(rows))
        return rows


@cache
def _counting() -> Any:
    from sqlalchemy.engine.cursor import CursorFetchStrategy

    class CountingFetch(CursorFetchStrategy):
        """Fetches as another strategy does, and tells how many rows."""

        __slots__ = ("_inner", "_tell")

        def __init__(self, inner: Any, tell: Callable[[int], None]) -> None:
            self._inner, self._tell = inner, tell

        def soft_close(self, result: Any, dbapi_cursor: Any) -> None:
            self._inner.soft_close(result, dbapi_cursor)

        def hard_close(self, result: Any, dbapi_cursor: Any) -> None:
            self._inner.hard_close(result, dbapi_cursor)

        def yield_per(self, result: Any, dbapi_cursor: Any, num: int) -> None:
            self._inner.yield_per(result, dbapi_cursor, num)
            if result.cursor_strategy is not self:
                self._inner, result.cursor_strategy = result.cursor_strategy, self

        def fetchone(self, result: Any, dbapi_cursor: Any, hard_close: bool = False) -> Any:
            return self._inner.fetchone(result, _Told(dbapi_cursor, self._tell), hard_close)

        def fetchmany(self, result: Any, dbapi_cursor: Any, size: int | None = None) -> Any:
            return self._inner.fetchmany(result, _Told(dbapi_cursor, self._tell), size)

        def fetchall(self, result: Any, dbapi_cursor: Any) -> Any:
            return self._inner.fetchall(result, _Told(dbapi_cursor, self._tell))

    return CountingFetch
