"""A copy of a whole memory, and the way back to it.

A backup is a folder `backups/<instant>` beside the memory: all its events in Parquet, the audit
events too, the archives, and a manifest with the SHA-256 of every file.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.errors import StoreError
from archkit.memory import projection
from archkit.memory.archive import archive_files, is_sound
from archkit.memory.backup_folders import (
    EVENTS,
    BackupInfo,
    backup_home,
    chosen_backup,
    info_of,
    no_backup,
    places,
)
from archkit.memory.exchange_files import (
    read_manifest,
    read_rows,
    write_manifest,
    write_rows,
)
from archkit.memory.rewrite import (
    Progress,
    Row,
    audit_row,
    beside,
    deposit,
    each_event,
    settle,
)
from archkit.memory.told import Told
from archkit.plain import new_id, shown_path

if TYPE_CHECKING:
    from archkit.memory.memory import Memory
    from archkit.memory.store import Store

__all__ = ["BackupInfo", "BackupReport", "RestoreReport", "backup", "backups", "restore"]

_PORTION = 20_000


@dataclass(frozen=True, repr=False)
class BackupReport(Told):
    """What a backup holds, and which old ones went for it."""

    path: Path
    events: int
    archives: int
    bytes: int
    sha256: str
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, repr=False)
class RestoreReport(Told):
    """What a restore brings back, or would; `safety` is the backup it made first."""

    backup: Path
    dry_run: bool
    events: int
    new: int
    set_aside: int = 0
    forgotten: int = 0
    safety: Path | None = None


def backup(
    memory: Memory,
    folder: Path | str | None = None,
    *,
    keep: int = 10,
    reason: str = "",
    progress: Progress | None = None,
) -> BackupReport:
    """Copy all events and archives of a memory to a new folder, made whole or not at all.

    Parameters
    ----------
    memory
        The memory.
    folder
        Where backups are kept; `backups` beside the memory by default.
    keep
        How many backups stay in that folder, this one included; older ones of this memory go.
    reason
        Why, for the audit.
    progress
        Told events done, and of how many.

    Returns
    -------
    BackupReport
        Where it is, and what it holds.

    Raises
    ------
    StoreError
        The folder cannot be written.

    Examples
    --------
    ::

        backup(memory)
        backup(memory, "~/backups/archkit", keep=30)
    """
    if keep < 1:
        raise StoreError(
            f"keep cannot be {keep!r}.",
            why="The backup that is made now stays.",
            mend="Say how many backups to keep, 1 or more.",
        )
    store, home = memory._store, backup_home(memory, folder)
    memory._held.add_library()
    made_at = store._now().astimezone(UTC)
    name = f"{made_at:%Y%m%dT%H%M%S.%fZ}-{new_id()[-4:]}"
    fresh, place = home / f".{name}.part", home / name
    try:
        fresh.mkdir(parents=True)
        [(total,)] = store.rows("SELECT count(*) FROM event")
        rows = each_event(store)
        events, _ = write_rows(fresh / EVENTS, rows, total=total, progress=progress)
        files = [EVENTS, *_copied(store, fresh)]
        told = {
            "what": "backup",
            "of": memory.path.name,
            "made_at": made_at.isoformat(),
            "made_by": projection._made_by(),
            "schema": projection.SCHEMA_VERSION,
            "events": events,
        }
        manifest = write_manifest(fresh, told, files)
        fresh.replace(place)
    except OSError as error:
        raise _unwritable(home, error) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    removed = _without_old(memory, home, keep)
    size = sum(facts["bytes"] for facts in manifest["files"].values())
    said = {
        **{"file": name, "sha256": manifest["sha256"], "events": events, "bytes": size},
        **{"reason": reason, "detail": {"folder": shown_path(home)}},
    }
    deposit(store, [audit_row(store, "backed_up", memory.agent, said)])
    settle(store)
    return BackupReport(place, events, len(files) - 1, size, manifest["sha256"], removed)


def backups(memory: Memory, folder: Path | str | None = None) -> tuple[BackupInfo, ...]:
    """Return the backups of a memory in a folder, the newest first, each held against its sums."""
    found = [info_of(path) for path in places(memory, backup_home(memory, folder))]
    return tuple(sorted(found, key=lambda info: info.name, reverse=True))


def restore(
    memory: Memory,
    backup: Path | str | None = None,
    *,
    folder: Path | str | None = None,
    exact: bool = False,
    dry_run: bool = True,
    progress: Progress | None = None,
) -> RestoreReport:
    """Bring back what a backup holds; what was forgotten stays forgotten.

    Parameters
    ----------
    memory
        The memory; a new one, too.
    backup
        Name of a backup or its folder; the latest by default.
    folder
        Where backups are kept, if not beside the memory.
    exact
        Whether the memory becomes what it was: events recorded since are set aside (they are in
        the safety backup). Otherwise they stay, and what is missing comes back.
    dry_run
        Whether to say only what would happen.
    progress
        Told events done, and of how many.

    Returns
    -------
    RestoreReport
        What came back, what was set aside, and the safety backup made before.

    Raises
    ------
    StoreError
        There is no such backup, or a file of it is damaged; nothing is changed then.

    Examples
    --------
    ::

        restore(memory)                                   # what would the latest backup bring?
        restore(memory, "20261125T101500.250000Z-1f3a", dry_run=False)
    """
    store = memory._store
    path = chosen_backup(memory, backup, backup_home(memory, folder))
    manifest = read_manifest(path)
    if manifest.get("what") != "backup":
        raise no_backup(path, "It is an export.", "Take it in with import_(…).")
    here = {row[0] for row in store.rows("SELECT event_id FROM event")}
    gone = {row[0] for row in store.rows("SELECT event_id FROM withheld_event WHERE for_good")}
    wanted, archived = _contents(path)
    missing = wanted - here - gone
    audits = _audits(store)
    later = (here - wanted - set(audits)) if exact else set()
    report = RestoreReport(
        backup=path,
        dry_run=dry_run,
        events=len(wanted),
        new=len(missing),
        set_aside=len(later),
        forgotten=len(wanted & gone),
    )
    if dry_run or not (missing or later):
        return report
    safety = _safety(memory, folder)
    # What took these events out is taken back; then they may come in again.
    blocking = store.rows(_BLOCKING, {"ids": sorted(missing)})
    said: dict[str, Any] = {
        "undoes": [by_event for (by_event,) in blocking],
        "file": path.name,
        "sha256": manifest["sha256"],
        "events": len(missing),
        "detail": {"exact": exact, "safety": safety.name},
    }
    if later:
        said["withholds"] = {"event_id": sorted(later)}
    # An archive comes back whole: what of it the backup lacks would else be nowhere.
    whole = [
        file
        for name, file in archive_files(store).items()
        if (name,) in blocking and is_sound(file)
    ]
    also = [row for file in whole for row in read_rows(file)]
    word = audit_row(store, "restored", memory.agent, said)
    deposit(store, [word, *(row for row in also if row[0] not in missing)])
    settle(store)
    _refilled(store, path, missing, progress)
    for file in whole:
        file.unlink(missing_ok=True)
    _archives_back(store, path, archived)
    return replace(report, safety=safety)


def _contents(path: Path) -> tuple[set[str], list[Path]]:
    ids = {row[0] for row in read_rows(path / EVENTS)}
    return ids, sorted((path / "archive").glob("*.parquet"))


def _refilled(store: Store, path: Path, missing: set[str], progress: Progress | None) -> None:
    part: list[Row] = []
    done = 0
    for row in (*_among(path, missing), None):
        if row is not None:
            part.append(row)
        if part and (row is None or len(part) == _PORTION):
            done += deposit(store, part)
            settle(store)
            part = []
            if progress:
                progress(done, len(missing))


def _among(path: Path, wanted: set[str]) -> Iterator[Row]:
    return (row for row in read_rows(path / EVENTS) if row[0] in wanted)


def _archives_back(store: Store, path: Path, archived: list[Path]) -> None:
    """Put archives back whose events are still away, unless they are there."""
    undone = {row[0] for row in store.rows("SELECT by_event FROM undone")}
    here, home = archive_files(store), beside(store, "archive")
    for source in archived:
        name = source.name.split(".")[0]
        if name not in here and name not in undone:
            home.mkdir(parents=True, exist_ok=True)
            part = home / f"{source.name}.part"
            shutil.copyfile(source, part)
            part.replace(home / source.name)


def _safety(memory: Memory, folder: Path | str | None) -> Path:
    return backup(memory, folder, keep=1_000_000, reason="before a restore").path


def _audits(store: Store) -> list[str]:
    kinds = {"kinds": list(projection.AUDIT_KINDS)}
    sql = (
        "SELECT event_id FROM event WHERE kind IN (SELECT unnest($kinds::VARCHAR[]))"
        " OR agent = 'library'"
    )
    return [event_id for (event_id,) in store.rows(sql, kinds)]


def _copied(store: Store, fresh: Path) -> list[str]:
    found = archive_files(store)
    if found:
        (fresh / "archive").mkdir()
    for path in found.values():
        shutil.copyfile(path, fresh / "archive" / path.name)
    return [f"archive/{path.name}" for path in found.values()]


def _without_old(memory: Memory, home: Path, keep: int) -> tuple[str, ...]:
    old = places(memory, home)[:-keep]
    for path in old:
        shutil.rmtree(path)
    return tuple(path.name for path in old)


def _unwritable(home: Path, error: OSError) -> StoreError:
    return StoreError(
        f"No backup could be written to {shown_path(home)!r}.",
        why=f"{error.strerror or error}. The memory is unchanged.",
        mend="Make room on the disk, make the folder writable, or name another folder.",
    )


_BLOCKING = """
SELECT DISTINCT w.by_event FROM withheld w
LEFT JOIN undone u ON u.by_event = w.by_event
WHERE u.by_event IS NULL AND w.action <> 'forgotten'
  AND w.event_id IN (SELECT unnest($ids::VARCHAR[]))
ORDER BY w.by_event
"""
