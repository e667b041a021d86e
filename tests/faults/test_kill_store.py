"""What is acknowledged survives the sudden death of its writer; processes do not collide."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from archkit.memory.store import Store

WRITER = """
import sys
from pathlib import Path
from archkit.memory.journal import Draft
from archkit.memory.store import Store

store = Store(Path(sys.argv[1]))
for n in range(int(sys.argv[2])):
    (event,) = store.append([Draft("lesson", {"text": f"lesson {n}"})])
    print(event.event_id, flush=True)
    if n % int(sys.argv[3]) == 0:
        store.drain()
store.close()
"""
READER = """
import sys
from pathlib import Path
from archkit.memory.store import Store

store, seen = Store(Path(sys.argv[1]), patience_s=30), -1
while seen < int(sys.argv[2]):
    ((now, rows, orphans),) = store.rows(
        "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM lesson),"
        " (SELECT count(*) FROM orphan)"
    )
    assert now >= seen and (rows, orphans) == (now, 0), (seen, now, rows, orphans)
    seen = now
store.close()
"""


def start(code: str, *args: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed_after(writers: list[subprocess.Popen], lines: int, pause: float) -> list[str]:
    """Kill both after so many acknowledgements of the first; return all acknowledged ids."""
    first = [writers[0].stdout.readline() for _ in range(lines)]
    time.sleep(pause)  # up to a few hundredths of a second: somewhere inside an append or a drain
    for writer in writers:
        writer.kill()
    rest = [line for writer in writers for line in writer.stdout.read().splitlines(True)]
    for writer in writers:
        writer.communicate()
    return [line.strip() for line in [*first, *rest] if line.endswith("\n")]


def recorded(path: Path) -> list[str]:
    store = Store(path)
    ids = [event_id for (event_id,) in store.rows("SELECT event_id FROM event")]
    counts = store.rows(
        "SELECT (SELECT count(*) FROM lesson), (SELECT count(*) FROM rejected_line)"
    )
    store.close()
    assert counts[0][0] == len(ids), "an event without its row"
    return ids


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_or_doubled_by_killing_writers(tmp_path):
    path, rng, acknowledged = tmp_path / "data" / "archkit.duckdb", random.Random(20261123), []
    for _ in range(5):
        writers = [start(WRITER, path, 10_000, every) for every in (1, 3)]
        acknowledged += killed_after(writers, rng.randrange(1, 8), rng.uniform(0, 0.05))
    ids = recorded(path)
    assert len(acknowledged) > 10
    assert set(acknowledged) - set(ids) == set()
    assert len(ids) == len(set(ids))
    assert list((tmp_path / "data" / "spool").iterdir()) == []


@pytest.mark.slow
def test_a_memory_killed_while_it_is_made_can_be_opened(tmp_path):
    path = tmp_path / "archkit.duckdb"
    writer = start(WRITER, path, 10_000, 1)
    acknowledged = killed_after([writer], 1, 0.02)  # the first drain makes the file
    assert set(acknowledged) - set(recorded(path)) == set()


@pytest.mark.slow
def test_two_writers_and_a_reader_at_once_find_every_event(tmp_path):
    path = tmp_path / "archkit.duckdb"
    writers = [start(WRITER, path, 40, 10) for _ in range(2)]
    reader = start(READER, path, 80)
    said = [process.communicate(timeout=120) for process in (*writers, reader)]
    assert [complaint for _, complaint in said] == ["", "", ""]
    acknowledged = [line for out, _ in said[:2] for line in out.split()]
    assert sorted(recorded(path)) == sorted(acknowledged)
    assert len(acknowledged) == 80
