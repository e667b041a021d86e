"""What may be archived: records with all that belongs to them, the least valuable first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from archkit.memory.told import Told
from archkit.memory.worth import best_quartile, lower_quartiles, reuse_probability

if TYPE_CHECKING:
    from archkit.memory.memory import Memory

__all__ = ["Eviction", "evictable"]

_TRANSCRIPT = ("message", "tool_call", "answer", "step", "proposal")
_ABOUT_DECISIONS = ("outcome", "lesson", "measurement")


@dataclass(frozen=True, repr=False)
class Eviction(Told):
    """One thing that may be archived: what, how large, what it is worth, and why it may go."""

    what: str
    name: str
    bytes: int
    l25: float
    p_reuse: float
    value_density: float
    why: str
    event_ids: tuple[str, ...] = ()
    event_bytes: tuple[int, ...] = ()


class _Sized(NamedTuple):
    event_id: str
    recorded_at: datetime
    kind: str
    agent: str
    bytes: int
    session_id: str | None
    decision_id: str | None
    slug: str | None
    latest: bool


def evictable(memory: Memory, agent: str) -> tuple[list[Eviction], dict[str, int]]:
    """Return what of an agent may be archived, and how much must stay, by reason (bytes).

    Never archived: pinned patterns and patterns that anything kept speaks of, decisions that wait
    for their outcome, the last failure of each category, sessions that can go on, and whatever
    archkit does not know the worth of.
    """
    return _Sorting(memory, agent).done()


class _Sorting:
    def __init__(self, memory: Memory, agent: str) -> None:
        store = memory._store
        self._agent = agent
        self._now = memory._now()
        self._quartiles = lower_quartiles(memory)
        self._events = [_Sized(*row) for row in store.rows(_EVENTS)]
        [lists] = store.rows(_FACTS)
        found = [set(names) for names in lists]
        self._pinned, self._ended, self._named, self._waiting, self._failures = found
        self._patterns = {row[0]: row[1] for row in store.rows(_PATTERNS_OF)}
        self._session_patterns: dict[str, list[str]] = defaultdict(list)
        for session_id, slugs in store.rows(_SESSION_PATTERNS):
            self._session_patterns[session_id] += slugs
        self._found: list[Eviction] = []
        self._protected: Counter[str] = Counter()

    def done(self) -> tuple[list[Eviction], dict[str, int]]:
        groups: dict[tuple[str, str], list[_Sized]] = defaultdict(list)
        for event in self._events:
            groups[self._group(event)].append(event)
        for (what, name), events in groups.items():
            self._judge(what, name, events)
        self._found.sort(key=lambda item: (item.value_density, item.event_ids))
        return self._found, dict(sorted(self._protected.items()))

    def _group(self, event: _Sized) -> tuple[str, str]:
        """Return what an event stays or goes with."""
        if not event.latest:
            return "superseded wording", event.event_id
        if event.kind in _TRANSCRIPT and event.session_id:
            return "transcript", event.session_id
        if event.kind == "decision" or (event.kind in _ABOUT_DECISIONS and event.decision_id):
            return "decision", event.decision_id or event.event_id
        if event.kind in ("lesson", "measurement"):
            return event.kind, event.event_id
        if event.kind in ("pattern", "pattern_use", *_LEARNT) and event.slug:
            return "pattern", event.slug
        if event.kind in ("solution", "solution_use") and event.slug:
            return "solution", event.slug
        return "other", event.kind

    def _judge(self, what: str, name: str, events: list[_Sized]) -> None:
        mine = [event for event in events if event.agent == self._agent]
        if not mine:
            return
        why = self._why_not(what, name)
        if not why and len(mine) < len(events) and what in ("pattern", "solution", "decision"):
            why = "shared with another agent"
        if why:
            self._protected[why] += sum(event.bytes for event in mine)
            return
        l25, reuse = self._worth(what, name, events)
        size = sum(event.bytes for event in events)
        self._found.append(
            Eviction(
                what=what,
                name=name,
                bytes=size,
                l25=l25,
                p_reuse=reuse,
                value_density=l25 * reuse / max(size, 1),
                why=_WHY[what],
                event_ids=tuple(event.event_id for event in events),
                event_bytes=tuple(event.bytes for event in events),
            )
        )

    def _why_not(self, what: str, name: str) -> str:
        if what == "other":
            return f"always kept ({name})"
        if what == "transcript" and name not in self._ended:
            return "session not ended"
        if what == "decision" and name in self._waiting:
            return "decision awaiting its outcome"
        if what == "decision" and name in self._failures:
            return "last failure of its category"
        if what == "pattern" and name in self._pinned:
            return "pinned"
        if what == "pattern" and name in self._named:
            return "a kept record speaks of it"
        return ""

    def _worth(self, what: str, name: str, events: Iterable[_Sized]) -> tuple[float, float]:
        if what == "superseded wording":
            return 0.0, 0.0
        slugs: Iterable[str | None] = {
            "decision": self._patterns.get(name, []),
            "transcript": self._session_patterns.get(name, []),
        }.get(what, [event.slug for event in events])
        used = [event for event in events if event.kind not in _LEARNT]
        used_at = [event.recorded_at.replace(tzinfo=UTC) for event in used]
        if what == "transcript":  # a session is one use, however much was said in it
            used_at = [max(used_at)]
        return best_quartile(self._quartiles, slugs), reuse_probability(used_at, self._now)


_LEARNT = ("pattern_status", "epoch", "epoch_undone")
"""What was said or found of a pattern goes with it, and is no use of it."""

_WHY: Mapping[str, str] = {
    "superseded wording": "a later wording counts instead",
    "transcript": "what was said in a session that has ended",
    "decision": "its outcome is known",
    "lesson": "a lesson",
    "measurement": "a measurement",
    "pattern": "nothing kept speaks of it",
    "solution": "a solution",
}

_EVENTS = """
SELECT
  z.event_id, z.recorded_at, z.kind, z.agent, z.bytes, e.session_id,
  CASE WHEN z.kind IN ('decision', 'outcome', 'lesson', 'measurement')
    THEN coalesce(
      e.payload->>'$.decision_id',
      CASE WHEN z.kind = 'decision' THEN coalesce(e.entity_id, e.event_id) END
    )
  END AS decision_id,
  coalesce(e.payload->>'$.slug', e.payload->>'$.pattern') AS slug,
  z.kind NOT IN ('pattern', 'solution', 'decision', 'outcome', 'lesson', 'measurement', 'adr')
    OR l.event_id IS NOT NULL AS latest
