"""Which story is current, by the status file, and where its file lies: never out of the project."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from archkit.decisions.status_file import (
    STATUS_FILE,
    Element,
    StatusFileError,
    read_xml,
    status_bytes,
)
from archkit.errors import StoryError
from archkit.plain import slug_of

__all__ = ["FEATURES", "Current", "current_story", "find_story", "read_current"]

FEATURES = "docs/development/features"
"""Where a project keeps its features, seen from its folder."""

_BMAD = "docs/stories"
_NOTHING = frozenset({"", "none", "null", "nil", "n/a", "na", "-", "tbd", "empty"})
_UNDER_WAY = frozenset({"inprogress", "started", "active", "current", "ongoing"})
_MOST = 8


@dataclass(frozen=True, slots=True)
class Current:
    """What a status file says is being worked on.

    `story` and `epic` are None where it names none; `folders` are the names that the feature's
    folder may have, the likeliest first; `warnings` say what was odd.
    """

    story: str | None
    epic: str | None = None
    folders: tuple[str, ...] = ()
    line: int | None = None
    warnings: tuple[str, ...] = ()


def current_story(project: str | Path) -> tuple[Path, tuple[str, ...]]:
    """Return the current story's file, as the project's status file names it, and warnings.

    Raises
    ------
    StoryError
        There is no status file, it cannot be read, names no story or several, or the story's file
        is missing, not the only one, or out of the project.
    """
    folder = Path(project).expanduser()
    try:
        raw = status_bytes(folder)
        current = read_current(raw) if raw is not None else None
    except StatusFileError as error:
        where = f" (line {error.line})" if error.line else ""
        raise StoryError(
            f"The current story cannot be read from {STATUS_FILE}{where}.",
            why=f"{error}.",
            mend="Mend the file, or name the story's own file.",
        ) from error
    if current is None:
        raise StoryError(
            f"There is no {STATUS_FILE} in the project.",
            why="It says which story is the current one.",
            mend="Name the story's own file, or the folder of the project.",
        )
    if current.story is None:
        raise StoryError(
            f"{STATUS_FILE} names no current story.",
            why="Its <current-story> is missing, empty or a placeholder.",
            mend="Write the story there, as 2.1; or name the story's own file.",
        )
    return find_story(folder, current), current.warnings


def read_current(raw: bytes) -> Current:
    """Read from a status file, of any of the five shapes in use, what is being worked on.

    Parameters
    ----------
    raw
        The file's bytes: one feature as the whole file, several of which one is active, a feature
        or a project with the current story in it, or stories of which one is in progress.

    Raises
    ------
    StatusFileError
        As `read_xml`; or several features are active, none of several is, or two stories are
        named.
    """
    root, warnings = read_xml(raw)
    scope = _active_feature(root)
    said = [element for element in scope.below() if element.name == "current-story"]
    named = {name: element for element in said for name in [_named(element.text)] if name}
    if len(named) > 1:
        lines = ", ".join(str(element.line) for element in named.values())
        raise StatusFileError(f"It names {len(named)} current stories, on the lines {lines}")
    epic = next(
        (name for e in scope.below() if e.name == "current-epic" and (name := _named(e.text))), None
    )
    folders = _folders(scope)
    if named:
        [(story, element)] = named.items()
        return Current(story, epic, folders, element.line, warnings)
    if not said and (under_way := _under_way(scope)):
        story, its_epic, line = under_way
        return Current(story, epic or its_epic, folders, line, warnings)
    return Current(None, epic, folders, said[0].line if said else None, warnings)


def find_story(project: Path, current: Current) -> Path:
    """Find the file of the current story.

    It lies at ``docs/development/features/[feature]/epics/[epic]/stories/[story].md``, or, as BMAD
    keeps it, in ``docs/stories``; its name may go on after the number: ``2.1.story.md``,
    ``2.1-sign-in.md``, ``story-2.1.md``. Story 2.1 is never taken for 2.10.

    Raises
    ------
    StoryError
        A name climbs out of its folder, or there is not exactly one such file in the project.
    """
    story = current.story or ""
    for name in (story, current.epic or "", *current.folders):
        if "/" in name or "\\" in name or "\0" in name or name.strip(". ") != name.strip():
            raise StoryError(
                f"{STATUS_FILE} names {name[:60]!r}, which is no name of a file or folder.",
                why="A name with a slash, or that begins or ends with a dot, may lead out of "
                "the project.",
                mend="Write the bare name there, as 2.1, or name the story's own file.",
            )
    for folders in (_story_folders(project, current), [project / _BMAD]):
        found = {path.resolve(): path for folder in folders for path in _in_folder(folder, story)}
        if len(found) > 1:
            paths = sorted(path.relative_to(project).as_posix() for path in found.values())
            raise StoryError(
                f"{len(found)} files may be story {story}.",
                why=f"They are {', '.join(paths[:_MOST])}.",
                mend=f"Name the story's own file, or its epic in {STATUS_FILE}.",
            )
        if found:
            return _inside(project, *found.values())
    looked = f"{FEATURES}/{(*current.folders, '*')[0]}/epics/{current.epic or '*'}/stories"
    raise StoryError(
        f"There is no file of story {story}.",
        why=f"It was looked for as {story}.md in {looked} and in {_BMAD}.",
        mend=f"Correct <current-story>, <current-epic> or the feature's name in {STATUS_FILE}; or "
        "name the story's own file.",
    )


def _active_feature(root: Element) -> Element:
    """Return the feature being worked on; the whole file where it has no features."""
    features = [e for e in root.below() if e.is_feature and e.feature() is None]
    active = [feature for feature in features if feature.is_active_feature()]
    if len(active) > 1 or (len(features) > 1 and not active):
        shown = "; ".join(
            f"{(_folders(f) or ('unnamed',))[0]} (line {f.line})" for f in active or features
        )
        how_many = f"{len(active)} active features" if active else "no active feature"
        raise StatusFileError(f"It has {how_many} among: {shown}", (active or features)[0].line)
    return active[0] if active else features[0] if features else root


def _named(text: str) -> str | None:
    """Return a value, None for a placeholder such as `[epic.story or empty]`."""
    name = " ".join(text.split())
    hollow = name.startswith(("[", "<", "{")) or name.casefold() in _NOTHING
    name = name.removesuffix(".md")
    return None if hollow or not name else name


def _folders(scope: Element) -> tuple[str, ...]:
    """Return the feature's folder by its name, its `folder`, or the slug of its written name."""
    own = [e for part in scope.children for e in (part, *_metadata(part)) if e.name != "epics"]
    folders = [_named(e.text) for e in own if e.name == "folder"]
    written = [_named(e.text) for e in own if e.name in ("feature-name", "current-feature")]
    names = [_named(scope.given.get("name", "")) if scope.is_feature else None]
    names += [folder.rstrip("/").rpartition("/")[2] for folder in folders if folder]
    names += [slug_of(name) for name in written if name]
    names += [name for name in written if name and not re.search(r"[/\\\0]", name)]
    names += [slug_of(name) for name in names if name]
    return tuple(dict.fromkeys(name for name in names if name))


