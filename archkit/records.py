"""What is remembered: patterns, solutions, decisions, outcomes, lessons, measurements.

Frozen values that read and write two JSON shapes: `as_payload` / `from_payload` is what an event
holds, `to_card` / `from_card` what agent cards show, where unknown keys survive in `extra`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from archkit.plain import (
    extras,
    field_names,
    instant_of,
    is_rate,
    new_id,
    plain,
    slug_of,
    utc_now,
    without,
    words_of,
)

__all__ = [
    "FOCUS_AREAS",
    "LADDER",
    "PROVENANCE",
    "SOURCE_WEIGHT",
    "Alternative",
    "Condition",
    "Decision",
    "Lesson",
    "Measurement",
    "Outcome",
    "Pattern",
    "Reported",
    "Solution",
    "new_id",
    "utc_now",
]

FOCUS_AREAS = (
    "api-design",
    "database-optimization",
    "security",
    "scaling",
    "architecture-decisions",
    "error-handling",
    "performance",
)
"""What a backend architect's memory is about, in the card's order."""

LADDER = ("testability", "readability", "consistency", "simplicity", "reversibility")
"""The card's priorities when several solutions would do, the first counting most."""

SOURCE_WEIGHT = {
    **{"measured": 1.0, "team": 1.0, "model": 0.5, "reported": 0.8, "simulated": 1.0},
    **{"imported": 1.0, "imported_model": 0.5},
}
"""How much one piece of evidence counts, by who says it; views say what was imported."""

PROVENANCE = {
    **{"measured": "measured", "team": "observed", "model": "observed", "reported": "reported"},
    **{"simulated": "simulated", "imported": "reported", "imported_model": "reported"},
}
"""How evidence of a source is drawn; nothing reported or simulated is ever drawn as observed."""


@dataclass(frozen=True, slots=True)
class Condition:
    """When a pattern applies or must not be used: in words and, if known, as context keys."""

    text: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reported:
    """Figures somebody else reports: effective counts, never shown as observed.

    `success_rate` is 0 to 1, `uses` what it was taken over (None: not said), `origin` who says so.
    """

    success_rate: float | None = None
    uses: float | None = None
    origin: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)


