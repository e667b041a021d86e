"""How quick trade-offs are weighed: acceptability, what to measure, what flips the choice.

`python benchmarks/tradeoffs.py` prints a Markdown table. The matrix is made here: 6 alternatives
by 8 criteria, with rates, ranges, grades, known figures and unknown ones. Beside it pymcdm and
scikit-criteria work out the same additive values of the same weights in a loop, in an environment
of their own (`.venv-peers/tradeoffs`, made at first use); `--no-peers`, as in `make bench`, leaves
them out.
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np

from archkit.tradeoffs import acceptability as smaa
from archkit.tradeoffs.beta_table import _lines
from archkit.tradeoffs.cell import Cell, Grade, Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.flip import cell_flips, flip_sentence, weight_flips
from archkit.tradeoffs.information import what_to_measure
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference
from archkit.tradeoffs.values import contributions, dominance, tornado

HERE = Path(__file__).parent
PEERS = HERE.parent / ".venv-peers" / "tradeoffs"
PEER_REQUIREMENTS = HERE / "tradeoffs-peers-requirements.txt"
ROWS: list[tuple[str, str, str, str]] = []
DRAWS, LOOPED, MANY = 100_000, 2_000, 1_000_000

LOOP = """
import sys, time
from importlib.metadata import version
import numpy as np
held = np.load(sys.argv[1])
values, weights = held["values"], held["weights"]
up = np.ones(values.shape[1])
if sys.argv[2] == "pymcdm":
    from pymcdm.methods import WSM
    method = WSM(normalization_function=lambda figures, cost=False: figures)
    def worth(weight):
        return method(values, weight, up)
    name = "pymcdm " + version("pymcdm")
else:
    import skcriteria
    from skcriteria.agg.simple import WeightedSumModel
    method, objectives = WeightedSumModel(), [max] * values.shape[1]
    def worth(weight):
        matrix = skcriteria.mkdm(values, objectives, weights=weight)
        return method.evaluate(matrix).e_.score
    name = "scikit-criteria " + version("scikit-criteria")