def _metadata(part: Element) -> list[Element]:
    return part.children if part.name == "metadata" else []


def _under_way(scope: Element) -> tuple[str, str | None, int] | None:
    """Return the one story that is said to be in progress, its epic and line."""
    found = []
    for element in scope.below():
        if element.name != "story" or not _is_under_way(element):
            continue
        epic = element.parent
        while epic is not None and epic.name != "epic":
            epic = epic.parent
        if name := _id_of(element):
            found.append((name, _id_of(epic) if epic else None, element.line))
    return found[0] if len(found) == 1 else None


def _is_under_way(story: Element) -> bool:
    words = [story.given.get("status", "")]
    words += [child.text for child in story.children if child.name == "status"]
    return any(re.sub(r"[\W_]", "", word).casefold() in _UNDER_WAY for word in words)


def _id_of(element: Element) -> str | None:
    given = (element.given.get(key, "") for key in ("id", "number", "name"))
    inside = (child.text for child in element.children if child.name in ("id", "number"))
    return next((name for word in (*given, *inside) if (name := _named(word))), None)


def _story_folders(project: Path, current: Current) -> list[Path]:
    """Return the folders of the current epic's stories that there are, the likeliest first."""
    features = [project / FEATURES / name for name in current.folders]
    if not current.folders:
        features = _folders_in(project / FEATURES)
    found = []
    for feature in features:
        named = feature / "epics" / current.epic if current.epic else None
        epics = [named] if named and named.is_dir() else _epics(feature / "epics", current.epic)
        found += [epic / "stories" for epic in epics if (epic / "stories").is_dir()]
    return found


def _epics(folder: Path, epic: str | None) -> list[Path]:
    """Return the epics that a bare number names (`2` for `epic-2-billing`), all if none is said."""
    epics = _folders_in(folder)
    if epic is None:
        return epics
    number = re.compile(rf"(?:epic[-_ ]?)?{re.escape(epic)}(?![\w.])", re.I)
    return [path for path in epics if number.match(path.name)]


def _folders_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _in_folder(folder: Path, story: str) -> list[Path]:
    """Return the files that bear the story's name: alone, or else with more after it."""
    if not folder.is_dir():
        return []
    plain = [folder / f"{story}.md", folder / f"{story}.story.md"]
    found = [path for path in plain if path.is_file()]
    if found:
        return found
    # after the number comes no digit, nor a dot and a digit: 2.1 is neither 2.10 nor 2.1.3
    name = re.compile(rf"(?:story[-_. ]?)?{re.escape(story)}(?!\.?\d)(?!\w).*\.md", re.I)
    return sorted(p for p in folder.iterdir() if name.fullmatch(p.name) and p.is_file())


def _inside(project: Path, path: Path) -> Path:
    if not path.resolve().is_relative_to(project.resolve()):
        raise StoryError(
            f"The story's file {path.name} lies out of the project.",
            why="It, or a folder above it, is a link that leads out.",
            mend="Name the story's own file, if it is meant.",
        )
    return path
