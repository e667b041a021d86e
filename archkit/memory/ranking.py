"""The answer to a query: patterns in order, with every figure that put them there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

from archkit.memory.ordering import Candidate, Place, WhatIf, explore, rank
from archkit.plain import plain
from archkit.records import Pattern

if TYPE_CHECKING:
    from pandas import DataFrame

    from archkit.memory.markdown import Markdown
    from archkit.memory.ranking_explained import Explanation

__all__ = ["Candidate", "Place", "Ranked", "Ranking", "WhatIf", "explore", "rank"]


@dataclass(frozen=True, slots=True)
class Ranked:
    """One pattern in a ranking.

    `success_rate` is the posterior mean (0–1) with the credible interval `low` to `high`; `n` is
    the plain count of uses behind it, reported ones included, and `provenance` says where they
    come from. `quantile` is the Q of the score; `safest` the lower quartile; `worth_trying` what
    optimism adds (Q at .95 less the median); `beaten_by` the probability that the pattern with
    the highest score works better; `veto` why it must not be used here; `status_reason` why its
    status is not the one it was worded with. `a` and `b` are the posterior Beta(a, b) of the rate
    in the asked context: of uses where the value of `telling_key` was another, each counts
    `elsewhere_weight` (0 to 1; see `elsewhere`).
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
    a: float = 1.0
    b: float = 1.0
    telling_key: str = ""
    elsewhere_weight: float = 1.0

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

    def explain(self, slices: DataFrame | None = None) -> Explanation:
        """Return why each pattern stands where it does, every term of the score a column.

        Its `frame` has the columns that `ranking_explained.explanation` names; shown in a
        notebook it says first which rule decided and what cannot be told apart. `slices`, as
        `metrics.pattern_by_context` gives them, are told beside it.
        """
        from archkit.memory.ranking_explained import explanation

        return explanation(self, slices)

    def reply(
        self,
        reductions: DataFrame | None = None,
        slices: DataFrame | None = None,
        reversals: DataFrame | None = None,
        sizes: DataFrame | None = None,
    ) -> Markdown:
        """Return the answer in words, in the shape of the reference card; see `ranking_reply`.

        `metrics.query_reduction`, `metrics.pattern_by_context`, `metrics.context_reversals` and
        `metrics.query_reduction_by_size` give what is told beside it: queries saved, how patterns
        worked in the query's context, where the overall rates mislead, and at which sizes queries
        are saved.
        """
        from archkit.memory.ranking_reply import ranking_reply

        return ranking_reply(self, reductions, slices, reversals, sizes)

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
