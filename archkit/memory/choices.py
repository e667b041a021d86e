"""Repeated choices in made-up worlds whose rates are known: what choosing by each rule costs.

A world holds, for every choice to come, the true rate of each pattern and the luck of the draw, so
that all rules meet the same fortune: what differs between two of them is the rule. Regret is the
best pattern's rate less the chosen one's, added up over the choices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["WORLDS", "Rule", "World", "draw_world", "earlier_choices", "regrets"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

WORLDS = ("stationary", "drifting", "context-dependent", "context stated")
"""Rates that stay; that change at some date, half of them; that differ between two contexts, half
of them; that are lower outside the one context that the pattern says it is for."""

PATTERNS = 6
YEAR_DAYS = 365.0
_RATES = (6.0, 2.0)
_MISFIT = 0.6


@dataclass(frozen=True, slots=True)
class World:
    """Choices to come, many times over: axes are the choice, the repetition, the pattern.

    `rates` are the true success rates (0–1), `luck` uniform draws: a use succeeds where luck is
    below the rate. `context` (choice, repetition) numbers the context of each choice, `stated`
    (repetition, pattern) the one that a pattern says it is for, -1 for none. `day` is when each
    choice is made, in days from the first one's eve.
    """

    kind: str
    rates: Floats
    luck: Floats
    context: Whole
    stated: Whole
    day: Floats

    @property
    def shape(self) -> tuple[int, int, int]:
        """How many choices, repetitions, patterns."""
        choices, repetitions, patterns = self.rates.shape
        return choices, repetitions, patterns


class Rule(Protocol):
    """A way of choosing, for all repetitions at once."""

    def choose(self, day: float, context: Whole, remaining: int) -> Whole:
        """Choose a pattern in each repetition, with so many choices to come, this one included."""
        ...

    def learn(self, chosen: Whole, success: NDArray[np.bool_], day: float, context: Whole) -> None:
        """Take in how the chosen patterns did."""
        ...


def draw_world(
    kind: str,
    *,
    choices: int,
    repetitions: int,
    seed: int = 1,
    patterns: int = PATTERNS,
    span_days: float = YEAR_DAYS,
) -> World:
    """Draw a world.

    Parameters
    ----------
    kind
        One of `WORLDS`. Rates are drawn from Beta(6, 2). Drifting: each pattern's rate is drawn
        anew with probability one half, at a date of its own. Context-dependent: every choice comes
        in one of two contexts, and each pattern's rate in the second is drawn anew with
        probability one half. Context stated: every pattern says which of the two it is for, and in
        the other its rate is 0.6 of what it is there.
    choices, repetitions
        How many choices follow one another, and how often all of it is repeated.
    seed
        The same number gives the same world.
    patterns
        How many there are to choose from.
    span_days
        The time the choices are spread over evenly.
    """
    if kind not in WORLDS:
        raise ValueError(f"A world is one of {', '.join(WORLDS)}, not {kind!r}.")
    if min(choices, repetitions, patterns) < 1:
        raise ValueError("A world has at least one choice, one repetition and one pattern.")
    rng = np.random.default_rng([seed, WORLDS.index(kind), choices])
    shape = (choices, repetitions, patterns)
    one, other = rng.beta(*_RATES, size=(2, repetitions, patterns))
    anew = rng.random((repetitions, patterns)) < 0.5
    day = span_days * (np.arange(choices) + 1) / choices
    context = np.zeros((choices, repetitions), dtype=np.int64)
    stated = np.full((repetitions, patterns), -1, dtype=np.int64)
    rates = np.broadcast_to(one, shape)
    if kind == "drifting":
        turns = rng.random((repetitions, patterns)) * span_days
        rates = np.where(anew & (day[:, None, None] > turns), other, one)
    if kind.startswith("context"):
        context = rng.integers(0, 2, size=context.shape)
    if kind == "context-dependent":
        rates = np.where(anew & (context[:, :, None] == 1), other, one)
    if kind == "context stated":
        stated = rng.integers(0, 2, size=stated.shape)
        rates = np.where(context[:, :, None] == stated, one, _MISFIT * one)
    return World(kind, np.array(rates), rng.random(shape), context, stated, day)


def regrets(
    world: World, rules: Mapping[str, Rule], *, earlier: Whole | None = None
) -> dict[str, Floats]:
    """Let each rule choose its way through a world.

    Parameters
    ----------
    world
        The choices.
    rules
        Fresh rules by name; they are taught as they go.
    earlier
        Patterns (choice, repetition) that were used in the first choices whatever the rule, which
        only learns from them; their regret does not count.

    Returns
    -------
    dict
        By rule, the regret of each free choice: an array (choice, repetition), 0–1.
    """
    choices, repetitions, _ = world.shape
    forced = 0 if earlier is None else len(earlier)
    best = world.rates.max(axis=2)
    rows = np.arange(repetitions)
    found = {}
    for name, rule in rules.items():
        lost = np.zeros((choices, repetitions))
        for n in range(choices):
            day, context = float(world.day[n]), world.context[n]
            if earlier is not None and n < forced:
                chosen = earlier[n]
            else:
                chosen = rule.choose(day, context, choices - n)
            rate = world.rates[n, rows, chosen]
            rule.learn(chosen, world.luck[n, rows, chosen] < rate, day, context)
            lost[n] = best[n] - rate
        found[name] = lost[forced:]
    return found


def earlier_choices(world: World, uses: int, *, seed: int = 1) -> Whole:
    """Draw which patterns were used before, some often and some hardly ever."""
    _, repetitions, patterns = world.shape
    rng = np.random.default_rng([seed, uses])
    shares = rng.dirichlet(np.full(patterns, 0.7), size=repetitions).cumsum(axis=1)
    draws = rng.random((uses, repetitions, 1))
    found: Whole = np.minimum((draws > shares).sum(axis=2), patterns - 1)
    return found
