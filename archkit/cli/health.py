"""Is the memory well: what can be measured and counted about it just now."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from archkit.errors import ArchkitError
from archkit.memory.spool import spool_sizes

if TYPE_CHECKING:
    from archkit.memory.memory import Memory
    from archkit.records import Pattern

__all__ = ["Check", "health"]

SLOW_MS = 50.0
"""A warm query that takes longer is slow: twelve times what 100,000 patterns should take."""

OLD_BACKUP_DAYS = 7.0
_ASKED = "sign people in from web and mobile clients"
_TIMES = 5


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: whether it is well, in words, and as a number with its unit."""

    name: str
    ok: bool
    says: str
    value: float | None = None
    unit: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {name: getattr(self, name) for name in ("name", "ok", "says", "value", "unit")}


def health(memory: Memory, now: datetime) -> list[Check]:
    """Look at a memory: speed, what is not taken in, what is lost or broken, its backups.

    Parameters
    ----------
    memory
        The memory; a few queries are run on it.
    now
        The instant to look from.
    """
    looks: tuple[Callable[[], Check], ...] = (
        lambda: _speed(memory),
        lambda: _index(memory),
        lambda: _spool(memory),
        lambda: _count(
            memory,
            "rejected lines",
            "SELECT count(*) AS n FROM rejected_line",
            "lines of the spool were no events; see them with memory.sql('FROM rejected_line')",
        ),
        lambda: _count(
            memory,
            "orphans",
            "SELECT count(*) AS n FROM orphan",
            "rows speak of something that is not here; see them with memory.sql('FROM orphan')",
        ),
        lambda: _backup(memory, now),
    )
    return [look() for look in looks]


def _speed(memory: Memory) -> Check:
    memory.query(_ASKED)
    took = []
    for _ in range(_TIMES):
        began = perf_counter()
        memory.query(_ASKED)
        took.append((perf_counter() - began) * 1e3)
    ms = median(took)
    says = f"{ms:.1f} ms, the median of {_TIMES} queries just now"
    return Check("query", ms <= SLOW_MS, says, round(ms, 3), "ms")


def _index(memory: Memory) -> Check:
    patterns = memory.patterns()
    if not patterns:
        return Check("index", True, "empty: no pattern is known", 0, "patterns")
    asked = patterns[-_TIMES:]
    ok = any(_is_found(memory, pattern) for pattern in asked)
    lost = f"the pattern {asked[-1].slug!r} is not found by its name: run archkit rebuild"
    says = f"up to date, {len(patterns)} patterns searched" if ok else lost
    return Check("index", ok, says, len(patterns), "patterns")


def _is_found(memory: Memory, pattern: Pattern) -> bool:
    found = memory.query(pattern.name, kind=pattern.kind or None, limit=50)
    return any(ranked.pattern.slug == pattern.slug for ranked in found)


def _spool(memory: Memory) -> Check:
    memory.drain()
    offsets = memory.sql("SELECT file, byte_off FROM spool_offset")
    taken = dict(zip(offsets["file"], offsets["byte_off"], strict=True))
    sizes = spool_sizes(memory._store.spool)
    waiting = sum(max(size - int(taken.get(name, 0)), 0) for name, size in sizes.items())
    says = "all taken in" if not waiting else f"{waiting:,} bytes wait: another process writes"
    return Check("spool", waiting == 0, says, waiting, "bytes")


def _count(memory: Memory, name: str, select: str, says: str) -> Check:
    number = int(memory.sql(select)["n"][0])
    return Check(name, number == 0, f"{number} {says}" if number else "none", number, "rows")


def _backup(memory: Memory, now: datetime) -> Check:
    from archkit.memory.backup import backups

    made: tuple[Any, ...] = ()
    with suppress(ArchkitError):
        made = backups(memory)
    sound = [one for one in made if one.sound]
    if not sound:
        own = _own_events(memory, datetime.min.replace(tzinfo=UTC))
        broken = "none of them is sound" if made else "none yet"
        says = f"{broken}: run archkit backup" if own else "none yet, and nothing of yours to lose"
        return Check("backup", own == 0, says)
    days = (now - sound[0].made_at).total_seconds() / 86_400
    since = _own_events(memory, sound[0].made_at)
    hours = days * 24
    age = f"{days:.0f} days" if days >= 2 else f"{hours:.0f} hours" if hours >= 2 else "an hour"
    age = age if hours >= 0.5 else "some minutes"
    says = f"{age} old, {sound[0].name}" + (f"; {since} events since" if since > 0 else "")
    return Check("backup", days <= OLD_BACKUP_DAYS or since <= 0, says, round(days, 2), "days")


def _own_events(memory: Memory, since: datetime) -> int:
    """Count the events recorded since, but for the kit's own and the entries of the audit."""
    select = (
        "SELECT count(*) AS n FROM event "
        "WHERE agent <> 'library' AND recorded_at > $since::TIMESTAMP "
        "AND event_id NOT IN (SELECT event_id FROM audit)"
    )
    return int(memory.sql(select, since=since.astimezone(UTC).replace(tzinfo=None))["n"][0])
