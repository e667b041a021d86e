"""Why a memory cannot be used just now, in words: who holds it, what it is, how to mend it."""

from __future__ import annotations

import re
from pathlib import Path

from archkit.errors import StoreError
from archkit.plain import shown_path

__all__ = [
    "BusyError",
    "busy",
    "foreign",
    "is_held",
    "newer",
    "not_one_query",
    "not_run",
    "unusable",
    "unwritable",
]

_HELD = re.compile(r"Conflicting lock is held in (.*?) \(PID (\d+)\)|different configuration")


class BusyError(StoreError):
    """The file is held by somebody else; worth another try later."""


def is_held(reason: str) -> bool:
    """Whether DuckDB says that somebody else has the file open."""
    return _HELD.search(reason) is not None


def busy(path: Path, reason: str = "") -> BusyError:
    """Say who holds the file; without a reason of DuckDB's it is another archkit process."""
    found = _HELD.search(reason)
    if found and found[2]:
        who = f"{found[1]} (PID {found[2]}) has it open."
        mend = f"Close it there, or end process {found[2]}, and try again."
    elif found:
        who = "This process has it open through a DuckDB connection of its own."
        mend = "Close that connection and try again."
    else:
        who = "Another archkit process is writing to it or reading from it."
        mend = "Wait for it to finish and try again."
    return BusyError(
        f"The memory {shown_path(path)!r} is in use.",
        why=f"{who} What was recorded is safe in the folder 'spool'.",
        mend=mend,
    )


def foreign(path: Path, why: str) -> StoreError:
    """Say that the file is somebody else's; it is left alone."""
    return StoreError(
        f"{shown_path(path)!r} is not a memory.",
        why=why,
        mend="Name another file, or move this one away; what is recorded stays in 'spool'.",
    )


def newer(path: Path, version: int, made_by: str, ours: int) -> StoreError:
    """Say that a later archkit has made the file."""
    return StoreError(
        f"The memory {shown_path(path)!r} is newer than this archkit.",
        why=f"It has schema {version}, made by {made_by}; here is {ours}.",
        mend="Upgrade archkit, or name another file; what is recorded stays in 'spool'.",
    )


def unwritable(path: Path, error: OSError) -> StoreError:
    """Say what the operating system refuses."""
    return StoreError(
        f"The memory {shown_path(path)!r} cannot be opened.",
        why=f"{error.strerror or error}.",
        mend="Make room on the disk, make the folder writable, or name another folder.",
    )


def unusable(path: Path, error: Exception) -> StoreError:
    """Say what DuckDB refuses."""
    return StoreError(
        f"The memory {shown_path(path)!r} cannot be used.",
        why=f"DuckDB says: {str(error).replace(str(path), shown_path(path))}",
        mend="Nothing recorded is lost: it stays in the folder 'spool' until it is taken in. "
        "Make room on the disk, or put a copy of the file in its place.",
    )


def not_one_query(sql: str) -> StoreError:
    """Say that a text of SQL is not one query and nothing else."""
    return StoreError(
        f"Only one query can be asked at once, not {' '.join(sql.split())[:80]!r}.",
        why="It holds several statements, or one that does something else than ask.",
        mend="Ask one SELECT; new events are added by record_….",
    )


def not_run(sql: str, error: Exception) -> StoreError:
    """Say what is wrong with a query of the caller's, and which names are near to a wrong one."""
    return StoreError(
        f"The query did not run: {' '.join(sql.split())[:80]!r}.",
        why=str(error).split("\n\nLINE ", 1)[0],
        mend="Only SELECT runs here; `describe()` names the tables, views and columns.",
    )
