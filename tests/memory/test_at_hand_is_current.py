"""What is kept of a memory in the process: never an old figure, and nothing but the memory."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from archkit import metrics
from archkit.errors import StoreError
from archkit.memory import at_hand, backup, store, tally
from archkit.memory.forget import forget
from archkit.memory.memory import Memory
from archkit.memory.refusals import BusyError
from archkit.memory.reset import reset
from archkit.memory.simulate import simulate
from archkit.memory.snapshot import snapshot
from archkit.records import Decision, Pattern

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
TITLES = ("first", "second", "third")
COUNTS = (
    "SELECT (SELECT count(*) FROM decision) AS d, (SELECT count(*) FROM pattern) AS p, "
    "(SELECT count(DISTINCT decision_id) FROM outcome "
    "WHERE decision_id IN (SELECT decision_id FROM decision)) AS o"
)


def used(memory, days, y=1.0):
    """Note a use of the pattern so many days ago."""
    at = (NOW - days * DAY).isoformat()
    memory.append("pattern_use", {"slug": "a", "y": y, "used_at": at})


def recorded(path, decisions):
    """Make a memory of some decisions, the last looked at, and a use noted by itself."""
    memory = Memory(path, library=False)
    memory.record_pattern(Pattern("a", "A", status="active"))
    for n in range(decisions):
        made = Decision(title=TITLES[n], chosen="a", patterns=("a",), decided_at=NOW - n * DAY)
        made = memory.record_decision(made)
    memory.record_outcome(made.decision_id, success=True)
    used(memory, 9)
    return memory


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """Return what copies such a memory to a path: to make one takes longer."""
    made = {}

    def begin(path, decisions=2):
        if decisions not in made:
            made[decisions] = tmp_path_factory.mktemp("made")
            recorded(made[decisions] / "archkit.duckdb", decisions).close()
        shutil.copytree(made[decisions], path.parent, dirs_exist_ok=True)
        return Memory(path, library=False)

    return begin


@pytest.fixture(scope="module")
def quiet(begun, tmp_path_factory):
    """A memory that nobody writes to."""
    with begun(tmp_path_factory.mktemp("quiet") / "archkit.duckdb") as memory:
        yield memory


def told(memory):
    """Return what a snapshot tells: decisions, those looked at, uses, their rate, patterns."""
    with snapshot(memory) as state:
        made = metrics.headline(state, NOW)["decisions"]
        found = metrics.pattern_evidence(state, now=NOW)
        known = state.sql("SELECT count(*) AS n FROM pattern")["n"][0]
    return made["value"], made["with_outcome"], *added_up(found), known


def true(memory):
    """Return the same, of the file itself."""
    with memory._store.at_once() as read:
        n = read(COUNTS, None)
        file = SimpleNamespace(sql=lambda select, **given: read(select, given or None))
        found = metrics.pattern_evidence(file, now=NOW)
    return n["d"][0], n["o"][0], *added_up(found), n["p"][0]


def added_up(found):
    return float(found["n"].sum()), round(float(found["a"].sum()), 9)


def forgotten(memory, other, elsewhere):
    forget(other, text="second", how="drop", dry_run=False)


def cleared(memory, other, elsewhere):
    reset(other, "everything", dry_run=False)


def brought_back(memory, other, elsewhere):
    saved = backup.backup(other)
    used(other, 5)
    assert told(memory)[2] == 3
    backup.restore(other, saved.path, exact=True, dry_run=False)


def without_log(path):
    with duckdb.connect(str(path)) as shell:
        shell.execute("CHECKPOINT")


def swapped(memory, other, elsewhere):
    """Put another memory's bytes in the file's place: as large, as old, the same inode."""
    for each in (memory, elsewhere):
        without_log(each.path)
    assert told(memory) == true(memory)
    stat = memory.path.stat()
    data = elsewhere.path.read_bytes()
    assert len(data) == stat.st_size
    memory.path.write_bytes(data)
    os.utime(memory.path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def made_anew(memory, other, elsewhere):
    for each in (memory, elsewhere):
        without_log(each.path)
    assert told(memory) == true(memory)
    memory.path.unlink()
    shutil.copy2(elsewhere.path, memory.path)


CHANGES = {
    "noted elsewhere, not drained yet": lambda memory, other, _: used(other, 3),
    "looked at elsewhere": lambda memory, other, _: other.record_outcome(
        other.sql("SELECT min(decision_id) AS d FROM decision")["d"][0], success=False
    ),
    "made up in bulk": lambda memory, other, _: simulate(
        Memory(other.path), sessions=8, uses=20, mix=True
    ),
    "the kit's patterns": lambda memory, other, _: Memory(memory.path).patterns(),
    "derived anew": lambda memory, other, _: other._store.rebuild(),
    "forgotten": forgotten,
    "cleared": cleared,
    "brought back": brought_back,
    "swapped": swapped,
    "made anew": made_anew,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_no_figure_outlives_what_it_was_of(begun, tmp_path, change):
    path = tmp_path / "one" / "archkit.duckdb"
    with begun(path) as memory, Memory(path, library=False) as other:
        with begun(tmp_path / "two" / "archkit.duckdb", decisions=3) as elsewhere:
            told(elsewhere)
        assert told(memory) == true(memory)
        change(memory, other, elsewhere)
        assert told(memory) == true(memory)
        assert told(other) == true(other) == told(memory)


def test_another_process_is_heard_and_its_open_transaction_is_not(begun, tmp_path):
    with begun(tmp_path / "archkit.duckdb") as memory:
        before = told(memory)
        code = (
            "import sys; from archkit.memory.memory import Memory\n"
            "with Memory(sys.argv[1], library=False) as memory:\n"
            "    memory.append('pattern_use', {'slug': 'a', 'y': 0, 'used_at': '2026-01-01'})\n"
        )
        subprocess.run([sys.executable, "-c", code, str(memory.path)], check=True)
        after = told(memory)
        assert (after[2], before[2]) == (3, 2)
    with begun(tmp_path / "other" / "archkit.duckdb") as memory:
        memory._store.patience_s = 0.1
        before = told(memory)
        with duckdb.connect(str(memory.path)) as shell:
            shell.execute("BEGIN; DELETE FROM decision")
            at_hand._KEPT.clear()
            with pytest.raises(BusyError):
                told(memory)
            shell.execute("ROLLBACK")
        assert told(memory) == before


def test_a_file_system_with_a_coarse_clock_hides_no_change(begun, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "_stat", lambda path: store._bytes(Path(path)))
    with begun(tmp_path / "archkit.duckdb") as memory:
        for days in (3, 4):
            used(memory, days)
            assert told(memory) == true(memory)


def test_a_count_of_yesterday_is_right_today(begun, tmp_path, monkeypatch):
    with begun(tmp_path / "archkit.duckdb") as memory:
        for days in (0.01, 0.4, 1, 1.5, 2):
            used(memory, days, y=0.0)
        monkeypatch.setattr(tally, "utc_now", lambda: NOW - DAY)
        told(memory)
        monkeypatch.undo()
        with snapshot(memory) as state:
            assert state.tally().today == (NOW - DAY - datetime(1970, 1, 1, tzinfo=UTC)).days
        assert told(memory) == true(memory)


def test_uses_on_too_many_days_are_not_counted_but_asked_for(begun, tmp_path, monkeypatch):
    monkeypatch.setattr(at_hand, "_MOST_DAYS", 2)
    with begun(tmp_path / "archkit.duckdb") as memory:
        used(memory, 20)
        with snapshot(memory) as state:
            assert len(state.tally().day) == 2
        used(memory, 30)
        with snapshot(memory) as state:
            assert state.tally() is None
        assert told(memory) == true(memory)


def test_of_many_memories_a_few_are_kept(begun, tmp_path, monkeypatch):
    many = [begun(tmp_path / str(n) / "archkit.duckdb", decisions=n + 1) for n in range(3)]
    monkeypatch.setattr(at_hand, "_MOST_MEMORIES", 2)
    for _ in range(2):
        assert [told(memory)[0] for memory in many] == [1, 2, 3]
        assert len(at_hand._KEPT) == 2
    for memory in many:
        memory.close()


def test_threads_that_read_and_write_see_whole_states(begun, tmp_path):
    with begun(tmp_path / "archkit.duckdb", decisions=1) as memory:
        seen, wrong = [], []

        def read():
            try:
                seen.extend(told(memory)[2] for _ in range(6))
            except (StoreError, duckdb.Error) as error:
                wrong.append(error)

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        for days in range(3, 9):
            used(memory, days)
        for reader in readers:
            reader.join()
        assert not wrong
        assert set(seen) <= set(range(2, 9))
        assert told(memory) == true(memory)


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_reads_anew(begun, tmp_path):
    with begun(tmp_path / "archkit.duckdb") as memory:
        expected = told(memory)
        if (child := os.fork()) == 0:
            try:
                os._exit(0 if not at_hand._KEPT and told(memory) == expected else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert told(memory) == expected


QUERIES = (
    "SELECT count(*) AS n FROM decision d CROSS JOIN EVENT e",
    "SELECT count(*) AS n FROM DECISION, Event",
    "SELECT count(*) AS n FROM archkit.decision",
    "SELECT comment FROM duckdb_views() WHERE view_name = 'outcome_debt'",
    "SELECT table_type FROM information_schema.tables WHERE table_name = 'outcome_debt'",
    "SELECT current_database() AS n FROM decision",
)


@pytest.mark.parametrize("query", QUERIES)
def test_any_query_is_answered_as_by_the_memory_itself(quiet, query):
    plain = quiet.sql(query).to_dict("records")
    with snapshot(quiet) as state:
        state.sql("SELECT count(*) AS n FROM decision")
        assert state.sql(query).to_dict("records") == plain


def test_a_query_of_what_is_kept_reads_no_other_file(quiet, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("not for you", encoding="utf-8")
    with snapshot(quiet) as state:
        assert state.sql("SELECT count(*) AS n FROM decision")["n"][0] == 2
        with pytest.raises(StoreError, match="disabled by configuration"):
            state.sql("SELECT content FROM decision, read_text($path)", path=str(secret))


def test_nobody_writes_into_a_file_that_a_snapshot_stands_on(begun, tmp_path):
    code = "import duckdb, sys; duckdb.connect(sys.argv[1]).execute('DELETE FROM decision')"
    with begun(tmp_path / "archkit.duckdb") as memory:
        with snapshot(memory) as state:
            state.sql("SELECT count(*) AS n FROM event")  # opens it
            state.sql("SELECT count(*) AS n FROM decision")  # copies from it
            shell = [sys.executable, "-c", code, str(memory.path)]
            refused = subprocess.run(shell, check=False, capture_output=True, text=True)
            assert "lock" in refused.stderr
        assert told(memory)[0] == 2


def test_a_snapshot_is_read_within_its_block_only(quiet):
    with snapshot(quiet) as state:
        decision_id = state.sql("SELECT min(decision_id) AS d FROM decision")["d"][0]
    for ask in (
        lambda: state.sql("SELECT * FROM decision"),
        lambda: state.sql("SELECT * FROM event"),
        state.tally,
        lambda: state.decision(decision_id),
    ):
        with pytest.raises(StoreError, match="not held still"):
            ask()
