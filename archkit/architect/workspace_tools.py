"""The card's file tools, read-only and kept inside the workspace: Read, Grep, Glob, LS.

The jail is the SDK's own; here its tools get the card's names, short answers and relative paths.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from archkit.architect.tool import Tool, ToolFailedError, needed, schema
from archkit.architect.workspace import is_private, list_files, read_head

__all__ = ["MOST_CHARACTERS", "workspace_tools"]

MOST_CHARACTERS = 40_000
"""A longer result is cut, and says so."""

_MOST_SEARCHED = 2_000
_MOST_HITS = 400
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
    _check_private(_inside(root, path).name)
    return await _sdk(root, "read", {"file_path": path, "view_range": lines})


async def _grep(root: Path, given: Mapping[str, Any]) -> str:
    pattern = needed(given, "pattern")
    where = str(given.get("path") or ".")
    target = _inside(root, where)
    if shutil.which("rg"):
        found = await _sdk(root, "grep", {"pattern": pattern, "path": where})
        return _cut("\n".join(line for line in found.splitlines() if not _from_private(line)))
    from anyio.to_thread import run_sync

    return await run_sync(_search, root, target, pattern)


async def _glob(root: Path, given: Mapping[str, Any]) -> str:
    path = str(given.get("path") or ".")
    return await _sdk(root, "glob", {"pattern": needed(given, "pattern"), "path": path})


def _ls(root: Path, given: Mapping[str, Any]) -> str:
    folder = _inside(root, str(given.get("path") or "."))
    if not folder.is_dir():
        raise ToolFailedError("LS: not a directory.")
    entries = sorted(folder.iterdir(), key=lambda e: (not e.is_dir(), e.name))
    names = [f"{e.name}/" if e.is_dir() and not e.is_symlink() else e.name for e in entries]
    return _cut("\n".join(names)) or "(empty)"


async def _sdk(root: Path, name: str, given: Mapping[str, Any]) -> str:
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
    return _cut(_relative(root, result))


def _inside(root: Path, path: str) -> Path:
    from anthropic.lib.tools import agent_toolset

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
    more = ["…"] if len(hits) > _MOST_HITS else []
    return _cut("\n".join([*hits[:_MOST_HITS], *more, note])) if hits else f"no matches {note}"


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
            yield f"{path}:{number}:{line[:400]}"


def _check_private(path: str) -> None:
    if is_private(path):
        text = f"Read: {Path(path).name} may hold keys or passwords; it is never sent to a model."
        raise ToolFailedError(text, refused=True)


def _from_private(line: str) -> bool:
    return is_private(line.split(":", 1)[0])


def _relative(root: Path, text: str) -> str:
    return text.replace(f"{root}/", "").replace(str(root), ".")


def _cut(text: str) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    return text[:MOST_CHARACTERS] + f"\n[cut after {MOST_CHARACTERS} characters: ask for less]"
