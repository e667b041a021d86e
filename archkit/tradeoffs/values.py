"""The additive model at the expected figures: why one leads, what it hangs on, who is dominated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from archkit.tradeoffs.acceptability import INTERVAL, said
from archkit.tradeoffs.criterion import Floats

if TYPE_CHECKING:
    from archkit.tradeoffs.matrix import PerformanceMatrix
    from archkit.tradeoffs.preference import Preference

__all__ = ["contributions", "dominance", "expected_values", "subject", "tornado"]

_WEIGHT_DRAWS = 4_000
_GRID = np.linspace(0, 1, 201)
_ROUNDING = 1e-12
_Swing = tuple[str, str | None, str, str, float, float, float, float]


def expected_values(
    matrix: PerformanceMatrix, preference: Preference | None = None
) -> pd.Series[float]:
    """Return each alternative's value (0 to 1, 1 is best) at the expected figures and weights."""
    index = pd.Index(matrix.alternatives, name="alternative")
    values = matrix.mean_values() @ said(matrix, preference).mean(matrix.criteria)
    return pd.Series(values, index=index, name="value")


def contributions(
    matrix: PerformanceMatrix,
    preference: Preference | None = None,
    alternative: str | None = None,
    rival: str | None = None,
) -> pd.DataFrame:
    """Say why one alternative is ahead of another: what each criterion adds to its lead.

    Parameters
    ----------
    matrix, preference
        What is known.
    alternative, rival
        The one by default has the highest expected value, the other the highest of the rest.

    Returns
    -------
    pandas.DataFrame
        One row a criterion, what adds most first: `criterion`; `weight` (0 to 1); `value` and
        `rival_value` (0 to 1, 1 is best); `contribution` (weight × difference, −1 to 1); `lead`,
        the sum so far, whose last entry is the whole lead. Empty when there is no rival.

    Raises
    ------
    ValueError
        If no alternative is called so, or both are the same.
    """
    values = expected_values(matrix, preference)
    for name in (alternative, rival):
        if name is not None and name not in values.index:
            raise ValueError(f"No alternative is called {name!r}; there are: {list(values.index)}.")
    if alternative is not None and alternative == rival:
        raise ValueError(f"{alternative!r} cannot be its own rival.")
    ours = alternative or str(values.drop(rival or [], errors="ignore").idxmax())
    rest = values.drop(ours)
    columns = ["criterion", "weight", "value", "rival_value", "contribution", "lead"]
    if rest.empty:
        return pd.DataFrame(columns=columns)
    theirs = rival or str(rest.idxmax())
    means, names = matrix.mean_values(), list(matrix.alternatives)
    frame = pd.DataFrame(
        {
            "criterion": [criterion.name for criterion in matrix.criteria],
            "weight": said(matrix, preference).mean(matrix.criteria),
            "value": means[names.index(ours)],
            "rival_value": means[names.index(theirs)],
        }
    )
    frame["contribution"] = frame["weight"] * (frame["value"] - frame["rival_value"])
    frame = frame.sort_values("contribution", ascending=False, kind="stable", ignore_index=True)
    frame["lead"] = frame["contribution"].cumsum()
    frame.attrs.update(alternative=ours, rival=theirs)
    return frame[columns]


def dominance(matrix: PerformanceMatrix) -> pd.DataFrame:
    """Say which alternatives another one beats whatever the weights.

    Returns
    -------
    pandas.DataFrame
        One row a pair: `better`, `worse` and `kind`. "certain": at its worst the better one is as
        good as the worse one at its best, under every criterion, and better under one; the worse
        one is never first. "stochastic": under every criterion each value is at least as likely to
        be reached, so it has the higher expected value under any weights, and may yet lose.
    """
    spread = _spread(matrix)
    rows = []
    for one, better in enumerate(matrix.alternatives):
        for other, worse in enumerate(matrix.alternatives):
            if one == other:
                continue
            sure = spread[one, :, 0] - spread[other, :, -1]
            likely = spread[one] - spread[other]
            if sure.min() >= -_ROUNDING and sure.max() > _ROUNDING:
                rows.append((better, worse, "certain"))
            elif likely.min() >= -_ROUNDING and likely.max() > _ROUNDING:
                rows.append((better, worse, "stochastic"))
    return pd.DataFrame(rows, columns=["better", "worse", "kind"])


