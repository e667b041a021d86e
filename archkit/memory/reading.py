"""What a store's rows say, as the shelves need it: evidence, what was said, wordings, solutions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

import numpy as np

from archkit.errors import StoreError
from archkit.memory.catalogue import Wordings
from archkit.memory.checks import check_pattern, check_solution
from archkit.memory.elsewhere import Contexts
from archkit.memory.evidence import SOURCES, Evidence, days_since
from archkit.memory.standing import Said
from archkit.memory.store import Columns
from archkit.records import Pattern, Solution

__all__ = [
    "CONTEXTS",
    "EFFECTS",
    "PATTERNS",
    "PAYLOADS",
    "REWORDED",
    "SAID",
    "SLUGS",
    "SOLUTIONS",
    "UNWORDED",
    "USES",
    "USES_OF",
    "contexts_of",
    "effects_of",
    "evidence_of",
    "key_of",
    "pattern_of",
    "said_of",
    "slugs_of",
    "solution_of",
    "solutions_of",
    "uses_of",
    "wordings_of",
]

R = TypeVar("R", Pattern, Solution)

PATTERNS = """
SELECT
  event_id, slug, coalesce(area, '') AS area, coalesce(kind, '') AS kind, status,
  epoch_us(recorded_at) AS recorded_us, md5_number_lower(event_id) AS key
FROM pattern ORDER BY slug
"""
PAYLOADS = """
SELECT event_id, CAST(payload AS VARCHAR) AS payload FROM event
WHERE event_id IN (SELECT unnest($ids::VARCHAR[]))
"""
SLUGS = "SELECT slug FROM pattern ORDER BY slug"
UNWORDED = "SELECT DISTINCT u.slug FROM pattern_use u ANTI JOIN pattern p ON p.slug = u.slug"
SOLUTIONS = """
SELECT s.slug, s.event_id, s.recorded_at, CAST(e.payload AS VARCHAR) AS payload
FROM solution s JOIN event e ON e.event_id = s.event_id ORDER BY s.slug
"""
EFFECTS = "SELECT slug, effective_rate, uses, source FROM solution_effect ORDER BY slug, source"
SAID = "SELECT slug, status, reason, said_by, hand_at FROM status_said"

_USE = """
  e.y, e.uses, coalesce(e.outcome_at, e.used_at) AS seen_at, e.weight
"""
USES = f"""
SELECT
  p.row AS code, list_position($sources::VARCHAR[], e.source) - 1 AS source,
  hash(coalesce(e.session_id, e.decision_id, e.use_id)) AS session, {_USE}
FROM pattern_evidence e
LEFT JOIN (SELECT slug, row_number() OVER (ORDER BY slug) - 1 AS row FROM pattern) p
  ON p.slug = e.slug
WHERE e.y IS NOT NULL AND list_contains($sources::VARCHAR[], e.source)
"""  # noqa: S608  # put together of our own texts
_AFFECTED = """
affected AS (
  SELECT slug FROM pattern_use WHERE decision_id IN (SELECT unnest($decisions::VARCHAR[]))
  UNION
  SELECT unnest($slugs::VARCHAR[])
)
"""
USES_OF = f"""
WITH {_AFFECTED}
SELECT a.slug, e.source, coalesce(e.session_id, e.decision_id, e.use_id) AS session, {_USE}
FROM affected a
LEFT JOIN pattern_evidence e
  ON e.slug = a.slug AND e.y IS NOT NULL AND list_contains($sources::VARCHAR[], e.source)
"""  # noqa: S608
REWORDED = """
SELECT count(*) - count(DISTINCT entity_id) AS again FROM event
WHERE kind = 'decision' AND entity_id IN (SELECT unnest($decisions::VARCHAR[]))
"""


CONTEXTS = f"""
WITH {_AFFECTED}, used AS (
  SELECT
    e.slug, e.decision_id, e.y,
    e.weight * s.weight * coalesce(pow(2, -greatest(
      date_diff('microsecond', coalesce(e.outcome_at, e.used_at), $now::TIMESTAMP), 0
    ) / 86400e6 / $half_life_days), 1) AS trials
  FROM pattern_evidence e
  JOIN source s ON s.source = e.source
  WHERE e.y IS NOT NULL AND e.decision_id IS NOT NULL
    AND ($every OR e.slug IN (SELECT slug FROM affected))
), told AS (
  SELECT decision_id, key, value FROM decision_context
  UNION ALL
  SELECT DISTINCT decision_id, key, CAST(NULL AS VARCHAR) AS value FROM decision_context
)
SELECT
  u.slug, t.key, t.value,
  round(sum(u.trials * u.y), 12) AS won, round(sum(u.trials * (1 - u.y)), 12) AS lost
