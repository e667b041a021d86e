"""`archkit adr`: read, import, write; previews until they are applied."""

import json

import pytest
from archkit_shell import invoke, shown, told

RECORD = """# 7. Keep sessions in Redis

Date: 09/04/2018

## Status

Accepted

## Context

Sessions outlive a deploy.

## Decision

We use Redis.
"""


@pytest.fixture
def adrs(tmp_path):
    folder = tmp_path / "adr"
    folder.mkdir()
    (folder / "0007-sessions.md").write_text(RECORD)
    (folder / "0008-x.md").write_text(RECORD.replace("7.", "8.").replace("09/04", "30/04"))
    (folder / "notes.md").write_text("# Notes\n")
    return folder


def test_a_folder_is_shown_with_what_is_left_out(adrs):
    text = shown("adr", "read", adrs, env={"COLUMNS": "140"})
    assert "2 records in" in text
    assert "7 Keep sessions in Redis accepted 2018-04-09 inferred – 0007-sessions.md" in text
    assert "8 Keep sessions in Redis accepted 2018-04-30 stated – 0008-x.md" in text
    assert "notes.md: not an adr" in text


def test_unclear_days_and_two_statuses_are_shown(adrs):
    (adrs / "0008-x.md").write_text(RECORD.replace("Date:", "Status: Rejected\nDate:"))
    text = shown("adr", "read", adrs, "--no-git")
    assert "Dates that cannot be read without guessing" in text
    assert "2018-04-09 or 2018-09-04" in text
    assert "Two statuses in one file • 0008-x.md" in text


def test_the_document_has_every_column(adrs):
    found = told("adr", "read", adrs)
    assert found["git"] == "the folder is in no git repository"
    [row] = [row for row in found["adrs"] if row["path"] == "0008-x.md"]
    assert (row["number"], row["status"], row["decided_from"]) == (8, "accepted", "stated")
    assert row["decided_at"].startswith("2018-04-30")
    assert row["ended_at"] is None


def test_records_are_imported_after_a_preview_and_once(worked, adrs):
    text = shown("adr", "import", adrs, "--memory", worked)
    assert "Would import 2 new and 0 changed of 3 files" in text
    assert "This was a preview" in text
    text = shown("adr", "import", adrs, "--apply", "--memory", worked)
    assert "Imported 2 new" in text
    assert "To undo: archkit reset imported" in text
    report = told("adr", "import", adrs, "--apply", "--memory", worked)
    assert (report["new"], report["same"]) == ([], 2)
    assert told("status", "--memory", worked)["totals"]["decisions"] == 1


def test_decisions_are_written_after_a_preview_and_edits_stay(worked, tmp_path):
    folder = tmp_path / "out"
    text = shown("adr", "write", folder, "--memory", worked)
    assert "Would write 1 new record" in text
    assert not folder.exists()
    report = told("adr", "write", folder, "--index", "--apply", "--memory", worked)
    assert [name[:5] for name in report["new"]] == ["0001-", "READM"]
    assert "as they should be" in shown("adr", "write", folder, "--memory", worked)
    path = folder / report["new"][0]
    path.write_text(path.read_text().replace("# ", "# Really: ", 1))
    assert "Edited, and kept" in shown("adr", "write", folder, "--memory", worked)
    result = invoke("adr", "write", folder, "--style", "nygard", "--memory", worked)
    assert result.exit_code == 0


def test_a_conflict_ends_with_one(worked, tmp_path):
    folder = tmp_path / "out"
    [name] = told("adr", "write", folder, "--apply", "--memory", worked)["new"]
    (folder / "0002-copy.md").write_bytes((folder / name).read_bytes())
    result = invoke("adr", "write", folder, "--json", "--memory", worked)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["conflicts"] == {"0002-copy.md": f"it is a copy of {name}"}


def test_a_folder_that_is_not_there_is_told(tmp_path):
    result = invoke("adr", "read", tmp_path / "gone")
    assert result.exit_code == 1
    assert "no folder of ADRs" in result.output
