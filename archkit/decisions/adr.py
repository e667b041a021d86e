"""Reading an architecture decision record: its fields, each with where it stands in the text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from archkit.decisions.adr_dates import Order
from archkit.decisions.adr_field import Field, StatusSaid
from archkit.decisions.adr_reading import FIELDS, Reading
from archkit.decisions.adr_source import as_bytes, read_source
from archkit.decisions.adr_standing import kind_of
from archkit.decisions.adr_status import Link

if TYPE_CHECKING:
    from archkit.decisions.adr_block import Difference
    from archkit.records import Decision, Outcome

__all__ = ["Adr", "Field", "StatusSaid", "read_adr"]


@dataclass(frozen=True)
class Adr:
    """An architecture decision record: its text, which is the truth, and what was read in it.

    `kind` is "adr", "template", "index" or "not an adr", with the reason in `why`. `fields` has
    title, number, status, date, updated, review, deciders, consulted, informed, tags, story,
    context, decision, consequences, drivers, options, chosen, rationale, pros_and_cons,
    confirmation and more_information: each there, be it as absent.
    """

    text: str
    name: str = ""
    kind: str = "adr"
    why: str = ""
    family: str = "other"
    fields: Mapping[str, Field] = field(default_factory=dict)
    statuses: tuple[StatusSaid, ...] = ()
    links: tuple[Link, ...] = ()

    def __getitem__(self, name: str) -> Field:
        """Return a field; one that no ADR has is a KeyError."""
        return self.fields[name]

    def __repr__(self) -> str:
        """One line: what it is, its title and status."""
        said = self.fields["status"].value or "no status"
        return f"Adr({self.fields['title'].value or self.name or '?'!r}, {self.kind}, {said})"

    @property
    def title(self) -> str:
        """Its title; the file's name in words where it has none."""
        return self.fields["title"].value or Path(self.name).stem.replace("-", " ")

    @property
    def status(self) -> str | None:
        """Its status in normal form, one of `STATUSES`; None if it states none that is known."""
        status: str | None = self.fields["status"].value
        return status

    @property
    def conflict(self) -> bool:
        """Whether it states two statuses that differ."""
        said = {(one.status, _first_word(one.text)) for one in self.statuses}
        return len({status for status, _ in said}) > 1 or len({word for _, word in said}) > 1

    @property
    def bytes(self) -> bytes:
        """The file as it is on disk."""
        return as_bytes(self.text)

    @property
    def decision(self) -> Decision | None:
        """The decision of ours that this ADR was written from, human edits taken; else None."""
        from archkit.decisions.adr_block import decision_of

        return decision_of(self)[0]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes of that decision which were known when it was written; else none."""
        from archkit.decisions.adr_block import outcomes_of

        return outcomes_of(self)

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Where a human has edited what archkit wrote: what was taken, what is only told."""
        from archkit.decisions.adr_block import decision_of

        return decision_of(self)[1]

    def with_status(self, status: str, *, by: str = "", on: date | None = None) -> Adr:
        """Return it with another status; see `adr_edit.with_status`."""
        from archkit.decisions.adr_edit import with_status

        return with_status(self, status, by=by, on=on)


def read_adr(
    source: str | bytes | Path, *, name: str | None = None, order: Order | None = None
) -> Adr:
    """Read an ADR, in whatever form it is written; never fails on what a file holds.

    Parameters
    ----------
    source
        A path, a text, or the bytes of a file. A string of one line that ends like a file's name
        is a path.
    name
        The file's name, for what only the name says; by default that of the path.
    order
        Whether its repository writes day before month ("dmy") or after ("mdy"), where known.

    Returns
    -------
    Adr
        The text, and each field with where it stands.

    Raises
    ------
    ArchkitError
        The file is not there or cannot be read.
    """
    text, found_name = read_source(source)
    name = found_name if name is None else name
    kind, why = kind_of(text, name)
    if kind == "not an adr":  # what is no text is not looked through
        return Adr(text, name, kind, why, fields=dict.fromkeys(FIELDS, Field()))
    reading = Reading(text, name, order)
    reading.fill()
    kind, why = kind_of(text, name, reading.fields, reading.records())
    return Adr(
        text=text,
        name=name,
        kind=kind,
        why=why,
        family=reading.family(),
        fields=reading.fields,
        statuses=tuple(reading.statuses()),
        links=tuple(reading.links()),
    )


def _first_word(text: str) -> str:
    words = re.findall(r"[a-z]+", text.casefold())
    return words[0] if words else ""
