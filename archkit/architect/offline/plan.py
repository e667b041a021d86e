"""The plan of a proposal: what was asked, what is chosen, and the design merged from it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archkit.architect.offline.choice import Choice
from archkit.architect.offline.facets import Facet, read_technologies
from archkit.architect.offline.known_errors import KnownError
from archkit.architect.offline.phrases import fill, placeholders
from archkit.architect.offline.questions import Open
from archkit.architect.offline.request_body import Said

if TYPE_CHECKING:
    from archkit.library import Library

__all__ = ["Design", "Plan", "design_of"]

# What a facet says is stated, or not stated, and no assumption.
_STATED = re.compile(r"^(?:Clients|Tenancy|Staleness tolerated): [^.]*\.?")
_PROSE = frozenset(
    {
        "overview", "purpose", "duties", "how", "why", "trade_off", "scalability", "security",
        "observability", "deployment", "assumes", "holds", "choose", "alternative", "for",
        "threat", "mitigation",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Design:
    """One consistent design, its gaps filled with the brief's words.

    `bare` are patterns that came without a blueprint; `broken` those whose blueprint could not
    be merged.
    """

    overview: tuple[str, ...] = ()
    services: tuple[Mapping[str, Any], ...] = ()
    stores: tuple[Mapping[str, Any], ...] = ()
    endpoints: tuple[Mapping[str, Any], ...] = ()
    tables: tuple[Mapping[str, Any], ...] = ()
    choices: tuple[Mapping[str, Any], ...] = ()
    scalability: tuple[str, ...] = ()
    security: tuple[Mapping[str, Any], ...] = ()
    observability: tuple[str, ...] = ()
    deployment: tuple[str, ...] = ()
    assumes: tuple[str, ...] = ()
    bare: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """All that a proposal is composed from.

    `gaps` are parts of the brief that nothing is known of, `unread` answers that could not be
    read, `troubles` what went wrong on the way, `open` facets nobody stated, `errors` what is known
    of the errors named.
    """

    brief: str
    facets: Mapping[str, Facet] = field(default_factory=dict)
    briefing: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    gaps: tuple[str, ...] = ()
    open: tuple[Open, ...] = ()
    unread: tuple[Said, ...] = ()
    troubles: tuple[str, ...] = ()
    memory: bool = True
    errors: tuple[KnownError, ...] = ()

    @property
    def chosen(self) -> tuple[Choice, ...]:
        """The concerns that have a pattern to use."""
        return tuple(c for c in self.choices if c.best)

    @property
    def project(self) -> Mapping[str, Any]:
        """What the briefing found of the project."""
        found = self.briefing.get("project")
        return found if isinstance(found, Mapping) else {}

    @cached_property
    def existing(self) -> tuple[str, ...]:
        """Frameworks and data stores in use already, by briefing and brief."""
        named = [*_texts(self.project.get("frameworks")), *_texts(self.project.get("data_stores"))]
        said = [s for s in self.brief.split(".") if _ours(s)]
        return tuple(dict.fromkeys([*named, *read_technologies(said)]))


def _ours(sentence: str) -> bool:
    """Whether a sentence speaks of what is there: "we run Django on PostgreSQL"."""
    words = f" {sentence.lower()} "
    return any(
        w in words
        for w in (" we run", " we use", " we have", " our ", " already ", " existing ", " runs on")
    )


def _texts(value: Any) -> list[str]:
    return [str(v) for v in value] if isinstance(value, list | tuple) else []


def design_of(plan: Plan, library: Library) -> Design:
    """Merge the blueprints of the chosen patterns into one design."""
    from archkit.library import merged_blueprint

    words = placeholders(plan.facets)
    patterns, bare, broken = [], [], []
    for choice in plan.chosen:
        pattern = _pattern(choice.best or {}, library)
        if not pattern.blueprint:
            bare.append(pattern.name)
            continue
        try:
            merged_blueprint(library, [pattern])
            patterns.append(pattern)
        except (ValueError, KeyError, TypeError, AttributeError):
            # Only blueprints that users recorded can be odd: the library's are schema-checked.
            broken.append(pattern.name)
    merged = _filled(merged_blueprint(library, patterns), words)
    own = [_filled(c, words) for p in patterns for c in (p.blueprint or {}).get("choices", ())]
    return Design(
        overview=tuple(part for part in str(merged["overview"]).split("\n\n") if part.strip()),
        services=_outer_first(merged["services"]),
        stores=tuple(merged["stores"]),
        endpoints=_own_first(merged["endpoints"], patterns),
        tables=tuple(merged["tables"]),
        choices=_one_each(own, merged["choices"]),
        scalability=tuple(merged["scalability"]),
        security=tuple(merged["security"]),
        observability=tuple(merged["observability"]),
        deployment=tuple(merged["deployment"]),
        assumes=tuple(a for text in merged["assumes"] if (a := _STATED.sub("", text).strip())),
        bare=tuple(bare),
        broken=tuple(broken),
    )


def _outer_first(services: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Services in the order of a request: those nobody calls first, then whom they talk to."""
    by_name = {s["name"]: s for s in services if s.get("purpose") or s.get("duties")}
    talks = {n: [t["service"] for t in s.get("talks_to", ())] for n, s in by_name.items()}
    called = {target for targets in talks.values() for target in targets}
    ends = [n for n in by_name if not talks[n]]
    first = [n for n in by_name if n not in called and any(t in by_name for t in talks[n])]
    waiting = [*first, *(n for n in by_name if n not in ends)]
    ordered: list[str] = []
    while waiting:
        current = waiting.pop(0)
        if current in ordered or current in ends or current not in by_name:
            continue
        ordered.append(current)
        part = re.compile(rf"Part of {re.escape(current)}\b", re.IGNORECASE)
        parts = [n for n, s in by_name.items() if part.match(s.get("purpose", ""))]
        waiting = [*parts, *talks[current], *waiting]
    return tuple(by_name[n] for n in (*ordered, *ends))


