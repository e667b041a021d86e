"""Texts in weighted fields, found by the sum of the fields' BM25 (tantivy, stemmed English).

A query is asked term by term, never through a query language: any text is a query. An index lives
in memory, or in a folder that several processes share; either way it is derived from what it holds
the texts of, and is brought up to date by key.
"""

from __future__ import annotations

import math
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Filter, Occur, Query

__all__ = ["Entry", "Term", "TextIndex"]

_MAX_WORDS, _MAX_TERMS = 2_000, 64
_MOST_SEGMENTS = 8
_HEAP, _BULK, _BULK_HEAP = 15_000_000, 5_000, 100_000_000
_PATIENCE_S = 10.0
_MOST_KEPT = 10_000
"""Words of queries, kept for the next query that has them."""

_SPELLING = (
    ("auth", re.compile(r"auth(?<=\bauth)n?\b"), "authentication"),
    ("authz", re.compile(r"authz(?<=\bauthz)\b"), "authorization"),
    ("db", re.compile(r"db(?<=\bdb)s?\b"), "database"),
    ("is", re.compile(r"is(?<=\w\w\wis)(e[sdr]?|ing|ations?|able)\b"), r"iz\1"),
    ("our", re.compile(r"our(?<=\w\w\wour)(s|ed|ing|al)?\b"), r"or\1"),
)
"""A part that a text must have, the shape, what it becomes; a shape that begins with plain letters
is found four times as fast."""


