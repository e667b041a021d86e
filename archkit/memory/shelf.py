"""A shelf of patterns: index and ranking, without a database."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from archkit.memory.learning import (
    LEARNING_RATE,
    PATTERN_THRESHOLD,
    Evidence,
    beta_quantile,
    probability_better,
    quantile_of_horizon,
)
from archkit.memory.ranking import Candidate, Place, Ranked, Ranking, explore, rank
from archkit.memory.retrieval import PatternIndex
from archkit.records import PROVENANCE, Pattern, utc_now

__all__ = ["KIND_FLOOR", "Shelf"]

KIND_FLOOR = 0.3
"""Relevance, at least, of every pattern of a kind or an area that is asked for by name."""

_PROVENANCES = ("measured", "observed", "simulated", "reported")


class Shelf:
    """Patterns to choose from, with the evidence of how well they work.

    Parameters
    ----------
    patterns
        The patterns; the last of a slug counts.
    evidence
        Uses with their outcomes, reported figures included; None: only what the patterns
        themselves report.
    learning_rate
        η of the posteriors, 0 to 1.
    pattern_threshold
        Successes from distinct sessions that make a candidate count as active.
    """

    def __init__(
        self,
        patterns: Sequence[Pattern],
        evidence: Evidence | None = None,
        *,
        learning_rate: float = LEARNING_RATE,
        pattern_threshold: int = PATTERN_THRESHOLD,
    ) -> None:
        self._given = tuple({pattern.slug: pattern for pattern in patterns}.values())
        self._index = PatternIndex(self._given)
        self._settings = (learning_rate, pattern_threshold)
        self._learn(reported_evidence(self._given) if evidence is None else evidence)

    def __repr__(self) -> str:
        """One line: how many patterns, how much evidence."""
        return f"Shelf({len(self.patterns)} patterns, {sum(self._uses):g} uses)"

    def with_evidence(self, evidence: Evidence) -> Shelf:
        """Return a shelf of the same patterns, the index shared, with other evidence."""
        shelf = object.__new__(Shelf)
        shelf._given, shelf._index, shelf._settings = self._given, self._index, self._settings
        shelf._learn(evidence)
        return shelf

    def query(
        self,
        text: str,
        context: Mapping[str, Any] | None = None,
        *,
        area: str | None = None,
        kind: str | None = None,
        limit: int = 8,
        horizon: float = 1.0,
        ci_prob: float = 0.9,
        what_if: Mapping[str, Sequence[Any]] | None = None,
    ) -> Ranking:
        """Rank the patterns for a problem.

        Parameters
        ----------
        text
            The problem, in any words. With a `kind` (or an `area` and no text) every pattern of
            it is a candidate; otherwise only those the text is about, perhaps none.
        context
            What is known of the case: keys and values.
        area, kind
            Only patterns of this focus area, for this choice.
        limit
            How many to return.
        horizon
            How often this choice will come again, this time included; more is more curious.
        ci_prob
            Probability of the credible intervals, between 0 and 1.
        what_if
            Possible values by context key: which pattern would each put first?

        Returns
        -------
        Ranking
            Best first; empty when nothing is about the text.
        """
        start = time.perf_counter()
        if not 0 < ci_prob < 1:
            raise ValueError(f"ci_prob must lie between 0 and 1, not {ci_prob}.")
        known, asked = dict(context or {}), dict(what_if or {})
        q = quantile_of_horizon(horizon)
        found = self._found(text, area, kind)
        rows = [row for row, _ in found]
        chosen = self._quantile(q, rows)
        candidates = [
            Candidate(self.patterns[row], relevance, quantile, self._uses[row])
            for (row, relevance), quantile in zip(found, chosen, strict=True)
        ]

        def better(one: int, others: Sequence[int]) -> list[float]:
            return self._better(rows[one], [rows[other] for other in others])

        places, rule = rank(candidates, known, better, limit=limit)
        return Ranking(
            query=text,
            context=known,
            items=self._ranked(places, candidates, rows, ci_prob),
            rule=rule,
            horizon=horizon,
            ci_prob=ci_prob,
            what_if=explore(candidates, known, better, asked) if asked else (),
            elapsed_ms=(time.perf_counter() - start) * 1000,
        )

    def _learn(self, evidence: Evidence) -> None:
        rate, threshold = self._settings
        stand = evidence.standing(
            [pattern.slug for pattern in self._given],
            [pattern.status for pattern in self._given],
            learning_rate=rate,
            threshold=threshold,
        )
        self._a, self._b = stand.a, stand.b
        self._counts = {kind: v.tolist() for kind, v in stand.counts.items()}
        self._uses = stand.uses.tolist()
        self._quantiles: dict[float, list[float | None]] = {}
        self._chances: dict[tuple[int, int], float] = {}
        self.patterns = tuple(
            pattern if status == pattern.status else replace(pattern, status=status)
            for pattern, status in zip(self._given, stand.status.tolist(), strict=True)
        )

    def _found(self, text: str, area: str | None, kind: str | None) -> list[tuple[int, float]]:
        """Rows to rank with their relevance."""
        # Asking for a kind by its own name says nothing that would order its patterns.
        named = (kind or "").replace("-", " ").casefold()
        if text.strip().replace("-", " ").casefold() in ("", named):
            wanted = kind is not None or area is not None
            return [(row, 1.0) for row in self._index.rows(area=area, kind=kind)] if wanted else []
        limit = 64 if kind is None else max(len(self._given), 1)
        hits = self._index.find(text, area=area, kind=kind, limit=limit)
        if kind is None:
            return hits
        scores = dict(hits)
        rows = self._index.rows(area=area, kind=kind)
        return [(row, max(scores.get(row, 0.0), KIND_FLOOR)) for row in rows]

    def _ranked(
        self,
        places: Sequence[Place],
        candidates: Sequence[Candidate],
        rows: Sequence[int],
        ci_prob: float,
    ) -> tuple[Ranked, ...]:
        shown = [rows[place.candidate] for place in places]
        tail = (1 - ci_prob) / 2
        low, high, safest, median, best = (
            self._quantile(level, shown) for level in (tail, 1 - tail, 0.25, 0.5, 0.95)
        )
        return tuple(
            Ranked(
                pattern=self.patterns[row],
                relevance=candidates[place.candidate].relevance,
                context_fit=place.context_fit,
                success_rate=float(self._a[row] / (self._a[row] + self._b[row])),
                low=low[n],
                high=high[n],
                n=self._uses[row],
                provenance=" + ".join(k for k in _PROVENANCES if self._counts[k][row]) or "none",
                n_observed=self._counts["observed"][row],
                n_measured=self._counts["measured"][row],
                n_reported=self._counts["reported"][row],
                n_simulated=self._counts["simulated"][row],
                quantile=candidates[place.candidate].quantile,
                score=place.score,
                safest=safest[n],
                worth_trying=best[n] - median[n],
                veto=place.veto,
                in_tie_set=place.in_tie_set,
                beaten_by=place.beaten_by,
            )
            for n, (row, place) in enumerate(zip(shown, places, strict=True))
        )

    def _quantile(self, q: float, rows: Sequence[int]) -> list[float]:
        """Quantile of each row's posterior, computed once."""
        known = self._quantiles.setdefault(q, [None] * len(self._given))
        missing = [row for row in rows if known[row] is None]
        if missing:
            found = beta_quantile(q, self._a[missing], self._b[missing])
            for row, value in zip(missing, found.tolist(), strict=True):
                known[row] = value
        return [value for row in rows if (value := known[row]) is not None]

    def _better(self, one: int, others: Sequence[int]) -> list[float]:
        """P(the rate of one row is higher than that of each of others), computed once."""
        missing = [other for other in others if (one, other) not in self._chances]
        if missing:
            chances = probability_better(
                self._a[one], self._b[one], self._a[missing], self._b[missing]
            )
            for other, chance in zip(missing, chances, strict=True):
                self._chances[one, other] = float(chance)
        return [self._chances[one, other] for other in others]


def reported_evidence(patterns: Sequence[Pattern], *, now: datetime | None = None) -> Evidence:
    """Return what patterns report of themselves as evidence: rate and uses, undated."""
    rows = [
        (p.slug, p.reported.success_rate, p.reported.uses, "reported", None, None)
        for p in patterns
        if p.reported is not None
    ]
    return Evidence.from_rows(rows, now=now or utc_now())


assert set(_PROVENANCES) == set(PROVENANCE.values())
