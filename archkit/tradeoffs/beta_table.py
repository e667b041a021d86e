"""Draws from a Beta by a table of its quantiles: six times as quick as from two gammas."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from archkit.tradeoffs.criterion import Floats

__all__ = ["ERROR", "beta_quantiles"]

ERROR = 1e-4
"""So far, at most, is the distribution drawn from the true one: P(X ≤ x) is off by less, for
every x and every Beta of parameters 1 or more. At a million draws chance alone is off by five
times as much."""

_BINS = 1024  # of equal probability: a straight line within each is off by 0.0861 of a bin


def beta_quantiles(q: Floats, a: float, b: float) -> Floats:
    """Return what Beta(a, b), a and b 1 or more, does not exceed with probability q (0 to 1).

    A straight line between 1,024 exact quantiles; the outer bins, where tails bend, are exact.
    """
    from scipy.special import betaincinv

    starts, slopes = _lines(a, b)
    at = q * _BINS
    bins = at.astype(np.intp)
    outer = np.flatnonzero((bins <= 0) | (bins >= _BINS - 1))
    np.minimum(bins, _BINS - 1, out=bins)
    found: Floats = slopes.take(bins)
    found *= at
    found += starts.take(bins)
    found[outer] = betaincinv(a, b, q[outer])
    return found


@lru_cache(maxsize=256)
def _lines(a: float, b: float) -> tuple[Floats, Floats]:
    """Return the lines' values at 0 and their rises a bin: half a millisecond, 16 kB."""
    from scipy.special import betaincinv

    ends = betaincinv(a, b, np.arange(_BINS + 1) / _BINS)
    slopes = np.diff(ends)
    starts = ends[:-1] - slopes * np.arange(_BINS)
    starts.flags.writeable = slopes.flags.writeable = False
    return starts, slopes
