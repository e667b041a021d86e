"""How quick documents are read and changed: proposal checker, ADR import, story update.

`python benchmarks/documents.py` prints a Markdown table; `--only checker|adrs|story` runs a part.
The texts are made here. Peers beside the checker: pymarkdownlnt in an environment of its own
(`.venv-peers/documents`, made at first use) and, where it was installed with
`npm install --prefix .venv-peers/node markdownlint-cli2@0.24.1`, markdownlint; `--no-peers`, as in
`make bench`, leaves them out.
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

import made_documents

HERE = Path(__file__).parent
PEERS = HERE.parent / ".venv-peers" / "documents"
NODE_PEERS = HERE.parent / ".venv-peers" / "node" / "node_modules"
PEER_REQUIREMENTS = HERE / "documents-peers-requirements.txt"
ROWS: list[tuple[str, str, str, str]] = []
TIMES, SLOW_TIMES, ADRS = 20, 3, 1_000

PYMARKDOWN = """
import statistics, sys, time
from pathlib import Path
from pymarkdown.api import PyMarkdownApi
text, spent = Path(sys.argv[1]).read_text("utf-8"), []
for n in range(int(sys.argv[2]) + 1):
    began = time.perf_counter()
    found = PyMarkdownApi().scan_string(text.replace("0421", f"{n:04d}"))
    spent.append((time.perf_counter() - began) * 1000)
print(statistics.median(spent[1:]), len(found.scan_failures))
"""
MARKDOWNLINT = """
import { lint } from "markdownlint/sync";
import { readFileSync } from "node:fs";
const text = readFileSync(process.argv[2], "utf-8"), spent = [];
let found = 0;
for (let n = 0; n <= Number(process.argv[3]); n += 1) {
  const strings = { text: text.replaceAll("0421", String(n).padStart(4, "0")) };
  const began = performance.now();
  found = lint({ strings }).text.length;
  spent.push(performance.now() - began);
}
const rest = spent.slice(1).sort((a, b) => a - b);
console.log(rest[Math.floor(rest.length / 2)], found);
"""


def p50(
    run: Callable[[int], object], times: int, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Return the median of `times` runs, in milliseconds, after one that is not counted."""
    spent = []
    for n in range(times + 1):
        began = clock()
        run(n)
        spent.append((clock() - began) * 1000)
    return statistics.median(spent[1:])


def fresh(command: list[str | Path], folder: Path) -> float:
    """Return the best of five wall times of a fresh process, in milliseconds; findings are fine."""
    best = float("inf")
    for _ in range(5):
        began = time.perf_counter()
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        best = min(best, (time.perf_counter() - began) * 1000)
        if done.returncode not in (0, 1):
            raise SystemExit(done.stderr.decode())
    return best


def checker(folder: Path, peers: bool) -> None:
    """Read and check a proposal of 40 KB: each time another one, so that nothing is remembered."""
    from archkit.proposal.document import read_proposal
    from archkit.proposal.rules import RULES, check_proposal

    text = made_documents.proposal(40_000)
    path = folder / "proposal.md"
    path.write_text(text, encoding="utf-8")

    def check(n: int) -> object:
        return check_proposal(read_proposal(text.replace("0421", f"{n:04d}")))

    read, found = read_proposal(text), check_proposal(text)
    print(
        f"The proposal: {len(text.encode()) / 1000:.0f} KB, {len(read.endpoints)} endpoints, "
        f"{len(read.code_blocks)} code blocks, {len(read.choices)} choices; {len(RULES)} rules, "
        f"{found!r}\n"
    )
    warm, beside = p50(check, TIMES), peers_warm(folder, path) if peers else ""
    cpu = p50(check, TIMES, time.process_time)
    ROWS.append(("checker, 40 KB, warm", f"{warm:.0f} ms", "150 ms", beside))
    ROWS.append(("the same, processor time of this process alone", f"{cpu:.0f} ms", "", ""))
    code = f"from archkit.proposal.rules import check_proposal as c; c(open({str(path)!r}).read())"
    cold = fresh([sys.executable, "-c", code], folder)
    cli = fresh([sys.executable, "-c", "from archkit.cli import app; app()", "check", path], folder)
    beside = peers_cold(folder, path) if peers else ""
    ROWS.append(("checker, 40 KB, fresh process, imports included", f"{cold:.0f} ms", "", ""))
    ROWS.append(("`archkit check`, 40 KB, whole command", f"{cli:.0f} ms", "", beside))
    ROWS.append(
        (
            "proposal drawn as HTML, findings at hand",
            f"{p50(lambda n: read._repr_html_(), TIMES):.0f} ms",
            "",
            "",
        )
    )


