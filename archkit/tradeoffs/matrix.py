"""The performance matrix: alternatives by criteria, each cell with what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from archkit.errors import ArchkitError
from archkit.plain import plain, without
from archkit.tradeoffs.cell import Cell, Unknown
from archkit.tradeoffs.criterion import Criterion, Floats, Load
from archkit.tradeoffs.matrix_written import place_of, refuse_names, rows_of
from archkit.tradeoffs.preference import Preference

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["PerformanceMatrix"]

_VERSION = 1
_BLOCK = 8_192  # numbers of 64 kB: a larger array costs more to be had than to be filled
_MIDDLES = (np.arange(1_000) + 0.5) / 1_000


@dataclass(frozen=True, slots=True, repr=False)
class PerformanceMatrix:
    """Alternatives (rows) by criteria (columns); immutable.

    Parameters
    ----------
    alternatives
        Their names, each once.
    criteria
        What they are judged by, each name once.
    cells
        Rows of cells; or a mapping from (alternative, criterion) to a cell, or from an alternative
        to such a mapping, where what is not given is `Unknown`. A cell may be written as a
        number, as (low, high), (low, mode, high), or as None; see `cell.cell_of`.
    preference
        What is said of the weights; nothing by default.

    Raises
    ------
    ArchkitError
        If there is no alternative or no criterion, a name comes twice, a row has too many or too
        few cells, a cell holds text, NaN within an interval, or something infinite, or the
        preference names a criterion there is not.
    """

    alternatives: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    cells: tuple[tuple[Cell, ...], ...]
    preference: Preference = field(default_factory=Preference.none)

    def __init__(
        self,
        alternatives: Iterable[str],
        criteria: Iterable[Criterion],
        cells: Sequence[Sequence[Any]] | Mapping[Any, Any],
        preference: Preference | None = None,
    ) -> None:
        names, columns = tuple(alternatives), tuple(criteria)
        refuse_names("alternative", names)
        refuse_names("criterion", tuple(criterion.name for criterion in columns))
        rows = rows_of(names, columns, cells)
        said = Preference.none() if preference is None else preference
        said.refuse_misfit(columns)
        put = object.__setattr__
        put(self, "alternatives", names)
        put(self, "criteria", columns)
        put(self, "cells", rows)
        put(self, "preference", said)

    @classmethod
    def from_frame(
        cls,
        frame: DataFrame,
        criteria: Iterable[Criterion] = (),
        *,
        preference: Preference | None = None,
    ) -> PerformanceMatrix:
        """Read a table, rows alternatives and columns criteria; see `frames.from_frame`."""
        from archkit.tradeoffs.frames import from_frame

        return from_frame(frame, criteria, preference=preference)

    @classmethod
    def from_ranking(
        cls, ranking: Iterable[Any], *, kind: str | None = None, reductions: DataFrame | None = None
    ) -> PerformanceMatrix:
        """Take what `memory.query` found, with its provenance; see `sources.from_ranking`."""
        from archkit.tradeoffs.sources import from_ranking

        return from_ranking(ranking, kind=kind, reductions=reductions)

    @classmethod
    def from_proposal(
        cls,
        proposal: Any,
        choice: str | int = 0,
        criteria: Iterable[Criterion] = (),
        *,
        ranking: Iterable[Any] = (),
    ) -> PerformanceMatrix:
        """Set a proposal's choice beside its alternatives; see `sources.from_proposal`."""
        from archkit.tradeoffs.sources import from_proposal

        return from_proposal(proposal, choice, criteria, ranking=ranking)

    @classmethod
    def from_adr(
        cls, adr: Any, criteria: Iterable[Criterion] = (), *, ranking: Iterable[Any] = ()
    ) -> PerformanceMatrix:
        """Take an ADR's options, its drivers as criteria; see `sources.from_adr`."""
        from archkit.tradeoffs.sources import from_adr

        return from_adr(adr, criteria, ranking=ranking)

    def __repr__(self) -> str:
        """One line: how many of each, and how many cells nobody knows."""
        unknown = len(self.unknown)
        return (
            f"PerformanceMatrix({len(self.alternatives)} alternatives × {len(self.criteria)} "
            f"criteria, {unknown} unknown)"
        )

    def _repr_html_(self) -> str:
        from archkit.tradeoffs.matrix_shown import matrix_html

        return matrix_html(self)

    def criterion(self, name: str) -> Criterion:
        """Return the criterion of that name."""
        return self.criteria[self._column(name)]

    def cell(self, alternative: str, criterion: str) -> Cell:
        """Return what is known of an alternative under a criterion."""
        return self.cells[self._row(alternative)][self._column(criterion)]

    def replace(
        self,
        *,
        alternatives: Iterable[str] | None = None,
        criteria: Iterable[Criterion] | None = None,
        cells: Mapping[tuple[str, str], Any] | None = None,
        preference: Preference | None = None,
    ) -> PerformanceMatrix:
        """Return a matrix with some of it replaced.

        `alternatives` and `criteria` are the whole new lists: cells are kept by name, those of
        new names are `Unknown` unless given in `cells`, which is by (alternative, criterion).
        """
        names = self.alternatives if alternatives is None else tuple(alternatives)
        columns = self.criteria if criteria is None else tuple(criteria)
        kept: dict[tuple[str, str], Any] = {
            (name, criterion.name): cell
            for name, row in zip(self.alternatives, self.cells, strict=True)
            for criterion, cell in zip(self.criteria, row, strict=True)
        }
        there = {(name, criterion.name) for name in names for criterion in columns}
        kept = {key: cell for key, cell in kept.items() if key in there} | dict(cells or {})
        return PerformanceMatrix(names, columns, kept, preference or self.preference)

    def values(self, rng: np.random.Generator, n: int) -> Floats:
        """Return n draws of what every cell is worth: (n, A, C), 0 to 1, 1 is best.

        Figures beyond their scale count as its end; `beyond_scale` says which. Each cell has a
        random stream of its own, so that a cell that is changed, or an alternative added at the
        end, leaves the draws of the others as they were.
        """
        return next(self.values_in_parts(rng, n, max(n, 1)))

    def values_in_parts(self, rng: np.random.Generator, n: int, most: int) -> Iterator[Floats]:
        """Yield the n draws of `values` in parts of at most so many.

        All parts are one array: a part holds until the next is asked for.
        """
        size = len(self.alternatives), len(self.criteria)
        drawn, open_ = np.empty((*size, min(n, most))), []
        for (a, c), stream in zip(np.ndindex(size), rng.spawn(size[0] * size[1]), strict=True):
            cell, criterion = self.cells[a][c], self.criteria[c]
            if cell.sure:
                drawn[a, c] = criterion.value(cell.mean(criterion))
            else:
                open_.append((drawn[a, c], cell, criterion, stream))
        for begin in range(0, max(n, 1), most):
            for worth, cell, criterion, stream in open_:
                _fill(worth[: n - begin], cell, criterion, stream)
            yield drawn[:, :, : n - begin].transpose(2, 0, 1)

    def mean_values(self) -> Floats:
        """Return what every cell is worth on average, as drawn: (A, C), 0 to 1, 1 is best."""
        return np.array(
            [
                [_mean_value(cell, criterion) for cell, criterion in pairs]
                for pairs in (zip(row, self.criteria, strict=True) for row in self.cells)
            ]
        )

    @property
    def unknown(self) -> tuple[tuple[str, str], ...]:
        """The cells nobody knows, as (alternative, criterion)."""
        return tuple(
            (name, criterion.name)
            for name, row in zip(self.alternatives, self.cells, strict=True)
            for criterion, cell in zip(self.criteria, row, strict=True)
            if isinstance(cell, Unknown)
        )

    @property
    def constant(self) -> tuple[str, ...]:
        """Criteria under which all alternatives have the same sure figure: they decide nothing."""
        found = []
        for c, criterion in enumerate(self.criteria):
            column = [row[c] for row in self.cells]
            same = {cell.mean(criterion) for cell in column}
            if all(cell.sure for cell in column) and len(same) == 1:
                found.append(criterion.name)
        return tuple(found)

    @property
    def beyond_scale(self) -> tuple[tuple[str, str], ...]:
        """The cells that reach beyond their scale and there count as its end."""
        found = []
        for name, row in zip(self.alternatives, self.cells, strict=True):
            for criterion, cell in zip(self.criteria, row, strict=True):
                low, high = cell.ends(criterion)
                if low < criterion.low or high > criterion.high:
                    found.append((name, criterion.name))
        return tuple(found)

    def to_frame(self) -> DataFrame:
        """Return the expected figures: a row an alternative, a column a criterion, in its unit.

        Its `attrs` are `objectives` ("max" or "min") and `weights` (0 to 1, expected), each by
        criterion, so that other libraries can be handed all three.
        """
        import pandas as pd

        names = [criterion.name for criterion in self.criteria]
        figures = [
            [cell.mean(criterion) for cell, criterion in zip(row, self.criteria, strict=True)]
            for row in self.cells
        ]
        frame = pd.DataFrame(figures, columns=names)
        frame.index = pd.Index(self.alternatives, name="alternative", dtype="str")
        weights = self.preference.mean(self.criteria).tolist()
        frame.attrs["objectives"] = {c.name: c.objective for c in self.criteria}
        frame.attrs["weights"] = dict(zip(names, weights, strict=True))
        return frame

    def cells_frame(self) -> DataFrame:
        """Return one row a cell; see `matrix_shown.cells_frame`."""
        from archkit.tradeoffs.matrix_shown import cells_frame

        return cells_frame(self)

    def as_json(self) -> dict[str, Any]:
        """Return it in plain JSON, exactly: `from_json` gives an equal matrix."""
        return {
            "version": _VERSION,
            "alternatives": list(self.alternatives),
            "criteria": [plain(criterion) for criterion in self.criteria],
            "cells": [[cell.as_json() for cell in row] for row in self.cells],
            "preference": self.preference.as_json(),
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> PerformanceMatrix:
        """Return the matrix that `as_json` wrote.

        Raises
        ------
        ArchkitError
            If it is none, or one of a later archkit.
        """
        if not isinstance(told, Mapping) or told.get("version") != _VERSION:
            version = told.get("version") if isinstance(told, Mapping) else None
            raise ArchkitError(
                f"This is no performance matrix of version {_VERSION}.",
                why=f"Its version is {version!r}.",
                mend="Give what `as_json` wrote; read newer ones with a newer archkit.",
            )
        try:
            criteria = [
                Criterion(**without(c, "load"), load=Load(**c["load"]) if c.get("load") else None)
                for c in told["criteria"]
            ]
            preference = Preference.from_json(told["preference"])
            return cls(told["alternatives"], criteria, told["cells"], preference)
        except (KeyError, TypeError, AttributeError) as error:
            raise ArchkitError(
                "A stored performance matrix cannot be read.",
                why=f"It lacks a part, or has one too many: {error}.",
                mend="Give what `as_json` wrote, unchanged.",
            ) from error

    def _row(self, name: str) -> int:
        return place_of("alternative", name, self.alternatives)

    def _column(self, name: str) -> int:
        return place_of("criterion", name, tuple(criterion.name for criterion in self.criteria))


def _fill(worth: Floats, cell: Cell, criterion: Criterion, stream: np.random.Generator) -> None:
    """Draw a cell, in blocks that stay in the processor's cache."""
    low, high = cell.ends(criterion)
    beyond = low < criterion.low or high > criterion.high
    zero, span = criterion.figure(0.0), criterion.figure(1.0) - criterion.figure(0.0)
    for begin in range(0, len(worth), _BLOCK):
        block = worth[begin : begin + _BLOCK]
        figures = cell.draw(stream, len(block), criterion)
        figures -= zero
        np.divide(figures, span, out=block)
        if beyond:
            np.clip(block, 0.0, 1.0, out=block)


def _mean_value(cell: Cell, criterion: Criterion) -> float:
    low, high = cell.ends(criterion)
    if criterion.low <= low and high <= criterion.high:
        return float(criterion.value(cell.mean(criterion)))
    # Beyond the scale a figure counts as its end: the mean of what figures are worth is then not
    # what their mean is worth.
    return float(criterion.value(cell.quantile(_MIDDLES, criterion)).mean())
