"""Each way a turn can fail: what the user sees, what is kept, how often it is asked, what is not.

Every row runs after a tool that wrote, and is taken up again: the tool must not write twice.
"""

import copy
import json
import sys
import types
from collections import namedtuple
from contextlib import contextmanager

import anthropic
import httpx2
import pytest
import socket_server
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted_client import PROPOSAL, Remembered, Server, answer, asking, card, events, text, use
from socket_server import CLOSE, RESET, STALL, SocketServer, page

from archkit.architect.loop import portal
from archkit.architect.session import Session
from archkit.architect.streamed_answer import Answer
from archkit.errors import SessionError

BRIEF = "Stop the N+1 queries in the posts API"
KEPT = "Call the same step again: what was said so far is kept, and no tool that ran is run again."
NETWORK = "Check the network and ANTHROPIC_BASE_URL, or set ARCHKIT_OFFLINE=1 to work without."
HALF = "Half an an"
WROTE = use("record_lesson", text="Pools leak.")

Row = namedtuple("Row", "answers requests what why mend kept", defaults=("",))


@pytest.fixture(autouse=True)
def _no_waits(monkeypatch):
    monkeypatch.setattr("anthropic._base_client.INITIAL_RETRY_DELAY", 0.001)
    monkeypatch.setattr("anthropic._base_client.MAX_RETRY_DELAY", 0.001)


def session_with(tmp_path, client, memory=None, **settings):
    (tmp_path / "shop").mkdir(exist_ok=True)
    given = {"client": client, "workspace": tmp_path / "shop", "max_repairs": 0, **settings}
    return Session(card(tmp_path), memory, **given)


def error(status, kind="some_error", message="the reason", **headers):
    body = {"type": "error", "error": {"type": kind, "message": message}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, json=body, headers=named)


def cut(*more, until=3, fault=None):
    """Return an answer that ends after its third event, with `more` events then."""
    broken = answer(text("Half an answer"), until=until, fault=fault)
    broken.stream.said[until:] = more
    broken.stream.until = until + len(more)
    return broken


