"""A session at a glance: the table a notebook shows for it."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from archkit.architect.dialogue import clipped

if TYPE_CHECKING:
    from archkit.architect.session_state import SessionState

__all__ = ["session_table"]


def session_table(session: SessionState) -> str:
    """Return the session's state as an HTML table, every text escaped."""
    rows = (
        f"<tr><th scope='row'>{name}</th><td>{html.escape(value)}</td></tr>"
        for name, value in _facts(session)
    )
    return f"<table>{''.join(rows)}</table>"


def _facts(session: SessionState) -> list[tuple[str, str]]:
    tokens, cost = session.tokens, session.cost_usd
    estimated = " (estimated)" if session.client_kind == "offline" else ""
    return [
        ("session", session.session_id),
        ("card", session.card.name),
        ("brief", clipped(session.title, 200) or "none yet"),
        ("stage", session.stage),
        ("model", f"{session.model} ({session.client_kind}: {session.client_reason})"),
        ("memory", f"{'on' if session.gate.on else 'off'}: {session.gate.reason}"),
        ("open questions", str(len(session.questions.remaining))),
        ("tokens", f"{tokens.input} in, {tokens.output} out{estimated}"),
        ("cost", "unknown" if cost is None else f"{cost:.4f} USD"),
        *((("its to-do list", _todo(session.todo)),) if session.todo else ()),
        ("tools withheld", ", ".join(session.withheld) or "none"),
        *(("notice", notice) for notice in session.notices),
    ]


def _todo(entries: Sequence[Mapping[str, str]]) -> str:
    marks = {"completed": "✓", "in_progress": "→"}
    return "; ".join(f"{marks.get(e['status'], '·')} {clipped(e['content'], 60)}" for e in entries)
