"""The memory's retrieval beside other stores: quality, speed, room; prints a Markdown table.

`python benchmarks/memory.py` measures 1,000, 10,000 and 100,000 patterns and the peers in the same
run, which takes about half an hour; `--sizes 1000 --no-peers` is the short form that `make bench`
runs. The texts are those of ../shared/data/retrieval and windows of them (`enlarge.py`).
"""

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from typing import Any

import enlarge
import numpy as np
from peers import run_peers

QUERIES = 200
PORTION = 5_000
CONTEXT = {"tenancy": "multi", "requests_per_second": 500}


def pattern_of(text: dict[str, Any], fields: Iterable[str] = ("title", "problem", "body", "tags")):
    from archkit.records import Pattern

    number = int(text["id"][1:]) if text["id"][1:].isdigit() else 0
    return Pattern(
        text["id"],
        text["title"] if "title" in fields else "-",
        area=("scaling", "security", "performance")[number % 3],
        kind=f"kind-{number % 500}",
        problem=text["problem"] if "problem" in fields else "",
        approach={"body": text["body"]} if "body" in fields else {},
        context={"tenancy": ("multi", "single")[number % 2], "requests_per_second": ">100"},
        tags=tuple(text["tags"]) if "tags" in fields else (),
        ladder=dict.fromkeys(
            ("testability", "readability", "consistency", "simplicity", "reversibility"),
            1 + number % 5,
        ),
        status="active",
    )


def fill(folder: str, size: int) -> dict[str, Any]:
    """Record the patterns, a use of every second one, and their vectors."""
    from archkit.memory.drafts import draft_of
    from archkit.memory.journal import Draft
    from archkit.memory.memory import Memory

    texts = enlarge.texts(size)
    began = time.perf_counter()
    memory = Memory(folder, library=False)
    for start in range(0, size, PORTION):
        some = texts[start : start + PORTION]
        memory._store.append([draft_of(pattern_of(text)) for text in some])
        memory._store.append(
            [
                Draft("pattern_use", {"slug": t["id"], "y": n % 10 / 9, "source": "team"})
                for n, t in enumerate(some)
                if n % 2
            ]
        )
        memory.drain()
    filled = time.perf_counter()
    memory.query("cache")
    built = time.perf_counter()
    memory.close()
    return {"fill_s": filled - began, "index_s": built - filled}


def add_vectors(folder: str, size: int) -> dict[str, Any]:
    """Keep made-up vectors: that of the real text each is a window of, plus noise."""
    from archkit.memory.embedder import load_embedder
    from archkit.memory.meaning import model_name
    from archkit.memory.memory import Memory
    from archkit.memory.semantic import meaning_of
    from archkit.memory.vectors import write_vectors

    embedder, texts = load_embedder(), enlarge.texts(size)
    real = [
        {**text, "id": text["_id"], "tags": str(text["tags"]).split()}
        for text in enlarge.read_corpus()
    ]
    vectors = embedder.encode([meaning_of(pattern_of(text)) for text in real])
    rng = np.random.default_rng(0)
    memory = Memory(folder, library=False)
    ids = dict(memory._store.rows("SELECT slug, event_id FROM pattern"))
    for start in range(0, size, PORTION):
        some = [text for text in texts[start : start + PORTION] if text["id"] in ids]
        rows = vectors[[text["source"] for text in some]]
        rows = rows + rng.normal(0, 0.03, rows.shape).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        names = [ids[text["id"]] for text in some]
        write_vectors(memory._store, model_name(embedder), names, rows)
    memory.close()
    return {}


