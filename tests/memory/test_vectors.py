"""Vectors in the memory's file, written by hand: kept, found again, and never the truth."""

from datetime import UTC, datetime

import duckdb
import numpy as np
import pytest
from filelock import FileLock

from archkit.errors import StoreError
from archkit.memory import projection
from archkit.memory.journal import Draft
from archkit.memory.store import Store
from archkit.memory.vectors import carry_over, read_vectors, write_vectors

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "archkit.duckdb", now=lambda: NOW, patience_s=0.3)
    yield store
    store._journal.close()


def put(store, name, numbers, model="m 1"):
    write_vectors(store, model, [name], np.array([numbers], np.float32))


def test_a_new_memory_holds_no_vectors(store):
    ids, vectors = read_vectors(store, "m 1")
    assert (ids, vectors.shape) == ([], (0, 0))


def test_vectors_come_back_as_they_were_written_those_of_one_model_only(store):
    rng = np.random.default_rng(0)
    written = rng.standard_normal((700, 5)).astype(np.float32)
    names = [f"event {n}" for n in range(700)]
    write_vectors(store, "m 1", names, written)
    put(store, "event 3", [0, 1], model="m 2")
    ids, vectors = read_vectors(store, "m 1")
    found = dict(zip(ids, vectors, strict=True))
    assert vectors.dtype == np.float32
    assert sorted(ids) == sorted(names)
    assert all((found[name] == row).all() for name, row in zip(names, written, strict=True))
    assert read_vectors(store, "m 2")[0] == ["event 3"]


def test_a_later_vector_of_one_event_takes_the_place_of_the_earlier(store):
    put(store, "a", [1, 0])
    put(store, "a", [0, 1])
    assert read_vectors(store, "m 1")[1].tolist() == [[0, 1]]


def test_no_vectors_are_no_write(store):
    write_vectors(store, "m 1", [], np.empty((0, 2), np.float32))
    assert not store.path.exists()


def test_vectors_can_be_the_first_thing_a_memory_holds(store):
    put(store, "a", [1, 0])
    assert read_vectors(store, "m 1")[0] == ["a"]


def test_a_file_that_another_process_holds_says_so(store):
    with FileLock(f"{store.path}.lock"), pytest.raises(StoreError, match="in use"):
        put(store, "a", [1, 0])


def test_a_new_file_keeps_the_vectors_of_the_events_it_keeps(store, tmp_path):
    event_id = store.append([Draft("lesson", {"text": "a"})])[0].event_id
    store.drain()
    put(store, event_id, [1, 0])
    put(store, "of a forgotten event", [0, 1])
    with duckdb.connect() as new:
        projection.create(new, NOW)
        new.execute("ATTACH $path AS old (READ_ONLY)", {"path": str(store.path)})
        new.execute("INSERT INTO event BY NAME FROM old.event")
        carry_over(new)
        assert new.execute("SELECT event_id, vector FROM embedding").fetchall() == [
            (event_id, [1.0, 0.0])
        ]


def test_a_file_of_an_archkit_without_vectors_has_none_to_carry_over(tmp_path):
    old = tmp_path / "old.duckdb"
    with duckdb.connect(str(old)) as connection:
        connection.execute("CREATE TABLE event (event_id VARCHAR)")
    with duckdb.connect() as new:
        projection.create(new, NOW)
        new.execute("ATTACH $path AS old (READ_ONLY)", {"path": str(old)})
        carry_over(new)
        assert new.execute("SELECT count(*) FROM embedding").fetchone() == (0,)


def test_an_empty_vector_is_refused_by_the_table(store):
    with pytest.raises(StoreError):
        put(store, "a", [])


def test_a_rebuilt_memory_still_has_its_vectors(store):
    event_id = store.append([Draft("lesson", {"text": "a"})])[0].event_id
    store.drain()
    put(store, event_id, [1, 0])
    assert store.rebuild() == 1
    assert read_vectors(store, "m 1")[0] == [event_id]
