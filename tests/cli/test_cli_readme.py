"""The README's commands run as they stand there."""

import re
import shlex
from pathlib import Path

from archkit_shell import invoke
from test_cli_app import COMMANDS

README = (Path(__file__).parents[2] / "README.md").read_text("utf-8")


def test_the_shell_commands_of_the_readme_run_one_after_the_other(tmp_path, monkeypatch):
    [block] = [b for b in re.findall(r"```sh\n(.*?)```", README, re.S) if "archkit session" in b]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARCHKIT_DATA", str(tmp_path / "data"))
    ran = []
    for line in block.strip().splitlines():
        *before, command = line.split("|")
        words = shlex.split(command, comments=True)
        piped = "ERROR: deadlock detected" if before else "1\n\n\n\n\n"
        result = invoke(*words[1:], input=piped)
        assert result.exit_code == 0, f"{line}: {result.output}"
        ran.append(words[1])
    assert ran == ["session", "decide", "outcome", "query", "solution", "status"]


def test_the_commands_that_the_readme_names_are_all_there_are():
    named = set(re.findall(r"archkit ([a-z]+)", README)) | set(re.findall(r"`([a-z]+)`", README))
    assert named >= {name.split()[0] for name in COMMANDS} - {"report", "demo"}