FROM event_size z
JOIN event e ON e.event_id = z.event_id
LEFT JOIN (
  SELECT event_id FROM pattern UNION ALL SELECT event_id FROM solution
  UNION ALL SELECT event_id FROM decision UNION ALL SELECT event_id FROM outcome
  UNION ALL SELECT event_id FROM lesson UNION ALL SELECT event_id FROM query_measurement
  UNION ALL SELECT event_id FROM adr
) l ON l.event_id = z.event_id
ORDER BY z.recorded_at, z.event_id
"""
_FACTS = """
SELECT
  (SELECT coalesce(list(slug), []) FROM pin WHERE pinned),
  (SELECT coalesce(list(session_id), []) FROM session
    WHERE status IN ('ended', 'failed', 'cancelled')),
  (SELECT coalesce(list(DISTINCT slug), []) FROM (
    SELECT slug FROM pattern_use WHERE decision_id IS NOT NULL
    UNION ALL SELECT pattern FROM alternative UNION ALL SELECT pattern FROM lesson
    UNION ALL SELECT pattern FROM query_measurement) WHERE slug IS NOT NULL),
  (SELECT coalesce(list(d.decision_id), []) FROM decision d
    LEFT JOIN latest_outcome o ON o.decision_id = d.decision_id WHERE o.value IS NULL),
  (SELECT coalesce(list(decision_id), []) FROM (
    SELECT d.decision_id, coalesce(p.area, nullif(d.kind, ''), 'none') AS category
    FROM decision d
    JOIN latest_outcome o ON o.decision_id = d.decision_id
    LEFT JOIN pattern_use u ON u.decision_id = d.decision_id
    LEFT JOIN pattern p ON p.slug = u.slug
    WHERE o.value < 0.5
    QUALIFY row_number() OVER (
      PARTITION BY coalesce(p.area, nullif(d.kind, ''), 'none')
      ORDER BY o.observed_at DESC, d.decision_id DESC
    ) = 1))
"""
_PATTERNS_OF = "SELECT decision_id, patterns FROM decision WHERE patterns IS NOT NULL"
_SESSION_PATTERNS = """
SELECT session_id, patterns FROM decision WHERE session_id IS NOT NULL AND patterns IS NOT NULL
"""
