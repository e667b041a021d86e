"""Why a ranking is as it is: every term of its one formula, and how sure its first place is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from archkit.memory.beta import probability_better
from archkit.memory.context import known_keys, value_fit
from archkit.memory.learning import quantile_of_horizon
from archkit.memory.ordering import SURE
from archkit.memory.slices import slices_met
from archkit.records import LADDER

if TYPE_CHECKING:
    from pandas import DataFrame

    from archkit.memory.ranking import Ranked, Ranking

__all__ = ["Explanation", "chances", "explanation", "verdict"]


@dataclass(frozen=True, eq=False)
class Explanation:
    """A ranking's terms as a table, and in words which rule decided and how sure that is."""

    verdict: str
    frame: DataFrame

    def __repr__(self) -> str:
        """Say the verdict, then the terms of the score."""
        return f"{self.verdict}\n{self.frame[_BRIEF].to_string(index=False)}"

    def _repr_html_(self) -> str:
        brief = self.frame[_BRIEF].to_html(**_TABLE)
        whole = self.frame.set_index("slug").T.to_html(**{**_TABLE, "index": True})
        return (
            f"<p>{escape(self.verdict)}</p>{brief}"
            "<p>score = relevance × √context_fit × quantile</p>"
            "<details><summary>Every term</summary>"
            f'<div style="overflow-x: auto">{whole}</div></details>'
        )


_BRIEF = ["place", "slug", "relevance", "context_fit", "quantile", "score", "in_tie_set", "why"]
_TABLE: dict[str, Any] = {
    "index": False,
    "border": 0,
    "na_rep": "",
    "float_format": "{:.3g}".format,
    "justify": "left",
}


def explanation(ranking: Ranking, slices: DataFrame | None = None) -> Explanation:
    """Explain a ranking.

    Parameters
    ----------
    ranking
        What `query` gave.
    slices
        How patterns worked by context, as `metrics.pattern_by_context` gives it; told where the
        query's context meets a slice. They are no term of the score.

    Returns
    -------
    Explanation
        Its `frame` has one row a pattern, in the ranking's order: `place` (1 is first),
        `rank_by_score` (1 is the highest), `slug`, `name`, `kind`, `status`, `status_reason`.
        The formula `score` = `relevance` × `context_fit`^½ × `quantile`, all 0 to 1: `relevance`
        is BM25 normalised to the best hit; `fit_<key>` the fit of each key asked about, of which
        `context_fit` is the mean, and `context_factor` its root; `q` the level of the rate's
        quantile that `horizon` (times the choice comes) asks for, `quantile` that quantile.
        The evidence: `n` uses and of which `n_observed`, `n_measured`, `n_reported`,
        `n_simulated`; `effective_uses`, what is left of them after learning rate, source, age and
        epochs; `telling_key` and `elsewhere_weight` (0 to 1), the key by which uses in other
        contexts count less, and what they count; `a` and `b` of the posterior, `success_rate`
        (its mean), `low`, `high`. The tie:
        `beaten_by`, P(the highest score works better), `in_tie_set`; `p_first_better`, P(the
        first works better than this one; null for itself and where nothing is known);
        `ladder_<rung>` (1 to 5, null if not rated), `veto`; `in_context`, the slices met, in
        words; `why`, in words; `rule`, which decided.
    """
    import pandas as pd

    odds = chances(ranking)
    order = sorted(range(len(ranking)), key=lambda n: -ranking[n].score)
    keys, met = known_keys(ranking.context), slices_met(ranking.context, slices)
    rows = [
        _row(ranking, item, place, order.index(place - 1) + 1, odds[place - 1])
        | {"in_context": "; ".join(met.get(item.pattern.slug, []))}
        for place, item in enumerate(ranking, start=1)
    ]
    columns = [
        *("place", "rank_by_score", "slug", "name", "kind", "status", "status_reason", "score"),
        *("relevance", *(f"fit_{key}" for key in keys), "context_fit", "context_factor"),
        *("quantile", "q", "horizon", "success_rate", "low", "high", "n", "n_observed"),
        *("n_measured", "n_reported", "n_simulated", "effective_uses", "telling_key"),
        *("elsewhere_weight", "a", "b", "beaten_by"),
        *("in_tie_set", "p_first_better", *(f"ladder_{rung}" for rung in LADDER), "veto"),
        *("in_context", "why", "rule"),
    ]
    return Explanation(verdict(ranking), pd.DataFrame(rows, columns=columns))


def _row(
    ranking: Ranking, item: Ranked, place: int, by_score: int, odds: float | None
) -> dict[str, Any]:
    names = (
        *("score", "relevance", "context_fit", "quantile", "success_rate", "low", "high", "n"),
        *("n_observed", "n_measured", "n_reported", "n_simulated", "a", "b", "beaten_by"),
        *("in_tie_set", "veto", "status_reason", "telling_key", "elsewhere_weight"),
    )
    pattern, context = item.pattern, ranking.context
    return {
        **{name: getattr(pattern, name) for name in ("slug", "name", "kind", "status")},
        **{name: getattr(item, name) for name in names},
        **{f"fit_{k}": value_fit(context[k], pattern.context.get(k)) for k in known_keys(context)},
        **{f"ladder_{rung}": pattern.ladder.get(rung) for rung in LADDER},
        "place": place,
        "rank_by_score": by_score,
        "context_factor": math.sqrt(item.context_fit),
        "q": quantile_of_horizon(ranking.horizon),
        "horizon": ranking.horizon,
        "effective_uses": item.a + item.b - 2,
        "p_first_better": odds,
        "why": _why(ranking, item),
        "rule": ranking.rule,
    }


def _why(ranking: Ranking, item: Ranked) -> str:
    if item.veto:
        return f"not here: {item.veto}"
    if item.pattern.status != "active":
        return f"{item.pattern.status}: not recommended unattended"
    first = ranking.best
    if first is None or item is first:
        return f"first by {ranking.rule}"
    if item.pattern.kind != first.pattern.kind:
        return "for another choice"
    if not item.n:
        return "no evidence yet"
    return "cannot be told from the best" if item.in_tie_set else "surely works less often"


def chances(ranking: Ranking) -> list[float | None]:
    """P(the first works better) than each; None for itself and where either has no evidence."""
    first = ranking.best
    if first is None or not first.n:
        return [None] * len(ranking)
    others = [item for item in ranking if item is not first and item.n]
    found = iter(
        probability_better(first.a, first.b, [i.a for i in others], [i.b for i in others]).tolist()
        if others
        else []
    )
    return [next(found) if item is not first and item.n else None for item in ranking]


def verdict(ranking: Ranking) -> str:
    """Say which rule decided, what cannot be told apart, and how sure the first place is."""
    first = ranking.best
    if first is None:
        return f"Nothing is recommended: {ranking.rule}."
    tied = sum(item.in_tie_set for item in ranking)
    told = f"{first.pattern.name} is first by {ranking.rule}"
    if not first.n:
        return f"{told}; there is no evidence of how well it works."
    rivals = [
        (item, odds)
        for item, odds in zip(ranking, chances(ranking), strict=True)
        if odds is not None and item.pattern.kind == first.pattern.kind and not item.veto
    ]
    if not rivals:
        return f"{told}; nothing with evidence answers the same question."
    said = ", ".join(f"than {item.pattern.name} {odds:.2f}" for item, odds in rivals)
    apart = (
        f"{tied} of {len(ranking)} cannot be told apart by their evidence (below {SURE:.2f})"
        if tied > 1
        else "the evidence tells it from all others"
    )
    return f"{told}; {apart}. P(it works better): {said}."
