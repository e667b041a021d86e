"""Diagrams and documents as outputs of a notebook, in a real JupyterLab."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from lab_server import Lab, jupyterlab
from nbformat.v4 import new_code_cell, new_notebook, new_output
from playwright.sync_api import Page, expect

from archkit.proposal.document import read_proposal

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CONFORMING = Path(__file__).parents[1] / "proposal" / "conforming.md"
PATIENCE_MS = 60_000


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Serve a notebook that has the outputs already: drawing them needs no kernel."""
    home, folder = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("notebooks")
    nbformat.write(notebook(), folder / "views.ipynb")
    with jupyterlab(home, folder) as server:
        yield server


def notebook() -> nbformat.NotebookNode:
    proposal = read_proposal(CONFORMING.read_text("utf-8"))
    before = read_proposal(proposal.text.replace("Redis", "Memcached"))
    outputs = {
        "proposal.component_diagram()": proposal.component_diagram()._repr_mimebundle_(),
        "proposal.er_diagram()": proposal.er_diagram()._repr_mimebundle_(),
        "proposal.openapi()": proposal.openapi()._repr_mimebundle_(),
        "before.diff(proposal)": {"text/html": before.diff(proposal)._repr_html_()},
    }
    cells = [
        new_code_cell(source, outputs=[new_output("display_data", data=data)])
        for source, data in outputs.items()
    ]
    kernel = {"name": "python3", "display_name": "Python 3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def test_jupyterlab_draws_them_without_asking_any_network(page: Page, lab: Lab) -> None:
    foreign: list[str] = []
    own = (lab.base, lab.base.replace("http", "ws"), "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(own) else foreign.append(r.url))
    page.goto(lab.url("views.ipynb"), timeout=PATIENCE_MS)
    drawn = page.locator(".jp-RenderedMermaid img")
    expect(drawn).to_have_count(2, timeout=PATIENCE_MS)
    said = [image.get_attribute("alt") or "" for image in drawn.all()]
    assert [words.split(" of ")[0] for words in said] == ["Components", "Tables"]
    assert all(image.evaluate("(image) => image.naturalWidth") > 200 for image in drawn.all())
    assert page.locator(".jp-RenderedMermaid .jp-mod-error").count() == 0
    expect(page.locator(".jp-RenderedJSON")).to_have_count(1)
    difference = page.locator(".jp-OutputArea-output del", has_text="Memcached")
    expect(difference.first).to_be_visible()
    assert foreign == []
