"""What an agent's memory weighs, and what to archive when it weighs too much.

The size of an agent is the sum of the UTF-8 bytes of its live events' canonical JSON payloads, old
wordings included; not the size of the file, nor what DuckDB takes of the machine's memory. Over the
card's `memory_limit_mb` the least valuable is archived, down to 90 %: **value density** is
L25 · P(reuse) / bytes, L25 the lower quartile of the success rate of the best pattern it is about
(.25 without evidence), P(reuse) as `worth.reuse_probability` says. A wording that a later one has
replaced is worth nothing. Nothing is archived unasked: `plan` shows it first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from archkit.errors import StoreError
from archkit.memory.archive import (
    ArchiveInfo,
    ArchiveRestored,
    archives,
    put_away,
    restore,
)
from archkit.memory.evictable import Eviction, evictable
from archkit.memory.rewrite import Progress, audit_row, deposit, settle
from archkit.memory.size import MEMORY_LIMIT_MB, limit_bytes
from archkit.memory.told import Told, megabytes

if TYPE_CHECKING:
    from archkit.memory.memory import Memory
    from archkit.memory.snapshot import Snapshot

__all__ = [
    "AgentBudget",
    "ArchiveInfo",
    "ArchiveRestored",
    "BudgetPlan",
    "BudgetReport",
    "BudgetStatus",
    "Eviction",
    "archives",
    "enforce",
    "pin",
    "plan",
    "restore",
    "status",
]

_DOWN_TO = 0.9


@dataclass(frozen=True, repr=False)
class AgentBudget(Told):
    """What one agent keeps: `share` of its limit (1 is full), and what of it is archived.

    Of its events, `simulated_events` are made up.
    """

    agent: str
    used_bytes: int
    limit_bytes: int
    share: float
    events: int
    archived_events: int = 0
    simulated_events: int = 0


@dataclass(frozen=True, repr=False)
class BudgetStatus(Told):
    """What every agent keeps, the largest first. The kit's own library counts for nobody."""

    agents: tuple[AgentBudget, ...] = ()

    @property
    def over(self) -> tuple[AgentBudget, ...]:
        """Agents over their limit."""
        return tuple(agent for agent in self.agents if agent.share > 1)


@dataclass(frozen=True, repr=False)
class BudgetPlan(Told):
    """What would be archived and why, the least valuable first; `protected` bytes by reason."""

    agent: str
    limit_bytes: int
    used_bytes: int
    target_bytes: int
    after_bytes: int
    items: tuple[Eviction, ...] = ()
    protected: Mapping[str, int] = field(default_factory=dict)
    enough: bool = True

    @property
    def events(self) -> int:
        """Events that would go."""
        return sum(len(item.event_ids) for item in self.items)


@dataclass(frozen=True, repr=False)
class BudgetReport(Told):
    """What was archived, and how much is kept now."""

    agent: str
    archive: str
    events: int
    bytes: int
    used_bytes: int
    limit_bytes: int
    dry_run: bool = False
    note: str = ""


def status(memory: Memory | Snapshot) -> BudgetStatus:
    """Return how much every agent keeps and may keep.

    Examples
    --------
    ::

        budget.status(memory)
        budget.status(memory).over
    """
    limits = dict(memory.sql(_LIMITS).itertuples(index=False, name=None))
    told = []
    for agent, used, *counts in memory.sql(_SIZES).itertuples(index=False, name=None):
        limit = int(limits.get(agent, MEMORY_LIMIT_MB) * 1_048_576)
        told.append(AgentBudget(agent, int(used), limit, used / limit, *map(int, counts)))
    return BudgetStatus(tuple(told))


