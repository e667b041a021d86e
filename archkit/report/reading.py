"""What a report reads from a memory, once and whole, before a line of it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archkit import metrics
from archkit.errors import ReportError

if TYPE_CHECKING:
    import pandas as pd

    from archkit.memory.memory import Memory
    from archkit.records import Decision

__all__ = ["MOST_CARDS", "Contents", "SessionRecord", "read_contents"]

_SELECT = {
    "messages": "SELECT * FROM message_log WHERE session_id = $session_id ORDER BY n",
    "tool_calls": "SELECT * FROM tool_call_log WHERE session_id = $session_id ORDER BY n",
    "proposals": "SELECT * FROM proposal WHERE session_id = $session_id ORDER BY version",
}
MOST_CARDS = 5
"""Decisions shown as cards; the others stand in the table."""


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session: its row of `session_log`, and what was said and done in it, in order."""

    row: Mapping[Any, Any]
    messages: pd.DataFrame
    tool_calls: pd.DataFrame
    steps: pd.DataFrame
    proposals: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Contents:
    """The frames of a report, the decisions shown as cards, and one session if there is any."""

    now: datetime
    events: int
    headline: Mapping[str, Mapping[str, Any]]
    decisions: pd.DataFrame
    cards: Mapping[str, Decision]
    outcomes: pd.DataFrame
    evidence: pd.DataFrame
    measurements: pd.DataFrame
    reductions: pd.DataFrame
    reductions_by_size: pd.DataFrame
    debt: pd.DataFrame
    sessions: pd.DataFrame
    session: SessionRecord | None


def read_contents(memory: Memory, session: str | SessionRecord | None, now: datetime) -> Contents:
    """Read everything a report shows; the session by its id, unless it is at hand.

    Raises
    ------
    ReportError
        The memory knows no such session.
    """
    decisions, sessions = metrics.decisions(memory), metrics.sessions(memory)
    shown = [str(value) for value in decisions["decision_id"].head(MOST_CARDS)]
    return Contents(
        now=now,
        events=int(memory.sql("SELECT count(*) AS n FROM event WHERE agent <> 'library'")["n"][0]),
        headline=metrics.headline(memory, now),
        decisions=decisions,
        cards={decision_id: memory.decision(decision_id) for decision_id in shown},
        outcomes=metrics.outcome_scores(memory),
        evidence=metrics.pattern_evidence(memory, now=now),
        measurements=metrics.query_measurements(memory),
        reductions=metrics.query_reduction(memory),
        reductions_by_size=metrics.query_reduction_by_size(memory),
        debt=metrics.outcome_debt(memory, now),
        sessions=sessions,
        session=session
        if isinstance(session, SessionRecord)
        else _session(memory, sessions, session),
    )


def _session(
    memory: Memory, sessions: pd.DataFrame, session_id: str | None
) -> SessionRecord | None:
    """Read the session asked for, or the latest."""
    if session_id is None and sessions.empty:
        return None
    chosen = sessions if session_id is None else sessions[sessions["session_id"] == session_id]
    if chosen.empty:
        known = ", ".join(sessions["session_id"].head(3)) or "none"
        raise ReportError(
            f"The memory knows no session {session_id!r}.",
            why=f"The latest ones are: {known}.",
            mend="Leave session= out for the latest, or give the session_id of one.",
        )
    row = chosen.iloc[0].to_dict()

    rows = {
        name: memory.sql(select, session_id=row["session_id"]) for name, select in _SELECT.items()
    }
    return SessionRecord(row=row, steps=metrics.steps(memory, row["session_id"]), **rows)
