"""How often a pattern works: Beta posteriors, their quantiles, and who beats whom.

A pattern's success rate is Beta(a, b) with a = 1 + η·Σ q·uses·y·d and b likewise for 1 - y, where
y is how well a use went (0 to 1), q the weight of its source, d = 2^(-age/180 days) its freshness
(1 when undated, as reported figures are) and η the learning rate: 0 never learns, 1 is conjugate
Bayes. The sums do not depend on the order of the evidence, to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from archkit.records import PROVENANCE, SOURCE_WEIGHT

__all__ = [
    "HALF_LIFE_DAYS",
    "LEARNING_RATE",
    "PATTERN_THRESHOLD",
    "Evidence",
    "beta_cdf",
    "beta_quantile",
    "effective_status",
    "posterior",
    "posteriors",
    "probability_better",
    "quantile_of_horizon",
]

Floats = NDArray[np.float64]

LEARNING_RATE = 0.8
"""How much of a trial one outcome is worth: outcomes are noisy and hang together."""

HALF_LIFE_DAYS = 180.0
"""After so many days a dated outcome counts half."""

PATTERN_THRESHOLD = 3
"""Successes, from as many sessions, that make a candidate an active pattern."""

_BEST_QUANTILE = 0.95
_GRID = 1024
_DEVIATIONS = 9.0
_ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Evidence:
    """Uses of patterns with their outcomes, one entry each, in parallel.

    `slug` names the pattern; `y` is 0 to 1; `uses` is 1, or the count a figure was reported over;
    `source` is one of `SOURCE_WEIGHT`; `age_days` is NaN when undated; `session` tells one
    session's evidence from another's.
    """

    slug: tuple[str, ...] = ()
    y: tuple[float, ...] = ()
    uses: tuple[float, ...] = ()
    source: tuple[str, ...] = ()
    age_days: tuple[float, ...] = ()
    session: tuple[str, ...] = ()

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[Any]], *, now: datetime) -> Evidence:
        """Read rows (slug, y, uses, source, seen_at or None, session or None).

        Rows whose y or uses is not known are no evidence and are left out.
        """
        known = [row for row in rows if row[1] is not None and row[2]]
        columns: list[Sequence[Any]] = list(zip(*known, strict=True)) or [()] * 6
        return cls(
            slug=tuple(columns[0]),
            y=tuple(map(float, columns[1])),
            uses=tuple(map(float, columns[2])),
            source=tuple(columns[3]),
            age_days=tuple(_age_days(instant, now) for instant in columns[4]),
            session=tuple(str(session or "") for session in columns[5]),
        )

    def __len__(self) -> int:
        return len(self.slug)

    def group(self, slugs: Sequence[str]) -> NDArray[np.int64]:
        """Position of each entry's pattern in `slugs`; -1 for a pattern that is not among them."""
        place = {slug: index for index, slug in enumerate(slugs)}
        return np.array([place.get(slug, -1) for slug in self.slug], dtype=np.int64)

    def counts(self, slugs: Sequence[str]) -> dict[str, Floats]:
        """Plain uses of each pattern by provenance: measured, observed, reported, simulated."""
        group, uses = self.group(slugs), np.array(self.uses)
        drawn = np.array([PROVENANCE[source] for source in self.source])
        return {
            kind: _sums(group[mine], uses[mine], len(slugs))
            for kind in dict.fromkeys(PROVENANCE.values())
            for mine in [(group >= 0) & (drawn == kind)]
        }

    def posteriors(
        self, slugs: Sequence[str], *, learning_rate: float = LEARNING_RATE
    ) -> tuple[Floats, Floats]:
        """Return the Beta posterior (a, b) of each of `slugs`."""
        group = self.group(slugs)
        mine = group >= 0
        weight = np.array([SOURCE_WEIGHT[source] for source in self.source])
        columns = [np.array(column) for column in (self.y, self.uses, weight, self.age_days)]
        return posteriors(
            group[mine], *(c[mine] for c in columns), size=len(slugs), learning_rate=learning_rate
        )

    def successes(self, slugs: Sequence[str]) -> NDArray[np.int64]:
        """Of how many distinct sessions each pattern has a success (y ≥ .5); none reported."""
        found = {
            (slug, session)
            for slug, y, source, session in zip(
                self.slug, self.y, self.source, self.session, strict=True
            )
            if y >= 0.5 and source != "reported" and session
        }
        tally = dict.fromkeys(slugs, 0)
        for slug, _ in found:
            if slug in tally:
                tally[slug] += 1
        return np.array([tally[slug] for slug in slugs], dtype=np.int64)


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
        How well it went (0–1), the count, the source's weight (0–1), the age (NaN: undated).
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
    return 1 + _sums(index, trials * rate, size), 1 + _sums(index, trials * (1 - rate), size)


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


def quantile_of_horizon(horizon: float) -> float:
    """Which quantile of the rate to rank by when a choice will come `horizon` times again.

    min(h/(h+1), .95): the median for a single choice, optimism in proportion to what learning
    now can still earn later.
    """
    if not horizon > 0:
        raise ValueError(f"horizon must be positive, not {horizon}.")
    return _BEST_QUANTILE if math.isinf(horizon) else min(horizon / (horizon + 1), _BEST_QUANTILE)


def effective_status(
    status: str, distinct_successes: int, *, threshold: int = PATTERN_THRESHOLD
) -> str:
    """Count a candidate with `threshold` successes from distinct sessions as active."""
    return "active" if status == "candidate" and distinct_successes >= threshold else status


