"""The report of one session: what was asked and said, its proposal, its steps."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from archkit.errors import ReportError
from archkit.report.document import Document
from archkit.report.reading import SessionRecord, read_session
from archkit.report.transcript import session_sections

if TYPE_CHECKING:
    from archkit.memory.snapshot import Snapshot

__all__ = ["read", "write"]


class _Contents(NamedTuple):
    now: datetime
    session: SessionRecord


def read(
    state: Snapshot | None, now: datetime, *, session: str | SessionRecord = "last"
) -> _Contents:
    """Read one session; one at hand is shown as it is."""
    if isinstance(session, SessionRecord):
        return _Contents(now, session)
    if state is None:
        raise ReportError(
            "There is nothing to report.",
            why="Neither a memory nor a session without one was handed in.",
            mend='Call write_report(None, path, kind="session", session=session).',
        )
    return _Contents(now, read_session(state, session))


def write(contents: _Contents) -> Document:
    """Write the report."""
    row = contents.session.row
    return Document(
        kind="session",
        title=str(row["title"] or "A session"),
        lede=str(row["agent"]),
        now=contents.now,
        sections=session_sections(contents.session),
    )
