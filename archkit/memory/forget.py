"""Forgetting: a session, a text or a person's words, gone from every file that archkit keeps.

What holds it is withheld for good by an audit event that names ids and no words; with `mask` an
event of a new id takes the place of each, the words masked. Then the DuckDB file is made anew
without them and the old one removed, their lines in the spool are overwritten (a living writer's,
too), and archives and backups are written anew. Each step can be repeated: run it again after a
kill, and it goes on. What a disk or a file system keeps of removed files is beyond archkit.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from archkit.errors import StoreError
from archkit.memory.archive import archive_files, rewritten
from archkit.memory.backup_folders import EVENTS, backup_home, mended, places, replaced
from archkit.memory.exchange_files import MANIFEST, read_manifest, read_rows
from archkit.memory.forget_match import Matcher, in_place_of, matcher_of
from archkit.memory.projection import AUDIT_KINDS
from archkit.memory.rewrite import (
    Progress,
    Row,
    audit_row,
    beside,
    deposit,
    each_event,
    settle,
    wipe_spool,
)
from archkit.memory.told import Told
from archkit.plain import mapped_texts

if TYPE_CHECKING:
    from archkit.memory.memory import Memory
    from archkit.memory.store import Store

__all__ = ["ForgetReport", "forget"]

_KIND, _AGENT, _PAYLOAD = 4, 6, 10
_SAID = ("reason", "file", "detail", "origin")
"""What of an audit event may name somebody; the rest is ids and counts."""
_LOOKED_THROUGH = 1 << 22


@dataclass(frozen=True, repr=False)
class ForgetReport(Told):
    """What was forgotten, or would be.

    `places` counts events (in the spool: lines) by where they stood; `left` are files below the
    data folder that are not archkit's to change and still hold it; `exports` were made since it
    was first recorded.
    """

    what: str
    how: str
    dry_run: bool
    events: int
    kinds: Mapping[str, int] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    left: tuple[Path, ...] = ()
    exports: tuple[str, ...] = ()
    note: str = ""


def forget(
    memory: Memory,
    *,
    session: str | None = None,
    text: str | None = None,
    person: str | Sequence[str] | None = None,
    how: str | None = None,
    backups: Sequence[Path | str] = (),
    dry_run: bool = True,
    reason: str = "",
    progress: Progress | None = None,
) -> ForgetReport:
    """Forget a session, a text, or a person.

    Parameters
    ----------
    memory
        The memory.
    session
        Id of a session: all that was said in it goes, and what was said of its decisions.
    text
        A text, wherever it stands, in any case and spacing.
    person
        The name of a person, or all the ways to name one (name, e-mail, handle), as whole words.
    how
        "mask": the words are masked and the rest of the record stays (the default for a text and
        a person); "drop": whole records go, and what is said of a decision that goes.
    backups
        Folders of backups besides the one beside the memory.
    dry_run
        Whether to say only what would happen.
    reason
        Why, for the audit; it must not name what is forgotten.
    progress
        Told places done, and of how many.

    Returns
    -------
    ForgetReport
        What went, from where, and what is left to you.

    Raises
    ------
    StoreError
        Not exactly one thing is named, it is too short, or a file cannot be changed now.

    Examples
    --------
    ::

        forget(memory, person=["Jo Doe", "jo@acme.example"])                 # what would go?
        forget(memory, person=["Jo Doe", "jo@acme.example"], dry_run=False)
    """
    matcher = matcher_of(session, text, person, how)
    if reason and matcher.holds(reason):
        raise StoreError(
            "The reason names what is to be forgotten.",
            why="The audit keeps the reason.",
            mend="Say it without the name, for instance 'request of 25 November'.",
        )
    hunt = _Hunt(memory, matcher, [Path(folder).expanduser() for folder in backups])
    hunt.search()
    report = ForgetReport(
        what=matcher.what,
        how="drop" if session or how == "drop" else "mask",
        dry_run=dry_run,
        events=len(hunt.ids),
        kinds=dict(sorted(hunt.kinds.items())),
        places={place: count for place, count in hunt.counts.items() if count},
        exports=hunt.exports(),
    )
    if dry_run:
        return replace(report, note="Nothing was changed.")
    wiped = hunt.forget(reason, progress)
    found = {**report.places, **({"spool": wiped} if wiped else {})}
    left = tuple(hunt.left())
    note = "Remove or mend the files in `left` yourself." if left else ""
    if any(memory._store.spool in path.parents for path in left):
        note = "It was recorded again meanwhile: forget it once more."
    return replace(report, places=found, left=left, note=note)


class _Hunt:
    """All places where events of a memory are kept."""

    def __init__(self, memory: Memory, matcher: Matcher, folders: Sequence[Path]) -> None:
        self.memory, self.matcher = memory, matcher
        self.store = memory._store
        self.ids: set[str] = set()
        self.kinds: Counter[str] = Counter()
        self.counts: Counter[str] = Counter()
        self._lines: list[str] = []
        self._masked: dict[str, Row] = {}
        self._first: datetime | None = None
        self._homes = [backup_home(memory, None), *folders]
        self._unread: list[Path] = []
        settle(self.store)

    def search(self) -> None:
        """Find every event that is meant, wherever it is kept."""
        for home in self._homes:
            mended(home)
        self.matcher.begin(row for _, row in self._everywhere())
        for place, row in self._everywhere():
            if row[_KIND] in AUDIT_KINDS or not self.matcher.meant(row):
                continue
            self.counts[place] += 1
            if row[0] not in self.ids:
                self.ids.add(row[0])
                self.kinds[row[_KIND]] += 1
                self._first = min(self._first or row[1], row[1])
            if place == "memory" and (masked := self.matcher.masked(row)):
                self._masked[row[0]] = masked
        self._search_audits()
        for file, offset, text in self.store.rows("SELECT file, byte_off, text FROM rejected_line"):
            if self.matcher.holds(text):
                self._lines.append(f"{file}:{offset}")
                self.counts["rejected lines"] += 1

    def _search_audits(self) -> None:
        """Mask what audit events say; those that name a masked one by its id go with it."""
        kinds = {"kinds": list(AUDIT_KINDS)}
        new: dict[str, str] = {}
        for row in each_event(self.store, "e.kind IN (SELECT unnest($kinds::VARCHAR[]))", kinds):
            said = json.loads(row[_PAYLOAD])
            told = {key: mapped_texts(said[key], self.matcher.hide) for key in _SAID if key in said}
            if "undoes" in said:
                told["undoes"] = [new.get(event_id, event_id) for event_id in said["undoes"]]
            who = self.matcher.hide(row[_AGENT])
            if who != row[_AGENT] or any(said[key] != value for key, value in told.items()):
                masked = in_place_of((*row[:_AGENT], who, *row[_AGENT + 1 :]), {**said, **told})
                self._masked[row[0]], new[row[0]] = masked, masked[0]
                self.ids.add(row[0])
                self.counts["audit"] += 1

    def forget(self, reason: str, progress: Progress | None) -> int:
        """Take it out of every place; return how many lines of the spool were overwritten."""
        archived, backups = archive_files(self.store), self._backups()
        total, done = 2 + len(archived) + len(backups), 0

        def tell() -> None:
            nonlocal done
            done += 1
            if progress:
                progress(done, total)

        if self.ids or self._lines:
            said = {
                **{"events": len(self.ids), "reason": reason},
                **{"detail": {"what": self.matcher.what}},
                **{"withholds": {"event_id": [*sorted(self.ids), *self._lines]}},
            }
            word = audit_row(self.store, "forgotten", self.matcher.hide(self.memory.agent), said)
            deposit(self.store, [word, *self._still_imported(), *self._masked.values()])
        settle(self.store)
        self.memory._decisions.clear()
        tell()
        gone = _withheld_for_good(self.store)
        wiped = wipe_spool(self.store, gone, self.matcher.holds)
        self._without_leftovers()
        tell()
        for path in archived.values():
            self._archive(path, gone)
            tell()
        for path in backups:
            self._backup(path, gone)
            tell()
        return wiped

    def exports(self) -> tuple[str, ...]:
        """Return the exports made since it was first recorded; they are out of reach."""
        if self._first is None:
            return ()
        rows = self.store.rows(_EXPORTS, {"since": self._first})
        return tuple(file for (file,) in rows if file)

    def left(self) -> Iterator[Path]:
        """Give the files below the data folder that still hold it, and backups nobody can read."""
        yield from self._unread
        for path in sorted(self.store.path.parent.rglob("*")):
            known = not self._unread or not {*path.parents} & {*self._unread}
            if path.is_file() and known and self._in_file(path):
                yield path

    def _everywhere(self) -> Iterator[tuple[str, Row]]:
        for row in each_event(self.store):
            yield "memory", row
        for path in archive_files(self.store).values():
            for row in read_rows(path):
                yield "archives", row
        self._unread = []
        for folder in self._backups():
            try:
                read_manifest(folder)
            except StoreError:
                self._unread.append(folder)
                continue
            files = [folder / EVENTS, *sorted((folder / "archive").glob("*.parquet"))]
            for row in (row for file in files for row in read_rows(file)):
                yield "backups", row

    def _backups(self) -> list[Path]:
        found = [p for home in self._homes for p in places(self.memory, home)]
        named = [home for home in self._homes[1:] if (home / MANIFEST).is_file()]
        return list(dict.fromkeys([*found, *named]))

    def _still_imported(self) -> list[Row]:
        """Say of what takes the place of an imported event where that came from."""
        came = self.store.rows(_IMPORTED, {"ids": list(self._masked)})
        groups: dict[str, list[str]] = defaultdict(list)
        for event_id, origin in came:
            shown = "another memory" if self.matcher.holds(origin) else origin
            groups[shown].append(self._masked[event_id][0])
        return [
            audit_row(
                self.store,
                "imported",
                self.matcher.hide(self.memory.agent),
                {"origin": origin, "imports": ids, "events": len(ids)},
            )
            for origin, ids in groups.items()
        ]

    def _archive(self, path: Path, gone: set[str]) -> None:
        rows = list(read_rows(path))
        kept = list(self._kept(rows, gone))
        place: Path | None = path
        if kept != rows:
            place = rewritten(path, kept)
        name = path.name.split(".")[0]
        if place and name in self._masked:  # the audit event that it is named after has a new id
            place.replace(place.with_name(place.name.replace(name, self._masked[name][0], 1)))

    def _backup(self, path: Path, gone: set[str]) -> None:
        if path in self._unread:
            return
        files = [path / EVENTS, *sorted((path / "archive").glob("*.parquet"))]
        if not any(list(self._kept([row], gone)) != [row] for f in files for row in read_rows(f)):
            return

        def archives(folder: Path) -> None:
            for file in sorted(folder.glob("*.parquet")):
                rewritten(file, list(self._kept(list(read_rows(file)), gone)))

        replaced(path, self._kept(read_rows(path / EVENTS), gone), archives)

    def _kept(self, rows: Sequence[Row] | Iterator[Row], gone: set[str]) -> Iterator[Row]:
        for row in rows:
            if row[0] in self._masked and row[_KIND] in AUDIT_KINDS:
                yield self._masked[row[0]]
            elif row[_KIND] in AUDIT_KINDS:
                yield row
            elif self.matcher.meant(row):
                masked = self.matcher.masked(row)
                if masked is not None:
                    yield masked
            elif row[0] not in gone:
                yield row

    def _without_leftovers(self) -> None:
        """Remove what killed processes have left, and the index, which is made again."""
        path = self.store.path
        for ending in (".new", ".new.wal"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        shutil.rmtree(path.with_name(f"{path.name}.index"), ignore_errors=True)
        for part in beside(self.store, "archive").glob("*.part"):
            part.unlink(missing_ok=True)
        for loose in beside(self.store, "archive").glob("*.parquet"):
            if loose not in archive_files(self.store).values():
                loose.unlink(missing_ok=True)

    def _in_file(self, path: Path) -> bool:
        """Whether the bytes of a file hold it, read a piece at a time."""
        before = ""
        try:
            with path.open("rb") as file:
                while piece := file.read(_LOOKED_THROUGH):
                    text = before + piece.decode("utf-8", "replace")
                    if self.matcher.holds(text):
                        return True
                    before = text[-1000:]
        except OSError:
            return False
        return False


def _withheld_for_good(store: Store) -> set[str]:
    return {row[0] for row in store.rows("SELECT event_id FROM withheld_event WHERE for_good")}


_IMPORTED = """
SELECT event_id, origin FROM imported_event WHERE event_id IN (SELECT unnest($ids::VARCHAR[]))
ORDER BY event_id
"""
_EXPORTS = """
SELECT file FROM audit_log WHERE action = 'exported' AND recorded_at >= $since ORDER BY recorded_at
"""
