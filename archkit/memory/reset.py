"""Clearing parts of a memory: shown first, backed up first, written into the audit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from archkit.errors import StoreError
from archkit.memory.backup import backup
from archkit.memory.projection import AUDIT_KINDS
from archkit.memory.rewrite import Progress, audit_row, deposit, settle
from archkit.memory.told import Told
from archkit.plain import shown_path

if TYPE_CHECKING:
    from archkit.memory.memory import Memory

__all__ = ["WHAT", "ResetReport", "reset"]

WHAT: Mapping[str, str] = {
    "candidates": "patterns that are candidates and that nothing else speaks of",
    "unused": "patterns and solutions without any use, and that nothing else speaks of",
    "failed": "patterns that are retired, and that nothing else speaks of",
    "sessions": "what was said in sessions that have ended; their decisions stay",
    "simulated": "whatever is made up: sessions, decisions, outcomes, uses, measurements",
    "imported": "whatever came from another memory",
    "everything": "everything recorded; the kit's own library stays",
}
"""What can be cleared."""


@dataclass(frozen=True, repr=False)
class ResetReport(Told):
    """What was cleared, or would be, and how to bring it back."""

    what: tuple[str, ...]
    dry_run: bool
    events: int
    kinds: Mapping[str, int] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    backup: Path | None = None
    hint: str = ""


def reset(
    memory: Memory,
    what: str | Sequence[str] = "candidates",
    *,
    dry_run: bool = True,
    reason: str = "",
    progress: Progress | None = None,
) -> ResetReport:
    """Clear a part of a memory, or all of it.

    Parameters
    ----------
    memory
        The memory.
    what
        One or several of `WHAT`.
    dry_run
        Whether to say only what would go.
    reason
        Why, for the audit.
    progress
        Told events backed up, and of how many.

    Returns
    -------
    ResetReport
        What went, the backup made before, and how to bring it back.

    Raises
    ------
    StoreError
        There is no such part, or the backup cannot be written; nothing is cleared then.

    Examples
    --------
    ::

        reset(memory, "candidates")                          # what would go?
        reset(memory, ["candidates", "simulated"], dry_run=False, reason="after the trial")
    """
    parts = (what,) if isinstance(what, str) else tuple(what)
    for part in parts or ("nothing",):
        if part not in WHAT:
            raise StoreError(
                f"{part!r} cannot be cleared.",
                why=f"What can be: {', '.join(WHAT)}.",
                mend="Name one of them, or several.",
            )
    found = _found(memory, parts)
    kinds: dict[str, int] = {}
    for _, kind, _, _ in found:
        kinds[kind] = kinds.get(kind, 0) + 1
    names = sorted({name for _, kind, name, _ in found if name and kind in ("pattern", "solution")})
    report = ResetReport(parts, dry_run, len(found), dict(sorted(kinds.items())), tuple(names))
    if dry_run or not found:
        return report
    safety = backup(
        memory, keep=1_000_000, reason=f"before a reset: {', '.join(parts)}", progress=progress
    )
    said = {
        "reason": reason,
        "events": len(found),
        "bytes": sum(size for *_, size in found),
        "file": safety.path.name,
        "sha256": safety.sha256,
        "detail": {"what": list(parts)},
        "withholds": {"event_id": [row[0] for row in found], "bytes": [row[3] for row in found]},
    }
    deposit(memory._store, [audit_row(memory._store, "reset", memory.agent, said)])
    settle(memory._store)
    memory._decisions.clear()
    hint = f"restore(memory, {safety.path.name!r}, dry_run=False) brings it back."
    return replace(report, backup=safety.path, hint=f"{hint} It is in {shown_path(safety.path)}.")


def _found(memory: Memory, parts: Sequence[str]) -> list[tuple[str, str, str | None, int]]:
    """Return what goes: event, kind, entity and size, each once."""
    store = memory._store
    statuses = {pattern.slug: pattern.status for pattern in memory.patterns()}
    named = {
        "kinds": list(AUDIT_KINDS),
        "candidates": [slug for slug, status in statuses.items() if status == "candidate"],
        "retired": [slug for slug, status in statuses.items() if status == "retired"],
    }
    found: dict[str, tuple[str, str, str | None, int]] = {}
    for part in parts:
        sql = _SELECT.replace("<condition>", _CONDITIONS[part])
        sql = sql.replace("<of a pattern>", _OF_PATTERN).replace("<loose>", _LOOSE)
        params = {name: value for name, value in named.items() if f"${name}" in sql}
        for row in store.rows(sql, params):
            found.setdefault(row[0], row)
    return list(found.values())


_LOOSE = """
NOT EXISTS (SELECT 1 FROM pattern_use u
    WHERE u.decision_id IS NOT NULL AND u.slug = e.payload->>'$.slug')
  AND NOT EXISTS (SELECT 1 FROM alternative a WHERE a.pattern = e.payload->>'$.slug')
  AND NOT EXISTS (SELECT 1 FROM lesson l WHERE l.pattern = e.payload->>'$.slug')
  AND NOT EXISTS (SELECT 1 FROM query_measurement m WHERE m.pattern = e.payload->>'$.slug')
"""
_OF_PATTERN = "e.kind IN ('pattern', 'pattern_use', 'pattern_status', 'epoch', 'epoch_undone')"
_CONDITIONS = {
    "candidates": "<of a pattern> AND <loose>"
    " AND e.payload->>'$.slug' IN (SELECT unnest($candidates::VARCHAR[]))",
    "failed": "<of a pattern> AND <loose>"
    " AND e.payload->>'$.slug' IN (SELECT unnest($retired::VARCHAR[]))",
    "unused": """(e.kind IN ('pattern', 'pattern_status') AND <loose> AND NOT EXISTS (
        SELECT 1 FROM pattern_use u WHERE u.slug = e.payload->>'$.slug'))
      OR (e.kind = 'solution' AND NOT EXISTS (
        SELECT 1 FROM solution_use s WHERE s.slug = e.payload->>'$.slug'))""",
    "sessions": """e.kind IN ('message', 'tool_call', 'answer', 'step', 'proposal')
      AND e.session_id IN (
        SELECT session_id FROM session WHERE status IN ('ended', 'failed', 'cancelled'))""",
    "simulated": """'simulated' IN (e.payload->>'$.source', e.payload->>'$.extra.source')
      OR e.session_id IN (SELECT session_id FROM session WHERE client = 'simulated')""",
    "imported": "e.event_id IN (SELECT event_id FROM imported_event)",
    "everything": "true",
}
_SELECT = """
SELECT e.event_id, e.kind, e.entity_id, octet_length(encode(CAST(e.payload AS VARCHAR))) AS bytes
FROM event e
WHERE e.agent <> 'library' AND e.kind NOT IN (SELECT unnest($kinds::VARCHAR[]))
  AND (<condition>)
ORDER BY e.recorded_at, e.event_id
"""