def measure(folder: str, size: int, semantic: str) -> dict[str, Any]:
    """Open in this fresh process, query, add."""
    began = time.perf_counter()
    import duckdb
    import scipy.special

    import archkit.memory.shared_index
    import archkit.memory.shelf
    from archkit.memory.memory import Memory
    from archkit.records import Pattern

    assert duckdb and scipy.special and archkit.memory.shelf and archkit.memory.shared_index
    by_meaning = semantic == "semantic"
    queries = enlarge.queries(QUERIES)
    imported = time.perf_counter()
    memory = Memory(folder, library=False, semantic=by_meaning)
    memory.query(queries[0])
    opened = time.perf_counter()
    plain = [spent(lambda q=q: memory.query(q)) for q in queries]
    fitted = [spent(lambda q=q: memory.query(q, CONTEXT)) for q in queries]
    adds = [
        spent(lambda new=new: added(memory, Pattern(new, f"{new} wombat", status="active")))
        for new in (f"quokka{os.getpid()}x{n}" for n in range(25))
    ]
    answer = {
        "import_ms": (imported - began) * 1000,
        "open_ms": (opened - imported) * 1000,
        "query_p50_ms": statistics.median(plain),
        "query_p95_ms": float(np.quantile(plain, 0.95)),
        "context_p50_ms": statistics.median(fitted),
        "context_p95_ms": float(np.quantile(fitted, 0.95)),
        "add_ms": statistics.median(adds),
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    memory.close()
    return answer


def added(memory: Any, pattern: Any) -> None:
    memory.record_pattern(pattern)
    assert memory.query(pattern.name)[0].pattern.slug == pattern.slug


def spent(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return (time.perf_counter() - began) * 1000


def quality() -> dict[str, float]:
    """Return nDCG@10 by task, by words and by both, and how many errors find their cause first."""
    from archkit.memory.catalogue import Catalogue
    from archkit.memory.embedder import load_embedder
    from archkit.memory.semantic import SemanticLayer, meaning_of

    grades, found = enlarge.read_grades(), {}
    for task in ("keyword", "problem"):
        asked = [q for q in enlarge.read_queries() if q["task"] == task]
        fields = asked[0]["index_fields"]
        texts = [
            {**text, "id": text["_id"], "tags": str(text["tags"]).split()}
            for text in enlarge.read_corpus()
        ]
        patterns = [pattern_of(text, fields) for text in texts]
        catalogue = Catalogue.of(patterns)
        layer = SemanticLayer(load_embedder())
        layer.add({row: meaning_of(pattern) for row, pattern in enumerate(patterns)})
        for name, its in (("words", None), ("both", layer)):
            catalogue.layer = its
            gains = [
                gain([texts[row]["id"] for row, _ in catalogue.find(q["text"])], grades[q["_id"]])
                for q in asked
            ]
            found[f"{task} {name}"] = statistics.mean(gains)
    return found | {"errors top-1": leave_one_out()}


def leave_one_out() -> float:
    from archkit.memory.retrieval import ErrorIndex
    from archkit.records import Solution

    errors = [json.loads(line) for line in (enlarge.DATA / "errors.jsonl").open()]
    right = 0
    for n, error in enumerate(errors):
        others = errors[:n] + errors[n + 1 :]
        index = ErrorIndex([Solution(str(i), e["message"]) for i, e in enumerate(others)])
        [(row, _), *_] = index.find(error["message"], threshold=0.0)
        right += others[row]["class"] == error["class"]
    return right / len(errors)


def gain(ranked: Sequence[str], grades: dict[str, int]) -> float:
    """Return nDCG@10."""
    gains = [2 ** grades.get(one, 0) - 1 for one in ranked[:10]]
    ideal = sorted((2**grade - 1 for grade in grades.values()), reverse=True)[:10]
    total, best = (
        sum(value / np.log2(place + 2) for place, value in enumerate(column))
        for column in (gains, ideal)
    )
    return float(total / best)


def posteriors() -> dict[str, Any]:
    """Time the posteriors of 100,000 patterns from a million rows of evidence."""
    from archkit.memory.evidence import SOURCES, Evidence
    from archkit.records import utc_now

    rng, size, rows = np.random.default_rng(0), 100_000, 1_000_000
    slugs, now = [f"p{n}" for n in range(size)], utc_now()
    seen = np.datetime64("2026-01-01", "us") + rng.integers(0, 10**13, rows).astype("m8[us]")
    columns = (rng.integers(0, size, rows), rng.random(rows), np.ones(rows))
    session, source = rng.integers(0, 200_000, rows), rng.integers(0, 2, rows)

    def learn() -> None:
        evidence = Evidence.from_columns(
            slugs,
            *columns,
            SOURCES,
            source,
            seen_at=seen,
            session=session,
            now=now,
        )
        evidence.standing(slugs, ["candidate"] * size)

    return {"posterior_s": statistics.median(spent(learn) for _ in range(5)) / 1000}


def child(*arguments: str) -> dict[str, Any]:
    """Run one step in a process of its own."""
    command = [sys.executable, __file__, "--step", *arguments]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(run.stdout.splitlines()[-1]))


def archkit_rows(sizes: Sequence[int], work: str) -> Iterator[dict[str, Any]]:
    for size in sizes:
        folder = f"{work}/{size}"
        built = child("fill", folder, str(size))
        yield {"name": "archkit", "size": size, **built, **child("measure", folder, str(size), "")}
        child("add_vectors", folder, str(size))
        found = child("measure", folder, str(size), "semantic")
        yield {"name": "archkit[semantic]", "size": size, **built, **found}


COLUMNS = (
    ("query p50 / p95 ms", ("query_p50_ms", "query_p95_ms"), "{:.2f} / {:.2f}"),
    ("with context ms", ("context_p50_ms", "context_p95_ms"), "{:.2f} / {:.2f}"),
    ("with embedding ms", ("whole_p50_ms", "whole_p95_ms"), "{:.1f} / {:.1f}"),
    ("add, visible ms", ("add_ms",), "{:.0f}"),
    ("open ms", ("open_ms",), "{:.0f}"),
    ("build s", ("build_s",), "{:.1f}"),
    ("RSS MB", ("rss_mb",), "{:.0f}"),
)


def table(rows: Iterable[dict[str, Any]]) -> str:
    heads = ["store", "size", *(name for name, _, _ in COLUMNS)]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in rows:
        row = {**row, "build_s": row.get("build_s", row.get("index_s"))}
        cells = [
            shape.format(*(row[key] for key in keys))
            if all(row.get(k) is not None for k in keys)
            else ""
            for _, keys, shape in COLUMNS
        ]
        lines.append(f"| {row['name']} | {row['size']:,} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(sizes: Sequence[int], peers: bool) -> None:
    names = ("duckdb", "tantivy", "numpy", "scipy", "onnxruntime")
    print(f"Python {platform.python_version()}, {', '.join(f'{n} {version(n)}' for n in names)};")
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start\n")
    with tempfile.TemporaryDirectory() as work:
        rows = sorted(archkit_rows(sizes, work), key=lambda row: row["size"])
    beside = run_peers(sizes) if peers else {"speed": [], "quality": {}, "versions": {}}
    print(json.dumps({"archkit": rows, "peers": beside}), file=sys.stderr)
    others = [{"name": row["peer"], **row} for row in beside["speed"]]
    print(table(sorted([*rows, *others], key=lambda row: row["size"])), "\n")
    for name, figure in {**quality(), **posteriors()}.items():
        print(f"- archkit, {name}: {figure:.3f}")
    for name, figure in beside["quality"].items():
        print(f"- {name}: {figure}")
    print(f"\nPeers: {beside['versions']}" if peers else "")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--step", nargs="*", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        step, folder, size, *rest = given.step
        print(json.dumps(globals()[step](folder, int(size), *rest)))
    else:
        main(given.sizes, not given.no_peers)
