"""The speeds of the main job, beside plain SQLite in the same run; prints a Markdown table.

Run it with `make bench`; figures are medians on whatever machine and load there is, both stated.
"""

import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

ROWS: list[tuple[str, str, str, str]] = []
WORDS = [
    "tenant",
    "session",
    "token",
    "cache",
    "index",
    "shard",
    "queue",
    "retry",
    "audit",
    "schema",
    "partition",
    "broker",
]


def p50(run: Callable[[int], object], times: int) -> float:
    """Return the median of `times` runs, in milliseconds."""
    spent = []
    for i in range(times):
        began = time.perf_counter()
        run(i)
        spent.append((time.perf_counter() - began) * 1000)
    return statistics.median(spent)


def seconds(code: str) -> float:
    """Return the best of five wall times of a fresh interpreter running `code`."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        best = min(best, time.perf_counter() - began)
    return best


def imports() -> None:
    beyond = seconds("import archkit") - seconds("pass")
    ROWS.append(("`import archkit` beyond bare Python", f"{beyond * 1000:.0f} ms", "150 ms", ""))


def writes(folder: Path) -> None:
    from archkit import Lesson, Memory

    with Memory(folder / "writes" / "archkit.duckdb") as memory:
        ours = p50(lambda i: memory.record_lesson(Lesson(f"lesson {i} " + "x" * 200)), 500)
    peer = sqlite3.connect(folder / "peer.sqlite", isolation_level=None)
    peer.execute("pragma journal_mode=wal")
    peer.execute("pragma synchronous=full")
    peer.execute("create table lesson (id integer primary key, text text)")
    theirs = p50(
        lambda i: peer.execute("insert into lesson (text) values (?)", (f"{i} " + "x" * 200,)), 500
    )
    peer.close()
    ROWS.append(
        (
            "one acknowledged write, p50",
            f"{ours:.2f} ms",
            "2 ms",
            f"SQLite WAL, synchronous=full: {theirs:.2f} ms",
        )
    )


def queries(folder: Path) -> None:
    from archkit import Memory, Pattern

    texts = [
        f"{WORDS[i % 12]} {WORDS[(i * 5 + 3) % 12]} {WORDS[(i * 7 + 1) % 12]} pattern {i}"
        for i in range(1000)
    ]
    with Memory(folder / "queries" / "archkit.duckdb") as memory:
        for i, text in enumerate(texts):
            memory.record_pattern(Pattern(slug=f"p-{i}", name=text, area="scaling", summary=text))
        memory.query("token cache tenant")
        ours = p50(lambda i: memory.query(f"{WORDS[i % 12]} {WORDS[(i + 5) % 12]} tenant"), 300)
    peer = sqlite3.connect(":memory:")
    peer.execute("create virtual table pattern using fts5(text, tokenize='porter')")
    peer.executemany("insert into pattern values (?)", [(t,) for t in texts])
    find = "select text, bm25(pattern) from pattern where pattern match ? order by 2 limit 8"
    theirs = p50(
        lambda i: peer.execute(
            find, (f"{WORDS[i % 12]} OR {WORDS[(i + 5) % 12]} OR tenant",)
        ).fetchall(),
        300,
    )
    peer.close()
    ROWS.append(
        (
            "`Memory.query` warm, 1,000 patterns, p50",
            f"{ours:.2f} ms",
            "2 ms",
            f"SQLite FTS5, retrieval alone: {theirs:.2f} ms",
        )
    )


def session(folder: Path) -> None:
    from archkit.demo import PROJECT, main_job

    lines: list[tuple[float, str]] = []

    def run(i: int) -> None:
        lines.clear()
        main_job(
            folder / f"session-{i}",
            workspace=PROJECT,
            say=lambda s: lines.append((time.perf_counter(), s)),
        )

    run(0)
    spent = []
    for i in range(1, 4):
        began = time.perf_counter()
        run(i)
        decided = next(at for at, line in lines if line.startswith("decision"))
        spent.append(decided - began)
    size = (folder / "session-3" / "report.html").stat().st_size / 1e6
    ROWS.append(
        (
            "whole offline session, brief to decision, fresh memory",
            f"{statistics.median(spent):.2f} s",
            "2 s",
            "",
        )
    )
    ROWS.append(("report", f"{size:.2f} MB", "6 MB", ""))


def demo(folder: Path) -> None:
    began = time.perf_counter()
    command = [
        sys.executable,
        "-c",
        "from archkit.cli import app; app()",
        "demo",
        "--folder",
        str(folder / "demo"),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    ROWS.append(("`make demo` after set-up", f"{time.perf_counter() - began:.1f} s", "30 s", ""))


def main() -> None:
    os.environ["ARCHKIT_OFFLINE"] = "1"
    folder = Path(tempfile.mkdtemp())
    load = os.getloadavg()[0]
    try:
        imports()
        writes(folder)
        queries(folder)
        session(folder)
        demo(folder)
    finally:
        shutil.rmtree(folder)
    names = ("duckdb", "tantivy", "anthropic", "pandas", "plotly")
    print(
        f"Python {platform.python_version()}, "
        + ", ".join(f"{n} {version(n)}" for n in names)
        + f", SQLite {sqlite3.sqlite_version}; {os.cpu_count()} cores, load {load:.1f} at the start"
    )
    print("\n| what | measured | target | beside it, same run |\n|---|---|---|---|")
    for row in ROWS:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
