"""What to expect of a pattern of which little is known: the rates of its category.

A prior Beta(k·m, k·(1 - m)) is fitted to the patterns of a category: the mean m and the strength k
(2 to 10 uses) under which their outcomes are likeliest. It makes better forecasts of a pattern's
first uses, and it inherits survivor bias: where failures were never recorded, a newcomer would be
put above a pattern with twenty uses. So it serves a forecast beside the rate and no ranking, and
only where at least 20 patterns of the category have outcomes, a failed one among them.
"""

from __future__ import annotations

import numpy as np

from archkit.memory.beta import Floats, log_beta

__all__ = ["LEAST_MEMBERS", "category_prior", "forecast"]

LEAST_MEMBERS = 20
"""Patterns with outcomes that a category needs for a prior."""

MOST_MEMBERS = 1000
"""More do not make the prior better; of a larger category members are taken evenly by rate."""

_MEANS = np.linspace(0.02, 0.98, 97)
_STRENGTHS = np.linspace(2.0, 10.0, 17)


def category_prior(won: Floats, lost: Floats) -> tuple[float, float] | None:
    """Fit the prior of a category.

    Parameters
    ----------
    won, lost
        Weighted sums of y and of 1 - y of each of its patterns; nothing reported in them.

    Returns
    -------
    tuple or None
        a and b of the prior; None with fewer than 20 patterns, or when none of them failed more
        often than it worked: the failures were not recorded, or there is nothing to learn.
    """
    there = won + lost > 0
    good, bad = won[there], lost[there]
    if len(good) < LEAST_MEMBERS or not (bad > good).any():
        return None
    if len(good) > MOST_MEMBERS:
        order = np.lexsort((good + bad, good / (good + bad)))
        some = order[np.linspace(0, len(order) - 1, MOST_MEMBERS).astype(np.int64)]
        good, bad = good[some], bad[some]
    mean, strength = (grid.ravel()[:, None] for grid in np.meshgrid(_MEANS, _STRENGTHS))
    a, b = strength * mean, strength * (1 - mean)
    likelihood = (log_beta(a + good, b + bad) - log_beta(a, b)).sum(axis=1)
    best = int(likelihood.argmax())
    return float(a[best, 0]), float(b[best, 0])


def forecast(a: Floats, b: Floats, prior: tuple[float, float]) -> Floats:
    """Return the posterior mean under a category's prior instead of Beta(1, 1).

    Parameters
    ----------
    a, b
        Posteriors from Beta(1, 1).
    prior
        a and b of the category.
    """
    won, lost = a - 1 + prior[0], b - 1 + prior[1]
    return np.asarray(won / (won + lost))
