"""Beta posteriors of success rates from weighted, fading outcomes, the same in any order."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from archkit.memory.beta import Floats

__all__ = [
    "HALF_LIFE_DAYS",
    "LEARNING_RATE",
    "expected_variance_cut",
    "posterior",
    "posteriors",
    "sums",
]

LEARNING_RATE = 0.8
"""How much of a trial one outcome is worth: outcomes are noisy and hang together."""

HALF_LIFE_DAYS = 180.0
"""After so many days a dated outcome counts half."""

_COARSE, _FINE, _EXACT = 2.0**26, 2.0**56, 2.0**53
_MOST_ENTRIES = 1 << 24  # of at most 2^29 fine multiples each


def posteriors(
    group: ArrayLike,
    y: ArrayLike,
    uses: ArrayLike,
    weight: ArrayLike,
    age_days: ArrayLike,
    *,
    size: int,
    learning_rate: float = LEARNING_RATE,
) -> tuple[Floats, Floats]:
    """Beta posteriors of many patterns at once.

    Parameters
    ----------
    group
        Which pattern each entry is about: 0 to `size` - 1.
    y, uses, weight, age_days
        How well it went (0–1), the count, what one of it weighs (0–1), the age (NaN: undated;
        below 0, from a clock that runs ahead: as if of now).
    size
        How many patterns there are.
    learning_rate
        η, 0 to 1.

    Returns
    -------
    tuple of ndarray
        a and b of each pattern, both at least 1.
    """
    if not 0 <= learning_rate <= 1:
        raise ValueError(f"learning_rate must be 0 to 1, not {learning_rate}.")
    index, rate = np.asarray(group, dtype=np.int64), np.asarray(y, dtype=float)
    age = np.maximum(np.nan_to_num(np.asarray(age_days, dtype=float), nan=0.0), 0.0)
    trials = np.asarray(uses, dtype=float) * np.asarray(weight, dtype=float)
    trials = learning_rate * trials * np.exp2(-age / HALF_LIFE_DAYS)
    return 1 + sums(index, trials * rate, size), 1 + sums(index, trials * (1 - rate), size)


def posterior(
    y: ArrayLike,
    uses: ArrayLike,
    weight: ArrayLike,
    age_days: ArrayLike,
    *,
    learning_rate: float = LEARNING_RATE,
) -> tuple[float, float]:
    """Beta posterior (a, b) of one pattern; see `posteriors`.

    Examples
    --------
    >>> posterior([1, 0], [1, 1], [1, 1], [0, 180], learning_rate=1.0)
    (2.0, 1.5)
    """
    group = np.zeros(np.size(y), dtype=np.int64)
    a, b = posteriors(group, y, uses, weight, age_days, size=1, learning_rate=learning_rate)
    return float(a[0]), float(b[0])


def expected_variance_cut(a: ArrayLike, b: ArrayLike, worth: float) -> Floats:
    """How much variance of a Beta(a, b) rate one more outcome is expected to take away.

    Parameters
    ----------
    a, b
        The posterior.
    worth
        What the outcome weighs, 0 to 1; it is a success with probability a / (a + b).

    Examples
    --------
    >>> round(float(expected_variance_cut(1, 1, 1.0)), 4)  # 1/12 before, 1/18 after
    0.0278
    """
    won, lost = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    rate = won / (won + lost)
    after = rate * _variance(won + worth, lost) + (1 - rate) * _variance(won, lost + worth)
    return np.asarray(_variance(won, lost) - after)


def _variance(a: Floats, b: Floats) -> Floats:
    total = a + b
    return np.asarray(a * b / (total**2 * (total + 1)))


def sums(group: NDArray[np.int64], values: Floats, size: int) -> Floats:
    """Sum by group, the order of the entries without influence, to the last bit.

    Each value is split into whole multiples of 2^-26 and of 2^-56: such multiples add up exactly
    in any order as long as their sums stay below 2^53, as nearly always. Otherwise values are
    added from the smallest on, which takes several times as long.
    """
    coarse = np.rint(values * _COARSE)
    fine = np.rint((values - coarse / _COARSE) * _FINE)
    much, little = (np.bincount(group, part, minlength=size) for part in (coarse, fine))
    if len(values) > _MOST_ENTRIES or much.max(initial=0.0) >= _EXACT:
        order = np.argsort(values)  # equal values may stand in any order
        return np.bincount(group[order], values[order], minlength=size).astype(float)
    return np.asarray(much / _COARSE + little / _FINE, dtype=float)
