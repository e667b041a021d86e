"""A memory for reports of a session or a decision."""

from __future__ import annotations

import shutil

import pytest

from archkit.memory.memory import Memory


@pytest.fixture(scope="session")
def blank(tmp_path_factory):
    """Make a memory once: its tables take longer than most tests."""
    folder = tmp_path_factory.mktemp("blank") / "data"
    with Memory(folder / "archkit.duckdb", library=False) as memory:
        memory.sql("SELECT 1 AS one")
    return folder


@pytest.fixture
def memory(blank, tmp_path):
    shutil.copytree(blank, tmp_path / "data")
    with Memory(tmp_path / "data" / "archkit.duckdb", library=False) as memory:
        yield memory
