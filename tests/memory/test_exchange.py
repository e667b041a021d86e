import json
import shutil

import pytest
from exchange_cases import NOW, Clock, fill, open_memory, tables

from archkit.errors import StoreError
from archkit.memory.exchange import export, import_
from archkit.memory.journal import Draft
from archkit.records import Pattern


@pytest.fixture
def memory(tmp_path):
    with open_memory(tmp_path / "a") as memory:
        fill(memory)
        yield memory


@pytest.fixture
def empty(tmp_path):
    with open_memory(tmp_path / "b") as memory:
        yield memory


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_what_is_exported_and_imported_into_an_empty_memory_gives_equal_tables(
    memory, empty, tmp_path, format
):
    before = tables(memory)
    said = export(memory, tmp_path / "out", format=format)
    assert tables(memory) == before
    report = import_(empty, tmp_path / "out", dry_run=False)
    assert tables(empty) == before
    assert (report.new, report.known, report.conflicts) == (said.events, 0, ())
    again = import_(empty, tmp_path / "out", dry_run=False)
    assert (again.new, again.known, tables(empty)) == (0, said.events, before)
    assert empty._store.rows("SELECT * FROM orphan") == memory._store.rows("SELECT * FROM orphan")


def test_a_dry_run_says_what_would_come_and_changes_nothing(memory, empty, tmp_path):
    export(memory, tmp_path / "out")
    report = import_(empty, tmp_path / "out")
    assert report.dry_run
    assert report.kinds["decision"] == 2
    assert tables(empty)["event"] == []
