"""An exploration as a decision: written into its record, and reopened exactly."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archkit.errors import SessionError
from archkit.records import Alternative, Decision
from archkit.tradeoffs.explored import Explored

if TYPE_CHECKING:
    from archkit.tradeoffs.findings import Findings
    from archkit.tradeoffs.matrix import PerformanceMatrix

__all__ = ["KEY", "decision_of", "explored_in"]

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


def _success_rate(matrix: PerformanceMatrix, name: str) -> float | None:
    """Return the expected success rate of an alternative, where the matrix has one."""
    for criterion in matrix.criteria:
        cell = matrix.cell(name, criterion.name)
        if cell.kind == "rate" and criterion.objective == "max":
            return float(cell.mean(criterion))
    return None
