"""A session as the memory has it on record: what was said, done and decided, in order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from archkit.architect.child import Child
from archkit.architect.dialogue import Message, Tokens, ToolCall
from archkit.architect.offline.request_body import read_body
from archkit.errors import SessionError
from archkit.records import Decision

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

__all__ = ["Asking", "StoredProposal", "StoredSession", "read_session"]

T = TypeVar("T")
_SESSION = "SELECT * FROM session_log WHERE session_id = $session_id"
_CARD = "SELECT card_hash, workspace FROM session WHERE session_id = $session_id"
_CHILDREN = (
    "SELECT session_id, agent, status, cost_usd FROM session_log "
    "WHERE parent_session_id = $session_id ORDER BY started_at, session_id"
)
_PAYLOADS = (
    "SELECT kind, payload FROM event WHERE session_id = $session_id AND kind IN "
    "('message', 'tool_call', 'answer', 'proposal', 'decision', 'step') "
    "ORDER BY recorded_at, seq, event_id"
)


class Asking(Protocol):
    """What reading a session asks of a memory."""

    def sql(self, select: str, /, **params: Any) -> pd.DataFrame:
        """Return the rows of a SELECT."""
        ...


@dataclass(frozen=True, slots=True)
class StoredProposal:
    """A version of the proposal; see `Version`."""

    version: int
    text: str
    repair_of: int | None = None
    stands: bool = True


@dataclass(frozen=True, slots=True)
class StoredSession:
    """One session; `said` are its messages and tool calls, in order, others' sessions apart."""

    session_id: str
    agent: str
    project: str
    title: str
    brief: str
    workspace: str
    card_hash: str
    client: str
    model: str
    status: str
    stage: str
    started_at: datetime
    said: tuple[Message | ToolCall, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    proposals: tuple[StoredProposal, ...] = ()
    decisions: tuple[Decision, ...] = ()
    steps: tuple[Mapping[str, Any], ...] = ()
    children: tuple[Child, ...] = ()

    @property
    def calls(self) -> Iterator[ToolCall]:
        """The tool calls that went well, in order."""
        return (
            said
            for said in self.said
            if isinstance(said, ToolCall) and not said.is_error and not said.refused
        )

    @property
    def briefing(self) -> dict[str, Any]:
        """The briefing it began with, as it stands in the first request; empty if none does."""
        first = next((s for s in self.said if isinstance(s, Message) and s.role == "user"), None)
        body = {"messages": [{"role": "user", "content": first.text}]} if first else {}
        return dict(read_body(body).briefing)

    @property
    def looked_up(self) -> str:
        """What the memory said of the brief before the model was asked, as JSON; "" if it was off.

        No model asked for it, so it answers no use of a tool.
        """
        calls = (s for s in self.said if isinstance(s, ToolCall))
        return next((c.output for c in calls if not c.tool_use_id), "")

    @property
    def history(self) -> list[dict[str, Any]]:
        """What a model is sent to go on: messages by turns, each tool use with its result.

        Answers that broke off or were refused are left out; a use whose result never came is
        told that nobody knows whether it ran.
        """
        results = {c.tool_use_id: c for c in self.said if isinstance(c, ToolCall)}
        turns: list[dict[str, Any]] = []
        for said in self.said:
            if not isinstance(said, Message):
                continue
            content = [dict(block) for block in said.content if not _unsigned(block)]
            if said.role == "user":
                _add(turns, "user", content or [{"type": "text", "text": said.text}])
                continue
            if said.status != "complete" or said.stop_reason == "refusal":
                continue
            uses = [block for block in content if block.get("type") == "tool_use"]
            if said.stop_reason != "tool_use":
                _add(turns, "assistant", [b for b in content if b.get("type") != "tool_use"])
            elif uses:
                _add(turns, "assistant", content)
                _add(turns, "user", [_result(use, results.get(use["id"])) for use in uses])
        return turns

    @property
    def forked(self) -> bool:
        """Whether two went on with it at once, each counting for itself."""
        numbers = [said.n for said in self.said if said.n]
        return len(set(numbers)) < len(numbers)

    @property
    def open_request(self) -> list[dict[str, Any]] | None:
        """The last request if no whole answer ended it."""
        last: list[dict[str, Any]] | None = None
        for said in self.said:
            if not isinstance(said, Message):
                continue
            if said.role == "user":
                last = [dict(block) for block in said.content]
            elif said.status == "complete" and said.stop_reason not in ("tool_use", "refusal"):
                last = None
        if last is not None and self._asked_last():
            return None
        return last

    def _asked_last(self) -> bool:
        """Say whether the last thing done was asking the user, which ends a turn."""
        calls = [s for s in self.said if isinstance(s, ToolCall)]
        after = self.said[self.said.index(calls[-1]) :] if calls else ()
        requests = [s for s in after if isinstance(s, Message)]
        return bool(calls) and calls[-1].tool == "ask_questions" and not requests


def read_session(memory: Asking, session_id: str) -> StoredSession:
    """Read a session from the memory.

    Parameters
    ----------
    memory
        Holds it.
    session_id
        Which.

    Raises
    ------
    SessionError
        The memory knows no such session.
    """
    rows = memory.sql(_SESSION, session_id=session_id).to_dict("records")
    if not rows:
        raise SessionError(
            f"The memory knows no session {session_id!r}.",
            why="No session of that id was recorded there; one whose memory was off never is.",
            mend="Give the id that the session ended with, or another memory.",
        )
    row = rows[0] | memory.sql(_CARD, session_id=session_id).to_dict("records")[0]
    events = memory.sql(_PAYLOADS, session_id=session_id).to_dict("records")
    by_kind: dict[str, list[dict[str, Any]]] = {}
    said: list[Message | ToolCall] = []
    for event in events:
        payload = event["payload"]
        payload = json.loads(payload) if isinstance(payload, str) else payload
        by_kind.setdefault(event["kind"], []).append(payload)
        if event["kind"] == "message":
            said.append(_message(payload))
        elif event["kind"] == "tool_call":
            said.append(_known(ToolCall, payload, **_CALL))
    answers: dict[str, str] = {}
    for payload in by_kind.get("answer", ()):
        answers |= payload.get("answers", {})
    text = {name: _text(row[name]) for name in _TEXTS}
    return StoredSession(
        session_id=session_id,
        started_at=row["started_at"],
        said=tuple(sorted(said, key=lambda s: s.n)),
        answers=answers,
        proposals=tuple(_known(StoredProposal, p) for p in by_kind.get("proposal", ())),
        decisions=tuple(Decision.from_payload(p) for p in by_kind.get("decision", ())),
        steps=tuple(by_kind.get("step", ())),
        children=tuple(_children(memory, session_id)),
        **text,
    )


def _children(memory: Asking, session_id: str) -> Iterator[Child]:
    for row in memory.sql(_CHILDREN, session_id=session_id).to_dict("records"):
        spent = row["cost_usd"]
        known = None if spent is None or spent != spent else float(spent)
        yield Child(row["session_id"], row["agent"], _text(row["status"]), known)


_CALL = {"n": 0, "tool": "", "input": None, "output": ""}
_MESSAGE = {"n": 0, "role": "", "text": ""}
"""What a foreign writer may have left out."""

_TEXTS = (
    *("agent", "project", "title", "brief", "workspace", "card_hash"),
    *("client", "model", "status", "stage"),
)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _message(payload: Mapping[str, Any]) -> Message:
    counted = {
        name: int(payload.get(f"{name}_tokens") or 0)
        for name in ("input", "output", "cache_read", "cache_write")
    }
    content = tuple(payload.get("content") or ())
    read = _known(Message, {**payload, "content": content}, **_MESSAGE)
    return replace(read, tokens=Tokens(**counted))


def _known(kind: type[T], payload: Mapping[str, Any], **least: Any) -> T:
    """Return a record of the fields it knows: what is missing is as in `least`, or the default."""
    names = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    known = {k: v for k, v in payload.items() if k in names and v is not None}
    return kind(**{**least, **known})


def _unsigned(block: Mapping[str, Any]) -> bool:
    """Say whether it is thinking that is not on record as it was: no server takes it back."""
    return block.get("type") == "thinking" and "signature" not in block


def _add(turns: list[dict[str, Any]], role: str, content: Sequence[Mapping[str, Any]]) -> None:
    blocks = [dict(block) for block in content]
    if not blocks:
        return
    if turns and turns[-1]["role"] == role:
        turns[-1]["content"] += blocks
    else:
        turns.append({"role": role, "content": blocks})


def _result(use: Mapping[str, Any], call: ToolCall | None) -> dict[str, Any]:
    result: dict[str, Any] = {"type": "tool_result", "tool_use_id": use["id"]}
    if call is None:
        said = (
            "No result: the session was interrupted before this ran, or while it did. "
            "Look what is there before you do it again."
        )
        return {**result, "content": said, "is_error": True}
    return {**result, "content": call.output, **({"is_error": True} if call.is_error else {})}
