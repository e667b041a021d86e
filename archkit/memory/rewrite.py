"""Putting whole events into a memory and wiping them out of its spool: what exchange rests on.

Nothing here changes a DuckDB file in place. Events come in through a spool file that appears whole
or not at all; events go out because an audit event withholds them (`projection.copy_events`), and
the file is then made anew without them and swapped in.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from archkit.memory.journal import sync
from archkit.memory.projection import AUDIT_KINDS
from archkit.memory.redact import redact_value
from archkit.memory.spool import COLUMNS, spool_sizes
from archkit.plain import new_id

if TYPE_CHECKING:
    from archkit.memory.store import Store

__all__ = [
    "Progress",
    "Row",
    "audit_row",
    "beside",
    "deposit",
    "each_event",
    "line_of",
    "settle",
    "wipe_spool",
]

Row: TypeAlias = tuple[Any, ...]
"""An event as the event table holds it, in the order of `spool.COLUMNS`."""

Progress: TypeAlias = Callable[[int, int], None]

_PAGE = 20_000
_COLUMNS = ", ".join(f"e.{name}" for name in COLUMNS).replace(
    "e.payload", "CAST(e.payload AS VARCHAR)"
)


def each_event(
    store: Store,
    where: str = "true",
    params: Mapping[str, Any] | None = None,
    *,
    page: int = _PAGE,
) -> Iterator[Row]:
    """Give the events of a memory by the time they were recorded, a page at a time.

    Parameters
    ----------
    store
        The memory's store; it is locked only while a page is read.
    where
        A condition of archkit's own on the event `e`, its values written as ``$name``.
    params
        The values.
    page
        Events read at once.
    """
    at, last = None, ""
    while True:
        rows = store.rows(
            f"SELECT {_COLUMNS} FROM event e WHERE ({where})"  # noqa: S608  # no value in it
            " AND ($at IS NULL OR (e.recorded_at, e.event_id) > ($at::TIMESTAMP, $last))"
            " ORDER BY e.recorded_at, e.event_id LIMIT $page",
            {**(params or {}), "at": at, "last": last, "page": page},
        )
        yield from rows
        if len(rows) < page:
            return
        at, last = rows[-1][1], rows[-1][0]


def audit_row(store: Store, action: str, agent: str, payload: Mapping[str, Any]) -> Row:
    """Return the event that says what is done to the memory itself."""
    if action not in AUDIT_KINDS:
        raise ValueError(f"{action!r} is no audit event")
    hidden, _ = redact_value(dict(payload))
    text = json.dumps(hidden, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    now = store._now().replace(tzinfo=None)
    return (new_id(), now, f"{new_id()}-{os.getpid()}", 1, action, 1, agent, "", None, None, text)


def deposit(store: Store, rows: Iterable[Row]) -> int:
    """Put events into the spool as they are, writer and instant kept: all of them or none.

    They stand in a file of their own, which gets its name when it is whole and on disk; a process
    killed before that has recorded nothing.

    Returns
    -------
    int
        How many were written.
    """
    name = f"{new_id()}-{os.getpid()}.jsonl"
    path, part = store.spool / name, store.spool / f"{name}.part"
    count = 0
    with store._locked(time.monotonic() + store.patience_s), store._guarded():
        store.spool.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("wb") as file:
                for row in rows:
                    file.write(line_of(row))
                    count += 1
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        sync(store.spool)
    return count


def settle(store: Store) -> None:
    """Take everything in, and make the file anew if something was taken out of it."""
    store.rows("SELECT 1")


def line_of(row: Row) -> bytes:
    """Return the line of the spool, or of an export, that holds an event."""
    fields = dict(zip(COLUMNS, row, strict=True))
    payload = fields.pop("payload")
    fields["recorded_at"] = f"{row[1].isoformat(timespec='microseconds')}+00:00"
    head = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    if "\n" in payload or "\r" in payload:  # JSON spread over lines by another tool
        payload = json.dumps(json.loads(payload), ensure_ascii=False, separators=(",", ":"))
    return f'{head[:-1]},"payload":{payload}}}\n'.encode()


def wipe_spool(
    store: Store, event_ids: Collection[str], also: Callable[[str], bool] | None = None
) -> int:
    """Overwrite lines of the spool with blanks, those of living writers too.

    A writer appends to its file and never looks back, and a drain begins where the last one ended
    and skips blank lines, so overwriting whole lines where they stand disturbs neither. The lock
    keeps drains away meanwhile.

    Parameters
    ----------
    store
        The memory's store, drained before.
    event_ids
        Events whose lines go.
    also
        Whether a line that is no event (torn, or another tool's) goes; it is given its text.

    Returns
    -------
    int
        Lines overwritten.
    """
    wanted, count = set(event_ids), 0
    with store._locked(time.monotonic() + store.patience_s), store._guarded():
        for part in store.spool.glob("*.jsonl.part"):  # of a killed process: nobody writes now
            part.unlink(missing_ok=True)
        for name in spool_sizes(store.spool):
            with suppress(FileNotFoundError):
                count += _wiped(store.spool / name, wanted, also)
    return count


def beside(store: Store, folder: str) -> Path:
    """Return the folder of that name that belongs to a memory, as its spool does."""
    return store.path.parent / folder / store.spool.relative_to(store.path.parent / "spool")


def _wiped(path: Path, event_ids: set[str], also: Callable[[str], bool] | None) -> int:
    count, start = 0, 0
    with path.open("r+b") as file:
        lines = file.read().split(b"\n")[:-1]  # what has no end yet is being written
        for line in lines:
            if line.strip() and _is_meant(line, event_ids, also):
                file.seek(start)
                file.write(b" " * len(line))
                count += 1
            start += len(line) + 1
        if count:
            file.flush()
            os.fsync(file.fileno())
    return count


def _is_meant(line: bytes, event_ids: set[str], also: Callable[[str], bool] | None) -> bool:
    try:
        event_id = json.loads(line)["event_id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return also is not None and also(line.decode("utf-8", "replace"))
    return event_id in event_ids
