"""One session, read whole from a memory before a line of a report is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archkit import metrics
from archkit.metrics.rows import utc
from archkit.report.named import SESSION, id_named

if TYPE_CHECKING:
    import pandas as pd

    from archkit.memory.snapshot import Snapshot
    from archkit.records import Decision

__all__ = ["SessionRecord", "read_session"]

_SELECT = {
    "log": "SELECT s.*, (SELECT min(i.origin) FROM imported_event i JOIN event e ON "
    "e.event_id = i.event_id WHERE e.session_id = $session_id AND e.kind = 'session_started') "
    "AS origin FROM session_log s WHERE s.session_id = $session_id",
    "messages": "SELECT * FROM message_log WHERE session_id = $session_id ORDER BY n",
    "tool_calls": "SELECT * FROM tool_call_log WHERE session_id = $session_id ORDER BY n",
    "proposals": "SELECT * FROM proposal WHERE session_id = $session_id ORDER BY version",
}


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session: its row of `session_log`, and what was said and done in it, in order.

    The row also holds `origin`: the memory that it was imported from; null if it was held here.
    `decisions` are those that no memory holds: of a session whose memory was off.
    """

    row: Mapping[Any, Any]
    messages: pd.DataFrame
    tool_calls: pd.DataFrame
    steps: pd.DataFrame
    proposals: pd.DataFrame
    decisions: tuple[Decision, ...] = ()


def read_session(state: Snapshot, named: str) -> SessionRecord:
    """Read one session: by its id, the beginning of one that no other shares, or `last`.

    Raises
    ------
    ReportError
        The memory knows no such session, or several.
    """
    session_id = id_named(state, named, SESSION)
    rows = {name: state.sql(select, session_id=session_id) for name, select in _SELECT.items()}
    row = utc(rows.pop("log"), "started_at", "ended_at").iloc[0].to_dict()
    return SessionRecord(
        row=row,
        messages=rows["messages"],
        tool_calls=rows["tool_calls"],
        steps=metrics.steps(state, session_id),
        proposals=rows["proposals"],
    )
