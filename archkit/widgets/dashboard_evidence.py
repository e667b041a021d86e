"""From a point of a dashboard down to its decision, and to the turn it was made in."""

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

__all__ = ["Evidence", "decisions_of", "read_evidence"]

_MOST = 60
_TURNS = 4
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
    return {
        str(row["decision_id"]): f"{row['decided_at']:%Y-%m-%d} · "
        f"{clipped(str(row['title'] or row['kind'] or row['chosen']), 60)} · {_went(row)}"
        for row in rows.to_dict("records")
    }


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


def _went(row: Mapping[Any, Any]) -> str:
    if missing(row["last_value"]):
        return "no outcome yet"
    return f"{100 * row['last_value']:.0f} %, {row['last_source']}"
