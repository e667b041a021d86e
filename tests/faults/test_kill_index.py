"""A shared index survives the sudden death of whoever was writing to it, and leaves nothing out."""

import random
import signal
import subprocess
import sys
import time

import pytest

from archkit.memory.memory import Memory
from archkit.memory.shared_index import index_folder
from archkit.memory.text_index import TextIndex

WRITER = """
import sys
from archkit.memory import shared_index
from archkit.memory.memory import Memory
from archkit.records import Pattern

shared_index.IN_PROCESS = 3
memory = Memory(sys.argv[1], library=False)
for n in range(10_000):
    slug = f"{sys.argv[2]}-{n % 40}"  # beyond the fortieth they are worded anew
    name = f"{sys.argv[2]}wombat{n}"
    memory.record_pattern(Pattern(slug, name, status="active"))
    assert [ranked.pattern.name for ranked in memory.query(name)] == [name]
    print(slug, n, flush=True)
"""


@pytest.mark.slow
def test_every_pattern_acknowledged_is_found_after_its_writers_were_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("archkit.memory.shared_index.IN_PROCESS", 3)
    path, rng, latest = tmp_path / "archkit.duckdb", random.Random(20261125), {}
    for turn in range(4):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(path), f"{side}{turn}"],
                stdout=subprocess.PIPE,
                text=True,
            )
            for side in ("left", "right")
        ]
        first = [writers[0].stdout.readline() for _ in range(rng.randrange(4, 40))]
        time.sleep(rng.uniform(0, 0.05))  # somewhere inside an update of the index
        for writer in writers:
            writer.kill()
        said = [line for writer in writers for line in writer.communicate()[0].splitlines()]
        assert {writer.returncode for writer in writers} == {-signal.SIGKILL}
        for line in [*first, *said]:
            if len(said := line.split()) == 2:
                latest[said[0]] = int(said[1])
    assert len(latest) > 20
    with Memory(path, library=False) as memory:
        for slug, n in latest.items():
            name = memory.pattern(slug).name
            # a later wording may have been on its way when its writer was killed
            assert int(name.split("wombat")[1]) >= n
            assert [ranked.pattern.name for ranked in memory.query(name)] == [name]
        index = memory._held._shelf._catalogue._index
        assert isinstance(index._index, TextIndex)
        assert len(index) == len(memory.patterns()) >= len(latest)
        assert index_folder(path).is_dir()
