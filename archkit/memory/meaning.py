"""Search by meaning in a memory: the vectors its file keeps, and new ones where none are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archkit.memory.reading import key_of
from archkit.memory.retrieval import pattern_fields
from archkit.memory.semantic import SemanticLayer, semantic_text
from archkit.memory.vectors import read_vectors, write_vectors

if TYPE_CHECKING:
    from archkit.memory.catalogue import Catalogue
    from archkit.memory.embedder import Embedder
    from archkit.memory.store import Store
    from archkit.records import Pattern

__all__ = ["add_meaning", "meaning_of"]

_PORTION = 256
"""Texts encoded between two writes: about two seconds' work, all that a killed process loses."""


def meaning_of(pattern: Pattern) -> str:
    """Return the text of a pattern that is encoded."""
    return semantic_text(pattern_fields(pattern))


def add_meaning(store: Store, catalogue: Catalogue, embedder: Embedder) -> int:
    """Let a catalogue's patterns be found by meaning, too.

    A vector belongs to one wording, so one that is kept is never out of date.

    Parameters
    ----------
    store
        The memory's store, which keeps the vectors with the model's name.
    catalogue
        The patterns.
    embedder
        The model.

    Returns
    -------
    int
        Patterns that had to be encoded, some milliseconds each.
    """
    layer: SemanticLayer[int] = SemanticLayer(embedder)
    ids, hashes, vectors = read_vectors(store, embedder.model)
    keys = [key_of(event_id) for event_id in ids]
    live = [place for place, key in enumerate(keys) if catalogue.holds(key)]
    if live:
        layer.restore([keys[n] for n in live], [hashes[n] for n in live], vectors[live])
    missing = catalogue.without(layer)
    for start in range(0, len(missing), _PORTION):
        rows = missing[start : start + _PORTION]
        named = catalogue.names(rows)
        texts = map(meaning_of, catalogue.patterns(rows))
        layer.add(dict(zip((key for key, _ in named), texts, strict=True)))
        kept = layer.kept([key for key, _ in named])
        write_vectors(store, embedder.model, [event_id for _, event_id in named], *kept)
    catalogue.layer = layer
    return len(missing)
