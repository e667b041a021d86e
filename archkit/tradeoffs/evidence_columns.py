"""What a memory knows of patterns, as columns of a performance matrix with their provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from archkit.plain import missing
from archkit.records import LADDER
from archkit.tradeoffs.cell import Cell, Grade, Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.natural import natural_criterion

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Column", "evidence_columns", "ladder_criteria"]

_DAYS = (8.0, 40.0, 200.0, 1000.0)
"""Ends of the scale of set-up hours: a working day, a week, five weeks, half a year."""
_SPREAD = 2.0
_FIRST_COUNTED = ("measured", "observed", "reported", "simulated")
_ALONE = ("setup_hours", "query_reduction", "queryReduction")


class Column(NamedTuple):
    """A criterion, and what is known of some alternatives under it, by their names."""

    criterion: Criterion
    cells: Mapping[str, Cell]


def ladder_criteria() -> tuple[Criterion, ...]:
    """Return the reference card's ladder as criteria, graded 1 to 5, 5 best."""
    return tuple(Criterion(rung, "max", 1, 5) for rung in LADDER)


def evidence_columns(
    items: Mapping[str, Any], reductions: DataFrame | None = None
) -> tuple[Column, ...]:
    """Return what is known of patterns as columns; one that is known of none is left out.

    Parameters
    ----------
    items
        Places of a ranking, by the name of the alternative they are.
    reductions
        Queries saved, as `metrics.query_reduction` gives them; reported ones are taken from the
        patterns themselves.

    Returns
    -------
    tuple of Column
        `success_rate` (0–1, the posterior that the ranking used; imported figures are effective
        counts, never rounded); `setup_hours` (a reported average, taken as half to double of it);
        `query_reduction` (0–1); other shares that are reported of patterns; `security` (1–5,
        unknown until somebody grades it; the cell's note is what the pattern says of security);
        and the rungs of the card's ladder (1–5, as the library grades them).
    """
    columns = [
        Column(Criterion("success_rate", "max", 0, 1), _each(items, _success)),
        _setup(items),
        Column(Criterion("query_reduction", "max", 0, 1), _reduction(items, reductions)),
        *_reported_shares(items),
        Column(
            Criterion("security", "max", 1, 5, note="graded 1 to 5 by whoever reads the notes"),
            _each(items, _security),
        ),
        *(
            Column(criterion, _each(items, _graded(criterion.name)))
            for criterion in ladder_criteria()
        ),
    ]
    return tuple(c for n, c in enumerate(columns) if n == 0 or c.cells)


def _each(items: Mapping[str, Any], told: Callable[[Any], Cell | None]) -> dict[str, Cell]:
    cells = {name: told(item) for name, item in items.items()}
    return {name: cell for name, cell in cells.items() if cell is not None}


def _success(item: Any) -> Cell:
    if not item.n:
        return Unknown(note="no evidence yet")
    # The posterior is Beta(a, b) from Beta(1, 1): what it has beyond that is evidence.
    successes, uses = max(item.a - 1, 0.0), max(item.a - 1, 0.0) + max(item.b - 1, 0.0)
    reported = item.pattern.reported
    share = reported.success_rate if reported else None
    note = f"n\u00a0{item.n:g}"
    if share is not None:
        note += f", reported as {100 * share:.3g}\u202f%"
    return Rate(successes, uses, provenance=_origin(item.provenance), note=note)


def _setup(items: Mapping[str, Any]) -> Column:
    hours = {
        name: float(item.pattern.setup_hours)
        for name, item in items.items()
        if item.pattern.setup_hours is not None
    }
    cells: dict[str, Cell] = {}
    for name, figure in hours.items():
        reported = items[name].pattern.reported
        told = reported is not None and not missing(reported.metrics.get("setup_hours"))
        cells[name] = Interval(
            figure / _SPREAD,
            figure * _SPREAD,
            figure,
            provenance="reported" if told else "stated",
            note="half to double of an average",
        )
    high = next((d for d in _DAYS if d >= max(hours.values(), default=0.0)), _DAYS[-1])
    note = "a reported average hides its spread: taken as half to double of it"
    return Column(Criterion("setup_hours", "min", 0, high, "h", note=note), cells)


def _reduction(items: Mapping[str, Any], reductions: DataFrame | None) -> dict[str, Cell]:
    rows: Sequence[Mapping[Any, Any]]
    rows = [] if reductions is None else reductions.to_dict("records")
    counted = [row for row in rows if row["provenance"] in _FIRST_COUNTED]
    counted = [r for r in counted if r["provenance"] != "reported" and r.get("cache") != "warm"]
    counted.sort(key=lambda row: _FIRST_COUNTED.index(row["provenance"]), reverse=True)
    by_slug = {row["slug"]: _counted(row) for row in counted}
    cells: dict[str, Cell] = {}
    for name, item in items.items():
        pattern = item.pattern
        metrics: Mapping[str, Any] = pattern.reported.metrics if pattern.reported else {}
        share = metrics.get("query_reduction", metrics.get("queryReduction"))
        if pattern.slug in by_slug:
            cells[name] = by_slug[pattern.slug]
        elif share is not None and not missing(share):
            note = "of how many queries is not said"
            cells[name] = Known(share, provenance="reported", note=note)
    return cells


def _counted(row: Mapping[Any, Any]) -> Cell:
    share, note = float(row["reduction_share"]), f"n {row['n']:g}"
    if missing(row["low"]) or missing(row["high"]):
        return Known(share, provenance=row["provenance"], note=f"{note}, no interval")
    low, high = min(row["low"], share), max(row["high"], share)
    return Interval(low, high, share, provenance=row["provenance"], note=note)


def _reported_shares(items: Mapping[str, Any]) -> list[Column]:
    """Return what is reported of patterns and by its name is a share, such as a hit rate."""
    found: dict[str, dict[str, Cell]] = {}
    for name, item in items.items():
        reported = item.pattern.reported
        for metric, figure in (reported.metrics if reported else {}).items():
            number = isinstance(figure, int | float) and not isinstance(figure, bool)
            if number and 0 <= figure <= 1 and metric not in _ALONE:
                found.setdefault(metric, {})[name] = Known(figure, provenance="reported")
    kinds = {metric: natural_criterion(metric, []) for metric in found}
    return [Column(kind, found[metric]) for metric, kind in kinds.items() if kind is not None]


def _security(item: Any) -> Cell | None:
    said = "; ".join(str(text) for text in item.pattern.security)
    return Unknown(note=said) if said else None


def _graded(rung: str) -> Callable[[Any], Cell | None]:
    def grade(item: Any) -> Cell | None:
        level = item.pattern.ladder.get(rung)
        return None if missing(level) else Grade(level, provenance="stated")

    return grade


def _origin(provenance: str) -> str:
    return "" if provenance == "none" else provenance
