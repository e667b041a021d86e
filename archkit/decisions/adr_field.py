"""What is read in an ADR: a field, and a place that states a status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Field", "State", "StatusSaid"]

State = Literal["found", "absent", "unparsed"]


@dataclass(frozen=True, slots=True)
class Field:
    """What an ADR says of one thing.

    `state` is found, absent or unparsed: it is there, but not to be read without guessing. `text`
    is what stands in the source from character `start` to `end`; `value` what it means; `note` why
    it is not parsed, or how it was; `form` in what form it was said.
    """

    state: State = "absent"
    value: Any = None
    text: str = ""
    start: int = 0
    end: int = 0
    note: str = ""
    form: str = ""


@dataclass(frozen=True, slots=True)
class StatusSaid:
    """One place that states a status, in its normal form (None: none known) and as written."""

    status: str | None
    text: str
    start: int
    end: int
    form: str
