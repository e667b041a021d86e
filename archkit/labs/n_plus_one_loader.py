"""A DataLoader: keys are asked for one by one, fetched in batches and remembered for a request.

The resolvers are coroutines, but no event loop runs them: a notebook's is taken already. They go
on in turns; when all of them wait, every loader fetches what was asked of it since.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator, Hashable, Iterable, Sequence
from typing import Any, Generic, TypeVar

__all__ = ["Loader", "answered", "together"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Resolver = Coroutine[Any, Any, Any]


class _Promise(Generic[V]):
    """A value that is there later; awaiting it waits for it."""

    def __init__(self) -> None:
        self.done = False
        self.value: V | None = None
        self.waiting: list[Resolver] = []

    def __await__(self) -> Generator[Any, Any, V]:
        if not self.done:
            yield self
        return self.value  # type: ignore[return-value]

    def keep(self, value: V) -> list[Resolver]:
        """Take the value; return who waited for it."""
        self.done, self.value = True, value
        return self.waiting


class _Start:
    """Awaited, it has a resolver started and gives the promise of its answer."""

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver

    def __await__(self) -> Generator[Any, _Promise[Any], _Promise[Any]]:
        promise = yield self
        return promise


class Loader(Generic[K, V]):
    """Loads values by their keys, many at once.

    Parameters
    ----------
    fetch
        From keys to their values, in the order of the keys.
    batch
        How many keys `fetch` gets at most; None: as many as were asked for.
    remember
        Whether a key that was asked for before is not fetched again. A loader lives as long as
        one request: nobody else's answers come from it.

    Attributes
    ----------
    remembered
        How many keys needed no fetching, since they had been asked for before.
    """

    def __init__(
        self,
        fetch: Callable[[Sequence[K]], Sequence[V]],
        *,
        batch: int | None = None,
        remember: bool = True,
    ) -> None:
        if batch is not None and batch < 1:
            raise ValueError(f"batch is 1 or more, or None for no limit, not {batch}.")
        self._fetch, self._batch, self._remember = fetch, batch, remember
        self._known: dict[K, _Promise[V]] = {}
        self._asked: list[tuple[K, _Promise[V]]] = []
        self.remembered = 0

    def load(self, key: K) -> Awaitable[V]:
        """Ask for a key's value; await what is returned."""
        if self._remember and key in self._known:
            self.remembered += 1
            return self._known[key]
        promise: _Promise[V] = _Promise()
        self._asked.append((key, promise))
        if self._remember:
            self._known[key] = promise
        return promise

    def dispatch(self) -> list[Resolver]:
        """Fetch what was asked for; return who waited for it.

        Raises
        ------
        ValueError
            `fetch` gave more values than keys, or fewer.
        """
        asked, self._asked = self._asked, []
        size = self._batch or max(1, len(asked))
        ready: list[Resolver] = []
        for start in range(0, len(asked), size):
            some = asked[start : start + size]
            values = self._fetch([key for key, _ in some])
            if len(values) != len(some):
                raise ValueError(f"{len(values)} values were fetched for {len(some)} keys.")
            for (_, promise), value in zip(some, values, strict=True):
                ready += promise.keep(value)
        return ready


async def together(resolvers: Iterable[Coroutine[Any, Any, V]]) -> list[V]:
    """Resolve many at the same time; their answers come in the order given."""
    started: list[_Promise[V]] = [await _Start(one) for one in resolvers]
    return [await promise for promise in started]


def answered(resolver: Coroutine[Any, Any, V], loaders: Iterable[Loader[Any, Any]]) -> V:
    """Run a resolver, and those it starts, to its answer.

    Raises
    ------
    RuntimeError
        It waits for something that none of the loaders fetches.
    """
    loaders = tuple(loaders)
    answer: _Promise[V] = _Promise()
    answers: dict[Resolver, _Promise[Any]] = {resolver: answer}
    ready: deque[Resolver] = deque([resolver])
    try:
        while not answer.done:
            while ready:
                ready += _step(ready.popleft(), answers, ready)
            for loader in loaders:
                ready += loader.dispatch()
            if not ready and not answer.done:
                raise RuntimeError("The resolver waits for what no loader fetches.")
    finally:
        for left in answers:
            left.close()
    return answer.value  # type: ignore[return-value]


def _step(
    resolver: Resolver, answers: dict[Resolver, _Promise[Any]], ready: deque[Resolver]
) -> list[Resolver]:
    """Let a resolver go on until it waits or ends; return who waited for its end."""
    given: Any = None
    while True:
        try:
            asked = resolver.send(given)
        except StopIteration as end:
            return answers.pop(resolver).keep(end.value)
        if isinstance(asked, _Start):
            given = answers[asked.resolver] = _Promise()
            ready.append(asked.resolver)
        elif asked.done:
            given = None
        else:
            asked.waiting.append(resolver)
            return []