def raw(*chunks, **headers):
    """Return a stream of bytes as they are."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named["content-type"] = "text/event-stream"

    class Bytes(httpx2.AsyncByteStream):
        async def __aiter__(self):
            for chunk in chunks:
                yield chunk

    return httpx2.Response(200, headers=named, stream=Bytes())


def began():
    said = list(events([text("Half an answer")]))[:3]
    return [f"event: {n}\ndata: {json.dumps({'type': n, **d})}\n\n".encode() for n, d in said]


def failed(what, why, mend=KEPT, *, answers, requests=1, kept=""):
    if kept:
        what = f"{what[:-1]}; its text so far is kept as interrupted."
    return Row(answers, requests, what, why, mend, kept)


def repeated(status, what, mend, **headers):
    answers = [error(status, **headers) for _ in range(3)]
    return failed(what, "the reason", mend, answers=answers, requests=3)


def once(status, what, mend):
    return failed(what, "the reason", mend, answers=[error(status)])


def too_long(seconds, **headers):
    what = f"The server asks to wait {seconds} seconds (status 429)."
    why = "It is busy or a limit was reached; archkit waits 30 seconds at most."
    return failed(what, why, f"Try again after that time. {KEPT}", answers=[error(429, **headers)])


def not_an_answer(content_type, body):
    response = httpx2.Response(200, headers={"content-type": content_type}, content=body)
    return failed(
        "The answer did not come from a model server.",
        f"It is '{content_type}', no event stream: a sign-in page?",
        "Sign in to the network or check ANTHROPIC_BASE_URL, then call the same step again.",
        answers=[response],
    )


def stopped_by(kind):
    event = ("error", {"error": {"type": kind, "message": "Too much"}})
    return failed(f"The model stopped with '{kind}'.", "Too much", answers=[cut(event)], kept=HALF)


def unreadable(why, *answers, kept=HALF):
    return failed("The server's answer could not be read.", why, answers=answers, kept=kept)


ROWS = {
    "rate limited, three times": lambda: repeated(
        429,
        "The rate limit was reached (status 429).",
        f"Wait a minute. {KEPT}",
        retry_after_ms="1",
    ),
    "overloaded, three times": lambda: repeated(
        529, "The model is overloaded (status 529).", f"Wait a minute. {KEPT}"
    ),
    "broken, three times": lambda: repeated(500, "The server failed (status 500).", KEPT),
    "a gateway's page, three times": lambda: failed(
        "The server failed (status 502).",
        "The answer is 'text/html', no error of the API: another server is between.",
        answers=[httpx2.Response(502, html="<h1>Bad gateway</h1>") for _ in range(3)],
        requests=3,
    ),
    "told not to try again": lambda: failed(
        "The model is overloaded (status 529).",
        "the reason",
        f"Wait a minute. {KEPT}",
        answers=[error(529, x_should_retry="false")],
    ),
    "bad request": lambda: once(
        400,
        "The request was not accepted (status 400).",
        "Read the reason; a smaller brief or another model may do.",
    ),
    "wrong key": lambda: once(
        401,
        "The API key was not accepted (status 401).",
        "Set ANTHROPIC_API_KEY to a valid key, or ARCHKIT_OFFLINE=1.",
    ),
    "no credit": lambda: once(
        402,
        "The account has no credit left (status 402).",
        "Top up the account, or set ARCHKIT_OFFLINE=1.",
    ),
    "forbidden": lambda: once(
        403,
        "The key may not use this model (status 403).",
        "Choose another model in the card, or another key.",
    ),
    "no such model": lambda: once(
        404,
        "The model or the address was not found (status 404).",
        "Name a model that this server has in ARCHKIT_MODEL; its address goes without /v1.",
    ),
    "too large": lambda: once(
        413,
        "The request is too large (status 413).",
        "Start a new session with a shorter brief.",
    ),
    "asked to wait ten minutes": lambda: too_long(600, retry_after="600"),
    "asked to wait in milliseconds": lambda: too_long(120, retry_after_ms="120000"),
    "a sign-in page": lambda: not_an_answer("text/html", b"<html>Sign in</html>"),
    "JSON where a stream was asked for": lambda: not_an_answer("application/json", b'"hello"'),
    "dropped in the middle": lambda: failed(
        "The connection broke while the model was answering.",
        "RemoteProtocolError: gone",
        answers=[cut(fault=httpx2.RemoteProtocolError("gone"))],
        kept=HALF,
    ),
    "silent in the middle": lambda: failed(
        "The model did not answer in time.",
        "Nothing came for longer than the client waits (ReadTimeout).",
        answers=[cut(fault=httpx2.ReadTimeout("silence"))],
        kept=HALF,
    ),
    "ended without saying so": lambda: failed(
        "The model's answer broke off.",
        "The stream ended without saying that the answer was complete.",
        answers=[cut()],
        kept=HALF,
    ),
    "overloaded in the middle": lambda: stopped_by("overloaded_error"),
    "rate limited in the middle": lambda: stopped_by("rate_limit_error"),
    "an event that is no JSON": lambda: unreadable(
        "JSONDecodeError: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1)",
        raw(*began(), b"event: content_block_delta\ndata: {broken\n\n"),
    ),
    "an event that is no text": lambda: unreadable(
        "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: "
        "invalid start byte",
        raw(*began(), b"\xff\xfe\n\n"),
    ),
    "a delta of a block nobody began": lambda: unreadable(
        "IndexError: list index out of range",
        cut(("content_block_delta", {"index": 7, "delta": {"type": "text_delta", "text": "x"}})),
    ),
    "a delta that is none": lambda: unreadable(
        "AttributeError: 'str' object has no attribute 'type'",
        cut(("content_block_delta", {"index": 0, "delta": "x"})),
    ),
    "garbled on the way": lambda: unreadable(
        "DecodingError: Error -3 while decompressing data: incorrect header check",
        raw(b"no gzip", content_encoding="gzip"),
        kept="",
    ),
    "no beginning": lambda: unreadable("AssertionError", raw(), kept=""),
    "a tool asked for without its name": lambda: unreadable(
        "ValueError: A block of the answer (tool_use) has no name.",
        answer({"type": "tool_use", "id": "toolu_1", "name": None, "input": {}}),
        kept="",
    ),
    "refused": lambda: failed(
        "The model refused to answer (category: cyber).",
        "It looks like an attack.",
        "Say in a new session what the system is for; nothing was decided.",
        answers=[
            answer(
                stop_reason="refusal",
                stop_details={
                    "type": "refusal",
                    "category": "cyber",
                    "explanation": "It looks like an attack.",
                },
            )
        ],
    ),
    "refused without a word": lambda: failed(
        "The model refused to answer.",
        "It gave no explanation.",
        "Say in a new session what the system is for; nothing was decided.",
        answers=[answer(stop_reason="refusal")],
    ),
    "no connection in time": lambda: failed(
        "The model did not answer in time.",
        "Nothing came for longer than the client waits (ConnectTimeout).",
        answers=[httpx2.ConnectTimeout("slow") for _ in range(3)],
        requests=3,
    ),
    "no network": lambda: failed(
        "The model could not be reached.",
        "no route to host",
        NETWORK,
        answers=[httpx2.ConnectError("no route to host") for _ in range(3)],
        requests=3,
    ),
}


def check(row, session, server, memory):
    """Let a turn fail as the row says, and take it up again."""
    with pytest.raises(SessionError) as raised:
        session.brief(BRIEF)
    seen = str(raised.value).splitlines()
    assert seen == [row.what, f"Why: {row.why}", f"Mend: {row.mend}"]
    assert len(server.bodies) == 1 + row.requests
    status = memory.of_kind("session_status")[-1]
    assert status["status"] == ("interrupted" if row.kept else "failed")
    assert status["reason"] == row.what
    check_kept(row, memory)
    assert [q.key for q in session.brief(BRIEF)] == ["users"]
    assert [lesson.text for lesson in memory.lessons] == ["Pools leak."]
    assert len(memory.of_kind("session_started")) == 1
    asked = server.bodies[-1]["messages"]
    assert [m["role"] for m in asked] == ["user", "assistant", "user"]
    assert [b["type"] for b in asked[1]["content"]] == ["tool_use"]
    assert asked[2]["content"][0]["content"] == "recorded"


def check_kept(row, memory):
    partial = [m for m in memory.of_kind("message") if m["status"] == "interrupted"]
    if row.kept:
        assert [m["text"] for m in partial] == [row.kept]
    assert not any(m["text"] for m in partial) or row.kept


@pytest.mark.parametrize("name", ROWS)
def test_failure_is_told_in_three_lines_kept_and_taken_up(name, tmp_path):
    row, memory = ROWS[name](), Remembered()
    server = Server(answer(WROTE), *row.answers, answer(asking("users")))
    session = session_with(tmp_path, server.client(max_retries=2), memory)
    check(row, session, server, memory)


SOCKET_ROWS = {
    "reset before an answer": lambda: failed(
        "The model could not be reached.", None, NETWORK, answers=[[RESET]] * 3, requests=3
    ),
    "silent before an answer": lambda: failed(
        "The model did not answer in time.",
        "Nothing came for longer than the client waits (ReadTimeout).",
        answers=[[STALL]] * 3,
        requests=3,
    ),
    "reset in the middle": lambda: dropped([RESET]),
    "closed in the middle": lambda: dropped([CLOSE]),
    "silent in the middle": lambda: failed(
        "The model did not answer in time.",
        "Nothing came for longer than the client waits (ReadTimeout).",
        answers=[socket_server.answer(text("Half an answer"), until=3, then=[STALL])],
        kept=HALF,
    ),
    "ended without saying so": lambda: failed(
        "The model's answer broke off.",
        "The stream ended without saying that the answer was complete.",
        answers=[socket_server.answer(text("Half an answer"), until=3)],
        kept=HALF,
    ),
    "a sign-in page": lambda: not_an_answer("text/html", b"")._replace(
        answers=[page(200, "<html>Sign in</html>")]
    ),
    "sent on to a sign-in page": lambda: not_an_answer("text/html", b"")._replace(
        answers=[page("307", "", location="/sign-in"), page(200, "<html>Sign in</html>")],
        requests=2,
    ),
    "asked to wait ten minutes": lambda: too_long(600)._replace(
        answers=[page(429, "{}", "application/json", retry_after="600")]
    ),
}


def dropped(end):
    return failed(
        "The connection broke while the model was answering.",
        None,
        answers=[socket_server.answer(text("Half an answer"), until=3, then=end)],
        kept=HALF,
    )


@contextmanager
def connected(*answers, **settings):
    wait = httpx2.Timeout(10, read=settings.pop("read_s", 10))
    with SocketServer(*answers) as server:
        given = {"api_key": "test", "base_url": server.url, "timeout": wait, "max_retries": 2}
        client = anthropic.AsyncAnthropic(**given | settings)
        yield server, client
        portal().call(client.close)


@pytest.mark.parametrize("name", SOCKET_ROWS)
def test_failure_of_a_real_connection_is_told_kept_and_taken_up(name, tmp_path):
    row, memory = SOCKET_ROWS[name](), Remembered()
    answers = [socket_server.answer(WROTE), *row.answers, socket_server.answer(asking("users"))]
    # beside the silence the answers that come have to keep within it, on a busy machine, too
    read_s = 2 if name.startswith("silent") else 10
    with connected(*answers, read_s=read_s) as (server, client):
        session = session_with(tmp_path, client, memory)
        if row.why is None:  # the words of the operating system
            row = row._replace(why=_why(session, row))
            server.answers[:] = answers[1 + len(row.answers) :]
            assert [q.key for q in session.brief(BRIEF)] == ["users"]
            check_kept(row, memory)
            assert len(memory.lessons) == 1
        else:
            check(row, session, server, memory)
        assert len(server.bodies) == 2 + row.requests


def _why(session, row):
    with pytest.raises(SessionError) as raised:
        session.brief(BRIEF)
    what, why, mend = str(raised.value).splitlines()
    assert (what, mend) == (row.what, f"Mend: {row.mend}")
    assert len(why) > len("Why: ")
    return why


def test_nobody_listening_is_told_and_can_be_taken_up(tmp_path):
    with SocketServer() as gone:
        url = gone.url
    client = anthropic.AsyncAnthropic(api_key="test", base_url=url, max_retries=0)
    with pytest.raises(SessionError, match="could not be reached") as raised:
        session_with(tmp_path, client).brief(BRIEF)
    assert raised.value.mend == NETWORK


@pytest.mark.parametrize("overloaded", [1, 2])
def test_failure_before_the_first_byte_is_retried_unseen(tmp_path, overloaded):
    busy = [page(529, "{}", "application/json") for _ in range(overloaded)]
    with connected(*busy, socket_server.answer(asking("users"))) as (server, client):
        session = session_with(tmp_path, client)
        assert [q.key for q in session.brief(BRIEF)] == ["users"]
        assert len(server.bodies) == overloaded + 1


def test_short_wait_asked_for_is_waited(tmp_path):
    server = Server(error(429, retry_after_ms="5"), answer(asking("users")))
    session = session_with(tmp_path, server.client(max_retries=2))
    assert len(session.brief(BRIEF)) == 1
    assert len(server.bodies) == 2


@pytest.mark.parametrize("asked", ["soon", "-5", "nan", "Mon, 99 Foo 2026", ""])
def test_wait_that_is_no_time_is_left_to_the_client(tmp_path, asked):
    server = Server(error(429, retry_after=asked), answer(asking("users")))
    session = session_with(tmp_path, server.client(max_retries=1))
    assert len(session.brief(BRIEF)) == 1


@pytest.mark.parametrize("asked", ["inf", "1e9", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_wait_without_an_end_is_not_waited(tmp_path, asked):
    server = Server(error(529, retry_after=asked))
    session = session_with(tmp_path, server.client(max_retries=2))
    with pytest.raises(SessionError, match="The server asks to wait"):
        session.brief(BRIEF)
    assert len(server.bodies) == 1


def test_what_nobody_knows_is_passed_over(tmp_path):
    known = list(events([text("Let me ask."), asking("users")], stop_reason="tool_use"))
    odd = {"type": "delta_of_tomorrow", "value": 1}
    known.insert(2, ("event_of_tomorrow", {"value": 1}))
    known.insert(3, ("ping", {}))
    known.insert(4, ("content_block_delta", {"index": 0, "delta": odd}))
    response = answer()
    response.stream.said = known
    memory = Remembered()
    session = session_with(tmp_path, Server(response).client(), memory)
    assert [q.key for q in session.brief(BRIEF)] == ["users"]
    assert memory.of_kind("message")[-1]["text"] == "Let me ask."


def test_block_and_stop_reason_of_tomorrow_are_kept_and_do_not_disturb(tmp_path):
    new = {"type": "hologram", "light": 3}
    memory = Remembered()
    later = answer(text("hm"), text(PROPOSAL), stop_reason="reason_of_tomorrow")
    later.stream.said[1:4] = [
        ("content_block_start", {"index": 0, "content_block": new}),
        ("content_block_stop", {"index": 0}),
    ]
    server = Server(answer(asking("users")), later)
    session = session_with(tmp_path, server.client(), memory)
    session.brief(BRIEF)
    assert session.propose().missing == ()
    said = memory.of_kind("message")[-1]
    assert said["stop_reason"] == "reason_of_tomorrow"
    assert said["content"][0]["type"] == "hologram"
    assert said["text"] == PROPOSAL


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": None}])
@pytest.mark.parametrize("at_the_end", [None, {}, {"output_tokens": None}])
def test_server_that_counts_no_tokens_is_understood(tmp_path, usage, at_the_end):
    response = answer(asking("users"))
    said = copy.deepcopy(response.stream.said)
    said[0][1]["message"]["usage"] = usage
    said[-2][1]["usage"] = at_the_end
    response.stream.said = said
    session = session_with(tmp_path, Server(response).client())
    assert [q.key for q in session.brief(BRIEF)] == ["users"]
    assert (session.tokens.input, session.cost_usd) == (0, None)


def test_proposal_that_broke_off_is_taken_up_and_no_note_is_made_twice(tmp_path):
    noted = use("note_tradeoff", choice="DataLoader", alternatives=["joins"], note="batches")
    broken = answer(text(PROPOSAL), until=6, fault=httpx2.ReadError("gone"))
    server = Server(answer(asking("users")), answer(noted), broken, answer(text(PROPOSAL)))
    memory = Remembered()
    session = session_with(tmp_path, server.client(), memory)
    session.brief(BRIEF)
    with pytest.raises(SessionError, match="its text so far is kept"):
        session.propose()
    assert (session.stage, session.proposal) == ("questions", None)
    assert session.propose().missing == ()
    notes = [call for call in memory.of_kind("tool_call") if call["tool"] == "note_tradeoff"]
    assert len(notes) == 1
    assert [p["version"] for p in memory.of_kind("proposal")] == [1]


class UnsignedError(Exception):
    """What a platform's own package raises where nobody is signed in."""


