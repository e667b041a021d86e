"""How soon the memory's dashboard shows a memory, follows a filter, and writes its export.

`python benchmarks/dashboard.py [--sessions 1000 10000] [--memory FILE]`: a made-up year of each
size, each in a file of its own. Beside it, in the same run: the same three figures, drawn from
the same file with plain pandas and plotly express, without interval, provenance or hover.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

FILTERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("area", {"area": "security"}),
    ("context", {"context": {"tenancy": "multi"}}),
    ("pattern", {"pattern": "jwt-refresh-redis"}),
    ("all", {"area": None, "context": None, "pattern": None}),
)
PLAIN = {
    "success": "SELECT name, avg(y) AS y, count(*) AS n FROM pattern_evidence "
    "WHERE y IS NOT NULL AND source <> 'reported' GROUP BY name ORDER BY y",
    "outcomes": "SELECT observed_at, value FROM outcome_trend WHERE value IS NOT NULL",
    "queries": "SELECT name, 1 - sum(queries_after) / sum(queries_before) AS saved "
    "FROM query_reduction GROUP BY name ORDER BY saved",
}


class Timed(NamedTuple):
    """Milliseconds of the clock and of the processor."""

    wall: float
    cpu: float


def timed(act: Callable[[], Any]) -> Timed:
    """Return how long something takes."""
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return Timed((time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000)


def sent_by(act: Callable[[], Any]) -> tuple[int, int]:
    """Return how many messages with HTML or a figure go to the browser, and bytes of them all."""
    import ipywidgets

    found: list[tuple[str, int]] = []
    send = ipywidgets.Widget._send

    def record(widget: Any, message: Any, buffers: Any = None) -> Any:
        if message.get("method") == "update":
            size = len(json.dumps(message, default=str)) + sum(map(len, buffers or ()))
            found.append((type(widget).__name__, size))
        return send(widget, message, buffers)

    ipywidgets.Widget._send = record
    try:
        act()
    finally:
        ipywidgets.Widget._send = send
    shown = sum(kind in {"LiveFigure", "HTML"} for kind, _ in found)
    return shown, sum(size for _, size in found)


def plain(path: Path) -> None:
    """Draw three figures as a notebook does that has only pandas and plotly express."""
    import duckdb
    import plotly.express as px

    with duckdb.connect(str(path), read_only=True) as connection:
        rows = {name: connection.execute(text).df() for name, text in PLAIN.items()}
    px.scatter(rows["success"], x="y", y="name", size="n").to_json()
    px.scatter(rows["outcomes"], x="observed_at", y="value").to_json()
    px.bar(rows["queries"], x="saved", y="name").to_json()


def measured(path: Path, folder: Path) -> list[tuple[str, str, str]]:
    """Return what was measured of one memory: what, how long, beside what."""
    from archkit.memory.memory import Memory
    from archkit.report.tabs import TABS
    from archkit.widgets.dashboard import dashboard

    with Memory(path) as memory:
        counted = memory.sql(
            "SELECT (SELECT count(*) FROM pattern_evidence) AS evidence, "
            "(SELECT count(*) FROM decision) AS decisions"
        )
        dashboard(memory, every_s=0)  # imports, and the library's index
        begun: list[Any] = []
        first = timed(lambda: begun.append(dashboard(memory, every_s=0)))
        board = begun[0]
        board._face.figure._js2py_traceDeltas = {"trace_deltas": [], "trace_edit_id": 0}
        filters = {name: timed(lambda part=part: board.narrow(**part)) for name, part in FILTERS}
        shown, size = sent_by(lambda: board.narrow(area="security"))
        tabs = [timed(lambda tab=tab: board.show(tab.name)) for tab in TABS]
        slowest = max(zip(tabs, TABS, strict=True), key=lambda each: each[0].cpu)
        board.clear()
        target = folder / "view.html"
        export = timed(lambda: board.export(target))
        weight = target.stat().st_size / 1e6
    beside = timed(lambda: plain(path))
    n = f"{counted['evidence'][0]:,} rows of evidence, {counted['decisions'][0]:,} decisions"
    slow = f"{slowest[1].name}: {_ms(slowest[0])}"
    middle = statistics.median(each.cpu for each in tabs)
    return [
        (f"**{n}**", "", ""),
        ("first view", _ms(first), f"three plain figures {_ms(beside)}"),
        *((f"filter by {name}", _ms(found), "") for name, found in filters.items()),
        ("a filter's messages", f"{shown} of {size / 1000:.1f} kB in all", ""),
        ("another figure, median", f"{middle:.0f} ms of processor", f"slowest {slow}"),
        ("export of all figures", _ms(export), f"{weight:.1f} MB"),
    ]


def _ms(found: Timed) -> str:
    return f"{found.wall:,.0f} ms ({found.cpu:,.0f} of processor)"


def table(rows: Sequence[tuple[str, str, str]]) -> str:
    """Write the table as Markdown."""
    lines = ["| what | measured | beside it |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def main() -> None:
    """Measure each size and print one table."""
    from archkit.memory.memory import Memory
    from archkit.memory.simulate import simulate

    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sessions", type=int, nargs="*", default=[1000])
    asked.add_argument("--memory", type=Path, help="measure this file, and make none")
    given = asked.parse_args()
    names = ("duckdb", "pandas", "plotly", "ipywidgets")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    load = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    print(f"Python {platform.python_version()}, {versions}; {load}\n")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        if given.memory is not None:
            rows += measured(given.memory, Path(folder))
        for sessions in [] if given.memory is not None else given.sessions:
            path = Path(folder) / str(sessions) / "archkit.duckdb"
            with Memory(path) as memory:
                simulate(memory, sessions=sessions)
            rows += measured(path, Path(folder))
    print(table(rows))


if __name__ == "__main__":
    main()
