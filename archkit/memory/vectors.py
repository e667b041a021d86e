"""Vectors of texts in the memory's file: a store of what was encoded once, never the truth."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

    from archkit.memory.semantic import SemanticLayer
    from archkit.memory.store import Store

__all__ = ["carry_over", "catch_up", "read_vectors", "write_vectors"]

_PORTION = 256
"""Texts encoded between two writes: about five seconds' work, all that a killed process loses."""


def read_vectors(store: Store, model: str) -> tuple[list[str], list[str], NDArray[np.float32]]:
    """Return what a model has encoded.

    Parameters
    ----------
    store
        The memory's store.
    model
        `Embedder.model`.

    Returns
    -------
    tuple
        Ids of the events, hashes of the texts, and one row a vector; no rows: an array (0, 0).
    """
    import numpy as np

    [found] = store.columns(_READ, model=model)
    ids, hashes = ([str(value) for value in found[name]] for name in ("event_id", "text_hash"))
    if not ids:
        return [], [], np.empty((0, 0), np.float32)
    return ids, hashes, np.stack(list(found["vector"])).astype(np.float32, copy=False)


def write_vectors(
    store: Store,
    model: str,
    ids: Sequence[str],
    hashes: Sequence[str],
    vectors: NDArray[np.float32],
) -> None:
    """Keep vectors, each in place of an earlier one of its event and model.

    Raises
    ------
    StoreError
        The file is held by another program, or cannot be written.
    """
    if not ids:
        return
    deadline = time.monotonic() + store.patience_s
    values = {"ids": list(ids), "hashes": list(hashes), "vectors": vectors.tolist()}
    with store._locked(deadline), store._guarded():
        if not store.path.exists():
            store._made(lambda connection: 0)
        with store._current(deadline) as connection:
            connection.execute(_WRITE, {**values, "model": model})


def catch_up(
    store: Store,
    layer: SemanticLayer[str],
    texts: Mapping[str, str],
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Make a layer hold just these texts: with the vectors kept, and new ones where none are.

    Parameters
    ----------
    store
        The memory's store.
    layer
        The layer; an empty one is filled from the store first.
    texts
        The text of each event.
    progress
        Told how many texts are encoded, and of how many.

    Returns
    -------
    int
        Texts that had to be encoded.
    """
    if not len(layer):
        ids, hashes, vectors = read_vectors(store, layer.embedder.model)
        if ids:
            layer.restore(ids, hashes, vectors)
    layer.keep(texts)
    missing = layer.missing(texts)
    names = list(missing)
    for start in range(0, len(names), _PORTION):
        portion = names[start : start + _PORTION]
        layer.add({name: missing[name] for name in portion})
        write_vectors(store, layer.embedder.model, portion, *layer.kept(portion))
        if progress:
            progress(min(start + _PORTION, len(names)), len(names))
    return len(names)


def carry_over(connection: DuckDBPyConnection) -> None:
    """Copy the vectors of the attached database `old` for events that are in the new file."""
    known = connection.execute(_HAS_VECTORS).fetchall()
    if known:
        connection.execute(_CARRY)


_READ = "SELECT event_id, text_hash, vector FROM embedding WHERE model = $model"
_WRITE = """
INSERT OR REPLACE INTO embedding
SELECT unnest($ids::VARCHAR[]), $model, unnest($hashes::VARCHAR[]), unnest($vectors::FLOAT[][])
"""
_HAS_VECTORS = """
SELECT 1 FROM duckdb_tables() WHERE database_name = 'old' AND table_name = 'embedding'
"""
_CARRY = """
INSERT INTO embedding BY NAME
SELECT o.* FROM old.embedding o SEMI JOIN event e ON e.event_id = o.event_id
"""
