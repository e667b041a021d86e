"""`archkit replay`: a session on record shown again, step by step, without a model or a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archkit.cli.app import LOOKING, AsJson, MemoryPath, app, opened, plainly
from archkit.cli.decision import whole_id
from archkit.cli.screen import Screen
from archkit.plain import shown_path

if TYPE_CHECKING:
    from archkit.architect.dialogue import Message, ToolCall
    from archkit.architect.stored import StoredSession

__all__ = ["replay"]


@app.command(rich_help_panel=LOOKING)
@plainly
def replay(
    session: Annotated[str, typer.Argument(help="Its id, the beginning of it, or last.")],
    script: Annotated[
        Path | None,
        typer.Option(
            "--script", metavar="FILE", help="Write what the model said as a script, for a test."
        ),
    ] = None,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Show a session again, step by step, from the record: no model is asked."""
    from archkit.architect.script import script_of, write_script
    from archkit.architect.stored import read_session

    screen = Screen(as_json)
    with opened(memory) as kept:
        stored = read_session(kept, whole_id(kept, session, "session"))
    written = write_script(script_of(stored), script) if script else None
    if as_json:
        screen.data(_as_json(stored, written))
    _show(screen, stored)
    if written is not None:
        screen.say(f"The script: {shown_path(written)}")


def _as_json(stored: StoredSession, written: Path | None) -> dict[str, Any]:
    return {
        "session_id": stored.session_id,
        "card": stored.agent,
        "client": stored.client,
        "model": stored.model,
        "stage": stored.stage,
        "status": stored.status,
        "brief": stored.brief,
        "answers": dict(stored.answers),
        "said": [said.as_payload() for said in stored.said],
        "proposals": [
            {"version": p.version, "repair_of": p.repair_of, "stands": p.stands}
            for p in stored.proposals
        ],
        "decisions": [decision.as_payload() for decision in stored.decisions],
        "script": written,
    }


def _show(screen: Screen, stored: StoredSession) -> None:
    from archkit.architect.dialogue import Message

    screen.head(f"{stored.agent}: {stored.brief}")
    screen.note(f"{stored.client} ({stored.model}), begun {stored.started_at:%Y-%m-%d %H:%M} UTC")
    for said in stored.said:
        if isinstance(said, Message):
            _show_message(screen, said)
        else:
            screen.say(f"· {_line(said)}")
    for version in stored.proposals:
        origin = f", a repair of {version.repair_of}" if version.repair_of else ""
        stands = "" if version.stands else "; it was no better and does not stand"
        screen.note(f"version {version.version} of the proposal{origin}{stands}")
    for decision in stored.decisions:
        others = ", ".join(a.name for a in decision.alternatives)
        screen.say(f"Decided: {decision.chosen}{f' over {others}' if others else ''}")
    screen.note(f"The session is {stored.status}, at the stage {stored.stage or 'new'}.")


def _show_message(screen: Screen, said: Message) -> None:
    if said.role == "user":
        screen.note(_request(said.text))
        return
    if said.thinking:
        screen.note(f"(thought for {len(said.thinking.split())} words)")
    if said.text.strip():
        screen.markdown(said.text)
    if said.status != "complete":
        screen.note(f"({said.status})")


def _request(text: str) -> str:
    from archkit.architect.offline.request_body import read_body

    asked = read_body({"messages": [{"role": "user", "content": text}]})
    answers = "; ".join(f"{a.key or 'said'}: {a.answer}" for a in asked.answers)
    return f"→ {asked.stage or 'request'}{f' ({answers})' if answers else ''}"


def _line(call: ToolCall) -> str:
    took = f", {call.duration_ms:.0f} ms" if call.duration_ms >= 1 else ""
    return f"{call}{took}"
