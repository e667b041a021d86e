import json

import pytest
from exchange_cases import fill, holding, lesson, open_memory, tables

from archkit.errors import StoreError
from archkit.memory import budget
from archkit.memory.archive import archive_files
from archkit.memory.backup import backup, backups, restore
from archkit.memory.exchange import export, import_
from archkit.memory.exchange_files import read_rows
from archkit.memory.forget import forget
from archkit.memory.forget_match import TextMatcher
from archkit.memory.rewrite import each_event
from archkit.records import Pattern

KB = 1 / 1024
NAME = "Jo Doe"


@pytest.fixture
def memory(tmp_path):
    with open_memory(tmp_path / "a") as memory:
        memory.ids = fill(memory)
        yield memory


def everything(memory):
    """All that a memory, its archives and its backups say, decompressed."""
    files = [*archive_files(memory._store).values()]
    files += [path for info in backups(memory) for path in info.path.rglob("*.parquet")]
    rows = [*each_event(memory._store), *(row for path in files for row in read_rows(path))]
    names = [
        n
        for (n,) in memory._store.rows("SELECT table_name FROM duckdb_tables() WHERE NOT internal")
    ]
    return repr(rows) + "".join(repr(memory._store.rows(f"FROM {name}")) for name in names)


def assert_gone(memory, text):
    assert holding(memory.path.parent, text) == []
    assert text not in everything(memory)


def test_a_person_is_gone_from_database_spool_archives_and_backups(memory):
    memory._store.append([lesson(f"{NAME} and jo@acme.example", agent="architect")])
    budget.enforce(memory, limit_mb=KB)
    backup(memory, reason=f"asked for by {NAME}")
    memory._store.append([lesson(f"jo  DOE again, or jo.doe: {NAME}")])
    memory._store.append([lesson("nobody")])
    memory.drain()  # a living writer's file stays, all lines in it
    assert holding(memory.path.parent, NAME)
    outcomes = memory._store.rows("SELECT count(*) FROM outcome")
    report = forget(memory, person=[NAME, "jo@acme.example"], dry_run=False)
    assert_gone(memory, NAME)
    assert_gone(memory, "jo@acme.example")
    assert "jo.doe" not in everything(memory).casefold()
    assert report.left == ()
    assert set(report.places) == {"memory", "archives", "backups", "spool", "audit"}
    assert memory._store.rows("SELECT count(*) FROM outcome") == outcomes
    assert [info.sound for info in backups(memory)] == [True]
    assert [info.sound for info in budget.archives(memory)] == [True]
    budget.restore(memory)
    assert_gone(memory, NAME)
    assert "[forgotten] likes it" in everything(memory)
    assert memory._store.rows("SELECT * FROM orphan WHERE missing <> 'session'") == []


def test_a_session_goes_with_all_that_is_said_of_its_decisions(memory):
    other = tables(memory)
    report = forget(memory, session=memory.ids["session"], dry_run=False)
    assert_gone(memory, memory.ids["session"])
    assert_gone(memory, NAME)
    assert report.how == "drop"
    assert report.kinds == {
        "decision": 1,
        "lesson": 1,
        "message": 2,
        "outcome": 1,
        "session_started": 1,
        "session_status": 1,
    }
    assert memory._store.rows("SELECT decision_id FROM decision") == [(memory.ids["waiting"],)]
    assert memory._store.rows("SELECT * FROM orphan") == []
    assert tables(memory)["pattern"] == other["pattern"]


def test_a_dry_run_says_what_would_go_and_changes_nothing(memory):
    before = tables(memory, less=set())
    report = forget(memory, person=NAME)
    assert (report.dry_run, report.places, report.kinds["message"]) == (True, {"memory": 5}, 1)
    assert tables(memory, less=set()) == before
    assert holding(memory.path.parent, NAME)


def test_what_is_forgotten_does_not_come_back_by_import_restore_or_another_drain(memory, tmp_path):
    export(memory, tmp_path / "out")
    made = backup(memory, tmp_path / "far")
    lines = b"".join(p.read_bytes() for p in memory._store.spool.glob("*.jsonl"))
    report = forget(memory, person=NAME, dry_run=False)
    assert report.exports == ("out",)
    after = tables(memory)
    assert import_(memory, tmp_path / "out", dry_run=False).withheld == 5
    restore(memory, made.path, dry_run=False)
    (memory._store.spool / "of a dead writer.jsonl").write_bytes(lines)
    memory.drain()
    assert tables(memory) == after


def test_backups_elsewhere_are_written_anew_when_named(memory, tmp_path):
    made = backup(memory, tmp_path / "far")
    forget(memory, person=NAME, backups=[tmp_path / "far"], dry_run=False)
    assert NAME not in repr([*read_rows(made.path / "events.parquet")])
    assert backups(memory, tmp_path / "far")[0].sound


def test_a_living_writer_goes_on_writing_after_its_lines_were_overwritten(memory):
    other = open_memory(memory.path.parent)
    other.append("lesson", {"text": f"{NAME} in another process"})
    other.append("lesson", {"text": "kept"})
    size = sum(p.stat().st_size for p in memory._store.spool.glob("*.jsonl"))
    forget(memory, person=NAME, dry_run=False)
    assert_gone(memory, NAME)
    other.append("lesson", {"text": "written afterwards"})
    texts = {text for (text,) in memory._store.rows("SELECT text FROM lesson")}
    assert {"kept", "written afterwards", "[forgotten] in another process"} <= texts
    assert sum(p.stat().st_size for p in memory._store.spool.glob("*.jsonl")) >= size
    other.close()


