"""A memory, and one session, as a single HTML file that opens from disk and requests nothing."""

from __future__ import annotations

import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archkit.errors import ReportError
from archkit.plain import near_path, shown_path
from archkit.records import utc_now

if TYPE_CHECKING:
    from archkit.architect.session import Session
    from archkit.memory.memory import Memory

__all__ = ["write_report"]


def write_report(
    memory: Memory | None,
    path: str | Path = "reports/memory.html",
    *,
    session: str | Session | None = None,
    title: str | None = None,
    now: datetime | None = None,
) -> Path:
    """Write a report of a memory: what was decided, whether it worked, what works, what to do.

    Parameters
    ----------
    memory
        What to report; None for a page about one session that had no memory.
    path
        The file to write; its folder is made. An older report there is replaced, whole or not
        at all.
    session
        The session to show, or its id; the latest by default. One whose memory was off is in no
        memory: hand in the session itself.
    title
        The heading; made from the memory by default.
    now
        The instant to look from; the present by default.

    Returns
    -------
    Path
        The file, as seen from here: one page of HTML with its figures, styles and data in it.

    Raises
    ------
    ReportError
        The file cannot be written there, the memory knows no such session, or there is
        neither a memory nor a session.
    """
    from archkit.report.live import session_record
    from archkit.report.reading import SessionRecord, read_contents
    from archkit.report.writing import written, written_session

    target = Path(path)
    if target.is_dir():
        raise ReportError(
            f"No report can be written to {shown_path(path)!r}.",
            why="It is a folder.",
            mend=f"Name a file in it, say {shown_path(target / 'memory.html')!r}.",
        )
    held = session if session is None or isinstance(session, str) else session_record(session)
    instant = now or utc_now()
    if memory is not None:
        text = written(read_contents(memory, held, instant), title)
    elif isinstance(held, SessionRecord):
        text = written_session(held, title, instant)
    else:
        raise ReportError(
            "There is nothing to report.",
            why="Neither a memory nor a session without one was handed in.",
            mend="Call write_report(memory, path), or write_report(None, path, session=session).",
        )
    _replace(target, text)
    return near_path(target)


def _replace(target: Path, text: str) -> None:
    """Write beside the target and move it there, so that no half report is ever seen."""
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
