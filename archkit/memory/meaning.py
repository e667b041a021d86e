"""Search by meaning in a memory: the vectors its file keeps, and new ones where none are."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from archkit.errors import StoreError
from archkit.memory.reading import key_of
from archkit.memory.semantic import SemanticLayer, meaning_of
from archkit.memory.vectors import read_vectors, write_vectors
from archkit.records import Condition, Pattern

if TYPE_CHECKING:
    from archkit.memory.catalogue import Catalogue
    from archkit.memory.embedder import Embedder
    from archkit.memory.store import Store

__all__ = ["add_meaning", "model_name"]

_PORTION = 256
"""Texts encoded between two writes: about two seconds' work, all that a killed process loses."""


def add_meaning(store: Store, catalogue: Catalogue, embedder: Embedder) -> int:
    """Let a catalogue's patterns be found by meaning, too.

    A vector belongs to one wording and one way to make a text of it, so one that is kept is never
    out of date.

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
    model = model_name(embedder)
    ids, vectors = read_vectors(store, model)
    keys = [key_of(event_id) for event_id in ids]
    live = [place for place, key in enumerate(keys) if catalogue.holds(key)]
    if live:
        layer.restore([keys[n] for n in live], vectors[live])
    missing = catalogue.without(layer)
    for start in range(0, len(missing), _PORTION):
        rows = missing[start : start + _PORTION]
        named = catalogue.names(rows)
        texts = map(meaning_of, catalogue.patterns(rows))
        made = layer.add(dict(zip((key for key, _ in named), texts, strict=True)))
        with suppress(StoreError):  # where nobody can write, they are made again next time
            write_vectors(store, model, [event_id for _, event_id in named], made)
    catalogue.layer = layer
    return len(missing)


_SAMPLE = Pattern(
    *("slug", "name"),
    kind="kind",
    area="area",
    problem="problem",
    summary="summary",
    approach={"key": "approach"},
    when=(Condition("when"),),
    when_not=(Condition("when not"),),
    pros=("pro",),
    cons=("con",),
    security=("security",),
    tags=("tag",),
)


def model_name(embedder: Embedder) -> str:
    """Name the model, and by a sample what is made of a pattern for it."""
    sample = hashlib.sha256(meaning_of(_SAMPLE).encode()).hexdigest()
    return f"{embedder.model}, patterns {sample[:8]}"
