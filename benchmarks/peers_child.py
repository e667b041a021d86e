"""One step of `peers.py`, run in the peers' environment; prints one JSON object."""

import contextlib
import json
import math
import sqlite3
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import enlarge
import numpy as np

TOP = 10
ASKED, ADDED, WARM = 100, 10, 10
NOISE = 0.7
INDEXED = 50_000
TASKS = ("keyword", "problem")
FIELDS = ("title", "problem", "body", "tags")
Rows = list[dict[str, str]]


class Fts5:
    """SQLite's full-text index."""

    names = ("sqlite-fts5",)

    def __init__(self, folder: Path) -> None:
        self.base = sqlite3.connect(folder / "fts.sqlite")
        self.base.execute("PRAGMA journal_mode=WAL")
        self.base.execute("PRAGMA synchronous=FULL")
        self.base.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS text"
            " USING fts5(title, problem, body, tags, tokenize='porter unicode61')"
        )

    def add(self, keys: Sequence[int], rows: Rows, vectors: np.ndarray) -> None:
        values = [(key, *(row[f] for f in FIELDS)) for key, row in zip(keys, rows, strict=True)]
        self.base.executemany(
            "INSERT INTO text(rowid, title, problem, body, tags) VALUES (?, ?, ?, ?, ?)", values
        )
        self.base.commit()

    def query(self, name: str, text: str, vector: np.ndarray) -> list[int]:
        words = " OR ".join('"{}"'.format(w.replace('"', "")) for w in text.split())
        found = self.base.execute(
            "SELECT rowid FROM text WHERE text MATCH ? ORDER BY bm25(text, 3, 1.5, 1, 2) LIMIT ?",
            (words, TOP),
        )
        return [key for (key,) in found]

    def close(self) -> None:
        self.base.close()


class Chroma:
    """Chroma: HNSW over cosines."""

    names = ("chromadb",)

    def __init__(self, folder: Path) -> None:
        import chromadb
        from chromadb.config import Settings

        self.client = chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))
        self.texts = self.client.get_or_create_collection(
            "text", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )

    def add(self, keys: Sequence[int], rows: Rows, vectors: np.ndarray) -> None:
        for at in range(0, len(keys), 5_000):
            part = slice(at, at + 5_000)
            self.texts.add(
                ids=[str(key) for key in keys[part]],
                embeddings=vectors[part],
                documents=[whole(row) for row in rows[part]],
            )

    def query(self, name: str, text: str, vector: np.ndarray) -> list[int]:
        found = self.texts.query(query_embeddings=[vector], n_results=TOP)
        return [int(key) for key in found["ids"][0]]

    def close(self) -> None:
        self.client.close()


class Lance:
    """LanceDB: its vectors, its full-text index, and both, fused as it does by default."""

    names = ("lancedb hybrid", "lancedb hybrid 50", "lancedb vector", "lancedb fts")

    def __init__(self, folder: Path) -> None:
        import lancedb

        self.base = lancedb.connect(str(folder))
        self.table = self.base.open_table("text") if any(folder.iterdir()) else None

    def add(self, keys: Sequence[int], rows: Rows, vectors: np.ndarray) -> None:
        import pyarrow as pa
        from lancedb.index import FTS, HnswSq

        flat = pa.array(np.ascontiguousarray(vectors, np.float32).ravel())
        data = pa.table(
            {
                "key": pa.array(list(keys), pa.int64()),
                "text": [whole(row) for row in rows],
                "vector": pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
            }
        )
        if self.table is None:
            self.table = self.base.create_table("text", data)
            self.table.create_index("text", config=FTS())
            if len(keys) >= INDEXED:
                self.table.create_index("vector", config=HnswSq(distance_type="cosine"))
        else:
            self.table.add(data)

    def query(self, name: str, text: str, vector: np.ndarray) -> list[int]:
        if name == "lancedb vector":
            asked = self.table.search(vector, query_type="vector").distance_type("cosine")
        elif name == "lancedb fts":
            asked = self.table.search(text, query_type="fts")
        else:
            asked = self.table.search(query_type="hybrid").vector(vector).text(text)
        many = 50 if name == "lancedb hybrid 50" else TOP
        return asked.limit(many).to_arrow()["key"].to_pylist()[:TOP]

    def close(self) -> None:
        """It holds nothing open."""


