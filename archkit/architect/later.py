"""Deciding on a session that is over, by the memory's record of it: days later, from a shell."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Protocol

from archkit.architect.card import AgentCard, read_card
from archkit.architect.deciding import decision_on
from archkit.architect.learning_steps import LearningSteps
from archkit.architect.minutes import Minutes
from archkit.architect.rankings_seen import Evidence
from archkit.architect.tools import SessionMemory
from archkit.errors import CardError, SessionError
from archkit.records import Alternative, Decision, utc_now

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["decide_later"]

_SESSION = (
    "SELECT coalesce(s.agent, '') AS agent, coalesce(s.project, '') AS project, "
    "coalesce(s.title, '') AS title, coalesce(s.brief, '') AS brief, "
    "(SELECT count(*) FROM proposal p WHERE p.session_id = s.session_id) AS proposals "
    "FROM session_log s WHERE s.session_id = $session_id"
)
_CALLS = (
    "SELECT tool, input FROM tool_call_log WHERE session_id = $session_id "
    "AND NOT coalesce(is_error, false) AND NOT coalesce(refused, false) ORDER BY n"
)


class Recorded(SessionMemory, Protocol):
    """A memory that can also be asked what it has on record."""

    def sql(self, select: str, /, **params: Any) -> pd.DataFrame:
        """Return the rows of a SELECT."""
        ...


@dataclass(frozen=True, slots=True)
class _Noted:
    """What was noted during the session, as far as the learning steps ask."""

    tradeoffs: Sequence[Any]
    lessons: Sequence[Any]


def decide_later(
    memory: Recorded,
    session_id: str,
    chosen: str,
    alternatives: Sequence[str | Alternative] = (),
    rationale: str | Mapping[str, Any] = "",
    *,
    confidence: float | None = None,
    patterns: Sequence[str] | None = None,
    kind: str | None = None,
    title: str | None = None,
    review_after_days: int = 30,
    now: Callable[[], datetime] = utc_now,
) -> Decision:
    """Decide on the proposal of a session on record, as `Session.decide` does within one.

    The questions that the architect asked the memory are asked again, so that names mean what
    they meant then, and the forecasts are those of now.

    Parameters
    ----------
    memory
        Holds the session, and gets the decision.
    session_id
        Which session.
    chosen, alternatives, rationale, confidence, patterns, kind, title, review_after_days
        As for `Session.decide`.
    now
        The clock.

    Raises
    ------
    SessionError
        The memory knows no such session, nothing was proposed in it, nothing was chosen, or the
        name fits several patterns.
    """
    session = _session(memory, session_id)
    calls = memory.sql(_CALLS, session_id=session_id).to_dict("records")
    decision = decision_on(
        chosen,
        alternatives,
        _evidence(memory, session["brief"], calls),
        memory,
        confidence=confidence,
        patterns=patterns,
        kind=kind,
        rationale=rationale,
        title=title or session["title"],
        review_after_days=review_after_days,
        decided_at=now(),
        session_id=session_id,
        agent=session["agent"],
        project=session["project"],
    )
    kept = memory.record_decision(decision)
    minutes = Minutes(
        memory, session_id=session_id, agent=session["agent"], project=session["project"]
    )
    used = [str(call["tool"]) for call in calls]
    noted = _Noted(
        tradeoffs=[tool for tool in used if tool == "note_tradeoff"],
        lessons=[tool for tool in used if tool == "record_lesson"],
    )
    LearningSteps(_card(session["agent"]), minutes.step).after(len(kept.alternatives), noted)
    minutes.status("ended", "decided")
    return kept


def _session(memory: Recorded, session_id: str) -> dict[str, Any]:
    rows = memory.sql(_SESSION, session_id=session_id).to_dict("records")
    if not rows:
        raise SessionError(
            f"The memory knows no session {session_id!r}.",
            why="No session of that id was recorded there; one whose memory was off never is.",
            mend="Give the id that the session ended with, or another memory.",
        )
    found = {name: str(rows[0][name]) for name in ("agent", "project", "title", "brief")}
    if not rows[0]["proposals"]:
        raise SessionError(
            "There is nothing to decide on yet.",
            why=f"In the session {session_id!r} the architect has not proposed a design.",
            mend="Hold the session to its proposal first.",
        )
    return found


def _evidence(memory: Recorded, brief: str, calls: Sequence[Mapping[Any, Any]]) -> Evidence:
    evidence = Evidence()
    for call in calls:
        given = _loaded(call["input"]) if call["tool"] == "query_patterns" else None
        if isinstance(given, Mapping) and given.get("query"):
            context = given.get("context")
            ranking = memory.query(
                str(given["query"]),
                context if isinstance(context, Mapping) else None,
                area=given.get("area") or None,
                kind=given.get("kind") or None,
            )
            evidence.add(ranking, kind=str(given.get("kind") or ""))
    if not evidence:
        evidence.add(memory.query(brief))
    return evidence


def _loaded(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None


def _card(name: str) -> AgentCard | SimpleNamespace:
    """Return the card for the names of its steps; where it is gone archkit's own stand."""
    try:
        return read_card(name)
    except CardError:
        return SimpleNamespace(steps=())
