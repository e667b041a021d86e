"""A memory that stops taking events in the middle of a session: nothing said or done is lost."""

import pytest
from scripted_client import PROPOSAL, Remembered, Server, answer, asking, card, text, use

from archkit.architect.backlog import Backlog
from archkit.architect.minutes import Minutes
from archkit.architect.session import Session
from archkit.errors import StoreError
from archkit.memory.memory import Memory

FULL = StoreError("The memory could not be written.", why="The disk is full.", mend="Free some.")
STEPS = {"brief": ("Stop the N+1",), "answer": ("x",), "propose": (), "decide": ("DataLoader",)}


@pytest.fixture
def memory(tmp_path):
    with Memory(tmp_path / "data" / "m.duckdb") as kept:
        yield kept


def failing(memory, monkeypatch, first, last):
    append, calls = memory.append, []

    def full(kind, *given, **filed):
        calls.append(kind)
        if first <= len(calls) <= last:
            raise FULL
        return append(kind, *given, **filed)

    monkeypatch.setattr(memory, "append", full)
    return append


def session_in(tmp_path, memory, server, **settings):
    shop = tmp_path / "shop"
    shop.mkdir(exist_ok=True)
    given = {"workspace": shop, "client": server.client(), "permissions": {"Write"}}
    return Session(card(tmp_path), memory, **given, max_repairs=0, **settings)


def answers():
    write = use("Write", "w1", file_path="a.txt", content="x")
    return answer(write), answer(asking("users")), answer(text(PROPOSAL))


@pytest.mark.parametrize("first", [1, 3, 5, 6, 8, 11])
def test_a_session_goes_on_and_is_on_record_whole_once_there_is_room(
    tmp_path, memory, monkeypatch, first
):
    failing(memory, monkeypatch, first, first + 4)
    server = Server(*answers())
    session = session_in(tmp_path, memory, server)
    for step, given in STEPS.items():
        getattr(session, step)(*given)
    session.close()
    assert session.notices == []
    monkeypatch.undo()
    again = Session.resume(
        session.session_id,
        memory,
        card=card(tmp_path),
        workspace=tmp_path / "shop",
        client=server.client(),
    )
    assert again.stage == "decided"
    assert again.transcript == session.transcript
    assert len(again.decisions) == 1


def test_a_memory_that_takes_nothing_is_said_and_the_tools_are_not_blamed(
    tmp_path, memory, monkeypatch
):
    append = failing(memory, monkeypatch, 4, 10**6)
    session = session_in(tmp_path, memory, Server(*answers()))
    session.brief("Stop the N+1")
    [notice] = session.notices
    assert "not on record yet" in notice
    assert "The disk is full." in notice
    calls = {call.tool: call.is_error for call in session.transcript if hasattr(call, "tool")}
    assert calls == {"query_patterns": False, "Write": False, "ask_questions": False}
    monkeypatch.setattr(memory, "append", append)
    session.close()
    assert session.notices == []
    kept = memory.sql("SELECT count(*) AS n FROM event WHERE kind IN ('message', 'tool_call')")
    assert kept.n[0] == len(session.transcript)


def test_an_event_that_can_never_be_written_does_not_hold_up_the_next():
    memory, backlog = Remembered(), Backlog()
    with pytest.raises(TypeError):
        backlog.write(memory, "activity", {"odd": object()})
    assert backlog.write(memory, "activity", {"summary": "fine"}) is None
    assert memory.of_kind("activity") == [{"summary": "fine"}]


def test_who_has_no_place_for_notices_is_told_by_an_error(tmp_path, memory, monkeypatch):
    failing(memory, monkeypatch, 1, 1)
    minutes = Minutes(memory, session_id="s", agent="a", project="p")
    with pytest.raises(StoreError, match="could not be written"):
        minutes.status("ended", "decided")
