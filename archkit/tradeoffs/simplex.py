"""Weights drawn evenly from all that sum to one and agree with what was said of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from archkit.tradeoffs.criterion import Floats

__all__ = ["any_weights", "boxed_weights", "ordered_weights", "rank_order_weights"]

_PILOT = 2_000
_ENOUGH = 0.02
_SWEEPS = 12


def any_weights(rng: np.random.Generator, n: int, count: int) -> Floats:
    """Return n rows of `count` weights, each row as likely as any that sums to one."""
    drawn: Floats = rng.standard_exponential((n, count))
    drawn /= drawn.sum(axis=1, keepdims=True)
    return drawn


def rank_order_weights(count: int) -> Floats:
    """Return the rank-order-centroid weights: the mean of all that fall from first to last."""
    shares = 1 / np.arange(1, count + 1)
    centroid: Floats = np.cumsum(shares[::-1])[::-1] / count
    return centroid


def ordered_weights(
    rng: np.random.Generator, n: int, count: int, places: Sequence[int], ranks: np.ndarray
) -> Floats:
    """Return weights whose named places fall as the ranks say, evenly among all such.

    `places` are the columns spoken of; row i of `ranks` (n or 1 rows) gives the rank of each of
    them, 0 the heaviest. The other columns are free.
    """
    drawn = any_weights(rng, n, count)
    falling = -np.sort(-drawn[:, places], axis=1)
    drawn[:, places] = np.take_along_axis(falling, np.broadcast_to(ranks, falling.shape), axis=1)
    return drawn


def boxed_weights(rng: np.random.Generator, n: int, low: Floats, high: Floats) -> Floats:
    """Return weights within their bounds, evenly among all such; the bounds must admit some.

    Drawn above the lower (or below the upper) bounds and kept where the other bounds hold, which
    is exact; where few would be kept, by pairwise steps of many independent walks.
    """
    middle = (low + high) / 2
    drawn = np.repeat(middle[None, :], n, axis=0)
    free = np.flatnonzero(high - low > 1e-12)
    left = 1 - float(np.delete(middle, free).sum())
    if not len(free) or not n:
        return drawn
    low, high = low[free], high[free]
    if left - low.sum() < 1e-12:
        drawn[:, free] = low
    elif high.sum() - left < 1e-12:
        drawn[:, free] = high
    else:
        drawn[:, free] = _kept(rng, n, low, high, left)
    return drawn


def _kept(rng: np.random.Generator, n: int, low: Floats, high: Floats, left: float) -> Floats:
    pilots = [_tried(rng, _PILOT, low, high, left, above) for above in (True, False)]
    above = len(pilots[0]) >= len(pilots[1])
    share = max(map(len, pilots)) / _PILOT
    if share < _ENOUGH:
        return _walked(rng, n, low, high, left)
    found, missing = list[Floats](), n
    while missing > 0:
        more = _tried(rng, int(1.1 * missing / share) + 16, low, high, left, above)[:missing]
        found.append(more)
        missing -= len(more)
    return np.concatenate(found)


def _tried(
    rng: np.random.Generator, n: int, low: Floats, high: Floats, left: float, above: bool
) -> Floats:
    shares = any_weights(rng, n, len(low))
    if above:
        drawn = low + (left - low.sum()) * shares
        within = (drawn <= high).all(axis=1)
    else:
        drawn = high - (high.sum() - left) * shares
        within = (drawn >= low).all(axis=1)
    kept: Floats = drawn[within]
    return kept


def _walked(rng: np.random.Generator, n: int, low: Floats, high: Floats, left: float) -> Floats:
    """Return the ends of n walks; each step redraws two weights, evenly, their sum kept."""
    room = high - low
    start = low + room * (left - low.sum()) / room.sum()
    drawn = np.repeat(start[None, :], n, axis=0)
    for one, other in _pairs(len(low)):
        both = drawn[:, one] + drawn[:, other]
        least = np.maximum(low[one], both - high[other])
        most = np.minimum(high[one], both - low[other])
        drawn[:, one] = least + (most - least) * rng.random(n)
        drawn[:, other] = both - drawn[:, one]
    return drawn


def _pairs(count: int) -> Iterator[tuple[int, int]]:
    for _ in range(_SWEEPS):
        yield from combinations(range(count), 2)
