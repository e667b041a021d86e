"""Two texts line by line, and changed lines word by word, in bounded time."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

__all__ = ["Line", "Row", "line_rows", "word_pieces"]

_MOST_PAIRS = 40_000
"""Lines of one side times lines of the other that are matched at once; more count as replaced."""

_MOST_WORDS = 150
_WORD = re.compile(r"\s+|\w+|[^\w\s]")

Line = tuple[int, str]
"""A line with its number in the text, counted from 1."""

Opcode = tuple[str, int, int, int, int]


class Row(NamedTuple):
    """One line of each side; None where a side has none. `state` is same, changed, added, removed.

    Lines that are alike but for white space at their end are the same.
    """

    state: str
    before: Line | None
    after: Line | None


def line_rows(before: Sequence[Line], after: Sequence[Line]) -> list[Row]:
    """Return the lines of two texts side by side.

    Lines that are unique in both texts are matched first, in order; what lies between two of them
    is matched by difflib where it is short, and counts as replaced where it is long. So the time
    does not grow with the product of the lengths.
    """
    one, two = ([text.rstrip() for _, text in side] for side in (before, after))
    rows: list[Row] = []
    at_one = at_two = 0
    for n, m in [*_anchors(one, two), (len(one), len(two))]:
        for tag, a, b, c, d in _opcodes(one[at_one:n], two[at_two:m]):
            left, right = before[at_one + a : at_one + b], after[at_two + c : at_two + d]
            rows += _paired(tag, left, right)
        if n < len(one) and m < len(two):
            rows.append(Row("same", before[n], after[m]))
        at_one, at_two = n + 1, m + 1
    return rows


def _paired(tag: str, left: Sequence[Line], right: Sequence[Line]) -> Iterator[Row]:
    if tag == "equal":
        yield from (Row("same", a, b) for a, b in zip(left, right, strict=True))
        return
    shared = min(len(left), len(right))
    yield from (Row("changed", a, b) for a, b in zip(left[:shared], right[:shared], strict=True))
    yield from (Row("removed", line, None) for line in left[shared:])
    yield from (Row("added", None, line) for line in right[shared:])


def _anchors(one: Sequence[str], two: Sequence[str]) -> list[tuple[int, int]]:
    """Return the longest run of lines, in order on both sides, that each side has once."""
    once_one, once_two = Counter(one), Counter(two)
    place = {text: n for n, text in enumerate(two) if once_two[text] == 1}
    pairs = [(n, place[t]) for n, t in enumerate(one) if once_one[t] == 1 and t in place]
    tails: list[int] = []
    tail_pairs: list[int] = []
    before: list[int] = []
    for index, (_, m) in enumerate(pairs):
        at = bisect_left(tails, m)
        before.append(tail_pairs[at - 1] if at else -1)
        tails[at : at + 1] = [m]
        tail_pairs[at : at + 1] = [index]
    kept: list[tuple[int, int]] = []
    at = tail_pairs[-1] if tail_pairs else -1
    while at >= 0:
        kept.append(pairs[at])
        at = before[at]
    return kept[::-1]


def _opcodes(one: Sequence[str], two: Sequence[str]) -> list[Opcode]:
    if one == two:
        return [("equal", 0, len(one), 0, len(two))] if one else []
    if not one or not two or len(one) * len(two) > _MOST_PAIRS:
        return [("replace", 0, len(one), 0, len(two))]
    return list(SequenceMatcher(None, one, two, autojunk=False).get_opcodes())


def word_pieces(before: str, after: str) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Return both lines in pieces, each with whether it is only there.

    Lines that are long, or have little in common, are one piece each.
    """
    one, two = _WORD.findall(before), _WORD.findall(after)
    if max(len(one), len(two)) > _MOST_WORDS:
        return [(before, True)], [(after, True)]
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    if matcher.ratio() < 0.4:
        return [(before, True)], [(after, True)]
    left: list[tuple[str, bool]] = []
    right: list[tuple[str, bool]] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        left += [("".join(one[a:b]), tag != "equal")] if b > a else []
        right += [("".join(two[c:d]), tag != "equal")] if d > c else []
    return left, right
