"""What is refused before it is written: figures out of range, names that mean nothing here."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

from archkit.errors import StoreError
from archkit.records import (
    FOCUS_AREAS,
    LADDER,
    SOURCE_WEIGHT,
    Decision,
    Lesson,
    Measurement,
    Outcome,
    Pattern,
    Reported,
    Solution,
)

__all__ = [
    "check_decision",
    "check_known",
    "check_lesson",
    "check_measurement",
    "check_outcome",
    "check_pattern",
    "check_said",
    "check_select",
    "check_solution",
    "counted",
    "nearest",
    "truth",
]

STATUSES = ("candidate", "active", "retired")
_CLOCK_SKEW = timedelta(minutes=5)
_READS = ("select", "with", "from", "describe", "show")


def check_pattern(pattern: Pattern) -> None:
    """Refuse a pattern without a name, of an unknown area or status, or with odd figures."""
    _named(pattern.slug, "a pattern", "slug")
    _named(pattern.name, f"the pattern {pattern.slug!r}", "name")
    _one_of(pattern.area, FOCUS_AREAS, "focus area")
    _one_of(pattern.status, STATUSES, "status")
    for rung, rating in pattern.ladder.items():
        _one_of(rung, LADDER, "rung of the ladder")
        _between(rating, 1, 5, f"{rung} of {pattern.slug!r}")
    if pattern.setup_hours is not None:
        _between(pattern.setup_hours, 0, math.inf, f"setup_hours of {pattern.slug!r}")
    _reported(pattern.reported, pattern.slug)


def check_solution(solution: Solution) -> None:
    """Refuse a solution without a name or signature, or with odd figures."""
    _named(solution.slug, "a solution", "slug")
    _named(solution.signature, f"the solution {solution.slug!r}", "signature")
    _reported(solution.reported, solution.slug)


def check_decision(decision: Decision) -> None:
    """Refuse a decision for nothing, or with a forecast out of range."""
    _named(decision.chosen, "a decision", "chosen")
    _named(decision.decision_id, "a decision", "decision_id")
    if decision.confidence is not None:
        _between(decision.confidence, 0, 1, "confidence")
    for alternative in decision.alternatives:
        if alternative.predicted is not None:
            _between(alternative.predicted, 0, 1, f"predicted of {alternative.name!r}")
    _between(decision.review_after_days, 0, 36_500, "review_after_days")


def check_outcome(outcome: Outcome, *, decision_id: str, now: datetime) -> None:
    """Refuse an outcome out of range, of an unknown source, or not come yet unless simulated."""
    if outcome.decision_id != decision_id:
        raise StoreError(
            f"The outcome is not of the decision {decision_id!r}.",
            why=f"It speaks of {outcome.decision_id!r}.",
            mend="Give the decision that the outcome speaks of.",
        )
    _one_of(outcome.source, tuple(SOURCE_WEIGHT), "source")
    truth(outcome.success, "success")
    truth(outcome.would_repeat, "would_repeat")
    for name, value in outcome.scores.items():
        _between(value, 0, 1, f"the score {name!r}")
    if outcome.horizon_days is not None:
        _between(outcome.horizon_days, 0, 36_500, "horizon_days")
    _not_in_future(outcome.observed_at, outcome.source, now, "observed_at")


def check_measurement(measurement: Measurement, *, now: datetime) -> None:
    """Refuse counts that cannot be, an unknown source, or a count not taken yet."""
    _named(measurement.label, "a measurement", "label")
    _one_of(measurement.source, tuple(SOURCE_WEIGHT), "source")
    _count(measurement.queries_before, 1, "queries_before")
    _count(measurement.queries_after, 0, "queries_after")
    for name in ("n", "rows"):
        if getattr(measurement, name) is not None:
            _count(getattr(measurement, name), 0, name)
    for name in ("before_ms", "after_ms"):
        if getattr(measurement, name) is not None:
            _between(getattr(measurement, name), 0, math.inf, name)
    _not_in_future(measurement.measured_at, measurement.source, now, "measured_at")


def check_said(outcome: Outcome, counts: tuple[int, int] | None) -> None:
    """Refuse an outcome that says nothing."""
    said = (outcome.success, outcome.would_repeat)
    if said == (None, None) and not (outcome.scores or outcome.note.strip() or counts):
        raise StoreError(
            "The outcome says nothing.",
            why="Neither success nor a score, nor would_repeat, nor a note, nor counts are given.",
            mend="Say how it went, for instance success=True or scores={'performance': 0.9}.",
        )


def check_lesson(lesson: Lesson) -> None:
    """Refuse a lesson without words."""
    _named(lesson.text, "a lesson", "text")


def truth(value: Any, what: str) -> bool | None:
    """Return True, False or None as plain values; anything else is refused."""
    if value is None:
        return None
    if value not in (True, False):
        raise StoreError(
            f"{what} cannot be {value!r}.",
            why="It says yes or no.",
            mend="Give True or False, or leave it out if it is not known; degrees go into scores.",
        )
    return bool(value)


def counted(before: int | None, after: int | None) -> tuple[int, int] | None:
    """Return both counts, None if neither is given; one alone is refused."""
    if before is None and after is None:
        return None
    if before is None or after is None:
        missing = "queries_before" if before is None else "queries_after"
        raise StoreError(
            f"{missing} is missing.",
            why="A saving needs the queries of one request before and after the change.",
            mend="Give both queries_before and queries_after, or neither.",
        )
    return before, after


def check_known(names: Iterable[str | None], known: Collection[str], what: str) -> None:
    """Refuse a name that the memory does not hold, naming the nearest it does."""
    for name in names:
        if name is not None and name not in known:
            raise StoreError(
                f"The memory knows no {what} {name!r}.",
                why="A record can only speak of what is recorded.",
                mend=f"{nearest(name, known)} Or record the {what} first.",
            )


def check_select(select: str) -> None:
    """Refuse what is not a query: the memory is read with SQL and written with its methods."""
    text = select if isinstance(select, str) and _is_utf8(select) else ""
    words = _without_comments(text).lower().replace("(", " ").split()
    if not words or words[0] not in _READS:
        said = " ".join(str(select).split())[:60]
        raise StoreError(
            f"Only a query can be asked here, not {said!r}.",
            why="What is recorded is never changed; new events are added by record_….",
            mend="Begin with SELECT, WITH, FROM, DESCRIBE or SHOW.",
        )


def nearest(name: str, known: Collection[str]) -> str:
    """Say which known names are nearest to one."""
    found = get_close_matches(name, list(known), n=3, cutoff=0.4)
    if found:
        return f"Nearest: {', '.join(found)}."
    shown = sorted(known)[:3]
    return f"Known are, for instance: {', '.join(shown)}." if shown else "None is recorded yet."


def _is_utf8(text: str) -> bool:
    """Whether it can be written down: half a surrogate pair cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _without_comments(sql: str) -> str:
    lines = (line.split("--", 1)[0] for line in sql.splitlines())
    text, *rest = " ".join(lines).split("/*")
    return " ".join([text, *(part.split("*/", 1)[-1] for part in rest)])