class Term(NamedTuple):
    """A word of a query: how often it is said, how telling it is (idf)."""

    times: int
    information: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A text to find: its fields, exact labels to search `among`, and bytes to give back.

    `key` is a whole number from 0 to 2^64 - 1 that names it.
    """

    key: int
    texts: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    stored: Mapping[str, bytes] = field(default_factory=dict)


class TextIndex:
    """Texts to be found by their words.

    Parameters
    ----------
    weights
        Field name to weight.
    entries
        What to begin with, beside what the folder holds.
    labels, stored
        Names of the entries' labels and of their bytes.
    stop
        Words that say nothing.
    folder
        Where to keep it; in memory by default. A folder that holds something else is refused
        with a ValueError.
    """

    def __init__(
        self,
        weights: Mapping[str, float],
        entries: Iterable[Entry] = (),
        *,
        labels: Sequence[str] = (),
        stored: Sequence[str] = (),
        stop: Sequence[str] = (),
        folder: Path | None = None,
    ) -> None:
        self._weights = dict(weights)
        self._analyzer = _analyzer(stop)
        self._stored = tuple(stored)
        builder = tantivy.SchemaBuilder()
        for name in self._weights:
            builder.add_text_field(name, tokenizer_name="words", index_option="freq")
        for name in labels:
            builder.add_text_field(_label(name), tokenizer_name="raw", index_option="basic")
        for name in self._stored:
            builder.add_bytes_field(name, stored=True)
        builder.add_unsigned_field("key", fast=True, indexed=True)
        self._schema = builder.build()
        self._index = (
            tantivy.Index(self._schema, str(folder)) if folder else tantivy.Index(self._schema)
        )
        self._index.register_tokenizer("words", self._analyzer)
        self._folder = folder
        self._made: dict[tuple[str, int], list[tuple[Occur, Query]]] = {}
        self._known: dict[str, int] = {}
        self._searcher = self._index.searcher()
        self.update(entries)

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def update(self, added: Iterable[Entry] = (), removed: Iterable[int] = ()) -> None:
        """Take entries in, each in place of one of the same key, and others out.

        Another process's changes to a shared folder are seen from then on, too.
        """
        added, removed = list(added), list(removed)
        if added or removed:
            with self._writing(_BULK_HEAP if len(added) > _BULK else _HEAP) as writer:
                self.refresh()  # another process may have filled it meanwhile
                known = len(self) > 0
                for key in removed:
                    writer.delete_documents_by_query(self._of(key))
                for entry in added:
                    if known:
                        writer.delete_documents_by_query(self._of(entry.key))
                    writer.add_document(self._document(entry))
                writer.commit()
        self.refresh()

    def refresh(self) -> None:
        """See what another process has changed."""
        self._index.reload()
        self._searcher = self._index.searcher()
        self._known.clear()

    def keys(self) -> NDArray[np.uint64]:
        """Keys of all entries, in no order."""
        if not len(self):
            return np.zeros(0, dtype=np.uint64)
        hits = self._searcher.search(Query.all_query(), len(self), count=False).hits
        found = self._searcher.fast_field_values("key", [address for _, address in hits])
        return np.array(found, dtype=np.uint64)

    def stored(self, keys: Sequence[int]) -> dict[int, tuple[bytes, ...]]:
        """Bytes of entries by key, in the order of their names; unknown keys are left out."""
        if not keys or not len(self):
            return {}
        wanted = [(Occur.Should, Query.const_score_query(self._of(key), 1.0)) for key in keys]
        hits = self._searcher.search(Query.boolean_query(wanted), len(keys), count=False).hits
        found = {}
        for _, address in hits:
            document = self._searcher.doc(address)
            [key] = self._searcher.fast_field_values("key", [address])
            found[int(key or 0)] = tuple(document[name][0] for name in self._stored)
        return found

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
        """Keys and scores, best first, of the texts that have any of the terms."""
        words = [part for word, term in terms.items() for part in self._parts(word, term.times)]
        if not words or not len(self):
            return []
        labels = [
            (Occur.Must, Query.const_score_query(self._term(_label(name), value), 0.0))
            for name, value in (among or {}).items()
        ]
        query = Query.boolean_query(words)
        if labels:
            query = Query.boolean_query([*labels, (Occur.Must, query)])
        hits = self._searcher.search(query, limit, count=False).hits
        keys = self._searcher.fast_field_values("key", [address for _, address in hits])
        found = [(int(key or 0), float(score)) for key, (score, _) in zip(keys, hits, strict=True)]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    def _parts(self, word: str, times: int) -> list[tuple[Occur, Query]]:
        """Return a word of a query in each field, made once."""
        if (word, times) not in self._made:
            if len(self._made) > _MOST_KEPT:
                self._made.clear()
            self._made[word, times] = [
                (Occur.Should, Query.boost_query(self._term(field, word), weight * times))
                for field, weight in self._weights.items()
            ]
        return self._made[word, times]

    def _document(self, entry: Entry) -> tantivy.Document:
        document = tantivy.Document()
        document.add_unsigned("key", entry.key)
        for name in self._weights:
            document.add_text(name, _spelling(entry.texts.get(name, "")))
        for name, value in entry.labels.items():
            document.add_text(_label(name), value)
        for name in self._stored:
            document.add_bytes(name, entry.stored[name])
        return document

    @contextmanager
    def _writing(self, heap: int) -> Iterator[Any]:
        """Give the writer while nobody else writes to the folder."""
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                writer = self._index.writer(heap_size=heap, num_threads=1)
                break
            except ValueError:  # somebody writes, or the folder is gone, which no waiting mends
                gone = self._folder is not None and not self._folder.is_dir()
                if gone or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        yield writer
        self.refresh()
        if self._searcher.num_segments > _MOST_SEGMENTS:
            writer.wait_merging_threads()

    def _information(self, term: str) -> float:
        frequency = self._frequency(term)
        return math.log1p((len(self) - frequency + 0.5) / (frequency + 0.5))

    def _frequency(self, term: str) -> int:
        if term not in self._known:
            if len(self._known) > _MOST_KEPT:
                self._known.clear()
            found = max(int(self._searcher.doc_freq(field, term)) for field in self._weights)
            # it counts what is taken out until it is merged away
            self._known[term] = min(found, len(self))
        return self._known[term]

    def _of(self, key: int) -> Query:
        # deleting "by term" takes a number for a signed one, and finds nothing
        return Query.term_query(self._schema, "key", key)

    def _term(self, field: str, term: str) -> Query:
        # "basic" would read no frequencies: every word would count once
        return Query.term_query(self._schema, field, term, "freq")


def _analyzer(stop: Sequence[str]) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    builder = builder.filter(Filter.remove_long(60)).filter(Filter.lowercase())
    builder = builder.filter(Filter.ascii_fold())
    if stop:
        builder = builder.filter(Filter.custom_stopword(list(stop)))
    return builder.filter(Filter.stemmer("english")).build()


def _spelling(text: str) -> str:
    """One spelling for British, American and clipped words, the same for texts and queries."""
    text = text.lower()
    for part, shape, replacement in _SPELLING:
        if part in text:
            text = shape.sub(replacement, text)
    return text


def _label(name: str) -> str:
    return f"label_{name}"
