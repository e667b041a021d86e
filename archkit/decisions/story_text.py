"""A story file's text: its tasks, its status and its time stamp, each with where it stands.

Lines are walked as they are; Markdown only says which are dead: in fences, indented code, comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

__all__ = ["Said", "Task", "Text", "lines_of", "number_of", "parse", "word_of"]

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
_TASK = re.compile(r"(?P<indent>[ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]+\[(?P<mark>.|[ \t]*)\](?=\s|$)")
_BULLET = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])(?=\s|$)")
_NUMBER = re.compile(
    r"[*_`~\[(]{0,4}(?:(?:(?:review[ -]?|sub[ -]?)?task|step|item|t(?=\d))[ #:-]{0,3}"
    r"(?P<called>\d+(?:\.\d+)*)|(?P<dotted>\d+(?:\.\d+)+)|(?P<plain>\d+)(?=[*_`]{0,2}[.:)\]]|"
    r"[*_`]{0,2} ?[-–—] ))(?![\w%]|\.\d)",
    re.I,
)
_FIELD = r"[ \t]{{0,3}}(?:[-*+>][ \t]{{1,4}})?(?:\*\*|__)?{}(?:\*\*|__)?[ \t]{{0,4}}:(?P<value>.*)"
_STATUS = re.compile(_FIELD.format("Status"), re.I)
_UPDATED = re.compile(_FIELD.format("Last[ -]Updated"), re.I)
_CORE = re.compile(r"""[\s*_`"']*(?P<core>.*?)(?:[\s*_`"']*|\\)(?:\s[|]\s.*|<!--.*)?""", re.S)
_FRONT = re.compile(
    r"---[ \t]*(?:\r\n?|\n)(?=\w[\w -]{0,60}:)(?:[^\r\n]*(?:\r\n?|\n)){0,200}?---[ \t]*(?:\r|\n|\Z)"
)
_LONGEST_VALUE = 400
_DEAD = frozenset({"fence", "code_block", "html_block"})
_TASKS = re.compile(
    r"(?:(?P<review>review)[ -]tasks?|(?:implementation |development |dev )?(?:sub-?)?tasks?)\b"
)


@dataclass(frozen=True, slots=True)
class Said:
    """A value in the text: its line, counted from 1, and where it stands, in characters."""

    value: str
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Task:
    """A checkbox line.

    `at` is where its mark stands; `kind` is ``task`` or ``review`` for those that the status waits
    for, else empty; `parent` is the line of the task it is a part of.
    """

    line: int
    at: int
    mark: str
    text: str
    number: str
    section: str
    heading: str
    kind: str
    depth: int
    parent: int | None

    @property
    def done(self) -> bool:
        """Whether it is ticked."""
        return self.mark in ("x", "X")

    @property
    def known(self) -> bool:
        """Whether its mark says done or open, and nothing else."""
        return self.mark in (" ", "x", "X")


@dataclass(frozen=True, slots=True)
class Text:
    """What was read of a story: the text without byte order mark, and what stands where.

    `statuses` are the places that may say the story's status: more than one, and none counts;
    `in_front` is how many lines the front matter takes.
    """

    text: str
    title: str
    tasks: tuple[Task, ...]
    statuses: tuple[Said, ...]
    updated: Said | None
    lines: Sequence[str] = field(repr=False)
    in_front: int = 0

    @property
    def status(self) -> Said | None:
        """The status, where exactly one place says it."""
        return self.statuses[0] if len(self.statuses) == 1 else None

    @property
    def line_end(self) -> str:
        """The line ending of the last line that has one."""
        ends = (line[len(line.rstrip("\r\n")) :] for line in reversed(self.lines))
        return next((end for end in ends if end), "\n")


def word_of(status: str) -> str:
    """Return what the spellings of a status have in common: `In-Progress 🚧` is `inprogress`."""
    return "".join(c for c in status.casefold() if c.isalnum())


def number_of(text: str) -> str:
    """Return the number that a task's text or a heading begins with: 3.1 of `Subtask 3.1: …`."""
    found = _NUMBER.match(text)
    return found[found.lastgroup] if found and found.lastgroup else ""


def lines_of(text: str) -> list[str]:
    """Return the lines as Markdown counts them, each with its own line end."""
    lines = _LINE.findall(text)
    return lines[:-1] if lines and not lines[-1] else lines


def parse(text: str) -> Text:
    """Read a story.

    Parameters
    ----------
    text
        Markdown, without byte order mark, line ends as they are.
    """
    lines = lines_of(text)
    starts = [0, *accumulate(map(len, lines))]
    front = _FRONT.match(text)
    in_front = len(lines_of(front[0])) if front else 0
    # what would be read as headings in front matter is blank to Markdown
    body = "\n" * in_front + "".join(lines[in_front:])
    tokens = _reader().parse(body)
    dead = {n for token in tokens if token.type in _DEAD and token.map for n in range(*token.map)}
    heads = {line: (level, title) for line, level, title in _headings(tokens)}
    walk = _Walk(lines, starts, dead, heads, in_front)
    walk.run()
    return Text(
        text,
        next((title for level, title in heads.values() if level == 1), ""),
        tuple(walk.tasks),
        tuple(walk.statuses),
        walk.updated,
        lines,
        in_front,
    )


