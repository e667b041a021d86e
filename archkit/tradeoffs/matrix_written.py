"""What a user writes down as a matrix, checked: names, rows, cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archkit.errors import ArchkitError
from archkit.tradeoffs.cell import Cell, cell_of
from archkit.tradeoffs.criterion import Criterion

__all__ = ["place_of", "refuse_names", "rows_of"]


def place_of(kind: str, name: str, names: tuple[str, ...]) -> int:
    """Return where a name stands; `kind` says what it is the name of."""
    if name not in names:
        raise ArchkitError(
            f"No {kind} is called {name!r}.",
            why="The matrix has no such row or column.",
            mend=f"Give one of: {', '.join(names)}.",
        )
    return names.index(name)


def refuse_names(kind: str, names: tuple[Any, ...]) -> None:
    """Refuse names that are none, are empty, or come twice."""
    if not names:
        raise ArchkitError(
            f"The matrix has no {kind}.",
            why="There is nothing to weigh.",
            mend=f"Give at least one {kind}.",
        )
    for n, name in enumerate(names):
        if not isinstance(name, str) or not name.strip():
            raise ArchkitError(
                f"The {kind} in place {n + 1} is called {name!r}.",
                why="Cells and weights are found by name.",
                mend="Give it a name of at least one letter.",
            )
        if name in names[:n]:
            raise ArchkitError(
                f"Two of the matrix are called {name!r}; each {kind} needs a name of its own.",
                why="Cells and weights are found by name.",
                mend=f'Rename one of them, such as "{name} (2)".',
            )


def rows_of(
    names: tuple[str, ...],
    criteria: tuple[Criterion, ...],
    cells: Sequence[Sequence[Any]] | Mapping[Any, Any],
) -> tuple[tuple[Cell, ...], ...]:
    """Return the cells as rows; see `PerformanceMatrix` for how they may be written."""
    if isinstance(cells, Mapping):
        cells = _placed(names, criteria, cells)
    rows = [list(row) for row in cells]
    wrong = [n for n, row in enumerate(rows[: len(names)]) if len(row) != len(criteria)]
    if len(rows) != len(names) or wrong:
        got = (
            f"{len(rows[wrong[0]])} cells for {names[wrong[0]]!r}" if wrong else f"{len(rows)} rows"
        )
        raise ArchkitError(
            f"The matrix got {got}.",
            why=f"It has {len(names)} alternatives and {len(criteria)} criteria.",
            mend="Give a row an alternative with a cell a criterion, None where nobody knows.",
        )
    written = tuple(
        tuple(
            cell_of(given, f"{name!r} under {criterion.name!r}")
            for given, criterion in zip(row, criteria, strict=True)
        )
        for name, row in zip(names, rows, strict=True)
    )
    for name, row in zip(names, written, strict=True):
        for criterion, cell in zip(criteria, row, strict=True):
            _refuse_rate_off_scale(name, criterion, cell)
    return written


def _placed(
    names: tuple[str, ...], criteria: tuple[Criterion, ...], cells: Mapping[Any, Any]
) -> list[list[Any]]:
    columns = tuple(criterion.name for criterion in criteria)
    table: list[list[Any]] = [[None] * len(columns) for _ in names]
    for key, given in cells.items():
        if isinstance(key, tuple) and len(key) == 2:
            found = [(*key, given)]
        elif isinstance(given, Mapping):
            found = [(key, column, cell) for column, cell in given.items()]
        else:
            raise ArchkitError(
                f"Cells are given for {key!r}: {given!r}.",
                why="Cells are found by alternative and criterion.",
                mend='Write {("A", "cost"): 3} or {"A": {"cost": 3}}.',
            )
        for name, column, cell in found:
            a, c = place_of("alternative", name, names), place_of("criterion", column, columns)
            table[a][c] = cell
    return table


def _refuse_rate_off_scale(name: str, criterion: Criterion, cell: Cell) -> None:
    if cell.kind == "rate" and (criterion.high > 1 or criterion.low < 0):
        raise ArchkitError(
            f"{name!r} has a rate under {criterion.name!r}.",
            why=f"Its scale runs from {criterion.low:g} to {criterion.high:g}; a rate is 0 to 1.",
            mend="Give the criterion a scale within 0 to 1.",
        )
