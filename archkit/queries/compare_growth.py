"""How a count of queries grows with the size of the request, and what that growth is called."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["ORDERS", "Growth", "growth_of", "queries_told"]

ORDERS = ("O(1)", "O(n)", "O(n·m)", "not known")
"""What a growth may be called; m are the children of each of the n items."""

_STEEP = 1.3
_NESTED = 1.5
_FLATTENS = 0.5


@dataclass(frozen=True, slots=True)
class Growth:
    """How queries grow between the two largest sizes.

    `slope` is that of the line on log axes (0 does not grow, 1 as n does; NaN where no line can be
    drawn), `per_item` the queries that each more item costs, `order` one of `ORDERS`, `words` the
    same in a sentence.
    """

    order: str
    slope: float
    per_item: float
    words: str


def growth_of(sizes: Sequence[int], queries: Sequence[int]) -> Growth:
    """Name the growth of queries with the size of the request.

    The constant part hides the growth at small sizes (3, 7, 61 queries are batches of 100), so the
    two largest sizes decide. With a slope of about 1, the queries an item tell O(n) from O(n·m):
    a query for each of its m children, too. A steeper line means that m grows with n.

    Parameters
    ----------
    sizes
        Sizes of the request, rising, each 1 or more.
    queries
        How many queries each took.

    Examples
    --------
    >>> growth_of([10, 100, 1000], [61, 601, 6001]).words
    '6 queries for each item'
    >>> growth_of([10, 100, 1000], [3, 7, 61]).order
    'O(n)'
    """
    if len(sizes) != len(queries) or any(b <= a for a, b in pairwise(sizes)):
        raise ValueError("sizes rise, and each has its count of queries.")
    if len(sizes) < 2:
        return Growth("not known", math.nan, math.nan, "one size shows no growth")
    (small, large), (before, after) = sizes[-2:], queries[-2:]
    per_item = (after - before) / (large - small)
    slope = math.log(after / before) / math.log(large / small) if before and after else math.nan
    if max(queries) == min(queries):
        return Growth("O(1)", 0.0, 0.0, _always(queries[0]))
    if after <= before:
        return Growth(
            "O(1)", min(slope, 0.0), per_item, f"no more than {queries_told(max(queries))}"
        )
    return Growth(*_named(sizes, queries, slope, per_item))


def _named(
    sizes: Sequence[int], queries: Sequence[int], slope: float, per_item: float
) -> tuple[str, float, float, str]:
    if slope >= _STEEP:
        return "O(n·m)", slope, per_item, f"as n to the power of {slope:.1f}: m grows with n"
    if len(sizes) > 2:
        earlier = (queries[-2] - queries[-3]) / (sizes[-2] - sizes[-3])
        if earlier > 0 and per_item < _FLATTENS * earlier:
            return "not known", slope, per_item, "grows, but less with each further item"
    if per_item >= _NESTED:
        return "O(n·m)", slope, per_item, f"{_rounded(per_item)} queries for each item"
    if per_item > 1 / _NESTED:
        return "O(n)", slope, per_item, "one query for each item"
    return "O(n)", slope, per_item, f"in batches: one query for {_rounded(1 / per_item)} items"


def _always(count: int) -> str:
    return f"always {queries_told(count)}"


def queries_told(count: int) -> str:
    """Say how many queries, in words."""
    return "1 query" if count == 1 else f"{count:,} queries"


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
