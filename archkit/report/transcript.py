"""A session as it went: what was asked and said, tool calls folded to one line each."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from archkit.architect.tool_line import loaded, tool_line
from archkit.figures.style import count_of
from archkit.markup import esc, markdown
from archkit.report.document import Section
from archkit.report.session_parts import (
    objects_in,
    proposal_body,
    session_facts,
    session_title,
    steps_card,
)
from archkit.report.text import missing

if TYPE_CHECKING:
    import pandas as pd

    from archkit.report.reading import SessionRecord

__all__ = ["session_sections", "transcript"]

_LONGEST = 4000
_ALL_CALLS, _ALL_SAID = 160_000, 1_200_000  # characters that a page can bear of all together
_MANY = 60
_ENDS = 20
_RUN = 6
_STAGE = re.compile(r'<request stage="(\w+)">')
_PART = {name: re.compile(rf"<{name}>(.*?)</{name}>", re.DOTALL) for name in ("brief", "answers")}

Row = Mapping[Any, Any]


class _Entry(NamedTuple):
    """Something said or done: its place, its HTML, and the tool if it was a call."""

    n: int
    html: str
    call: Row | None = None


def session_sections(record: SessionRecord) -> tuple[Section, ...]:
    """Write a session as sections of a report of something larger: how it went, the proposal."""
    said = (
        '<section class="card" aria-labelledby="transcript-title">'
        '<h3 id="transcript-title">What was asked and said</h3>'
        f"{transcript(record.messages, record.tool_calls)}</section>"
    )
    steps = (
        '<section aria-labelledby="steps-title"><h3 id="steps-title">The twelve steps of learning'
        f"</h3>{steps_card(record.steps)}</section>"
    )
    went = "\n".join([session_facts(record.row), said, steps])
    proposal = f'<div class="card">{proposal_body(record.proposals)}</div>'
    return (
        Section("session", f"The session: {session_title(record.row)}", went),
        Section("proposal", "The proposal", proposal),
    )


def transcript(messages: pd.DataFrame, calls: pd.DataFrame, *, top: int = 4) -> str:
    """Write what was said and done, in order.

    Long texts are folded; of a run of tool calls one line stands open; of a very long session the
    beginning and the end do. Headings in what was said begin at level `top`.
    """
    asked = calls.to_dict("records")
    said = messages.to_dict("records")
    longest_call = _share(_ALL_CALLS, len(asked))
    longest = max(_share(_ALL_SAID, len(said)), _LONGEST)
    entries = [_Entry(int(row["n"]), _message(row, longest, top)) for row in said]
    entries += [
        _Entry(int(row["n"]), _tool_call(row, longest_call), None if _asks(row) else row)
        for row in asked
    ]
    lines = list(_lines(sorted((e for e in entries if e.html), key=lambda entry: entry.n)))
    return "\n".join(_ends(lines)) or '<p class="empty">Nothing was said yet.</p>'


def _share(whole: int, of: int) -> int:
    return min(_LONGEST * 15, max(whole // max(of, 1), 400)) if of > 40 else _LONGEST * 15


def _lines(entries: Sequence[_Entry]) -> Iterator[str]:
    """Fold runs of tool calls into one line each."""
    for is_call, group in groupby(entries, key=lambda entry: entry.call is not None):
        run = list(group)
        if not is_call or len(run) < _RUN:
            yield from (entry.html for entry in run)
            continue
        told = "".join(entry.html for entry in run)
        yield f'<details class="tool"><summary>{esc(_run_words(run))}</summary>{told}</details>'


def _run_words(run: Sequence[_Entry]) -> str:
    rows = [entry.call for entry in run if entry.call is not None]
    by_tool = Counter(str(row["tool"]) for row in rows).most_common()
    told = ", ".join(f"{tool} {number}" if number > 1 else tool for tool, number in by_tool)
    troubled = [
        f"{number} {word}"
        for word, number in (
            ("failed", sum(_true(row["is_error"]) and not _true(row["refused"]) for row in rows)),
            ("refused", sum(_true(row["refused"]) for row in rows)),
        )
        if number
    ]
    return "; ".join([f"{len(rows)} tool calls: {told}", *troubled])


def _ends(lines: Sequence[str]) -> list[str]:
    """Keep the beginning and the end of a very long session open, and fold what is between."""
    if len(lines) <= _MANY:
        return list(lines)
    between = lines[_ENDS:-_ENDS]
    folded = (
        f"<details><summary>+ {count_of(len(between), 'line')} between: how it went on</summary>"
        f"{''.join(between)}</details>"
    )
    return [*lines[:_ENDS], folded, *lines[-_ENDS:]]


def _message(row: Row, longest: int, top: int) -> str:
    text = "" if missing(row["text"]) else str(row["text"]).strip()
    if row["role"] == "user":
        return _request(text)
    thought = _thinking(row["content"])
    if not text and not thought:
        return ""
    cut = "" if row["status"] in ("complete", None) else f" ({esc(row['status'])})"
    said = _folded(text, longest, top) if text else ""
    return f'<div class="turn"><p class="who">architect{cut}</p>{thought}{said}</div>'


def _thinking(content: Any) -> str:
    """Show what the model thought before it answered, on demand."""
    thoughts = (b for b in objects_in(content) if b.get("type") == "thinking")
    thought = "\n\n".join(str(b.get("thinking", "")) for b in thoughts)
    if not thought.strip():
        return ""
    return (
        f'<details class="tool"><summary>what it thought</summary>'
        f"<p>{esc(_cut(thought, _LONGEST * 5))}</p></details>"
    )


def _folded(text: str, longest: int, top: int) -> str:
    """Show a short text whole, a long one (a proposal, which stands below) on demand."""
    if len(text) <= _LONGEST:
        return markdown(text, top=top)
    summary = f"a document of {len(text):,} characters"
    return (
        f"<details><summary>{summary}</summary>{markdown(_cut(text, longest), top=top)}</details>"
    )


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


def _asks(row: Row) -> bool:
    return row["tool"] == "ask_questions" and isinstance(loaded(row["input"]), Mapping)


def _tool_call(row: Row, longest: int) -> str:
    asked = loaded(row["input"])
    if row["tool"] == "ask_questions" and isinstance(asked, Mapping):
        return _questions(asked.get("questions"))
    reason = "" if missing(row["reason"]) or not row["reason"] else f"<p>{esc(row['reason'])}</p>"
    if not missing(row["granted_by"]) and row["granted_by"]:
        reason += f'<p class="mute small">granted by {esc(row["granted_by"])}</p>'
    most = min(longest, _LONGEST)
    return (
        f'<details class="tool"><summary>{esc(tool_line(row))}</summary>{reason}'
        f"{_pre('asked', asked, most)}{_pre('gave', loaded(row['output']), most)}</details>"
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


def _pre(name: str, value: Any, longest: int) -> str:
    text = value if isinstance(value, str) else json.dumps(value, indent=1, ensure_ascii=False)
    return f'<p class="mute small">{name}</p><pre tabindex="0">{esc(_cut(text, longest))}</pre>'


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return f"{text[:longest]}\n… {len(text) - longest:,} characters more"


def _loaded_part(name: str, text: str) -> Any:
    found = _PART[name].search(text)
    return loaded(found[1]) if found else None


def _true(value: Any) -> bool:
    return not missing(value) and bool(value)
