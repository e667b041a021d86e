import json
import os
import shutil
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from mcp_tiny import context7, serving, tiny
from scripted_client import answer, text, use
from test_shell import alive, gone
from tool_talk import Talk, card_of, refusal, run, shop_in

from archkit.architect import mcp_servers
from archkit.architect.loop import portal
from archkit.architect.mcp_config import McpServer, read_mcp_servers
from archkit.architect.tools import ToolBox
from archkit.errors import SessionError

TINY = Path(__file__).with_name("mcp_tiny.py")
THINKING = "@modelcontextprotocol/server-sequential-thinking"


def configure(tmp_path, **servers):
    folder = shop_in(tmp_path)
    (folder / ".mcp.json").write_text(json.dumps({"mcpServers": servers}), "utf-8")
    return folder


@pytest.fixture
def inside(tmp_path, monkeypatch):
    """Make a box whose servers are in this process, and connected."""
    boxes = []

    def make(tools, server=None, name="tiny", **settings):
        folder = configure(tmp_path, **{name: {"command": "never-run"}})
        monkeypatch.setattr(mcp_servers, "transport", lambda *_: server or tiny())
        given = {"mcp": True, "session_id": "s", **settings}
        box = ToolBox(card_of(tmp_path, tools), folder, None, **given)
        boxes.append(box)
        portal().call(box.connect)
        return box

    yield make
    for box in boxes:
        box.close()


def test_only_the_tools_that_the_card_names_are_offered(inside):
    box = inside("Read, mcp__tiny__look, mcp__tiny__nothing, mcp__other__x")
    assert [name for name in box.offered if name.startswith("mcp__")] == ["mcp__tiny__look"]
    assert box.withheld == {
        "mcp__tiny__nothing": "its server has no such tool",
        "mcp__other__x": ".mcp.json has no such server",
    }
    definition = box.offered["mcp__tiny__look"].definition()
    assert definition["description"] == "Look at something."
    assert definition["input_schema"]["required"] == ["what"]
    assert run(box, "mcp__tiny__look", what="a table") == "saw a table"


@pytest.mark.parametrize("tools", ["mcp__tiny", "mcp__tiny__*", "'*'", None])
def test_a_card_may_name_a_whole_server(inside, tools):
    names = {name for name in inside(tools).offered if name.startswith("mcp__")}
    assert "mcp__tiny__table" in names
    assert "mcp__tiny__change" not in names


def test_a_tool_that_does_not_say_it_only_reads_needs_a_permission(inside):
    asked = []
    box = inside("mcp__tiny__change, mcp__tiny__look")
    assert box.withheld == {
        "mcp__tiny__change": 'the session may only read: permissions="read_only"'
    }
    box = inside("mcp__tiny__change", permissions=lambda *given: asked.append(given) or True)
    assert run(box, "mcp__tiny__change", what="it") == "changed it"
    assert asked[0][2] == 'Call change of the MCP server tiny with {"what": "it"}'
    box = inside("mcp__tiny__change", permissions={"mcp__tiny"})
    assert run(box, "mcp__tiny__change", what="it") == "changed it"


def test_results_are_text_and_failures_are_errors(inside):
    box = inside("mcp__tiny")
    assert json.loads(run(box, "mcp__tiny__table")) == {"rows": 3}
    assert "boom" in refusal(box, "mcp__tiny__boom").text
    assert "a secret detail" not in refusal(box, "mcp__tiny__boom").text
    assert refusal(box, "mcp__tiny__look", wrong=1).text
    box._servers.call_s = 0.2
    box._connected = False
    portal().call(box.connect)
    assert "imed out" in refusal(box, "mcp__tiny__stall").text


def test_old_names_and_arguments_of_context7_lead_to_the_new_ones(inside):
    tools = "mcp__context7__resolve-library-id, mcp__context7__get-library-docs"
    box = inside(tools, context7("found"), "context7")
    assert box.withheld == {}
    resolve, docs = "mcp__context7__resolve-library-id", "mcp__context7__get-library-docs"
    assert run(box, resolve, libraryName="react") == "found react|react"
    assert run(box, resolve, libraryName="react", query="hooks") == "found hooks|react"
    old = {"context7CompatibleLibraryID": "/facebook/react", "topic": "hooks", "tokens": 5000}
    assert run(box, docs, **old) == "found /facebook/react|hooks"
    assert run(box, docs, libraryId="/a/b", query="q") == "found /a/b|q"
    assert run(box, docs, context7CompatibleLibraryID="/a/b") == "found /a/b|overview"
    new = inside("mcp__context7__query-docs", context7("found"), "context7")
    assert run(new, "mcp__context7__query-docs", libraryId="/a/b", query="q") == "found /a/b|q"


