"""A notebook run and written: whole, or marked as partial; the notebook itself untouched."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import nbformat
import psutil
import pytest
import zmq
from nbclient import NotebookClient
from nbclient.output_widget import OutputWidget
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell
from typer.testing import CliRunner

from archkit.cli import app
from archkit.errors import ReportError
from archkit.report import write_notebook_report

WIDGETS = """\
import ipywidgets as w
import numpy as np
import plotly.graph_objects as go
figure = go.FigureWidget(go.Scatter(y=np.arange(3.0)), layout={"title": "First"})
shown = w.Output()
with shown:
    print("captured")
w.Tab([w.VBox([figure, w.IntSlider(3, description="n")]), shown], titles=["A", "B"])
"""
ORPHAN = """\
import subprocess as s
print(s.Popen(["sleep", "600"], start_new_session=True, stdout=s.DEVNULL, stderr=s.DEVNULL).pid)
"""
ARCHKIT = [str(Path(sys.executable).with_name("archkit")), "report"]


def cell(source, *tags):
    return new_code_cell(source, metadata={"tags": list(tags)})


def write(path, *cells, kernel="python3"):
    spec = {"name": kernel, "display_name": kernel, "language": "python"}
    nbformat.write(new_notebook(cells=list(cells), metadata={"kernelspec": spec}), path)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """One notebook with all there is, run once; its report, its text, what was said."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "near.txt").write_text("read beside the notebook")
    notebook = write(
        folder / "mine.ipynb",
        new_markdown_cell("# My numbers\n\nWhat they are, $x^2$."),
        cell("agent = None\nn = 3", "parameters"),
        new_markdown_cell("## Widgets"),
        cell(WIDGETS),
        cell('figure.add_bar(y=[n], name="late")\nfigure.update_layout(title="Changed")\nNone'),
        new_markdown_cell("## Words"),
        cell('print(agent, n, open("near.txt").read())\nsecret_line = 1', "hide-input"),
        cell('print("never seen")', "remove-cell"),
        cell('print("not seen either")', "hide-output"),
        new_raw_cell("Raw <b>words</b>"),
        new_raw_cell("<p>Raw <i>HTML</i></p>", metadata={"format": "text/html"}),
        kernel="no-such-kernel",
    )
    before = notebook.read_bytes()
    said = []
    given = {"agent": "sk-ant-" + "a1" * 20, "n": "7"}
    report = write_notebook_report(
        notebook, parameters=given, code=True, say=said.append, timeout_s=240
    )
    assert notebook.read_bytes() == before
    return report, report.path.read_text("utf-8"), said


def test_the_page_stands_beside_the_notebook_and_says_what_it_is(made):
    report, text, said = made
    assert report.path.name == "mine.html"
    assert os.fspath(report) == str(report.path)
    assert "<h1>My numbers</h1>" in text
    assert re.findall(r'<a href="#(s-[\w-]+)">', text) == ["s-widgets", "s-words"]
    assert "The kernel &#x27;no-such-kernel&#x27; is not installed" in text
    assert said == [f"cell {n} of 6" for n in range(1, 7)]
    assert text.count("<h1") == 1
    assert "<msup>" in text


def test_parameters_are_set_typed_and_their_secrets_hidden(made):
    _, text, _ = made
    assert "read beside the notebook" in text
    assert re.search(r"\[hidden: Anthropic Key\] 7 read", text)
    assert "a1a1a1" not in text
    assert "<dt>n</dt><dd>7</dd>" in text


def test_a_figure_is_as_it_was_at_the_end_and_not_as_first_shown(made):
    report, text, _ = made
    assert report.figures == 1
    assert report.unshown == ()
    block = json.loads(re.search(r'id="f1-figure">(.*?)</script>', text)[1])
    assert [trace["type"] for trace in block["data"]] == ["scatter", "bar"]
    assert block["data"][1]["name"] == "late"
    assert '<p class="figure-title" id="f1-title">Changed</p>' in text
    assert ">captured</pre>" in text
    assert re.findall(r"<h3>(.)</h3>", text) == ["A", "B"]


def test_tags_are_heeded_and_code_is_folded(made):
    _, text, _ = made
    assert "<summary>Code of cell 2</summary>" in text
    assert "<summary>Code of the parameters</summary>" in text
    assert '<span class="c-kn">import</span>' in text
    assert "secret_line" not in text
    assert "never seen" not in text
    assert "Raw &lt;b&gt;words&lt;/b&gt;</pre>" in text
    assert "<p>Raw <i>HTML</i></p>" in text
    assert "not seen either</pre>" not in text


