"""Teaching a memory from files: patterns and solutions, checked, compared, taken as candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.errors import StoreError
from archkit.memory.checks import check_pattern, check_solution
from archkit.memory.context import contradiction
from archkit.memory.rewrite import Progress, audit_row, deposit
from archkit.memory.similar import SIMILAR, Similarity
from archkit.memory.told import Told
from archkit.memory.training_files import Entry, Finding, files_of, read_entries
from archkit.plain import without
from archkit.records import Pattern, Solution

if TYPE_CHECKING:
    from archkit.memory.memory import Memory

__all__ = ["Duplicate", "Finding", "TrainReport", "train"]


@dataclass(frozen=True, repr=False)
class Duplicate(Told):
    """An entry that the memory, or the files, have already in some form.

    `what` is "known" (the same content, not taken), "reworded" (the slug with other content: taken
    only with `replace`), "same content" (under another slug: not taken) or "similar" (taken).
    """

    file: str
    entry: str
    what: str
    other: str
    taken: bool
    alike_share: float = 1.0


@dataclass(frozen=True, repr=False)
class TrainReport(Told):
    """What was learnt, or would be: slugs taken, duplicates, findings."""

    dry_run: bool
    files: int
    patterns: tuple[str, ...] = ()
    solutions: tuple[str, ...] = ()
    duplicates: tuple[Duplicate, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings for which an entry is not taken."""
        return tuple(finding for finding in self.findings if finding.severity == "error")


def train(
    memory: Memory,
    paths: Path | str | Sequence[Path | str],
    *,
    dry_run: bool = True,
    replace: bool = False,
    progress: Progress | None = None,
) -> TrainReport:
    """Read patterns and solutions from files and record those that hold, as candidates.

    Parameters
    ----------
    memory
        The memory.
    paths
        Files or folders of YAML, JSON or Markdown; `training_files` says in which shapes.
    dry_run
        Whether to say only what would be learnt.
    replace
        Whether an entry may be a new wording of one that is known by its slug.
    progress
        Told files done, and of how many.

    Returns
    -------
    TrainReport
        What is taken; duplicates; what is wrong, by file and entry. Figures in the files are
        reported ones, and an entry's status is what the evidence here makes of it.

    Raises
    ------
    StoreError
        A path does not exist.

    Examples
    --------
    ::

        train(memory, "patterns/")                        # what is in it, and does it hold?
        train(memory, "patterns/", dry_run=False)
    """
    files = files_of(paths)
    lessons = _Lessons(memory, replace)
    for n, path in enumerate(files, start=1):
        for found in read_entries(path):
            lessons.weigh(found)
        if progress:
            progress(n, len(files))
    taken = lessons.taken
    if taken and not dry_run:
        memory._record(*taken)
        said = {"events": len(taken), "detail": {"files": [path.name for path in files][:100]}}
        deposit(memory._store, [audit_row(memory._store, "trained", memory.agent, said)])
    return TrainReport(
        dry_run=dry_run,
        files=len(files),
        patterns=tuple(record.slug for record in taken if isinstance(record, Pattern)),
        solutions=tuple(record.slug for record in taken if isinstance(record, Solution)),
        duplicates=tuple(lessons.duplicates),
        findings=tuple(lessons.findings),
    )


class _Lessons:
    """Entries held against the checks, the memory and each other."""

    def __init__(self, memory: Memory, replacing: bool) -> None:
        patterns = memory.patterns()
        solutions = memory._held.shelves()[1].solutions
        known: list[Pattern | Solution] = [*patterns, *solutions]
        self._known = {(type(record), record.slug): record for record in known}
        self._by_content = {_content(record): record.slug for record in self._known.values()}
        self._alike = Similarity(patterns) if patterns else None
        self._replacing = replacing
        self._now = memory._now
        self.taken: list[Pattern | Solution] = []
        self.duplicates: list[Duplicate] = []
        self.findings: list[Finding] = []

    def weigh(self, found: Entry | Finding) -> None:
        """Decide whether an entry is taken."""
        if isinstance(found, Finding):
            self.findings.append(found)
            return
        record = found.record
        if isinstance(record, Pattern):
            record = replace(record, status="candidate")
        if not self._holds(found, record):
            return
        content, key = _content(record), (type(record), record.slug)
        known = self._known.get(key)
        if known is not None and _content(known) == content:
            self._double(found, "known", known.slug, taken=False)
        elif known is not None:
            self._double(found, "reworded", known.slug, taken=self._replacing)
            if self._replacing:
                self._take(record, content)
        elif content in self._by_content:
            self._double(found, "same content", self._by_content[content], taken=False)
        else:
            self._note_similar(found, record)
            self._take(record, content)

    def _holds(self, found: Entry, record: Pattern | Solution) -> bool:
        clash = contradiction(record) if isinstance(record, Pattern) else None
        if clash:
            one, other = clash
            said = f"It contradicts itself: it applies when {one!r} and must not when {other!r}."
            self._find(found, "error", said)
            return False
        try:
            check_pattern(record) if isinstance(record, Pattern) else check_solution(record)
        except StoreError as error:
            self._find(found, "error", f"{error.what} {error.why}")
            return False
        if found.missing:
            self._find(found, "warning", f"It lacks {', '.join(found.missing)}.")
        if found.odd:
            said = f"The library asks about no context key {', '.join(found.odd)}; kept as it is."
            self._find(found, "warning", said)
        return True

    def _note_similar(self, found: Entry, record: Pattern | Solution) -> None:
        if self._alike is None or not isinstance(record, Pattern):
            return
        nearest = self._alike.nearest(record)
        if nearest and nearest[1] >= SIMILAR:
            self._double(found, "similar", nearest[0], taken=True, share=nearest[1])

    def _take(self, record: Pattern | Solution, content: str) -> None:
        self.taken.append(record)
        self._known[type(record), record.slug] = record
        self._by_content[content] = record.slug

    def _double(
        self, found: Entry, what: str, other: str, *, taken: bool, share: float = 1.0
    ) -> None:
        said = Duplicate(found.file, found.record.slug, what, other, taken, share)
        self.duplicates.append(said)

    def _find(self, found: Entry, severity: str, message: str) -> None:
        self.findings.append(Finding(found.file, found.record.slug, severity, message))


def _content(record: Pattern | Solution) -> str:
    """Return what a record says, apart from its name here and where it stands."""
    payload: dict[str, Any] = without(record.as_payload(), "slug", "status", "agent", "extra")
    return f"{type(record).__name__} {sorted(_flat(payload))!r}"


def _flat(value: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in _flat(item, f"{path}.{key}")]
    if isinstance(value, list):
        return [pair for n, item in enumerate(value) for pair in _flat(item, f"{path}.{n}")]
    return [] if value in (None, "") else [(path, " ".join(str(value).split()).casefold())]
