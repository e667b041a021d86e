"""What counting queries costs: the hook per statement, memory, the shape of a statement.

`python benchmarks/queries.py` prints a Markdown table. Beside it, in the same run: SQLAlchemy's
own `echo`, sqlglot, and django-silk in an environment of its own (`.venv-peers/queries`, made at
first use); `--no-peers`, as in `make bench`, leaves silk out.
"""

import argparse
import contextlib
import json
import logging
import os
import platform
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

import sqlglot
from sqlalchemy import Engine, create_engine, event, text

from archkit.queries.counting import count_queries
from archkit.queries.shape import shape_of

HERE = Path(__file__).parent
PEERS = HERE.parent / ".venv-peers" / "queries"
PEER_REQUIREMENTS = HERE / "queries-peers-requirements.txt"
ROWS: list[tuple[str, str, str]] = []
MANY, TURNS = 300, 25
COUNTED = 100_000

ONE = "SELECT post.id, post.title, post.user_id FROM post WHERE post.user_id = :key"
STATEMENTS = (
    "SELECT post.id AS post_id, post.title AS post_title FROM post WHERE post.user_id = 4711",
    "SELECT user.id, user.name FROM user WHERE user.name = 'O''Hara' AND user.age > 41.5 LIMIT 20",
    f"SELECT comment.text FROM comment WHERE comment.post_id IN ({', '.join(map(str, range(37)))})",
    "INSERT INTO comment (post_id, text) VALUES (17, 'It''s all right'), (18, 'No?')",
    "UPDATE post SET title = 'N+1', seen = seen + 1 WHERE id = 12 AND user_id IN (1, 2, 3)",
)


def database() -> Engine:
    """Return an engine of an SQLite database in memory, with a thousand posts of as many users."""
    from sqlalchemy.pool import StaticPool

    engine = create_engine("sqlite://", poolclass=StaticPool)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE post (id INTEGER PRIMARY KEY, title, user_id)"))
        connection.execute(text("CREATE INDEX post_by_user ON post (user_id)"))
        rows = [{"key": n, "title": f"post {n}"} for n in range(1_000)]
        connection.execute(text("INSERT INTO post VALUES (:key, :title, :key)"), rows)
    return engine