def test_without_being_told_no_report_is_replaced_but_archkits_own_beside_the_notebook(tmp_path):
    notebook = write(tmp_path / "a.ipynb", new_markdown_cell("# A"))
    other = tmp_path / "other.html"
    other.write_text("mine")
    with pytest.raises(ReportError, match="There is a file at"):
        write_notebook_report(notebook, other)
    assert other.read_text() == "mine"
    (tmp_path / "a.html").write_text("not archkit's")
    with pytest.raises(ReportError, match="There is a file at"):
        write_notebook_report(notebook)
    first = write_notebook_report(notebook, force=True)
    assert write_notebook_report(notebook, title="B").path == first.path
    assert "<h1>B</h1>" in first.path.read_text("utf-8")


def test_what_may_not_be_replaced_by_a_partial_report_is_told_before_the_run(tmp_path):
    notebook = write(tmp_path / "a.ipynb", new_markdown_cell("# A"))
    other = tmp_path / "a.partial.html"
    other.write_text("not archkit's")
    with pytest.raises(ReportError, match=r"There is a file at .*partial"):
        write_notebook_report(notebook, say=pytest.fail)
    assert write_notebook_report(notebook, force=True).path.name == "a.html"
    assert other.read_text() == "not archkit's"


@pytest.mark.parametrize(
    ("content", "what"),
    [(None, "cannot be read"), ("no json", "is no notebook"), ('{"cells": 1}', "is no notebook")],
)
def test_what_is_no_notebook_is_refused(tmp_path, content, what):
    path = tmp_path / "x.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ReportError, match=what):
        write_notebook_report(path)
    assert not (tmp_path / "x.html").exists()


def test_an_empty_notebook_is_refused(tmp_path):
    with pytest.raises(ReportError, match="is empty"):
        write_notebook_report(write(tmp_path / "x.ipynb", cell(" ")))


def test_a_kernel_of_another_language_is_not_made_up_for(tmp_path):
    path = tmp_path / "x.ipynb"
    spec = {"name": "no-such-r", "display_name": "R", "language": "R"}
    nbformat.write(new_notebook(cells=[cell("x <- 1")], metadata={"kernelspec": spec}), path)
    with pytest.raises(ReportError, match="needs the kernel 'no-such-r'") as refused:
        write_notebook_report(path)
    assert "does not run r" in refused.value.why


def partial(path, *cells, **settings):
    """Run a notebook that does not come to its end; return the error and the partial page."""
    notebook = write(path / "x.ipynb", *cells)
    whole = path / "x.html"
    whole.write_text("an earlier report")
    with pytest.raises(ReportError) as told:
        write_notebook_report(notebook, whole, force=True, **settings)
    assert whole.read_text() == "an earlier report"
    return told.value, (path / "x.partial.html").read_text("utf-8")


def test_a_failing_cell_leaves_a_page_that_says_where(tmp_path):
    error, text = partial(
        tmp_path,
        cell("print('first')"),
        cell("1 / 0", "raises-exception"),
        cell(f"import archkit as ak\nak.read_card('{tmp_path}/nope.md')"),
        cell("print('third')"),
    )
    assert error.what == "The report is partial: x.ipynb ended at cell 3, line 2."
    assert error.why.startswith("CardError: ")
    assert "In: ak.read_card('./nope.md')" in error.why
    assert "x.partial.html" in error.mend
    assert "<strong>This report is partial.</strong>" in text
    assert "ended at cell 3, line 2: CardError" in text
    assert "1 code cell after it did not run." in text
    assert ">first</pre>" in text
    assert "third" not in text
    assert "ZeroDivisionError: division by zero</pre>" in text
    assert str(tmp_path) not in text


def test_a_kernel_that_dies_is_a_partial_page_until_a_later_run_is_whole(tmp_path):
    pid = tmp_path / "pid"
    started = (
        "import subprocess, sys\n"
        f"with open({str(pid)!r}, 'w') as file:\n"
        f"    _ = subprocess.run([sys.executable, '-c', {ORPHAN!r}], stdout=file, check=True)"
    )
    error, text = partial(
        tmp_path, cell(f"print('first')\n{started}"), cell("import os\nos.kill(os.getpid(), 9)")
    )
    assert not _runs(int(pid.read_text()))
    assert error.what.endswith("ended at cell 2.")
    assert error.why.startswith("The kernel died.")
    assert ">first</pre>" in text
    write_notebook_report(write(tmp_path / "x.ipynb", new_markdown_cell("# X")), force=True)
    assert "<h1>X</h1>" in (tmp_path / "x.html").read_text("utf-8")
    assert not (tmp_path / "x.partial.html").exists()


