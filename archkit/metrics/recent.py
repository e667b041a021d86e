"""Whether patterns still work as they did: their last outcomes beside the earlier ones."""

from __future__ import annotations

import pandas as pd

from archkit.memory.drift import WINDOW, bayes_factor
from archkit.memory.learning import LEARNING_RATE
from archkit.metrics.evidence import interval
from archkit.metrics.rows import Readable, joined, utc
from archkit.records import SOURCE_WEIGHT

__all__ = ["recent_outcomes"]


def recent_outcomes(
    memory: Readable, *, ci_prob: float = 0.9, learning_rate: float = LEARNING_RATE
) -> pd.DataFrame:
    """How the last eight outcomes of each pattern compare with those before.

    The drift alarm is specific and misses about half of the changes; this is what to look at
    beside it. Compared are the dated outcomes of a pattern's present epoch, nothing reported.

    Returns
    -------
    DataFrame
        One row a pattern with dated outcomes, the likeliest change first: `slug`, `name`;
        `recent_rate` (0 to 1; posterior mean of the last eight, without decay) with its credible
        interval `recent_low` to `recent_high` over `recent_n` outcomes; `earlier_rate`,
        `earlier_low`, `earlier_high`, `earlier_n` likewise (null where there are none before);
        `bayes_factor`, how many times likelier the recent ones are under a rate of their own than
        under the earlier one (null without any; above 20, from ten uses on,
        `archkit.memory.lifecycle.learn` begins an epoch); `last_at` (UTC), `provenance`, `ci_prob`.
    """
    rows = memory.sql(
        "SELECT e.slug, e.name, e.y, e.source, e.provenance, e.outcome_at FROM pattern_evidence e "
        "LEFT JOIN pattern_epoch k ON k.slug = e.slug AND k.is_current "
        "WHERE e.y IS NOT NULL AND e.outcome_at IS NOT NULL AND e.source <> 'reported' "
        "AND e.source IN (SELECT s.source FROM source s) "
        "AND (k.slug IS NULL OR e.outcome_at >= k.began_at) "
        "ORDER BY e.slug, e.outcome_at, e.use_id"
    )
    rows = utc(rows, "outcome_at")
    worth = learning_rate * rows["source"].map(SOURCE_WEIGHT).astype(float)
    rows = rows.assign(won=worth * rows["y"], lost=worth * (1 - rows["y"]))
    from_last = rows.groupby("slug").cumcount(ascending=False)
    rows["recent"] = from_last < WINDOW
    last = rows.groupby("slug").agg(
        name=("name", "last"), last_at=("outcome_at", "last"), provenance=("provenance", joined)
    )
    parts = {}
    for part, mine in (("recent", rows["recent"]), ("earlier", ~rows["recent"])):
        sums = rows[mine].groupby("slug")[["won", "lost"]].sum().reindex(last.index)
        n = rows[mine].groupby("slug").size().reindex(last.index, fill_value=0)
        a, b = 1 + sums["won"].to_numpy(dtype=float), 1 + sums["lost"].to_numpy(dtype=float)
        low, high = interval(a, b, ci_prob)
        parts[part] = a, b
        told = {"rate": a / (a + b), "low": low, "high": high, "n": n.astype(float)}
        last = last.assign(**{f"{part}_{name}": column for name, column in told.items()})
    (won, lost), (a, b) = parts["recent"], parts["earlier"]
    last["bayes_factor"] = bayes_factor(won - 1, lost - 1, a, b)
    frame = last.assign(ci_prob=ci_prob).reset_index()
    frame = frame.sort_values(["bayes_factor", "slug"], ascending=[False, True], kind="stable")
    columns = ["slug", "name", *(f"recent_{name}" for name in _RATE)]
    columns += [*(f"earlier_{name}" for name in _RATE), "bayes_factor", "last_at", "provenance"]
    return frame[[*columns, "ci_prob"]].reset_index(drop=True)


_RATE = ("rate", "low", "high", "n")