def peers_warm(folder: Path, path: Path) -> str:
    """Measure the linters within a process of theirs."""
    told = []
    (folder / "peer.py").write_text(PYMARKDOWN, encoding="utf-8")
    ms, found = _output([_peer_python(), folder / "peer.py", path, str(SLOW_TIMES)], folder).split()
    told.append(f"pymarkdownlnt {float(ms):.0f} ms ({found} findings)")
    if modules := _markdownlint():
        script = folder / "peer.mjs"
        script.write_text(MARKDOWNLINT, encoding="utf-8")
        (folder / "node_modules").symlink_to(modules)
        ms, found = _output(["node", script, path, str(TIMES)], folder).split()
        told.append(f"markdownlint {float(ms):.0f} ms ({found} findings)")
    return "; ".join(told)


def peers_cold(folder: Path, path: Path) -> str:
    """Measure the linters' commands."""
    command: list[str | Path] = [_peer_python(), "-m", "pymarkdown", "scan", path]
    told = [f"pymarkdownlnt {fresh(command, folder):.0f} ms"]
    if modules := _markdownlint():
        script = modules / "markdownlint-cli2" / "markdownlint-cli2-bin.mjs"
        told.append(f"markdownlint-cli2 {fresh(['node', script, path.name], folder):.0f} ms")
    return "; ".join(told)


def _markdownlint() -> Path | None:
    return NODE_PEERS if NODE_PEERS.is_dir() and shutil.which("node") else None


def _peer_python() -> Path:
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


def _output(command: list[str | Path], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout


def adrs(folder: Path) -> None:
    """Read and import a thousand ADRs of four forms, from a git repository of a hundred commits."""
    from markdown_it import MarkdownIt

    from archkit.decisions.adr_import import import_adrs
    from archkit.decisions.adrs import read_adrs
    from archkit.memory.memory import Memory

    records = folder / "shop" / "docs" / "adr"
    made_documents.adrs(records, ADRS)
    size = sum(path.stat().st_size for path in records.iterdir()) / ADRS / 1000
    began = time.perf_counter()
    parser = MarkdownIt()
    for path in sorted(records.iterdir()):
        parser.parse(path.read_text("utf-8"))
    alone = time.perf_counter() - began
    began = time.perf_counter()
    frame = read_adrs(records)
    read = time.perf_counter() - began
    with Memory(folder / "adrs" / "archkit.duckdb", library=False) as memory:
        began = time.perf_counter()
        import_adrs(memory, records, dry_run=False)
        [(rows,)] = memory.sql("SELECT count(*) AS n FROM adr_log").itertuples(index=False)
        taken = time.perf_counter() - began
        began = time.perf_counter()
        import_adrs(memory, records, dry_run=False)
        again = time.perf_counter() - began
    assert len(frame) == rows == ADRS, (len(frame), rows)
    beside = f"markdown-it-py alone, the same files parsed: {alone:.1f} s"
    ROWS.append((f"{ADRS:,} ADRs imported ({size:.1f} KB each)", f"{taken:.1f} s", "10 s", beside))
    ROWS.append((f"{ADRS:,} ADRs read into a frame", f"{read:.1f} s", "", ""))
    ROWS.append((f"{ADRS:,} ADRs imported again, none changed", f"{again:.1f} s", "", ""))


def story(folder: Path) -> None:
    """Tick a task in the current story of a project: found by its status file, written, fsynced."""
    from archkit.decisions.story import update_story

    project, path = made_documents.story_project(folder / "project")
    raw = path.read_bytes()
    spent, plain = [], []
    for n in range(101):
        path.write_bytes(raw)
        began = time.perf_counter()
        update = update_story(project, [f"{1 + n % 8}.{1 + n % 6}"], dry_run=False)
        spent.append((time.perf_counter() - began) * 1000)
        assert update.written and path.read_bytes() != raw
        began = time.perf_counter()
        text = path.read_bytes().replace(b"[ ]", b"[x]", 1)
        with (path.parent / "new").open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        (path.parent / "new").replace(path)
        plain.append((time.perf_counter() - began) * 1000)
    ROWS.append(
        (
            f"story update, {len(raw) / 1000:.0f} KB, found by status.xml, written, p50",
            f"{statistics.median(spent[1:]):.1f} ms",
            "20 ms",
            f"read, replace, fsync, rename alone: {statistics.median(plain[1:]):.1f} ms",
        )
    )
    ROWS.append(
        (
            "story update, dry run, p50",
            f"{p50(lambda n: update_story(project, ['1.1']), 100):.1f} ms",
            "",
            "",
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("checker", "adrs", "story"))
    parser.add_argument("--no-peers", action="store_true")
    chosen = parser.parse_args()
    load = os.getloadavg()[0]
    names = ("markdown-it-py", "sqlglot", "duckdb", "pandas")
    print(
        f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in names)
        + f"; {os.cpu_count()} cores, load {load:.1f} at the start"
    )
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        if chosen.only in (None, "checker"):
            checker(folder, not chosen.no_peers)
        if chosen.only in (None, "adrs"):
            adrs(folder)
        if chosen.only in (None, "story"):
            story(folder)
    print("\n| what | measured | target | beside it, same run |\n|---|---|---|---|")
    for row in ROWS:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
