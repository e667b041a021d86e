"""What all commands share: help, errors in three lines, exit codes, one JSON document."""

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest
import typer
from archkit_shell import invoke

import archkit
from archkit.cli import app
from archkit.cli.app import as_instant
from archkit.records import utc_now

COMMANDS = {
    *("story show", "story tick", "adr read", "app", "adr import", "adr write"),
    *(
        "check",
        "measure",
        "doctor",
        "session",
        "decide",
        "outcome",
        "query",
        "solution",
        "status",
        "report",
        "replay",
        "demo",
    ),
    *("train", "export", "import", "backup", "restore", "budget", "forget", "reset", "rebuild"),
}


def commands():
    found = dict(typer.main.get_command(app).commands)
    for name, group in list(found.items()):
        if hasattr(group, "commands"):
            del found[name]
            found |= {f"{name} {inner}": command for inner, command in group.commands.items()}
    return {name: {o for p in c.params for o in p.opts} for name, c in found.items()}


def archkit_process(*args, cwd, columns="80", **env):
    return subprocess.run(
        [sys.executable, "-c", "from archkit.cli import app; app()", *map(str, args)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "ARCHKIT_OFFLINE": "1", "COLUMNS": columns, **env},
        preexec_fn=_as_from_a_terminal,
    )


def _as_from_a_terminal():
    """Hear Ctrl+C: where the tests run in the background of a shell, it is ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_the_version_is_printed():
    assert invoke("--version").output.strip() == archkit.__version__


def test_without_a_command_the_help_names_all_commands():
    shown = invoke().output
    assert set(commands()) == COMMANDS
    assert all(f" {name.split()[0]} " in shown for name in COMMANDS)


def test_every_command_speaks_json_and_takes_a_memory():
    options = commands()
    assert {name for name in COMMANDS if "--json" not in options[name]} == set()
    assert {name for name in COMMANDS if "--memory" not in options[name]} == {
        *("check", "demo", "doctor", "story show", "adr read"),
    }


def test_what_destroys_or_takes_in_is_a_preview_unless_applied():
    options = commands()
    careful = {name for name in COMMANDS if "--apply" in options[name]}
    assert careful == {
        *("story tick", "adr import", "adr write"),
        *("train", "import", "restore", "budget", "forget", "reset"),
    }


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_fits_a_narrow_terminal_and_holds_no_colour_codes(name):
    result = invoke(*name.split(), "--help")
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80
    assert "\x1b" not in result.output


def test_an_error_is_three_lines_and_exit_code_one(tmp_path):
    result = invoke("report", tmp_path)
    assert result.exit_code == 1
    assert result.stdout == ""
    lines = [line.split(":")[0] for line in result.stderr.splitlines() if "Reading" not in line]
    assert lines[1:] == ["Why", "Mend"]


def test_an_error_is_told_in_json_too(tmp_path):
    result = invoke("status", "--memory", tmp_path / "nowhere" / "m.duckdb", "--json")
    assert result.exit_code == 1
    error = json.loads(result.stdout)["error"]
    assert "There is no memory at" in error["what"]
    assert set(error) == {"what", "why", "mend"}
    assert result.stderr.startswith(error["what"])


@pytest.mark.parametrize(
    "args",
    [
        ("nonsense",),
        ("query",),
        ("query", "x", "--limit", "0"),
        ("query", "x", "--context", "tenancy"),
        ("status", "--since", "yesterday"),
        ("status", "--min-confidence", "2"),
        ("outcome", "x", "--score", "performance=2"),
        ("outcome", "x", "--score", "performance"),
        ("export",),
        ("export", "x", "--format", "csv"),
        ("forget",),
        ("forget", "--text", "a", "--person", "b"),
        ("budget", "--pin", "a", "--unpin", "b"),
        ("budget", "--limit-mb", "5"),
        ("session", "x", "--no-memory", "--memory", "m"),
    ],
)
def test_wrong_use_is_said_with_exit_code_two(args, tmp_path):
    result = invoke(*args)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""


def test_a_memory_that_is_only_read_is_not_made_by_a_typing_error(tmp_path):
    result = invoke("query", "sign in", "--memory", tmp_path / "typo.duckdb")
    assert result.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_dates_are_days_instants_or_so_long_ago():
    assert as_instant(None) is None
    assert as_instant("2026-11-01") == datetime(2026, 11, 1, tzinfo=UTC)
    zone = timezone(timedelta(hours=1))
    assert as_instant("2026-11-01T12:00+01:00") == datetime(2026, 11, 1, 12, tzinfo=zone)
    for text, ago in (("30d", 30), ("2W", 14), ("12 h", 0.5)):
        assert utc_now() - as_instant(text) - timedelta(days=ago) < timedelta(minutes=1)
    with pytest.raises(typer.BadParameter):
        as_instant("the day before")


def test_a_pipe_gets_one_document_and_no_colours(tmp_path):
    done = archkit_process("query", "sign people in", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["patterns"]
    plain = archkit_process("query", "sign people in", cwd=tmp_path)
    assert "\x1b" not in plain.stdout + plain.stderr
    assert max(map(len, plain.stdout.splitlines())) <= 80


def test_output_that_cannot_hold_a_character_shows_another(tmp_path):
    done = archkit_process("status", cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    document = archkit_process("status", "--json", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert json.loads(document.stdout)["health"]


def test_the_demo_says_each_step_and_where_the_report_is(tmp_path):
    result = invoke("demo", "--folder", tmp_path / "demo")
    assert result.exit_code == 0, result.output
    firsts = [line.split()[1] for line in result.output.splitlines() if line.startswith("- ")]
    assert firsts[:4] == ["briefing", "session", "proposal", "decision"]
    assert firsts.count("outcome") == 2
    assert "simulated" in result.output
    assert (tmp_path / "demo" / "report.html").is_file()
