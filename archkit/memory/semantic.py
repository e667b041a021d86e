"""Search by meaning: vectors of texts in one matrix, their cosines blended with BM25.

Needs the extra `semantic`, whose model `load_embedder` loads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from archkit.memory.embedder import Embedder, load_embedder
from archkit.memory.retrieval import pattern_fields

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from archkit.records import Pattern

__all__ = [
    "BLEND_WEIGHT",
    "CANDIDATES",
    "NOISE_COSINE",
    "Embedder",
    "SemanticLayer",
    "blend",
    "hybrid",
    "load_embedder",
    "meaning_of",
    "semantic_text",
]

BLEND_WEIGHT = 0.55
"""How much the cosine counts beside BM25; tuned on the retrieval development set."""

CANDIDATES = 64
"""How many hits each of the two sides puts forward."""

NOISE_COSINE = 0.3
"""A best cosine below this is noise: of 36 keyword queries the lowest is .31, of 20 off-topic
ones the highest .26."""

K = TypeVar("K", bound=int | str)


def semantic_text(fields: Mapping[str, str]) -> str:
    """Return the text that is embedded, from the fields of `retrieval.pattern_fields`."""
    title = fields.get("title", "")
    rest = (fields.get(name, "") for name in ("problem", "approach", "tags"))
    return " ".join(part for part in (title and f"{title}.", *rest) if part)


def meaning_of(pattern: Pattern) -> str:
    """Return the text of a pattern that is embedded."""
    return semantic_text(pattern_fields(pattern))


def blend(
    bm25_scores: NDArray[Any], cosines: NDArray[Any], weight: float = BLEND_WEIGHT
) -> NDArray[np.float64]:
    """Return both scores of the same texts as one.

    Parameters
    ----------
    bm25_scores
        Not negative; 0 where no word is shared.
    cosines
        -1 to 1; below 0 counts as 0.
    weight
        The cosines' share, 0 to 1.

    Returns
    -------
    ndarray
        0 to 1: each score against its own best, then weighted.
    """
    if not 0 <= weight <= 1:
        raise ValueError(f"weight is {weight}; it is a share, 0 to 1")
    return (1 - weight) * _against_best(bm25_scores) + weight * _against_best(cosines)


class SemanticLayer(Generic[K]):
    """Vectors of texts by id, grown and shrunk row by row; one matrix product searches them.

    Parameters
    ----------
    embedder
        Makes the vectors.
    """

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self._ids: list[K] = []
        self._rows: dict[K, int] = {}
        self._matrix = np.empty((0, embedder.dim), np.float32)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, name: object) -> bool:
        return name in self._rows

    def restore(self, ids: Sequence[K], vectors: NDArray[np.float32]) -> None:
        """Take in vectors, each in place of an earlier one of its id."""
        if vectors.shape != (len(ids), self.embedder.dim):
            raise ValueError(f"{len(ids)} ids, vectors {vectors.shape}")
        self._reserve(len(ids))
        for name, vector in zip(ids, vectors, strict=True):
            row = self._rows.setdefault(name, len(self._ids))
            if row == len(self._ids):
                self._ids.append(name)
            self._matrix[row] = vector

    def add(self, texts: Mapping[K, str]) -> NDArray[np.float32]:
        """Encode texts, each in place of an earlier one of its id; return their vectors."""
        vectors = self.embedder.encode(list(texts.values()))
        self.restore(list(texts), vectors)
        return vectors

    def remove(self, ids: Iterable[K]) -> None:
        """Forget texts; an id that is not there is passed over."""
        for name in ids:
            row = self._rows.pop(name, None)
            if row is None:
                continue
            last = len(self._ids) - 1
            if row != last:
                self._matrix[row] = self._matrix[last]
                self._ids[row] = self._ids[last]
                self._rows[self._ids[row]] = row
            self._ids.pop()

    def search(
        self,
        text: str,
        limit: int,
        *,
        also: Iterable[K] = (),
        among: Iterable[K] | None = None,
    ) -> list[tuple[K, float]]:
        """Return the nearest texts.

        Parameters
        ----------
        text
            What to look for.
        limit
            How many.
        also
            Ids to be told about as well, however far.
        among
            The only ids to look at; all by default.

        Returns
        -------
        list of tuple
            Id and cosine (-1 to 1), nearest first, then by id.
        """
        if not len(self):
            return []
        cosines = self._matrix[: len(self)] @ self.embedder.encode([text])[0]
        rows = self._nearest(cosines, limit, among)
        rows.update(self._rows[name] for name in also if name in self._rows)
        found = [(self._ids[row], float(cosines[row])) for row in rows]
        return sorted(found, key=lambda hit: (-hit[1], hit[0]))

    def _nearest(
        self, cosines: NDArray[np.float32], limit: int, among: Iterable[K] | None
    ) -> set[int]:
        rows = None
        if among is not None:
            rows = np.array([self._rows[name] for name in among if name in self._rows], dtype=int)
        near = cosines if rows is None else cosines[rows]
        best = np.arange(len(near))
        if len(near) > limit:
            best = np.argpartition(near, len(near) - limit)[-limit:]
        return set((best if rows is None else rows[best]).tolist())

    def _reserve(self, more: int) -> None:
        needed = len(self) + more
        if needed > len(self._matrix):
            room = np.empty((max(needed, len(self) * 3 // 2), self.embedder.dim), np.float32)
            room[: len(self)] = self._matrix[: len(self)]
            self._matrix = room


def hybrid(
    layer: SemanticLayer[K],
    text: str,
    bm25: Sequence[tuple[K, float]],
    *,
    sure: bool = False,
    limit: int = CANDIDATES,
    among: Iterable[K] | None = None,
) -> list[tuple[K, float]]:
    """Return the texts that words or meaning lead to.

    Parameters
    ----------
    layer
        The texts' vectors.
    text
        What to look for.
    bm25
        Id and BM25 score of the texts that share words with it.
    sure
        Whether the words alone tell that the texts are about it. If not, and no cosine reaches
        `NOISE_COSINE`, nothing is returned.
    limit
        How many to return at most.
    among
        The only ids to look at; all by default. `bm25` keeps to them already.

    Returns
    -------
    list of tuple
        Id and relevance (0 to 1), the most relevant first, then by id.
    """
    words: dict[K, float] = dict(bm25)
    cosines: dict[K, float] = dict(layer.search(text, CANDIDATES, also=words, among=among))
    if not sure and max(cosines.values(), default=0.0) < NOISE_COSINE:
        return []
    ids = sorted({*words, *cosines})
    scores = blend(
        np.array([words.get(name, 0.0) for name in ids]),
        np.array([cosines.get(name, 0.0) for name in ids]),
    )
    found = [(name, float(score)) for name, score in zip(ids, scores, strict=True) if score > 0]
    return sorted(found, key=lambda hit: (-hit[1], hit[0]))[:limit]


def _against_best(scores: NDArray[Any]) -> NDArray[np.float64]:
    positive = np.maximum(np.asarray(scores, dtype=np.float64), 0.0)
    best = positive.max(initial=0.0)
    return positive / best if best > 0 else positive
