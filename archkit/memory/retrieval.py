"""Text to candidates: which patterns a query is about, which solutions an error may have.

A threshold gives nothing rather than noise.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archkit.memory.text_index import Entry, Term, TextIndex
from archkit.plain import plain
from archkit.records import Pattern, Solution

__all__ = [
    "ERROR_THRESHOLD",
    "FIELD_WEIGHTS",
    "NOISE",
    "ErrorIndex",
    "PatternIndex",
    "clean_error",
    "pattern_fields",
]

FIELD_WEIGHTS = {"title": 0.6, "problem": 0.8, "approach": 1.0, "tags": 0.4}
"""How much a word found in each field of a pattern counts."""

NOISE = 0.45
"""A best hit that earns less than this, for each bit of what the query says, is noise.

Of the development set's 36 keyword queries the lowest earns .75; of off-topic texts most earn
under .4. Words beyond the twelfth count a quarter, as a brief says much that is beside the point.
"""

TAIL = 0.2
"""Hits that score less than this share of the best are left out."""

ERROR_THRESHOLD = 0.35
"""An error matches a signature from this share of its own score."""

_SHORT, _SHORTER = 6, 0.1
"""An error of fewer words must match by so much more for each: two of three common words are soon
shared. Of the 90 development errors as many are accepted as without."""

_ABOUT_WEIGHT = 0.5
_FULL_TERMS, _EXCESS = 12, 0.25
_K1, _B = 1.2, 0.75

_STOP = re.findall(
    r"\w+",
    "a an and are as at be but by can could did do does for from had has have how i if in into is "
    "it its me my need needs no not of on or our should such than that the their then there these "
    "they this to us want was we what when where which who why will with would you your",
)


class PatternIndex:
    """Which patterns a text is about.

    Parameters
    ----------
    patterns
        What to begin with; their keys are their places.
    folder
        Where to keep it, and the patterns with it; in memory, without them, by default.
    """

    def __init__(self, patterns: Iterable[Pattern] = (), *, folder: Path | None = None) -> None:
        self.keeps = folder is not None
        """Whether it keeps the patterns it finds."""
        self._last: dict[int, bytes] = {}
        self._index = TextIndex(
            FIELD_WEIGHTS,
            [self._entry(key, pattern) for key, pattern in enumerate(patterns)],
            labels=("kind", "area"),
            stored=("weighed", "payload") if self.keeps else (),
            stop=_STOP,
            folder=folder,
        )

    def __len__(self) -> int:
        return len(self._index)

    def update(
        self, added: Iterable[tuple[int, Pattern]] = (), removed: Iterable[int] = ()
    ) -> None:
        """Take patterns in by key, each in place of an earlier one of its key, and others out."""
        self._index.update((self._entry(*one) for one in added), removed)

    def keys(self) -> NDArray[np.uint64]:
        """Keys of all patterns, in no order."""
        return self._index.keys()

    def search(
        self, text: str, *, area: str | None = None, kind: str | None = None, limit: int = 64
    ) -> tuple[list[tuple[int, float]], bool]:
        """Keys and scores of the patterns that share words with a text, best first.

        And whether the best earns enough to be about it.
        """
        terms = self._index.terms(text)
        among = {k: v for k, v in (("area", area), ("kind", kind)) if v is not None}
        hits = self._index.search(terms, limit, among=among)
        return hits, bool(hits) and hits[0][1] >= NOISE * _expected(terms)

    def weighed(self, keys: Sequence[int]) -> dict[int, Pattern]:
        """Patterns by key with just what a ranking weighs; of an index that keeps them."""
        found = self._index.stored(keys)
        self._last = {key: whole for key, (_, whole) in found.items()}  # some are shown next
        return {key: Pattern.from_payload(json.loads(short)) for key, (short, _) in found.items()}

    def patterns(self, keys: Sequence[int]) -> dict[int, Pattern]:
        """Patterns by key, whole; of an index that keeps them."""
        last = self._last
        there = {key: last[key] for key in keys if key in last}
        if len(there) < len(keys):
            missing = [key for key in keys if key not in there]
            there |= {key: whole for key, (_, whole) in self._index.stored(missing).items()}
        return {key: Pattern.from_payload(json.loads(whole)) for key, whole in there.items()}

    def _entry(self, key: int, pattern: Pattern) -> Entry:
        stored = {}
        if self.keeps:
            short = {name: plain(getattr(pattern, name)) for name in WEIGHED}
            stored = {"weighed": _json(short), "payload": _json(pattern.as_payload())}
        labels = {"kind": pattern.kind, "area": pattern.area}
        return Entry(key, pattern_fields(pattern), labels, stored)


WEIGHED = ("slug", "name", "area", "kind", "context", "when_not", "ladder", "status")
"""What of a pattern a ranking weighs before it is shown."""


class ErrorIndex:
    """Which known solutions an error message may have."""

    def __init__(self, solutions: Sequence[Solution]) -> None:
        texts = [
            {"signature": clean_error(s.signature), "about": f"{s.name} {' '.join(s.tags)}"}
            for s in solutions
        ]
        self._index = TextIndex(
            {"signature": 1.0, "about": _ABOUT_WEIGHT},
            [Entry(row, text) for row, text in enumerate(texts)],
        )
        words = sum(len(self._index.terms(text["signature"])) for text in texts)
        self._length = max(words / max(len(texts), 1), 1.0)
        self._exact: dict[str, int] = {}
        for row, text in enumerate(texts):
            self._exact.setdefault(_fingerprint(text["signature"]), row)

    def find(
        self, message: str, *, limit: int = 3, threshold: float | None = None
    ) -> list[tuple[int, float]]:
        """Rows and match (0–1, 1: the same once cleaned), best first, from the threshold up.

        By default `ERROR_THRESHOLD`, and more for a message of few words.
        """
        cleaned = clean_error(message)
        exact = self._exact.get(_fingerprint(cleaned)) if cleaned.split() else None
        first = [] if exact is None else [(exact, 1.0)]
        terms = {w: t._replace(times=1) for w, t in self._index.terms(cleaned).items()}
        own = self._own_score(terms)
        if threshold is None:
            threshold = ERROR_THRESHOLD + _SHORTER * max(_SHORT - len(terms), 0)
        rest = [
            (row, min(score / own, 1.0))
            for row, score in self._index.search(terms, limit + 1)
            if score / own >= threshold and row != exact
        ]
        return [*first, *rest][:limit]

    def _own_score(self, terms: Mapping[str, Term]) -> float:
        """Score the message would have against itself: BM25 with every word once."""
        norm = _K1 * (1 - _B + _B * len(terms) / self._length)
        return sum(t.information for t in terms.values()) * (_K1 + 1) / (1 + norm) or 1.0


def pattern_fields(pattern: Pattern) -> dict[str, str]:
    """Return the text of a pattern that is searched, by field."""
    conditions = [condition.text for condition in pattern.when]
    body = [*conditions, *pattern.pros, *pattern.cons, *pattern.security]
    tags = [pattern.kind.replace("-", " "), pattern.area.replace("-", " "), *pattern.tags]
    return {
        "title": pattern.name,
        "problem": f"{pattern.problem} {pattern.summary}",
        "approach": " ".join([*_texts(pattern.approach), *body]),
        "tags": " ".join(tags),
    }


_CODES = frozenset(
    re.findall(
        r"\d+",
        "111 137 139 143 400 401 403 404 408 409 413 422 429 500 502 503 504 1205 1213",
    )
)
"""Numbers that name a cause: errno, exit codes, HTTP statuses, MySQL's lock errors."""

