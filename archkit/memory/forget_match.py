"""What is meant to be forgotten: a session, a text, or a person, found in events and masked."""

from __future__ import annotations

import json
import re
import unicodedata
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from archkit.errors import StoreError
from archkit.memory.rewrite import Row
from archkit.plain import mapped_texts, texts_in

__all__ = [
    "MASK",
    "Matcher",
    "SessionMatcher",
    "TextMatcher",
    "in_place_of",
    "mapped_texts",
    "matcher_of",
]

MASK = "[forgotten]"

_NAMESPACE = uuid.UUID("b0b2a0c4-5c1e-5b8e-8a3f-3b1a7f0e2d55")
_LIBRARY = "library"
_SESSION, _PAYLOAD = 8, 10
_TEXTS = (6, 7, 8, 9)
"""Columns of an event that may hold a name: agent, project, session, entity."""
_LEAST = 3


class Matcher(ABC):
    """Finds what is meant in events; the kit's own are nobody's and are left."""

    what = ""

    def begin(self, rows: Iterable[Row]) -> None:
        """Look through all events first, where one's fate hangs on another."""
        for _ in rows:
            pass

    def meant(self, row: Row) -> bool:
        """Whether an event holds it."""
        return row[6] != _LIBRARY and self._meant(row, json.loads(row[_PAYLOAD]))

    @abstractmethod
    def holds(self, text: str) -> bool:
        """Whether a text, or a line as it is on disk, holds it."""

    @abstractmethod
    def hide(self, text: str) -> str:
        """Return a text with it masked."""

    def masked(self, row: Row) -> Row | None:
        """Return the event that takes its place; None if none does."""
        return None

    @abstractmethod
    def _meant(self, row: Row, payload: Mapping[str, Any]) -> bool:
        """Whether an event with this payload holds it."""


class SessionMatcher(Matcher):
    """Everything of one session, and what is said of the decisions made in it."""

    what = "session"

    def __init__(self, session_id: str) -> None:
        self._session = session_id
        self._decisions: set[str] = set()

    def begin(self, rows: Iterable[Row]) -> None:
        """Note which decisions were made in it."""
        for row in rows:
            if row[4] == "decision":
                payload = json.loads(row[_PAYLOAD])
                if self._session in (row[_SESSION], payload.get("session_id")):
                    self._decisions.add(str(payload.get("decision_id") or row[9] or row[0]))

    def holds(self, text: str) -> bool:
        """Whether it names the session."""
        return self._session in text

    def hide(self, text: str) -> str:
        """Return a text with the session's id masked."""
        return text.replace(self._session, MASK)

    def _meant(self, row: Row, payload: Mapping[str, Any]) -> bool:
        mine = self._session in (row[_SESSION], payload.get("session_id"))
        return mine or payload.get("decision_id") in self._decisions


class TextMatcher(Matcher):
    """A text, or the names of a person, wherever they stand, in any case and spacing.

    Parameters
    ----------
    texts
        What to look for.
    what
        "text": anywhere; "person": as whole words, also written jo.doe or Jo_Doe.
    drop
        Whether a whole event goes that holds it, not just the words.
    """

    def __init__(self, texts: Sequence[str], *, what: str, drop: bool) -> None:
        self.what = what
        self._drop = drop
        self._decisions: set[str] = set()
        between = r"[\s._-]+" if what == "person" else r"\s+"
        on_disk = r"(?:[\s._-]|\\[nrtfb])+" if what == "person" else r"(?:\s|\\[nrtfb])+"
        self._shape = _shape(texts, between, re.escape, whole_words=what == "person")
        self._line = _shape(texts, on_disk, _as_json, whole_words=False)

    def begin(self, rows: Iterable[Row]) -> None:
        """Note which decisions go, if whole events do."""
        for row in rows:
            if self._drop and row[4] == "decision" and self._in(row, json.loads(row[_PAYLOAD])):
                payload = json.loads(row[_PAYLOAD])
                self._decisions.add(str(payload.get("decision_id") or row[9] or row[0]))

    def meant(self, row: Row) -> bool:
        """Whether an event holds it; the text on disk is looked through first."""
        if not self._drop and not self.holds("\n".join((*map(str, row[6:10]), row[_PAYLOAD]))):
            return False
        return super().meant(row)

    def holds(self, text: str) -> bool:
        """Whether a text, or a line as it is on disk, holds it."""
        return self._line.search(text) is not None

    def masked(self, row: Row) -> Row | None:
        """Return the event with the words masked; its id follows from the first one's."""
        if self._drop:
            return None
        names = [value and self.hide(value) for value in row[6:10]]
        payload = mapped_texts(json.loads(row[_PAYLOAD]), self.hide)
        return in_place_of((*row[:6], *names, row[_PAYLOAD]), payload)

    def hide(self, text: str) -> str:
        """Return a text with it masked."""
        return self._shape.sub(MASK, text)

    def _meant(self, row: Row, payload: Mapping[str, Any]) -> bool:
        return self._in(row, payload) or payload.get("decision_id") in self._decisions

    def _in(self, row: Row, payload: Mapping[str, Any]) -> bool:
        texts = (*(row[n] or "" for n in _TEXTS), *texts_in(payload))
        return any(self._shape.search(text) for text in texts)


def in_place_of(row: Row, payload: Mapping[str, Any]) -> Row:
    """Return the event that takes another's place: an id that follows from it, another payload."""
    text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
    return (str(uuid.uuid5(_NAMESPACE, f"{row[0]} {text}")), *row[1:_PAYLOAD], text)


def matcher_of(
    session: str | None,
    text: str | None,
    person: str | Sequence[str] | None,
    how: str | None,
) -> Matcher:
    """Return what finds what is meant; exactly one of the three is."""
    asked = [name for name in (session, text, person) if name]
    if len(asked) != 1 or how not in (None, "mask", "drop"):
        raise StoreError(
            "What is to be forgotten is not clear.",
            why="Exactly one of session, text and person is needed; how is 'mask' or 'drop'.",
            mend="For instance forget(memory, person=['Jo Doe', 'jo@acme.example']).",
        )
    if session:
        if how == "mask":
            raise StoreError(
                "A session cannot be masked.",
                why="All that was said in it goes, and what was said of its decisions.",
                mend="Leave `how` out, or forget a text or a person instead.",
            )
        return SessionMatcher(session)
    texts = [text] if text else [person] if isinstance(person, str) else list(person or ())
    for one in texts:
        if not isinstance(one, str) or len(one.strip()) < _LEAST:
            raise StoreError(
                f"{one!r} is too short to be forgotten.",
                why=f"Fewer than {_LEAST} characters stand in almost every text.",
                mend="Give the whole text or name.",
            )
    return TextMatcher(texts, what="text" if text else "person", drop=how == "drop")


def _shape(
    texts: Sequence[str], between: str, escape: Callable[[str], str], *, whole_words: bool
) -> re.Pattern[str]:
    forms = {unicodedata.normalize(form, text) for text in texts for form in ("NFC", "NFD")}
    shapes = [between.join(map(escape, form.split())) for form in sorted(forms, key=len)[::-1]]
    whole = rf"(?<!\w)(?:{'|'.join(shapes)})(?!\w)" if whole_words else "|".join(shapes)
    return re.compile(whole, re.IGNORECASE)


def _as_json(text: str) -> str:
    """Return the shape of a text as it stands in a line of JSON."""
    return re.escape(json.dumps(text, ensure_ascii=False)[1:-1])
