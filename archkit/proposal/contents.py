"""What a proposal holds: endpoints and blocks of code, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markdown_it.token import Token

__all__ = ["CodeBlock", "Endpoint", "code_blocks_in", "endpoints_in"]

_METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"
_ENDPOINT = re.compile(
    rf"(?<![\w/])(?P<method>{_METHODS})[`*\s|]{{1,20}}(?:https?://[^/\s`]{{1,200}})?"
    r"(?P<path>/(?:<[\w:.]{1,60}>|[^\s`|*\"'<>]){0,300})"
)
_FENCED_ENDPOINT = re.compile(rf"^\s*(?P<method>{_METHODS})\s+(?:https?://[^/\s]+)?(?P<path>/\S*)")
_ONLY_ENDPOINT = re.compile(rf"^\s*(?:{_METHODS})\s+/[^\s(]*\s*(?:#.*|//.*|HTTP/\d.*)?$")
_HTTP_LANGUAGES = {"", "http", "rest", "text", "plaintext"}


class Endpoint(NamedTuple):
    """An endpoint where it is first named: `section` is 1 to 7, or None outside of them."""

    method: str
    path: str
    line: int
    section: int | None


class CodeBlock(NamedTuple):
    """A fenced block; `language` is lower case and may be empty; `closed` if its fence ends."""

    language: str
    text: str
    line: int
    section: int | None
    closed: bool = True


def code_blocks_in(
    tokens: Sequence[Token], lines: Sequence[str], section_of: Sequence[int | None]
) -> tuple[CodeBlock, ...]:
    """Return the fenced blocks of a text, in order."""
    fences = [t for t in tokens if t.type == "fence" and t.map]
    return tuple(
        CodeBlock(
            language=(token.info.split() or [""])[0].strip("{}.").lower(),
            text=token.content,
            line=token.map[0] + 1,
            section=section_of[token.map[0]],
            closed=_is_closed(token, lines),
        )
        for token in fences
        if token.map
    )


def _is_closed(token: Token, lines: Sequence[str]) -> bool:
    start, end = token.map or (0, 0)
    return end - start > 1 and lines[end - 1].strip(" \t\r\n>").startswith(token.markup)


def endpoints_in(
    lines: Sequence[str], blocks: Sequence[CodeBlock], section_of: Sequence[int | None]
) -> tuple[Endpoint, ...]:
    """Return each endpoint once, where section 4 names it, else where it is first named."""
    fenced = {
        block.line + offset: block.language
        for block in blocks
        for offset in range(block.text.count("\n") + 1)
    }
    found: dict[tuple[str, str], Endpoint] = {}
    for number, line in enumerate(lines, start=1):
        for method, path in named_endpoints(line, fenced.get(number)):
            endpoint = Endpoint(method, path, number, section_of[number - 1])
            known = found.setdefault((method, path), endpoint)
            if known.section != 4 and endpoint.section == 4:
                found[method, path] = endpoint
    return tuple(sorted(found.values(), key=lambda e: e.line))


def named_endpoints(line: str, language: str | None) -> Iterator[tuple[str, str]]:
    """Yield the method and path of each endpoint a line names; `language` is its block's."""
    if "/" not in line:
        return
    if language not in (None, *_HTTP_LANGUAGES) and not _ONLY_ENDPOINT.match(line):
        return
    pattern = _ENDPOINT if language is None else _FENCED_ENDPOINT
    for match in pattern.finditer(line[:2000]):
        path = match["path"].partition("](")[0].rstrip(".,:;!?")
        yield match["method"], path[:-1] if path.endswith(")") and "(" not in path else path
