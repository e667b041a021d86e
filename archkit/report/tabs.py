"""The figures of a dashboard and of a memory's report, by group: question, frame, table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from inspect import signature
from typing import TYPE_CHECKING, Any

import pandas as pd

from archkit import figures, metrics
from archkit.figures.style import percent
from archkit.report.parts import debt_table, evidence_table, outcome_table, pooled_table
from archkit.report.text import Column, as_short_date, frame_table

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["GROUPS", "MOST_ROWS", "QUESTIONS", "TABS", "Tab", "any_table", "tab_named"]

MOST_ROWS = 40
"""Rows of a table that is shown; all of them are in the frame."""

QUESTIONS = {
    "decided": "What did we decide?",
    "worked": "Did it work?",
    "works": "What works?",
    "sure": "How sure are we?",
    "next": "What should we look at next?",
    "kept": "What does it cost, and how is the memory?",
}
"""The questions of a report, in the order in which an architect asks."""

_SHARES = ("rate", "share", "low", "high", "value", "came", "stated", "confidence", "predicted")
_MOST_CELLS = 300
_TREND = (
    *("name", "what", "from_at", "until_at", "success_rate", "low", "high", "n", "provenance"),
    *("rate_before", "undone"),
)
_LEFT_OUT = ("a", "b", "ci_prob", "weight", "patterns", "chosen", "from_future")


@dataclass(frozen=True, slots=True)
class Tab:
    """One figure of a dashboard.

    Attributes
    ----------
    group, name
        Where it is found, and what it is called.
    metric, figure
        The function of `archkit.metrics` that makes its frame, and that of `archkit.figures`
        that draws it.
    caption
        What to do with the figure, in plain words.
    table
        Writes the first rows of the frame as HTML: `(frame, most=MOST_ROWS)`.
    timed
        Whether the metric looks from an instant.
    whole
        Whether it is asked of the memory itself, for it says nothing of a part.
    click
        What a click on a mark does in a dashboard, in plain words.
    question
        Which question of a report it answers: a name of `QUESTIONS`.
    """

    group: str
    name: str
    metric: str
    figure: str
    caption: str
    table: Callable[..., str]
    timed: bool = True
    whole: bool = False
    click: str = ""
    question: str = field(kw_only=True)

    def code(self, theme: str) -> str:
        """How to make the figure from `part` as of `now`, as Python."""
        asked = "memory" if self.whole else "part"
        asked += ", now=now" if self.timed else ""
        return f"figures.{self.figure}(metrics.{self.metric}({asked}), theme={theme!r})"

    def read(self, memory: Any, now: datetime, *, ci_prob: float | None = None) -> pd.DataFrame:
        """Make its frame from a memory, or from a part of one, at an instant.

        `ci_prob` is the probability of its intervals where it has any; by default its own.
        """
        made: Callable[..., pd.DataFrame] = getattr(metrics, self.metric)
        given: dict[str, Any] = {"now": now} if self.timed else {}
        if ci_prob is not None and "ci_prob" in signature(made).parameters:
            given["ci_prob"] = ci_prob
        return made(memory, **given)

    def draw(self, frame: pd.DataFrame, *, theme: str) -> Figure:
        """Draw its frame."""
        drawn: Callable[..., Figure] = getattr(figures, self.figure)
        return drawn(frame, theme=theme)


def any_table(frame: pd.DataFrame, most: int = MOST_ROWS) -> str:
    """Write the first rows of a frame as a table, its columns by their own names.

    The more columns it has, the fewer rows: a page is sent the table at each change. A column in
    which nothing is known is left out.
    """
    if frame.empty:
        return ""
    shown = frame.head(most)
    kept = [
        name
        for name in frame.columns
        if name not in _LEFT_OUT
        and frame[name].notna().any()
        and not shown[name].map(lambda v: isinstance(v, list)).any()
    ]
    columns = [_column(frame, name) for name in kept]
    rows = min(most, _MOST_CELLS // max(len(kept), 1))
    return frame_table(frame, columns, "The rows of the figure, as they are drawn.", rows)


def _trend_table(frame: pd.DataFrame, most: int = MOST_ROWS) -> str:
    """Write the months of patterns and their changes, without what each row has in common."""
    return any_table(frame[[*_TREND]], most) if len(frame) else ""


def tab_named(name: str) -> Tab:
    """Return a figure by its name; ValueError if there is none."""
    for tab in TABS:
        if tab.name == name:
            return tab
    raise ValueError(f"There is no figure {name!r}, but {', '.join(tab.name for tab in TABS)}.")


def _column(frame: pd.DataFrame, name: str) -> Column:
    heading = name.replace("_", " ")
    if isinstance(frame[name].dtype, pd.DatetimeTZDtype):
        return Column(name, heading, as_short_date, "date")
    if pd.api.types.is_bool_dtype(frame[name]):
        return Column(name, heading, lambda value: "yes" if value else "no")
    if not pd.api.types.is_numeric_dtype(frame[name]):
        return Column(name, heading, kind="id" if name.endswith("_id") else "")
    if name.split("_")[-1] in _SHARES:
        return Column(name, heading, percent, "number")
    return Column(name, heading, lambda value: f"{value:,.4g}", "number")


def _filled(
    table: Callable[[pd.DataFrame, int], str], *, newest_last: bool = False
) -> Callable[..., str]:
    """Write nothing where a frame is empty; one with the newest last from its end."""

    def written(frame: pd.DataFrame, most: int = MOST_ROWS) -> str:
        if frame.empty:
            return ""
        return table(frame.iloc[::-1] if newest_last else frame, most)

    return written


TABS = (
    Tab(
        "Patterns",
        "Patterns",
        "pattern_evidence",
        "success_by_pattern",
        "Compare patterns under one heading: they answer the same question. Take the first only "
        "where it is clearly the best, by a probability of at least 90\u202f%; else choose by fit, "
        "or try the one with the fewest uses, which has most to teach.",
        _filled(evidence_table),
        click="Click a pattern to look at its evidence alone.",
        question="works",
    ),
    Tab(
        "Patterns",
        "Over time",
        "success_by_month",
        "success_over_time",
        "A line that leaves its band, or a mark of an alarm, asks what has changed since.",
        _trend_table,
        question="works",
    ),
    Tab(
        "Patterns",
        "Contexts",
        "context_slices",
        "success_by_context",
        "Where the panels disagree with the first, ask for the context before you choose.",
        any_table,
        question="works",
    ),
    Tab(
        "Patterns",
        "What is not known",
        "missing_outcomes",
        "missing_outcomes",
        "The wider the bounds, the more the outcomes that nobody looked for could change.",
        any_table,
        question="sure",
    ),
    Tab(
        "Outcomes",
        "Outcomes",
        "outcome_scores",
        "outcomes_over_time",
        "Look at the lowest points first: each is one score of a decision, its name on hover.",
        _filled(outcome_table, newest_last=True),
        timed=False,
        click="Click a point for its decision.",
        question="worked",
    ),
    Tab(
        "Outcomes",
        "By horizon",
        "scores_by_horizon",
        "scores_by_horizon",
        "A line that falls from one look to the next is a decision that did not last.",
        any_table,
        question="worked",
    ),
    Tab(
        "Outcomes",
        "Outcome debt",
        "outcome_debt",
        "outcome_debt",
        "The first ones cost most not to know: say what came of them.",
        _filled(debt_table),
        question="next",
    ),
    Tab(
        "Outcomes",
        "Regret",
        "decision_regret",
        "regret_by_decision",
        "Where the runner-up had predicted more than came, ask what was overlooked.",
        any_table,
        timed=False,
        question="worked",
    ),
    Tab(
        "Outcomes",
        "Decisions that hold",
        "decision_survival",
        "decision_survival",
        "How long imported decision records hold until they are superseded.",
        any_table,
        timed=False,
        question="worked",
    ),
    Tab(
        "Queries",
        "Queries",
        "query_reduction",
        "query_reduction",
        "Trust the squares, which were counted here; a diamond is what somebody else reports of a "
        "pattern: count a request of your own before and after with memory.record_measurement(…).",
        _filled(pooled_table),
        timed=False,
        question="worked",
    ),
    Tab(
        "Queries",
        "By size",
        "query_reduction_by_size",
        "query_reduction_by_size",
        "Look up the size of your own requests: what is saved differs from size to size.",
        any_table,
        timed=False,
        question="worked",
    ),
    Tab(
        "Forecasts",
        "Calibration",
        "reliability",
        "reliability",
        "A mark below the diagonal came true less often than it was said.",
        any_table,
        timed=False,
        question="sure",
    ),
    Tab(
        "Forecasts",
        "Calibration over time",
        "calibration_by_month",
        "calibration_over_time",
        "Lower is better; above the dotted line, stating the average would have done better.",
        any_table,
        question="sure",
    ),
    Tab(
        "Memory",
        "Focus areas",
        "focus_coverage",
        "focus_coverage",
        "An area with decisions and few patterns is where the memory has most to learn.",
        any_table,
        question="next",
    ),
    Tab(
        "Memory",
        "Size",
        "memory_size",
        "memory_size",
        "Of the whole memory, whatever is filtered: what each agent takes of its limit.",
        any_table,
        timed=False,
        whole=True,
        question="kept",
    ),
    Tab(
        "Memory",
        "Upkeep",
        "memory_events",
        "memory_events",
        "Of the whole memory: backups, archives, resets and what was forgotten.",
        any_table,
        timed=False,
        question="kept",
    ),
    Tab(
        "Memory",
        "Latency",
        "query_latency",
        "query_latency",
        "How long the memory took to answer an architect: p50 and p95 of each week.",
        any_table,
        question="kept",
    ),
    Tab(
        "Sessions",
        "Costs",
        "session_costs",
        "session_costs",
        "Tokens, turns, time and money of each session.",
        any_table,
        timed=False,
        question="kept",
    ),
    Tab(
        "Sessions",
        "Steps",
        "step_shares",
        "session_steps",
        "Which steps of the learning protocol are done, and which are skipped.",
        any_table,
        timed=False,
        question="kept",
    ),
    Tab(
        "Sessions",
        "Learning curve",
        "learning_curve",
        "learning_curve",
        "Nobody drew lots who works without the memory: to know that it was the memory, try both "
        "on the same briefs with archkit.ablation.",
        any_table,
        question="kept",
    ),
    Tab(
        "Work",
        "Pace",
        "pace",
        "pace",
        "Decisions that grow while outcomes do not are a debt: ask who has looked at what came.",
        any_table,
        question="decided",
    ),
    Tab(
        "Work",
        "Agents",
        "success_by_agent",
        "success_by_agent",
        "Whoever decides the harder questions succeeds less often: compare within one kind of "
        "choice before you conclude.",
        any_table,
        click="Click an agent to look at its work alone.",
        question="decided",
    ),
)
GROUPS = tuple(dict.fromkeys(tab.group for tab in TABS))
