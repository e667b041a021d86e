"""The notebooks are thin, committed without outputs, and run from top to bottom, twice."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
EXAMPLES = FOLDER.parent / "data" / "examples"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LONGEST_CELL = 12
RUN = """
import json, sys
from pathlib import Path
import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

done = []
for path in sorted(Path(sys.argv[1]).glob("*.ipynb")):
    client = NotebookClient(
        nbformat.read(path, as_version=4),
        km=AsyncKernelManager(kernel_name="python3", transport="ipc", ip=sys.argv[2] + path.stem),
        timeout=300,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    done.append(client.execute())
json.dump(done, sys.stdout)
"""
EACH = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in read(path).cells if cell.cell_type == "code"]


def test_the_notebooks_are_those_the_readme_names():
    assert [p.stem for p in NOTEBOOKS] == [
        "00_start_here",
        "10_architect_session",
        "15_decision_records",
        "20_tradeoffs",
        "30_query_lab",
        "35_data_labs",
        "40_memory_dashboard",
        "50_does_memory_help",
        "90_report",
    ]


@EACH
def test_it_is_valid_and_carries_nothing_of_a_run(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert "widgets" not in notebook.metadata
    for cell in code_cells(path):
        assert cell.outputs == []
        assert cell.execution_count is None


@EACH
def test_it_opens_with_prose_then_imports_then_parameters(path):
    notebook = read(path)
    imports, parameters = code_cells(path)[:2]
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")
    assert "import archkit as ak" in imports.source.splitlines()
    assert parameters.metadata["tags"] == ["parameters"]
    lines = ast.parse(parameters.source).body
    assert lines and all(isinstance(line, ast.Assign) for line in lines)


@EACH
def test_its_cells_are_short_and_leave_the_work_to_archkit(path):
    banned = (ast.For, ast.While, ast.Try, ast.With, ast.FunctionDef, ast.ClassDef, ast.If)
    loops = (ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp)
    for cell in code_cells(path):
        assert len(cell.source.splitlines()) <= LONGEST_CELL
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, banned + loops), cell.source
            called = node.func if isinstance(node, ast.Call) else None
            assert getattr(called, "id", getattr(called, "attr", "")) not in {"print", "sql"}


@EACH
def test_it_names_no_path_of_one_machine_and_no_key(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r'"(/|[A-Z]:\\\\|~)[^"]*"', "\n".join(c.source for c in code_cells(path)))
    assert not re.search(r"sk-ant-\w|/(home|root|Users|work)/", text)


@EACH
def test_what_it_imports_stands_in_its_first_code_cell(path):
    for cell in code_cells(path)[1:]:
        nodes = ast.walk(ast.parse(cell.source))
        assert not any(isinstance(node, ast.Import | ast.ImportFrom) for node in nodes)


@pytest.mark.slow
def test_all_run_in_their_order_twice_in_the_same_data(tmp_path):
    data = tmp_path / "data"
    folder = shutil.copytree(FOLDER, tmp_path / "notebooks", ignore=_checkpoints)
    shutil.copytree(EXAMPLES, data / "examples")
    before = _contents(folder)
    for _ in range(2):
        for notebook in _executed(folder, data):
            _check_outputs(notebook)
    assert sorted(p.name for p in (data / "reports").iterdir()) == [
        "memory.html",
        "periods.html",
        "security.html",
        "start_here.html",
    ]
    assert _contents(folder) == before


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def _checkpoints(_: str, names: list[str]) -> list[str]:
    return [name for name in names if name == ".ipynb_checkpoints"]


def _executed(folder: Path, data: Path) -> list[nbformat.NotebookNode]:
    """Run the notebooks in a process of their own, where third-party warnings are no errors.

    Kernels are reached over files: their paths must stay under the 107 bytes of a socket's name.
    """
    with tempfile.TemporaryDirectory(prefix="ak") as runtime:
        jupyter = {"JUPYTER_RUNTIME_DIR": runtime, "IPYTHONDIR": runtime}
        done = subprocess.run(
            [sys.executable, "-c", RUN, str(folder), f"{runtime}/"],
            env=os.environ | jupyter | {"ARCHKIT_DATA": str(data), "ARCHKIT_OFFLINE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-4000:]
    return [nbformat.from_dict(notebook) for notebook in json.loads(done.stdout)]


def _check_outputs(notebook: nbformat.NotebookNode) -> None:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "stream", output.text
            figure = output.get("data", {}).get("application/vnd.plotly.v1+json")
            assert figure is None or figure["layout"]["title"]["text"]
