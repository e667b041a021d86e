import errno
import fcntl
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from archkit.errors import StoreError
from archkit.memory import projection
from archkit.memory.journal import Draft
from archkit.memory.store import Store
from archkit.plain import shown_path

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "data" / "archkit.duckdb", now=lambda: NOW, patience_s=0.3)
    yield store
    store._journal.close()


def note(store: Store, n: int) -> str:
    """Record one lesson; return the id of its event."""
    return store.append([Draft("lesson", {"text": f"lesson {n}"})])[0].event_id


def texts(store: Store) -> list[str]:
    return [text for (text,) in store.rows("SELECT text FROM lesson ORDER BY text")]


def spool_files(store: Store) -> list[Path]:
    return sorted(store.spool.glob("*.jsonl"))


def write_by_hand(path: Path, statement: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute(statement)


def hold_open(path: Path, mode: str) -> subprocess.Popen:
    """Hold the file open in another process, as a DuckDB shell does."""
    code = (
        f"import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only={mode == 'ro'});"
        "print('open', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"open\n"
    return process


@pytest.mark.parametrize("mode", ["ro", "rw"])
def test_a_file_held_by_another_tool_delays_the_drain_and_never_the_write(store, mode):
    note(store, 1)
    store.drain()
    with hold_open(store.path, mode) as other:
        note(store, 2)
        assert store.drain() == 0
        with pytest.raises(StoreError) as caught:
            texts(store)
        other.stdin.close()
    assert caught.value.what == f"The memory {shown_path(store.path)!r} is in use."
    assert f"(PID {other.pid}) has it open." in caught.value.why
    assert caught.value.mend.startswith(f"Close it there, or end process {other.pid}")
    assert (store.drain(), texts(store)) == (1, ["lesson 1", "lesson 2"])


def test_a_connection_of_the_same_process_is_named_as_such(store):
    note(store, 1)
    store.drain()
    with duckdb.connect(str(store.path)), pytest.raises(StoreError, match="is in use") as caught:
        texts(store)
    assert caught.value.why.startswith("This process has it open")
    assert texts(store) == ["lesson 1"]


def test_a_lock_held_by_another_archkit_delays_the_drain(store):
    note(store, 1)
    store.drain()
    note(store, 2)
    with store.path.with_name("archkit.duckdb.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert store.drain() == 0
        with pytest.raises(StoreError, match="Another archkit process"):
            texts(store)
    assert texts(store) == ["lesson 1", "lesson 2"]


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"\x00" * 200])
def test_a_file_that_is_not_duckdb_is_refused_and_left_alone(store, content):
    note(store, 1)
    store.path.write_bytes(content)
    for use in (store.drain, lambda: texts(store), store.rebuild):
        with pytest.raises(StoreError) as caught:
            use()
        assert caught.value.what == f"{shown_path(store.path)!r} is not a memory."
    assert store.path.read_bytes() == content
    store.path.unlink()
    assert texts(store) == ["lesson 1"]


def test_a_duckdb_file_of_somebody_else_is_refused_and_left_alone(store):
    note(store, 1)
    write_by_hand(store.path, "CREATE TABLE theirs (x INTEGER)")
    with pytest.raises(StoreError, match="not one of archkit's"):
        store.drain()
    with duckdb.connect(str(store.path)) as connection:
        assert connection.execute("SHOW TABLES").fetchall() == [("theirs",)]


def test_a_damaged_file_is_said(store):
    note(store, 1)
    store.drain()
    size = store.path.stat().st_size
    with store.path.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    note(store, 2)
    with pytest.raises(StoreError, match="DuckDB says"):
        store.drain()
    assert len(spool_files(store)[0].read_bytes().splitlines()) == 2


def test_a_file_of_a_later_archkit_is_refused_and_nothing_lost(store):
    note(store, 1)
    store.drain()
    write_by_hand(store.path, "UPDATE schema_version SET version = 99, made_by = 'archkit 9.0'")
    note(store, 2)
    for use in (store.drain, lambda: texts(store), store.rebuild):
        with pytest.raises(StoreError) as caught:
            use()
        assert (
            caught.value.what
            == f"The memory {shown_path(store.path)!r} is newer than this archkit."
        )
        assert caught.value.why == "It has schema 99, made by archkit 9.0; here is 1."
    write_by_hand(store.path, "UPDATE schema_version SET version = 1")
    assert texts(store) == ["lesson 1", "lesson 2"]


def test_a_disk_full_while_draining_is_said_and_nothing_lost(store, monkeypatch):
    note(store, 1)

    def full(*args):
        raise duckdb.IOException("Could not write file: No space left on device")

    monkeypatch.setattr(projection, "take", full)
    with pytest.raises(StoreError) as caught:
        store.drain()
    assert caught.value.why == "DuckDB says: Could not write file: No space left on device"
    monkeypatch.undo()
    assert (store.drain(), texts(store)) == (1, ["lesson 1"])


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "archkit.duckdb")
    with pytest.raises(StoreError, match="cannot be opened"):
        texts(store)
    with pytest.raises(StoreError, match="Nothing could be written"):
        note(store, 1)


def test_a_memory_on_a_read_only_disk_can_be_read(store, monkeypatch):
    note(store, 1)
    store.close()
    opened = os.open

    def read_only(path, flags, *args, **kwargs):
        if flags & (os.O_CREAT | os.O_RDWR | os.O_WRONLY):
            raise OSError(errno.EROFS, "Read-only file system")
        return opened(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", read_only)
    assert texts(Store(store.path)) == ["lesson 1"]
    with pytest.raises(StoreError, match="Read-only file system"):
        note(Store(store.path), 2)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("SELECT nothing FROM lesson", "nothing"),
        ("SELEKT 1", "syntax error"),
        ("SELECT $missing", "missing"),
    ],
)
def test_a_query_that_does_not_run_says_why(store, query, why):
    note(store, 1)
    with pytest.raises(StoreError) as caught:
        store.read(query)
    assert caught.value.what == f"The query did not run: {query!r}."
    assert why in caught.value.why
    assert texts(store) == ["lesson 1"]


@pytest.mark.parametrize("query", ["DELETE FROM event", "SELECT 1; SELECT 2", "SELECT 1; COMMIT"])
def test_only_one_query_is_asked_at_once(store, query):
    note(store, 1)
    with pytest.raises(StoreError, match="Only one query"):
        store.read(query)
    assert texts(store) == ["lesson 1"]
