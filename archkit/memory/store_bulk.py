"""Events by the million into a memory's file: as columns, in portions, past the journal."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from archkit.memory import projection

if TYPE_CHECKING:
    import pandas as pd
    from duckdb import DuckDBPyConnection

    from archkit.memory.store import Store

__all__ = ["write_made_up"]

_SQL = Path(__file__).with_name("sql") / "simulate"


def write_made_up(
    store: Store,
    portions: Iterable[Mapping[str, pd.DataFrame]],
    *,
    writer: str,
) -> int:
    """Write portions of made-up work, each in a transaction of its own.

    Parameters
    ----------
    store
        Where to.
    portions
        Frames by the name of the file in `sql/simulate` that makes events of them; drawn only
        when it is their turn.
    writer
        Who the events say has written them.

    Returns
    -------
    int
        Events that were not there before.
    """
    store.drain()
    written = 0
    for frames in portions:
        # Let go of the file between portions: whoever waits for it is served in a second or two.
        deadline = time.monotonic() + max(store.patience_s, 30.0)
        with (
            store._locked(deadline),
            store._guarded(),
            store._current(deadline) as connection,
        ):
            _draw(connection, frames, writer)
            connection.execute("BEGIN")
            connection.execute("INSERT INTO event BY NAME FROM new_event")
            projection.project(connection)
            connection.execute("COMMIT")
            [(count,)] = connection.execute("SELECT count(*) FROM new_event").fetchall()
            written += int(count)
    return written


def _draw(
    connection: DuckDBPyConnection,
    frames: Mapping[str, pd.DataFrame],
    writer: str,
) -> None:
    """Make events of the frames, before the transaction.

    Inside one, DuckDB 2.0.0 reads no row of a table that was filled there from a frame of more
    than 122,880 rows.
    """
    connection.execute(_PREPARE)
    for name, frame in frames.items():
        if len(frame):
            connection.register(f"drawn_{name}", frame)
            connection.execute((_SQL / f"{name}.sql").read_text("utf-8"))
            connection.unregister(f"drawn_{name}")
    connection.execute(_COMPLETE, {"writer": writer})


_PREPARE = """
CREATE OR REPLACE TEMP TABLE drawn_event AS FROM event LIMIT 0;
CREATE OR REPLACE TEMP MACRO iso(t) AS strftime(t, '%Y-%m-%dT%H:%M:%S+00:00');
"""
_COMPLETE = """
CREATE OR REPLACE TEMP TABLE new_event AS
SELECT n.* REPLACE (
  $writer AS writer,
  row_number() OVER (ORDER BY n.recorded_at, n.event_id) AS seq,
  1 AS kind_version,
  'simulated' AS project
)
FROM drawn_event n
ANTI JOIN event e ON e.event_id = n.event_id
ANTI JOIN withheld_event w ON w.event_id = n.event_id
ORDER BY n.recorded_at, n.event_id
"""
