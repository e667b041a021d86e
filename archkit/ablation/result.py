"""What came of trying an architect with and without a memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Self

import pandas as pd

from archkit.metrics.paired import mcnemar_exact, paired_difference

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["ARMS", "Ablation"]

ARMS = ("on", "off", "placebo")
"""The memory as it is, none, one of the same size about other things."""

_PAIRS = (("on", "off"), ("on", "placebo"), ("placebo", "off"))


@dataclass(frozen=True, eq=False, repr=False)
class Ablation:
    """The same briefs in three arms.

    `frame` has a row for each trial, repeat and arm: `trial`, `kind`, `tenancy`, `repeat`, `arm`
    (see `ARMS`), `good` (bool), `chosen` and `best` (slugs), `forecast` (the success rate, 0–1,
    that the memory gave for what was chosen; null without a memory) over `forecast_n` uses,
    `errors` and `warnings` of the proposal checker, `why`, `client`, `cost_usd` (US dollars).
    `learned_from` counts the outcomes that the memory held of uses of patterns; None: not said.
    """

    frame: pd.DataFrame
    provenance: str = "observed"
    learned_from: int | None = None

    @classmethod
    def of(
        cls,
        rows: Sequence[Mapping[str, Any]],
        *,
        provenance: str = "observed",
        learned_from: int | None = None,
    ) -> Self:
        """Take the rows of `frame`."""
        return cls(pd.DataFrame(list(rows)), provenance, learned_from)

    @property
    def n(self) -> int:
        """How many cases there are: trials, each as often as it was repeated."""
        return len(self.good)

    @property
    def good(self) -> pd.DataFrame:
        """Whether each arm did well: a row a case, a column an arm."""
        wide = self.frame.pivot(index=["trial", "repeat"], columns="arm", values="good")
        return wide.astype(bool)

    def comparisons(self, *, ci_prob: float = 0.9) -> pd.DataFrame:
        """Compare the arms case by case.

        Returns
        -------
        DataFrame
            One row a pair of arms: `first`, `second`; `both`, `only_first`, `only_second`,
            `neither` (cases that went well); `share_first` and `share_second` (0–1); `difference`
            with its interval `low` to `high` (-1 to 1; Newcombe's, paired); `p_value` of McNemar's
            exact test; `n` cases; `provenance`; `ci_prob`.
        """
        good = self.good
        return pd.DataFrame(
            [
                {"first": one, "second": other} | _compared(good[one], good[other], ci_prob)
                for one, other in _PAIRS
                if {one, other} <= set(good)
            ]
        ).assign(n=len(good), provenance=self.provenance, ci_prob=ci_prob)

    def harm(self) -> pd.DataFrame:
        """List the cases that went well without the memory and not with it.

        Returns
        -------
        DataFrame
            One row a case: `trial`, `kind`, `tenancy`, `repeat`; `chosen_off` and `chosen_on`;
            `forecast` (0–1) over `forecast_n` uses, what the memory said of the latter; `why`.
        """
        keys = ["trial", "kind", "tenancy", "repeat"]
        on = self.frame[self.frame["arm"] == "on"].set_index(keys)
        off = self.frame[self.frame["arm"] == "off"].set_index(keys)
        harmed = on[~on["good"].astype(bool) & off["good"].astype(bool)]
        names = ["forecast", "forecast_n", "why"]
        found = harmed[["chosen", *names]].rename(columns={"chosen": "chosen_on"})
        found.insert(0, "chosen_off", off["chosen"].reindex(found.index))
        return found.reset_index()

    def figure(self, *, theme: str = "light") -> Figure:
        """Draw what the arms differ by; see `figures.memory_effect`."""
        from archkit.figures import memory_effect

        return memory_effect(self.comparisons(), theme=theme)

    def __repr__(self) -> str:
        """One line: the shares, the difference, how sure it is."""
        good = self.good
        shares = ", ".join(f"{arm} {good[arm].mean():.0%}" for arm in ARMS if arm in good)
        first = self.comparisons().iloc[0]
        points = [_points(first[name]) for name in ("difference", "low", "high")]
        return (
            f"Ablation({self.n} cases, {self.provenance}: did well {shares}; on less off "
            f"{points[0]} points [{points[1]}, {points[2]}], p {first['p_value']:.3f}, "
            f"{len(self.harm())} harmed)"
        )

    def _repr_html_(self) -> str:
        compared = self.comparisons()
        rows = "".join(
            f"<tr><td>{escape(row['first'])} − {escape(row['second'])}</td>"
            f"<td>{row['share_first']:.0%}</td><td>{row['share_second']:.0%}</td>"
            f"<td>{_points(row['difference'])} points "
            f"({_points(row['low'])} to {_points(row['high'])})</td>"
            f"<td>{row['only_first']} : {row['only_second']}</td><td>{row['p_value']:.3f}</td></tr>"
            for row in compared.to_dict("records")
        )
        harm = self.harm()
        cases = "".join(
            f"<li><code>{escape(row['trial'])}</code>: {escape(row['why'])}</li>"
            for row in harm.to_dict("records")
        )
        said = f"<p>Harmed by the memory: {len(harm)} of {self.n} cases.</p><ul>{cases}</ul>"
        return (
            f"<p>{self.n} cases, {escape(self.provenance)}; {compared['ci_prob'][0]:.0%} intervals"
            "</p><table><tr><th>arms</th><th>first did well</th><th>second did well</th>"
            "<th>difference</th><th>better : worse</th><th>p (McNemar, exact)</th></tr>"
            f"{rows}</table>{said if len(harm) else '<p>No case was harmed by the memory.</p>'}"
        )


def _points(share: float) -> str:
    shown = round(100 * share)
    return f"{shown:+d}" if shown else "0"


def _compared(one: pd.Series[bool], other: pd.Series[bool], ci_prob: float) -> dict[str, Any]:
    both, only_first = int((one & other).sum()), int((one & ~other).sum())
    only_second, neither = int((~one & other).sum()), int((~one & ~other).sum())
    difference, low, high = paired_difference(
        both, only_first, only_second, neither, ci_prob=ci_prob
    )
    return {
        "both": both,
        "only_first": only_first,
        "only_second": only_second,
        "neither": neither,
        "share_first": float(one.mean()),
        "share_second": float(other.mean()),
        "difference": difference,
        "low": low,
        "high": high,
        "p_value": mcnemar_exact(only_first, only_second),
    }
