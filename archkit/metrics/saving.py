"""Queries that changes did away with: each measurement, and pooled by pattern."""

from __future__ import annotations

import pandas as pd

from archkit.memory.reduction import query_reduction_share, reduction
from archkit.metrics.rows import Readable, known_rows, utc

__all__ = ["pooled", "query_measurements", "query_reduction", "query_reduction_share"]

_REDUCTION = ["slug", "name", "reduction_share", "low", "high", "median_share", "n"]


def query_measurements(memory: Readable) -> pd.DataFrame:
    """Return the queries before and after each change.

    Returns
    -------
    DataFrame
        One row a measurement, oldest first: `measurement_id`, `slug` and `name` of the pattern
        (null if none), `label`, `n` (size of the request), `queries_before`, `queries_after`,
        `reduction_share` (at most 1; negative when queries were added), `source`, `provenance`,
        `measured_at` (UTC), `decision_id`.
    """
    rows = memory.sql(
        "SELECT measurement_id, slug, name, label, n, queries_before, queries_after, "
        "reduction_share, source, provenance, measured_at, decision_id FROM query_reduction "
        "ORDER BY measured_at, measurement_id"
    )
    return utc(rows, "measured_at")


def query_reduction(memory: Readable, *, ci_prob: float = 0.9) -> pd.DataFrame:
    """Share of queries that each pattern did away with.

    Returns
    -------
    DataFrame
        One row a pattern (or label, where no pattern was named) and provenance; counted ones
        first, the most saved first: `slug`, `name`; `reduction_share`, pooled, 1 - Σafter/Σbefore
        (at most 1, negative when queries were added), with its bootstrap interval `low` to
        `high` over the measurements (null when there is one only); `median_share` of them; `n`
        measurements; `queries_before` and `queries_after`, their sums; `reported_share`, what
        others report of the pattern; `provenance`; `ci_prob`. A row of provenance "reported" has
        only the reported share: it is nobody's count and never joins one.
    """
    counted = known_rows(query_measurements(memory), "reduction_share")
    counted["slug"] = counted["slug"].fillna(counted["label"])
    counted["name"] = counted["name"].fillna(counted["label"])
    reported = memory.sql(
        "SELECT slug, name, max(value) AS share FROM reported_metric "
        "WHERE metric IN ('query_reduction', 'queryReduction') AND value IS NOT NULL "
        "GROUP BY slug, name ORDER BY slug"
    )
    rows = [
        {"slug": slug, "name": name, "provenance": kind, **pooled(group, ci_prob)}
        for (slug, name, kind), group in counted.groupby(["slug", "name", "provenance"])
    ]
    rows += [
        {"slug": slug, "name": name, "provenance": "reported", "reduction_share": share}
        for slug, name, share in reported.itertuples(index=False)
    ]
    sums = ["queries_before", "queries_after", "reported_share", "provenance"]
    frame = pd.DataFrame(rows, columns=[*_REDUCTION, *sums])
    shares = dict(zip(reported["slug"], reported["share"], strict=True))
    frame["reported_share"] = frame["slug"].map(shares)
    numbers = [c for c in frame.columns if c not in {"slug", "name", "provenance"}]
    frame = frame.astype(dict.fromkeys(numbers, float)).assign(ci_prob=ci_prob)
    frame["counted"] = frame["provenance"] != "reported"
    ordered = frame.sort_values(["counted", "reduction_share"], ascending=False, kind="stable")
    return ordered.drop(columns="counted").reset_index(drop=True)


def pooled(group: pd.DataFrame, ci_prob: float) -> dict[str, float]:
    """Pool measurements: a mean of shares would let the smallest request count most."""
    before, after = (group[f"queries_{end}"].to_numpy(dtype=float) for end in ("before", "after"))
    found = reduction(before, after, ci_prob=ci_prob)
    return {
        "reduction_share": found.pooled_share,
        "low": found.low,
        "high": found.high,
        "median_share": found.median_share,
        "n": found.n,
        "queries_before": found.queries_before,
        "queries_after": found.queries_after,
    }
