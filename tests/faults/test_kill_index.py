"""A shared index survives the sudden death of whoever was writing to it, and leaves nothing out."""

import random
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
    memory.record_pattern(Pattern(slug, f"{sys.argv[2]} wombat{n}", status="active"))
    assert memory.query(f"wombat{n}")[0].pattern.name == f"{sys.argv[2]} wombat{n}"
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
        first = [writers[0].stdout.readline() for _ in range(rng.randrange(4, 60))]
        time.sleep(rng.uniform(0, 0.05))  # somewhere inside an update of the index
        for writer in writers:
            writer.kill()
        for line in [*first, *(line for w in writers for line in w.communicate()[0].splitlines())]:
            if len(said := line.split()) == 2:
                latest[said[0]] = int(said[1])
    assert len(latest) > 20
    with Memory(path, library=False) as memory:
        for slug, n in latest.items():
            found = memory.query(f"wombat{n} {slug.split('-')[0]}", limit=50)
            named = {r.pattern.slug: r.pattern.name for r in found}
            # a later wording may have been on its way when its writer was killed
            assert int(memory.pattern(slug).name.rsplit("wombat")[1]) >= n
            assert named.get(slug, memory.pattern(slug).name) == memory.pattern(slug).name
        index = memory._held._shelf._catalogue._index
        assert isinstance(index._index, TextIndex)
        assert len(index) == len(memory.patterns()) >= len(latest)
        assert index_folder(path).is_dir()
