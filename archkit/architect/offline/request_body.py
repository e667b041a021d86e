"""What the body of a Messages API request holds: stage, brief, answers, and tool results."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Asked", "Call", "Said", "read_body"]

_REQUEST = re.compile(r'<request stage="([\w-]+)">(.*?)</request>', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call of ours and what came back: `result` is its JSON, or its text."""

    name: str
    input: Mapping[str, Any]
    result: Any = None
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to a question; `key` is the facet it was about, if any."""

    key: str
    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A request read: `calls` are those since the brief, `stage_calls` those of its stage."""

    stage: str = ""
    brief: str = ""
    briefing: Mapping[str, Any] = field(default_factory=dict)
    answers: tuple[Said, ...] = ()
    calls: tuple[Call, ...] = ()
    stage_calls: tuple[Call, ...] = ()
    tools: frozenset[str] = frozenset()


def read_body(body: Mapping[str, Any]) -> Asked:
    """Read the body of a request to ``POST /v1/messages``; whatever is odd in it is left out."""
    stage, brief = "", ""
    briefing: Mapping[str, Any] = {}
    answers: list[Said] = []
    uses: dict[str, Call] = {}
    staged: list[str] = []
    for role, block in _blocks(body.get("messages")):
        kind, key = block.get("type"), str(block.get("tool_use_id") or block.get("id"))
        if role == "user" and kind == "text":
            for name, inner in _REQUEST.findall(str(block.get("text", ""))):
                stage, staged = name, []
                if "<brief>" in inner:
                    brief = str(_tag(inner, "brief") or "").strip()
                    briefing = _mapping(_tag(inner, "briefing"))
                    answers, uses = [], {}
                    if told := _mapping(_tag(inner, "memory")):
                        uses["memory"] = Call("query_patterns", {"query": brief}, told)
                answers += _said(_tag(inner, "answers"))
        elif role == "assistant" and kind == "tool_use":
            uses[key] = Call(str(block.get("name")), _mapping(block.get("input")))
            staged.append(key)
        elif role == "user" and kind == "tool_result" and key in uses:
            made = uses[key]
            failed = bool(block.get("is_error"))
            uses[key] = Call(made.name, made.input, _result(block.get("content")), failed)
    return Asked(
        stage=stage,
        brief=brief,
        briefing=briefing,
        answers=tuple(answers),
        calls=tuple(uses.values()),
        stage_calls=tuple(uses[key] for key in staged if key in uses),
        tools=frozenset(str(_mapping(tool).get("name")) for tool in _items(body.get("tools"))),
    )


def _blocks(messages: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each block of each message in order, a plain text content being one block."""
    for message in _items(messages):
        role, content = str(_mapping(message).get("role")), _mapping(message).get("content")
        if isinstance(content, str):
            yield role, {"type": "text", "text": content}
        else:
            yield from ((role, _mapping(block)) for block in _items(content))


def _tag(text: str, name: str) -> Any:
    """Return the JSON inside a tag; text that is no JSON is itself; None without the tag."""
    match = re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
    return None if match is None else _json(match[1].strip())


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _said(answers: Any) -> list[Said]:
    if isinstance(answers, Mapping):
        answers = [{"key": key, "answer": answer} for key, answer in answers.items()]
    if isinstance(answers, str) and answers:
        answers = [{"answer": answers}]
    return [
        Said(str(a.get("key") or ""), str(a.get("question") or ""), _plain(a.get("answer")))
        for a in map(_mapping, _items(answers))
        if a.get("answer") not in (None, "")
    ]


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _result(content: Any) -> Any:
    if isinstance(content, str):
        return _json(content)
    return _json("".join(str(_mapping(block).get("text", "")) for block in _items(content)))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _items(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
