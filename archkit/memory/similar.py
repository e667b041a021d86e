"""Patterns that read alike: candidates from the pattern index, decided by the words they share."""

from __future__ import annotations

import re
from collections.abc import Sequence

from archkit.memory.retrieval import PatternIndex, pattern_fields
from archkit.records import Pattern

__all__ = ["SIMILAR", "Similarity"]

SIMILAR = 0.5
"""Share of words in common (of all words of both) from which two patterns are shown as alike.

Measured on the kit's 66 patterns: the two nearest of them share .29."""

_WORD = re.compile(r"\w{3,}")


class Similarity:
    """Patterns to compare others with.

    Examples
    --------
    >>> one = Pattern("jwt", "JSON web tokens", problem="sign users in without a session store")
    >>> Similarity([one]).nearest(Pattern("tokens", one.name, problem=one.problem))
    ('jwt', 1.0)
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._patterns = tuple(patterns)
        self._index = PatternIndex(self._patterns)
        self._words: dict[int, frozenset[str]] = {}

    def nearest(self, pattern: Pattern) -> tuple[str, float] | None:
        """Return the slug of the pattern that shares most words, and the share (0 to 1)."""
        words = _words_of(pattern)
        text = " ".join((pattern.name, pattern.problem, pattern.summary))
        found = []
        for row, _ in self._index.search(text, limit=5)[0]:
            other = self._patterns[row]
            if other.slug != pattern.slug:
                theirs = self._words.setdefault(row, _words_of(other))
                found.append((len(words & theirs) / max(len(words | theirs), 1), other.slug))
        return (max(found)[1], max(found)[0]) if found else None


def _words_of(pattern: Pattern) -> frozenset[str]:
    text = " ".join(pattern_fields(pattern).values()).casefold()
    return frozenset(_WORD.findall(text))
