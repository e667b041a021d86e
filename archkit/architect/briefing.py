"""The Context Manager: what a project is, found by looking, in the form agents ask for it.

Nothing is guessed by a model and no link is followed: the same folder gives the same briefing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from archkit.architect.purpose import LANGUAGES, purpose_of, stack_in
from archkit.architect.workspace import Listing, list_files, read_head
from archkit.records import utc_now

__all__ = ["answer_request", "get_directory_purpose", "get_file_location", "get_task_briefing"]

_MOST_PATHS = 12
_MOST_HEADS = 400
_HEAD = 4_096
_README_WORDS = 120
_MOST_EVENTS = 200
_MOST_ACTIVITY = 8
_TELLING = ("session_started", "decision", "outcome", "lesson", "measurement", "solution_use")
_MANIFESTS = (
    "pyproject.toml", "requirements.txt", "requirements.in", "setup.py", "setup.cfg",
    "Pipfile", "environment.yml", "package.json", "go.mod", "Cargo.toml", "pom.xml",
    "build.gradle", "build.gradle.kts", "Gemfile", "composer.json", "mix.exs",
    "docker-compose.yml", "docker-compose.yaml", "compose.yml", "compose.yaml",
    "Dockerfile",
)  # fmt: skip
_API_SPEC = re.compile(
    r"(^|/)(openapi|swagger)[^/]*\.(ya?ml|json)$|\.(proto|graphqls?|gql)$", re.IGNORECASE
)
_ADR = re.compile(
    r"(^|/)(adrs?|decisions|architecture-decisions)/[^/]+\.(md|adoc|rst)$", re.IGNORECASE
)
_STOP = {
    "the", "and", "for", "with", "that", "this", "from", "into", "our", "are", "was", "has",
    "have", "will", "not", "but", "all", "any", "can", "its", "one", "per", "use", "using",
    "used", "build", "design", "make", "new", "need", "needs", "want", "wants", "should",
    "must", "which", "their", "there", "than", "then",
}  # fmt: skip


class Recent(Protocol):
    """What the briefing asks of a memory."""

    def recent(self, n: int = 10) -> Any:
        """Return the latest events, a frame."""
        ...


def get_task_briefing(
    workspace: Path | str,
    query: str,
    *,
    memory: Recent | None = None,
    now: Callable[[], datetime] = utc_now,
) -> dict[str, Any]:
    """Brief an agent about a project, for a task.

    Parameters
    ----------
    workspace
        The project's folder.
    query
        The task, in words; they decide which paths are relevant.
    memory
        Adds what was done lately.
    now
        The clock.

    Returns
    -------
    dict
        ``response_to``, ``status`` (success, not_found: nothing to read, or error: no such folder),
        ``briefing`` with ``summary``, ``relevant_paths``, ``file_purposes`` and
        ``related_activity``, and ``project``: what was found. All paths are relative.
    """
    root = Path(workspace)
    if not root.is_dir():
        return _no_folder("get_task_briefing")
    listing = list_files(root)
    project = _project(root, listing)
    paths = _relevant(root, listing.files, query) or _landmarks(project)
    purposes = {path: purpose_of(path, read_head(root, path, limit=_HEAD)) for path in paths}
    return {
        "response_to": "get_task_briefing",
        "status": "success" if listing.files else "not_found",
        "briefing": {
            "summary": _summary(project),
            "relevant_paths": paths,
            "file_purposes": {path: text for path, text in purposes.items() if text},
            "related_activity": _activity(memory),
        },
        "project": {**project, "scanned_at": now().isoformat(timespec="seconds")},
    }


def get_file_location(workspace: Path | str, query: str) -> dict[str, Any]:
    """Say where the files a query names are: ``file_paths``, best first, ``file_purposes``."""
    root = Path(workspace)
    if not root.is_dir():
        return _no_folder("get_file_location")
    paths = _relevant(root, list_files(root).files, query)
    purposes = {path: purpose_of(path, read_head(root, path, limit=_HEAD)) for path in paths}
    return {
        "response_to": "get_file_location",
        "status": "success" if paths else "not_found",
        "file_paths": paths,
        "file_purposes": {path: text for path, text in purposes.items() if text},
    }


def get_directory_purpose(workspace: Path | str, query: str) -> dict[str, Any]:
    """Say what a folder is for: ``directory``, ``purpose``, ``files``, ``subdirectories``."""
    root = Path(workspace)
    if not root.is_dir():
        return _no_folder("get_directory_purpose")
    folder = PurePosixPath(query.strip().strip("/") or ".")
    files = list_files(root).files
    inside = [
        f for f in files if folder in PurePosixPath(f).parents or folder == PurePosixPath(".")
    ]
    depth = len(folder.parts)
    deeper = {
        PurePosixPath(f).parts[depth] for f in inside if len(PurePosixPath(f).parts) > depth + 1
    }
    return {
        "response_to": "get_directory_purpose",
        "status": "success" if inside else "not_found",
        "directory": folder.as_posix(),
        "purpose": _folder_purpose(root, folder, inside),
        "files": len(inside),
        "subdirectories": sorted(deeper),
    }


def answer_request(
    workspace: Path | str, request: Mapping[str, Any], *, memory: Recent | None = None
) -> dict[str, Any]:
    """Answer an agent's request: ``{requesting_agent, request_type, payload: {query}}``."""
    kind = str(request.get("request_type", ""))
    payload = request.get("payload")
    query = str(payload.get("query", "")) if isinstance(payload, Mapping) else ""
    if kind == "get_task_briefing":
        return get_task_briefing(workspace, query, memory=memory)
    if kind == "get_file_location":
        return get_file_location(workspace, query)
    if kind == "get_directory_purpose":
        return get_directory_purpose(workspace, query)
    known = "get_task_briefing, get_file_location, get_directory_purpose"
    return {"response_to": kind, "status": "error", "message": f"Known request types: {known}."}


