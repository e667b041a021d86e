"""What is known of one alternative under one criterion: a figure, a range, a rate, or nothing."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from archkit.errors import ArchkitError
from archkit.plain import missing
from archkit.tradeoffs.beta_table import beta_quantiles
from archkit.tradeoffs.criterion import Criterion, Floats, Load, finite

__all__ = ["PROVENANCES", "Cell", "Grade", "Interval", "Known", "Rate", "Unknown", "cell_of"]

PROVENANCES = ("", "measured", "observed", "reported", "simulated", "stated")
"""Where a cell's figure may come from; "" is not said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell(ABC):
    """What is known of one alternative under one criterion; a distribution on its scale.

    Parameters
    ----------
    provenance
        One of `PROVENANCES`; several, joined by " + ".
    note
        What stands behind it, such as "n 38".
    load
        How this figure changes with load; None leaves it to the criterion.
    """

    kind: ClassVar[str]
    provenance: str = ""
    note: str = ""
    load: Load | None = None

    def __post_init__(self) -> None:
        strange = [p for p in self.provenance.split(" + ") if p not in PROVENANCES]
        if strange:
            raise ArchkitError(
                f"A cell's provenance is {self.provenance!r}.",
                why="Figures are shown by where they come from.",
                mend=f"Give one of: {', '.join(PROVENANCES[1:])}.",
            )

    @abstractmethod
    def mean(self, criterion: Criterion) -> float:
        """Return the expected figure, on the criterion's scale."""

    @abstractmethod
    def quantile(self, q: ArrayLike, criterion: Criterion) -> Floats:
        """Return the figure that is not exceeded with probability q (0 to 1)."""

    def draw(self, rng: np.random.Generator, n: int, criterion: Criterion) -> Floats:
        """Return n figures it may be, on the criterion's scale.

        Each takes one random number, as its quantile: what moves a little moves its draws a
        little, and draws made in parts are those made at once.
        """
        return self.quantile(rng.random(n), criterion)

    @property
    def sure(self) -> bool:
        """Whether it is one figure, without a spread."""
        return False

    def ends(self, criterion: Criterion) -> tuple[float, float]:
        """Return the lowest and the highest figure it can be."""
        low, high = self.quantile([0.0, 1.0], criterion)
        return float(low), float(high)

    def as_json(self) -> dict[str, Any]:
        """Return it in plain JSON: its kind, and the fields that are not as they are by default."""
        told: dict[str, Any] = {"kind": self.kind}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.default is MISSING or value != field.default:
                told[field.name] = _plain_load(value) if isinstance(value, Load) else value
        return told


@dataclass(frozen=True, slots=True)
class Known(Cell):
    """One figure, taken as it is."""

    kind: ClassVar[str] = "known"
    value: float

    def __post_init__(self) -> None:
        Cell.__post_init__(self)
        object.__setattr__(self, "value", finite(self.value, "A cell"))

    @property
    def sure(self) -> bool:
        """Whether it is one figure: yes."""
        return True

    def mean(self, criterion: Criterion) -> float:
        """Return the figure."""
        return self.value

    def quantile(self, q: ArrayLike, criterion: Criterion) -> Floats:
        """Return the figure, whatever q."""
        return np.full(np.shape(q), self.value)

    def draw(self, rng: np.random.Generator, n: int, criterion: Criterion) -> Floats:
        """Return the figure n times."""
        return np.full(n, self.value)


