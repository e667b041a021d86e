import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from archkit.memory import projection
from archkit.memory.journal import Draft
from archkit.memory.store import Store
from archkit.records import (
    Decision,
)

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
NAIVE = NOW.replace(tzinfo=None)


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


def test_what_was_appended_is_read_back(store):
    ids = [note(store, n) for n in range(3)]
    assert store.rows("SELECT event_id, kind, payload->>'text' FROM event ORDER BY seq") == [
        (event_id, "lesson", f"lesson {n}") for n, event_id in enumerate(ids)
    ]


def test_an_empty_store_can_be_read(store):
    assert store.rows("SELECT * FROM orphan") == []
    assert store.read("SELECT slug, y FROM pattern_evidence").columns.tolist() == ["slug", "y"]


def test_instants_are_naive_utc_and_rates_numbers_in_a_frame(store):
    decision = Decision("A", confidence=0.8, decided_at=NOW, patterns=("p",))
    store.append([Draft("decision", decision.as_payload())])
    frame = store.read("SELECT decided_at, due_at, confidence FROM decision_log")
    assert frame.loc[0].tolist() == [
        NAIVE,
        NAIVE + timedelta(days=30),
        0.8,
    ]


def test_values_are_bound_by_name(store):
    note(store, 1)
    note(store, 2)
    query = "SELECT text FROM lesson WHERE text = $text AND recorded_at <= $until"
    frame = store.read(query, {"text": "lesson 2", "until": NOW + timedelta(hours=1)})
    assert frame["text"].tolist() == ["lesson 2"]


def test_a_drain_counts_new_events_and_a_second_one_none(store):
    note(store, 1)
    note(store, 2)
    assert [store.drain(), store.drain()] == [2, 0]
    note(store, 3)
    assert store.drain() == 1


def test_an_event_with_a_known_id_is_taken_once(store):
    again = Draft("lesson", {"text": "lesson 1"}, event_id="once", recorded_at=NOW)
    store.append([again, again])
    assert store.drain() == 1
    store.append([again])
    assert (store.drain(), texts(store)) == (0, ["lesson 1"])


def test_closing_drains_and_leaves_no_spool_file(store):
    note(store, 1)
    store.close()
    assert (spool_files(store), texts(store)) == ([], ["lesson 1"])


def test_after_closing_it_can_be_written_again(store):
    note(store, 1)
    store.close()
    note(store, 2)
    store.close()
    assert (spool_files(store), texts(store)) == ([], ["lesson 1", "lesson 2"])


def test_a_drained_file_stays_while_its_writer_lives_and_goes_with_it(store, tmp_path):
    other = Store(store.path)
    note(other, 1)
    assert store.drain() == 1
    assert len(spool_files(store)) == 1
    other._journal.close()  # as when its process ends
    note(store, 2)
    store.drain()
    assert [path.stem for path in spool_files(store)] == [store._journal.writer]


def test_a_spool_file_without_a_line_goes_too(store):
    store.spool.mkdir(parents=True)
    (store.spool / "empty.jsonl").touch()
    store.close()
    assert spool_files(store) == []


def test_offsets_of_removed_files_are_forgotten(store):
    for n in range(3):
        note(store, n)
        store.close()
    note(store, 3)
    assert store.rows("SELECT count(*) FROM spool_offset") == [(1,)]


def test_a_database_deleted_by_hand_is_filled_again_from_the_spool(store):
    note(store, 1)
    store.drain()
    store.path.rename(store.path.with_name("archkit.duckdb.wal"))  # a log of another file
    assert texts(store) == ["lesson 1"]


def test_two_stores_of_one_file_see_each_other(store):
    other = Store(store.path)
    note(store, 1)
    assert texts(other) == ["lesson 1"]
    note(other, 2)
    assert texts(store) == ["lesson 1", "lesson 2"]
    other.close()


def test_two_memories_in_one_folder_keep_their_events_apart(store):
    other = Store(store.path.with_name("other.duckdb"))
    note(store, 1)
    note(other, 2)
    assert (texts(store), texts(other)) == (["lesson 1"], ["lesson 2"])
    other.close()
    assert other.spool == store.spool / "other.duckdb"


def test_the_stamp_changes_with_the_spool_and_the_file_and_not_by_reading(store):
    stamps = [store.stamp()]
    note(store, 1)
    stamps.append(store.stamp())
    store.drain()
    stamps.append(store.stamp())
    assert len(set(stamps)) == 3
    texts(store)
    assert store.stamp() == stamps[-1]


def test_a_drain_of_another_process_is_no_reason_to_write(store):
    other = Store(store.path)
    note(other, 1)
    other.drain()
    stamp = store.stamp()
    assert (store.drain(), store.stamp()) == (0, stamp)
    other.close()


def test_the_file_has_no_log_and_is_readable_by_duckdb_1_4(store):
    note(store, 1)
    store.drain()
    assert not store.path.with_name("archkit.duckdb.wal").exists()
    with duckdb.connect(str(store.path), read_only=True) as connection:
        tags = (
            "SELECT tags['storage_version'] FROM duckdb_databases() WHERE database_name = 'archkit'"
        )
        assert connection.execute(tags).fetchone() == ("v1.4.0+",)
        assert connection.execute("SELECT text FROM lesson").fetchall() == [("lesson 1",)]


def test_a_log_left_by_a_killed_process_is_taken_over(store):
    note(store, 1)
    store.drain()
    code = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]);"
        "c.execute(\"UPDATE lesson SET text = 'by hand'\"); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", code, str(store.path)], check=False)
    assert store.path.with_name("archkit.duckdb.wal").exists()
    assert texts(store) == ["by hand"]
    store.rebuild()
    assert not store.path.with_name("archkit.duckdb.wal").exists()
    assert texts(store) == ["lesson 1"]


def test_comments_say_what_every_table_and_view_and_every_column_of_a_view_is(store):
    told = store.describe()
    assert set(told) == {*projection.sql_texts("tables"), *projection.sql_texts("views")}
    assert [name for name, columns in told.items() if not columns[""]] == []
    bare = [
        f"{name}.{column}"
        for name in projection.sql_texts("views")
        for column, comment in told[name].items()
        if not comment
    ]
    assert bare == []


def test_its_representation_is_one_line(store):
    assert repr(store) == f"Store({str(store.path)!r})"


def test_importing_the_store_waits_for_nothing_slow():
    code = (
        "import sys, archkit.memory.store;"
        "print({'duckdb', 'pandas', 'filelock', 'detect_secrets', 'requests'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_fork_waits_until_no_thread_has_the_file_open(store):
    note(store, 1)
    inside, left = threading.Event(), threading.Event()

    def look() -> None:
        with store._reading():
            inside.set()
            left.wait(0.3)  # nobody sets it: so long the fork has to wait
        left.set()

    reader = threading.Thread(target=look)
    reader.start()
    inside.wait()
    if (child := os.fork()) == 0:
        signal.alarm(20)
        os._exit(1 if _open_files(store.path) else 0)
    reader.join()
    assert os.waitpid(child, 0)[1] == 0


def _open_files(path: Path) -> list[str]:
    fds = Path("/proc/self/fd")
    return [fd.name for fd in fds.iterdir() if os.path.realpath(fd) == str(path)]
