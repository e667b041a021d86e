"""A performance matrix as it is shown: a table to read, and a table of cells to work with."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from archkit.markup import esc
from archkit.tradeoffs.cell import Cell, Grade, Interval, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.ladder import readings

if TYPE_CHECKING:
    from pandas import DataFrame

    from archkit.tradeoffs.matrix import PerformanceMatrix

__all__ = ["cell_text", "cells_frame", "direction", "matrix_html", "scale_text"]

_SIGNS = {
    **{"observed": "●", "measured": "■", "reported": "◇", "simulated": "△", "stated": "○"},
}
_INTERVAL = 0.9
_MOST_NOTE = 48


def cells_frame(matrix: PerformanceMatrix) -> DataFrame:
    """Return one row a cell, by alternative and then criterion.

    Returns
    -------
    DataFrame
        `alternative`, `criterion`, `kind` (known, interval, rate, grade, unknown), `mean`, `low`
        and `high` (the middle 90 %), in `unit`, on the criterion's scale; `value` (0 to 1, what
        the mean is worth, 1 is best); `provenance` and `note` ("" if not said).
    """
    import pandas as pd

    columns = ["alternative", "criterion", "kind", "mean", "low", "high", "unit", "value"]
    rows = []
    for name, row in zip(matrix.alternatives, matrix.cells, strict=True):
        for criterion, cell in zip(matrix.criteria, row, strict=True):
            mean, (low, high) = cell.mean(criterion), _middle(cell, criterion)
            worth = float(criterion.value(mean))
            told = [name, criterion.name, cell.kind, mean, low, high, criterion.unit, worth]
            rows.append([*told, cell.provenance, cell.note])
    return pd.DataFrame(rows, columns=[*columns, "provenance", "note"])


def direction(criterion: Criterion) -> str:
    """Say which way is better, with a sign."""
    return "↑ more is better" if criterion.objective == "max" else "↓ less is better"


def scale_text(criterion: Criterion) -> str:
    """Say from where to where its scale runs."""
    if criterion.unit == "" and (criterion.low, criterion.high) == (0, 1):
        return "0–100\u202f%"
    return f"{criterion.low:g}–{criterion.high:g}{_unit(criterion)}"


def cell_text(cell: Cell, criterion: Criterion) -> str:
    """Say what is known, in a few words with its unit; a rate always with its interval and n."""
    unit = _unit(criterion)
    if isinstance(cell, Unknown):
        return "unknown"
    if isinstance(cell, Rate):
        low, high = _middle(cell, criterion)
        shown = f"{100 * cell.mean(criterion):.0f}\u202f% ({100 * low:.0f}–{100 * high:.0f}\u202f%)"
        return f"{shown}, {cell.uses:.3g} effective uses"
    if isinstance(cell, Grade):
        return f"{cell.level} of {cell.levels}"
    if isinstance(cell, Interval):
        likeliest = "" if cell.mode is None else f", likeliest {_number(cell.mode)}"
        return f"{_number(cell.low)}–{_number(cell.high)}{unit}{likeliest}"
    mean = cell.mean(criterion)
    if criterion.unit == "" and (criterion.low, criterion.high) == (0, 1):
        return f"{_number(100 * mean)}\u202f%"
    return f"{_number(mean)}{unit}"


def matrix_html(matrix: PerformanceMatrix) -> str:
    """Return the matrix as an accessible table; every text of it is escaped.

    Criteria stand above with direction, scale and expected weight; each cell says what is known
    and where from; below it, what a reader must know of scales and gaps.
    """
    weights = matrix.preference.mean(matrix.criteria)
    pairs = zip(matrix.criteria, weights.tolist(), strict=True)
    heads = "".join(_head(matrix, criterion, weight) for criterion, weight in pairs)
    body = "".join(
        f'<tr><th scope="row">{esc(name)}</th>'
        + "".join(_cell(c, k) for c, k in zip(row, matrix.criteria, strict=True))
        + "</tr>"
        for name, row in zip(matrix.alternatives, matrix.cells, strict=True)
    )
    notes = "".join(f"<li>{esc(note)}</li>" for note in _notes(matrix))
    table = (
        f"<table aria-label='Performance matrix'>"
        f"<thead><tr><td>alternative</td>{heads}</tr></thead><tbody>{body}</tbody></table>"
    )
    return (
        f'<style>\n{_stylesheet()}</style><div class="archkit-matrix">'
        f"<p>{esc(_caption(matrix))}</p>"
        f'<div class="scroll" tabindex="0" role="region" aria-label="Performance matrix">{table}'
        f"</div>{f'<ul>{notes}</ul>' if notes else ''}</div>"
    )


def _caption(matrix: PerformanceMatrix) -> str:
    rows, columns = len(matrix.alternatives), len(matrix.criteria)
    unknown = len(matrix.unknown)
    gaps = f"{unknown} of {rows * columns} cells unknown" if unknown else "no cell unknown"
    told = matrix.preference.told()
    some = f"{rows} alternative{'' if rows == 1 else 's'}"
    return f"{some} by {columns} criteri{'on' if columns == 1 else 'a'}; {gaps}; {told}"


def _head(matrix: PerformanceMatrix, criterion: Criterion, weight: float) -> str:
    percent = 100 * weight
    weighs = "weight" if matrix.preference.exact else "weight about"
    return (
        f'<th scope="col"><span class="name">{esc(criterion.name)}</span>'
        f'<span class="about">{esc(direction(criterion))}</span>'
        f'<span class="about">scale {esc(scale_text(criterion))}</span>'
        f'<span class="about">{weighs} {percent:.0f}\u202f%</span>'
        f'<span class="share" aria-hidden="true"><span style="width:{percent:.0f}%"></span></span>'
        "</th>"
    )


def _cell(cell: Cell, criterion: Criterion) -> str:
    text = esc(cell_text(cell, criterion))
    if isinstance(cell, Unknown):
        text = f'<span class="unknown">{text}</span>'
    told = [f"{_SIGNS[p]} {p}" for p in cell.provenance.split(" + ") if p]
    folded = ""
    if len(cell.note) > _MOST_NOTE:
        folded = f"<details><summary>what is said</summary>{esc(cell.note)}</details>"
    elif cell.note:
        told.append(cell.note)
    origin = f'<span class="from">{esc(", ".join(told))}</span>' if told else ""
    return f"<td>{text}{origin}{folded}</td>"


def _notes(matrix: PerformanceMatrix) -> list[str]:
    about: dict[str, list[str]] = {}
    for criterion in matrix.criteria:
        if criterion.note:
            about.setdefault(criterion.note, []).append(criterion.name)
    notes = [f"{', '.join(names)}: {note}." for note, names in about.items()]
    if not matrix.preference.exact and len(matrix.criteria) > 1:
        notes.append("Weights are the mean of all that agree with what is said of them.")
    if matrix.preference.kind == "ladder":
        notes.append(readings(matrix, matrix.preference.chains[0]).told)
    if len(matrix.unknown) == len(matrix.alternatives) * len(matrix.criteria):
        notes.append("Nothing is known of any alternative: none can be preferred to another.")
    elif matrix.unknown:
        notes.append("What is unknown may be anything on its scale, as likely anywhere.")
    notes += [
        f"{alternative} reaches beyond the scale of {criterion}, and counts as its end there."
        for alternative, criterion in matrix.beyond_scale
    ]
    if len(matrix.alternatives) > 1:
        notes += [f"{name} is the same for all: it decides nothing." for name in matrix.constant]
    return notes


def _middle(cell: Cell, criterion: Criterion) -> tuple[float, float]:
    tail = (1 - _INTERVAL) / 2
    low, high = np.asarray(cell.quantile([tail, 1 - tail], criterion)).tolist()
    return low, high


def _unit(criterion: Criterion) -> str:
    return f"\u202f{criterion.unit}" if criterion.unit else ""


def _number(figure: float) -> str:
    """Three significant digits, and whole numbers in full."""
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"


@cache
def _stylesheet() -> str:
    return (files("archkit") / "library" / "matrix.css").read_text(encoding="utf-8")
