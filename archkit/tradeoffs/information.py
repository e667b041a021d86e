"""What knowing more would be worth: of everything, and of one figure or weight alone.

Figures and weights are independent of each other, and the model adds up: once one figure is known,
only its own alternative's expected value moves, by the expected weight; once one weight is known,
the other weights move with it and the figures stay as expected. So nothing has to be drawn within
a draw (Raiffa and Schlaifer, Applied Statistical Decision Theory, 1961, for the idea).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archkit.tradeoffs.acceptability import DRAWS, drawn
from archkit.tradeoffs.criterion import Floats
from archkit.tradeoffs.values import subject

if TYPE_CHECKING:
    from archkit.tradeoffs.matrix import PerformanceMatrix
    from archkit.tradeoffs.preference import Preference

__all__ = ["Information", "what_to_measure"]

_BINS = 40  # as many classes of a weight as a mean within each can be told well at 20,000 draws
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False, repr=False)
class Information:
    """What knowing would be worth, in value (0 to 1) gained on the choice on average.

    Attributes
    ----------
    evpi
        Of knowing everything: what the best choice then would gain over the best choice now.
    of_cells, of_weights
        Of knowing all figures, the weights as uncertain as before; and the other way round.
    table
        One row an uncertain figure or weight, the most worth knowing first: `subject`; `kind`
        ("cell" or "weight"); `alternative` (missing for a weight); `criterion`; `evppi`, the
        expected value of knowing it exactly; `share` of `evpi` (0 to 1); `switch_chance`, how
        often (0 to 1) knowing it would change the choice.
    draws, seed
        How many draws were made, and from which seed.
    """

    evpi: float
    of_cells: float
    of_weights: float
    table: pd.DataFrame
    draws: int
    seed: int

    @property
    def finding(self) -> str:
        """What to measure or ask next, in one sentence."""
        if self.evpi <= _ROUNDING or self.table.empty or self.table["evppi"][0] <= _ROUNDING:
            return "Nothing that could be learnt of one figure or weight would change the choice."
        first = self.table.iloc[0]
        verb = "Measure" if first["kind"] == "cell" else "Settle the"
        return (
            f"{verb} {first['subject']} next: knowing it would change the choice in "
            f"{100 * first['switch_chance']:.0f} % of cases."
        )

    def __repr__(self) -> str:
        return f"Information(of everything {self.evpi:.4f}; {self.finding})"


def what_to_measure(
    matrix: PerformanceMatrix,
    preference: Preference | None = None,
    draws: int = DRAWS,
    seed: int = 1,
) -> Information:
    """Work out what is worth measuring, or asking, next.

    Parameters
    ----------
    matrix
        Alternatives, criteria and what is known of each.
    preference
        What is known of the weights; the matrix's own by default.
    draws, seed
        As for `acceptability`. All draws are held at once: 8 bytes a cell and draw.

    Raises
    ------
    ValueError
        If there is no whole number of draws to make, or the seed is negative.
    ArchkitError
        If the preference does not fit the criteria.
    """
    weights, figures = _held(matrix, preference, draws, seed)
    middle, means = weights.mean(axis=0), figures.mean(axis=2)
    values = means @ middle
    best = float(values.max())
    # Each gain is over the best mean of the same draws, so none is negative but for rounding.
    each = np.einsum("nc,acn->an", weights, figures)
    evpi = _gain(float(each.max(axis=0).mean()), float(each.mean(axis=1).max()))
    by_cells = np.einsum("c,acn->an", middle, figures)
    by_weights = np.einsum("nc,ac->an", weights, means)
    rows = [
        *_cells(matrix, figures, means, middle, values),
        *_weights(matrix, weights, means, values),
    ]
    columns = ["kind", "alternative", "criterion", "evppi", "switch_chance"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(0, "subject", [subject(row[1], row[2]) for row in rows])
    table.insert(5, "share", np.clip(table["evppi"] / evpi, 0, 1) if evpi > _ROUNDING else 0.0)
    table = table.sort_values("evppi", ascending=False, kind="stable", ignore_index=True)
    return Information(
        evpi=evpi,
        of_cells=_gain(float(by_cells.max(axis=0).mean()), best),
        of_weights=_gain(float(by_weights.max(axis=0).mean()), best),
        table=table,
        draws=draws,
        seed=seed,
    )


def _held(
    matrix: PerformanceMatrix, preference: Preference | None, draws: int, seed: int
) -> tuple[Floats, Floats]:
    """Return all draws: weights (n × criteria), values (alternatives × criteria × n)."""
    parts, count, done = drawn(matrix, preference, draws, seed), len(matrix.criteria), 0
    weights, figures = np.empty((draws, count)), np.empty((len(matrix.alternatives), count, draws))
    for part, values in parts:
        to = done + len(part)
        weights[done:to], figures[:, :, done:to] = part, values.transpose(1, 2, 0)
        done = to
    return weights, figures


def _gain(known: float, expected: float) -> float:
    """Return what knowing gains over the best expected value, without what rounding left."""
    return known - expected if known - expected > _ROUNDING else 0.0


def _cells(
    matrix: PerformanceMatrix, figures: Floats, means: Floats, middle: Floats, values: Floats
) -> list[tuple[str, str | None, str, float, float]]:
    """Return a row a cell with a spread: only its own alternative's value moves with it."""
    rows: list[tuple[str, str | None, str, float, float]] = []
    leader = int(values.argmax())
    for row, alternative in enumerate(matrix.alternatives):
        rest = float(np.delete(values, row).max(initial=-np.inf))
        for column, criterion in enumerate(matrix.criteria):
            if matrix.cell(alternative, criterion.name).sure:
                continue
            moved = values[row] + middle[column] * (figures[row, column] - means[row, column])
            gain = _gain(float(np.maximum(moved, rest).mean()), float(max(values[row], rest)))
            changed = moved < rest - _ROUNDING if row == leader else moved > rest + _ROUNDING
            rows.append(("cell", alternative, criterion.name, gain, float(changed.mean())))
    return rows


def _weights(
    matrix: PerformanceMatrix, weights: Floats, means: Floats, values: Floats
) -> list[tuple[str, str | None, str, float, float]]:
    """Return a row a weight with a spread: within each class of it the weights are averaged."""
    rows: list[tuple[str, str | None, str, float, float]] = []
    n, leader = len(weights), int(values.argmax())
    starts = np.unique(np.linspace(0, n, min(_BINS, n) + 1).astype(int))
    sizes = np.diff(starts)
    for column, criterion in enumerate(matrix.criteria):
        own = weights[:, column]
        if np.ptp(own) <= _ROUNDING:
            continue
        order = np.argsort(own)
        sums = np.add.reduceat(weights[order], starts[:-1], axis=0)
        learnt = (sums / sizes[:, None]) @ means.T
        best = learnt.max(axis=1)
        gain = _gain(float(sizes @ best / n), float(values.max()))
        changed = float(sizes[best > learnt[:, leader] + _ROUNDING].sum() / n)
        rows.append(("weight", None, criterion.name, gain, changed))
    return rows
