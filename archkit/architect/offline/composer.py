"""The proposal: seven sections of Markdown, composed from a plan without any model."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from archkit.architect.offline.choice import name
from archkit.architect.offline.composer_reasons import (
    key_considerations,
    known_errors,
    technology_rationale,
)
from archkit.architect.offline.composer_sections import (
    api_contracts,
    architecture_overview,
    data_schema,
    service_definitions,
)
from archkit.architect.offline.phrases import clipped, counted, listed, phrase_of, quoted, sentence
from archkit.architect.offline.plan import Design, Plan, design_of
from archkit.architect.offline.wording import sentences

if TYPE_CHECKING:
    from archkit.library import Library
    from archkit.records import Reported

__all__ = ["HEADINGS", "MOST_GAPS", "compose", "origins_of"]

HEADINGS = (
    "1. Executive Summary",
    "2. Architecture Overview",
    "3. Service Definitions",
    "4. API Contracts",
    "5. Data Schema",
    "6. Technology Stack Rationale",
    "7. Key Considerations",
)
"""The sections the card mandates, in order."""

MOST_GAPS = 6
"""So many parts of a brief that nothing is known of are quoted; the others are counted."""

_SPEAKS_OF_OURS = re.compile(r"\b(?:our|we (?:run|use|have)|existing|currently)\b", re.IGNORECASE)
_NO_MODEL = (
    "> No model was asked: archkit's offline architect composed this from the memory and the "
    "library of patterns."
)
_MEMORY_OFF = (
    "> No model was asked: archkit's offline architect composed this from the library of patterns "
    "alone. The memory was off, so no success rates are known."
)


def compose(plan: Plan, library: Library) -> str:
    """Write the proposal of a plan.

    Parameters
    ----------
    plan
        What was asked, known and chosen.
    library
        Where the chosen patterns' blueprints are.

    Returns
    -------
    str
        Markdown with exactly the seven sections, then the assumptions and open questions. When
        nothing is known of the brief, the sections say so and nothing is invented.
    """
    if not plan.chosen:
        return _gap_document(plan, library)
    design = design_of(plan, library)
    sections = (
        _executive_summary(plan),
        architecture_overview(plan, design),
        service_definitions(plan, design),
        api_contracts(plan, design),
        data_schema(plan, design),
        technology_rationale(plan, design, origins_of(library)),
        key_considerations(plan, design),
    )
    return _document(plan, sections, _assumptions(plan, design, library))


def origins_of(library: Library) -> dict[str, Reported]:
    """Return who reports which rate of the library's patterns, by slug."""
    return {p.slug: p.reported for p in library.patterns if p.reported}


def _document(plan: Plan, sections: Iterable[list[str]], assumptions: list[str]) -> str:
    blocks = [f"# {_title(plan.brief)}", _note(plan)]
    for heading, lines in zip(HEADINGS, sections, strict=True):
        blocks += [f"### {heading}", *lines]
    blocks += ["### Assumptions and open questions", *assumptions]
    return "\n\n".join(block for block in blocks if block.strip()) + "\n"


def _title(brief: str) -> str:
    first = (sentences(brief) or ["Architecture"])[0]
    return "Proposal: " + quoted(clipped(first.lstrip("#>*- ").rstrip(".;:, "), 90))


def _note(plan: Plan) -> str:
    notes = [_NO_MODEL if plan.memory else _MEMORY_OFF]
    notes += [f"> {sentence(trouble)}" for trouble in plan.troubles]
    return "\n".join(notes)


def _executive_summary(plan: Plan) -> list[str]:
    chosen = plan.chosen
    lines = [_asked(plan), _project_state(plan), *(e.summary() for e in plan.errors)]
    if len(chosen) == 1:
        lines.append("The proposal rests on one choice:")
    else:
        lines.append(f"The proposal rests on {counted(len(chosen), 'choice')}:")
    lines.append(
        "\n".join(
            f"- **{c.concern.title}: {name(c.best or {})}.** "
            f"{sentence(str((c.best or {}).get('summary') or ''))}".rstrip()
            for c in chosen
        )
    )
    known = [phrase_of(f) for f in plan.facets.values()]
    if known:
        lines.append(f"It is designed for {listed(known)}.")
    left_out = [c.concern.title for c in plan.choices if not c.best]
    if left_out or plan.gaps:
        lines.append("Part of the brief is not covered; the end of this document says which.")
    return lines


def _asked(plan: Plan) -> str:
    return f"The brief asks: “{quoted(clipped(plan.brief, 320).rstrip('.'))}”."


