"""Opening a memory's DuckDB file: in UTC, without extensions, and only if it is one of ours."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from archkit.memory import projection, refusals

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["KEEP_LOG", "connection", "is_current", "is_duckdb"]

_SETTINGS = """
SET TimeZone = 'UTC';
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
"""
KEEP_LOG = "PRAGMA disable_checkpoint_on_shutdown"
_SHUT = """
SET enable_external_access = false;
SET lock_configuration = true;
"""  # whoever reads a memory with SQL of their own reads no other file and writes none


def connection(path: Path, *, read_only: bool = False, **config: str) -> DuckDBPyConnection:
    """Open a file; one opened to be read lets a query of the caller's touch nothing else."""
    import duckdb

    opened = duckdb.connect(str(path), read_only=read_only, config=dict(config))
    opened.execute(f"{_SETTINGS}{_SHUT if read_only else ''}")
    return opened


def is_duckdb(path: Path) -> bool:
    """Look before DuckDB does: shown an SQLite file, it tries to fetch an extension."""
    with path.open("rb") as file:
        return file.read(12)[8:] == b"DUCK"


def is_current(opened: DuckDBPyConnection, path: Path) -> bool:
    """Whether the file was made with our SQL; somebody else's, or a later archkit's, is refused."""
    import duckdb

    try:
        row = opened.execute("SELECT version, projection, made_by FROM schema_version").fetchone()
    except (duckdb.CatalogException, duckdb.BinderException):
        row = None
    if row is None:
        raise refusals.foreign(path, "It is a DuckDB database, but not one of archkit's.")
    version, fingerprint, made_by = row
    if version > projection.SCHEMA_VERSION:
        raise refusals.newer(path, version, made_by, projection.SCHEMA_VERSION)
    return (version, fingerprint) == (projection.SCHEMA_VERSION, projection.fingerprint())
