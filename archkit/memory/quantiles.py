"""Quantiles of many posteriors, each worked out once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from archkit.memory.beta import Floats, beta_quantile

__all__ = ["Quantiles"]


class Quantiles:
    """Quantiles of Beta(a, b) posteriors by row: what one query asked is there for the next.

    Parameters
    ----------
    a, b
        The posteriors.
    """

    def __init__(self, a: Floats, b: Floats) -> None:
        self._a, self._b = a, b
        self._known: dict[float, Floats] = {}

    def at(self, q: float, rows: Sequence[int]) -> Floats:
        """Return the quantile at q (0 to 1) of each row."""
        column = self._known.setdefault(q, np.full(len(self._a), np.nan))
        asked = np.asarray(rows, dtype=np.int64)
        found = column[asked]
        missing = np.isnan(found)
        if missing.any():
            new = asked[missing]
            column[new] = beta_quantile(q, self._a[new], self._b[new])
            found = column[asked]
        return found