@dataclass(frozen=True, slots=True)
class Interval(Cell):
    """A figure from `low` to `high`: as likely anywhere, or likeliest at `mode` (a triangle)."""

    kind: ClassVar[str] = "interval"
    low: float
    high: float
    mode: float | None = None

    def __post_init__(self) -> None:
        Cell.__post_init__(self)
        for name in ("low", "high", "mode"):
            given = getattr(self, name)
            if name != "mode" or given is not None:
                object.__setattr__(self, name, finite(given, f"An interval's {name}"))
        middle = self.low if self.mode is None else self.mode
        if not self.low <= middle <= self.high or not math.isfinite(self.high - self.low):
            likeliest = "" if self.mode is None else f", likeliest {self.mode:g}"
            raise ArchkitError(
                f"An interval runs from {self.low:g} to {self.high:g}{likeliest}.",
                why="Its low end comes first, and the likeliest figure lies between the ends.",
                mend="Give low ≤ mode ≤ high, or no mode.",
            )

    @property
    def sure(self) -> bool:
        """Whether its ends are the same."""
        return self.low == self.high

    def mean(self, criterion: Criterion) -> float:
        """Return the middle; of a triangle, its centre of gravity."""
        if self.mode is None:
            return self.low / 2 + self.high / 2
        return self.low / 3 + self.mode / 3 + self.high / 3

    def quantile(self, q: ArrayLike, criterion: Criterion) -> Floats:
        """Return the figure that is not exceeded with probability q (0 to 1)."""
        return _triangle(np.asarray(q, dtype=float), self.low, self.mode, self.high)


@dataclass(frozen=True, slots=True)
class Rate(Cell):
    """A rate from evidence: Beta(1 + successes, 1 + uses − successes), 0 to 1.

    Both counts may be fractional: a reported rate is worth effective counts, never rounded.
    """

    kind: ClassVar[str] = "rate"
    successes: float
    uses: float

    def __post_init__(self) -> None:
        Cell.__post_init__(self)
        for name in ("successes", "uses"):
            object.__setattr__(self, name, finite(getattr(self, name), f"A rate's {name}"))
        if not 0 <= self.successes <= self.uses:
            raise ArchkitError(
                f"A rate has {self.successes:g} successes in {self.uses:g} uses.",
                why="Successes are some of the uses: from 0 to all of them.",
                mend="Give successes first, then uses; Rate.reported(0.95, 38) takes a rate.",
            )

    @classmethod
    def reported(cls, rate: float, uses: float, *, note: str = "") -> Rate:
        """Return a reported rate (0 to 1) of so many uses as effective counts, unrounded."""
        share, count = finite(rate, "A reported rate"), finite(uses, "A rate's uses")
        if not 0 <= share <= 1:
            raise ArchkitError(
                f"A reported rate is {share:g}.",
                why="A rate is a share of the uses, 0 to 1.",
                mend="Divide a percentage by 100.",
            )
        return cls(share * count, count, provenance="reported", note=note)

    @property
    def a(self) -> float:
        """First parameter of the Beta."""
        return 1 + self.successes

    @property
    def b(self) -> float:
        """Second parameter of the Beta."""
        return 1 + (self.uses - self.successes)

    def mean(self, criterion: Criterion) -> float:
        """Return the posterior mean."""
        return self.a / (self.a + self.b)

    def quantile(self, q: ArrayLike, criterion: Criterion) -> Floats:
        """Return the rate that is not exceeded with probability q (0 to 1)."""
        from scipy.special import betaincinv

        found: Floats = np.asarray(betaincinv(self.a, self.b, np.asarray(q, dtype=float)))
        return found

    def draw(self, rng: np.random.Generator, n: int, criterion: Criterion) -> Floats:
        """Return n rates it may be; see `beta_table.ERROR`."""
        return beta_quantiles(rng.random(n), self.a, self.b)


@dataclass(frozen=True, slots=True)
class Grade(Cell):
    """A place among `levels` ordered grades, 1 lowest on the scale; a step off either way.

    A judge's grade is taken as a triangle over its neighbours, so that 4 and 5 may yet be reversed
    and 3 and 5 hardly.
    """

    kind: ClassVar[str] = "grade"
    level: int
    levels: int = 5

    def __post_init__(self) -> None:
        Cell.__post_init__(self)
        for name in ("level", "levels"):
            number = finite(getattr(self, name), f"A grade's {name}")
            if number != int(number):
                raise ArchkitError(
                    f"A grade's {name} is {number:g}.",
                    why="Grades are counted in whole steps.",
                    mend="Give a whole number, or an Interval for what lies between.",
                )
            object.__setattr__(self, name, int(number))
        if self.levels < 2 or not 1 <= self.level <= self.levels:
            raise ArchkitError(
                f"Grade {self.level} of {self.levels} cannot be.",
                why="Grades run from 1 to the number of levels, of which there are two or more.",
                mend="Give a level from 1 to levels; `levels` is 5 by default.",
            )

    def mean(self, criterion: Criterion) -> float:
        """Return the expected figure, on the criterion's scale."""
        low, mode, high = self._corners(criterion)
        return low / 3 + mode / 3 + high / 3

    def quantile(self, q: ArrayLike, criterion: Criterion) -> Floats:
        """Return the figure that is not exceeded with probability q (0 to 1)."""
        return _triangle(np.asarray(q, dtype=float), *self._corners(criterion))

    def _corners(self, criterion: Criterion) -> tuple[float, float, float]:
        steps = self.levels - 1
        low, mode, high = (
            criterion.low * (1 - grade / steps) + criterion.high * (grade / steps)
            for grade in (max(self.level - 2, 0), self.level - 1, min(self.level, steps))
        )
        return low, mode, high


