"""A tool as a model sees it: a name, what it takes, and the function behind it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "MOST_CHARACTERS",
    "Tool",
    "ToolFailedError",
    "Use",
    "as_text",
    "cut",
    "needed",
    "one_line",
    "schema",
    "words",
]

MOST_CHARACTERS = 40_000
"""A longer result is cut, and says so."""

Run = Callable[[Mapping[str, Any]], str] | Callable[[Mapping[str, Any]], Awaitable[str]]


class ToolFailedError(Exception):
    """A tool cannot do what was asked; the model reads why. `refused`: it may not."""

    def __init__(self, text: str, *, refused: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Use:
    """What a permission is asked for.

    `subject` is what rules are matched against, a command or a file; `summary` what a user reads.
    """

    subject: str
    summary: str


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool; `run` takes the model's input and returns text, always text.

    A tool with `use` needs a permission: it reads from the input what that is to be asked for, and
    fails where the input is none that could be granted. `granted_by` says who let in the others.
    """

    name: str
    description: str
    input_schema: Mapping[str, Any]
    run: Run
    use: Callable[[Mapping[str, Any]], Use] | None = None
    granted_by: str = ""

    def definition(self) -> dict[str, Any]:
        """Return what the request's `tools` list holds."""
        return {
            "name": self.name,
            "description": self.description,
            "input_schema": dict(self.input_schema),
        }


def schema(required: str = "", /, **properties: Any) -> dict[str, Any]:
    """Return a JSON schema for a tool's input; a property may be its type or a whole schema."""
    fields = {k: v if isinstance(v, dict) else {"type": v} for k, v in properties.items()}
    return {"type": "object", "properties": fields, "required": required.split()}


def needed(given: Mapping[str, Any], key: str) -> str:
    """Return a text that the input must have.

    Raises
    ------
    ToolFailedError
        It is missing, empty or not a text.
    """
    value = given.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ToolFailedError(f"'{key}' must be a text that is not empty.")
    return value.strip()


def words(value: Any) -> tuple[str, ...]:
    """Return a list of texts from what a model wrote: a list, one text, or nothing."""
    if value is None or isinstance(value, str):
        return (value,) if value else ()
    if not isinstance(value, list | tuple):
        raise ToolFailedError("A list of texts was expected.")
    return tuple(str(v) for v in value)


def as_text(value: Any) -> str:
    """Return the value as JSON text: a tool that returned a dict would send only its keys."""
    return json.dumps(value, ensure_ascii=False, default=str)


def cut(text: str, most: int = MOST_CHARACTERS) -> str:
    """Return a result that is not too long; a longer one is cut and says so."""
    if len(text) <= most:
        return text
    return text[:most] + f"\n[cut after {most} characters: ask for less]"


def one_line(text: str) -> str:
    """Return a name so that it stands on one line and shows what it is made of."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
