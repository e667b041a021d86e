"""What alternatives are judged by: a direction, a unit and a fixed, stated scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from archkit.errors import ArchkitError

__all__ = ["Criterion", "Floats", "Load", "Objective", "finite"]

Floats = NDArray[np.float64]
Objective = Literal["max", "min"]


def finite(number: Any, what: str) -> float:
    """Return the number as a float.

    Raises
    ------
    ArchkitError
        If it is text, a truth value, NaN or infinite; `what` says what it was for.
    """
    if isinstance(number, bool | np.bool_) or not isinstance(
        number, int | float | np.integer | np.floating
    ):
        raise ArchkitError(
            f"{what} is {number!r}, which is no number.",
            why="What is weighed is counted: text and truth values have no place on a scale.",
            mend="Give a number, a Grade for what can only be ordered, or Unknown().",
        )
    value = float(number)
    if not math.isfinite(value):
        raise ArchkitError(
            f"{what} is {value}.",
            why="A scale has two ends and every figure stands between them.",
            mend="Give a finite number, or Unknown() for a cell nobody knows.",
        )
    return value


@dataclass(frozen=True, slots=True)
class Load:
    """How a value changes when load grows: value × load^exponent, as far as capacity reaches.

    Parameters
    ----------
    exponent
        0: load changes nothing; 1: ten times the load is ten times the value; 0.5: its root.
    capacity
        Multiple of today's load up to which the alternative still serves, above 0; beyond it the
        value is the worst of the scale. None: no limit is known.
    """

    exponent: float = 1.0
    capacity: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "exponent", finite(self.exponent, "A load's exponent"))
        if self.capacity is None:
            return
        capacity = finite(self.capacity, "A load's capacity")
        object.__setattr__(self, "capacity", capacity)
        if capacity <= 0:
            raise ArchkitError(
                f"A capacity of {capacity:g} times today's load cannot be.",
                why="It would not serve even today.",
                mend="Give the multiple of today's load it bears, 1 or more as a rule.",
            )


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing alternatives are judged by.

    Parameters
    ----------
    name
        What it is called, unique in a matrix.
    objective
        "max" if more is better, "min" if less is.
    low, high
        The ends of its scale, in its unit: stated before looking at the alternatives, so that
        adding one never reorders the others. A value at the better end counts 1, at the other 0.
    unit
        "h", "ms", "USD" …; empty for rates and grades.
    load
        How its values change with load, if they do; a cell's own `load` goes before.
    note
        What a reader should know of it, such as where its scale is from.
    """

    name: str
    objective: Objective = "max"
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    load: Load | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ArchkitError(
                f"A criterion is called {self.name!r}.",
                why="Weights and cells are found by the criterion's name.",
                mend='Give it a name, such as "cost".',
            )
        if self.objective not in get_args(Objective):
            raise ArchkitError(
                f"The objective of {self.name!r} is {self.objective!r}.",
                why="A criterion is better either with more of it or with less.",
                mend='Give "max" (more is better) or "min" (less is better).',
            )
        for end in ("low", "high"):
            value = finite(getattr(self, end), f"The scale's {end} end of {self.name!r}")
            object.__setattr__(self, end, value)
        if not self.low < self.high or not math.isfinite(self.high - self.low):
            raise ArchkitError(
                f"The scale of {self.name!r} runs from {self.low:g} to {self.high:g}.",
                why="Values are read between its ends, so low must lie below high.",
                mend=(
                    "Give the lowest and the highest value that could matter; whether more is "
                    "better is said by `objective`, not by the order of the ends."
                ),
            )

    @property
    def span(self) -> float:
        """Length of the scale, in its unit."""
        return self.high - self.low

    def value(self, figure: ArrayLike) -> Floats:
        """Return what figures on the scale are worth: 0 to 1, 1 is best; beyond it, its end."""
        share = (np.asarray(figure, dtype=float) - self.low) / self.span
        worth: Floats = np.clip(share if self.objective == "max" else 1 - share, 0.0, 1.0)
        return worth

    def figure(self, value: float) -> float:
        """Return the figure on the scale that is worth so much (0 to 1)."""
        share = value if self.objective == "max" else 1 - value
        return self.low + share * self.span
