"""What the report of two periods reads: each period's part, and what lies between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from archkit import metrics
from archkit.metrics.scope import Scope
from archkit.report.headline_tiles import Head
from archkit.report.part import agents_of, unmatched
from archkit.report.period_parameters import Period, two_periods

if TYPE_CHECKING:
    from archkit.memory.snapshot import Snapshot

__all__ = ["PeriodContents", "read_periods"]


@dataclass(frozen=True, slots=True)
class PeriodContents:
    """All that is shown of two periods.

    Attributes
    ----------
    now
        From when.
    before, after
        The two periods.
    scope
        Which part of the memory, whenever it was.
    agents, unmatched
        Whose work it is; sentences on names that the memory does not know.
    heads
        `archkit.metrics.headline` of either period.
    made_up
        Whether anything of either is simulated.
    changes, patterns, queries, sessions, reliability, news
        The frames of the figures and of what is new: see `archkit.metrics`.
    """

    now: datetime
    before: Period
    after: Period
    scope: Scope
    ci_prob: float
    agents: tuple[str, ...]
    unmatched: tuple[str, ...]
    heads: tuple[Head, Head]
    changes: pd.DataFrame
    patterns: pd.DataFrame
    queries: pd.DataFrame
    sessions: pd.DataFrame
    reliability: pd.DataFrame
    news: pd.DataFrame

    @property
    def frames(self) -> Mapping[str, pd.DataFrame]:
        """Return the frames by name."""
        names = ("changes", "patterns", "queries", "sessions", "reliability", "news")
        return {name: getattr(self, name) for name in names}


def read_periods(
    state: Snapshot,
    now: datetime,
    *,
    before: Period | None = None,
    after: Period | None = None,
    months: int | None = None,
    ci_prob: float = 0.9,
    **part: Any,
) -> PeriodContents:
    """Read two periods of a part of a memory, named by the fields of `Scope`.

    Raises
    ------
    ReportError
        They are no two periods that can be compared.
    """
    old, new = two_periods(now + timedelta(microseconds=1), before, after, months)
    scope = Scope(**part)
    spans = [replace(scope, since=each.since, until=each.until) for each in (old, new)]
    first, second, whole = (span.of(state) for span in (*spans, scope))
    ends = (min(old.until, now), min(new.until, now))
    curves = [
        metrics.reliability(each, ci_prob=ci_prob, bins=5).assign(period=name)
        for name, each in (("before", first), ("after", second))
    ]
    return PeriodContents(
        now=now,
        before=old,
        after=new,
        scope=scope,
        ci_prob=ci_prob,
        agents=agents_of(whole),
        unmatched=unmatched(state, scope),
        heads=(
            metrics.headline(first, now, ci_prob=ci_prob),
            metrics.headline(second, now, ci_prob=ci_prob),
        ),
        changes=metrics.period_changes(first, second, now, whole=whole, ci_prob=ci_prob),
        patterns=metrics.period_patterns(first, second, ends, ci_prob=ci_prob),
        queries=metrics.period_queries(first, second, ci_prob=ci_prob),
        sessions=metrics.period_sessions(first, second, ci_prob=ci_prob),
        reliability=pd.concat([each for each in curves if len(each)] or curves[:1]),
        news=metrics.pattern_news(whole, old, new),
    )
