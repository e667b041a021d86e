"""Whether a pattern stopped working as it did: a Bayes factor on its last outcomes.

After at least 10 uses the last 8 outcomes are held against the posterior of those before, at every
use. If they are more than 20 times likelier under a rate of their own than under the earlier one,
an epoch begins, at that of the 8 where a change is likeliest. An outcome y of weight w = η·q
counts w·y as success and w·(1 - y) as failure, as in the posterior; graded outcomes vary less than
yes and no, so for them the alarm is the more careful one.

Simulated (test_drift.py): of patterns that keep their rate for 40 uses under 3 in 100 are taken
to have changed; of those whose rate halves at the 20th use four to five in ten are noticed by the
40th. It is specific and misses half: show the rate of the last uses beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from archkit.memory.beta import Floats, log_beta

__all__ = [
    "BAYES_FACTOR",
    "LEAST_USES",
    "OLD_EPOCH_WEIGHT",
    "WINDOW",
    "Break",
    "bayes_factor",
    "find_breaks",
    "suspects",
]

WINDOW = 8
"""So many last outcomes are held against the earlier ones."""

LEAST_USES = 10
"""From so many uses in an epoch on."""

BAYES_FACTOR = 20.0
"""Above this an epoch ends."""

OLD_EPOCH_WEIGHT = 0.1
"""What an outcome of an ended epoch still counts. Measured where rates halve at the 20th of 40
uses, Brier score of the forecasts after an alarm: .324 at 1, .295 at .5, .280 at .1, .286 at 0."""


@dataclass(frozen=True, slots=True)
class Break:
    """Where a pattern's outcomes changed.

    `first` is the place of the first outcome of the new epoch, `last` that of the outcome at which
    the change was noticed, `start` where the epoch before began; `bayes_factor` says how many times
    likelier the outcomes from `first` to `last` are under a rate of their own.
    """

    start: int
    first: int
    last: int
    bayes_factor: float


def bayes_factor(
    successes: ArrayLike, failures: ArrayLike, earlier_a: ArrayLike, earlier_b: ArrayLike
) -> Floats:
    """How many times likelier outcomes are under a rate of their own than under the earlier one.

    Parameters
    ----------
    successes, failures
        Weighted sums of y and of 1 - y of the last outcomes.
    earlier_a, earlier_b
        Beta posterior of the outcomes before.

    Returns
    -------
    ndarray
        The ratio of the two Beta-binomial likelihoods; the own rate's prior is Beta(1, 1).
    """
    good, bad = np.asarray(successes, dtype=float), np.asarray(failures, dtype=float)
    a, b = np.asarray(earlier_a, dtype=float), np.asarray(earlier_b, dtype=float)
    own = log_beta(1 + good, 1 + bad)
    ratio: Floats = np.exp(own - (log_beta(a + good, b + bad) - log_beta(a, b)))
    return ratio


def find_breaks(
    seen_at: NDArray[np.datetime64], y: Floats, worth: Floats, *, settled: int = 0
) -> tuple[Break, ...]:
    """Find every change in the outcomes of one pattern.

    Parameters
    ----------
    seen_at, y, worth
        When an outcome was seen (oldest first), how good it was (0 to 1), what it weighs (0 to 1).
    settled
        Outcomes before this place are known to be of one epoch: no window reaches into them.

    Returns
    -------
    tuple of Break
        In order of time. Outcomes seen at one instant have no order: no epoch begins amid them.
    """
    fresh = np.append(True, seen_at[1:] > seen_at[:-1])
    found: list[Break] = []
    start = 0
    while True:
        first = np.arange(max(start + LEAST_USES - WINDOW, settled), len(y) - WINDOW + 1)
        alarms = first[_factors(y, worth, start, first, first + WINDOW) > BAYES_FACTOR]
        new = next(filter(None, (_break(y, worth, start, n, fresh) for n in alarms.tolist())), None)
        if new is None:
            return tuple(found)
        found.append(new)
        start = new.first


def _break(
    y: Floats, worth: Floats, start: int, window: int, fresh: NDArray[np.bool_]
) -> Break | None:
    """Begin an epoch where in a window a change is likeliest; None if it has but one instant."""
    places = np.arange(window, window + WINDOW)
    places = places[fresh[places]]
    if not len(places):
        return None
    factors = _factors(y, worth, start, places, window + WINDOW)
    best = int(factors.argmax())
    return Break(start, int(places[best]), window + WINDOW - 1, float(factors[best]))


def suspects(code: NDArray[np.int64], y: Floats, worth: Floats) -> NDArray[np.int64]:
    """Return the patterns in which anything may have changed, at the price of a few sums.

    Parameters
    ----------
    code, y, worth
        The pattern (entries of one stand together, oldest first), how it went, what it weighs.
    """
    if not len(code):
        return np.zeros(0, dtype=np.int64)
    begins = np.flatnonzero(np.append(True, code[1:] != code[:-1]))
    start = np.repeat(begins, np.diff(np.append(begins, len(code))))
    first = np.arange(len(code)) - WINDOW + 1
    ready = first >= start + LEAST_USES - WINDOW
    factors = _factors(y, worth, start[ready], first[ready], first[ready] + WINDOW)
    return np.unique(code[ready][factors > BAYES_FACTOR])


def _factors(
    y: Floats,
    worth: Floats,
    start: NDArray[np.int64] | int,
    first: NDArray[np.int64],
    end: NDArray[np.int64] | int,
) -> Floats:
    """Bayes factor of the outcomes from each `first` to `end` against those since `start`."""
    good = np.append(0.0, np.cumsum(worth * y))
    bad = np.append(0.0, np.cumsum(worth * (1 - y)))
    return bayes_factor(
        good[end] - good[first],
        bad[end] - bad[first],
        1 + good[first] - good[start],
        1 + bad[first] - bad[start],
    )
