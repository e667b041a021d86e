"""Reading the spool back: whole lines to events, broken ones kept aside, finished files removed."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from archkit.memory.redact import redact_text

__all__ = ["COLUMNS", "Chunk", "Rejected", "event_of", "read_chunk", "spool_sizes", "sweep"]

COLUMNS = (
    "event_id",
    "recorded_at",
    "writer",
    "seq",
    "kind",
    "kind_version",
    "agent",
    "project",
    "session_id",
    "entity_id",
    "payload",
)
"""The columns of an event, in the order in which a `Chunk` holds them."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is no event: where it stood, what it said, why it was not taken."""

    file: str
    byte_off: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """What a spool file says beyond an offset; `events` are tuples in the order of `COLUMNS`."""

    file: str
    end: int
    events: list[tuple[Any, ...]] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def spool_sizes(spool: Path) -> dict[str, int]:
    """Return the size in bytes of every spool file by its name."""
    sizes = {}
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(spool) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.name.endswith(".jsonl") and entry.is_file():
                    sizes[entry.name] = entry.stat().st_size
    return sizes


def read_chunk(path: Path, offset: int) -> Chunk:
    """Read the lines of a spool file from a byte offset on.

    Parameters
    ----------
    path
        The file. A last line without an end is left for later while its writer lives; of a writer
        that is gone it is read as far as it came.
    offset
        Where to begin.
    """
    try:
        with path.open("rb") as file, _unowned(file.fileno()) as dead:
            file.seek(offset)
            data = file.read()
    except FileNotFoundError:  # another process has drained and removed it
        return Chunk(path.name, offset)
    if not dead:
        data = data[: data.rfind(b"\n") + 1]
    chunk = Chunk(path.name, offset + len(data))
    start = offset
    for line in data.split(b"\n"):
        if line.strip():
            try:
                chunk.events.append(event_of(line))
            except ValueError as error:
                text, _ = redact_text(line.decode("utf-8", "replace"))
                chunk.rejected.append(Rejected(path.name, start, text, str(error)))
        start += len(line) + 1
    return chunk


def sweep(spool: Path, offsets: Mapping[str, int]) -> None:
    """Remove the files of dead writers that were read to their end.

    A writer holds an flock on its file as long as it lives. Holding that lock ourselves while we
    look at the size and remove the file, no writer can be about to append to it.
    """
    for name in spool_sizes(spool):
        path, offset = spool / name, offsets.get(name, 0)
        with suppress(OSError), path.open("rb") as file, _unowned(file.fileno()) as dead:
            if dead and os.fstat(file.fileno()).st_size <= offset:
                path.unlink()


@contextmanager
def _unowned(file: int) -> Iterator[bool]:
    """Give whether no writer holds the file; while inside, none can take it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # held, or a file system without locks: then nobody can tell
        yield False
        return
    try:
        yield True
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def event_of(line: bytes) -> tuple[Any, ...]:
    """Read one line into the columns of an event; a ValueError says what is wrong with it."""
    try:
        fields = json.loads(line.decode("utf-8"), parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(fields, dict):
        raise ValueError("not a JSON object")
    payload = fields.get("payload")
    if not isinstance(payload, dict):
        raise ValueError("payload is not an object")
    return (
        _word(fields, "event_id"),
        _instant(fields),
        _word(fields, "writer", "unknown"),
        _whole(fields, "seq", 0, 2**63 - 1),
        _word(fields, "kind"),
        _whole(fields, "kind_version", 1, 2**15 - 1),
        *(_word(fields, name, "") for name in ("agent", "project")),
        *(_word(fields, name, "") or None for name in ("session_id", "entity_id")),
        _utf8(json.dumps(payload, ensure_ascii=False, allow_nan=False, separators=(",", ":"))),
    )


def _word(fields: dict[str, Any], name: str, default: str | None = None) -> str:
    value = fields.get(name)
    if value is None or value == "":
        value = default
    if not isinstance(value, str):
        raise ValueError(f"{name} is missing or no text")
    return _utf8(value)


def _utf8(text: str) -> str:
    """Half a surrogate pair is legal in JSON text but in no UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _whole(fields: dict[str, Any], name: str, default: int, most: int) -> int:
    value = fields.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(f"{name} is no whole number in its range")
    return value


def _instant(fields: dict[str, Any]) -> datetime:
    value = fields.get("recorded_at")
    if not isinstance(value, str):
        raise ValueError("recorded_at is missing")
    instant = datetime.fromisoformat(value)
    if instant.tzinfo is None:
        raise ValueError("recorded_at has no time zone")
    try:
        return instant.astimezone(UTC).replace(tzinfo=None)
    except OverflowError as error:
        raise ValueError("recorded_at is beyond the calendar") from error


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