def tornado(
    matrix: PerformanceMatrix, preference: Preference | None = None, interval: float = INTERVAL
) -> pd.DataFrame:
    """Swing what is uncertain, one thing at a time, and see what becomes of the lead.

    Parameters
    ----------
    matrix, preference
        What is known; all but the one thing stays at its mean, other weights in proportion.
    interval
        How far each is swung: the central share of its distribution, above 0 and below 1.

    Returns
    -------
    pandas.DataFrame
        One row an uncertain cell or weight, the widest swing first: `subject`; `kind` ("cell" or
        "weight"); `alternative` (missing for a weight); `criterion`; `low` and `high`, the ends of
        the interval in the criterion's `unit` (for a weight 0 to 1); `lead_low` and `lead_high`,
        what the leader is then ahead of the best other (−1 to 1); `swing`, their distance;
        `flips`, whether another leads at an end. `attrs` has the `leader` and its `lead`. Empty
        when nothing is uncertain or there is no rival.

    Raises
    ------
    ValueError
        If the interval is not between 0 and 1.
    """
    if not 0 < interval < 1:
        raise ValueError(f"interval must lie between 0 and 1, not {interval}.")
    ends = [(1 - interval) / 2, (1 + interval) / 2]
    weighting = said(matrix, preference)
    means, weights = matrix.mean_values(), weighting.mean(matrix.criteria)
    values = means @ weights
    leader = int(values.argmax())
    rows: list[_Swing] = []
    if len(values) > 1:
        rows = [
            *_cell_swings(matrix, means, weights, leader, ends),
            *_weight_swings(matrix, weighting, means, weights, leader, ends),
        ]
    columns = ["kind", "alternative", "criterion", "unit", "low", "high", "lead_low", "lead_high"]
    frame = pd.DataFrame(rows, columns=columns)
    frame.insert(0, "subject", [subject(row[1], row[2]) for row in rows])
    frame["swing"] = (frame["lead_high"] - frame["lead_low"]).abs()
    frame["flips"] = frame[["lead_low", "lead_high"]].min(axis=1) < -_ROUNDING
    frame = frame.sort_values("swing", ascending=False, kind="stable", ignore_index=True)
    lead = float(_lead(values[None], leader)[0]) if len(values) > 1 else float("nan")
    frame.attrs.update(leader=matrix.alternatives[leader], lead=lead, interval=interval)
    return frame


def subject(alternative: str | None, criterion: str) -> str:
    """Name a cell or, without an alternative, a weight."""
    return f"weight of {criterion}" if alternative is None else f"{criterion} of {alternative}"


def _cell_swings(
    matrix: PerformanceMatrix, means: Floats, weights: Floats, leader: int, ends: list[float]
) -> list[_Swing]:
    rows: list[_Swing] = []
    values = means @ weights
    for one, alternative in enumerate(matrix.alternatives):
        for column, criterion in enumerate(matrix.criteria):
            cell = matrix.cell(alternative, criterion.name)
            if cell.sure:
                continue
            figures = cell.quantile(ends, criterion)
            swung = np.tile(values, (2, 1))
            swung[:, one] += weights[column] * (criterion.value(figures) - means[one, column])
            first, second = _lead(swung, leader)
            names = ("cell", alternative, criterion.name, criterion.unit)
            rows.append((*names, figures[0], figures[1], first, second))
    return rows


def _weight_swings(
    matrix: PerformanceMatrix,
    preference: Preference,
    means: Floats,
    weights: Floats,
    leader: int,
    ends: list[float],
) -> list[_Swing]:
    draws = preference.draw(np.random.default_rng(1), _WEIGHT_DRAWS, matrix.criteria)
    rows: list[_Swing] = []
    for column, criterion in enumerate(matrix.criteria):
        low, high = np.quantile(draws[:, column], ends)
        if high - low <= _ROUNDING or 1 - weights[column] <= _ROUNDING:
            continue
        own = np.array([low, high])[:, None]
        rest = np.delete(weights, column) / (1 - weights[column])
        swung = own * means[:, column] + (1 - own) * (np.delete(means, column, axis=1) @ rest)
        first, second = _lead(swung, leader)
        rows.append(("weight", None, criterion.name, "", low, high, first, second))
    return rows


def _lead(values: Floats, leader: int) -> Floats:
    """Return how far the leader is ahead of the best other, row by row."""
    lead: Floats = values[:, leader] - np.delete(values, leader, axis=1).max(axis=1)
    return lead


def _spread(matrix: PerformanceMatrix) -> Floats:
    """Return the quantiles of every cell's value, from the worst to the best it can be."""
    rows = [
        [
            np.sort(
                criterion.value(matrix.cell(alternative, criterion.name).quantile(_GRID, criterion))
            )
            for criterion in matrix.criteria
        ]
        for alternative in matrix.alternatives
    ]
    return np.array(rows)
