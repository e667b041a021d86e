"""What a project has decided and left open: its ADRs, its current story, questions in its texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from archkit.architect.workspace import is_private, read_head
from archkit.decisions.status_file import STATUS_FILE, StatusFileError, status_bytes
from archkit.errors import ArchkitError

__all__ = ["decision_records", "is_decision_record", "open_in_texts", "story_status", "undecided"]

_ADR = re.compile(
    r"(^|/)((adrs?|decisions|decision-records|architecture[-_]decisions?(-records)?)/([^/]+/)?"
    r"|adr-?(?=\d))[^/]*\.(md|adoc|rst)$",
    re.IGNORECASE,
)
_MOST_RECORDS = 200
_MOST_TEXTS = 60
_MOST_OPEN = 20
_UNDECIDED = ("draft", "proposed")
_OPEN = re.compile(
    r"\b(TODO|TBD|FIXME)\b|\b(?:to be decided|decision pending|pending decision"
    r"|not (?:yet )?decided|undecided|needs? (?:a )?decision)\b",
)
_OPEN_HEAD = re.compile(
    r"^#{1,6}\s+.*\b(open|unresolved|outstanding)\b.*\b(questions?|points?|issues?|decisions?)\b",
    re.IGNORECASE,
)
_ITEM = re.compile(r"^\s{0,6}(?:[-*+]|\d{1,3}[.)])\s+(?:\[ \]\s+)?(?P<text>(?!\[[xX]\]).+)$")


def is_decision_record(path: str) -> bool:
    """Whether a file lies where decision records do, by its path."""
    if not path.lower().endswith((".md", ".adoc", ".rst")) or not _ADR.search(path):
        return False
    return PurePosixPath(path).name.lower() not in ("readme.md", "index.md", "template.md")


def _never() -> bool:
    return False


def decision_records(
    root: Path, paths: Iterable[str], late: Callable[[], bool] = _never
) -> list[dict[str, str]]:
    """Return `path`, `title`, `status` and `date` of decision records; "" for what none states.

    Templates, indexes and what is no decision record are left out, and so is what comes after the
    first 200 files, or after it is `late`.
    """
    from archkit.decisions.adr import read_adr

    found = []
    for path in list(paths)[:_MOST_RECORDS]:
        if late():
            break
        text = read_head(root, path)
        adr = read_adr(text.encode(), name=PurePosixPath(path).name) if text else None
        if adr is None or adr.kind != "adr":
            continue
        day = adr.fields["date"].value if "date" in adr.fields else None
        title = " ".join(str(adr.title).split())[:120]
        entry = {"path": path, "title": title, "status": adr.status or ""}
        found.append({**entry, "date": str(day) if day else ""})
    return found


def undecided(records: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Return the records that are proposed or drafts, as open questions."""
    return [
        {"question": f"{record['title']} ({record['status']})", "path": record["path"]}
        for record in records
        if record["status"] in _UNDECIDED
    ]


def story_status(root: Path) -> dict[str, Any] | None:
    """Return what the project's status file says is being worked on; None without such a file.

    Returns
    -------
    dict
        `status_file`; then `story`, `path`, `title`, `status`, `tasks_done`, `tasks`, as far as
        they are known; or `trouble`: why it cannot be read.
    """
    from archkit.decisions.story import read_story
    from archkit.decisions.story_place import read_current

    said: dict[str, Any] = {"status_file": STATUS_FILE}
    try:
        raw = status_bytes(root)
        if raw is None:
            return None
        current = read_current(raw)
    except StatusFileError as error:
        return {**said, "trouble": f"{error}"}
    said |= {"story": current.story, "epic": current.epic, "feature": (*current.folders, None)[0]}
    if current.story is None:
        return said
    try:
        story = read_story(root)
        path = story.path.resolve().relative_to(root.resolve()).as_posix()
    except (ArchkitError, ValueError) as error:
        return {**said, "trouble": getattr(error, "what", "its file lies out of the project")}
    done = sum(task.done for task in story.tasks)
    said |= {"path": path, "title": " ".join(story.title.split())[:120], "status": story.status}
    return {**said, "tasks_done": done, "tasks": len(story.tasks)}


def open_in_texts(
    root: Path, files: Iterable[str], late: Callable[[], bool] = _never
) -> list[dict[str, Any]]:
    """Return what a project's own texts say is open: `question`, `path`, `line`; at most 20.

    Read are Markdown files of the project's folder and of docs, the 60 nearest, until it is `late`.
    """
    found: list[dict[str, Any]] = []
    for path in _texts(files):
        if late():
            break
        for line, said in _open_in(read_head(root, path) or ""):
            found.append({"question": said, "path": path, "line": line})
            if len(found) == _MOST_OPEN:
                return found
    return found


def _texts(files: Iterable[str]) -> list[str]:
    mine = [
        path
        for path in files
        if path.lower().endswith((".md", ".markdown"))
        and (path.count("/") == 0 or re.match(r"(docs?|design|architecture|specs?)/", path, re.I))
        and not is_decision_record(path)
        and not is_private(path)
        and not re.search(r"(^|/)(changelog|history|news|code_of_conduct)", path, re.IGNORECASE)
    ]
    return sorted(mine, key=lambda path: (path.count("/"), path))[:_MOST_TEXTS]


def _open_in(text: str) -> Iterator[tuple[int, str]]:
    below = fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        if fenced or len(line) > 2_000:
            continue
        if line.startswith("#"):
            below = bool(_OPEN_HEAD.match(line))
        item = _ITEM.match(line) if below else None
        if item or _OPEN.search(line):
            said = " ".join((item["text"] if item else line).strip(" \t#>*-+|").split())
            if len(said.split()) > 1:
                yield number, said if len(said) <= 200 else f"{said[:199]}…"
