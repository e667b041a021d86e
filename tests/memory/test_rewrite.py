import json

import pytest
from exchange_cases import NOW, Clock, fill, lesson, open_memory

from archkit.memory import budget
from archkit.memory.journal import Journal
from archkit.memory.memory import Memory
from archkit.memory.reset import reset
from archkit.memory.rewrite import audit_row, beside, deposit, each_event, line_of, wipe_spool
from archkit.memory.spool import event_of
from archkit.records import Pattern


@pytest.fixture
def memory(tmp_path):
    with open_memory(tmp_path / "a") as memory:
        yield memory


def texts(memory):
    return [text for (text,) in memory._store.rows("SELECT text FROM lesson ORDER BY text")]


def test_a_line_reads_back_as_the_event_it_was_made_of(memory):
    memory._store.append([lesson('ü “x”\n"y"', session_id="s", agent="a", project="p")])
    [row] = each_event(memory._store)
    assert event_of(line_of(row)) == row
    spread = (*row[:-1], json.dumps(json.loads(row[-1]), indent=1))
    assert line_of(spread).count(b"\n") == 1
    assert event_of(line_of(spread)) == row


def test_only_audit_kinds_are_audit_events(memory):
    with pytest.raises(ValueError, match="lesson"):
        audit_row(memory._store, "lesson", "", {})


def test_a_deposit_keeps_writer_and_instant_and_goes_with_the_next_sweep(memory, tmp_path):
    memory._store.append([lesson("one")])
    rows = [*each_event(memory._store)]
    with open_memory(tmp_path / "b") as other:
        assert deposit(other._store, rows) == 1
        assert [*each_event(other._store)] == rows
        assert not list(other._store.spool.glob("*.jsonl*"))


def test_lines_of_a_living_writer_are_overwritten_and_the_writer_goes_on(memory):
    journal = Journal(memory._store.spool, now=Clock())
    gone, stays = journal.append([lesson("gone"), lesson("stays")])
    memory.drain()
    size = next(memory._store.spool.glob(f"{journal.writer}*")).stat().st_size
    assert wipe_spool(memory._store, [gone.event_id]) == 1
    journal.append([lesson("later")])
    path = next(memory._store.spool.glob(f"{journal.writer}*"))
    data = path.read_bytes()
    assert b"gone" not in data
    assert data[:size].endswith(b"\n")
    assert stays.event_id.encode() in data
    journal.close()
    assert texts(memory) == ["gone", "later", "stays"]


def test_a_line_that_is_still_being_written_is_left_alone(memory):
    memory._store.spool.mkdir(parents=True)
    path = memory._store.spool / "w.jsonl"
    path.write_bytes(b'{"event_id": "x"}\n{"event_id": "x"')
    assert wipe_spool(memory._store, ["x"]) == 1
    assert path.read_bytes() == b" " * 17 + b'\n{"event_id": "x"'


def test_what_a_killed_deposit_left_is_cleared_away(memory):
    memory._store.spool.mkdir(parents=True)
    part = memory._store.spool / "w.jsonl.part"
    part.write_bytes(b"half")
    wipe_spool(memory._store, [])
    assert not part.exists()


def test_folders_beside_a_memory_are_its_own(tmp_path):
    usual, other = (
        Memory(tmp_path / name, library=False) for name in ("archkit.duckdb", "o.duckdb")
    )
    assert beside(usual._store, "archive") == tmp_path / "archive"
    assert beside(other._store, "archive") == tmp_path / "archive" / "o.duckdb"


def test_a_file_made_anew_is_noticed_by_every_open_memory_even_if_no_clock_moves(tmp_path):
    with (
        open_memory(tmp_path, now=lambda: NOW) as one,
        open_memory(tmp_path, now=lambda: NOW) as other,
    ):
        for slug in ("a", "b"):
            one.record_pattern(Pattern(slug, slug.upper(), area="security"))
        assert [len(memory.patterns()) for memory in (one, other)] == [2, 2]
        cleared = reset(one, "candidates", dry_run=False)
        assert cleared.names == ("a", "b")
        assert [len(memory.patterns()) for memory in (one, other)] == [0, 0]


def test_an_archive_is_noticed_by_every_open_memory(tmp_path):
    with open_memory(tmp_path) as one, open_memory(tmp_path) as other:
        fill(one)
        assert {pattern.slug for pattern in other.patterns()} == {"jwt", "sessions", "unused"}
        budget.enforce(one, limit_mb=1e-5)
        assert {pattern.slug for pattern in other.patterns()} == {"jwt", "sessions"}
        budget.restore(one)
        assert {pattern.slug for pattern in other.patterns()} == {"jwt", "sessions", "unused"}