class GarbledError(Exception):
    """What it raises at a stream that is none."""


UnsignedError.__module__, GarbledError.__module__ = "google.auth.exceptions", "botocore.eventstream"


@pytest.mark.parametrize(
    ("error", "what", "mend"),
    [
        (UnsignedError("no login"), "The client could not be used", "Sign in to the platform"),
        (
            GarbledError("checksum"),
            "The server's answer could not be read",
            "Call the same step again",
        ),
        (RuntimeError("boom"), "The turn could not be carried out", "Call the same step again"),
    ],
)
def test_errors_of_a_platforms_package_are_told_by_what_they_mean(tmp_path, error, what, mend):
    async def fail(request, call_next):
        raise error

    client = Server().client().with_middleware(fail)
    with pytest.raises(SessionError, match=what) as raised:
        session_with(tmp_path, client).brief(BRIEF)
    assert raised.value.mend.startswith(mend)
    assert str(error) in raised.value.why


def test_platform_that_finds_no_login_says_to_sign_in(tmp_path, monkeypatch):
    boto3 = types.ModuleType("boto3")
    boto3.Session = lambda **_: types.SimpleNamespace(get_credentials=lambda: None)
    for name in ("botocore.auth", "botocore.awsrequest"):
        module = types.ModuleType(name)
        module.SigV4Auth = module.AWSRequest = lambda **_: None
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "boto3", boto3)
    given = {"aws_region": "r", "base_url": "http://127.0.0.1:1", "max_retries": 0}
    client = anthropic.AsyncAnthropicBedrockMantle(**given)
    with pytest.raises(SessionError, match="The client could not be used") as raised:
        session_with(tmp_path, client).brief(BRIEF)
    assert raised.value.mend.startswith("Sign in to the platform")


