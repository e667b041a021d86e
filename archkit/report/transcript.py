"""One session on the page: what was asked and said, the proposal, the steps, what it cost."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archkit.architect.tool_line import loaded, tool_line
from archkit.markup import esc, markdown, sections
from archkit.proposal.document import read_proposal
from archkit.proposal.page import proposal_page
from archkit.report.diagrams import diagram_figures
from archkit.report.text import as_date, count, missing

if TYPE_CHECKING:
    import pandas as pd

    from archkit.report.reading import SessionRecord

__all__ = ["session_section"]

_LONGEST = 4000
_STEPS = 12
_STAGE = re.compile(r'<request stage="(\w+)">')
_PART = {name: re.compile(rf"<{name}>(.*?)</{name}>", re.DOTALL) for name in ("brief", "answers")}

Row = Mapping[Any, Any]


def session_section(record: SessionRecord) -> str:
    """Write the section of one session."""
    row = record.row
    parts = [
        f'<h2 id="session">The session: {esc(row["title"] or _first_line(row["brief"]))}</h2>',
        _session_facts(row),
        '<section class="card" aria-labelledby="transcript-title">'
        '<h3 id="transcript-title">What was asked and said</h3>',
        _transcript(record.messages, record.tool_calls),
        "</section>",
        _steps(record.steps),
        _proposal(record.proposals),
    ]
    return "\n".join(parts)


def _session_facts(row: Row) -> str:
    facts = [
        ("asked", f"<p>{esc(row['brief'])}</p>"),
        ("architect", f"{esc(row['agent'])}, {esc(_who(row))}, {as_date(row['started_at'])}"),
        ("memory", esc(_memory_words(row))),
        ("went", esc(_how_it_went(row))),
        ("tokens", esc(_tokens(row))),
        ("cost", esc(_cost(row))),
        ("id", f"<code>{esc(row['session_id'])}</code>"),
    ]
    pairs = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in facts)
    return f'<div class="card"><dl class="facts">{pairs}</dl></div>'


def _who(row: Row) -> str:
    if str(row["client"]) == "offline":
        return "offline: no model was asked"
    return " by ".join(str(row[name]) for name in ("model", "client") if not missing(row[name]))


def _memory_words(row: Row) -> str:
    if missing(row["aml_enabled"]):
        return "not noted"
    is_on = _true(row["aml_enabled"])
    words = (
        "on" if is_on else "memory was off, neither read nor written: this session saw no evidence"
    )
    return words if missing(row["aml_reason"]) else f"{words}; {row['aml_reason']}"


def _how_it_went(row: Row) -> str:
    stage = "" if missing(row["stage"]) else f" at {row['stage']}"
    refused = "" if not row["refused"] else f", {count(row['refused'])} refused"
    turns = "unknown" if missing(row["turns"]) else count(row["turns"])
    calls = count(row["tool_calls"] or 0)
    return f"{row['status']}{stage}; {turns} turns, {calls} tool calls{refused}"


def _tokens(row: Row) -> str:
    if missing(row["input_tokens"]) or missing(row["output_tokens"]):
        return "unknown"
    if not row["input_tokens"] and not row["output_tokens"]:
        return "unknown: the server counted none"
    guess = ", estimated" if str(row["client"]) == "offline" else ""
    return f"{count(row['input_tokens'])} read, {count(row['output_tokens'])} written{guess}"


def _cost(row: Row) -> str:
    cost = row["cost_usd"]
    if missing(cost):
        return "none: no model was asked" if str(row["client"]) == "offline" else "unknown"
    shown = f"{cost:.2g}" if 0 < cost < 0.01 else f"{cost:,.2f}"
    return f"{shown} US dollars"


def _proposal(proposals: pd.DataFrame) -> str:
    section = '<section class="card" id="proposal" aria-labelledby="proposal-title">'
    head = f'{section}<h3 id="proposal-title">'
    if proposals.empty:
        empty = '<p class="empty">No proposal was made. Continue with session.propose().</p>'
        return f"{head}The proposal</h3>{empty}</section>"
    standing = proposals[proposals["stands"].astype(bool)].iloc[-1]
    line = _versions(proposals, standing) if len(proposals) > 1 else ""
    proposal = read_proposal(str(standing["text"]))
    body = proposal_page(proposal, top=4, anchor="proposal", in_report=True)
    drawn = diagram_figures(proposal)
    return f"{head}The proposal</h3>{line}{_contents(proposal.text)}{drawn}{body}</section>"


def _versions(proposals: pd.DataFrame, standing: Any) -> str:
    """Say which version stands, and what the checker found in each."""
    note = f"version {standing['version']} of {len(proposals)}"
    items = "".join(f"<li>{esc(_version(row))}</li>" for row in proposals.to_dict("records"))
    return (
        f'<p class="mute small">{esc(note)}</p>'
        "<details><summary>What the checker found in each version</summary>"
        f"<ol>{items}</ol></details>"
    )


def _version(row: Row) -> str:
    found = _objects(row["findings"])
    counts = [sum(f.get("severity") == name for f in found) for name in ("error", "warning")]
    told = f"errors {counts[0]}, warnings {counts[1]}"
    origin = "" if missing(row["repair_of"]) else f", a repair of version {row['repair_of']:.0f}"
    stands = "" if row["stands"] else "; it was no better and does not stand"
    return f"version {row['version']}{origin}: {told}{stands}"


def _contents(text: str) -> str:
    """Link to the sections of the proposal."""
    items = "".join(
        f'<li><a href="#proposal-{number}">{esc(name)}</a></li>'
        for number, name in enumerate(sections(text), start=1)
    )
    return (
        f'<nav aria-label="Sections of the proposal"><ul class="contents">{items}</ul></nav>'
        if items
        else ""
    )


def _transcript(messages: pd.DataFrame, calls: pd.DataFrame) -> str:
    turns = [(row["n"], _message(row)) for row in messages.to_dict("records")]
    turns += [(row["n"], _tool_call(row)) for row in calls.to_dict("records")]
    written = [text for _, text in sorted(turns, key=lambda turn: turn[0]) if text]
    return "\n".join(written) or '<p class="empty">Nothing was said yet.</p>'


def _message(row: Row) -> str:
    text = "" if missing(row["text"]) else str(row["text"]).strip()
    if row["role"] == "user":
        return _request(text)
    thought = _thinking(row["content"])
    if not text and not thought:
        return ""
    cut = "" if row["status"] in ("complete", None) else f" ({esc(row['status'])})"
    said = _folded(text) if text else ""
    return f'<div class="turn"><p class="who">architect{cut}</p>{thought}{said}</div>'


def _objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects of a JSON list; none where there is no list."""
    items = loaded(value)
    return [v for v in items if isinstance(v, Mapping)] if isinstance(items, list) else []


