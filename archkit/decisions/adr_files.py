"""Decisions of a memory as ADR files: numbered once, never over what somebody has edited."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from archkit.decisions.adr_block import is_edited, sheet_of
from archkit.decisions.adr_folder import AdrFile, Folder, read_folder
from archkit.decisions.adr_markdown import one_line
from archkit.decisions.adr_replace import replace_all
from archkit.decisions.adr_source import as_bytes
from archkit.decisions.adr_writing import Sheet, Style, rendered
from archkit.errors import ArchkitError
from archkit.memory.told import Told
from archkit.plain import shown_path, slug_of
from archkit.records import Decision, Outcome

if TYPE_CHECKING:
    from archkit.memory.memory import Memory

__all__ = ["AdrWriting", "others_named", "write_adrs"]

INDEX = "README.md"
_INDEX_MARK = "<!-- This list is written by archkit; what is changed here is written over. -->"


@dataclass(frozen=True, repr=False)
class AdrWriting(Told):
    """Which files were written, or would be.

    `new` and `updated` files are written; `same` hold what they should. `edited` were changed by
    somebody and have nothing new to get: they stay, and the fields that differ are named.
    `conflicts` were changed by somebody and the memory has news of them, or stand in the way: they
    stay, and why.
    """

    folder: Path
    dry_run: bool
    new: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    same: int = 0
    edited: Mapping[str, str] = field(default_factory=dict)
    conflicts: Mapping[str, str] = field(default_factory=dict)


def write_adrs(
    memory: Memory,
    folder: str | Path,
    *,
    style: Style = "madr",
    project: str | None = None,
    index: bool = False,
    dry_run: bool = True,
) -> AdrWriting:
    """Write each decision of a memory as an ADR into a folder; all files, or on an error none.

    A decision keeps its number and its file's name, whatever it is called later; numbers go on
    after the highest that is there. What somebody has edited is never written over.

    Parameters
    ----------
    memory
        The memory; simulated decisions are left out.
    folder
        The folder, made if it is not there. ADRs of others in it are left alone.
    style
        "madr" (MADR 4), "nygard" or "y-statement".
    project
        Only decisions of this project; by default all.
    index
        Whether a list of all ADRs is kept in the folder's README.md.
    dry_run
        Whether to say only what would be written.

    Returns
    -------
    AdrWriting
        What is written, and what is not and why.

    Raises
    ------
    ArchkitError
        The folder cannot be written, or a file was changed meanwhile; then nothing is written.
    ValueError
        The style is unknown.

    Examples
    --------
    ::

        write_adrs(memory, "docs/adr")                          # what would be written?
        write_adrs(memory, "docs/adr", dry_run=False, index=True)
    """
    if style not in get_args(Style):
        raise ValueError(f"style must be one of {', '.join(get_args(Style))}, not {style!r}")
    root = Path(folder).expanduser()
    found = read_folder(root, git=False) if root.is_dir() else Folder(root, ())
    if root.exists() and not root.is_dir():
        raise ArchkitError(
            f"No ADRs can be written into {shown_path(root)!r}.",
            why="It is a file.",
            mend="Name a folder, such as docs/adr.",
        )
    plan = _Plan(found, _kept(memory, project), style)
    if index:
        plan.add_index()
    if not dry_run and plan.texts:
        replace_all(root, plan.texts, plan.before)
    return plan.report(dry_run)


def _kept(memory: Memory, project: str | None) -> list[tuple[Decision, tuple[Outcome, ...]]]:
    """Return the decisions of a memory by the time they were made, with what came of them."""
    told = memory._store.rows(_DECISIONS, {"project": project})
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    for decision_id, payload in memory._store.rows(_OUTCOMES):
        outcomes[decision_id].append(Outcome.from_payload(json.loads(payload)))
    found = []
    for decision_id, whose, agent, decided_at, payload in told:
        known = {"decision_id": decision_id, "project": whose or "", "agent": agent or ""}
        # What an event of an older archkit does not say is known from the projection.
        values = {"decided_at": decided_at, **json.loads(payload)} | known
        found.append((Decision.from_payload(values), tuple(outcomes[decision_id])))
    return found


class _Plan:
    """What each decision's file is to hold, and whether it may be written."""

    def __init__(
        self,
        found: Folder,
        kept: Iterable[tuple[Decision, tuple[Outcome, ...]]],
        style: str,
    ) -> None:
        self._found, self._style = found, style
        self._kept = list(kept)
        self._files: dict[str, AdrFile] = {}
        self._numbers: dict[str, tuple[int | None, str]] = {}
        self.texts: dict[str, str] = {}
        self.before: dict[str, bytes] = {}
        self._new, self._updated = list[str](), list[str]()
        self._edited, self._conflicts = dict[str, str](), dict[str, str]()
        self._same = 0
        self._find()
        self._number()
        self._links = dict(self._linked())
        for decision, outcomes in self._kept:
            self._place(decision, outcomes)

    def _find(self) -> None:
        for file in self._found.files:
            sheet = sheet_of(file.adr.text) if "archkit" in file.adr.text else None
            if sheet is None:
                continue
            key = sheet.decision.decision_id
            if key in self._files:
                self._conflicts[file.path] = f"it is a copy of {self._files[key].path}"
            else:
                self._files[key] = file

    def _number(self) -> None:
        taken = [file.adr["number"].value for file in self._found.files]
        following = max((n for n in taken if n is not None), default=0)
        for decision, _ in self._kept:
            file = self._files.get(decision.decision_id)
            if file:
                self._numbers[decision.decision_id] = file.adr["number"].value, file.path
                continue
            following += 1
            slug = slug_of(decision.title or decision.chosen)[:60].strip("-") or "decision"
            self._numbers[decision.decision_id] = following, f"{following:04d}-{slug}.md"

    def _linked(self) -> Iterator[tuple[str, tuple[list[str], list[str]]]]:
        """Give by decision which others it supersedes, and which supersede it, as links."""
        later: dict[str, list[str]] = defaultdict(list)
        earlier: dict[str, list[str]] = defaultdict(list)
        for decision, _ in self._kept:
            for other in others_named(decision, "supersedes"):
                earlier[decision.decision_id].append(other)
                later[other].append(decision.decision_id)
            for other in others_named(decision, "superseded_by"):
                later[decision.decision_id].append(other)
                earlier[other].append(decision.decision_id)
        for decision, _ in self._kept:
            key = decision.decision_id
            yield key, (self._shown(earlier[key]), self._shown(later[key]))

    def _shown(self, decisions: Iterable[str]) -> list[str]:
        known = (self._numbers[key] for key in dict.fromkeys(decisions) if key in self._numbers)
        return [f"[{_called(number, path)}]({path})" for number, path in known]

    def _place(self, decision: Decision, outcomes: tuple[Outcome, ...]) -> None:
        number, path = self._numbers[decision.decision_id]
        supersedes, superseded_by = self._links[decision.decision_id]
        links = tuple(supersedes), tuple(superseded_by)
        sheet = Sheet(decision, self._style, number, outcomes, *links)
        file = self._files.get(decision.decision_id)
        if file is None:
            self._write(path, rendered(sheet), self._new)
            return
        old = sheet_of(file.adr.text)
        if is_edited(file.adr.text):
            fields = ", ".join(d.field for d in file.adr.differences) or "its wording"
            news = old is None or replace(old, style=self._style) != sheet
            if news:
                said = f"it was edited ({fields}) and the memory has news of the decision"
                self._conflicts[path] = said
            else:
                self._edited[path] = fields
            return
        if old == sheet:
            self._same += 1
            return
        self.before[path] = as_bytes(file.adr.text)
        self._write(path, rendered(sheet), self._updated)

    def _write(self, path: str, text: str, into: list[str]) -> None:
        self.texts[path] = text
        into.append(path)

    def add_index(self) -> None:
        """Plan the list of all ADRs."""
        text = "\n".join([_INDEX_MARK, "", "# Decisions", "", *self._rows()]) + "\n"
        there = self._found.by_path.get(INDEX)
        if there is not None and not there.adr.text.startswith(_INDEX_MARK):
            self._conflicts[INDEX] = "it is not archkit's list"
        elif there is None:
            self._write(INDEX, text, self._new)
        elif there.adr.text != text:
            self.before[INDEX] = as_bytes(there.adr.text)
            self._write(INDEX, text, self._updated)

    def _rows(self) -> Iterator[str]:
        yield "| No. | Decision | Status | Date |"
        yield "|---:|---|---|---|"
        lines: dict[tuple[int, str], str] = {}
        for file in self._found.files:
            if file.adr.kind == "adr" and file.path not in self.texts:
                day = f"{file.decided_at:%Y-%m-%d}" if file.decided_at else ""
                status = file.adr.status or ""
                _line(lines, file.adr["number"].value, file.path, file.adr.title, status, day)
        for decision, _ in self._kept:
            number, path = self._numbers[decision.decision_id]
            if path in self.texts:
                status = "superseded" if self._links[decision.decision_id][1] else decision.status
                title, day = decision.title or decision.chosen, f"{decision.decided_at:%Y-%m-%d}"
                _line(lines, number, path, title, status, day)
        yield from (line for _, line in sorted(lines.items()))

    def report(self, dry_run: bool) -> AdrWriting:
        return AdrWriting(
            folder=self._found.root,
            dry_run=dry_run,
            new=tuple(self._new),
            updated=tuple(self._updated),
            same=self._same,
            edited=self._edited,
            conflicts=self._conflicts,
        )


