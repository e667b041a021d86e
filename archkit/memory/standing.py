"""Where patterns stand: how well they work, and whether they may be recommended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from archkit.memory.beta import Floats, beta_cdf

__all__ = [
    "PATTERN_THRESHOLD",
    "RETIRE_FAILURES",
    "RETIRE_SURE",
    "Standing",
    "standing_status",
]

PATTERN_THRESHOLD = 3
"""Successes, from as many sessions, that make a candidate an active pattern."""

RETIRE_SURE = 0.9
"""An active pattern is retired when its rate is below one half with more than this probability."""

RETIRE_FAILURES = 3
"""Failures, at least, that retire a pattern; what is reported is not among them."""


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Where each of `slugs` stands, in parallel arrays.

    `a` and `b` are the Beta posterior of its rate; `counts` its plain uses by provenance, `uses`
    their sum; `successes` how many distinct sessions had a success and `failures` how many uses
    failed (y < .5), reported ones never among them, both since its status was last said by hand;
    `status` what it counts as now.
    """

    slugs: tuple[str, ...]
    a: Floats
    b: Floats
    counts: Mapping[str, Floats]
    uses: Floats
    successes: NDArray[np.int64]
    failures: NDArray[np.int64]
    status: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.slugs)


def standing_status(
    statuses: Sequence[str],
    a: Floats,
    b: Floats,
    successes: NDArray[np.int64],
    failures: NDArray[np.int64],
    *,
    threshold: int = PATTERN_THRESHOLD,
) -> NDArray[np.str_]:
    """Status of each pattern after promotion and retirement.

    A candidate with `threshold` successes from distinct sessions counts as active. What is active
    counts as retired when P(rate < .5) > .9 and at least 3 uses failed. What is worded or said to
    be retired stays so until somebody says otherwise: a pattern that is not recommended gathers
    no evidence, so time alone must not bring it back.
    """
    status = np.array(statuses, dtype="<U16")
    status[(status == "candidate") & (successes >= threshold)] = "active"
    # With the mean at one half or above, P(rate < .5) is at most one half.
    doubtful = np.flatnonzero((status == "active") & (failures >= RETIRE_FAILURES) & (a < b))
    poor = beta_cdf(0.5, a[doubtful], b[doubtful]) > RETIRE_SURE
    status[doubtful[poor]] = "retired"
    return status