_VALUES = (
    re.compile(r"\b[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE),
    re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE),
    re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"),
    re.compile(r"([\"'`])(?=[^\s\"'`]*[\d_./\\@])[^\s\"'`]{1,80}\1"),
    re.compile(r"(?:[A-Za-z]:)?(?:[\\/][\w.@-]+){2,}(?::\d+)*"),
    re.compile(r"\b[\w-]+\.(?:java|js|ts|py|go|c|rs|rb|php|cs|hprof|xml)\b(?::\d+)*"),
    re.compile(r"\b0x[0-9a-f]+\b|\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b", re.IGNORECASE),
)
"""Addresses, ids, quoted names, paths, file names, hex: what differs from case to case."""

_NUMBER = re.compile(r"\b\d[\d.,:_-]*\w*\b")
_JOINT = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")


def clean_error(message: str) -> str:
    """Take out what differs from case to case, split camelCase; removing, not replacing.

    Examples
    --------
    >>> clean_error("DeadlockDetected: process 184495 waits, code 137").split()
    ['Deadlock', 'Detected:', 'process', 'waits,', 'code', '137']
    """
    text = message[:20_000]
    for pattern in _VALUES:
        text = pattern.sub(" ", text)
    text = _NUMBER.sub(lambda found: found[0] if found[0] in _CODES else " ", text)
    return _JOINT.sub(" ", text)


def _fingerprint(cleaned: str) -> str:
    words = re.findall(r"\w+", cleaned.lower())
    return hashlib.sha256(" ".join(words).encode()).hexdigest()


def _expected(terms: Mapping[str, Term]) -> float:
    """Information of a query, the words beyond the twelfth counted a quarter."""
    total = sum(term.times * term.information for term in terms.values())
    count = sum(term.times for term in terms.values())
    if count <= _FULL_TERMS:
        return total
    return total * (_FULL_TERMS + _EXCESS * (count - _FULL_TERMS)) / count


def _texts(value: Any) -> list[str]:
    """Every text inside plain JSON values, in order."""
    if isinstance(value, Mapping):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list | tuple):
        return [text for inner in value for text in _texts(inner)]
    return [] if value is None else [str(value)]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
