"""What section 4 says of each endpoint: which lines are about it, and what they state."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from archkit.proposal.contents import CodeBlock, named_endpoints
from archkit.proposal.contract import Contract, template
from archkit.proposal.examples import (
    Example,
    Label,
    examples_in,
    examples_in_row,
    is_remark,
    label_of,
)
from archkit.proposal.listing import cells_of
from archkit.proposal.outline import lines_of, plain
from archkit.proposal.parameters import parameters_in
from archkit.proposal.statuses import Status, first_of_each, reason, statuses_in

if TYPE_CHECKING:
    from archkit.proposal.document import Proposal

__all__ = ["contracts_of"]

MOST = 1_000
"""So many endpoints are read; a design has tens."""

_LEAD = re.compile(
    r"^\s*(?:>\s*)*(?:[-*+]\s+|\d+[.)]\s+)?(?:<[a-z]+>\s?){0,4}[*_`]*(?=[A-Z]{3,7}\b)"
)
_LABELLED = re.compile(r"(?i)^(?:[-+]\s+)?(?:(?:description|summary|purpose|what)\s*[:–—-]\s*)?")
_PARAMETERS = re.compile(r"(?i)(?:[-+]\s+)?(?:path|query|url|header)\s+param|(?:[-+]\s+)?auth")
_TAG = re.compile(r"</?[a-z]+>")
_WITH_BODY = {"POST", "PUT", "PATCH"}
_STATUS_KEYS = ("status", "statusCode", "status_code", "code")
_LISTS = {"", "http", "rest", "text", "plaintext", "txt"}
_CARRIES = {*_LISTS, "json", "jsonc"}


class _Home(NamedTuple):
    """A line that names an endpoint; the lower its rank, the more it is the endpoint's own place.

    0 a heading, 1 a line that begins with it, 2 a row of a table, 3 a line that mentions it.
    """

    rank: int
    line: int
    key: tuple[str, str]
    path: str


class _Text(NamedTuple):
    """The lines of a proposal; `fence_of` has the block that a line (from 1) stands in."""

    lines: Sequence[str]
    fence_of: dict[int, CodeBlock]
    level_of: dict[int, int]
    section_of: dict[int, int]


def contracts_of(proposal: Proposal) -> tuple[Contract, ...]:
    """Return what the proposal says of each endpoint, in the order of its lines.

    Only section 4 is read; the whole text is where there is no such section. An endpoint is
    looked for where it is a heading, else where a line begins with it, else in a table's row.
    """
    text = _text_of(proposal)
    first, last = _bounds(proposal, len(text.lines))
    homes = sorted(_homes(text, first, last))
    best: dict[tuple[str, str], _Home] = {}
    for home in homes:
        best.setdefault(home.key, home)
    first_named = sorted(best.values(), key=lambda home: home.line)[: 2 * MOST]
    chosen = _without_calls(first_named)[:MOST]
    spans = _spans(chosen, text, first, last)
    shared = _shared(text, first, last, spans)
    rows = {home.key: home.line for home in reversed(homes) if home.rank == 2}
    return tuple(
        _contract(home, span, rows.get(home.key), shared, text)
        for home, span in zip(chosen, spans, strict=True)
    )


def _text_of(proposal: Proposal) -> _Text:
    fence_of = {
        line: block
        for block in proposal.code_blocks
        for line in range(block.line, block.line + block.text.count("\n") + 1 + block.closed)
    }
    section_of = {
        line: section.number
        for section in proposal.sections
        for line in range(section.line, section.line + len(lines_of(section.text)) + 1)
    }
    level_of = {part.line: part.level for part in proposal.parts}
    return _Text(lines_of(proposal.text)[: proposal.lines_read], fence_of, level_of, section_of)


def _bounds(proposal: Proposal, last: int) -> tuple[int, int]:
    for section in proposal.sections:
        if section.number == 4:
            return section.line, min(last, section.line + len(lines_of(section.text)))
    return 1, last


def _homes(text: _Text, first: int, last: int) -> Iterator[_Home]:
    for number in range(first, last + 1):
        line, block = text.lines[number - 1], text.fence_of.get(number)
        if "/" not in line:
            continue
        for method, path in named_endpoints(line, block.language if block else None):
            if number in text.level_of:
                rank = 0
            elif line.lstrip().startswith("|"):
                rank = 2
            else:
                rank = 1 if block or _LEAD.match(line) or line.rstrip(" *`\r\n")[-1:] == ":" else 3
            yield _Home(rank, number, (method, template(path)[0]), path)


def _without_calls(homes: Iterable[_Home]) -> list[_Home]:
    """Return the homes by line, less calls of an endpoint: `/users/42` where `/users/{id}` is."""
    shapes: dict[tuple[str, int], list[list[str]]] = {}
    for home in homes:
        if "{" in home.key[1]:
            segments = home.key[1].split("/")
            shapes.setdefault((home.key[0], len(segments)), []).append(segments)

    def is_call(home: _Home) -> bool:
        segments = home.key[1].split("/")
        alike = shapes.get((home.key[0], len(segments)), [])[:100]
        return home.rank > 0 and any(
            shape != segments
            and all("{" in s or s == t for s, t in zip(shape, segments, strict=True))
            and any(re.search(r"\d", t) for s, t in zip(shape, segments, strict=True) if "{" in s)
            for shape in alike
        )

    return sorted((h for h in homes if not is_call(h)), key=lambda home: home.line)


def _spans(chosen: Sequence[_Home], text: _Text, first: int, last: int) -> list[tuple[int, int]]:
    """Return the first and the last line about each endpoint; a row or a mention is one line."""
    heads = sorted(text.level_of)
    starts = [home.line for home in chosen if home.rank < 2]
    in_block = Counter(text.fence_of[line].line for line in starts if line in text.fence_of)
    spans = []
    for home in chosen:
        begin, end = home.line, home.line
        if home.rank < 2:
            at = bisect_right(starts, home.line)
            above = bisect_right(heads, home.line)
            head = heads[above - 1] if above else 0
            level = text.level_of.get(head, 0)
            later = (heads[n] for n in range(above, len(heads)))
            part_end = next((h - 1 for h in later if text.level_of[h] <= level), last)
            end = max(min([*(s - 1 for s in starts[at : at + 1]), part_end, last]), home.line)
            block = text.fence_of.get(home.line)
            if block is not None and in_block[block.line] > 1:
                end = min(end, block.line + block.text.count("\n"))
            elif head > first and end == part_end and bisect_left(starts, head) == at - 1:
                begin = head  # the heading above is about this endpoint only
        spans.append((begin, end))
    return spans


def _shared(
    text: _Text, first: int, last: int, spans: Sequence[tuple[int, int]]
) -> tuple[Status, ...]:
    """Return the errors stated for every endpoint: in the section, but below no endpoint."""
    covered = {line for begin, end in spans for line in range(begin, end + 1)}
    if text.section_of.get(first) != 4:
        return ()
    free = [line for line in range(first + 1, last + 1) if line not in covered]
    return first_of_each([s for s in _stated(text, free) if not s.is_success])


def _stated(text: _Text, numbers: Iterable[int]) -> Iterator[Status]:
    for number in numbers:
        block, line = text.fence_of.get(number), text.lines[number - 1]
        if block is not None:
            comment = block.language in _CARRIES and is_remark(line.strip())
            if not comment and not (block.language in _LISTS and not line.startswith((" ", "{"))):
                continue
        yield from statuses_in(line, number)


def _contract(
    home: _Home, span: tuple[int, int], row: int | None, shared: tuple[Status, ...], text: _Text
) -> Contract:
    begin, end = span
    numbers = [*range(begin, end + 1), *([row] if row and not begin <= row <= end else [])]
    examples = (*_examples(home, begin, end, text), *(_in_row(row, text) if row else ()))
    written = [*_stated(text, numbers), *(_in_body(e) for e in examples)]
    path, in_path, in_query = template(home.path)
    return Contract(
        method=home.key[0],
        path=home.path,
        template=path,
        line=home.line,
        end=end,
        section=text.section_of.get(home.line),
        summary=_summary(home, begin, end, row, text),
        path_parameters=in_path,
        query_parameters=in_query,
        declared=tuple(
            parameters_in([(n, text.lines[n - 1]) for n in numbers if n not in text.fence_of])
        ),
        statuses=first_of_each([status for status in written if status is not None]),
        shared=shared,
        examples=examples,
    )


def _examples(home: _Home, begin: int, end: int, text: _Text) -> Iterator[Example]:
    above: list[str] = []
    asked = home.key[0] not in _WITH_BODY
    number = begin
    while number <= end:
        block = text.fence_of.get(number)
        if block is None:
            above.append(text.lines[number - 1])
            number += 1
            continue
        label = _label(above) or Label("response" if asked else "request", None)
        for example in examples_in(block, label):
            asked = asked or example.role == "request"
            yield _with_status(example)
        above = []
        number = block.line + block.text.count("\n") + 1 + block.closed


def _in_row(row: int, text: _Text) -> Iterator[Example]:
    """Yield the examples in the cells of a table's row, by what the table's head says of them."""
    first = row
    while first > 1 and text.lines[first - 2].lstrip().startswith("|"):
        first -= 1
    yield from examples_in_row(text.lines[row - 1], row, cells_of(text.lines[first - 1]))


def _label(above: Sequence[str]) -> Label | None:
    """Return what the lines between two blocks announce: the nearest role, its nearest status."""
    found = [label for line in reversed(above) if (label := label_of(line))]
    if not found:
        return None
    alike = (label.status for label in found if label.role == found[0].role and label.status)
    return Label(found[0].role, next(alike, None))


def _with_status(example: Example) -> Example:
    """Take an error's status from its own body, where the text around it has none."""
    if example.role != "error" or example.status or not isinstance(example.value, dict):
        return example
    inner = example.value.get("error")
    for body in (example.value, inner if isinstance(inner, dict) else {}):
        for key in _STATUS_KEYS:
            code = body.get(key)
            if isinstance(code, int) and 400 <= code < 600 and reason(code):
                return example._replace(status=code)
    return example


