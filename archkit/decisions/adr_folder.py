"""A folder of ADRs as one: links resolved, dates in one order, and when each began and ended."""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from pathlib import Path

from archkit.decisions.adr import Adr, read_adr
from archkit.decisions.adr_dates import Order, order_of, read_date
from archkit.decisions.adr_git import Commits, commits_of, repository_of
from archkit.decisions.adr_source import as_bytes
from archkit.decisions.adr_status import Link, status_of
from archkit.errors import ArchkitError
from archkit.plain import shown_path

__all__ = ["AdrFile", "Folder", "read_folder"]

_ENDINGS = (".md", ".markdown")
_SKIPPED = {"node_modules", "vendor", "__pycache__", "venv"}
_HOLDS = ("accepted", "partly superseded", "deprecated", "superseded")
"""Statuses of what was decided; what was only proposed or rejected supersedes nothing."""


@dataclass(frozen=True)
class AdrFile:
    """One file of a folder, with what only the folder and its history tell.

    `path` is relative to the folder, with slashes. `decided_from` says how the day is known:
    stated, inferred (the order of day and month by other files), status (beside its status), file
    name or git. `ended_from` likewise: stated, successor (the day its successor was decided) or git
    (its last commit). `superseded_by` and `supersedes` are paths.
    """

    path: str
    adr: Adr
    sha256: str
    first_at: datetime | None = None
    last_at: datetime | None = None
    decided_at: datetime | None = None
    decided_from: str | None = None
    ended_at: datetime | None = None
    ended_from: str | None = None
    superseded_by: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()


@dataclass(frozen=True)
class Folder:
    """The files of a folder, ADRs by number, and why git says nothing of them if it does not."""

    root: Path
    files: tuple[AdrFile, ...]
    git: str = ""
    by_path: dict[str, AdrFile] = field(default_factory=dict)


