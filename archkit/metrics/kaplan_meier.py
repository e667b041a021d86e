"""The Kaplan-Meier estimate: what share outlives a time, when some are still alive.

Estimate and interval are scipy's (Kaplan & Meier 1958; Greenwood's variance on the log-minus-log
scale, Kalbfleisch & Prentice 1980, which keeps within 0 and 1). Where that interval does not exist,
bounds that hold there are given instead.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["kaplan_meier", "median_of", "survival_steps"]

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


def survival_steps(days: npt.ArrayLike, ended: npt.ArrayLike, times: npt.ArrayLike) -> Floats:
    """Return the estimated share that outlives each of `times`; 1 before the first end."""
    estimate = _estimate(np.asarray(days, dtype=float), np.asarray(ended, dtype=bool))
    return np.asarray(estimate.evaluate(np.asarray(times, dtype=float)), dtype=float)


def kaplan_meier(
    days: npt.ArrayLike, ended: npt.ArrayLike, *, ci_prob: float = 0.9
) -> pd.DataFrame:
    """Estimate what share outlives each time.

    Before the first end the variance is zero and the formula says nothing. There, `high` is 1 and
    `low` the rate under which all who are still followed would have held only with probability
    (1 - ci_prob)/2, which is ((1 - ci_prob)/2)^(1/n). Once the estimate is 0, `low` is 0, and
    `high` stays what it was: a share that has fallen cannot rise.

    Parameters
    ----------
    days
        How long each was followed, at least 0.
    ended
        Whether it ended then; else it still held when last seen.
    ci_prob
        Probability inside the pointwise interval.

    Returns
    -------
    DataFrame
        One row a time at which one ended or was last seen, after a row for day 0: `days`,
        `survival_rate` just after it with `low` and `high` (0 to 1), `at_risk` (those followed
        until then, ends and last looks of that day included), `ended`, `censored` (counts).

    Raises
    ------
    ValueError
        There are no durations, one is negative or unknown, or `ci_prob` is not between 0 and 1.
    """
    lengths, ends = np.asarray(days, dtype=float), np.asarray(ended, dtype=bool)
    if not len(lengths) or len(lengths) != len(ends):
        raise ValueError("give at least one duration, and for each whether it ended")
    if not (lengths >= 0).all():
        raise ValueError("a duration is at least 0 days")
    if not 0 < ci_prob < 1:
        raise ValueError(f"ci_prob lies between 0 and 1, not {ci_prob}")
    times, place = np.unique(lengths, return_inverse=True)
    died = np.bincount(place, weights=ends, minlength=len(times))
    left = np.bincount(place, minlength=len(times)) - died
    at_risk = len(lengths) - np.concatenate([[0], np.cumsum(died + left)[:-1]])
    rate, least, most = _with_interval(lengths, ends, ci_prob)
    untouched = np.cumsum(died) == 0
    low = np.where(untouched, ((1 - ci_prob) / 2) ** (1 / at_risk), np.where(rate > 0, least, 0.0))
    high = pd.Series(np.where(untouched, 1.0, most)).ffill().fillna(1.0)
    frame = pd.DataFrame(
        {
            "days": times,
            "survival_rate": rate,
            "low": low,
            "high": high,
            "at_risk": at_risk.astype(int),
            "ended": died.astype(int),
            "censored": left.astype(int),
        }
    )
    if times[0] > 0:
        n = len(lengths)
        start = [0.0, 1.0, ((1 - ci_prob) / 2) ** (1 / n), 1.0, n, 0, 0]
        frame = pd.concat([pd.DataFrame([start], columns=frame.columns), frame], ignore_index=True)
    return frame


def median_of(steps: pd.DataFrame) -> tuple[float, float, float]:
    """Return the median of `kaplan_meier` and its interval (days); NaN where it is not reached.

    The interval holds the times at which half is inside the interval of the share (Brookmeyer &
    Crowley 1982).
    """
    first = [
        steps.loc[steps[name] <= 0.5, "days"].min() for name in ("survival_rate", "low", "high")
    ]
    return float(first[0]), float(first[1]), float(first[2])


def _estimate(lengths: Floats, ends: Flags) -> Any:
    from scipy.stats import CensoredData, ecdf

    return ecdf(CensoredData(uncensored=lengths[ends], right=lengths[~ends])).sf


def _with_interval(lengths: Floats, ends: Flags, ci_prob: float) -> tuple[Floats, Floats, Floats]:
    estimate = _estimate(lengths, ends)
    with warnings.catch_warnings():  # undefined at 1 and at 0, where the caller has other bounds
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = estimate.confidence_interval(ci_prob, method="log-log")
    parts = (estimate, interval.low, interval.high)
    rate, low, high = (np.asarray(part.probabilities, dtype=float) for part in parts)
    return rate, low, high
