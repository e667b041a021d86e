"""Whether what was forecast came true: scores, reliability, coverage of the intervals."""

from __future__ import annotations

import math
from datetime import datetime
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from archkit.memory.beta import Floats, beta_quantile
from archkit.memory.learning import LEARNING_RATE, posterior
from archkit.metrics.evidence import interval, pattern_evidence
from archkit.metrics.rows import Readable, joined, utc
from archkit.records import PROVENANCE

__all__ = [
    "calibration",
    "exact_coverage",
    "forecasts",
    "interval_coverage",
    "reliability",
]

GROUPS = ("agent", "area", "provenance")
_LEAST_LIKELY = 0.001
_FORECASTS = """
SELECT d.decision_id, d.title, d.agent, p.area, d.confidence, d.last_value, d.last_source,
  d.decided_at, d.last_outcome_at
FROM decision_log d
LEFT JOIN pattern p ON p.slug = d.patterns[1]
WHERE d.confidence IS NOT NULL AND d.last_value IS NOT NULL
ORDER BY d.decided_at, d.decision_id
"""


def forecasts(memory: Readable) -> pd.DataFrame:
    """Return the confidences stated when deciding, beside what came of the decisions.

    Returns
    -------
    DataFrame
        One row a decision that has both, oldest first: `decision_id`, `title`, `agent`, `area` (of
        the first pattern used; null if there is none), `provenance` (of the outcome), `stated` and
        `came` (0–1), `decided_at`, `last_outcome_at` (UTC).
    """
    rows = utc(memory.sql(_FORECASTS), "decided_at", "last_outcome_at")
    rows["provenance"] = [PROVENANCE.get(source, source) for source in rows["last_source"]]
    rows = rows.rename(columns={"confidence": "stated", "last_value": "came"})
    names = ["decision_id", "title", "agent", "area", "provenance", "stated", "came"]
    return rows[[*names, "decided_at", "last_outcome_at"]]


def calibration(memory: Readable, *, by: str | None = None, ci_prob: float = 0.9) -> pd.DataFrame:
    """Score the confidences stated when deciding against the latest outcomes.

    Parameters
    ----------
    memory
        What to read.
    by
        agent, area or provenance: a row for each; None: one for all.
    ci_prob
        Probability inside the intervals.

    Returns
    -------
    DataFrame
        One row a group, most forecasts first: `group`; `n` forecasts; `brier`, their mean squared
        miss (0 is perfect, .25 what always saying one half earns), with `brier_low` to
        `brier_high`; `brier_of_mean`, what always stating the mean outcome would have earned;
        `log_loss` (natural logarithm; confidences nearer than .001 to 0 or 1 count as that);
        `stated` and `came`, the means (0–1); `excess`, the first less the second, with
        `excess_low` to `excess_high` (paired); `provenance` of the outcomes; `ci_prob`.
        No interval (NaN) where n is 1; no row where nothing can be scored.
    """
    rows = _grouped(forecasts(memory), by)
    found = [
        {"group": group} | _scores(part, ci_prob)
        for group, part in rows.groupby("group", sort=True)
    ]
    frame = pd.DataFrame(found, columns=_CALIBRATION).assign(ci_prob=ci_prob)
    return frame.sort_values("n", ascending=False, kind="stable").reset_index(drop=True)


_CALIBRATION = [
    *("group", "n", "brier", "brier_low", "brier_high", "brier_of_mean", "log_loss"),
    *("stated", "came", "excess", "excess_low", "excess_high", "provenance"),
]


def reliability(
    memory: Readable, *, by: str | None = None, bins: int = 8, ci_prob: float = 0.9
) -> pd.DataFrame:
    """Compare what was stated with what came, from the least to the most confident.

    Parameters
    ----------
    memory
        What to read.
    by
        agent, area or provenance: a curve for each; None: one for all.
    bins
        Into how many parts, of as many forecasts each as can be, a curve is cut; equal confidences
        stay together.
    ci_prob
        Probability inside the intervals.

    Returns
    -------
    DataFrame
        One row a part of a curve: `group`, `stated` (mean, 0–1), `came` (share that succeeded,
        0–1) with `low` to `high` (Jeffreys' interval), `n`, `provenance`, `ci_prob`.
    """
    if bins < 1:
        raise ValueError(f"bins must be at least 1, not {bins}.")
    rows = _grouped(forecasts(memory), by)
    found = [
        {"group": group} | _part(part, ci_prob)
        for group, curve in rows.groupby("group", sort=True)
        for _, part in curve.groupby(_cut(curve["stated"], bins), sort=True)
    ]
    names = ["group", "stated", "came", "low", "high", "n", "provenance"]
    return pd.DataFrame(found, columns=names).assign(ci_prob=ci_prob)


