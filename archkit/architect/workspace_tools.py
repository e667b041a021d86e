"""The card's file tools, read-only and kept inside the workspace: Read, Grep, Glob, LS.

The jail is the SDK's own; here its tools get the card's names, short answers and relative paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

from archkit.architect.ripgrep import MOST_HITS, find_ripgrep, search
from archkit.architect.tool import Tool, ToolFailedError, cut, needed, one_line, schema
from archkit.architect.workspace import is_private, list_files, read_head

__all__ = ["inside", "sdk_result", "workspace_tools"]

_MOST_SEARCHED = 2_000
_MOST_WALKED = 50_000
_MOST_FOUND = 200
_SEARCHED_BYTES = 256 * 1024


def workspace_tools(root: Path) -> tuple[Tool, ...]:
    """Return the four tools for a folder.

    Parameters
    ----------
    root
        The workspace; nothing outside it can be read, by link or by path.
    """
    folder = root.resolve()
    ranges = {"type": "array", "items": {"type": "integer"}, "description": "[first, last] line"}
    return (
        Tool(
            "Read",
            "Read a text file of the project, whole or by line range.",
            schema("file_path", file_path="string", view_range=ranges),
            partial(_read, folder),
        ),
        Tool(
            "Grep",
            "Search the project's files for a regular expression.",
            schema("pattern", pattern="string", path="string"),
            partial(_grep, folder),
        ),
        Tool(
            "Glob",
            "List the project's files whose path matches a pattern, the newest first.",
            schema("pattern", pattern="string", path="string"),
            partial(_glob, folder),
        ),
        Tool(
            "LS",
            "List what a folder of the project holds; folders end in '/'.",
            schema("", path="string"),
            partial(_ls, folder),
        ),
    )


async def _read(root: Path, given: Mapping[str, Any]) -> str:
    path = needed(given, "file_path")
    _check_private(path)
    lines = given.get("view_range")
    if lines is not None and not (
        isinstance(lines, list) and len(lines) == 2 and all(isinstance(n, int) for n in lines)
    ):
        raise ToolFailedError("'view_range' must be [first, last].")
    _check_private(inside(root, path).name)
    text = await sdk_result(root, "read", {"file_path": path, "view_range": lines})
    if "\0" in text:
        raise ToolFailedError("Read: it is a binary file; only text files are read.")
    return text


async def _grep(root: Path, given: Mapping[str, Any]) -> str:
    from anyio.to_thread import run_sync

    pattern = needed(given, "pattern")
    target = inside(root, str(given.get("path") or "."))
    ripgrep = find_ripgrep(root)
    if ripgrep is None:
        return await run_sync(_search, root, target, pattern, abandon_on_cancel=True)
    return cut(await search(ripgrep, root, target, pattern))


async def _glob(root: Path, given: Mapping[str, Any]) -> str:
    from anyio.to_thread import run_sync

    pattern, folder = needed(given, "pattern"), inside(root, str(given.get("path") or "."))
    if PurePosixPath(pattern).is_absolute() or ".." in PurePosixPath(pattern).parts:
        raise ToolFailedError(
            "Glob: neither an absolute pattern nor '..' is permitted.", refused=True
        )
    # a thread that may be left behind: a huge folder must not keep a cancelled turn waiting
    return await run_sync(_matching, root, folder, pattern, abandon_on_cancel=True)


def _matching(root: Path, folder: Path, pattern: str) -> str:
    try:
        matches = list(islice(folder.glob(pattern), _MOST_WALKED))
    except (ValueError, NotImplementedError, OSError) as error:
        raise ToolFailedError(f"Glob: the pattern cannot be used: {error}.") from error
    found = [m for m in matches if ".git" not in m.parts and _stays(m, root)]
    found.sort(key=_changed_at, reverse=True)
    more = ["…"] if len(found) > _MOST_FOUND else []
    names = [one_line(m.relative_to(root).as_posix()) for m in found[:_MOST_FOUND]]
    return cut("\n".join([*names, *more])) or "no matches"


def _ls(root: Path, given: Mapping[str, Any]) -> str:
    folder = inside(root, str(given.get("path") or "."))
    if not folder.is_dir():
        raise ToolFailedError("LS: not a directory.")
    try:
        entries = sorted(folder.iterdir(), key=lambda e: (not e.is_dir(), e.name))
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise ToolFailedError(f"LS: the folder cannot be listed: {reason}.") from error
    names = [f"{e.name}/" if e.is_dir() and not e.is_symlink() else e.name for e in entries]
    return cut("\n".join(map(one_line, names))) or "(empty)"


async def sdk_result(root: Path, name: str, given: Mapping[str, Any]) -> str:
    """Run one of the SDK's file tools, kept inside a folder, and return its text.

    Raises
    ------
    ToolFailedError
        It failed, or it gave something else than text.
    """
    from anthropic.lib.tools import ToolError, agent_toolset

    make = getattr(agent_toolset, f"beta_{name}_tool")
    tool = make(agent_toolset.AgentToolContext(workdir=root))
    try:
        result = await tool.call({key: value for key, value in given.items() if value is not None})
    except ToolError as error:
        text = _relative(root, str(error))
        raise ToolFailedError(text, refused="outside" in text or "not permitted" in text) from error
    if not isinstance(result, str):
        raise ToolFailedError("Only text files are read.")
    return cut(_relative(root, result))


def inside(root: Path, path: str) -> Path:
    """Return where a path leads, links followed.

    Raises
    ------
    ToolFailedError
        It leads out of the folder, or nowhere.
    """
    from anthropic.lib.tools import agent_toolset

    if "\0" in path:
        raise ToolFailedError("A path cannot hold a zero byte.")
    try:
        return agent_toolset.resolve_path(agent_toolset.AgentToolContext(workdir=root), path)
    except ValueError as error:
        text = _relative(root, str(error))
        raise ToolFailedError(text, refused="outside" in text) from error


def _search(root: Path, target: Path, pattern: str) -> str:
    """Search for plain texts, joined by `|`: a model's regular expression can run for hours."""
    simple = re.sub(r"\\([.()\[\]{}+*?|^$\\/-])", r"\1", pattern.strip("^$"))
    texts = [part for part in simple.split("|") if part] or [pattern]
    rule = re.compile("|".join(map(re.escape, texts)))
    hits = [line for path in _searched(root, target) for line in _hits(root, path, rule)]
    note = "(searched as plain text: ripgrep is not installed)"
    more = ["…"] if len(hits) > MOST_HITS else []
    return cut("\n".join([*hits[:MOST_HITS], *more, note])) if hits else f"no matches {note}"


def _searched(root: Path, target: Path) -> list[str]:
    within = target.relative_to(root).as_posix()
    files = list_files(root).files
    chosen = (
        files if within == "." else [f for f in files if f == within or f.startswith(f"{within}/")]
    )
    return list(chosen[:_MOST_SEARCHED])


def _hits(root: Path, path: str, rule: re.Pattern[str]) -> Iterator[str]:
    text = read_head(root, path, limit=_SEARCHED_BYTES)
    for number, line in enumerate((text or "").splitlines(), 1):
        if rule.search(line):
            yield f"{one_line(path)}:{number}:{line[:400]}"


def _check_private(path: str) -> None:
    if is_private(path):
        text = f"Read: {Path(path).name} may hold keys or passwords; it is never sent to a model."
        raise ToolFailedError(text, refused=True)


def _stays(match: Path, root: Path) -> bool:
    try:
        return match.resolve(strict=True).is_relative_to(root)
    except (OSError, RuntimeError):  # a link that leads nowhere, or in a circle
        return False


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _relative(root: Path, text: str) -> str:
    return text.replace(f"{root}/", "").replace(str(root), ".")
