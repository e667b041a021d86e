"""A session taken up from the memory alone, as after a restart of the kernel."""

from dataclasses import replace

import httpx2
import pytest
from scripted_client import Server, answer, asking, card, text, use

from archkit.architect.session import Session
from archkit.architect.stored import read_session
from archkit.errors import SessionError
from archkit.memory.memory import Memory
from archkit.proposal.document import SECTIONS

BRIEF = "Stop the N+1 queries in the posts API"
PROPOSAL = "# Shop\n\n" + "\n\n".join(f"## {n}. {t}\n\nSaid." for n, t in enumerate(SECTIONS, 1))


@pytest.fixture
def memory(tmp_path):
    with Memory(tmp_path / "data" / "m.duckdb") as kept:
        yield kept


@pytest.fixture
def shop(tmp_path):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "README.md").write_text("# Shop\n\nSells posts.\n", encoding="utf-8")
    return folder


def begun(tmp_path, shop, memory, *answers):
    server = Server(*answers)
    given = {"workspace": shop, "client": server.client(), "max_repairs": 0}
    return Session(card(tmp_path), memory, **given), server


def resumed(session, tmp_path, memory, *answers, **settings):
    server = Server(*answers)
    given = {"card": card(tmp_path), "workspace": tmp_path / "shop", "client": server.client()}
    again = Session.resume(session.session_id, memory, **{**given, "max_repairs": 0, **settings})
    return again, server


def test_a_session_is_taken_up_with_everything_that_was_said(tmp_path, shop, memory):
    session, first = begun(
        tmp_path,
        shop,
        memory,
        answer(use("query_patterns", query="N+1", context={"page_size": 50})),
        answer(use("note_tradeoff", "t2", choice="DataLoader", alternatives=["joins"], note="x")),
        answer(asking("api_style", "staleness_s")),
        answer(text(PROPOSAL)),
    )
    session.brief(BRIEF)
    session.answer(api_style="GraphQL")
    session.propose()
    decision = session.decide("DataLoader", alternatives=["joins"], rationale="batches")
    again, second = resumed(session, tmp_path, memory, answer(text(PROPOSAL.replace("Said", "So"))))
    assert again.asked == BRIEF
    assert again.stage == "decided"
    assert again.briefing == session.briefing
    assert again.transcript == session.transcript
    assert [q.answer for q in again.questions] == ["GraphQL", None]
    assert again.proposal.text == PROPOSAL
    assert again.decisions == [decision]
    assert [s.status for s in again.steps] == [s.status for s in session.steps]
    assert len(again.evidence) == 2
    assert again.evidence[1].context == {"page_size": 50}
    assert (again.tokens, again.cost_usd) == (session.tokens, pytest.approx(session.cost_usd))
    assert again.notices == []
    again.answer(staleness_s="60")
    again.propose()
    body = second.bodies[0]
    assert body["messages"][: len(first.bodies[-1]["messages"])] == first.bodies[-1]["messages"]
    assert body["messages"][-1]["content"][0]["text"].startswith('<request stage="proposal">')
    assert [v.number for v in again.versions] == [1, 2]
    numbers = [s.n for s in again.transcript]
    assert numbers == sorted(set(numbers))


def test_answers_are_kept_before_anything_is_proposed(tmp_path, shop, memory):
    session, _ = begun(tmp_path, shop, memory, answer(asking("api_style")))
    session.brief(BRIEF)
    session.answer("GraphQL, for two teams")
    again, server = resumed(session, tmp_path, memory, answer(text(PROPOSAL)))
    assert again.stage == "questions"
    again.propose()
    assert "GraphQL, for two teams" in server.bodies[0]["messages"][-1]["content"][-1]["text"]


def test_a_turn_that_broke_off_goes_on_and_no_tool_is_run_again(tmp_path, shop, memory):
    lesson = use("record_lesson", "t1", text="Batch per request")
    session, _ = begun(
        tmp_path,
        shop,
        memory,
        answer(lesson),
        answer(text("I will"), until=3, fault=httpx2.RemoteProtocolError("gone")),
    )
    with pytest.raises(SessionError):
        session.brief(BRIEF)
    again, server = resumed(session, tmp_path, memory, answer(asking("users")))
    assert again.stage == "new"
    assert [q.key for q in again.brief(BRIEF)] == ["users"]
    sent = server.bodies[0]["messages"]
    assert [m["role"] for m in sent] == ["user", "assistant", "user"]
    assert sent[2]["content"][0]["content"] == "recorded"
    assert len(memory.sql("SELECT 1 FROM lesson")) == 1
    users = [
        m
        for m in read_session(memory, session.session_id).said
        if m.__class__.__name__ == "Message"
    ]
    assert [m.role for m in users if m.role == "user"] == ["user"]


