"""What the README and the docstrings show really runs."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import archkit

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
    named = set(re.findall(r"`?make ([a-z]+)`?", (ROOT / "README.md").read_text()))
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    assert {"demo", "test", "lab"} <= named <= targets


def test_the_readme_shows_its_first_code_early():
    lines = (ROOT / "README.md").read_text().splitlines()
    assert next(i for i, line in enumerate(lines) if line.startswith("```")) < 15


def test_no_file_names_a_machine_path_or_a_registry_host():
    banned = re.compile(
        "|".join(
            ["/root/", "/work/", "/home/[a-z]", "pypi[.]org", "pythonhosted", "registry[.]npm"]
        )
    )
    listed = [
        p
        for p in ROOT.rglob("*")
        if p.is_file()
        and p.suffix
        in {".py", ".md", ".toml", ".yml", ".yaml", ".ipynb", ".lock", ".json", ".sql", ".css"}
    ]
    ours = [
        p
        for p in listed
        if not {
            ".venv",
            ".git",
            ".hypothesis",
            "node_modules",
            ".mypy_cache",
            ".ruff_cache",
            ".pytest_cache",
        }
        & set(p.parts)
        and "data" not in p.relative_to(ROOT).parts[:1]
    ]
    assert ours
    assert [str(p.relative_to(ROOT)) for p in ours if banned.search(p.read_text("utf-8"))] == []
