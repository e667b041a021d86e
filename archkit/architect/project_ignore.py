"""What a .gitignore leaves out, for folders that git does not look after.

Git's own rules: the last one that matches counts, `!` takes back, a slash anchors, `**` spans
folders, and the file of a deeper folder goes before that of a higher one. Not read are the user's
global excludes and .git/info/exclude, which belong to git.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

__all__ = ["Rules", "is_ignored", "read_rules"]

_LONGEST = 400
_MOST_RULES = 2_000
_MOST_SPANS = 3  # more `**` in one rule are nowhere seen, and each multiplies the ways to match


class Rules(NamedTuple):
    """The rules of one .gitignore: the folder it lies in, and what it says, the last first."""

    folder: str
    said: tuple[tuple[bool, re.Pattern[str]], ...]


def read_rules(text: str, folder: str = "") -> Rules:
    """Read a .gitignore.

    Parameters
    ----------
    text
        What it says; a rule that is longer than 400 characters or has more than three `**` is
        passed over.
    folder
        Where it lies, relative, "" for the project's own folder.
    """
    read = [rule for line in text.splitlines()[:_MOST_RULES] if (rule := _rule(line))]
    runs = [
        (taken_back, re.compile("|".join(shape for _, shape in run), re.DOTALL))
        for taken_back, run in groupby(read, key=lambda rule: rule[0])
    ]
    return Rules(folder, tuple(reversed(runs)))


def is_ignored(path: str, levels: Sequence[Rules], *, is_folder: bool = False) -> bool:
    """Whether a path is left out; its folder is taken to be in.

    Parameters
    ----------
    path
        Relative to the project, with `/`.
    levels
        The rules of the folders above it, the project's own first.
    is_folder
        Rules that end in a slash are for folders.
    """
    for folder, said in reversed(levels):
        inner = path[len(folder) + 1 :] if folder else path
        inner += "/" if is_folder else ""
        for taken_back, shape in said:
            if shape.fullmatch(inner):
                return not taken_back
    return False


def _rule(line: str) -> tuple[bool, str] | None:
    """Return whether a line takes back, and its shape; None for a comment and the like."""
    text = line.rstrip(" \t\r")
    text += " " if text.endswith("\\") and len(text) < len(line) else ""
    taken_back = text.startswith("!")
    text = text[1:] if taken_back else text
    only_folders = text.endswith("/")
    text = text.rstrip("/") if only_folders else text
    if not text or (text[0] == "#" and not taken_back):
        return None
    if len(text) > _LONGEST or text.count("**") > _MOST_SPANS:
        return None
    anchored = "/" in text
    shape = _shape(text.removeprefix("/"))
    if shape is None:
        return None
    return taken_back, ("" if anchored else "(?:.*/)?") + shape + ("/" if only_folders else "/?")


def _shape(glob: str) -> str | None:
    """Return a glob as a regular expression; None for one that can match nothing.

    What follows a `*` is matched at its first place and never tried again, so that no rule and no
    name can make it run long; as in globs, that finds a match where there is one.
    """
    parts: list[str] = []
    open_star = False
    at = 0
    while at < len(glob):
        if spans := re.compile(r"(?:(?<=/)|^)\*\*(/|$)").match(glob, at):
            parts += [")"] if open_star else []
            open_star = False
            parts.append("(?:.*/)?" if spans[1] else ".+")
            at = spans.end()
        elif stars := re.compile(r"\*+").match(glob, at):
            at = stars.end()
            rest = re.match(r"[^*/]*", glob[at:])
            ends = at + (rest.end() if rest else 0)
            ends = ends == len(glob) or glob[ends] == "/"
            parts += [")"] if open_star else []
            # The last star before a slash or the end must be free to run on.
            parts.append("[^/]*" if ends else "(?>[^/]*?")
            open_star = not ends
        else:
            one, at = _one(glob, at)
            if one is None:
                return None
            parts.append(one)
    return "".join(parts) + (")" if open_star else "")


def _one(glob: str, at: int) -> tuple[str | None, int]:
    """Return the shape of the character at a place, and where the next one begins."""
    char = glob[at]
    if char == "?":
        return "[^/]", at + 1
    if char == "\\":
        return (re.escape(glob[at + 1]), at + 2) if at + 1 < len(glob) else (None, at + 1)
    if char == "[":
        found = re.compile(r"\[([!^]?)(\]?(?:\\.|\[:\w+:\]|[^\]\\])*)\]").match(glob, at)
        return (_class(found[1], found[2]), found.end()) if found else (None, at + 1)
    return re.escape(char), at + 1


def _class(negated: str, inner: str) -> str | None:
    named = {"alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "lower": "a-z"}
    named |= {"upper": "A-Z", "space": r"\s", "xdigit": "0-9A-Fa-f", "punct": r"!-.:-@\[-`{-~"}
    said = re.sub(r"\[:(\w+):\]", lambda m: named.get(m[1], ""), inner)
    said = said.replace("[", r"\[")
    said = "\\" + said if said.startswith(("]", "^")) else said
    shape = f"(?!/)[{'^' if negated else ''}{said}]"
    try:
        re.compile(shape)
    except re.error:
        return None
    return shape
