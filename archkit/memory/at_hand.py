"""A state of a memory at hand: views that are asked again and again, kept until it changes.

Opening the file and putting a view together takes longer than most questions to it. A view is
copied into this process when it is first asked for; what is written changes the file, and with it
the state, so that nothing old is ever told. What takes much room is left in the file, and so are
all but a few memories.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from archkit.memory import refusals
from archkit.memory.connection import connection
from archkit.memory.store import Store, _read
from archkit.memory.tally import BOUND, Read, Tally

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from pandas import DataFrame

__all__ = ["AtHand", "at_hand", "reading"]

_MOST_ROWS, _MOST_DAYS = 200_000, 500_000
_MOST_MEMORIES = 4
_HEAD_BYTES = 12_288
"""Of a DuckDB file: its three headers, of which a checkpoint numbers one anew."""
_WORD = re.compile(r"[a-z_]+")
_VIEWS = frozenset(
    {
        *("decision", "decision_log", "decision_context", "outcome", "outcome_trend"),
        *("outcome_debt", "session", "session_log", "session_cost", "pattern", "source"),
        *("status_said", "pattern_epoch", "query_reduction", "evidence_by_context"),
        *("decision_regret", "reported_metric", "latest_outcome", "agent", "score"),
    }
)
_NAMES = (
    "SELECT table_name AS name FROM duckdb_tables() WHERE NOT internal "
    "UNION ALL SELECT view_name AS name FROM duckdb_views() WHERE NOT internal"
)
_ROWS = """
SELECT greatest((SELECT count(*) FROM decision), (SELECT count(*) FROM outcome),
  (SELECT count(*) FROM score), (SELECT count(*) FROM session), (SELECT count(*) FROM pattern),
  (SELECT count(*) FROM decision_context), (SELECT count(*) FROM query_measurement)) AS n
"""
_CATALOGUE = ("duckdb_", "information_schema", "pragma_", "sqlite_", "pg_", "current_")
"""What names of a query tell of the file itself, of which no copy is made, begin with."""
_SHUT = "SET enable_external_access = false; SET lock_configuration = true"


class AtHand:
    """What is kept of one state of a file."""

    def __init__(self, path: Path, state: Any, read: Read) -> None:
        self.state, self.tally = state, Tally.read(read, most=_MOST_DAYS)
        self._path, self._there = path, set[str]()
        self._known = {*read(_NAMES, None)["name"], "bound_evidence", "pattern_evidence"}
        small = int(read(_ROWS, None)["n"][0]) <= _MOST_ROWS
        self._views = _VIEWS if small else frozenset[str]()
        if small and self.tally is not None and self.tally.others <= _MOST_ROWS:
            self._views |= {"bound_evidence"}
        self._held: DuckDBPyConnection | None = None
        self._attached = False

    @property
    def has_bound(self) -> bool:
        """Whether the evidence that the tally does not count can be asked for."""
        return "bound_evidence" in self._views

    def answers(self, select: str) -> bool:
        """Whether a query names only what is kept."""
        named = self._named(select)
        of_file = any(word.startswith(_CATALOGUE) for word in _words(select))
        return bool(named) and named <= self._views and not of_file

    def read(self, select: str, params: Mapping[str, Any] | None) -> DataFrame:
        """Answer such a query; the file must be the one of this state still."""
        missing = self._named(select) - self._there
        if self._held is None or missing:
            self._take(sorted(missing))
        assert self._held is not None
        return _read(self._held, select, params)

    def let_go(self) -> None:
        """Let go of the file, in which nothing more is looked up now."""
        if self._attached and self._held is not None:
            self._held.execute("DETACH file")
            self._attached = False

    def _named(self, select: str) -> set[str]:
        return self._known.intersection(_words(select))

    def _take(self, names: list[str]) -> None:
        """Copy views. The file stays attached: to close it would end this process's lock on it."""
        import duckdb

        path = str(self._path)
        if self._held is None:  # one thread: what is kept is small, and a fork leaves none behind
            self._held = connection(Path(":memory:"), threads="1")
            self._held.execute("SET allowed_paths = $paths", {"paths": [path, f"{path}.wal"]})
            self._held.execute(_SHUT)
        if not self._attached:
            try:
                self._held.execute("ATTACH $path AS file (READ_ONLY)", {"path": path})
            except duckdb.IOException as error:  # who asks for the file itself may wait for it
                raise refusals.busy(self._path, str(error)) from error
            self._attached = True
        for name in names:
            given: dict[str, Any] = {}
            text = f"SELECT * FROM file.{name}"  # noqa: S608  # names of our own
            if name == "bound_evidence" and self.tally is not None:
                text, given = BOUND.format(view="file.pattern_evidence"), self.tally.given
            self._held.execute(f"CREATE TABLE {name} AS {text}", given or None)
            self._there.add(name)


def _words(select: str) -> set[str]:
    return set(_WORD.findall(select.lower()))


_KEPT: WeakKeyDictionary[Store, AtHand] = WeakKeyDictionary()
_LEFT: list[AtHand] = []


def _after_fork() -> None:
    """Leave a parent's database alone in a child: to close it is not the child's to do."""
    _LEFT.extend(_KEPT.values())
    _KEPT.clear()


os.register_at_fork(after_in_child=_after_fork)


def at_hand(store: Store, read: Read) -> AtHand:
    """Return what is at hand of a store's present state, which its lock must hold still."""
    state = (*store.stamp()[:2], _head(store.path))
    known = _KEPT.pop(store, None)
    if known is None or known.state != state:
        known = AtHand(store.path, state, read)
    _KEPT[store] = known
    while len(_KEPT) > _MOST_MEMORIES:
        del _KEPT[next(iter(_KEPT.keys()))]
    return known


def _head(path: Path) -> bytes:
    """Return what tells one checkpoint from the next where a file system's clock is too coarse."""
    with path.open("rb") as file:
        return file.read(_HEAD_BYTES)


@contextmanager
def reading(store: Store) -> Iterator[Read]:
    """Hold a store still, all that is recorded taken in; its file is opened when it is asked."""
    import pandas as pd  # noqa: F401  # slow, and not to be waited for under the lock

    deadline = time.monotonic() + store.patience_s
    if store._pending() or not store.path.exists():
        store._drained(deadline)
    with store._locked(deadline, needed=False), store._guarded(), ExitStack() as opened:
        opened.callback(_let_go, store)
        found: list[DuckDBPyConnection] = []

        def read(select: str, params: Mapping[str, Any] | None) -> DataFrame:
            if not found:
                found.append(opened.enter_context(store._current(deadline, read_only=True)))
            return _read(found[0], select, params)

        yield read


def _let_go(store: Store) -> None:
    if (known := _KEPT.get(store)) is not None:
        known.let_go()
