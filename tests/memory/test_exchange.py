import hashlib
import json
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from exchange_cases import NOW, Clock, fill, lesson, open_memory, tables

from archkit.errors import StoreError
from archkit.memory.exchange import export, import_
from archkit.memory.exchange_files import write_manifest
from archkit.memory.rewrite import deposit, each_event
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


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_what_is_exported_and_imported_into_an_empty_memory_gives_equal_tables(
    memory, empty, tmp_path, form
):
    before = tables(memory)
    said = export(memory, tmp_path / "out", format=form)
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


def lines(folder):
    return [json.loads(line) for line in (folder / "events.jsonl").read_text("utf-8").splitlines()]


def rewrite(folder, rows):
    """Write an export's events anew, its manifest with them: what a careful forger would do."""
    (folder / "events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    told = read_manifest_unchecked(folder)
    write_manifest(folder, {**told, "events": len(rows)}, ["events.jsonl"])


def read_manifest_unchecked(folder):
    return json.loads((folder / "manifest.json").read_text())


def test_filters_bring_along_what_the_records_need_and_nothing_else(memory, empty, tmp_path):
    report = export(memory, tmp_path / "out", project="other")
    assert report.kinds == {"decision": 1, "pattern": 1}
    assert report.filters == {"project": "other"}
    assert report.left_out["filtered"] > 5
    import_(empty, tmp_path / "out", dry_run=False)
    assert empty._store.rows("SELECT slug FROM pattern") == [("sessions",)]
    assert empty._store.rows("SELECT * FROM orphan") == []


def test_outcomes_and_lessons_go_with_their_decision(memory, empty, tmp_path):
    export(memory, tmp_path / "out", project="shop")
    import_(empty, tmp_path / "out", dry_run=False)
    assert [len(tables(empty)[name]) for name in ("decision", "outcome", "lesson", "message")] == [
        *(1, 1, 1, 2)
    ]
    assert empty._store.rows("SELECT * FROM orphan") == []


def test_only_decisions_stated_with_enough_confidence(memory, empty, tmp_path):
    export(memory, tmp_path / "out", min_confidence=0.8)
    import_(empty, tmp_path / "out", dry_run=False)
    assert empty._store.rows("SELECT confidence FROM decision") == [(0.9,)]
    assert empty._store.rows("SELECT slug FROM pattern ORDER BY slug") == [("jwt",), ("sessions",)]
    assert empty._store.rows("SELECT * FROM orphan") == []


def test_only_what_was_recorded_in_a_time(memory, tmp_path):
    memory._now.now = NOW + timedelta(days=10)
    memory._store.append([lesson("late")])
    assert export(memory, tmp_path / "1", since=NOW + timedelta(days=9)).kinds == {"lesson": 1}
    early = export(memory, tmp_path / "2", until=NOW + timedelta(days=9))
    assert early.kinds["lesson"] == 1
    with pytest.raises(StoreError, match="time zone"):
        export(memory, tmp_path / "3", since=NOW.replace(tzinfo=None))


def test_only_what_an_agent_recorded(memory, tmp_path):
    memory._store.append([lesson("mine", agent="other")])
    assert export(memory, tmp_path / "out", agent="other").kinds == {"lesson": 1}


@pytest.mark.parametrize(
    "asked",
    [{"format": "csv"}, {"anonymise": "much"}, {"min_confidence": 2}, {"min_confidence": -1}],
)
def test_words_and_figures_that_mean_nothing_are_refused(memory, tmp_path, asked):
    with pytest.raises(StoreError, match=next(iter(asked))):
        export(memory, tmp_path / "out", **asked)


def test_a_folder_that_is_there_is_not_written_over_unless_asked(memory, tmp_path):
    export(memory, tmp_path / "out")
    with pytest.raises(StoreError, match="there already"):
        export(memory, tmp_path / "out")
    memory._store.append([lesson("more")])
    export(memory, tmp_path / "out", overwrite=True)
    assert {"more"} <= {row["payload"].get("text") for row in lines(tmp_path / "out")}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    with pytest.raises(StoreError, match="there already"):
        export(memory, tmp_path / "mine", overwrite=True)
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_an_export_that_cannot_be_written_leaves_nothing_behind(memory, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="could not be written"):
        export(memory, tmp_path / "file" / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "file"]


def test_a_file_cut_in_half_is_named_and_nothing_is_taken_in(memory, empty, tmp_path):
    export(memory, tmp_path / "out")
    path = tmp_path / "out" / "events.jsonl"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StoreError, match=r"events\.jsonl") as caught:
        import_(empty, tmp_path / "out", dry_run=False)
    assert "cut short" in caught.value.why
    assert tables(empty, less=set())["event"] == []


