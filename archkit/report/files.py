"""Pages onto the disk: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from archkit.errors import ReportError
from archkit.plain import near_path, shown_path

__all__ = ["check_target", "write_page"]

_MARK, _HEAD = b'<meta name="generator" content="archkit">', 2048


def check_target(path: str | Path, *, force: bool = True, own: bool = False) -> None:
    """Refuse a folder, and a file that is there, with a ReportError: before any work is done.

    Parameters
    ----------
    path
        The file to be written.
    force
        Whether a file that is there may be replaced.
    own
        Whether one that archkit wrote may be replaced even so.
    """
    target = Path(path)
    if target.is_dir():
        raise ReportError(
            f"No report can be written to {shown_path(path)!r}.",
            why="It is a folder.",
            mend=f"Name a file in it, say {shown_path(target / 'memory.html')!r}.",
        )
    if not force and target.exists() and not (own and _is_ours(target)):
        raise ReportError(
            f"There is a file at {shown_path(path)!r} already.",
            why="A report replaces none unless it is told to.",
            mend="Name another file, or say force=True (--force in a shell).",
        )


def _is_ours(target: Path) -> bool:
    with suppress(OSError), target.open("rb") as file:
        return _MARK in file.read(_HEAD)
    return False


def write_page(path: str | Path, text: str) -> Path:
    """Write a page, and return where it is as seen from here.

    It is written beside its target and moved there, so that no half report is ever seen.

    Raises
    ------
    ReportError
        It cannot be written there.
    """
    target = Path(path)
    check_target(target)
    beside: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, prefix=f".{target.name}.", encoding="utf-8", delete=False
        ) as file:
            beside = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.chmod(0o644)
        beside.replace(target)
    except OSError as error:
        if beside is not None:
            beside.unlink(missing_ok=True)
        raise ReportError(
            f"The report could not be written to {shown_path(target)!r}.",
            why=f"{error.strerror or error}. A report that was there before is untouched.",
            mend="Give a path in a folder that you may write to, with 6 MB to spare.",
        ) from error
    return near_path(target)
