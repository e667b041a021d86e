"""The smallest change of a weight or of a figure that makes another alternative lead.

The additive model is a straight line in any one weight (the others in proportion) and in any one
figure, so each point where the lead changes hands is worked out exactly, at the expected figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archkit.tradeoffs.acceptability import INTERVAL, said
from archkit.tradeoffs.criterion import Criterion, Floats
from archkit.tradeoffs.values import subject

if TYPE_CHECKING:
    from archkit.tradeoffs.matrix import PerformanceMatrix
    from archkit.tradeoffs.preference import Preference

__all__ = ["cell_flips", "flip_sentence", "weight_flip", "weight_flips"]

_ROUNDING = 1e-12
_WEIGHT_COLUMNS = ("criterion", "weight", "flips_at", "change", "leader", "flips_to")
_CELL_COLUMNS = (
    *("alternative", "criterion", "unit", "figure", "flips_at", "change", "leader", "flips_to"),
    "plausible",
)


def weight_flips(matrix: PerformanceMatrix, preference: Preference | None = None) -> pd.DataFrame:
    """Say how far each weight can move, up and down, before another alternative leads.

    Returns
    -------
    pandas.DataFrame
        One row a point where the lead changes hands, the smallest change first: `criterion`; its
        `weight` (0 to 1); the weight it `flips_at`, the other weights keeping their proportions;
        `change`, what lies between (negative: downwards); the `leader` and who it `flips_to`.
        Empty when no single weight decides.
    """
    means, weights = matrix.mean_values(), said(matrix, preference).mean(matrix.criteria)
    return _of_weights(matrix, means, weights)


def weight_flip(
    matrix: PerformanceMatrix, preference: Preference | None, criteria: str | Sequence[str]
) -> pd.DataFrame:
    """Say how far the weight of a criterion, or of several taken together, can move.

    Parameters
    ----------
    matrix, preference
        What is known.
    criteria
        A name, or several whose weights move together in proportion ("turnover" of a value tree).

    Returns
    -------
    pandas.DataFrame
        As `weight_flips` gives it, at most one row upwards and one downwards.

    Raises
    ------
    ValueError
        If no criterion is named, or one that there is not.
    """
    names = [criterion.name for criterion in matrix.criteria]
    chosen = [criteria] if isinstance(criteria, str) else list(criteria)
    strange = [name for name in chosen if name not in names]
    if strange or not chosen:
        raise ValueError(f"There is no criterion {strange}; there are: {names}.")
    inside = np.isin(names, chosen)
    means, weights = matrix.mean_values(), said(matrix, preference).mean(matrix.criteria)
    label = " + ".join(dict.fromkeys(chosen))
    rows = _weight_rows(matrix.alternatives, label, means, weights, inside)
    return pd.DataFrame(rows, columns=list(_WEIGHT_COLUMNS))


def cell_flips(matrix: PerformanceMatrix, preference: Preference | None = None) -> pd.DataFrame:
    """Say how far each figure can move, all others as expected, before another leads.

    Returns
    -------
    pandas.DataFrame
        One row a cell that can decide within its scale, the smallest change first: `alternative`;
        `criterion`; the expected `figure` and the one it `flips_at`, in the criterion's `unit`;
        `change` (what lies between as a share of the scale's length, −1 to 1); the `leader` and
        who it `flips_to`; `plausible`, whether the figure it flips at lies within the cell's 90 %
        interval. Empty when no single figure decides.
    """
    means, weights = matrix.mean_values(), said(matrix, preference).mean(matrix.criteria)
    return _of_cells(matrix, means, weights)


def flip_sentence(matrix: PerformanceMatrix, preference: Preference | None = None) -> str:
    """Say in a sentence who leads and what least would change that."""
    means, expected = matrix.mean_values(), said(matrix, preference).mean(matrix.criteria)
    values = means @ expected
    leader = matrix.alternatives[int(values.argmax())]
    if len(values) == 1:
        return f"{leader} stands alone: there is nothing to weigh it against."
    level = [
        name
        for name, value in zip(matrix.alternatives, values, strict=True)
        if name != leader and values.max() - value <= _ROUNDING
    ]
    if level:
        return f"{leader} and {' and '.join(level)} are level: any change decides."
    parts = []
    weights, cells = _of_weights(matrix, means, expected), _of_cells(matrix, means, expected)
    if len(weights):
        row = weights.iloc[0]
        verb = "exceeds" if row["change"] > 0 else "falls below"
        parts.append(
            f"the weight of {row['criterion']} {verb} {row['flips_at']:.2f} "
            f"(now {row['weight']:.2f}; then {row['flips_to']})"
        )
    if len(cells):
        row = cells.iloc[0]
        verb = "rises above" if row["flips_at"] > row["figure"] else "falls below"
        unit = f" {row['unit']}" if row["unit"] else ""
        parts.append(
            f"{subject(row['alternative'], row['criterion'])} {verb} {row['flips_at']:.3g}{unit} "
            f"(expected {row['figure']:.3g}{unit}; then {row['flips_to']})"
        )
    if not parts:
        return f"{leader} leads whatever any one weight or figure."
    return f"{leader} leads until {', or until '.join(parts)}."


def _of_weights(matrix: PerformanceMatrix, means: Floats, weights: Floats) -> pd.DataFrame:
    rows = [
        row
        for criterion, inside in zip(matrix.criteria, np.eye(len(weights), dtype=bool), strict=True)
        for row in _weight_rows(matrix.alternatives, criterion.name, means, weights, inside)
    ]
    return _nearest_first(pd.DataFrame(rows, columns=list(_WEIGHT_COLUMNS)))


def _weight_rows(
    alternatives: tuple[str, ...], label: str, means: Floats, weights: Floats, inside: np.ndarray
) -> list[tuple[str, float, float, float, str, str]]:
    """Return where the lead changes hands when the weights inside move together."""
    own, rest = _part(means, weights, inside), _part(means, weights, ~inside)
    weight = float(weights[inside].sum())
    leader = int((means @ weights).argmax())
    # Over each other alternative the lead runs straight, from `at_none` to `at_all` of the weight.
    at_none, at_all = rest[leader] - rest, own[leader] - own
    rows = []
    for up, end in ((True, at_all), (False, at_none)):
        losing = np.flatnonzero(end < -_ROUNDING)
        if not len(losing):
            continue
        at = np.clip(at_none[losing] / (at_none[losing] - at_all[losing]), 0, 1)
        at = np.maximum(at, weight) if up else np.minimum(at, weight)
        first = np.lexsort((end[losing], at if up else -at))[0]
        names = alternatives[leader], alternatives[losing[first]]
        rows.append((label, weight, float(at[first]), float(at[first]) - weight, *names))
    return rows


def _of_cells(matrix: PerformanceMatrix, means: Floats, weights: Floats) -> pd.DataFrame:
    values = means @ weights
    leader = int(values.argmax())
    others = [row for row in range(len(values)) if row != leader]
    rows = []
    for row, alternative in enumerate(matrix.alternatives if others else ()):
        gap = values[leader] - (max(values[others]) if row == leader else values[row])
        overtaker = max(others, key=values.__getitem__) if row == leader else row
        for column, criterion in enumerate(matrix.criteria):
            if weights[column] <= _ROUNDING:
                continue
            step = gap / weights[column] * (-1 if row == leader else 1)
            value = means[row, column] + step
            room = value if row == leader else 1 - value
            if room <= _ROUNDING:
                continue
            rows.append(
                (
                    alternative,
                    criterion.name,
                    criterion.unit,
                    *_moved(criterion, means[row, column], value),
                    matrix.alternatives[leader],
                    matrix.alternatives[overtaker],
                    _within(matrix, alternative, criterion, value),
                )
            )
    return _nearest_first(pd.DataFrame(rows, columns=list(_CELL_COLUMNS)))


def _part(means: Floats, weights: Floats, inside: np.ndarray) -> Floats:
    """Return every alternative's value by some of the criteria alone, their weights in proportion.

    Where they weigh nothing there is no proportion to keep: they then share evenly.
    """
    if not inside.any():
        return np.zeros(len(means))
    share = weights[inside]
    if share.sum() <= _ROUNDING:
        share = np.ones(len(share))
    part: Floats = means[:, inside] @ (share / share.sum())
    return part


def _moved(criterion: Criterion, before: float, after: float) -> tuple[float, float, float]:
    """Return the figures worth `before` and `after`, and their distance as a share of the scale."""
    figures = criterion.figure(before), criterion.figure(after)
    return (*figures, (figures[1] - figures[0]) / criterion.span)


def _within(
    matrix: PerformanceMatrix, alternative: str, criterion: Criterion, value: float
) -> bool:
    ends = [(1 - INTERVAL) / 2, (1 + INTERVAL) / 2]
    cell = matrix.cell(alternative, criterion.name)
    low, high = np.sort(criterion.value(cell.quantile(ends, criterion)))
    return bool(low <= value <= high)


def _nearest_first(frame: pd.DataFrame) -> pd.DataFrame:
    order = frame["change"].abs().sort_values(kind="stable").index
    return frame.loc[order].reset_index(drop=True)
