"""Rules to choose by: archkit's own query, as shipped, and those that others use.

Each follows `choices.Rule`, for all repetitions of a world at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from archkit.memory.choices import Rule, World
from archkit.memory.elsewhere import Contexts
from archkit.memory.learning import HALF_LIFE_DAYS, LEARNING_RATE, Evidence, beta_quantile
from archkit.memory.shelf import Shelf
from archkit.memory.truth import CONTEXTS
from archkit.records import Pattern

__all__ = ["OURS", "Counting", "Loom", "Shipped", "Thompson", "Uniform", "rules"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Truths = NDArray[np.bool_]

OURS = "archkit's query"

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_DAY_US = 86_400e6


class Shipped:
    """archkit's `Shelf.query(…, horizon=remaining choices)`: the first pattern that it names.

    Parameters
    ----------
    stated
        By repetition and pattern, the context that it says it is for (-1: none).
    horizon
        What to tell the query in place of the choices that remain.
    """

    _PORTION = 25  # repetitions to a shelf

    def __init__(self, stated: Whole, *, horizon: float | None = None) -> None:
        repetitions, self._patterns = stated.shape
        self._horizon = horizon
        firsts = range(0, repetitions, self._PORTION)
        self._parts = [range(n, min(n + self._PORTION, repetitions)) for n in firsts]
        self._shelves = [Shelf(_alternatives(part, stated), Evidence()) for part in self._parts]
        self._seen: list[tuple[Whole, Truths, Whole, float]] = []

    def choose(self, day: float, context: Whole, remaining: int) -> Whole:
        """Ask the query."""
        chosen = np.zeros(len(context), dtype=np.int64)
        for part, shelf in zip(self._parts, self._shelves, strict=True):
            taught = shelf.with_evidence(
                self._evidence(part, shelf, day), contexts=self._contexts(part, shelf, day)
            )
            for n in part:
                ranking = taught.query(
                    "",
                    {"tenancy": CONTEXTS[context[n]]},
                    kind=_kind(n),
                    limit=1,
                    horizon=self._horizon or remaining,
                )
                chosen[n] = _place(ranking[0].pattern.slug)
        return chosen

    def learn(self, chosen: Whole, success: Truths, day: float, context: Whole) -> None:
        """Keep the outcomes, to hand them to the shelf as evidence."""
        self._seen.append((chosen, success, context, day))

    def _evidence(self, part: range, shelf: Shelf, day: float) -> Evidence:
        if not self._seen:
            return Evidence()
        chosen, success, _, days = zip(*self._seen, strict=True)
        here = slice(part.start, part.stop)
        code = np.array(chosen)[:, here] + self._patterns * np.arange(len(part))
        age = ((day - np.array(days)) * _DAY_US).astype("timedelta64[us]")
        return Evidence.from_columns(
            shelf.slugs,
            code.ravel(),
            np.array(success)[:, here].ravel().astype(float),
            np.ones(code.size),
            ["simulated"],
            np.zeros(code.size, dtype=np.int64),
            seen_at=np.repeat(np.datetime64(_NOW.replace(tzinfo=None), "us") - age, len(part)),
            session=np.arange(code.size),
            now=_NOW,
        )

    def _contexts(self, part: range, shelf: Shelf, day: float) -> Contexts:
        """Sum the outcomes by context, as a memory does."""
        if not self._seen:
            return Contexts()
        chosen, success, context, days = zip(*self._seen, strict=True)
        here = slice(part.start, part.stop)
        code = np.array(chosen)[:, here] + self._patterns * np.arange(len(part))
        trials = np.exp2(-(day - np.array(days)) / HALF_LIFE_DAYS)[:, None] * np.ones(code.shape)
        good, where = np.array(success)[:, here], np.array(context)[:, here]
        sums = np.zeros((2, len(shelf), len(CONTEXTS)))
        for counted, its in zip(sums, (good, ~good), strict=True):
            np.add.at(counted, (code.ravel(), where.ravel()), (trials * its).ravel())
        whole = np.concatenate([sums.sum(axis=2, keepdims=True), sums], axis=2)
        values = (None, *CONTEXTS)
        return Contexts(
            [slug for slug in shelf.slugs for _ in values],
            ["tenancy"] * (len(shelf) * len(values)),
            list(values) * len(shelf),
            *whole.reshape(2, -1).tolist(),
        )


class Counting:
    """Successes and uses of each pattern, and a score of them that says which is first."""

    def __init__(
        self, repetitions: int, patterns: int, score: Callable[[Floats, Floats], Floats]
    ) -> None:
        self._good = np.zeros((repetitions, patterns))
        self._uses = np.zeros((repetitions, patterns))
        self._score = score

    def choose(self, day: float, context: Whole, remaining: int) -> Whole:
        """Take the highest score, the first of equals."""
        best: Whole = self._score(self._good, self._uses).argmax(axis=1)
        return best

    def learn(self, chosen: Whole, success: Truths, day: float, context: Whole) -> None:
        """Count."""
        rows = np.arange(len(chosen))
        self._uses[rows, chosen] += 1
        self._good[rows, chosen] += success


class Thompson(Counting):
    """Thompson sampling: a draw from each Beta(1 + successes, 1 + failures), the highest wins."""

    def __init__(self, repetitions: int, patterns: int, *, seed: int = 1) -> None:
        super().__init__(repetitions, patterns, self._drawn)
        self._rng = np.random.default_rng([seed, 7])

    def _drawn(self, good: Floats, uses: Floats) -> Floats:
        return self._rng.beta(1 + good, 1 + uses - good)


class Loom:
    """Loom's pattern weight: .4 rate + .3 e^(-days/30) + .15 min(n/100, 1) + .15 confidence.

    A pattern is born with rate .5, one use and confidence .3; a success multiplies the confidence
    by 1 + the learning rate (1 at most), a failure by 1 - the learning rate (.1 at least). Days
    count since its last use.
    """

    def __init__(self, repetitions: int, patterns: int, *, learning_rate: float) -> None:
        shape = (repetitions, patterns)
        self._rate, self._uses = np.full(shape, 0.5), np.ones(shape)
        self._confidence, self._last = np.full(shape, 0.3), np.zeros(shape)
        self._learning_rate = learning_rate

    def choose(self, day: float, context: Whole, remaining: int) -> Whole:
        """Take the highest weight, the first of equals."""
        weight = (
            0.4 * self._rate
            + 0.3 * np.exp(-(day - self._last) / 30)
            + 0.15 * np.minimum(self._uses / 100, 1)
            + 0.15 * self._confidence
        )
        best: Whole = weight.argmax(axis=1)
        return best

    def learn(self, chosen: Whole, success: Truths, day: float, context: Whole) -> None:
        """Move rate, count, confidence and last use as Loom does."""
        rows = np.arange(len(chosen))
        uses = self._uses[rows, chosen]
        self._rate[rows, chosen] = (self._rate[rows, chosen] * uses + success) / (uses + 1)
        self._uses[rows, chosen] = uses + 1
        step = self._learning_rate
        moved = self._confidence[rows, chosen] * np.where(success, 1 + step, 1 - step)
        self._confidence[rows, chosen] = np.clip(moved, 0.1, 1.0)
        self._last[rows, chosen] = day


class Uniform:
    """Any pattern, by lot."""

    def __init__(self, patterns: int, *, seed: int = 1) -> None:
        self._patterns = patterns
        self._rng = np.random.default_rng([seed, 11])

    def choose(self, day: float, context: Whole, remaining: int) -> Whole:
        """Draw."""
        return self._rng.integers(0, self._patterns, size=len(context))

    def learn(self, chosen: Whole, success: Truths, day: float, context: Whole) -> None:
        """Learn nothing."""


def rules(world: World, *, seed: int = 1) -> dict[str, Rule]:
    """Return fresh rules for a world by name, archkit's first."""
    _, repetitions, patterns = world.shape

    def count(score: Callable[[Floats, Floats], Floats]) -> Counting:
        return Counting(repetitions, patterns, score)

    return {
        OURS: Shipped(world.stated),
        "Thompson sampling": Thompson(repetitions, patterns, seed=seed),
        "highest raw rate": count(_raw_rate),
        "5 % bound": count(_cautious),
        "Loom's weight, .1": Loom(repetitions, patterns, learning_rate=0.1),
        "Loom's weight, .8": Loom(repetitions, patterns, learning_rate=0.8),
        "most used": count(lambda good, uses: uses),
        "uniform": Uniform(patterns, seed=seed),
    }


def _raw_rate(good: Floats, uses: Floats) -> Floats:
    """Successes by uses; one half where there are no uses."""
    return np.where(uses > 0, good / np.maximum(uses, 1), 0.5)


def _cautious(good: Floats, uses: Floats) -> Floats:
    return beta_quantile(0.05, 1 + LEARNING_RATE * good, 1 + LEARNING_RATE * (uses - good))


def _alternatives(part: range, stated: Whole) -> list[Pattern]:
    return [
        Pattern(
            slug=_slug(n, k),
            name=_slug(n, k),
            kind=_kind(n),
            context={"tenancy": CONTEXTS[said]} if said >= 0 else {},
            status="active",
        )
        for n in part
        for k, said in enumerate(stated[n].tolist())
    ]


def _kind(n: int) -> str:
    return f"choice-{n}"


def _slug(n: int, k: int) -> str:
    return f"p{k}-{n}"


def _place(slug: str) -> int:
    return int(slug[1 : slug.index("-")])
