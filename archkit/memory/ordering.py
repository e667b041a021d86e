"""Which pattern first: relevance, context fit and evidence in one score, ties by the ladder.

Score = relevance × context fit^½ × Q, Q the success rate's quantile that the horizon asks for; of
its evidence uses in other contexts count less the surer it is that the rate differs there. A
matched when-not condition vetoes. The tie set are those of which the one with the highest score is
better with less than 90 % probability. Inside it the card's ladder decides between alternatives of
one kind (all five ratings known), but only among those that score at least nine tenths of the
highest: evidence may tie a pattern that does not fit the context, and the ladder must not lift it.
Candidates, retired and vetoed patterns are shown, and never come first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from archkit.memory.beta import Floats
from archkit.memory.context import known_keys, value_fit, veto
from archkit.records import LADDER, Pattern

__all__ = [
    "CLOSE",
    "SURE",
    "Better",
    "Candidate",
    "Place",
    "WhatIf",
    "are_enough",
    "explore",
    "portions",
    "rank",
]

SURE = 0.90
"""From this probability on the best is said to be better."""

CLOSE = 0.9
"""The ladder decides among scores of at least this share of the highest."""

Better = Callable[[int, Sequence[int]], Sequence[float]]
"""P(the rate of one entry is higher than that of each of some others), by their places."""


class Candidate(NamedTuple):
    """What a ranking weighs: a pattern, how relevant it is, its rate's quantile, its uses."""

    pattern: Pattern
    relevance: float
    quantile: float
    n: float


class Place(NamedTuple):
    """Where a candidate ended: its place among the candidates, and the figures of `Ranked`."""

    candidate: int
    context_fit: float
    score: float
    veto: str | None
    beaten_by: float
    in_tie_set: bool


@dataclass(frozen=True, slots=True)
class WhatIf:
    """Which pattern would come first if `key` were `value`.

    `changes` says whether that differs from now; `margin` (0–1) by what share of its score the
    new first would lead today's.
    """

    key: str
    value: Any
    first: str | None
    changes: bool
    margin: float


def rank(
    candidates: Sequence[Candidate], context: Mapping[str, Any], better: Better, *, limit: int = 8
) -> tuple[tuple[Place, ...], str]:
    """Put candidates in order.

    Parameters
    ----------
    candidates
        Patterns with relevance and the quantile of their rate.
    context
        What is known of the case.
    better
        P(one works better than others), by place in `candidates`.
    limit
        How many to return; vetoed ones keep the room that their score earns them.

    Returns
    -------
    tuple
        The one to use first, the vetoed last; and the rule that decided.
    """
    if limit < 1:
        raise ValueError(f"limit must be at least 1, not {limit}.")
    case = _case(candidates, context, _fits(candidates, context))
    order, rule = _order(candidates, case, better)
    by_score = sorted(order, key=lambda place: -case.scores[place])
    free = [place for place in order if case.vetoes[place] is None]
    vetoed = [place for place in by_score[:limit] if case.vetoes[place] is not None]
    vetoed = vetoed[: limit - 1] if free else vetoed
    shown = [*free[: limit - len(vetoed)], *vetoed]
    lead = _lead(candidates, case)
    beaten = better(lead, shown) if lead is not None else [0.0] * len(shown)
    return tuple(
        Place(
            place,
            case.fits[place],
            case.scores[place],
            case.vetoes[place],
            0.0 if place == lead else chance,
            place == lead or (case.open[place] and chance < SURE),
        )
        for place, chance in zip(shown, beaten, strict=True)
    ), rule


def portions(
    found: Sequence[tuple[int, float]], quantiles: Floats, size: int
) -> Iterator[tuple[list[int], float | None]]:
    """Give places of hits, more each time, and the highest score that the others may have.

    Those of the highest relevance × quantile come first: no fit makes a score higher than that.
    """
    bounds = np.array([relevance for _, relevance in found]) * quantiles
    order = np.argsort(-bounds, kind="stable")
    while size < len(found):
        yield sorted(order[:size].tolist()), float(bounds[order[size]])
        size *= 2
    yield list(range(len(found))), None


def are_enough(
    candidates: Sequence[Candidate],
    context: Mapping[str, Any],
    ceiling: float,
    *,
    limit: int,
    active: int,
    used: int,
) -> bool:
    """Whether the answer stays the same whatever else there is that scores at most `ceiling`.

    Then all places are taken by higher scores, the lead and all that the ladder might prefer to it
    are among these, and so is what the rule in words depends on: of all there is, `active` are
    active and `used` have evidence.
    """
    case = _case(candidates, context, _fits(candidates, context))
    lead = _lead(candidates, case)
    free = sorted(s for s, reason in zip(case.scores, case.vetoes, strict=True) if reason is None)
    return (
        lead is not None
        and ceiling < CLOSE * case.scores[lead]
        and len(free) >= limit
        and ceiling < free[-limit]
        and (sum(case.open) > 1 or active == sum(c.pattern.status == "active" for c in candidates))
        and (
            any(c.n for c, may in zip(candidates, case.open, strict=True) if may)
            or used == sum(c.n > 0 for c in candidates)
        )
    )


