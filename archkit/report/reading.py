"""One session, read whole from a memory before a line of a report is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archkit import metrics
from archkit.errors import ReportError

if TYPE_CHECKING:
    import pandas as pd

    from archkit.memory.snapshot import Snapshot

__all__ = ["SessionRecord", "read_session"]

_SELECT = {
    "messages": "SELECT * FROM message_log WHERE session_id = $session_id ORDER BY n",
    "tool_calls": "SELECT * FROM tool_call_log WHERE session_id = $session_id ORDER BY n",
    "proposals": "SELECT * FROM proposal WHERE session_id = $session_id ORDER BY version",
}
_SHORTEST = 6


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session: its row of `session_log`, and what was said and done in it, in order."""

    row: Mapping[Any, Any]
    messages: pd.DataFrame
    tool_calls: pd.DataFrame
    steps: pd.DataFrame
    proposals: pd.DataFrame


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
