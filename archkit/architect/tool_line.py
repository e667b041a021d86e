"""A tool call told in one line, as transcripts show it: `queried memory: 4 patterns, 2 ms`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from archkit.plain import missing

__all__ = ["loaded", "tool_line"]

Row = Mapping[Any, Any]


def tool_line(call: Row) -> str:
    """Say what a tool call did in one line: `queried memory: 4 patterns, 2 ms`.

    Parameters
    ----------
    call
        The fields of a `ToolCall`, or a row of the view `tool_call_log`.
    """
    asked, gave = loaded(call["input"]), loaded(call["output"])
    mark = (
        " (refused)" if _true(call["refused"]) else " (failed)" if _true(call["is_error"]) else ""
    )
    took = "" if missing(call["duration_ms"]) else f", {_duration(call['duration_ms'])}"
    found = _found(str(call["tool"]), asked, gave)
    return f"{found or _plain_call(str(call['tool']), asked)}{mark}{took}"


def _duration(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.0f} ms" if ms >= 1 else "under 1 ms"


def _found(tool: str, asked: Any, gave: Any) -> str:
    if tool == "query_patterns" and isinstance(gave, Mapping):
        return f"queried memory: {_counted(gave.get('patterns'), 'pattern')}"
    if tool == "find_solution" and isinstance(gave, Mapping):
        matches = next((v for v in gave.values() if isinstance(v, list)), None)
        return f"looked the error up: {_counted(matches, 'known solution')}"
    if tool == "ask_questions" and isinstance(asked, Mapping):
        return f"asked {_counted(asked.get('questions'), 'question')}"
    if tool == "get_task_briefing":
        return "read the briefing"
    if tool == "note_tradeoff" and isinstance(asked, Mapping):
        return f"noted a trade-off: {asked.get('choice', '')}"
    return ""


def _counted(items: Any, noun: str) -> str:
    number = len(items) if isinstance(items, Sequence) and not isinstance(items, str) else 0
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _plain_call(tool: str, asked: Any) -> str:
    values = asked.values() if isinstance(asked, Mapping) else [asked]
    words = next((" ".join(v.split()) for v in values if isinstance(v, str) and v.strip()), "")
    return f"{tool}: {words[:80]}{'…' if len(words) > 80 else ''}" if words else tool


def loaded(value: Any) -> Any:
    """Read JSON, also where it was written as text within JSON; other text stays as it is."""
    for _ in range(2):
        if not isinstance(value, str):
            return value
        try:
            value = json.loads(value)
        except ValueError:
            return value
    return value


def _true(value: Any) -> bool:
    return not missing(value) and bool(value)
