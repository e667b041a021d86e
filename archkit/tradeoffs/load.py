"""What becomes of the choice when load grows: the reference card's "10x the initial load".

Only what declares how it depends on load (`Load` of a cell or a criterion) moves: a figure is
multiplied by load^exponent, and an alternative past its capacity gets the worst of the scale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from archkit.errors import ArchkitError
from archkit.tradeoffs.cell import Cell, Interval, Known, Unknown
from archkit.tradeoffs.criterion import Criterion, Load, finite
from archkit.tradeoffs.values import expected_values

if TYPE_CHECKING:
    from archkit.tradeoffs.matrix import PerformanceMatrix
    from archkit.tradeoffs.preference import Preference

__all__ = ["WhatIf", "what_if"]


@dataclass(frozen=True, eq=False, repr=False)
class WhatIf:
    """The matrix under another load, and what is different.

    Attributes
    ----------
    matrix
        The same alternatives and criteria, with the figures of that load.
    load
        Multiple of today's load.
    changes
        One row a load-dependent cell: `alternative`; `criterion`; `unit`; `before` and `after`,
        the expected figures; `over_capacity`; `beyond_scale`, whether the figure lies beyond the
        scale's worse or better end and so counts as that end.
    leader_before, leader_after
        The alternative of the highest expected value, today and under that load.
    """

    matrix: PerformanceMatrix
    load: float
    changes: pd.DataFrame
    leader_before: str
    leader_after: str

    @property
    def over_capacity(self) -> tuple[str, ...]:
        """The alternatives that do not bear that load."""
        return tuple(dict.fromkeys(self.changes.loc[self.changes["over_capacity"], "alternative"]))

    @property
    def finding(self) -> str:
        """What the load does to the choice, in at most three sentences."""
        times = f"{self.load:g} × today's load"
        if self.changes.empty:
            return f"No figure is declared to depend on load: {times} changes nothing here."
        kept = self.leader_after == self.leader_before
        told = [
            f"At {times} {self.leader_after} {'still leads' if kept else 'leads'}"
            f"{'' if kept else f' instead of {self.leader_before}'}."
        ]
        if self.over_capacity:
            told.append(f"Past their capacity: {', '.join(self.over_capacity)}.")
        beyond = self.changes[self.changes["beyond_scale"]]
        if len(beyond):
            names = ", ".join(dict.fromkeys(beyond["criterion"]))
            told.append(f"Figures beyond the scale count as its end: {names}.")
        return " ".join(told)

    def __repr__(self) -> str:
        return f"WhatIf({self.finding})"


def what_if(matrix: PerformanceMatrix, load: float, preference: Preference | None = None) -> WhatIf:
    """Work out the figures under another load, from those of today.

    Parameters
    ----------
    matrix
        Figures as they are today, at load 1.
    load
        Multiple of today's load, above 0; 10 asks the reference card's question.
    preference
        What is known of the weights, for who leads; the matrix's own by default.

    Raises
    ------
    ArchkitError
        If the load is no positive number, or a rate or a grade is declared to grow with load: what
        grows without end is no rate.
    """
    times = finite(load, "A load")
    if times <= 0:
        raise ArchkitError(
            f"A load of {load:g} times today's cannot be.",
            why="Load is compared with today's, which is 1.",
            mend="Give a positive multiple, such as load=10.",
        )
    rows, cells = [], {}
    for alternative in matrix.alternatives:
        for criterion in matrix.criteria:
            cell = matrix.cell(alternative, criterion.name)
            rule = criterion.load if cell.load is None else cell.load
            if rule is None or (rule.exponent == 0 and rule.capacity is None):
                continue
            over = rule.capacity is not None and times > rule.capacity
            after = (
                _worst(criterion, rule, times)
                if over
                else _scaled(cell, criterion, alternative, rule, times)
            )
            cells[alternative, criterion.name] = after
            figures = cell.mean(criterion), after.mean(criterion)
            beyond = not criterion.low <= figures[1] <= criterion.high
            rows.append((alternative, criterion.name, criterion.unit, *figures, over, beyond))
    columns = ["alternative", "criterion", "unit", "before", "after"]
    changed = matrix.replace(cells=cells)
    return WhatIf(
        matrix=changed,
        load=times,
        changes=pd.DataFrame(rows, columns=[*columns, "over_capacity", "beyond_scale"]),
        leader_before=str(expected_values(matrix, preference).idxmax()),
        leader_after=str(expected_values(changed, preference).idxmax()),
    )


def _worst(criterion: Criterion, rule: Load, times: float) -> Cell:
    note = f"past its capacity of {rule.capacity:g} × today's load"
    return Known(criterion.figure(0.0), note=note, load=_left(rule, times))


def _scaled(cell: Cell, criterion: Criterion, alternative: str, rule: Load, times: float) -> Cell:
    factor, left = times**rule.exponent, _left(rule, times)
    if factor == 1 or isinstance(cell, Unknown):
        return replace(cell, load=left)
    note = f"{cell.note}; at {times:g} × today's load".removeprefix("; ")
    if isinstance(cell, Known):
        return replace(cell, value=cell.value * factor, note=note, load=left)
    if isinstance(cell, Interval):
        low, high = sorted((cell.low * factor, cell.high * factor))
        mode = None if cell.mode is None else cell.mode * factor
        return replace(cell, low=low, high=high, mode=mode, note=note, load=left)
    raise ArchkitError(
        f"{criterion.name!r} of {alternative!r} is a {cell.kind} and declared to grow with load.",
        why=f"Times {factor:.3g} it would be no {cell.kind} any more.",
        mend="Give the cell an Interval, or its own Load(exponent=0, capacity=…).",
    )


def _left(rule: Load, times: float) -> Load:
    """Return the rule as seen from the new load, so that loads upon loads come out right."""
    capacity = None if rule.capacity is None else rule.capacity / times
    return Load(exponent=rule.exponent, capacity=capacity)
