"""What OpenTelemetry records of a session, where somebody listens: one conversation, no content."""

import json

import httpx2
import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from scripted_client import PROPOSAL, Server, answer, asking, card, text, use

from archkit.architect.client import offline_client
from archkit.architect.session import Session
from archkit.errors import SessionError

BRIEF = "Stop the N+1 queries in the posts API"
CHAT, RUNNER = "anthropic.messages.create", "anthropic.messages.tool_runner"
TOOL, ASKED = "anthropic.custom_tool_use LS", "anthropic.custom_tool_use ask_questions"
STEP = "archkit.step"


@pytest.fixture
def spans():
    """Spans that ended, of clients that are given `provider`."""
    exporter = InMemorySpanExporter()
    exporter.provider = TracerProvider()
    exporter.provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield exporter
    exporter.provider.shutdown()


def session_on(tmp_path, client):
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "README.md").write_text("# Shop\n", encoding="utf-8")
    return Session(card(tmp_path), workspace=folder, client=client, max_repairs=0)


def traced(tmp_path, spans, **traces):
    options = {"tracer_provider": spans.provider, **traces}
    server = Server(answer(use("LS")), answer(asking("users")), answer(text(PROPOSAL)))
    session = session_on(tmp_path, server.client(open_telemetry=options))
    session.brief(BRIEF)
    session.propose()
    return session, server, spans.get_finished_spans()


def test_spans_of_a_session_are_one_conversation_and_those_of_a_step_one_tree(tmp_path, spans):
    session, server, found = traced(tmp_path, spans)
    assert {span.attributes["gen_ai.conversation.id"] for span in found} == {session.session_id}
    tree = {span.context.span_id: span for span in found}
    steps = [span for span in found if span.parent is None]
    assert [span.name for span in steps] == [STEP, STEP]
    first, second = ([s for s in found if _root(s, tree) is step] for step in steps)
    assert [s.name for s in first] == [CHAT, TOOL, CHAT, ASKED, RUNNER, STEP]
    assert [s.name for s in second] == [CHAT, RUNNER, STEP]
    assert {_parent(s, tree).name for s in found if s.name == CHAT} == {RUNNER}
    assert {_parent(s, tree).name for s in found if s.name in (TOOL, ASKED, RUNNER)} == {STEP}
    assert len(server.bodies) == 3


def _parent(span, tree):
    return tree[span.parent.span_id]


def _root(span, tree):
    return span if span.parent is None else _root(_parent(span, tree), tree)


def test_step_that_failed_is_marked_without_words(tmp_path, spans):
    wrong = {"error": {"type": "invalid_request_error", "message": "bad N+1"}}
    server = Server(httpx2.Response(400, json=wrong))
    client = server.client(open_telemetry={"tracer_provider": spans.provider})
    with pytest.raises(SessionError):
        session_on(tmp_path, client).brief(BRIEF)
    step = next(s for s in spans.get_finished_spans() if s.name == STEP)
    assert step.attributes["error.type"] == "BadRequestError"
    assert (step.status.status_code.name, step.status.description, step.events) == (
        "ERROR",
        None,
        (),
    )


def test_spans_say_model_and_tokens(tmp_path, spans):
    _, _, found = traced(tmp_path, spans)
    chat = next(span for span in found if span.name == CHAT)
    assert chat.attributes["gen_ai.operation.name"] == "chat"
    assert chat.attributes["gen_ai.response.model"] == "claude-sonnet-5-5"
    assert chat.attributes["gen_ai.usage.input_tokens"] == 1000
    assert chat.attributes["gen_ai.usage.output_tokens"] == 50


def test_spans_hold_no_content_unless_it_is_asked_for(tmp_path, spans):
    _, _, found = traced(tmp_path, spans)
    told = json.dumps([json.loads(span.to_json()) for span in found])
    assert "N+1" not in told
    assert "Executive Summary" not in told
    assert str(tmp_path) not in told


def test_content_can_be_asked_for_by_a_client_of_ones_own(tmp_path, spans):
    _, _, found = traced(tmp_path, spans, traces={"content_mode": "content"})
    told = json.dumps([json.loads(span.to_json()) for span in found])
    assert "N+1" in told
    assert "Executive Summary" in told


def test_tracing_that_was_turned_off_stays_off(tmp_path, spans):
    _, _, found = traced(tmp_path, spans, traces=False)
    assert found == ()


def test_offline_session_is_traced_alike(tmp_path, spans):
    client = offline_client().with_options(open_telemetry={"tracer_provider": spans.provider})
    session = session_on(tmp_path, client)
    session.brief(BRIEF)
    chats = [span for span in spans.get_finished_spans() if span.name == CHAT]
    assert {span.attributes["gen_ai.conversation.id"] for span in chats} == {session.session_id}
    assert chats[0].attributes["gen_ai.response.model"] == "archkit-offline"