def test_a_tool_that_never_answered_is_told_so(tmp_path, shop, memory):
    session, _ = begun(tmp_path, shop, memory, answer(asking("users")))
    session.brief(BRIEF)
    stored = read_session(memory, session.session_id)
    last = replace(stored, said=stored.said[:3]).history[-1]["content"][0]
    assert last["is_error"] is True
    assert "before you do it again" in last["content"]


def test_thinking_goes_back_as_it_came(tmp_path, shop, memory):
    thought = {"type": "thinking", "thinking": "Which API style?", "signature": "sig"}
    session, server = begun(
        tmp_path,
        shop,
        memory,
        answer(thought, use("query_patterns", query="N+1")),
        answer(asking("users")),
    )
    session.brief(BRIEF)
    assert server.bodies[0]["thinking"] == {"type": "adaptive"}
    assert server.bodies[1]["messages"][1]["content"][0] == thought
    assert session.transcript[2].thinking == "Which API style?"
    assert "Which API style?" not in session.transcript[2].text
    history = read_session(memory, session.session_id).history
    assert history[1]["content"][0] == thought


def test_an_older_model_is_asked_again_without_what_it_refuses(tmp_path, shop):
    body = {"type": "error", "error": {"type": "invalid_request_error"}}
    body["error"]["message"] = "thinking: adaptive is not supported by this model"
    refusal = httpx2.Response(400, json=body)
    session, server = begun(tmp_path, shop, None, refusal, answer(asking("users")))
    session.brief(BRIEF)
    assert ["thinking" in b for b in server.bodies] == [True, False]
    assert ["cache_control" in b for b in server.bodies] == [True, False]


def test_a_budget_ends_a_turn_between_two_answers_and_may_be_raised(tmp_path, shop, memory):
    session, server = begun(
        tmp_path,
        shop,
        memory,
        answer(use("query_patterns", query="N+1")),
        answer(asking("users")),
    )
    session.limits.max_cost_usd = 0.000001
    with pytest.raises(SessionError) as error:
        session.brief(BRIEF)
    assert error.value.what.startswith("The session has spent 0.00")
    assert "session.limits.max_cost_usd" in error.value.mend
    assert len(server.bodies) == 1
    session.limits.max_cost_usd = 1.0
    assert [q.key for q in session.brief(BRIEF)] == ["users"]
    calls = [s for s in session.transcript if getattr(s, "tool", "") == "query_patterns"]
    assert len(calls) == 2  # archkit's own, and the model's


@pytest.mark.parametrize("limit", ["max_cost_usd", "max_wait_s", "max_turns"])
def test_a_limit_that_nothing_can_keep_is_refused(tmp_path, shop, limit):
    with pytest.raises(ValueError, match=f"{limit} must be positive"):
        Session(card(tmp_path), workspace=shop, client="offline", **{limit: 0})


def test_how_long_the_model_may_be_silent_can_be_said(tmp_path, shop):
    session, server = begun(tmp_path, shop, None, answer(asking("users")))
    session.limits.max_wait_s = 7.0
    session.brief(BRIEF)
    assert server.timeouts[0]["read"] == 7.0


def test_a_session_nobody_knows_cannot_be_resumed(memory):
    with pytest.raises(SessionError, match="knows no session 'nobody'"):
        Session.resume("nobody", memory)


