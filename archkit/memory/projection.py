"""What the database holds: tables and views, the events, and everything derived from them.

The SQL lives in `sql/`: `tables/` and `views/` make a file, `project/` fills the tables from the
rows of the temporary table `new_event`. No projection depends on the order in which events arrive:
of two wordings of one record the later recorded wins, whichever is drained first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING

from archkit.memory.spool import COLUMNS, Chunk, Rejected
from archkit.memory.vectors import carry_over
from archkit.records import PROVENANCE, SOURCE_WEIGHT

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "AUDIT_KINDS",
    "SCHEMA_VERSION",
    "copy_events",
    "create",
    "fingerprint",
    "project",
    "project_all",
    "sql_texts",
    "take",
    "view_texts",
]

SCHEMA_VERSION = 1
"""Raised when the columns of `event` change their meaning; all else is seen by the fingerprint."""

AUDIT_KINDS = (
    *("archived", "restored", "forgotten", "reset"),
    *("imported", "exported", "backed_up", "trained", "pinned"),
)
"""Kinds of events about the memory itself; they stay when what they speak of is taken out."""

_SQL = Path(__file__).with_name("sql")
_PORTION = 20_000


@cache
def sql_texts(folder: str) -> dict[str, str]:
    """Return the SQL files of `tables`, `project` or `views` by name."""
    return {path.stem: path.read_text("utf-8") for path in sorted((_SQL / folder).glob("*.sql"))}


@cache
def view_texts() -> dict[str, str]:
    """Return the SQL of every view by name, each after the views it reads from."""
    texts = sql_texts("views")
    graph = {
        name: {n for n in re.findall(r"\b(?:FROM|JOIN)\s+(\w+)", text) if n in texts}
        for name, text in texts.items()
    }
    return {name: texts[name] for name in TopologicalSorter(graph).static_order()}


@cache
def fingerprint() -> str:
    """Return the SHA-256 of all the SQL: a file made with another one is rebuilt."""
    folders = {folder: sql_texts(folder) for folder in ("tables", "project", "views")}
    text = repr((folders, _macros(), PROVENANCE, SOURCE_WEIGHT))
    return hashlib.sha256(text.encode()).hexdigest()


def create(connection: DuckDBPyConnection, made_at: datetime) -> None:
    """Make all tables and views in an empty database."""
    connection.execute("BEGIN")
    for text in (*sql_texts("tables").values(), *view_texts().values()):
        connection.execute(text)
    connection.execute(
        "INSERT INTO source SELECT unnest($sources), unnest($provenance), unnest($weights)",
        {
            "sources": list(PROVENANCE),
            "provenance": list(PROVENANCE.values()),
            "weights": [SOURCE_WEIGHT[source] for source in PROVENANCE],
        },
    )
    connection.execute(
        "INSERT INTO schema_version VALUES ($version, $projection, $made_by, $made_at)",
        {
            "version": SCHEMA_VERSION,
            "projection": fingerprint(),
            "made_by": _made_by(),
            "made_at": _naive(made_at),
        },
    )
    connection.execute("COMMIT")


def take(connection: DuckDBPyConnection, chunks: Sequence[Chunk], found_at: datetime) -> int:
    """Take chunks of the spool in, inside the caller's transaction.

    Parameters
    ----------
    connection
        The database.
    chunks
        What each spool file has to say; files not among them are taken to be gone.
    found_at
        The present instant.

    Returns
    -------
    int
        Events that were not there before.
    """
    events = [event for chunk in chunks for event in chunk.events]
    columns = zip(*events, strict=True) if events else ((),) * len(COLUMNS)
    connection.execute(_INCOMING, dict(zip(COLUMNS, map(list, columns), strict=True)))
    _withhold(connection)
    connection.execute("INSERT INTO event FROM new_event ON CONFLICT DO NOTHING")
    project(connection)
    rejected = [line for chunk in chunks for line in chunk.rejected]
    if rejected:
        _set_aside(connection, rejected, found_at)
    # Files that are gone leave no offset behind: their names never come again.
    connection.execute(
        "DELETE FROM spool_offset WHERE file NOT IN (SELECT unnest($files::VARCHAR[]))",
        {"files": [chunk.file for chunk in chunks]},
    )
    connection.execute(
        "INSERT OR REPLACE INTO spool_offset"
        " SELECT unnest($files::VARCHAR[]), unnest($ends::BIGINT[]), $now",
        {
            "files": [chunk.file for chunk in chunks],
            "ends": [chunk.end for chunk in chunks],
            "now": _naive(found_at),
        },
    )
    (count,) = connection.execute("SELECT count(*) FROM new_event").fetchone() or (0,)
    return int(count)


def _withhold(connection: DuckDBPyConnection) -> None:
    """Keep out what was taken out, whichever arrives first: the event, or the word that it is.

    What is there already goes with a rebuild, which whoever opens the file next makes, for the
    mark of a stale file is set in the transaction that takes the word in.
    """
    kinds = {"kinds": list(AUDIT_KINDS)}
    [(told,)] = connection.execute(_TOLD, kinds).fetchall()
    if told:
        connection.execute(_FORGOTTEN)
        connection.execute(_macros())
        connection.execute(sql_texts("project")["audit"])
    connection.execute(_KEEP_OUT, kinds)
    if told:
        connection.execute(_MARK_STALE, kinds)


def copy_events(connection: DuckDBPyConnection) -> None:
    """Copy the truth of the attached database `old` into a new file, less what was taken out."""
    connection.execute(_macros())
    connection.execute(_AUDITS, {"kinds": list(AUDIT_KINDS)})
    connection.execute(sql_texts("project")["audit"])
    connection.execute(_COPY)
    carry_over(connection)


def _set_aside(
    connection: DuckDBPyConnection, rejected: Sequence[Rejected], found_at: datetime
) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO rejected_line SELECT unnest($files::VARCHAR[]),"
        " unnest($offsets::BIGINT[]), unnest($texts::VARCHAR[]), unnest($reasons::VARCHAR[]), $now",
        {
            "files": [line.file for line in rejected],
            "offsets": [line.byte_off for line in rejected],
            "texts": [line.text for line in rejected],
            "reasons": [line.reason for line in rejected],
            "now": _naive(found_at),
        },
    )


def project(connection: DuckDBPyConnection) -> None:
    """Derive the tables' rows from the events in `new_event`."""
    connection.execute(_macros())
    kinds = {
        kind for (kind,) in connection.execute("SELECT DISTINCT kind FROM new_event").fetchall()
    }
    for text in sql_texts("project").values():
        if not kinds.isdisjoint(_kinds_in(text)):  # planning all of them takes 0.1 s
            connection.execute(text)