def read_folder(
    folder: str | Path,
    *,
    git: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> Folder:
    """Read every Markdown file below a folder as an ADR.

    Raises
    ------
    ArchkitError
        The folder is not there, or is none.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise ArchkitError(
            f"{shown_path(root)!r} is no folder of ADRs.",
            why="It is a file." if root.exists() else "Nothing is there.",
            mend="Name the folder that holds the records, such as docs/adr or docs/decisions.",
        )
    paths = sorted(_markdown_files(root))
    adrs: dict[str, Adr] = {}
    for n, path in enumerate(paths, start=1):
        adrs[path] = _read(root / path)
        if progress:
            progress(n, len(paths))
    adrs = _one_order(adrs, whole=repository_of(root) is not None)
    commits = commits_of(root) if git else Commits(why="git was not asked")
    files = {path: _dated(path, adr, commits) for path, adr in adrs.items()}
    files = _linked(files)
    ordered = sorted(files.values(), key=_order)
    return Folder(root, tuple(ordered), commits.why, {f.path: f for f in ordered})


def _markdown_files(root: Path) -> Iterator[str]:
    for place, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _SKIPPED)
        for name in names:
            if name.lower().endswith(_ENDINGS) and not name.startswith("."):
                yield (Path(place) / name).relative_to(root).as_posix()


def _read(path: Path) -> Adr:
    try:
        if not path.is_file():  # a pipe would be waited for without an end
            return _no_adr(path.name, "it is no file")
        return read_adr(path)
    except ArchkitError as error:
        return _no_adr(path.name, error.why)


def _no_adr(name: str, why: str) -> Adr:
    return replace(read_adr(b"", name=name), why=why)


def _one_order(adrs: dict[str, Adr], *, whole: bool) -> dict[str, Adr]:
    """Read unclear dates again, where other files of the place show the order."""
    groups: dict[str, list[str]] = defaultdict(list)
    for path in adrs:
        groups["" if whole else posixpath.dirname(path)].append(path)
    found = dict(adrs)
    for paths in groups.values():
        unclear = [path for path in paths if _is_unclear(adrs[path])]
        order: Order | None = order_of(_dates_written(adrs[p]) for p in paths) if unclear else None
        if order:
            for path in unclear:
                text = as_bytes(adrs[path].text)
                found[path] = read_adr(text, name=adrs[path].name, order=order)
    return found


def _is_unclear(adr: Adr) -> bool:
    return any(
        adr[name].state == "unparsed" and isinstance(adr[name].value, tuple)
        for name in ("date", "updated", "review")
    )


def _dates_written(adr: Adr) -> str:
    return "\n".join(adr[name].text for name in ("date", "updated", "review") if adr[name].text)


def _dated(path: str, adr: Adr, commits: Commits) -> AdrFile:
    first, last = commits.first.get(path), commits.last.get(path)
    decided, how = _decided(adr, first)
    digest = hashlib.sha256(as_bytes(adr.text)).hexdigest()
    return AdrFile(path, adr, digest, first, last, decided, how)


def _decided(adr: Adr, committed: datetime | None) -> tuple[datetime | None, str | None]:
    if adr.kind != "adr":
        return None, None
    said = adr["date"]
    if said.state == "found":
        return _instant(said.value), "inferred" if "inferred" in said.form else "stated"
    for status, day in _days_in_status(adr):
        if status == "accepted":
            return _instant(day), "status"
    named = read_date(adr.name[:10])
    if named and named.day:
        return _instant(named.day), "file name"
    # A stated day that cannot be read is not replaced by one that says something else.
    return (committed, "git") if committed and said.state == "absent" else (None, None)


def _days_in_status(adr: Adr) -> Iterator[tuple[str, date]]:
    """Give the days that stand beside a status word: "Superseded on 2021-03-04 by …"."""
    for one in adr.statuses:
        for line in one.text.splitlines():
            status, read = status_of(line)[0], read_date(line)
            if status and read and read.day:
                yield status, read.day


def _linked(files: dict[str, AdrFile]) -> dict[str, AdrFile]:
    places = _Places(files.values())
    by: dict[str, list[str]] = defaultdict(list)
    of: dict[str, list[str]] = defaultdict(list)
    loose: dict[str, list[str]] = defaultdict(list)
    for file in files.values():
        for link in file.adr.links:
            relation = "superseded by" if link.relation == "deprecated by" else link.relation
            if link.partly or relation not in ("superseded by", "supersedes"):
                continue
            other = places.find(file.path, link)
            if other is None or other == file.path:
                loose[file.path].append(link.text)
            elif relation == "superseded by":
                by[file.path].append(other)
                of[other].append(file.path)
            elif file.adr.status in _HOLDS or file.adr.status is None:
                by[other].append(file.path)
                of[file.path].append(other)
    done = {}
    for path, file in files.items():
        successors = tuple(dict.fromkeys(by[path]))
        ended, how = _ended(file, [files[s] for s in successors])
        done[path] = replace(
            file,
            ended_at=ended,
            ended_from=how,
            superseded_by=successors,
            supersedes=tuple(dict.fromkeys(of[path])),
            unresolved=tuple(dict.fromkeys(loose[path])),
        )
    return done


def _ended(file: AdrFile, successors: Sequence[AdrFile]) -> tuple[datetime | None, str | None]:
    """Return when a decision ceased to hold, and how that is known."""
    status = file.adr.status
    if file.adr.kind != "adr" or status in ("rejected", "partly superseded", "draft", "proposed"):
        return None, None
    if status not in ("superseded", "deprecated") and not successors:
        return None, None
    days = [_instant(day) for said, day in _days_in_status(file.adr) if said == status]
    begun = [s.decided_at for s in successors if s.decided_at]
    ways = (
        (days if status in ("superseded", "deprecated") else [], "stated"),
        (begun, "successor"),
        ([file.last_at] if file.last_at and status != "accepted" else [], "git"),
    )
    for found, how in ways:
        possible = [at for at in found if file.decided_at is None or at >= file.decided_at]
        if possible:
            return min(possible), how
    return None, None


class _Places:
    """Finds the file that a link means: by its path, its name, or its number if that is one's."""

    def __init__(self, files: Iterable[AdrFile]) -> None:
        self._paths: set[str] = set()
        self._names: dict[str, list[str]] = defaultdict(list)
        self._numbers: dict[tuple[str, int], list[str]] = defaultdict(list)
        self._anywhere: dict[int, list[str]] = defaultdict(list)
        for file in files:
            self._paths.add(file.path)
            self._names[posixpath.basename(file.path).casefold()].append(file.path)
            number = file.adr["number"].value
            if number is not None and file.adr.kind == "adr":
                self._numbers[posixpath.dirname(file.path), number].append(file.path)
                self._anywhere[number].append(file.path)

    def find(self, path: str, link: Link) -> str | None:
        here = posixpath.dirname(path)
        if link.path:
            target = posixpath.normpath(posixpath.join(here, link.path.lstrip("/")))
            for name in (target, f"{target}.md"):
                if name in self._paths:
                    return name
            base = posixpath.basename(link.path).casefold()
            named = self._names.get(base) or self._names.get(f"{base}.md") or []
            if len(named) == 1:
                return named[0]
        if link.number is None:
            return None
        numbered = self._numbers.get((here, link.number)) or self._anywhere.get(link.number, [])
        return numbered[0] if len(numbered) == 1 else None


def _order(file: AdrFile) -> tuple[str, int, str]:
    number = file.adr["number"].value
    return posixpath.dirname(file.path), 10**9 if number is None else number, file.path


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
