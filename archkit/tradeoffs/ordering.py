"""Which criterion goes before which: chains of names, checked, and every order they leave open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np

from archkit.errors import ArchkitError
from archkit.tradeoffs.criterion import Floats

__all__ = ["MOST_NAMES", "Ordering"]

MOST_NAMES = 14
"""So many names may stand in several chains; a single chain may be as long as it likes."""


class Ordering:
    """A partial order of names, as chains that each fall from the most important.

    `names` are all that are spoken of, each once, in the order they were first said.

    Raises
    ------
    ArchkitError
        If the chains contradict each other, or so many names stand in several of them that
        their orders cannot be counted.
    """

    def __init__(self, chains: Iterable[Sequence[str]]) -> None:
        self.chains = tuple(tuple(chain) for chain in chains)
        self.names = tuple(dict.fromkeys(name for chain in self.chains for name in chain))
        place = {name: n for n, name in enumerate(self.names)}
        self._before = [0] * len(self.names)
        for first, second in (pair for chain in self.chains for pair in pairwise(chain)):
            self._before[place[second]] |= 1 << place[first]
        self._refuse_circle()
        if len(self.chains) > 1 and len(self.names) > MOST_NAMES:
            raise ArchkitError(
                f"{len(self.chains)} chains order {len(self.names)} criteria.",
                why=f"The orders that several chains leave open are counted up to {MOST_NAMES}.",
                mend="Say one chain over all of them, or order fewer.",
            )

    def _refuse_circle(self) -> None:
        left = set(range(len(self.names)))
        while left:
            free = {n for n in left if not any(self._before[n] >> m & 1 for m in left)}
            if not free:
                raise ArchkitError(
                    f"The order contradicts itself: {self._circle(left)}.",
                    why="Each of them would have to weigh more than itself.",
                    mend="Take one of these statements back.",
                )
            left -= free

    def _circle(self, left: set[int]) -> str:
        """Return a circle among names none of which can come first."""
        walk = [min(left)]
        while walk[-1] not in walk[:-1]:
            walk.append(min(m for m in left if self._before[walk[-1]] >> m & 1))
        circle = walk[walk.index(walk[-1]) :][::-1]
        return " > ".join(repr(self.names[n]) for n in circle)

    def ranks(self, rng: np.random.Generator, n: int) -> np.ndarray:
        """Return the rank of each name (0 first) in n orders, each open order as likely as any.

        A single chain leaves one order open: then there is one row.
        """
        size = len(self.names)
        if len(self.chains) <= 1:
            return np.arange(size)[None, :]
        drawn = np.empty((n, size), dtype=np.int64)
        states = {0: np.arange(n)}
        for rank in range(size):
            after: dict[int, list[np.ndarray]] = {}
            for state, rows in states.items():
                nexts = self._next(state)
                odds = np.array([self._finishes[state | 1 << m] for m in nexts], dtype=float)
                picks = rng.choice(len(nexts), size=len(rows), p=odds / odds.sum())
                for k, m in enumerate(nexts):
                    chosen = rows[picks == k]
                    drawn[chosen, m] = rank
                    after.setdefault(state | 1 << m, []).append(chosen)
            states = {state: np.concatenate(parts) for state, parts in after.items()}
        return drawn

    def rank_chances(self) -> Floats:
        """P(a name, by row, has a rank, by column) over all open orders."""
        size = len(self.names)
        if len(self.chains) <= 1:
            return np.eye(size)
        chances = np.zeros((size, size))
        states = {0: 1.0}
        for rank in range(size):
            after: dict[int, float] = {}
            for state, chance in states.items():
                nexts = self._next(state)
                total = sum(self._finishes[state | 1 << m] for m in nexts)
                for m in nexts:
                    share = chance * self._finishes[state | 1 << m] / total
                    chances[m, rank] += share
                    after[state | 1 << m] = after.get(state | 1 << m, 0.0) + share
            states = after
        return chances

    def _next(self, state: int) -> list[int]:
        """Return the names that may follow once those in the state (bits) have come."""
        return [
            m
            for m, before in enumerate(self._before)
            if not state >> m & 1 and before & state == before
        ]

    @cached_property
    def _finishes(self) -> dict[int, int]:
        """In how many ways each reachable state can be gone on with to the end."""
        layers: list[set[int]] = [{0}]
        for _ in self.names:
            layers.append({s | 1 << m for s in layers[-1] for m in self._next(s)})
        ways = dict.fromkeys(layers[-1], 1)
        for layer in reversed(layers[:-1]):
            ways |= {s: sum(ways[s | 1 << m] for m in self._next(s)) for s in layer}
        return ways
