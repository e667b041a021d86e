"""Frames of what is being explored, one for each figure and table: all that is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from archkit.tradeoffs.acceptability import INTERVAL, Acceptability, acceptability
from archkit.tradeoffs.flip import flip_sentence
from archkit.tradeoffs.information import what_to_measure
from archkit.tradeoffs.matrix_shown import cell_text
from archkit.tradeoffs.preference import Preference
from archkit.tradeoffs.values import contributions, dominance, expected_values, tornado

if TYPE_CHECKING:
    from archkit.tradeoffs.cell import Cell
    from archkit.tradeoffs.criterion import Criterion
    from archkit.tradeoffs.explored import Explored
    from archkit.tradeoffs.matrix import PerformanceMatrix

__all__ = ["Findings", "in_words"]

_ENDS = ((1 - INTERVAL) / 2, (1 + INTERVAL) / 2)


@dataclass(frozen=True)
class Findings:
    """What follows from a state; worked out when asked for, and once.

    Parameters
    ----------
    state
        What is explored.
    before
        By alternative, the rank it had before the last change.
    pair
        The two criteria that are drawn against each other; by default the weightiest two.
    """

    state: Explored
    before: Mapping[str, int] | None = None
    pair: tuple[str, str] | None = None

    @cached_property
    def matrix(self) -> PerformanceMatrix:
        """The matrix under the load."""
        return self.state.loaded

    @cached_property
    def result(self) -> Acceptability:
        """What came of the draws."""
        return acceptability(
            self.matrix, self.state.preference, draws=self.state.draws, seed=self.state.seed
        )

    @cached_property
    def weights(self) -> dict[str, float]:
        """By criterion, its expected weight, 0 to 1."""
        mean = self.state.preference.mean(self.matrix.criteria).tolist()
        return dict(zip((c.name for c in self.matrix.criteria), mean, strict=True))

    @cached_property
    def _settled(self) -> Preference:
        """The expected weights, for what depends on nothing else: they take long to find."""
        return Preference.weights(self.weights)

    @cached_property
    def values(self) -> pd.Series[float]:
        """By alternative, its expected value, 0 to 1; not of the draws, which are off by chance."""
        return expected_values(self.matrix, self._settled)

    @cached_property
    def order(self) -> list[str]:
        """The alternatives, the highest expected value first."""
        falling = self.values.sort_values(ascending=False, kind="stable")
        return [str(name) for name in falling.index]

    @cached_property
    def ranks(self) -> dict[str, int]:
        """By alternative, its rank by expected value, from 1."""
        return {name: n for n, name in enumerate(self.order, 1)}

    @cached_property
    def flip(self) -> str:
        """The smallest change that would make another lead, in a sentence."""
        return flip_sentence(self.matrix, self._settled)

    @cached_property
    def ranking(self) -> pd.DataFrame:
        """What `archkit.figures.tradeoff.tradeoff_ranking` draws: one row an alternative."""
        value = self.result.expected_value
        certain = dominance(self.matrix)
        beaten = set(certain.loc[certain["kind"] == "certain", "worse"])
        return pd.DataFrame(
            {
                "alternative": self.order,
                "value": self.values.loc[self.order].to_numpy(),
                "low": value["low"].loc[self.order].to_numpy(),
                "high": value["high"].loc[self.order].to_numpy(),
                "first_rate": value["first"].loc[self.order].to_numpy(),
                "rank": [self.ranks[name] for name in self.order],
                "rank_before": [(self.before or {}).get(name) for name in self.order],
                "dominated": [name in beaten for name in self.order],
                "provenance": [self._provenance(name) for name in self.order],
                "draws": self.result.draws,
                "ci_prob": INTERVAL,
            }
        )

    @cached_property
    def rank_shares(self) -> pd.DataFrame:
        """What `tradeoff_ranks` draws: one row an alternative and rank."""
        table = self.result.rank_acceptability.loc[self.order].to_numpy().tolist()
        return pd.DataFrame(
            [
                {"alternative": name, "rank": rank, "share": float(share)}
                | {"draws": self.result.draws, "provenance": self._provenance(name)}
                for name, shares in zip(self.order, table, strict=True)
                for rank, share in enumerate(shares, 1)
            ]
        )

    @cached_property
    def profile(self) -> pd.DataFrame:
        """What `tradeoff_profile` draws: one row an alternative and criterion."""
        criteria = sorted(self.matrix.criteria, key=lambda c: -self.weights[c.name])
        rows = []
        for name in self.order:
            for criterion in criteria:
                cell = self.matrix.cell(name, criterion.name)
                ends = criterion.value(cell.quantile(list(_ENDS), criterion))
                best, worst = criterion.figure(1.0), criterion.figure(0.0)
                rows.append(
                    {
                        "alternative": name,
                        "criterion": criterion.name,
                        "value": float(criterion.value(cell.mean(criterion))),
                        "low": float(min(ends)),
                        "high": float(max(ends)),
                        "shown": in_words(cell, criterion),
                        "unknown": cell.kind == "unknown",
                        "best": _figure(best, criterion),
                        "worst": _figure(worst, criterion),
                        "weight": self.weights[criterion.name],
                        "provenance": cell.provenance,
                        "ci_prob": INTERVAL,
                    }
                )
        return pd.DataFrame(rows)

    @property
    def pair_drawn(self) -> tuple[str, str]:
        """The two criteria drawn against each other: across, up."""
        by_weight = sorted(self.weights, key=lambda name: -self.weights[name])
        return self.pair or (by_weight[min(1, len(by_weight) - 1)], by_weight[0])

    @cached_property
    def front(self) -> pd.DataFrame:
        """What `tradeoff_front` draws: one row an alternative."""
        axes = {a: self.matrix.criterion(n) for a, n in zip("xy", self.pair_drawn, strict=True)}
        rows: list[dict[str, Any]] = []
        for name in self.order:
            row: dict[str, Any] = {"alternative": name, "ci_prob": INTERVAL}
            for axis, criterion in axes.items():
                cell = self.matrix.cell(name, criterion.name)
                low, high = (float(end) for end in cell.quantile(list(_ENDS), criterion))
                row |= {axis: cell.mean(criterion), f"{axis}_low": low, f"{axis}_high": high}
                row |= {f"{axis}_name": criterion.name, f"{axis}_title": _titled(criterion)}
                row |= {f"{axis}_objective": criterion.objective}
                row |= {f"{axis}_range": (criterion.low, criterion.high)}
            used = {self.matrix.cell(name, c.name).provenance for c in axes.values()}
            rows.append(row | {"provenance": _joined(used)})
        worth = [[float(c.value(row[a])) for a, c in axes.items()] for row in rows]
        for row, own in zip(rows, worth, strict=True):
            row["on_front"] = not any(_beats(other, own) for other in worth)
        return pd.DataFrame(rows)

    @cached_property
    def waterfall(self) -> pd.DataFrame:
        """What `tradeoff_waterfall` draws: one row a criterion; empty without a rival."""
        frame = contributions(self.matrix, self._settled)
        if frame.empty:
            return frame
        leader, rival = frame.attrs["alternative"], frame.attrs["rival"]
        return frame.assign(
            leader=leader,
            rival=rival,
            leader_shown=[self._cell_words(leader, name) for name in frame["criterion"]],
            rival_shown=[self._cell_words(rival, name) for name in frame["criterion"]],
            provenance=[
                _joined({self.matrix.cell(a, name).provenance for a in (leader, rival)})
                for name in frame["criterion"]
            ],
        )

    @cached_property
    def swings(self) -> pd.DataFrame:
        """What `tradeoff_tornado` draws: one row an uncertain input; empty without a rival."""
        frame = tornado(self.matrix, self.state.preference)
        return pd.DataFrame(
            {
                "input": frame["subject"],
                "kind": frame["kind"],
                "low_lead": frame["lead_low"],
                "high_lead": frame["lead_high"],
                "low_shown": [_end(row, "low") for row in frame.to_dict("records")],
                "high_shown": [_end(row, "high") for row in frame.to_dict("records")],
                "lead": frame.attrs["lead"],
                "leader": frame.attrs["leader"],
                "flips": frame["flips"],
                "provenance": [self._input_provenance(row) for row in frame.to_dict("records")],
                "ci_prob": frame.attrs["interval"],
            }
        )

    @cached_property
    def worth(self) -> pd.DataFrame:
        """What `tradeoff_worth` draws: one row an uncertain input, the most worth first."""
        found = what_to_measure(
            self.matrix, self.state.preference, draws=self.state.draws, seed=self.state.seed
        )
        table = found.table
        return pd.DataFrame(
            {
                "input": table["subject"],
                "kind": table["kind"],
                "worth": table["evppi"].clip(lower=0),
                "switch_rate": table["switch_chance"],
                "all_worth": found.evpi,
                "draws": self.state.draws,
                "provenance": [self._input_provenance(row) for row in table.to_dict("records")],
            }
        )

    def _provenance(self, name: str) -> str:
        return _joined({self.matrix.cell(name, c.name).provenance for c in self.matrix.criteria})

    def _input_provenance(self, row: Mapping[Any, Any]) -> str:
        if row["kind"] == "weight":
            return "preference"
        return self.matrix.cell(row["alternative"], row["criterion"]).provenance

    def _cell_words(self, name: str, criterion: str) -> str:
        return in_words(self.matrix.cell(name, criterion), self.matrix.criterion(criterion))


def in_words(cell: Cell, criterion: Criterion) -> str:
    """Write what is known in a cell, and where it comes from."""
    origin = f", {cell.provenance}" if cell.provenance else ""
    return f"{cell_text(cell, criterion)}{origin}"


def _figure(value: float, criterion: Criterion) -> str:
    return f"{value:g} {criterion.unit}".strip()


def _titled(criterion: Criterion) -> str:
    return f"{criterion.name} ({criterion.unit})" if criterion.unit else criterion.name


def _end(row: Mapping[Any, Any], end: str) -> str:
    if row["kind"] == "weight":
        return f"{100 * row[end]:.0f}\u202f%"
    return f"{row[end]:.3g} {row['unit']}".strip()


def _beats(other: list[float], own: list[float]) -> bool:
    at_least = all(theirs >= ours for theirs, ours in zip(other, own, strict=True))
    return at_least and any(theirs > ours for theirs, ours in zip(other, own, strict=True))


def _joined(provenances: set[str]) -> str:
    parts = {part for text in provenances for part in text.split(" + ") if part}
    return " + ".join(sorted(parts))
