"""Vectors in the memory's file, written by hand: kept, found again, and never the truth."""

from datetime import UTC, datetime

import duckdb
import numpy as np
import pytest
from filelock import FileLock

from archkit.errors import StoreError
from archkit.memory import projection
from archkit.memory.journal import Draft
from archkit.memory.semantic import SemanticLayer, text_hash
from archkit.memory.store import Store
from archkit.memory.vectors import carry_over, catch_up, read_vectors, write_vectors

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


class Lengths:
    """Stands in for the model: a text's vector tells whether its length is even or odd."""

    model, dim = "lengths 1", 2

    def __init__(self):
        self.encoded: list[str] = []

    def encode(self, texts):
        self.encoded += texts
        return np.eye(2, dtype=np.float32)[[len(text) % 2 for text in texts]].reshape(-1, 2)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path / "archkit.duckdb", now=lambda: NOW, patience_s=0.3)
    yield store
    store._journal.close()


def put(store, name, numbers, model="lengths 1"):
    write_vectors(store, model, [name], [text_hash(name)], np.array([numbers], np.float32))


def test_a_new_memory_holds_no_vectors(store):
    ids, hashes, vectors = read_vectors(store, "lengths 1")
    assert (ids, hashes, vectors.shape) == ([], [], (0, 0))


def test_vectors_come_back_as_they_were_written_those_of_one_model_only(store):
    rng = np.random.default_rng(0)
    written = rng.standard_normal((700, 5)).astype(np.float32)
    names = [f"event {n}" for n in range(700)]
    write_vectors(store, "m 1", names, list(map(text_hash, names)), written)
    put(store, "event 3", [0, 1], model="m 2")
    ids, hashes, vectors = read_vectors(store, "m 1")
    found = dict(zip(ids, vectors, strict=True))
    assert vectors.dtype == np.float32
    assert sorted(ids) == sorted(names)
    assert all((found[name] == row).all() for name, row in zip(names, written, strict=True))
    assert hashes == [text_hash(name) for name in ids]
    assert read_vectors(store, "m 2")[0] == ["event 3"]


def test_a_later_vector_of_one_event_takes_the_place_of_the_earlier(store):
    put(store, "a", [1, 0])
    put(store, "a", [0, 1])
    assert read_vectors(store, "lengths 1")[2].tolist() == [[0, 1]]


def test_no_vectors_are_no_write(store):
    write_vectors(store, "m 1", [], [], np.empty((0, 2), np.float32))
    assert not store.path.exists()


def test_vectors_can_be_the_first_thing_a_memory_holds(store):
    put(store, "a", [1, 0])
    assert read_vectors(store, "lengths 1")[0] == ["a"]


def test_a_file_that_another_process_holds_says_so(store):
    with FileLock(f"{store.path}.lock"), pytest.raises(StoreError, match="in use"):
        put(store, "a", [1, 0])


def test_a_layer_catches_up_with_what_there_is_and_only_that_is_encoded(store):
    layer, told = SemanticLayer(Lengths()), []
    assert catch_up(store, layer, {"a": "x", "b": "xx"}, lambda *done: told.append(done)) == 2
    assert told == [(2, 2)]
    fresh = SemanticLayer(Lengths())
    assert catch_up(store, fresh, {"b": "xx", "c": "xxx", "a": "xxxx"}) == 2
    assert fresh.embedder.encoded == ["xxx", "xxxx"]
    assert catch_up(store, fresh, {"b": "xx"}) == 0
    assert fresh.search("xx", 9) == [("b", 1.0)]


def test_many_texts_are_written_in_portions_so_that_a_killed_process_loses_little(store):
    texts, told = {str(n): "x" * (n % 7) for n in range(600)}, []

    class KilledError(Exception):
        pass

    def kill_after_two(done, total):
        told.append((done, total))
        if len(told) == 2:
            raise KilledError

    with pytest.raises(KilledError):
        catch_up(store, SemanticLayer(Lengths()), texts, kill_after_two)
    assert told == [(256, 600), (512, 600)]
    again = SemanticLayer(Lengths())
    assert catch_up(store, again, texts) == 88
    assert len(again) == 600


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
    catch_up(store, SemanticLayer(Lengths()), {event_id: "a"})
    assert store.rebuild() == 1
    layer = SemanticLayer(Lengths())
    assert catch_up(store, layer, {event_id: "a"}) == 0
    assert layer.search("a", 1) == [(event_id, 1.0)]
