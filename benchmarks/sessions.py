"""What a session costs beside the model: the briefing of a large project, so far; prints tables.

`python benchmarks/sessions.py [--files 100000]`. Beside each figure stands a peer of the same run.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

Row = tuple[str, str, str]
QUERY = "Move the orders out of the shop's database and cache the catalogue"
WORDS = ("orders", "catalogue", "billing", "search", "users", "media", "audit", "stock")


def measured(run: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """Return the best wall time and the best processor time, children included, in seconds."""
    walls, cpus = [], []
    for _ in range(times):
        before, began = os.times(), time.perf_counter()
        run()
        walls.append(time.perf_counter() - began)
        after = os.times()
        cpus.append(sum(after[:4]) - sum(before[:4]))
    return min(walls), min(cpus)


def made_project(folder: Path, files: int) -> Path:
    """Make a project of so many files, fifty a folder, with what a briefing looks for."""
    manifest = {"name": "shop", "dependencies": {"@nestjs/core": "11", "pg": "8", "ioredis": "5"}}
    (folder / "package.json").write_text(json.dumps(manifest))
    (folder / "README.md").write_text("# Shop\n\nSells books to ten thousand readers.\n")
    (folder / ".gitignore").write_text("*.log\nout/\n")
    for number in range(files // 50):
        place = folder / f"{WORDS[number % 8]}" / f"part{number}"
        place.mkdir(parents=True)
        for at in range(50):
            text = f'"""Does step {at} of {WORDS[at % 8]}, part {number}."""\n\nx = {at}\n'
            (place / f"{WORDS[(number + at) % 8]}_{at}.py").write_text(text)
    return folder


def briefing(files: int) -> Iterator[Row]:
    """Measure the briefing of a project, the first and the next, with git and without."""
    from archkit.architect import project
    from archkit.architect.briefing import get_task_briefing
    from archkit.architect.briefing_size import size_of

    def fresh() -> None:
        project._projects.clear()
        project._purposes.clear()
        get_task_briefing(root, QUERY)

    with tempfile.TemporaryDirectory() as folder:
        root = made_project(Path(folder), files)
        said = get_task_briefing(root, QUERY)
        assert said.project["files"] == files + 3
        yield _row("first briefing, no git", fresh)
        yield _row("next briefing, no git", lambda: get_task_briefing(root, QUERY))
        yield _row("beside it: os.walk, names only", lambda: sum(1 for _ in os.walk(root)))
        if ripgrep := shutil.which("rg"):
            command = [ripgrep, "--files", "--no-require-git", "--hidden", str(root)]
            yield _row("beside it: rg --files", lambda: _quiet(command))
        subprocess.run(["git", "init", "-q", str(root)], check=True)
        subprocess.run(["git", "-C", str(root), "add", "."], check=True)
        yield _row("first briefing, git", fresh)
        yield _row("next briefing, git", lambda: get_task_briefing(root, QUERY))
        listed = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard"]
        yield _row("beside it: git ls-files", lambda: _quiet(listed))
        yield "characters sent to the model", f"{size_of(said):,}", ""


def _row(name: str, run: Callable[[], object]) -> Row:
    wall, cpu = measured(run)
    return name, f"{wall:.2f} s", f"{cpu:.2f} s"


def _quiet(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main(words: list[str]) -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--files", type=int, default=100_000)
    files = options.parse_args(words).files
    load, cores = os.getloadavg()[0], os.cpu_count()
    print(f"Python {platform.python_version()}; {cores} cores, load {load:.1f} at the start\n")
    print(f"## The briefing of a project of {files:,} files\n")
    print("| what | best wall time of 3 | processor time |\n|---|---|---|")
    for name, wall, cpu in briefing(files):
        print(f"| {name} | {wall} | {cpu} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