def _named(value: str, what: str, field: str) -> None:
    if not isinstance(value, str) or not value.strip():
        raise StoreError(
            f"The {field} of {what} is empty.",
            why=f"Without {field} it cannot be found again.",
            mend=f"Give {field} as words.",
        )


def _one_of(value: str, known: tuple[str, ...], what: str) -> None:
    if value not in known:
        raise StoreError(
            f"There is no {what} {value!r}.",
            why=f"The kit knows: {', '.join(known)}.",
            mend="Use one of them.",
        )


def _between(value: Any, low: float, high: float, what: str) -> None:
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not low <= float(value) <= high:
        span = f"from {low:g} to {high:g}" if math.isfinite(high) else f"of at least {low:g}"
        hint = ", or leave it out if it is not known" if low == 0 else ""
        raise StoreError(
            f"{_capital(what)} cannot be {value!r}.",
            why=f"It is a number {span}.",
            mend=f"Give a number {span}{hint}.",
        )


def _count(value: Any, least: int, what: str) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise StoreError(
            f"{_capital(what)} cannot be {value!r}.",
            why=f"It is a count, a whole number of at least {least}.",
            mend="Count the queries of one and the same request before and after the change.",
        )


def _reported(reported: Reported | None, slug: str) -> None:
    if reported is None:
        return
    if reported.success_rate is not None:
        _between(reported.success_rate, 0, 1, f"the reported success_rate of {slug!r}")
    if reported.uses is not None:
        _between(reported.uses, 0, math.inf, f"the reported uses of {slug!r}")


def _not_in_future(instant: datetime, source: str, now: datetime, what: str) -> None:
    if instant.tzinfo is None:
        raise StoreError(
            f"{_capital(what)} has no time zone: {instant.isoformat()}.",
            why="Instants are kept in UTC; without a zone nobody knows which moment is meant.",
            mend="Give it a zone: datetime(…, tzinfo=UTC).",
        )
    if source != "simulated" and instant > now + _CLOCK_SKEW:
        raise StoreError(
            f"{_capital(what)} lies in the future: {instant.isoformat()}.",
            why=f"Now it is {now.isoformat(timespec='seconds')}; nobody has seen it yet.",
            mend="Give the instant it was seen, or source='simulated' if it is made up.",
        )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if text.startswith(("the ", "a ")) else text
