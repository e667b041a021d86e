"""Other stores beside archkit's memory, each in processes of its own, in an environment of its own.

`python benchmarks/peers.py --sizes 1000 10000` prints one JSON object; `run_peers` returns it.
Every peer is given the embedder of archkit[semantic], and vectors made beforehand where it says so.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent
REQUIREMENTS = HERE / "peers-requirements.txt"
PEERS = ("sqlite-fts5", "lancedb", "chromadb", "mem0")
MEM0_LIMIT = 10_000  # it takes 5 ms a text in, and half a second a query at ten times as many

NOTES = {
    "vectors": "Texts of the enlarged sets have made-up vectors: that of the real text each is a"
    " window of, plus noise; to encode 100,000 takes an hour. Quality is on real vectors only.",
    "query": "query_*: the query's vector is handed in; whole_*: the query is embedded as well.",
    "add": "add_ms: one text with its vector, until a query has it first.",
    "mem0": "infer=False, no LLM, qdrant on local disk; its BM25 needs a model it would download.",
    "lancedb": "hybrid fuses by reciprocal rank, its default, ten hits of each side, or fifty;"
    " from 50,000 texts its vectors have an IVF_HNSW_SQ index, below that none.",
    "sqlite-fts5": "porter stemming, fields weighted 3, 1.5, 1, 2 (the best of three tried), words"
    " joined by OR, synchronous=FULL.",
}


def run_peers(
    sizes: Sequence[int], venv: Path | None = None, peers: Sequence[str] = PEERS
) -> dict[str, Any]:
    """Measure the peers.

    Parameters
    ----------
    sizes
        How many made-up texts each holds.
    venv
        Environment to use, made if it is missing; ARCHKIT_PEERS_VENV or .venv-peers by default.
    peers
        Which of `PEERS`.

    Returns
    -------
    dict
        `versions`; `notes`; `embed_p50_ms`; `quality`: nDCG@10 by name and task; `speed`: one
        entry a name and size, with `build_s`, `import_ms`, `open_ms` (to the first answer),
        `query_p50_ms`, `query_p95_ms`, `whole_p50_ms`, `whole_p95_ms`, `add_ms` (median),
        `rss_mb` (after the queries, without texts and embedder).
    """
    python = _python(venv or Path(os.environ.get("ARCHKIT_PEERS_VENV", ROOT / ".venv-peers")))
    with tempfile.TemporaryDirectory() as work:
        shared = _child(python, work, "prepare", str(max(sizes, default=0)))
        found: dict[str, Any] = {**shared, "notes": NOTES, "quality": {}, "speed": []}
        for peer in peers:
            found["quality"] |= _child(python, work, "quality", peer)
            for size in sizes:
                if peer == "mem0" and size > MEM0_LIMIT:
                    continue
                built = _child(python, work, "build", peer, str(size))
                for one in _child(python, work, "measure", peer, str(size))["speed"]:
                    found["speed"].append({"size": size, **built, **one})
                shutil.rmtree(Path(work) / f"{peer}-{size}")
    return found


def _python(venv: Path) -> Path:
    """Return the interpreter of the environment, made anew when the requirements have changed."""
    python, done = venv / "bin" / "python", venv / "requirements.txt"
    if done.exists() and done.read_bytes() == REQUIREMENTS.read_bytes():
        return python
    uv = [sys.executable, "-m", "uv"]
    subprocess.run(
        [*uv, "venv", "--quiet", "--clear", "--python", sys.executable, venv], check=True
    )
    install = [*uv, "pip", "sync", "--quiet", "--python", python, REQUIREMENTS]
    subprocess.run(install, check=True)
    shutil.copy(REQUIREMENTS, done)
    return python


def _child(python: Path, work: str, *arguments: str) -> dict[str, Any]:
    began = time.perf_counter()
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "HOME": work,
        "MEM0_DIR": f"{work}/mem0-home",
        "MEM0_TELEMETRY": "False",
        "ANONYMIZED_TELEMETRY": "False",
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(HERE)]),
    }
    run = subprocess.run(
        [*_offline(), python, HERE / "peers_child.py", work, *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    print(f"{' '.join(arguments)}: {time.perf_counter() - began:.0f} s", file=sys.stderr)
    if run.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with {run.returncode}; see above")
    answer: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return answer


def _offline() -> list[str]:
    """Run without a network where the system lets us; the telemetry is switched off anyway."""
    for command in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if (
            shutil.which("unshare")
            and not subprocess.run([*command, "true"], capture_output=True, check=False).returncode
        ):
            return command
    return []


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1_000, 10_000])
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS)
    parser.add_argument("--venv", type=Path, help="ARCHKIT_PEERS_VENV or .venv-peers by default")
    given = parser.parse_args()
    print(json.dumps(run_peers(given.sizes, given.venv, given.peers)))