def test_an_error_of_context7_that_says_it_is_none_is_an_error(inside):
    box = inside("mcp__context7", context7("Error searching libraries:"), "context7")
    said = refusal(box, "mcp__context7__resolve-library-id", query="x", libraryName="y")
    assert said.text == "Error searching libraries: x|y"


def test_in_a_conversation_its_calls_are_logged_as_granted_by_the_users_choice(
    tmp_path, monkeypatch
):
    configure(tmp_path, tiny={"command": "never-run"})
    monkeypatch.setattr(mcp_servers, "transport", lambda *_: tiny())
    talk = Talk(
        tmp_path,
        "mcp__tiny__look, mcp__tiny__boom",
        answer(use("mcp__tiny__look", "a", what="it"), use("mcp__tiny__boom", "b")),
        answer(text("Done.")),
        mcp=["tiny"],
    )
    assert talk.ask().text == "Done."
    look, boom = talk.calls
    assert (look.output, look.granted_by, look.is_error) == ("saw it", "mcp: tiny", False)
    assert (boom.is_error, boom.refused) == (True, False)
    assert talk.box.notices == []
    talk.conversation.close()


def test_no_server_is_started_without_the_users_consent(tmp_path, monkeypatch):
    configure(tmp_path, tiny={"command": "never-run"})
    monkeypatch.setattr(mcp_servers, "transport", lambda *_: pytest.fail("it was started"))
    talk = Talk(tmp_path, "mcp__tiny__look", answer(text("Hi.")))
    talk.ask()
    assert "off unless mcp=" in talk.box.withheld["mcp__tiny__look"]
    talk = Talk(tmp_path, "Read", answer(text("Hi.")), mcp=True)
    talk.ask()
    assert talk.box.notices == []
    talk = Talk(tmp_path, "Read", answer(text("Hi.")), mcp=["tiny", "other"])
    talk.ask()
    assert talk.box.notices == [
        "The MCP server 'tiny' is not used: the card 'tester' names none of its tools.",
        "The MCP server 'other' is not used: .mcp.json has no such server.",
    ]


def test_a_project_without_servers_is_a_notice(tmp_path):
    talk = Talk(tmp_path, "mcp__context7__query-docs", answer(text("Hi.")), mcp=True)
    assert talk.ask().text == "Hi."
    assert talk.box.notices == ["No MCP server is used: the project has no .mcp.json."]
    assert talk.box.withheld["mcp__context7__query-docs"] == "the project has no .mcp.json"


def test_without_the_extra_it_is_a_notice(tmp_path, monkeypatch):
    configure(tmp_path, tiny={"command": "x"})
    monkeypatch.setitem(sys.modules, "mcp", None)
    talk = Talk(tmp_path, "mcp__tiny__look", answer(text("Hi.")), mcp=True)
    assert talk.ask().text == "Hi."
    assert "pip install 'archkit[mcp]'" in talk.box.notices[0]


def test_servers_that_fail_are_notices_and_say_why(tmp_path, capfd):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    key = "sk-ant-" + "a1B2" * 8
    program = f"import sys; print('no port', '{key}', file=sys.stderr); sys.exit(3)"
    configure(
        tmp_path,
        absent={"command": "archkit-has-no-such-program"},
        ends={"command": sys.executable, "args": ["-c", program]},
        refuses={"type": "http", "url": f"http://127.0.0.1:{port}/mcp"},
        unset={"command": "x", "env": {"TOKEN": "${ARCHKIT_UNSET_TOKEN}"}},
    )
    tools = ", ".join(f"mcp__{n}__x" for n in ("absent", "ends", "refuses", "unset"))
    talk = Talk(tmp_path, tools, answer(text("Hi.")), mcp=True)
    assert talk.ask().text == "Hi."
    said = {notice.split("'")[1]: notice for notice in talk.box.notices}
    assert set(said) == {"absent", "ends", "refuses", "unset"}
    assert "No such file" in said["absent"]
    assert "it said: no port [hidden: Anthropic Key]" in said["ends"]
    assert "ARCHKIT_UNSET_TOKEN" in said["unset"]
    talk.conversation.close()
    assert capfd.readouterr() == ("", "")


