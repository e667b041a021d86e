"""Overhearing DuckDB: its own query log, read when asked for and at the end of the block."""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from archkit.errors import ArchkitError
from archkit.queries.count import QueryCount
from archkit.queries.hook import Hook
from archkit.queries.shape import shape_of
from archkit.queries.tally import Kind

__all__ = ["DuckdbHook"]

_MARK = "SELECT 'archkit counts here: "
_LAST = "SELECT coalesce(max(query_id), 0) FROM duckdb_logs WHERE type = 'QueryLog'"
_MARKED = """SELECT message FROM duckdb_logs
WHERE type = 'QueryLog' AND starts_with(message, $mark) ORDER BY query_id LIMIT 1"""
_SINCE = """SELECT query_id, connection_id, message FROM duckdb_logs
WHERE type = 'QueryLog' AND query_id > $since ORDER BY query_id"""
_CLOSED = "A connection was closed inside the block; the statements before that are counted."

_lock = threading.RLock()
_overheard: dict[int, tuple[DuckdbHook, ...]] = {}
_closing: dict[str, Callable[..., Any]] = {}


@dataclass
class _Instance:
    """One database of this process, which several connections may share, and with it the log."""

    was_on: bool
    was_empty: bool
    own: set[int] = field(default_factory=set)
    users: int = 0


_instances: dict[str, _Instance] = {}


class DuckdbHook(Hook):
    """Counts the statements that a DuckDB database runs, on whichever of its connections.

    The log tells neither time nor rows, nor which thread or task it was.
    """

    counts_what = "statements run"
    tells_end = False

    def __init__(self, target: Any) -> None:
        super().__init__(target)
        self._log: Any = None
        self._name = ""

    def attach(self, count: QueryCount) -> None:
        """Count what is logged from now on."""
        with _lock:
            super().attach(count)
            # Hooks on one database share the count's place in its log: nothing counts twice.
            count.read_up_to.setdefault(self._name, self._last())

    def detach(self, count: QueryCount) -> None:
        """Read the log for the last time."""
        with _lock:
            self.pull(count)
            super().detach(count)

    def pull(self, count: QueryCount) -> None:
        """Count what was logged since the last look."""
        with _lock:
            if self._log is None or count not in self.attached:
                return
            try:
                self._read(count)
            except sys.modules[type(self.target).__module__].Error:
                # A cursor's parent was closed, and with it the cursor and its log.
                count.note(_CLOSED)
                self._switch_off()

    def _read(self, count: QueryCount) -> None:
        own = _instances[self._name].own
        found = self._log.execute(_SINCE, {"since": count.read_up_to[self._name]})
        while rows := found.fetchmany(1000):
            for query_id, connection_id, text in rows:
                count.read_up_to[self._name] = query_id
                if connection_id not in own:
                    values = None if "?" in text or "$" in text else text
                    kind = Kind(shape_of(text, "duckdb"))
                    count.tallies.sent(kind, values, tells_end=False)

    def _install(self) -> None:
        try:
            self._log = self.target.cursor()
            self._switch_on()
        except sys.modules[type(self.target).__module__].Error as error:
            raise ArchkitError(
                "This DuckDB connection cannot be counted on: its query log does not switch on.",
                why=str(error).splitlines()[0],
                mend="Hand in an open connection that may change settings "
                "(lock_configuration=false).",
            ) from error
        _instances[self._name].users += 1
        if not _overheard:
            _wrap_closing(type(self.target))
        _overheard[id(self.target)] = (*_overheard.get(id(self.target), ()), self)

    def _switch_on(self) -> None:
        on, lines = self._log.execute(
            "SELECT current_setting('enable_logging'), (SELECT count(*) FROM duckdb_logs)"
        ).fetchone()
        if not on:
            self._log.execute("CALL enable_logging('QueryLog')").fetchall()
        (own,) = self._log.execute("SELECT current_connection_id()").fetchone()
        marked = self._log.execute(_MARKED, {"mark": _MARK}).fetchone()
        if marked is None or marked[0] not in _instances:
            marked = (f"{_MARK}{uuid.uuid4().hex}'",)
            self._log.execute(marked[0]).fetchall()
            _instances[marked[0]] = _Instance(bool(on), not lines)
        self._name = marked[0]
        _instances[self._name].own.add(own)

    def _remove(self, count: QueryCount) -> None:
        with _lock:
            here = _overheard.pop(id(self.target), ())
            if others := tuple(hook for hook in here if hook is not self):
                _overheard[id(self.target)] = others
            if not _overheard:
                _unwrap_closing(type(self.target))
            if self._log is not None:
                self._switch_off()

    def _switch_off(self) -> None:
        instance = _instances[self._name]
        instance.users -= 1
        with suppress(sys.modules[type(self.target).__module__].Error):
            if not instance.users and not instance.was_on:
                self._log.execute("CALL disable_logging()").fetchall()
                if instance.was_empty:
                    self._log.execute("CALL truncate_duckdb_logs()").fetchall()
            self._log.close()
        self._log = None
        if not instance.users:
            del _instances[self._name]

    def _last(self) -> int:
        return int(self._log.execute(_LAST).fetchone()[0])

    def closing(self, connection: Any) -> None:
        """Read the log while there is one: it goes with the connection, if it is ours."""
        with _lock:
            for count in self.attached:
                self.pull(count)
                if connection is self.target:
                    count.note(_CLOSED)
            if connection is self.target and self._log is not None:
                self._switch_off()


def _wrap_closing(kind: type) -> None:
    for name in ("close", "__exit__"):
        _closing[name] = original = getattr(kind, name)

        @wraps(original)
        def closing(
            self: Any, *args: Any, original: Callable[..., Any] = original, **settings: Any
        ) -> Any:
            for hook in [hook for hooks in _overheard.values() for hook in hooks]:
                hook.closing(self)
            return original(self, *args, **settings)

        setattr(kind, name, closing)


def _unwrap_closing(kind: type) -> None:
    for name, original in _closing.items():
        setattr(kind, name, original)
    _closing.clear()
