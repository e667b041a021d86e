"""The structure of a Markdown text: its headings, what stands below each, and on which line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

__all__ = ["Part", "between", "block_tokens", "lines_of", "parts", "plain", "same_title"]

MOST_BARS = 100_000
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
_EMPHASIS = re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)")
_NUMBER = re.compile(
    r"^\s*(?:(?:section|part|step)\s+)?(?:\d+(?:\.\d+)*|[ivxIVX]+(?=[.)]))[.):]?\s+", re.I
)


class Part(NamedTuple):
    """A heading and all that stands below it, down to the next heading of its level or above.

    `line` is where the heading is, counted from 1; `title` is without emphasis marks; `text` is
    what the source says, byte for byte, without the heading itself.
    """

    level: int
    title: str
    line: int
    text: str


@cache
def _reader(has_tables: bool) -> MarkdownIt:
    # Block structure only: inline parsing is most of the time and link references can be quadratic.
    reader = MarkdownIt("commonmark").disable(["inline", "reference"])
    return reader.enable("table") if has_tables else reader


def block_tokens(text: str) -> Sequence[Token]:
    """Return the block tokens of `text`, whose `map` gives lines counted from 0.

    A text of more than 100,000 bars has no tables: each cell would cost three tokens.
    """
    return _reader(text.count("|") <= MOST_BARS).parse(text)


def lines_of(text: str) -> list[str]:
    """Return the lines as Markdown counts them, each with its own line end."""
    lines = _LINE.findall(text)
    return lines[:-1] if lines and not lines[-1] else lines


def plain(text: str) -> str:
    """Return a line of Markdown without its emphasis and code marks; at most 300 characters."""
    return _EMPHASIS.sub("", text[:300]).strip()


def same_title(title: str) -> str:
    """Return what two spellings of a title have in common: no number, no case, no closing colon."""
    return " ".join(_NUMBER.sub("", plain(title)).rstrip(" :").casefold().split())


def parts(
    text: str, tokens: Sequence[Token] | None = None, *, first_line: int = 1
) -> tuple[Part, ...]:
    """Return every heading of `text` in order, with what stands below it.

    Parameters
    ----------
    text
        Markdown. Headings inside fences, quotes and lists are no headings.
    tokens
        Its block tokens, where they are already at hand.
    first_line
        The number of the first line of `text` in its file.
    """
    tokens = block_tokens(text) if tokens is None else tokens
    lines = lines_of(text)
    found = [
        (int(opening.tag[1]), inline.content, opening.map[0], opening.map[1])
        for opening, inline in pairwise(tokens)
        if opening.type == "heading_open" and opening.level == 0 and opening.map
    ]
    ends = _ends([(level, start) for level, _, start, _ in found], len(lines))
    return tuple(
        Part(level, plain(title), start + first_line, "".join(lines[below:end]))
        for (level, title, start, below), end in zip(found, ends, strict=True)
    )


def between(headings: Sequence[Part], after: int, last: int) -> Sequence[Part]:
    """Return the headings, which are in the order of their lines, below a line up to another."""
    first = bisect_right(headings, after, key=_line)
    return headings[first : bisect_right(headings, last, lo=first, key=_line)]


def _line(part: Part) -> int:
    return part.line


def _ends(headings: Sequence[tuple[int, int]], last: int) -> list[int]:
    """Return for each heading the line of the next one that is no deeper."""
    ends, open_ = [last] * len(headings), list[int]()
    for index, (level, start) in enumerate(headings):
        while open_ and headings[open_[-1]][0] >= level:
            ends[open_.pop()] = start
        open_.append(index)
    return ends
