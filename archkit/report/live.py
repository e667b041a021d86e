"""A session at hand as a report shows it: for one whose memory was off there is no other record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from archkit.architect.dialogue import Message, ToolCall
from archkit.memory.redact import redact_value
from archkit.records import Decision
from archkit.report.reading import SessionRecord

if TYPE_CHECKING:
    import pandas as pd

    from archkit.architect.session import Session

__all__ = ["session_record"]

_MESSAGE = (
    *("n", "role", "text", "content", "status", "model", "prices", "cost_usd", "duration_ms"),
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
)
_STEP = ("n", "phase", "name", "status", "reason")
_PROPOSAL = ("version", "text", "missing", "findings", "repair_of", "stands")
_CALL = (
    "n",
    "tool",
    "input",
    "output",
    "is_error",
    "refused",
    "reason",
    "duration_ms",
    "granted_by",
)


def session_record(session: Session) -> str | SessionRecord:
    """Return the id under which the memory knows a session, or all of one that it does not.

    Secrets are hidden here, for nothing of such a session went through a journal.
    """
    if session.gate.on:
        return session.session_id
    messages = [said for said in session.transcript if isinstance(said, Message)]
    calls = [said for said in session.transcript if isinstance(said, ToolCall)]
    row, _ = redact_value(_row(session, messages, calls))
    return SessionRecord(
        row=row,
        messages=_frame((message.as_payload() for message in messages), _MESSAGE),
        tool_calls=_frame((call.as_payload() for call in calls), _CALL),
        steps=_frame((asdict(step) for step in session.steps if step.status != "open"), _STEP),
        proposals=_frame(_proposals(session), _PROPOSAL),
        decisions=_decisions(session),
    )


def _decisions(session: Session) -> tuple[Decision, ...]:
    """Return the decisions of a session at hand, secrets hidden."""
    told = (redact_value(decision.as_payload())[0] for decision in session.decisions)
    return tuple(Decision.from_payload(payload) for payload in told)


def _frame(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    chosen = [{name: row[name] for name in columns} for row in rows]
    return pd.DataFrame(redact_value(chosen)[0], columns=list(columns))


def _row(session: Session, messages: list[Message], calls: list[ToolCall]) -> dict[str, Any]:
    tokens = session.tokens
    return {
        "session_id": session.session_id,
        "agent": session.card.name,
        "title": session.title,
        "brief": session.asked,
        "client": session.client_kind,
        "model": session.model,
        "started_at": session.started_at,
        "aml_enabled": session.gate.on,
        "aml_reason": session.gate.reason,
        "status": "ended" if session.stage == "decided" else "open",
        "stage": session.stage,
        "turns": sum(message.role == "assistant" for message in messages),
        "tool_calls": len(calls),
        "refused": sum(call.refused for call in calls),
        "input_tokens": tokens.input,
        "output_tokens": tokens.output,
        "cost_usd": session.cost_usd,
    }


def _proposals(session: Session) -> list[dict[str, Any]]:
    return [
        {
            "version": version.number,
            "text": version.proposal.text,
            "missing": list(version.proposal.missing),
            "findings": [asdict(finding) for finding in version.findings],
            "repair_of": version.repair_of,
            "stands": version.stands,
        }
        for version in session.versions
    ]
