"""The Context Manager: what a project is, found by looking, in the form agents ask for it.

Nothing is guessed by a model and no link is followed: the same folder gives the same briefing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

from archkit.architect.briefing_activity import (
    ActivityLog,
    Recent,
    read_activity,
    recent_work,
)
from archkit.architect.briefing_search import relevant_files
from archkit.architect.briefing_shown import Briefing
from archkit.architect.briefing_size import MOST_CHARACTERS, fitted
from archkit.architect.project import Purposes, read_project
from archkit.architect.project_tree import folders_of
from archkit.architect.workspace import list_files
from archkit.memory.redact import redact_value, relative_paths
from archkit.plain import mapped_texts
from archkit.records import utc_now

__all__ = [
    "Briefing",
    "answer_request",
    "get_directory_purpose",
    "get_file_location",
    "get_task_briefing",
]

_MOST_PATHS = 12
_LARGEST_FOLDER_LIST = 200
_HALF = re.compile("[\ud800-\udfff]")


def get_task_briefing(
    workspace: Path | str,
    query: str,
    *,
    memory: Recent | None = None,
    project: str | None = None,
    session_id: str | None = None,
    most_characters: int = MOST_CHARACTERS,
    now: Callable[[], datetime] = utc_now,
) -> Briefing:
    """Brief an agent about a project, for a task.

    Parameters
    ----------
    workspace
        The project's folder.
    query
        The task, in words; they decide which paths are relevant.
    memory
        Adds what was done lately, and which sessions came to no decision.
    project
        What the project's work is filed under in the memory; by default the folder's name.
    session_id
        The session that asks; it is no earlier one.
    most_characters
        The whole briefing as JSON has at most so many, never less than 2,000.
    now
        The clock.

    Returns
    -------
    Briefing
        A dict, shown as a page in a notebook: ``response_to``, ``status`` (success, not_found:
        nothing to read, or error: no such folder), ``briefing`` with ``summary``,
        ``relevant_paths``, ``file_purposes`` and ``related_activity``, and ``project``: what was
        found, see `archkit.architect.project.read_project`. All paths are relative, secrets are
        hidden, and ``project.left_out`` says what there was no room or time for.
    """
    root = Path(workspace)
    if not root.is_dir():
        return Briefing(_no_folder("get_task_briefing"))
    listing = list_files(root)
    purpose = Purposes(root, listing)
    found = read_project(root, listing)
    paths = relevant_files(listing.files, query, purpose) or _landmarks(found)
    activity, undecided = recent_work(memory, project or found["name"], session_id)
    said = {
        "response_to": "get_task_briefing",
        "status": "success" if listing.files else "not_found",
        "briefing": {
            "summary": _summary(found),
            "relevant_paths": paths,
            "file_purposes": {path: text for path in paths if (text := purpose(path))},
            "related_activity": activity,
        },
        "project": {
            **found,
            "open_questions": [*undecided, *found["open_questions"]],
            "scanned_at": now().isoformat(timespec="seconds"),
        },
    }
    return Briefing(fitted(_told(said, root), most_characters))


def get_file_location(workspace: Path | str, query: str) -> dict[str, Any]:
    """Say where the files a query names are: ``file_paths``, best first, ``file_purposes``."""
    root = Path(workspace)
    if not root.is_dir():
        return _no_folder("get_file_location")
    listing = list_files(root)
    purpose = Purposes(root, listing)
    paths = relevant_files(listing.files, query, purpose)
    said = {
        "response_to": "get_file_location",
        "status": "success" if paths else "not_found",
        "file_paths": paths,
        "file_purposes": {path: text for path in paths if (text := purpose(path))},
    }
    return _told(said, root)


def get_directory_purpose(workspace: Path | str, query: str) -> dict[str, Any]:
    """Say what a folder is for: ``directory``, ``purpose``, ``files``, ``subdirectories``."""
    root = Path(workspace)
    if not root.is_dir():
        return _no_folder("get_directory_purpose")
    folder = PurePosixPath(query.strip().strip("/") or ".").as_posix()
    listing = list_files(root)
    held = folders_of(listing.files, Purposes(root, listing), "" if folder == "." else folder)
    more = len(held["subdirectories"]) - _LARGEST_FOLDER_LIST
    said = {
        "response_to": "get_directory_purpose",
        "status": "success" if held["files"] else "not_found",
        "directory": folder,
        **held,
        "subdirectories": held["subdirectories"][:_LARGEST_FOLDER_LIST],
        **({"left_out": {"subdirectories": more}} if more > 0 else {}),
    }
    return _told(said, root)


def answer_request(
    workspace: Path | str, request: Mapping[str, Any], *, memory: ActivityLog | None = None
) -> dict[str, Any]:
    """Answer an agent's message, whatever it says.

    Parameters
    ----------
    workspace
        The project's folder.
    request
        A request, ``{requesting_agent, request_type, payload: {query}}``; or a report,
        ``{reporting_agent, status, summary, files_modified}``, in either spelling.
    memory
        Adds what was done lately; a report is kept in it.

    Returns
    -------
    dict
        With ``response_to`` and ``status``: success, not_found or error. A report that no memory
        keeps is an error, for its writer relies on it.
    """
    kind = str(request.get("request_type", ""))
    payload = request.get("payload")
    query = str(payload.get("query", "")) if isinstance(payload, Mapping) else ""
    answers: dict[str, Callable[[Path | str, str], dict[str, Any]]] = {
        "get_task_briefing": partial(get_task_briefing, memory=memory),
        "get_file_location": get_file_location,
        "get_directory_purpose": get_directory_purpose,
    }
    if kind in answers:
        return answers[kind](workspace, query)
    if not kind:
        return _kept(workspace, request, memory)
    return _error(kind, f"Known request types: {', '.join(answers)}.")


def _kept(
    workspace: Path | str, report: Mapping[str, Any], memory: ActivityLog | None
) -> dict[str, Any]:
    """Keep an agent's report of what it did."""
    try:
        activity = read_activity(report)
    except ValueError as error:
        return _error("activity_report", f"It is neither a request nor a report: {error}")
    if memory is None:
        return _error("activity_report", "There is no memory here that could keep it.")
    root = Path(workspace)
    told = _told(activity, root)
    filed = {"agent": told["reporting_agent"], "project": root.resolve().name}
    memory.append("activity", told, **filed)
    return {"response_to": "activity_report", "status": "success"}


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"response_to": kind, "status": "error", "message": message}


