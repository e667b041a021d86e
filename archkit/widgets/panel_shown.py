"""What a panel shows of its session, as HTML: texts escaped, the model's Markdown sanitised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from archkit.architect.dialogue import Message, Note, Question, ToolCall
from archkit.architect.offline.request_body import read_body
from archkit.architect.tool_line import tool_line
from archkit.markup import esc, markdown
from archkit.memory.redact import redact_text
from archkit.proposal.page import proposal_page

if TYPE_CHECKING:
    from archkit.architect.proposing import Version
    from archkit.architect.session import Session
    from archkit.errors import ArchkitError
    from archkit.records import Decision
    from archkit.widgets.permission_desk import Request

__all__ = [
    "conversation",
    "decisions_made",
    "error_lines",
    "facts",
    "head",
    "leave_asked",
    "notices",
    "proposal_view",
    "question_head",
    "stylesheet",
]

_LONGEST = 4000
_ASKED = {
    "proposal": "asked for a design",
    "repair": "What the checker found went back to the architect.",
    "continue": "The proposal was cut off; the architect was asked to go on.",
    "decisions": "asked to have the decisions stated",
}


@cache
def stylesheet() -> str:
    """Return the style of panels; every rule of it is below `.archkit-panel`."""
    return (files("archkit") / "library" / "panel.css").read_text(encoding="utf-8")


def facts(session: Session) -> list[tuple[str, str]]:
    """Name what is known of a session at a glance: name and value, in words."""
    tokens, cost = session.tokens, session.cost_usd
    offline = session.client_kind == "offline"
    read = tokens.input + tokens.cache_read + tokens.cache_write
    guess = " (estimated)" if offline else ""
    who = "offline: no model is asked" if offline else f"{session.model} ({session.client_kind})"
    spent = "unknown" if cost is None else f"{cost:.4f} USD" if cost else "0 USD"
    return [
        ("card", session.card.name),
        ("project", session.project),
        ("stage", session.stage),
        ("model", who),
        ("why", session.client_reason),
        ("memory", f"{'on' if session.gate.on else 'off'}: {session.gate.reason}"),
        ("tokens", f"{read:,} read, {tokens.output:,} written{guess}"),
        ("cost", "none: no model was asked" if offline and cost is None else spent),
        ("session", session.session_id),
    ]


def head(session: Session) -> str:
    """Say in a line who answers and what it cost so far, the rest on demand."""
    known = dict(facts(session))
    memory = "memory on" if session.gate.on else "memory off"
    line = f"{known['card']} · {known['model']} · {memory}"
    cost = "no cost" if session.client_kind == "offline" else f"cost {known['cost']}"
    numbers = f"tokens: {known['tokens']} · {cost}"
    rows = "".join(f"<dt>{esc(name)}</dt><dd>{esc(value)}</dd>" for name, value in known.items())
    return (
        f'<details class="ak-head"><summary><strong>{esc(line)}</strong>'
        f'<span class="ak-numbers">{esc(numbers)}</span></summary><dl>{rows}</dl></details>'
    )


def notices(said: Iterable[str]) -> str:
    """List what the user should know; "" if there is nothing."""
    items = "".join(f"<li>{esc(notice)}</li>" for notice in dict.fromkeys(said))
    return f'<ul class="ak-notices" aria-label="Notices">{items}</ul>' if items else ""


def error_lines(error: ArchkitError | None) -> str:
    """Show an error as its three lines; "" if there is none."""
    if error is None:
        return ""
    why, mend = f"<p>Why: {esc(error.why)}</p>", f"<p>Mend: {esc(error.mend)}</p>"
    return f'<div class="ak-error" role="alert"><p><b>{esc(error.what)}</b></p>{why}{mend}</div>'


def leave_asked(request: Request | None) -> str:
    """Show what a tool wants to do, and with what; "" if nothing waits."""
    if request is None:
        return ""
    with_what = "".join(
        f'<details><summary>{esc(name)}</summary><pre tabindex="0">{esc(_clipped(value))}</pre>'
        "</details>"
        for name, value in request.given.items()
        if isinstance(value, str) and name != "file_path"
    )
    title = f"<p><b>{esc(request.tool)}</b>: {esc(request.summary)}</p>"
    return f'<div class="ak-leave" role="alert">{title}{with_what}</div>'


def conversation(session: Session) -> str:
    """Show what was asked, said and done; long texts, thinking and tool calls folded."""
    brief = [said for said in session.transcript if isinstance(said, Message)][:1]
    rest = (said for said in session.transcript if said not in brief)  # the memory came first
    shown = "".join(map(_turn, (*brief, *rest)))
    if not shown:
        return '<p class="ak-empty">Nothing was said yet. Say what is to be built under Brief.</p>'
    briefing = session.briefing
    found = briefing._repr_html_() if briefing.project else ""
    project = _folded("What the Context Manager found in the project", found) if found else ""
    logged = [step for step in session.steps if step.status != "open"]
    steps = "".join(f"<li value='{step.n}'>{esc(_step(step))}</li>" for step in logged)
    title = f"The steps of learning: {len(logged)} of {len(session.steps)} done or skipped"
    protocol = _folded(title, f"<ol>{steps}</ol>") if steps else ""
    return f"{shown}{project}{protocol}"


def question_head(question: Question, number: int) -> str:
    """Show a question and what its answer would change."""
    why = f'<span class="ak-mute">{esc(question.why)}</span>' if question.why else ""
    return f'<p class="ak-question"><b>{number}. {esc(question.text)}</b> {why}</p>'


def proposal_view(session: Session) -> str:
    """Show the proposal with its findings, and what became of its versions."""
    if session.proposal is None:
        words = "No proposal yet. Answer what you know under Questions, then have one written."
        return f'<p class="ak-empty">{words}</p>'
    return versions(session.versions) + proposal_page(session.proposal, top=3)


def versions(made: Sequence[Version]) -> str:
    """List the versions of a proposal where there are several."""
    if len(made) < 2:
        return ""
    stands = [version.number for version in made if version.stands][-1]
    rows = "".join(
        f"<tr><th scope='row'>{version.number}</th><td>{_origin(version)}</td>"
        f"<td>{version.count('error')}</td><td>{version.count('warning')}</td>"
        f"<td>{version.findings.score}</td><td>{_fate(version, stands)}</td></tr>"
        for version in made
    )
    names = ("version", "how", "errors", "warnings", "score", "")
    heads = "".join(f'<th scope="col">{name}</th>' for name in names[:-1]) + "<td></td>"
    table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
    return _folded(f"Version {stands} of {len(made)} stands", table)


def decisions_made(decisions: Sequence[Decision]) -> str:
    """List what was decided; "" if nothing was."""
    items = "".join(f"<li>{_decided(decision)}</li>" for decision in decisions)
    return f'<p><b>Decided so far</b></p><ul class="ak-decided">{items}</ul>' if items else ""


def _decided(decision: Decision) -> str:
    over = ", ".join(other.name for other in decision.alternatives)
    share = decision.confidence
    sure = "" if share is None else f"; confidence {100 * share:.0f}\u202f%"
    why = f"; {decision.rationale}" if isinstance(decision.rationale, str) else ""
    rest = f"{f' over {over}' if over else ''}{sure}{why if why != '; ' else ''}"
    return f"<b>{esc(decision.chosen)}</b>{esc(rest)}"


def _origin(version: Version) -> str:
    return f"repair of {version.repair_of}" if version.repair_of else "written afresh"


def _fate(version: Version, stands: int) -> str:
    if version.number == stands:
        return "stands"
    return "replaced" if version.stands else "no better"


def _step(step: object) -> str:
    return str(step).partition(". ")[2]


def _turn(said: Message | ToolCall | Note) -> str:
    if isinstance(said, Note):
        return f'<p class="ak-mute">{esc(said.text)}</p>'
    if isinstance(said, ToolCall):
        return _call(said)
    return _request(said.text) if said.role == "user" else _answer(said)


def _answer(said: Message) -> str:
    text, _ = redact_text(said.text.strip())
    thought, _ = redact_text(said.thinking)
    cut = f" ({esc(said.status)})" if said.status != "complete" else ""
    folded = _folded("what it thought", markdown(thought)) if thought.strip() else ""
    if len(text) > _LONGEST:
        body = _folded(f"a document of {len(text):,} characters", markdown(text))
    else:
        body = markdown(text)
    if not text and not folded:
        return ""
    return f'<div class="ak-turn"><p class="ak-who">architect{cut}</p>{folded}{body}</div>'


def _call(call: ToolCall) -> str:
    if call.tool == "ask_questions" and not call.is_error:
        asked = tool_line(call.as_payload()).partition(",")[0]
        return f'<p class="ak-mute">{esc(asked)}: see Questions</p>'
    granted = f"<p>granted by {esc(call.granted_by)}</p>" if call.granted_by else ""
    reason = f"<p>{esc(call.reason)}</p>" if call.reason and call.reason != call.output else ""
    output, _ = redact_text(call.output)
    gave = f'<pre tabindex="0">{esc(_clipped(output))}</pre>'
    return _folded(tool_line(call.as_payload()), f"{granted}{reason}{gave}", kind="ak-tool")


def _request(text: str) -> str:
    asked = read_body({"messages": [{"role": "user", "content": text}]})
    if asked.brief:
        return _you(f"<p>{esc(asked.brief)}</p>")
    said = "".join(
        f"<li>{esc(answer.question or answer.key)} <b>{esc(answer.answer)}</b></li>"
        for answer in asked.answers
    )
    line = _ASKED.get(asked.stage, "")
    if asked.stage == "proposal":
        return _you(f"<p>{line}{', and answered:' if said else ''}</p><ul>{said}</ul>")
    return f'<p class="ak-mute">{esc(line)}</p>' if line else ""


def _you(body: str) -> str:
    return f'<div class="ak-turn ak-you"><p class="ak-who">you</p>{body}</div>'


def _folded(title: str, body: str, *, kind: str = "") -> str:
    return f'<details class="ak-fold {kind}"><summary>{esc(title)}</summary>{body}</details>'


def _clipped(text: str) -> str:
    more = len(text) - _LONGEST
    return f"{text[:_LONGEST]}\n… {more:,} characters more" if more > 0 else text