worth(weights[0])
began = time.perf_counter()
found = np.array([worth(weight) for weight in weights])
spent = time.perf_counter() - began
assert np.allclose(found, weights @ values.T), "not the same values"
print(spent, name)
"""
MEMORY = """
import resource, sys
sys.path.insert(0, sys.argv[1])
import tradeoffs
from archkit.tradeoffs.acceptability import acceptability
from archkit.tradeoffs.information import what_to_measure
call = acceptability if sys.argv[2] == "acceptability" else what_to_measure
matrix = tradeoffs.mixed()
call(matrix, draws=1_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
call(matrix, draws=int(sys.argv[3]))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def mixed() -> PerformanceMatrix:
    """Return the matrix that is weighed: 12 rates, 15 ranges, 12 grades, 6 figures, 3 unknown."""
    criteria = [
        Criterion("success"),
        Criterion("set-up", "min", 0, 10, "h"),
        Criterion("security", "max", 1, 5),
        Criterion("complexity", "min", 1, 5),
        Criterion("mobile", "max", 1, 5),
        Criterion("latency", "min", 0, 500, "ms"),
        Criterion("cost", "min", 0, 100, "USD"),
        Criterion("query reduction"),
    ]
    cells: list[list[Cell]] = [
        [
            Rate(9 + n, 12 + n),
            Interval(1 + 0.3 * n, 5, 2 + 0.3 * n),
            Grade(1 + n % 5),
            Grade(1 + (n + 2) % 5),
            Interval(1, 5) if n % 2 else Unknown(),
            Interval(50, 300 + 10 * n, 120),
            Known(20 + 7 * n),
            Rate(4, 5),
        ]
        for n in range(6)
    ]
    return PerformanceMatrix("ABCDEF", criteria, cells)


def rates() -> PerformanceMatrix:
    """Return a matrix whose 48 cells are rates, the dearest to draw."""
    cells = [[Rate(9 + n, 12 + n + m) for m in range(8)] for n in range(6)]
    return PerformanceMatrix("ABCDEF", [Criterion(f"c{m}") for m in range(8)], cells)


def p50(
    run: Callable[[], object], times: int = 15, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return the median of `times` runs, in milliseconds, after one that is not counted."""
    spent = []
    for _ in range(times + 1):
        began = clock()
        run()
        spent.append((clock() - began) * 1000)
    return statistics.median(spent[1:])


def row(what: str, run: Callable[[], object], target: str = "", beside: str = "") -> float:
    """Measure a row of the table: elapsed, and this process's processor time alone."""
    spent, busy = p50(run), p50(run, clock=time.process_time)
    ROWS.append((what, f"{spent:.0f} ms ({busy:.0f} ms)", target, beside))
    return spent


def draws(peers: bool) -> None:
    """Draw 100,000 times; beside it the same weights by the peers, at the expected figures."""
    matrix, order = mixed(), Preference.order([c.name for c in mixed().criteria])
    expected = [[float(c) for c in figures] for figures in matrix.to_frame().to_numpy()]
    known = PerformanceMatrix(matrix.alternatives, matrix.criteria, expected)
    what = f"acceptability, {DRAWS:,} draws, 6 × 8"
    spent = row(f"{what}, mixed cells", lambda: smaa.acceptability(matrix, draws=DRAWS), "150 ms")
    row("the same, order of the criteria known", lambda: smaa.acceptability(matrix, order, DRAWS))
    row("the same, all 48 cells rates", lambda: smaa.acceptability(rates(), draws=DRAWS), "150 ms")

    def first_time() -> None:
        _lines.cache_clear()
        smaa.acceptability(rates(), draws=DRAWS)

    row("the same, tables of 48 rates made anew", first_time, "150 ms")
    alone = row("the same, all figures known", lambda: smaa.acceptability(known, draws=DRAWS))
    for name, seconds in looped(known) if peers else ():
        what = f"{name}: its weighted sum of known figures, {DRAWS:,} weights in a loop"
        times = f"{seconds * 1000 / alone:.0f} × (mixed cells: {seconds * 1000 / spent:.0f} ×)"
        ROWS.append((what, f"{seconds:.0f} s", "archkit 50 × as quick", times))


def looped(matrix: PerformanceMatrix) -> list[tuple[str, float]]:
    """Return each peer's name and its seconds for the weights, as far as looped, by proportion."""
    weights = Preference.none().draw(np.random.default_rng(1), LOOPED, matrix.criteria)
    with tempfile.TemporaryDirectory() as work:
        held = Path(work) / "held.npz"
        np.savez(held, values=matrix.mean_values(), weights=weights)
        told = [output(peer_python(), "-c", LOOP, held, name) for name in ("pymcdm", "skcriteria")]
    return [
        (name, float(seconds) * DRAWS / LOOPED)
        for seconds, name in (line.strip().split(" ", 1) for line in told)
    ]


def slider() -> None:
    """Work out all that is shown when a weight has moved, at the 20,000 draws of a session."""
    matrix = mixed()
    names = [criterion.name for criterion in matrix.criteria]
    moved = (Preference.weights(dict.fromkeys(names, 1.0) | {"cost": 1 + n}) for n in range(999))

    def figures(preference: Preference) -> None:
        smaa.acceptability(matrix, preference)
        what_to_measure(matrix, preference)
        tornado(matrix, preference)
        contributions(matrix, preference)
        weight_flips(matrix, preference)
        cell_flips(matrix, preference)
        dominance(matrix)

    def anew() -> None:
        smaa._kept.cache_clear()
        smaa.acceptability(matrix)

    row("acceptability, 20,000 draws, a cell has changed", anew)
    row("the same, only weights have moved", lambda: smaa.acceptability(matrix, next(moved)))
    row("what to measure next, 20,000 draws", lambda: what_to_measure(matrix))
    row("the sentence of what flips the choice", lambda: flip_sentence(matrix))
    row("all numbers a moved weight redraws, exact weights", lambda: figures(next(moved)))
    row("all numbers a moved weight redraws, weights free", lambda: figures(Preference.none()))


def memory() -> None:
    """Measure what a million draws take, each in a process of its own."""
    for call in ("acceptability", "what_to_measure"):
        taken = float(output(sys.executable, "-c", MEMORY, HERE, call, str(MANY)))
        ROWS.append((f"memory of {call}, {MANY:,} draws, 6 × 8", f"{taken:.0f} MB", "", ""))


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
        f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in ("numpy", "pandas", "scipy"))
        + f"; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start"
    )
    draws(not chosen.no_peers)
    slider()
    memory()
    print("\n| what | elapsed (processor) | target | beside it, same run |\n|---|---|---|---|")
    for told in ROWS:
        print("| " + " | ".join(told) + " |")


if __name__ == "__main__":
    main()
