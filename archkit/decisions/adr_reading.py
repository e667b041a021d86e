"""One pass over an ADR's text: its fields, statuses, links, and the family it belongs to."""

from __future__ import annotations

import re
from typing import Any

from archkit.decisions.adr_dates import DateRead, Order, read_date
from archkit.decisions.adr_field import Field, State, StatusSaid
from archkit.decisions.adr_fields import Said, fields_said, listed
from archkit.decisions.adr_names import HEADINGS, heading_of
from archkit.decisions.adr_options import argued, because, chosen_option, clean, options_of
from archkit.decisions.adr_source import Page, Section
from archkit.decisions.adr_status import STATUSES, Link, links_in, status_of

__all__ = ["FIELDS", "Reading"]

_CALLED = r"(?:(?:architectur(?:e|al)|any)[ ]decision[ ]record|adr|decision)"
_PREFIX = re.compile(
    rf"\[?(?P<called>{_CALLED}[\s#_-]*)?\[?0*(?P<n>\d{{1,5}})\]?[ ]*"
    r"(?(called)(?:v\d[\d.]{0,8}[ ]*(?=[·•|:–—-]))?)(?:[.:)–—·•|-]+[ ]*|[ ]+|$)"
    rf"|{_CALLED}[ ]*(?:[:–—·•|]|-[ ])[ ]*",
    re.I,
)
_MOST = 50
"""Sections of one name that are looked into; a text with more is no record, but ends in time."""
_RECORD = re.compile(r"\[?(?:ADR|Decision)[\s#_-]*\d{1,5}\]?[ ]*[:.–—-]", re.I)
_NUMBER_NAMED = re.compile(r"(?:^|[\W_])(?:adr|odh-adr(?:-[a-z]+)*)[\W_]*0*(\d{1,5})(?!\d)", re.I)
_NUMBER_FIRST = re.compile(r"^(?:\d{4}-\d\d-\d\d[_-])?0*(\d{1,5})(?!\d)(?=[\W_])")
_DATE_NAME = re.compile(r"^(?:(\d{8})|(\d{4}-\d\d-\d\d))(?!\d)")
_SHORT = ("status", "date", "deciders", "superseded_by", "supersedes")

FIELDS = (
    *(
        "title",
        "number",
        "status",
        "date",
        "updated",
        "review",
        "deciders",
        "consulted",
        "informed",
    ),
    *("tags", "story", "context", "decision", "consequences", "drivers", "options", "chosen"),
    *("rationale", "pros_and_cons", "confirmation", "more_information"),
)
_BOLD = frozenset(title for titles in HEADINGS.values() for title in titles)


