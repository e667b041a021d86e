"""Files of events: JSON lines or Parquet, their SHA-256, and the manifest that vouches for them."""

from __future__ import annotations

import glob
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.errors import StoreError
from archkit.memory.journal import sync
from archkit.memory.rewrite import Progress, Row, line_of
from archkit.memory.spool import COLUMNS, event_of
from archkit.plain import shown_path, without

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = [
    "FORMATS",
    "MANIFEST",
    "VERSION",
    "read_manifest",
    "read_rows",
    "sha256_of",
    "write_manifest",
    "write_rows",
]

FORMATS = ("jsonl", "parquet")
MANIFEST = "manifest.json"
VERSION = 1
"""Raised when what a folder of events holds changes its meaning."""

_BATCH = 20_000
_TABLE = """
CREATE TABLE event (
  event_id VARCHAR, recorded_at TIMESTAMP, writer VARCHAR, seq BIGINT, kind VARCHAR,
  kind_version SMALLINT, agent VARCHAR, project VARCHAR, session_id VARCHAR, entity_id VARCHAR,
  payload VARCHAR
)
"""
_SETTINGS = """
SET TimeZone = 'UTC';
SET autoinstall_known_extensions = false;
SET autoload_known_extensions = false;
"""
_INSERT = f"INSERT INTO event SELECT {', '.join(f'unnest(${name})' for name in COLUMNS)}"