FROM used u
JOIN told t ON t.decision_id = u.decision_id
GROUP BY u.slug, t.key, t.value
ORDER BY u.slug, t.key, t.value
"""  # noqa: S608


def key_of(event_id: str) -> int:
    """Return the number that names a wording in an index: DuckDB's md5_number_lower."""
    digest = hashlib.md5(event_id.encode("utf-8", "replace"), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little")


def wordings_of(rows: Columns) -> Wordings:
    """Return the wordings that `PATTERNS` tells of."""
    names = ("key", "slug", "area", "kind", "status", "recorded_us", "event_id")
    return tuple(rows[name].tolist() for name in names)


def evidence_of(rows: Columns, slugs: Sequence[str], *, now: datetime) -> Evidence:
    """Return the evidence that `USES` tells of; `slugs` as `PATTERNS` has them."""
    return Evidence.from_columns(
        slugs,
        rows["code"],
        rows["y"],
        rows["uses"],
        SOURCES,
        rows["source"],
        seen_at=rows["seen_at"],
        session=np.unique(np.ma.filled(rows["session"], 0), return_inverse=True)[1],
        weight=rows["weight"],
        now=now,
    )


def uses_of(rows: Columns, *, now: datetime) -> Evidence:
    """Return the evidence that `USES_OF` tells of."""
    names = ("slug", "y", "uses", "source", "seen_at", "session", "weight")
    found = zip(*(rows[name].tolist() for name in names), strict=True)
    return Evidence.from_rows((row for row in found if row[1] is not None), now=now)


def contexts_of(rows: Columns) -> Contexts:
    """Return the sums by context that `CONTEXTS` tells of."""
    return Contexts(*(rows[name].tolist() for name in ("slug", "key", "value", "won", "lost")))


def slugs_of(rows: Columns) -> list[str]:
    """Return the patterns that `USES_OF` tells of."""
    return list(dict.fromkeys(rows["slug"].tolist()))


def effects_of(rows: Columns, *, now: datetime) -> Evidence:
    """Return how often solutions helped, as `EFFECTS` tells."""
    columns = (rows[name].tolist() for name in ("slug", "effective_rate", "uses", "source"))
    found = zip(*columns, strict=True)
    return Evidence.from_rows(((*row, None, None) for row in found if row[3] in SOURCES), now=now)


def solutions_of(rows: Columns) -> list[tuple[tuple[Any, ...], Solution]]:
    """Return the solutions that `SOLUTIONS` tells of, each after what orders its wordings."""
    columns = (rows[name].tolist() for name in ("recorded_at", "event_id", "payload"))
    return [
        ((recorded_at, event_id), solution)
        for recorded_at, event_id, payload in zip(*columns, strict=True)
        if (solution := solution_of(payload))
    ]


def said_of(rows: Columns, *, now: datetime) -> dict[str, Said]:
    """Return what was said of patterns' status, as `SAID` tells."""
    names = ("slug", "status", "reason", "said_by", "hand_at")
    return {
        slug: Said(status, reason or "", said_by, days_since(hand_at, now))
        for slug, status, reason, said_by, hand_at in zip(
            *(rows[name].tolist() for name in names), strict=True
        )
    }


def pattern_of(payload: str) -> Pattern | None:
    """Return a pattern of an event; None if it cannot be one."""
    return _fitting(Pattern, check_pattern, payload)


def solution_of(payload: str) -> Solution | None:
    """Return a solution of an event; None if it cannot be one."""
    return _fitting(Solution, check_solution, payload)


def _fitting(kind: type[R], check: Callable[[R], None], payload: str) -> R | None:
    """Return the record if it can be read; another tool's odd event must not hide the others."""
    with suppress(StoreError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        record = kind.from_payload(json.loads(payload))
        check(record)
        return record
    return None
