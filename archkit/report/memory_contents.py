"""What the report of a memory reads: every figure's frame, the decisions shown, the tiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archkit import metrics
from archkit.metrics.scope import Scope
from archkit.report.headline_tiles import Head
from archkit.report.part import agents_of, unmatched
from archkit.report.reading import read_session
from archkit.report.tabs import TABS

if TYPE_CHECKING:
    import pandas as pd

    from archkit.memory.snapshot import Snapshot
    from archkit.records import Decision
    from archkit.report.reading import SessionRecord

__all__ = ["MOST_CARDS", "MemoryContents", "read_memory"]

MOST_CARDS = 5
"""Decisions shown as cards; the others stand in the table."""

_EVENTS = "SELECT count(*) AS n FROM event WHERE agent <> 'library'"


@dataclass(frozen=True, slots=True)
class MemoryContents:
    """All that is shown of a part of a memory.

    Attributes
    ----------
    now, scope
        From when, and which part.
    ci_prob
        Probability inside the intervals.
    events
        Of the whole memory, the library's left out (count).
    agents
        Whose work it is, the busiest first.
    unmatched
        Sentences on names of the part that the memory does not know.
    headline, before
        `archkit.metrics.headline` of the part, and of the period before if it has a beginning.
    decisions, sessions, measurements
        As `archkit.metrics` has them, of the part.
    cards
        The newest decisions in their own words, by id.
    frames
        By the name of the figure: one of `archkit.report.tabs.TABS`.
    session
        The one that was asked for.
    """

    now: datetime
    scope: Scope
    ci_prob: float
    events: int
    agents: tuple[str, ...]
    unmatched: tuple[str, ...]
    headline: Head
    before: Head | None
    decisions: pd.DataFrame
    sessions: pd.DataFrame
    measurements: pd.DataFrame
    cards: Mapping[str, Decision]
    frames: Mapping[str, pd.DataFrame]
    session: SessionRecord | None


def read_memory(
    state: Snapshot,
    now: datetime,
    *,
    ci_prob: float = 0.9,
    session: str | SessionRecord | None = None,
    **part: Any,
) -> MemoryContents:
    """Read a part of a memory, named by the fields of `Scope`.

    Raises
    ------
    ReportError
        The memory knows no such session.
    ArchkitError
        There is no such part: it ends before it begins.
    """
    scope = Scope(**part)
    shown, previous = scope.of(state), scope.previous(now)
    held = read_session(state, session) if isinstance(session, str) else session
    decisions = metrics.decisions(shown)
    newest = [str(value) for value in decisions["decision_id"].head(MOST_CARDS)]
    return MemoryContents(
        now=now,
        scope=scope,
        ci_prob=ci_prob,
        events=int(state.sql(_EVENTS)["n"][0]),
        agents=agents_of(shown),
        unmatched=unmatched(state, scope),
        headline=metrics.headline(shown, now, ci_prob=ci_prob),
        before=metrics.headline(previous.of(state), previous.until, ci_prob=ci_prob)
        if previous
        else None,
        decisions=decisions,
        sessions=metrics.sessions(shown),
        measurements=metrics.query_measurements(shown),
        cards={decision_id: state.decision(decision_id) for decision_id in newest},
        frames={
            tab.name: tab.read(state if tab.whole else shown, now, ci_prob=ci_prob) for tab in TABS
        },
        session=held,
    )