def _thinking(content: Any) -> str:
    """Show what the model thought before it answered, on demand."""
    thoughts = (b for b in _objects(content) if b.get("type") == "thinking")
    thought = "\n\n".join(str(b.get("thinking", "")) for b in thoughts)
    if not thought.strip():
        return ""
    return (
        f'<details class="tool"><summary>what it thought</summary><p>{esc(thought)}</p></details>'
    )


def _folded(text: str) -> str:
    """Show a short text whole, a long one (a proposal, which stands below) on demand."""
    if len(text) <= _LONGEST:
        return markdown(text)
    summary = f"a document of {len(text):,} characters"
    return f"<details><summary>{summary}</summary>{markdown(text)}</details>"


def _request(text: str) -> str:
    """Show of a request what the reader said: the brief, the answers; else name its stage."""
    brief, answers = (_loaded_part(name, text) for name in ("brief", "answers"))
    if isinstance(brief, str):
        return _reader(f"<p>{esc(brief)}</p>")
    if isinstance(answers, list):
        items = [a for a in answers if isinstance(a, Mapping)]
        return _reader(f"<ul>{''.join(map(_answer, items))}</ul>") if items else ""
    stage = _STAGE.search(text)
    if stage and stage[1] == "repair":
        return '<p class="mute small">What the checker found went back to the architect.</p>'
    return "" if stage or not text else _reader(f"<p>{esc(text)}</p>")


def _answer(answer: Row) -> str:
    question = answer.get("question") or str(answer.get("key") or "").replace("_", " ")
    return f"<li>{esc(question)} <strong>{esc(answer.get('answer', ''))}</strong></li>"


def _reader(body: str) -> str:
    return f'<div class="turn reader"><p class="who">you</p>{body}</div>'


def _tool_call(row: Row) -> str:
    asked = loaded(row["input"])
    if row["tool"] == "ask_questions" and isinstance(asked, Mapping):
        return _questions(asked.get("questions"))
    reason = "" if missing(row["reason"]) or not row["reason"] else f"<p>{esc(row['reason'])}</p>"
    if not missing(row["granted_by"]) and row["granted_by"]:
        reason += f'<p class="mute small">granted by {esc(row["granted_by"])}</p>'
    return (
        f'<details class="tool"><summary>{esc(tool_line(row))}</summary>{reason}'
        f"{_pre('asked', asked)}{_pre('gave', loaded(row['output']))}</details>"
    )


def _questions(questions: Any) -> str:
    asked = [q for q in questions or [] if isinstance(q, Mapping)]
    items = "".join(
        f"<li>{esc(q.get('text', ''))}"
        + (f'<br><span class="mute small">{esc(q["why"])}</span>' if q.get("why") else "")
        + "</li>"
        for q in asked
    )
    return (
        f'<div class="turn"><p class="who">architect asks</p><ol>{items}</ol></div>'
        if items
        else ""
    )


def _pre(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)
    cut = f"\n… {len(text) - _LONGEST:,} characters more" if len(text) > _LONGEST else ""
    return f'<p class="mute small">{name}</p><pre>{esc(text[:_LONGEST])}{cut}</pre>'


def _steps(steps: pd.DataFrame) -> str:
    head = (
        '<section class="card" aria-labelledby="steps-title">'
        '<h3 id="steps-title">The twelve steps of learning</h3>'
    )
    if steps.empty:
        return f'{head}<p class="empty">No step was logged.</p></section>'
    items = "".join(map(_step, steps.to_dict("records")))
    tally = [f"{number} {status}" for status, number in steps["status"].value_counts().items()]
    tally += [f"{_STEPS - len(steps)} still open"] if len(steps) < _STEPS else []
    done = esc(", ".join(tally))
    body = f'<p class="mute small">{done}</p><ol class="steps">{items}</ol>'
    return f"{head}{body}</section>"


def _step(row: Row) -> str:
    why = "" if missing(row["reason"]) else f' <span class="mute">{esc(row["reason"])}</span>'
    told = f"{esc(row['name'])} <strong>{esc(row['status'])}</strong>{why}"
    return f'<li><span class="n">{row["n"]}</span><span>{told}</span></li>'


def _loaded_part(name: str, text: str) -> Any:
    found = _PART[name].search(text)
    return loaded(found[1]) if found else None


def _true(value: Any) -> bool:
    return not missing(value) and bool(value)


def _first_line(text: Any) -> str:
    line = str(text or "").strip().split("\n")[0]
    return line if len(line) <= 72 else line[:71].rstrip() + "…"
