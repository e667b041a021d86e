"""The offline architect's desk: what is known for one request, and what is still to be asked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from archkit.architect.offline.choice import Choice, choice_of, has_records
from archkit.architect.offline.concerns import Touched, find_concerns
from archkit.architect.offline.facets import (
    Facet,
    context_of,
    contradictions,
    is_unknown,
    merge_facets,
    read_answer,
    read_facets,
)
from archkit.architect.offline.known_errors import KnownError, errors_in, known_error
from archkit.architect.offline.phrases import clipped, phrase_of, quoted
from archkit.architect.offline.questions import possible_answers
from archkit.architect.offline.request_body import Asked, Call, Said
from archkit.architect.offline.topics import TOPICS
from archkit.architect.offline.wording import is_english

if TYPE_CHECKING:
    from archkit.library import Library
    from archkit.memory.shelf import Shelf
    from archkit.memory.solutions import SolutionShelf

__all__ = ["Desk"]


class Desk:
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
        repaired = self.queries if self.asked.stage in ("repair", "decisions") else ()
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
            choice = choice_of(concern, ranking, memory=known)
            if known and has_records(ranking):
                choice = replace(choice, without_records=self._unrecorded_first(choice))
            found.append(choice)
        if self.general and "patterns" not in _ranking(self.general):
            troubles.append(
                f"The memory's general query failed ({_reason(self.general)}), so patterns "
                "recorded for other kinds of work were not looked for"
            )
        return tuple(found), (*troubles, *oddities(self.asked.brief, self.facets))

    def _unrecorded_first(self, choice: Choice) -> str:
        """Slug that the library's own figures would put first, "" where it is the same."""
        concern = choice.concern
        told = choice_of(concern, self._own(concern, _told_shelf(self.library.version)))
        first = str((told.best or {}).get("slug") or "")
        return "" if first == (choice.best or {}).get("slug") else first

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

    def _own(self, concern: Touched, shelf: Shelf | None = None) -> Mapping[str, Any]:
        query = self.query(concern)
        ranking: dict[str, Any] = (
            (shelf or _shelf(self.library.version))
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
    from archkit.library import read_library
    from archkit.memory.shelf import Shelf

    return Shelf([replace(p, reported=None) for p in read_library().patterns])


@lru_cache(maxsize=2)
def _told_shelf(version: str) -> Shelf:
    """Shelf of the library's patterns with the figures reported of them, and nothing else."""
    from archkit.library import read_library
    from archkit.memory.shelf import Shelf

    return Shelf(read_library().patterns)


def oddities(brief: str, facets: Mapping[str, Facet]) -> list[str]:
    """Say what in a brief cannot be taken at its word: its language, its contradictions."""
    said = []
    if not is_english(brief):
        said.append(
            "The brief does not read as English, and the offline architect reads English only: "
            "most of it was not understood, so say it in English or ask a model"
        )
    for odd in contradictions(brief):
        facet = facets.get(odd.key)
        if facet is None:
            taken = "neither is taken until an answer says which"
        else:
            taken = f"taken as {phrase_of(facet)}"
        if facet is None or facet.source != "answer":
            said.append(
                f"The brief contradicts itself, “{quoted(odd.first)}” and “{quoted(odd.second)}”: "
                f"{taken}"
            )
    return said


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
