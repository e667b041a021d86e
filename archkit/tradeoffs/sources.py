"""Matrices from what a session has: a ranking, a proposal's choice, a decision, an ADR."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archkit.errors import ArchkitError
from archkit.plain import slug_of
from archkit.tradeoffs.alternatives_named import alternatives_named
from archkit.tradeoffs.cell import Cell, Known, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.evidence_columns import Column, evidence_columns, ladder_criteria
from archkit.tradeoffs.matrix import PerformanceMatrix

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["from_adr", "from_decision", "from_names", "from_proposal", "from_ranking"]

_WORD = re.compile(r"\w{4,}")
_STEM = 5


def from_ranking(
    ranking: Iterable[Any], *, kind: str | None = None, reductions: DataFrame | None = None
) -> PerformanceMatrix:
    """Return what `memory.query` found as a matrix, each figure with where it is from.

    Parameters
    ----------
    ranking
        What `memory.query` gave; patterns that must not be used here are left out.
    kind
        Patterns of this kind answer the same question and are compared; by default that of the
        pattern to use.
    reductions
        `metrics.query_reduction(memory)`, for queries that were counted.

    Returns
    -------
    PerformanceMatrix
        Alternatives by name, in the ranking's order; columns as `evidence_columns` says. What is
        not known of one is unknown, and widens what it may be worth.

    Raises
    ------
    ArchkitError
        If the ranking has no pattern of the kind that may be used.
    """
    usable = [item for item in ranking if item.veto is None]
    first = getattr(ranking, "best", None) or next(iter(usable), None)
    asked = (first.pattern.kind if first else "") if kind is None else kind
    items = [item for item in usable if not asked or item.pattern.kind == asked]
    if not items:
        kinds = sorted({item.pattern.kind for item in usable} - {""})
        raise ArchkitError(
            f"The ranking has no pattern{f' of the kind {asked!r}' if asked else ''} to compare.",
            why=f"Its kinds are: {', '.join(kinds)}." if kinds else "No pattern in it may be used.",
            mend="Ask the memory with other words or context, or give one of the kinds.",
        )
    names = [item.pattern.name for item in items]
    named = {
        name if names.count(name) == 1 else f"{name} ({item.pattern.slug})": item
        for name, item in zip(names, items, strict=True)
    }
    return _matrix(list(named), evidence_columns(named, reductions))


def from_names(
    names: Iterable[str],
    criteria: Iterable[Criterion] = (),
    *,
    ranking: Iterable[Any] = (),
    reductions: DataFrame | None = None,
) -> PerformanceMatrix:
    """Return a matrix of alternatives by name, filled with what a ranking knows of them.

    `criteria` come after the ranking's columns, unknown where it says nothing; the card's ladder
    by default. Names that come twice are taken once.
    """
    return _filled(names, _unknown_columns(tuple(criteria)), ranking, reductions)


def from_decision(
    decision: Any, criteria: Iterable[Criterion] = (), *, ranking: Iterable[Any] = ()
) -> PerformanceMatrix:
    """Return a decision's choice and its alternatives as a matrix.

    What was forecast when deciding stands under `success_rate`, as stated; a ranking's evidence
    goes before it. `criteria` default to the card's ladder.
    """
    forecasts = {decision.chosen: decision.confidence}
    forecasts |= {a.name: a.predicted for a in decision.alternatives}
    cells: dict[str, Cell] = {
        name: Known(figure, provenance="stated", note="forecast when deciding")
        for name, figure in forecasts.items()
        if figure is not None
    }
    told = [Column(Criterion("success_rate", "max", 0, 1), cells)] if cells else []
    columns = [*told, *_unknown_columns(tuple(criteria))]
    return _filled(forecasts, columns, ranking, None)


def from_proposal(
    proposal: Any,
    choice: str | int = 0,
    criteria: Iterable[Criterion] = (),
    *,
    ranking: Iterable[Any] = (),
    reductions: DataFrame | None = None,
) -> PerformanceMatrix:
    """Return one technology choice of a proposal, with the alternatives it names, as a matrix.

    Parameters
    ----------
    proposal
        A `Proposal`; its `choices` are looked through.
    choice
        The choice: its place among those that name an alternative, or words of its name.
    criteria
        What to judge by, unknown until graded; the card's ladder by default.
    ranking, reductions
        What the memory knows, for alternatives that are patterns of it.

    Raises
    ------
    ArchkitError
        If the proposal has no such choice, or it names no alternative.
    """
    found = [(c, alternatives_named(c)) for c in proposal.choices]
    weighed = [(c, names) for c, names in found if names]
    named = [c.name for c, _ in weighed]
    if isinstance(choice, str):
        words = choice.casefold()
        weighed = [(c, names) for c, names in weighed if words in c.name.casefold()]
        choice = 0
    if not 0 <= choice < len(weighed):
        raise ArchkitError(
            "The proposal has no such choice that names an alternative.",
            why=f"Those that do are: {'; '.join(named)}." if named else "None of them names one.",
            mend="Give words or the place of one of them, or name the alternatives: from_names.",
        )
    one, names = weighed[choice]
    chosen = one.technology.split(": ", 1)[-1].strip(" .")
    return from_names([chosen, *names], criteria, ranking=ranking, reductions=reductions)


def from_adr(
    adr: Any, criteria: Iterable[Criterion] = (), *, ranking: Iterable[Any] = ()
) -> PerformanceMatrix:
    """Return the options of an ADR as a matrix.

    Its decision drivers are the criteria, graded 1 to 5 and unknown until somebody grades them,
    with the ADR's own pros and cons as notes where they speak of a driver; without drivers it is
    the card's ladder. An ADR that archkit wrote also has the forecasts of its decision.

    Raises
    ------
    ArchkitError
        If it names no options.
    """
    decision = adr.decision
    argued = adr["pros_and_cons"].value or ()
    options = list(adr["options"].value or (a.option for a in argued))
    if decision is not None and len(options) < 2:
        options = [decision.chosen, *(a.name for a in decision.alternatives)]
    if not options:
        raise ArchkitError(
            f"The ADR {adr.title!r} names no options.",
            why="It has no list of what was considered, and no pros and cons of each.",
            mend="Name the alternatives: from_names([…]).",
        )
    kinds = tuple(criteria) or tuple(
        Criterion(driver, "max", 1, 5, note="graded 1 to 5, 5 meets the driver best")
        for driver in dict.fromkeys(adr["drivers"].value or ())
    )
    columns = _unknown_columns(kinds)
    points = {slug_of(a.option): (*a.good, *a.bad, *a.neutral) for a in argued}
    told = [Column(c.criterion, _spoken_of(c.criterion, options, points)) for c in columns]
    if decision is None:
        return _filled(options, told, ranking, None)
    forecast = from_decision(decision)
    known: dict[str, Cell] = {
        name: forecast.cell(name, "success_rate")
        for name in forecast.alternatives
        if any(criterion.name == "success_rate" for criterion in forecast.criteria)
    }
    stated = [Column(Criterion("success_rate", "max", 0, 1), known)] if known else []
    return _filled(options, [*stated, *told], ranking, None)


def _filled(
    names: Iterable[str],
    columns: Sequence[Column],
    ranking: Iterable[Any],
    reductions: DataFrame | None,
) -> PerformanceMatrix:
    alternatives = list(dict.fromkeys(names))
    found = _matched(alternatives, ranking)
    known = evidence_columns(found, reductions) if found else ()
    there = {column.criterion.name: column for column in known}
    merged = [
        Column(c.criterion, {**c.cells, **there[c.criterion.name].cells})
        if c.criterion.name in there
        else c
        for c in columns
    ]
    said = {column.criterion.name for column in columns}
    return _matrix(alternatives, [*(c for c in known if c.criterion.name not in said), *merged])


def _matched(names: Sequence[str], ranking: Iterable[Any]) -> dict[str, Any]:
    """Return the ranking's place of each alternative that is a pattern, by name or slug."""
    known: dict[str, Any] = {}
    for item in ranking:
        known.setdefault(slug_of(item.pattern.name), item)
        known.setdefault(item.pattern.slug, item)
    return {name: known[slug_of(name)] for name in names if slug_of(name) in known}


def _matrix(names: Sequence[str], columns: Sequence[Column]) -> PerformanceMatrix:
    rows = [[column.cells.get(name, Unknown()) for column in columns] for name in names]
    return PerformanceMatrix(names, [column.criterion for column in columns], rows)


def _unknown_columns(criteria: tuple[Criterion, ...]) -> list[Column]:
    return [Column(criterion, {}) for criterion in criteria or ladder_criteria()]


def _spoken_of(
    driver: Criterion, options: Sequence[str], points: Mapping[str, Sequence[str]]
) -> dict[str, Cell]:
    """Return unknown cells whose notes are the points that have a word of the driver."""
    about = _stems(driver.name)
    cells: dict[str, Cell] = {}
    for option in options:
        said = [point for point in points.get(slug_of(option), ()) if about & _stems(point)]
        if said:
            cells[option] = Unknown(note="; ".join(said))
    return cells


def _stems(text: str) -> set[str]:
    return {word[:_STEM] for word in _WORD.findall(text.casefold())}
