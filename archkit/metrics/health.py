"""How the memory itself does: what it weighs, covers, how fast it answers, what was put away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from archkit.memory import budget
from archkit.memory.learning import PATTERN_THRESHOLD
from archkit.metrics.evidence import pattern_evidence
from archkit.metrics.rows import IMPORTED_SESSIONS, Readable, joined, made_up, utc
from archkit.records import FOCUS_AREAS, utc_now

if TYPE_CHECKING:
    from archkit.memory.memory import Memory

__all__ = ["focus_coverage", "memory_events", "memory_size", "query_latency"]

STATUSES = ("active", "candidate", "retired")
_TOOLS = ("query_patterns", "find_solution")
_HELD = """
SELECT p.slug, p.area, coalesce(s.status, p.status, 'candidate') AS status
FROM pattern p LEFT JOIN status_said s ON s.slug = p.slug
"""
_DECIDED = """
SELECT DISTINCT d.decision_id, p.area, i.event_id IS NOT NULL AS imported
FROM decision d CROSS JOIN unnest(d.patterns) AS u(slug)
JOIN pattern p ON p.slug = u.slug LEFT JOIN imported_event i ON i.event_id = d.event_id
"""
_LATENCY = f"""
SELECT date_trunc('week', recorded_at) AS from_at,
  date_trunc('week', recorded_at) + INTERVAL 7 DAY AS until_at, tool,
  CASE WHEN starts_with(c.session_id, 'sim') THEN 'simulated'
    WHEN i.session_id IS NOT NULL THEN 'reported' ELSE 'observed' END AS provenance,
  count(*) AS n,
  quantile_cont(duration_ms, 0.5) AS p50_ms, quantile_cont(duration_ms, 0.95) AS p95_ms,
  max(duration_ms) AS slowest_ms, max(recorded_at) > $now AS from_future
FROM tool_call_log c LEFT JOIN {IMPORTED_SESSIONS} i ON i.session_id = c.session_id
WHERE list_contains($tools, tool) AND duration_ms IS NOT NULL AND NOT coalesce(is_error, false)
  AND NOT coalesce(refused, false)
GROUP BY date_trunc('week', recorded_at), tool, 4 ORDER BY from_at, tool, provenance
"""  # noqa: S608  # put together of our own texts


def memory_size(memory: Memory) -> pd.DataFrame:
    """Return what every agent keeps, and may keep.

    Returns
    -------
    DataFrame
        One row an agent, the largest first: `agent` (empty: nobody's), `used_bytes` (canonical JSON
        of its live events; the kit's library counts for nobody), `limit_bytes` (its card's
        `memory_limit_mb`), `share` (1 is full), `events`, `archived_events` (counts),
        `provenance` (observed, simulated or both).
    """
    held = budget.status(memory).agents
    columns = ["agent", "used_bytes", "limit_bytes", "share", "events", "archived_events"]
    rows = [[getattr(one, name) for name in columns] for one in held]
    frame = pd.DataFrame(rows, columns=columns)
    simulated = [one.simulated_events for one in held]
    kinds = [
        joined(kind for kind, there in (("observed", few < every), ("simulated", few > 0)) if there)
        for few, every in zip(simulated, frame["events"], strict=True)
    ]
    return frame.assign(provenance=pd.Series(kinds, index=frame.index, dtype=object))


def focus_coverage(
    memory: Readable,
    *,
    pattern_threshold: int = PATTERN_THRESHOLD,
    now: datetime | None = None,
) -> pd.DataFrame:
    """Return how much the memory holds about each focus area, and how it stands.

    Parameters
    ----------
    memory
        What to read.
    pattern_threshold
        Successes from distinct sessions that make a candidate count as active.
    now
        The instant to look from; the present by default.

    Returns
    -------
    DataFrame
        One row a focus area, the card's seven first, then others the memory knows: `area`; its
        patterns by what they count as, `active`, `candidate`, `retired` (counts), of which `used`
        have an outcome seen here; `decisions` that use one, of which `simulated` are made up
        (counts); `provenance` of the decisions.
    """
    held = memory.sql(_HELD)
    known = pattern_evidence(memory, pattern_threshold=pattern_threshold, now=now)
    known = known.set_index("slug")
    counted = held["slug"].map(known["status"]).astype(object)  # all NaN if none has evidence
    counted = counted.where(counted.notna(), held["status"])
    seen = held["slug"].map(known["n"] - known["n_reported"]).fillna(0.0) > 0
    held = held.assign(status=counted, used=seen, area=held["area"].fillna(""))
    made = memory.sql(_DECIDED)
    made = made.assign(area=made["area"].fillna(""), simulated=made_up(made["decision_id"]))
    others = sorted({area for area in held["area"] if area not in FOCUS_AREAS})
    rows = []
    for area in (*FOCUS_AREAS, *others):
        mine, used = held[held["area"] == area], made[made["area"] == area]
        made_there = int(used["simulated"].sum())
        came = int((used["imported"] & ~used["simulated"]).sum())
        there = (
            ("observed", len(used) > made_there + came),
            ("reported", came > 0),
            ("simulated", made_there > 0),
        )
        rows.append(
            {
                "area": area or "none",
                **{status: int((mine["status"] == status).sum()) for status in STATUSES},
                "used": int(mine["used"].sum()),
                "decisions": len(used),
                "simulated": made_there,
                "provenance": joined(kind for kind, is_so in there if is_so),
            }
        )
    return pd.DataFrame(rows)


def query_latency(memory: Readable, *, now: datetime | None = None) -> pd.DataFrame:
    """How long sessions wait for the memory, week by week.

    Timed are the calls of `query_patterns` and `find_solution` in sessions that went well, the
    lookup before the first turn among them; a `memory.query(…)` in a notebook is not logged.

    Returns
    -------
    DataFrame
        One row a week and tool, oldest first: `from_at` to `until_at` (UTC, weeks begin on
        Monday), `tool`, `provenance` (observed, reported or simulated), `n` calls, `p50_ms`,
        `p95_ms`, `slowest_ms` (milliseconds; a quantile of few calls is little more than the
        slowest), `from_future` (dated after now).
    """
    present = (now or utc_now()).astimezone(UTC).replace(tzinfo=None)
    rows = memory.sql(_LATENCY, tools=list(_TOOLS), now=present)
    return utc(rows, "from_at", "until_at")


def memory_events(memory: Readable) -> pd.DataFrame:
    """Return what was done to the memory itself.

    Returns
    -------
    DataFrame
        One row a time that it was archived, restored, forgotten, reset, imported, exported, backed
        up, trained or pinned, oldest first, with the columns of the view `audit_log`: among them
        `recorded_at` (UTC), `action`, `agent`, `events` (count), `bytes`, `file` (a name),
        `reason`, `undone_by` (the audit event that took it back; null while it stands).
    """
    rows = memory.sql("SELECT * FROM audit_log ORDER BY recorded_at, event_id")
    return utc(rows, "recorded_at")
