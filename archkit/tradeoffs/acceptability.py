"""SMAA: how often each alternative comes first, over all weights and figures that may be true.

Stochastic multicriteria acceptability analysis after Lahdelma and Salminen, SMAA-2, Operations
Research 49(3), 2001: weights and figures are drawn, the additive model is worked out for each
draw, and the ranks are counted. Alternatives that are level share the ranks they take.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from archkit.tradeoffs.cell import Cell
from archkit.tradeoffs.criterion import Criterion, Floats

if TYPE_CHECKING:
    from archkit.tradeoffs.matrix import PerformanceMatrix
    from archkit.tradeoffs.preference import Preference

__all__ = ["DRAWS", "INTERVAL", "Acceptability", "acceptability", "drawn", "said"]

DRAWS = 20_000
"""How many draws are made unless said: the chances are then good to 0.6 percentage points."""
INTERVAL = 0.9
"""Share of the draws that lies in the intervals shown."""
_AT_ONCE = 8_192  # draws worked out at a time: 3 MB of figures in a matrix of 6 by 8
_MOST_KEPT = 32_768  # draws of figures that are kept: 13 MB in such a matrix
_LEVEL = (
    1e9  # values that agree to nine digits are level: sums of the same terms may differ by less
)


@dataclass(frozen=True, eq=False, repr=False)
class Acceptability:
    """What came of the draws.

    Attributes
    ----------
    rank_acceptability
        One row an alternative, one column a rank from 1 (best); the share of draws, 0 to 1, in
        which it took that rank. Rows and columns each sum to 1.
    pairwise
        The share of draws, 0 to 1, in which the row's alternative beats the column's; level counts
        half, so the diagonal is 0.5.
    central_weights
        One row an alternative, one column a criterion: the mean weights of the draws in which it
        came first, the preferences that speak for it; NaN if it never did.
    expected_value
        One row an alternative: `mean` value (0 to 1, 1 is best), the `low` and `high` ends of its
        90 % interval, and `first`, its chance of rank 1.
    draws, seed
        How many draws were made, and from which seed: the same seed gives the same numbers, in
        one version of archkit; in another they may differ by `margin`.
    """

    rank_acceptability: pd.DataFrame
    pairwise: pd.DataFrame
    central_weights: pd.DataFrame
    expected_value: pd.DataFrame
    draws: int
    seed: int

    @property
    def leader(self) -> str:
        """The alternative of the highest expected value; of several, the first named."""
        return str(self.expected_value["mean"].idxmax())

    @property
    def oftenest_first(self) -> str:
        """The alternative that comes first in most draws; of several, the first named."""
        return str(self.expected_value["first"].idxmax())

    @property
    def margin(self) -> float:
        """How far a chance may be off for want of draws: half of its 90 % interval at one half."""
        return float(1.645 * 0.5 / np.sqrt(self.draws))

    @property
    def finding(self) -> str:
        """Who leads, in one sentence that never hides that the two readings disagree."""
        table, leader, often = self.expected_value, self.leader, self.oftenest_first
        chance, value = table["first"], table["mean"]
        if len(table) == 1:
            return f"{leader} stands alone: there is nothing to weigh it against."
        if chance[often] - chance[leader] > self.margin:
            return (
                f"{often} comes first oftenest ({_percent(chance[often])} of draws, {leader} "
                f"{_percent(chance[leader])}), {leader} has the highest expected value "
                f"({value[leader]:.3f}, {often} {value[often]:.3f})."
            )
        rival = str(chance.drop(leader).idxmax())
        if abs(chance[leader] - chance[rival]) <= self.margin:
            return f"{leader} and {rival} cannot be told apart ({_percent(chance[leader])} each)."
        return (
            f"{leader} comes first in {_percent(chance[leader])} of draws, {rival} in "
            f"{_percent(chance[rival])}."
        )

    def __repr__(self) -> str:
        return f"Acceptability({self.draws:,} draws, seed {self.seed}: {self.finding})"


def acceptability(
    matrix: PerformanceMatrix,
    preference: Preference | None = None,
    draws: int = DRAWS,
    seed: int = 1,
) -> Acceptability:
    """Draw weights and figures, and count who comes where.

    Parameters
    ----------
    matrix
        Alternatives, criteria and what is known of each.
    preference
        What is known of the weights; the matrix's own by default.
    draws
        How many, 1 or more; an error of 0.6 percentage points in a chance takes 20,000.
    seed
        Of the random numbers, 0 or more. Weights and figures have streams of their own: another
        preference meets the same figures.

    Raises
    ------
    ValueError
        If there is no whole number of draws to make, or the seed is negative.
    ArchkitError
        If the preference does not fit the criteria.
    """
    parts = drawn(matrix, preference, draws, seed)
    names = list(matrix.alternatives)
    criteria = [criterion.name for criterion in matrix.criteria]
    size = len(names)
    ranks, wins = np.zeros((size, size)), np.full((size, size), 0.5 * draws)
    central, first = np.zeros((size, len(criteria))), np.zeros(size)
    values, done = np.empty((size, draws)), 0
    for weights, figures in parts:
        part = values[:, done : done + len(weights)]
        np.einsum("cn,acn->an", weights.T.copy(), figures.transpose(1, 2, 0), out=part)
        shares = _count(part, ranks, wins)
        central += shares @ weights
        first += shares.sum(axis=1)
        done += len(weights)
    with np.errstate(invalid="ignore"):
        middle = central / np.where(first > 0, first, np.nan)[:, None]
    low, high = np.quantile(values, [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2], axis=1)
    index = pd.Index(names, name="alternative")
    of_value = {"mean": values.mean(axis=1), "low": low, "high": high, "first": first / draws}
    return Acceptability(
        rank_acceptability=pd.DataFrame(
            ranks / draws, index=index, columns=pd.RangeIndex(1, size + 1, name="rank")
        ),
        pairwise=pd.DataFrame(wins / draws, index=index, columns=pd.Index(names, name="beats")),
        central_weights=pd.DataFrame(
            middle, index=index, columns=pd.Index(criteria, name="criterion")
        ),
        expected_value=pd.DataFrame(of_value, index=index),
        draws=draws,
        seed=seed,
    )


def drawn(
    matrix: PerformanceMatrix,
    preference: Preference | None,
    draws: int,
    seed: int,
) -> Iterator[tuple[Floats, Floats]]:
    """Return weights (n × criteria) and values 0 to 1 (n × alternatives × criteria), in parts.

    A part holds until the next is asked for: all are written into one array.

    Raises
    ------
    ValueError
        If there is no whole number of draws to make, or the seed is negative.
    """
    for name, given, least in (("draws", draws, 1), ("seed", seed, 0)):
        if not isinstance(given, int | np.integer) or given < least:
            raise ValueError(f"{name} must be {least} or more, a whole number, not {given!r}.")
    return _drawn_parts(matrix, said(matrix, preference), int(draws), int(seed))


def _drawn_parts(
    matrix: PerformanceMatrix, weighting: Preference, draws: int, seed: int
) -> Iterator[tuple[Floats, Floats]]:
    of_weights, of_figures = np.random.default_rng(seed).spawn(2)
    if draws <= _MOST_KEPT:
        weights = weighting.draw(of_weights, draws, matrix.criteria)
        yield weights, _kept(matrix.alternatives, matrix.criteria, matrix.cells, draws, seed)
        return
    for figures in matrix.values_in_parts(of_figures, draws, _AT_ONCE):
        yield weighting.draw(of_weights, len(figures), matrix.criteria), figures


@lru_cache(maxsize=2)
def _kept(
    alternatives: tuple[str, ...],
    criteria: tuple[Criterion, ...],
    cells: tuple[tuple[Cell, ...], ...],
    draws: int,
    seed: int,
) -> Floats:
    """Return the draws of figures, kept while only weights move: two thirds of the time."""
    from archkit.tradeoffs.matrix import PerformanceMatrix

    _, of_figures = np.random.default_rng(seed).spawn(2)
    values = PerformanceMatrix(alternatives, criteria, cells).values(of_figures, draws)
    values.flags.writeable = False
    return values


def said(matrix: PerformanceMatrix, preference: Preference | None) -> Preference:
    """Return the preference that was given, else the matrix's own."""
    return matrix.preference if preference is None else preference