def interval_coverage(
    memory: Readable,
    truth: pd.DataFrame,
    *,
    ci_prob: float = 0.9,
    now: datetime | None = None,
) -> dict[str, float]:
    """How often the intervals of success rates hold the truth of a made-up year.

    Parameters
    ----------
    memory
        A memory that was filled by `simulate`.
    truth
        What `simulate` returned. Patterns whose rate changed in the year are left out: there is no
        one truth to hold; so are those with reported figures. Of those with two contexts the mean
        counts, as each is as common.
    ci_prob
        Probability inside the intervals.
    now
        When the year ended.

    Returns
    -------
    dict
        `coverage` (0–1) with `low` to `high`, `n` patterns, `ci_prob`.
    """
    known = truth[truth["what"] == "pattern"]
    spans = known.groupby(["slug", "tenancy"]).size().groupby("slug").max()
    steady = known[known["slug"].isin(spans.index[spans == 1])]
    rate = steady.groupby("slug")["success_rate"].mean()
    found = pattern_evidence(memory, ci_prob=ci_prob, now=now).set_index("slug")
    # What is reported of a pattern elsewhere knows nothing of the made-up truth.
    found = found[found.index.isin(rate.index) & (found["provenance"] == "simulated")]
    inside = rate[found.index].between(found["low"], found["high"])
    low, high = _jeffreys(float(inside.sum()), float(len(inside)), ci_prob)
    share = float(inside.mean()) if len(inside) else math.nan
    return {"coverage": share, "low": low, "high": high, "n": len(inside), "ci_prob": ci_prob}


def exact_coverage(
    rate: float, uses: int, *, ci_prob: float = 0.9, learning_rate: float = LEARNING_RATE
) -> float:
    """How often a pattern's interval holds its true rate, over all that can come of its uses.

    Parameters
    ----------
    rate
        The true rate, 0–1.
    uses
        How many fresh outcomes there are, each a success or not.

    Returns
    -------
    float
        The probability; nothing is drawn by lot.
    """
    share = 0.0
    for good in range(uses + 1):
        y = [1.0] * good + [0.0] * (uses - good)
        ones, fresh = np.ones(uses), np.zeros(uses)
        a, b = posterior(y, ones, ones, fresh, learning_rate=learning_rate)
        low, high = interval(a, b, ci_prob)
        if low <= rate <= high:
            share += math.comb(uses, good) * rate**good * (1 - rate) ** (uses - good)
    return share


def _grouped(rows: pd.DataFrame, by: str | None) -> pd.DataFrame:
    if by is None:
        return rows.assign(group="all")
    if by not in GROUPS:
        raise ValueError(f"by must be one of {', '.join(GROUPS)}, not {by!r}.")
    return rows.assign(group=rows[by].fillna("").replace("", "not said"))


def _scores(rows: pd.DataFrame, ci_prob: float) -> dict[str, Any]:
    stated, came = rows["stated"].to_numpy(dtype=float), rows["came"].to_numpy(dtype=float)
    missed = (stated - came) ** 2
    sure = np.clip(stated, _LEAST_LIKELY, 1 - _LEAST_LIKELY)
    brier, excess = _mean(missed, ci_prob), _mean(stated - came, ci_prob)
    return {
        "n": len(rows),
        "brier": brier[0],
        "brier_low": max(brier[1], 0.0),
        "brier_high": brier[2],
        "brier_of_mean": float(((came.mean() - came) ** 2).mean()),
        "log_loss": float(-(came * np.log(sure) + (1 - came) * np.log(1 - sure)).mean()),
        "stated": float(stated.mean()),
        "came": float(came.mean()),
        "excess": excess[0],
        "excess_low": excess[1],
        "excess_high": excess[2],
        "provenance": joined(rows["provenance"]),
    }


def _part(rows: pd.DataFrame, ci_prob: float) -> dict[str, Any]:
    came = rows["came"].to_numpy(dtype=float)
    low, high = _jeffreys(came.sum(), len(came), ci_prob)
    return {
        "stated": float(rows["stated"].mean()),
        "came": float(came.mean()),
        "low": low,
        "high": high,
        "n": len(rows),
        "provenance": joined(rows["provenance"]),
    }


def _cut(stated: pd.Series[Any], bins: int) -> pd.Series[Any]:
    """Give each forecast its part; equal confidences are in one."""
    rank = stated.rank(method="average") - 0.5
    return (rank * bins / len(stated)).astype(int)


def _mean(values: Floats, ci_prob: float) -> tuple[float, float, float]:
    """Mean with a normal interval; none of a single value."""
    mean = float(values.mean())
    if len(values) < 2:
        return mean, math.nan, math.nan
    reach = NormalDist().inv_cdf(0.5 + ci_prob / 2) * values.std(ddof=1) / math.sqrt(len(values))
    return mean, mean - float(reach), mean + float(reach)


def _jeffreys(good: float, n: float, ci_prob: float) -> tuple[float, float]:
    """Return Jeffreys' interval of a share; open to 0 where none, to 1 where all succeeded."""
    tail = (1 - ci_prob) / 2
    low, high = beta_quantile([tail, 1 - tail], good + 0.5, n - good + 0.5).tolist()
    return (0.0 if good <= 0 else low), (1.0 if good >= n else high)
