"""From a record to the event that keeps it."""

from __future__ import annotations

from typing import TypeAlias

from archkit.memory.journal import Draft
from archkit.records import Decision, Lesson, Measurement, Outcome, Pattern, Solution

__all__ = ["Record", "draft_of", "measurement_of"]

Record: TypeAlias = Pattern | Solution | Decision | Outcome | Lesson | Measurement

_KEY = {
    Pattern: ("pattern", "slug"),
    Solution: ("solution", "slug"),
    Decision: ("decision", "decision_id"),
    Outcome: ("outcome", "outcome_id"),
    Lesson: ("lesson", "lesson_id"),
    Measurement: ("measurement", "measurement_id"),
}


def draft_of(record: Record) -> Draft:
    """Return the event that keeps a record."""
    kind, key = _KEY[type(record)]
    return Draft(
        kind,
        record.as_payload(),
        agent=getattr(record, "agent", ""),
        project=getattr(record, "project", ""),
        session_id=getattr(record, "session_id", None),
        entity_id=getattr(record, key),
    )


def measurement_of(
    outcome: Outcome, decision: Decision | None, counts: tuple[int, int]
) -> Measurement:
    """Return the queries counted with an outcome, for the decision and its first pattern."""
    title = (decision.title or decision.chosen) if decision else outcome.decision_id
    return Measurement(
        label=title,
        queries_before=counts[0],
        queries_after=counts[1],
        pattern=decision.patterns[0] if decision and decision.patterns else None,
        decision_id=outcome.decision_id,
        source=outcome.source if outcome.source in ("simulated", "reported") else "measured",
        measured_at=outcome.observed_at,
    )
