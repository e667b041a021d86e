"""The decisions that a proposal makes, as the model states them: checked before they are used."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from archkit.architect.conversation import Reply
from archkit.architect.prompts import decisions_request
from archkit.errors import SessionError

__all__ = ["DECISIONS", "stated_decisions"]

_TEXT = {"type": "string", "minLength": 1}
DECISIONS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["decisions"],
    "properties": {
        "decisions": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["kind", "chosen", "patterns", "alternatives", "rationale"],
                "properties": {
                    "kind": {"type": "string"},
                    "chosen": _TEXT,
                    "patterns": {"type": "array", "items": _TEXT},
                    "alternatives": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "additionalProperties": False,
                            "required": ["name", "why_not"],
                            "properties": {"name": _TEXT, "why_not": {"type": "string"}},
                        },
                    },
                    "rationale": {"type": "string"},
                },
            },
        }
    },
}
"""What the model has to write, a JSON schema (draft 2020-12)."""

_FENCED = re.compile(r"```(?:json)?\s*\n(.*?)\n\s*```", re.DOTALL)
_TRIES = 2

Ask = Callable[[list[dict[str, Any]]], Reply]


def stated_decisions(ask: Ask) -> list[dict[str, Any]]:
    """Ask the model which decisions its proposal makes.

    Parameters
    ----------
    ask
        Sends a request and waits for its reply.

    Returns
    -------
    list of dict
        Valid against the items of `DECISIONS`.

    Raises
    ------
    SessionError
        The answer was cut off, or was not valid when asked for a second time.
    """
    trouble = ""
    for _ in range(_TRIES):
        reply = ask(decisions_request(DECISIONS, trouble))
        if reply.ended != "complete":  # half of a JSON text may be valid and mean something else
            raise SessionError(
                "The decisions could not be read from the proposal.",
                why=f"The model's answer did not end well ({reply.ended.replace('_', ' ')}).",
                mend="Call the same step again, or decide in your own words: session.decide(…).",
            )
        try:
            return _valid(reply.text)
        except ValueError as error:
            trouble = str(error)
    raise SessionError(
        "The decisions could not be read from the proposal.",
        why=f"What the model wrote does not fit: {trouble}",
        mend="Decide in your own words: session.decide(…). The proposal is kept.",
    )


def _valid(text: str) -> list[dict[str, Any]]:
    """Return the decisions of an answer, which may stand in a fence or between words.

    Raises
    ------
    ValueError
        It holds no JSON, or other JSON.
    """
    from jsonschema import Draft202012Validator

    fenced = _FENCED.search(text)
    start, end = text.find("{"), text.rfind("}")
    body = fenced[1] if fenced else text[start : end + 1] if start >= 0 else text
    try:
        read = json.loads(body)
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    problem = next(Draft202012Validator(DECISIONS).iter_errors(read), None)
    if problem is not None:
        where = "/".join(map(str, problem.absolute_path)) or "the answer"
        raise ValueError(f"{where}: {problem.message[:200]}")
    decisions: list[dict[str, Any]] = read["decisions"]
    return decisions
