"""What is true in a made-up year: rates by pattern, context and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CONTEXTS", "TRUTH", "YEAR_DAYS", "Rates", "draw_truth"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

YEAR_DAYS = 365
CONTEXTS = ("single", "multi")
"""Values of the context key `tenancy` that a pattern's rate may depend on."""

TRUTH = ("what", "slug", "kind", "tenancy", "valid_from", "success_rate", "saved_share")
"""The columns of a truth."""

_DIFFERS, _DRIFTS = 0.3, 0.25
_SPAN = 33  # bits for a number of seconds


def draw_truth(
    kinds: Mapping[str, Sequence[str]],
    solutions: Sequence[str] = (),
    *,
    seed: int = 1,
    now: datetime,
) -> pd.DataFrame:
    """Draw what is true of patterns and solutions in the year before `now`.

    Parameters
    ----------
    kinds
        Slugs of the patterns by the kind of choice that they answer.
    solutions
        Slugs of solutions to errors.
    seed
        The same number gives the same truth.
    now
        When the year ends, aware.

    Returns
    -------
    DataFrame
        One row for each span of time in which a rate holds: `what` (pattern or solution), `slug`,
        `kind`, `tenancy` (single or multi; "" for solutions), `valid_from` (UTC; until the next
        row's), `success_rate` (0–1), `saved_share` (of queries that the pattern does away with,
        0–1; null for solutions). Three patterns in ten have another rate for multi tenancy, one in
        four stops working as it did at some date.
    """
    import pandas as pd

    rng = np.random.default_rng([seed, 1])
    begins = pd.Timestamp(now).tz_convert(UTC) - pd.Timedelta(days=YEAR_DAYS)
    rows: list[tuple[Any, ...]] = []
    for kind in sorted(kinds):
        for slug in sorted(kinds[kind]):
            rates = [rng.beta(6, 2)] * 2
            rates[1] = rng.beta(4, 4) if rng.random() < _DIFFERS else rates[1]
            saved, turns = rng.beta(6, 2), rng.random() < _DRIFTS
            date = begins + pd.Timedelta(days=int(rng.integers(120, 280)))
            later = rng.beta(3, 5)
            for tenancy, rate in zip(CONTEXTS, rates, strict=True):
                rows.append(("pattern", slug, kind, tenancy, begins, rate, saved))
                if turns:
                    rows.append(("pattern", slug, kind, tenancy, date, later, saved))
    rows += [
        ("solution", slug, "", "", begins, rng.beta(5, 2), np.nan) for slug in sorted(solutions)
    ]
    return pd.DataFrame(rows, columns=list(TRUTH))


@dataclass(frozen=True, slots=True)
class Rates:
    """Rates by entity, context and time, for many look-ups at once."""

    keys: Whole
    rates: Floats

    @classmethod
    def of(cls, code: Whole, seconds: Whole, rates: Floats) -> Self:
        """Take rates that hold from `seconds` (since 1970) on."""
        keys = (code << _SPAN) + seconds
        order = np.argsort(keys)
        return cls(keys[order], rates[order])

    def at(self, code: Whole, seconds: Whole) -> Floats:
        """Rate that holds at an instant; before the first span, that of the first."""
        place = np.searchsorted(self.keys, (code << _SPAN) + seconds, side="right") - 1
        first = np.searchsorted(self.keys, code << _SPAN)
        return self.rates[np.maximum(place, first)]