def beta_cdf(x: ArrayLike, a: ArrayLike, b: ArrayLike) -> Floats:
    """Regularised incomplete beta I_x(a, b), by its continued fraction; element by element."""
    x_, a_, b_ = (np.asarray(v, dtype=float) for v in np.broadcast_arrays(x, a, b))
    return _cdf(np.clip(x_, 0.0, 1.0), a_, b_, _log_beta(a_, b_))


def _cdf(x_: Floats, a_: Floats, b_: Floats, scale: Floats) -> Floats:
    with np.errstate(divide="ignore", over="ignore"):
        front = a_ * np.log(x_) + b_ * np.log1p(-x_) - scale
    flip = x_ > (a_ + 1) / (a_ + b_ + 2)
    p, q = np.where(flip, b_, a_), np.where(flip, a_, b_)
    tail = np.exp(front) * _fraction(np.where(flip, 1 - x_, x_), p, q) / p
    return np.clip(np.where(flip, 1 - tail, tail), 0.0, 1.0)


def beta_quantile(q: ArrayLike, a: ArrayLike, b: ArrayLike) -> Floats:
    """Return the x with I_x(a, b) = q, by Newton steps kept inside a bisection."""
    q_, a_, b_ = (np.array(v, dtype=float) for v in np.broadcast_arrays(q, a, b))
    if q_.size and not (np.all(q_ >= 0) and np.all(q_ <= 1)):
        raise ValueError("a quantile is asked for at q from 0 to 1.")
    low, high = np.zeros_like(q_), np.ones_like(q_)
    x, scale = a_ / (a_ + b_), _log_beta(a_, b_)
    for _ in range(_ROUNDS):
        miss = _cdf(x, a_, b_, scale) - q_
        low, high = np.where(miss < 0, x, low), np.where(miss < 0, high, x)
        with np.errstate(all="ignore"):
            density = np.exp((a_ - 1) * np.log(x) + (b_ - 1) * np.log1p(-x) - scale)
            step = x - miss / density
        inside = (step >= low) & (step <= high)
        new = np.where(inside, step, (low + high) / 2)
        if np.all(np.abs(new - x) <= 1e-14):
            break
        x = new
    return np.where(q_ <= 0, 0.0, np.where(q_ >= 1, 1.0, x))


def probability_better(a: float, b: float, other_a: ArrayLike, other_b: ArrayLike) -> Floats:
    """P(a Beta(a, b) rate is higher than each of the others'), summed over a grid.

    The grid spans what either of a pair can be (nine standard deviations about the means), so
    that it is as fine for a thousand uses as for one. Exact to about 1e-6; the same every time.
    """
    p, q = np.atleast_1d(np.asarray(other_a, dtype=float), np.asarray(other_b, dtype=float))
    (low, high), (low_, high_) = _span(np.full_like(p, a), np.full_like(p, b)), _span(p, q)
    low, high = np.minimum(low, low_)[:, None], np.maximum(high, high_)[:, None]
    x = low + (high - low) * ((np.arange(_GRID) + 0.5) / _GRID)[None, :]
    mine = _masses(x, np.float64(a), np.float64(b))
    theirs = _masses(x, p[:, None], q[:, None])
    below = np.cumsum(theirs, axis=1) - theirs / 2
    better: Floats = np.clip(np.sum(mine * below, axis=1), 0.0, 1.0)
    return better


def _masses(x: Floats, a: Floats | np.float64, b: Floats | np.float64) -> Floats:
    log_density = (a - 1) * np.log(x) + (b - 1) * np.log1p(-x)
    density = np.exp(log_density - log_density.max(axis=1, keepdims=True))
    masses: Floats = density / density.sum(axis=1, keepdims=True)
    return masses


def _span(a: Floats, b: Floats) -> tuple[Floats, Floats]:
    mean, total = a / (a + b), a + b
    reach = _DEVIATIONS * np.sqrt(mean * (1 - mean) / (total + 1))
    return np.maximum(mean - reach, 0.0), np.minimum(mean + reach, 1.0)


def _sums(group: NDArray[np.int64], values: Floats, size: int) -> Floats:
    """Sum by group in a fixed order, so that the order of the evidence cannot matter."""
    order = np.argsort(values, kind="stable")
    return np.bincount(group[order], weights=values[order], minlength=size).astype(float)


def _fraction(x: Floats, a: Floats, b: Floats) -> Floats:
    """Lentz's evaluation of the continued fraction; converges for x below the mean."""
    tiny = 1e-300
    c, d = np.ones_like(x), 1 - (a + b) * x / (a + 1)
    d = 1 / np.where(np.abs(d) < tiny, tiny, d)
    total = d.copy()
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 + term * d
            d = 1 / np.where(np.abs(d) < tiny, tiny, d)
            c = 1 + term / c
            c = np.where(np.abs(c) < tiny, tiny, c)
            total = total * (c * d)
        if np.all(np.abs(c * d - 1) < 1e-15):
            break
    return total


_LGAMMA = np.frompyfunc(math.lgamma, 1, 1)


def _log_beta(a: Floats, b: Floats) -> Floats:
    parts = [np.asarray(_LGAMMA(v), dtype=float) for v in (a, b, a + b)]
    scale: Floats = parts[0] + parts[1] - parts[2]
    return scale


def _age_days(instant: datetime | None, now: datetime) -> float:
    """Age in days; an instant without zone is UTC, as the memory's rows are."""
    if instant is None:
        return math.nan
    aware = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    return (now - aware).total_seconds() / 86_400
