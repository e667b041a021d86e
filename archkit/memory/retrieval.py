"""Text to candidates: which patterns a query is about, which solutions an error may have.

Both are BM25 (tantivy, stemmed English, in memory), asked term by term, never through a query
language: any text is a query. A threshold gives nothing rather than noise.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import tantivy
from tantivy import Filter, Occur, Query

from archkit.records import Pattern, Solution

__all__ = [
    "ERROR_THRESHOLD",
    "FIELD_WEIGHTS",
    "NOISE",
    "ErrorIndex",
    "PatternIndex",
    "TextIndex",
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

_ABOUT_WEIGHT = 0.5
_MAX_WORDS, _MAX_TERMS = 2_000, 64
_FULL_TERMS, _EXCESS = 12, 0.25
_K1, _B = 1.2, 0.75

_STOP = re.findall(
    r"\w+",
    "a an and are as at be but by can could did do does for from had has have how i if in into is "
    "it its me my need needs no not of on or our should such than that the their then there these "
    "they this to us want was we what when where which who why will with would you your",
)

_SPELLING = (
    (re.compile(r"\bauthn?\b", re.IGNORECASE), "authentication"),
    (re.compile(r"\bauthz\b", re.IGNORECASE), "authorization"),
    (re.compile(r"\bdbs?\b", re.IGNORECASE), "database"),
    (re.compile(r"(?<=\w\w\w)is(e[sdr]?|ing|ations?|able)\b", re.IGNORECASE), r"iz\1"),
    (re.compile(r"(?<=\w\w)our(s|ed|ing|al)?\b", re.IGNORECASE), r"or\1"),
)


class Term(NamedTuple):
    """A word of a query: how often it is said, how telling it is (idf)."""

    times: int
    information: float


class TextIndex:
    """Texts in weighted fields, searched by the sum of the fields' BM25.

    Parameters
    ----------
    weights
        Field name to weight.
    texts
        One mapping of field to text each; missing fields are empty.
    labels
        One mapping of label to exact value each, to search `among`.
    stop
        Words that say nothing.
    """

    def __init__(
        self,
        weights: Mapping[str, float],
        texts: Sequence[Mapping[str, str]],
        *,
        labels: Sequence[Mapping[str, str]] = (),
        stop: Sequence[str] = (),
    ) -> None:
        self._weights = dict(weights)
        self._analyzer = _analyzer(stop)
        names = sorted({name for entry in labels for name in entry})
        builder = tantivy.SchemaBuilder()
        for field in self._weights:
            builder.add_text_field(field, tokenizer_name="words", index_option="freq")
        for name in names:
            builder.add_text_field(_label(name), tokenizer_name="raw", index_option="basic")
        builder.add_unsigned_field("row", fast=True)
        self._schema = builder.build()
        index = tantivy.Index(self._schema)
        index.register_tokenizer("words", self._analyzer)
        writer = index.writer(heap_size=15_000_000, num_threads=1)
        for row, text in enumerate(texts):
            document = tantivy.Document()
            document.add_unsigned("row", row)
            for field in self._weights:
                document.add_text(field, _spelling(text.get(field, "")))
            for name, value in (labels[row] if labels else {}).items():
                document.add_text(_label(name), value)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def terms(self, text: str) -> dict[str, Term]:
        """Stemmed words of a text; of a long one the 64 most telling that occur here."""
        words = Counter(self._analyzer.analyze(_spelling(" ".join(text.split()[:_MAX_WORDS]))))
        found = {word: Term(count, self._information(word)) for word, count in words.items()}
        if len(found) <= _MAX_TERMS:
            return found
        known = sorted(found, key=lambda word: (not self._frequency(word), -found[word][1]))
        return {word: found[word] for word in known[:_MAX_TERMS]}

    def search(
        self, terms: Mapping[str, Term], limit: int, *, among: Mapping[str, str] | None = None
    ) -> list[tuple[int, float]]:
        """Rows and scores, best first, of the texts that have any of the terms."""
        words = [
            (Occur.Should, Query.boost_query(self._term(field, word), weight * term.times))
            for word, term in terms.items()
            for field, weight in self._weights.items()
        ]
        if not words or not len(self):
            return []
        labels = [
            (Occur.Must, Query.const_score_query(self._term(_label(name), value), 0.0))
            for name, value in (among or {}).items()
        ]
        query = Query.boolean_query([*labels, (Occur.Must, Query.boolean_query(words))])
        hits = self._searcher.search(query, limit, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        found = [(int(row or 0), float(score)) for row, (score, _) in zip(rows, hits, strict=True)]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    def _information(self, term: str) -> float:
        frequency = self._frequency(term)
        return math.log1p((len(self) - frequency + 0.5) / (frequency + 0.5))

    def _frequency(self, term: str) -> int:
        return max(int(self._searcher.doc_freq(field, term)) for field in self._weights)

    def _term(self, field: str, term: str) -> Query:
        # "basic" would read no frequencies: every word would count once
        return Query.term_query(self._schema, field, term, "freq")


class PatternIndex:
    """Which patterns a text is about."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        self._labels = [{"kind": p.kind, "area": p.area} for p in patterns]
        self._index = TextIndex(
            FIELD_WEIGHTS, [pattern_fields(p) for p in patterns], labels=self._labels, stop=_STOP
        )

    def find(
        self, text: str, *, area: str | None = None, kind: str | None = None, limit: int = 64
    ) -> list[tuple[int, float]]:
        """Rows of the patterns that answer, with relevance 0–1 against the best hit; or none.

        With a kind given every hit of that kind counts, however faint.
        """
        terms = self._index.terms(text)
        among = {k: v for k, v in (("area", area), ("kind", kind)) if v is not None}
        hits = self._index.search(terms, limit, among=among)
        if not hits or (kind is None and hits[0][1] < NOISE * _expected(terms)):
            return []
        best = hits[0][1]
        floor = 0.0 if kind is not None else TAIL
        return [(row, score / best) for row, score in hits if score / best >= floor]

    def rows(self, *, area: str | None = None, kind: str | None = None) -> list[int]:
        """Rows of all patterns of an area and kind."""
        wanted = {k: v for k, v in (("area", area), ("kind", kind)) if v is not None}
        return [
            row
            for row, labels in enumerate(self._labels)
            if all(labels[name] == value for name, value in wanted.items())
        ]


