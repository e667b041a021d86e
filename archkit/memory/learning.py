"""How often a pattern works: Beta posteriors, their quantiles, and who beats whom.

A pattern's success rate is Beta(a, b) with a = 1 + η·Σ q·uses·y·d and b likewise for 1 - y, where
y is how well a use went (0 to 1), q the weight of its source, d = 2^(-age/180 days) its freshness
(1 when undated, as reported figures are) and η the learning rate: 0 never learns, 1 is conjugate
Bayes. The sums do not depend on the order of the evidence, to the last bit.
"""

from __future__ import annotations

import math

from archkit.memory.beta import beta_cdf, beta_quantile, probability_better
from archkit.memory.evidence import Evidence
from archkit.memory.posterior import (
    HALF_LIFE_DAYS,
    LEARNING_RATE,
    expected_variance_cut,
    posterior,
    posteriors,
)
from archkit.memory.standing import PATTERN_THRESHOLD, Standing

__all__ = [
    "HALF_LIFE_DAYS",
    "LEARNING_RATE",
    "PATTERN_THRESHOLD",
    "Evidence",
    "Standing",
    "beta_cdf",
    "beta_quantile",
    "expected_variance_cut",
    "posterior",
    "posteriors",
    "probability_better",
    "quantile_of_horizon",
]

_BEST_QUANTILE = 0.95


def quantile_of_horizon(horizon: float) -> float:
    """Which quantile of the rate to rank by when a choice will come `horizon` times again.

    min(h/(h+1), .95): the median for a single choice, optimism in proportion to what learning
    now can still earn later.
    """
    if not horizon > 0:
        raise ValueError(f"horizon must be positive, not {horizon}.")
    return _BEST_QUANTILE if math.isinf(horizon) else min(horizon / (horizon + 1), _BEST_QUANTILE)