class _Record:
    """Reading and writing the event payload of a frozen dataclass."""

    __slots__ = ()

    def as_payload(self) -> dict[str, Any]:
        """Return plain JSON values: what an event holds."""
        return {f.name: plain(getattr(self, f.name)) for f in dataclasses.fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """Rebuild a record; keys of a later version are left aside."""
        known = field_names(cls)  # type: ignore[arg-type]
        read = {k: _READ[k](v) if k in _READ else v for k, v in payload.items() if k in known}
        return cls(**read)


@dataclass(frozen=True, slots=True)
class Pattern(_Record):
    """A way of building something, when it fits, and what is said of it.

    `slug` names it within a memory; `area` is one of `FOCUS_AREAS`; `kind` is the choice it
    answers ("authentication"), patterns of one kind being alternatives; `ladder` rates it 1 to 5
    on `LADDER`; `blueprint` is what it contributes to a proposal.
    """

    slug: str
    name: str
    area: str = "architecture-decisions"
    kind: str = ""
    problem: str = ""
    summary: str = ""
    approach: Mapping[str, Any] = field(default_factory=dict)
    context: Mapping[str, Any] = field(default_factory=dict)
    when: tuple[Condition, ...] = ()
    when_not: tuple[Condition, ...] = ()
    pros: tuple[str, ...] = ()
    cons: tuple[str, ...] = ()
    security: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    setup_hours: float | None = None
    ladder: Mapping[str, int] = field(default_factory=dict)
    reported: Reported | None = None
    blueprint: Mapping[str, Any] | None = None
    status: str = "candidate"
    agent: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let conditions be written as plain strings."""
        object.__setattr__(self, "when", _conditions(self.when))
        object.__setattr__(self, "when_not", _conditions(self.when_not))

    @classmethod
    def from_card(cls, record: Mapping[str, Any], *, slug: str | None = None) -> Self:
        """Read the card's pattern record: `agent`, `pattern {…}`, `metrics {…}`."""
        inner, metrics = dict(record["pattern"]), dict(record.get("metrics", {}))
        conditions = dict(inner.pop("conditions", {}))
        approach = inner.pop("approach", {})
        technique = approach.get("technique") if isinstance(approach, Mapping) else approach
        name = str(technique or inner.get("type", "pattern")).replace("-", " ")
        reported = Reported(
            success_rate=metrics.pop("successRate", None),
            uses=metrics.pop("executionCount", None),
            origin="card",
            metrics=metrics,
        )
        return cls(
            slug=slug or slug_of(name),
            name=name,
            kind=str(inner.pop("type", "")),
            context=dict(inner.pop("context", {})),
            approach=approach if isinstance(approach, Mapping) else {"technique": approach},
            when=_conditions(conditions.pop("whenApplicable", ())),
            when_not=_conditions(conditions.pop("whenNotApplicable", ())),
            reported=reported if "metrics" in record else None,
            agent=str(record.get("agent", "")),
            extra=extras(
                record=without(record, "agent", "pattern", "metrics"),
                pattern=inner,
                conditions=conditions,
            ),
        )

    def to_card(self) -> dict[str, Any]:
        """Write the card's pattern record; the inverse of `from_card`."""
        record: dict[str, Any] = {"agent": self.agent}
        record["pattern"] = {
            "type": self.kind,
            "context": dict(self.context),
            "approach": plain(self.approach),
            **self.extra.get("pattern", {}),
            "conditions": {
                "whenApplicable": [c.text for c in self.when],
                "whenNotApplicable": [c.text for c in self.when_not],
                **self.extra.get("conditions", {}),
            },
        }
        if self.reported:
            rate, uses = self.reported.success_rate, self.reported.uses
            record["metrics"] = {
                **({} if rate is None else {"successRate": rate}),
                **({} if uses is None else {"executionCount": uses}),
                **self.reported.metrics,
            }
        return {**record, **self.extra.get("record", {})}


@dataclass(frozen=True, slots=True)
class Solution(_Record):
    """What to do about an error: its signature, cause, fix and prevention."""

    slug: str
    signature: str
    name: str = ""
    area: str = "error-handling"
    root_cause: str = ""
    diagnosis: tuple[str, ...] = ()
    fix: tuple[str, ...] = ()
    prevention: tuple[str, ...] = ()
    best_practice: str = ""
    applied: str = ""
    tags: tuple[str, ...] = ()
    reported: Reported | None = None
    agent: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alternative(_Record):
    """What else could have been chosen; `predicted` is its posterior mean at decision time."""

    name: str
    pattern: str | None = None
    why_not: str = ""
    pros: tuple[str, ...] = ()
    cons: tuple[str, ...] = ()
    predicted: float | None = None


@dataclass(frozen=True, slots=True)
class Decision(_Record):
    """What was chosen, over what, why, and how sure one was.

    `confidence` (0 to 1) is the forecast, scored later; `patterns` are the slugs used.
    """

    chosen: str
    kind: str = ""
    title: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    rationale: str | Mapping[str, Any] = ""
    alternatives: tuple[Alternative, ...] = ()
    patterns: tuple[str, ...] = ()
    confidence: float | None = None
    status: str = "accepted"
    review_after_days: int = 30
    decided_at: datetime = field(default_factory=utc_now)
    session_id: str | None = None
    agent: str = ""
    project: str = ""
    decision_id: str = field(default_factory=new_id)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_card(cls, record: Mapping[str, Any]) -> Self:
        """Read the card's decision record: `agent`, `decision {…}`; see `Outcome.from_card`."""
        inner = dict(record["decision"])
        alternatives = inner.pop("alternativesConsidered", ())
        return cls(
            chosen=str(inner.pop("chosenApproach")),
            kind=str(inner.pop("type", "")),
            context=dict(inner.pop("context", {})),
            rationale=inner.pop("rationale", ""),
            alternatives=tuple(Alternative(name=str(name)) for name in alternatives),
            agent=str(record.get("agent", "")),
            extra=extras(record=without(record, "agent", "decision", "outcome"), decision=inner),
        )

    def to_card(self, outcome: Outcome | None = None) -> dict[str, Any]:
        """Write the card's decision record, with one of its outcomes if given."""
        inner: dict[str, Any] = {"type": self.kind, "context": dict(self.context)}
        inner |= {"chosenApproach": self.chosen, "rationale": plain(self.rationale)}
        inner |= self.extra.get("decision", {})
        inner["alternativesConsidered"] = [a.name for a in self.alternatives]
        record: dict[str, Any] = {"agent": self.agent, "decision": inner}
        if outcome is not None:
            record["outcome"] = outcome.to_card()
        return {**record, **self.extra.get("record", {})}


@dataclass(frozen=True, slots=True)
class Outcome(_Record):
    """One look at what came of a decision; a decision has many, at different horizons.

    `success` and each of `scores` (0 to 1, higher is better) may be missing: None is "not
    known", never zero. `source` is one of `SOURCE_WEIGHT`.
    """

    decision_id: str
    success: bool | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    would_repeat: bool | None = None
    source: str = "team"
    horizon_days: int | None = None
    note: str = ""
    observed_at: datetime = field(default_factory=utc_now)
    outcome_id: str = field(default_factory=new_id)
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_card(cls, record: Mapping[str, Any], *, decision_id: str) -> Self:
        """Read the `outcome {…}` part of the card's decision record: a *reported* outcome."""
        inner = dict(record["outcome"])
        success, repeat = inner.pop("success", None), inner.pop("wouldRepeat", None)
        scores = {k: v for k, v in inner.items() if is_rate(v)}
        return cls(
            decision_id=decision_id,
            success=success,
            would_repeat=repeat,
            scores=scores,
            source="reported",
            extra={k: v for k, v in inner.items() if k not in scores},
        )

    def to_card(self) -> dict[str, Any]:
        """Write the `outcome {…}` part of the card's decision record."""
        record: dict[str, Any] = {} if self.success is None else {"success": self.success}
        record |= {**self.scores, **self.extra}
        return record | ({} if self.would_repeat is None else {"wouldRepeat": self.would_repeat})

    @property
    def value(self) -> float | None:
        """The outcome as one number 0 to 1: success if known, else the mean score, else None."""
        if self.success is not None:
            return float(self.success)
        return sum(self.scores.values()) / len(self.scores) if self.scores else None


@dataclass(frozen=True, slots=True)
class Lesson(_Record):
    """Something learnt, in words, about a decision or a pattern."""

    text: str
    kind: str = "review"
    severity: str = ""
    decision_id: str | None = None
    pattern: str | None = None
    learned_at: datetime = field(default_factory=utc_now)
    session_id: str | None = None
    agent: str = ""
    lesson_id: str = field(default_factory=new_id)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Measurement(_Record):
    """Queries counted before and after, for one request of size `n` (`cache`: cold or warm)."""

    label: str
    queries_before: int
    queries_after: int
    n: int | None = None
    pattern: str | None = None
    decision_id: str | None = None
    rows: int | None = None
    before_ms: float | None = None
    after_ms: float | None = None
    cache: str = ""
    source: str = "measured"
    measured_at: datetime = field(default_factory=utc_now)
    measurement_id: str = field(default_factory=new_id)
    extra: Mapping[str, Any] = field(default_factory=dict)


def _conditions(items: Iterable[Any]) -> tuple[Condition, ...]:
    return tuple(_condition(item) for item in items)


def _condition(item: Any) -> Condition:
    if isinstance(item, Condition):
        return item
    if isinstance(item, Mapping):
        return Condition(item["text"], item.get("context", {}))
    return Condition(str(item))


def _reported(value: Any) -> Reported | None:
    return Reported(**value) if isinstance(value, Mapping) else value


def _alternatives(value: Any) -> tuple[Alternative, ...]:
    return tuple(v if isinstance(v, Alternative) else Alternative.from_payload(v) for v in value)


_READ: dict[str, Any] = {
    "when": _conditions,
    "when_not": _conditions,
    "reported": _reported,
    "alternatives": _alternatives,
    **dict.fromkeys(("decided_at", "observed_at", "learned_at", "measured_at"), instant_of),
    **dict.fromkeys(
        ("pros", "cons", "security", "tags", "patterns", "diagnosis", "fix", "prevention"), words_of
    ),
}