class ErrorIndex:
    """Which known solutions an error message may have."""

    def __init__(self, solutions: Sequence[Solution]) -> None:
        texts = [
            {"signature": clean_error(s.signature), "about": f"{s.name} {' '.join(s.tags)}"}
            for s in solutions
        ]
        self._index = TextIndex({"signature": 1.0, "about": _ABOUT_WEIGHT}, texts)
        words = sum(len(self._index.terms(text["signature"])) for text in texts)
        self._length = max(words / max(len(texts), 1), 1.0)
        self._exact: dict[str, int] = {}
        for row, text in enumerate(texts):
            self._exact.setdefault(_fingerprint(text["signature"]), row)

    def find(
        self, message: str, *, limit: int = 3, threshold: float = ERROR_THRESHOLD
    ) -> list[tuple[int, float]]:
        """Rows and match (0–1, 1: the same once cleaned), best first, from the threshold up."""
        cleaned = clean_error(message)
        exact = self._exact.get(_fingerprint(cleaned)) if cleaned.split() else None
        first = [] if exact is None else [(exact, 1.0)]
        terms = {w: t._replace(times=1) for w, t in self._index.terms(cleaned).items()}
        own = self._own_score(terms)
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


def _analyzer(stop: Sequence[str]) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    builder = builder.filter(Filter.remove_long(60)).filter(Filter.lowercase())
    builder = builder.filter(Filter.ascii_fold())
    if stop:
        builder = builder.filter(Filter.custom_stopword(list(stop)))
    return builder.filter(Filter.stemmer("english")).build()


def _spelling(text: str) -> str:
    """One spelling for British, American and clipped words, the same for texts and queries."""
    for pattern, replacement in _SPELLING:
        text = pattern.sub(replacement, text)
    return text


def _label(name: str) -> str:
    return f"label_{name}"
