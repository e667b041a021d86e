"""What a memory holds, read from its store and kept until the store changes."""

from __future__ import annotations

import json
import os
import threading
import uuid
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from archkit.errors import StoreError
from archkit.memory.checks import check_pattern, check_solution
from archkit.memory.journal import Draft, Event
from archkit.memory.learning import LEARNING_RATE, PATTERN_THRESHOLD, Evidence
from archkit.memory.store import Store
from archkit.records import Decision, Pattern, Solution, utc_now

if TYPE_CHECKING:
    from archkit.memory.shelf import Shelf
    from archkit.memory.solutions import SolutionShelf

__all__ = ["RECENT", "Holdings"]

R = TypeVar("R", Pattern, Solution)

_NAMESPACE = uuid.UUID("6f1c8c5e-3f0b-5c4e-9d55-2f7f3f1f6a10")
_LIBRARY = "library"
_ASIDE = {
    *("agent", "session_started", "session_status", "message", "tool_call", "step", "proposal"),
    *("lesson", "measurement"),
}
"""Kinds of events that change no shelf."""
_SPOOL = slice(2, None)
"""Where a store's stamp lists the spool's files and their sizes."""


class Holdings:
    """Shelves of patterns and solutions over a store; another process's writes are seen.

    Parameters
    ----------
    store
        Where the events are.
    library
        Whether the kit's own patterns and solutions belong in it; they are written once.
    learning_rate, pattern_threshold
        See `Shelf`.
    now
        The clock: evidence fades by the day.
    """

    def __init__(
        self,
        store: Store,
        *,
        library: bool = True,
        learning_rate: float = LEARNING_RATE,
        pattern_threshold: int = PATTERN_THRESHOLD,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._store = store
        self._library_due = library
        self._rate, self._threshold = learning_rate, pattern_threshold
        self._now = now
        self._lock = threading.RLock()
        self._writing = threading.Lock()
        self._seen: tuple[tuple[Any, ...], date] | None = None
        self._events: dict[str, list[str]] = {}
        self._shelf: Shelf | None = None
        self._solutions: SolutionShelf | None = None
        _HOLDINGS.add(self)

    @property
    def count(self) -> int | None:
        """How many patterns were there at the last look; None before the first."""
        return None if self._shelf is None else len(self._shelf.patterns)

    def shelves(self) -> tuple[Shelf, SolutionShelf]:
        """Return the shelves, read anew only when the store or the day has changed."""
        with self._lock:
            held = self._held()
            if held and self._seen == (self._store.stamp(), self._now().date()):
                return held
            self.add_library()
            self._store.drain()
            seen = (self._store.stamp(), self._now().date())
            held = self._read()
            self._seen = seen
            return held

    def append(self, drafts: Sequence[Draft]) -> tuple[Event, ...]:
        """Write events; those that change no shelf do not make the shelves stale."""
        with self._writing:
            before = dict(self._store.stamp()[_SPOOL])
            with _writable():
                events = self._store.append(drafts)
            if events and all(draft.kind in _ASIDE for draft in drafts):
                self._pass_over(f"{events[0].writer}.jsonl", before)
            return events

    def _pass_over(self, own: str, before: dict[str, int]) -> None:
        """Take this process's last lines as seen; another writer's lines are in other files."""
        if self._seen is None:
            return
        stamp, day = self._seen
        spool = dict(stamp[_SPOOL])
        if spool.get(own) == before.get(own):
            spool[own] = dict(self._store.stamp()[_SPOOL])[own]
            self._seen = ((*stamp[: _SPOOL.start], *sorted(spool.items())), day)

    def decision(self, decision_id: str) -> Decision:
        """Return a decision in its latest wording; `StoreError` if there is none."""
        rows = self._store.rows(_DECISION, {"id": decision_id})
        if rows:
            return Decision.from_payload(json.loads(rows[0][0]))
        latest = ", ".join(row[0] for row in self._store.rows(_LATEST))
        raise StoreError(
            f"The memory knows no decision {decision_id!r}.",
            why=f"The latest ones are: {latest}." if latest else "No decision is recorded yet.",
            mend="Give the decision, or its decision_id, as record_decision returned it.",
        )

    def add_library(self) -> None:
        """Write the kit's patterns and solutions, if this version of them is not there yet.

        Their ids follow from their content, so two processes that both write them write the same
        events; a text that comes back after another has its version in its id, to count as new.
        What somebody has worded anew under a slug of the library stays theirs.
        """
        with self._lock:
            if not self._library_due:
                return
            from archkit.library import read_library

            library = read_library()
            version = Draft(_LIBRARY, {"version": library.version})
            [(known, current, reworded)] = self._store.rows(_LIBRARY_STATE)
            if _event_id(version) not in known:
                records: list[tuple[str, Pattern | Solution]] = [
                    *(("pattern", pattern) for pattern in library.patterns),
                    *(("solution", solution) for solution in library.solutions),
                ]
                drafts = [
                    Draft(kind, record.as_payload(), entity_id=record.slug)
                    for kind, record in records
                    if f"{kind} {record.slug}" not in reworded
                ]
                new = {_event_id(version): version}
                for draft in drafts:
                    ids = _event_id(draft), _event_id(draft, library.version)
                    if not {*ids} & {*current}:
                        new[ids[ids[0] in known]] = draft
                self._store.append(
                    [replace(d, agent=_LIBRARY, event_id=event_id) for event_id, d in new.items()]
                )
            self._library_due = False

    def _held(self) -> tuple[Shelf, SolutionShelf] | None:
        if self._shelf is None or self._solutions is None:
            return None
        return self._shelf, self._solutions

    def _read(self) -> tuple[Shelf, SolutionShelf]:
        from archkit.memory.shelf import Shelf
        from archkit.memory.solutions import SolutionShelf

        now = self._now()
        [(patterns, solutions, uses, effects)] = self._store.rows(_HELD)
        seen, self._events = self._events, {"pattern": patterns, "solution": solutions}
        evidence = Evidence.from_rows(uses, now=now)
        effect = Evidence.from_rows(effects, now=now)
        held = self._held()
        if held and seen == self._events:
            self._shelf = held[0].with_evidence(evidence)
            self._solutions = held[1].with_evidence(effect)
            return self._shelf, self._solutions
        rows = self._store.rows(_PAYLOADS, {"ids": [*patterns, *solutions]})
        payloads = {event_id: json.loads(payload) for event_id, payload in rows}
        self._shelf = Shelf(
            _fitting(Pattern, check_pattern, [payloads[event_id] for event_id in patterns]),
            evidence,
            learning_rate=self._rate,
            pattern_threshold=self._threshold,
        )
        self._solutions = SolutionShelf(
            _fitting(Solution, check_solution, [payloads[event_id] for event_id in solutions]),
            effect,
            learning_rate=self._rate,
        )
        return self._shelf, self._solutions


_HOLDINGS: weakref.WeakSet[Holdings] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    """Give the child locks of its own: those of the parent's threads nobody here would open."""
    for held in list(_HOLDINGS):
        held._lock, held._writing = threading.RLock(), threading.Lock()


os.register_at_fork(after_in_child=_after_fork_in_child)


@contextmanager
def _writable() -> Iterator[None]:
    """Say in our words that a record cannot be written down."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        raise StoreError(
            "The record cannot be written down.",
            why=f"{error}",
            mend="Use plain values: texts, numbers, yes and no, instants, lists, mappings of them.",
        ) from error


def _fitting(kind: type[R], check: Callable[[R], None], payloads: list[dict[str, Any]]) -> list[R]:
    """Return the records that can be read; another tool's odd event must not hide the others."""
    found = []
    for payload in payloads:
        with suppress(StoreError, ValueError, TypeError, KeyError, AttributeError):
            record = kind.from_payload(payload)
            check(record)
            found.append(record)
    return found


def _event_id(draft: Draft, *version: str) -> str:
    """Id that follows from the content."""
    text = json.dumps([draft.kind, draft.payload, *version], sort_keys=True, ensure_ascii=False)
    return str(uuid.uuid5(_NAMESPACE, text))


# Opening the file costs more than asking it, so each question is one row of lists.
_LIBRARY_STATE = """
SELECT
  (SELECT coalesce(list(event_id), []) FROM event WHERE agent = 'library'),
  (SELECT coalesce(list(event_id), []) FROM (
    SELECT event_id FROM pattern UNION ALL SELECT event_id FROM solution)),
  (SELECT coalesce(list(name), []) FROM (
    SELECT 'pattern ' || slug AS name FROM pattern WHERE agent <> 'library'
    UNION ALL SELECT 'solution ' || slug FROM solution WHERE agent <> 'library'))
"""
_HELD = """
SELECT
  (SELECT coalesce(list(event_id ORDER BY slug), []) FROM pattern),
  (SELECT coalesce(list(event_id ORDER BY slug), []) FROM solution),
  (SELECT coalesce(list(row(slug, y, uses, source, coalesce(outcome_at, used_at),
    coalesce(session_id, decision_id, use_id))), []) FROM pattern_evidence WHERE y IS NOT NULL),
  (SELECT coalesce(list(row(slug, effective_rate, uses, source, NULL, NULL)), [])
    FROM solution_effect)
"""
_PAYLOADS = """
SELECT event_id, CAST(payload AS VARCHAR) FROM event
WHERE event_id IN (SELECT unnest($ids::VARCHAR[]))
"""
_DECISION = """
SELECT CAST(e.payload AS VARCHAR) FROM decision d JOIN event e ON e.event_id = d.event_id
WHERE d.decision_id = $id
"""
_LATEST = "SELECT decision_id FROM decision ORDER BY decided_at DESC, decision_id DESC LIMIT 3"
RECENT = """
SELECT recorded_at, kind, agent, project, session_id, entity_id,
  left(coalesce(
    nullif(payload->>'$.title', ''), nullif(payload->>'$.chosen', ''),
    nullif(payload->>'$.name', ''), nullif(payload->>'$.label', ''),
    nullif(payload->>'$.text', ''), nullif(payload->>'$.brief', ''),
    nullif(payload->>'$.note', ''), payload->>'$.tool', payload->>'$.status', entity_id, ''
  ), 200) AS summary
FROM event WHERE agent <> 'library'
ORDER BY recorded_at DESC, event_id DESC LIMIT $n
"""
