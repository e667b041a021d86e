"""A memory, and one session, as a single HTML file that opens from disk and requests nothing."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archkit.errors import ReportError
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
    from archkit.report.files import check_target, write_page
    from archkit.report.live import session_record
    from archkit.report.reading import SessionRecord, read_contents
    from archkit.report.writing import written, written_session

    check_target(path)
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
    return write_page(path, text)
