"""Records of a folder in a memory: each once, drawn as reported, never among our decisions."""

import json
from datetime import UTC, datetime

import pandas as pd
import pytest
from adr_corpus import LOG4BRAINS, MADR, NYGARD, TABLE

from archkit.decisions.adr_files import write_adrs
from archkit.decisions.adr_import import adr_id_of, import_adrs
from archkit.errors import ArchkitError
from archkit.memory.budget import enforce
from archkit.memory.exchange import export
from archkit.memory.forget import forget
from archkit.memory.memory import Memory
from archkit.memory.reset import reset
from archkit.records import Decision

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def memory(tmp_path):
    with Memory(tmp_path / "data" / "m.duckdb", library=False, now=lambda: NOW) as kept:
        yield kept


@pytest.fixture
def adrs(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "0003-queue.md").write_text(MADR)
    (folder / "0007-sessions.md").write_text(NYGARD)
    (folder / "20210109-one.md").write_text(LOG4BRAINS)
    (folder / "README.md").write_text("# Records\n")
    return folder


def log(memory):
    return memory.sql("FROM adr_log ORDER BY path").to_dict("records")


def test_a_folder_is_imported_once_and_again_changes_nothing(memory, adrs):
    first = import_adrs(memory, adrs)
    assert (first.dry_run, len(first.new), first.files) == (True, 3, 4)
    assert first.left == {"README.md": "index: its name is that of an index"}
    assert log(memory) == []
    done = import_adrs(memory, adrs, dry_run=False)
    assert done.new == ("0003-queue.md", "0007-sessions.md", "20210109-one.md")
    again = import_adrs(memory, adrs, dry_run=False)
    assert (again.new, again.changed, again.same) == ((), (), 3)
    assert memory.sql("SELECT count(*) n FROM event WHERE kind = 'adr'")["n"][0] == 3


def test_what_is_imported_is_reported_and_no_decision_of_ours(memory, adrs):
    import_adrs(memory, adrs, dry_run=False, project="billing")
    queue, sessions, one = log(memory)
    assert {row["provenance"] for row in (queue, sessions, one)} == {"reported"}
    assert {row["origin"] for row in (queue, sessions, one)} == {"ADRs of billing"}
    assert (queue["project"], queue["number"], queue["status"]) == ("billing", 3, "accepted")
    assert queue["decided_at"] == pd.Timestamp("2024-03-05")
    assert (queue["decided_from"], queue["chosen"]) == ("stated", "Queue")
    assert list(queue["options"]) == ["Queue", "Direct call – simplest", "Outbox"]
    assert list(one["unresolved"]) == ["[20210401-split](20210401-split.md)"]
    assert one["status"] == "superseded"
    for view in ("decision_log", "outcome_debt", "pattern_evidence", "orphan"):
        assert memory.sql(f"FROM {view}").empty
    assert memory.sql("SELECT text FROM adr WHERE number = 7")["text"].tolist() == [NYGARD]


def test_a_changed_text_is_a_new_wording(memory, adrs):
    import_adrs(memory, adrs, dry_run=False)
    changed = NYGARD.replace("\nAccepted\n", "\nDeprecated\n")
    (adrs / "0007-sessions.md").write_text(changed)
    report = import_adrs(memory, adrs, dry_run=False)
    assert (report.changed, report.same) == (("0007-sessions.md",), 2)
    assert [row["status"] for row in log(memory)] == ["accepted", "deprecated", "superseded"]
    assert memory.sql("SELECT count(*) n FROM event WHERE kind = 'adr'")["n"][0] == 4


def test_links_lead_to_the_other_record_and_go_with_the_wording(memory, adrs):
    text = NYGARD.replace("7. Keep", "8. Leave").replace(
        "Accepted\n", "Accepted\n\nSupersedes ADR 7\n"
    )
    (adrs / "0008-leave.md").write_text(text)
    import_adrs(memory, adrs, dry_run=False, project="p")
    found = {row["path"]: row for row in log(memory)}
    assert list(found["0007-sessions.md"]["ended_by"]) == ["0008-leave.md"]
    assert found["0007-sessions.md"]["ended_from"] == "successor"
    links = memory.sql("SELECT * FROM adr_link WHERE relation <> 'unresolved' ORDER BY relation")
    assert links["to_adr_id"].tolist() == [
        adr_id_of("p", "0008-leave.md"),
        adr_id_of("p", "0007-sessions.md"),
    ]
    (adrs / "0008-leave.md").unlink()
    report = import_adrs(memory, adrs, dry_run=False, project="p")
    assert (report.gone, report.changed) == (("0008-leave.md",), ("0007-sessions.md",))
    assert len(log(memory)) == 4


def test_a_rebuild_and_an_undoing_work(memory, adrs):
    import_adrs(memory, adrs, dry_run=False)
    before = log(memory)
    memory._store.rebuild()
    assert str(log(memory)) == str(before)
    reset(memory, ["imported"], dry_run=False)
    assert log(memory) == []
    assert len(import_adrs(memory, adrs, dry_run=False).new) == 3