def plan(memory: Memory, *, agent: str | None = None, limit_mb: float | None = None) -> BudgetPlan:
    """Return what would be archived to bring an agent to 90 % of its limit; nothing is done.

    Parameters
    ----------
    memory
        The memory.
    agent
        Whose; the memory's own agent by default.
    limit_mb
        The limit (MiB) instead of the one in the agent's card.

    Returns
    -------
    BudgetPlan
        Empty while the agent is within its limit.
    """
    who = memory.agent if agent is None else agent
    limit = limit_bytes(memory._store, who) if limit_mb is None else _bytes_of(limit_mb)
    used = {a: size for a, size, *_ in memory._store.rows(_SIZES)}.get(who, 0)
    if used <= limit:
        return BudgetPlan(who, limit, used, int(limit * _DOWN_TO), used)
    candidates, protected = evictable(memory, who)
    after, target, items = used, int(limit * _DOWN_TO), []
    for item in candidates:
        if after <= target:
            break
        items.append(item)
        after -= item.bytes
    return BudgetPlan(who, limit, used, target, after, tuple(items), protected, after <= target)


def enforce(
    memory: Memory,
    *,
    agent: str | None = None,
    limit_mb: float | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> BudgetReport:
    """Archive what `plan` shows; `restore` brings it back.

    Parameters
    ----------
    memory, agent, limit_mb
        As in `plan`.
    dry_run
        Whether to say only what would happen.
    progress
        Told events done, and of how many.

    Returns
    -------
    BudgetReport
        What was archived.
    """
    planned = plan(memory, agent=agent, limit_mb=limit_mb)
    freed = planned.used_bytes - planned.after_bytes
    note = (
        ""
        if planned.enough
        else f"{megabytes(planned.after_bytes)} cannot be archived: "
        + ", ".join(f"{why} {megabytes(size)}" for why, size in planned.protected.items())
    )
    archive = ""
    if planned.items and not dry_run:
        withheld = {
            event_id: (size, item.value_density, item.why)
            for item in planned.items
            for event_id, size in zip(item.event_ids, item.event_bytes, strict=True)
        }
        said = {"detail": {"agent": planned.agent, "limit_bytes": planned.limit_bytes}}
        archive = put_away(memory, withheld, said, progress=progress).name.split(".")[0]
    return BudgetReport(
        agent=planned.agent,
        archive=archive,
        events=planned.events,
        bytes=freed,
        used_bytes=planned.after_bytes,
        limit_bytes=planned.limit_bytes,
        dry_run=dry_run,
        note=note,
    )


def pin(memory: Memory, slug: str, pinned: bool = True, *, reason: str = "") -> None:
    """Say that a pattern must never be archived, or that it may be again."""
    memory.pattern(slug)
    said = {"slug": slug, "pinned": pinned, "reason": reason, "events": 1}
    deposit(memory._store, [audit_row(memory._store, "pinned", memory.agent, said)])
    settle(memory._store)


def _bytes_of(limit_mb: float) -> int:
    if not isinstance(limit_mb, int | float) or isinstance(limit_mb, bool) or not limit_mb > 0:
        raise StoreError(
            f"limit_mb cannot be {limit_mb!r}.",
            why="It is a size in MiB, more than 0.",
            mend="Give a number, for instance 120.",
        )
    return int(limit_mb * 1_048_576)


_LIMITS = """
SELECT name, arg_max(memory_limit_mb, (recorded_at, event_id)) AS limit_mb
FROM agent WHERE memory_limit_mb > 0 GROUP BY name
"""
_SIZES = """
SELECT s.agent, s.bytes, s.events, coalesce(a.events, 0) AS archived, s.simulated
FROM (
  SELECT agent, CAST(sum(bytes) AS BIGINT) AS bytes, count(*) AS events,
    count(*) FILTER (WHERE starts_with(event_id, 'sim')) AS simulated
  FROM event_size GROUP BY agent
) s
LEFT JOIN (
  SELECT detail->>'$.agent' AS agent, CAST(sum(events) AS BIGINT) AS events
  FROM audit_log WHERE action = 'archived' AND undone_by IS NULL GROUP BY detail->>'$.agent'
) a ON a.agent = s.agent
ORDER BY s.bytes DESC, s.agent
"""
