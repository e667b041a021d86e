"""From a session to a matrix, and from an exploration back to the architect, in words."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING

from archkit.architect.dialogue import ToolCall
from archkit.errors import SessionError
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.sources import from_names, from_proposal, from_ranking

if TYPE_CHECKING:
    from archkit.architect.session import Session
    from archkit.tradeoffs.findings import Findings

__all__ = ["answer_text", "matrix_of", "tradeoffs_noted"]

_MOST_NAMED = 5


def tradeoffs_noted(session: Session) -> dict[str, tuple[str, ...]]:
    """Return by choice what the architect noted it considered besides, the last note of each."""
    noted: dict[str, tuple[str, ...]] = {}
    for said in session.transcript:
        if not isinstance(said, ToolCall) or said.tool != "note_tradeoff" or said.is_error:
            continue
        given = said.input if isinstance(said.input, Mapping) else {}
        choice = str(given.get("choice") or "").strip()
        others = given.get("alternatives") or ()
        names = [others] if isinstance(others, str) else [str(name) for name in others]
        if choice:
            noted[choice] = tuple(name.strip() for name in names if name.strip())
    return noted


def matrix_of(session: Session, choice: str = "") -> PerformanceMatrix:
    """Return one choice of a session as a matrix, filled with the evidence the session has seen.

    Parameters
    ----------
    session
        With a ranking, noted trade-offs or a proposal.
    choice
        Words of the choice that is meant; by default the session's chief ranking if there is one,
        else the first trade-off noted that names an alternative, else the proposal's first.

    Returns
    -------
    PerformanceMatrix
        What was considered; what nobody knows of it is unknown until it is set.

    Raises
    ------
    ArchkitError
        Nothing was weighed against anything, or not under these words.
    """
    ranked = list(chain.from_iterable(session.evidence))
    if not choice and session.ranking is not None and len(session.ranking) > 1:
        return from_ranking(session.ranking)
    words = choice.casefold()
    noted = tradeoffs_noted(session)
    for name, others in noted.items():
        if others and words in name.casefold():
            return from_names([name, *others], ranking=ranked)
    if session.proposal is None:
        known = "; ".join(name for name, others in noted.items() if others)
        raise SessionError(
            "The session has nothing to compare.",
            why=f"The trade-offs noted are: {known}." if known else "No trade-off was noted in it.",
            mend="Have a design proposed, or name the alternatives: PerformanceMatrix(…).",
        )
    return from_proposal(session.proposal, choice or 0, ranking=ranked)


def answer_text(findings: Findings) -> str:
    """Say in words what was found: who leads, how surely, under which weights, what flips it."""
    shown = [
        f"{row['alternative']} (value {row['value']:.2f}, first in "
        f"{100 * row['first_rate']:.0f} % of draws)"
        for row in findings.ranking.head(_MOST_NAMED).to_dict("records")
    ]
    more = len(findings.order) - len(shown)
    weights = sorted(findings.weights.items(), key=lambda item: -item[1])
    told = ", ".join(f"{name} {100 * weight:.0f} %" for name, weight in weights)
    lines = [
        "I weighed the alternatives against each other.",
        f"{findings.result.finding} {findings.flip}",
        f"In order: {'; '.join(shown)}{f'; and {more} more' if more > 0 else ''}.",
        f"Weights: {told}.",
    ]
    if findings.state.load != 1:
        lines.append(f"At {findings.state.load:g} times today's load.")
    unknown = [f"{criterion} of {name}" for name, criterion in findings.matrix.unknown]
    if unknown:
        lines.append(f"Unknown: {', '.join(unknown)}.")
    return " ".join(lines)
