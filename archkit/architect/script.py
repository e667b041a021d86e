"""A real session as a script: what the model said in it, to be said again without any model.

A script is one JSON document, made of a session on record, that the offline transport plays: so a
session held with Claude becomes a test, or an example that runs without key and network.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.architect.client import offline_client
from archkit.architect.dialogue import Message
from archkit.errors import SessionError
from archkit.memory.redact import redact_value
from archkit.plain import shown_path

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

    from archkit.architect.stored import StoredSession

__all__ = ["Script", "ScriptedTurn", "read_script", "script_of", "write_script"]

_FORMAT, _VERSION = "archkit-script", 1
_PLAYED = ("text", "tool_use")


@dataclass(frozen=True, slots=True)
class ScriptedTurn:
    """One answer of the model: blocks of type text or tool_use, and why it stopped."""

    blocks: tuple[Mapping[str, Any], ...]
    stop_reason: str


@dataclass(frozen=True, slots=True)
class Script:
    """What is needed to hold a session once more: the user's part and the model's, in order.

    `agent` names the card, `model` who answered then; `answers` are by key, as the user gave them.
    """

    agent: str
    model: str
    brief: str
    answers: Mapping[str, str]
    turns: tuple[ScriptedTurn, ...]

    def client(self) -> AsyncAnthropic:
        """Return a client that opens no socket and gives the script's turns, one after another."""
        return offline_client(self.respond)

    def respond(self, body: Mapping[str, Any]) -> ScriptedTurn:
        """Return the turn that follows what a request already holds.

        The same request gives the same turn, however often it is sent.

        Raises
        ------
        SessionError
            The script has no further turn.
        """
        said: int = sum(m.get("role") == "assistant" for m in body.get("messages", ()))
        if said >= len(self.turns):
            raise SessionError(
                "The script has come to its end.",
                why=f"It holds {len(self.turns)} turns of the model, and all have been said.",
                mend="Stop here, or export a longer session.",
            )
        return self.turns[said]

    def as_json(self) -> dict[str, Any]:
        """Return the document that `read_script` reads."""
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "agent": self.agent,
            "model": self.model,
            "brief": self.brief,
            "answers": dict(self.answers),
            "turns": [
                {"stop_reason": turn.stop_reason, "blocks": [dict(b) for b in turn.blocks]}
                for turn in self.turns
            ],
        }


def script_of(session: StoredSession) -> Script:
    """Return the script of a session on record.

    Turns that broke off or were refused are left out, and so is what the model thought: it cannot
    be given back to a model by anybody else. Secrets are hidden.
    """
    turns = tuple(
        ScriptedTurn(_played(said), str(said.stop_reason or "end_turn"))
        for said in session.said
        if isinstance(said, Message) and _is_whole(said)
    )
    return Script(session.agent, session.model, session.brief, session.answers, turns)


def write_script(script: Script, path: str | Path) -> Path:
    """Write a script as JSON; a file that is there already is not overwritten.

    Raises
    ------
    SessionError
        The file is there, or cannot be written.
    """
    target = Path(path)
    text = json.dumps(redact_value(script.as_json())[0], ensure_ascii=False, indent=1)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(f"{text}\n")
    except OSError as error:
        raise SessionError(
            f"The script could not be written to {shown_path(target)!r}.",
            why=f"{error.strerror or error}.",
            mend="Name another file.",
        ) from error
    return target


def read_script(path: str | Path) -> Script:
    """Read a script that `write_script` wrote.

    Raises
    ------
    SessionError
        It cannot be read, is no script, or is one of a later version.
    """
    source = Path(path)
    try:
        read = json.loads(source.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        raise _no_script(source, f"{why}.") from error
    if not isinstance(read, dict) or read.get("format") != _FORMAT:
        raise _no_script(source, f"It does not say that it is of the format '{_FORMAT}'.")
    if read.get("version") != _VERSION:
        raise _no_script(source, f"It is of version {read.get('version')!r}, not {_VERSION}.")
    try:
        turns = tuple(_turn(turn) for turn in read["turns"])
        words = {key: str(read[key]) for key in ("agent", "model", "brief")}
        answers = {str(k): str(v) for k, v in read["answers"].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise _no_script(source, f"A part of it is missing or odd: {error}.") from error
    return Script(answers=answers, turns=turns, **words)


def _turn(turn: Mapping[str, Any]) -> ScriptedTurn:
    blocks: Sequence[Mapping[str, Any]] = turn["blocks"]
    if not all(block["type"] in _PLAYED for block in blocks):
        raise TypeError(f"only blocks of {' and '.join(_PLAYED)} can be played")
    return ScriptedTurn(tuple(dict(block) for block in blocks), str(turn["stop_reason"]))


def _is_whole(said: Message) -> bool:
    return said.role == "assistant" and said.status == "complete" and said.stop_reason != "refusal"


def _played(said: Message) -> tuple[Mapping[str, Any], ...]:
    return tuple(dict(block) for block in said.content if block.get("type") in _PLAYED)


def _no_script(path: Path, why: str) -> SessionError:
    return SessionError(
        f"{shown_path(path)!r} is not a session's script.",
        why=why,
        mend="Make one with: archkit replay SESSION --script FILE",
    )
