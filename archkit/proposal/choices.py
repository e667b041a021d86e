"""The technology choices of section 6, and how each is justified, compared and paid for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markdown_it.token import Token

from archkit.proposal.listing import entries, is_hollow, leading_name, mapped
from archkit.proposal.outline import Part, between, plain

__all__ = ["ASPECTS", "Choice", "Said", "choices_in", "said_by"]

ASPECTS = {
    "justification": re.compile(
        r"(?i)\b(?:justif\w*|rationale|reason\w*|why|benefits?|pros|advantages?|strengths?"
        r"|for it|decision drivers?|chosen (?:for|because))\b"
    ),
    "alternatives": re.compile(
        r"(?i)\b(?:alternatives?|compar(?:ed|ing|isons?)|versus|vs|considered|instead of|rejected"
        r"|rather than|rivals?|opposed to|ruled out|discarded|dismissed)\b"
    ),
    "trade_offs": re.compile(
        r"(?i)\b(?:trade-?\s?offs?|cons|drawbacks?|disadvantages?|downsides?|weakness\w*|risks?"
        r"|limitations?|costs?|against it|price|consequences?)\b"
    ),
}
"""What must be said of each choice, with how a label or a table's head names it."""

_WORDS = {
    "justification": re.compile(
        r"(?i)\b(?:justif\w*|rationale|chosen (?:for|because))\b"
        r"|\b(?:choose|chose|chosen|select(?:ed)?|pick(?:ed)?|prefer(?:red)?)\b[^.\n]{0,80}?"
        r"\b(?:because|since|for (?:its|their|the))\b"
    ),
    "alternatives": re.compile(
        r"(?i)\b(?:alternatives?|compared (?:to|with|against)|comparing|versus|vs|instead of"
        r"|rather than|considered|rejected|unlike|as opposed to|ruled out)\b|\bover (?-i:[A-Z])"
    ),
    "trade_offs": re.compile(
        r"(?i)\btrade-?\s?offs?\b|\bdrawbacks?\b|\bdownsides?\b|\bdisadvantages?\b|\bcons\b"
        r"|\bat the (?:cost|price|expense) of\b|\bthe (?:cost|price) is\b"
    ),
}
_PROSE = {
    "justification": re.compile(
        r"(?i)\b(?:because|since|why|reason|fits?|suits?|needs?|requires?|requirements?|ensures?"
        r"|provides?|enables?|allows?|supports?|gives?|offers?|benefits?|advantages?|ideal|mature"
        r"|proven|familiar|expertise|keeps?|avoids?|so that|reduces?|simpl\w+)\b"
    ),
    "alternatives": re.compile(r"(?!)"),
    "trade_offs": re.compile(
        r"(?i)\b(?:but|however|although|though|whereas|costs?|price|slower|harder|limits?"
        r"|lacks?|risks?|in return|on the other hand)\b"
    ),
}
MOST_TEXT = 20_000
"""So many characters of what is said of a choice are read."""

_SENTENCE = 6
_LABEL = re.compile(
    r"(?m)^[ \t>]*(?:#{1,6}[ \t]+(?P<head>[^\n]{1,100})"
    r"|(?:[-*+]|\d+[.)])?[ \t]*(?P<plain>[^\W_][\w ,&/'-]{0,50}):(?=\s))"
    r"|(?<!\w)(?P<marks>\*{1,3}|_{1,2})(?=\S)(?P<bold>[^*\n]{1,100}?)(?P=marks)"
    r"(?P<after>[ \t]*(?::|[—–-][ \t]))?"
)
_GENERIC = re.compile(
    r"(?i)^(?:overview|summary(?: table)?|at a glance|introduction|context|conclusions?"
    r"|notes?|references|constraints?"
    r"|(?:technology|tech)?\s?(?:stack|choices?)\s?(?:overview|summary|at a glance)?"
    r"|(?:decision|comparison|evaluation|technology) (?:matrix|log|drivers|criteria|table|summary)"
    r"|(?:cost|budget)s?(?: estimates?| summary)?|open questions|next steps"
    r"|summary of .*|alternatives? (?:considered|summary)|trade-?offs?(?: summary| overview)?)$"
)
_COMPARES = re.compile(
    r"(?i)^(?:criteri(?:on|a)|aspects?|factors?|options?|alternatives?|requirements?|metrics?"
    r"|dimensions?|features?|attributes?|qualit(?:y|ies)|considerations?)$"
)
_TECHNOLOGY = re.compile(
    r"(?i)^(?:(?:chosen |selected |recommended )?technolog(?:y|ies)|choices?|selected|selection"
    r"|recommendations?|recommended|chosen|tools?|products?|decision)$"
)


