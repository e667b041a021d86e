"""The journal: one JSON line an event, appended and fsynced before the call returns.

Every process writes to a spool file of its own, ``<folder>/spool/<writer>.jsonl``, so writers never
wait for one another nor for the database. A writer holds an flock on its file for as long as it
lives; whoever can take that lock knows that the writer is gone (the kernel lets go of the lock when
a process ends, however it ends) and may remove the file once it is drained.
"""

from __future__ import annotations

import fcntl
import json
import math
import numbers
import os
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from archkit.errors import StoreError
from archkit.memory.redact import redact_value
from archkit.plain import shown_path
from archkit.records import new_id, utc_now

__all__ = ["Draft", "Event", "Journal", "sync"]


@dataclass(frozen=True, slots=True)
class Draft:
    """An event to be: what the caller knows; id and instant are added when it is appended."""

    kind: str
    payload: Mapping[str, Any]
    kind_version: int = 1
    agent: str = ""
    project: str = ""
    session_id: str | None = None
    entity_id: str | None = None
    event_id: str | None = None
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, as it is on disk: the `seq`-th that `writer` wrote."""

    event_id: str
    recorded_at: datetime
    writer: str
    seq: int
    kind: str
    kind_version: int
    agent: str
    project: str
    session_id: str | None
    entity_id: str | None
    payload: Mapping[str, Any]


class Journal:
    """The part of the spool that belongs to the present process.

    Parameters
    ----------
    spool
        Folder of the spool files; made when first written to.
    now
        The clock.
    """

    def __init__(self, spool: Path, *, now: Callable[[], datetime] = utc_now) -> None:
        self.spool = Path(spool)
        self._now = now
        self._lock = threading.Lock()
        self._file: int | None = None
        self._last = datetime.min.replace(tzinfo=UTC)
        self._start_anew()
        _JOURNALS.add(self)

    def __repr__(self) -> str:
        """One line: where it writes."""
        return f"Journal({str(self.spool)!r}, writer={self.writer!r})"

    def append(self, drafts: Sequence[Draft]) -> tuple[Event, ...]:
        """Write events to disk, secrets hidden; they are there when this returns.

        Parameters
        ----------
        drafts
            What to write, in order; all of it or, on an error, nothing.

        Returns
        -------
        tuple of Event
            The events as written.

        Raises
        ------
        StoreError
            The line could not be written whole: folder not writable, disk full.
        ValueError
            A draft has no kind, its payload is no JSON, or its instant is naive.
        """
        prepared = [_prepared(draft) for draft in drafts]
        with self._lock:
            events = tuple(
                Event(
                    writer=self.writer,
                    seq=self._seq + n,
                    recorded_at=draft.recorded_at.astimezone(UTC)
                    if draft.recorded_at
                    else self._instant(),
                    **fields,
                )
                for n, (draft, fields) in enumerate(zip(drafts, prepared, strict=True), start=1)
            )
            if events:
                self._write(b"".join(_line(event) for event in events))
                self._seq += len(events)
        return events

    def close(self) -> None:
        """Let go of the spool file; a later append starts a new one."""
        with self._lock:
            self._leave()

    def _instant(self) -> datetime:
        """Return the present, later than any before: of two wordings the later recorded counts.

        A clock that is set back, or asked twice within its tick, must not make the older win.
        """
        self._last = max(self._now().astimezone(UTC), self._last + timedelta(microseconds=1))
        return self._last

    def _write(self, data: bytes) -> None:
        try:
            file = self._opened()
            start = os.lseek(file, 0, os.SEEK_END)
        except OSError as error:
            self._leave()
            raise self._failure(error) from error
        try:
            _write_whole(file, data)
            os.fsync(file)
        except BaseException as error:  # an interrupted kernel tears a line as a full disk does
            # A drain may have read past `start` meanwhile: lines appended here again would be
            # taken for read. So cut the torn line off and never come back to this file.
            with suppress(OSError):
                os.ftruncate(file, start)
            self._leave()
            if isinstance(error, OSError):
                raise self._failure(error) from error
            raise

    def _opened(self) -> int:
        """Return the spool file, made anew if there is none or somebody has deleted it."""
        if self._file is not None and os.fstat(self._file).st_nlink == 0:
            self._leave()
        if self._file is None:
            self._file = self._created()
        return self._file

    def _created(self) -> int:
        _make_folder(self.spool)
        path = self.spool / f"{self.writer}.jsonl"
        while True:
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            try:
                with suppress(
                    OSError
                ):  # a file system without flock: the file just never goes away
                    fcntl.flock(file, fcntl.LOCK_EX)
                if os.fstat(file).st_nlink:
                    sync(self.spool)
                    return file
            except BaseException:
                os.close(file)
                raise
            os.close(file)  # swept away between opening and locking

    def _leave(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                os.close(self._file)
        self._start_anew()

    def _start_anew(self) -> None:
        self._file = None
        self._seq = 0
        self.writer = f"{new_id()}-{os.getpid()}"

    def _failure(self, error: OSError) -> StoreError:
        return StoreError(
            f"Nothing could be written to {shown_path(self.spool)!r}.",
            why=f"{error.strerror or error}; the event is not recorded, earlier ones are safe.",
            mend="Make room on the disk, make the folder writable, or name another folder.",
        )


_JOURNALS: weakref.WeakSet[Journal] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    """Let go of the parent's files in its child, so that their locks end with the parent."""
    for journal in list(_JOURNALS):
        journal._lock = threading.Lock()  # another thread of the parent may have held it
        journal._leave()


os.register_at_fork(after_in_child=_after_fork_in_child)


def _prepared(draft: Draft) -> dict[str, Any]:
    """Return the fields of an event that the draft decides, secrets hidden in all of them."""
    if draft.recorded_at and draft.recorded_at.tzinfo is None:
        raise ValueError(f"recorded_at has no time zone: {draft.recorded_at!r}")
    if not draft.kind:
        raise ValueError("An event needs a kind.")
    if not isinstance(draft.payload, Mapping):  # on disk it would be no event
        raise ValueError(f"The payload of an event is a mapping, not {draft.payload!r:.60}.")
    fields, hidden = redact_value(
        _jsonable(
            {
                "kind": draft.kind,
                "agent": draft.agent,
                "project": draft.project,
                "session_id": draft.session_id,
                "entity_id": draft.entity_id,
                "payload": draft.payload,
            }
        )
    )
    payload = fields.pop("payload")
    return {
        **fields,
        "event_id": draft.event_id or new_id(),
        "kind_version": draft.kind_version,
        "payload": {**payload, "redacted": hidden} if hidden else payload,
    }


def _line(event: Event) -> bytes:
    fields = {name: getattr(event, name) for name in Event.__slots__}
    fields["recorded_at"] = event.recorded_at.isoformat(timespec="microseconds")
    text = json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8") + b"\n"


def _jsonable(value: Any) -> Any:
    """Return the value in plain JSON; what is not a number becomes null, missing being not zero."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(_jsonable(key)): _jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_jsonable(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Path | UUID):
        return str(value)
    raise ValueError(f"No JSON can be made of {value!r}.")


def _write_whole(file: int, data: bytes) -> None:
    """Write all of it: a disk that fills up first takes a part, then refuses the rest."""
    while data:
        data = data[os.write(file, data) :]


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        sync(folder.parent)


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