class Reading:
    """One pass over an ADR's text."""

    def __init__(self, text: str, name: str, order: Order | None) -> None:
        self.page = Page.of(text, tuple(_BOLD))
        self.name, self.order = name, order
        self.said = fields_said(self.page)
        self.parts = self._parts()
        self.fields: dict[str, Field] = dict.fromkeys(FIELDS, Field())

    def fill(self) -> None:
        """Read all fields."""
        fields = self.fields
        for name in ("context", "decision", "consequences", "drivers", "options", "confirmation"):
            fields[name] = self._section(name)
        fields["pros_and_cons"] = self._section("pros_and_cons")
        fields["more_information"] = self._section("more_information")
        self._structure()
        fields["title"], fields["number"] = self._title()
        fields["status"] = _status(self.statuses())
        for name in ("deciders", "consulted", "informed", "tags", "story"):
            fields[name] = self._list(name)
        for name in ("date", "updated", "review"):
            fields[name] = self._date(name)

    def records(self) -> int:
        """Return how many headings of one level name a record: a log of many is no record."""
        named = [s.level for s in self.page.sections if _RECORD.match(s.title)]
        return max((named.count(level) for level in set(named)), default=0)

    def _parts(self) -> dict[str, list[Section]]:
        """Return the sections of each field, the most plainly named and outermost first."""
        ranked: dict[str, list[tuple[int, int, Section]]] = {}
        for section in self.page.sections:
            if known := heading_of(section.title):
                ranked.setdefault(known[0], []).append((known[1], section.level, section))
        found = {k: [s for *_, s in sorted(v, key=lambda r: r[:2])] for k, v in ranked.items()}
        titles = {s.name: s for s in reversed(self.page.sections)}
        if "how" in titles and "what" in titles:  # What / Why / Goals / How
            found.setdefault("context", [titles["what"]])
            found["decision"] = [titles["how"]]
        return found

    def _section(self, name: str) -> Field:
        """Return a section's text, less the parts within it that are fields of their own."""
        for section in self.parts.get(name, ())[:_MOST]:
            own = [
                other
                for field_name, others in self.parts.items()
                if field_name != name
                for other in others[:_MOST]
                if section.start <= other.top < section.end and other.level > section.level
            ]
            end = min((other.top for other in own), default=section.end)
            text = self.page.text[section.start : end]
            words = _without_comments(text).strip()
            if words:
                start = section.start + len(text) - len(text.lstrip())
                return Field("found", words, text.strip(), start, start + len(text.strip()))
        return Field()

    def _structure(self) -> None:
        """Read the options, the chosen one, the drivers and the points for and against."""
        fields = self.fields
        options = [
            o for s in self.parts.get("options", ())[:_MOST] for o in options_of(self.page, s)
        ]
        if fields["options"].state == "found":
            fields["options"] = _valued(fields["options"], tuple(options))
        for section in self.parts.get("drivers", ())[:1]:
            if fields["drivers"].state == "found":
                fields["drivers"] = _valued(fields["drivers"], options_of(self.page, section))
        for section in self.parts.get("pros_and_cons", ())[:1]:
            fields["pros_and_cons"] = _valued(fields["pros_and_cons"], argued(self.page, section))
        for section in self.parts.get("decision", ())[:_MOST]:
            found = chosen_option(self.page, section, tuple(options))
            if found and not found[0].startswith("{"):
                text = self.page.text[found[1] : found[2]]
                fields["chosen"] = Field("found", found[0], text, found[1], found[2])
                start, end = because(self.page, section, found[2])
                if reasons := self.page.text[start:end]:
                    fields["rationale"] = Field("found", reasons, reasons, start, end)
                return

    def _title(self) -> tuple[Field, Field]:
        page = self.page
        number = Field()
        title = Field()
        heads = [s for s in page.sections if heading_of(s.title) is None or s.level == 1]
        if heads and (heads[0].level == 1 or heads[0] is page.sections[0]):
            source = page.text[heads[0].top : heads[0].start]
            at = heads[0].top + max(source.find(heads[0].title), 0)
            title = Field("found", heads[0].title, heads[0].title, at, at + len(heads[0].title))
        else:
            for said in self.said:
                if said.name == "title":
                    words = said.value.lstrip("|>-").strip().strip("\"'")
                    at = said.start + said.value.find(words)
                    title = Field("found", words, words, at, at + len(words), form=said.form)
                    break
        if title.state == "found":
            prefix = _PREFIX.match(title.value)
            rest = title.value[prefix.end() :] if prefix else title.value
            if prefix and (digits := prefix["n"]):
                end = title.start + prefix.end("n")
                number = Field("found", int(digits), digits, end - len(digits), end)
            title = _valued(title, clean(rest or title.value))
        if number.state == "absent":
            number = self._number_elsewhere()
        return title, number

    def _number_elsewhere(self) -> Field:
        named = _NUMBER_NAMED.search(self.name)
        found = named or (_NUMBER_FIRST.match(self.name) if not _dated(self.name) else None)
        if found is None and (dated := re.match(r"\d{4}-\d\d-\d\d[_-]0*(\d{1,4})[_-]", self.name)):
            found = dated
        if found:
            return Field("found", int(found[1]), found[1], form="file name")
        for said in self.said:
            if said.name == "number" and (
                digits := re.fullmatch(r"\D{0,8}0*(\d{1,5})", said.value)
            ):
                value, form = int(digits[1]), said.form
                return Field("found", value, said.value, said.start, said.end, form=form)
        return Field()

    def statuses(self) -> list[StatusSaid]:
        """Return every place that states a status."""
        page, found = self.page, list[StatusSaid]()
        for section in self.parts.get("status", ()):
            text = page.text[section.start : section.own_end]
            if _without_comments(text).strip():
                found.append(_said_status(text, section.start, "section"))
                break
        for said in self.said:
            if said.name == "status":
                found.append(_said_status(said.value, said.start, said.form))
        if not found:
            for said in self.said:  # front matter of blogs: tags: [Accepted]
                tags = listed(said.value) if said.name == "tags" else ()
                words = {status_of(tag)[0] for tag in tags if len(tag) < 30} - {None}
                if len(words) == 1:
                    found.append(_said_status(said.value, said.start, "tags"))
        return found

    def _list(self, name: str) -> Field:
        found = [said for said in self.said if said.name == name]
        values = tuple(item for said in found for item in listed(said.value))
        if values:
            first = found[0]
            return Field("found", values, first.value, first.start, first.end, form=first.form)
        section = self._section("deciders") if name == "deciders" else Field()
        return _valued(section, listed(section.text)) if section.state == "found" else section

    def _date(self, name: str) -> Field:
        places = [said for said in self.said if said.name == name]
        if name == "date":
            for section in self.parts.get("date", ())[:_MOST]:
                text = self.page.text[section.start : section.own_end]
                places.append(Said(name, text, section.start, section.own_end, "section"))
        vague = Field()
        for said in places:
            read = read_date(said.value, self.order)
            if read and read.day:
                return _dated_field(read, said)
            if vague.state == "absent" and said.value.strip():
                vague = _dated_field(read, said) if read else _odd(said)
        return vague

    def family(self) -> str:
        """Return the form it is written in."""
        names = {s.name for s in self.page.sections}
        if {"what", "why"} <= names:
            return "what-why"
        if names & {"context and problem statement", "decision outcome", "decision drivers"}:
            bullets = any(s.form == "line" and s.name == "status" for s in self.said)
            return "log4brains" if bullets and _dated(self.name) else "madr"
        if "decision" in names and names & {"context", "consequences", "status"}:
            return "nygard"
        return "other"

    def links(self) -> list[Link]:
        """Return the other ADRs it speaks of, each once."""
        page, found = self.page, list[Link]()
        for one in self.statuses():
            found += links_in(page.text[one.start : one.end], shift=one.start)
        relations = {"superseded_by", "supersedes", "amends", "amended_by"}
        for said in self.said:
            if said.name in relations:
                found += links_in(said.value, said.name.replace("_", " "), said.start)
        for name in ("superseded_by", "supersedes"):
            for section in self.parts.get(name, ()):
                text = page.text[section.start : section.own_end]
                found += links_in(text, name.replace("_", " "), section.start)
        for section in self.parts.get("more_information", ())[:_MOST]:
            found += links_in(page.text[section.start : section.end], shift=section.start)
        return list({(k.relation, k.path, k.number): k for k in reversed(found)}.values())[::-1]