def test_the_time_limit_ends_the_run_and_all_that_it_started(tmp_path):
    pids = tmp_path / "pids"
    started = f"""\
import os, subprocess
child = subprocess.Popen(["sleep", "600"])
apart = subprocess.Popen(["sleep", "600"], start_new_session=True)
_ = open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{child.pid}} {{apart.pid}}")
"""
    endless = "while True:\n    try:\n        1\n    except KeyboardInterrupt:\n        pass"
    error, _ = partial(tmp_path, cell(started), cell(endless), timeout_s=6)
    assert error.why == "The time limit of 6 s was reached."
    found = [int(pid) for pid in pids.read_text().split()]
    assert len(found) == 3
    assert [pid for pid in found if _runs(pid)] == []


def test_a_reply_that_comes_while_a_widget_is_answered_is_not_waited_for(tmp_path, monkeypatch):
    send = OutputWidget.send

    def late(widget, *given, **named):
        shell = widget.kernel_client.shell_channel.socket
        assert zmq.Socket.shadow(shell.underlying).poll(60_000)  # the reply is there; its sign went
        send(widget, *given, **named)

    monkeypatch.setattr(OutputWidget, "send", late)
    captured = "import ipywidgets as w\no = w.Output()\nwith o:\n    print('captured')\no"
    longer = "import time\ntime.sleep(2)"  # than the second that is left where all time was waited
    notebook = write(tmp_path / "x.ipynb", cell(captured), cell(longer))
    report = write_notebook_report(notebook, timeout_s=30)
    assert ">captured</pre>" in report.path.read_text("utf-8")


def test_ctrl_c_while_the_kernel_ends_leaves_no_process(tmp_path, monkeypatch):
    kernels = []

    async def pressed(client):
        kernels.append(client.km.provisioner.process)
        os.kill(os.getpid(), signal.SIGINT)
        try:
            await asyncio.Event().wait()
        finally:
            client.kc.stop_channels()
            await client.km.cleanup_resources()

    monkeypatch.setattr(NotebookClient, "_async_cleanup_kernel", pressed)
    error, _ = partial(tmp_path, cell("1"))
    assert error.why == "It was stopped."
    assert not _runs(kernels[0].pid)
    kernels[0].wait()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_a_partial_page_and_no_process(tmp_path, sign):
    pids = tmp_path / "pids"
    write(
        tmp_path / "x.ipynb",
        cell(f"import os\n_ = open({str(pids)!r}, 'w').write(str(os.getpid()))\nprint('first')"),
        cell("import time\ntime.sleep(600)"),
    )
    shell = subprocess.Popen(
        [*ARCHKIT, "x.ipynb"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_hears_interrupts,
    )
    with shell:
        for line in shell.stderr:
            if line.strip() == "cell 2 of 2":
                break
        shell.send_signal(sign)
        told = shell.stderr.read()
    assert shell.returncode == 1
    assert "Why: It was stopped." in told
    assert ">first</pre>" in (tmp_path / "x.partial.html").read_text("utf-8")
    assert not _runs(int(pids.read_text()))


def test_from_a_shell_parameters_strictness_and_json(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(
        tmp_path / "x.ipynb",
        cell("number = 1", "parameters"),
        cell("from IPython.display import HTML\nHTML(f'<script>x()</script>{number + 1}')"),
    )

    def run(*options):
        return CliRunner().invoke(app, ["report", "x.ipynb", *options])

    done = run("-p", "number=41", "--strict", "--json", "-o", "out/y.html")
    assert done.exit_code == 1
    document = json.loads(done.stdout)
    assert document["unshown"] == ["cell 2: a script"]
    assert document["report"] == "out/y.html"
    assert "1 thing of the notebook could not be shown" in done.stderr
    assert "42" in (tmp_path / "out" / "y.html").read_text("utf-8")
    refused = run("-p", "numbr=1")
    assert refused.exit_code == 1
    assert "Did you mean number?" in refused.stderr
    assert run("--session", "last").exit_code == 2


def _hears_interrupts():
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
