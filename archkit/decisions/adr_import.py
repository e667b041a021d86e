"""ADRs of a folder into a memory: as what others wrote down, each once, new wordings as such."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.decisions.adr_block import sheet_of
from archkit.decisions.adr_folder import AdrFile, Folder, read_folder
from archkit.decisions.adr_git import repository_of
from archkit.memory.journal import Draft
from archkit.memory.rewrite import audit_row, deposit
from archkit.memory.told import Told
from archkit.plain import plain

if TYPE_CHECKING:
    from archkit.memory.memory import Memory

__all__ = ["AdrImport", "adr_id_of", "import_adrs"]

_NAMESPACE = uuid.UUID("6c1b2f7e-0d3c-5a0e-9a55-2f4f0b8d7a10")


@dataclass(frozen=True, repr=False)
class AdrImport(Told):
    """What was imported from a folder, or would be; files by their path below the project.

    `new` records and `changed` wordings are taken; `same` are known already. `linked` were written
    from a decision of this memory, which stays as it is; `edited` says what a human has changed in
    them. `gone` were imported once and are no longer there; they stay in the memory. `left` are no
    ADRs, by the reason. `unclear` have a date that may be read in two ways. `git` says why commit
    dates are missing, if they are.
    """

    dry_run: bool
    project: str
    files: int = 0
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    same: int = 0
    linked: tuple[str, ...] = ()
    edited: Mapping[str, str] = field(default_factory=dict)
    gone: tuple[str, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    unclear: Mapping[str, str] = field(default_factory=dict)
    git: str = ""


def import_adrs(
    memory: Memory,
    folder: str | Path,
    *,
    project: str | None = None,
    git: bool = True,
    dry_run: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> AdrImport:
    """Take the ADRs of a folder into a memory; taking them again changes nothing.

    They are kept as what they are, records that somebody wrote down: in the table `adr` and the
    view `adr_log`, drawn as reported. None of them is a decision of this memory, and none waits
    for an outcome.

    Parameters
    ----------
    memory
        The memory.
    folder
        The folder; all Markdown below it is read, what is no ADR is left out and told.
    project
        Whose they are; by default the name of the git repository around it, else of the folder.
    git
        Whether git is asked when each file was first and last committed.
    dry_run
        Whether to say only what would be imported.
    progress
        Told files read, and of how many.

    Returns
    -------
    AdrImport
        What is new, changed, known; what was left out and why.

    Raises
    ------
    ArchkitError
        The folder is not there.
    StoreError
        The memory cannot be read or written.

    Examples
    --------
    ::

        import_adrs(memory, "docs/adr")                        # what is in it?
        import_adrs(memory, "docs/adr", dry_run=False)
        memory.sql("SELECT status, count(*) FROM adr_log GROUP BY ALL")
    """
    found = read_folder(folder, git=git, progress=progress)
    home = repository_of(found.root) or found.root.absolute()
    named = project if project is not None else home.resolve().name
    taking = _Taking(memory, found, home, named)
    if not dry_run and taking.drafts:
        events = memory._held.append(taking.drafts)
        said = {
            **{"origin": f"ADRs of {named}", "events": len(events)},
            **{"detail": {"files": len(events)}, "imports": [event.event_id for event in events]},
        }
        deposit(memory._store, [audit_row(memory._store, "imported", memory.agent, said)])
    return taking.report(dry_run)


def adr_id_of(project: str, path: str) -> str:
    """Return the id of the ADR at a path of a project: always the same."""
    return str(uuid.uuid5(_NAMESPACE, f"{project}\n{path}"))


class _Taking:
    """The files of a folder held against what the memory has."""

    def __init__(self, memory: Memory, found: Folder, home: Path, project: str) -> None:
        self._project, self._agent, self._found = project, memory.agent, found
        below = found.root.absolute().resolve().relative_to(home.resolve()).as_posix()
        self._below = "" if below == "." else f"{below}/"
        known = memory._store.rows(_KNOWN, {"project": project})
        self._facts = {adr_id: facts for adr_id, _, facts in known}
        self._decisions = {row[0] for row in memory._store.rows(_DECISIONS)}
        self.drafts: list[Draft] = []
        self._told: dict[str, list[str]] = {"new": [], "changed": [], "linked": []}
        self._same = 0
        self._edited: dict[str, str] = {}
        for file in found.files:
            if file.adr.kind == "adr":
                self._weigh(file)
        here = {self._below + file.path for file in found.files}
        paths = [path for _, path, _ in known if path and path.startswith(self._below)]
        self._gone = tuple(sorted(path for path in paths if path not in here))

    def _weigh(self, file: AdrFile) -> None:
        path = self._below + file.path
        payload = self._payload(file, path)
        known = self._facts.get(payload["adr_id"])
        if payload["decision_id"]:
            self._told["linked"].append(path)
            if changed := [difference.field for difference in file.adr.differences]:
                self._edited[path] = ", ".join(changed)
        if known == payload["facts_sha256"]:
            self._same += 1
            return
        self._told["new" if known is None else "changed"].append(path)
        self.drafts.append(
            Draft(
                "adr",
                payload,
                agent=self._agent,
                project=self._project,
                entity_id=payload["adr_id"],
            )
        )

    def _payload(self, file: AdrFile, path: str) -> dict[str, Any]:
        adr = file.adr
        sheet = sheet_of(adr.text) if "archkit" in adr.text else None
        ours = sheet.decision.decision_id if sheet else None
        ours = ours if ours in self._decisions else None
        options = adr["options"].value
        told = {
            "adr_id": adr_id_of(self._project, path),
            **{"project": self._project, "path": path, "number": adr["number"].value},
            **{"title": adr.title, "family": adr.family, "status": adr.status},
            **{"status_text": adr["status"].text or None, "conflict": adr.conflict},
            **{"decided_at": file.decided_at, "decided_from": file.decided_from},
            **{"ended_at": file.ended_at, "ended_from": file.ended_from},
            **{"first_committed_at": file.first_at, "last_committed_at": file.last_at},
            "deciders": list(adr["deciders"].value or ()),
            "tags": list(adr["tags"].value or ()),
            "options": list(options) if isinstance(options, tuple) else [],
            "chosen": adr["chosen"].value,
            "links": list(self._links(file)),
            **{"text": None if ours else adr.text, "sha256": file.sha256, "decision_id": ours},
        }
        told = plain(told)
        canonical = json.dumps(told, sort_keys=True).encode()
        return {**told, "facts_sha256": hashlib.sha256(canonical).hexdigest()}

    def _links(self, file: AdrFile) -> Iterator[dict[str, Any]]:
        for relation, paths in (
            ("superseded by", file.superseded_by),
            ("supersedes", file.supersedes),
        ):
            for other in paths:
                path = self._below + other
                yield {
                    **{"relation": relation, "text": path},
                    "adr_id": adr_id_of(self._project, path),
                }
        yield from ({"relation": "unresolved", "text": words} for words in file.unresolved)

    def report(self, dry_run: bool) -> AdrImport:
        files = self._found.files
        return AdrImport(
            dry_run=dry_run,
            project=self._project,
            files=len(files),
            new=tuple(self._told["new"]),
            changed=tuple(self._told["changed"]),
            same=self._same,
            linked=tuple(self._told["linked"]),
            edited=self._edited,
            gone=self._gone,
            left={f.path: f"{f.adr.kind}: {f.adr.why}" for f in files if f.adr.kind != "adr"},
            conflicts=tuple(f.path for f in files if f.adr.kind == "adr" and f.adr.conflict),
            unclear={
                f.path: f"{f.adr['date'].text}: {f.adr['date'].note}"
                for f in files
                if f.adr.kind == "adr" and f.adr["date"].state == "unparsed"
            },
            git=self._found.git,
        )


_KNOWN = "SELECT adr_id, path, facts_sha256 FROM adr WHERE project = $project"
_DECISIONS = "SELECT decision_id FROM decision"