def test_the_index_beside_the_file_is_made_again_without_it(memory, monkeypatch):
    monkeypatch.setattr("archkit.memory.shared_index.IN_PROCESS", 2)
    for slug in ("a", "b"):
        said = f"{NAME} asks who is calling"
        memory.record_pattern(Pattern(slug, slug, area="security", kind="k", problem=said))
    other = open_memory(memory.path.parent)
    assert [len(m.query("who is calling", limit=9)) for m in (memory, other)] == [4, 4]
    assert memory.path.with_name("archkit.duckdb.index").is_dir()
    forget(memory, person=NAME, dry_run=False)
    assert_gone(memory, NAME)
    assert [len(m.query("who is calling", limit=9)) for m in (memory, other)] == [4, 4]
    assert_gone(memory, NAME)
    other.close()


def test_a_line_that_is_no_event_is_forgotten_too(memory):
    memory._store.spool.mkdir(exist_ok=True)
    torn = memory._store.spool / "torn.jsonl"
    torn.write_text(f'{{"kind": "lesson", "text": "{NAME} torn')
    memory.drain()
    assert len(memory._store.rejected()) == 1
    forget(memory, person=NAME, dry_run=False)
    assert_gone(memory, NAME)
    assert len(memory._store.rejected()) == 0


def test_a_killed_forgetting_is_finished_by_the_next(memory, monkeypatch):
    backup(memory)
    stop = lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)  # noqa: E731
    monkeypatch.setattr("archkit.memory.forget.wipe_spool", stop)
    with pytest.raises(KeyboardInterrupt):
        forget(memory, person=NAME, dry_run=False)
    monkeypatch.undo()
    assert NAME not in repr([*each_event(memory._store)])
    forget(memory, person=NAME, dry_run=False)
    assert_gone(memory, NAME)


def test_a_swap_of_a_backup_that_was_killed_is_mended(memory):
    made = backup(memory)
    made.path.rename(made.path.with_name(f".{made.path.name}.old"))
    made.path.with_name(f".{made.path.name}.new").mkdir()
    forget(memory, person=NAME, dry_run=False)
    assert [info.name for info in backups(memory)] == [made.path.name]
    assert_gone(memory, NAME)


def test_a_damaged_backup_and_files_of_others_are_left_to_the_user(memory):
    made = backup(memory)
    events = made.path / "events.parquet"
    events.write_bytes(events.read_bytes()[:-9])
    (memory.path.parent / "report.html").write_text(f"<p>{NAME}</p>")
    report = forget(memory, person=NAME, dry_run=False)
    assert [path.name for path in report.left] == [made.path.name, "report.html"]


def test_a_reason_that_names_it_is_refused_and_an_earlier_one_is_masked(memory):
    with pytest.raises(StoreError, match="reason names"):
        forget(memory, person=NAME, reason=f"{NAME} asked", dry_run=False)
    budget.enforce(memory, limit_mb=KB)
    memory.record_pattern(Pattern("mine", "Mine", area="security"))
    budget.pin(memory, "mine", reason=f"{NAME} wants it")
    forget(memory, person=NAME, dry_run=False)
    assert memory._store.rows("SELECT reason FROM audit WHERE action = 'pinned'") == [
        ("[forgotten] wants it",)
    ]
    assert budget.restore(memory).events > 3


def test_an_archive_whose_audit_event_is_masked_can_still_be_restored(memory):
    before = tables(memory)
    budget.enforce(memory, limit_mb=KB, agent="architect")
    row = memory._store.rows("SELECT detail FROM audit")[0][0]
    assert json.loads(row)["agent"] == "architect"
    forget(memory, text="architect", dry_run=False)
    assert [info.sound for info in budget.archives(memory)] == [True]
    assert_gone(memory, "architect")
    budget.restore(memory)
    assert len(tables(memory)["event"]) == len(before["event"])


def test_the_kit_s_own_texts_stay(tmp_path):
    with open_memory(tmp_path, library=True) as memory:
        patterns = memory.patterns()
        report = forget(memory, text=patterns[0].name, dry_run=False)
        assert report.events == 0
        assert memory.patterns() == patterns


def test_dropping_a_person_drops_whole_records_and_what_hangs_on_them(memory):
    forget(memory, person=NAME, how="drop", dry_run=False)
    assert memory._store.rows("SELECT decision_id FROM decision") == [(memory.ids["waiting"],)]
    assert memory._store.rows("SELECT * FROM outcome") == []


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"session": "s", "text": "abc"},
        {"text": "ab"},
        {"person": ["Jo Doe", "x"]},
        {"text": "abc", "how": "burn"},
        {"session": "s", "how": "mask"},
    ],
)
def test_what_is_not_clear_is_refused(memory, asked):
    with pytest.raises(StoreError):
        forget(memory, **asked)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("Jo Doe", "jo\ndoe", True),
        ("Jo Doe", "Jojo Doe", False),
        ("Zoë Müller", "ZOE\u0308 MU\u0308LLER", True),
        ("李小龙", "李小龙", True),
        ('say "hi"', 'he may say "hi" twice', True),
    ],
)
def test_names_are_found_in_any_case_spacing_and_composition(name, text, found):
    matcher = TextMatcher([name], what="person", drop=False)
    row = (
        "id",
        None,
        "w",
        1,
        "lesson",
        1,
        "",
        "",
        None,
        None,
        json.dumps({"text": text}, ensure_ascii=False),
    )
    assert matcher.meant(row) is found
    if found:
        assert "[forgotten]" in matcher.masked(row)[-1]
