"""Who may reach the app's pages, and what they offer to a reader."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from pathlib import Path

import pytest

from archkit.app import serving
from archkit.app.pages import EXAMPLE, Weighing
from archkit.app.serving import MEMORY, TOKEN, AppError, memory_named, serve
from archkit.errors import ArchkitError
from archkit.memory.memory import Memory
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.widgets.explorer import explore

SITE = Path(serving.__file__).parent / "site"


@pytest.fixture
def started(monkeypatch):
    """What the server would have been started with, without one."""
    calls = []
    pytest.importorskip("voila")
    from archkit.app import server

    monkeypatch.setattr(server, "run_server", lambda **given: calls.append(given))
    monkeypatch.setattr(serving.os, "environ", {})
    return calls


@pytest.fixture
def memory(tmp_path):
    with Memory(tmp_path / "m.duckdb") as kept:
        yield kept


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_by_default_it_is_on_this_machine_with_a_new_token(started, tmp_path):
    serve(tmp_path / "m.duckdb", port=0)
    serve(tmp_path / "m.duckdb", port=0)
    assert [given["ip"] for given in started] == ["127.0.0.1", "127.0.0.1"]
    first, second = (given["token"] for given in started)
    assert len(first) >= 32 and first != second


def test_on_every_interface_it_never_goes_without_a_token(started, tmp_path):
    for ip in ("0.0.0.0", "", "::", "192.0.2.7", "example.test"):
        with pytest.raises(AppError, match="Without a token"):
            serve(tmp_path / "m.duckdb", ip=ip, token=False)
    assert started == []
    serve(tmp_path / "m.duckdb", port=0, token=False)
    assert started[0]["token"] == ""


def test_a_token_of_ones_own_is_taken_and_kept_from_the_kernels(started, tmp_path, monkeypatch):
    monkeypatch.setitem(serving.os.environ, TOKEN, "of-my-own-and-long-enough")
    serve(tmp_path / "m.duckdb", port=0)
    assert started[0]["token"] == "of-my-own-and-long-enough"
    assert TOKEN not in serving.os.environ
    assert serving.os.environ["ARCHKIT_OFFLINE"] == "1"


def test_a_token_that_can_be_guessed_is_refused(started, tmp_path, monkeypatch):
    monkeypatch.setitem(serving.os.environ, TOKEN, "secret")
    with pytest.raises(AppError, match="has 6 characters") as refused:
        serve(tmp_path / "m.duckdb")
    assert "secret" not in str(refused.value)


def test_a_port_that_is_taken_is_said(started, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(AppError, match="Nothing can be served at") as refused:
            serve(tmp_path / "m.duckdb", port=taken.getsockname()[1])
    assert "--port" in refused.value.mend


def test_the_address_carries_base_and_token(started, tmp_path):
    told, port = [], _free_port()
    serve(tmp_path / "m.duckdb", port=port, base_url="archkit", ready=told.append)
    started[0]["ready"]()
    assert told[0].address == f"http://127.0.0.1:{port}/archkit/"
    assert told[0].url == f"{told[0].address}?token={told[0].token}"


@pytest.mark.parametrize("path", ["a b/", "../up", "/a/?x=1", 'a"b'])
def test_a_path_that_is_none_is_refused(started, tmp_path, path):
    with pytest.raises(AppError, match="is no path for the pages"):
        serve(tmp_path / "m.duckdb", port=0, base_url=path)
    assert started == []


def test_a_log_keeps_the_address_of_a_page_that_failed_without_its_token():
    pytest.importorskip("voila")
    from archkit.app.server import _WithoutToken

    made = logging.makeLogRecord(
        {"msg": "%s %r", "args": ("GET /?token=s3cr-et&a=1", {"uri": "/x?token=s3cr-et"})}
    )
    assert _WithoutToken().filter(made)
    assert made.getMessage() == "GET /?token=…&a=1 {'uri': '/x?token=…'}"


def test_without_voila_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(serving, "find_spec", lambda name: None)
    with pytest.raises(AppError, match="needs Voila") as refused:
        serve(tmp_path / "m.duckdb")
    assert "archkit[app]" in refused.value.mend


def test_a_page_opened_otherwise_says_so(monkeypatch, tmp_path):
    monkeypatch.delenv(MEMORY, raising=False)
    with pytest.raises(AppError, match="No memory was named"):
        memory_named()
    monkeypatch.setenv(MEMORY, str(tmp_path / "gone.duckdb"))
    with pytest.raises(AppError, match="not there any more") as refused:
        memory_named()
    assert str(tmp_path) not in str(refused.value)


def test_every_page_is_served_and_none_carries_more_than_a_call():
    pytest.importorskip("voila")
    from archkit.app.server import PAGES

    found = {path.stem: json.loads(path.read_text()) for path in SITE.glob("*.ipynb")}
    assert {page.name: page.title for page in PAGES} == {
        name: notebook["metadata"]["archkit"]["title"] for name, notebook in found.items()
    }
    for name, notebook in found.items():
        (cell,) = notebook["cells"]
        assert cell["outputs"] == [] and cell["execution_count"] is None
        assert "".join(cell["source"]) == f"from archkit.app.pages import {name}\n\n{name}()"


def test_a_question_is_weighed_and_one_without_an_answer_changes_nothing(memory):
    weighing = Weighing(memory)
    assert weighing._question.value == EXAMPLE
    first = weighing.explorer
    assert len(first.state.matrix.alternatives) > 1
    weighing._question.value = "zzzz qqqq"
    assert weighing.explorer is first
    assert 'role="alert"' in weighing._told.value
    weighing._question.value = "stop the N+1 queries"
    assert weighing.explorer is not first
    assert weighing._place.children == (weighing.explorer.widget,)


def test_a_decision_that_was_weighed_is_opened_first_and_cannot_be_saved_again(memory):
    matrix = PerformanceMatrix.from_ranking(memory.query("authentication"))
    saved = explore(matrix, memory=memory, draws=200).save(rationale="<b>as weighed</b>")
    weighing = Weighing(memory)
    assert weighing._weighed.value == saved.decision_id
    assert weighing.explorer.state.draws == 200
    with pytest.raises(ArchkitError, match="nowhere to save"):
        weighing.explorer.save()


def test_the_page_s_theme_is_followed(memory):
    weighing = Weighing(memory)
    weighing.draw_in("dark")
    assert weighing.explorer.figure.layout.meta["archkit_theme"] == "dark"
    weighing._question.value = "stop the N+1 queries"
    assert weighing.explorer.figure.layout.meta["archkit_theme"] == "dark"


@pytest.fixture
def made(monkeypatch):
    """Return a function that makes a server, which listens to nobody yet."""
    pytest.importorskip("voila")
    from archkit.app import server

    found = []
    monkeypatch.setenv("JUPYTER_PATH", str(SITE.parent / "share"))
    monkeypatch.setattr(server._Server, "listen", lambda server: found.append(server))
    monkeypatch.setattr(server.IOLoop.current(), "add_callback", lambda _: None)
    monkeypatch.setattr(server._Server, "_instance", None)

    def make(**given):
        common = {"ip": "127.0.0.1", "port": 0, "base_url": "/", "ready": lambda: None}
        server.run_server(**common, **given)
        return found.pop().app

    return make


@pytest.mark.parametrize(("token", "foreign"), [("", False), ("of-my-own-and-long-enough", True)])
def test_without_a_token_only_names_of_its_own_lead_to_it(made, token, foreign):
    settings = made(token=token, hosts=("at.test",), most=20).settings
    assert settings["allow_remote_access"] is foreign
    assert foreign or settings["local_hostnames"] == ["localhost", "at.test"]


def test_kernels_have_a_number_and_a_time_and_who_gets_none_is_told(made, monkeypatch):
    app = made(token="", hosts=(), most=3)
    kernels = app.settings["kernel_manager"]
    assert (kernels.cull_idle_timeout, kernels.cull_connected) == (1800, True)
    monkeypatch.setattr(type(kernels), "__len__", lambda _: 3)

    async def asked(path):
        from tornado.httpclient import AsyncHTTPClient
        from tornado.httpserver import HTTPServer
        from tornado.netutil import bind_sockets

        (listens,) = bind_sockets(0, "127.0.0.1")
        server = HTTPServer(app)
        server.add_socket(listens)
        address = f"http://127.0.0.1:{listens.getsockname()[1]}/{path}"
        reply = await AsyncHTTPClient().fetch(address, raise_error=False)
        server.stop()
        return reply.code, reply.body.decode()

    code, told = asyncio.run(asked("dashboard"))
    assert code == 503
    assert "Every place is taken" in told
    assert kernels.list_kernel_ids() == []
    assert asyncio.run(asked("nowhere"))[0] == 404
