"""What the memory says of the patterns for one concern: the first choice, its rivals, its rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archkit.architect.offline.concerns import Touched
from archkit.architect.offline.phrases import amount, inline, listed, percent
from archkit.records import Reported

__all__ = ["Choice", "changed_line", "choice_of", "evidence_line", "has_records", "tie_line"]

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """One concern with its ranking read.

    `best` is the pattern to use, None when there is none; `rivals` could be used as well, in
    order; `tied` are those of them that cannot be told apart from `best`; `vetoed` must not be
    used here, each with its reason; `set_aside` are candidates and retired ones;
    `without_records` is the slug that would come first on the library's figures alone, "" where
    nothing was recorded or it would be the same.
    """

    concern: Touched
    best: Entry | None = None
    rivals: tuple[Entry, ...] = ()
    tied: tuple[Entry, ...] = ()
    vetoed: tuple[Entry, ...] = ()
    set_aside: tuple[Entry, ...] = ()
    rule: str = ""
    ci_prob: float = 0.9
    what_if: tuple[Entry, ...] = ()
    memory: bool = True
    without_records: str = ""

    def name_of(self, slug: Any) -> str:
        """Name of one of the patterns ranked here, by its slug."""
        every = (self.best, *self.rivals, *self.vetoed, *self.set_aside)
        return next((name(e) for e in every if e and e.get("slug") == slug), str(slug))


def has_records(ranking: Mapping[str, Any]) -> bool:
    """Whether uses recorded here stand behind any of the patterns ranked."""
    patterns = (p for p in ranking.get("patterns") or () if isinstance(p, Mapping))
    return any(
        float(p.get(f"n_{kind}") or 0) > 0
        for p in patterns
        for kind in ("observed", "measured", "simulated")
    )


def choice_of(concern: Touched, ranking: Mapping[str, Any], *, memory: bool = True) -> Choice:
    """Read a ranking's JSON, as the tool `query_patterns` gives it, for one concern.

    Parameters
    ----------
    concern
        What the ranking answers; of one without a kind only its own patterns are looked at.
    ranking
        The ranking's JSON.
    memory
        Whether the memory gave it; otherwise no rates are known.
    """
    patterns = [p for p in ranking.get("patterns") or () if isinstance(p, Mapping)]
    if concern.kind:
        patterns = [p for p in patterns if p.get("kind", concern.kind) == concern.kind]
    else:
        patterns = [p for p in patterns if p.get("slug") in concern.slugs]
    aside = tuple(p for p in patterns if p.get("status") in ("candidate", "retired"))
    vetoed = tuple(p for p in patterns if p.get("veto") and p not in aside)
    usable = [p for p in patterns if p not in aside and p not in vetoed]
    best, rivals = (usable[0] if usable else None), tuple(usable[1:])
    tied = tuple(p for p in rivals if p.get("in_tie_set")) if best else ()
    return Choice(
        concern,
        best,
        rivals,
        tied if best and best.get("in_tie_set", True) else (),
        vetoed,
        aside,
        str(ranking.get("rule") or ""),
        float(ranking.get("ci_prob") or 0.9),
        tuple(w for w in ranking.get("what_if") or () if isinstance(w, Mapping)),
        memory,
    )


def name(entry: Entry) -> str:
    """Return a pattern's name, or its slug."""
    return str(entry.get("name") or entry.get("slug") or "a pattern without a name")


def evidence_line(entry: Entry, choice: Choice, origins: Mapping[str, Reported]) -> str:
    """Say a pattern's rate with interval, count and provenance, or that none is known.

    Parameters
    ----------
    entry
        A pattern of a ranking's JSON.
    choice
        The choice it belongs to, for the interval's probability and whether memory was on.
    origins
        Who reports a pattern's figures, by slug.
    """
    uses = float(entry.get("n") or 0)
    if not choice.memory:
        return "no rate is known, since the memory was off"
    if uses <= 0 or entry.get("provenance") in (None, "none", ""):
        return "no evidence yet (nothing is recorded or reported of its use)"
    low, high = (float(entry.get(k) or 0) for k in ("low", "high"))
    interval = f"{percent(choice.ci_prob)} interval {_range(low, high)}"
    rate = percent(float(entry.get("success_rate") or 0), digits=1)
    line = f"estimated success rate {rate} ({interval}, n = {amount(uses)}; "
    line += _provenance(entry, origins)
    reported = origins.get(str(entry.get("slug")))
    if reported is not None and reported.success_rate is not None and _only_reported(entry):
        line += f"; the figure reported is {percent(reported.success_rate)}"
    return f"{line})"


def _only_reported(entry: Entry) -> bool:
    return entry.get("provenance") == "reported"


def _range(low: float, high: float) -> str:
    return f"{percent(low, digits=1).removesuffix(' %')} to {percent(high, digits=1)}"


def _provenance(entry: Entry, origins: Mapping[str, Reported]) -> str:
    """Say where the counts come from: what is only reported is never called observed."""
    reported = origins.get(str(entry.get("slug")))
    by = f"reported by the {reported.origin}" if reported else "reported elsewhere"
    if _only_reported(entry):
        return f"{by}, not observed here"
    said = {
        "observed": "observed here",
        "measured": "measured here",
        "simulated": "simulated, not real",
        "reported": by,
    }
    held = [(float(entry.get(f"n_{key}") or 0), words) for key, words in said.items()]
    counts = [f"{amount(n)} {words}" for n, words in held if n > 0]
    return listed(counts) if counts else str(entry.get("provenance"))


def changed_line(choice: Choice, origins: Mapping[str, Reported]) -> str:
    """Say that what was recorded here changed the first choice, and by which rate; or ""."""
    slug = choice.without_records
    every = (choice.best, *choice.rivals, *choice.vetoed, *choice.set_aside)
    before = next((e for e in every if e and e.get("slug") == slug), None)
    if not choice.best or before is None:
        return ""
    line = f"Without what was recorded here, {inline(name(before))} would come first. With it: "
    return f"{line}{evidence_line(before, choice, origins)}."


def tie_line(choice: Choice) -> str:
    """Say honestly which rivals cannot be told apart from the first, and what decided; or ""."""
    if not choice.best or not choice.tied:
        return ""
    rivals = listed(inline(name(entry)) for entry in choice.tied)
    line = f"It cannot be told apart from {rivals} on the evidence so far"
    return f"{line}; {_rule(choice.rule)}." if choice.rule else f"{line}."


def _rule(rule: str) -> str:
    """Say what decided, in a clause: the rule of a ranking in words."""
    if rule.startswith("ladder:"):
        return (
            f"{rule.removeprefix('ladder:').strip()}, by the card's ladder of priorities, decides"
        )
    return {
        "score": "the higher score of relevance, fit and rate decides",
        "no evidence yet: context fit and relevance": "fit and relevance decide",
    }.get(rule, f"decided by {' '.join(rule.split()).rstrip('.')}")


def candidates_line(entries: Sequence[Entry]) -> str:
    """Say which patterns were set aside because they are candidates or retired; or ""."""
    parts = [
        f"{listed(found)} {'is' if len(found) == 1 else 'are'} {said}"
        for status, said in (
            ("candidate", "still on trial and not recommended unattended"),
            ("retired", "retired for failing too often"),
        )
        if (found := [name(e) for e in entries if e.get("status") == status])
    ]
    return f"{'; '.join(parts)}." if parts else ""
