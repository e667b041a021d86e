"""Rewritten sections joined into the proposal they were taken from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from archkit.proposal.document import Proposal, Section, read_proposal
from archkit.proposal.outline import lines_of

__all__ = ["joined"]

_MARKS = re.compile(r" {0,3}(?P<marks>#{1,6})(?=\s)")


def joined(proposal: Proposal, text: str) -> str:
    """Return the proposal with the sections of `text` in the place of its own.

    Parameters
    ----------
    proposal
        What is to be mended.
    text
        A whole proposal, which is returned as it is, or some of the seven sections: each takes
        the place of the section of its number, or goes where the order wants it.

    Returns
    -------
    str
        Markdown; the proposal's own text if `text` has none of the seven sections.
    """
    rewritten = read_proposal(text)
    there = {section.number for section in proposal.sections}
    given = {section.number for section in rewritten.sections}
    if not given:
        return proposal.text
    if there <= given:
        return text
    levels = [section.level for section in proposal.sections]
    level = max(sorted(set(levels)), key=levels.count, default=2)
    fresh = {s.number: _whole(s, rewritten, level) for s in reversed(rewritten.sections)}
    pieces = _pieces(proposal)
    for number in sorted(given - there):
        after = [at for at, (known, _) in enumerate(pieces) if known is not None and known < number]
        pieces.insert(after[-1] + 1 if after else 1, (number, ""))
    return "".join(_chosen(pieces, fresh))


def _pieces(proposal: Proposal) -> list[tuple[int | None, str]]:
    """Return the text cut at its sections: what comes first and what lies between has no number."""
    lines = lines_of(proposal.text)
    spans = [(s.number, *_span(s, lines)) for s in proposal.sections]
    first = spans[0][1] if spans else len(lines)
    pieces: list[tuple[int | None, str]] = [(None, "".join(lines[:first]))]
    for (number, start, end), following in pairwise([*spans, (0, len(lines), len(lines))]):
        stop = min(end, following[1])
        pieces.append((number, "".join(lines[start:stop])))
        if stop < following[1]:
            pieces.append((None, "".join(lines[stop : following[1]])))
    return pieces


def _span(section: Section, lines: Sequence[str]) -> tuple[int, int]:
    """Return the lines of a section, from 0, its heading (and a heading's underline) included."""
    count = len(lines_of(section.text))
    below = section.line
    if "".join(lines[below : below + count]) != section.text or (
        not count and set("".join(lines[below : below + 1]).strip()) in ({"="}, {"-"})
    ):
        below += 1
    return section.line - 1, below + count


def _whole(section: Section, proposal: Proposal, level: int) -> str:
    """Return a section with its heading, at the level of those it goes among."""
    lines = lines_of(proposal.text)
    start, end = _span(section, lines)
    deeper = level - section.level
    for part in proposal.parts:
        if start < part.line <= end and (match := _MARKS.match(lines[part.line - 1])):
            marks = "#" * min(max(len(match["marks"]) + deeper, 1), 6)
            lines[part.line - 1] = marks + lines[part.line - 1][match.end() :]
    return "".join(lines[start:end]).strip("\r\n")


def _chosen(pieces: list[tuple[int | None, str]], fresh: Mapping[int, str]) -> list[str]:
    """Return the pieces to write: a section given anew takes the first place of its number."""
    chosen: list[str] = []
    written: set[int] = set()
    for number, text in pieces:
        if number is None or number not in fresh:
            chosen.append(text)
        elif number not in written:
            written.add(number)
            if chosen and not chosen[-1].endswith("\n\n") and "".join(chosen).strip():
                chosen.append("\n" if chosen[-1].endswith("\n") else "\n\n")
            chosen.append(f"{fresh[number]}\n\n")
    return chosen
