"""How well a pattern works in one context: slices shrunk towards its overall rate.

A slice (one value of one key, say tenancy = multi) with weighted successes s and failures f of a
pattern whose overall rate is m has the posterior Beta(κ·m + s, κ·(1 - m) + f). The strength κ is
how many uses the overall rate counts as. It is fitted by key, over all patterns at once: the value
under which the slices seen are likeliest (Beta-binomial), between 2 and 32. Where a key made a
difference before, slices speak for themselves early (2 is as weak as the prior of any rate); where
it never did, a slice of 30 uses still moves only half of the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from archkit.memory.beta import Floats, log_beta, probability_better
from archkit.memory.standing import PATTERN_THRESHOLD

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "STRENGTHS",
    "Reversal",
    "Slices",
    "context_words",
    "pooled_slices",
    "reversals",
    "slices_met",
    "strength",
]

STRENGTHS = np.geomspace(2.0, 32.0, 9)
"""The strengths that are tried, in uses."""


@dataclass(frozen=True, slots=True, eq=False)
class Slices:
    """Slices in parallel arrays: the posterior Beta(a, b) of each, and the strength used."""

    a: Floats
    b: Floats
    strength: Floats


def strength(successes: Floats, failures: Floats, overall: Floats) -> float:
    """Fit how many uses the overall rate counts as; see the module.

    Parameters
    ----------
    successes, failures
        Weighted sums of y and of 1 - y in each slice of one key.
    overall
        The overall rate (0 to 1, neither end) of each slice's pattern.

    Returns
    -------
    float
        Between 2 and 32; 32 where there is nothing to tell.
    """
    a, b = np.outer(STRENGTHS, overall), np.outer(STRENGTHS, 1 - overall)
    likelihood = (log_beta(a + successes, b + failures) - log_beta(a, b)).sum(axis=1)
    best = np.flatnonzero(likelihood >= likelihood.max() - 1e-9)
    return float(STRENGTHS[best[-1]])


def pooled_slices(
    key: NDArray[np.int64], successes: Floats, failures: Floats, overall: Floats
) -> Slices:
    """Shrink every slice towards its pattern's overall rate.

    Parameters
    ----------
    key
        Which key each slice is of.
    successes, failures, overall
        See `strength`.
    """
    kappa = np.zeros(len(key))
    for one in np.unique(key):
        mine = key == one
        kappa[mine] = strength(successes[mine], failures[mine], overall[mine])
    return Slices(kappa * overall + successes, kappa * (1 - overall) + failures, kappa)


@dataclass(frozen=True, slots=True)
class Reversal:
    """Two patterns whose order overall is reversed in the slices (Simpson's paradox).

    `ahead` works better over all uses in which the key is known, `behind` in each of `slices`
    (the places of the values). `probability` (0 to 1) is the least, over the slices, that
    `behind` works better there.
    """

    ahead: int
    behind: int
    slices: tuple[int, ...]
    probability: float


def reversals(
    successes: Floats, failures: Floats, uses: Floats, *, least: int = PATTERN_THRESHOLD
) -> tuple[Reversal, ...]:
    """Find pairs of patterns whose order over all values of a key is reversed in every one.

    Parameters
    ----------
    successes, failures, uses
        Weighted sums of y and of 1 - y, and plain counts: one row a pattern, one column a value
        of the key. Each use is in one column.
    least
        A value counts for a pair when either has at least so many uses in it; at least two must.
    """
    rate = (1 + successes) / (2 + successes + failures)
    won, lost = 1 + successes.sum(axis=1), 1 + failures.sum(axis=1)
    overall = won / (won + lost)
    found = []
    for ahead in range(len(overall)):
        for behind in np.flatnonzero(overall < overall[ahead]).tolist():
            shared = np.flatnonzero((uses[ahead] >= least) & (uses[behind] >= least))
            if len(shared) < 2 or not (rate[behind, shared] > rate[ahead, shared]).all():
                continue
            odds = [_odds(successes, failures, behind, ahead, value) for value in shared.tolist()]
            found.append(Reversal(ahead, behind, tuple(shared.tolist()), min(odds)))
    return tuple(found)


def _odds(successes: Floats, failures: Floats, one: int, other: int, value: int) -> float:
    """P(one pattern works better than another with a value)."""
    (a, p), (b, q) = (1 + table[[one, other], value] for table in (successes, failures))
    return float(probability_better(a, b, p, q)[0])


def slices_met(context: Mapping[str, Any], slices: DataFrame | None) -> dict[str, list[str]]:
    """Say of each pattern how it worked in the slices that a context meets.

    Parameters
    ----------
    context
        What is known of the case.
    slices
        As `metrics.pattern_by_context` gives them.

    Returns
    -------
    dict
        By slug: one text a slice, with rate, interval and n, and the overall rate to compare.
    """
    told: dict[str, list[str]] = {}
    for row in [] if slices is None else slices.to_dict("records"):
        if row["value"] in context_words(context.get(row["key"])):
            told.setdefault(row["slug"], []).append(
                f"{row['key']} = {row['value']}: {row['success_rate']:.0%} success, "
                f"{row['ci_prob']:.0%} interval {row['low']:.0%} to {row['high']:.0%}, n "
                f"{row['n']:g} {row['provenance']} (overall {row['overall_rate']:.0%}, n "
                f"{row['overall_n']:g})"
            )
    return told


def context_words(value: Any) -> set[str]:
    """Return the values of a key as the memory keeps them."""
    values = value if isinstance(value, list | tuple | set | frozenset) else [value]
    told = {True: "yes", False: "no"}
    return {
        told[one] if isinstance(one, bool) else str(one).strip().lower()
        for one in values
        if one is not None
    }
