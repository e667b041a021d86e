"""What the parts of an ADR are called in the wild."""

from __future__ import annotations

from functools import lru_cache

from archkit.proposal.outline import same_title

__all__ = ["HEADINGS", "KEYS", "heading_of", "key_of"]

HEADINGS: dict[str, tuple[str, ...]] = {
    "status": ("status", "state", "decision status", "adr status", "状态", "estado", "statut"),
    "date": ("date", "decision date", "dates", "日期", "datum", "fecha", "data"),
    "context": (
        *("context and problem statement", "context", "problem statement", "context & problem"),
        *("context and problem", "problem context", "problem", "problem description", "background"),
        *("issue", "issues", "motivation", "why", "context and background", "the problem"),
        *("current situation", "situation", "rationale and context", "introduction"),
        *(
            "背景",
            "上下文",
            "kontext",
            "contexte",
            "contexto",
            "contesto",
            "kontext und problemstellung",
        ),
    ),
    "decision": (
        *("decision outcome", "decision", "decisions", "outcome", "the decision", "our decision"),
        *("resolution", "chosen option", "decision result", "conclusion", "decision made"),
        *("decision and rationale", "solution", "proposed solution", "proposed decision"),
        *("proposal", "recommendation", "proposed design", "proposed implementation"),
        *("决策", "决定", "entscheidung", "décision", "decisión", "decisão", "decisione"),
    ),
    "consequences": (
        *("consequences", "consequence", "positive consequences", "negative consequences"),
        *("implications", "impact", "results", "resulting context", "consequences and risks"),
        *("expected consequences", "trade-offs", "tradeoffs"),
        *("后果", "影响", "konsequenzen", "conséquences", "consecuencias", "consequências"),
    ),
    "drivers": ("decision drivers", "drivers", "forces", "decision criteria", "requirements"),
    "options": (
        *("considered options", "options considered", "options", "alternatives"),
        *("alternatives considered", "considered alternatives", "alternative options"),
        *("other options considered", "possible options", "other considered options"),
    ),
    "pros_and_cons": (
        *("pros and cons of the options", "pros and cons", "pros & cons", "comparison of options"),
        *("evaluation of options", "pros and cons of the considered options"),
    ),
    "confirmation": ("confirmation", "validation", "compliance", "verification"),
    "more_information": (
        *("more information", "links", "references", "notes", "further information", "related"),
        *("related decisions", "see also", "useful links", "further reading", "related links"),
    ),
    "superseded_by": ("superseded by",),
    "supersedes": ("supersedes",),
    "deciders": ("deciders", "decision makers", "decision-makers", "authors"),
}
"""Titles by field, those that say it most plainly first."""

KEYS: dict[str, tuple[str, ...]] = {
    "status": (
        *("status", "state", "decision status", "adr status", "status of decision"),
        *("状态", "estado", "statut"),
    ),
    "date": (
        *(
            "date",
            "decision date",
            "date decided",
            "decided",
            "decided on",
            "created",
            "created on",
        ),
        *("creation date", "date created", "date of decision", "dates"),
        *("日期", "datum", "fecha", "data"),
    ),
    "updated": ("last updated", "updated", "last modified", "modified", "last update"),
    "review": ("review", "review date", "next review"),
    "deciders": (
        *("deciders", "decider", "decision makers", "decision maker", "author", "authors", "owner"),
        *(
            "owners",
            "approvers",
            "approved by",
            "decided by",
            "author(s)",
            "proposed by",
            "contributors",
        ),
        *("participants", "contact", "lead", "editors", "contact"),
    ),
    "consulted": ("consulted",),
    "informed": ("informed",),
    "tags": ("tags", "labels", "category", "categories", "area", "scope", "type"),
    "number": ("number", "adr", "adr number", "slug", "adr id", "id"),
    "title": ("title", "name", "decision title"),
    "story": ("technical story", "ticket", "tickets", "issue", "story"),
    "supersedes": ("supersedes", "superceeds", "supercedes", "replaces"),
    "superseded_by": ("superseded by", "superceded by", "replaced by", "superseeded by"),
    "amends": ("amends", "refines", "extends"),
    "amended_by": ("amended by", "refined by", "extended by"),
}
"""Names of fields in front matter, bullets, lines and tables."""

_HEADING_OF = {title: name for name, titles in HEADINGS.items() for title in titles}
_KEY_OF = {key: name for name, keys in KEYS.items() for key in keys}


_BEFORE_MORE = (":", "：", " - ", " – ", " (", "（", " — ", " and ", " & ", " / ")


@lru_cache(maxsize=4096)
def heading_of(title: str) -> tuple[str, int] | None:
    """Return the field that a heading begins, and how plainly (0: most); None if none does."""
    words = same_title(title)
    for end in (None, *(words.find(mark) for mark in _BEFORE_MORE)):
        head = words if end is None else words[:end].strip() if end > 0 else ""
        if name := _HEADING_OF.get(head):
            return name, HEADINGS[name].index(head) + (100 if end else 0)
    return None


def key_of(words: str) -> str | None:
    """Return the field that a key names; None if it names none."""
    return _KEY_OF.get(" ".join(words.casefold().replace("-", " ").replace("_", " ").split()))
