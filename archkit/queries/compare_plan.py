"""What is to be compared, checked before anything runs."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

__all__ = ["Plan", "empties", "hits_and_misses", "states"]

Variant = Callable[[int], Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """Variants, the first of them the baseline, and how to compare them."""

    variants: Mapping[str, Variant]
    sources: Sequence[Any]
    sizes: Sequence[int]
    repeat: int
    latency_ms: Sequence[float]
    timeout_s: float | None
    label: str = ""
    pattern: Mapping[str, str] = field(default_factory=dict)
    caches: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what cannot be compared, before anything runs."""
        if not self.variants:
            raise ValueError("variants is empty: give {'name': function of n, …}.")
        for name, variant in self.variants.items():
            if not isinstance(name, str) or not name.strip() or not callable(variant):
                raise ValueError(f"variants are functions of n by their names, not {name!r}.")
        if not self.sizes or any(not _whole(n, 1) for n in self.sizes):
            raise ValueError(f"sizes are whole numbers of 1 or more, not {list(self.sizes)!r}.")
        if list(self.sizes) != sorted(set(self.sizes)):
            raise ValueError(f"sizes rise, each once, not {list(self.sizes)!r}.")
        if not _whole(self.repeat, 1):
            raise ValueError(f"repeat is a whole number of 1 or more, not {self.repeat!r}.")
        if any(not 0 <= ms < math.inf for ms in self.latency_ms):
            raise ValueError(f"latency_ms are 0 or more, not {list(self.latency_ms)!r}.")
        if len({f"{ms:g}" for ms in self.latency_ms}) < len(self.latency_ms):
            raise ValueError(f"latency_ms are given once each, not {list(self.latency_ms)!r}.")
        if self.timeout_s is not None and not self.timeout_s > 0:
            raise ValueError(f"timeout_s is positive or None, not {self.timeout_s!r}.")
        for what, named in (("pattern", self.pattern), ("caches", self.caches)):
            if unknown := [name for name in named if name not in self.variants]:
                raise ValueError(f"{what} names {unknown[0]!r}, which is no variant.")
        for name, cache in self.caches.items():
            if empties(cache) is None:
                raise ValueError(
                    f"the cache of {name!r} cannot be emptied: give an object with clear() or "
                    "cache_clear(), or a function that empties it."
                )
        if self.baseline in self.pattern or self.baseline in self.caches:
            raise ValueError(
                f"{self.baseline!r} stands first: it is what the others are compared with, and "
                "has neither a pattern nor a cache."
            )

    @property
    def baseline(self) -> str:
        """The variant that the others are compared with: the first."""
        return next(iter(self.variants))

    @property
    def steps(self) -> int:
        """How often a variant is called in all."""
        runs = sum(len(states(name in self.caches)) for name in self.variants)
        return len(self.sizes) * runs * (2 + self.repeat)

    @property
    def is_async(self) -> bool:
        """Whether a variant is a coroutine function."""
        return any(map(_is_async, self.variants.values()))


def states(cached: bool) -> tuple[str, ...]:
    """Return the states of its cache that a variant is measured in."""
    return ("cold", "warm") if cached else ("",)


def empties(cache: Any) -> Callable[[], Any] | None:
    """Return what empties a cache; None if nothing does."""
    for name in ("cache_clear", "clear"):
        if callable(clear := getattr(cache, name, None)):
            return clear  # type: ignore[no-any-return]
    return cache if callable(cache) else None


def hits_and_misses(cache: Any) -> tuple[int, int] | None:
    """Return how often a cache was asked with and without success, if it counts that."""
    info = cache.cache_info() if callable(getattr(cache, "cache_info", None)) else cache
    found = (getattr(info, "hits", None), getattr(info, "misses", None))
    if any(isinstance(value, bool) or not isinstance(value, int) for value in found):
        return None
    return found  # type: ignore[return-value]


def _is_async(variant: Any) -> bool:
    while isinstance(variant, partial):
        variant = variant.func
    called = type(variant).__call__ if not inspect.isroutine(variant) else variant
    return inspect.iscoroutinefunction(called)


def _whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least
