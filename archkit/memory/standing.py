"""Where patterns stand: how well they work, and whether they may be recommended."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from archkit.memory.beta import Floats, beta_cdf

__all__ = [
    "PATTERN_THRESHOLD",
    "RETIRE_FAILURES",
    "RETIRE_SURE",
    "Said",
    "Standing",
    "poor_probability",
    "standing_status",
]

PATTERN_THRESHOLD = 3
"""Successes, from as many sessions, that make a candidate an active pattern."""

RETIRE_SURE = 0.9
"""An active pattern is retired when its rate is below one half with more than this probability."""

RETIRE_FAILURES = 3
"""Failures, at least, that retire a pattern; what is reported is not among them."""


class Said(NamedTuple):
    """What was last said of a pattern's status, by hand or as it followed from the evidence.

    `hand_days` is how long ago (days) somebody last said it by hand; NaN: never.
    """

    status: str
    reason: str = ""
    said_by: str = "hand"
    hand_days: float = math.nan


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

    def updated(self, other: Standing, rows: Sequence[int]) -> Standing:
        """Return it with what `other` says of rows, of which the last may be new ones."""
        size = max([len(self), *(row + 1 for row in rows)])
        names = [*self.slugs, *([""] * (size - len(self)))]
        for row, slug in zip(rows, other.slugs, strict=True):
            names[row] = slug

        def merged(old: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
            column = np.concatenate([old, np.zeros(size - len(old), dtype=old.dtype)])
            column[list(rows)] = new
            return column

        return Standing(
            slugs=tuple(names),
            a=merged(self.a, other.a),
            b=merged(self.b, other.b),
            counts={kind: merged(old, other.counts[kind]) for kind, old in self.counts.items()},
            uses=merged(self.uses, other.uses),
            successes=merged(self.successes, other.successes),
            failures=merged(self.failures, other.failures),
            status=merged(self.status, other.status),
        )

    def reason(self, row: int, said: Said | None = None, worded: str = "") -> str:
        """Why the pattern of a row counts as what it does, in words; empty as it was `worded`."""
        status = str(self.status[row])
        if said is not None and said.status == status:
            return f"{status} by {said.said_by}: {said.reason}" if said.reason else status
        if status == worded:
            return ""
        if status == "retired" and self.failures[row] >= RETIRE_FAILURES:
            poor = float(poor_probability(self.a[row], self.b[row]))
            return (
                f"{self.failures[row]} uses failed; it works in less than half of them with "
                f"probability {poor:.2f}"
            )
        if status == "active" and self.successes[row]:
            return f"succeeded in {self.successes[row]} sessions"
        return ""


def poor_probability(a: ArrayLike, b: ArrayLike) -> Floats:
    """P(a pattern works in less than half of its uses)."""
    return beta_cdf(0.5, a, b)


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
    poor = poor_probability(a[doubtful], b[doubtful]) > RETIRE_SURE
    status[doubtful[poor]] = "retired"
    return status
