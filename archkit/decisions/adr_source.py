"""The text of an ADR as it is on disk: decoded without loss, and where its parts stand."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import NamedTuple

from archkit.errors import ArchkitError
from archkit.plain import shown_path
from archkit.proposal.outline import block_tokens, lines_of, same_title

__all__ = ["LARGEST_BYTES", "Entry", "Page", "Section", "as_bytes", "as_text", "read_source"]

LARGEST_BYTES = 1_000_000
"""A larger file is no ADR: the longest of 460 real ones had 90 KB."""

_MOST_HEADINGS = 1000
"""Headings that are looked at: no record has so many, and a text that does must end in time."""

_FRONT = re.compile(
    r"""\A\ufeff?
    (?:(?:\s*<!--(?:[^-]|-(?!->))*-->)+\s*?(?<=[\r\n])
       (?=---[ \t]*[\r\n]+(?:\#[^\r\n]*[\r\n]+)*[A-Za-z][\w-]*:))?
    ---[ \t]*(?:\r\n?|\n)(.*?)(?<![^\r\n])---[ \t]*(?:\r\n?|\n|\Z)""",
    re.S | re.X,
)
_KEY = re.compile(r"(?<![^\r\n])([A-Za-z][\w -]{0,40}?)[ \t]*:(?=\s|\Z)[ \t]*")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_BOLD_TITLE = re.compile(
    r"[ ]{0,3}(?:\*\*|__)([^*_\r\n]{2,60})(?:\*\*|__)[ \t]*:?[ \t]*(?:\r\n?|\n|\Z)"
)
_IS_NAME = re.compile(r"[^\r\n]+\.(?:md|markdown|mdown|mkd|txt|adoc|rst)", re.I)


def read_source(source: str | bytes | Path) -> tuple[str, str]:
    """Return the text of a file, of bytes, or the text that is given; and the file's name.

    Raises
    ------
    ArchkitError
        There is no such file, or it cannot be read.
    """
    if isinstance(source, bytes):
        return as_text(source), ""
    if isinstance(source, str) and not _IS_NAME.fullmatch(source.strip()):
        return source, ""
    path = Path(source).expanduser()
    try:
        with path.open("rb") as file:  # of a huge file no more is read than shows that it is
            return as_text(file.read(LARGEST_BYTES + 1)), path.name
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ArchkitError(
            f"{shown_path(path)!r} cannot be read as an ADR.",
            why=f"{reason}.",
            mend="Name a Markdown file that is there; or hand the text itself in.",
        ) from error


def as_text(data: bytes) -> str:
    """Decode UTF-8; bytes that are none stay, as lone surrogates, and a byte order mark does."""
    return data.decode("utf-8", "surrogateescape")


def as_bytes(text: str) -> bytes:
    """Encode a text; the inverse of `as_text`."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # a lone surrogate that no file ever had
        return text.encode("utf-8", "surrogatepass")


class Entry(NamedTuple):
    """A field of the front matter: its key in lower case, its value as written, and where."""

    key: str
    value: str
    start: int
    end: int


class Section(NamedTuple):
    """A heading and what stands below it: characters of the text, from `start` to `end`.

    `own_end` is where its first sub-heading begins, `top` where its heading does.
    """

    level: int
    title: str
    name: str
    top: int
    start: int
    own_end: int
    end: int


@dataclass(frozen=True)
class Page:
    """An ADR's text with its front matter, headings and dead lines found."""

    text: str
    body: int
    front: tuple[Entry, ...]
    sections: tuple[Section, ...]
    dead: tuple[tuple[int, int], ...]
    tables: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, text: str, names: Sequence[str] = ()) -> Page:
        """Find the parts; `names` are titles that are headings if they stand alone in bold."""
        front = _FRONT.match(text)
        body = front.end() if front else 0
        # Blank lines in place of the front matter keep the count of lines, and so the offsets.
        lines = lines_of(text)
        starts = [0, *accumulate(map(len, lines))]
        hidden = [
            _blank(line) if at < body else line for at, line in zip(starts, lines, strict=False)
        ]
        tokens = block_tokens("".join(hidden).replace("\ufeff", " ", 1))
        spans = {
            kind: tuple(
                (starts[t.map[0]], starts[min(t.map[1], len(lines))])
                for t in tokens
                if t.type == kind and t.map
            )
            for kind in ("fence", "code_block", "html_block", "table_open", "paragraph_open")
        }
        heads = [
            (int(opening.tag[1]), inline.content, starts[opening.map[0]], starts[opening.map[1]])
            for opening, inline in pairwise(tokens)
            if opening.type == "heading_open" and opening.level == 0 and opening.map
        ]
        heads = sorted(
            [*heads[:_MOST_HEADINGS], *_bold_heads(text, spans["paragraph_open"], names)], key=_top
        )
        comments = tuple(m.span() for m in _COMMENT.finditer(text))
        return cls(
            text=text,
            body=int(body),
            front=_entries(front) if front else (),
            sections=tuple(_sections(heads, len(text))),
            dead=_merged([*spans["fence"], *spans["code_block"], *comments]),
            tables=spans["table_open"],
        )

    def is_dead(self, at: int) -> bool:
        """Whether a character stands in a fence or a comment."""
        n = bisect_right(self.dead, (at, len(self.text) + 1)) - 1
        return n >= 0 and at < self.dead[n][1]

    def lines(self, start: int, end: int) -> Iterator[tuple[int, str]]:
        """Give the living lines from `start` to `end`, each with where it begins, less its end."""
        at = start
        for line in lines_of(self.text[start:end]):
            if not self.is_dead(at):
                yield at, line.rstrip("\r\n")
            at += len(line)

    def children(self, section: Section) -> list[Section]:
        """Return the sub-headings directly below a section."""
        below = [s for s in self.sections if section.start <= s.top < section.end]
        level = min((s.level for s in below), default=0)
        return [s for s in below if s.level == level]


def _merged(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return spans in order, those that overlap as one: a character is then found by halving."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def _blank(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _top(head: tuple[int, str, int, int]) -> int:
    return head[2]


def _bold_heads(
    text: str, paragraphs: Sequence[tuple[int, int]], names: Sequence[str]
) -> Iterator[tuple[int, str, int, int]]:
    count = 0
    for start, _ in paragraphs:
        bold = _BOLD_TITLE.match(text, start)
        if bold and count < _MOST_HEADINGS and same_title(bold[1]) in names:
            count += 1
            yield 6, bold[1], start, bold.end()


def _sections(heads: Sequence[tuple[int, str, int, int]], last: int) -> Iterator[Section]:
    ends, open_ = [last] * len(heads), list[int]()
    for n, (level, _, top, _) in enumerate(heads):
        while open_ and heads[open_[-1]][0] >= level:
            ends[open_.pop()] = top
        open_.append(n)
    for n, (level, title, top, start) in enumerate(heads):
        end = ends[n]
        own = min(heads[n + 1][2] if n + 1 < len(heads) else last, end)
        words = _COMMENT.sub("", title).strip()
        yield Section(level, words, same_title(words), top, start, own, end)


def _entries(front: re.Match[str]) -> tuple[Entry, ...]:
    """Return the top-level fields of the front matter, YAML or nearly so."""
    keys = list(_KEY.finditer(front[1]))
    ends = [*(key.start() for key in keys[1:]), len(front[1])][: len(keys)]
    shift = front.start(1)
    found = []
    for key, end in zip(keys, ends, strict=True):
        value = front[1][key.end() : end]
        begin = shift + key.end() + len(value) - len(value.lstrip())
        stop = begin + len(value.strip())
        name = " ".join(key[1].casefold().replace("-", " ").replace("_", " ").split())
        found.append(Entry(name, value.strip(), begin, stop))
    return tuple(found)
