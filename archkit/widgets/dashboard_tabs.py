"""The tabs of a dashboard: the question each answers, its frame, its figure, its table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from archkit import figures, metrics
from archkit.report.parts import evidence_table, outcome_table, pooled_table

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from archkit.metrics.rows import Readable

__all__ = ["MOST_ROWS", "TABS", "Tab", "tab_named"]

MOST_ROWS = 40
"""Rows of a table that is shown; all of them are in the frame."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of a dashboard.

    Attributes
    ----------
    name
        What it is called.
    read
        Makes its frame from a memory, or a part of one, at an instant.
    draw
        Draws the frame.
    table
        Writes the frame as HTML.
    code
        How to make the figure from `part`, as Python.
    caption
        What to do with the figure, in plain words.
    """

    name: str
    read: Callable[[Readable, datetime], pd.DataFrame]
    draw: Callable[..., Figure]
    table: Callable[[pd.DataFrame], str]
    code: str
    caption: str


def _evidence(memory: Readable, now: datetime) -> pd.DataFrame:
    return metrics.pattern_evidence(memory, now=now)


def _outcomes(memory: Readable, _: datetime) -> pd.DataFrame:
    return metrics.outcome_scores(memory)


def _first(table: Callable[[pd.DataFrame], str], newest_last: bool = False) -> Any:
    """Write the first rows of a frame only, or its last ones with the newest first."""

    def written(frame: pd.DataFrame) -> str:
        if frame.empty:
            return ""
        return table(frame.iloc[::-1].head(MOST_ROWS) if newest_last else frame.head(MOST_ROWS))

    return written


TABS = (
    Tab(
        "Patterns",
        _evidence,
        figures.success_by_pattern,
        _first(evidence_table),
        "figures.success_by_pattern(metrics.pattern_evidence(part))",
        "Click a pattern to look at its evidence alone.",
    ),
    Tab(
        "Outcomes",
        _outcomes,
        figures.outcomes_over_time,
        _first(outcome_table, newest_last=True),
        "figures.outcomes_over_time(metrics.outcome_scores(part))",
        "Look at the lowest points first; click one for its decision.",
    ),
    Tab(
        "Queries",
        lambda memory, _: metrics.query_reduction(memory),
        figures.query_reduction,
        _first(pooled_table),
        "figures.query_reduction(metrics.query_reduction(part))",
        "Trust what was counted here; a diamond is what somebody else reports.",
    ),
)


def tab_named(name: str) -> Tab:
    """Return a tab by its name; ValueError if there is none."""
    for tab in TABS:
        if tab.name == name:
            return tab
    raise ValueError(f"There is no tab {name!r}, but {', '.join(tab.name for tab in TABS)}.")
