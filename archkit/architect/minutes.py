"""The minutes of a session: everything that happened in it, written to the memory as it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from archkit.architect.dialogue import Message, Note, Said, Tokens, ToolCall, clipped
from archkit.errors import ArchkitError

if TYPE_CHECKING:
    from archkit.architect.card import AgentCard
    from archkit.architect.gate import Gate
    from archkit.architect.learning_steps import LearningStep
    from archkit.architect.proposing import Version
    from archkit.architect.tools import SessionMemory

__all__ = ["Minutes"]


class Minutes:
    """Writes the events of one session; without a memory only the transcript is kept.

    Parameters
    ----------
    memory
        Where events go; None keeps nothing beyond the process.
    near
        Writes the paths in an event's payload as seen from the workspace, where there is one.
    session_id, agent, project
        What each event is filed under.
    """

    def __init__(
        self,
        memory: SessionMemory | None,
        near: Callable[[Any], Any] | None = None,
        *,
        session_id: str,
        agent: str,
        project: str,
    ) -> None:
        self._memory, self._near = memory, near
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
        self._append("message" if isinstance(said, Message) else "tool_call", said.as_payload())
        self.transcript.append(said)

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

    def _append(self, kind: str, payload: dict[str, Any], *, entity_id: str | None = None) -> None:
        if self._memory is not None:
            told = self._near(payload) if self._near else payload
            self._memory.append(kind, told, entity_id=entity_id, **self._filed)
