"""Decisions of a memory as files: numbered once, all or none, never over what somebody edited."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from adr_corpus import NYGARD

from archkit.decisions import adr_replace
from archkit.decisions.adr import read_adr
from archkit.decisions.adr_files import write_adrs
from archkit.decisions.adr_replace import replace_all
from archkit.errors import ArchkitError
from archkit.memory.memory import Memory
from archkit.records import Alternative, Decision

AT = datetime(2026, 3, 4, tzinfo=UTC)
FIRST = Decision("Queue", title="How do orders reach billing?", decided_at=AT, decision_id="d1")
SECOND = Decision(
    "Outbox",
    title="Naïve | or <b>safe</b>?",
    alternatives=(Alternative("Queue"),),
    decided_at=AT + timedelta(days=1),
    decision_id="d2",
    extra={"supersedes": "d1"},
    project="shop",
)
NAMES = ("0001-how-do-orders-reach-billing.md", "0002-naïve-or-b-safe-b.md")


@pytest.fixture
def memory(tmp_path):
    with Memory(tmp_path / "data" / "m.duckdb", library=False) as kept:
        kept.record_decision(FIRST)
        kept.record_decision(SECOND)
        yield kept


def held(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


def test_each_decision_is_a_file_and_a_second_run_changes_nothing(memory, tmp_path):
    folder = tmp_path / "docs" / "adr"
    plan = write_adrs(memory, folder)
    assert (plan.new, plan.dry_run, folder.exists()) == (NAMES, True, False)
    assert write_adrs(memory, folder, dry_run=False).new == NAMES
    before = held(folder)
    assert tuple(before) == NAMES
    again = write_adrs(memory, folder, dry_run=False)
    assert (again.new, again.updated, again.same) == ((), (), 2)
    assert held(folder) == before
    kept = [read_adr(folder / name).decision for name in NAMES]
    assert kept == [memory.decision("d1"), memory.decision("d2")]


def test_supersession_is_linked_both_ways(memory, tmp_path):
    write_adrs(memory, tmp_path / "adr", dry_run=False)
    first, second = (read_adr(tmp_path / "adr" / name) for name in NAMES)
    assert first.status == "superseded"
    assert [(k.relation, k.path) for k in first.links] == [("superseded by", NAMES[1])]
    assert ("supersedes", NAMES[0]) in {(k.relation, k.path) for k in second.links}


def test_a_decision_keeps_its_number_and_its_name_when_it_is_reworded(memory, tmp_path):
    write_adrs(memory, tmp_path / "adr", dry_run=False)
    memory.record_decision(replace(FIRST, title="Something else", status="deprecated"))
    report = write_adrs(memory, tmp_path / "adr", dry_run=False)
    assert (report.updated, report.same) == ((NAMES[0],), 1)
    assert read_adr(tmp_path / "adr" / NAMES[0]).title == "Something else"
    memory.record_outcome("d2", success=True, note="holds")
    report = write_adrs(memory, tmp_path / "adr", dry_run=False)
    assert report.updated == (NAMES[1],)
    assert "it worked; holds" in (tmp_path / "adr" / NAMES[1]).read_text()


def test_numbers_go_on_after_those_of_others_which_stay_as_they_are(memory, tmp_path):
    folder = tmp_path / "adr"
    folder.mkdir()
    (folder / "0041-sessions.md").write_text(NYGARD.replace("# 7.", "# 41."))
    report = write_adrs(memory, folder, dry_run=False)
    assert [name[:4] for name in report.new] == ["0042", "0043"]
    assert (folder / "0041-sessions.md").read_text() == NYGARD.replace("# 7.", "# 41.")


def test_what_somebody_edited_is_not_written_over(memory, tmp_path):
    folder = tmp_path / "adr"
    write_adrs(memory, folder, dry_run=False)
    path = folder / NAMES[1]
    path.write_text(path.read_text().replace("# Naïve", "# Bold"))
    edited = path.read_bytes()
    report = write_adrs(memory, folder, dry_run=False)
    assert (dict(report.edited), dict(report.conflicts), report.same) == (
        {NAMES[1]: "title"},
        {},
        1,
    )
    memory.record_decision(replace(SECOND, status="deprecated"))
    report = write_adrs(memory, folder, dry_run=False)
    assert "the memory has news" in report.conflicts[NAMES[1]]
    assert "title" in report.conflicts[NAMES[1]]
    assert path.read_bytes() == edited


def test_line_ends_that_git_changed_are_no_edit(memory, tmp_path):
    folder = tmp_path / "adr"
    write_adrs(memory, folder, dry_run=False)
    path = folder / NAMES[0]
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert write_adrs(memory, folder).same == 2


def test_a_copy_of_a_file_is_told(memory, tmp_path):
    folder = tmp_path / "adr"
    write_adrs(memory, folder, dry_run=False)
    (folder / "0009-copy.md").write_bytes((folder / NAMES[0]).read_bytes())
    report = write_adrs(memory, folder, dry_run=False)
    assert report.conflicts == {"0009-copy.md": f"it is a copy of {NAMES[0]}"}


def test_every_style_and_a_change_of_it(memory, tmp_path):
    folder = tmp_path / "adr"
    for style, n in (("madr", 0), ("nygard", 2), ("y-statement", 2)):
        report = write_adrs(memory, folder, style=style, dry_run=False)
        assert len(report.updated) == n
    assert "we decided for" in (folder / NAMES[0]).read_text()
    with pytest.raises(ValueError, match="style"):
        write_adrs(memory, folder, style="arc42")


def test_only_a_projects_decisions_are_written_if_asked(memory, tmp_path):
    assert len(write_adrs(memory, tmp_path / "adr", project="shop").new) == 1
    assert write_adrs(memory, tmp_path / "adr", project="none").new == ()


def test_simulated_decisions_are_no_records(memory, tmp_path):
    memory.record_decision(Decision("Made up", extra={"source": "simulated"}))
    assert len(write_adrs(memory, tmp_path / "adr").new) == 2


def test_an_index_lists_all_and_is_never_written_over_another(memory, tmp_path):
    folder = tmp_path / "adr"
    folder.mkdir()
    (folder / "0001-sessions.md").write_text(NYGARD.replace("# 7.", "# 1."))
    report = write_adrs(memory, folder, index=True, dry_run=False)
    assert "README.md" in report.new
    lines = (folder / "README.md").read_text().splitlines()
    assert lines[-3:] == [
        "| 0001 | [Keep sessions in Redis](<0001-sessions.md>) | accepted | 2020-02-13 |",
        "| 0002 | [How do orders reach billing?](<0002-how-do-orders-reach-billing.md>) |"
        " superseded | 2026-03-04 |",
        "| 0003 | [Naïve \\| or &lt;b>safe&lt;/b>?](<0003-naïve-or-b-safe-b.md>) | accepted |"
        " 2026-03-05 |",
    ]
    again = write_adrs(memory, folder, index=True, dry_run=False)
    assert (again.new, again.updated) == ((), ())
    (folder / "README.md").write_text("# Mine\n")
    report = write_adrs(memory, folder, index=True, dry_run=False)
    assert report.conflicts == {"README.md": "it is not archkit's list"}
    assert (folder / "README.md").read_text() == "# Mine\n"


@pytest.mark.parametrize("at", [1, 2])
def test_when_one_cannot_be_written_none_is(memory, tmp_path, monkeypatch, at):
    folder = tmp_path / "adr"
    write_adrs(memory, folder, dry_run=False)
    before = held(folder)
    memory.record_decision(replace(FIRST, status="deprecated"))
    memory.record_decision(Decision("New", decision_id="d3", decided_at=AT + timedelta(days=2)))
    count = 0
    real = Path.replace

    def failing(self, target):
        nonlocal count
        count += 1
        if count == at:
            raise OSError(28, "No space left on device")
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(adr_replace.Path, "replace", failing)
        with pytest.raises(ArchkitError, match="could not be written") as caught:
            write_adrs(memory, folder, dry_run=False)
    assert "Nothing was written" in caught.value.why
    assert held(folder) == before
    assert len(write_adrs(memory, folder, dry_run=False).new) == 1


def test_a_folder_that_was_not_there_is_not_left_behind(tmp_path):
    with pytest.raises(ArchkitError, match="could not be written"):
        replace_all(tmp_path / "a" / "b", {"x.md": "1", "no/such/y.md": "2"}, {})
    assert not (tmp_path / "a").exists()


def test_a_file_changed_meanwhile_is_kept(tmp_path):
    (tmp_path / "x.md").write_text("theirs")
    for before in ({}, {"x.md": b"older"}):
        with pytest.raises(ArchkitError, match="was changed while") as caught:
            replace_all(tmp_path, {"new.md": "1", "x.md": "ours"}, before)
        assert caught.value.mend == "Write them again."
        assert held(tmp_path) == {"x.md": b"theirs"}


def test_a_read_only_file_is_told_and_stays(tmp_path, monkeypatch):
    (tmp_path / "x.md").write_text("old")
    (tmp_path / "x.md").chmod(0o444)
    monkeypatch.setattr(adr_replace.os, "access", lambda *_: False)  # root may write anything
    with pytest.raises(ArchkitError) as caught:
        replace_all(tmp_path, {"x.md": "new"}, {"x.md": b"old"})
    assert "read-only" in caught.value.why
    assert held(tmp_path) == {"x.md": b"old"}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_nobody_may_write_to_is_told(memory, tmp_path):
    folder = tmp_path / "adr"
    folder.mkdir(mode=0o555)
    with pytest.raises(ArchkitError, match="could not be written"):
        write_adrs(memory, folder, dry_run=False)


def test_a_file_in_the_folders_place_is_told(memory, tmp_path):
    (tmp_path / "adr").write_text("x")
    with pytest.raises(ArchkitError, match="No ADRs can be written"):
        write_adrs(memory, tmp_path / "adr", dry_run=False)
    with pytest.raises(ArchkitError, match="could not be made"):
        write_adrs(memory, tmp_path / "adr" / "below", dry_run=False)
