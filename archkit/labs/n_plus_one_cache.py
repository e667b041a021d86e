"""A cache of answers that stands in for Redis: texts by key, each for a while."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archkit.labs.n_plus_one_blog import Answer

__all__ = ["AnswerCache"]


class AnswerCache:
    """Answers by key, kept as JSON texts, as a cache outside of the process keeps them.

    Parameters
    ----------
    ttl_s
        For how long an answer is given again, in seconds.
    now
        The clock, in seconds.

    Attributes
    ----------
    hits, misses
        How often an answer was there, and how often not, since it was made or cleared.
    """

    def __init__(self, ttl_s: float = 60.0, *, now: Callable[[], float] = time.monotonic) -> None:
        if ttl_s < 0:
            raise ValueError(f"ttl_s is 0 or more, not {ttl_s}.")
        self.ttl_s, self._now = ttl_s, now
        self._kept: dict[Hashable, tuple[float, str]] = {}
        self.hits = self.misses = 0

    @property
    def hit_rate(self) -> float | None:
        """Share of look-ups that found an answer, 0 to 1; None before the first."""
        asked = self.hits + self.misses
        return self.hits / asked if asked else None

    def answer(self, key: Hashable, otherwise: Callable[[], Answer]) -> Answer:
        """Give the answer kept under a key, or get it from `otherwise` and keep it."""
        kept = self._kept.get(key)
        if kept is not None and self._now() - kept[0] < self.ttl_s:
            self.hits += 1
            found: Answer = json.loads(kept[1])
            return found
        self.misses += 1
        answer = otherwise()
        self._kept[key] = (self._now(), json.dumps(answer))
        return answer

    def kept_at(self, key: Hashable) -> float | None:
        """When the answer under a key was put there, by the clock; None if there is none."""
        kept = self._kept.get(key)
        return None if kept is None else kept[0]

    def forget(self, key: Hashable) -> None:
        """Drop the answer under a key, if there is one."""
        self._kept.pop(key, None)

    def clear(self) -> None:
        """Drop all answers, and count anew."""
        self._kept.clear()
        self.hits = self.misses = 0
