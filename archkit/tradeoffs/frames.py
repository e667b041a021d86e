"""A performance matrix from a table: rows are alternatives, columns criteria."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from archkit.errors import ArchkitError
from archkit.plain import missing
from archkit.tradeoffs.cell import Cell, Interval, Known, Rate, cell_of
from archkit.tradeoffs.criterion import Criterion, finite
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.natural import natural_criterion
from archkit.tradeoffs.preference import Preference

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["from_frame"]

_NAMES = ("alternative", "alternatives")
_COUNTS = ("uses", "n")


def from_frame(
    frame: DataFrame,
    criteria: Iterable[Criterion] = (),
    *,
    preference: Preference | None = None,
) -> PerformanceMatrix:
    """Read a table as a performance matrix.

    Parameters
    ----------
    frame
        The alternatives are its index, or its column `alternative`. Each other column is a
        criterion; cells are numbers, cells of `archkit.tradeoffs.cell`, pairs for intervals, and
        missing where nobody knows. With a column `uses` (or `n`) the columns ending in `_rate` are
        rates of so many uses; `<column>_uses` says it of one column. A column `provenance` says
        where a row's figures are from.
    criteria
        Direction, scale and unit of columns, found by name. What is not given is read from the
        column's name where that says it: units such as `_hours`, `_ms`, `_usd`, `(USD)`, `_%`, and
        shares such as `_rate`.

    Raises
    ------
    ArchkitError
        If alternatives have no names, a column's direction or scale is not known, a criterion has
        no column, or a cell holds text.
    """
    names, columns = _alternatives(frame), [str(column) for column in frame.columns]
    given = {criterion.name: criterion for criterion in criteria}
    apart = {*_NAMES, "provenance"} | {c for c in columns if _counts(c, columns)}
    _refuse_missing(given, columns)
    kinds: list[Criterion] = []
    table: list[list[Cell]] = []
    for place, column in enumerate(columns):
        if column in apart and column not in given:
            continue
        cells = [
            cell_of(value, f"{name!r} under {column!r}")
            for name, value in zip(names, frame.iloc[:, place].tolist(), strict=True)
        ]
        kinds.append(given.get(column) or _natural(column, cells))
        uses = _uses_of(column, columns)
        if uses is not None:
            cells = _rates(cells, frame.iloc[:, columns.index(uses)].tolist(), column)
        table.append(cells)
    if not kinds:
        raise ArchkitError(
            "The table has no column to judge by.",
            why=f"It has {', '.join(columns) or 'no column at all'}.",
            mend="Add a column a criterion.",
        )
    origins = _provenances(frame, columns)
    rows = [
        [_from(cell, origin) for cell in row]
        for row, origin in zip(zip(*table, strict=True), origins, strict=True)
    ]
    return PerformanceMatrix(names, kinds, rows, preference)


def _alternatives(frame: DataFrame) -> list[str]:
    import pandas as pd

    for column in _NAMES:
        if column in frame.columns:
            return [str(name) for name in frame[column].tolist()]
    if isinstance(frame.index, pd.RangeIndex):
        raise ArchkitError(
            "The table's alternatives have no names.",
            why='Its rows are only numbered, and it has no column "alternative".',
            mend='Use frame.set_index("…") with the column that names them.',
        )
    return [str(name) for name in frame.index.tolist()]


def _refuse_missing(given: dict[str, Criterion], columns: list[str]) -> None:
    lost = [name for name in given if name not in columns]
    if lost:
        raise ArchkitError(
            f"The criterion {lost[0]!r} has no column.",
            why=f"The table's columns are: {', '.join(columns)}.",
            mend="Mend the name, or add the column, empty where nobody knows.",
        )


def _natural(column: str, cells: list[Cell]) -> Criterion:
    figures = [
        figure
        for cell in cells
        for figure in (
            [cell.value]
            if isinstance(cell, Known)
            else [cell.low, cell.high]
            if isinstance(cell, Interval)
            else []
        )
    ]
    found = natural_criterion(column, figures)
    if found is None:
        raise ArchkitError(
            f"The direction and the scale of the column {column!r} are not known.",
            why="Its name ends in no unit that says them, or its figures give no scale from 0 up.",
            mend=f'Give criteria=[Criterion({column!r}, "max" or "min", low, high, unit)].',
        )
    return found


def _counts(column: str, columns: list[str]) -> bool:
    """Whether a column counts the uses of a rate."""
    rates = [c for c in columns if c.endswith("_rate")]
    own = any(column in (f"{c}_uses", f"{c}_n") for c in columns)
    return own or (column in _COUNTS and bool(rates))


def _uses_of(column: str, columns: list[str]) -> str | None:
    own = [c for c in (f"{column}_uses", f"{column}_n") if c in columns]
    common = [c for c in _COUNTS if c in columns] if column.endswith("_rate") else []
    return next(iter(own + common), None)


def _rates(cells: list[Cell], uses: list[Any], column: str) -> list[Cell]:
    rated = list[Cell]()
    for cell, count in zip(cells, uses, strict=True):
        if isinstance(cell, Known) and not missing(count):
            n = finite(count, f"The uses behind {column!r}")
            rate = Rate.reported(cell.value, n)
            rated.append(Rate(rate.successes, n, note=f"n {n:g}"))
        else:
            rated.append(cell)
    return rated


def _provenances(frame: DataFrame, columns: list[str]) -> list[str]:
    if "provenance" not in columns:
        return [""] * len(frame)
    said = frame.iloc[:, columns.index("provenance")].tolist()
    return ["" if missing(p) or p == "none" else str(p) for p in said]


def _from(cell: Cell, provenance: str) -> Cell:
    if not provenance or cell.provenance or cell.kind == "unknown":
        return cell
    return dataclasses.replace(cell, provenance=provenance)
