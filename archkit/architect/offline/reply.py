"""The offline architect: answers a Messages API request from memory and library, with no model.

A pure function of the request's body: the same body gives the same turn.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from archkit.architect.offline.choice import Choice, choice_of, evidence_line, name, tie_line
from archkit.architect.offline.composer import compose, origins_of
from archkit.architect.offline.concerns import Touched, find_concerns, uncovered
from archkit.architect.offline.facets import (
    Facet,
    context_of,
    is_unknown,
    merge_facets,
    read_answer,
    read_facets,
)
from archkit.architect.offline.known_errors import KnownError, errors_in, known_error
from archkit.architect.offline.phrases import clipped, counted, listed, phrase_of
from archkit.architect.offline.plan import Plan
from archkit.architect.offline.questions import open_questions, possible_answers, question_input
from archkit.architect.offline.request_body import Asked, Call, Said, read_body
from archkit.architect.offline.topics import TOPICS

if TYPE_CHECKING:
    from archkit.library import Library
    from archkit.memory.shelf import Shelf
    from archkit.memory.solutions import SolutionShelf

__all__ = ["Turn", "respond"]

_STAGES = ("questions", "proposal", "repair")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the assistant: content blocks of type text or tool_use, and why it stopped."""

    blocks: tuple[Mapping[str, Any], ...]
    stop_reason: str


def respond(body: dict[str, Any]) -> Turn:
    """Answer a request of the Messages API.

    Parameters
    ----------
    body
        The request's JSON: messages with `<request stage="…">` in a user's text, and tools.

    Returns
    -------
    Turn
        Stage questions: calls of `query_patterns`, then a text and a call of `ask_questions`
        (no call when no answer would matter). Stage proposal: the same calls with all facets,
        calls of `note_tradeoff`, then the proposal in Markdown.
    """
    from archkit.library import read_library

    asked = read_body(body)
    if asked.stage not in _STAGES or not asked.brief:
        return _said(_FOREIGN)
    desk = _Desk(asked, read_library())
    calls = desk.missing_calls()
    if calls:
        return _called("", calls, asked)
    return _questions(desk) if asked.stage == "questions" else _proposal(desk)


_FOREIGN = (
    "No model was asked: this is archkit's offline architect. It answers the two requests of a "
    "session, a brief and then a proposal; use `session.brief(…)` and `session.propose()`. For a "
    "free conversation set a key or the address of a model server."
)


class _Desk:
    """What lies on the table for one request: facets, concerns, and the rankings so far."""

    def __init__(self, asked: Asked, library: Library) -> None:
        self.asked, self.library = asked, library
        self.memory = "query_patterns" in asked.tools
        self.facets, self.unread = _facets_of(asked)
        self.queries = [c for c in asked.calls if c.name == "query_patterns"]
        general = next((c for c in self.queries if not c.input.get("kind")), None)
        self.general = general
        self.errors = errors_in([asked.brief, *(said.answer for said in asked.answers)])
        hits = _ranking(general).get("patterns") or () if general else ()
        self.concerns = find_concerns(asked.brief, library, _mappings(hits))

    def missing_calls(self) -> list[tuple[str, dict[str, Any]]]:
        """List the queries this stage still needs; none when the memory is off."""
        if not self.memory:
            return []
        general = {"query": self.asked.brief}
        wanted = [c for c in self.concerns if c.kind and self._answered(c) is None]
        queries = ([] if self.general else [general]) + [self.query(c) for c in wanted]
        calls = [("query_patterns", query) for query in queries]
        if "find_solution" in self.asked.tools:
            found = {c.input.get("error") for c in self.asked.calls if c.name == "find_solution"}
            calls += [("find_solution", {"error": e}) for e in self.errors if e not in found]
        return calls

    def query(self, concern: Touched) -> dict[str, Any]:
        """Return what to ask the memory for one concern: what is known, what may be answered."""
        relevant = _relevant(concern, self.library)
        context = context_of({k: f for k, f in self.facets.items() if k in relevant})
        asked = [key for key in concern.facets if key in relevant]
        what_if = possible_answers(asked, self.facets)
        # The brief's words chose the concern; within it, fit and evidence decide, not wording.
        query: dict[str, Any] = {"query": concern.kind.replace("-", " "), "kind": concern.kind}
        query |= {"context": context} if context else {}
        return query | ({"what_if": what_if} if what_if else {})

    def _answered(self, concern: Touched) -> Call | None:
        calls = (c for c in self.asked.stage_calls if c.name == "query_patterns")
        repaired = self.queries if self.asked.stage == "repair" else ()
        found = [c for c in (*repaired, *calls) if c.input.get("kind") == concern.kind]
        return found[-1] if found else None

    def choices(self) -> tuple[tuple[Choice, ...], tuple[str, ...]]:
        """Read the concerns' rankings, and say what went wrong in getting them."""
        found, troubles = [], []
        for concern in self.concerns:
            call = self._answered(concern) if concern.kind else self.general
            known = self.memory and "patterns" in _ranking(call)
            if self.memory and not known:
                troubles.append(
                    f"The memory could not be asked about “{concern.title}” ({_reason(call)}); "
                    "the library was used instead"
                )
            ranking = _ranking(call) if known else self._own(concern)
            found.append(choice_of(concern, ranking, memory=known))
        if self.general and "patterns" not in _ranking(self.general):
            troubles.append(
                f"The memory's general query failed ({_reason(self.general)}), so patterns "
                "recorded for other kinds of work were not looked for"
            )
        return tuple(found), tuple(troubles)

    def known_errors(self) -> tuple[KnownError, ...]:
        """Read what is known of each error named; the library answers where the memory is off."""
        if "find_solution" not in self.asked.tools:
            shelf = _solutions(self.library.version)
            return tuple(
                known_error(e, shelf.find(e, limit=1).as_json(), memory=False) for e in self.errors
            )
        calls = {c.input.get("error"): c for c in self.asked.calls if c.name == "find_solution"}
        return tuple(
            known_error(e, call.result)
            if (call := calls.get(e)) and not call.is_error
            else known_error(e, None, trouble=_reason(call))
            for e in self.errors
        )

    def _own(self, concern: Touched) -> Mapping[str, Any]:
        query = self.query(concern)
        ranking: dict[str, Any] = (
            _shelf(self.library.version)
            .query(
                query["query"],
                query.get("context"),
                kind=concern.kind,
                what_if=query.get("what_if"),
            )
            .as_json()
        )
        return ranking


