"""The N+1 measurement: counts are exact and the three ways agree."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from archkit.labs import n_plus_one
from archkit.labs.n_plus_one import measure
from archkit.library import read_library
from archkit.records import Measurement

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def counts(*size: int, batch: int = 100) -> list[tuple[int, int]]:
    found = measure(*size, batch=batch, repeat=1)
    return [(m.queries_before, m.queries_after) for m in found]


@pytest.mark.parametrize(
    ("size", "batch", "before", "batched"),
    [
        ((50, 5, 3), 100, 301, 5),
        ((10, 5, 3), 10, 61, 7),
        ((10, 5, 3), 100, 61, 3),
        ((100, 5, 3), 10, 601, 61),
        ((100, 5, 3), 1000, 601, 3),
        ((4, 3, 2), 1, 17, 17),
        ((1, 1, 1), 100, 3, 3),
        ((3, 0, 5), 100, 4, 2),
        ((3, 2, 0), 100, 10, 3),
        ((0, 5, 3), 100, 1, 1),
    ],
)
def test_queries_are_counted_exactly(
    size: tuple[int, int, int], batch: int, before: int, batched: int
) -> None:
    assert counts(*size, batch=batch) == [(before, batched), (before, 1)]


def test_a_measurement_says_what_was_measured_and_how_long_it_took() -> None:
    batching, join = measure(6, 2, 2, batch=4, now=lambda: NOW)
    assert (batching.pattern, join.pattern) == ("dataloader", "eager-loading-joins")
    assert batching.label == "users with posts and comments: batches of 4"
    assert (batching.n, batching.source, batching.measured_at) == (6, "measured", NOW)
    assert (batching.rows, join.rows) == (6 + 12 + 24, 24)
    assert all(m.before_ms and m.after_ms and m.before_ms > 0 for m in (batching, join))
    assert batching.before_ms == join.before_ms
    assert Measurement.from_payload(batching.as_payload()) == batching


def test_the_patterns_measured_are_in_the_library() -> None:
    known = {pattern.slug for pattern in read_library().patterns}
    assert {m.pattern for m in measure(1, 1, 1, repeat=1)} <= known


def test_ways_that_answer_differently_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(n_plus_one, "_with_one_join", lambda query: [])
    with pytest.raises(RuntimeError, match="eager-loading-joins"):
        measure(2, 1, 1, repeat=1)


@pytest.mark.parametrize("wrong", [{"users": -1}, {"batch": 0}, {"repeat": 0}])
def test_impossible_sizes_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        measure(**wrong)
