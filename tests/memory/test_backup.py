import pytest
from exchange_cases import Clock, fill, lesson, open_memory, tables

from archkit.errors import StoreError
from archkit.memory import budget
from archkit.memory.backup import backup, backups, restore
from archkit.memory.exchange import export
from archkit.memory.reset import WHAT, reset
from archkit.memory.rewrite import deposit
from archkit.records import Decision, Outcome, Pattern

KB = 1 / 1024


@pytest.fixture
def memory(tmp_path):
    with open_memory(tmp_path / "a") as memory:
        memory.ids = fill(memory)
        yield memory


def lessons(memory):
    return [text for (text,) in memory._store.rows("SELECT text FROM lesson ORDER BY text")]


def test_a_backup_holds_all_and_is_listed_with_its_sums(memory):
    told = []
    made = backup(memory, progress=lambda *at: told.append(at))
    [info] = backups(memory)
    assert (info.name, info.events, info.sound) == (made.path.name, made.events, True)
    assert told[-1] == (made.events, made.events)
    assert memory._store.rows("SELECT action, file, sha256 FROM audit") == [
        ("backed_up", made.path.name, made.sha256)
    ]


def test_restored_into_an_empty_place_the_memory_is_as_it_was_archives_too(memory, tmp_path):
    whole = tables(memory)
    budget.enforce(memory, limit_mb=KB)
    before = tables(memory, less=set())
    made = backup(memory)
    with open_memory(tmp_path / "b") as other:
        dry = restore(other, made.path)
        assert (dry.dry_run, dry.new) == (True, made.events)
        assert tables(other)["event"] == []
        restore(other, made.path, dry_run=False)
        after = tables(other, less={"audit"})
        assert after == {name: rows for name, rows in before.items() if name != "audit"}
        budget.restore(other)
        assert tables(other) == whole


def test_a_restore_brings_back_what_is_missing_and_keeps_what_came_later(memory):
    before = tables(memory)
    made = backup(memory)
    reset(memory, "everything", dry_run=False)
    assert tables(memory)["event"] == []
    memory._store.append([lesson("later")])
    report = restore(memory, made.path.name, dry_run=False)
    assert report.safety in [info.path for info in backups(memory)]
    assert lessons(memory) == ["Jo Doe rotates keys", "later"]
    assert tables(memory)["decision"] == before["decision"]
    assert restore(memory, made.path.name, dry_run=False).new == 0


def test_an_exact_restore_sets_aside_what_came_later_and_the_safety_backup_has_it(memory):
    before = tables(memory)
    made = backup(memory)
    memory._store.append([lesson("later")])
    report = restore(memory, made.path, exact=True, dry_run=False)
    assert report.set_aside == 1
    assert tables(memory) == before
    restore(memory, report.safety, dry_run=False)
    assert lessons(memory) == ["Jo Doe rotates keys", "later"]


def test_what_was_archived_since_comes_back_whole_with_a_restore(memory):
    made = backup(memory)
    memory._store.append([lesson("y" * 3000, agent="architect")])
    everything = tables(memory)
    budget.enforce(memory, limit_mb=KB / 2)
    assert lessons(memory) == []
    restore(memory, made.path, dry_run=False)
    assert tables(memory) == everything


def test_a_restore_killed_in_the_middle_is_finished_by_the_next(memory, monkeypatch):
    before = tables(memory)
    made = backup(memory)
    reset(memory, "everything", dry_run=False)
    monkeypatch.setattr("archkit.memory.backup._PORTION", 3)
    calls = iter([deposit] * 4)  # two words in the audit, one portion, and then no more

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("archkit.memory.backup.deposit", lambda *args: next(calls, stop)(*args))
    with pytest.raises(KeyboardInterrupt):
        restore(memory, made.path, dry_run=False)
    monkeypatch.setattr("archkit.memory.backup.deposit", deposit)
    assert 0 < len(tables(memory)["event"]) < len(before["event"])
    restore(memory, made.path, dry_run=False)
    assert tables(memory) == before


def test_only_the_last_backups_are_kept(memory):
    names = [backup(memory, keep=2).path.name for _ in range(3)]
    assert [info.name for info in backups(memory)] == sorted(names[1:], reverse=True)
    with pytest.raises(StoreError, match="keep"):
        backup(memory, keep=0)