class Mem0:
    """mem0 without a language model; its embedder is replaced by the one all are given."""

    names = ("mem0",)

    def __init__(self, folder: Path) -> None:
        from mem0.memory import main

        self.vector: np.ndarray | None = None
        main.EmbedderFactory.create = lambda *_: self
        main.LlmFactory.create = lambda *_: None
        place = {
            "path": str(folder / "qdrant"),
            "on_disk": True,
            "embedding_model_dims": 384,
            "collection_name": "text",
        }
        self.memory = main.Memory.from_config(
            {
                "vector_store": {"provider": "qdrant", "config": place},
                "history_db_path": str(folder / "history.db"),
            }
        )

    def embed(self, text: str, memory_action: str | None = None) -> list[float]:
        return self.vector.tolist()

    def add(self, keys: Sequence[int], rows: Rows, vectors: np.ndarray) -> None:
        for key, row, self.vector in zip(keys, rows, vectors, strict=True):
            self.memory.add(whole(row), user_id="u", metadata={"key": key}, infer=False)

    def query(self, name: str, text: str, vector: np.ndarray) -> list[int]:
        self.vector = vector
        found = self.memory.search(text, filters={"user_id": "u"}, top_k=TOP, threshold=0.0)
        return [hit["metadata"]["key"] for hit in found["results"]]

    def close(self) -> None:
        self.memory.close()
        self.memory.vector_store.client.close()


KINDS = {"sqlite-fts5": Fts5, "chromadb": Chroma, "lancedb": Lance, "mem0": Mem0}


def whole(row: dict[str, str]) -> str:
    """Return the text that is embedded and indexed, as archkit joins it."""
    title = row["title"] and f"{row['title']}."
    return " ".join(part for part in (title, row["problem"], row["body"], row["tags"]) if part)


def shown(text: dict[str, Any], fields: Sequence[str] = FIELDS) -> dict[str, str]:
    """Return the fields a task may index; the others are empty."""
    tags = text["tags"] if isinstance(text["tags"], str) else " ".join(text["tags"])
    return {f: {**text, "tags": tags}[f] if f in fields else "" for f in FIELDS}


def prepare(work: Path, size: str) -> dict[str, Any]:
    """Encode the real texts and all queries once."""
    from archkit.memory.embedder import load_embedder

    embedder = load_embedder()
    saved = {"asked": embedder.encode(enlarge.queries(ASKED))}
    for task in TASKS:
        queries = asked(task)
        rows = [shown(text, queries[0]["index_fields"]) for text in enlarge.read_corpus()]
        saved[f"{task}-texts"] = embedder.encode([whole(row) for row in rows])
        saved[f"{task}-queries"] = embedder.encode([query["text"] for query in queries])
    np.savez(work / "vectors.npz", **saved)
    times = timed(lambda n: embedder.encode([enlarge.queries(ASKED)[n]]), 50)
    names = ("chromadb", "lancedb", "mem0ai", "qdrant-client", "onnxruntime", "numpy")
    return {
        "versions": {**{n: version(n) for n in names}, "sqlite": sqlite3.sqlite_version},
        "embedder": embedder.model,
        "embed_p50_ms": statistics.median(times),
    }


def quality(work: Path, peer: str) -> dict[str, Any]:
    """Return nDCG@10 by name and task."""
    kept, grades = np.load(work / "vectors.npz"), enlarge.read_grades()
    texts = enlarge.read_corpus()
    found: dict[str, dict[str, float]] = {name: {} for name in KINDS[peer].names}
    for task in TASKS:
        queries = asked(task)
        store = KINDS[peer](fresh(work / f"{peer}-{task}"))
        rows = [shown(text, queries[0]["index_fields"]) for text in texts]
        store.add(range(len(rows)), rows, kept[f"{task}-texts"])
        for name in found:
            gains = [
                gain(
                    [texts[key]["_id"] for key in store.query(name, query["text"], vector)],
                    grades[query["_id"]],
                )
                for query, vector in zip(queries, kept[f"{task}-queries"], strict=True)
            ]
            found[name][task] = statistics.fmean(gains)
        store.close()
    return found


