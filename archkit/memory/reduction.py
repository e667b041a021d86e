"""Queries that changes did away with, pooled over uses: a headline that small requests cannot win.

Of five uses 101→2, 51→2, 21→2, 11→2, 3→2 the mean of the shares is 79.9 %, their geometric mean
90.2 %, the pooled share 94.7 %: the same data. The headline is the pooled share, for it is what the
database no longer has to answer; the median stands beside it.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from archkit.memory.beta import Floats

__all__ = ["Reduction", "query_reduction_share", "reduction"]

_DRAWS = 2000
_SEED = 20_240_229
_CELLS = 4_000_000


@dataclass(frozen=True, slots=True)
class Reduction:
    """Queries before and after changes, over `n` uses of `requests` different requests.

    `pooled_share` is 1 - Σafter/Σbefore (at most 1; negative when queries were added) with its
    bootstrap interval `low` to `high` over the requests (NaN for a single one: to count it again
    tells nothing about others). `median_share` and
    `mean_share` are of the shares of single uses; `geometric_share` is one less the geometric mean
    of after/before (NaN where a use was left without a query, of which it could say nothing).
    """

    pooled_share: float
    low: float
    high: float
    median_share: float
    mean_share: float
    geometric_share: float
    n: int
    requests: int
    queries_before: float
    queries_after: float


def query_reduction_share(before: float, after: float) -> float:
    """Share of queries a change did away with.

    Parameters
    ----------
    before, after
        Queries for the same request, counted the same way; `before` is positive.

    Returns
    -------
    float
        At most 1; negative when the change added queries.

    Examples
    --------
    >>> query_reduction_share(120, 18)
    0.85
    """
    if before <= 0 or after < 0:
        raise ValueError(f"before must be positive and after not negative, not {before}, {after}.")
    return 1 - after / before


def reduction(
    before: ArrayLike,
    after: ArrayLike,
    requests: Sequence[Hashable] | None = None,
    *,
    ci_prob: float = 0.9,
) -> Reduction:
    """Pool the queries of several uses.

    Parameters
    ----------
    before, after
        Queries of each use before (positive) and after (not negative); at least one use.
    requests
        Which request each use was; all different by default.
    ci_prob
        Probability of the bootstrap interval, between 0 and 1.
    """
    if not 0 < ci_prob < 1:
        raise ValueError(f"ci_prob must be between 0 and 1, not {ci_prob}.")
    old, new = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    if old.shape != new.shape or not old.size or (old <= 0).any() or (new < 0).any():
        raise ValueError("each use needs a positive count before and one after, not negative.")
    ratio = new / old
    asked = list(range(len(old))) if requests is None else list(requests)
    place = {request: n for n, request in enumerate(dict.fromkeys(asked))}
    which = [place[request] for request in asked]
    sums = [np.bincount(which, queries).astype(float) for queries in (old, new)]
    low, high = _bootstrap(sums[0].tobytes(), sums[1].tobytes(), ci_prob)
    return Reduction(
        query_reduction_share(float(old.sum()), float(new.sum())),
        low,
        high,
        float(np.median(1 - ratio)),
        float(np.mean(1 - ratio)),
        1 - float(np.exp(np.log(ratio).mean())) if (new > 0).all() else float("nan"),
        len(old),
        len(place),
        float(old.sum()),
        float(new.sum()),
    )


@lru_cache(maxsize=64)
def _bootstrap(old: bytes, new: bytes, ci_prob: float) -> tuple[float, float]:
    """Percentile interval of the pooled share over resampled requests; the same every time."""
    before, after = np.frombuffer(old), np.frombuffer(new)
    size = len(before)
    if size < 2:
        return float("nan"), float("nan")
    rng, batch = np.random.default_rng(_SEED), max(1, _CELLS // size)
    shares: list[Floats] = []
    for start in range(0, _DRAWS, batch):
        drawn = rng.integers(size, size=(min(batch, _DRAWS - start), size))
        shares.append(1 - after[drawn].sum(axis=1) / before[drawn].sum(axis=1))
    tail = (1 - ci_prob) / 2
    low, high = np.quantile(np.concatenate(shares), [tail, 1 - tail])
    return float(low), float(high)
