"""Two arms, tried on the same cases or not: exact test and interval of the difference."""

from __future__ import annotations

import math
from statistics import NormalDist

__all__ = ["mcnemar_exact", "paired_difference", "share_difference"]


def mcnemar_exact(only_first: int, only_second: int) -> float:
    """Two-sided p-value of McNemar's exact test.

    Parameters
    ----------
    only_first, only_second
        Cases in which one arm did well and the other did not.

    Returns
    -------
    float
        Probability of a split at least as uneven if neither arm were better; 1 without any split.

    Examples
    --------
    >>> mcnemar_exact(9, 1)
    0.021484375
    """
    if min(only_first, only_second) < 0:
        raise ValueError("Counts cannot be negative.")
    n = only_first + only_second
    fewer = sum(math.comb(n, k) for k in range(min(only_first, only_second) + 1))
    return float(min(1.0, 2 * fewer / 2**n))


def paired_difference(
    both: int, only_first: int, only_second: int, neither: int, *, ci_prob: float = 0.9
) -> tuple[float, float, float]:
    """Difference of two paired shares with Newcombe's interval (his method 10).

    Parameters
    ----------
    both, only_first, only_second, neither
        In how many cases both arms did well, one alone, or none.
    ci_prob
        Probability inside the interval.

    Returns
    -------
    tuple of float
        First share less second, and the bounds, -1 to 1.
    """
    n = both + only_first + only_second + neither
    if n == 0:
        raise ValueError("There is no case to compare the arms on.")
    if not 0 < ci_prob < 1:
        raise ValueError(f"ci_prob must be between 0 and 1, not {ci_prob}.")
    first, second = both + only_first, both + only_second
    low1, high1 = _wilson(first, n, ci_prob)
    low2, high2 = _wilson(second, n, ci_prob)
    p1, p2 = first / n, second / n
    spread = math.sqrt(first * (n - first) * second * (n - second))
    excess = float(both * neither - only_first * only_second)
    excess = max(excess - n / 2, 0.0) if excess > 0 else excess
    phi = excess / spread if spread else 0.0
    below = _reach(p1 - low1, high2 - p2, phi)
    above = _reach(high1 - p1, p2 - low2, phi)
    return p1 - p2, max(p1 - p2 - below, -1.0), min(p1 - p2 + above, 1.0)


def share_difference(
    good: float, n: int, other_good: float, other_n: int, *, ci_prob: float = 0.9
) -> tuple[float, float, float]:
    """Difference of two shares of cases that have nothing to do with each other.

    Parameters
    ----------
    good, n, other_good, other_n
        How many cases did well (graded ones in part), of how many, in either arm.
    ci_prob
        Probability inside the interval.

    Returns
    -------
    tuple of float
        First share less second, and the bounds of Newcombe's interval (his method 10), -1 to 1.
    """
    if min(n, other_n) < 1:
        raise ValueError("There is no case to compare the arms on.")
    if not 0 < ci_prob < 1:
        raise ValueError(f"ci_prob must be between 0 and 1, not {ci_prob}.")
    low1, high1 = _wilson(good, n, ci_prob)
    low2, high2 = _wilson(other_good, other_n, ci_prob)
    p1, p2 = good / n, other_good / other_n
    below, above = _reach(p1 - low1, high2 - p2, 0.0), _reach(high1 - p1, p2 - low2, 0.0)
    return p1 - p2, max(p1 - p2 - below, -1.0), min(p1 - p2 + above, 1.0)


def _reach(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(one * one - 2 * phi * one * other + other * other, 0.0))


def _wilson(good: float, n: int, ci_prob: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf(0.5 + ci_prob / 2)
    share = good / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    return max(centre - half, 0.0), min(centre + half, 1.0)
