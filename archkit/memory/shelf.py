"""A shelf of patterns: index and ranking, without a database."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from archkit.memory.catalogue import Catalogue, Wording
from archkit.memory.checks import STATUSES
from archkit.memory.elsewhere import Contexts, Elsewhere, asked_words, elsewhere
from archkit.memory.learning import (
    LEARNING_RATE,
    PATTERN_THRESHOLD,
    Evidence,
    beta_quantile,
    probability_better,
    quantile_of_horizon,
)
from archkit.memory.ordering import are_enough, portions
from archkit.memory.quantiles import Quantiles
from archkit.memory.ranking import Candidate, Place, Ranked, Ranking, explore, rank
from archkit.memory.standing import Said, Standing
from archkit.records import PROVENANCE, Pattern, utc_now

__all__ = ["KIND_FLOOR", "Shelf"]

KIND_FLOOR = 0.3
"""Relevance, at least, of every pattern of a kind or an area that is asked for by name."""

_CANDIDATES = 64
"""Patterns that a ranking weighs, the most relevant ones."""

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
    said
        What was said of patterns' status after they were worded, by slug.
    contexts
        The uses' sums by the contexts they were in.
    learning_rate
        η of the posteriors, 0 to 1.
    pattern_threshold
        Successes from distinct sessions that make a candidate count as active.
    """

    def __init__(
        self,
        patterns: Sequence[Pattern] | Catalogue,
        evidence: Evidence | None = None,
        *,
        said: Mapping[str, Said] | None = None,
        contexts: Contexts | None = None,
        learning_rate: float = LEARNING_RATE,
        pattern_threshold: int = PATTERN_THRESHOLD,
    ) -> None:
        self._catalogue = patterns if isinstance(patterns, Catalogue) else Catalogue.of(patterns)
        self._settings = (learning_rate, pattern_threshold)
        if evidence is None:
            evidence = reported_evidence(self._catalogue.patterns(range(len(self._catalogue))))
        self._learn(evidence, said or {}, contexts or Contexts())

    def __repr__(self) -> str:
        """One line: patterns and uses."""
        return f"Shelf({len(self)} patterns, {self.standing.uses.sum():g} uses)"

    def __len__(self) -> int:
        return len(self.standing)

    def __contains__(self, slug: object) -> bool:
        row = self._catalogue.row(str(slug))
        return row is not None and row < len(self)

    @property
    def slugs(self) -> tuple[str, ...]:
        """Slug of each pattern, by row."""
        return self.standing.slugs

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """The patterns, active or retired if their uses say so; by row."""
        rows = range(len(self))
        return tuple(self._stands(rows, self._catalogue.patterns(rows)))

    def pattern(self, slug: str) -> Pattern:
        """Return a pattern as it stands; KeyError if it is not here."""
        if slug not in self or (row := self._catalogue.row(slug)) is None:
            raise KeyError(slug)
        return self._stands([row], self._catalogue.patterns([row]))[0]

    def with_evidence(
        self,
        evidence: Evidence,
        said: Mapping[str, Said] | None = None,
        contexts: Contexts | None = None,
    ) -> Shelf:
        """Return a shelf of the same patterns, the index shared, with other evidence."""
        shelf = self._copy()
        shelf._learn(evidence, said or {}, contexts or Contexts())
        return shelf

    def updated(
        self,
        evidence: Evidence,
        slugs: Sequence[str],
        said: Mapping[str, Said] | None = None,
        contexts: Contexts | None = None,
    ) -> Shelf:
        """Return a shelf where some patterns have other evidence, new ones among them."""
        shelf = self._copy()
        shelf.contexts = self.contexts.updated(contexts or Contexts(), slugs)
        shelf.said = {**{k: v for k, v in self.said.items() if k not in slugs}, **(said or {})}
        found = shelf._stood(evidence, [slug for slug in slugs if slug in self._catalogue])
        rows = [row for slug in found.slugs if (row := self._catalogue.row(slug)) is not None]
        shelf.standing = self.standing.updated(found, rows)
        shelf._quantiles = Quantiles(shelf.standing.a, shelf.standing.b)
        return shelf

    def put(self, wordings: Sequence[tuple[Wording, Pattern]]) -> list[str]:
        """Take wordings in; return the slugs that changed.

        A new pattern is on the shelf that `updated` returns, not on this one.
        """
        return self._catalogue.put(wordings)

    def _copy(self) -> Shelf:
        shelf = object.__new__(Shelf)
        shelf._catalogue, shelf._settings = self._catalogue, self._settings
        return shelf

    def query(
        self,
        text: str,
        context: Mapping[str, Any] | None = None,
        *,
        area: str | None = None,
        kind: str | None = None,
        status: str | None = None,
        provenance: str | None = None,
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
        status
            Only those that count as candidate, active or retired.
        provenance
            Only those with evidence that is measured, observed, reported or simulated; "none":
            only those without any.
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
        found = self._found(text, area, kind, self._wanted(status, provenance))
        rows = [row for row, _ in found]
        a, b, away = self._posteriors(rows, known)
        alike = not any(one.key for one in away)
        quantiles = self._quantiles.at(q, rows) if alike else beta_quantile(q, a, b)
        active, used = self.standing.status[rows] == "active", self.standing.uses[rows]
        there = {"active": int(active.sum()), "used": int(np.count_nonzero(used))}
        candidates, some = list[Candidate](), list[int]()
        for some, ceiling in portions(found, quantiles, 2 * limit if not asked else len(found)):
            candidates = self._candidates([rows[p] for p in some], found, quantiles, some)
            if ceiling is None or are_enough(candidates, known, ceiling, limit=limit, **there):
                break

        chances: dict[tuple[int, int], float] = {}

        def better(one: int, others: Sequence[int]) -> list[float]:
            first, new = some[one], [other for other in others if (one, other) not in chances]
            rest = [some[other] for other in new]
            found = probability_better(a[first], b[first], a[rest], b[rest]).tolist()
            chances.update(zip(((one, other) for other in new), found, strict=True))
            return [chances[one, other] for other in others]

        places, rule = rank(candidates, known, better, limit=limit)
        return Ranking(
            query=text,
            context=known,
            items=self._ranked(places, candidates, rows, some, (a, b, away), ci_prob),
            rule=rule,
            horizon=horizon,
            ci_prob=ci_prob,
            what_if=explore(candidates, known, better, asked) if asked else (),
            elapsed_ms=(time.perf_counter() - start) * 1000,
        )

    def _posteriors(
        self, rows: Sequence[int], context: Mapping[str, Any]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], list[Elsewhere]]:
        """Posteriors of rows in a context, where uses in other ones may count less."""
        a, b = self.standing.a[list(rows)], self.standing.b[list(rows)]
        away = [Elsewhere()] * len(rows)
        asked = asked_words(context) if self.contexts else {}
        if asked:
            for n, row in enumerate(rows):
                if (slug := self.slugs[row]) in self.contexts:
                    away[n] = elsewhere(asked, self.contexts.sums(slug), self._settings[0])
            a = np.maximum(a - [one.won for one in away], 1.0)
            b = np.maximum(b - [one.lost for one in away], 1.0)
        return a, b, away

    def _candidates(
        self,
        rows: Sequence[int],
        found: Sequence[tuple[int, float]],
        quantiles: NDArray[np.float64],
        places: Sequence[int],
    ) -> list[Candidate]:
        patterns = self._stands(rows, self._catalogue.weighed(rows))
        uses = self.standing.uses[list(rows)].tolist()
        chosen = quantiles[list(places)].tolist()
        return [
            Candidate(pattern, found[place][1], quantile, n)
            for pattern, place, quantile, n in zip(patterns, places, chosen, uses, strict=True)
        ]

    def _learn(self, evidence: Evidence, said: Mapping[str, Said], contexts: Contexts) -> None:
        self.said, self.contexts = said, contexts
        self.standing = self._stood(evidence, self._catalogue.slugs)
        self._quantiles = Quantiles(self.standing.a, self.standing.b)

    def _stood(self, evidence: Evidence, slugs: Sequence[str]) -> Standing:
        """Where patterns stand by evidence, after what was said of them."""
        learning_rate, threshold = self._settings
        words = [self.said.get(slug) for slug in slugs] if self.said else []
        worded = self._catalogue.statuses_of(slugs)
        return evidence.standing(
            slugs,
            [word.status if word else own for word, own in zip_longest(words, worded)],
            learning_rate=learning_rate,
            threshold=threshold,
            since_days=[w.hand_days if w else math.nan for w in words] if words else None,
        )

    def _stands(self, rows: Sequence[int], patterns: Sequence[Pattern]) -> list[Pattern]:
        """Patterns of rows with the status that they count as."""
        now = self.standing.status[list(rows)].tolist()
        return [
            pattern if status == pattern.status else replace(pattern, status=status)
            for status, pattern in zip(now, patterns, strict=True)
        ]

    def _wanted(self, status: str | None, provenance: str | None) -> NDArray[np.bool_] | None:
        """Which rows may answer; None: all."""
        if status is None and provenance is None:
            return None
        wanted = np.ones(len(self), dtype=bool)
        if status is not None:
            wanted &= self.standing.status == _one_of(status, STATUSES, "status")
        if provenance is not None:
            kind = _one_of(provenance, (*_PROVENANCES, "none"), "provenance")
            counts = self.standing.counts
            wanted &= self.standing.uses == 0 if kind == "none" else counts[kind] > 0
        return wanted

    def _found(
        self, text: str, area: str | None, kind: str | None, wanted: NDArray[np.bool_] | None
    ) -> list[tuple[int, float]]:
        """Rows to rank with their relevance."""
        size = len(self)  # the catalogue may have grown since this shelf was made

        def fits(row: int) -> bool:
            return row < size and (wanted is None or bool(wanted[row]))

        # Asking for a kind by its own name says nothing that would order its patterns.
        named = (kind or "").replace("-", " ").casefold()
        if text.strip().replace("-", " ").casefold() in ("", named):
            narrowed = kind is not None or area is not None or wanted is not None
            rows = self._catalogue.rows(area=area, kind=kind) if narrowed else []
            return [(row, 1.0) for row in rows if fits(row)]
        if kind is not None:
            rows = [row for row in self._catalogue.rows(area=area, kind=kind) if fits(row)]
            limit = max(len(rows), 1)
            scores = dict(self._catalogue.find(text, area=area, kind=kind, limit=limit))
            return [(row, max(scores.get(row, 0.0), KIND_FLOOR)) for row in rows]
        limit = _CANDIDATES
        while True:
            hits = self._catalogue.find(text, area=area, limit=limit)
            if wanted is None and len(self._catalogue) == size:
                return hits
            kept = [hit for hit in hits if fits(hit[0])][:_CANDIDATES]
            if len(kept) == _CANDIDATES or wanted is None or limit >= size:
                return kept
            limit *= 8

    def _ranked(
        self,
        places: Sequence[Place],
        candidates: Sequence[Candidate],
        rows: Sequence[int],
        weighed: Sequence[int],
        posteriors: tuple[NDArray[np.float64], NDArray[np.float64], Sequence[Elsewhere]],
        ci_prob: float,
    ) -> tuple[Ranked, ...]:
        chosen = [weighed[place.candidate] for place in places]
        shown = [rows[place] for place in chosen]
        a, b = (column[chosen] for column in posteriors[:2])
        away = [posteriors[2][place] for place in chosen]
        tail = (1 - ci_prob) / 2
        levels = np.array([[tail], [1 - tail], [0.25], [0.5], [0.95]])
        low, high, safest, median, best = beta_quantile(levels, a, b).tolist()
        means, uses = (a / (a + b)).tolist(), self.standing.uses[shown].tolist()
        counts = {kind: v[shown].tolist() for kind, v in self.standing.counts.items()}
        worded = self._catalogue.patterns(shown)
        patterns = self._stands(shown, worded)
        return tuple(
            Ranked(
                pattern=patterns[n],
                relevance=candidates[place.candidate].relevance,
                context_fit=place.context_fit,
                success_rate=means[n],
                low=low[n],
                high=high[n],
                n=uses[n],
                provenance=" + ".join(k for k in _PROVENANCES if counts[k][n]) or "none",
                n_observed=counts["observed"][n],
                n_measured=counts["measured"][n],
                n_reported=counts["reported"][n],
                n_simulated=counts["simulated"][n],
                quantile=candidates[place.candidate].quantile,
                score=place.score,
                safest=safest[n],
                worth_trying=best[n] - median[n],
                veto=place.veto,
                in_tie_set=place.in_tie_set,
                beaten_by=place.beaten_by,
                status_reason=self.standing.reason(
                    shown[n], self.said.get(patterns[n].slug), worded[n].status
                ),
                a=float(a[n]),
                b=float(b[n]),
                telling_key=away[n].key,
                elsewhere_weight=away[n].weight,
            )
            for n, (row, place) in enumerate(zip(shown, places, strict=True))
        )


def reported_evidence(patterns: Sequence[Pattern], *, now: datetime | None = None) -> Evidence:
    """Return what patterns report of themselves as evidence: rate and uses, undated."""
    rows = [
        (p.slug, p.reported.success_rate, p.reported.uses, "reported", None, None)
        for p in patterns
        if p.reported is not None
    ]
    return Evidence.from_rows(rows, now=now or utc_now())


def _one_of(value: str, known: tuple[str, ...], what: str) -> str:
    if value not in known:
        raise ValueError(f"{what} must be one of {', '.join(known)}, not {value!r}.")
    return value


assert set(_PROVENANCES) == set(PROVENANCE.values())