def test_a_day_that_may_be_two_and_two_statuses_are_told(memory, adrs):
    (adrs / "0009-x.md").write_text(NYGARD.replace("Date: 2020-02-13", "Date: 09/04/2018"))
    (adrs / "0010-y.md").write_text(NYGARD.replace("Date:", "Status: Superseded\nDate:"))
    report = import_adrs(memory, adrs)
    assert "2018-04-09 or 2018-09-04" in report.unclear["0009-x.md"]
    assert report.conflicts == ("0010-y.md",)


def test_our_own_record_is_linked_and_not_kept_twice(memory, adrs):
    made = memory.record_decision(Decision("Queue", title="A queue?", rationale="quick"))
    write_adrs(memory, adrs, dry_run=False)
    [path] = [p for p in adrs.iterdir() if "a-queue" in p.name]
    report = import_adrs(memory, adrs, dry_run=False)
    assert (report.linked, dict(report.edited)) == ((path.name,), {})
    rows = memory.sql("SELECT path, text FROM adr WHERE decision_id IS NOT NULL")
    assert rows["path"].tolist() == [path.name]
    assert rows["text"].isna().all()
    ours = [row["decision_id"] for row in log(memory) if row["path"] == path.name]
    assert ours == [made.decision_id]
    path.write_text(path.read_text().replace("# A queue?", "# Which queue?"))
    report = import_adrs(memory, adrs, dry_run=False)
    assert report.edited == {path.name: "title"}
    assert memory.sql("SELECT count(*) n FROM decision")["n"][0] == 1
    assert memory.sql("FROM orphan").empty


def test_secrets_are_hidden_and_people_can_be_forgotten_and_masked(memory, adrs, tmp_path):
    key = "AKIA" + "Q" * 16
    (adrs / "0011-table.md").write_text(TABLE + f"\nKey {key}; asked ada@example.org, Ada Byron.\n")
    import_adrs(memory, adrs, dry_run=False)
    everything = memory.sql("SELECT string_agg(payload::VARCHAR, '') AS t FROM event")["t"][0]
    assert key not in everything
    assert "[hidden: AWS Access Key]" in everything
    import_adrs(memory, adrs, dry_run=False)
    assert len(log(memory)) == 4
    export(memory, tmp_path / "out", anonymise="partial")
    shared = (tmp_path / "out" / "events.jsonl").read_text()
    assert "Ada Byron" in everything
    assert "Byron" not in shared
    assert "ada@example.org" not in shared
    export(memory, tmp_path / "counted", anonymise="full")
    lines = (tmp_path / "counted" / "events.jsonl").read_text().splitlines()
    payloads = [json.loads(line)["payload"] for line in lines if '"kind":"adr"' in line]
    assert len(payloads) == 4
    assert not {"text", "title", "path", "deciders", "chosen"} & {k for p in payloads for k in p}
    forget(memory, person=["Ada Byron", "ada@example.org", "@ada"], dry_run=False)
    left = memory.sql("SELECT string_agg(payload::VARCHAR, '') AS t FROM event")["t"][0]
    assert "Byron" not in left
    assert "[forgotten]" in left
    assert len(log(memory)) == 4
    assert import_adrs(memory, adrs).same == 4


def test_only_older_wordings_may_be_archived(memory, adrs):
    import_adrs(memory, adrs, dry_run=False)
    (adrs / "0007-sessions.md").write_text(NYGARD + "\nMore.\n")
    import_adrs(memory, adrs, dry_run=False)
    enforce(memory, limit_mb=0.001, dry_run=False)
    assert memory.sql("SELECT count(*) n FROM event WHERE kind = 'adr'")["n"][0] == 3
    assert [row["path"] for row in log(memory)][1] == "0007-sessions.md"


def test_paths_are_those_of_the_repository(memory, tmp_path):
    root = tmp_path / "house"
    (root / ".git").mkdir(parents=True)
    (root / "docs" / "adr").mkdir(parents=True)
    (root / "docs" / "adr" / "0003-queue.md").write_text(MADR)
    report = import_adrs(memory, root / "docs" / "adr", dry_run=False, git=False)
    assert (report.project, report.new) == ("house", ("docs/adr/0003-queue.md",))
    assert import_adrs(memory, root, git=False).same == 1


def test_a_folder_that_is_not_there_is_told_and_nothing_is_written(memory, tmp_path):
    with pytest.raises(ArchkitError, match="no folder of ADRs"):
        import_adrs(memory, tmp_path / "gone", dry_run=False)
    assert memory.sql("FROM event").empty


def test_many_records_are_one_write(memory, tmp_path, monkeypatch):
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(300):
        (folder / f"{n:04d}-x.md").write_text(NYGARD.replace("# 7.", f"# {n}."))
    written = []
    append = memory._store._journal.append
    monkeypatch.setattr(
        memory._store._journal,
        "append",
        lambda drafts: written.append(len(drafts)) or append(drafts),
    )
    assert len(import_adrs(memory, folder, dry_run=False).new) == 300
    assert written == [300]
