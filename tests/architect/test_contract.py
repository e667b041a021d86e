"""One conversation, whoever answers: offline, a scripted Claude, a server on a real socket.

The offline architect thinks for all three, and forgets a section of its first proposal; what
differs is the client, the wire, and what is known of the cost.
"""

import json
import re
from collections import namedtuple
from contextlib import contextmanager

import httpx2
import pytest
import socket_server
from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient
from scripted_client import NOW, answer

from archkit.architect.client import offline_client
from archkit.architect.loop import portal
from archkit.architect.offline import Turn, respond
from archkit.architect.session import Session
from archkit.memory.memory import Memory
from archkit.proposal.document import read_proposal

BRIEF = "Stop the N+1 queries in the posts API; 50 posts a page, 10k requests a minute"
CLAUDE = "claude-sonnet-5-5"
Held = namedtuple("Held", "session decision events steps messages calls costs")
EVENTS = "SELECT kind, payload FROM event WHERE session_id = $id ORDER BY recorded_at, seq"
COSTS = "SELECT * FROM session_cost WHERE session_id = $id"


def forgetful(body):
    """Answer as the offline architect does, but leave out the API contracts at first."""
    turn = respond(body)
    request = json.dumps(body["messages"][-1]["content"])
    if 'stage=\\"repair\\"' in request or turn.stop_reason != "end_turn":
        return turn
    return Turn(tuple(map(_without_contracts, turn.blocks)), turn.stop_reason)


def _without_contracts(block):
    if block["type"] != "text":
        return block
    section = read_proposal(block["text"]).section(4)
    if section is None:
        return block
    lines = block["text"].splitlines(keepends=True)
    del lines[section.line - 1 : section.line + len(section.text.splitlines())]
    return {**block, "text": "".join(lines)}


@contextmanager
def offline():
    yield offline_client(forgetful)


@contextmanager
def scripted():
    async def reply(request):
        turn = forgetful(json.loads(request.content))
        return answer(*turn.blocks, stop_reason=turn.stop_reason)

    http = DefaultAsyncHttpxClient(transport=httpx2.MockTransport(reply))
    yield AsyncAnthropic(api_key="test", base_url="https://api.anthropic.com", http_client=http)


@contextmanager
def on_a_socket():
    def reply(body):
        turn = forgetful(body)
        return socket_server.answer(*turn.blocks, stop_reason=turn.stop_reason)

    with socket_server.SocketServer(respond=reply) as server:
        client = AsyncAnthropic(api_key="test", base_url=server.url, max_retries=0)
        yield client
        portal().call(client.close)


WORLDS = {"offline": offline, "claude": scripted, "local": on_a_socket}


def held(folder, client):
    (folder / "shop").mkdir(parents=True)
    with Memory(folder / "m.duckdb") as memory:
        given = {"workspace": folder / "shop", "client": client, "now": lambda: NOW}
        session = Session("backend-architect", memory, **given)
        session.brief(BRIEF)
        session.answer("GraphQL; staleness of a minute is fine")
        session.propose()
        best, *others = [ranked for ranked in session.ranking if ranked.veto is None]
        rivals = [ranked.pattern.slug for ranked in others[:2]]
        decision = session.decide(best.pattern.slug, alternatives=rivals, rationale="it batches")
        rows = memory.sql(EVENTS, id=session.session_id).to_dict("records")
        events = [(row["kind"], json.loads(row["payload"])) for row in rows]
        (costs,) = memory.sql(COSTS, id=session.session_id).to_dict("records")
    said = {kind: [p for k, p in events if k == kind] for kind in ("step", "message", "tool_call")}
    return Held(session, decision, events, *said.values(), costs)


@pytest.fixture(scope="module")
def all_held(tmp_path_factory):
    done = {}
    for name, world in WORLDS.items():
        with world() as client:
            done[name] = held(tmp_path_factory.mktemp(name), client)
    return done


@pytest.fixture(params=WORLDS)
def one(request, all_held):
    return request.param, all_held[request.param]


