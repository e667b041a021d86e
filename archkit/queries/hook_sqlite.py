"""Overhearing sqlite3: its trace callback, which sees each statement as SQLite runs it."""

from __future__ import annotations

import sqlite3

from archkit.queries.count import QueryCount
from archkit.queries.hook import Hook

__all__ = ["SqliteHook"]


class SqliteHook(Hook):
    """Counts the statements that a `sqlite3.Connection` runs."""

    counts_what = "statements run"
    dialect = "sqlite"
    tells_end = False
    target: sqlite3.Connection

    def _install(self) -> None:
        self.target.set_trace_callback(self._traced)

    def _traced(self, text: str) -> None:
        self.sent(text, values=hash(text))

    def _remove(self, count: QueryCount) -> None:
        try:
            self.target.set_trace_callback(None)
        except sqlite3.ProgrammingError:
            count.notes.append("The connection was closed inside the block.")
