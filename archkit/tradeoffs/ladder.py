"""A ladder of priorities read two ways, rung by rung and as weights, and whether they agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from archkit.errors import ArchkitError
from archkit.records import LADDER
from archkit.tradeoffs.cell import Grade, Known
from archkit.tradeoffs.criterion import Floats, finite
from archkit.tradeoffs.preference import Preference

if TYPE_CHECKING:
    from pandas import DataFrame

    from archkit.tradeoffs.matrix import PerformanceMatrix

__all__ = ["BAND", "LadderReadings", "readings"]

BAND = 0.25
"""One step of a five-grade scale: so far apart, two alternatives still do equally well."""

_SLACK = 1e-9

Tiers = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, repr=False)
class LadderReadings:
    """What a ladder chooses when it is climbed rung by rung, and when its rungs are weights.

    `rungs` are the criteria it has in the matrix and `missing` those it has not. `by_rung` and
    `by_weight` are the alternatives, best first, those that are level together in one tuple.
    `decided_by` is the rung that singled the first out ("" if none did); `scores` what each
    alternative is worth by rank-order weights (0 to 1); `agreement` how probable it is, over what
    is not known of the cells, that both choose the same (0 to 1); where several are level, each
    of them is as likely to be chosen.
    """

    rungs: tuple[str, ...]
    missing: tuple[str, ...]
    band: Mapping[str, float]
    by_rung: Tiers
    by_weight: Tiers
    decided_by: str
    scores: Mapping[str, float]
    agreement: float

    @property
    def agree(self) -> bool:
        """Whether both readings choose the same, on expected figures."""
        return set(self.by_rung[0]) == set(self.by_weight[0])

    @property
    def told(self) -> str:
        """What they choose, and whether they agree, in a sentence or two."""
        one, other = _listed(self.by_rung[0]), _listed(self.by_weight[0])
        how = f"decided by {self.decided_by}" if self.decided_by else "no rung singles one out"
        often = f"They choose the same in {self.agreement:.0%} of what the cells may be."
        if self.agree:
            return f"Both readings of the ladder choose {one} ({how}). {often}"
        return (
            f"The readings of the ladder disagree: rung by rung {one} ({how}), by rank-order "
            f"weights {other}. Say which is meant. {often}"
        )

    def __repr__(self) -> str:
        """Say what they choose."""
        return f"LadderReadings({self.told})"

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(index=False, border=0, justify="left", escape=True)
        return f"<p>{escape(self.told)}</p>{table}"

    def to_frame(self) -> DataFrame:
        """Return a row an alternative, in the order rung by rung.

        `alternative`; `place_by_rung` and `place_by_weight` (1 is best; level ones share a
        place); `score` by rank-order weights (0 to 1).
        """
        import pandas as pd

        one, other = _places(self.by_rung), _places(self.by_weight)
        rows = [[name, one[name], other[name], self.scores[name]] for name in one]
        columns = ["alternative", "place_by_rung", "place_by_weight", "score"]
        return pd.DataFrame(rows, columns=columns)


def readings(
    matrix: PerformanceMatrix,
    names: Sequence[str] = LADDER,
    *,
    band: float | Mapping[str, float] = BAND,
    draws: int = 2_000,
    seed: int = 1,
) -> LadderReadings:
    """Read a ladder both ways.

    Rung by rung, the alternatives within `band` of the best stay, and the next rung decides among
    them; by weights, the rungs have rank-order-centroid weights. One decision in five depends on
    which is meant.

    Parameters
    ----------
    matrix
        Of it only the criteria named by the ladder count.
    names
        The rungs, first the one that counts most; the reference card's by default.
    band
        How far apart, as a share of the scale, two alternatives do equally well; one for all
        rungs, or by rung (0 for those not named).
    draws, seed
        How many draws `agreement` is counted over, and what they start from.

    Raises
    ------
    ArchkitError
        If no rung is among the criteria, a band is negative, or there is none for a rung whose
        figures are neither grades nor whole numbers: the first rung alone would decide then.
    """
    preference = Preference.ladder(names)
    weights = preference.mean(matrix.criteria)
    there = [criterion.name for criterion in matrix.criteria]
    rungs = tuple(name for name in preference.chains[0] if name in there)
    places = [there.index(name) for name in rungs]
    bands = _bands(matrix, rungs, band)
    margins = np.array([bands[name] for name in rungs])
    values = matrix.mean_values()
    scores = values @ weights
    order, rung = _by_rung(values[:, places], margins)
    drawn = matrix.values(np.random.default_rng(seed), draws)
    one, other = _first_by_rung(drawn[:, :, places], margins), _best(drawn @ weights)
    either = one.sum(axis=1) * other.sum(axis=1)
    return LadderReadings(
        rungs=rungs,
        missing=tuple(name for name in preference.chains[0] if name not in there),
        band=bands,
        by_rung=_named(matrix.alternatives, order),
        by_weight=_named(matrix.alternatives, _tiers(scores)),
        decided_by="" if rung is None else rungs[rung],
        scores=dict(zip(matrix.alternatives, scores.tolist(), strict=True)),
        agreement=float(((one & other).sum(axis=1) / either).mean()),
    )


def _bands(
    matrix: PerformanceMatrix, rungs: tuple[str, ...], band: float | Mapping[str, float]
) -> dict[str, float]:
    given = band if isinstance(band, Mapping) else dict.fromkeys(rungs, band)
    bands = {name: finite(given.get(name, 0.0), f"The band of {name!r}") for name in rungs}
    for name, width in bands.items():
        if width < 0:
            raise ArchkitError(
                f"The band of {name!r} is {width:g}.",
                why="It is how far apart two alternatives may be and yet do equally well.",
                mend="Give 0 or more, as a share of the scale.",
            )
        if width == 0 and not _counted(matrix, name):
            raise ArchkitError(
                f"{name!r} has figures that are no whole steps, and no band.",
                why="Such figures hardly ever tie, so the first rung alone would decide.",
                mend=f"Give a band, such as {BAND:g}, or grade the rung in whole steps.",
            )
    return bands


def _counted(matrix: PerformanceMatrix, name: str) -> bool:
    """Whether all figures of a criterion are grades or whole numbers."""
    cells = [matrix.cell(alternative, name) for alternative in matrix.alternatives]
    return all(
        isinstance(cell, Grade) or (isinstance(cell, Known) and cell.value.is_integer())
        for cell in cells
    )


def _by_rung(values: Floats, margins: Floats) -> tuple[list[list[int]], int | None]:
    """Return tiers of rows, best first, and the rung that singled the first one out."""
    left, tiers, decided = list(range(len(values))), list[list[int]](), None
    while left:
        stay = left
        for rung, margin in enumerate(margins):
            best = max(values[a, rung] for a in stay)
            after = [a for a in stay if values[a, rung] >= best - margin - _SLACK]
            if not tiers and len(after) == 1 < len(stay):
                decided = rung
            stay = after
        tiers.append(stay)
        left = [a for a in left if a not in stay]
    return tiers, decided


def _first_by_rung(values: Floats, margins: Floats) -> NDArray[np.bool_]:
    """Return, for draws (n, A, rungs), which alternatives stay to the last rung: (n, A)."""
    stay = np.ones(values.shape[:2], dtype=bool)
    for rung, margin in enumerate(margins):
        column = values[:, :, rung]
        best = np.where(stay, column, -np.inf).max(axis=1, keepdims=True)
        stay &= column >= best - margin - _SLACK
    return stay


def _best(scores: Floats) -> NDArray[np.bool_]:
    first: NDArray[np.bool_] = scores >= scores.max(axis=1, keepdims=True) - _SLACK
    return first


def _tiers(scores: Floats) -> list[list[int]]:
    """Return rows in falling order of score, equal ones together."""
    tiers: list[list[int]] = []
    for row in np.argsort(-scores, kind="stable").tolist():
        if tiers and scores[tiers[-1][0]] - scores[row] <= _SLACK:
            tiers[-1].append(row)
        else:
            tiers.append([row])
    return tiers


def _named(names: tuple[str, ...], tiers: list[list[int]]) -> Tiers:
    return tuple(tuple(names[row] for row in tier) for tier in tiers)


def _places(tiers: Tiers) -> dict[str, int]:
    places: dict[str, int] = {}
    for tier in tiers:
        places |= dict.fromkeys(tier, len(places) + 1)
    return places


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]} (level)"
