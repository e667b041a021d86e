"""Taking an export in: checked whole first, compared, then joined to what is here."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.errors import StoreError
from archkit.memory.anonymise import pseudo_id
from archkit.memory.checks import (
    check_decision,
    check_outcome,
    check_pattern,
    check_solution,
)
from archkit.memory.drafts import draft_of
from archkit.memory.exchange_files import read_manifest, read_rows
from archkit.memory.journal import Draft
from archkit.memory.projection import AUDIT_KINDS
from archkit.memory.redact import redact_value
from archkit.memory.rewrite import Progress, Row, audit_row, deposit, each_event, settle
from archkit.memory.similar import SIMILAR, Similarity
from archkit.memory.told import Told
from archkit.plain import shown_path
from archkit.records import Decision, Outcome, Pattern, Solution

if TYPE_CHECKING:
    from archkit.memory.memory import Memory

__all__ = ["Conflict", "ImportReport", "import_"]

_PORTION = 20_000
_LIBRARY = "library"
_CLOCK_SKEW = timedelta(minutes=5)
_KIND, _PAYLOAD, _AGENT = 4, 10, 6
_RECORDS: dict[str, type[Pattern] | type[Solution]] = {"pattern": Pattern, "solution": Solution}


@dataclass(frozen=True, repr=False)
class Conflict(Told):
    """Something both memories know differently.

    `what` is "same id" (one event, two contents), "same slug" (one name, two wordings) or
    "similar" (two names for what reads alike); `resolution` says what the import does about it.
    """

    what: str
    name: str
    ours: str
    theirs: str
    resolution: str


@dataclass(frozen=True, repr=False)
class ImportReport(Told):
    """What an import brings, or would bring.

    `left_out` are audit events of the other memory; `odd` records that do not pass our checks
    (they come along and are not shown); `from_future` events recorded after the present.
    """

    source: Path
    dry_run: bool
    origin: str
    events: int
    new: int
    known: int
    withheld: int = 0
    own_anonymised: int = 0
    left_out: int = 0
    odd: int = 0
    from_future: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)
    conflicts: tuple[Conflict, ...] = ()


def import_(
    memory: Memory,
    source: Path | str,
    *,
    dry_run: bool = True,
    same_slug: str = "later",
    progress: Progress | None = None,
) -> ImportReport:
    """Join the events of an export to a memory: the union of both, whatever came first.

    Parameters
    ----------
    memory
        The memory.
    source
        The folder that `export` wrote.
    dry_run
        Whether to say only what would happen.
    same_slug
        Of two wordings of a pattern or a solution the one recorded later counts ("later"), or
        ours goes on to count ("keep": it is recorded anew). Both stay in the history.
    progress
        Told events done, and of how many.

    Returns
    -------
    ImportReport
        What is new, known, kept out because it was taken out here, and in conflict.

    Raises
    ------
    StoreError
        A file was cut short or changed, or is no export; nothing was taken in then.

    Examples
    --------
    ::

        import_(memory, "from-the-team")                  # what would it bring?
        import_(memory, "from-the-team", dry_run=False)
    """
    if same_slug not in ("later", "keep"):
        raise StoreError(
            f"same_slug cannot be {same_slug!r}.",
            why="Either the later wording counts, or ours goes on to count.",
            mend="Say 'later' or 'keep'.",
        )
    folder = Path(source).expanduser()
    manifest = read_manifest(folder)
    memory._held.add_library()
    incoming = _Incoming(memory, folder, manifest)
    for part in incoming.portions():  # to the end before anything is written
        incoming.look(part)
    incoming.check_count()
    conflicts = (*incoming.conflicts, *incoming.wordings(same_slug))
    if not dry_run and incoming.new:
        ours = incoming.to_keep() if same_slug == "keep" else []
        _take(memory, incoming, progress)
        memory._held.append(ours)
        settle(memory._store)
    return ImportReport(
        source=folder,
        dry_run=dry_run,
        origin=incoming.origin,
        events=incoming.events,
        new=len(incoming.new),
        known=incoming.known,
        withheld=incoming.withheld,
        own_anonymised=incoming.own_anonymised,
        left_out=incoming.left_out,
        odd=incoming.odd,
        from_future=incoming.from_future,
        kinds=dict(sorted(incoming.kinds.items())),
        conflicts=conflicts,
    )


class _Incoming:
    """An export held against a memory, a portion at a time."""

    def __init__(self, memory: Memory, folder: Path, manifest: Mapping[str, Any]) -> None:
        self.memory, self.folder, self.manifest = memory, folder, manifest
        self.origin = str(manifest.get("origin") or "unknown")
        self.events = self.known = self.withheld = self.own_anonymised = self.left_out = 0
        self.odd = self.from_future = 0
        self._now = memory._now()
        self.new: set[str] = set()
        self.kinds: Counter[str] = Counter()
        self.conflicts: list[Conflict] = []
        self._latest: dict[tuple[str, str], Row] = {}
        store, shelves = memory._store, memory._held.shelves()
        self._held: dict[str, dict[str, Pattern | Solution]] = {
            "pattern": {pattern.slug: pattern for pattern in shelves[0].patterns},
            "solution": {solution.slug: solution for solution in shelves[1].solutions},
        }
        self._out = {row[0] for row in store.rows("SELECT event_id FROM withheld_event")}
        masked = manifest.get("anonymise", "none") != "none"
        ids = store.rows("SELECT event_id FROM event") if masked else []
        self._own = {pseudo_id(event_id) for (event_id,) in ids}

    def portions(self) -> Iterator[list[Row]]:
        """Give the events of the export, checked to be events, some thousands at a time."""
        for name in sorted(self.manifest["files"]):
            rows = read_rows(self.folder / name)
            while part := list(islice(rows, _PORTION)):
                yield part

    def look(self, part: Sequence[Row]) -> None:
        """Compare a portion with what is here."""
        ids = {"ids": [row[0] for row in part]}
        found = each_event(
            self.memory._store, "e.event_id IN (SELECT unnest($ids::VARCHAR[]))", ids
        )
        here = {row[0]: row for row in found}
        for row in part:
            self.events += 1
            event_id = row[0]
            if row[_KIND] in AUDIT_KINDS:  # says something about another memory, not about ours
                self.left_out += 1
            elif event_id in here:
                self._compare(here[event_id], row)
            elif event_id in self._out:
                self.withheld += 1
            elif event_id in self._own:
                self.own_anonymised += 1
            elif event_id in self.new:
                self.known += 1
            else:
                self.new.add(event_id)
                self.kinds[row[_KIND]] += 1
                self.from_future += row[1].replace(tzinfo=UTC) > self._now + _CLOCK_SKEW
                self.odd += not is_sound(row[_KIND], row[_PAYLOAD], self._now)
                self._note_wording(row)

    def check_count(self) -> None:
        """Hold what was read against what the manifest says."""
        if self.events != self.manifest.get("events"):
            raise StoreError(
                f"The export {shown_path(self.folder)!r} does not hold what it says.",
                why=f"It has {self.events} events; its manifest says"
                f" {self.manifest.get('events')}. Nothing of it was taken in.",
                mend="Get a whole copy of the folder, or make the export again.",
            )

    def wordings(self, same_slug: str) -> list[Conflict]:
        """Return patterns and solutions that both have under one name, or under names alike."""
        found = [
            self._same_slug(kind, slug, row, same_slug)
            for (kind, slug), row in self._latest.items()
            if self._ours(kind, slug) is not None
        ]
        known = [p for p in self._held["pattern"].values() if isinstance(p, Pattern)]
        alike = Similarity(known) if known else None
        for (kind, slug), row in self._latest.items():
            pattern = _record(kind, row) if kind == "pattern" else None
            if alike is None or not isinstance(pattern, Pattern) or self._ours(kind, slug):
                continue
            nearest = alike.nearest(pattern)
            if nearest and nearest[1] >= SIMILAR:
                other, share = nearest
                says = f"both stay; they share {share:.0%} of their words"
                found.append(Conflict("similar", slug, other, slug, says))
        return [conflict for conflict in found if conflict is not None]

    def to_keep(self) -> list[Draft]:
        """Return our wordings of what the import has under the same name, as recorded last."""
        now, tick = self.memory._now(), timedelta(microseconds=1)
        return [
            replace(draft_of(ours), recorded_at=max(now, row[1].replace(tzinfo=UTC) + tick))
            for (kind, slug), row in self._latest.items()
            if (ours := self._ours(kind, slug)) is not None
        ]

    def _compare(self, ours: Row, theirs: Row) -> None:
        """Note that an event is known; the place in its writer's file may differ, no more."""
        self.known += 1
        # Each memory writes the kit's library itself, at its own time; its ids are its content's.
        if ours[_AGENT] != _LIBRARY and _content(ours) != _content(theirs):
            says = "ours stays; an event never changes, so one of the two was tampered with"
            name = f"{ours[_KIND]} {ours[0]}"
            self.conflicts.append(Conflict("same id", name, _brief(ours), _brief(theirs), says))

    def _note_wording(self, row: Row) -> None:
        if row[_KIND] not in _RECORDS or row[_AGENT] == _LIBRARY:
            return
        slug = json.loads(row[_PAYLOAD]).get("slug")
        if isinstance(slug, str):
            key = (row[_KIND], slug)
            before = self._latest.get(key)
            if before is None or (row[1], row[0]) > (before[1], before[0]):
                self._latest[key] = row

    def _ours(self, kind: str, slug: str) -> Pattern | Solution | None:
        return self._held[kind].get(slug)

    def _same_slug(self, kind: str, slug: str, row: Row, same_slug: str) -> Conflict | None:
        table = {"pattern": _OUR_PATTERN, "solution": _OUR_SOLUTION}[kind]
        [(recorded_at, payload)] = self.memory._store.rows(table, {"slug": slug})
        if json.loads(payload) == json.loads(row[_PAYLOAD]):
            return None
        theirs_counts = same_slug == "later" and row[1] > recorded_at
        says = "theirs counts, it is the later" if theirs_counts else "ours goes on to count"
        ours = f"{json.loads(payload).get('name', slug)} ({recorded_at:%Y-%m-%d})"
        return Conflict("same slug", f"{kind} {slug}", ours, _brief(row), f"{says}; both are kept")


