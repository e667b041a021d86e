"""Rankings as they are shown: a table to work with, a table to read, JSON for a model."""

from __future__ import annotations

from collections.abc import Collection
from html import escape
from typing import TYPE_CHECKING, Any

from archkit.memory.ranking_explained import verdict
from archkit.plain import plain

if TYPE_CHECKING:
    from pandas import DataFrame

    from archkit.memory.ranking import Ranked, Ranking

__all__ = ["ranked_json", "ranking_frame", "ranking_html"]

_FIGURES = (
    *("score", "relevance", "context_fit", "success_rate", "low", "high", "n", "n_observed"),
    *("n_measured", "n_reported", "n_simulated", "provenance", "safest", "worth_trying"),
    *("telling_key", "elsewhere_weight"),
    *("beaten_by", "in_tie_set", "veto"),
)


def ranked_json(item: Ranked, shipped: Collection[str] = ()) -> dict[str, Any]:
    """Return one pattern in plain JSON; with its blueprint if it is not a `shipped` one."""
    pattern = item.pattern
    names = ("slug", "name", "kind", "area", "summary", "status")
    told = {name: getattr(pattern, name) for name in names}
    told |= {name: _short(getattr(item, name)) for name in _FIGURES}
    told |= {
        "setup_hours": pattern.setup_hours,
        "reported_metrics": plain(pattern.reported.metrics) if pattern.reported else {},
        "ladder": dict(pattern.ladder),
    }
    for name in ("pros", "cons", "security", "when", "when_not", "context"):
        told[name] = plain(getattr(pattern, name))
    if item.status_reason:
        told["status_reason"] = item.status_reason
    if pattern.slug not in shipped and pattern.blueprint:
        told["blueprint"] = plain(pattern.blueprint)
    return told


def ranking_frame(ranking: Ranking) -> DataFrame:
    """Return one row a pattern, in the ranking's order.

    Returns
    -------
    DataFrame
        `place` (1 is first), `slug`, `name`, `kind`, `area`, `status`; `score` (0–1) and its
        factors `relevance`, `context_fit`, `quantile` (0–1); `success_rate` with its credible
        interval `low`, `high` (0–1); `n` (uses; of them `n_observed`, `n_measured`, `n_reported`,
        `n_simulated`), `provenance`; `safest`, `worth_trying`, `elsewhere_weight` (what
        uses in other contexts count by the `telling_key`), `beaten_by` (0–1); `in_tie_set`,
        `veto` (text; missing if none), `setup_hours` (hours).
    """
    import pandas as pd

    columns = ["place", "slug", "name", "kind", "area", "status", "score", "relevance"]
    columns += ["context_fit", "quantile", "success_rate", "low", "high", "n", "n_observed"]
    columns += ["n_measured", "n_reported", "n_simulated", "provenance", "safest"]
    columns += ["worth_trying", "telling_key", "elsewhere_weight", "beaten_by", "in_tie_set"]
    columns += ["veto", "setup_hours"]
    rows = [
        [
            place if name == "place" else getattr(item, name, getattr(item.pattern, name, None))
            for name in columns
        ]
        for place, item in enumerate(ranking, start=1)
    ]
    return pd.DataFrame(rows, columns=columns)


def ranking_html(ranking: Ranking) -> str:
    """Return the ranking as an accessible table; every text of it is escaped."""
    if not ranking.items:
        return f"<p>No pattern is about {escape(repr(ranking.query[:80]))}.</p>"
    heads = ("pattern", "success rate", "uses", "score", "why")
    head = "".join(f'<th scope="col" style="text-align:left">{name}</th>' for name in heads)
    body = "".join(_row(item, item is ranking.best, ranking) for item in ranking)
    caption = (
        f"{len(ranking)} patterns for {ranking.query[:80]!r}; decided by {ranking.rule}; "
        f"{ranking.ci_prob:.0%} intervals"
    )
    return (
        f'<table><caption style="text-align:left">{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        f"<p>{escape(verdict(ranking))}</p>"
    )


def _row(item: Ranked, first: bool, ranking: Ranking) -> str:
    name = escape(item.pattern.name)
    name = f"<s>{name}</s>" if item.veto else f"<strong>{name}</strong>" if first else name
    cells = (_rate(item), _uses(item), f"{item.score:.2f}", _why(item, first, ranking))
    texts = "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in cells)
    return f'<tr><th scope="row" style="text-align:left">{name}</th>{texts}</tr>'


def _rate(item: Ranked) -> str:
    if not item.n:
        return "no evidence yet"
    return f"{item.success_rate:.0%} ({item.low:.0%} to {item.high:.0%})"


def _uses(item: Ranked) -> str:
    return f"{item.n:g} {item.provenance}" if item.n else "none"


def _why(item: Ranked, first: bool, ranking: Ranking) -> str:
    if item.veto:
        return f"Not here: {item.veto}"
    if item.pattern.status != "active":
        why = f" ({item.status_reason})" if item.status_reason else ""
        return f"{item.pattern.status}{why}: not recommended unattended"
    if first:
        return f"first by {ranking.rule}"
    return "cannot be told from the best" if item.in_tie_set else ""


def _short(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value
