"""The line of the user's own code that a statement came from."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

__all__ = ["shown_file", "user_frame"]

_PATHS = [Path(path) for key, path in sysconfig.get_paths().items() if "lib" in key]
_NOT_THEIRS = tuple(
    str(path) + os.sep
    for path in [*_PATHS, *(path.resolve() for path in _PATHS), Path(__file__).parent]
)
_PACKAGES = {"site-packages", "dist-packages"}
_TYPED_IN = ("<stdin>", "<ipython-input")


def user_frame(frame: FrameType | None) -> str:
    """Give the innermost frame that is neither a library's nor Python's own.

    Returns
    -------
    str
        `path:line in function`, the path relative to the working directory; of a file elsewhere
        its name alone, of a notebook its cell. Empty where there is no such frame.
    """
    return _first_of_theirs(frame) or _first_of_theirs(_waiting())


def _first_of_theirs(frame: FrameType | None) -> str:
    while frame is not None:
        code = frame.f_code
        if _is_theirs(code.co_filename):
            return f"{shown_file(code.co_filename)}:{frame.f_lineno}{_inside(code)}"
        frame = frame.f_back
    return ""


def shown_file(filename: str) -> str:
    """Name a file of the user's for display; empty for a library's, for Python's and for ours."""
    if not _is_theirs(filename):
        return ""
    return _cell(filename) or _relative(filename, os.getcwd())  # noqa: PTH109 - at every statement


def _inside(code: CodeType) -> str:
    # Of a comprehension or a lambda: the function that it is written in.
    named = [part for part in code.co_qualname.split(".") if not part.startswith("<")]
    return f" in {named[-1]}" if named else ""


def _waiting() -> FrameType | None:
    """Give the frame that awaits: SQLAlchemy runs what is asynchronous in a greenlet of its own."""
    greenlet: Any = sys.modules.get("greenlet")
    parent = greenlet.getcurrent().parent if greenlet else None
    return parent.gr_frame if parent else None


@lru_cache(maxsize=4096)
def _is_theirs(filename: str) -> bool:
    if filename.startswith("<"):
        return filename.startswith(_TYPED_IN)
    return not filename.startswith(_NOT_THEIRS) and not _PACKAGES & set(Path(filename).parts)


@lru_cache(maxsize=4096)
def _relative(filename: str, folder: str) -> str:
    path = Path(filename)
    if path.is_relative_to(folder):
        return path.relative_to(folder).as_posix()
    return path.name if path.is_absolute() else path.as_posix()


def _cell(filename: str) -> str:
    """Name the notebook's cell that IPython compiled under this file's name, if it did."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    named = shell.compile.format_code_name(filename) if shell else None
    return " ".join(named).removeprefix("Cell ") if named else ""