@pytest.mark.parametrize("harm", ["cut", "flip", "gone", "manifest"])
def test_a_damaged_backup_is_named_and_nothing_is_changed(memory, harm):
    made = backup(memory)
    path = made.path / ("manifest.json" if harm == "manifest" else "events.parquet")
    data = path.read_bytes()
    path.unlink()
    if harm == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif harm != "gone":
        path.write_bytes(data[:99] + bytes([data[99] ^ 1]) + data[100:])
    before = tables(memory, less=set())
    with pytest.raises(StoreError, match=path.name):
        restore(memory, made.path, dry_run=False)
    assert tables(memory, less=set()) == before


def test_without_a_backup_the_error_says_so(memory, tmp_path):
    with pytest.raises(StoreError, match="no backup"):
        restore(memory)
    with pytest.raises(StoreError, match="no backup"):
        restore(memory, "20260101T000000Z-0000")
    export(memory, tmp_path / "out")
    with pytest.raises(StoreError, match="no backup"):
        restore(memory, tmp_path / "out")


def test_a_folder_that_cannot_be_written_is_told(memory, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="backup"):
        backup(memory, tmp_path / "file")


def test_two_memories_in_one_folder_keep_their_backups_apart(memory):
    from archkit.memory.memory import Memory

    with Memory(memory.path.with_name("other.duckdb"), library=False, now=Clock()) as other:
        backup(other)
        backup(memory)
        assert (len(backups(memory)), len(backups(other))) == (1, 1)


def test_a_reset_is_shown_first_backed_up_first_and_written_into_the_audit(memory):
    dry = reset(memory, "unused")
    assert (dry.dry_run, dry.names, dry.kinds) == (True, ("unused",), {"pattern": 1})
    assert backups(memory) == ()
    before = tables(memory)
    report = reset(memory, "unused", dry_run=False, reason="spring cleaning")
    assert "unused" not in {pattern.slug for pattern in memory.patterns()}
    assert report.backup.name in report.hint
    [(action, reason, events)] = memory._store.rows(
        "SELECT action, reason, events FROM audit WHERE action = 'reset'"
    )
    assert (action, reason, events) == ("reset", "spring cleaning", 1)
    restore(memory, report.backup.name, dry_run=False)
    assert tables(memory) == before


def test_candidates_that_something_speaks_of_stay(memory):
    assert reset(memory, "candidates").names == ("unused",)


def test_sessions_lose_what_was_said_and_keep_their_decisions(memory):
    report = reset(memory, "sessions", dry_run=False)
    assert report.kinds == {"message": 2}
    assert len(tables(memory)["decision"]) == 2
    assert memory._store.rows("SELECT * FROM orphan") == []


def test_what_is_made_up_goes_and_what_is_not_stays(memory):
    at = memory._now()
    made_up = Decision("X", decision_id="made up", extra={"source": "simulated"}, decided_at=at)
    memory.record_decision(made_up)
    memory.record_outcome(
        "made up", outcome=Outcome("made up", True, source="simulated", observed_at=at)
    )
    memory.append("session_started", {"client": "simulated"}, session_id="s2")
    report = reset(memory, "simulated", dry_run=False)
    assert report.kinds == {"decision": 1, "outcome": 1, "session_started": 1}


def test_retired_patterns_go_when_nothing_speaks_of_them(memory):
    memory.record_pattern(Pattern("old", "Old", area="security", status="retired"))
    assert reset(memory, "failed").names == ("old",)


def test_everything_leaves_the_kit_s_library(tmp_path):
    with open_memory(tmp_path / "b", library=True) as memory:
        fill(memory)
        known = len(memory.patterns())
        reset(memory, "everything", dry_run=False)
        assert len(memory.patterns()) == known - 3
        memory._held._library_due = True
        assert len(memory.patterns()) == known - 3


def test_what_cannot_be_cleared_is_refused(memory):
    for what in ("all", [], ["candidates", "x"]):
        with pytest.raises(StoreError, match="cannot be cleared"):
            reset(memory, what)
    assert set(WHAT) >= {"candidates", "everything"}


def test_a_reset_that_cannot_be_backed_up_clears_nothing(memory):
    (memory.path.parent / "backups").write_text("a file")
    before = tables(memory, less=set())
    with pytest.raises(StoreError, match="backup"):
        reset(memory, "everything", dry_run=False)
    assert tables(memory, less=set()) == before