_DETAIL = re.compile(
    r"(?i)\b(?:choice|decision|evidence|details|configuration|notes?|usage|set-?up|version)\b"
)


class Choice(NamedTuple):
    """One technology recommendation and all that is said of it.

    `columns` are the heads and cells of a table's row; empty when it is no row.
    """

    name: str
    text: str
    line: int
    columns: tuple[tuple[str, str], ...] = ()

    @property
    def technology(self) -> str:
        """What is chosen: the cell under such a head, else the name."""
        named = (cell for head, cell in self.columns[1:] if _TECHNOLOGY.match(head.strip()))
        return plain(next(named, "")) or self.name


class Said(NamedTuple):
    """What a choice says for itself, of its alternatives and of their price; "" where it does not.

    Labelled text stands alone; where nothing is labelled, the sentence that speaks of it.
    """

    justification: str = ""
    alternatives: str = ""
    trade_offs: str = ""


def choices_in(
    tokens: Sequence[Token], lines: Sequence[str], parts: Sequence[Part], start: int, end: int
) -> tuple[Choice, ...]:
    """Return the technology choices between two lines (from 0): sub-headings, rows or items."""
    tokens = mapped(tokens)
    inside = between(parts, start, end)
    depth = min((p.level for p in inside), default=0)
    heads = [p for p in inside if p.level == depth]
    if not heads:
        return _listed(tokens, lines, start, end)
    found: list[Choice] = []
    if heads[0] is not inside[0]:  # deeper headings stand before the first of the highest level
        found += choices_in(tokens, lines, parts, start, heads[0].line - 1)
    overviews: list[Choice] = []
    for head, after in zip(heads, [*(p.line - 1 for p in heads[1:]), end], strict=True):
        name = leading_name(head.title)
        items = _grouped(tokens, lines, inside, head, after)
        if items and _GENERIC.match(name) and not any(map(_has_aspects, items)):
            overviews += items
        elif items:
            found += items
        elif not _GENERIC.match(name):
            found.append(Choice(name, "".join(lines[head.line - 1 : after]), head.line))
    found = found or overviews
    return tuple(found) or _listed(tokens, lines, start, heads[0].line - 1)


def _has_aspects(choice: Choice) -> bool:
    return any(_by_label(choice).values())


def _grouped(
    tokens: Sequence[Token], lines: Sequence[str], inside: Sequence[Part], head: Part, after: int
) -> tuple[Choice, ...]:
    """Return the choices below a heading that only groups them, none if it is itself a choice."""
    below = between(inside, head.line, after)
    if not below:
        items = _listed(tokens, lines, head.line, after)
        first = items[0].line if items else after + 1
    else:
        depth, first = min(p.level for p in below), below[0].line
        starts = [p for p in below if p.level == depth]
        ends = [*(p.line - 1 for p in starts[1:]), after]
        items = tuple(
            Choice(leading_name(p.title), "".join(lines[p.line - 1 : end]), p.line)
            for p, end in zip(starts, ends, strict=True)
        )
    is_choice = any(_is_aspect(item.name) for item in items) or any(
        label.aspects for label in _labels("".join(lines[head.line : first - 1]))
    )
    return () if is_choice else items


def _listed(
    tokens: Sequence[Token], lines: Sequence[str], start: int, end: int
) -> tuple[Choice, ...]:
    return tuple(Choice(*entry) for entry in entries(tokens, lines, start, end, takes=_is_choice))


def _is_choice(head: str) -> bool:
    title = plain(head).strip(": ")
    if _TECHNOLOGY.match(title):
        return True
    return not _COMPARES.match(title) and not _is_aspect(title)