@cache
def _reader() -> MarkdownIt:
    # Blocks only: inline text is most of the time. A list six deep nests twelve levels.
    reader = MarkdownIt("commonmark", {"maxNesting": 100})
    return reader.enable("table").disable(["inline", "reference"])


def _headings(tokens: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    for opening, inline in pairwise(tokens):
        if opening.type != "heading_open" or opening.level or not opening.map:
            continue
        # a rule right below `**Status**: …` makes a heading of it, which nobody means
        if opening.markup not in "-=" or not any(map(_is_field, inline.content.splitlines())):
            yield opening.map[0], int(opening.tag[1]), _plain(inline.content)


class _Walk:
    """Goes through the lines once, and remembers under which headings and tasks it is."""

    def __init__(
        self,
        lines: Sequence[str],
        starts: Sequence[int],
        dead: set[int],
        heads: dict[int, tuple[int, str]],
        in_front: int,
    ) -> None:
        self.tasks: list[Task] = []
        self.statuses: list[Said] = []
        self.updated: Said | None = None
        self._lines, self._starts, self._dead, self._heads = lines, starts, dead, heads
        self._in_front = in_front
        self._section, self._list, self._heading, self._level = "", "", "", 0
        self._in_header, self._awaits_status = True, False
        self._above: list[tuple[int, int]] = []

    def run(self) -> None:
        for n, line in enumerate(self._lines):
            if n in self._heads:
                self._enter(*self._heads[n])
            elif n not in self._dead and line.strip():
                self._read(n, line.rstrip("\r\n"))

    def _enter(self, level: int, title: str) -> None:
        self._above.clear()
        self._awaits_status = level == 2 and title.casefold().rstrip(" :") == "status"
        self._in_header &= level == 1
        if level <= 2:
            self._section, self._list, self._heading, self._level = title, "", "", level
        else:
            self._list, self._heading = (title if level == 3 else self._list), title

    def _read(self, n: int, line: str) -> None:
        if n >= self._in_front and (task := _TASK.match(line)):
            self._in_header = self._awaits_status = False
            self._add(n, line, task)
            return
        if updated := _UPDATED.match(line):
            self.updated = self._said(n, updated["value"], updated.start("value"))
        elif (status := _STATUS.match(line)) and (self._in_header or self._awaits_status):
            self.statuses.append(self._said(n, status["value"], status.start("value")))
            self._awaits_status = False
        elif self._awaits_status:
            bullet = _BULLET.match(line)
            begins = bullet.end() if bullet else 0
            self.statuses.append(self._said(n, line[begins:], begins))
            self._awaits_status = False
        if line[0] not in " \t" and not _BULLET.match(line):
            self._above.clear()  # a paragraph ends the list above it

    def _said(self, n: int, value: str, begins: int) -> Said:
        core = _CORE.fullmatch(value) if len(value) <= _LONGEST_VALUE else None
        first, last = core.span("core") if core else (0, len(value))
        start = self._starts[n] + begins
        return Said(value[first:last], n + 1, start + first, start + last)

    def _add(self, n: int, line: str, found: re.Match[str]) -> None:
        indent = len(found["indent"].expandtabs(4))
        while self._above and self._above[-1][0] >= indent:
            self._above.pop()
        text = line[found.end() :].strip()
        self.tasks.append(
            Task(
                line=n + 1,
                at=self._starts[n] + found.start("mark"),
                mark=found["mark"],
                text=text,
                number=number_of(text),
                section=self._section,
                heading=self._heading,
                kind=self._kind(),
                depth=len(self._above),
                parent=self._above[-1][1] if self._above else None,
            )
        )
        self._above.append((indent, n + 1))

    def _kind(self) -> str:
        """Say for which of the protocol's task lists a task counts; empty for none."""
        titles = [self._section]
        if self._level < 2:  # the card's own example has no section, only `### Task 3: …`
            titles.append(self._list)
        for title in titles:
            if tasks := _TASKS.match(_bare(title)):
                return "review" if tasks["review"] else "task"
        return ""


def _is_field(line: str) -> bool:
    return bool(_STATUS.match(line) or _UPDATED.match(line))


def _plain(title: str) -> str:
    return " ".join(re.sub(r"[*_`]+", "", title[:300]).split())


def _bare(title: str) -> str:
    """Return a title in lower case without what stands before its first letter."""
    return re.sub(r"^[\W\d_]+", "", title.casefold())
