"""What a panel asks of its memory: past sessions, decisions to judge, what was said elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from archkit.architect.dialogue import clipped
from archkit.architect.session import ResumableMemory, Session
from archkit.errors import ArchkitError, SessionError
from archkit.metrics.rows import decisions, last_said, sessions
from archkit.plain import missing

if TYPE_CHECKING:
    import pandas as pd

    from archkit.records import Decision, Outcome

__all__ = [
    "PanelMemory",
    "Seen",
    "check_elsewhere",
    "decisions_to_judge",
    "look_around",
    "past_sessions",
]

_MOST_SESSIONS = 40
_MOST_DECISIONS = 60


class PanelMemory(ResumableMemory, Protocol):
    """A memory that keeps outcomes, too."""

    def record_outcome(self, decision_or_id: str, /, **given: Any) -> Outcome:
        """Keep one look at what came of a decision."""
        ...


class Seen(NamedTuple):
    """What there is to choose from, by id and name; `notices` say what could not be read."""

    sessions: dict[str, str]
    decisions: dict[str, str]
    notices: tuple[str, ...] = ()


def look_around(memory: PanelMemory | None, session: Session) -> Seen:
    """Read which sessions can be taken up and which decisions judged; without a memory none.

    Parameters
    ----------
    memory
        Where to look.
    session
        The one at hand: others with its card on its project are offered, and its decisions.
    """
    if memory is None:
        return Seen({}, {})
    made = session.decisions if session.gate.on else ()  # no memory knows the others
    try:
        known = sessions(memory)
        own = known["agent"].eq(session.card.name) & known["project"].eq(session.project)
        judged = decisions_to_judge(made, decisions(memory))
        return Seen(past_sessions(known[own]), judged)
    except ArchkitError as error:
        notice = f"The memory cannot be read just now. {error.why}"
        return Seen({}, decisions_to_judge(made, None), (notice,))


def past_sessions(known: pd.DataFrame) -> dict[str, str]:
    """Name the sessions that can be taken up, by id, the newest first; those of children apart.

    Parameters
    ----------
    known
        As `archkit.metrics.sessions` has them.
    """
    own = known[known["parent_session_id"].isna() & known["brief"].fillna("").ne("")]
    return {
        str(row["session_id"]): f"{row['started_at']:%Y-%m-%d %H:%M} · "
        f"{clipped(_text(row['title']) or row['brief'], 60)} · {_text(row['stage']) or 'new'}, "
        f"{row['status']}"
        for row in own.head(_MOST_SESSIONS).to_dict("records")
    }


def decisions_to_judge(made: Iterable[Decision], known: pd.DataFrame | None) -> dict[str, str]:
    """Name the decisions an outcome may be recorded of, by id.

    Parameters
    ----------
    made
        This session's decisions: the last comes first.
    known
        As `archkit.metrics.decisions` has them: those follow that have no outcome, first due first.
    """
    named = {d.decision_id: _named(d.chosen, d.title) for d in reversed(list(made))}
    if known is not None:
        waiting = known[known["outcomes"].eq(0) & known["status"].eq("accepted")]
        for row in waiting.sort_values("due_at").head(_MOST_DECISIONS).to_dict("records"):
            named.setdefault(str(row["decision_id"]), _named(row["chosen"], _text(row["title"])))
    return named


def _named(chosen: str, title: str) -> str:
    return clipped(f"{chosen}: {title}" if title else chosen, 70)


def _text(value: Any) -> str:
    return "" if missing(value) else str(value)


def check_elsewhere(memory: PanelMemory | None, session: Session) -> None:
    """Refuse to go on with a session that went on in another panel, cell or kernel.

    Raises
    ------
    SessionError
        More was said in it than `session` knows.
    """
    if memory is None or not session.gate.on or not session.asked:
        return
    try:
        known = last_said(memory, session.session_id)
    except ArchkitError:
        return  # the memory cannot be read just now: that stops no session
    if known > max((said.n for said in session.transcript), default=0):
        raise SessionError(
            "This session went on elsewhere.",
            why="Another panel, cell or kernel has said more in it since this panel read it.",
            mend="Choose it in the list under Brief and press Open; nothing is lost.",
        )
