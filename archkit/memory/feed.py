"""What was recorded since the last look, by whoever: read from the spool, or from the file.

A reader need not take the spool in to know what it says: its lines are events as they are.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from archkit.memory.spool import COLUMNS, read_chunk
from archkit.memory.store import Columns, Store

__all__ = ["MARK", "Feed", "Told"]

_TRIES = 5
_FILES = slice(0, 2)
_SPOOL = slice(2, None)
"""Where a store's stamp tells of the file and its log, and of the spool's files and their sizes."""

MARK = """
SELECT
  (SELECT made_at FROM schema_version) AS made_at,
  (SELECT coalesce(max(rowid), -1) FROM event) AS last,
  (SELECT list(file) FROM spool_offset) AS files,
  (SELECT list(byte_off) FROM spool_offset) AS ends
"""
"""How far a file has come; asked in the same opening as what is read from it."""

_NEW = """
SELECT event_id, recorded_at, kind, entity_id, CAST(payload AS VARCHAR) AS payload
FROM event
WHERE rowid > $last AND kind NOT IN (SELECT unnest($aside::VARCHAR[]))
ORDER BY rowid
"""


class Told(NamedTuple):
    """One event: what happened to which thing, as JSON; `recorded_at` is naive and UTC."""

    event_id: str
    recorded_at: datetime
    kind: str
    entity_id: str | None
    payload: str


_PLACES = [COLUMNS.index(name) for name in Told._fields]


class Feed:
    """News of a store, each event at least once.

    Parameters
    ----------
    store
        The store.
    aside
        Kinds of events that do not matter.
    """

    def __init__(self, store: Store, aside: Collection[str] = ()) -> None:
        self._store = store
        self._aside = frozenset(aside)
        self._stamp: tuple[Any, ...] | None = None
        self._files: tuple[Any, ...] = ()
        self._made_at: Any = None
        self._last = -1
        self._offsets: dict[str, int] = {}

    def begin(self, mark: Columns, stamp: tuple[Any, ...]) -> None:
        """Start from what a file held: the answer to `MARK`, and the store's stamp before it."""
        self._stamp = None
        self._files = stamp[_FILES]
        self._take(mark)
        files, ends = ([] if _no_value(v) else list(v) for v in (mark["files"][0], mark["ends"][0]))
        self._offsets = dict(zip(map(str, files), map(int, ends), strict=True))

    def look(self) -> list[Told] | None:
        """Return what is new; None when the file is another one than before.

        Raises
        ------
        StoreError
            The file cannot be read just now; the next look tells of the same again.
        """
        told: list[Told] = []
        for _ in range(_TRIES):
            stamp = self._store.stamp()
            if stamp == self._stamp:
                break
            # The spool first: what leaves it meanwhile is in the file, and the stamp tells.
            told += self._from_spool(dict(stamp[_SPOOL]))
            if stamp[_FILES] != self._files:
                found = self._from_file(stamp[_FILES])
                if found is None:
                    return None
                told += found
            self._stamp = stamp
        return told

    def _from_spool(self, sizes: dict[str, int]) -> list[Told]:
        told: list[Told] = []
        for name in sorted(sizes):
            offset = self._offsets.get(name, 0)
            if sizes[name] > offset:
                chunk = read_chunk(self._store.spool / name, offset)
                self._offsets[name] = chunk.end
                told += [Told(*(event[n] for n in _PLACES)) for event in chunk.events]
        self._offsets = {name: end for name, end in self._offsets.items() if name in sizes}
        return [event for event in told if event.kind not in self._aside]

    def _from_file(self, files: tuple[Any, ...]) -> list[Told] | None:
        before, now = self._files[0], files[0]
        if before is None or now is None or before[0] != now[0]:
            return None
        mark, rows = self._store.columns(
            MARK, _NEW, drained=False, last=self._last, aside=sorted(self._aside)
        )
        if mark["made_at"][0] != self._made_at or int(mark["last"][0]) < self._last:
            return None
        self._files = files
        self._take(mark)
        columns = [rows[name].tolist() for name in Told._fields]
        return [Told(*row) for row in zip(*columns, strict=True)]

    def _take(self, mark: Columns) -> None:
        self._made_at, self._last = mark["made_at"][0], int(mark["last"][0])


def _no_value(value: Any) -> bool:
    import numpy as np

    return value is None or value is np.ma.masked