def _no_folder(kind: str) -> dict[str, Any]:
    return {"response_to": kind, "status": "error", "message": "The workspace is not a folder."}


def _project(root: Path, listing: Listing) -> dict[str, Any]:
    files = listing.files
    manifests = [f for f in files if PurePosixPath(f).name in _MANIFESTS][:40]
    texts = [read_head(root, path) or "" for path in manifests]
    frameworks, stores = stack_in("\n".join(texts))
    readme = next((f for f in files if re.fullmatch(r"readme(\.\w+)?", f, re.IGNORECASE)), None)
    return {
        "name": root.resolve().name,
        "files": len(files),
        "complete": listing.complete,
        "languages": _languages(files),
        "manifests": manifests,
        "frameworks": frameworks,
        "data_stores": stores,
        "api_specs": [f for f in files if _API_SPEC.search(f)][:20],
        "decision_records": [f for f in files if _ADR.search(f)][:50],
        "story_status": next((f for f in files if PurePosixPath(f).name == "status.xml"), None),
        "readme": readme,
        "readme_head": _readme_head(read_head(root, readme) or "") if readme else "",
    }


def _languages(files: tuple[str, ...]) -> dict[str, int]:
    counts = Counter(LANGUAGES.get(PurePosixPath(f).suffix.lower(), "") for f in files)
    counts.pop("", None)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _readme_head(text: str) -> str:
    """Return the words before the first code block, without marks, pictures and headings."""
    text = re.split(r"^```", text, maxsplit=1, flags=re.MULTILINE)[0]
    text = re.sub(r"<!--.*?-->|<[^>]{0,300}>|!\[[^\]]*\]\([^)]*\)", " ", text, flags=re.DOTALL)
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    lines = (line for line in text.splitlines() if not re.match(r"\s*(#|[=-]{3,}\s*$|\|)", line))
    words = " ".join(lines).split()
    return " ".join(words[:_README_WORDS]) + (" …" if len(words) > _README_WORDS else "")