def _project_state(plan: Plan) -> str:
    project = plan.project
    if plan.existing:
        found = "The project" if project.get("files") else "By the brief, the project"
        state = f"{found} already uses {listed(plan.existing)}"
        return f"{state}; the design keeps what is there where it can."
    if project.get("files"):
        languages = list(project.get("languages") or ())[:3]
        written = f", written in {listed(languages)}" if languages else ""
        size = counted(int(project["files"]), "file")
        return (
            f"Today the project holds {size}{written}; its manifests name no framework and no data "
            "store, so both are open."
        )
    if _SPEAKS_OF_OURS.search(plan.brief):
        return (
            "The brief speaks of something that exists, but no code was found beside it: what is "
            "there is known from the brief's words alone."
        )
    return "No existing code was found beside the brief, so this is designed as a fresh start."


def _assumptions(plan: Plan, design: Design, library: Library) -> list[str]:
    lines: list[str] = []
    rough: dict[str, list[str]] = {}
    for facet in plan.facets.values():
        if facet.approximate:
            rough.setdefault(facet.text, []).append(phrase_of(facet))
    read = [f"“{text}” is read as {listed(said)}." for text, said in rough.items()]
    taken = [sentence(text) for text in design.assumes]
    if read or taken:
        lines += ["Taken for granted:", "\n".join(f"- {line}" for line in [*read, *taken])]
    if plan.open:
        lines += ["Not answered yet:", "\n".join(_open_lines(plan))]
    lines += _unread(plan)
    lines += _not_covered(plan, library)
    return lines or ["Nothing was assumed beyond the brief, and no question is open."]


def _open_lines(plan: Plan) -> list[str]:
    lines = []
    for item in plan.open:
        line = f"- **{item.topic.name}:** {item.topic.text}"
        if not item.changes:
            line += " Not stated; figures are relative to the present state."
        elif item.assumed:
            line += f" Assumed: {item.assumed}. {item.why}"
        else:
            line += f" Nothing is assumed, since any answer changes the choice. {item.why}"
        lines.append(line)
    return lines


def _unread(plan: Plan) -> list[str]:
    return [
        f"To “{quoted(clipped(said.question or said.key, 120))}” the answer was "
        f"“{quoted(clipped(said.answer))}”; "
        "nothing the offline architect knows could be read from it, so it changed nothing here."
        for said in plan.unread
    ]


def _not_covered(plan: Plan, library: Library) -> list[str]:
    gaps = {c.slug: c.gap for c in library.concerns}
    lines = [
        f"- “{quoted(clipped(gap))}”: neither memory nor library holds a pattern for it."
        for gap in plan.gaps[:MOST_GAPS]
    ]
    left = len(plan.gaps) - MOST_GAPS
    lines += [sentence(f"- {counted(left, 'further part')} of the brief")] if left > 0 else []
    for choice in plan.choices:
        if choice.best:
            continue
        why = "every known pattern is ruled out" if choice.vetoed else "no usable pattern is known"
        advice = sentence(gaps.get(choice.concern.kind, ""))
        lines.append(f"- {choice.concern.title}: {why}. {advice}".rstrip())
    return ["Not covered by this proposal:", "\n".join(lines)] if lines else []


def _read_anyway(plan: Plan) -> str:
    """Say what was read of a brief and found of a project though nothing is proposed."""
    said = [phrase_of(f) for f in plan.facets.values()]
    lines = [f"Read from the brief all the same: {listed(said)}."] if said else []
    if plan.existing:
        lines.append(f"In use already: {listed(plan.existing)}.")
    elif not plan.project.get("files"):
        lines.append("No existing code was found beside the brief, either.")
    return " ".join(lines)


def _gap_document(plan: Plan, library: Library) -> str:
    """Say in all seven sections that nothing is known, and invent nothing."""
    known = listed(sorted({c.slug.replace("-", " ") for c in library.concerns}))
    touched = [c.concern.title for c in plan.choices]
    if touched:
        what = (
            f"It touches a question that is known ({listed(touched)}), but no pattern that could "
            "be used here"
        )
    else:
        what = "Neither the memory nor the library holds a pattern for any of it"
    sections = (
        [
            _asked(plan),
            f"{what}, so no architecture is proposed.",
            _read_anyway(plan),
            *(error.summary() for error in plan.errors),
            f"What the library does know something of: {known}.",
        ],
        ["No services, databases or interactions are proposed: nothing is known to base them on."],
        ["No service is defined."],
        ["No endpoint is defined."],
        ["No schema is proposed."],
        ["No technology is recommended: there is no evidence for any, and none was made up."],
        [
            "#### Scalability",
            "What ten times the initial load asks for cannot be said without a design.",
            "#### Security",
            "No threats are assessed, since there is nothing to attack yet.",
            "#### Observability",
            "What to watch follows from the design that is still missing.",
            "#### Deployment & CI/CD",
            "How it would be deployed is open.",
            *known_errors(plan),
        ],
    )
    advice = [
        "To go on: say in other words what the backend must do, record a pattern for this kind of "
        "work in the memory, or ask a model for this brief."
    ]
    return _document(plan, sections, [*_not_covered(plan, library), *advice])
