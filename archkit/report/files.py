"""Pages and what lies beside them onto the disk: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from archkit.errors import ReportError
from archkit.plain import near_path, shown_path

__all__ = [
    "DATA_FORMATS",
    "FRAMES",
    "HEAD_BYTES",
    "DataFormat",
    "check_target",
    "data_folder",
    "is_report",
    "pdf_path",
    "told_of",
    "write_bytes",
    "write_page",
]

DataFormat = Literal["csv", "parquet"]
DATA_FORMATS: tuple[DataFormat, ...] = ("csv", "parquet")
"""In which a report's frames can be written beside it."""

_PAGES = frozenset((".html", ".htm"))
_GENERATOR = b'<meta name="generator" content="archkit">'
HEAD_BYTES = 1 << 14
"""Within which a page says that archkit wrote it, and what it is."""
FRAMES = "frames.json"
"""What tells of the frames in a folder of data."""


def pdf_path(path: str | Path) -> Path:
    """Return where the PDF of a page goes: beside it, under the same name."""
    return Path(path).with_suffix(".pdf")


def data_folder(path: str | Path) -> Path:
    """Return where the frames of a page go: a folder beside it, `<name>-data`."""
    target = Path(path)
    return target.with_name(f"{target.stem}-data")


def is_report(path: str | Path) -> bool:
    """Tell whether a file is a page that archkit wrote, by its generator."""
    try:
        with Path(path).open("rb") as file:
            return _GENERATOR in file.read(HEAD_BYTES)
    except OSError:
        return False


def check_target(
    path: str | Path,
    *,
    force: bool = True,
    own: bool = False,
    pdf: bool = False,
    data: str | None = None,
) -> None:
    """Refuse, before any work is done, what a report cannot be written to or would replace.

    Parameters
    ----------
    path
        The page to be written.
    force
        Whether a page, a PDF and a folder of data that are there may be replaced. A folder of
        that name which holds no data of a report is refused all the same.
    own
        Whether what archkit wrote may be replaced even so.
    pdf, data
        Whether a PDF is wanted, too; in which of `DATA_FORMATS` the frames are, or None.

    Raises
    ------
    ReportError
        The page is a folder, its name does not end in .html, its folder cannot be written to,
        there is no such format, or something is there that may not be replaced.
    """
    target = Path(path)
    if target.is_dir():
        raise _refused(
            path, "It is a folder.", f"Name a file in it, say {_shown(target / 'memory.html')}."
        )
    if target.suffix.lower() not in _PAGES:
        raise _refused(
            path,
            "A report is a page of HTML, and its name does not say so.",
            f"Name it {_shown(target.with_name(f'{target.name}.html'))}.",
        )
    _check_folder(target)
    _check_data(target, data)
    beside = [pdf_path(target)] * pdf + [data_folder(target)] * bool(data)
    if force or (own and (is_report(target) or not target.exists())):
        return
    if there := next((one for one in (target, *beside) if one.exists()), None):
        raise ReportError(
            f"There is a {'folder' if there.is_dir() else 'file'} at {_shown(there)} already.",
            why="A report replaces none unless it is told to.",
            mend="Name another file, or say force=True (--force in a shell).",
        )


def write_page(path: str | Path, text: str) -> Path:
    """Write a page, and return where it is as seen from here.

    It is written beside its target and moved there, so that no half report is ever seen.

    Raises
    ------
    ReportError
        It cannot be written there.
    """
    check_target(path)
    return write_bytes(path, text.encode("utf-8", "replace"))


def write_bytes(path: str | Path, content: bytes) -> Path:
    """Write a file beside its target and move it there; return where it is as seen from here.

    Raises
    ------
    ReportError
        It cannot be written there.
    """
    target = Path(path)
    with told_of(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = _beside(target, content)
        try:
            beside.chmod(0o644)
            beside.replace(target)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
    return near_path(target)


@contextmanager
def told_of(target: Path) -> Iterator[None]:
    """Say of what the system refuses where it was to be written, and what became of it."""
    try:
        yield
    except OSError as error:
        raise ReportError(
            f"The report could not be written to {shown_path(target)!r}.",
            why=f"{error.strerror or error}. A report that was there before is untouched.",
            mend="Give a path in a folder that you may write to, with 6 MB to spare.",
        ) from error


def _beside(target: Path, content: bytes) -> Path:
    """Write to a new file in the folder of a target; leave nothing if it cannot be written."""
    with tempfile.NamedTemporaryFile(
        "wb", dir=target.parent, prefix=f".{target.name[:100]}.", delete=False
    ) as file:
        beside = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            beside.unlink(missing_ok=True)
            raise
    return beside


def _check_data(target: Path, data: str | None) -> None:
    """Refuse a format that is none, and a folder of data that holds something else."""
    if data is None:
        return
    if data not in DATA_FORMATS:
        raise ReportError(
            f"Data cannot be written as {data!r}.",
            why="There is no such format.",
            mend=f"Give one of: {', '.join(DATA_FORMATS)}.",
        )
    folder = data_folder(target)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / FRAMES).is_file():
        raise _refused(
            folder,
            f"It holds other files: there is no {FRAMES} of a report in it.",
            "Give the report another name, or move that folder away.",
        )


def _check_folder(target: Path) -> None:
    """Refuse a target in whose nearest folder nothing can be written."""
    near = next(folder for folder in target.absolute().parents if folder.exists())
    if not near.is_dir():
        raise _refused(
            target, f"{_shown(near)} is a file, not a folder.", "Give a path in a folder."
        )
    if not os.access(near, os.W_OK | os.X_OK):
        raise _refused(
            target,
            f"You may not write to the folder {_shown(near)}.",
            "Give a path in a folder that you may write to.",
        )


def _refused(path: str | Path, why: str, mend: str) -> ReportError:
    return ReportError(f"No report can be written to {_shown(path)}.", why=why, mend=mend)


def _shown(path: str | Path) -> str:
    return repr(shown_path(path))
