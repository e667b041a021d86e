"""What a comparison of variants found: queries, rows and time of each at each size."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from archkit.errors import ArchkitError
from archkit.queries.compare_growth import growth_of
from archkit.queries.comparison_shown import comparison_html
from archkit.records import Measurement, new_id, utc_now

if TYPE_CHECKING:
    from datetime import datetime

    from pandas import DataFrame
    from plotly.graph_objects import Figure

__all__ = ["ComparisonError", "QueryComparison"]

COLUMNS = (
    *("variant", "cache", "n", "queries", "reduction_share", "rows", "n_plus_one", "hit_rate"),
    *("hit_rate_from", "wall_ms", "wall_low_ms", "wall_high_ms", "speed_up", "runs"),
)


class ComparisonError(ArchkitError):
    """A comparison came to nothing; `partial` holds the sizes that were measured before."""

    partial: QueryComparison | None = None


@dataclass(frozen=True, slots=True)
class QueryComparison:
    """Variants of one request, compared with the first of them.

    Attributes
    ----------
    frame
        One row a variant, state of its cache and size, sizes rising, in the order given:
        `variant`; `cache` ("" where it has none, else "cold" or "warm"); `n`; `queries`, counted
        in a run of their own; `reduction_share` against the baseline at this size (at most 1,
        negative when queries were added; null for the baseline); `rows` read (null if unknown);
        `n_plus_one`, how many kinds of statement were found to repeat once an item; `hit_rate` of
        the cache (0 to 1) and `hit_rate_from` ("cache": its own figures; "queries": the share of
        the cold run's queries that the warm one saved); `wall_ms`, the median time of a whole run,
        uncounted, and its quartiles `wall_low_ms` and `wall_high_ms` (null for a single run);
        `speed_up` against the baseline (a quotient of medians); `runs` timed. For each latency
        asked for, `computed_ms_at_…ms` is `wall_ms` and that latency a query: computed, not
        measured.
    baseline
        The variant that the others are compared with.
    counts
        What is counted: "statements sent" or "statements run".
    label
        What the request is.
    latency_ms
        The latencies computed (milliseconds a query).
    pattern
        By variant, the slug of the pattern it applies.
    notes
        What a reader must know besides.
    measured_at
        When it was measured.
    comparison_id
        Its name in the evidence.
    """

    frame: DataFrame
    baseline: str
    counts: str
    label: str = ""
    latency_ms: tuple[float, ...] = ()
    pattern: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    measured_at: datetime = field(default_factory=utc_now)
    comparison_id: str = field(default_factory=new_id)

    @property
    def growth(self) -> DataFrame:
        """How queries grow with n, by variant.

        Returns
        -------
        DataFrame
            One row a variant and state of its cache: `variant`, `cache`; `order` ("O(1)", "O(n)",
            "O(n·m)", "not known"); `slope` on log axes between the two largest sizes (0 does not
            grow, 1 as n does); `per_item`, queries for one item more; `growth` in words.
        """
        import pandas as pd

        rows = []
        for (variant, cache), group in self.frame.groupby(["variant", "cache"], sort=False):
            found = growth_of(group["n"].tolist(), group["queries"].tolist())
            told = [found.order, found.slope, found.per_item, found.words]
            rows.append([variant, cache, *told])
        columns = ["variant", "cache", "order", "slope", "per_item", "growth"]
        return pd.DataFrame(rows, columns=columns)

    def figure(self, *, theme: str = "light") -> Figure:
        """Draw queries against n on log axes; see `figures.query_growth`."""
        from archkit.figures.query_growth import query_growth

        told = self.frame.assign(baseline=self.frame["variant"] == self.baseline)
        told = told.assign(counts=self.counts, label=self.label)
        return query_growth(told.merge(self.growth, on=["variant", "cache"]), theme=theme)

    def measurements(self) -> tuple[Measurement, ...]:
        """Return what each variant saved against the baseline, a record a size, as evidence.

        A cache gives two records a size, one cold and one warm, told apart by `cache`. Each call
        gives the same ids: what is recorded again replaces itself.
        """
        base = {row["n"]: row for row in self._rows() if row["variant"] == self.baseline}
        return tuple(
            self._measurement(row, base[row["n"]])
            for row in self._rows()
            if row["variant"] != self.baseline
        )

    def _measurement(self, row: Mapping[Any, Any], base: Mapping[Any, Any]) -> Measurement:
        what = f"{row['variant']} instead of {self.baseline}"
        key = (row["variant"], row["cache"], row["n"])
        told = ("hit_rate", "hit_rate_from", "wall_low_ms", "wall_high_ms", "runs", "n_plus_one")
        extra = {name: row[name] for name in told if row[name] is not None}
        return Measurement(
            label=f"{self.label}: {what}" if self.label else what,
            queries_before=base["queries"],
            queries_after=row["queries"],
            n=row["n"],
            pattern=self.pattern.get(row["variant"]),
            rows=row["rows"],
            before_ms=base["wall_ms"],
            after_ms=row["wall_ms"],
            cache=row["cache"],
            measured_at=self.measured_at,
            measurement_id=str(uuid.uuid5(uuid.UUID(self.comparison_id), repr(key))),
            extra={"comparison_id": self.comparison_id, "counts": self.counts, **extra},
        )

    def _rows(self) -> list[dict[Any, Any]]:
        """Return the rows as plain Python values, None where nothing is known."""
        frame = self.frame.astype(object)
        return list(frame.where(frame.notna(), None).to_dict("records"))

    def __repr__(self) -> str:
        """One line: how many variants and sizes, and the fewest queries at the largest."""
        variants, sizes = self.frame["variant"].unique(), self.frame["n"].unique()
        if not len(sizes):
            return "QueryComparison(nothing measured)"
        large = sizes[-1]
        last = self.frame[(self.frame["n"] == large) & (self.frame["cache"] != "warm")]
        pairs = last[["variant", "queries"]].itertuples(index=False)
        counts = ", ".join(f"{name} {count:,}" for name, count in pairs)
        many = f"{len(variants)} variant{'s' * (len(variants) > 1)}"
        return f"QueryComparison({many}; {self.counts} at n {large:,}: {counts})"

    def _repr_html_(self) -> str:
        return comparison_html(self)
