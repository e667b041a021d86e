"""The card's writing tools, Write and Edit: inside the workspace, and never without a permission.

What git, archkit or an editor would run or obey is never written, nor files that hold secrets.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from archkit.architect.dialogue import clipped
from archkit.architect.tool import Tool, ToolFailedError, Use, needed, one_line, schema
from archkit.architect.workspace import is_private
from archkit.architect.workspace_tools import inside, sdk_result

__all__ = ["writing_tools"]

_MOST_BYTES = 1024 * 1024
_NEVER = {".git", ".hg", ".svn", ".claude", ".vscode", ".idea", ".envrc", ".mcp.json", ".husky"}
"""Whoever writes here decides what runs on this machine, or what a session may do."""


def writing_tools(root: Path, wrote: Callable[[str], None]) -> tuple[Tool, ...]:
    """Return Write and Edit for a folder.

    Parameters
    ----------
    root
        The workspace; nothing outside it is written, by link or by path.
    wrote
        Is told each file that was written, as seen from the workspace.
    """
    folder = root.resolve()
    return (
        Tool(
            "Write",
            "Write a whole text file of the project, new or in place of the one there.",
            schema("file_path content", file_path="string", content="string"),
            partial(_run, folder, "write", wrote),
            use=partial(_to_write, folder),
        ),
        Tool(
            "Edit",
            "Replace a text in a file of the project. It must stand there once; with replace_all, "
            "every one is replaced.",
            schema(
                "file_path old_string new_string",
                file_path="string",
                old_string="string",
                new_string="string",
                replace_all="boolean",
            ),
            partial(_run, folder, "edit", wrote),
            use=partial(_to_edit, folder),
        ),
    )


def _to_write(root: Path, given: Mapping[str, Any]) -> Use:
    content = _text(given, "content")
    size = len(content.encode("utf-8", "replace"))
    if size > _MOST_BYTES:
        raise ToolFailedError(f"Write: {size} bytes are more than the {_MOST_BYTES} that may be.")
    target = _target(root, "Write", given)
    path = target.relative_to(root).as_posix()
    verb = "Replace" if target.exists() else "Create"
    return Use(path, f"{verb} {one_line(path)} ({content.count(chr(10)) + 1} lines)")


def _to_edit(root: Path, given: Mapping[str, Any]) -> Use:
    old, new = _text(given, "old_string"), _text(given, "new_string")
    if not old:
        raise ToolFailedError("Edit: 'old_string' must not be empty.")
    if not isinstance(given.get("replace_all", False), bool):
        raise ToolFailedError("Edit: 'replace_all' must be true or false.")
    path = _target(root, "Edit", given).relative_to(root).as_posix()
    where = "everywhere in" if given.get("replace_all") else "in"
    changed = f"replace {clipped(old, 60)!r} by {clipped(new, 60)!r}"
    return Use(path, f"Edit: {changed} {where} {one_line(path)}")


async def _run(
    root: Path, name: str, wrote: Callable[[str], None], given: Mapping[str, Any]
) -> str:
    target = _target(root, name.capitalize(), given)
    keys = ("content",) if name == "write" else ("old_string", "new_string", "replace_all")
    path = target.relative_to(root).as_posix()
    # the file that was looked at, and not once more the path, which a link may lead elsewhere now
    wanted = {"file_path": str(target), **{key: given[key] for key in keys if key in given}}
    said = await sdk_result(root, name, wanted)
    wrote(path)
    return said


def _target(root: Path, tool: str, given: Mapping[str, Any]) -> Path:
    target = inside(root, needed(given, "file_path"))
    parts = target.relative_to(root).parts
    if not parts:
        raise ToolFailedError(f"{tool}: the workspace itself is a folder.")
    if any(part.casefold() in _NEVER for part in parts):
        raise ToolFailedError(f"{tool}: {parts[0]} is never written by a model.", refused=True)
    if is_private(target.name):
        text = f"{tool}: {target.name} may hold keys or passwords; no model writes it."
        raise ToolFailedError(text, refused=True)
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return target
    except OSError as error:
        reason = os.strerror(error.errno or 0).lower()
        raise ToolFailedError(f"{tool}: it cannot be written: {reason}.") from error
    if not stat.S_ISREG(mode):
        raise ToolFailedError(f"{tool}: it is no regular file.")
    return target


def _text(given: Mapping[str, Any], key: str) -> str:
    value = given.get(key)
    if not isinstance(value, str):
        raise ToolFailedError(f"'{key}' must be a text.")
    return value
