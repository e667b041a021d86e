"""The memory's files: a spool that is written to, a DuckDB file that is drained into and read.

Nobody keeps the DuckDB file open. Whoever drains or reads holds a lock on a file beside it for that
long, opens, works and closes, so several kernels, the command line and a DuckDB shell live side by
side. What another tool holds open delays the drain and the read, never the write.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.memory import projection, refusals
from archkit.memory.connection import KEEP_LOG, is_current, is_duckdb
from archkit.memory.connection import connection as connected
from archkit.memory.journal import Draft, Event, Journal, sync
from archkit.memory.spool import read_chunk, spool_sizes, sweep
from archkit.records import utc_now

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pandas import DataFrame

__all__ = ["Columns", "Store"]

Columns = dict[str, Any]
"""Columns of an answer by name: numpy arrays, masked where values may be missing."""

_STORAGE_VERSION = "v1.4.0"  # readable by DuckDB 1.4 and later; 2.0's own format is not
_DRAIN_WAIT_S = 2.0
_SMALL_BYTES = 4_000_000
"""A larger file keeps a log beside it, up to as many bytes. Taking the log in at each closing
rewrites the indexes (measured, 1.5 s of a drain's 1.6 s with 100,000 patterns); reading a file with
a log costs 20 ms more at most."""
_USUAL_NAME = "archkit.duckdb"


class Store:
    """A DuckDB file and the spool beside it.

    Parameters
    ----------
    path
        The DuckDB file; made when first drained into or read. Its spool is the folder `spool`
        beside it, or a folder within, of the file's name, if that is not the usual one: two
        memories in one folder must not drain each other's events.
    now
        The clock.
    patience_s
        How long a read waits for a file that another process holds (seconds).
    """

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], datetime] = utc_now,
        patience_s: float = 5.0,
    ) -> None:
        # Absolute: a changed working directory must not part the file from its spool, and DuckDB
        # takes a name like `md:x` for a service and would fetch an extension for it.
        self.path = Path(path).absolute()
        own = "" if self.path.name == _USUAL_NAME else self.path.name
        self.spool = self.path.parent / "spool" / own
        self._files = (str(self.path), str(self._log))
        self.patience_s = patience_s
        self._now = now
        self._journal = Journal(self.spool, now=now)
        self._taken: dict[str, int] = {}

    def __repr__(self) -> str:
        """One line: where it is."""
        return f"Store({str(self.path)!r})"

    def append(self, drafts: Sequence[Draft]) -> tuple[Event, ...]:
        """Write events to disk, secrets hidden; see `Journal.append`."""
        return self._journal.append(drafts)

    def drain(self) -> int:
        """Take what the spool holds into the file.

        Returns
        -------
        int
            Events that were new; 0 too when another process holds the file, and then a later
            drain takes them.

        Raises
        ------
        StoreError
            The file is no memory, of a later archkit, damaged, or cannot be written.
        """
        if not self._pending():
            return 0
        try:
            return self._drained(time.monotonic() + min(_DRAIN_WAIT_S, self.patience_s))
        except refusals.BusyError:
            return 0

    def read(self, sql: str, params: Mapping[str, Any] | None = None) -> DataFrame:
        """Run a SELECT over everything recorded so far.

        Parameters
        ----------
        sql
            The query, values written as ``$name``.
        params
            The values.

        Returns
        -------
        DataFrame
            One row a row; instants are naive and UTC.

        Raises
        ------
        StoreError
            The query does not run, or the file cannot be read: see `drain`.
        """
        with self.at_once() as read:
            return read(sql, params)

    @contextmanager
    def at_once(self) -> Iterator[Callable[[str, Mapping[str, Any] | None], DataFrame]]:
        """Give a `read` for several questions to one state; whoever writes waits meanwhile."""
        import pandas as pd  # noqa: F401  # slow, and not to be waited for under the lock

        with self._reading() as connection:
            yield partial(_read, connection)

    def rows(self, sql: str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Run a SELECT like `read`, for plain rows."""
        with self._reading() as connection, _asked(sql):
            return connection.execute(sql, params).fetchall()

    def columns(self, *queries: str, drained: bool = True, **params: Any) -> list[Columns]:
        """Run SELECTs in one opening of the file, each for its columns by name.

        Parameters
        ----------
        *queries
            The queries.
        drained
            Whether what the spool holds is taken in first.
        **params
            The values, the same for all queries; each takes those it names.
        """
        with self._reading(drained=drained) as connection:
            found = []
            for sql in queries:
                mine = {name: value for name, value in params.items() if f"${name}" in sql}
                with _asked(sql):
                    found.append(connection.execute(sql, mine or None).fetchnumpy())
            return found

    def rejected(self) -> DataFrame:
        """Return lines of the spool that were no events: file, byte_off, text, reason, found_at."""
        return self.read("FROM rejected_line ORDER BY found_at, file, byte_off")

    def stamp(self) -> tuple[Any, ...]:
        """Return a value that changes whenever the file or the spool does; touches no content."""
        return (
            *map(_stat, self._files),
            *sorted(spool_sizes(self.spool).items()),
        )

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Derive everything anew from the events, in a new file that takes the old one's place.

        Parameters
        ----------
        progress
            Told how many events are done, and of how many.

        Returns
        -------
        int
            Events in the file.
        """
        deadline = time.monotonic() + self.patience_s
        if self._pending():
            self._drained(deadline)
        with self._locked(deadline), self._guarded():
            if not self.path.exists():
                return self._made(lambda connection: 0)
            return self._rebuilt(deadline, progress)

    def describe(self) -> dict[str, dict[str, str]]:
        """Return what each table and view is: column to comment, its own comment under ''."""
        told: dict[str, dict[str, str]] = {}
        for name, column, comment in self.rows(_COMMENTS):
            told.setdefault(name, {})[column] = comment or ""
        return told

    def close(self) -> None:
        """Drain a last time and let go of the spool file; a later append starts a new one."""
        self._journal.close()
        self.drain()
        if any(size <= self._taken.get(name, 0) for name, size in spool_sizes(self.spool).items()):
            with suppress(refusals.BusyError), self._locked(time.monotonic() + self.patience_s):
                sweep(self.spool, self._taken)

    @property
    def _log(self) -> Path:
        """What DuckDB has committed and not yet taken into the file."""
        return self.path.with_name(f"{self.path.name}.wal")

    def _pending(self) -> bool:
        sizes = spool_sizes(self.spool)
        return any(size > self._taken.get(name, 0) for name, size in sizes.items())

    def _drained(self, deadline: float) -> int:
        with self._locked(deadline), self._guarded():
            if not self.path.exists():
                self._made(lambda connection: 0)
            with self._current(deadline) as connection:
                offsets = dict(
                    connection.execute("SELECT file, byte_off FROM spool_offset").fetchall()
                )
                names = sorted(spool_sizes(self.spool))
                chunks = [read_chunk(self.spool / name, offsets.get(name, 0)) for name in names]
                count = 0
                if any(chunk.end > offsets.get(chunk.file, 0) for chunk in chunks):
                    connection.execute("BEGIN")
                    count = projection.take(connection, chunks, self._now())
                    connection.execute("COMMIT")
                    if _bytes(self.path) > _SMALL_BYTES:
                        keep = _bytes(self._log) <= _SMALL_BYTES
                        connection.execute(KEEP_LOG if keep else "CHECKPOINT")
            self._taken = {chunk.file: chunk.end for chunk in chunks}
            sweep(self.spool, self._taken)
        return count

    @contextmanager
    def _reading(self, *, drained: bool = True) -> Iterator[DuckDBPyConnection]:
        deadline = time.monotonic() + self.patience_s
        if (drained and self._pending()) or not self.path.exists():
            self._drained(deadline)
        with (
            self._locked(deadline, needed=False),
            self._guarded(),
            self._current(deadline, read_only=True) as connection,
        ):
            yield connection

    def _current(self, deadline: float, *, read_only: bool = False) -> DuckDBPyConnection:
        """Open the file, rebuilt first if it was made with other SQL than ours."""
        connection = self._connect(deadline, read_only=read_only)
        try:
            if is_current(connection, self.path):
                return connection
        except BaseException:
            connection.close()
            raise
        connection.close()
        self._rebuilt(deadline)
        return self._connect(deadline, read_only=read_only)

    def _rebuilt(self, deadline: float, progress: Callable[[int, int], None] | None = None) -> int:
        with self._connect(deadline) as old:
            is_current(old, self.path)
            old.execute("CHECKPOINT")  # a log left by a killed process must not meet the new file

        def fill(new: DuckDBPyConnection) -> int:
            new.execute("ATTACH $path AS old (READ_ONLY)", {"path": str(self.path)})
            projection.copy_events(new)
            return projection.project_all(new, progress)

        return self._made(fill)

    def _made(self, fill: Callable[[DuckDBPyConnection], int]) -> int:
        """Make the file beside its place and move it there whole; the lock is held."""
        fresh = self.path.with_name(f"{self.path.name}.new")
        for leftover in (fresh, fresh.with_name(f"{fresh.name}.wal")):
            leftover.unlink(missing_ok=True)
        with connected(fresh, storage_compatibility_version=_STORAGE_VERSION) as new:
            projection.create(new, self._now())
            count = fill(new)
        sync(fresh)
        # A log left where somebody deleted the file alone must not meet this one.
        self._log.unlink(missing_ok=True)
        fresh.replace(self.path)
        sync(self.path.parent)
        return count

    def _connect(self, deadline: float, *, read_only: bool = False) -> DuckDBPyConnection:
        import duckdb

        if not is_duckdb(self.path):
            raise refusals.foreign(self.path, "It is not a DuckDB file.")
        while True:
            try:
                return connected(self.path, read_only=read_only)
            except (duckdb.IOException, duckdb.ConnectionException) as error:
                if not refusals.is_held(str(error)):
                    raise
                if time.monotonic() > deadline:
                    raise refusals.busy(self.path, str(error)) from error
            time.sleep(0.05)

    @contextmanager
    def _locked(self, deadline: float, *, needed: bool = True) -> Iterator[None]:
        """Hold the lock of this memory; where nobody can write, nobody needs it to read."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.path.with_name(f"{self.path.name}.lock"), poll_interval=0.01)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=max(0.0, deadline - time.monotonic()))
        except Timeout as error:
            raise refusals.busy(self.path) from error
        except OSError as error:
            if needed or not self.path.exists():
                raise refusals.unwritable(self.path, error) from error
        try:
            yield
        finally:
            if lock.is_locked:
                lock.release()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Say what DuckDB or the disk refuses in our words; the spool still holds what it held."""
        import duckdb

        try:
            with _AT_WORK:
                yield
        except OSError as error:
            raise refusals.unwritable(self.path, error) from error
        except duckdb.Error as error:
            raise refusals.unusable(self.path, error) from error


_AT_WORK = threading.RLock()
"""Held while a file is open. A fork waits for it: a child that inherits an open DuckDB file would
go on with it as its own, and ruin it for both."""

os.register_at_fork(
    before=_AT_WORK.acquire,
    after_in_parent=_AT_WORK.release,
    after_in_child=_AT_WORK.release,
)

_COMMENTS = """
SELECT table_name, '', comment FROM duckdb_tables() WHERE NOT internal
UNION ALL
SELECT view_name, '', comment FROM duckdb_views() WHERE NOT internal
UNION ALL
SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal
ORDER BY ALL
"""


def _check_one_query(connection: DuckDBPyConnection, sql: str) -> None:
    """Refuse several statements, of which only the last would be answered, and any that acts."""
    import duckdb

    kinds = [statement.type for statement in connection.extract_statements(sql)]
    if kinds != [duckdb.StatementType.SELECT]:
        raise refusals.not_one_query(sql)


def _read(connection: DuckDBPyConnection, sql: str, params: Mapping[str, Any] | None) -> DataFrame:
    with _asked(sql):
        _check_one_query(connection, sql)
        return connection.execute(sql, params).df()


@contextmanager
def _asked(sql: str) -> Iterator[None]:
    """Say what is wrong with a query of the caller's."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise refusals.not_run(sql, error) from error


def _bytes(path: Path) -> int:
    """Size of a file; 0 if it is not there."""
    with suppress(OSError):
        return path.stat().st_size
    return 0


def _stat(path: str) -> tuple[int, ...] | None:
    try:
        found = os.stat(path)  # noqa: PTH116  # at every query
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