def by_turns(ways: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Return the median processor time of each way in microseconds a statement, run by turns."""
    spent: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(TURNS + 1):
        for way, run in ways.items():
            began = time.process_time()
            run()
            if turn:
                spent[way].append((time.process_time() - began) / MANY * 1e6)
    return {way: statistics.median(took) for way, took in spent.items()}


def deep(run: Callable[[], None], frames: int) -> None:
    """Run below so many more frames, as code of a web framework does."""
    run() if not frames else deep(run, frames - 1)


@contextlib.contextmanager
def echoed(engine: Engine) -> Iterator[None]:
    """Let SQLAlchemy log each statement, as `echo=True` does."""
    engine.echo = True
    yield
    engine.echo = False


def log_to(nowhere: TextIO) -> None:
    """Give SQLAlchemy's engines a handler, in place of the one to standard output."""
    handler = logging.StreamHandler(nowhere)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.getLogger("sqlalchemy.engine.Engine").addHandler(handler)


@contextlib.contextmanager
def bare(engine: Engine) -> Iterator[None]:
    """Count with a listener that adds one and does nothing else: what no hook can be below."""
    seen = [0]

    def add(*_: Any) -> None:
        seen[0] += 1

    event.listen(engine, "before_cursor_execute", add)
    event.listen(engine, "after_cursor_execute", add)
    yield
    event.remove(engine, "before_cursor_execute", add)
    event.remove(engine, "after_cursor_execute", add)


def sqlalchemy_hook() -> None:
    engine = database()
    statement = text(ONE)

    def ask() -> None:
        with engine.connect() as connection:
            for key in range(MANY):
                connection.execute(statement, {"key": key}).all()

    def counted() -> None:
        with count_queries(engine) as seen:
            ask()
        assert seen.count == MANY, seen

    def echo() -> None:
        with echoed(engine):
            ask()

    def counter() -> None:
        with bare(engine):
            ask()

    took = by_turns(
        {
            "base": ask,
            "counted": counted,
            "echo": echo,
            "bare": counter,
            "deep base": lambda: deep(ask, 60),
            "deep": lambda: deep(counted, 60),
        }
    )
    base = took["base"]
    row("SQLAlchemy 2: a statement by key, nobody looks", base)
    row("+ `count_queries(engine)`", took["counted"] - base, base)
    row("+ the same, 60 frames deep", took["deep"] - took["deep base"], took["deep base"])
    row("+ `echo=True`, written to nowhere", took["echo"] - base, base)
    row("+ two listeners that add one", took["bare"] - base, base)


def sqlite_hook() -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE post (id INTEGER PRIMARY KEY, title, user_id)")
        connection.executemany(
            "INSERT INTO post VALUES (?, ?, ?)", ((n, f"post {n}", n) for n in range(1_000))
        )
        connection.commit()

        def ask() -> None:
            for key in range(MANY):
                connection.execute("SELECT id, title FROM post WHERE id = ?", (key,)).fetchall()

        def counted() -> None:
            with count_queries(connection) as seen:
                ask()
            assert seen.count == MANY, seen

        took = by_turns({"base": ask, "counted": counted})
    row("sqlite3: a statement by key, nobody looks", took["base"])
    row("+ `count_queries(connection)`", took["counted"] - took["base"], took["base"])


def silk() -> None:
    """Measure Django's own counting and django-silk, in their environment."""
    told = json.loads(output(peer_python(), HERE / "queries_silk.py", str(MANY), str(TURNS)))
    plain = told["plain"]
    row(f"Django {told['django']}: a statement by key, nobody looks", plain["view_us"])
    for what, way, part in (
        ("`CaptureQueriesContext` (of `assertNumQueries`)", "captured", "view_us"),
        (f"django-silk {told['django-silk']}, in the view", "silk", "view_us"),
        ("django-silk, whole request", "silk", "request_us"),
    ):
        row(f"+ {what}", told[way][part] - plain[part], plain[part])


def memory() -> None:
    """Count statements that are all different, in their values or in shape, and see what stays."""
    texts = "SELECT {n} WHERE 'text {n}' = 'x' AND 1 IN ({n}, {n} + 1)"
    for what, statement, many in (
        ("texts of one shape", texts, 1_000),
        ("texts of one shape", texts, COUNTED),
        ("shapes", "SELECT 1 AS column_{n}", COUNTED),
    ):
        peak = peak_bytes(statement, many)
        ROWS.append((f"memory at most, {many:,} different {what}", f"{peak / 1024:,.0f} KB", ""))


def peak_bytes(statement: str, many: int) -> int:
    """Return the most bytes of Python objects while so many statements are counted."""
    with contextlib.closing(sqlite3.connect(":memory:", cached_statements=0)) as connection:
        with count_queries(connection) as counted:
            tracemalloc.start()
            for n in range(many):
                connection.execute(statement.replace("{n}", str(n)))
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        assert counted.count == many, counted
    return peak


def shapes() -> None:
    """Give statements their shape; beside it sqlglot reads each and writes it without literals."""

    def by_sqlglot(statement: str) -> str:
        tree = sqlglot.parse_one(statement)
        for literal in list(tree.find_all(sqlglot.exp.Literal)):
            literal.replace(sqlglot.exp.Placeholder())
        return tree.sql()

    ours = each(shape_of)
    theirs = each(by_sqlglot)
    ROWS.append(("the shape of a statement not seen before", f"{ours:.1f} µs", ""))
    told = f"sqlglot {version('sqlglot')}: read, literals replaced, written"
    ROWS.append((told, f"{theirs:.0f} µs", f"{theirs / ours:.0f} ×"))


def each(shape: Callable[[str], str]) -> float:
    """Return the median time of a statement in microseconds; no text comes twice."""
    took = []
    for turn in range(TURNS):
        texts = [f"{one} /* {turn} */" for one in STATEMENTS for _ in range(20)]
        texts = [f"{one} -- {n}" for n, one in enumerate(texts)]
        began = time.process_time()
        for one in texts:
            shape(one)
        took.append((time.process_time() - began) / len(texts) * 1e6)
    return statistics.median(took)


def starts() -> None:
    """Measure what archkit adds to the start of every run of pytest, and of a program."""
    plugin = (
        "import pytest, time; began = time.perf_counter(); import archkit.pytest_plugin; "
        "print((time.perf_counter() - began) * 1000)"
    )
    told = min(float(output(sys.executable, "-c", plugin)) for _ in range(7))
    ROWS.append(("the pytest plugin, where no test sets a limit", f"{told:.1f} ms", "once a run"))
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.touch()
        settings = json.dumps(
            {"out": f"{folder}/out", "label": "", "n": None, "module": False, "safe_path": False}
        )
        counted = [sys.executable, "-P", "-m", "archkit.queries.measured", settings, empty]
        alone, measured = busy(sys.executable, empty), busy(*counted)
    ROWS.append(("an empty program", f"{alone * 1000:.0f} ms", ""))
    ROWS.append(
        ("+ in the process of `archkit measure`", f"{(measured - alone) * 1000:.0f} ms", "")
    )


def busy(*command: str | Path) -> float:
    """Return the least processor time of seven runs of a command, in seconds."""
    took = []
    for _ in range(7):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        output(*command)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(took)


def row(what: str, spent_us: float, base_us: float | None = None) -> None:
    share = "" if base_us is None else f"{spent_us / base_us:+.0%}"
    ROWS.append((what, f"{spent_us:.1f} µs", share))


def peer_python() -> Path:
    """Return the interpreter of the peers' environment, made anew when what it needs changed."""
    python, done = PEERS / "bin" / "python", PEERS / "requirements.txt"
    if not (done.exists() and done.read_bytes() == PEER_REQUIREMENTS.read_bytes()):
        uv = [sys.executable, "-m", "uv"]
        made = [*uv, "venv", "--quiet", "--clear", "--python", sys.executable, PEERS]
        subprocess.run(made, check=True)
        synced = [*uv, "pip", "sync", "--quiet", "--python", python, PEER_REQUIREMENTS]
        subprocess.run(synced, check=True)
        shutil.copy(PEER_REQUIREMENTS, done)
    return python


def output(*command: str | Path) -> str:
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-peers", action="store_true")
    chosen = parser.parse_args()
    print(
        f"Python {platform.python_version()}, SQLAlchemy {version('sqlalchemy')}, "
        f"SQLite {sqlite3.sqlite_version}, sqlglot {version('sqlglot')}; {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f} at the start"
    )
    with Path(os.devnull).open("w") as nowhere:
        log_to(nowhere)
        sqlalchemy_hook()
    sqlite_hook()
    if not chosen.no_peers:
        silk()
    shapes()
    memory()
    starts()
    print("\n| what | measured | more than nobody looking |\n|---|---|---|")
    for told in ROWS:
        print("| " + " | ".join(told) + " |")


if __name__ == "__main__":
    main()
