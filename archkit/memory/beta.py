"""The Beta distribution: its cumulative, its quantiles, which of two rates is higher."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Floats", "beta_cdf", "beta_quantile", "log_beta", "probability_better"]

Floats = NDArray[np.float64]

_POINTS = 48
_DEVIATIONS = 9.0


def beta_cdf(x: ArrayLike, a: ArrayLike, b: ArrayLike) -> Floats:
    """P(a Beta(a, b) rate is at most x); element by element, x beyond 0 to 1 is its end."""
    from scipy.special import betainc

    found: Floats = betainc(a, b, np.clip(x, 0.0, 1.0))
    return np.asarray(found)


def beta_quantile(q: ArrayLike, a: ArrayLike, b: ArrayLike) -> Floats:
    """Return the x that a Beta(a, b) rate is at most with probability q (0 to 1)."""
    from scipy.special import betaincinv

    level = np.asarray(q, dtype=float)
    if level.size and not 0 <= level.min() <= level.max() <= 1:
        raise ValueError("a quantile is asked for at q from 0 to 1.")
    found: Floats = betaincinv(a, b, level)
    return np.asarray(found)


def log_beta(a: ArrayLike, b: ArrayLike) -> Floats:
    """Logarithm of the beta function, element by element."""
    from scipy.special import betaln

    found: Floats = betaln(a, b)
    return np.asarray(found)


def probability_better(a: float, b: float, other_a: ArrayLike, other_b: ArrayLike) -> Floats:
    """P(a Beta(a, b) rate is higher than each of the others'): the integral of f(x) G(x).

    Gauss's rule over what the rate can be (nine standard deviations about its mean), so that it is
    as fine for a thousand uses as for one. Exact to 1e-4 at worst; the same every time.
    """
    p, q = np.atleast_1d(np.asarray(other_a, dtype=float), np.asarray(other_b, dtype=float))
    if not len(p):
        return np.zeros(0)
    points, weights = _rule()
    low, high = _span(np.float64(a), np.float64(b))
    x = low + (high - low) * points
    log_density = (a - 1) * np.log(x) + (b - 1) * np.log1p(-x)
    masses = weights * np.exp(log_density - log_density.max())
    below = beta_cdf(x[None, :], p[:, None], q[:, None])
    better: Floats = np.clip(below @ (masses / masses.sum()), 0.0, 1.0)
    return better


@cache
def _rule() -> tuple[Floats, Floats]:
    """Points and weights of Gauss's rule on 0 to 1."""
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    return (points + 1) / 2, weights / 2


def _span(a: np.float64, b: np.float64) -> tuple[np.float64, np.float64]:
    mean, total = a / (a + b), a + b
    reach = _DEVIATIONS * np.sqrt(mean * (1 - mean) / (total + 1))
    return np.maximum(mean - reach, 0.0), np.minimum(mean + reach, 1.0)
