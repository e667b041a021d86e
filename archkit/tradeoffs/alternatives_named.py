"""Names of the alternatives that the text of a technology choice speaks of."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["alternatives_named"]

_MARKS = re.compile(r"[*_`]+|\[([^\]]*)\]\([^)]*\)")
_LABEL = re.compile(
    r"(?mi)^[ \t>]*(?:[-*+]|\d+[.)])?[ \t]*\**(?:(?:further|other|rejected|main|key)[ \t]+)?"
    r"alternatives?\b(?P<mid>[^:\n]{0,120}):\**[ \t]*(?P<rest>[^\n]*)"
)
_ITEM = re.compile(r"(?m)\A(?:[ \t]*\n)?(?P<items>(?:[ \t]*(?:[-*+]|\d+[.)])[ \t]+[^\n]+\n?)+)")
_HEAD = re.compile(r"(?i)alternatives?|considered|rejected|compared|instead of|\bvs\b|versus")
_PROSE = re.compile(
    r"(?i)\b(?:instead of|rather than|compared (?:to|with|against)|as opposed to|versus|vs\.?|over"
    r"|unlike)\s+(?P<rest>[^.;:\n]+)"
)
_ASIDE = re.compile(r"\([^()]*\)")
_END = re.compile(
    r"(?i)\s(?:because|since|as it|which|that|but|whose|when|where|were|was|is|are|has|have"
    r"|keeps?|needs?|gives?|lacks?|offers?|does|do|would|can|could|may|rejected|considered"
    r"|[—–-])(?:\s|$)|:\s|\.(?:\s|$)"
)
_PURPOSE = re.compile(r"(?i)\s(?:for|with|at|in|as)\s")
_SPLIT = re.compile(r"(?i)\s*(?:[;,]\s*(?:and|or)?|\s(?:and|or|vs\.?|versus)\s|\s/\s)\s*")
_LEAD = re.compile(
    r"(?i)^(?:(?:we )?(?:considered|rejected)|compared (?:to|with|against)|versus|vs\.?|over|either"
    r"|instead of|rather than)\s+"
)
_MOST_WORDS = 8
_NONE = {"none", "n/a", "na", "none is recorded for this choice", "-", "—", ""}


def alternatives_named(choice: Any) -> tuple[str, ...]:
    """Return the alternatives a choice names, each once, in the order of the text.

    `choice` is one of `Proposal.choices`. A label "Alternative, X:" names X; what follows
    "Alternatives:" or stands in such a column of a table is a list; only where neither is there,
    names are taken after "instead of", "rather than", "versus" and the like.
    """
    found = _of_table(choice) or _of_labels(choice.text) or _of_prose(choice.text)
    own = {choice.name.casefold(), choice.technology.split(": ", 1)[-1].casefold()}
    kept = dict.fromkeys(name for name in found if name.casefold() not in own | _NONE)
    return tuple(kept)


def _of_table(choice: Any) -> list[str]:
    cells = [cell for head, cell in choice.columns[1:] if _HEAD.search(head)]
    return [name for cell in cells for name in _listed(cell)]


def _of_labels(text: str) -> list[str]:
    found = list[str]()
    for label in _LABEL.finditer(text):
        middle = _plain(label["mid"])
        if middle.startswith(","):
            name = middle[1:].strip()
            found += [name] if not name.casefold().startswith("ranked") else _listed(label["rest"])
        elif label["rest"].strip():
            found += _listed(label["rest"])
        else:
            items = _ITEM.match(text, label.end()) or _ITEM.match(text[label.end() + 1 :])
            lines = items["items"].splitlines() if items else []
            found += [n for line in lines for n in _listed(re.sub(r"^\s*\S+\s+", "", line))[:1]]
    return found


def _of_prose(text: str) -> list[str]:
    return [name for match in _PROSE.finditer(_plain(text)) for name in _listed(match["rest"])]


def _listed(text: str) -> list[str]:
    """Return the names a sentence lists: its parts up to where it goes on to argue."""
    whole = _END.split(_ASIDE.sub("", _plain(text)), maxsplit=1)[0].strip(" .")
    if len(whole.split()) <= _MOST_WORDS and not _SPLIT.search(whole):
        return [_LEAD.sub("", whole)] if whole else []
    parts = (_LEAD.sub("", part.strip()) for part in _SPLIT.split(whole))
    names = [_PURPOSE.split(part, maxsplit=1)[0].strip(" .") for part in parts]
    capital = names[0][:1].isupper()
    return [name for n, name in enumerate(names) if name and not (n and capital and _aside(name))]


def _aside(words: str) -> bool:
    """Whether a part of a list that begins with a proper name rather says something of it."""
    return len(words.split()) > (2 if words[:1].islower() else _MOST_WORDS)


def _plain(text: str) -> str:
    return " ".join(_MARKS.sub(lambda m: m[1] or "", text).split())
