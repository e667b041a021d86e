"""A part of a memory that answers the same questions as the whole.

Before each question stand the views it names, each with only the rows of the part; what reads a
memory need not know of it. A part of a part is what belongs to both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from archkit.memory.tally import Tally
    from archkit.metrics.rows import Readable
    from archkit.metrics.scope import Scope

__all__ = ["Narrowed"]

_WORD = re.compile(r"[a-z_]+")
_OWN_NAME = re.compile(r"\bscope_")
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
    "bound_evidence": _View(
        _EVIDENCE, _SLUG, "coalesce(outcome_at, used_at)", provenance="evidence"
    ),
    "evidence_by_context": _View(_DECIDED, _SLUG, "outcome_at", provenance="provenance"),
    "query_reduction": _View(_MEASURED, _SLUG, "measured_at", provenance="provenance"),
    "query_measurement": _View(
        _MEASURED, _SLUG.replace("slug", "pattern", 1), "measured_at", provenance="source"
    ),
    "decision_regret": _View(_DECIDED, instant="decided_at", provenance="source"),
    "pattern_epoch": _View("{seen}", _SLUG, "noticed_at", provenance="seen"),
    "reported_metric": _View("FALSE", _SLUG, "NULL", provenance="reported"),
    "pattern": _View(patterns=_SLUG),
    "session": _View(_HELD, instant="started_at", provenance="session_id"),
    "session_log": _View(_HELD, instant="started_at", provenance="session_id"),
    "session_cost": _View(_HELD, instant="started_at", provenance="session_id"),
    "message_log": _View(_HELD, instant="recorded_at", provenance="session_id"),
    "tool_call_log": _View(_HELD, instant="recorded_at", provenance="session_id"),
    "step_log": _View(_HELD, instant="recorded_at", provenance="session_id"),
    "adr_log": _View("{alone_project}"),
    "lesson": _View(
        _ALONE.format(alone="event_id IN (SELECT event_id FROM main.event WHERE {alone})"),
        _SLUG.replace("slug", "pattern", 1),
        "learned_at",
    ),
}


class Narrowed:
    """A part of a memory, to be read like a whole one; see `Scope.of`."""

    _parts: tuple[_Part, ...]

    def __init__(self, memory: Readable, scope: Scope) -> None:
        within: tuple[_Part, ...] = memory._parts if isinstance(memory, Narrowed) else ()
        self._memory: Readable = memory._memory if isinstance(memory, Narrowed) else memory
        self._parts = (*within, _Part(scope, len(within))) if scope else within

    def sql(self, select: str, /, **params: Any) -> pd.DataFrame:
        """Return the rows of a SELECT on views of which only the part is there."""
        words = set(_WORD.findall(select))
        told = {name: self._where(name) for name in _VIEWS if name in words}
        heads = [
            f"{name} AS (SELECT * FROM main.{name} WHERE {where})"  # noqa: S608 - our own texts
            for name, where in told.items()
            if where
        ]
        if not heads:
            return self._memory.sql(select, **params)
        whole = ", ".join([*(head for part in self._parts for head in part.heads), *heads])
        own = _WITH.match(select)
        text = f"WITH {whole}, {select[own.end() :]}" if own else f"WITH {whole} {select}"
        given = {name: value for part in self._parts for name, value in part.given.items()}
        used = {name: value for name, value in given.items() if f"${name}" in text}
        return self._memory.sql(text, **params, **used)

    def tally(self) -> Tally | None:
        """Return the part's uses of patterns that were noted by themselves, by days, if counted.

        On the days of the `edges` there are others too.
        """
        known: Tally | None = self._memory.tally() if hasattr(self._memory, "tally") else None
        if known is None:
            return None
        for scope in (part.scope for part in self._parts):
            if scope.agent is not None or scope.project is not None or scope.context:
                return known.of(slugs=())  # they are nobody's, for no project, in no context
            known = known.of(
                slugs=self._slugs(scope),
                provenance=scope.provenance,
                since=scope.since,
                until=scope.until,
            )
        return known

    def edges(self) -> tuple[datetime, ...]:
        """Return the instants at which the part begins and ends."""
        ends = (end for part in self._parts for end in (part.scope.since, part.scope.until))
        return tuple(end for end in ends if end is not None)

    def _slugs(self, scope: Scope) -> set[str] | None:
        """Return the patterns that a scope is about; None if about all."""
        if scope.area is None:
            return None if scope.pattern is None else {scope.pattern}
        text = "SELECT slug FROM main.pattern WHERE area = $area"
        found = set(self._memory.sql(text, area=scope.area)["slug"])
        return found if scope.pattern is None else found & {scope.pattern}

    def _where(self, name: str) -> str:
        return " AND ".join(filter(None, (part.where(name) for part in self._parts)))


class _Part:
    """One scope of a part of a memory; those after the first give their names a number."""

    def __init__(self, scope: Scope, place: int) -> None:
        self.scope, self._conditions = scope, dict(_conditions(scope))
        self._mark = f"scope_{place}_" if place else "scope_"
        self.heads = [self._named(head) for head in _heads(self._conditions)]
        self.given = {self._named(name): value for name, value in _given(scope).items()}

    def where(self, name: str) -> str:
        """Return which rows of a view are in the part, as SQL; empty if all are."""
        return self._named(self._where(_VIEWS[name]))

    def _named(self, text: str) -> str:
        return _OWN_NAME.sub(self._mark, text)

    def _where(self, view: _View) -> str:
        given, found = self._conditions, []
        by_owner = given.get("agent_project") or given.get("context")
        narrowed = bool(by_owner) or (bool(given.get("pattern")) and not view.patterns)
        by_evidence = view.provenance == "seen" and (narrowed or given.get("provenance"))
        if by_evidence:
            evidence = self._where(replace(_VIEWS["pattern_evidence"], instant=""))
            found.append(_SEEN.format(evidence=evidence))
        elif narrowed and view.belongs:
            alone = "FALSE" if given.get("context") else given.get("agent_project", "FALSE")
            if alone == "FALSE" and "{alone}" in view.belongs:  # then only what was decided is left
                found.append(_DECIDED)
            else:
                project = _project_alone(self.scope)
                found.append(view.belongs.format(alone=alone, alone_project=project))
        if given.get("pattern") and view.patterns:
            found.append(view.patterns)
        if given.get("span") and view.instant:
            found.append(given["span"].format(instant=view.instant))
        if given.get("provenance") and view.provenance not in {"", "seen"}:
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


_SEEN = (
    "EXISTS (SELECT 1 FROM main.pattern_evidence WHERE {evidence} AND y IS NOT NULL "
    "AND slug = pattern_epoch.slug AND outcome_at BETWEEN began_at AND noticed_at)"
)
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
