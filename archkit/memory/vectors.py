"""Vectors of texts in the memory's file: what was encoded once, never the truth."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

    from archkit.memory.store import Store

__all__ = ["carry_over", "read_vectors", "write_vectors"]


def read_vectors(store: Store, model: str) -> tuple[list[str], NDArray[np.float32]]:
    """Return what a model has encoded.

    Parameters
    ----------
    store
        The memory's store.
    model
        Name of the model and of the way it is given texts.

    Returns
    -------
    tuple
        Ids of the events, and one row a vector; no rows: an array (0, 0).
    """
    import numpy as np

    [found] = store.columns(_READ, model=model)
    ids = [str(event_id) for event_id in found["event_id"]]
    if not ids:
        return [], np.empty((0, 0), np.float32)
    return ids, np.stack(list(found["vector"])).astype(np.float32, copy=False)


def write_vectors(
    store: Store, model: str, ids: Sequence[str], vectors: NDArray[np.float32]
) -> None:
    """Keep vectors, each in place of an earlier one of its event and model.

    Raises
    ------
    StoreError
        The file is held by another process, or cannot be written.
    """
    if not ids:
        return
    deadline = time.monotonic() + store.patience_s
    with store._locked(deadline), store._guarded():
        if not store.path.exists():
            store._made(lambda connection: 0)
        with store._current(deadline) as connection:
            connection.execute(
                _WRITE, {"ids": list(ids), "vectors": vectors.tolist(), "model": model}
            )


def carry_over(connection: DuckDBPyConnection) -> None:
    """Copy the vectors of the attached database `old` for events that are in the new file."""
    if connection.execute(_HAS_VECTORS).fetchall():
        connection.execute(_CARRY)


_READ = "SELECT event_id, vector FROM embedding WHERE model = $model"
_WRITE = """
INSERT OR REPLACE INTO embedding
SELECT unnest($ids::VARCHAR[]), $model, unnest($vectors::FLOAT[][])
"""
_HAS_VECTORS = """
SELECT 1 FROM duckdb_tables() WHERE database_name = 'old' AND table_name = 'embedding'
"""
_CARRY = """
INSERT INTO embedding
SELECT o.event_id, o.model, o.vector FROM old.embedding o
SEMI JOIN event e ON e.event_id = o.event_id
"""
