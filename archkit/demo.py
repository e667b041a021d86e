"""The main job, walked through offline: what `make demo` runs and prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.errors import LibraryError, SessionError

if TYPE_CHECKING:
    from archkit.architect.session import Session
    from archkit.memory.memory import Memory
    from archkit.records import Decision

__all__ = ["main_job"]

Say = Callable[[str], None]
PROJECT = Path(__file__).resolve().parent.parent
MADE_UP = {
    30: {"performance": 0.91, "scalability": 0.86, "maintainability": 0.82},
    90: {"performance": 0.88, "scalability": 0.9, "maintainability": 0.84},
}
"""Scores of the demo's outcomes, by days after the decision; recorded as simulated."""


def main_job(folder: Path, *, workspace: Path = PROJECT, say: Say) -> Path:
    """Brief, answer, propose, decide, record what came of it, write the report.

    Parameters
    ----------
    folder
        Where the memory and the report are kept; made if it is not there.
    workspace
        The project the architect is briefed on.
    say
        Receives a line for each step, after the step is on disk.

    Returns
    -------
    Path
        The report.

    Raises
    ------
    ArchkitError
        With what to do, when the folder cannot be written or the examples are not there.
    """
    from archkit.architect.client import offline_client
    from archkit.architect.session import Session
    from archkit.memory.memory import Memory
    from archkit.report import write_report

    example = _example("sign-in")
    with Memory(folder / "archkit.duckdb") as memory:
        session = Session("backend-architect", memory, workspace=workspace, client=offline_client())
        say(f"briefing {session.card.name} offline: no model is asked")
        _design(session, example, say)
        decision = _decide(session, say)
        _look_back(memory, decision, say)
        report = write_report(
            memory, folder / "report.html", session=session.session_id, force=True
        )
        say(f"report {report.stat().st_size / 1e6:.1f} MB")
    return report


def _example(name: str) -> dict[str, Any]:
    import yaml

    path = PROJECT / "data" / "examples" / "briefs.yaml"
    if not path.is_file():
        raise LibraryError(
            "The demo's brief is not here.",
            why="data/examples/briefs.yaml belongs to a clone of archkit, not to the package.",
            mend="Run the demo in a clone of the repository.",
        )
    briefs = yaml.safe_load(path.read_text("utf-8"))["briefs"]
    return next(dict(b) for b in briefs if b["id"] == name)


def _design(session: Session, example: Mapping[str, Any], say: Say) -> None:
    questions = session.brief(example["brief"])
    say(f"session {session.session_id}: project read, memory asked, {len(questions)} questions")
    for question in questions:
        say(f"  ? {question.text}")
        if question.key in example["answers"]:
            say(f"    {example['answers'][question.key]}")
    session.answer(example["answers"])
    proposal = session.propose()
    missing = ", ".join(proposal.missing) or "none"
    say(f"proposal of {len(proposal.text):,} characters; mandated sections missing: {missing}")


def _decide(session: Session, say: Say) -> Decision:
    ranking = session.ranking
    if ranking is None or ranking.best is None:
        raise SessionError(
            "The memory holds no pattern for the demo's brief.",
            why="The library's patterns are not in this folder's memory.",
            mend="Run the demo with another --folder.",
        )
    best, *others = [r for r in ranking if r.veto is None]
    decision = session.decide(
        best.pattern.slug,
        alternatives=[r.pattern.slug for r in others[:3]],
        rationale=f"First in the ranking by {ranking.rule}.",
    )
    say(f"decision {decision.decision_id}: {decision.chosen}")
    return decision


def _look_back(memory: Memory, decision: Decision, say: Say) -> None:
    from archkit.labs.n_plus_one import measure

    for days, scores in MADE_UP.items():
        outcome = memory.record_outcome(
            decision,
            success=True,
            scores=scores,
            source="simulated",
            horizon_days=days,
            observed_at=decision.decided_at + timedelta(days=days),
            note="Made up by the demo.",
        )
        say(f"outcome {outcome.outcome_id} after {days} days (simulated)")
    for measurement in measure():
        memory.record_measurement(measurement)
        counts = f"{measurement.queries_before} to {measurement.queries_after} queries"
        say(f"measurement {measurement.measurement_id}: {measurement.label}, {counts}")
