"""How soon the memory's dashboard shows a memory of a million uses, follows a filter, is reported.

`python benchmarks/dashboard.py [--large] [--folder FOLDER]`: a made-up year with 20,000 decisions
and a million uses of patterns with outcomes, and with `--large` one of ten million; each is made in
FOLDER (by default one that is gone afterwards) and measured in a process of its own. `--memory
FILE` measures a file of your own. Beside it, in the same run: the same three figures of the same
file by pandas and plotly express, without interval, provenance, hover or tiles.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

SESSIONS = 10_000
ROWS = {"1e6": 1_000_000, "1e7": 10_000_000}
MONTH = datetime.now(UTC) - timedelta(days=30)
FILTERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("area", {"area": "security"}),
    ("pattern", {"area": None, "pattern": "jwt-refresh-redis"}),
    ("context", {"pattern": None, "context": {"tenancy": "multi"}}),
    ("the last 30 days", {"context": None, "since": MONTH}),
    ("provenance", {"since": None, "provenance": ("simulated",)}),
    ("nothing", {"provenance": ()}),
)
PLAIN = {
    "success": "SELECT name, y FROM pattern_evidence WHERE y IS NOT NULL AND source <> 'reported'",
    "outcomes": "SELECT observed_at, score, value FROM outcome_trend WHERE value IS NOT NULL",
    "queries": "SELECT name, queries_before, queries_after FROM query_reduction",
}
TIMES = 5


class Timed(NamedTuple):
    """Milliseconds of the clock and of the processor."""

    wall: float
    cpu: float


class Sent(NamedTuple):
    """What goes to the browser: messages with HTML or a figure, bytes of all messages."""

    messages: int
    size: int


def timed(act: Callable[[], Any]) -> Timed:
    """Return how long something takes; all threads' processor time counts."""
    gc.collect()
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return Timed((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)


def median(found: Sequence[Timed]) -> Timed:
    """Return the median of each time."""
    return Timed(*(statistics.median(column) for column in zip(*found, strict=True)))


@contextmanager
def sending() -> Iterator[list[tuple[str, int]]]:
    """Note each message to the browser: of which widget, its bytes as the kernel writes them."""
    import ipywidgets

    found: list[tuple[str, int]] = []
    send = ipywidgets.Widget._send

    def record(widget: Any, message: Any, buffers: Any = None) -> Any:
        text = json.dumps(message, default=str, ensure_ascii=False)
        found.append((type(widget).__name__, len(text.encode()) + sum(map(len, buffers or ()))))
        return send(widget, message, buffers)

    ipywidgets.Widget._send = record
    try:
        yield found
    finally:
        ipywidgets.Widget._send = send


def sent_by(act: Callable[[], Any]) -> Sent:
    """Return what a change sends."""
    with sending() as found:
        act()
    shown = sum(kind in {"LiveFigure", "HTML"} for kind, _ in found)
    return Sent(shown, sum(size for _, size in found))


def resident_mb() -> float:
    """Return what the process holds of the machine's memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def plain(path: Path) -> int:
    """Draw three figures as a notebook does that has pandas and plotly express; return bytes."""
    import duckdb
    import plotly.express as px

    with duckdb.connect(str(path), read_only=True) as connection:
        rows = {name: connection.execute(text).df() for name, text in PLAIN.items()}
    won = rows["success"].groupby("name")["y"].agg(["mean", "size"]).reset_index()
    sums = rows["queries"].groupby("name")[["queries_before", "queries_after"]].sum()
    saved = (1 - sums["queries_after"] / sums["queries_before"]).rename("saved").reset_index()
    drawn = (
        px.scatter(won.sort_values("mean"), x="mean", y="name", size="size"),
        px.scatter(rows["outcomes"], x="observed_at", y="value", color="score"),
        px.bar(saved.sort_values("saved"), x="saved", y="name"),
    )
    return sum(len(figure.to_json()) for figure in drawn)


def measured(path: Path, folder: Path) -> list[tuple[str, str, str]]:
    """Return what was measured of one memory: what, how long, beside what."""
    from archkit.memory.memory import Memory
    from archkit.widgets.dashboard import dashboard

    warm(folder)
    before = resident_mb()
    begun: list[Any] = []
    first = timed(lambda: begun.append(dashboard(Memory(path), every_s=0)))
    held = resident_mb() - before
    board = begun[0]
    board._face.figure._js2py_traceDeltas = {"trace_deltas": [], "trace_edit_id": 0}
    again = median([timed(lambda: dashboard(board._memory, every_s=0)) for _ in range(TIMES)])
    filters: dict[str, list[Timed]] = {name: [] for name, _ in FILTERS}
    for _ in range(TIMES):
        for name, part in FILTERS:
            filters[name].append(timed(lambda part=part: board.narrow(**part)))
    counted = board._memory.sql(
        "SELECT (SELECT count(*) FROM pattern_evidence WHERE y IS NOT NULL) AS evidence, "
        "(SELECT count(*) FROM decision) AS decisions"
    )
    n = f"{counted['evidence'][0]:,} rows of evidence, {counted['decisions'][0]:,} decisions"
    rows = [(f"**{n}, {path.stat().st_size / 1e6:,.0f} MB**", "", "")]
    rows += [("first view", _ms(first), ""), ("another view of the same state", _ms(again), "")]
    rows += [(f"filter by {name}", _ms(median(found)), "") for name, found in filters.items()]
    rows += tabs_of(board) + reported(board._memory, folder)
    rows.append(
        ("memory held after the first view", f"{held:,.0f} MB", f"{peak_mb():,.0f} MB most")
    )
    return [*rows, beside(path)]


def warm(folder: Path) -> None:
    """Import everything, by a dashboard and a report of a memory without work."""
    import plotly.express as px

    from archkit.memory.memory import Memory
    from archkit.report import write_report
    from archkit.widgets.dashboard import dashboard

    px.scatter(x=[1], y=[1]).to_json()
    with Memory(folder / "warm" / "archkit.duckdb") as memory:
        dashboard(memory, every_s=0)
        write_report(memory, folder / "warm.html")


def tabs_of(board: Any) -> list[tuple[str, str, str]]:
    """Measure each figure: shown first, narrowed; what is sent, the points of its traces."""
    from archkit.report.tabs import TABS

    shown, narrowed, sizes, points, most = {}, {}, {}, {}, 0
    for tab in TABS:
        with sending() as found:
            shown[tab.name] = timed(lambda tab=tab: board.show(tab.name))
        sizes[f"{tab.name}, shown"] = sum(size for _, size in found)
        with sending() as found:
            narrowed[tab.name] = timed(lambda: board.narrow(area="security"))
        sizes[f"{tab.name}, narrowed"] = sum(size for _, size in found)
        most = max(most, sum(kind in {"LiveFigure", "HTML"} for kind, _ in found))
        points[tab.name] = max((len(each.x or ()) for each in board.figure.data), default=0)
        board.clear()
    board.show(TABS[0].name)
    rows = []
    for label, found_times in (("another figure", shown), ("a filter in any figure", narrowed)):
        middle = median(list(found_times.values()))
        slow = sorted(found_times, key=lambda name: -found_times[name].cpu)[:3]
        told = ", ".join(f"{name} {found_times[name].cpu:,.0f}" for name in slow)
        rows.append((f"{label}, median of {len(TABS)}", _ms(middle), f"slowest: {told}"))
    big, long = max(sizes, key=sizes.__getitem__), max(points, key=points.__getitem__)
    rows.append(("most bytes of a change", f"{sizes[big] / 1000:.1f} kB", big))
    rows.append(("most messages of a filter", f"{most}", "with HTML or a figure"))
    return [*rows, ("most points of a trace", f"{points[long]:,}", long)]


def reported(memory: Any, folder: Path) -> list[tuple[str, str, str]]:
    """Measure the memory's report, and a slim one."""
    from archkit.report import write_report

    rows = []
    for slim in (False, True):
        target = folder / f"{'slim' if slim else 'whole'}.html"
        took = timed(lambda slim=slim, target=target: write_report(memory, target, slim=slim))
        rows.append(
            (f"report{', slim' * slim}", _ms(took), f"{target.stat().st_size / 1e6:.2f} MB")
        )
    return rows


def beside(path: Path) -> tuple[str, str, str]:
    """Measure the three figures of a notebook."""
    sizes: list[int] = []
    took = timed(lambda: sizes.append(plain(path)))
    return ("three figures by pandas and plotly express", _ms(took), f"{sizes[0] / 1000:,.0f} kB")


def peak_mb() -> float:
    """Return the most that the process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def _ms(found: Timed) -> str:
    return f"{found.wall:,.0f} ms ({found.cpu:,.0f} of processor)"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Write the table as Markdown."""
    lines = ["| what | measured | beside it |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def made(path: Path, rows: int) -> None:
    """Make a memory of so many rows of evidence, if it is not there."""
    from archkit.memory.memory import Memory
    from archkit.memory.simulate import simulate

    if not path.exists():
        with Memory(path) as memory:
            simulate(memory, sessions=SESSIONS, uses=rows - 2 * SESSIONS)


def child(path: Path) -> list[list[str]]:
    """Measure a memory in a process of its own, so that nothing is in memory before."""
    command = [sys.executable, __file__, "--only", str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: list[list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure each size and print one table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--large", action="store_true", help="ten million rows, too")
    asked.add_argument("--folder", type=Path, help="where the memories are made, and stay")
    asked.add_argument("--memory", type=Path, help="measure this file, and make none")
    asked.add_argument("--only", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        if given.only is not None:
            print(json.dumps(measured(given.only, Path(temporary))))
            return
        names = ("duckdb", "pandas", "plotly", "ipywidgets")
        versions = ", ".join(f"{name} {version(name)}" for name in names)
        load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
        print(f"Python {platform.python_version()}, {versions}; {load}\n")
        paths = [given.memory] if given.memory is not None else []
        for size in [] if paths else (ROWS if given.large else ["1e6"]):
            path = (given.folder or Path(temporary)) / size / "archkit.duckdb"
            made(path, ROWS[size])
            paths.append(path)
        print(table([row for path in paths for row in child(path)]))


if __name__ == "__main__":
    main()
