"""Other methods' ranks of the same matrix, beside the additive model's.

The methods are scikit-criteria's and pymcdm's, which the extra `mcda` installs; archkit has none of
its own. Most of them rescale each criterion by the alternatives that happen to be there, which is
why they may disagree, among each other and with themselves when an alternative is added.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archkit.errors import ArchkitError
from archkit.tradeoffs.acceptability import said
from archkit.tradeoffs.criterion import Floats

if TYPE_CHECKING:
    from archkit.tradeoffs.matrix import PerformanceMatrix
    from archkit.tradeoffs.preference import Preference

__all__ = ["Agreement", "method_agreement"]

_ROUNDING = 1e-9
_OWN = "archkit, additive on fixed scales"


@dataclass(frozen=True, eq=False, repr=False)
class Agreement:
    """The ranks that each method gives, at the expected figures and weights.

    Attributes
    ----------
    ranks
        One row a method, archkit's own first; one column an alternative; ranks from 1 (best), the
        level share the mean of theirs. A method that gave no ranks has a row of NaN.
    failures
        Why the methods that gave no ranks did not, by method.
    unknown
        The cells nobody knows, (alternative, criterion): they took part as the middle of their
        scale, since none of the other methods can be told so.
    """

    ranks: pd.DataFrame
    failures: dict[str, str]
    unknown: tuple[tuple[str, str], ...]

    @property
    def first_places(self) -> pd.Series[int]:
        """By how many methods each alternative is put first, most first; the level count each."""
        best = self.ranks.eq(self.ranks.min(axis=1), axis=0)
        return best.sum().sort_values(ascending=False, kind="stable")

    @property
    def agree(self) -> bool:
        """Whether there is an alternative that every method which gave ranks puts first.

        Alone or level with others: VIKOR names a set of compromises where no one is clear of them.
        """
        return bool(self.first_places.iloc[0] == len(self.ranks.dropna(how="all")))

    @property
    def warning(self) -> str:
        """What to make of it when they disagree; empty when they agree."""
        if self.agree:
            return ""
        told = ", ".join(f"{name} {count}" for name, count in self.first_places.items() if count)
        count = len(self.ranks.dropna(how="all"))
        return (
            f"The {count} methods do not put the same alternative first ({told}). They differ in "
            "how they rescale the figures, which says nothing about the alternatives: look at "
            "what would flip the choice instead of counting methods."
        )

    def __repr__(self) -> str:
        return f"Agreement({len(self.ranks)} methods: {self.warning or 'all agree on the first'})"


def method_agreement(matrix: PerformanceMatrix, preference: Preference | None = None) -> Agreement:
    """Rank the matrix by other methods too.

    Raises
    ------
    ArchkitError
        If the extra `mcda` is not installed, or there is only one alternative to rank.
    """
    if len(matrix.alternatives) < 2:
        raise ArchkitError(
            "There is one alternative only.",
            why="Methods of ranking compare alternatives with each other.",
            mend="Add a second one, if only to leave things as they are.",
        )
    weights = said(matrix, preference).mean(matrix.criteria)
    figures = matrix.to_frame().to_numpy()
    up = np.array([criterion.objective == "max" for criterion in matrix.criteria])
    rows, failures = {_OWN: _places(-matrix.mean_values() @ weights)}, {}
    for name, method in _methods(matrix).items():
        try:
            # What they warn of, such as one alternative that dominates, is no news here.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                places = np.asarray(method(figures, weights, up), dtype=float)
            if not np.isfinite(places).all():
                raise ArithmeticError("it gave ranks that are no numbers")
            rows[name] = _places(places)
        except Exception as error:  # noqa: BLE001 - another library's method; the row says why
            failures[name] = f"{type(error).__name__}: {error}"
            rows[name] = np.full(len(figures), np.nan)
    index = pd.Index(rows, name="method")
    columns = pd.Index(matrix.alternatives, name="alternative")
    return Agreement(
        ranks=pd.DataFrame(list(rows.values()), index=index, columns=columns),
        failures=failures,
        unknown=matrix.unknown,
    )


def _methods(matrix: PerformanceMatrix) -> dict[str, Callable[[Floats, Floats, Floats], Any]]:
    """Return each method as a function of figures, weights and which criteria want more."""
    try:
        # Slow to import: five seconds together.
        from pymcdm import methods as pm
        from skcriteria import mkdm
        from skcriteria.agg.simple import WeightedProductModel, WeightedSumModel
        from skcriteria.agg.topsis import TOPSIS
        from skcriteria.agg.vikor import VIKOR
        from skcriteria.pipelines import mkpipe
        from skcriteria.preprocessing.invert_objectives import InvertMinimize, NegateMinimize
        from skcriteria.preprocessing.scalers import SumScaler, VectorScaler
    except ImportError as error:
        raise ArchkitError(
            "Other methods of ranking are not installed.",
            why=f"They come from scikit-criteria and pymcdm: {error}.",
            mend='Install the extra: pip install "archkit[mcda]".',
        ) from error

    def scikit(*steps: Any) -> Callable[[Floats, Floats, Floats], Any]:
        def ranked(figures: Floats, weights: Floats, up: Floats) -> Any:
            objectives = [max if more else min for more in up]
            return mkpipe(*steps).evaluate(mkdm(figures, objectives, weights=weights)).rank_

        return ranked

    def pymcdm(method: Any) -> Callable[[Floats, Floats, Floats], Any]:
        def ranked(figures: Floats, weights: Floats, up: Floats) -> Any:
            return method.rank(method(figures, weights, np.where(up, 1, -1)))

        return ranked

    bounds = np.array([(criterion.low, criterion.high) for criterion in matrix.criteria])
    summed = (InvertMinimize(), SumScaler(target="both"))
    return {
        "scikit-criteria TOPSIS": scikit(NegateMinimize(), VectorScaler(target="matrix"), TOPSIS()),
        "scikit-criteria VIKOR": scikit(NegateMinimize(), VIKOR()),
        "scikit-criteria weighted sum": scikit(*summed, WeightedSumModel()),
        "scikit-criteria weighted product": scikit(*summed, WeightedProductModel()),
        "pymcdm TOPSIS": pymcdm(pm.TOPSIS()),
        "pymcdm PROMETHEE II": pymcdm(pm.PROMETHEE_II("usual")),
        "pymcdm VIKOR": pymcdm(pm.VIKOR()),
        "pymcdm SPOTIS (fixed scales)": pymcdm(pm.SPOTIS(bounds)),
    }


def _places(worse: Floats) -> Floats:
    """Return ranks from 1, the least first; the level share the mean of theirs."""
    ranks = pd.Series(np.rint(worse / _ROUNDING)).rank(method="average")
    return np.asarray(ranks, dtype=np.float64)
