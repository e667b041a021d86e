"""From a point of a dashboard down to its rows, its decision, the turn it was made in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archkit.architect.dialogue import clipped
from archkit.errors import StoreError
from archkit.metrics.rows import utc
from archkit.plain import missing

if TYPE_CHECKING:
    import pandas as pd

    from archkit.metrics.rows import Readable

__all__ = [
    "Evidence",
    "SessionSeen",
    "decisions_of",
    "read_evidence",
    "read_session_seen",
    "read_uses",
]

_MOST = 60
_TURNS = 4
_SESSION_TURNS = 30
_USES = 20
_LATEST = (
    "SELECT decision_id, title, chosen, kind, decided_at, last_value, last_source "
    "FROM decision_log ORDER BY decided_at DESC, decision_id DESC LIMIT $most"
)
_DECISION = "SELECT * FROM decision_log WHERE decision_id = $id"
_OUTCOMES = (
    "SELECT observed_at, score, value, provenance FROM outcome_trend "
    "WHERE decision_id = $id ORDER BY observed_at, outcome_id, score"
)
_MESSAGES = (
    "SELECT n, role, text FROM message_log "
    "WHERE session_id = $session_id AND recorded_at <= $until ORDER BY n DESC LIMIT $most"
)
_USED = (
    "SELECT coalesce(outcome_at, used_at) AS seen_at, y, uses, provenance, decision_id, "
    "session_id, count(*) OVER () AS n_rows FROM pattern_evidence WHERE slug = $slug "
    "ORDER BY seen_at DESC NULLS LAST, use_id DESC LIMIT $most"
)
_SESSION = (
    "SELECT session_id, agent, title, brief, client, model, aml_enabled, status, started_at, "
    "turns, tool_calls, refused, cost_usd FROM session_log WHERE session_id = $id"
)
_SAID = "SELECT n, role, text FROM message_log WHERE session_id = $id ORDER BY n DESC LIMIT $most"
_MADE_IN = (
    "SELECT decision_id, title, chosen, kind, decided_at, last_value, last_source "
    "FROM decision_log WHERE session_id = $id ORDER BY decided_at, decision_id LIMIT $most"
)


@dataclass(frozen=True, slots=True)
class SessionSeen:
    """A session: its row of `session_log`, its decisions by id, its last turns."""

    session: Mapping[Any, Any]
    decisions: Mapping[str, str]
    messages: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Evidence:
    """A decision: its row of `decision_log`, its scores, the last turns before it was made."""

    decision: Mapping[Any, Any]
    outcomes: pd.DataFrame
    session_id: str | None
    messages: pd.DataFrame


def decisions_of(part: Readable) -> dict[str, str]:
    """Name the latest decisions of a part of a memory, by id."""
    rows = part.sql(_LATEST, most=_MOST)
    return _named(rows)


def read_uses(part: Readable, slug: str) -> pd.DataFrame:
    """Return the latest rows of evidence of a pattern in a part of a memory.

    Returns
    -------
    DataFrame
        One row a use, or a figure that is reported, the latest first: `seen_at` (UTC), `y` (0 to
        1, null if not known), `uses` it counts for, `provenance`, `decision_id`, `session_id`,
        `n_rows`, how many there are in all.
    """
    return utc(part.sql(_USED, slug=slug, most=_USES), "seen_at")


def read_session_seen(memory: Readable, session_id: str) -> SessionSeen:
    """Read what is known of a session.

    Raises
    ------
    StoreError
        The memory knows none of this id.
    """
    rows = utc(memory.sql(_SESSION, id=session_id), "started_at")
    if rows.empty:
        raise StoreError(
            f"The memory knows no session {session_id!r}.",
            why="It was deleted since, or never was there.",
            mend="Look again, and pick another one.",
        )
    [row] = rows.to_dict("records")
    messages = memory.sql(_SAID, id=session_id, most=_SESSION_TURNS)
    made = _named(memory.sql(_MADE_IN, id=session_id, most=_MOST))
    return SessionSeen(row, made, messages.iloc[::-1].reset_index(drop=True))


def read_evidence(memory: Readable, decision_id: str) -> Evidence:
    """Read what is known of a decision.

    Raises
    ------
    StoreError
        The memory knows none of this id.
    """
    rows = utc(memory.sql(_DECISION, id=decision_id), "decided_at", "last_outcome_at")
    if rows.empty:
        raise StoreError(
            f"The memory knows no decision {decision_id!r}.",
            why="It was deleted since, or never was there.",
            mend="Pick one of the list.",
        )
    [row] = rows.to_dict("records")
    session_id = None if missing(row["session_id"]) else str(row["session_id"])
    messages = memory.sql(
        _MESSAGES,
        session_id=session_id or "",
        until=row["decided_at"].tz_localize(None).to_pydatetime(),
        most=_TURNS,
    )
    outcomes = utc(memory.sql(_OUTCOMES, id=decision_id), "observed_at")
    return Evidence(row, outcomes, session_id, messages.iloc[::-1].reset_index(drop=True))


def _named(rows: pd.DataFrame) -> dict[str, str]:
    return {
        str(row["decision_id"]): f"{row['decided_at']:%Y-%m-%d} · "
        f"{clipped(str(row['title'] or row['kind'] or row['chosen']), 60)} · {_went(row)}"
        for row in rows.to_dict("records")
    }


def _went(row: Mapping[Any, Any]) -> str:
    if missing(row["last_value"]):
        return "no outcome yet"
    return f"{100 * row['last_value']:.0f} %, {row['last_source']}"
