"""`archkit backup`, `restore`, `budget`, `forget`, `reset`, `rebuild`: previewed and undoable."""

import json

import pytest
from archkit_shell import BRIEF, invoke, shown, told

from archkit.memory.memory import Memory


def totals(path):
    return told("status", "--memory", path)["totals"]


def test_a_backup_is_made_listed_and_taken_back(worked, tmp_path):
    made = told("backup", "--memory", worked)
    [listed] = told("backup", "--list", "--memory", worked)["backups"]
    assert (listed["sound"], listed["events"]) == (True, made["events"])
    assert "sound" in shown("backup", "--list", "--memory", worked)
    other = tmp_path / "other" / "m.duckdb"
    home = worked.parent / "backups" / worked.name / listed["name"]
    text = shown("restore", home, "--memory", other)
    assert "Would restore" in text
    assert totals(other)["decisions"] == 0
    text = shown("restore", home, "--apply", "--memory", other)
    assert "Done. To undo: archkit restore" in text
    assert totals(other)["decisions"] == 1


def test_no_backup_yet_is_said_and_cannot_be_restored(worked):
    assert "no backup yet" in shown("backup", "--list", "--memory", worked)
    result = invoke("restore", "--memory", worked)
    assert result.exit_code == 1
    assert "Mend:" in result.stderr


def test_the_budget_of_each_agent_is_shown(worked):
    held = told("budget", "--memory", worked)
    assert [row["agent"] for row in held["agents"]] == ["backend-architect"]
    assert "backend-architect" in shown("budget", "--memory", worked)
    within = shown("budget", "--agent", "backend-architect", "--memory", worked)
    assert "Nothing needs to be archived" in within


def test_what_is_over_the_limit_is_archived_only_when_applied_and_comes_back(worked):
    over = ("budget", "--agent", "backend-architect", "--limit-mb", "0.05", "--memory", worked)
    before = told("budget", "--memory", worked)["agents"]
    text = shown(*over)
    assert "transcript" in text
    assert "preview: nothing was changed" in text
    assert told("budget", "--memory", worked)["agents"] == before
    text = shown(*over, "--apply")
    assert "To undo: archkit budget --restore" in text
    archive = text.split("--restore ")[1].split()[0]
    after = told("budget", "--memory", worked)
    assert after["agents"][0]["archived_events"] > 0
    assert [a["name"] for a in after["archives"]] == [archive]
    assert archive in shown("budget", "--restore", archive, "--memory", worked)
    assert told("budget", "--restore", "all", "--apply", "--memory", worked)["events"] > 0
    assert told("budget", "--memory", worked)["agents"][0]["archived_events"] == 0


def test_a_pattern_can_be_pinned_and_let_go(worked):
    text = shown("budget", "--pin", "jwt-refresh-redis", "--reason", "ours", "--memory", worked)
    assert text == "jwt-refresh-redis is never archived."
    assert told("budget", "--unpin", "jwt-refresh-redis", "--memory", worked) == {
        "slug": "jwt-refresh-redis",
        "pinned": False,
    }
    assert invoke("budget", "--pin", "nothing-known", "--memory", worked).exit_code == 1


def test_a_reset_is_a_preview_and_backed_up_first(worked):
    text = shown("reset", "sessions", "--memory", worked)
    assert "Would clear" in text
    assert "preview: nothing was changed" in text
    text = shown("reset", "sessions", "--apply", "--reason", "tidy", "--memory", worked)
    assert "To undo: archkit restore" in text
    backup = text.split("archkit restore ")[1].split()[0]
    with Memory(worked) as memory:
        assert memory.sql("SELECT count(*) AS n FROM message_log")["n"][0] == 0
    assert totals(worked)["decisions"] == 1
    told("restore", backup, "--apply", "--memory", worked)
    with Memory(worked) as memory:
        assert memory.sql("SELECT count(*) AS n FROM message_log")["n"][0] > 0


def test_an_unknown_part_to_reset_is_wrong_use(worked):
    result = invoke("reset", "nonsense", "--memory", worked)
    assert result.exit_code == 2
    assert "candidates" in result.stderr


def test_a_person_is_really_forgotten(worked):
    with Memory(worked) as memory:
        memory.record_lesson("Ask Jo Doe before the switch.")
    asked = ("forget", "--person", "Jo Doe", "--memory", worked)
    preview = told(*asked)
    assert (preview["dry_run"], preview["events"]) == (True, 1)
    text = shown(*asked, "--apply", "--reason", "asked to")
    assert "cannot be undone" in text
    held = b"".join(p.read_bytes() for p in worked.parent.rglob("*") if p.is_file())
    assert b"Jo Doe" not in held
    assert told(*asked)["events"] == 0
    assert "Do it with --apply" not in shown(*asked)


def test_a_session_is_forgotten_by_a_short_id(worked, said):
    short = said["session"]["session_id"][:8]
    report = told("forget", "--session", short, "--apply", "--memory", worked)
    assert report["events"] > 0
    held = b"".join(p.read_bytes() for p in worked.parent.rglob("*") if p.is_file())
    assert BRIEF.encode() not in held
    assert invoke("forget", "--session", "nobody-here", "--memory", worked).exit_code == 1


def test_a_rebuild_keeps_everything(worked):
    before = totals(worked)
    done = told("rebuild", "--memory", worked)
    assert done["events"] > before["events"]
    assert totals(worked) == before
    assert "Rebuilt" in shown("rebuild", "--memory", worked)


@pytest.mark.parametrize("command", ["backup", "budget", "rebuild", "reset", "status"])
def test_no_machine_s_path_is_in_what_is_told(worked, command, monkeypatch):
    monkeypatch.chdir(worked.parent.parent)
    assert str(worked.parent.parent) not in json.dumps(told(command, "--memory", worked))
