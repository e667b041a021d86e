"""Folders of backups: which are there, whose they are, whether they are whole, writing one anew."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.errors import StoreError
from archkit.memory.exchange_files import MANIFEST, read_manifest, write_manifest, write_rows
from archkit.memory.rewrite import Row, beside
from archkit.memory.told import Told
from archkit.plain import shown_path

if TYPE_CHECKING:
    from archkit.memory.memory import Memory

__all__ = ["EVENTS", "BackupInfo", "backup_home", "chosen_backup", "info_of", "places", "replaced"]

EVENTS = "events.parquet"


@dataclass(frozen=True, repr=False)
class BackupInfo(Told):
    """One backup; `sound` says whether every file is as it was written."""

    name: str
    path: Path
    made_at: datetime
    events: int
    bytes: int
    sound: bool


def backup_home(memory: Memory, folder: Path | str | None) -> Path:
    """Return where backups are kept: beside the memory, or in a folder of the caller's."""
    return Path(folder).expanduser() if folder is not None else beside(memory._store, "backups")


def places(memory: Memory, home: Path) -> list[Path]:
    """Return the folders that are backups of this memory, or of one of its name, oldest first."""
    found = home.glob("*/") if home.is_dir() else ()
    return sorted(
        path
        for path in found
        if not path.name.startswith(".") and _told(path).get("of") == memory.path.name
    )


def info_of(path: Path) -> BackupInfo:
    """Return what a backup is, its files held against their sums."""
    told = _told(path)
    try:
        read_manifest(path)
        sound = True
    except StoreError:
        sound = False
    return BackupInfo(
        name=path.name,
        path=path,
        made_at=datetime.fromisoformat(told["made_at"]),
        events=int(told["events"]),
        bytes=sum(int(facts["bytes"]) for facts in told["files"].values()),
        sound=sound,
    )


def chosen_backup(memory: Memory, wanted: Path | str | None, home: Path) -> Path:
    """Return the backup that is meant: by name, by folder, or the latest one."""
    known = places(memory, home)
    if wanted is None:
        if not known:
            raise no_backup(home, "It holds no backup of this memory.", "Make one: backup(memory).")
        return known[-1]
    path = home / wanted if (home / wanted / MANIFEST).is_file() else Path(wanted).expanduser()
    if not (path / MANIFEST).is_file():
        names = ", ".join(p.name for p in known) or "none"
        raise no_backup(path, f"Backups there are: {names}.", "Give one of them, or its folder.")
    return path


def no_backup(path: Path, why: str, mend: str) -> StoreError:
    """Say that a folder is no backup."""
    return StoreError(f"{shown_path(path)!r} is no backup.", why=why, mend=mend)


def replaced(
    path: Path,
    rows: Iterable[Row],
    archives: Callable[[Path], None],
) -> None:
    """Write a backup anew with other events and swap it in; a killed swap is mended by `mended`.

    Parameters
    ----------
    path
        The backup.
    rows
        Its events from now on.
    archives
        Changes the archives in a folder, which is a copy of the backup's.
    """
    told = read_manifest(path)
    fresh, old = path.with_name(f".{path.name}.new"), path.with_name(f".{path.name}.old")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    count, _ = write_rows(fresh / EVENTS, rows)
    if (path / "archive").is_dir():
        shutil.copytree(path / "archive", fresh / "archive")
        archives(fresh / "archive")
    files = [file.relative_to(fresh).as_posix() for file in fresh.rglob("*.parquet")]
    write_manifest(fresh, {**told, "events": count}, files)
    path.replace(old)
    fresh.replace(path)
    shutil.rmtree(old)


def mended(home: Path) -> None:
    """Put back, or clear away, what a process left that was killed while it made a backup anew."""
    for old in home.glob(".*.old/") if home.is_dir() else ():
        place = old.with_name(old.name[1:-4])
        if place.exists():
            shutil.rmtree(old)
        else:
            old.replace(place)
    for ending in ("new", "part"):
        for left in home.glob(f".*.{ending}/") if home.is_dir() else ():
            shutil.rmtree(left)


def _told(path: Path) -> dict[str, Any]:
    try:
        told = json.loads((path / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) and told.get("what") == "backup" else {}