def write_rows(
    path: Path, rows: Iterable[Row], *, total: int = 0, progress: Progress | None = None
) -> tuple[int, str]:
    """Write events to a file that appears whole or not at all; its ending says how.

    Returns
    -------
    tuple
        How many there were, and the SHA-256 of the file.
    """
    part = path.with_name(f"{path.name}.part")
    told = _telling(rows, total, progress)
    try:
        count = (
            _write_parquet(part, told) if path.suffix == ".parquet" else _write_lines(part, told)
        )
        sync(part)
        digest = sha256_of(part)
        part.replace(path)
        sync(path.parent)
    except OSError as error:
        raise _failure(path, f"{error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
    return count, digest


def read_rows(path: Path) -> Iterator[Row]:
    """Give the events of a file; a `StoreError` names the file if it holds anything else."""
    yield from _read_parquet(path) if path.suffix == ".parquet" else _read_lines(path)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path, told: Mapping[str, Any], files: Sequence[str]) -> dict[str, Any]:
    """Write the manifest of a folder: what is told, each file's SHA-256, and its own."""
    listed = {
        name: {"bytes": (folder / name).stat().st_size, "sha256": sha256_of(folder / name)}
        for name in sorted(files)
    }
    manifest = {**without(told, "sha256"), "archkit": VERSION, "files": listed}
    manifest["sha256"] = _digest(manifest)
    path = folder / MANIFEST
    part = path.with_name(f"{MANIFEST}.part")
    part.write_bytes(_canonical(manifest))
    sync(part)
    part.replace(path)
    sync(folder)
    return manifest


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a folder and hold every file against it.

    Raises
    ------
    StoreError
        It is missing, of a later archkit, or a file was cut short, changed or taken away: named.
    """
    path = folder / MANIFEST
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"{shown_path(folder)!r} is no export and no backup.",
            why=f"It has no {MANIFEST} that can be read: {error.strerror or error}.",
            mend="Give the folder that export(…) or backup(…) wrote.",
        ) from error
    try:
        manifest: dict[str, Any] = json.loads(data)
        own = _digest(without(manifest, "sha256"))
        sound = _canonical(manifest) == data and manifest["sha256"] == own
        version, files = int(manifest["archkit"]), dict(manifest["files"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise _tampered(path, "It is not what archkit writes.") from error
    if not sound:
        raise _tampered(path, "Its own SHA-256 does not fit it.")
    if version > VERSION:
        raise StoreError(
            f"{shown_path(folder)!r} is newer than this archkit.",
            why=f"It has version {version}; here is {VERSION}.",
            mend="Upgrade archkit.",
        )
    for name, facts in files.items():
        _check(folder, name, facts)
    return manifest


def _check(folder: Path, name: str, facts: Mapping[str, Any]) -> None:
    path = folder / name
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise _tampered(folder / MANIFEST, f"It names a file outside its folder: {name!r}.")
    try:
        size = path.stat().st_size
    except OSError as error:
        raise _tampered(path, f"It cannot be read: {error.strerror or error}.") from error
    if size != facts["bytes"]:
        how = "cut short" if size < facts["bytes"] else "longer than it was written"
        raise _tampered(path, f"It is {how}: {size} bytes instead of {facts['bytes']}.")
    if sha256_of(path) != facts["sha256"]:
        raise _tampered(path, "Its SHA-256 is not the one in the manifest.")


def _canonical(manifest: Mapping[str, Any]) -> bytes:
    return json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True).encode() + b"\n"


def _digest(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(manifest)).hexdigest()


def _tampered(path: Path, why: str) -> StoreError:
    return StoreError(
        f"The file {shown_path(path)!r} is damaged or was changed.",
        why=f"{why} Nothing of it was taken in, and nothing here was changed.",
        mend="Get a whole copy of the folder, or make the export or backup again.",
    )


def _failure(path: Path, why: str) -> StoreError:
    return StoreError(
        f"{shown_path(path)!r} could not be written.",
        why=f"{why} What was there before is kept.",
        mend="Make room on the disk, make the folder writable, or name another folder.",
    )


def _telling(rows: Iterable[Row], total: int, progress: Progress | None) -> Iterator[Row]:
    count = 0
    for row in rows:
        yield row
        count += 1
        if progress and count % 1000 == 0:
            progress(count, max(total, count))
    if progress:
        progress(count, count)


def _write_lines(path: Path, rows: Iterable[Row]) -> int:
    count = 0
    with path.open("wb") as file:
        for row in rows:
            file.write(line_of(row))
            count += 1
    return count


def _read_lines(path: Path) -> Iterator[Row]:
    with path.open("rb") as file:
        for n, line in enumerate(file, start=1):
            try:
                yield event_of(line)
            except ValueError as error:
                raise _tampered(path, f"Line {n} is no event: {error}.") from error


def _write_parquet(path: Path, rows: Iterable[Row]) -> int:
    count = 0
    with _scratch(path, _failure) as connection:
        connection.execute(_TABLE)
        pending = iter(rows)
        while batch := list(islice(pending, _BATCH)):
            columns = zip(*batch, strict=True)
            connection.execute(_INSERT, dict(zip(COLUMNS, map(list, columns), strict=True)))
            count += len(batch)
        connection.table("event").write_parquet(str(path), compression="zstd")
    return count


def _read_parquet(path: Path) -> Iterator[Row]:
    with _scratch(path, _tampered) as connection:
        named = {"path": glob.escape(str(path))}
        found = connection.execute("SELECT * FROM read_parquet($path)", named)
        columns = tuple(column[0] for column in found.description or ())
        if columns != COLUMNS:
            raise _tampered(path, f"Its columns are {', '.join(columns)[:200]}.")
        while batch := found.fetchmany(_BATCH):
            try:  # through the same door as a line: whatever wrote it, it must be events
                yield from map(event_of, map(line_of, batch))
            except (ValueError, TypeError, AttributeError) as error:
                raise _tampered(path, f"A row is no event: {error}.") from error


@contextmanager
def _scratch(
    path: Path, refusal: Callable[[Path, str], StoreError]
) -> Iterator[DuckDBPyConnection]:
    """Give a database in memory; what DuckDB cannot do with the file is said in our words."""
    import duckdb

    try:
        with duckdb.connect(":memory:") as connection:
            connection.execute(_SETTINGS)
            yield connection
    except duckdb.Error as error:
        raise refusal(path, f"DuckDB says: {str(error).replace(str(path), path.name)}") from error