def _no_folder(kind: str) -> dict[str, Any]:
    return _error(kind, "The workspace is not a folder.")


def _told(said: dict[str, Any], root: Path) -> dict[str, Any]:
    """Return it as it may be told: secrets hidden, no absolute path, no half characters."""
    near = mapped_texts(said, lambda text: relative_paths(_whole(text), root=root.resolve()))
    hidden, _ = redact_value(near)
    result: dict[str, Any] = hidden
    return result


def _whole(text: str) -> str:
    """Write bytes of a name that is no UTF-8, and half characters, as signs that can be sent."""
    return _HALF.sub("\N{REPLACEMENT CHARACTER}", text)


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
            ("Built with", "frameworks"),
            ("Data stores", "data_stores"),
            ("Outside services", "outside_services"),
        )
        if project[key]
    ]
    parts += [_counted(project)] if _counted(project) else []
    if project["story"]:
        parts.append(_story(project["story"]))
    if project["readme_head"]:
        parts.append(f"Its README begins: {project['readme_head']}")
    return " ".join(parts)


def _counted(project: Mapping[str, Any]) -> str:
    offers = sum(len(api.get("offers", ())) for api in project["apis"])
    counts = [
        (len(project["services"]), "services in compose files"),
        (offers, f"operations in {len(project['apis'])} API descriptions"),
        (len(project["decision_records"]), "decision records"),
        (len(project["open_questions"]), "open questions"),
    ]
    said = ", ".join(f"{count} {what}" for count, what in counts if count)
    return f"It has {said}." if said else ""


def _story(story: Mapping[str, Any]) -> str:
    if story.get("trouble"):
        return f"Its {story['status_file']} cannot be followed: {story['trouble']}"
    if not story.get("story"):
        return f"Its {story['status_file']} names no current story."
    title = f" ({story['title']})" if story.get("title") else ""
    done = f", {story['tasks_done']} of {story['tasks']} tasks done" if story.get("tasks") else ""
    return f"The current story is {story['story']}{title}{done}."


def _landmarks(project: Mapping[str, Any]) -> list[str]:
    found = [project["readme"]] if project["readme"] else []
    found += [manifest["path"] for manifest in project["manifests"]]
    found += project["api_specs"]
    found += [record["path"] for record in project["decision_records"]]
    return list(dict.fromkeys(found))[:_MOST_PATHS]