def _summary(project: Mapping[str, Any]) -> str:
    if not project["files"]:
        return f"The project '{project['name']}' holds no files yet: a fresh start."
    more = "" if project["complete"] else " or more"
    parts = [f"The project '{project['name']}' holds {project['files']}{more} files."]
    languages = list(project["languages"].items())[:3]
    if languages:
        parts.append(
            "Written in " + ", ".join(f"{name} ({n} files)" for name, n in languages) + "."
        )
    parts += [
        f"{label}: {', '.join(project[key][:8])}."
        for label, key in (
            ("Frameworks named in its manifests", "frameworks"),
            ("Data stores named there", "data_stores"),
            ("API descriptions", "api_specs"),
        )
        if project[key]
    ]
    if project["decision_records"]:
        parts.append(f"{len(project['decision_records'])} decision records.")
    if project["story_status"]:
        parts.append(f"Stories are tracked in {project['story_status']}.")
    if project["readme_head"]:
        parts.append(f"Its README begins: {project['readme_head']}")
    return " ".join(parts)


def _words(text: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return {w for w in re.findall(r"[a-z0-9]{3,}", spaced.lower()) if w not in _STOP}


def _alike(one: str, other: str) -> bool:
    """Whether two words share a stem, roughly: one begins with the other, four letters long."""
    short, long = sorted((one, other), key=len)
    return short == long or (len(short) >= 4 and long.startswith(short))


def _hits(wanted: set[str], words: set[str]) -> int:
    return sum(any(_alike(w, word) for word in words) for w in wanted)


def _relevant(root: Path, files: tuple[str, ...], query: str) -> list[str]:
    wanted = _words(query)
    if not wanted:
        return []
    scored = []
    for number, path in enumerate(files):
        score = 3 * _hits(wanted, _words(path))
        if number < _MOST_HEADS and PurePosixPath(path).suffix.lower() in LANGUAGES:
            text = purpose_of(path, read_head(root, path, limit=_HEAD))
            score += _hits(wanted, _words(text))
        if score:
            scored.append((-score, path.count("/"), path))
    return [path for _, _, path in sorted(scored)[:_MOST_PATHS]]


def _landmarks(project: Mapping[str, Any]) -> list[str]:
    readme = [project["readme"]] if project["readme"] else []
    found = [*readme, *project["manifests"], *project["api_specs"], *project["decision_records"]]
    return list(dict.fromkeys(found))[:_MOST_PATHS]


def _folder_purpose(root: Path, folder: PurePosixPath, inside: list[str]) -> str:
    for name in ("README.md", "README.rst", "__init__.py"):
        path = (folder / name).as_posix()
        if path in inside:
            text = purpose_of(path, read_head(root, path, limit=_HEAD))
            if text:
                return text
    languages = ", ".join(_languages(tuple(inside))) or "other"
    return f"{len(inside)} files ({languages})." if inside else ""


def _activity(memory: Recent | None) -> list[dict[str, str]]:
    """Return what was lately started, decided and learnt; the steps in between tell nothing."""
    if memory is None:
        return []
    rows = memory.recent(_MOST_EVENTS).to_dict("records")
    return [_entry(row) for row in rows if row["kind"] in _TELLING][:_MOST_ACTIVITY]


def _entry(row: Mapping[Any, Any]) -> dict[str, str]:
    at, summary = row["recorded_at"], row["summary"]
    if isinstance(at, datetime):
        at = f"{at.isoformat(timespec='seconds')}{'' if at.tzinfo else 'Z'}"
    said = f": {summary}" if isinstance(summary, str) and summary else ""
    what = str(row["kind"]).replace("_", " ")
    return {"agent": str(row["agent"]), "summary": f"{what}{said}", "timestamp": str(at)}