def build(work: Path, peer: str, size: str) -> dict[str, Any]:
    """Fill a store with made-up texts."""
    kept = np.load(work / "vectors.npz")["keyword-texts"]
    texts = enlarge.texts(int(size))
    noise = np.random.default_rng([0, 3]).standard_normal((len(texts), kept.shape[1]), np.float32)
    noise *= NOISE / math.sqrt(kept.shape[1])
    vectors = kept[[text["source"] for text in texts]] + noise
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows, folder = [shown(text) for text in texts], fresh(work / f"{peer}-{size}")
    began = time.perf_counter()
    store = KINDS[peer](folder)
    store.add(range(len(rows)), rows, vectors)
    spent = time.perf_counter() - began
    store.close()
    return {"build_s": spent}


def measure(work: Path, peer: str, size: str) -> dict[str, Any]:
    """Open a store that was filled by another process, ask it, add to it."""
    vectors, texts = np.load(work / "vectors.npz")["asked"], enlarge.queries(ASKED)
    began = time.perf_counter()
    with contextlib.suppress(ImportError):
        __import__({"mem0": "mem0.memory.main", "sqlite-fts5": "sqlite3"}.get(peer, peer))
    imported = time.perf_counter()
    store = KINDS[peer](work / f"{peer}-{size}")
    store.query(store.names[0], texts[0], vectors[0])
    opened = time.perf_counter()
    speeds: list[dict[str, Any]] = []
    for name in store.names:
        times = timed(lambda n, name=name: store.query(name, texts[n], vectors[n]), ASKED)
        speeds.append({"peer": name, **spread("query", times)})
    size_mb = rss_mb()
    for one in speeds:
        one |= {"add_ms": added(store, one["peer"], vectors.shape[1]), "rss_mb": size_mb}
        one |= {"import_ms": (imported - began) * 1e3, "open_ms": (opened - imported) * 1e3}
    embed = embedding(peer)
    for one in speeds:
        name = one["peer"]
        times = timed(lambda n, name=name: store.query(name, texts[n], embed(name, n)), ASKED)
        one |= spread("whole", times)
    store.close()
    return {"speed": speeds}


def embedding(peer: str) -> Callable[[str, int], Any]:
    """Return what embeds a query, where the way of asking needs it."""
    from archkit.memory.embedder import load_embedder

    embedder, texts = load_embedder(), enlarge.queries(ASKED)
    return lambda name, n: (
        None if name in ("sqlite-fts5", "lancedb fts") else embedder.encode([texts[n]])[0]
    )


def added(store: Any, name: str, dim: int) -> float:
    """Return the median time until an added text is the first answer (ms)."""
    times = []
    for n in range(ADDED):
        key = 10**9 + n + ADDED * store.names.index(name)
        vector = np.random.default_rng(key).standard_normal(dim).astype(np.float32)
        vector /= np.linalg.norm(vector)
        word = f"zyx{key}"
        row = {"title": word, "problem": f"how to {word}", "body": f"do {word} once", "tags": ""}
        began = time.perf_counter()
        store.add([key], [row], vector[None])
        while store.query(name, word, vector)[0] != key:
            if time.perf_counter() - began > 30:
                raise RuntimeError(f"{name} does not find what was added")
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times)


def asked(task: str) -> list[dict[str, Any]]:
    return [query for query in enlarge.read_queries() if query["task"] == task]


def gain(ranked: list[str], grades: dict[str, int]) -> float:
    """Return nDCG@10."""
    gains = [2 ** grades.get(one, 0) - 1 for one in ranked[:TOP]]
    ideal = sorted((2**grade - 1 for grade in grades.values()), reverse=True)[:TOP]
    total, best = (
        sum(value / math.log2(place + 2) for place, value in enumerate(column))
        for column in (gains, ideal)
    )
    return total / best


def timed(run: Callable[[int], object], times: int) -> list[float]:
    """Return the times of `times` runs (ms), after some to warm up."""
    for n in range(WARM):
        run(n)
    spent = []
    for n in range(times):
        began = time.perf_counter()
        run(n)
        spent.append((time.perf_counter() - began) * 1e3)
    return spent


def spread(what: str, times: list[float]) -> dict[str, float]:
    return {
        f"{what}_p50_ms": statistics.median(times),
        f"{what}_p95_ms": float(np.quantile(times, 0.95)),
    }


def rss_mb() -> float:
    """Return the resident memory (MB), where the system tells it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def fresh(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    steps = {"prepare": prepare, "quality": quality, "build": build, "measure": measure}
    place, step, *more = sys.argv[1:]
    with contextlib.redirect_stdout(sys.stderr):
        answer = steps[step](Path(place), *more)
    print(json.dumps(answer))
