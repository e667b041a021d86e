"""What is not known yet: decisions nobody has looked at since, and how much hangs on them."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from archkit.memory.beta import beta_quantile
from archkit.memory.learning import LEARNING_RATE, expected_variance_cut
from archkit.metrics.evidence import pattern_evidence
from archkit.metrics.rows import Readable, made_up, utc
from archkit.records import utc_now

__all__ = ["missing_outcomes", "outcome_debt"]

_YEAR_DAYS = 365
_OF_NOTHING_KNOWN = {True: "simulated", False: "none"}


def outcome_debt(
    memory: Readable, now: datetime | None = None, *, learning_rate: float = LEARNING_RATE
) -> pd.DataFrame:
    """Return the decisions nobody has looked at since, and what not knowing costs.

    The cost of not knowing an outcome is how much it would tell, times how often that is asked:
    Σ over the decision's patterns of V - E[V'], times the decisions of its kind in the last year.
    V = ab / ((a+b)² (a+b+1)) is the variance of the pattern's rate, Beta(a, b), and V' that after
    the outcome, which is a success with probability a/(a+b) and weighs η.

    Returns
    -------
    DataFrame
        One row a decision without an outcome, most overdue first: `decision_id`, `title`,
        `chosen`, `decided_at`, `due_at` (UTC), `confidence` (0 to 1), `overdue_days` (negative
        while it is not due yet, null if it never is), `kind`, `patterns` (list), `choices_a_year`
        (decisions of its kind in the last 365 days, itself included; at least 1),
        `cost_of_not_knowing` (variance of a rate, a year; null where no pattern would learn),
        `cost_rank` (1 costs most; among those that are due, null for the others), `simulated`
        (whether the decision is made up).
    """
    present = pd.Timestamp(now or utc_now()).tz_convert(UTC)
    rows = memory.sql(
        "SELECT o.decision_id, o.title, o.chosen, o.decided_at, o.due_at, o.confidence, d.kind, "
        "d.patterns FROM outcome_debt o JOIN decision d ON d.decision_id = o.decision_id "
        "ORDER BY o.due_at, o.decision_id"
    )
    frame = utc(rows, "decided_at", "due_at")
    late = present - frame["due_at"]
    lists = [list(slugs) if slugs is not None else [] for slugs in frame["patterns"]]
    frame["patterns"] = pd.Series(lists, index=frame.index, dtype=object)
    frame["overdue_days"] = late.dt.total_seconds() / 86_400
    made = memory.sql(
        "SELECT kind, count(*) AS n FROM decision WHERE decided_at > $since GROUP BY kind",
        since=(present - pd.Timedelta(days=_YEAR_DAYS)).tz_localize(None).to_pydatetime(),
    )
    often = frame["kind"].map(dict(made.itertuples(index=False, name=None))).fillna(1.0)
    frame["choices_a_year"] = often.astype(float).clip(lower=1.0)
    frame["cost_of_not_knowing"] = frame["choices_a_year"] * _told(
        frame["patterns"], memory, learning_rate, present
    )
    due = frame["cost_of_not_knowing"].where(frame["overdue_days"] > 0)
    frame["cost_rank"] = due.rank(ascending=False, method="first")
    columns = ["decision_id", "title", "chosen", "decided_at", "due_at", "confidence"]
    columns += ["overdue_days", "kind", "patterns", "choices_a_year", "cost_of_not_knowing"]
    frame["simulated"] = made_up(frame["decision_id"])
    return frame[[*columns, "cost_rank", "simulated"]]


def _told(patterns: pd.Series, memory: Readable, learning_rate: float, now: datetime) -> pd.Series:
    """How much variance each decision's outcome would take from its patterns' rates."""
    if not any(map(len, patterns)):
        return pd.Series(np.nan, index=patterns.index, dtype=float)
    known = pattern_evidence(memory, learning_rate=learning_rate, now=now).set_index("slug")
    slugs = patterns.explode().dropna()
    a, b = (slugs.map(known[name]).fillna(1.0).to_numpy(dtype=float) for name in ("a", "b"))
    cut = pd.Series(expected_variance_cut(a, b, learning_rate), index=slugs.index)
    return cut.groupby(level=0).sum().reindex(patterns.index)


def missing_outcomes(
    memory: Readable,
    *,
    ci_prob: float = 0.9,
    learning_rate: float = LEARNING_RATE,
    now: datetime | None = None,
) -> pd.DataFrame:
    """Between what bounds the success rate of each pattern lies while outcomes are missing.

    Who has failed is often silent about it. The bounds are the rate if every decision without an
    outcome had failed, or had succeeded.

    Parameters
    ----------
    memory
        What to read.
    ci_prob
        Probability inside the credible intervals.
    learning_rate
        How much of a trial one outcome is worth (0 to 1).
    now
        The instant to look from. The present by default.

    Returns
    -------
    DataFrame
        One row a pattern that accepted decisions without an outcome use, the widest bounds first:
        `slug`, `name`, `kind`; `n` uses whose outcome is known, `n_missing` whose is not, of
        which `n_overdue` are past their review date; `success_rate` of the known (0 to 1;
        posterior mean), `worst_rate` and `best_rate` (0 to 1) if all missing ones had failed or
        succeeded today, `low` the lower end of the worst's credible interval and `high` the upper
        end of the best's; `provenance` of the known ones (none if nothing is known, simulated if
        the decisions are made up); `ci_prob`.
    """
    present = now or utc_now()
    rows = memory.sql(
        "SELECT e.slug, any_value(e.name) AS name, any_value(e.kind) AS kind, "
        "count(*) AS n_missing, count(CASE WHEN d.due_at < $now THEN 1 END) AS n_overdue, "
        "min(d.decision_id) AS decision_id "
        "FROM pattern_evidence e JOIN decision d ON d.decision_id = e.decision_id "
        "WHERE e.y IS NULL AND d.status = 'accepted' GROUP BY e.slug ORDER BY e.slug",
        now=present.astimezone(UTC).replace(tzinfo=None),
    )
    known = pattern_evidence(memory, learning_rate=learning_rate, now=present)
    frame = rows.join(known.set_index("slug")[["a", "b", "n", "provenance"]], on="slug")
    a, b = (frame[name].fillna(1.0).to_numpy(dtype=float) for name in ("a", "b"))
    missing = learning_rate * frame["n_missing"].to_numpy(dtype=float)
    tail = (1 - ci_prob) / 2
    frame = frame.assign(
        n=frame["n"].fillna(0.0).astype(float),
        success_rate=a / (a + b),
        worst_rate=a / (a + b + missing),
        best_rate=(a + missing) / (a + b + missing),
        provenance=frame["provenance"].where(
            frame["provenance"].notna(), made_up(frame["decision_id"]).map(_OF_NOTHING_KNOWN)
        ),
        low=beta_quantile(tail, a, b + missing),
        high=beta_quantile(1 - tail, a + missing, b),
        ci_prob=ci_prob,
    )
    columns = ["slug", "name", "kind", "n", "n_missing", "n_overdue", "success_rate"]
    columns += ["worst_rate", "best_rate", "low", "high", "provenance", "ci_prob"]
    width = frame["best_rate"] - frame["worst_rate"]
    order = width.sort_values(ascending=False, kind="stable").index
    return frame.loc[order, columns].reset_index(drop=True)
