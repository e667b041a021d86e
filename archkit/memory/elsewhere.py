"""What a pattern's uses in other contexts say about this one.

Of an asked key (say tenancy = multi) a pattern has weighted successes s and failures f where its
value was the asked one, S and F where it was another. That both come of one rate, or of two, are
weighed against each other by the Bayes factor

    K = B(1 + s, 1 + f) · B(1 + S, 1 + F) / B(1 + s + S, 1 + f + F)

(Beta-binomial, uniform priors) at odds of 3 to 1 for one rate, so uses elsewhere count with
1 / (1 + K / 3): the probability that the rate is the same. Of several asked keys the most telling
one counts. Uses that say nothing of the key count wholly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import exp, lgamma
from typing import Any, NamedTuple

import numpy as np

from archkit.memory.context import known_keys
from archkit.memory.slices import context_words

__all__ = [
    "SAME_RATE_ODDS",
    "Contexts",
    "Elsewhere",
    "asked_words",
    "elsewhere",
    "same_rate_probability",
]

SAME_RATE_ODDS = 3.0
"""Odds that a key does not matter to a pattern's rate, before its uses say otherwise."""


class Elsewhere(NamedTuple):
    """What is to be taken off a pattern's sums for one context.

    `weight` (0 to 1) is what a use elsewhere still counts, by the asked `key`; `won` and `lost`
    are the rest of them.
    """

    key: str = ""
    weight: float = 1.0
    won: float = 0.0
    lost: float = 0.0


class _Sum(NamedTuple):
    """Weighted successes and failures of a key's value; of all its values where it is None."""

    key: str
    value: str | None
    won: float
    lost: float


class Contexts:
    """Weighted sums of patterns' uses by the contexts they were in.

    Parameters
    ----------
    slugs, keys, values, won, lost
        In parallel, those of a pattern together; a value None stands for all of the key's uses.
    """

    def __init__(
        self,
        slugs: Sequence[str] = (),
        keys: Sequence[str] = (),
        values: Sequence[str | None] = (),
        won: Sequence[float] = (),
        lost: Sequence[float] = (),
    ) -> None:
        self._columns = keys, values, won, lost
        names = np.array(slugs, dtype=object)
        starts = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1).tolist()] if len(names) else []
        ends = [*starts[1:], len(names)] if starts else []
        self._spans = {slugs[start]: (start, end) for start, end in zip(starts, ends, strict=True)}
        self._newer: dict[str, list[_Sum]] = {}

    def __contains__(self, slug: object) -> bool:
        return slug in self._newer or slug in self._spans

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._spans or self._newer)

    def updated(self, other: Contexts, slugs: Collection[str]) -> Contexts:
        """Return them with what `other` says of some patterns."""
        merged = object.__new__(Contexts)
        merged._columns, merged._spans = self._columns, self._spans
        merged._newer = {**self._newer, **{slug: list(other.sums(slug)) for slug in slugs}}
        return merged

    def sums(self, slug: str) -> Iterator[_Sum]:
        """Give the sums of a pattern."""
        if slug in self._newer:
            yield from self._newer[slug]
        elif slug in self._spans:
            start, end = self._spans[slug]
            for row in zip(*(column[start:end] for column in self._columns), strict=True):
                yield _Sum(*row)


def asked_words(context: Mapping[str, Any]) -> dict[str, str]:
    """Return the keys of a context that have one known value, with that value as it is kept."""
    words = {key: context_words(context[key]) for key in known_keys(context)}
    return {key: next(iter(values)) for key, values in words.items() if len(values) == 1}


def elsewhere(asked: Mapping[str, str], sums: Iterator[_Sum], learning_rate: float) -> Elsewhere:
    """Say what of a pattern's uses is to be taken off in a context.

    Parameters
    ----------
    asked
        As `asked_words` gives them.
    sums
        The pattern's, as `Contexts.sums` gives them.
    learning_rate
        η, by which sums become trials.
    """
    here: dict[str, tuple[float, float]] = {}
    everywhere: dict[str, tuple[float, float]] = {}
    for key, value, won, lost in sums:
        if key in asked and value in (None, asked[key]):
            (everywhere if value is None else here)[key] = learning_rate * won, learning_rate * lost
    found = Elsewhere()
    for key, (won, lost) in everywhere.items():
        s, f = here.get(key, (0.0, 0.0))
        others = max(won - s, 0.0), max(lost - f, 0.0)
        weight = same_rate_probability(s, f, *others)
        if weight < found.weight and sum(others) > 0:
            found = Elsewhere(key, weight, *((1 - weight) * other for other in others))
    return found


def same_rate_probability(s: float, f: float, other_s: float, other_f: float) -> float:
    """Return the probability (0 to 1) that uses here and elsewhere come of one rate.

    Examples
    --------
    >>> round(same_rate_probability(8, 1, 1, 8), 2), round(same_rate_probability(8, 1, 7, 2), 2)
    (0.03, 0.86)
    """
    telling = (
        _log_beta(1 + s, 1 + f)
        + _log_beta(1 + other_s, 1 + other_f)
        - _log_beta(1 + s + other_s, 1 + f + other_f)
    )
    return 1 / (1 + exp(min(telling, 700.0)) / SAME_RATE_ODDS)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
