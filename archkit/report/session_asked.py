"""What a session began with: the briefing, and its questions with what was answered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from archkit.architect.briefing_shown import Briefing
from archkit.architect.tool_line import loaded
from archkit.figures.style import elided
from archkit.markup import esc
from archkit.plain import missing

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["answers_in", "briefing_body", "questions_asked", "questions_body"]

_BRIEFING = re.compile(r"<briefing>(.*?)</briefing>", re.DOTALL)
_ANSWERS = re.compile(r"<answers>(.*?)</answers>", re.DOTALL)
_LONGEST = 20_000


def briefing_body(messages: pd.DataFrame) -> str:
    """Write what the Context Manager told the architect of the project, folded."""
    said = next(_parts(messages, _BRIEFING), None)
    told = loaded(said) if said else None
    if not isinstance(told, Mapping) or not told:
        return '<p class="empty">No briefing is on record.</p>'
    briefing = Briefing(told)
    pairs = "".join(f"<dt>{esc(n)}</dt><dd>{shown}</dd>" for n, shown in briefing.rows() if shown)
    summary = esc(elided(briefing.summary.partition(" Its README begins")[0] or "no summary", 400))
    name = esc(briefing.project.get("name") or "the project")
    text = json.dumps(told, indent=1, ensure_ascii=False)
    cut = text[:_LONGEST] + ("\n…" if len(text) > _LONGEST else "")
    return (
        f'<details class="briefing"><summary>The briefing on {name}: {summary}</summary>'
        f'<dl class="facts">{pairs}</dl>'
        f'<details class="tool"><summary>as the architect got it</summary><pre tabindex="0">'
        f"{esc(cut)}</pre></details></details>"
    )


def answers_in(messages: pd.DataFrame) -> dict[str, str]:
    """Return the answers that reached the architect, by the question's key; "" for free text."""
    found: dict[str, str] = {}
    for part in _parts(messages, _ANSWERS):
        items = loaded(part)
        for item in items if isinstance(items, list) else ():
            if isinstance(item, Mapping):
                found[str(item.get("key") or "")] = str(item.get("answer") or "")
    return found


def questions_asked(calls: pd.DataFrame, answers: Mapping[str, str]) -> pd.DataFrame:
    """Return one row a question, as it was asked last: `key`, `question`, `why`, `answer`."""
    asked: dict[str, dict[str, Any]] = {}
    for row in calls[calls["tool"] == "ask_questions"].to_dict("records"):
        given = loaded(row["input"])
        listed = given.get("questions") if isinstance(given, Mapping) else None
        for n, each in enumerate(listed if isinstance(listed, list) else (), 1):
            told = each if isinstance(each, Mapping) else {"text": each}
            key = str(told.get("key") or f"q{n}")
            words = str(told.get("text") or told.get("question") or key)
            asked[key] = {"key": key, "question": words, "why": str(told.get("why") or "")}
    rows = [{**each, "answer": answers.get(key)} for key, each in asked.items()]
    rows += [
        {"key": key, "question": key.replace("_", " ") or "said besides", "why": "", "answer": said}
        for key, said in answers.items()
        if key not in asked
    ]
    return pd.DataFrame(rows, columns=["key", "question", "why", "answer"])


def questions_body(questions: pd.DataFrame) -> str:
    """Write the questions with their answers; what was not answered says so."""
    if questions.empty:
        return '<div class="card"><p class="empty">Nothing was asked.</p></div>'
    lacking = int(questions["answer"].isna().sum())
    told = f"{len(questions)} asked, {lacking} not answered." if lacking else "All were answered."
    items = "".join(map(_asked, questions.to_dict("records")))
    return f'<div class="card"><p class="mute small">{told}</p><ol class="asked">{items}</ol></div>'


def _asked(row: Mapping[Any, Any]) -> str:
    why = f'<br><span class="mute small">{esc(row["why"])}</span>' if row["why"] else ""
    if missing(row["answer"]):
        said = '<span class="mute">not answered: the architect assumed what is usual</span>'
    else:
        said = f"<strong>{esc(row['answer'])}</strong>"
    return f"<li><p>{esc(row['question'])}{why}</p><p>{said}</p></li>"


def _parts(messages: pd.DataFrame, pattern: re.Pattern[str]) -> Iterator[str]:
    users = messages[messages["role"] == "user"] if len(messages) else messages
    for text in users["text"] if len(users) else ():
        if not missing(text) and (found := pattern.search(str(text))):
            yield found[1]
