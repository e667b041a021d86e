"""Archiving, forgetting and importing may be killed at any moment: nothing is lost, all goes on."""

import random
import subprocess
import sys
import threading

import pytest

from archkit.memory import budget
from archkit.memory.exchange import export, import_
from archkit.memory.forget import forget
from archkit.memory.memory import Memory

LESSONS = 60
ARCHIVE = """
import sys
from archkit.memory import budget
from archkit.memory.memory import Memory

memory = Memory(sys.argv[1], library=False, agent="old")
print("ready", flush=True)
while True:
    budget.enforce(memory, limit_mb=0.01)
    budget.restore(memory)
"""
IMPORT_AND_FORGET = """
import sys
from archkit.memory import exchange_import
from archkit.memory.exchange import import_
from archkit.memory.forget import forget
from archkit.memory.memory import Memory

exchange_import._PORTION = 7
memory = Memory(sys.argv[1], library=False, agent="old")
print("ready", flush=True)
while True:
    import_(memory, sys.argv[2], dry_run=False)
    forget(memory, person="Jo Doe", dry_run=False)
"""


def killed_after(seconds: float, code: str, *args: object) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout.readline() == "ready\n"
    timer = threading.Timer(seconds, child.kill)
    timer.start()
    child.communicate()
    timer.cancel()
    assert child.returncode < 0, "it ended by itself"


def filled(folder):
    folder.mkdir(exist_ok=True)
    path = folder / "archkit.duckdb"
    with Memory(path, library=False, agent="old") as memory:
        for n in range(LESSONS):
            who = "Jo Doe" if n % 3 == 0 else "somebody"
            memory.append("lesson", {"text": f"{n} by {who} " + "x" * 400}, entity_id=f"l{n}")
    return path


def numbers(memory) -> set[int]:
    return {int(text.split()[0]) for (text,) in memory._store.rows("SELECT text FROM lesson")}


@pytest.mark.slow
def test_whatever_was_archived_when_it_was_killed_can_be_restored(tmp_path):
    path, rng = filled(tmp_path), random.Random(20261125)
    for _ in range(5):
        killed_after(rng.uniform(0.05, 1.5), ARCHIVE, path)
    with Memory(path, library=False) as memory:
        budget.restore(memory)
        assert numbers(memory) == set(range(LESSONS))
        assert all(info.restored for info in budget.archives(memory))


@pytest.mark.slow
def test_a_killed_import_and_a_killed_forgetting_go_on(tmp_path):
    path, rng = filled(tmp_path / "a"), random.Random(20261126)
    with Memory(path, library=False) as memory:
        export(memory, tmp_path / "out")
    place = tmp_path / "b" / "archkit.duckdb"
    for _ in range(5):
        killed_after(rng.uniform(0.05, 1.5), IMPORT_AND_FORGET, place, tmp_path / "out")
    with Memory(place, library=False) as memory:
        import_(memory, tmp_path / "out", dry_run=False)
        forget(memory, person="Jo Doe", dry_run=False)
        assert numbers(memory) == set(range(LESSONS))
        [(here,)] = memory._store.rows(
            "SELECT count(*) FROM lesson l ANTI JOIN imported_event i USING (event_id)"
        )
        assert here == 0
    left = [p.name for p in place.parent.rglob("*") if p.is_file() and b"Jo Doe" in p.read_bytes()]
    assert left == []
