"""The command line: the demo, the report, and errors in three lines."""

from typer.testing import CliRunner

import archkit
from archkit.cli import app

run = CliRunner()


def test_the_version_is_printed():
    assert run.invoke(app, ["--version"]).output.strip() == archkit.__version__


def test_without_a_command_the_help_names_the_commands():
    shown = run.invoke(app, []).output
    assert "demo" in shown
    assert "report" in shown


def test_a_report_of_an_empty_memory_is_written(tmp_path):
    target = tmp_path / "empty.html"
    result = run.invoke(app, ["report", str(target)])
    assert result.exit_code == 0, result.output
    assert target.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_an_error_is_three_lines_and_exit_code_one(tmp_path):
    result = run.invoke(app, ["report", str(tmp_path)])
    assert result.exit_code == 1
    assert [line.split(":")[0] for line in result.output.splitlines()[1:]] == ["Why", "Mend"]


def test_the_demo_says_each_step_and_where_the_report_is(tmp_path):
    result = run.invoke(app, ["demo", "--folder", str(tmp_path / "demo")])
    assert result.exit_code == 0, result.output
    firsts = [line.split()[1] for line in result.output.splitlines() if line.startswith("- ")]
    assert firsts[:4] == ["briefing", "session", "proposal", "decision"]
    assert firsts.count("outcome") == 2
    assert "simulated" in result.output
    assert (tmp_path / "demo" / "report.html").is_file()
