"""A session on record becomes a script, and the script a session: no model, no network."""

import json

import pytest
from scripted_client import Server, answer, asking, card, text, use

from archkit.architect.script import Script, ScriptedTurn, read_script, script_of, write_script
from archkit.architect.session import Session
from archkit.architect.stored import read_session
from archkit.errors import SessionError
from archkit.memory.memory import Memory
from archkit.proposal.document import SECTIONS

BRIEF = "Stop the N+1 queries in the posts API"
WHOLE = "# Shop\n\n" + "\n\n".join(f"## {n}. {t}\n\nSaid." for n, t in enumerate(SECTIONS, 1))


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    return folder


def held(tmp_path, shop, memory):
    server = Server(
        answer(
            {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
            use("query_patterns", query="N+1"),
        ),
        answer(asking("api_style")),
        answer(text("I will"), stop_reason=None),
        answer(text(WHOLE)),
    )
    given = {"client": server.client(), "workspace": shop, "max_repairs": 0}
    session = Session(card(tmp_path), memory, **given)
    session.brief(BRIEF)
    session.answer(api_style="GraphQL")
    with pytest.raises(SessionError):
        session.propose()
    session.propose()
    return session


def test_a_real_session_becomes_a_test(tmp_path, shop):
    with Memory(tmp_path / "m.duckdb") as memory:
        session = held(tmp_path, shop, memory)
        script = script_of(read_session(memory, session.session_id))
    path = write_script(script, tmp_path / "scripts" / "s.json")
    read = read_script(path)
    assert read == script
    assert [t.stop_reason for t in read.turns] == ["tool_use", "tool_use", "end_turn"]
    assert "thinking" not in path.read_text("utf-8")
    with Memory(tmp_path / "other.duckdb") as memory:
        again = Session(card(tmp_path), memory, workspace=shop, client=read.client(), max_repairs=0)
        assert again.client_kind == "offline"
        assert [q.key for q in again.brief(read.brief)] == ["api_style"]
        again.answer(read.answers)
        assert again.propose().text == session.proposal.text
        said = [s.tool for s in again.transcript if hasattr(s, "tool")]
        assert said == [s.tool for s in session.transcript if hasattr(s, "tool")]


def test_a_script_that_has_come_to_its_end_says_so(tmp_path, shop):
    turn = ScriptedTurn(({"type": "text", "text": "Nothing is open."},), "end_turn")
    script = Script("tester", "m", BRIEF, {}, (turn,))
    session = Session(card(tmp_path), workspace=shop, client=script.client())
    session.brief(BRIEF)
    with pytest.raises(SessionError, match="come to its end"):
        session.propose()


def test_a_script_is_not_overwritten(tmp_path):
    script = Script("tester", "m", BRIEF, {}, ())
    path = write_script(script, tmp_path / "s.json")
    with pytest.raises(SessionError, match="could not be written"):
        write_script(script, path)


def test_secrets_are_not_written(tmp_path):
    key = "sk-ant-" + "a" * 30
    path = write_script(Script("tester", "m", f"Use {key}", {}, ()), tmp_path / "s.json")
    assert key not in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "No such file"),
        (b"\xff\xfe", "UnicodeDecodeError"),
        (b"[", "JSONDecodeError"),
        (b"[]", "format"),
        (b'{"format": "archkit-script", "version": 9}', "version 9"),
        (b'{"format": "archkit-script", "version": 1}', "missing or odd"),
        (
            json.dumps(
                Script("a", "m", "b", {}, ()).as_json()
                | {"turns": [{"stop_reason": "end_turn", "blocks": [{"type": "image"}]}]}
            ).encode(),
            "can be played",
        ),
    ],
)
def test_what_is_no_script_is_refused(tmp_path, content, why):
    path = tmp_path / "s.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SessionError, match="not a session's script") as error:
        read_script(path)
    assert why in error.value.why
