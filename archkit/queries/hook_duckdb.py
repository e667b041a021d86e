"""Overhearing DuckDB: its own query log, read when asked for and at the end of the block."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from archkit.errors import ArchkitError
from archkit.queries.count import QueryCount
from archkit.queries.hook import Hook
from archkit.queries.shape import shape_of
from archkit.queries.tally import Kind

__all__ = ["DuckdbHook"]

_SETTINGS = "SELECT current_setting('enable_logging'), (SELECT count(*) FROM duckdb_logs)"
_LAST = "SELECT coalesce(max(query_id), 0) FROM duckdb_logs WHERE type = 'QueryLog'"
_SINCE = """SELECT query_id, message FROM duckdb_logs
WHERE type = 'QueryLog' AND query_id > $since AND connection_id <> $own ORDER BY query_id"""


class DuckdbHook(Hook):
    """Counts the statements that a DuckDB database runs, on whichever connection."""

    counts_what = "statements run"
    dialect = "duckdb"
    tells_end = False

    def __init__(self, target: Any) -> None:
        super().__init__(target)
        self._read: dict[int, int] = {}
        self._log: Any = None

    def attach(self, count: QueryCount) -> None:
        """Count what is logged from now on."""
        super().attach(count)
        self._read[id(count)] = self._last()

    def detach(self, count: QueryCount) -> None:
        """Read the log for the last time."""
        self.pull(count)
        self._read.pop(id(count), None)
        super().detach(count)

    def pull(self, count: QueryCount) -> None:
        """Count what was logged since the last look."""
        since = self._read.get(id(count))
        if since is None or self._log is None:
            return
        try:
            for query_id, text in self._rows(since):
                count.tallies.sent(Kind(shape_of(text, self.dialect)), tells_end=False)
                self._read[id(count)] = query_id
        except self._error:
            count.notes.append("The connection was closed inside the block; its log went with it.")
            self._read.pop(id(count))

    def _install(self) -> None:
        self._error = sys.modules[type(self.target).__module__].Error
        self._log = self.target.cursor()
        try:
            self._was_on, before = self._log.execute(_SETTINGS).fetchone()
            self._was_empty = not before
            if not self._was_on:
                self._log.execute("CALL enable_logging('QueryLog')").fetchall()
            self._log.execute("SELECT 'archkit looks who it is'").fetchall()
            self._own = self._log.execute(
                "SELECT max(connection_id) FROM duckdb_logs WHERE type = 'QueryLog'"
            ).fetchone()[0]
        except self._error as error:
            raise ArchkitError(
                "DuckDB's query log cannot be switched on for this connection.",
                why=str(error).splitlines()[0],
                mend="Hand in a connection that may change settings (lock_configuration=false).",
            ) from error

    def _remove(self, count: QueryCount) -> None:
        try:
            if not self._was_on:
                self._log.execute("CALL disable_logging()").fetchall()
                if self._was_empty:
                    self._log.execute("CALL truncate_duckdb_logs()").fetchall()
            self._log.close()
        except self._error:
            pass
        self._log = None

    def _last(self) -> int:
        return int(self._log.execute(_LAST).fetchone()[0])

    def _rows(self, since: int) -> Iterator[tuple[int, str]]:
        found = self._log.execute(_SINCE, {"since": since, "own": self._own})
        while rows := found.fetchmany(1000):
            yield from rows