def test_what_is_no_export_is_refused(empty, tmp_path):
    with pytest.raises(StoreError, match="no export"):
        import_(empty, tmp_path / "nowhere")
    (tmp_path / "manifest.json").write_text("[]")
    with pytest.raises(StoreError, match="damaged"):
        import_(empty, tmp_path)


def test_an_export_of_a_later_archkit_is_refused(memory, empty, tmp_path):
    export(memory, tmp_path / "out")
    told = read_manifest_unchecked(tmp_path / "out")
    told = {**{k: v for k, v in told.items() if k != "sha256"}, "archkit": 99}
    text = json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    told["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    text = json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    (tmp_path / "out" / "manifest.json").write_text(text)
    with pytest.raises(StoreError, match="newer"):
        import_(empty, tmp_path / "out")


@pytest.mark.parametrize(
    "row",
    [
        {"event_id": "x"},
        {"event_id": "x", "kind": "lesson", "recorded_at": "yesterday", "payload": {}},
        {"event_id": "x", "kind": "lesson", "recorded_at": "2026-01-01T00:00:00Z", "payload": []},
    ],
)
def test_a_line_that_is_no_event_is_refused_even_with_a_manifest_that_fits(
    memory, empty, tmp_path, row
):
    export(memory, tmp_path / "out")
    rewrite(tmp_path / "out", [*lines(tmp_path / "out"), row])
    with pytest.raises(StoreError, match="damaged") as caught:
        import_(empty, tmp_path / "out", dry_run=False)
    assert "is no event" in caught.value.why
    assert tables(empty)["event"] == []


def test_an_import_never_takes_anything_out_of_a_memory(memory, empty, tmp_path):
    export(memory, tmp_path / "out")
    import_(empty, tmp_path / "out", dry_run=False)
    before = tables(empty)
    ids = [row["event_id"] for row in lines(tmp_path / "out")]
    wicked = {
        **lines(tmp_path / "out")[0],
        **{"event_id": "wicked", "kind": "forgotten", "payload": {"withholds": {"event_id": ids}}},
    }
    rewrite(tmp_path / "out", [*lines(tmp_path / "out"), wicked])
    report = import_(empty, tmp_path / "out", dry_run=False)
    assert (report.left_out, report.new) == (1, 0)
    assert tables(empty) == before


def test_one_id_with_two_contents_is_a_conflict_and_ours_stays(memory, empty, tmp_path):
    export(memory, tmp_path / "out")
    import_(empty, tmp_path / "out", dry_run=False)
    before = tables(empty)
    rows = lines(tmp_path / "out")
    place = next(n for n, row in enumerate(rows) if row["kind"] == "lesson")
    rows[place]["payload"]["text"] = "otherwise"
    rewrite(tmp_path / "out", rows)
    report = import_(empty, tmp_path / "out", dry_run=False)
    [conflict] = report.conflicts
    assert (conflict.what, conflict.theirs) == ("same id", "otherwise (2026-11-23)")
    assert tables(empty) == before


def named(slug, name, **more):
    return Pattern(slug, name, area="security", kind="authentication", **more)


@pytest.mark.parametrize(("same_slug", "counts"), [("later", "THEIRS"), ("keep", "OURS")])
def test_one_slug_from_two_memories_is_a_conflict_and_both_wordings_are_kept(
    memory, empty, tmp_path, same_slug, counts
):
    empty.record_pattern(named("jwt", "OURS"))
    memory._now.now = NOW + timedelta(days=1)
    memory.record_pattern(named("jwt", "THEIRS"))
    export(memory, tmp_path / "out")
    dry = import_(empty, tmp_path / "out", same_slug=same_slug)
    assert [(c.what, c.name) for c in dry.conflicts] == [("same slug", "pattern jwt")]
    assert empty.pattern("jwt").name == "OURS"
    empty._now.now = NOW + timedelta(hours=1)  # a clock behind theirs
    import_(empty, tmp_path / "out", same_slug=same_slug, dry_run=False)
    assert empty.pattern("jwt").name == counts
    names = {name for (name,) in empty._store.rows("SELECT name FROM pattern_version")}
    assert names >= {"OURS", "THEIRS"}
    with pytest.raises(StoreError, match="same_slug"):
        import_(empty, tmp_path / "out", same_slug="ask")


def test_an_earlier_wording_of_theirs_does_not_replace_ours(memory, empty, tmp_path):
    empty._now.now = NOW + timedelta(days=5)
    empty.record_pattern(named("jwt", "OURS, later"))
    export(memory, tmp_path / "out")
    [conflict] = import_(empty, tmp_path / "out", dry_run=False).conflicts
    assert "ours goes on to count" in conflict.resolution
    assert empty.pattern("jwt").name == "OURS, later"


def test_a_pattern_that_reads_like_ours_under_another_name_is_shown(memory, empty, tmp_path):
    words = "Signed tokens carry who is calling, so that no server keeps a session of its own."
    empty.record_pattern(named("tokens", "Signed tokens", problem=words))
    memory.record_pattern(named("bearer", "Signed tokens", problem=words))
    export(memory, tmp_path / "out")
    found = [c for c in import_(empty, tmp_path / "out").conflicts if c.what == "similar"]
    assert [(c.ours, c.theirs) for c in found] == [("tokens", "bearer")]


def test_imported_evidence_weighs_the_same_and_is_drawn_as_reported_with_its_origin(
    memory, empty, tmp_path
):
    here = "SELECT source, provenance, origin FROM pattern_evidence WHERE decision_id IS NOT NULL"
    both = {("team", "observed", None), (None, None, None)}
    assert set(memory._store.rows(here)) == both
    export(memory, tmp_path / "out", origin="the shop team")
    import_(empty, tmp_path / "out", dry_run=False)
    assert set(empty._store.rows(here)) == {
        ("imported", "reported", "the shop team"),
        (None, None, None),
    }
    ranked = {item.pattern.slug: item for item in empty.query("", kind="authentication")}
    assert (ranked["jwt"].n_observed, ranked["jwt"].n_reported) == (0, 1)
    ours = {item.pattern.slug: item for item in memory.query("", kind="authentication")}
    assert ranked["jwt"].success_rate == pytest.approx(ours["jwt"].success_rate)
    writers = "SELECT writer, seq, agent, project FROM event WHERE kind = 'outcome'"
    assert empty._store.rows(writers) == memory._store.rows(writers)


def test_records_out_of_range_and_from_the_future_come_along_counted_and_are_not_shown(
    memory, empty, tmp_path
):
    export(memory, tmp_path / "out")
    rows = lines(tmp_path / "out")
    for row in rows:
        if row["kind"] == "outcome":
            row["payload"]["scores"] = {"performance": 7}
            row["payload"]["success"] = None
        if row["kind"] == "pattern" and row["payload"]["slug"] == "unused":
            row["payload"]["area"] = "cooking"
        if row["kind"] == "lesson":
            row["recorded_at"] = "2031-01-01T00:00:00+00:00"
    rewrite(tmp_path / "out", rows)
    report = import_(empty, tmp_path / "out", dry_run=False)
    assert (report.odd, report.from_future) == (2, 1)
    assert "unused" not in {pattern.slug for pattern in empty.patterns()}
    assert empty._store.rows("SELECT value FROM outcome") == [(None,)]
    assert report.new == len(rows)


def test_what_was_simulated_or_reported_stays_so(memory, empty, tmp_path):
    memory.append("pattern_use", {"slug": "jwt", "y": 1.0, "source": "simulated"})
    memory.append("pattern_use", {"slug": "jwt", "y": 1.0, "source": "reported"})
    export(memory, tmp_path / "out")
    import_(empty, tmp_path / "out", dry_run=False)
    found = empty._store.rows(
        "SELECT DISTINCT source, provenance FROM pattern_evidence"
        " WHERE decision_id IS NULL AND slug = 'jwt' ORDER BY source"
    )
    assert found == [("reported", "reported"), ("simulated", "simulated")]


def test_back_at_home_what_was_ours_is_not_drawn_as_imported(memory, empty, tmp_path):
    export(memory, tmp_path / "there")
    import_(empty, tmp_path / "there", dry_run=False)
    empty._store.append([lesson("new")])
    export(empty, tmp_path / "back")
    assert import_(memory, tmp_path / "back", dry_run=False).new == 1
    assert len(memory._store.rows("FROM imported_event")) == 1


def test_an_outcome_that_comes_before_its_decision_counts_once_the_decision_is_there(
    memory, empty, tmp_path
):
    export(memory, tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "first")
    rows = lines(tmp_path / "whole")
    rewrite(tmp_path / "first", [row for row in rows if row["kind"] != "decision"])
    import_(empty, tmp_path / "first", dry_run=False)
    missing = {(r, m) for r, m in empty._store.rows("SELECT relation, missing FROM orphan")}
    assert missing >= {("outcome", "decision"), ("lesson", "decision")}
    assert empty._store.rows("SELECT y FROM pattern_evidence WHERE decision_id IS NOT NULL") == []
    import_(empty, tmp_path / "whole", dry_run=False)
    assert tables(empty) == tables(memory)
    assert empty._store.rows("SELECT * FROM orphan") == []


def test_two_memories_that_import_each_other_hold_the_same(memory, empty, tmp_path):
    empty._now.now = NOW + timedelta(hours=5)
    fill(empty, project="bank", who="Al Roe")
    export(memory, tmp_path / "ours")
    export(empty, tmp_path / "theirs", format="parquet")
    import_(memory, tmp_path / "theirs", dry_run=False)
    import_(empty, tmp_path / "ours", dry_run=False)
    assert tables(memory) == tables(empty)
    assert len(tables(memory)["session"]) == 2
    with open_memory(tmp_path / "c") as third:
        export(memory, tmp_path / "both")
        for name in ("both", "theirs", "ours", "both"):
            import_(third, tmp_path / name, dry_run=False)
        assert tables(third) == tables(memory)


def test_two_memories_that_both_have_the_library_exchange_only_what_is_theirs(tmp_path):
    with (
        open_memory(tmp_path / "c", library=True) as one,
        open_memory(tmp_path / "d", library=True) as other,
    ):
        fill(one)
        export(one, tmp_path / "out")
        other.patterns()
        report = import_(other, tmp_path / "out", dry_run=False)
        assert report.new == sum(report.kinds.values()) == 14
        assert report.conflicts == ()
        for name in ("decision", "outcome", "lesson", "solution_use", "pattern_use"):
            assert tables(other)[name] == tables(one)[name]


def test_a_clock_set_back_makes_no_older_wording_count(tmp_path):
    with open_memory(tmp_path / "c") as memory:
        memory.record_pattern(named("p", "first"))
        memory._now.now = NOW - timedelta(days=400)
        memory.record_pattern(named("p", "second"))
        assert memory.pattern("p").name == "second"
        export(memory, tmp_path / "out")
    with open_memory(tmp_path / "d", now=Clock(NOW - timedelta(days=800))) as other:
        import_(other, tmp_path / "out", dry_run=False)
        assert other.pattern("p").name == "second"


def test_an_import_killed_in_the_middle_is_finished_by_the_next(
    memory, empty, tmp_path, monkeypatch
):
    export(memory, tmp_path / "out")
    monkeypatch.setattr("archkit.memory.exchange_import._PORTION", 3)
    calls = iter([deposit, deposit])

    def killed(*args):
        return next(calls, stop)(*args)

    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("archkit.memory.exchange_import.deposit", killed)
    with pytest.raises(KeyboardInterrupt):
        import_(empty, tmp_path / "out", dry_run=False)
    monkeypatch.setattr("archkit.memory.exchange_import.deposit", deposit)
    assert len(tables(empty)["event"]) == 6
    told = []
    report = import_(empty, tmp_path / "out", dry_run=False, progress=lambda *at: told.append(at))
    assert (report.known, tables(empty)) == (6, tables(memory))
    assert told[-1] == (report.new, report.new)
    assert len(empty._store.rows("FROM imported_event")) == len(tables(memory)["event"])


def test_a_deposit_is_there_whole_or_not_at_all(memory, monkeypatch):
    rows = [*each_event(memory._store)]
    before = sorted(memory._store.spool.iterdir())

    def torn():
        yield rows[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="cannot be opened"):
        deposit(memory._store, torn())
    assert sorted(memory._store.spool.iterdir()) == before


def test_events_are_given_in_order_page_by_page(memory):
    whole = [*each_event(memory._store)]
    assert [*each_event(memory._store, page=1)] == whole
    assert [*each_event(memory._store, page=len(whole))] == whole
    assert [row[:2][::-1] for row in whole] == sorted(row[:2][::-1] for row in whole)


def test_secrets_that_another_tool_left_in_an_export_are_hidden(memory, empty, tmp_path):
    export(memory, tmp_path / "out")
    rows = lines(tmp_path / "out")
    next(row for row in rows if row["kind"] == "lesson")["payload"]["text"] = "AKIA" + "A1B2" * 4
    rewrite(tmp_path / "out", rows)
    import_(empty, tmp_path / "out", dry_run=False)
    assert empty._store.rows("SELECT text FROM lesson") == [("[hidden: AWS Access Key]",)]


def test_exports_are_audited_and_reports_are_shown(memory, tmp_path):
    report = export(memory, tmp_path / "out")
    rows = memory._store.rows("SELECT action, file, sha256, events FROM audit")
    assert rows == [("exported", "out", report.sha256, report.events)]
    assert repr(report).startswith("ExportReport(target=")
    assert "<th" in report._repr_html_()
    assert not Path(report.as_json()["target"]).is_absolute()
