"""The DataLoader: batches of what waits, in the order asked, each key once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from archkit.labs.n_plus_one_loader import Loader, answered, together


class Recorded:
    """Fetches ten times the key, and notes which keys it was given."""

    def __init__(self) -> None:
        self.calls: list[list[int]] = []

    def __call__(self, keys: Sequence[int]) -> list[int]:
        self.calls.append(list(keys))
        return [10 * key for key in keys]


async def twice(loader: Loader[int, int], key: int) -> tuple[int, int]:
    first = await loader.load(key)
    return first, await loader.load(first)


def both_levels(loader: Loader[int, int], keys: Sequence[int]) -> list[tuple[int, int]]:
    return answered(together(twice(loader, key) for key in keys), [loader])


@pytest.mark.parametrize(
    ("batch", "calls"),
    [
        (None, [[3, 1, 2], [30, 10, 20]]),
        (2, [[3, 1], [2], [30, 10], [20]]),
        (1, [[3], [1], [2], [30], [10], [20]]),
    ],
)
def test_keys_of_a_level_are_fetched_together_in_batches(
    batch: int | None, calls: list[list[int]]
) -> None:
    fetch = Recorded()
    found = both_levels(Loader(fetch, batch=batch), [3, 1, 2])
    assert found == [(30, 300), (10, 100), (20, 200)]
    assert fetch.calls == calls


def test_a_key_asked_for_again_is_fetched_once() -> None:
    fetch = Recorded()
    loader = Loader(fetch)
    assert both_levels(loader, [1, 1, 10]) == [(10, 100), (10, 100), (100, 1000)]
    # 10 was asked for in the first round, so the second needs only 100.
    assert fetch.calls == [[1, 10], [100]]
    assert loader.remembered == 3


def test_without_its_memory_it_fetches_every_time() -> None:
    fetch = Recorded()
    loader = Loader(fetch, remember=False)
    assert both_levels(loader, [1, 1]) == [(10, 100), (10, 100)]
    assert (fetch.calls, loader.remembered) == ([[1, 1], [10, 10]], 0)


def test_nothing_to_load_fetches_nothing() -> None:
    fetch = Recorded()
    assert (both_levels(Loader(fetch), []), fetch.calls) == ([], [])


def test_an_error_while_fetching_ends_the_request_and_leaves_nothing_running() -> None:
    def broken(keys: Sequence[int]) -> list[int]:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        both_levels(Loader(broken), [1, 2])


def test_an_error_in_a_resolver_ends_the_request_before_the_others_began() -> None:
    loader = Loader(Recorded())

    async def broken() -> tuple[int, int]:
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        answered(together([broken(), twice(loader, 1)]), [loader])


def test_a_fetch_that_does_not_answer_every_key_is_refused() -> None:
    with pytest.raises(ValueError, match="1 values were fetched for 2 keys"):
        both_levels(Loader(lambda keys: [1]), [1, 2])


def test_waiting_for_a_loader_that_nobody_runs_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="no loader fetches"):
        answered(twice(Loader(Recorded()), 1), [])


def test_a_batch_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        Loader(Recorded(), batch=0)
