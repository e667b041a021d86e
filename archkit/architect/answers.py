"""Reading what a user answers: values by key, or free text matched to the questions it settles."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from archkit.architect.dialogue import Questions
from archkit.architect.offline.facets import read_facets
from archkit.architect.offline.topics import TOPICS
from archkit.errors import SessionError

__all__ = ["read_answers"]


def read_answers(
    given: str | Mapping[str, Any] | None, by_key: Mapping[str, Any], questions: Questions
) -> dict[str, str]:
    """Return the answers by key; under "" a text that settles no single question.

    Parameters
    ----------
    given
        Free text, or values by key.
    by_key
        More values by key.
    questions
        What was asked. A key that was not asked is taken too, if it is a known facet.

    Raises
    ------
    SessionError
        There is no answer, or a key is neither asked nor known.
    """
    values = {**(given if isinstance(given, Mapping) else {}), **by_key}
    answers = {_key(key, questions): _words(value) for key, value in values.items()}
    if isinstance(given, str) and given.strip():
        answers = {**_from_text(given.strip(), questions), **answers}
    if not any(answers.values()):
        raise SessionError(
            "No answer was given.",
            why="The text is empty.",
            mend="Answer in your own words, or by key; what you leave out is assumed.",
        )
    return {key: text for key, text in answers.items() if text}


def _from_text(text: str, questions: Questions) -> dict[str, str]:
    open_ones = questions.remaining
    if len(open_ones) == 1:
        return {open_ones[0].key: text}
    facets = read_facets(text, source="answer")
    settled = {q.key: facets[q.key].text for q in open_ones if q.key in facets}
    return {"": text, **settled}


def _key(key: str, questions: Questions) -> str:
    asked = [question.key for question in questions]
    if key in asked or key in TOPICS:
        return key
    close = difflib.get_close_matches(key, [*asked, *TOPICS], n=3)
    known = ", ".join(close or asked or list(TOPICS)[:8])
    raise SessionError(
        f"No question is called '{key}'.",
        why=f"The session asked for: {', '.join(asked) or 'nothing'}.",
        mend=f"Use one of: {known}; or answer in your own words, without a key.",
    )


def _words(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(map(str, sorted(value, key=str) if isinstance(value, set) else value))
    return str(value).strip()
