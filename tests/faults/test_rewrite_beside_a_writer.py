"""Archiving, clearing, forgetting, backing up and exporting while another process writes."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archkit.memory import budget
from archkit.memory.backup import backup, restore
from archkit.memory.exchange import export, import_
from archkit.memory.forget import forget
from archkit.memory.memory import Memory
from archkit.memory.reset import reset

WRITER = """
import sys
from archkit.memory.memory import Memory

memory = Memory(sys.argv[1], library=False, agent="writer")
print("ready", flush=True)
sys.stdin.readline()
for n in range(int(sys.argv[2])):
    print(memory.append("lesson", {"text": f"lesson {n} of the writer"}), flush=True)
    if n % 40 == 0:
        memory.drain()
memory.close()
"""
HOW_MANY = 300


@pytest.fixture
def folder(tmp_path):
    with Memory(tmp_path / "archkit.duckdb", library=False, agent="old") as memory:
        for n in range(40):
            memory.append("lesson", {"text": f"Jo Doe {n} " + "x" * 400})
    return tmp_path


def beside_a_writer(folder: Path, work) -> list[str]:
    """Do something again and again while a process writes; return what that was told is kept."""
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder / "archkit.duckdb"), str(HOW_MANY)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert child.stdout.readline() == "ready\n"
        child.stdin.write("go\n")
        child.stdin.flush()
        with Memory(folder / "archkit.duckdb", library=False, agent="worker") as memory:
            memory._store.patience_s = 60
            rounds = 0
            while rounds < 2 or (child.poll() is None and rounds < 12):
                work(memory, rounds)
                rounds += 1
        said, _ = child.communicate(timeout=120)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 0
    return said.split()


def of_the_writer(folder: Path) -> dict[str, str]:
    with Memory(folder / "archkit.duckdb", library=False) as memory:
        rows = memory._store.rows("SELECT event_id, text FROM lesson")
    return {event_id: text for event_id, text in rows if text.endswith("of the writer")}


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_while_a_person_is_forgotten(folder):
    def work(memory, n):
        memory.append("lesson", {"text": f"Jo Doe says {n}"})
        forget(memory, person="Jo Doe", dry_run=False)

    acknowledged = beside_a_writer(folder, work)
    assert len(acknowledged) == HOW_MANY
    assert set(of_the_writer(folder)) == set(acknowledged)
    assert [p for p in folder.rglob("*") if p.is_file() and b"Jo Doe" in p.read_bytes()] == []


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_while_the_memory_is_archived_and_restored(folder):
    def work(memory, n):
        budget.enforce(memory, agent="old", limit_mb=0.005)
        if n % 2:
            budget.restore(memory)

    acknowledged = beside_a_writer(folder, work)
    assert set(of_the_writer(folder)) == set(acknowledged)
    with Memory(folder / "archkit.duckdb", library=False, now=lambda: datetime.now(UTC)) as memory:
        budget.restore(memory)
        [(count,)] = memory._store.rows("SELECT count(*) FROM lesson WHERE text LIKE 'Jo Doe%'")
    assert count == 40


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_while_the_memory_is_cleared_and_restored(folder, tmp_path):
    def work(memory, n):
        made = backup(memory)
        cleared = reset(memory, "everything", dry_run=False)
        if cleared.backup:
            restore(memory, cleared.backup, dry_run=False)
        restore(memory, made.path, dry_run=False)
        export(memory, tmp_path / f"out {n}")

    acknowledged = beside_a_writer(folder, work)
    assert len(acknowledged) == HOW_MANY
    assert set(of_the_writer(folder)) == set(acknowledged)
    with Memory(tmp_path / "b" / "archkit.duckdb", library=False) as other:
        import_(other, max(tmp_path.glob("out *"), key=lambda p: int(p.name[4:])), dry_run=False)