def test_a_server_that_says_nothing_is_not_waited_for(tmp_path, capfd):
    configure(tmp_path, silent={"command": "sh", "args": ["-c", "echo $$ >pid; exec sleep 300"]})
    talk = Talk(tmp_path, "mcp__silent__x", answer(text("Hi.")), answer(text("On.")), mcp=True)
    talk.box._servers._start_s = 0.5
    assert talk.ask().text == "Hi."
    assert "no answer within 0.5 seconds" in talk.box.notices[0]
    pid = talk.folder / "pid"
    assert not pid.exists() or gone(int(pid.read_text() or 0))  # or ended before it wrote
    assert talk.ask("And?").text == "On."
    assert len(talk.box.notices) == 1
    talk.conversation.close()
    assert capfd.readouterr() == ("", "")


def test_a_program_is_started_spoken_with_and_ended(tmp_path, capfd, monkeypatch):
    monkeypatch.setenv("ANTHROPIC_API_KEY", "hush")
    monkeypatch.setenv("ARCHKIT_WHERE", str(TINY))
    configure(
        tmp_path,
        tiny={"command": sys.executable, "args": ["${ARCHKIT_WHERE}"], "env": {"MINE": "1"}},
    )
    talk = Talk(
        tmp_path,
        "mcp__tiny",
        answer(use("mcp__tiny__environment", "e")),
        answer(use("mcp__tiny__look", "l", what="it")),
        answer(text("Done.")),
        mcp=True,
    )
    assert talk.ask().text == "Done."
    assert talk.box.notices == []
    *names, pid, where = talk.calls[0].output.split()
    assert "MINE" in names
    assert "ANTHROPIC_API_KEY" not in names
    assert where == "."
    assert talk.calls[1].output == "saw it"
    assert alive(int(pid))
    talk.conversation.close()
    assert gone(int(pid))
    assert capfd.readouterr() == ("", "")


def test_a_server_at_an_address_is_spoken_with_and_gets_its_headers(tmp_path):
    seen = []
    inner = tiny().streamable_http_app()

    async def app(scope, receive, send):
        if scope["type"] == "http":
            seen.append(dict(scope["headers"]).get(b"x-mine"))
        await inner(scope, receive, send)

    with serving(app) as port:
        url = f"http://127.0.0.1:{port}/mcp"
        configure(tmp_path, tiny={"type": "http", "url": url, "headers": {"X-Mine": "yes"}})
        talk = Talk(
            tmp_path,
            "mcp__tiny__look",
            answer(use("mcp__tiny__look", "l", what="it")),
            answer(text("Done.")),
            mcp=True,
        )
        assert talk.ask().text == "Done."
        assert (talk.calls[0].output, talk.box.notices) == ("saw it", [])
        talk.conversation.close()
    assert set(seen) == {b"yes"}


def test_a_server_that_dies_is_an_error_of_its_tool_only(tmp_path):
    configure(tmp_path, tiny={"command": sys.executable, "args": [str(TINY)]})
    box = ToolBox(card_of(tmp_path, "mcp__tiny"), tmp_path / "shop", None, session_id="s", mcp=True)
    portal().call(box.connect)
    pid = int(run(box, "mcp__tiny__environment").split()[-2])
    os.kill(pid, 9)
    assert refusal(box, "mcp__tiny__look", what="it").text
    box.close()
    portal().call(box.connect)
    assert run(box, "mcp__tiny__look", what="it") == "saw it"
    box.close()


def test_a_turn_can_be_cancelled_while_a_server_starts(tmp_path):
    configure(tmp_path, silent={"command": "sh", "args": ["-c", "echo $$ >pid; exec sleep 300"]})
    talk = Talk(tmp_path, "mcp__silent__x", answer(text("Hi.")), mcp=True)
    failed = []

    def turn():
        try:
            talk.ask()
        except SessionError as error:
            failed.append(error)

    thread = threading.Thread(target=turn)
    thread.start()
    waiting, pid = threading.Event(), talk.folder / "pid"
    while not (pid.exists() and pid.read_text()):
        waiting.wait(0.02)
    talk.conversation.cancel()
    thread.join(20)
    assert failed[0].why == "It was cancelled."
    talk.conversation.close()
    assert gone(int(pid.read_text()))


