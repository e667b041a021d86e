"""The minutes of a session: everything that happened in it, written to the memory as it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from archkit.architect.backlog import backlog_of
from archkit.architect.dialogue import Message, Note, Said, Tokens, ToolCall, clipped
from archkit.errors import ArchkitError, SessionError
from archkit.memory.redact import redact_value

if TYPE_CHECKING:
    from archkit.architect.card import AgentCard
    from archkit.architect.gate import Gate
    from archkit.architect.learning_steps import LearningStep
    from archkit.architect.proposing import Version
    from archkit.architect.tools import SessionMemory

__all__ = ["Minutes"]

_WAITS = (
    "What is said here is not on record yet: it is written as soon as the memory takes it, and "
    "lost if this process ends before."
)


class Minutes:
    """Writes the events of one session; without a memory only the transcript is kept.

    What the memory cannot take, its disk being full, waits and is written with what comes next.

    Parameters
    ----------
    memory
        Where events go; None keeps nothing beyond the process.
    near
        Writes the paths in an event's payload as seen from the workspace, where there is one.
    session_id, agent, project
        What each event is filed under.
    notices
        Is told when the memory takes nothing in, and when it does again; without, that is raised.
    """

    def __init__(
        self,
        memory: SessionMemory | None,
        near: Callable[[Any], Any] | None = None,
        *,
        session_id: str,
        agent: str,
        project: str,
        notices: list[str] | None = None,
    ) -> None:
        self._memory, self._near = memory, near
        self._backlog = backlog_of(memory) if memory is not None else None
        self._notices, self._trouble = notices, ""
        self._working = False
        self._place = (session_id, id(self if memory is None else memory))
        self._filed = {"session_id": session_id, "agent": agent, "project": project}
        self.transcript: list[Said] = []

    @property
    def messages(self) -> list[Message]:
        """The turns of the transcript, without the tool calls."""
        return [said for said in self.transcript if isinstance(said, Message)]

    @property
    def tokens(self) -> Tokens:
        """What was read and written."""
        return sum((m.tokens for m in self.messages if m.role == "assistant"), Tokens())

    @property
    def cost_usd(self) -> float | None:
        """What was spent, None where no price is known."""
        costs = [m.cost_usd for m in self.messages if m.cost_usd is not None]
        return sum(costs) if costs else None

    def restore(self, said: Iterable[Message | ToolCall]) -> None:
        """Take in what was said before; it is written already."""
        self.transcript += said

    def check_alone(self) -> None:
        """See that nobody else of this process goes on, or went on, with the session.

        Raises
        ------
        SessionError
            Somebody does, or said more than is known here.
        """
        other = _HELD.get(self._place)
        if other is None or other is self:
            return
        if other._working:
            raise SessionError(
                "The session is at work elsewhere in this process.",
                why="Two that go on with one session at once would get in each other's way.",
                mend="Wait until its step has ended, or cancel it; then resume it.",
            )
        if other._last() > self._last():
            raise SessionError(
                "The session went on elsewhere in this process.",
                why="What was said there is not known here.",
                mend="Go on with it there, or take it up again: Session.resume(id, memory).",
            )

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """While the model answers: nobody else of this process goes on with the session."""
        self.check_alone()
        _HELD[self._place], self._working = self, True
        try:
            yield
        finally:
            self._working = False

    def _last(self) -> int:
        return max((said.n for said in self.transcript), default=0)

    def started(self, card: AgentCard, brief: str, gate: Gate, **circumstances: str) -> None:
        """Write who works on what: `circumstances` are workspace, model and client."""
        if not gate.on:
            self.transcript.append(Note(f"The memory is off: {gate.reason}."))
        self._append("agent", card.as_payload(), entity_id=card.name)
        known = {"aml_enabled": gate.on, "aml_reason": gate.reason, "card_hash": card.card_hash}
        self._append(
            "session_started", {"brief": brief, "title": clipped(brief), **circumstances, **known}
        )

    def status(self, status: str, stage: str, reason: str = "") -> None:
        """Write where the session stands: open, ended, failed, interrupted or cancelled.

        With a proposal, a decision or a break the memory takes in what was said, so that others
        see it; what it cannot take in now is on disk already, and the next read says why. Who
        cancels does not wait for that.
        """
        self._append("session_status", {"status": status, "stage": stage, "reason": reason})
        at_once = status == "cancelled" or (stage, status) == ("questions", "open")
        if self._memory is not None and not at_once:
            with suppress(ArchkitError):
                self._memory.drain()

    def keep(self, said: Message | ToolCall) -> None:
        """Write a turn or a tool call."""
        payload = said.as_payload()
        if isinstance(said, Message):
            payload["content"] = [self._as_signed(block) for block in payload["content"]]
        self._append("message" if isinstance(said, Message) else "tool_call", payload)
        self.transcript.append(said)

    def _as_signed(self, block: dict[str, Any]) -> dict[str, Any]:
        """Leave the signature off thinking that is not written down as it was."""
        if block.get("type") != "thinking":
            return block
        near = self._near(block) if self._near else block
        if redact_value(near)[0] == block:
            return block
        return {name: value for name, value in block.items() if name != "signature"}

    def answers(self, answers: Mapping[str, str]) -> None:
        """Write what the user answered, by key; under "" what belongs to no question."""
        self._append("answer", {"answers": dict(answers)})

    def activity(self, report: Mapping[str, Any]) -> None:
        """Write what was done and how it ended, as the Context Manager wants it."""
        self._append("activity", dict(report))

    def step(self, step: LearningStep) -> None:
        """Write a step of the learning protocol."""
        self._append("step", asdict(step))

    def proposal(self, version: Version) -> None:
        """Write a version of the proposal, with what the checker found in it."""
        checked = {
            "missing": list(version.proposal.missing),
            "findings": [asdict(finding) for finding in version.findings],
        }
        history = {"repair_of": version.repair_of, "stands": version.stands}
        text = version.proposal.text
        self._append("proposal", {"text": text, "version": version.number, **history, **checked})

    def leave_memory(self, reason: str) -> None:
        """Write no more from now on."""
        self._memory = self._backlog = None
        self.transcript.append(Note(f"The memory is off: {reason}."))

    def flush(self) -> None:
        """Write what the memory could not take so far; a notice says if it still cannot."""
        if self._memory is not None and self._backlog is not None:
            self._tell(self._backlog.flush(self._memory))

    def _append(self, kind: str, payload: dict[str, Any], *, entity_id: str | None = None) -> None:
        if self._memory is not None and self._backlog is not None:
            told = self._near(payload) if self._near else payload
            filed = {"entity_id": entity_id, **self._filed}
            self._tell(self._backlog.write(self._memory, kind, told, **filed))

    def _tell(self, trouble: ArchkitError | None) -> None:
        """Leave one notice of what keeps the memory from writing, while it does."""
        if self._notices is None:
            if trouble:
                raise trouble
            return
        notice = f"{_WAITS} {trouble.what} {trouble.why} {trouble.mend}" if trouble else ""
        if notice == self._trouble:
            return
        if self._trouble in self._notices:
            self._notices.remove(self._trouble)
        if notice:
            self._notices.append(notice)
        self._trouble = notice


_HELD: WeakValueDictionary[tuple[str, int], Minutes] = WeakValueDictionary()
"""Who goes on with a session, by its id and memory: the last of this process that did."""
