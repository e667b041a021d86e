"""What a proposal holds: endpoints, blocks of code, technology choices, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from markdown_it.token import Token

from archkit.proposal.outline import Part, plain

__all__ = ["Choice", "CodeBlock", "Endpoint", "choices_in", "code_blocks_in", "endpoints_in"]

_METHODS = "GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS"
_ENDPOINT = re.compile(
    rf"(?<![\w/])(?P<method>{_METHODS})[`*\s|]{{1,20}}(?:https?://[^/\s`]{{1,200}})?"
    r"(?P<path>/[^\s`|*\"'<>]{0,300})"
)
_FENCED_ENDPOINT = re.compile(rf"^\s*(?P<method>{_METHODS})\s+(?:https?://[^/\s]+)?(?P<path>/\S*)")
_HTTP_LANGUAGES = {"", "http", "rest", "text", "plaintext"}
_LEAD = re.compile(r"^(?:\d+[.)]\s+|[-*+]\s+)?(\*\*|__)(?P<lead>.{1,200}?)\1")
_NAME_END = re.compile(r"\s[—–-]+\s|:\s|:$|\.\s|\.$")
_ASPECTS = re.compile(
    r"(?i)\b(justif\w*|rationale|reason\w*|why|trade-?offs?|alternatives?|compar\w*|versus|vs"
    r"|pros|cons|benefits?|drawbacks?|advantages?|disadvantages?|considered|choice|decision)\b"
)


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


class Choice(NamedTuple):
    """One technology recommendation and all that is said of it."""

    name: str
    text: str
    line: int


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
        for method, path in _named(line, fenced.get(number)):
            endpoint = Endpoint(method, path, number, section_of[number - 1])
            known = found.setdefault((method, path), endpoint)
            if known.section != 4 and endpoint.section == 4:
                found[method, path] = endpoint
    return tuple(sorted(found.values(), key=lambda e: e.line))


def _named(line: str, language: str | None) -> Iterator[tuple[str, str]]:
    if "/" not in line or (language is not None and language not in _HTTP_LANGUAGES):
        return
    pattern = _ENDPOINT if language is None else _FENCED_ENDPOINT
    for match in pattern.finditer(line[:2000]):
        path = match["path"].rstrip(".,:;!?")
        yield match["method"], path[:-1] if path.endswith(")") and "(" not in path else path


def choices_in(
    tokens: Sequence[Token], lines: Sequence[str], parts: Sequence[Part], start: int, end: int
) -> tuple[Choice, ...]:
    """Return the technology choices between two lines (from 0): sub-headings, rows or items."""
    inside = [p for p in parts if start < p.line <= end]
    depth = min((p.level for p in inside), default=0)
    heads = [p for p in inside if p.level == depth]
    if not heads:
        return _listed(tokens, lines, start, end)
    found: list[Choice] = []
    for head, after in zip(heads, [*(p.line - 1 for p in heads[1:]), end], strict=True):
        items = _listed(tokens, lines, head.line, after)
        if items and not any(_ASPECTS.search(item.name) for item in items):
            found += items  # the heading only groups choices
        else:
            found.append(
                Choice(_name(head.title), "".join(lines[head.line - 1 : after]), head.line)
            )
    return tuple(found)


def _listed(
    tokens: Sequence[Token], lines: Sequence[str], start: int, end: int
) -> tuple[Choice, ...]:
    """Return table rows, else items of lists, else paragraphs that begin in bold."""
    within = [t for t in tokens if t.map and start <= t.map[0] and t.map[1] <= end]
    rows = [t for t in within if t.type == "tr_open"]
    heads = {t.map[0] for t in within if t.type == "thead_open" and t.map}
    if rows:
        spans = [t.map for t in rows if t.map and t.map[0] not in heads]
    else:
        spans = [t.map for t in within if t.type == "list_item_open" and t.level == 1 and t.map]
    if not spans:
        leads = [t.map[0] for t in within if _begins_bold(t, lines) and t.map]
        spans = [[first, last] for first, last in pairwise([*leads, end])]
    texts = [(first, "".join(lines[first:last])) for first, last in spans]
    return tuple(Choice(_name(_first(text)), text, line + 1) for line, text in texts)


def _begins_bold(token: Token, lines: Sequence[str]) -> bool:
    if token.type != "paragraph_open" or token.level or not token.map:
        return False
    lead = _LEAD.match(lines[token.map[0]])
    return lead is not None and not _ASPECTS.search(lead["lead"])


def _first(text: str) -> str:
    """Return the words a row, an item or a paragraph begins with: what is in bold, if anything."""
    line = text.lstrip().split("\n", 1)[0].strip()
    if line.startswith("|"):
        return line.strip("|").split("|", 1)[0]
    lead = _LEAD.match(line)
    return lead["lead"] if lead else re.sub(r"^(?:\d+[.)]|[-*+])\s+", "", line)


def _name(text: str) -> str:
    title = plain(text)
    if re.match(r"\d", title):
        title = re.sub(r"^\d+(?:\.\d+)*[.):]?\s+", "", title)
    end = _NAME_END.search(title)
    head = title[: end.start()] if end and end.start() else title
    rest = title[end.end() :] if end else ""
    kept = f"{head}: {rest}" if end and end.group().startswith(":") and rest else head
    return kept.strip(" :")[:80]