def test_a_session_that_was_killed_before_its_first_request_is_briefed_all_the_same(
    tmp_path, shop, memory, monkeypatch
):
    session, _ = begun(tmp_path, shop, memory)
    monkeypatch.setattr(session, "_look_up", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        session.brief(BRIEF)
    again, server = resumed(session, tmp_path, memory, answer(asking("users")))
    again.brief(BRIEF)
    assert again.briefing["project"]
    assert len(again.evidence) == 1
    assert next(step.status for step in again.steps) == "done"
    assert "Sells posts." in server.bodies[0]["messages"][0]["content"][0]["text"]
    started = memory.sql("SELECT count(*) AS n FROM event WHERE kind = 'session_started'")
    assert started.n[0] == 1


def test_what_the_memory_said_counts_after_a_brief_that_broke_off(tmp_path, shop, memory):
    session, _ = begun(tmp_path, shop, memory, httpx2.ConnectError("gone"))
    with pytest.raises(SessionError):
        session.brief(BRIEF)
    again, _ = resumed(session, tmp_path, memory, answer(asking("users")))
    again.brief(BRIEF)
    assert len(again.evidence) == len(session.evidence) == 1


def test_thinking_that_named_a_secret_does_not_go_back_changed(tmp_path, shop, memory):
    secret = "sk-ant-api03-" + "Ab1" * 20
    thoughts = [
        {"type": "thinking", "thinking": said, "signature": "sig"}
        for said in (f"The key is {secret}.", f"It lies in {shop}/README.md.", "Plain.")
    ]
    session, _ = begun(
        tmp_path,
        shop,
        memory,
        *(
            answer(thought, use("query_patterns", f"t{n}", query="N+1"))
            for n, thought in enumerate(thoughts)
        ),
        answer(asking("users")),
    )
    session.brief(BRIEF)
    history = read_session(memory, session.session_id).history
    kept = [b for m in history for b in m["content"] if b["type"] == "thinking"]
    assert kept == [thoughts[2]]
    again, _ = resumed(session, tmp_path, memory)
    assert "The key is [hidden" in again.transcript[2].thinking


def test_who_has_not_heard_how_a_session_went_on_is_told(tmp_path, shop, memory):
    session, server = begun(tmp_path, shop, memory, answer(asking("users")))
    session.brief(BRIEF)
    again, _ = resumed(session, tmp_path, memory, answer(text(PROPOSAL)))
    assert again.propose().text == PROPOSAL
    with pytest.raises(SessionError, match="went on elsewhere") as error:
        session.propose()
    assert "Session.resume" in error.value.mend
    assert len(server.bodies) == 1
    numbers = [said.n for said in read_session(memory, session.session_id).said]
    assert numbers == sorted(set(numbers))


def test_taking_up_a_session_to_look_at_it_stops_nobody(tmp_path, shop, memory):
    session, _ = begun(tmp_path, shop, memory, answer(asking("users")), answer(text(PROPOSAL)))
    session.brief(BRIEF)
    _looked_at, _ = resumed(session, tmp_path, memory)
    assert session.propose().text == PROPOSAL


def test_two_do_not_go_on_with_one_session_at_once(tmp_path, shop, memory):
    tried = []

    def go_on(_):
        again, server = resumed(session, tmp_path, memory)
        with pytest.raises(SessionError, match="at work elsewhere"):
            again.propose()
        tried.append(server.bodies)

    session, _ = begun(tmp_path, shop, memory, answer(asking("users")), answer(text(PROPOSAL)))
    session.brief(BRIEF)
    session._on_text = go_on
    assert session.propose().text == PROPOSAL
    assert tried[0] == []


def test_a_session_that_two_processes_went_on_with_says_so(tmp_path, shop, memory):
    session, _ = begun(tmp_path, shop, memory, answer(asking("users")))
    session.brief(BRIEF)
    first, _ = resumed(session, tmp_path, memory, answer(text(PROPOSAL)))
    second, _ = resumed(session, tmp_path, memory, answer(text(PROPOSAL)))
    second.propose()
    first._minutes.check_alone = lambda: None  # as if in a process of its own
    first.propose()
    again, server = resumed(session, tmp_path, memory, answer(text(PROPOSAL)))
    assert "in two places at once" in again.notices[0]
    again.propose()
    roles = [message["role"] for message in server.bodies[0]["messages"]]
    assert roles == [("user", "assistant")[n % 2] for n in range(len(roles))]


def test_a_changed_card_is_said(tmp_path, shop, memory):
    session, _ = begun(tmp_path, shop, memory, answer(asking("users")))
    session.brief(BRIEF)
    again, _ = resumed(session, tmp_path, memory, card="backend-architect")
    assert again.notices == ["The card has changed since the session began."]


def test_the_offline_architect_goes_on_where_it_stood(shop, memory):
    session = Session(memory=memory, workspace=shop, client="offline")
    session.brief(BRIEF)
    again = Session.resume(session.session_id, memory, workspace=shop, client="offline")
    assert [q.key for q in again.questions] == [q.key for q in session.questions]
    said = again.propose().text
    third = Session.resume(session.session_id, memory, workspace=shop, client="offline")
    assert third.propose().text == said
