"""The block between the `---` lines of an agent card: its fields, and what is odd about them.

It is read as tolerantly as Claude Code reads it: strict YAML first, then once more with tabs as
spaces and with quotes around the values YAML cannot take (`description: Use when: …`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

__all__ = ["FrontMatter", "FrontMatterError", "read_front_matter"]

_BLOCK = re.compile(
    r"\A---[ \t]*(?:\r\n?|\n)(?P<yaml>.*?)^---[ \t]*(?:\r\n?|\n|\Z)", re.DOTALL | re.MULTILINE
)
_LINE_END = re.compile(r"\r\n?|\n")
_FIELD = re.compile(r"^(?P<key>[A-Za-z_][\w-]*):(?:[ \t]+(?P<value>\S.*?))?[ \t]*$")
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Building a value raises ValueError for the date 2024-99-99.
_UNREADABLE = (yaml.YAMLError, ValueError, RecursionError)


class FrontMatterError(ValueError):
    """The card has no front matter that can be read; `line` (from 1) says where."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """The fields of a card as YAML gives them, and as they are written.

    `values` are YAML's, `written` the same as text, before YAML makes False of `no`; `lines` says
    where each key stands; `body` is the rest of the file, which begins at `body_line`.
    """

    values: Mapping[str, Any]
    written: Mapping[str, str]
    lines: Mapping[str, int]
    body: str
    body_line: int
    problems: tuple[str, ...]


def read_front_matter(text: str) -> FrontMatter:
    """Read the front matter of a card.

    Raises
    ------
    FrontMatterError
        It is missing, unclosed, empty, no list of fields, or no YAML even when read tolerantly.
    """
    block = _BLOCK.match(text)
    if block is None:
        raise _absent(text)
    source = _LINE_END.sub("\n", block["yaml"])
    node, source, problems = _tolerant(source)
    if node is None:
        raise FrontMatterError("the front matter is empty", 2)
    if not isinstance(node, yaml.MappingNode):
        raise FrontMatterError("the front matter is no list of `key: value` fields", 2)
    fields = {_key(key): value for key, value in node.value}
    return FrontMatter(
        values={key: _value(value) for key, value in fields.items()},
        written={key: _written(value, source) for key, value in fields.items()},
        lines={_key(key): key.start_mark.line + 2 for key, _ in node.value},
        body=text[block.end() :],
        body_line=len(_LINE_END.findall(text[: block.end()])) + 1,
        problems=(*problems, *_repeated(node), *_cut_short(node, source)),
    )


def _absent(text: str) -> FrontMatterError:
    first = _LINE_END.split(text, maxsplit=1)[0]
    if first.rstrip() == "---":
        return FrontMatterError("the front matter is never closed by a second `---`")
    if not first.strip() and text.lstrip().startswith("---"):
        return FrontMatterError("a blank line stands before the opening `---`")
    return FrontMatterError("there is no front matter: the first line is not `---`")


def _tolerant(source: str) -> tuple[yaml.Node | None, str, list[str]]:
    problems: list[str] = []
    if odd := _NOT_YAML.search(source):
        line = source.count("\n", 0, odd.start()) + 2
        problems.append(f"Line {line}: the control character {odd.group()!r} is read as '\ufffd'.")
        source = _NOT_YAML.sub("\ufffd", source)
    try:
        return _node(source), source, problems
    except _UNREADABLE:
        lines, repairs = _repaired(source.split("\n"))
    try:
        return _node("\n".join(lines)), "\n".join(lines), [*problems, *repairs]
    except _UNREADABLE as error:
        raise FrontMatterError(*_reason(error)) from error


def _node(source: str) -> yaml.Node | None:
    node: yaml.Node | None = yaml.compose(source, Loader=yaml.SafeLoader)
    if node is not None:
        _value(node)  # a value such as `!important` fails only when it is built
    return node


def _value(node: yaml.Node) -> Any:
    loader: Any = yaml.SafeLoader("")
    return loader.construct_document(node)


def _written(node: yaml.Node, source: str) -> str:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    return source[node.start_mark.index : node.end_mark.index]


def _key(node: yaml.Node) -> str:
    return str(node.value)


def _reason(error: Exception) -> tuple[str, int]:
    mark = getattr(error, "problem_mark", None)
    says = getattr(error, "problem", None) or "it cannot be read"
    return f"the front matter is not YAML: {says}", (mark.line + 2 if mark else 2)


def _repaired(lines: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines with tabs and unquoted values mended, and what was mended."""
    problems: list[str] = []
    for index, line in enumerate(lines):
        mended = re.sub(r"^[ \t]+|(?<=:)[ \t]+", lambda gap: gap[0].replace("\t", "  "), line)
        if mended != line:
            lines[index] = mended
            problems.append(f"Line {index + 2}: tabs are read as spaces.")
    for start, end, key, value in list(_plain_values(lines)):
        head, tail = lines[start][: lines[start].index(":") + 1], lines[start + 1 : end]
        quoted = "\n".join([value, *tail]).replace("'", "''")
        lines[start:end] = f"{head} '{quoted}'".split("\n")
        problems.append(f"Line {start + 2}: {key} is no plain YAML text; it is read as quoted.")
    return lines, problems


def _plain_values(lines: list[str]) -> Iterator[tuple[int, int, str, str]]:
    """Give each unquoted top-level value YAML cannot take as it stands: lines, key, text."""
    for start, line in enumerate(lines):
        field = _FIELD.match(line)
        value = field["value"] if field else None
        if not field or not value or value[0] in "\"'|>" or value.startswith("- "):
            continue
        end = start + 1
        while end < len(lines) and lines[end][:1] == " " and lines[end].strip():
            end += 1
        if not _is_value("\n".join([value, *lines[start + 1 : end]])):
            yield start, end, field["key"], value


def _is_value(text: str) -> bool:
    try:
        return not isinstance(yaml.load(text, Loader=yaml.SafeLoader), dict) or text[0] == "{"
    except _UNREADABLE:
        return False


def _repeated(node: yaml.MappingNode) -> Iterator[str]:
    seen: set[str] = set()
    for key, _ in node.value:
        name = _key(key)
        if name in seen:
            line = key.start_mark.line + 2
            yield f"Line {line}: {name} is given more than once; this last one counts."
        seen.add(name)


def _cut_short(node: yaml.MappingNode, source: str) -> Iterator[str]:
    """Give the plain values that YAML ends at a ` #`, which the author hardly meant."""
    lines = source.split("\n")
    for key, value in node.value:
        if not isinstance(value, yaml.ScalarNode) or value.style:
            continue
        mark = value.end_mark
        rest = lines[mark.line][mark.column :] if mark.line < len(lines) else ""
        if rest.lstrip().startswith("#"):
            yield f"Line {mark.line + 2}: {_key(key)} ends before '#', which begins a comment."
