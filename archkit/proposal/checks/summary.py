"""E: the executive summary says what there is today, what is chosen, and is brief."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archkit.proposal.naming import Names, tokens_of
from archkit.proposal.outline import plain
from archkit.proposal.rule import Fault, Reading, rule

__all__ = ["RULES"]

MOST_WORDS = 500
"""A summary of more words is no longer brief."""

_STATE = re.compile(
    r"(?i)\b(?:exist(?:s|ing|ed)?|current(?:ly)?|today|at present|present(?:ly)?|already|legacy"
    r"|green-?\s?field|brown-?\s?field|from scratch|fresh start|new (?:project|system|product"
    r"|build|codebase|service|backend|platform|application|repository)|initial(?:ly)?"
    r"|(?:empty|new|fresh|bare) (?:repository|repo|workspace|codebase|project)|so far|in place"
    r"|in production|code\s?base|(?:no|without|any) (?:prior|previous|code|backend|earlier)\w*"
    r"|starts? (?:from|with) (?:nothing|zero|no)|not yet|is in use|runs on|monolith"
    r"|project state|prototype|mvp|pre-?launch|day one|migrat\w+ (?:from|away)"
    r"|replac(?:e|es|ing) (?:the|our|an?)|inherit\w*|up to now|until now"
    r"|the team (?:has|runs|uses))\b"
)


@rule(
    "E01",
    "warning",
    3,
    "The executive summary says what state the project is in.",
    "Say in a sentence what exists today: the code, the stores, the load; or that nothing does.",
    sections=(1,),
)
def state(reading: Reading) -> Iterator[Fault]:
    """Look for words that speak of what there is already, or that there is nothing."""
    section = reading.section(1)
    if section and not _STATE.search(section.text):
        yield reading.fault(
            section.line,
            "The executive summary does not say what state the project is in.",
            section=1,
        )


@rule(
    "E02",
    "warning",
    3,
    "The executive summary names a key technology choice.",
    "Name the choices that carry the design, as section 6 has them.",
    sections=(1, 6),
    needs=("T01",),
)
def choices(reading: Reading) -> Iterator[Fault]:
    """Look for a word of any choice of section 6."""
    section, made = reading.section(1), reading.proposal.choices
    if section is None or not made:
        return
    names = Names(section.text)
    words = {
        word
        for choice in made
        for name in (choice.name, choice.technology)
        for word in tokens_of(name)
        if len(word) > 1 and word not in _COMMON
    }
    if words and not any(names.has_word(word) for word in words):
        shown = ", ".join(choice.technology for choice in made[:3])
        yield reading.fault(
            section.line,
            f"The executive summary names none of the choices of section 6 ({shown}).",
            section=1,
        )


@rule(
    "E03",
    "info",
    0,
    "The executive summary is brief.",
    f"Cut it to {MOST_WORDS} words; what is cut has its place in the sections after.",
    sections=(1,),
)
def brief(reading: Reading) -> Iterator[Fault]:
    """Count the words."""
    section = reading.section(1)
    count = len(plain_words(section.text)) if section else 0
    if section and count > MOST_WORDS:
        yield reading.fault(
            section.line,
            f"The executive summary has {count:,} words; a brief one fits on a page.",
            section=1,
        )


RULES = (state, choices, brief)
"""The rules of this group."""

_COMMON = frozenset(
    re.split(
        r"\s",
        "and or the for of in on to with by at from over data database language framework layer"
        " service system api backend cache storage store queue message pattern architecture key"
        " technology stack web server cloud primary is are a an it as that how",
    )
)


def plain_words(text: str) -> list[str]:
    """Return the words of a text, as a reader counts them."""
    return [word for word in text.split() if plain(word)]
