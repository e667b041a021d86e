"""What a pattern's record is worth now: its posterior, and how likely it is to be used again."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from archkit.memory.learning import HALF_LIFE_DAYS, Evidence, beta_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from archkit.memory.memory import Memory

__all__ = [
    "NO_EVIDENCE",
    "REUSE_DAYS",
    "best_quartile",
    "lower_quartiles",
    "mean_rates",
    "reuse_probability",
]

NO_EVIDENCE = 0.25
"""Lower quartile of the rate of what nothing is known of: Beta(1, 1)."""

REUSE_DAYS = 90
"""How far ahead `reuse_probability` looks (days)."""

_EVIDENCE = """
SELECT slug, y, uses, source, coalesce(outcome_at, used_at) AS seen_at, NULL AS session, weight
FROM pattern_evidence WHERE y IS NOT NULL
"""


def lower_quartiles(memory: Memory) -> dict[str, float]:
    """Return the lower quartile (0–1) of every pattern's rate that there is evidence of."""
    slugs, a, b = _posteriors(memory)
    return dict(zip(slugs, beta_quantile(0.25, a, b).tolist(), strict=True)) if slugs else {}


def mean_rates(memory: Memory) -> dict[str, float]:
    """Return the posterior mean (0–1) of every pattern that there is evidence of."""
    slugs, a, b = _posteriors(memory)
    return dict(zip(slugs, (a / (a + b)).tolist(), strict=True)) if slugs else {}


def reuse_probability(used_at: Iterable[datetime], now: datetime) -> float:
    """How likely something is used again within `REUSE_DAYS`, from how often it lately was.

    Uses that fade with `HALF_LIFE_DAYS` and sum to u come at about u·ln 2 / 180 a day, so the
    probability of another within 90 days is 1 − exp(−90 · u · ln 2 / 180) (0 to 1).
    """
    ages = [max((now - at).total_seconds() / 86_400, 0.0) for at in used_at]
    faded = sum(2 ** (-age / HALF_LIFE_DAYS) for age in ages)
    return 1 - math.exp(-REUSE_DAYS * faded * math.log(2) / HALF_LIFE_DAYS)


def best_quartile(quartiles: Mapping[str, float], slugs: Iterable[str | None]) -> float:
    """Return the highest lower quartile among patterns; `NO_EVIDENCE` if none has any."""
    known = [quartiles[slug] for slug in slugs if slug is not None and slug in quartiles]
    return max(known, default=NO_EVIDENCE)


def _posteriors(memory: Memory) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    evidence = Evidence.from_rows(memory._store.rows(_EVIDENCE), now=memory._now())
    slugs = list(dict.fromkeys(evidence.slugs))
    a, b = evidence.posteriors(slugs, learning_rate=memory._held.learning_rate)
    return slugs, a, b