def explore(
    candidates: Sequence[Candidate],
    context: Mapping[str, Any],
    better: Better,
    answers: Mapping[str, Sequence[Any]],
) -> tuple[WhatIf, ...]:
    """Say for each possible value of each key which pattern would come first.

    Parameters
    ----------
    candidates, context, better
        As for `rank`.
    answers
        Possible values by context key.

    Returns
    -------
    tuple of WhatIf
        In the order of `answers`. Relevance and evidence stay; fit and vetoes are recomputed.
    """
    fits = _fits(candidates, context)
    now = _first(candidates, _case(candidates, context, fits), better)
    found = []
    for key, value in ((key, value) for key, values in answers.items() for value in values):
        others = {k: column for k, column in fits.items() if k != key}
        asked = {k: v for k, v in context.items() if k != key} | {key: value}
        case = _case(candidates, asked, others | _fits(candidates, {key: value}))
        then = _first(candidates, case, better)
        slug = None if then is None else candidates[then].pattern.slug
        found.append(WhatIf(key, value, slug, then != now, _margin(case, then, now)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Case:
    """Candidates under one context: fit, score and veto of each; `open`: may be recommended."""

    fits: list[float]
    scores: list[float]
    vetoes: list[str | None]
    open: list[bool]


def _fits(candidates: Sequence[Candidate], context: Mapping[str, Any]) -> dict[str, list[float]]:
    return {
        key: [value_fit(context[key], c.pattern.context.get(key)) for c in candidates]
        for key in known_keys(context)
    }


def _case(
    candidates: Sequence[Candidate], context: Mapping[str, Any], fits: Mapping[str, Sequence[float]]
) -> _Case:
    means = [sum(row) / len(row) for row in zip(*fits.values(), strict=True)]
    means = means or [1.0] * len(candidates)
    vetoes = [veto(context, c.pattern) for c in candidates]
    return _Case(
        means,
        [c.relevance * math.sqrt(f) * c.quantile for c, f in zip(candidates, means, strict=True)],
        vetoes,
        [
            reason is None and c.pattern.status == "active"
            for c, reason in zip(candidates, vetoes, strict=True)
        ],
    )


def _lead(candidates: Sequence[Candidate], case: _Case) -> int | None:
    """Place of the highest score that may be recommended."""
    places = [place for place in range(len(candidates)) if case.open[place]]
    return max(places, key=lambda place: (case.scores[place], -place), default=None)


def _first(candidates: Sequence[Candidate], case: _Case, better: Better) -> int | None:
    """Place of the pattern to use."""
    rivals = _rivals(candidates, case, better)
    return rivals[0] if rivals else _lead(candidates, case)


def _rivals(candidates: Sequence[Candidate], case: _Case, better: Better) -> list[int]:
    """Places among which the ladder decides, in its order; none if the lead is not rated."""
    lead = _lead(candidates, case)
    if lead is None or not _rungs(candidates[lead]):
        return []
    close = [
        place
        for place, candidate in enumerate(candidates)
        if place != lead
        and case.open[place]
        and candidate.pattern.kind == candidates[lead].pattern.kind
        and case.scores[place] >= CLOSE * case.scores[lead]
        and _rungs(candidate)
    ]
    tied = [p for p, chance in zip(close, better(lead, close), strict=True) if chance < SURE]
    return sorted(
        [lead, *tied],
        key=lambda p: ([-rung for rung in _rungs(candidates[p])], -case.scores[p], p),
    )


def _rungs(candidate: Candidate) -> tuple[float, ...]:
    """Return the five ratings in the ladder's order; none unless all are known."""
    ratings = [candidate.pattern.ladder.get(name) for name in LADDER]
    return tuple(float(r) for r in ratings if r is not None) if None not in ratings else ()


def _order(candidates: Sequence[Candidate], case: _Case, better: Better) -> tuple[list[int], str]:
    order = sorted(range(len(candidates)), key=lambda place: (-case.scores[place], place))
    rivals = _rivals(candidates, case, better)
    first = rivals[0] if rivals else _lead(candidates, case)
    if first is None:
        return order, "no pattern can be recommended" if candidates else "nothing matches"
    places = iter(rivals)
    order = [next(places) if place in rivals else place for place in order]
    order = [first, *(place for place in order if place != first)]
    return order, _rule(candidates, case, rivals)


def _rule(candidates: Sequence[Candidate], case: _Case, rivals: Sequence[int]) -> str:
    """Say in words what put the first pattern first."""
    if sum(case.open) == 1:
        return "only one candidate"
    if len(rivals) > 1:
        pairs = zip(LADDER, *(_rungs(candidates[place]) for place in rivals[:2]), strict=True)
        rung = next((name for name, one, other in pairs if one != other), None)
        if rung:
            return f"ladder: {rung}"
    known = any(c.n for c, may in zip(candidates, case.open, strict=True) if may)
    return "score" if known else "no evidence yet: context fit and relevance"


def _margin(case: _Case, then: int | None, now: int | None) -> float:
    """Share of its score by which the new first leads the present one."""
    if then == now or then is None:
        return float(then != now)
    if now is None or not case.open[now]:
        return 1.0
    return max(1 - case.scores[now] / case.scores[then], 0.0) if case.scores[then] else 0.0