def _count(values: Floats, ranks: Floats, wins: Floats) -> Floats:
    """Add these draws' ranks and wins; return each alternative's share of the first place."""
    size, n = values.shape
    level = np.rint(values * _LEVEL)
    # A byte counts 127 rivals, and a comparison is added to it as it is.
    above, beside = np.zeros((2, size, n), dtype=np.int8 if size <= 127 else np.int16)
    tied = False
    for one in range(size):
        for other in range(one):
            beats, beaten = level[one] > level[other], level[one] < level[other]
            above[one] += beaten.view(np.int8)
            above[other] += beats.view(np.int8)
            won, lost = np.count_nonzero(beats), np.count_nonzero(beaten)
            # wins starts at one half of all draws, which is what ties are worth.
            wins[one, other] += (won - lost) / 2
            wins[other, one] -= (won - lost) / 2
            if won + lost < n:
                even, tied = (~(beats | beaten)).view(np.int8), True
                beside[one] += even
                beside[other] += even
    if not tied:
        ranks += [[np.count_nonzero(row == rank) for rank in range(size)] for row in above]
        return np.asarray(above == 0, dtype=float)
    return _shared(above, beside, ranks)


def _shared(above: NDArray[np.int_], beside: NDArray[np.int_], ranks: Floats) -> Floats:
    """Add ranks where some are level: they take those from above + 1 on, evenly."""
    size = len(above)
    share = 1.0 / (1.0 + beside)
    for one in range(size):
        last = above[one].astype(int) + beside[one] + 1
        start = np.bincount(above[one], weights=share[one], minlength=size + 1)
        end = np.bincount(last, weights=share[one], minlength=size + 1)
        ranks[one] += np.cumsum(start - end)[:size]
    return np.where(above == 0, share, 0.0)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
