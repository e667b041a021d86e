"""The line of the user's own code that a statement came from."""

from __future__ import annotations

import sys
import sysconfig
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["shown_file", "user_frame"]

_LIBRARIES = tuple(
    {str(Path(path).resolve()) for key, path in sysconfig.get_paths().items() if "lib" in key}
    | {path for key, path in sysconfig.get_paths().items() if "lib" in key}
)
_OWN = str(Path(__file__).parent)
_TYPED = ("<stdin>", "<ipython-input")


def user_frame(frame: FrameType | None) -> str:
    """Give the innermost frame that is neither a library's nor Python's own.

    Returns
    -------
    str
        `path:line in function`, the path relative to the working directory; of a file elsewhere
        its name alone, of a notebook its cell. Empty where no such frame is.
    """
    for start in (frame, _waiting()):
        while start is not None:
            code = start.f_code
            if name := shown_file(code.co_filename):
                inside = "" if code.co_name == "<module>" else f" in {code.co_name}"
                return f"{name}:{start.f_lineno}{inside}"
            start = start.f_back
    return ""


def _waiting() -> FrameType | None:
    """Give the frame that awaits: SQLAlchemy runs what is asynchronous in a greenlet of its own."""
    greenlet: Any = sys.modules.get("greenlet")
    parent = greenlet.getcurrent().parent if greenlet else None
    return parent.gr_frame if parent else None


@lru_cache(maxsize=4096)
def shown_file(filename: str) -> str:
    """Name a file of the user's for display; empty for a library's, for Python's and for ours."""
    if filename.startswith("<"):
        return filename if filename.startswith(_TYPED) else ""
    if (cell := _cell(filename)) is not None:
        return cell
    path = Path(filename)
    if {"site-packages", "dist-packages"} & set(path.parts):
        return ""
    if filename.startswith(_LIBRARIES) or filename.startswith(_OWN):
        return ""
    if not path.is_absolute():
        return path.as_posix()
    try:
        return path.relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.name


def _cell(filename: str) -> str | None:
    """Name the notebook's cell that IPython compiled under this file's name."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    if shell is None:
        return None
    named = shell.compile.format_code_name(filename)
    return " ".join(named) if named else None
