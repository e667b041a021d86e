"""Criteria read from the names of columns: the unit in the name, the direction it has by nature."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from archkit.tradeoffs.criterion import Criterion, Objective

__all__ = ["natural_criterion"]

_UNITS: dict[str, str] = {
    **{"h": "h", "hr": "h", "hrs": "h", "hour": "h", "hours": "h"},
    **{"d": "d", "day": "d", "days": "d", "weeks": "weeks", "months": "months"},
    **{"s": "s", "sec": "s", "seconds": "s", "ms": "ms", "us": "µs", "µs": "µs"},
    **{"min": "min", "mins": "min", "minutes": "min"},
    **{"usd": "USD", "eur": "EUR", "gbp": "GBP", "chf": "CHF", "$": "USD", "€": "EUR"},
    **{"kb": "kB", "mb": "MB", "gb": "GB", "tb": "TB", "bytes": "bytes"},
    **{"queries": "queries", "loc": "lines", "lines": "lines"},
}
"""Units of which less is better: time, money, room and work."""

_MORE: dict[str, str] = {
    **{"rps": "requests/s", "qps": "queries/s", "tps": "transactions/s", "per_s": "1/s"},
    **{"requests_per_minute": "requests/min", "per_minute": "1/min", "rpm": "requests/min"},
}
_PERCENT = {"percent", "pct", "%"}
_SHARES = ("rate", "share", "reduction", "improvement", "availability", "coverage", "probability")
_BAD = re.compile(
    r"(?i)(?:^|_|\b)(?:errors?|fail\w*|miss(?:es|ed)?|loss|lost|churn|risks?|defects?|bugs?|drop\w*"
    r"|timeouts?|reject\w*|downtime)(?:_|\b)"
)
_GOOD = re.compile(
    r"(?i)(?:^|_|\b)(?:up_?time|battery|retention|throughput|saved|savings?)(?:_|\b)"
)
_BRACKET = re.compile(r"^(?P<name>.+?)\s*[(\[]\s*(?P<unit>[^()\[\]]+?)\s*[)\]]$")


def natural_criterion(name: str, figures: Sequence[float]) -> Criterion | None:
    """Return what a column's name says of itself; None if it does not say enough.

    Names end in a unit (`setup_hours`, `cost (USD)`) or in what a share is of (`success_rate`).
    Shares run from 0 to 1, percentages from 0 to 100; other scales run from 0 to the next round
    number above the highest figure, which the criterion's note says.
    """
    unit = _unit_of(name)
    if unit is None:
        if name.casefold().replace(" ", "_").split("_")[-1] in _SHARES:
            return Criterion(name, "min" if _BAD.search(name) else "max", 0, 1)
        return None
    if unit == "%":
        return Criterion(name, "min" if _BAD.search(name) else "max", 0, 100, "%")
    if not figures or min(figures) < 0 or max(figures) <= 0:
        return None
    high = _round_above(max(figures))
    less = unit in _UNITS.values() and not _GOOD.search(name)
    objective: Objective = "min" if less else "max"
    note = f"its scale, 0 to {high:g} {unit}, was taken from these figures"
    return Criterion(name, objective, 0, high, unit, note=note)


def _unit_of(name: str) -> str | None:
    bracketed = _BRACKET.match(name)
    words = bracketed["unit"] if bracketed else name
    key = words.casefold().strip().replace(" ", "_")
    if key.split("_")[-1] in _PERCENT or words.endswith("%"):
        return "%"
    for unit, shown in _MORE.items():
        if key == unit or key.endswith(f"_{unit}"):
            return shown
    last = key if bracketed else key.split("_")[-1]
    if not bracketed and last == key:
        return None  # a column called "s" or "days" is not said to be in them
    return _UNITS.get(last)


def _round_above(figure: float) -> float:
    """Return the next of 1, 2, 5, 10, 20 … that is not below the figure."""
    step = 10.0 ** math.floor(math.log10(figure))
    return next(step * k for k in (1, 2, 5, 10) if step * k >= figure * (1 - 1e-12))
