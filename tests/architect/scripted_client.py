"""A scripted server over the real SDK, and a memory that only remembers: no network, no model."""

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import httpx2
import pandas as pd
from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient

from archkit.architect.card import read_card
from archkit.records import Pattern

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CARD = """---
name: tester
description: Designs things.
tools: Read, Write, Grep, Glob, LS, Bash, TodoWrite, mcp__context7__query-docs
model: sonnet
aml_enabled: {aml}
---

# Tester

You design.
"""
SECTIONS = (
    "Executive Summary",
    "Architecture Overview",
    "Service Definitions",
    "API Contracts",
    "Data Schema",
    "Technology Stack Rationale",
    "Key Considerations",
)
PROPOSAL = "# Design\n\n" + "\n\n".join(
    f"## {n}. {title}\n\nSaid here." for n, title in enumerate(SECTIONS, 1)
)


def text(words):
    return {"type": "text", "text": words}


def use(name, use_id="toolu_1", **given):
    return {"type": "tool_use", "id": use_id, "name": name, "input": given}


def asking(*keys):
    questions = [{"key": key, "text": f"What of {key}?", "why": "It matters."} for key in keys]
    return use("ask_questions", "toolu_ask", questions=questions)


def events(blocks, stop_reason="end_turn", model="claude-sonnet-5-5", usage=None, **delta):
    usage = {"input_tokens": 1000, "output_tokens": 50} if usage is None else usage
    start = {"id": "msg_1", "type": "message", "role": "assistant", "model": model}
    start |= {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    yield "message_start", {"message": start}
    for index, block in enumerate(blocks):
        is_tool = block["type"] == "tool_use"
        thinks = block["type"] == "thinking"
        empty = {**block, "input": {}} if is_tool else {**block, block["type"]: ""}
        empty |= {"signature": ""} if thinks else {}
        yield "content_block_start", {"index": index, "content_block": empty}
        whole = json.dumps(block["input"]) if is_tool else block[block["type"]]
        kind = ("input_json_delta", "partial_json") if is_tool else ("text_delta", "text")
        kind = ("thinking_delta", "thinking") if thinks else kind
        for start_at in range(0, len(whole), 10):
            piece = {"type": kind[0], kind[1]: whole[start_at : start_at + 10]}
            yield "content_block_delta", {"index": index, "delta": piece}
        if thinks:
            signed = {"type": "signature_delta", "signature": block["signature"]}
            yield "content_block_delta", {"index": index, "delta": signed}
        yield "content_block_stop", {"index": index}
    end = {"stop_reason": stop_reason, "stop_sequence": None, **delta}
    yield "message_delta", {"delta": end, "usage": {"output_tokens": 50}}
    yield "message_stop", {}


class Wire(httpx2.AsyncByteStream):
    """The bytes of a stream; `fault` is raised or awaited after `until` events."""

    def __init__(self, said, until=None, fault=None):
        self.said, self.until, self.fault = list(said), until, fault

    async def __aiter__(self):
        for name, data in self.said[: self.until]:
            yield f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()
        if isinstance(self.fault, Exception):
            raise self.fault
        if self.fault is not None:
            await self.fault()


def answer(*blocks, until=None, fault=None, **how):
    if "stop_reason" not in how and any(b["type"] == "tool_use" for b in blocks):
        how["stop_reason"] = "tool_use"
    stream = Wire(events(blocks, **how), until, fault)
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=stream)


class Server:
    """Answers in order; `bodies` and `timeouts` are of the requests it got."""

    def __init__(self, *answers):
        self.answers, self.bodies, self.timeouts = list(answers), [], []

    async def __call__(self, request):
        self.timeouts.append(request.extensions.get("timeout"))
        self.bodies.append(json.loads(request.content))
        said = self.answers.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    def client(self, **settings):
        http = DefaultAsyncHttpxClient(transport=httpx2.MockTransport(self))
        given = {"api_key": "test", "base_url": "https://api.anthropic.com", "max_retries": 0}
        given |= settings
        return AsyncAnthropic(http_client=http, **given)


def card(tmp_path, aml="true"):
    path = tmp_path / "tester.md"
    path.write_text(CARD.format(aml=aml), encoding="utf-8")
    return read_card(path)


def ranked(slug, rate, **fields):
    pattern = Pattern(slug=slug, name=fields.pop("name", slug), kind="loading", status="active")
    given = {"score": rate, "success_rate": rate, "provenance": "reported", "veto": None}
    given |= {"low": rate - 0.1, "high": rate + 0.05, "n": 20}
    return SimpleNamespace(pattern=pattern, context_fit=0.9, **given, **fields)


class Ranking(list):
    def __init__(self, query, context, items):
        super().__init__(items)
        self.query, self.context = query, context
        self.best = items[0] if items else None

    def as_json(self):
        patterns = [{"slug": r.pattern.slug, "success_rate": r.success_rate} for r in self]
        return {"query": self.query, "context": dict(self.context), "patterns": patterns}


class Remembered:
    """A memory without a file: every call is kept."""

    def __init__(self):
        self.events, self.decisions, self.lessons, self.patterns = [], [], [], []
        self.drained = 0
        self.found = [
            ranked("dataloader", 0.9, name="DataLoader (batching + caching)"),
            ranked("eager-loading", 0.8, name="Eager loading with joins"),
            ranked("lazy-loading", 0.3, name="Lazy loading"),
        ]

    def query(self, text, context=None, **_):
        return Ranking(text, context or {}, self.found)

    def find_solution(self, error_text, limit=3):
        return SimpleNamespace(as_json=lambda: {"query": error_text, "solutions": []})

    def record_decision(self, decision):
        self.decisions.append(decision)
        return decision

    def record_lesson(self, lesson):
        self.lessons.append(lesson)
        return lesson

    def record_pattern(self, pattern):
        self.patterns.append(pattern)
        return pattern

    def recent(self, n=10):
        return pd.DataFrame(columns=["kind", "agent", "recorded_at", "summary"])

    def append(self, kind, payload, *, session_id=None, entity_id=None, agent="", project=""):
        self.events.append((kind, json.loads(json.dumps(payload))))
        return str(len(self.events))

    def drain(self):
        self.drained = len(self.events)
        return self.drained

    def of_kind(self, kind):
        return [payload for k, payload in self.events if k == kind]