@lru_cache(maxsize=2)
def _shelf(version: str) -> Shelf:
    """Shelf of the library's patterns without the figures reported of them: no rates are known."""
    from dataclasses import replace

    from archkit.library import read_library
    from archkit.memory.shelf import Shelf

    return Shelf([replace(p, reported=None) for p in read_library().patterns])


@lru_cache(maxsize=2)
def _solutions(version: str) -> SolutionShelf:
    """Shelf of the library's solutions without the figures reported of them."""
    from archkit.library import read_library
    from archkit.memory.learning import Evidence
    from archkit.memory.solutions import SolutionShelf

    return SolutionShelf(read_library().solutions, Evidence())


def _facets_of(asked: Asked) -> tuple[dict[str, Facet], tuple[Said, ...]]:
    """Facets of briefing, brief and answers, the later going before the earlier."""
    answers: dict[str, Facet] = {}
    besides: dict[str, Facet] = {}
    unread = []
    for said in asked.answers:
        found = read_answer(said.key, said.answer)
        besides |= found
        answers |= {said.key: found[said.key]} if said.key in found else {}
        if not found and not is_unknown(said.answer):
            unread.append(said)
    return (
        merge_facets(_of_project(asked.briefing), read_facets(asked.brief), besides, answers),
        tuple(unread),
    )


def _of_project(briefing: Mapping[str, Any]) -> dict[str, Facet]:
    """Facets of what a project is built with; its prose is left alone, it may speak of anything."""
    project = briefing.get("project")
    found = project if isinstance(project, Mapping) else {}
    named = [str(v) for key in ("frameworks", "api_specs") for v in found.get(key) or ()]
    text = " ".join(named).lower()
    styles = (("graphql", "graphql"), (".gql", "graphql"), ("grpc", "grpc"), (".proto", "grpc"),
              ("openapi", "rest"), ("swagger", "rest"))  # fmt: skip
    style = next((style for word, style in styles if word in text), None)
    return {"api_style": Facet("api_style", style, text, "briefing")} if style else {}


def _relevant(concern: Touched, library: Library) -> frozenset[str]:
    """Facets to rank a concern's patterns by; every facet for patterns not of the library.

    A facet most of them are silent about would favour those few that name it, not those that
    fit; it is left out unless it forbids one.
    """
    mine = [p for p in library.patterns if p.kind == concern.kind]
    if not mine:
        return frozenset(TOPICS)
    named = Counter(key for p in mine for key in p.context)
    forbidding = {key for p in mine for condition in p.when_not for key in condition.context}
    return frozenset({key for key, n in named.items() if 2 * n > len(mine)} | forbidding)


def _ranking(call: Call | None) -> Mapping[str, Any]:
    ok = call is not None and not call.is_error and isinstance(call.result, Mapping)
    return call.result if ok and call is not None else {}


def _reason(call: Call | None) -> str:
    if call is None or call.result in (None, ""):
        return "no answer came"
    return clipped(call.result if isinstance(call.result, str) else json.dumps(call.result), 120)


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [v for v in value if isinstance(v, Mapping)]


