"""A decision held to what came of it: what was predicted, what was observed, and the regret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from archkit.tradeoffs.acceptability import DRAWS, INTERVAL, acceptability
from archkit.tradeoffs.cell import Cell, Known, Rate
from archkit.tradeoffs.decided import explored_in
from archkit.tradeoffs.preference import Preference

if TYPE_CHECKING:
    from archkit.records import Decision
    from archkit.tradeoffs.explored import Explored
    from archkit.tradeoffs.matrix import PerformanceMatrix

__all__ = ["hindsight"]


def hindsight(decision: Decision, scores: pd.DataFrame) -> pd.DataFrame:
    """Hold a decision to what came of it: what the others predicted, and the regret.

    What was observed of the chosen alternative takes the place of its forecasts: a success rate
    under the criteria it had one for, a score under the criterion of its name. What was not
    observed stays as predicted, and so do the alternatives nobody tried. Intervals are over the
    figures, at the expected weights of then; a success rate observed n times has the interval of
    n uses, a score none.

    Parameters
    ----------
    decision
        One saved from an explorer.
    scores
        `archkit.metrics.outcome_scores`: one row a score of an outcome.

    Returns
    -------
    DataFrame
        One row an alternative, the highest prediction first: `alternative`, `chosen`, `predicted`
        (value, 0 to 1, at the weights of then) with `low` and `high`, `realised` (value; missing
        for what was not chosen and while nothing was observed) with `realised_low` and
        `realised_high`, `regret` (how far the prediction lies above what the chosen one came to;
        negative where it lies below), `observed` (criteria), `n` (outcomes), `provenance` (of the
        outcomes), `predicted_from` (of the figures), `ci_prob`. `attrs["finding"]` says it in a
        sentence.

    Raises
    ------
    SessionError
        The decision was not made in an explorer.
    """
    state = explored_in(decision)
    matrix, chosen = state.loaded, decision.chosen
    seen = scores[scores["decision_id"] == decision.decision_id]
    cells, values = _observed(matrix, chosen, seen)
    weights = state.preference.mean(matrix.criteria)
    means, at = matrix.mean_values(), matrix.alternatives.index(chosen)
    realised, ends = float("nan"), (float("nan"), float("nan"))
    if cells:
        row = [values.get(c.name, m) for c, m in zip(matrix.criteria, means[at], strict=True)]
        realised = float(np.array(row) @ weights)
        found = matrix.replace(cells={(chosen, name): cell for name, cell in cells.items()})
        low, high = _ends(found, weights, state)[at]
        ends = min(low, realised), max(high, realised)
    rows = [
        {
            "alternative": name,
            "chosen": name == chosen,
            "predicted": float(means[n] @ weights),
            "low": low,
            "high": high,
            "realised": realised if name == chosen else float("nan"),
            "realised_low": ends[0] if name == chosen else float("nan"),
            "realised_high": ends[1] if name == chosen else float("nan"),
            "regret": float(means[n] @ weights) - realised,
            "observed": ", ".join(cells),
            "n": int(seen["outcome_id"].nunique()),
            "provenance": " + ".join(sorted(set(seen["provenance"]))) or "none",
            "predicted_from": _from(matrix, name),
            "ci_prob": INTERVAL,
        }
        for n, (name, (low, high)) in enumerate(
            zip(matrix.alternatives, _ends(matrix, weights, state), strict=True)
        )
    ]
    frame = pd.DataFrame(rows).sort_values("predicted", ascending=False, kind="stable")
    frame = frame.reset_index(drop=True)
    frame.attrs["finding"] = _finding(chosen, frame, realised)
    return frame


def _ends(matrix: PerformanceMatrix, weights: Any, state: Explored) -> list[tuple[float, float]]:
    """Return each alternative's interval of value, over its figures at fixed weights."""
    names = (criterion.name for criterion in matrix.criteria)
    fixed = Preference.weights(dict(zip(names, weights.tolist(), strict=True)))
    draws = min(state.draws, DRAWS)
    table = acceptability(matrix, fixed, draws=draws, seed=state.seed).expected_value
    return list(zip(table["low"].tolist(), table["high"].tolist(), strict=True))


def _observed(
    matrix: PerformanceMatrix, chosen: str, seen: pd.DataFrame
) -> tuple[dict[str, Cell], dict[str, float]]:
    """Return by criterion what was observed: as a cell, and as a value (0 to 1)."""
    by_score = {str(name): rows["value"] for name, rows in seen.groupby("score")}
    by_name = {name.casefold(): rows for name, rows in by_score.items() if name != "success"}
    cells: dict[str, Cell] = {}
    values: dict[str, float] = {}
    for criterion in matrix.criteria:
        name = criterion.name
        if matrix.cell(chosen, name).kind == "rate" and "success" in by_score:
            came = by_score["success"]
            cells[name] = Rate(float(came.sum()), float(len(came)))
            values[name] = float(criterion.value(float(came.mean())))
        elif name.casefold() in by_name:
            values[name] = float(by_name[name.casefold()].mean())
            cells[name] = Known(criterion.figure(values[name]))
    return cells, values


def _from(matrix: PerformanceMatrix, name: str) -> str:
    parts = (matrix.cell(name, c.name).provenance.split(" + ") for c in matrix.criteria)
    return " + ".join(sorted({part for own in parts for part in own if part}))


def _finding(chosen: str, frame: pd.DataFrame, realised: float) -> str:
    if realised != realised:
        return f"Nothing that was weighed has been observed of {chosen} yet."
    others = frame[~frame["chosen"]]
    if others.empty:
        return f"{chosen} came to {realised:.2f}; it had no rival."
    rival = others.iloc[0]
    told = f"{chosen} came to {realised:.2f} (n {frame['n'].iloc[0]}), {rival['alternative']} had "
    told += f"predicted {rival['predicted']:.2f}: "
    return told + (f"regret {rival['regret']:.2f}." if rival["regret"] > 0 else "no regret.")