def _own_first(endpoints: Sequence[Mapping[str, Any]], patterns: Sequence[Any]) -> tuple[Any, ...]:
    """Endpoints of the chosen patterns themselves before those of shared components."""
    rows = [e for p in patterns for e in (p.blueprint or {}).get("endpoints", ())]
    own = {(e["method"], e["path"]) for e in rows}
    return tuple(sorted(endpoints, key=lambda e: (e["method"], e["path"]) not in own))


def _pattern(entry: Mapping[str, Any], library: Library) -> Any:
    """Return the library's pattern, or one made of the ranking's JSON when it is the user's."""
    from archkit.records import Pattern

    slug = str(entry.get("slug"))
    if not entry.get("blueprint"):
        found = next((p for p in library.patterns if p.slug == slug), None)
        if found is not None:
            return found
    blueprint = entry.get("blueprint")
    return Pattern(
        slug=slug,
        name=str(entry.get("name") or slug),
        blueprint=blueprint if isinstance(blueprint, Mapping) else None,
    )


def _one_each(
    own: Sequence[Mapping[str, Any]], merged: Sequence[Mapping[str, Any]]
) -> tuple[Mapping[str, Any], ...]:
    """One choice for each thing to choose: a pattern's own goes before a shared component's."""
    found: dict[str, Mapping[str, Any]] = {}
    for choice in (*own, *merged):
        found.setdefault(str(choice["for"]).casefold(), choice)
    return tuple(found.values())


def _filled(value: Any, words: Mapping[str, str], key: str = "") -> Any:
    """Fill the placeholders of a blueprint's prose; paths, JSON examples and DDL stay as is."""
    if isinstance(value, Mapping):
        return (
            {k: _filled(v, words, str(k)) for k, v in value.items()} if key in _NESTING else value
        )
    if isinstance(value, list | tuple):
        return [_filled(v, words, key) for v in value]
    if isinstance(value, str) and key in _PROSE:
        parts = [fill(part, words) for part in value.split("\n\n")]
        return "\n\n".join(parts)
    return value


_NESTING = frozenset(
    {"", "services", "stores", "endpoints", "choices", "security", "talks_to", "tables"}
)
