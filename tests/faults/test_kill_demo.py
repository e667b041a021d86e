"""The demo may be killed at any moment: nothing it said was written is ever lost."""

import os
import random
import re
import subprocess
import sys
import threading
import time

import pytest

from archkit.memory.memory import Memory

ACKNOWLEDGED = re.compile(r"^- (?:session|decision|outcome|measurement) ([0-9a-f-]{36})", re.M)
COMMAND = [sys.executable, "-u", "-c", "from archkit.cli import app; app()", "demo", "--folder"]


def _start(folder):
    return subprocess.Popen(
        [*COMMAND, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"ARCHKIT_OFFLINE": "1"},
    )


def _killed_after(seconds, folder):
    child = _start(folder)
    timer = threading.Timer(seconds, child.kill)
    timer.start()
    said, _ = child.communicate()
    timer.cancel()
    return said


@pytest.mark.slow
def test_a_demo_killed_at_ten_random_moments_can_be_run_again_and_lost_nothing(tmp_path):
    began = time.monotonic()
    said, complaint = _start(tmp_path).communicate()
    whole = time.monotonic() - began
    assert "The report:" in said, complaint
    rng = random.Random(20261123)
    acknowledged = set(ACKNOWLEDGED.findall(said))
    for _ in range(10):
        acknowledged |= set(ACKNOWLEDGED.findall(_killed_after(rng.uniform(0.2, whole), tmp_path)))
    again = _start(tmp_path)
    said, complaint = again.communicate()
    assert again.returncode == 0, complaint
    acknowledged |= set(ACKNOWLEDGED.findall(said))
    with Memory(tmp_path / "archkit.duckdb") as memory:
        events = memory.sql("select event_id, entity_id, session_id from event")
        orphans = memory.sql("select * from orphan")
    assert acknowledged <= {*events["entity_id"], *events["session_id"]}
    assert events["event_id"].is_unique
    assert orphans.empty
