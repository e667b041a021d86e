"""`archkit doctor`: who would answer and why, with names of variables and never their values."""

import json
import sys
from pathlib import Path

import pytest
from archkit_shell import invoke, shown, told

sys.path.append(str(Path(__file__).parents[1] / "architect"))
from socket_server import SocketServer, page

SECRET = "sk-ant-api03-" + "a1b2c3d4" * 4
ONLINE = {"ARCHKIT_OFFLINE": "", "HOME": "/nowhere"}


def listing(*ids):
    return page(200, json.dumps({"data": [{"id": i} for i in ids]}), "application/json")


def said(found):
    return {check["name"]: check for check in found["checks"]}


def test_without_a_key_the_offline_architect_would_answer():
    found = told("doctor", env=ONLINE)
    assert found["ok"] is True
    assert found["client"] == {
        "kind": "offline",
        "platform": None,
        "reason": "no ANTHROPIC_API_KEY is set",
        "model": "archkit-offline",
        "cost_known": False,
    }
    assert found["variables"] == []
    assert set(said(found)) == {"client", "model", "app", "mcp", "semantic", "ripgrep"}


def test_a_key_is_named_and_its_value_is_never_shown():
    env = ONLINE | {"ANTHROPIC_API_KEY": SECRET, "ANTHROPIC_DEFAULT_SONNET_MODEL": "mine"}
    for text in (shown("doctor", env=env), invoke("doctor", "--json", env=env).stdout):
        assert "ANTHROPIC_API_KEY is set" in text
        assert "a1b2c3d4" not in text
    found = told("doctor", env=env)
    assert (found["client"]["kind"], found["client"]["model"]) == ("claude", "mine")
    assert found["aliases"]["sonnet"] == {"id": "mine", "by": "ANTHROPIC_DEFAULT_SONNET_MODEL"}
    assert found["aliases"]["opus"]["by"] == "archkit's own table"
    assert found["client"]["cost_known"] is True


def test_nothing_is_connected_unless_it_is_asked_for():
    with SocketServer(listing("qwen", "llama")) as server:
        env = ONLINE | {"ANTHROPIC_BASE_URL": server.url, "ANTHROPIC_MODEL": "llama"}
        found = told("doctor", env=env)
        assert server.heads == []
        assert "ANTHROPIC_MODEL names it" in said(found)["model"]["says"]
        found = told("doctor", "--connect", env=env)
        assert [head[""].split("?")[0] for head in server.heads] == ["GET /v1/models"]
    assert said(found)["server"]["says"] == "answers, and lists 2 models; llama is among them"


def test_a_model_that_the_server_does_not_have_is_found():
    with SocketServer(listing("qwen")) as server:
        result = invoke("doctor", "--connect", env=ONLINE | {"ANTHROPIC_BASE_URL": server.url})
    assert result.exit_code == 1
    text = " ".join(result.stdout.split())
    assert "is not among them: qwen" in text
    assert "set ANTHROPIC_MODEL to one it has" in text


def test_a_server_that_is_not_there_is_told():
    with SocketServer() as gone:
        url = gone.url
    result = invoke("doctor", "--connect", "--json", env=ONLINE | {"ANTHROPIC_BASE_URL": url})
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert found["ok"] is False
    assert said(found)["server"]["says"].startswith("The model could not be reached.")


@pytest.mark.parametrize(
    ("env", "says"),
    [
        ({"ANTHROPIC_BASE_URL": "localhost:8080"}, "ANTHROPIC_BASE_URL is no address"),
        ({"CLAUDE_CODE_USE_FOUNDRY": "1"}, "ANTHROPIC_FOUNDRY_API_KEY"),
        ({"ANTHROPIC_PROFILE": "nobody", "ANTHROPIC_CONFIG_DIR": "/nowhere"}, "ANTHROPIC_PROFILE"),
    ],
)
def test_what_keeps_a_session_from_being_held_is_told(env, says, monkeypatch):
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    result = invoke("doctor", "--json", env=ONLINE | env)
    assert result.exit_code == 1
    assert says in said(json.loads(result.stdout))["client"]["says"]


def test_a_key_that_would_travel_in_the_clear_is_told():
    keyed = ONLINE | {"ANTHROPIC_API_KEY": SECRET}
    for address, told_of in (
        ("http://gateway.example", True),
        ("https://gateway.example", False),
        ("http://localhost:1", False),
    ):
        text = shown("doctor", env=keyed | {"ANTHROPIC_BASE_URL": address})
        assert ("travels unencrypted" in text) is told_of


def test_extras_that_are_not_there_are_named_with_the_way_to_get_them(monkeypatch):
    monkeypatch.setattr("archkit.cli.doctor.find_spec", lambda _: None)
    monkeypatch.setattr("shutil.which", lambda _: None)
    found = said(told("doctor"))
    assert 'pip install "archkit[mcp]"' in found["mcp"]["says"]
    assert 'pip install "archkit[semantic]"' in found["semantic"]["says"]
    assert found["ripgrep"]["says"].startswith("not installed")
    assert all(check["ok"] for check in found.values())


def test_a_card_that_is_not_there_is_told_in_three_lines():
    result = invoke("doctor", "--card", "nobody")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 3