def test_no_server_outlives_the_process(tmp_path):
    folder = configure(tmp_path, tiny={"command": sys.executable, "args": [str(TINY)]})
    card_of(tmp_path, "mcp__tiny", name="c")
    script = """
        import sys
        from pathlib import Path
        from archkit.architect.card import read_card
        from archkit.architect.loop import portal
        from archkit.architect.tools import ToolBox

        card, shop = read_card(Path(sys.argv[1])), Path(sys.argv[2])
        box = ToolBox(card, shop, None, session_id="s", mcp=True)
        portal().call(box.connect)
        print(portal().call(box.offered["mcp__tiny__environment"].run, {}).split()[-2])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), str(tmp_path / "c.md"), str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert gone(int(done.stdout))


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("{", "cannot be read"),
        ("[]", 'no object "mcpServers"'),
        ('{"mcpServers": []}', 'no object "mcpServers"'),
        ("[" * 100_000, "cannot be read"),
        ("x" * 300_000, "longer than"),
        ("\0", "cannot be read"),
    ],
)
def test_a_file_that_is_none_is_said(tmp_path, written, problem):
    (tmp_path / ".mcp.json").write_text(written, "utf-8")
    servers, problems = read_mcp_servers(tmp_path, {})
    assert servers == {}
    assert problem in problems[""]
    assert str(tmp_path) not in problems[""]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (3, "no object"),
        ({}, "command is missing"),
        ({"command": ""}, "command is missing"),
        ({"command": "x", "args": "y"}, "args is no list"),
        ({"command": "x", "args": [3]}, "args is missing or no text"),
        ({"command": "x", "env": ["A=1"]}, "env is no object"),
        ({"command": "x\0"}, "command is missing or no text"),
        ({"command": "${NOPE}"}, "the environment has no NOPE, which command names"),
        ({"type": "sse", "url": "http://h"}, "the transport 'sse' is not supported"),
        ({"url": "file:///etc/passwd"}, "begins with neither http"),
    ],
)
def test_a_server_that_is_none_is_said_and_others_stand(tmp_path, given, problem):
    folder = configure(tmp_path, good={"command": "x"}, bad=given)
    servers, problems = read_mcp_servers(folder, {})
    assert set(servers) == {"good"}
    assert problem in problems["bad"]


def test_variables_are_filled_in_and_never_shown(tmp_path):
    folder = configure(
        tmp_path,
        **{
            "a b": {
                "command": "${BIN:-npx}",
                "args": ["-y", "", "${PKG}"],
                "env": {"KEY": "${SECRET}", "EMPTY": "${NONE:-}"},
            },
            "web": {
                "type": "http",
                "url": "https://h/${PKG}",
                "headers": {"A": "Bearer ${SECRET}"},
            },
        },
    )
    servers, problems = read_mcp_servers(folder, {"PKG": "p", "SECRET": "hush"})
    assert problems == {}
    assert servers["a_b"] == McpServer("a_b", ("npx", "-y", "", "p"), {"KEY": "hush", "EMPTY": ""})
    assert servers["web"].headers == {"A": "Bearer hush"}
    assert "hush" not in repr(servers)


def thinking():
    """Return where the real server lies, if it was installed below this project or for all."""
    places = [Path(__file__).parents[2] / "node_modules"]
    places += [Path(p) for p in os.environ.get("NODE_PATH", "").split(os.pathsep) if p]
    found = [place / THINKING / "dist" / "index.js" for place in places]
    return next((path for path in found if path.is_file()), None)


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
@pytest.mark.skipif(
    thinking() is None,
    reason=f"{THINKING} is not installed: npm install it, and name its node_modules in NODE_PATH",
)
def test_the_real_sequential_thinking_server_thinks(tmp_path, capfd):
    configure(tmp_path, **{"sequential-thinking": {"command": "node", "args": [str(thinking())]}})
    name = "mcp__sequential-thinking__sequentialthinking"
    thought = {"thought": "One.", "thoughtNumber": 1, "totalThoughts": 2}
    talk = Talk(
        tmp_path,
        name,
        answer(use(name, "a", nextThoughtNeeded=True, **thought)),
        answer(use(name, "b", nextThoughtNeeded=False, **{**thought, "thoughtNumber": 2})),
        answer(use(name, "c", thought="No number.")),
        answer(text("Done.")),
        mcp=True,
    )
    assert talk.ask().text == "Done."
    first, second, third = talk.calls
    assert json.loads(first.output)["thoughtHistoryLength"] == 1
    assert json.loads(second.output)["thoughtHistoryLength"] == 2
    assert (third.is_error, third.refused) == (True, False)
    talk.conversation.close()
    assert capfd.readouterr() == ("", "")
