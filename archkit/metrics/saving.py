"""Queries that changes did away with: each measurement, and pooled by pattern."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from archkit.metrics.rows import Readable, known_rows, utc

__all__ = ["pooled", "query_measurements", "query_reduction", "query_reduction_share"]

_DRAWS = 2000
_SEED = 20_240_229
_CELLS = 4_000_000
_REDUCTION = ["slug", "name", "reduction_share", "low", "high", "median_share", "n"]


def query_reduction_share(before: float, after: float) -> float:
    """Share of queries a change did away with.

    Parameters
    ----------
    before, after
        Queries for the same request, counted the same way; `before` is positive.

    Returns
    -------
    float
        At most 1; negative when the change added queries.

    Examples
    --------
    >>> query_reduction_share(120, 18)
    0.85
    """
    if before <= 0 or after < 0:
        raise ValueError(f"before must be positive and after not negative, not {before}, {after}.")
    return 1 - after / before


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
    before = group["queries_before"].to_numpy(dtype=float)
    after = group["queries_after"].to_numpy(dtype=float)
    low, high = _bootstrap(before, after, ci_prob)
    return {
        "reduction_share": query_reduction_share(float(before.sum()), float(after.sum())),
        "low": low,
        "high": high,
        "median_share": float(np.median(1 - after / before)),
        "n": len(group),
        "queries_before": before.sum(),
        "queries_after": after.sum(),
    }


def _bootstrap(before: Any, after: Any, ci_prob: float) -> tuple[float, float]:
    """Percentile interval of the pooled share over resampled measurements; the same every time."""
    if not 0 < ci_prob < 1:
        raise ValueError(f"ci_prob must be between 0 and 1, not {ci_prob}.")
    size = len(before)
    if size < 2:
        return float("nan"), float("nan")
    rng, batch = np.random.default_rng(_SEED), max(1, _CELLS // size)
    shares: list[Any] = []
    for start in range(0, _DRAWS, batch):
        drawn = rng.integers(size, size=(min(batch, _DRAWS - start), size))
        shares.append(1 - after[drawn].sum(axis=1) / before[drawn].sum(axis=1))
    tail = (1 - ci_prob) / 2
    low, high = np.quantile(np.concatenate(shares), [tail, 1 - tail])
    return float(low), float(high)
