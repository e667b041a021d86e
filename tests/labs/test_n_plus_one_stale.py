"""What a cache costs: stale answers are those that differ from the rows, and only those."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from archkit.labs.n_plus_one_blog import Blog
from archkit.labs.n_plus_one_cache import AnswerCache
from archkit.labs.n_plus_one_stale import Traffic, expected_rates, stale_answers, writing_cost
from archkit.labs.n_plus_one_ways import ways

LITTLE = Traffic(pages=4, page=1, seconds=200)


@pytest.fixture
def blog() -> Iterator[Blog]:
    with Blog(users=4, posts=2, comments=1) as made:
        yield made


class Clock:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_cache_gives_an_answer_until_its_time_is_over_and_counts_its_hits() -> None:
    clock = Clock()
    cache, made = AnswerCache(10, now=clock), iter(range(9))
    asked: list[Any] = []
    for clock.seconds in (0, 9.9, 10, 19.9, 20):
        asked.append(cache.answer("a", lambda: [{"made": next(made)}])[0]["made"])
    assert asked == [0, 0, 1, 1, 2]
    assert (cache.hits, cache.misses, cache.hit_rate) == (2, 3, 0.4)
    cache.forget("a")
    cache.forget("never kept")
    assert cache.kept_at("a") is None
    cache.clear()
    assert (cache.hits, cache.misses, cache.hit_rate) == (0, 0, None)


def test_a_cached_answer_stays_as_it_was_while_the_rows_change(blog: Blog) -> None:
    clock = Clock()
    made = ways(blog, ttl_s=10, now=clock)
    before = made["cache"](4)
    blog.comment(1, "a new one")
    assert made["cache"](4) == before != made["joinedload"](4)
    clock.seconds = 10
    assert made["cache"](4) == made["joinedload"](4)


def test_a_document_keeps_step_with_the_rows_only_if_it_is_rewritten(blog: Blog) -> None:
    made = ways(blog)
    blog.comment(3, "with the document")
    assert made["denormalised"](4) == made["selectinload"](4)
    blog.comment(3, "without", documents=False)
    assert made["denormalised"](4) != made["selectinload"](4)


def test_keeping_documents_costs_statements_at_each_write(blog: Blog) -> None:
    cost = writing_cost(blog)
    assert cost["documents"].tolist() == [False, True]
    assert cost["statements"].tolist() == [1, 4]


def test_longer_kept_answers_are_hit_more_often_and_stale_more_often(blog: Blog) -> None:
    frame = stale_answers(blog, LITTLE, ttls_s=(0, 5, 50))
    assert frame["hit_rate"].is_monotonic_increasing
    assert frame["stale_rate"].is_monotonic_increasing
    never, _, long = frame.to_dict("records")
    assert (never["hit_rate"], never["stale_rate"], never["reduction_share"]) == (0, 0, 0)
    assert math.isnan(never["oldest_s"])
    assert 0 < long["mean_stale_s"] < long["oldest_s"] < 50
    assert long["hit_low"] <= long["hit_rate"] <= long["hit_high"]
    assert long["stale_low"] <= long["stale_rate"] <= long["stale_high"]
    assert long["queries"] == 3 * round(long["reads"] * (1 - long["hit_rate"]))
    assert set(frame["provenance"]) == {"simulated"}


def test_an_answer_dropped_at_each_write_is_never_stale(blog: Blog) -> None:
    kept = stale_answers(blog, LITTLE, ttls_s=(50,))
    dropped = stale_answers(blog, LITTLE, ttls_s=(50,), forget=True)
    assert dropped["stale_rate"].tolist() == dropped["stale_low"].tolist() == [0.0]
    assert 0 < dropped["stale_high"][0] < 0.05  # none seen is not none possible
    assert dropped["hit_rate"][0] < kept["hit_rate"][0]
    assert dropped["reads"].tolist() == kept["reads"].tolist()


def test_the_rates_are_those_that_the_traffic_makes_one_expect(blog: Blog) -> None:
    much = Traffic(reads_per_s=0.5, writes_per_s=0.05, pages=4, page=1, seconds=800)
    for forget in (False, True):
        (row,) = stale_answers(blog, much, ttls_s=(20,), forget=forget).to_dict("records")
        assert row["hit_rate"] == pytest.approx(row["expected_hit_rate"], abs=0.03)
        assert row["stale_rate"] == pytest.approx(row["expected_stale_rate"], abs=0.06)


def test_expected_rates_at_their_limits() -> None:
    assert expected_rates(1, 0, 10) == (10 / 11, 0)
    assert expected_rates(1, 0.1, 0) == (0, 0)
    assert expected_rates(1, 0, 10, forget=True) == (10 / 11, 0)
    hit, stale = expected_rates(1, 1000, 10)  # each answer is wrong at once
    assert stale == pytest.approx(hit, abs=1e-3)
    assert expected_rates(1, 1000, 10, forget=True)[0] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("wrong", [{"reads_per_s": 0}, {"writes_per_s": -1}, {"seconds": 0}])
def test_impossible_traffic_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Something must be read"):
        Traffic(**wrong)  # type: ignore[arg-type]


def test_a_blog_with_too_few_users_is_refused(blog: Blog) -> None:
    with pytest.raises(ValueError, match="5 users with posts are needed"):
        stale_answers(blog, Traffic(pages=5, page=1))
    with pytest.raises(ValueError, match="ttl_s is 0 or more"):
        AnswerCache(-1)