def test_stages_come_in_the_order_of_the_card(one):
    name, done = one
    session, statuses = done.session, [p for kind, p in done.events if kind == "session_status"]
    assert session.client_kind == name
    assert [(s["status"], s["stage"]) for s in statuses] == [
        *(("open", "questions"), ("open", "proposed"), ("ended", "decided")),
    ]
    kinds = [kind for kind, _ in done.events]
    assert kinds[:2] == ["agent", "session_started"]
    first = done.messages[0]["text"]
    assert first.index("<brief>") < first.index("<briefing>")
    tools = [call["tool"] for call in done.calls]
    assert tools[0] == "query_patterns"
    assert tools.index("query_patterns") < tools.index("ask_questions")
    asked = next(n for n, (k, p) in enumerate(done.events) if p.get("tool") == "ask_questions")
    assert asked < kinds.index("proposal") < kinds.index("decision")


def test_every_turn_and_tool_call_is_written_in_order(one):
    name, done = one
    numbered = [p for kind, p in done.events if kind in ("message", "tool_call")]
    assert [p["n"] for p in numbered] == list(range(1, len(numbered) + 1))
    replies = [m for m in done.messages if m["role"] == "assistant"]
    assert {m["status"] for m in replies} == {"complete"}
    answered = {"offline": "archkit-offline"}.get(name, CLAUDE)
    assert {m["model"] for m in replies} == {answered}
    uses = [b["id"] for m in replies for b in m["content"] if b["type"] == "tool_use"]
    first, *called = done.calls  # the session asks the memory itself, before the model does
    assert (first["tool"], first["tool_use_id"]) == ("query_patterns", "")
    assert [call["tool_use_id"] for call in called] == uses
    assert not any(call["is_error"] for call in done.calls)


def test_twelve_learning_steps_are_done_or_skipped_with_a_reason(one):
    _, done = one
    last = {step["n"]: step for step in done.steps}
    assert sorted(last) == list(range(1, 13))
    assert {step["status"] for step in last.values()} == {"done", "skipped"}
    assert all(step["reason"] for step in last.values())
    assert last[1]["status"] == "done"


def test_what_the_checker_found_is_repaired(one):
    _, done = one
    first, second = done.session.versions[:2]
    assert "API Contracts" in first.proposal.missing
    assert (second.repair_of, second.stands, second.proposal.missing) == (1, True, ())
    kept = [p for kind, p in done.events if kind == "proposal"]
    assert [p["version"] for p in kept] == [v.number for v in done.session.versions]
    assert kept[0]["missing"] == ["API Contracts"]


def test_decision_is_remembered_with_its_forecast_and_rivals(one):
    _, done = one
    (kept,) = [p for kind, p in done.events if kind == "decision"]
    assert kept["chosen"] == done.decision.chosen
    assert len(kept["alternatives"]) == 2
    assert 0 < done.decision.confidence < 1


def test_tokens_are_counted_and_only_a_known_price_is_a_cost(one):
    name, done = one
    replies = [m for m in done.messages if m["role"] == "assistant"]
    assert done.costs["turns"] == len(replies)
    assert done.costs["input_tokens"] == sum(m["input_tokens"] for m in replies) > 0
    if name == "claude":
        assert done.session.cost_usd == pytest.approx(done.costs["cost_usd"])
        assert done.costs["cost_usd"] == pytest.approx(sum(m["cost_usd"] for m in replies))
        assert {m["prices"].split()[0] for m in replies} == {"genai-prices"}
    else:
        assert (done.session.cost_usd, {m["cost_usd"] for m in replies}) == (None, {None})
        assert {m["prices"] for m in replies} == {""}


def test_nothing_else_differs(all_held):
    first, *others = (_told(done) for done in all_held.values())
    for other in others:
        assert other == first


def _told(done):
    """Return what was logged, but for who answered, how long it took and what it cost."""
    told = []
    for kind, payload in done.events:
        mine = {k: v for k, v in payload.items() if k not in OWN[kind]} if kind in OWN else payload
        text = json.dumps(mine, sort_keys=True).replace(done.session.session_id, "id")
        told.append((kind, _TOOK.sub("", text)))
    return told


_TOOK = re.compile(r'\\*"elapsed_ms\\*": [\d.]+')
OWN = {
    "session_started": {"model", "client"},
    "message": {
        *("model", "input_tokens", "output_tokens", "cost_usd", "prices", "duration_ms"),
        *("cache_read_tokens", "cache_write_tokens"),
    },
    "tool_call": {"duration_ms"},
    "decision": {"decided_at", "decision_id", "review_at"},
}