def _is_aspect(title: str) -> bool:
    return _DETAIL.search(title) is not None or any(a.search(title) for a in ASPECTS.values())


def said_by(choices: Sequence[Choice]) -> tuple[Said, ...]:
    """Return what each choice of a section says for itself.

    An aspect is said by a label (bold, a heading, a table's head, a word and a colon) with
    something after it, or by its own words ("compared with", "the trade-off is"). Only where no
    choice of the section labels an aspect do looser words count for it ("because", "however"): a
    section that labels them elsewhere is held to its own form.
    """
    choices = [choice._replace(text=choice.text[:MOST_TEXT]) for choice in choices]
    labelled = [_by_label(choice) for choice in choices]
    used = {aspect for values in labelled for aspect, value in values.items() if value}
    return tuple(
        Said(**{aspect: _said(choice, aspect, values, used) for aspect in ASPECTS})
        for choice, values in zip(choices, labelled, strict=True)
    )


def _said(choice: Choice, aspect: str, values: Mapping[str, str], used: set[str]) -> str:
    if values.get(aspect):
        return values[aspect]
    text = _without_hollow(choice.text)
    match = _WORDS[aspect].search(text)
    if match is None and aspect not in used:
        match = _PROSE[aspect].search(text)
        if match is None and aspect == "justification":
            return _statement(text)
    return _sentence_at(text, match.start()) if match else ""


class _Label(NamedTuple):
    aspects: tuple[str, ...]
    start: int
    value_start: int
    end: int


def _labels(text: str) -> list[_Label]:
    """Return the labels of a text, each with where its value begins and ends."""
    found = []
    for match in _LABEL.finditer(text):
        title = match["head"] or match["plain"] or match["bold"] or ""
        aspects = tuple(a for a, names in ASPECTS.items() if names.search(title))
        if match["bold"] and not (match["after"] or title.rstrip()[-1:] in (":", ".", "?")):
            begins = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
            if not aspects or begins.strip(" \t>-*+0123456789.)"):
                continue
        found.append((aspects, match.start(), match.end()))
    ends = [*(start for _, start, _ in found[1:]), len(text)]
    return [_Label(*label, end) for label, end in zip(found, ends, strict=False)]


def _by_label(choice: Choice) -> dict[str, str]:
    """Return the aspects that are labelled, with their values; "" where nothing follows."""
    values: dict[str, str] = {}
    if choice.columns:
        pairs = [
            (aspect, cell)
            for head, cell in choice.columns
            for aspect, names in ASPECTS.items()
            if names.search(head)
        ]
    else:
        pairs = [
            (aspect, choice.text[label.value_start : label.end])
            for label in _labels(choice.text)
            for aspect in label.aspects
            if label.start or not choice.text.startswith("#")
        ]
    for aspect, value in pairs:
        values[aspect] = values.get(aspect) or ("" if is_hollow(value) else _one_line(value))
    return values


def _without_hollow(text: str) -> str:
    """Return the text without the labels that nothing follows."""
    kept, done = [], 0
    for label in _labels(text):
        if label.aspects and is_hollow(text[label.value_start : label.end]):
            kept.append(text[done : label.start])
            done = label.end
    return "".join([*kept, text[done:]])


def _statement(text: str) -> str:
    """Return what is said of a choice before its alternative and its price, if it is a sentence."""
    others = [m.start() for a, words in _WORDS.items() if (m := words.search(text))]
    first = re.match(r"\s*(?:#[^\n]*\n|(?:[-*+]|\d+[.)])?\s*(?:\*\*|__)[^\n]*?(?:\*\*|__))?", text)
    said = _one_line(text[first.end() if first else 0 : min(others, default=len(text))])
    return said if len(said.split()) >= _SENTENCE else ""


def _sentence_at(text: str, at: int) -> str:
    begins = max(text.rfind(mark, 0, at) + len(mark) for mark in (". ", "\n", "|"))
    ends = [found for mark in (". ", "\n", "|") if (found := text.find(mark, at)) >= 0]
    return _one_line(text[begins : min(ends, default=len(text)) + 1])


def _one_line(text: str) -> str:
    return plain(" ".join(text[:600].split())).strip("|:;,-–— ")