def project_all(
    connection: DuckDBPyConnection, progress: Callable[[int, int], None] | None = None
) -> int:
    """Derive all rows of a file that holds events and nothing else; return the number of events.

    The events are committed: the row ids of uncommitted rows do not begin at 0.
    """
    (total,) = connection.execute("SELECT count(*) FROM event").fetchone() or (0,)
    for start in range(0, total, _PORTION):
        connection.execute("BEGIN")
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE new_event AS"
            " FROM event WHERE rowid >= $start AND rowid < $end",
            {"start": start, "end": start + _PORTION},
        )
        project(connection)
        connection.execute("COMMIT")
        if progress:
            progress(min(start + _PORTION, total), total)
    return int(total)


_INCOMING = """
CREATE OR REPLACE TEMP TABLE new_event AS
SELECT i.* REPLACE (CAST(i.payload AS JSON) AS payload)
FROM (
  SELECT
    unnest($event_id::VARCHAR[]) AS event_id,
    unnest($recorded_at::TIMESTAMP[]) AS recorded_at,
    unnest($writer::VARCHAR[]) AS writer,
    unnest($seq::BIGINT[]) AS seq,
    unnest($kind::VARCHAR[]) AS kind,
    unnest($kind_version::SMALLINT[]) AS kind_version,
    unnest($agent::VARCHAR[]) AS agent,
    unnest($project::VARCHAR[]) AS project,
    unnest($session_id::VARCHAR[]) AS session_id,
    unnest($entity_id::VARCHAR[]) AS entity_id,
    unnest($payload::VARCHAR[]) AS payload
) i
ANTI JOIN event e ON e.event_id = i.event_id
QUALIFY row_number() OVER (PARTITION BY i.event_id ORDER BY i.recorded_at, i.writer, i.seq) = 1
"""


_TOLD = "SELECT count(*) FROM new_event WHERE kind IN (SELECT unnest($kinds::VARCHAR[]))"
_FORGOTTEN = """
DELETE FROM new_event WHERE event_id IN (SELECT event_id FROM withheld_event WHERE for_good)
"""
# What was done to the memory stays known, unless it is forgotten.
_KEEP_OUT = """
DELETE FROM new_event WHERE EXISTS (
  SELECT 1 FROM withheld_event w WHERE w.event_id = new_event.event_id
    AND (w.for_good OR new_event.kind NOT IN (SELECT unnest($kinds::VARCHAR[])))
)
"""
_MARK_STALE = """
UPDATE schema_version SET projection = 'stale'
WHERE EXISTS (
    SELECT 1 FROM event e JOIN withheld_event w ON w.event_id = e.event_id
    WHERE w.for_good OR e.kind NOT IN (SELECT unnest($kinds::VARCHAR[]))
  )
  OR EXISTS (
    SELECT 1 FROM audit a JOIN withheld_event w ON w.event_id = a.event_id WHERE w.for_good
  )
  OR EXISTS (
    SELECT 1 FROM rejected_line r JOIN withheld_event w ON w.event_id = r.file || ':' || r.byte_off
  )
"""
_AUDITS = """
CREATE OR REPLACE TEMP TABLE new_event AS
SELECT e.* FROM old.event e
ANTI JOIN (
  SELECT unnest(f.payload->>'$.withholds.event_id[*]') AS event_id
  FROM old.event f WHERE f.kind = 'forgotten'
) gone ON gone.event_id = e.event_id
WHERE e.kind IN (SELECT unnest($kinds::VARCHAR[]))
"""  # not even for a moment does the new file hold what is forgotten
_COPY = """
INSERT INTO event BY NAME
SELECT o.* FROM old.event o
WHERE o.event_id NOT IN (SELECT event_id FROM withheld_event WHERE for_good)
  AND (
    o.event_id NOT IN (SELECT event_id FROM withheld_event)
    OR o.event_id IN (SELECT event_id FROM audit)
  )
ORDER BY o.recorded_at, o.event_id;
INSERT INTO spool_offset BY NAME FROM old.spool_offset;
INSERT INTO rejected_line BY NAME
SELECT r.* FROM old.rejected_line r
ANTI JOIN withheld_event w ON w.event_id = r.file || ':' || r.byte_off;
"""


@cache
def _kinds_in(text: str) -> frozenset[str]:
    """Return the kinds of event that a projection reads."""
    return frozenset(re.findall(r"\bkind = '(\w+)'", text))


@cache
def _macros() -> str:
    return (_SQL / "macros.sql").read_text("utf-8")


def _made_by() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"archkit {version('archkit')}"
    except PackageNotFoundError:  # run from a folder of sources
        return "archkit"


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)
