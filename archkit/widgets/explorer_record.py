"""An exploration as a decision: written into its record, reopened exactly, held to what came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from archkit.errors import SessionError
from archkit.records import Alternative, Decision
from archkit.widgets.explorer_state import Explored

if TYPE_CHECKING:
    from archkit.tradeoffs.matrix import PerformanceMatrix
    from archkit.widgets.explorer_frames import Findings

__all__ = ["KEY", "decision_of", "explored_in", "hindsight"]

KEY = "tradeoff"
"""Where an exploration stands in the `extra` of a decision's record."""


def decision_of(findings: Findings, chosen: str, rationale: str = "", **given: Any) -> Decision:
    """Return the decision for an alternative, with everything that led to it.

    Parameters
    ----------
    findings
        What follows from the exploration as it stands.
    chosen
        The alternative that is taken.
    rationale
        Why; by default what the exploration found.
    **given
        Further fields of the decision.

    Returns
    -------
    Decision
        Its alternatives, the best first, each with its predicted success rate where the matrix
        has one; its `extra` holds matrix, preference, seed and load, see `explored_in`.

    Raises
    ------
    SessionError
        It is none of the matrix's alternatives.
    """
    names = findings.order
    if chosen not in names:
        raise SessionError(
            f"{chosen!r} is none of the alternatives.",
            why="A decision takes one of what was compared.",
            mend=f"Choose one of: {', '.join(names)}.",
        )
    finding = f"{findings.result.finding} {findings.flip}"
    others = [
        Alternative(name, predicted=_success_rate(findings.matrix, name))
        for name in names
        if name != chosen
    ]
    return Decision(
        chosen=chosen,
        alternatives=tuple(others),
        rationale=rationale.strip() or finding,
        confidence=_success_rate(findings.matrix, chosen),
        extra={KEY: {**findings.state.as_json(), "finding": finding}},
        **given,
    )


def explored_in(decision: Decision) -> Explored:
    """Return the exploration that a decision was saved from, as it stood.

    Raises
    ------
    SessionError
        The decision was not made in an explorer.
    """
    held = decision.extra.get(KEY)
    if not isinstance(held, Mapping):
        raise SessionError(
            f"The decision {decision.chosen!r} cannot be reopened.",
            why="Its record holds no matrix: it was not saved from an explorer.",
            mend="Take one that was: its record's extra has 'tradeoff'.",
        )
    return Explored.from_json(held)


def hindsight(decision: Decision, scores: pd.DataFrame) -> pd.DataFrame:
    """Hold a decision to what came of it: what the others predicted, and the regret.

    What was observed of the chosen alternative takes the place of its forecasts: a success rate
    under the criteria it had one for, a score under the criterion of its name. What was not
    observed stays as predicted, and so do the alternatives nobody tried.

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
        (value, 0 to 1, at the weights of then), `realised` (value; missing for what was not
        chosen and while nothing was observed), `regret` (how far the prediction lies above what
        the chosen one came to; negative where it lies below), `observed` (criteria), `n`
        (outcomes), `provenance` (of the outcomes). `attrs["finding"]` says it in a sentence.

    Raises
    ------
    SessionError
        The decision was not made in an explorer.
    """
    state = explored_in(decision)
    matrix, weights = state.loaded, state.preference.mean(state.matrix.criteria)
    means = matrix.mean_values()
    seen = scores[scores["decision_id"] == decision.decision_id]
    observed = _observed(matrix, decision.chosen, seen)
    at = matrix.alternatives.index(decision.chosen)
    realised = float("nan")
    if observed:
        row = means[at].copy()
        for column, criterion in enumerate(matrix.criteria):
            row[column] = observed.get(criterion.name, row[column])
        realised = float(row @ weights)
    rows = [
        {
            "alternative": name,
            "chosen": name == decision.chosen,
            "predicted": float(means[n] @ weights),
            "realised": realised if name == decision.chosen else float("nan"),
            "regret": float(means[n] @ weights) - realised,
            "observed": ", ".join(observed),
            "n": int(seen["outcome_id"].nunique()),
            "provenance": " + ".join(sorted(set(seen["provenance"]))) or "none",
        }
        for n, name in enumerate(matrix.alternatives)
    ]
    frame = pd.DataFrame(rows).sort_values("predicted", ascending=False, kind="stable")
    frame = frame.reset_index(drop=True)
    frame.attrs["finding"] = _finding(decision.chosen, frame, realised)
    return frame


def _observed(matrix: PerformanceMatrix, chosen: str, seen: pd.DataFrame) -> dict[str, float]:
    """Return by criterion the value (0 to 1) that was observed of the chosen alternative."""
    means = {
        str(name): float(value) for name, value in seen.groupby("score")["value"].mean().items()
    }
    found: dict[str, float] = {}
    for criterion in matrix.criteria:
        by_name = {name.casefold(): value for name, value in means.items() if name != "success"}
        if matrix.cell(chosen, criterion.name).kind == "rate" and "success" in means:
            found[criterion.name] = float(criterion.value(means["success"]))
        elif criterion.name.casefold() in by_name:
            found[criterion.name] = by_name[criterion.name.casefold()]
    return found


def _finding(chosen: str, frame: pd.DataFrame, realised: float) -> str:
    if realised != realised:
        return f"Nothing that was weighed has been observed of {chosen} yet."
    others: Sequence[Mapping[str, Any]] = frame[~frame["chosen"]].to_dict("records")  # type: ignore[assignment]
    if not others:
        return f"{chosen} came to {realised:.2f}; it had no rival."
    rival = others[0]
    n = int(frame["n"].iloc[0])
    told = f"{chosen} came to {realised:.2f} (n {n}), {rival['alternative']} had predicted "
    told += f"{rival['predicted']:.2f}: "
    return told + (f"regret {rival['regret']:.2f}." if rival["regret"] > 0 else "no regret.")


def _success_rate(matrix: PerformanceMatrix, name: str) -> float | None:
    """Return the expected success rate of an alternative, where the matrix has one."""
    for criterion in matrix.criteria:
        cell = matrix.cell(name, criterion.name)
        if cell.kind == "rate" and criterion.objective == "max":
            return float(cell.mean(criterion))
    return None