def _take(memory: Memory, incoming: _Incoming, progress: Progress | None) -> None:
    """Put the new events into the spool; each portion says itself where it came from."""
    store, done = memory._store, 0
    for part in incoming.portions():
        rows = {row[0]: _safe(row) for row in part if row[0] in incoming.new}
        if not rows:
            continue
        foreign = [row[0] for row in rows.values() if row[_AGENT] != _LIBRARY]
        said = {
            "origin": incoming.origin,
            "file": incoming.folder.name,
            "sha256": incoming.manifest["sha256"],
            "events": len(rows),
            "detail": {"export_id": incoming.manifest.get("export_id")},
            "imports": foreign,
        }
        deposit(store, [audit_row(store, "imported", memory.agent, said), *rows.values()])
        store.drain()
        done += len(rows)
        if progress:
            progress(done, len(incoming.new))


def _safe(row: Row) -> Row:
    """Hide secrets that another archkit, or another tool, has left in an event."""
    hidden, count = redact_value({"row": list(row[5:10]), "payload": json.loads(row[_PAYLOAD])})
    if not count and hidden["payload"] == json.loads(row[_PAYLOAD]):
        return row
    text = json.dumps(hidden["payload"], ensure_ascii=False, separators=(",", ":"))
    return (*row[:5], *hidden["row"], text)