@dataclass(frozen=True, slots=True)
class Unknown(Cell):
    """Nobody knows: anything on the scale, as likely anywhere."""

    kind: ClassVar[str] = "unknown"

    def mean(self, criterion: Criterion) -> float:
        """Return the middle of the scale."""
        return criterion.low / 2 + criterion.high / 2

    def quantile(self, q: ArrayLike, criterion: Criterion) -> Floats:
        """Return the figure so far up the scale."""
        return _between(criterion.low, criterion.high, q)


_KINDS: dict[str, type[Cell]] = {k.kind: k for k in (Known, Interval, Rate, Grade, Unknown)}


def cell_of(given: Any, where: str = "A cell") -> Cell:
    """Return a cell of what a user types for it.

    A cell is itself; a number is `Known`; None, NaN and NA are `Unknown`; (low, high) and
    (low, mode, high) are an `Interval`; a mapping is what `as_json` gives.

    Raises
    ------
    ArchkitError
        If it is anything else, text above all; `where` names the cell.
    """
    if isinstance(given, Cell):
        return given
    if isinstance(given, Mapping):
        return _from_json(given, where)
    if isinstance(given, tuple | list) and len(given) in (2, 3):
        numbers = [finite(number, where) for number in given]
        return Interval(numbers[0], numbers[-1], numbers[1] if len(numbers) == 3 else None)
    return Unknown() if missing(given) else Known(finite(given, where))


def _from_json(told: Mapping[str, Any], where: str) -> Cell:
    parts = dict(told)
    kind = _KINDS.get(str(parts.pop("kind", "")))
    load = parts.pop("load", None)
    known = {field.name for field in fields(kind)} if kind else set()
    if kind is None or not parts.keys() <= known:
        raise ArchkitError(
            f"{where} is {dict(told)!r}.",
            why="No kind of cell reads so.",
            mend=f"Give a cell as `as_json` wrote it; its kind is one of: {', '.join(_KINDS)}.",
        )
    try:
        return kind(**parts, load=Load(**load) if load is not None else None)
    except TypeError as error:
        raise ArchkitError(
            f"{where} is {dict(told)!r}.",
            why=f"It lacks a part: {error}.",
            mend="Give a cell as `as_json` wrote it.",
        ) from error


def _plain_load(load: Load) -> dict[str, Any]:
    return {"exponent": load.exponent, "capacity": load.capacity}


def _between(low: float, high: float, share: ArrayLike) -> Floats:
    """Return what lies so far from low to high, each end met exactly."""
    at = np.asarray(share, dtype=float)
    met: Floats = np.asarray(np.subtract(1, at))
    met *= low
    met += high * at
    return met


def _triangle(q: Floats, low: float, mode: float | None, high: float) -> Floats:
    if mode is None or low == high:
        return _between(low, high, q)
    turn = (mode - low) / (high - low)
    # In place, for these are most of what a simulation takes.
    rise, fall = np.asarray(np.minimum(q, turn)), np.asarray(np.maximum(q, turn))
    rise *= turn
    np.sqrt(rise, out=rise)
    np.subtract(1, fall, out=fall)
    fall *= 1 - turn
    np.sqrt(fall, out=fall)
    np.subtract(1 - turn, fall, out=fall)
    rise += fall
    return _between(low, high, rise)
