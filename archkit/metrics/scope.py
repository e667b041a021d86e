"""A part of a memory: one agent, project, focus area, pattern, span of time, provenance, context.

A narrowed memory answers the same questions as a whole one. Before each question stand the views
it names, each with only the rows of the part; what reads a memory need not know of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from archkit.errors import ArchkitError
from archkit.records import PROVENANCE

if TYPE_CHECKING:
    import pandas as pd

    from archkit.metrics.rows import Readable

__all__ = ["Narrowed", "Scope"]

_KINDS = tuple(dict.fromkeys(PROVENANCE.values()))
_WORD = re.compile(r"[a-z_]+")
_WITH = re.compile(r"\s*WITH\s+", re.IGNORECASE)
_DECIDED = "decision_id IN (SELECT decision_id FROM scope_decision)"
_ONE_PATTERN = "slug = $scope_pattern"
_HELD = "session_id IN (SELECT session_id FROM scope_session)"
_SLUG = "slug IN (SELECT slug FROM scope_pattern)"


@dataclass(frozen=True, slots=True)
class _View:
    """How the rows of a view are told apart: by which of its columns.

    `belongs` says to whom it belongs (its decision, its session), `patterns` which pattern it is
    about, `instant` when it was, `provenance` where it comes from.
    """

    belongs: str = ""
    patterns: str = ""
    instant: str = ""
    provenance: str = ""


_ALONE = f"{_DECIDED} OR (decision_id IS NULL AND {{alone}})"
_MEASURED = _ALONE.format(
    alone="measurement_id IN (SELECT m.measurement_id FROM main.query_measurement m "
    "JOIN main.event e ON e.event_id = m.event_id WHERE {alone})"
)
_EVIDENCE = f"({_DECIDED} OR (decision_id IS NULL AND {_HELD}))"
_VIEWS = {
    "decision": _View(_DECIDED, instant="decided_at", provenance="decision_id"),
    "decision_log": _View(_DECIDED, instant="decided_at", provenance="last"),
    "outcome_debt": _View(_DECIDED, instant="decided_at", provenance="decision_id"),
    "outcome": _View(_DECIDED, instant="observed_at", provenance="source"),
    "outcome_trend": _View(_DECIDED, instant="observed_at", provenance="provenance"),
    "pattern_evidence": _View(
        _EVIDENCE, _SLUG, "coalesce(outcome_at, used_at)", provenance="evidence"
    ),
    "evidence_by_context": _View(_DECIDED, _SLUG, "outcome_at", provenance="provenance"),
    "query_reduction": _View(_MEASURED, _SLUG, "measured_at", provenance="provenance"),
    "query_measurement": _View(
        _MEASURED, _SLUG.replace("slug", "pattern", 1), "measured_at", provenance="source"
    ),
    "decision_regret": _View(_DECIDED, instant="decided_at", provenance="source"),
    "pattern_epoch": _View(patterns=_SLUG),
    "reported_metric": _View("FALSE", _SLUG, "NULL", provenance="reported"),
    "pattern": _View(patterns=_SLUG),
    "session": _View(_HELD, instant="started_at", provenance="session_id"),
    "session_log": _View(_HELD, instant="started_at", provenance="session_id"),
    "session_cost": _View(_HELD, instant="started_at", provenance="session_id"),
    "message_log": _View(_HELD, instant="recorded_at"),
    "tool_call_log": _View(_HELD, instant="recorded_at"),
    "step_log": _View(_HELD, instant="recorded_at"),
    "adr_log": _View("{alone_project}"),
    "lesson": _View(
        _ALONE.format(alone="event_id IN (SELECT event_id FROM main.event WHERE {alone})"),
        _SLUG.replace("slug", "pattern", 1),
        "learned_at",
    ),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of a memory is looked at; None or empty: all of it.

    Solutions, what they did and events are not told apart; decision records by project only.

    Attributes
    ----------
    agent, project
        Who did it, for which project.
    area, pattern
        A focus area; the slug of a pattern.
    since, until
        From an instant on, up to before another; instants are aware. Each row counts by its own
        instant: a decision when it was made, an outcome when it was observed. What has none,
        such as a figure that is only reported, is in no span of time.
    provenance
        Among measured, observed, reported, simulated. Of decisions the latest outcome's; those
        without one, and sessions, are simulated or of any other kind.
    context
        Keys of the decisions' context with a value: `{"tenancy": "multi"}`.

    Raises
    ------
    ArchkitError
        An instant has no time zone, a span ends before it begins, or a provenance is not known.

    Examples
    --------
    >>> Scope(agent="backend-architect", provenance=("observed",)).sentence
    'backend-architect · observed'
    """

    agent: str | None = None
    project: str | None = None
    area: str | None = None
    pattern: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    provenance: tuple[str, ...] = ()
    context: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        """Refuse a part that could not be."""
        for name in ("since", "until"):
            instant = getattr(self, name)
            if instant is not None and instant.tzinfo is None:
                raise _no_scope(
                    f"{name}={instant.isoformat()} has no time zone.",
                    "It could be any of 25 hours.",
                    "Give an aware instant, such as datetime(2026, 1, 1, tzinfo=UTC).",
                )
        if self.since is not None and self.until is not None and self.until <= self.since:
            raise _no_scope(
                f"The span ends at {self.until.isoformat()}, before it begins.",
                f"It begins at {self.since.isoformat()}.",
                "Exchange since and until.",
            )
        if unknown := [kind for kind in self.provenance if kind not in _KINDS]:
            raise _no_scope(
                f"No evidence is of the provenance {unknown[0]!r}.",
                f"There is {', '.join(_KINDS)}.",
                "Choose among these.",
            )

    def __bool__(self) -> bool:
        """Whether it is only a part."""
        return any(getattr(self, each.name) for each in fields(self))

    @property
    def sentence(self) -> str:
        """The part in words; "everything" for all of it."""
        span = ""
        if self.since is not None or self.until is not None:
            since, until = (
                instant.astimezone(UTC).strftime("%d %b %Y") if instant else ""
                for instant in (self.since, self.until)
            )
            span = " ".join(
                part for part in (since and f"from {since}", until and f"before {until}") if part
            )
        keys = [f"{key} = {value}" for key, value in (self.context or {}).items()]
        told = [self.agent, self.project, self.area, self.pattern, span]
        told += [" or ".join(self.provenance), *keys]
        return " · ".join(part for part in told if part) or "everything"

    def previous(self, now: datetime) -> Scope | None:
        """Return the same part of the span of equal length just before; None if it has no start.

        Parameters
        ----------
        now
            Where a span without an end ends.
        """
        end = self.until or now
        if self.since is None or end <= self.since:
            return None
        return replace(self, since=self.since - (end - self.since), until=self.since)

    def as_code(self) -> str:
        """Return it as Python that makes it anew."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        told = [f"{name}={_code(value)}" for name, value in given.items() if value]
        return f"Scope({', '.join(told)})"

    def of(self, memory: Readable) -> Narrowed:
        """Return this part of a memory."""
        return Narrowed(memory, self)


class Narrowed:
    """A part of a memory, to be read like a whole one; see `Scope.of`."""

    def __init__(self, memory: Readable, scope: Scope) -> None:
        self._memory, self.scope = memory, scope
        self._conditions = dict(_conditions(scope))
        self._given = _given(scope)

    def sql(self, select: str, /, **params: Any) -> pd.DataFrame:
        """Return the rows of a SELECT on views of which only the part is there."""
        if not self.scope:
            return self._memory.sql(select, **params)
        named = [name for name in _VIEWS if name in set(_WORD.findall(select))]
        told = [(name, self._where(_VIEWS[name])) for name in named]
        heads = [
            f"{name} AS (SELECT * FROM main.{name} WHERE {where})"  # noqa: S608 - our own texts
            for name, where in told
            if where
        ]
        if not heads:
            return self._memory.sql(select, **params)
        whole = ", ".join([*_heads(self._conditions), *heads])
        own = _WITH.match(select)
        text = f"WITH {whole}, {select[own.end() :]}" if own else f"WITH {whole} {select}"
        used = {name: value for name, value in self._given.items() if f"${name}" in text}
        return self._memory.sql(text, **params, **used)

    def _where(self, view: _View) -> str:
        """Return which rows of a view are in the part, as SQL; empty if all are."""
        given, found = self._conditions, []
        by_owner = given.get("agent_project") or given.get("context")
        narrowed = bool(by_owner) or (bool(given.get("pattern")) and not view.patterns)
        if narrowed and view.belongs:
            alone = "FALSE" if given.get("context") else given.get("agent_project", "FALSE")
            found.append(view.belongs.format(alone=alone, alone_project=_project_alone(self.scope)))
        if given.get("pattern") and view.patterns:
            found.append(view.patterns)
        if given.get("span") and view.instant:
            found.append(given["span"].format(instant=view.instant))
        if given.get("provenance") and view.provenance:
            found.append(self._of_kind(view.provenance))
        return " AND ".join(f"({part})" for part in found)

    def _of_kind(self, way: str) -> str:
        """Return which rows are of the provenance, as SQL; work without an outcome by its id."""
        kinds = set(self.scope.provenance)
        waiting = {"last": "last_source IS NULL", "evidence": "provenance IS NULL"}.get(way)
        made_up = f"starts_with({'decision_id' if waiting else way}, 'sim')"
        of_work = "TRUE"
        if kinds == {"simulated"}:
            of_work = made_up
        elif "simulated" not in kinds:
            of_work = f"NOT {made_up}"
        if waiting:
            return f"({waiting} AND {of_work}) OR {_OF_KIND[way]}"
        return _OF_KIND.get(way, of_work)


_OF_CONTEXT = (
    "EXISTS (SELECT 1 FROM main.decision_context c WHERE c.decision_id = d.decision_id "
    "AND c.key = $scope_key_{n} AND c.value = $scope_value_{n})"
)
_OF_KIND = {
    "provenance": "list_contains($scope_kinds, provenance)",
    "source": (
        "source IN (SELECT s.source FROM main.source s "
        "WHERE list_contains($scope_kinds, s.provenance))"
    ),
    "evidence": "list_contains($scope_kinds, provenance)",
    "last": (
        "last_source IN (SELECT s.source FROM main.source s "
        "WHERE list_contains($scope_kinds, s.provenance))"
    ),
    "reported": "list_contains($scope_kinds, 'reported')",
}


def _project_alone(scope: Scope) -> str:
    others = (scope.agent, scope.area, scope.pattern, scope.context)
    return "FALSE" if any(others) else "project = $scope_project"


def _conditions(scope: Scope) -> Iterator[tuple[str, str]]:
    """Give what narrows, as SQL on the columns that all have."""
    owner = [
        f"{name} = $scope_{name}"
        for name in ("agent", "project")
        if getattr(scope, name) is not None
    ]
    if owner:
        yield "agent_project", " AND ".join(owner)
    if scope.context:
        yield "context", " AND ".join(_OF_CONTEXT.format(n=n) for n in range(len(scope.context)))
    patterns = [
        f"{column} = $scope_{name}"
        for name, column in (("area", "area"), ("pattern", "slug"))
        if getattr(scope, name) is not None
    ]
    if patterns:
        yield "pattern", " AND ".join(patterns)
    span = [
        f"{{instant}} {sign} $scope_{name}"
        for name, sign in (("since", ">="), ("until", "<"))
        if getattr(scope, name) is not None
    ]
    if span:
        yield "span", " AND ".join(span)
    if scope.provenance:
        yield "provenance", "TRUE"


def _heads(conditions: Mapping[str, str]) -> list[str]:
    """Return the patterns, decisions and sessions of the part, whenever they were, as SQL."""
    about = conditions.get("pattern", "TRUE")
    named = f"SELECT slug FROM main.pattern WHERE {about}"  # noqa: S608 - our own texts
    if about == _ONE_PATTERN:  # it may be one that nobody described
        named = "SELECT $scope_pattern AS slug"
    whose = conditions.get("agent_project", "TRUE")
    found = [f"({part})" for part in (whose, conditions.get("context", "")) if part]
    if "pattern" in conditions:
        found.append("list_has_any(d.patterns, (SELECT list(slug) FROM scope_pattern))")
    made = "session_id IN (SELECT session_id FROM scope_decision)"
    of_decisions = "pattern" in conditions or "context" in conditions
    return [
        f"scope_pattern AS ({named})",
        "scope_decision AS (SELECT d.decision_id, d.session_id FROM main.decision d "  # noqa: S608
        f"WHERE {' AND '.join(found)})",
        f"scope_session AS (SELECT session_id FROM main.session WHERE ({whose})"  # noqa: S608
        f"{f' AND {made}' if of_decisions else ''})",
    ]


def _given(scope: Scope) -> dict[str, Any]:
    """Return the values that the conditions name."""
    found: dict[str, Any] = {
        f"scope_{name}": getattr(scope, name) for name in ("agent", "project", "area", "pattern")
    }
    for name in ("since", "until"):
        instant = getattr(scope, name)
        if instant is not None:  # the file keeps UTC without saying so
            found[f"scope_{name}"] = instant.astimezone(UTC).replace(tzinfo=None)
    found["scope_kinds"] = list(scope.provenance)
    for n, (key, value) in enumerate((scope.context or {}).items()):
        found |= {f"scope_key_{n}": key, f"scope_value_{n}": str(value).lower()}
    return found


def _code(value: Any) -> str:
    if isinstance(value, datetime):
        parts = [*value.astimezone(UTC).timetuple()[:6], *filter(None, [value.microsecond])]
        return f"datetime({', '.join(map(str, parts))}, tzinfo=UTC)"
    return repr(dict(value) if isinstance(value, Mapping) else value)


def _no_scope(what: str, why: str, mend: str) -> ArchkitError:
    return ArchkitError(what, why=why, mend=mend)