def _content(row: Row) -> tuple[Any, ...]:
    return (*row[:2], *row[4:10], json.loads(row[_PAYLOAD]))


def _brief(row: Row) -> str:
    payload = json.loads(row[_PAYLOAD])
    said = next((payload[k] for k in ("name", "title", "chosen", "text") if payload.get(k)), "")
    return f"{str(said)[:60]} ({row[1]:%Y-%m-%d})".strip()


def _record(kind: str, row: Row) -> Pattern | Solution | None:
    try:
        return _RECORDS[kind].from_payload(json.loads(row[_PAYLOAD]))
    except (ValueError, TypeError, KeyError, AttributeError):  # another tool's odd event
        return None


def is_sound(kind: str, payload: str, now: datetime) -> bool:
    """Whether a record passes the checks that one recorded here passes."""
    try:
        _CHECKS[kind](json.loads(payload), now)
    except KeyError:
        return kind not in _CHECKS
    except (StoreError, ValueError, TypeError, AttributeError):
        return False
    return True


_CHECKS: dict[str, Callable[[dict[str, Any], datetime], None]] = {
    "pattern": lambda told, _: check_pattern(Pattern.from_payload(told)),
    "solution": lambda told, _: check_solution(Solution.from_payload(told)),
    "decision": lambda told, _: check_decision(Decision.from_payload(told)),
    "outcome": lambda told, now: check_outcome(
        Outcome.from_payload(told), decision_id=str(told["decision_id"]), now=now
    ),
}
_OUR_PATTERN = """
SELECT p.recorded_at, CAST(e.payload AS VARCHAR) FROM pattern p
JOIN event e ON e.event_id = p.event_id WHERE p.slug = $slug
"""
_OUR_SOLUTION = """
SELECT s.recorded_at, CAST(e.payload AS VARCHAR) FROM solution s
JOIN event e ON e.event_id = s.event_id WHERE s.slug = $slug
"""
