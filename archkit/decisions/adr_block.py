"""Our decision out of an ADR: from its block, with what a human has changed in the prose."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, NamedTuple

from archkit.decisions.adr_markdown import unescaped
from archkit.decisions.adr_writing import BLOCK_VERSION, Sheet, digest_of, rendered
from archkit.proposal.outline import same_title
from archkit.records import Alternative, Decision, Outcome

if TYPE_CHECKING:
    from archkit.decisions.adr import Adr

__all__ = ["Difference", "decision_of", "is_edited", "outcomes_of", "sheet_of"]

_BLOCK = re.compile(r"^```json archkit[ \t]*\r?\n(.*?)^```[ \t]*\r?$", re.S | re.M)
_TAKEN = ("title", "status", "date", "chosen", "rationale", "options")
_IN_A_SENTENCE = ("rationale", "options")
"""What a Y-statement says in one sentence with other things: it cannot be taken apart again."""
_SENTENCE = {"chosen", *_IN_A_SENTENCE}
_TOLD = (
    *("context", "consequences", "pros_and_cons", "confirmation", "more_information"),
    *("deciders", "tags", "drivers"),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Where the prose of an ADR says something else than what archkit wrote.

    `taken` says whether `decision` holds what the prose says; else it holds what was `ours`.
    """

    field: str
    ours: str
    prose: str
    taken: bool


class _Block(NamedTuple):
    above: str
    held: dict[str, Any]
    below: str


def sheet_of(text: str) -> Sheet | None:
    """Return what the last block of a text holds; None if there is none that can be read."""
    try:
        told = _told(text)
        return Sheet.from_json(told.held) if told else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def is_edited(text: str) -> bool:
    """Whether anything was changed in an ADR since archkit wrote it, but for the line ends."""
    told = _told(text)
    return (
        told is None
        or told.held.get("sha256") != digest_of(told.above, told.held)
        or told.below.strip() != ""
    )


def _told(text: str) -> _Block | None:
    """Return what stands above the last block, what it holds, and what stands below it."""
    blocks = list(_BLOCK.finditer(text))
    if not blocks:
        return None
    block = blocks[-1]
    try:
        held = json.loads(block[1])
    except (ValueError, RecursionError):
        return None
    if not isinstance(held, dict) or held.get("archkit") != BLOCK_VERSION:
        return None
    return _Block(text[: block.start()], held, text[block.end() :])


def outcomes_of(adr: Adr) -> tuple[Outcome, ...]:
    """Return the outcomes that its block lists."""
    sheet = sheet_of(adr.text)
    return sheet.outcomes if sheet else ()


def decision_of(adr: Adr) -> tuple[Decision | None, tuple[Difference, ...]]:
    """Return the decision that an ADR of ours holds, and where a human has changed the text.

    What was written into title, status, date, options, the chosen option and its reasons counts;
    other changes are told, and the decision stays as the block has it.
    """
    sheet = sheet_of(adr.text)
    if sheet is None:
        if _BLOCK.search(adr.text) or "```json archkit" in adr.text:
            lost = Difference("block", "", "The archkit block cannot be read.", taken=False)
            return None, (lost,)
        return None, ()
    if not is_edited(adr.text):
        return sheet.decision, ()
    from archkit.decisions.adr import read_adr

    try:
        ours = read_adr(rendered(sheet).encode("utf-8", "surrogatepass"), name=adr.name)
    except (ValueError, TypeError, AttributeError):  # the block was edited into something odd
        lost = Difference("block", "", "The archkit block holds values of a wrong kind.", False)
        return None, (lost,)
    decision, found = sheet.decision, list[Difference]()
    for name in (*_TAKEN, *_TOLD):
        one, other = _same(ours[name].text), _same(adr[name].text)
        if one == other:
            continue
        parted = name in _TAKEN and (sheet.style != "y-statement" or name not in _IN_A_SENTENCE)
        changed = _changed(decision, name, adr) if parted else None
        found.append(Difference(name, one, other, changed is not None))
        decision = changed or decision
    if sheet.style == "y-statement" and not {d.field for d in found} & _SENTENCE:
        one, other = _same(ours["decision"].text), _same(adr["decision"].text)
        found += [Difference("decision", one, other, taken=False)] if one != other else []
    return decision, tuple(found)


def _changed(decision: Decision, name: str, adr: Adr) -> Decision | None:
    """Return the decision with what the prose says of one field; None if that cannot be taken."""
    said = adr[name]
    if said.state != "found":
        return None
    if name == "title":
        return replace(decision, title=unescaped(said.value))
    if name == "status":
        return replace(decision, status=str(said.value))
    if name == "date":
        return replace(decision, decided_at=_instant(said.value))
    if name == "chosen":
        return _with_chosen(decision, unescaped(said.value))
    if name == "rationale":
        return replace(decision, rationale=_rationale(said.text, decision))
    return replace(decision, alternatives=_alternatives(decision, said.value, adr))


def _with_chosen(decision: Decision, chosen: str) -> Decision:
    """Return the decision for another option; if it was an alternative, the two change places."""
    others = tuple(a for a in decision.alternatives if same_title(a.name) != same_title(chosen))
    if len(others) < len(decision.alternatives) and same_title(chosen) != same_title(
        decision.chosen
    ):
        others = (Alternative(decision.chosen), *others)
    return replace(decision, chosen=chosen, alternatives=others)


def _rationale(text: str, decision: Decision) -> str | dict[str, str]:
    """Return reasons as they were kept: as a list of names and words if it still is one."""
    points = [re.fullmatch(r"[-*+] +(.+?): +(.+)", line) for line in text.splitlines() if line]
    if not isinstance(decision.rationale, str) and points and all(points):
        return {unescaped(m[1]): unescaped(m[2]) for m in points if m}
    return unescaped(text)


def _alternatives(decision: Decision, names: Any, adr: Adr) -> tuple[Alternative, ...]:
    """Return an alternative for each option that is not the chosen one, known ones as they were."""
    known = {same_title(a.name): a for a in decision.alternatives}
    chosen = {same_title(decision.chosen), same_title(str(adr["chosen"].value))}
    return tuple(
        known.get(same_title(name), Alternative(unescaped(name)))
        for name in names or ()
        if same_title(name) not in chosen
    )


def _same(text: str) -> str:
    prose = text.split("```json archkit", 1)[0]  # what stands in or below the block is no prose
    lines = prose.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def _instant(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
