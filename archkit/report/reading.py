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

    from archkit.memory.snapshot import Snapshot
    from archkit.metrics.scope import Scope
    from archkit.records import Decision

__all__ = ["MOST_CARDS", "Contents", "SessionRecord", "read_contents", "read_session"]

_SELECT = {
    "messages": "SELECT * FROM message_log WHERE session_id = $session_id ORDER BY n",
    "tool_calls": "SELECT * FROM tool_call_log WHERE session_id = $session_id ORDER BY n",
    "proposals": "SELECT * FROM proposal WHERE session_id = $session_id ORDER BY version",
}
_SHORTEST = 6
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
    scope: Scope
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


def read_contents(
    state: Snapshot,
    scope: Scope,
    now: datetime,
    *,
    ci_prob: float = 0.9,
    session: str | SessionRecord | None = None,
) -> Contents:
    """Read everything a report of a part of a memory shows; a session only if it is named.

    Raises
    ------
    ReportError
        The memory knows no such session.
    """
    part = scope.of(state)
    decisions = metrics.decisions(part)
    shown = [str(value) for value in decisions["decision_id"].head(MOST_CARDS)]
    return Contents(
        now=now,
        scope=scope,
        events=int(state.sql("SELECT count(*) AS n FROM event WHERE agent <> 'library'")["n"][0]),
        headline=metrics.headline(part, now),
        decisions=decisions,
        cards={decision_id: state.decision(decision_id) for decision_id in shown},
        outcomes=metrics.outcome_scores(part),
        evidence=metrics.pattern_evidence(part, ci_prob=ci_prob, now=now),
        measurements=metrics.query_measurements(part),
        reductions=metrics.query_reduction(part),
        reductions_by_size=metrics.query_reduction_by_size(part),
        debt=metrics.outcome_debt(part, now),
        sessions=metrics.sessions(part),
        session=read_session(state, session) if isinstance(session, str) else session,
    )


def read_session(state: Snapshot, named: str) -> SessionRecord:
    """Read one session: by its id, the beginning of one that no other shares, or `last`.

    Raises
    ------
    ReportError
        The memory knows no such session, or several.
    """
    sessions = metrics.sessions(state)
    known = [str(found) for found in sessions["session_id"]]
    meant = known[:1] if named == "last" else [found for found in known if found == named]
    if not meant and len(named) >= _SHORTEST:
        meant = [found for found in known if found.startswith(named)]
    if len(meant) != 1:
        raise _no_session(named, meant, known)
    row = sessions[sessions["session_id"] == meant[0]].iloc[0].to_dict()
    rows = {
        name: state.sql(select, session_id=row["session_id"]) for name, select in _SELECT.items()
    }
    return SessionRecord(row=row, steps=metrics.steps(state, row["session_id"]), **rows)


def _no_session(named: str, meant: list[str], known: list[str]) -> ReportError:
    if meant:
        return ReportError(
            f"Several sessions begin with {named!r}.",
            why=f"These do: {', '.join(meant[:3])}.",
            mend="Give the whole session_id of one.",
        )
    return ReportError(
        f"The memory knows no session {named[:60]!r}.",
        why=f"The latest ones are: {', '.join(known[:3]) or 'none'}.",
        mend=f"Give a session_id, at least {_SHORTEST} characters of one, or last.",
    )