def _plan(desk: _Desk) -> Plan:
    choices, troubles = desk.choices()
    return Plan(
        brief=desk.asked.brief,
        facets=desk.facets,
        briefing=desk.asked.briefing,
        choices=choices,
        gaps=uncovered(desk.asked.brief, desk.concerns),
        open=open_questions(choices, desk.facets),
        unread=desk.unread,
        troubles=troubles,
        memory=desk.memory,
        errors=desk.known_errors(),
    )


def _questions(desk: _Desk) -> Turn:
    if any(call.name == "ask_questions" for call in desk.asked.stage_calls):
        return _said("The questions are asked; the proposal follows on your answers.")
    plan = _plan(desk)
    paragraphs = [*_understood(plan), *_remembered(plan, desk.library)]
    asks = [question_input(item) for item in plan.open] if plan.chosen else []
    if not any(item.changes for item in plan.open):
        asks = [] if not plan.chosen else asks
        paragraphs.append(
            "No open question would change a choice."
            if plan.chosen
            else "So there is nothing to ask; a proposal would only state this gap."
        )
    text = "\n\n".join(paragraphs)
    if not asks:
        return _said(text)
    if "ask_questions" not in desk.asked.tools:
        return _said(text + "\n\n" + "\n".join(f"- {q['text']} {q['why']}" for q in asks))
    return _called(text, [("ask_questions", {"questions": asks})], desk.asked)


def _understood(plan: Plan) -> list[str]:
    lines = ["No model was asked; this is archkit's offline architect."]
    if not plan.choices:
        lines[0] += " Neither the memory nor the library knows anything of this brief."
        return lines
    about = [
        f"{c.concern.title[0].lower()}{c.concern.title[1:]} (from {_quoted(c.concern.words)})"
        for c in plan.choices
    ]
    lines.append(f"I read the brief as {counted(len(about), 'concern')}: {'; '.join(about)}.")
    known = [phrase_of(f) for f in plan.facets.values()]
    if known:
        lines.append(f"It states {listed(known)}.")
    if plan.existing:
        lines.append(f"Already in use: {listed(plan.existing)}.")
    lines += [f"Nothing is known of this part: “{clipped(gap)}”." for gap in plan.gaps]
    return lines


def _quoted(words: Sequence[str]) -> str:
    return listed(f"“{w}”" for w in words[:3]) if words else "its kind"


def _remembered(plan: Plan, library: Library) -> list[str]:
    origins = origins_of(library)
    lines = [f"{trouble}." for trouble in plan.troubles]
    if not plan.memory and plan.choices:
        lines.append("The memory was off: patterns come from the library, and no rates are known.")
    lines += [error.summary() for error in plan.errors]
    for choice in plan.choices:
        if choice.best is None:
            lines.append(f"- **{choice.concern.title}:** no usable pattern is known.")
            continue
        line = f"- **{choice.concern.title}:** {name(choice.best)} comes first: "
        line += f"{evidence_line(choice.best, choice, origins)}. {tie_line(choice)}"
        lines.append(line.rstrip())
    return lines


def _proposal(desk: _Desk) -> Turn:
    plan = _plan(desk)
    noted = any(call.name == "note_tradeoff" for call in desk.asked.stage_calls)
    if "note_tradeoff" in desk.asked.tools and not noted and desk.asked.stage == "proposal":
        notes = [_tradeoff(c, desk.library) for c in plan.chosen if c.tied or c.vetoed]
        if notes:
            return _called("", [("note_tradeoff", note) for note in notes], desk.asked)
    return _said(compose(plan, desk.library))


def _tradeoff(choice: Choice, library: Library) -> dict[str, Any]:
    best, origins = choice.best or {}, origins_of(library)
    parts = [f"{choice.concern.title}: {evidence_line(best, choice, origins)}.", tie_line(choice)]
    parts += [f"{name(e)} is ruled out: {e.get('veto')}." for e in choice.vetoed]
    return {
        "choice": name(best),
        "alternatives": [name(e) for e in (*choice.rivals, *choice.vetoed)],
        "note": " ".join(part for part in parts if part),
    }


def _said(text: str) -> Turn:
    return Turn(({"type": "text", "text": text},), "end_turn")


def _called(text: str, calls: Sequence[tuple[str, Mapping[str, Any]]], asked: Asked) -> Turn:
    """Return a turn that calls tools; the same call in the same place has the same id."""
    blocks: list[Mapping[str, Any]] = [{"type": "text", "text": text}] if text else []
    for number, (tool, given) in enumerate(calls, len(asked.calls)):
        seed = json.dumps([asked.stage, number, tool, given], sort_keys=True, default=str)
        key = hashlib.sha256(seed.encode()).hexdigest()[:24]
        blocks.append(
            {"type": "tool_use", "id": f"toolu_{key}", "name": tool, "input": dict(given)}
        )
    return Turn(tuple(blocks), "tool_use")
