"""What is being explored: the matrix, the weights and how firmly they are meant, the load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise, product
from types import MappingProxyType
from typing import Any

from archkit.errors import SessionError
from archkit.tradeoffs.load import what_if
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.preference import Preference

__all__ = ["READINGS", "Explored", "first_state"]

READINGS = ("exact", "about", "order", "none", "given")
"""How weights are meant: exactly so, within a fifth, their order only, not at all, as handed in."""

_ABOUT = 0.2
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Explored:
    """What an explorer stands at; immutable, and whole: everything shown follows from it.

    Parameters
    ----------
    matrix
        Alternatives, criteria and cells, at today's load.
    points
        By criterion, how much its swing from worst to best matters, 0 to 100.
    reading
        One of `READINGS`.
    given
        The preference handed in, for the reading ``given``.
    locked
        By criterion, weights (0 to 1) that moving another leaves alone.
    load
        Multiple of today's load.
    draws, seed
        Of the simulation.
    """

    matrix: PerformanceMatrix
    points: Mapping[str, float]
    reading: str = "about"
    given: Preference = field(default_factory=Preference.none)
    locked: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    load: float = 1.0
    draws: int = 20_000
    seed: int = 1

    @property
    def weights(self) -> dict[str, float]:
        """By criterion, its weight: 0 to 1, together 1; the locked stay, the others share the rest.

        Raises
        ------
        SessionError
            No criterion counts.
        """
        free = {name: points for name, points in self.points.items() if name not in self.locked}
        rest, total = max(1 - sum(self.locked.values()), 0.0), sum(free.values())
        if total <= 0 and (rest > 1e-9 or not self.locked):
            raise SessionError(
                "No criterion counts.",
                why="All the points that are not locked are zero.",
                mend="Move one of the sliders up, or unlock one.",
            )
        shared = {
            name: rest * points / total if total > 0 else 0.0 for name, points in free.items()
        }
        return {name: self.locked.get(name, shared.get(name, 0.0)) for name in self.points}

    @property
    def preference(self) -> Preference:
        """What is said of the weights, as the reading means it."""
        if self.reading == "given":
            return self.given
        if self.reading == "none":
            return Preference.none()
        weights = self.weights
        if self.reading == "exact":
            return Preference.weights(weights)
        if self.reading == "order":
            return _ordered(weights)
        if not self.locked:
            return Preference.swing({name: _points_around(p) for name, p in self.points.items()})
        return Preference.intervals(
            {name: _around(weight, name in self.locked) for name, weight in weights.items()}
        )

    @property
    def loaded(self) -> PerformanceMatrix:
        """The matrix as it would be under the load."""
        return (
            self.matrix
            if self.load == 1
            else what_if(self.matrix, self.load, self.preference).matrix
        )

    @property
    def bears_load(self) -> bool:
        """Whether any figure changes with load."""
        stated = any(criterion.load is not None for criterion in self.matrix.criteria)
        return stated or any(cell.load is not None for row in self.matrix.cells for cell in row)

    def moved(self, criterion: str, points: float) -> Explored:
        """Return it with other points; said so, weights count again where they did not."""
        reading = "about" if self.reading in ("none", "given") else self.reading
        return replace(self, points={**self.points, criterion: float(points)}, reading=reading)

    def lock(self, criterion: str, on: bool) -> Explored:
        """Return it with a weight held where it is, or let go with the points that it then has."""
        weights = self.weights
        locked = {name: weight for name, weight in self.locked.items() if name != criterion}
        if on:
            return replace(self, locked={**locked, criterion: weights[criterion]})
        return replace(self, locked=locked)

    def as_json(self) -> dict[str, Any]:
        """Return it in plain JSON, exactly: `from_json` gives an equal one."""
        return {
            "version": _VERSION,
            "matrix": self.matrix.as_json(),
            "preference": self.preference.as_json(),
            "points": dict(self.points),
            "reading": self.reading,
            "given": self.given.as_json(),
            "locked": dict(self.locked),
            "load": self.load,
            "draws": self.draws,
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Explored:
        """Return what `as_json` wrote.

        Raises
        ------
        SessionError
            It is none.
        """
        try:
            if told["version"] != _VERSION or told["reading"] not in READINGS:
                raise ValueError(f"version {told['version']}, reading {told['reading']!r}")
            return cls(
                PerformanceMatrix.from_json(told["matrix"]),
                {str(name): float(points) for name, points in told["points"].items()},
                reading=told["reading"],
                given=Preference.from_json(told["given"]),
                locked={str(name): float(weight) for name, weight in told["locked"].items()},
                load=float(told["load"]),
                draws=int(told["draws"]),
                seed=int(told["seed"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise SessionError(
                "This record holds no exploration that can be reopened.",
                why=f"It lacks a part, or was written by another version: {error}.",
                mend="Explore the matrix anew, and save it as a decision.",
            ) from error


def first_state(
    matrix: PerformanceMatrix, preference: Preference | None, *, draws: int, seed: int
) -> Explored:
    """Return where exploring a matrix begins.

    Parameters
    ----------
    matrix
        What is explored.
    preference
        What is said of the weights; by default what the matrix says itself.
    draws, seed
        Of the simulation.
    """
    said = matrix.preference if preference is None else preference
    mean = said.mean(matrix.criteria).tolist()
    top = max(mean)
    names = [criterion.name for criterion in matrix.criteria]
    points = {name: round(100 * weight / top) for name, weight in zip(names, mean, strict=True)}
    reading = "none" if said.kind == "none" else "given"
    return Explored(matrix, points, reading=reading, given=said, draws=draws, seed=seed)


def _points_around(points: float) -> tuple[float, float]:
    return points * (1 - _ABOUT), points * (1 + _ABOUT)


def _around(weight: float, locked: bool) -> tuple[float, float]:
    room = 0.0 if locked else _ABOUT
    return max(weight * (1 - room), 0.0), min(weight * (1 + room), 1.0)


def _ordered(weights: Mapping[str, float]) -> Preference:
    """Say which weighs more than which; of equal ones nothing is said."""
    tiers = [
        [name for name, weight in weights.items() if weight == height]
        for height in sorted(set(weights.values()), reverse=True)
    ]
    if all(len(tier) == 1 for tier in tiers):
        return Preference.order([name for tier in tiers for name in tier])
    chains = [pair for upper, lower in pairwise(tiers) for pair in product(upper, lower)]
    return Preference.order(*chains) if chains else Preference.none()