def _said_status(text: str, at: int, form: str) -> StatusSaid:
    status, _, _ = status_of(text)
    lead = len(text) - len(text.lstrip())
    words = text.strip()
    return StatusSaid(status, words, at + lead, at + lead + len(words), form)


def _status(said: list[StatusSaid]) -> Field:
    known = [one for one in said if one.status]
    if not said:
        return Field()
    if not known:
        one = said[0]
        note = "no status word is known in it"
        return Field("unparsed", None, one.text, one.start, one.end, note, one.form)
    last = max(known, key=lambda one: STATUSES.index(one.status or ""))
    differ = {one.status for one in known} != {last.status}
    note = "another place states another status" if differ else ""
    return Field("found", last.status, last.text, last.start, last.end, note, last.form)


def _dated_field(read: DateRead, said: Said) -> Field:
    state: State = "found" if read.day else "unparsed"
    start, end = said.start + read.start, said.start + read.end
    text = said.value[read.start : read.end]
    value: Any = read.day if read.day else read.readings
    form = f"{said.form}, order inferred" if read.inferred else said.form
    return Field(state, value or None, text, start, end, read.note, form)


def _odd(said: Said) -> Field:
    return Field("unparsed", None, said.value, said.start, said.end, "it is no date", said.form)


def _valued(found: Field, value: Any) -> Field:
    return Field(found.state, value, found.text, found.start, found.end, found.note, found.form)


def _without_comments(text: str) -> str:
    return re.sub(r"<!--.*?(?:-->|\Z)", "", text, flags=re.S)


def _dated(name: str) -> bool:
    return _DATE_NAME.match(name) is not None
