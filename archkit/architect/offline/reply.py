"""The offline architect: answers a Messages API request from memory and library, with no model.

A pure function of the request's body: the same body gives the same turn.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from archkit.architect.offline.choice import (
    Choice,
    changed_line,
    evidence_line,
    name,
    tie_line,
)
from archkit.architect.offline.composer import MOST_GAPS, compose, origins_of
from archkit.architect.offline.concerns import uncovered
from archkit.architect.offline.desk import Desk
from archkit.architect.offline.phrases import clipped, counted, listed, phrase_of, quoted
from archkit.architect.offline.plan import Plan
from archkit.architect.offline.questions import open_questions, question_input
from archkit.architect.offline.request_body import Asked, read_body
from archkit.architect.offline.wording import clauses

if TYPE_CHECKING:
    from archkit.library import Library

__all__ = ["Turn", "respond"]

_STAGES = ("questions", "proposal", "repair", "decisions")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the assistant: content blocks of type text or tool_use, and why it stopped."""

    blocks: tuple[Mapping[str, Any], ...]
    stop_reason: str


def respond(body: dict[str, Any]) -> Turn:
    """Answer a request of the Messages API.

    Parameters
    ----------
    body
        The request's JSON: messages with `<request stage="…">` in a user's text, and tools.

    Returns
    -------
    Turn
        Stage questions: calls of `query_patterns`, then a text and a call of `ask_questions`
        (no call when no answer would matter). Stage proposal: the same calls with all facets,
        calls of `note_tradeoff`, then the proposal in Markdown. Stage decisions: its choices, as
        JSON.
    """
    from archkit.library import read_library

    asked = read_body(body)
    if asked.stage not in _STAGES or not asked.brief:
        return _said(_FOREIGN)
    desk = Desk(asked, read_library())
    calls = desk.missing_calls()
    if calls:
        return _called("", calls, asked)
    if asked.stage == "decisions":
        return _decisions(desk)
    return _questions(desk) if asked.stage == "questions" else _proposal(desk)


_FOREIGN = (
    "No model was asked: this is archkit's offline architect. It answers the two requests of a "
    "session, a brief and then a proposal; use `session.brief(…)` and `session.propose()`. For a "
    "free conversation set a key or the address of a model server."
)


def _plan(desk: Desk) -> Plan:
    choices, troubles = desk.choices()
    return Plan(
        brief=desk.asked.brief,
        facets=desk.facets,
        briefing=desk.asked.briefing,
        choices=choices,
        gaps=_gaps(desk),
        open=open_questions(choices, desk.facets),
        unread=desk.unread,
        troubles=troubles,
        memory=desk.memory,
        errors=desk.known_errors(),
    )


def _gaps(desk: Desk) -> tuple[str, ...]:
    """Parts of the brief that nothing is known of: all of them where no concern is touched."""
    if desk.concerns:
        return uncovered(desk.asked.brief, desk.concerns)
    return tuple(dict.fromkeys(clauses(desk.asked.brief)))


def _questions(desk: Desk) -> Turn:
    if any(call.name == "ask_questions" for call in desk.asked.stage_calls):
        return _said("The questions are asked; the proposal follows on your answers.")
    plan = _plan(desk)
    paragraphs = [*_understood(plan), *_remembered(plan, desk.library)]
    asks = [question_input(item) for item in plan.open] if plan.chosen else []
    if not any(item.changes for item in plan.open):
        asks = [] if not plan.chosen else asks
        paragraphs.append(
            "No open question would change a choice."
            if plan.chosen
            else "So there is nothing to ask; a proposal would only state this gap."
        )
    text = "\n\n".join(paragraphs)
    if not asks:
        return _said(text)
    if "ask_questions" not in desk.asked.tools:
        return _said(text + "\n\n" + "\n".join(f"- {q['text']} {q['why']}" for q in asks))
    return _called(text, [("ask_questions", {"questions": asks})], desk.asked)


