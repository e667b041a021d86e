"""What is refused before it is written: figures out of range, names that mean nothing here."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

from archkit.errors import StoreError
from archkit.memory.context import contradiction
from archkit.records import (
    FOCUS_AREAS,
    LADDER,
    PROVENANCE,
    SOURCE_WEIGHT,
    Alternative,
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
    "check_new_pattern",
    "check_outcome",
    "check_pattern",
    "check_question",
    "check_said",
    "check_select",
    "check_solution",
    "counted",
    "figures",
    "nearest",
    "said",
    "truth",
]

_SAID = tuple(source for source in SOURCE_WEIGHT if not source.startswith("imported"))
STATUSES = ("candidate", "active", "retired")
_CLOCK_SKEW = timedelta(minutes=5)
_FIRST_DAY = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 2**53
"""Counts beyond are no longer exact in every tool that reads the file."""
_READS = ("select", "with", "from", "describe", "show")


def check_pattern(pattern: Pattern) -> None:
    """Refuse a pattern without a name, of an unknown area or status, or with odd figures."""
    _is_a(pattern, Pattern)
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


def check_new_pattern(pattern: Pattern) -> None:
    """Refuse what `check_pattern` does, and one that is vetoed wherever it is said to fit."""
    check_pattern(pattern)
    found = contradiction(pattern)
    if found is not None:
        fits, forbids = found
        raise StoreError(
            f"The conditions of the pattern {pattern.slug!r} contradict each other.",
            why=f"It is to be taken when “{fits}”, and not when “{forbids}”, which is met "
            "whenever the first is.",
            mend="Narrow one of the two, by its words or by its context.",
        )


def check_solution(solution: Solution) -> None:
    """Refuse a solution without a name or signature, or with odd figures."""
    _is_a(solution, Solution)
    _named(solution.slug, "a solution", "slug")
    _named(solution.signature, f"the solution {solution.slug!r}", "signature")
    _reported(solution.reported, solution.slug)


def check_decision(decision: Decision) -> None:
    """Refuse a decision for nothing, or with a forecast out of range."""
    _is_a(decision, Decision)
    _named(decision.chosen, "a decision", "chosen")
    _named(decision.decision_id, "a decision", "decision_id")
    if decision.confidence is not None:
        _between(decision.confidence, 0, 1, "confidence")
    _is_a(decision.context, Mapping, "context of a decision")
    _is_a(decision.patterns, tuple | list, "patterns of a decision")
    for alternative in decision.alternatives:
        _is_a(alternative, Alternative)
        if alternative.predicted is not None:
            _between(alternative.predicted, 0, 1, f"predicted of {alternative.name!r}")
    _days(decision.review_after_days, "review_after_days")
    _instant(decision.decided_at, "decided_at")


def check_outcome(outcome: Outcome, *, decision_id: str, now: datetime) -> None:
    """Refuse an outcome out of range, of an unknown source, or not come yet unless simulated."""
    _is_a(outcome, Outcome)
    if outcome.decision_id != decision_id:
        raise StoreError(
            f"The outcome is not of the decision {decision_id!r}.",
            why=f"It speaks of {outcome.decision_id!r}.",
            mend="Give the decision that the outcome speaks of.",
        )
    _one_of(outcome.source, _SAID, "source")
    truth(outcome.success, "success")
    truth(outcome.would_repeat, "would_repeat")
    _is_a(outcome.note, str, "note")
    for name, value in figures(outcome.scores).items():
        _between(value, 0, 1, f"the score {name!r}")
    if outcome.horizon_days is not None:
        _days(outcome.horizon_days, "horizon_days")
    _not_in_future(outcome.observed_at, outcome.source, now, "observed_at")


def check_measurement(measurement: Measurement, *, now: datetime) -> None:
    """Refuse counts that cannot be, an unknown source, or a count not taken yet."""
    _is_a(measurement, Measurement)
    _named(measurement.label, "a measurement", "label")
    _one_of(measurement.source, _SAID, "source")
    if measurement.cache:
        _one_of(measurement.cache, ("cold", "warm"), "state of a cache")
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
    _is_a(lesson, Lesson)
    _named(lesson.text, "a lesson", "text")
    _instant(lesson.learned_at, "learned_at")


def said(source: str) -> str:
    """Return who says something, refused if it is nobody that could."""
    _one_of(source, _SAID, "source")
    return source


def truth(value: Any, what: str) -> bool | None:
    """Return True, False or None as plain values; anything else is refused."""
    if value is None:
        return None
    try:
        plain = bool(value in (True, False))
    except (TypeError, ValueError):  # pandas.NA, an array
        plain = False
    if not plain:
        raise StoreError(
            f"{what} cannot be {value!r}.",
            why="It says yes or no.",
            mend="Give True or False, or leave it out if it is not known; degrees go into scores.",
        )
    return bool(value)


def figures(scores: Mapping[str, float] | None) -> dict[str, float]:
    """Return scores by name; what is no mapping of names is refused."""
    if scores is not None:
        _is_a(scores, Mapping, "scores")
    for name in scores or {}:
        _named(name, "a score", "name")
    return dict(scores or {})


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


def check_question(
    text: str,
    context: Mapping[str, Any] | None = None,
    area: str | None = None,
    status: str | None = None,
    provenance: str | None = None,
) -> None:
    """Refuse a question that is no text, a context that is no mapping, a filter nothing passes."""
    _is_a(text, str, "question")
    if not _is_utf8(text):
        raise StoreError(
            f"The question {text[:60]!r} is no text.",
            why="It holds half a character, as texts cut or decoded wrongly do.",
            mend="Give the text anew, decoded as UTF-8.",
        )
    if context is not None:
        _is_a(context, Mapping, "context")
    if area is not None:
        _one_of(area, FOCUS_AREAS, "focus area")
    if status is not None:
        _one_of(status, STATUSES, "status")
    if provenance is not None:
        _one_of(provenance, (*dict.fromkeys(PROVENANCE.values()), "none"), "provenance")


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
    found = get_close_matches(str(name), list(known), n=3, cutoff=0.4)
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


def _is_a(value: Any, kind: Any, what: str = "") -> None:
    """Refuse what is of another kind, before anything is read from it."""
    if not isinstance(value, kind):
        name = {Mapping: "a mapping", str: "a text"}.get(kind, getattr(kind, "__name__", "a list"))
        raise StoreError(
            f"{value!r:.60} is no {what or name}.",
            why=f"What is wanted here is {name}; this is {type(value).__name__}.",
            mend=f"Give {name}.",
        )


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
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not least <= int(value) <= _MOST:
        raise StoreError(
            f"{_capital(what)} cannot be {value!r}.",
            why=f"It is a count, a whole number of at least {least}.",
            mend="Count the queries of one and the same request before and after the change.",
        )


def _days(value: Any, what: str) -> None:
    whole = isinstance(value, Integral) and not isinstance(value, bool)
    if not whole or not 0 <= int(value) <= 36_500:
        raise StoreError(
            f"{what} cannot be {value!r}.",
            why="It is a whole number of days from 0 to 36500.",
            mend="Give whole days.",
        )


def _reported(reported: Reported | None, slug: str) -> None:
    if reported is None:
        return
    if reported.success_rate is not None:
        _between(reported.success_rate, 0, 1, f"the reported success_rate of {slug!r}")
    if reported.uses is not None:
        _between(reported.uses, 0, math.inf, f"the reported uses of {slug!r}")


def _instant(instant: Any, what: str) -> None:
    _is_a(instant, datetime, f"instant for {what}")
    if instant.tzinfo is None:
        raise StoreError(
            f"{what} has no time zone: {instant.isoformat()}.",
            why="Instants are kept in UTC; without a zone nobody knows which moment is meant.",
            mend="Give it a zone: datetime(…, tzinfo=UTC).",
        )
    if instant < _FIRST_DAY:
        raise StoreError(
            f"{what} cannot be {instant.isoformat()}.",
            why="It lies before 1970, so it is more likely a wrong date than an old one.",
            mend="Give the instant it was.",
        )


def _not_in_future(instant: datetime, source: str, now: datetime, what: str) -> None:
    _instant(instant, what)
    if source != "simulated" and instant > now + _CLOCK_SKEW:
        raise StoreError(
            f"{what} lies in the future: {instant.isoformat()}.",
            why=f"Now it is {now.isoformat(timespec='seconds')}; nobody has seen it yet.",
            mend="Give the instant it was seen, or source='simulated' if it is made up.",
        )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:] if text.startswith(("the ", "a ")) else text