def test_no_key_at_all_is_told(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    session = session_with(tmp_path, anthropic.AsyncAnthropic())
    with pytest.raises(SessionError, match="The client could not be used") as raised:
        session.brief(BRIEF)
    assert "ANTHROPIC_API_KEY" in raised.value.mend


@pytest.mark.parametrize("ending", ["\nx", "\x00", "ü", "€"])
def test_key_that_is_none_is_told_without_the_key(tmp_path, ending):
    key = f"sk-ant-api03-{'a1b2c3d4' * 4}{ending}"
    refused = page(401, "{}", "application/json")
    with connected(refused, api_key=key) as (_, client):
        session = session_with(tmp_path, client)
        with pytest.raises(SessionError) as raised:
            session.brief(BRIEF)
    assert "a1b2c3d4" not in str(raised.value)
    assert len(str(raised.value).splitlines()) == 3


def test_tool_that_fails_is_told_to_the_model_and_the_turn_goes_on(tmp_path):
    memory = Remembered()

    def fail(lesson):
        raise RecursionError("too deep")

    memory.record_lesson = fail
    server = Server(answer(WROTE), answer(asking("users")))
    session = session_with(tmp_path, server.client(), memory)
    assert len(session.brief(BRIEF)) == 1
    result = server.bodies[1]["messages"][2]["content"][0]
    assert (result["is_error"], result["content"]) == (True, "RecursionError: too deep")
    call = memory.of_kind("tool_call")[1]
    assert (call["is_error"], call["refused"]) == (True, False)


def test_tools_asked_for_at_once_are_each_answered_in_order(tmp_path):
    uses = [
        use("record_lesson", "toolu_1", text="A"),
        use("NoSuchTool", "toolu_2"),
        use("LS", "toolu_3", path="nowhere"),
        use("record_lesson", "toolu_4", text="B"),
        use("record_lesson", "toolu_5"),
    ]
    memory = Remembered()
    server = Server(answer(*uses), answer(asking("users")))
    session = session_with(tmp_path, server.client(), memory)
    session.brief(BRIEF)
    results = server.bodies[1]["messages"][2]["content"]
    assert [r["tool_use_id"] for r in results] == [u["id"] for u in uses]
    assert [r.get("is_error", False) for r in results] == [False, True, True, False, True]
    assert results[1]["content"].startswith("NoSuchTool is not available")
    assert [lesson.text for lesson in memory.lessons] == ["A", "B"]
    assert len(memory.of_kind("tool_call")) == 7


def test_answer_cut_inside_a_tool_use_runs_no_tool(tmp_path):
    memory = Remembered()
    until = len(list(events([WROTE]))) - 3
    server = Server(answer(WROTE, until=until), answer(asking("users")))
    session = session_with(tmp_path, server.client(), memory)
    with pytest.raises(SessionError, match="broke off"):
        session.brief(BRIEF)
    assert memory.lessons == []
    assert len(session.brief(BRIEF)) == 1
    assert [m["role"] for m in server.bodies[-1]["messages"]] == ["user"]


def test_stream_of_a_cloud_platform_is_one(tmp_path):
    class Stream:
        response = httpx2.Response(
            200, headers={"content-type": "application/vnd.amazon.eventstream"}
        )
        current_message_snapshot = anthropic.types.beta.BetaMessage.model_construct(
            content=[], stop_reason="end_turn", model="m", usage=None
        )

        async def __aiter__(self):
            for event in ():
                yield event

    import anyio

    answer = Answer(Stream())
    anyio.run(answer.read, lambda _: None)
    assert answer.message(1, status="complete").stop_reason == "end_turn"


def places(value, path=()):
    """Return the path of every place in a JSON value."""
    found = [path]
    for key, inner in (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    ):
        found += places(inner, (*path, key))
    return found


def changed(value, path, new):
    value = copy.deepcopy(value)
    if not path:
        return new
    inner = value
    for key in path[:-1]:
        inner = inner[key]
    if new is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = new
    return value


GONE = object()
USAGE = {"input_tokens": 5, "output_tokens": 1, "cache_creation": {"ephemeral_1h_input_tokens": 1}}
SAID = list(events([text("Hi"), asking("users")], stop_reason="tool_use", usage=USAGE))
SPOTS = [(n, path) for n, (_, data) in enumerate(SAID) for path in places(data) if path]
ODD = (None, 0, -1, "x", [], {}, [1], {"a": 1}, True, 1.5, GONE)


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")  # the SDK's, on odd fields
@given(spot=st.sampled_from(SPOTS), odd=st.sampled_from(ODD), leave_out=st.booleans())
@settings(max_examples=120)
def test_whatever_a_server_says_is_an_answer_or_three_lines(tmp_path_factory, spot, odd, leave_out):
    at, path = spot
    response, memory = answer(), Remembered()
    said = copy.deepcopy(SAID)
    said[at : at + 1] = [] if leave_out else [(SAID[at][0], changed(SAID[at][1], path, odd))]
    response.stream.said = said
    server = Server(response, answer(asking("users")), answer(asking("users")))
    session = session_with(tmp_path_factory.mktemp("odd"), server.client(), memory)
    try:
        session.brief(BRIEF)
    except SessionError as error:
        assert len(str(error).splitlines()) == 3
        assert memory.of_kind("session_status")[-1]["status"] in ("failed", "interrupted")
    else:
        assert session.stage == "questions"
