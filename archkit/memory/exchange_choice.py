"""Which events an export with filters holds: those asked for, and what they cannot be without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from archkit.memory.projection import AUDIT_KINDS
from archkit.memory.worth import mean_rates

if TYPE_CHECKING:
    from archkit.memory.memory import Memory

__all__ = ["chosen_events"]

_ABOUT_DECISIONS = ("outcome", "lesson", "measurement")
_OF_A_SESSION = ("session_started", "session_status")


class _Light(NamedTuple):
    """An event without its payload: who, when, and what it speaks of."""

    event_id: str
    recorded_at: datetime
    kind: str
    agent: str
    project: str
    session_id: str | None
    decision_id: str | None
    confidence: float | None
    slugs: list[str]
    own: str | None


def chosen_events(memory: Memory, filters: Mapping[str, Any]) -> set[str]:
    """Return the ids of the events that pass the filters, with what their records need.

    Parameters
    ----------
    memory
        The memory.
    filters
        since, until (ISO instants), agent, project, min_confidence; each may be missing.
    """
    events = [_Light(*row) for row in memory._store.rows(_LIGHT, {"kinds": list(AUDIT_KINDS)})]
    rates = mean_rates(memory) if "min_confidence" in filters else {}
    window = [event for event in events if _in_time(event, filters)]
    own = [event for event in window if _is_asked_for(event, filters, rates)]
    decisions = {e.decision_id for e in own if e.kind == "decision"}
    narrowed = bool(filters.keys() & {"agent", "project", "min_confidence"})
    chosen = {
        e.event_id
        for e in own
        if not (narrowed and e.kind in _ABOUT_DECISIONS and e.decision_id)
        or e.decision_id in decisions
    }
    if narrowed:  # an outcome names neither agent nor project: it goes with its decision
        chosen |= {
            e.event_id for e in window if e.kind in _ABOUT_DECISIONS and e.decision_id in decisions
        }
    return _with_needs(events, chosen)


def _with_needs(events: list[_Light], chosen: set[str]) -> set[str]:
    """Add the patterns, solutions, decisions and sessions that chosen records speak of."""
    named: dict[tuple[str, str], list[_Light]] = defaultdict(list)
    for event in events:
        if event.kind == "decision" and event.decision_id:
            named["decision", event.decision_id].append(event)
        elif event.kind in ("pattern", "solution") and event.own:
            named["slug", event.own].append(event)
        elif event.kind in _OF_A_SESSION and event.session_id:
            named["session", event.session_id].append(event)
    todo = [event for event in events if event.event_id in chosen]
    found = set(chosen)
    while todo:
        event = todo.pop()
        needs = [("slug", slug) for slug in event.slugs]
        needs += [("session", event.session_id)] if event.session_id else []
        needs += [("decision", event.decision_id)] if event.decision_id else []
        for need in needs:
            for other in named.get(need, ()):
                if other.event_id not in found:
                    found.add(other.event_id)
                    todo.append(other)
    return found


def _in_time(event: _Light, filters: Mapping[str, Any]) -> bool:
    since, until = (_naive(filters[n]) if n in filters else None for n in ("since", "until"))
    after = since is None or event.recorded_at >= since
    return after and (until is None or event.recorded_at < until)


def _is_asked_for(event: _Light, filters: Mapping[str, Any], rates: Mapping[str, float]) -> bool:
    for name in ("agent", "project"):
        if name in filters and getattr(event, name) != filters[name]:
            return False
    if "min_confidence" in filters:
        least = float(filters["min_confidence"])
        if event.kind == "decision":
            return event.confidence is not None and event.confidence >= least
        if event.kind == "pattern":
            return rates.get(event.own or "", 0.0) >= least
    return True


def _naive(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


_LIGHT = """
SELECT
  e.event_id,
  e.recorded_at,
  e.kind,
  coalesce(nullif(e.payload->>'$.agent', ''), e.agent) AS agent,
  coalesce(nullif(e.payload->>'$.project', ''), e.project) AS project,
  coalesce(e.payload->>'$.session_id', e.session_id) AS session_id,
  CASE WHEN e.kind IN ('decision', 'outcome', 'lesson', 'measurement')
    THEN coalesce(
      e.payload->>'$.decision_id',
      CASE WHEN e.kind = 'decision' THEN coalesce(e.entity_id, e.event_id) END
    )
  END AS decision_id,
  TRY_CAST(e.payload->>'$.confidence' AS DOUBLE) AS confidence,
  list_filter(
    CASE
      WHEN e.kind = 'decision'
        THEN list_concat(e.payload->>'$.patterns[*]', e.payload->>'$.alternatives[*].pattern')
      WHEN e.kind IN ('lesson', 'measurement') THEN [e.payload->>'$.pattern']
      WHEN e.kind IN ('pattern_use', 'solution_use') THEN [e.payload->>'$.slug']
      ELSE []
    END,
    lambda x: x IS NOT NULL
  ) AS slugs,
  CASE WHEN e.kind IN ('pattern', 'solution') THEN e.payload->>'$.slug' END AS own
FROM event e
WHERE e.kind NOT IN (SELECT unnest($kinds::VARCHAR[]))
ORDER BY e.recorded_at, e.event_id
"""
