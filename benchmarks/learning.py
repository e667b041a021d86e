"""What the memory's ranking is worth: regret of repeated choices, coverage of the intervals.

Prints Markdown tables; `--quick` takes fewer repetitions. The rule under test is the shipped
`Shelf.query(…, horizon=choices that remain)`; worlds and rivals are in `archkit.memory.choices`
and `choice_rules`.
"""

import argparse
import os
import platform
import time
from importlib.metadata import version

import pandas as pd

from archkit.memory.choice_rules import OURS
from archkit.memory.regret import regret_by_rule
from archkit.metrics.scoring import exact_coverage

FULL = {1: 4000, 40: 300, 400: 120}
QUICK = {1: 500, 40: 40, 400: 10}
LOOM = ("Loom's weight, .1", "Loom's weight, .8")
TARGETS = {400: {"Thompson sampling": 0.8} | dict.fromkeys(LOOM, 0.35)}
TARGETS[40] = {"Thompson sampling": 0.8} | dict.fromkeys(LOOM, 0.8)
BEST_OF_ONE = 1.05


def regret_table(frame: pd.DataFrame) -> str:
    rules = [rule for rule in frame["rule"].unique() if rule != OURS]
    lines = [f"| world | choices | {OURS} | {' | '.join(rules)} |"]
    lines.append("|" + "---|" * (len(rules) + 3))
    for (world, choices), part in frame.groupby(["world", "choices"], sort=False):
        rows = part.set_index("rule")
        ours = rows.loc[OURS]
        cells = [f"{ours['regret']:.3f} ({ours['low']:.3f}–{ours['high']:.3f})"]
        cells += [
            f"{rows['regret'][rule]:.3f}; {rows['ratio'][rule]:.2f} "
            f"({rows['ratio_low'][rule]:.2f}–{rows['ratio_high'][rule]:.2f})"
            for rule in rules
        ]
        lines.append(f"| {world} | {choices} | {' | '.join(cells)} |")
    return "\n".join(lines)


def target_table(frame: pd.DataFrame) -> str:
    lines = ["| world | choices | archkit's regret by | measured | target | met |"]
    lines.append("|---|---|---|---|---|---|")
    for (world, choices), part in frame.groupby(["world", "choices"], sort=False):
        rows = part.set_index("rule")
        goals = TARGETS.get(choices, {})
        if choices == 1:
            goals = {rows.drop(OURS)["regret"].idxmin(): BEST_OF_ONE}
        for rule, goal in goals.items():
            found = rows.loc[rule]
            span = f"{found['ratio']:.2f} ({found['ratio_low']:.2f}–{found['ratio_high']:.2f})"
            met = "yes" if found["ratio"] <= goal else "**no**"
            name = f"{rule} (the best other)" if choices == 1 else rule
            lines.append(f"| {world} | {choices} | {name} | {span} | {goal} | {met} |")
    return "\n".join(lines)


def coverage_table() -> str:
    uses = (3, 10, 38)
    lines = [f"| true rate | {' | '.join(f'{n} uses' for n in uses)} |", "|---|---|---|---|"]
    for rate in (0.6, 0.8, 0.95):
        cells = " | ".join(f"{exact_coverage(rate, n):.3f}" for n in uses)
        lines.append(f"| {rate} | {cells} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, under a minute")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began, load = time.perf_counter(), os.getloadavg()[0]
    sizes = QUICK if asked.quick else FULL
    frame = regret_by_rule(sizes, seed=asked.seed, progress=lambda said: print(f"… {said}"))
    names = ("numpy", "scipy", "pandas", "tantivy")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    print(
        f"\nPython {platform.python_version()}, {versions}; {os.cpu_count()} cores, load {load:.1f}"
    )
    repeated = ", ".join(f"{n} choices {times:,} times" for n, times in sizes.items())
    print(f"{repeated}; seed {asked.seed}; {time.perf_counter() - began:.0f} s\n")
    print(f"{target_table(frame)}\n\n{regret_table(frame)}\n\n{coverage_table()}")


if __name__ == "__main__":
    main()
