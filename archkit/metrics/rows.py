"""Rows of a memory, one frame for each kind: decisions, their outcomes, sessions, steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import pandas as pd

from archkit.memory.evidence import KINDS

__all__ = [
    "IMPORTED_SESSIONS",
    "KINDS",
    "Readable",
    "decisions",
    "joined",
    "known_rows",
    "last_said",
    "made_up",
    "outcome_scores",
    "session_kinds",
    "sessions",
    "steps",
    "utc",
]


IMPORTED_SESSIONS = (
    "(SELECT DISTINCT e.session_id FROM imported_event t "
    "JOIN event e ON e.event_id = t.event_id WHERE e.session_id IS NOT NULL)"
)
"""The sessions that another memory recorded, to be joined by `session_id`."""


class Readable(Protocol):
    """A memory, as far as a frame needs one."""

    def sql(self, select: str, /, **params: Any) -> pd.DataFrame:
        """Return the rows of a SELECT."""
        ...


def outcome_scores(memory: Readable) -> pd.DataFrame:
    """Return what came of the decisions.

    Returns
    -------
    DataFrame
        One row a score of an outcome, oldest first: `outcome_id`, `decision_id`, `title`,
        `chosen`, `kind`, `decided_at`, `observed_at` (UTC), `horizon_days` (null if not said),
        `source`, `provenance`, `score` ("success" is one), `value` (0 to 1, higher is better).
    """
    rows = memory.sql(
        "SELECT outcome_id, decision_id, title, chosen, kind, decided_at, observed_at, "
        "horizon_days, source, provenance, score, value FROM outcome_trend "
        "ORDER BY observed_at, outcome_id, score"
    )
    return utc(rows, "decided_at", "observed_at")


def decisions(memory: Readable) -> pd.DataFrame:
    """Return what was decided, and how it turned out so far.

    Returns
    -------
    DataFrame
        One row a decision, newest first, with the columns of the view `decision_log`: among them
        `decided_at`, `due_at`, `last_outcome_at` (UTC), `confidence` and `last_value` (0 to 1;
        null if not known), `alternatives` and `patterns` (lists), `outcomes` (count).
    """
    rows = memory.sql("SELECT * FROM decision_log ORDER BY decided_at DESC, decision_id DESC")
    return utc(rows, "decided_at", "due_at", "last_outcome_at")


def sessions(memory: Readable) -> pd.DataFrame:
    """Return the sessions with an architect.

    Returns
    -------
    DataFrame
        One row a session, newest first, with the columns of the view `session_log`: among them
        `started_at` and `ended_at` (UTC), `turns`, `tool_calls`, `refused`, `input_tokens`,
        `output_tokens` and `decisions` (counts), `cost_usd` (null if not known),
        `parent_session_id` (the session that started it; null for one of its own).
    """
    rows = memory.sql("SELECT * FROM session_log ORDER BY started_at DESC, session_id DESC")
    return utc(rows, "started_at", "ended_at")


def steps(memory: Readable, session_id: str) -> pd.DataFrame:
    """Return the steps of the learning protocol in one session.

    Returns
    -------
    DataFrame
        One row a step, in order: `n` (1 to 12), `phase`, `name`, `status` (done or skipped),
        `reason`, `recorded_at` (UTC).
    """
    rows = memory.sql(
        "SELECT n, phase, name, status, reason, recorded_at FROM step_log "
        "WHERE session_id = $session_id ORDER BY n",
        session_id=session_id,
    )
    return utc(rows, "recorded_at")


def known_rows(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Return the rows in which none of the columns is null, numbered anew."""
    return rows.dropna(subset=list(columns)).reset_index(drop=True)


def joined(kinds: Iterable[str]) -> str:
    """Name where evidence comes from, the plainest first."""
    there = set(kinds)
    return " + ".join(kind for kind in KINDS if kind in there) or "none"


def made_up(ids: pd.Series[Any]) -> pd.Series[bool]:
    """Say which ids are of made-up work: `archkit.memory.simulate` has them begin with sim."""
    return ids.fillna("").astype(str).str.startswith("sim").astype(bool)


def session_kinds(memory: Readable, ids: pd.Series[Any]) -> pd.Series[str]:
    """Say of sessions whether they were held here, in another memory, or are made up."""
    came = memory.sql(f"SELECT session_id FROM {IMPORTED_SESSIONS}")["session_id"]  # noqa: S608
    kinds = ids.isin(came).map({True: "reported", False: "observed"})
    return kinds.mask(made_up(ids), "simulated")


def utc(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Say that instants are UTC, which the file keeps without saying so."""
    aware: Mapping[str, Any] = {c: pd.to_datetime(frame[c], utc=True) for c in columns}
    return frame.assign(**aware)


def last_said(memory: Readable, session_id: str) -> int:
    """Return the number of what was said or done last in a session; 0 if nothing was."""
    rows = memory.sql(
        "SELECT coalesce(max(n), 0) AS n FROM (SELECT n FROM message_log WHERE session_id = $id "
        "UNION ALL SELECT n FROM tool_call_log WHERE session_id = $id)",
        id=session_id,
    )
    return int(rows["n"].iloc[0])
