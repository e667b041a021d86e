"""Which pattern first: relevance, context fit and evidence in one score, ties by the ladder.

Score = relevance × context fit^½ × Q, Q the success rate's quantile that the horizon asks for. A
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
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from archkit.memory.context import known_keys, value_fit, veto
from archkit.plain import plain
from archkit.records import LADDER, Pattern

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = [
    "CLOSE",
    "SURE",
    "Better",
    "Candidate",
    "Place",
    "Ranked",
    "Ranking",
    "WhatIf",
    "explore",
    "rank",
]

SURE = 0.90
"""From this probability on the best is said to be better."""

CLOSE = 0.9
"""The ladder decides among scores of at least this share of the highest."""

Better = Callable[[int, Sequence[int]], Sequence[float]]
"""P(the rate of one entry is higher than that of each of some others), by their places."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """One pattern in a ranking.

    `success_rate` is the posterior mean (0–1) with the credible interval `low` to `high`; `n` is
    the plain count of uses behind it, reported ones included, and `provenance` says where they
    come from. `quantile` is the Q of the score; `safest` the lower quartile; `worth_trying` what
    optimism adds (Q at .95 less the median); `beaten_by` the probability that the pattern with
    the highest score works better; `veto` why it must not be used here; `status_reason` why its
    status is not the one it was worded with.
    """

    pattern: Pattern
    relevance: float
    context_fit: float
    success_rate: float
    low: float
    high: float
    n: float
    provenance: str
    n_observed: float = 0.0
    n_measured: float = 0.0
    n_reported: float = 0.0
    n_simulated: float = 0.0
    quantile: float = 0.5
    score: float = 0.0
    safest: float = 0.25
    worth_trying: float = 0.45
    veto: str | None = None
    in_tie_set: bool = False
    beaten_by: float = 0.0
    status_reason: str = ""

    def __repr__(self) -> str:
        """One line: which pattern, how well it works, how sure that is."""
        rate = f"rate {self.success_rate:.2f} [{self.low:.2f}, {self.high:.2f}]"
        known = f"{rate}, n {self.n:g} {self.provenance}" if self.n else "no evidence yet"
        vetoed = ", vetoed" if self.veto else ""
        return f"Ranked({self.pattern.slug!r}, score {self.score:.3f}, {known}{vetoed})"

    @property
    def recommendable(self) -> bool:
        """Whether it may come first unattended: neither vetoed nor candidate nor retired."""
        return self.veto is None and self.pattern.status == "active"


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


@dataclass(frozen=True, repr=False)
class Ranking(Sequence[Ranked]):
    """The answer to a query: patterns, first the one to use, and the rule that put it there."""

    query: str
    context: Mapping[str, Any]
    items: tuple[Ranked, ...]
    rule: str
    horizon: float
    ci_prob: float
    elapsed_ms: float
    what_if: tuple[WhatIf, ...] = ()

    @overload
    def __getitem__(self, index: int) -> Ranked: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Ranked]: ...
    def __getitem__(self, index: int | slice) -> Ranked | Sequence[Ranked]:
        """Return one place, or some."""
        return self.items[index]

    def __len__(self) -> int:
        """How many patterns are shown."""
        return len(self.items)

    def __iter__(self) -> Iterator[Ranked]:
        """Go through the patterns in order."""
        return iter(self.items)

    def __repr__(self) -> str:
        """One line: how many, which first, by which rule."""
        first = repr(self.best.pattern.slug) if self.best else "none to recommend"
        return f"Ranking({self.query[:60]!r}, {len(self)} patterns, first {first} by {self.rule})"

    def _repr_html_(self) -> str:
        from archkit.memory.ranking_shown import ranking_html

        return ranking_html(self)

    @property
    def best(self) -> Ranked | None:
        """The pattern to use: the first that is active and not vetoed; None if none is."""
        return next((item for item in self.items if item.recommendable), None)

    @property
    def tie_set(self) -> tuple[Ranked, ...]:
        """The patterns that the evidence cannot tell from the one with the highest score."""
        return tuple(item for item in self.items if item.in_tie_set)

    def frame(self) -> DataFrame:
        """Return the ranking as a table; see `ranking_shown.ranking_frame`."""
        from archkit.memory.ranking_shown import ranking_frame

        return ranking_frame(self)

    def as_json(self) -> dict[str, Any]:
        """Return the ranking in plain JSON: what the tool `query_patterns` gives a model."""
        from archkit.memory.ranking_shown import ranked_json

        shipped = _shipped()
        return {
            "query": self.query,
            "context": plain(self.context),
            "rule": self.rule,
            "horizon": self.horizon if math.isfinite(self.horizon) else None,
            "ci_prob": self.ci_prob,
            "elapsed_ms": round(self.elapsed_ms, 2),
            "patterns": [ranked_json(item, shipped) for item in self.items],
            "what_if": [
                {**plain(entry), "margin": round(entry.margin, 4)} for entry in self.what_if
            ],
        }


def _shipped() -> frozenset[str]:
    """Slugs of the library's patterns: their blueprints need not be told."""
    from archkit.library import read_library

    return frozenset(pattern.slug for pattern in read_library().patterns)


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
