"""Deciding on a session that is over, by the memory's record of it: days later, from a shell."""

from __future__ import annotations

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
from archkit.architect.stored import StoredSession, read_session
from archkit.architect.tools import SessionMemory
from archkit.errors import CardError, SessionError
from archkit.records import Alternative, Decision, utc_now

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["decide_later"]


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
    session = _proposed(read_session(memory, session_id))
    evidence = Evidence()
    evidence.ask_again(session.calls, memory.query, brief=session.brief)
    decision = decision_on(
        chosen,
        alternatives,
        evidence,
        memory,
        confidence=confidence,
        patterns=patterns,
        kind=kind,
        rationale=rationale,
        title=title or session.title,
        review_after_days=review_after_days,
        decided_at=now(),
        session_id=session_id,
        agent=session.agent,
        project=session.project,
    )
    kept = memory.record_decision(decision)
    minutes = Minutes(memory, session_id=session_id, agent=session.agent, project=session.project)
    used = [call.tool for call in session.calls]
    noted = _Noted(
        tradeoffs=[tool for tool in used if tool == "note_tradeoff"],
        lessons=[tool for tool in used if tool == "record_lesson"],
    )
    LearningSteps(_card(session.agent), minutes.step).after(len(kept.alternatives), noted)
    minutes.status("ended", "decided")
    return kept


def _proposed(session: StoredSession) -> StoredSession:
    if not session.proposals:
        raise SessionError(
            "There is nothing to decide on yet.",
            why=f"In the session {session.session_id!r} the architect has not proposed a design.",
            mend="Hold the session to its proposal first.",
        )
    return session


def _card(name: str) -> AgentCard | SimpleNamespace:
    """Return the card for the names of its steps; where it is gone archkit's own stand."""
    try:
        return read_card(name)
    except CardError:
        return SimpleNamespace(steps=())
