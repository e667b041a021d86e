"""Events put away into Parquet files beside the memory, and brought back.

An archive is a file `archive/<audit event>.<SHA-256>.parquet`: its name vouches for its content.
The word that its events are out is an audit event in the journal, written after the file is on disk
and before anything leaves the memory, so a process killed at any moment loses nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.errors import StoreError
from archkit.memory.exchange_files import read_rows, sha256_of, write_rows
from archkit.memory.rewrite import Progress, audit_row, beside, deposit, each_event, settle
from archkit.memory.told import Told
from archkit.plain import shown_path

if TYPE_CHECKING:
    from archkit.memory.memory import Memory
    from archkit.memory.store import Store

__all__ = ["ArchiveInfo", "ArchiveRestored", "archive_files", "archives", "put_away", "restore"]


@dataclass(frozen=True, repr=False)
class ArchiveInfo(Told):
    """One archive: whose, when, how much, whether it was restored, whether its file is whole."""

    name: str
    agent: str
    made_at: datetime
    events: int
    bytes: int
    restored: bool
    sound: bool


@dataclass(frozen=True, repr=False)
class ArchiveRestored(Told):
    """What came back from which archives."""

    archives: tuple[str, ...]
    events: int
    bytes: int


def put_away(
    memory: Memory,
    withheld: Mapping[str, tuple[int, float, str]],
    said: Mapping[str, Any],
    *,
    progress: Progress | None = None,
) -> Path:
    """Archive events: a file first, then the word of it, then a memory without them.

    Parameters
    ----------
    memory
        The memory.
    withheld
        What goes: bytes, value density and reason by event id.
    said
        What else the audit event says.
    progress
        Told events done, and of how many.

    Returns
    -------
    Path
        The archive.
    """
    store = memory._store
    ids = list(withheld)
    columns = zip(*withheld.values(), strict=True)
    names = ("bytes", "value_density", "why")
    columns_of = dict(zip(names, map(list, columns), strict=True))
    payload = {
        **said,
        "events": len(ids),
        "bytes": sum(columns_of["bytes"]),
        "withholds": {"event_id": ids, **columns_of},
    }
    word = audit_row(store, "archived", memory.agent, payload)
    folder = beside(store, "archive")
    folder.mkdir(parents=True, exist_ok=True)
    rows = each_event(store, "e.event_id IN (SELECT unnest($ids::VARCHAR[]))", {"ids": ids})
    fresh = folder / f"{word[0]}.parquet"
    _, digest = write_rows(fresh, rows, total=len(ids), progress=progress)
    path = fresh.replace(folder / f"{word[0]}.{digest}.parquet")
    deposit(store, [word])
    settle(store)
    return path


def archives(memory: Memory) -> tuple[ArchiveInfo, ...]:
    """Return every archive that was made, the newest first."""
    files = archive_files(memory._store)
    return tuple(
        ArchiveInfo(
            name=event_id,
            agent=agent or "",
            made_at=made_at.replace(tzinfo=UTC),
            events=events,
            bytes=size,
            restored=undone is not None,
            sound=event_id in files and is_sound(files[event_id]),
        )
        for event_id, agent, made_at, events, size, undone in memory._store.rows(_ARCHIVES)
    )


def restore(
    memory: Memory, archive: str | None = None, *, progress: Progress | None = None
) -> ArchiveRestored:
    """Bring archived events back, so that the memory is as if they had never been away.

    Parameters
    ----------
    memory
        The memory.
    archive
        Name of one, as `archives` tells it, or its beginning; None: all that are still away.
    progress
        Told archives done, and of how many.

    Returns
    -------
    ArchiveRestored
        What came back.

    Raises
    ------
    StoreError
        There is no such archive, or its file is missing or damaged; nothing is changed then.

    Examples
    --------
    ::

        budget.restore(memory)
    """
    store = memory._store
    away = [info for info in archives(memory) if not info.restored]
    wanted = away if archive is None else [i for i in away if i.name.startswith(archive)]
    if archive is not None and not wanted:
        known = ", ".join(info.name for info in away) or "none is away"
        raise StoreError(
            f"There is no archive {archive!r} to restore.",
            why=f"Away are: {known}.",
            mend="Give one of them, or nothing for all of them.",
        )
    files = archive_files(store)
    for info in wanted:
        if not info.sound:
            raise _unsound(store, info.name, files.get(info.name))
    events, size = 0, 0
    for n, info in enumerate(wanted, start=1):
        rows = list(read_rows(files[info.name]))
        said = {"undoes": [info.name], "file": info.name, "events": len(rows), "bytes": info.bytes}
        deposit(store, [audit_row(store, "restored", memory.agent, said), *rows])
        settle(store)
        files[info.name].unlink(missing_ok=True)
        events, size = events + len(rows), size + info.bytes
        if progress:
            progress(n, len(wanted))
    return ArchiveRestored(tuple(info.name for info in wanted), events, size)


def archive_files(store: Store) -> dict[str, Path]:
    """Return the file of every archive by name; what a killed process left half done is none."""
    folder = beside(store, "archive")
    found = (path for path in sorted(folder.glob("*.parquet")) if path.name.count(".") == 2)
    return {path.name.split(".")[0]: path for path in found}


def is_sound(path: Path) -> bool:
    """Whether an archive is what its name says."""
    try:
        return sha256_of(path) == path.name.split(".")[1]
    except OSError:
        return False


def rewritten(path: Path, rows: Sequence[tuple[Any, ...]]) -> Path | None:
    """Write an archive anew with other events; None when none is left, and its file goes."""
    if not rows:
        path.unlink(missing_ok=True)
        return None
    name = path.name.split(".")[0]
    fresh = path.with_name(f"{name}.parquet")
    _, digest = write_rows(fresh, rows)
    target = fresh.replace(path.with_name(f"{name}.{digest}.parquet"))
    if target != path:
        path.unlink(missing_ok=True)
    return target


def _unsound(store: Store, name: str, path: Path | None) -> StoreError:
    shown = shown_path(path or beside(store, "archive") / f"{name}.….parquet")
    return StoreError(
        f"The archive {shown!r} is {'damaged or was changed' if path else 'missing'}.",
        why="Its SHA-256 is not the one in its name." if path else "Somebody has taken it away.",
        mend="Put a whole copy of the file back, from a backup of the memory for instance.",
    )


_ARCHIVES = """
SELECT event_id, detail->>'$.agent', recorded_at, events, bytes, undone_by FROM audit_log
WHERE action = 'archived' ORDER BY recorded_at DESC, event_id DESC
"""
