"""Overhearing sqlite3: its trace callback, which sees each statement as SQLite runs it."""

from __future__ import annotations

import sqlite3

from archkit.errors import ArchkitError
from archkit.queries.count import QueryCount
from archkit.queries.hook import Hook

__all__ = ["SqliteHook"]

process_wide: SqliteHook | None = None
"""Who overhears every connection of this process, and goes on when a block on one ends."""


class SqliteHook(Hook):
    """Counts the statements that a `sqlite3.Connection` runs.

    BEGIN, COMMIT and each row of an `executemany` are statements; one that fires a trigger counts
    again for the trigger and for each statement in it, since SQLite reports them by its text.

    A connection has one trace callback, and sqlite3 does not tell which: one that you have set
    is gone after the block, and one that you set inside it ends the counting. Two threads that use
    one counted connection must do so one at a time, by a lock of yours: CPython calls back with
    SQLite's own lock held, and waits for ever for a thread that waits for that lock.
    """

    counts_what = "statements run"
    tells_end = False
    target: sqlite3.Connection

    def _install(self) -> None:
        try:
            self.target.set_trace_callback(self._traced)
        except sqlite3.ProgrammingError as error:
            raise ArchkitError(
                "This sqlite3 connection cannot be counted on.",
                why=str(error),
                mend="Hand in an open connection, in the thread that opened it.",
            ) from error

    def _traced(self, text: str) -> None:
        self.sent(text, dialect="sqlite", values=())
        if process_wide is not None and process_wide is not self:
            process_wide._traced(text)

    def _remove(self, count: QueryCount) -> None:
        try:
            self.target.set_trace_callback(process_wide._traced if process_wide else None)
        except sqlite3.ProgrammingError as error:
            # Closed inside the block, or it belongs to another thread, which then calls in vain.
            if "closed" in str(error):
                count.note("The connection was closed inside the block.")