def _in_body(example: Example) -> Status | None:
    return Status(example.status, example.line, "") if example.status else None


def _summary(home: _Home, begin: int, end: int, row: int | None, text: _Text) -> str:
    """Return what an endpoint does: the rest of its heading, else its first sentence or its row."""
    line = text.lines[home.line - 1]
    if begin != home.line:
        return plain(text.lines[begin - 1].lstrip("# ").strip())[:200]
    rest = line.partition(home.path)[2] if not line.lstrip().startswith("|") else ""
    said = plain(_TAG.sub("", rest).strip(" `*_)").lstrip("-–—:,#/ ").strip())
    if len(said) > 3 and not statuses_in(said, 0):
        return said[:200]
    if row is not None:
        cells = [plain(cell) for cell in text.lines[row - 1].strip().strip("|").split("|")]
        words = [c for c in cells if "/" not in c and len(c) > 9 and not statuses_in(c, 0)]
        if words:
            return words[0][:200]
    for number in range(home.line + 1, end + 1):
        said = _LABELLED.sub("", plain(text.lines[number - 1].strip()))
        if number in text.fence_of and said.startswith(("# ", "// ")):
            return said.lstrip("#/ ")[:200]
        if number in text.fence_of or label_of(said) or said.startswith(("#", "|")):
            return ""
        if said.endswith(":") or _PARAMETERS.match(said):
            continue
        if said:
            return said[:200]
    return ""
