"""What is said in a session: questions and their answers, messages, tool calls."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload

__all__ = [
    "Message",
    "Note",
    "Option",
    "Question",
    "Questions",
    "Said",
    "Tokens",
    "ToolCall",
    "clipped",
]


def clipped(text: str, length: int = 80) -> str:
    """Return the text on one line, cut with an ellipsis."""
    line = " ".join(str(text).split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"


@dataclass(frozen=True, slots=True)
class Option:
    """A likely answer: what the reader sees, and the value it stands for."""

    label: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Question:
    """Something the architect must know; `why` says what the answer would change."""

    key: str
    text: str
    why: str = ""
    options: tuple[Option, ...] = ()
    answer: str | None = None

    @classmethod
    def from_input(cls, value: Any, *, number: int) -> Question:
        """Read one question as a model writes it: an object, or only its text."""
        fields = value if isinstance(value, Mapping) else {"text": value}
        options = fields.get("options") or ()
        return cls(
            key=str(fields.get("key") or f"q{number}"),
            text=str(
                fields.get("text") or fields.get("question") or fields.get("key") or ""
            ).strip(),
            why=str(fields.get("why") or "").strip(),
            options=tuple(map(_option, options)) if isinstance(options, Sequence) else (),
        )


@dataclass(frozen=True, slots=True)
class Questions(Sequence[Question]):
    """The questions of a session, in the order of what they would change most.

    `note` is what the architect said beside them.
    """

    items: tuple[Question, ...] = ()
    note: str = ""

    @overload
    def __getitem__(self, index: int) -> Question: ...
    @overload
    def __getitem__(self, index: slice) -> Questions: ...
    def __getitem__(self, index: int | slice) -> Question | Questions:
        """Return one question, or some of them."""
        if isinstance(index, slice):
            return Questions(self.items[index], self.note)
        return self.items[index]

    def __len__(self) -> int:
        """How many questions there are."""
        return len(self.items)

    @property
    def remaining(self) -> Questions:
        """Those without an answer."""
        return Questions(tuple(q for q in self.items if q.answer is None), self.note)

    def answered(self, answers: Mapping[str, str]) -> Questions:
        """Return the same questions with these answers filled in, by key."""
        items = (replace(q, answer=answers.get(q.key, q.answer)) for q in self.items)
        return Questions(tuple(items), self.note)

    def __repr__(self) -> str:
        """One line: how many, and their keys."""
        if not self.items:
            return "Questions(none)"
        return f"Questions({len(self)}: {', '.join(q.key for q in self.items)})"

    def _repr_markdown_(self) -> str:
        if not self.items:
            return "No questions are open."
        return "\n".join(_markdown(n, q) for n, q in enumerate(self.items, 1))

    def _repr_html_(self) -> str:
        if not self.items:
            return "<p>No questions are open.</p>"
        return "<ol>" + "".join(f"<li>{_html(q)}</li>" for q in self.items) + "</ol>"


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens counted by the server; `input` leaves out what was read from its cache."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        """Sum each kind."""
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
        )


@dataclass(frozen=True, slots=True)
class Message:
    """One turn as it went over the wire; `status` is complete or interrupted.

    `prices` is the price list that `cost_usd` was computed by, "" where it is not known.
    """

    n: int
    role: str
    text: str
    content: tuple[Mapping[str, Any], ...] = ()
    model: str = ""
    stop_reason: str | None = None
    tokens: Tokens = field(default_factory=Tokens)
    cost_usd: float | None = None
    duration_ms: float | None = None
    status: str = "complete"
    prices: str = ""

    def __str__(self) -> str:
        """One line: who, and how it begins."""
        return f"{self.role}: {clipped(self.text)}"

    @property
    def thinking(self) -> str:
        """What the model thought before it answered, as far as it shows it."""
        return "\n\n".join(b["thinking"] for b in self.content if b.get("type") == "thinking")

    def as_payload(self) -> dict[str, Any]:
        """Return what the event `message` holds."""
        return {
            "n": self.n,
            "role": self.role,
            "content": [dict(block) for block in self.content],
            "text": self.text,
            "model": self.model,
            "stop_reason": self.stop_reason,
            "input_tokens": self.tokens.input,
            "output_tokens": self.tokens.output,
            "cache_read_tokens": self.tokens.cache_read,
            "cache_write_tokens": self.tokens.cache_write,
            "cost_usd": self.cost_usd,
            "prices": self.prices,
            "duration_ms": self.duration_ms,
            "status": self.status,
        }


@dataclass(frozen=True, slots=True)
class Note:
    """Something archkit says about the session itself, to its reader and to no model."""

    text: str
    n: int = 0

    def __str__(self) -> str:
        """One line: what is noted."""
        return f"note: {clipped(self.text, 200)}"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One use of a tool by the model, and what it got back.

    `granted_by` is who let it happen, where it needed leave: a rule, the user, a budget.
    """

    n: int
    tool: str
    input: Any
    output: str
    tool_use_id: str = ""
    is_error: bool = False
    refused: bool = False
    reason: str = ""
    duration_ms: float = 0.0
    granted_by: str = ""

    def __str__(self) -> str:
        """One line: the tool, what it was asked, and whether it was refused."""
        mark = "refused" if self.refused else "failed" if self.is_error else ""
        values = self.input.values() if isinstance(self.input, Mapping) else [self.input]
        asked = clipped(next((str(v) for v in values if isinstance(v, str)), ""), 60)
        return " ".join(
            part for part in (f"{self.tool}:", asked, f"({mark})" if mark else "") if part
        )

    def as_payload(self) -> dict[str, Any]:
        """Return what the event `tool_call` holds."""
        return {
            "n": self.n,
            "tool_use_id": self.tool_use_id,
            "tool": self.tool,
            "input": self.input,
            "output": self.output,
            "is_error": self.is_error,
            "refused": self.refused,
            "reason": self.reason,
            "duration_ms": self.duration_ms,
            "granted_by": self.granted_by,
        }


Said = Message | ToolCall | Note
"""What a transcript holds."""


def _option(value: Any) -> Option:
    if isinstance(value, Mapping):
        label = value.get("label", value.get("value", ""))
        return Option(str(label), value.get("value", label))
    return Option(str(value), value)


def _plain_markdown(text: str) -> str:
    """Return the text as Markdown that shows it letter by letter, HTML included."""
    escaped = html.escape(" ".join(text.split()), quote=False)
    return "".join(f"\\{c}" if c in "\\`*_[]#|~$" else c for c in escaped)


def _markdown(number: int, question: Question) -> str:
    lines = [f"{number}. **{_plain_markdown(question.text)}** (`{question.key}`)"]
    if question.why:
        lines.append(f"   *Why:* {_plain_markdown(question.why)}")
    if question.options:
        labels = " · ".join(_plain_markdown(option.label) for option in question.options)
        lines.append(f"   *For example:* {labels}")
    if question.answer is not None:
        lines.append(f"   *Answer:* {_plain_markdown(question.answer)}")
    return "  \n".join(lines)


def _html(question: Question) -> str:
    parts = [f"<b>{html.escape(question.text)}</b> <code>{html.escape(question.key)}</code>"]
    if question.why:
        parts.append(f"<i>Why:</i> {html.escape(question.why)}")
    if question.options:
        labels = " · ".join(html.escape(option.label) for option in question.options)
        parts.append(f"<i>For example:</i> {labels}")
    if question.answer is not None:
        parts.append(f"<i>Answer:</i> {html.escape(question.answer)}")
    return "<br>".join(parts)
