"""From what the user says to a decision: the pattern meant, the forecast, the alternatives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archkit.architect.rankings_seen import Evidence
from archkit.errors import SessionError
from archkit.records import Alternative, Decision

if TYPE_CHECKING:
    from archkit.architect.tools import SessionMemory
    from archkit.memory.ranking import Ranked

__all__ = ["decision_on", "named_in"]


def decision_on(
    chosen: str,
    alternatives: Sequence[str | Alternative],
    evidence: Evidence,
    memory: SessionMemory | None,
    *,
    confidence: float | None,
    patterns: Sequence[str] | None,
    kind: str | None,
    **recorded: Any,
) -> Decision:
    """Make a decision of what the user says and what the session has seen.

    Parameters
    ----------
    chosen, alternatives
        Names or slugs of patterns, or words of the user's own.
    evidence
        What the session has seen.
    memory
        Asked for a name that the session has not seen.
    confidence, patterns, kind
        None: the success rate (None without evidence), the slug and the kind of the pattern that
        `chosen` names.
    **recorded
        The decision's other fields.

    Raises
    ------
    SessionError
        Nothing is chosen, the name fits several patterns, or the confidence is none.
    """
    if not chosen.strip():
        raise SessionError(
            "Nothing was chosen.", why="`chosen` is empty.", mend="Name what you take."
        )
    ranked = _chosen_pattern(chosen, patterns, evidence, memory)
    named = (ranked.pattern.slug,) if ranked else ()
    slugs = named if patterns is None else tuple(patterns)
    if kind is None:
        kind = ranked.pattern.kind if ranked else ""
    return Decision(
        chosen=_shown_name(chosen, ranked),
        kind=kind,
        context=_known_context(evidence, slugs),
        alternatives=tuple(_alternative(a, evidence) for a in alternatives),
        patterns=slugs,
        confidence=_forecast(confidence, ranked),
        **recorded,
    )


def named_in(stated: Mapping[str, Any], evidence: Evidence) -> dict[str, Any]:
    """Return what `decision_on` takes, of a decision as a model states it.

    Parameters
    ----------
    stated
        Valid against `archkit.architect.extracting.DECISIONS`.
    evidence
        What the session has seen: patterns that it has not seen are left out.
    """
    alternatives = []
    for other in stated["alternatives"]:
        meant = evidence.meant(other["name"])
        slug = meant[0].pattern.slug if len(meant) == 1 else None
        alternatives.append(Alternative(other["name"], pattern=slug, why_not=other["why_not"]))
    return {
        "chosen": stated["chosen"],
        "alternatives": alternatives,
        "rationale": stated["rationale"],
        "kind": stated["kind"],
        "patterns": [slug for slug in stated["patterns"] if evidence.named(slug)],
    }


def _chosen_pattern(
    chosen: str,
    patterns: Sequence[str] | None,
    evidence: Evidence,
    memory: SessionMemory | None,
) -> Ranked | None:
    """Return the pattern that a choice names, None if it names none.

    Parameters
    ----------
    chosen
        What the user typed.
    patterns
        The slugs the user gave; then the first of them is meant.
    evidence
        What the session has seen.
    memory
        Asked for the name if the session has not seen it.

    Raises
    ------
    SessionError
        The name fits several patterns.
    """
    if patterns is not None:
        return evidence.named(patterns[0]) if patterns else None
    meant = evidence.meant(chosen)
    if not meant and memory is not None:
        asked = Evidence()
        asked.add(memory.query(chosen))
        exact = asked.meant(chosen)
        if len(exact) == 1:
            evidence.add(asked[0])
            return exact[0]
    if len(meant) > 1:
        names = ", ".join(ranked.pattern.slug for ranked in meant)
        raise SessionError(
            f"'{chosen}' could mean several patterns.",
            why=f"The session has seen {names}.",
            mend="Name one by its slug, or say which it uses with patterns=[…]; none: patterns=().",
        )
    return meant[0] if meant else None


def _forecast(given: float | None, ranked: Ranked | None) -> float | None:
    """Return the confidence: as given, else the pattern's posterior mean, else None.

    A pattern without evidence forecasts nothing: its mean is only the prior's.

    Raises
    ------
    SessionError
        The given one is not between 0 and 1.
    """
    if given is None:
        return ranked.success_rate if ranked and ranked.n else None
    if not 0 <= given <= 1:
        raise SessionError(
            f"A confidence of {given} cannot be.",
            why="It is the chance you give this choice to work.",
            mend="Give a number from 0 to 1, or leave it out.",
        )
    return float(given)


def _alternative(value: str | Alternative, evidence: Evidence) -> Alternative:
    """Return an alternative with what the ranking predicted for it."""
    if isinstance(value, Alternative):
        if value.predicted is not None or value.pattern is None:
            return value
        ranked = evidence.named(value.pattern)
        name, why_not = value.name, value.why_not
    else:
        meant = evidence.meant(value)
        ranked = meant[0] if len(meant) == 1 else None
        name, why_not = _shown_name(value, ranked), ""
    if ranked is None:
        return value if isinstance(value, Alternative) else Alternative(name)
    pattern = ranked.pattern
    return Alternative(
        name=name,
        pattern=pattern.slug,
        why_not=why_not or ranked.veto or "",
        pros=pattern.pros,
        cons=pattern.cons,
        predicted=ranked.success_rate if ranked.n else None,
    )


def _shown_name(text: str, ranked: Ranked | None) -> str:
    """Return the words to show: as typed, but a pattern's name for its slug."""
    return ranked.pattern.name if ranked and text.strip() == ranked.pattern.slug else text.strip()


def _known_context(evidence: Evidence, slugs: Iterable[str]) -> Mapping[str, Any]:
    """Return the context the choice was ranked in; the last one of the session if none was."""
    for slug in slugs:
        ranking = evidence.ranking_of(slug)
        if ranking is not None:
            return dict(ranking.context)
    return dict(evidence[-1].context) if evidence else {}
