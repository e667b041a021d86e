"""How much each criterion matters, said as exactly as one knows it and no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from archkit.errors import ArchkitError
from archkit.records import LADDER
from archkit.tradeoffs.criterion import Criterion, Floats, finite
from archkit.tradeoffs.ordering import Ordering
from archkit.tradeoffs.simplex import (
    any_weights,
    boxed_weights,
    ordered_weights,
    rank_order_weights,
)

__all__ = ["Kind", "Preference"]

Kind = Literal["none", "order", "intervals", "weights", "swing", "ladder"]

_MEAN_DRAWS = 20_000
_MEAN_SEED = 1


@dataclass(frozen=True, slots=True)
class Preference:
    """What is said of the criteria's weights; made by the methods named as `kind` is.

    A weight is what going from the worse to the better end of a criterion's scale is worth beside
    all others; weights are 0 to 1 and sum to 1. `chains` are orders, the most important first;
    `bounds` are a name with the least and the most of its weight or points.
    """

    kind: Kind = "none"
    chains: tuple[tuple[str, ...], ...] = ()
    bounds: tuple[tuple[str, float, float], ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ArchkitError(
                f"A preference is of the kind {self.kind!r}.",
                why="That is none of the ways weights can be said in.",
                mend=f"Use one of: {', '.join(get_args(Kind))}.",
            )
        if self.kind in ("order", "ladder"):
            _refuse_empty(self.kind, [name for chain in self.chains for name in chain])
            for chain in self.chains:
                _refuse_twice(chain)
            Ordering(self.chains)
        elif self.kind != "none":
            _refuse_empty(self.kind, self.bounds)
            _refuse_twice([name for name, _, _ in self.bounds])
            self._refuse_bounds()

    @classmethod
    def none(cls) -> Preference:
        """Nothing is said: every weighting is as likely as any other."""
        return cls()

    @classmethod
    def order(cls, names: Sequence[str], *more: Sequence[str]) -> Preference:
        """Each name weighs at least as much as those after it; of how much nothing is said.

        Criteria that are not named are free. More chains may be given, as in
        ``order(["cost", "speed"], ["security", "speed"])``; together they must not go in a circle.
        """
        return cls("order", tuple(_names(chain) for chain in (names, *more)))

    @classmethod
    def intervals(cls, bounds: Mapping[str, Sequence[float]]) -> Preference:
        """Each weight lies between two shares of the whole (0 to 1); those not named are free."""
        return cls("intervals", bounds=tuple((str(n), *_pair(n, b)) for n, b in bounds.items()))

    @classmethod
    def weights(cls, weights: Mapping[str, float]) -> Preference:
        """Exact weights of all criteria, in any unit: they are divided by their sum."""
        return cls("weights", bounds=tuple((str(n), *_pair(n, w)) for n, w in weights.items()))

    @classmethod
    def swing(cls, points: Mapping[str, float | Sequence[float]]) -> Preference:
        """Points for the swing of each criterion from its worse to its better end.

        The swing that matters most usually gets 100 and each other its part of it; a pair of
        points says that it lies between them.
        """
        return cls("swing", bounds=tuple((str(n), *_pair(n, p)) for n, p in points.items()))

    @classmethod
    def ladder(cls, names: Sequence[str] = LADDER) -> Preference:
        """Rungs in order, by default the reference card's; criteria not among them weigh nothing.

        This is the ladder read as rank-order weights; `ladder.readings` sets the other reading,
        rung by rung, beside it. Rungs that a matrix has no criterion for are left out.
        """
        return cls("ladder", (_names(names),))

    def draw(self, rng: np.random.Generator, n: int, criteria: Sequence[Criterion]) -> Floats:
        """Return n rows of weights (0 to 1, each row sums to 1), a column a criterion.

        Raises
        ------
        ArchkitError
            If it names a criterion there is not, or exact weights leave one out.
        """
        names = self._known(criteria)
        if self.kind == "none":
            return any_weights(rng, n, len(names))
        if self.kind == "order":
            ordering = Ordering(self.chains)
            places = [names.index(name) for name in ordering.names]
            return ordered_weights(rng, n, len(names), places, ordering.ranks(rng, n))
        if self.kind == "ladder":
            places = self._rungs(names)
            drawn = np.zeros((n, len(names)))
            falling = any_weights(rng, n, len(places))
            drawn[:, places] = -np.sort(-falling, axis=1)
            return drawn
        low, high = self._ends(names)
        if self.kind == "intervals":
            return boxed_weights(rng, n, low, high)
        points = np.repeat(low[None, :], n, axis=0)
        spread = np.flatnonzero(high > low)
        points[:, spread] += (high - low)[spread] * rng.random((n, len(spread)))
        points /= points.sum(axis=1, keepdims=True)
        return points

    def mean(self, criteria: Sequence[Criterion]) -> Floats:
        """Return the expected weights, which sum to 1; raises as `draw` does.

        Exact, save for intervals and for swings of uncertain points: there it is the mean of
        20,000 draws with a seed of its own, the same every time.
        """
        names = self._known(criteria)
        if self.kind == "none":
            return np.full(len(names), 1 / len(names))
        if self.kind == "order":
            ordering = Ordering(self.chains)
            count = len(ordering.names)
            weights = np.full(len(names), 1 / len(names))
            share = count / len(names)
            by_name = ordering.rank_chances() @ rank_order_weights(count)
            weights[[names.index(name) for name in ordering.names]] = share * by_name
            return weights
        if self.kind == "ladder":
            places = self._rungs(names)
            weights = np.zeros(len(names))
            weights[places] = rank_order_weights(len(places))
            return weights
        if self.exact:
            points = self._ends(names)[0]
            return np.asarray(points / points.sum())
        drawn = self.draw(np.random.default_rng(_MEAN_SEED), _MEAN_DRAWS, criteria)
        mean: Floats = drawn.mean(axis=0)
        return np.asarray(mean / mean.sum())

    def refuse_misfit(self, criteria: Sequence[Criterion]) -> None:
        """Refuse criteria that it cannot be said of; raises as `draw` does."""
        names = self._known(criteria)
        if self.kind == "ladder":
            self._rungs(names)
        elif self.kind == "intervals":
            self._ends(names)

    @property
    def exact(self) -> bool:
        """Whether it leaves one weighting only."""
        return self.kind in ("weights", "swing") and all(
            low == high for _, low, high in self.bounds
        )

    def told(self) -> str:
        """Return it in a few words, for a caption."""
        chains = "; ".join(" > ".join(chain) for chain in self.chains)
        spans = ", ".join(
            f"{name} {low:g}" if low == high else f"{name} {low:g}–{high:g}"
            for name, low, high in self.bounds
        )
        return {
            "none": "nothing said of the weights",
            "order": f"order only: {chains}",
            "ladder": f"ladder as rank-order weights: {chains}",
            "intervals": f"weights between: {spans}",
            "weights": f"weights: {spans}",
            "swing": f"swing points: {spans}",
        }[self.kind]

    def as_json(self) -> dict[str, Any]:
        """Return it in plain JSON, exactly."""
        return {
            "kind": self.kind,
            "chains": [list(chain) for chain in self.chains],
            "bounds": [list(bound) for bound in self.bounds],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Preference:
        """Return the preference that `as_json` wrote.

        Raises
        ------
        ArchkitError
            If it is none.
        """
        try:
            chains = tuple(_names(chain) for chain in told["chains"])
            bounds = tuple((str(n), *_pair(n, (a, b))) for n, a, b in told["bounds"])
            return cls(told["kind"], chains, bounds)
        except (KeyError, TypeError, ValueError) as error:
            raise ArchkitError(
                f"{told!r:.200} is no preference.",
                why=f"It lacks a part, or one of its parts is of another kind: {error}.",
                mend="Give what `as_json` wrote.",
            ) from error

    def _known(self, criteria: Sequence[Criterion]) -> list[str]:
        names = [criterion.name for criterion in criteria]
        said = [n for chain in self.chains for n in chain] + [n for n, _, _ in self.bounds]
        strange = [] if self.kind == "ladder" else [name for name in said if name not in names]
        if strange:
            raise ArchkitError(
                f"The preference names {strange[0]!r}, which is no criterion.",
                why=f"The criteria are: {', '.join(names)}.",
                mend="Mend the name, add the criterion to the matrix, or say another preference.",
            )
        unsaid = [name for name in names if name not in said]
        if unsaid and self.kind in ("weights", "swing"):
            raise ArchkitError(
                f"The {self.kind} leave out {unsaid[0]!r}.",
                why="Exact weights are shares of the whole, so each criterion needs one.",
                mend="Give it a weight, 0 if it shall not count.",
            )
        return names

    def _rungs(self, names: list[str]) -> list[int]:
        places = [names.index(name) for name in self.chains[0] if name in names]
        if not places:
            raise ArchkitError(
                "The ladder has no rung among the criteria.",
                why=f"It has {', '.join(self.chains[0])}; the criteria are {', '.join(names)}.",
                mend="Add a criterion for a rung, or give the ladder's names.",
            )
        return places

    def _ends(self, names: list[str]) -> tuple[Floats, Floats]:
        by_name = {name: (low, high) for name, low, high in self.bounds}
        ends = np.array([by_name.get(name, (0.0, 1.0)) for name in names])
        low, high = ends[:, 0], ends[:, 1]
        if self.kind == "intervals" and high.sum() < 1 - 1e-9:
            raise ArchkitError(
                f"The weights can sum to {high.sum():g} at most.",
                why="Weights are shares of the whole and sum to 1; the upper bounds forbid it.",
                mend="Raise an upper bound.",
            )
        return low, high

    def _refuse_bounds(self) -> None:
        for name, low, high in self.bounds:
            if low < 0:
                raise ArchkitError(
                    f"The weight of {name!r} is {low:g}.",
                    why="A criterion that counts against itself is one whose objective is wrong.",
                    mend='Give 0 or more; turn the criterion\'s objective ("max", "min") instead.',
                )
            if low > high:
                raise ArchkitError(
                    f"The weight of {name!r} lies between {low:g} and {high:g}.",
                    why="The lower bound is above the upper one.",
                    mend="Give the lower bound first.",
                )
        least, most = sum(low for _, low, _ in self.bounds), sum(high for *_, high in self.bounds)
        if self.kind == "intervals":
            if any(high > 1 for _, _, high in self.bounds) or least > 1 + 1e-9:
                raise ArchkitError(
                    f"The weights would sum to {least:g} at least, one of them to "
                    f"{max(high for _, _, high in self.bounds):g} at most.",
                    why="Bounds are shares of the whole, 0 to 1; the lower ones sum to 1 at most.",
                    mend="Lower the bounds, or use `swing` for points.",
                )
        elif most <= 0:
            raise ArchkitError(
                "All weights are zero.",
                why="Then no criterion counts, and no alternative can be better.",
                mend="Give at least one criterion a weight above 0.",
            )


def _names(chain: Sequence[str]) -> tuple[str, ...]:
    if isinstance(chain, str):
        return tuple(part.strip() for part in chain.split(">"))
    return tuple(str(name) for name in chain)


def _pair(name: str, given: Any) -> tuple[float, float]:
    pair = tuple(given) if isinstance(given, tuple | list) else (given, given)
    if len(pair) != 2:
        raise ArchkitError(
            f"The weight of {name!r} is {given!r}.",
            why="A weight is one number, or a lower and an upper bound.",
            mend="Give a number or (low, high).",
        )
    low, high = (finite(part, f"The weight of {name!r}") for part in pair)
    return low, high


def _refuse_empty(kind: str, said: Sequence[Any]) -> None:
    if not said:
        raise ArchkitError(
            f"A preference by {kind} names no criterion.",
            why="It would say nothing.",
            mend="Name the criteria, or use Preference.none().",
        )


def _refuse_twice(names: Sequence[str]) -> None:
    twice = [name for n, name in enumerate(names) if name in names[:n]]
    if twice:
        raise ArchkitError(
            f"{twice[0]!r} is named twice: {' > '.join(names)}.",
            why="A criterion has one weight and one place in an order.",
            mend="Name it once.",
        )
