"""Queries that changes did away with: each measurement, and pooled by pattern and by size."""

from __future__ import annotations

from collections.abc import Hashable

import pandas as pd

from archkit.memory.reduction import query_reduction_share, reduction
from archkit.metrics.rows import Readable, known_rows, utc

__all__ = [
    "pooled",
    "query_measurements",
    "query_reduction",
    "query_reduction_by_size",
    "query_reduction_share",
    "without_warm",
]

_REDUCTION = ["slug", "name", "reduction_share", "low", "high", "median_share", "n"]
_SUMS = ["requests", "queries_before", "queries_after", "reported_share", "cache", "provenance"]
_TEXTS = {"slug", "name", "provenance", "cache"}


def query_measurements(memory: Readable) -> pd.DataFrame:
    """Return the queries before and after each change.

    Returns
    -------
    DataFrame
        One row a measurement, oldest first: `measurement_id`, `slug` and `name` of the pattern
        (null if none), `label`, `n` (size of the request), `cache` ("cold" or "warm" where the
        change is a cache, else ""), `queries_before`, `queries_after`, `reduction_share` (at most
        1; negative when queries were added), `rows_read` after it, `before_ms` and `after_ms` (the
        time of the request; null if unknown), `source`, `provenance`, `measured_at` (UTC),
        `decision_id`.
    """
    rows = memory.sql(
        "SELECT measurement_id, slug, name, label, n, coalesce(cache, '') AS cache, "
        "queries_before, queries_after, reduction_share, rows_read, before_ms, after_ms, source, "
        "provenance, measured_at, decision_id FROM query_reduction "
        "ORDER BY measured_at, measurement_id"
    )
    return utc(rows, "measured_at")


def query_reduction(memory: Readable, *, ci_prob: float = 0.9) -> pd.DataFrame:
    """Share of queries that each pattern did away with.

    Returns
    -------
    DataFrame
        One row a pattern (or label, where no pattern was named), state of its cache and
        provenance; counted ones first, the most saved first: `slug`, `name`; `reduction_share`,
        pooled, 1 - Σafter/Σbefore (at most 1, negative when queries were added), with its bootstrap
        interval `low` to `high` over the requests (null when there is one only); `median_share` of
        the measurements; `n` measurements of `requests` different requests (label, size and
        decision); `queries_before` and `queries_after`, their sums; `reported_share`, what others
        report of the pattern; `cache` ("cold", "warm" or "": what it did cold and warm is never
        pooled); `provenance`; `ci_prob`. A row of provenance "reported" has only the reported
        share: it is nobody's count and never joins one.
    """
    counted, reported = _counted(memory), _reported(memory)
    keys = ["slug", "name", "cache", "provenance"]
    rows: list[dict[str, object]] = [
        {**dict(zip(keys, key, strict=True)), **pooled(group, ci_prob)}
        for key, group in counted.groupby(keys)
    ]
    rows += [
        {
            "slug": slug,
            "name": name,
            "provenance": "reported",
            "cache": "",
            "reduction_share": share,
        }
        for slug, name, share in reported.itertuples(index=False)
    ]
    frame = _framed(rows, [*_REDUCTION, *_SUMS], reported, ci_prob)
    frame["counted"] = frame["provenance"] != "reported"
    ordered = frame.sort_values(["counted", "reduction_share"], ascending=False, kind="stable")
    return ordered.drop(columns="counted").reset_index(drop=True)


def query_reduction_by_size(memory: Readable, *, ci_prob: float = 0.9) -> pd.DataFrame:
    """Share of queries that each pattern did away with, by the size of the request.

    What is reported of a pattern is one figure, and says of no size; what was counted differs from
    size to size.

    Returns
    -------
    DataFrame
        One row a pattern (or label), state of its cache, provenance and size, by name and size:
        the columns of `query_reduction`, and `size`, the items asked for; `speed_up`, the median of
        the time before over the time after (null if no time is known). Measurements without a size
        are left out, and so is what nobody counted.
    """
    counted = _counted(memory)
    sized = counted[counted["n"] > 0] if len(counted) else counted
    keys = ["slug", "name", "cache", "provenance", "n"]
    rows: list[dict[str, object]] = [
        {
            **dict(zip(keys, key, strict=True)),
            "size": key[-1],
            "speed_up": (group["before_ms"] / group["after_ms"]).median(),
            **pooled(group, ci_prob),
        }
        for key, group in sized.groupby(keys)
    ]
    columns = [*_REDUCTION[:2], "size", *_REDUCTION[2:], "speed_up", *_SUMS]
    frame = _framed(rows, columns, _reported(memory), ci_prob)
    order = ["name", "slug", "cache", "provenance", "size"]
    return frame.sort_values(order, kind="stable").reset_index(drop=True)


def pooled(group: pd.DataFrame, ci_prob: float) -> dict[str, float]:
    """Pool measurements: a mean of shares would let the smallest request count most."""
    before, after = (group[f"queries_{end}"].to_numpy(dtype=float) for end in ("before", "after"))
    found = reduction(before, after, _requests(group), ci_prob=ci_prob)
    return {
        "reduction_share": found.pooled_share,
        "low": found.low,
        "high": found.high,
        "median_share": found.median_share,
        "n": found.n,
        "requests": found.requests,
        "queries_before": found.queries_before,
        "queries_after": found.queries_after,
    }


def without_warm(measurements: pd.DataFrame) -> pd.DataFrame:
    """Leave out warm caches: they save everything, whatever was asked for before."""
    return measurements[measurements["cache"] != "warm"]


def _requests(group: pd.DataFrame) -> list[Hashable]:
    """Tell which request each measurement is of; one of unknown size is like no other."""
    return [
        (label, size, decision) if size > 0 else (label, number)
        for number, (label, size, decision) in enumerate(
            group[["label", "n", "decision_id"]].fillna({"n": 0, "decision_id": ""}).to_numpy()
        )
    ]


def _counted(memory: Readable) -> pd.DataFrame:
    counted = known_rows(query_measurements(memory), "reduction_share")
    counted["slug"] = counted["slug"].fillna(counted["label"])
    counted["name"] = counted["name"].fillna(counted["label"])
    return counted


def _reported(memory: Readable) -> pd.DataFrame:
    return memory.sql(
        "SELECT slug, name, max(value) AS share FROM reported_metric "
        "WHERE metric IN ('query_reduction', 'queryReduction') AND value IS NOT NULL "
        "GROUP BY slug, name ORDER BY slug"
    )


def _framed(
    rows: list[dict[str, object]], columns: list[str], reported: pd.DataFrame, ci_prob: float
) -> pd.DataFrame:
    """Bring rows to a frame, with what is reported of each pattern beside what was counted."""
    frame = pd.DataFrame(rows, columns=columns)
    shares = dict(zip(reported["slug"], reported["share"], strict=True))
    frame["reported_share"] = frame["slug"].map(shares)
    numbers = [column for column in frame.columns if column not in _TEXTS]
    return frame.astype(dict.fromkeys(numbers, float)).assign(ci_prob=ci_prob)