def _understood(plan: Plan) -> list[str]:
    lines = ["No model was asked; this is archkit's offline architect."]
    if not plan.choices:
        lines[0] += " Neither the memory nor the library knows anything of this brief."
        return lines
    about = [
        f"{c.concern.title[0].lower()}{c.concern.title[1:]} (from {_quoted(c.concern.words)})"
        for c in plan.choices
    ]
    lines.append(f"I read the brief as {counted(len(about), 'concern')}: {'; '.join(about)}.")
    known = [phrase_of(f) for f in plan.facets.values()]
    if known:
        lines.append(f"It states {listed(known)}.")
    if plan.existing:
        lines.append(f"Already in use: {listed(plan.existing)}.")
    lines += [
        f"Nothing is known of this part: “{quoted(clipped(gap))}”." for gap in plan.gaps[:MOST_GAPS]
    ]
    left = len(plan.gaps) - MOST_GAPS
    lines += [f"Nor of {counted(left, 'further part')}."] if left > 0 else []
    return lines


def _quoted(words: Sequence[str]) -> str:
    return listed(f"“{w}”" for w in words[:3]) if words else "its kind"


def _remembered(plan: Plan, library: Library) -> list[str]:
    origins = origins_of(library)
    lines = [f"{trouble}." for trouble in plan.troubles]
    if not plan.memory and plan.choices:
        lines.append("The memory was off: patterns come from the library, and no rates are known.")
    lines += [error.summary() for error in plan.errors]
    for choice in plan.choices:
        if choice.best is None:
            lines.append(f"- **{choice.concern.title}:** no usable pattern is known.")
            continue
        line = f"- **{choice.concern.title}:** {name(choice.best)} comes first: "
        line += f"{evidence_line(choice.best, choice, origins)}. "
        line += f"{changed_line(choice, origins)} {tie_line(choice)}".strip()
        lines.append(line.rstrip())
    return lines


def _proposal(desk: Desk) -> Turn:
    plan = _plan(desk)
    noted = any(call.name == "note_tradeoff" for call in desk.asked.stage_calls)
    if "note_tradeoff" in desk.asked.tools and not noted and desk.asked.stage == "proposal":
        notes = [_tradeoff(c, desk.library) for c in plan.chosen if c.tied or c.vetoed]
        if notes:
            return _called("", [("note_tradeoff", note) for note in notes], desk.asked)
    return _said(compose(plan, desk.library))


def _decisions(desk: Desk) -> Turn:
    """State the choices of the proposal, as JSON."""
    plan, origins = _plan(desk), origins_of(desk.library)
    stated = [
        {
            "kind": choice.concern.kind,
            "chosen": name(choice.best or {}),
            "patterns": [str((choice.best or {}).get("slug"))],
            "alternatives": [
                *({"name": name(e), "why_not": "ranked lower"} for e in choice.rivals),
                *({"name": name(e), "why_not": str(e.get("veto"))} for e in choice.vetoed),
            ],
            "rationale": f"{evidence_line(choice.best or {}, choice, origins)}. "
            f"{tie_line(choice)}".strip(),
        }
        for choice in plan.chosen
    ]
    return _said(json.dumps({"decisions": stated}, ensure_ascii=False))


def _tradeoff(choice: Choice, library: Library) -> dict[str, Any]:
    best, origins = choice.best or {}, origins_of(library)
    parts = [f"{choice.concern.title}: {evidence_line(best, choice, origins)}.", tie_line(choice)]
    parts += [f"{name(e)} is ruled out: {e.get('veto')}." for e in choice.vetoed]
    return {
        "choice": name(best),
        "alternatives": [name(e) for e in (*choice.rivals, *choice.vetoed)],
        "note": " ".join(part for part in parts if part),
    }


def _said(text: str) -> Turn:
    return Turn(({"type": "text", "text": text},), "end_turn")


def _called(text: str, calls: Sequence[tuple[str, Mapping[str, Any]]], asked: Asked) -> Turn:
    """Return a turn that calls tools; the same call in the same place has the same id."""
    blocks: list[Mapping[str, Any]] = [{"type": "text", "text": text}] if text else []
    for number, (tool, given) in enumerate(calls, len(asked.calls)):
        seed = json.dumps([asked.stage, number, tool, given], sort_keys=True, default=str)
        key = hashlib.sha256(seed.encode()).hexdigest()[:24]
        blocks.append(
            {"type": "tool_use", "id": f"toolu_{key}", "name": tool, "input": dict(given)}
        )
    return Turn(tuple(blocks), "tool_use")
