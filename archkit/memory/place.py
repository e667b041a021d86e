"""Where a memory is kept."""

from __future__ import annotations

import os
from pathlib import Path

from archkit.errors import StoreError

__all__ = ["default_path", "memory_file"]

_NAME = "archkit.duckdb"


def default_path(folder: Path | None = None) -> Path:
    """Return where a memory is by default.

    Parameters
    ----------
    folder
        Where to start looking; the working directory by default.

    Returns
    -------
    Path
        `archkit.duckdb` in `$ARCHKIT_DATA`, else in `data` of the nearest folder upwards that
        holds `.git` or `pyproject.toml`, else in `data` of the folder itself.
    """
    if data := os.environ.get("ARCHKIT_DATA"):
        return Path(data).expanduser() / _NAME
    start = (folder or Path.cwd()).resolve()
    around = (f for f in (start, *start.parents) if (f / ".git").exists() or _is_project(f))
    return next(around, start) / "data" / _NAME


def _is_project(folder: Path) -> bool:
    return (folder / "pyproject.toml").is_file()


def memory_file(path: str | Path | None) -> Path:
    """Return the file that a path means: the default for None, `archkit.duckdb` in a folder."""
    if path is None:
        return default_path()
    if str(path) == ":memory:":
        raise StoreError(
            "A memory cannot be kept in ':memory:'.",
            why="It is there to outlive the process.",
            mend="Name a file; for a trial, one in a temporary folder.",
        )
    try:
        if "\0" in str(path):
            raise ValueError("It holds a NUL character")
        file = Path(path).expanduser()
        return file / _NAME if file.is_dir() else file
    except (TypeError, ValueError, RuntimeError, OSError) as error:
        raise StoreError(
            f"No file can be called {path!r:.60}.",
            why=f"{getattr(error, 'strerror', None) or error}.",
            mend="Give the path of a DuckDB file, or of a folder for one.",
        ) from error