def _line(
    lines: dict[tuple[int, str], str],
    number: int | None,
    path: str,
    title: str,
    status: str,
    day: str,
) -> None:
    cells = (one_line(cell).replace("|", "\\|") for cell in (title, status))
    words, state = cells
    shown = "" if number is None else f"{number:04d}"
    key = (10**9 if number is None else number, path)
    lines[key] = f"| {shown} | [{words}](<{path}>) | {state} | {day} |"


def _called(number: int | None, path: str) -> str:
    return path.removesuffix(".md") if number is None else f"ADR-{number:04d}"


def others_named(decision: Decision, key: str) -> list[str]:
    """Return ids of decisions that one names in its `extra`, be it there or in the card's part.

    `key` is ``supersedes`` or ``superseded_by``.
    """
    found: list[str] = []
    for holder in (decision.extra, decision.extra.get("decision"), decision.extra.get("record")):
        value: Any = holder.get(key) if isinstance(holder, Mapping) else None
        found += [value] if isinstance(value, str) else [v for v in value or () if v]
    return [str(one) for one in found]


_DECISIONS = """
SELECT d.decision_id, d.project, d.agent, d.decided_at, CAST(e.payload AS VARCHAR)
FROM decision d
JOIN event e ON e.event_id = d.event_id
LEFT JOIN session s ON s.session_id = d.session_id
WHERE ($project IS NULL OR d.project = $project)
  AND s.client IS DISTINCT FROM 'simulated'
  AND coalesce(e.payload->>'$.extra.source', '') <> 'simulated'
ORDER BY d.decided_at, d.decision_id
"""
_OUTCOMES = """
SELECT o.decision_id, CAST(e.payload AS VARCHAR)
FROM outcome o
JOIN event e ON e.event_id = o.event_id
WHERE o.source <> 'simulated'
ORDER BY o.decision_id, o.observed_at, o.outcome_id
"""
