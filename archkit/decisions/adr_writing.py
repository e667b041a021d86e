"""Writing a decision as an ADR: MADR 4, Nygard's form, or one Y-statement."""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, Literal, get_args

from archkit.decisions.adr_markdown import in_words, one_line, prose, safe_json, scalar
from archkit.records import Alternative, Decision, Outcome

__all__ = ["BLOCK_VERSION", "AdrText", "Sheet", "Style", "digest_of", "rendered", "to_adr"]

Style = Literal["madr", "nygard", "y-statement"]
BLOCK_VERSION = 1
_FENCE = "```json archkit"


@dataclass(frozen=True)
class Sheet:
    """What an ADR of ours is written from, all of it in its block.

    `supersedes` and `superseded_by` are Markdown links or numbers of other ADRs.
    """

    decision: Decision
    style: str = "madr"
    number: int | None = None
    outcomes: tuple[Outcome, ...] = ()
    supersedes: tuple[str, ...] = ()
    superseded_by: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the block's JSON."""
        return {
            "archkit": BLOCK_VERSION,
            "style": self.style,
            "number": self.number,
            "supersedes": list(self.supersedes),
            "superseded_by": list(self.superseded_by),
            "decision": self.decision.as_payload(),
            "outcomes": [outcome.as_payload() for outcome in self.outcomes],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Sheet:
        """Read a block; the inverse of `as_json`."""
        return cls(
            decision=Decision.from_payload(told["decision"]),
            style=str(told.get("style", "madr")),
            number=told.get("number"),
            outcomes=tuple(Outcome.from_payload(o) for o in told.get("outcomes") or ()),
            supersedes=tuple(map(str, told.get("supersedes") or ())),
            superseded_by=tuple(map(str, told.get("superseded_by") or ())),
        )


class AdrText(str):
    """A decision record's Markdown; a notebook shows its lines as they stand."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        return f'<pre style="white-space:pre-wrap">{html.escape(self)}</pre>'


def to_adr(
    decision: Decision,
    style: Style = "madr",
    number: int | None = None,
    *,
    outcomes: Sequence[Outcome] = (),
    supersedes: Sequence[str] = (),
    superseded_by: Sequence[str] = (),
) -> AdrText:
    """Write a decision as an ADR.

    Parameters
    ----------
    decision
        The decision.
    style
        "madr" (MADR 4), "nygard" or "y-statement".
    number
        Its number, for the title of Nygard's form.
    outcomes
        What came of it so far; listed under Confirmation.
    supersedes, superseded_by
        Other ADRs, as Markdown links or numbers.

    Returns
    -------
    AdrText
        Markdown, a `str`. The last thing in it is a fenced block of JSON that holds the decision
        whole: ``read_adr(text).decision`` gives it back, with what a human has changed in it.

    Raises
    ------
    ValueError
        The style is unknown.

    Examples
    --------
    >>> from archkit.records import Decision
    >>> text = to_adr(Decision("JWT", title="How do clients sign in?", rationale="it is stateless"))
    >>> [line for line in text.splitlines() if line.startswith("Chosen")]
    ['Chosen option: "JWT", because it is stateless']
    """
    if style not in get_args(Style):
        raise ValueError(f"style must be one of {', '.join(get_args(Style))}, not {style!r}")
    links = tuple(supersedes), tuple(superseded_by)
    return AdrText(rendered(Sheet(decision, style, number, tuple(outcomes), *links)))


def rendered(sheet: Sheet) -> str:
    """Return a sheet as Markdown."""
    write = _WRITERS.get(sheet.style, _madr)
    body = "\n".join(write(sheet)).rstrip() + "\n\n"
    told = sheet.as_json()
    return f"{body}{_FENCE}\n{safe_json({**told, 'sha256': digest_of(body, told)})}\n```\n"


def digest_of(body: str, told: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what stands above a block and of the block, whatever ends the lines."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n")
    kept = {key: value for key, value in told.items() if key != "sha256"}
    whole = f"{lines}\0{json.dumps(kept, sort_keys=True)}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def _madr(sheet: Sheet) -> Iterator[str]:
    decision = sheet.decision
    yield from ("---", f"status: {scalar(_status(sheet))}", f"date: {_day(decision)}")
    if decision.agent:
        yield f"decision-makers: {scalar(decision.agent)}"
    if decision.kind:
        yield f"tags: [{scalar(decision.kind)}]"
    yield from ("archkit:", f"  decision_id: {scalar(decision.decision_id)}", "---", "")
    yield from (f"# {_title(decision)}", "", "## Context and Problem Statement", "")
    yield from (*_context(decision), "", "## Considered Options", "")
    yield from (f"* {one_line(name)}" for name in _options(decision))
    yield from ("", "## Decision Outcome", "", f"{_chosen(decision)}", "")
    yield from ("### Confirmation", "", *_confirmation(sheet), "")
    yield from ("## Pros and Cons of the Options", "", *_pros_and_cons(decision))
    yield from ("## More Information", "", *_more(sheet))


def _nygard(sheet: Sheet) -> Iterator[str]:
    decision = sheet.decision
    number = "" if sheet.number is None else f"{sheet.number}. "
    yield from (f"# {number}{_title(decision)}", "", f"Date: {_day(decision)}", "")
    yield from ("## Status", "", one_line(_status(sheet)) or "unknown", "")
    yield from (f"Supersedes {one_line(link)}\n" for link in sheet.supersedes)
    yield from ("## Context", "", *_context(decision), "", "## Decision", "", _chosen(decision), "")
    yield from ("## Alternatives", "")
    yield from (f"* {one_line(name)}" for name in _options(decision))
    yield from ("", "## Consequences", "", *_confirmation(sheet), "", *_points(decision), "")
    yield from ("## More Information", "", *_more(sheet, links=False))


def _y_statement(sheet: Sheet) -> Iterator[str]:
    decision = sheet.decision
    others = ", ".join(one_line(a.name) for a in decision.alternatives)
    facing = f", facing {one_line(decision.kind)}" if decision.kind else ""
    context = "; ".join(f"{one_line(k)}: {in_words(v)}" for k, v in decision.context.items())
    cons = "; ".join(one_line(c) for a in decision.alternatives for c in a.cons[:1])
    yield from (f"# {_title(decision)}", "", f"* Status: {one_line(_status(sheet)) or 'unknown'}")
    yield from (f"* Date: {_day(decision)}", "", "## Decision", "")
    yield (
        f"In the context of {context or one_line(decision.project) or 'this project'}{facing}, "
        f'we decided for "{one_line(decision.chosen)}"'
        + (f" and against {others}" if others else "")
        + f", to achieve {_end_of(_reasons(decision)) or 'what the context asks for'}"
        + (f", with this against what was not chosen: {cons}" if cons else "")
        + "."
    )
    yield from ("", "## Confirmation", "", *_confirmation(sheet), "")
    yield from ("## More Information", "", *_more(sheet))


def _end_of(text: str) -> str:
    """Return what ends a sentence, without a full stop of its own."""
    words = one_line(text)
    return words[:-1] if words.endswith(".") and not words.endswith("..") else words


_WRITERS: Mapping[str, Callable[[Sheet], Iterator[str]]] = {
    "madr": _madr,
    "nygard": _nygard,
    "y-statement": _y_statement,
}


def _title(decision: Decision) -> str:
    return one_line(decision.title or decision.chosen) or "Untitled decision"


def _status(sheet: Sheet) -> str:
    by = ", ".join(sheet.superseded_by)
    return f"superseded by {by}" if by else sheet.decision.status


def _day(decision: Decision) -> str:
    return decision.decided_at.astimezone(UTC).date().isoformat()


def _context(decision: Decision) -> Iterator[str]:
    about = f" about {one_line(decision.kind)}" if decision.kind else ""
    place = f" in {one_line(decision.project)}" if decision.project else ""
    if not decision.context:
        yield f"A choice{about}{place} was to be made; no context was recorded."
        return
    yield f"A choice{about}{place} was to be made, where:"
    yield ""
    yield from (f"* {one_line(str(k))}: {in_words(v)}" for k, v in decision.context.items())


def _options(decision: Decision) -> list[str]:
    return [decision.chosen, *(a.name for a in decision.alternatives)]


def _reasons(decision: Decision) -> str:
    why = decision.rationale
    if isinstance(why, Mapping):
        return "; ".join(f"{key}: {in_words(value)}" for key, value in why.items())
    return str(why)


def _chosen(decision: Decision) -> str:
    said = f'Chosen option: "{one_line(decision.chosen)}"'
    why = decision.rationale
    if isinstance(why, Mapping):
        points = [f"* {one_line(str(k))}: {in_words(v)}" for k, v in why.items()]
        return "\n".join([f"{said}, because", "", *points]) if points else f"{said}."
    text = prose(str(why))
    if not text:
        return f"{said}."
    return (
        f"{said}, because\n\n{text}"
        if "\n" in text or ">" in text[:1]
        else f"{said}, because {text}"
    )


def _confirmation(sheet: Sheet) -> Iterator[str]:
    decision = sheet.decision
    if decision.confidence is not None:
        yield f"Forecast when decided: {decision.confidence:.0%} that it turns out well."
        yield ""
    if not sheet.outcomes:
        yield f"Its outcome is to be looked at {decision.review_after_days} days after deciding."
        return
    yield from (f"* {_looked(outcome)}" for outcome in sheet.outcomes)


def _looked(outcome: Outcome) -> str:
    went = {True: "it worked", False: "it did not work", None: "whether it worked is not said"}
    told = [f"{outcome.observed_at.astimezone(UTC):%Y-%m-%d} ({one_line(outcome.source)})"]
    told.append(went[outcome.success])
    told += [f"{one_line(str(name))} {score:.2f}" for name, score in outcome.scores.items()]
    if outcome.would_repeat is not None:
        told.append("would be repeated" if outcome.would_repeat else "would not be repeated")
    told += [one_line(outcome.note)] if outcome.note else []
    return "; ".join(told)


def _pros_and_cons(decision: Decision) -> Iterator[str]:
    yield from (f"### {one_line(decision.chosen)}", "")
    if isinstance(decision.rationale, Mapping):
        for key, value in decision.rationale.items():
            yield f"* Good, because {one_line(str(key))}: {in_words(value)}"
    elif reasons := one_line(str(decision.rationale)):
        yield f"* Good, because {reasons}"
    yield ""
    for alternative in decision.alternatives:
        if points := list(_told(alternative)):
            yield from (f"### {one_line(alternative.name)}", "", *points, "")


def _points(decision: Decision) -> Iterator[str]:
    for alternative in decision.alternatives:
        for line in _told(alternative):
            yield f"* {one_line(alternative.name)}: {line.removeprefix('* ')}"


def _told(alternative: Alternative) -> Iterator[str]:
    yield from (f"* Good, because {one_line(text)}" for text in alternative.pros)
    yield from (f"* Bad, because {one_line(text)}" for text in alternative.cons)
    if alternative.why_not:
        yield f"* Bad, because {one_line(alternative.why_not)}"
    if alternative.predicted is not None:
        yield f"* Neutral, because its forecast was {alternative.predicted:.0%}"


def _more(sheet: Sheet, *, links: bool = True) -> Iterator[str]:
    decision = sheet.decision
    if links:
        yield from (f"* Supersedes {one_line(link)}" for link in sheet.supersedes)
    if decision.patterns:
        yield f"* Patterns used: {', '.join(map(one_line, decision.patterns))}"
    for part in ("decision", "record"):
        told = decision.extra.get(part)
        if isinstance(told, Mapping):
            yield from (f"* {one_line(str(k))}: {in_words(v)}" for k, v in told.items())
    yield "* Kept by archkit; the block below holds the decision whole. Title, status, date,"
    yield "  options, the chosen one and its reasons count as they stand above, if changed there."
