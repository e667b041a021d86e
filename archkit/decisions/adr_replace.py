"""Putting several files into a folder: all of them, or on an error none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from archkit.errors import ArchkitError
from archkit.plain import new_id, shown_path

__all__ = ["replace_all"]


def replace_all(root: Path, texts: Mapping[str, str], before: Mapping[str, bytes]) -> None:
    """Write files below a folder, by way of others beside them that then take their places.

    Parameters
    ----------
    root
        The folder; made if it is not there.
    texts
        What each file is to hold, by its path below the folder.
    before
        What a file that is there must hold still; one that is not named must not be there.

    Raises
    ------
    ArchkitError
        It cannot be written, or a file was changed meanwhile; all is then as it was.
    """
    made = _made(root)
    parts: dict[Path, Path] = {}
    done: list[Path] = []
    try:
        for name, text in texts.items():
            target = root / name
            part = target.with_name(f".{target.name}.{new_id()[-8:]}.part")
            parts[target] = part
            _write(part, text.encode("utf-8"), like=target)
        for name in texts:
            _check(root / name, before.get(name))
        for target, part in parts.items():
            part.replace(target)
            done.append(target)
        _sync(root)
    except BaseException as error:
        _undo(root, done, before, parts, made)
        if isinstance(error, OSError):
            raise ArchkitError(
                f"The ADRs could not be written into {shown_path(root)!r}.",
                why=f"{error.strerror or error}. Nothing was written.",
                mend="Make the folder writable or make room on the disk, or name another folder.",
            ) from error
        raise


def _made(root: Path) -> list[Path]:
    """Make the folder; return those that were not there, the innermost first."""
    made: list[Path] = []
    place = root
    while not place.exists():
        made.append(place)
        place = place.parent
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchkitError(
            f"The folder {shown_path(root)!r} could not be made.",
            why=f"{error.strerror or error}. Nothing was written.",
            mend="Make the folder around it writable, or name another one.",
        ) from error
    return made


def _write(part: Path, data: bytes, like: Path) -> None:
    mode = like.stat().st_mode & 0o777 if like.exists() else 0o644
    if like.exists() and not os.access(like, os.W_OK):
        raise PermissionError(13, f"{like.name} is read-only")
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(file, "wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _check(target: Path, before: bytes | None) -> None:
    there = target.read_bytes() if target.exists() else None
    if there != before:
        raise ArchkitError(
            f"{target.name!r} was changed while the ADRs were being written.",
            why="It no longer holds what it held at the start. Nothing was written.",
            mend="Write them again.",
        )


def _undo(
    root: Path,
    done: list[Path],
    before: Mapping[str, bytes],
    parts: Mapping[Path, Path],
    made: list[Path],
) -> None:
    for target in done:
        with suppress(OSError):
            old = before.get(target.relative_to(root).as_posix())
            if old is None:
                target.unlink()
            else:
                target.write_bytes(old)
    for part in parts.values():
        with suppress(OSError):
            part.unlink(missing_ok=True)
    for folder in made:
        with suppress(OSError):
            folder.rmdir()


def _sync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
