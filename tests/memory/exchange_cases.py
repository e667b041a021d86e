"""A small memory in which everything happened, and ways to look at all that a folder holds."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from archkit.memory import projection
from archkit.memory.drafts import draft_of
from archkit.memory.journal import Draft
from archkit.memory.memory import Memory
from archkit.records import Alternative, Decision, Lesson, Outcome, Pattern, Reported, Solution

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LOCAL = {"schema_version", "source", "spool_offset", "rejected_line"}
"""Tables about the file and not about what happened."""
HOUSEKEEPING = {"audit", "withheld", "undone", "imported_event", "pin"}
"""Tables about what was done to this memory; they do not travel."""


class Clock:
    """A clock that a test sets."""

    def __init__(self, start: datetime = NOW) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


def open_memory(folder: Path, *, agent: str = "architect", library: bool = False, **more) -> Memory:
    folder.mkdir(parents=True, exist_ok=True)
    more.setdefault("now", Clock())
    return Memory(folder / "archkit.duckdb", library=library, agent=agent, **more)


def fill(memory: Memory, *, project: str = "shop", who: str = "Jo Doe") -> dict[str, str]:
    """Record patterns, a session, decisions with and without outcome, a lesson; return ids."""
    at, session, agent = memory._now(), f"session of {project}", memory.agent
    patterns = [
        Pattern(
            slug,
            slug.upper(),
            area="security",
            kind="authentication",
            problem=f"Who is calling, asks {slug}?",
            context={"clients": ["web"]},
            reported=Reported(0.95, 38.0, "card") if slug == "jwt" else None,
            agent=agent,
        )
        for slug in ("jwt", "sessions", "unused")
    ]
    done = Decision(
        "JWT",
        kind="authentication",
        patterns=("jwt",),
        alternatives=(Alternative("Sessions", "sessions", predicted=0.6),),
        rationale=f"{who} likes it",
        confidence=0.9,
        decided_at=at,
        session_id=session,
        agent=agent,
        project=project,
    )
    waiting = Decision(
        "Sessions",
        patterns=("sessions",),
        confidence=0.4,
        decided_at=at,
        agent=agent,
        project="other",
    )
    good = Outcome(
        done.decision_id,
        success=True,
        scores={"performance": 0.9},
        note=f"{who} is glad",
        observed_at=at,
    )

    def said(kind: str, **payload: object) -> Draft:
        return Draft(kind, payload, agent=agent, project=project, session_id=session)

    records = [
        *patterns,
        Pattern("jwt", "JWT reworded", area="security", kind="authentication", agent=agent),
        Solution("pool", "Connection pool timeout", name="Pool", agent=agent),
        done,
        waiting,
        good,
        Lesson(f"{who} rotates keys", decision_id=done.decision_id, learned_at=at, agent=agent),
    ]
    memory._store.append(
        [
            *map(draft_of, records),
            said("session_started", brief=f"{who} wants sign-in", title="t"),
            said("message", n=1, role="user", text=f"{who} says hello"),
            said("message", n=2, role="assistant", text="x" * 2000),
            said("session_status", status="ended", stage="decide"),
            Draft(
                "solution_use",
                {"slug": "pool", "effective": True, "applied": "bigger"},
                agent=agent,
                entity_id="pool",
            ),
        ]
    )
    memory.drain()
    return {
        "session": session,
        "decision": done.decision_id,
        "waiting": waiting.decision_id,
        "outcome": good.outcome_id,
    }


def tables(memory: Memory, *, less: set[str] = HOUSEKEEPING) -> dict[str, list[str]]:
    """Return all rows of all tables but those about this file."""
    names = sorted(set(projection.sql_texts("tables")) - LOCAL - less)
    kinds = {"kinds": list(projection.AUDIT_KINDS)}
    found = {
        name: sorted(map(repr, memory._store.rows(f"FROM {name}")))
        for name in names
        if name != "event"
    }
    sql = "FROM event WHERE kind NOT IN (SELECT unnest($kinds::VARCHAR[]))"
    return found | {"event": sorted(map(repr, memory._store.rows(sql, kinds)))}


def holding(folder: Path, text: str) -> list[str]:
    """Return the files below a folder whose bytes hold a text."""
    wanted = text.encode()
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and wanted in path.read_bytes()
    )


def lesson(text: str, **more) -> Draft:
    return Draft("lesson", {"text": text}, **more)
