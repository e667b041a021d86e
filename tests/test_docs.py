"""What the README and the docstrings show really runs."""

import doctest
import importlib
import pkgutil
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import typer.main

import archkit
from archkit.cli import app

ROOT = Path(__file__).parent.parent
MODULES = sorted(m.name for m in pkgutil.walk_packages(archkit.__path__, "archkit."))


def _blocks(path: Path) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", path.read_text(), re.M | re.S)


@pytest.fixture(autouse=True)
def _empty_data(tmp_path, monkeypatch):
    monkeypatch.setenv("ARCHKIT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("ARCHKIT_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)


def test_the_python_of_the_readme_runs_from_top_to_bottom():
    blocks = _blocks(ROOT / "README.md")
    assert blocks
    scope: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), scope)
    scope["memory"].close()


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_run(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_the_commands_the_readme_names_exist():
    makefile = (ROOT / "Makefile").read_text()
    readme = (ROOT / "README.md").read_text()
    named = {
        n
        for names in re.findall(r"(?:^|`)make ([a-z]+(?: [a-z]+)*)", readme, re.M)
        for n in names.split()
    }
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    assert {"demo", "test", "lab"} <= named <= targets


def test_each_command_line_of_the_readme_is_one_that_archkit_takes(tmp_path):
    (tmp_path / "page.py").touch()
    (tmp_path / "before.json").touch()
    text = (ROOT / "README.md").read_text()
    shells = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S))
    lines = re.findall(r"(?:^|\| )(archkit .*)", shells, re.M)
    lines += re.findall(r"`(archkit [^`]*)`", text)
    assert len(lines) > 12
    for line in lines:
        _taken(shlex.split(line, comments=True)[1:])


def _taken(words: list[str]) -> None:
    """Hold that a command is there and takes these arguments; it is not run."""
    name, command, above = "archkit", typer.main.get_command(app), None
    while True:
        above = command.make_context(name, words, parent=above)
        if not hasattr(command, "resolve_command"):
            return
        name, command, words = command.resolve_command(above, [*above._protected_args, *above.args])


def test_the_readme_shows_its_first_code_early():
    lines = (ROOT / "README.md").read_text().splitlines()
    assert next(i for i, line in enumerate(lines) if line.startswith("```")) < 15


def test_no_file_names_a_machine_path_or_a_registry_host():
    # Spelt so that this file does not name what it looks for.
    banned = re.compile(r"/r[o]ot/|/w[o]rk/|p[y]pi\.org|python[h]osted|registry\.[n]pm")
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    texts = {".py", ".md", ".toml", ".yml", ".yaml", ".ipynb", ".lock", ".json", ".sql", ".css"}
    ours = [ROOT / name for name in listed.stdout.splitlines() if Path(name).suffix in texts]
    assert ours
    named = [p.relative_to(ROOT) for p in ours if p.is_file() and banned.search(p.read_text())]
    assert named == []
