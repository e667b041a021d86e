"""The N+1 lab: equal answers, statements as the closed forms say, and the card's claims held to."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.errors import ArchkitError
from archkit.labs import n_plus_one_lab, n_plus_one_ways
from archkit.labs.n_plus_one_blog import Blog
from archkit.labs.n_plus_one_claims import claims, claims_held, side_by_side
from archkit.labs.n_plus_one_counts import holds_from, page_sizes, reduction, statements
from archkit.labs.n_plus_one_lab import QueryLab, Setting
from archkit.labs.n_plus_one_reads import Page, with_includes
from archkit.labs.n_plus_one_ways import NAIVE, ways
from archkit.library import read_library
from archkit.queries import count_queries

FACTS = {  # statements at N = 10, 100, 1000 with 5 posts each and 3 comments on each
    "naive, lazy": (61, 601, 6001),
    "posts eager only": (52, 502, 5003),
    "selectinload": (3, 3, 13),
    "subqueryload": (3, 3, 3),
    "joinedload": (1, 1, 1),
    "includes": (3, 3, 3),
    "DataLoader, no limit": (3, 3, 3),
    "DataLoader, 100 a batch": (3, 7, 61),
    "DataLoader, 10 a batch": (7, 61, 601),
    "denormalised": (1, 1, 1),
    "cache, cold": (3, 3, 13),
    "cache, warm": (0, 0, 0),
}
SIZES = (10, 100, 1000)


@pytest.fixture(scope="module")
def blog() -> Iterator[Blog]:
    with Blog(users=25) as made:
        yield made


def by_way(frame: pd.DataFrame, column: str) -> dict[str, Any]:
    return dict(zip(frame["way"], frame[column].tolist(), strict=True))


@pytest.mark.slow
def test_the_known_table_comes_out_count_for_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(n_plus_one_lab, "_MOST_RUNS", 1)  # it is the counts that are held
    with Blog(users=1000) as large:
        frame = QueryLab(large).table(SIZES)
    found = {way: tuple(rows["counted"]) for way, rows in frame.groupby("way", sort=False)}
    assert found == FACTS
    assert (frame["counted"] == frame["expected"]).all()
    at_10, at_1000 = (by_way(frame[frame["n"] == n], "reduction_share") for n in (10, 1000))
    shares = {way: (round(at_10[way], 3), round(at_1000[way], 4)) for way in FACTS}
    assert shares["DataLoader, 10 a batch"] == (0.885, 0.8999)  # and so below 90 %, for ever
    assert shares["selectinload"] == (0.951, 0.9978)
    assert shares["joinedload"] == (0.984, 0.9998)
    assert shares["posts eager only"] == (0.148, 0.1663)
    assert shares["cache, warm"] == (1, 1)


@pytest.mark.parametrize("size", [(0, 2, 2), (1, 0, 3), (4, 3, 0), (5, 2, 1)])
@pytest.mark.parametrize("users_a_page", [None, 2])
def test_all_ways_answer_alike_with_as_many_statements_as_foretold(
    size: tuple[int, int, int], users_a_page: int | None
) -> None:
    with Blog(*size) as small:
        lab = QueryLab(small)
        setting = Setting(n=small.users, page=users_a_page, batches=(None, 2), forgetful=(2, None))
        lab.measure(setting)
        frame = lab.frame(setting)
    assert by_way(frame, "counted") == by_way(frame, "expected")
    assert len(frame) == 13


def test_a_client_gets_users_with_their_posts_and_the_comments_on_these() -> None:
    with Blog(users=2, posts=2, comments=1) as small:
        (first, second) = ways(small)[NAIVE](2)
    assert (first["id"], first["name"], first["latest"]) == (1, "user 1", "post 2 of user 1")
    assert second["posts"] == [
        {"title": "post 1 of user 2", "comments": ["comment 1 on post 3"]},
        {"title": "post 2 of user 2", "comments": ["comment 1 on post 4"]},
    ]


@given(
    n=st.integers(0, 300),
    page=st.none() | st.integers(1, 60),
    batch=st.none() | st.integers(1, 40),
    posts=st.integers(0, 6),
)
def test_a_loader_never_sends_more_than_the_naive_way_and_no_limit_sends_least(
    n: int, page: int | None, batch: int | None, posts: int
) -> None:
    counted = {
        kind: statements(kind, n, page=page, batch=batch, posts=posts)
        for kind in ("naive", "dataloader", "joined", "forgetful")
    }
    unlimited = statements("dataloader", n, page=page, posts=posts)
    assert counted["joined"] <= unlimited <= counted["dataloader"] <= counted["naive"]
    assert counted["dataloader"] <= counted["forgetful"]
    assert counted["joined"] == len(list(page_sizes(n, page)))


def test_the_claims_hold_from_some_page_on_or_never() -> None:
    assert dict(claims()) == {"dataloader": 0.85, "eager-loading-joins": 0.9}
    assert holds_from("dataloader", 0.85) == 4  # 25 statements become 3
    assert reduction("dataloader", 3) < 0.85 <= reduction("dataloader", 4)
    assert holds_from("joined", 0.9) == 2
    assert holds_from("selectin", 0.9) == 5
    assert holds_from("dataloader", 0.85, batch=10) == 6  # 31 become 5 with 5 users: 83.9 %
    assert holds_from("dataloader", 0.85, batch=6) is None
    assert holds_from("dataloader", 0.9, batch=10) is None
    assert holds_from("partial", 0.5) is None


def test_when_the_claims_hold_is_said_for_every_way_they_are_made_of() -> None:
    found = claims_held((None, 10, 7, 6)).set_index("way")
    held = {way: None if pd.isna(page) else page for way, page in found["holds_from"].items()}
    assert held == {
        **{"joinedload": 2, "selectinload": 5, "subqueryload": 5},
        "DataLoader, no limit": 4,
        "DataLoader, 10 a batch": 6,
        "DataLoader, 7 a batch": 53,
        "DataLoader, 6 a batch": None,
    }
    assert found.loc["DataLoader, 10 a batch", "saved_1000"] < 0.9


def test_sizes_stand_beside_each_other(blog: Blog) -> None:
    table = QueryLab(blog).table((2, 4), Setting(batches=(2,)))
    found = side_by_side(table)
    assert list(found.columns) == [
        *("queries_2", "queries_4", "saved_2", "saved_4"),
        *("rows_4", "ms_4", "with_trips_ms_4"),
    ]
    assert found.loc["naive, lazy"].tolist()[:5] == [13, 25, 0, 0, 4 * (1 + 5 + 15)]
    assert list(found.index) == list(dict.fromkeys(table["way"]))
    assert side_by_side(table[:0]).empty


def test_a_claim_is_marked_as_held_or_not() -> None:
    with Blog(users=3) as small:
        lab, setting = QueryLab(small), Setting(n=3, batches=(None,))
        foretold = lab.frame(setting)
        lab.measure(setting)
        frame = lab.frame(setting)
    assert by_way(foretold, "holds") == by_way(frame, "holds")
    assert foretold["counted"].isna().all()
    holds = by_way(frame.dropna(subset=["claim_share"]), "holds")
    assert holds == {
        "selectinload": False,  # 19 statements become 3: 84 %
        "subqueryload": False,
        "joinedload": True,
        "DataLoader, no limit": False,
    }


def test_only_what_is_not_counted_yet_is_counted(blog: Blog) -> None:
    lab, told = QueryLab(blog), list[str]()
    setting = Setting(n=4, page=2, batches=(2,))
    assert lab.foretold(setting) > 0
    lab.measure(setting, progress=told.append)
    assert lab.foretold(setting) == 0
    other = Setting(n=4, page=2, batches=(3,), latency_ms=50.0)
    assert lab.foretold(other) == statements("dataloader", 4, page=2, batch=3)
    lab.measure(other, progress=told.append)
    assert told[-1] == "DataLoader, 3 a batch"
    assert told.count(NAIVE) == 1


def test_the_time_of_round_trips_is_computed_and_a_cache_costs_them_too(blog: Blog) -> None:
    lab, setting = QueryLab(blog), Setting(n=6, page=3, batches=(), latency_ms=10.0)
    lab.measure(setting)
    frame = lab.frame(setting).set_index("way")
    assert (frame["total_ms"] - frame["ms"] - 10.0 * frame["trips"]).abs().max() < 1e-9
    assert frame.loc["cache, warm", ["counted", "trips"]].tolist() == [0, 2]
    assert frame.loc["cache, cold", ["counted", "trips"]].tolist() == [6, 8]


def test_what_was_counted_becomes_evidence_on_patterns_of_the_library(blog: Blog) -> None:
    lab, setting = QueryLab(blog), Setting(n=5, batches=(2,), forgetful=(2,))
    assert lab.measurements(setting) == []
    lab.measure(setting)
    found = {m.label.rpartition(": ")[2]: m for m in lab.measurements(setting)}
    known = {pattern.slug for pattern in read_library().patterns}
    assert {m.pattern for m in found.values()} <= known
    loader = found["DataLoader, 2 a batch"]
    assert (loader.queries_before, loader.queries_after, loader.n) == (31, 17, 5)
    assert (loader.source, loader.pattern, loader.extra["batch"]) == ("measured", "dataloader", 2)
    # Neither the naive way, half a remedy, a lamed loader nor a warm cache is evidence.
    assert set(found) == {
        *("selectinload", "subqueryload", "joinedload", "includes", "DataLoader, 2 a batch"),
        *("denormalised", "cache, cold"),
    }
    assert {name: m.cache for name, m in found.items() if m.cache} == {"cache, cold": "cold"}
    # Timed while counting, which takes longest where most is counted: no speed-up follows.
    assert all(m.before_ms is None and m.after_ms is None for m in found.values())
    timed = lab.frame(setting).set_index("way")["ms"]
    assert loader.extra["while_counting_ms"] == {
        "before": timed["naive, lazy"],
        "after": timed["DataLoader, 2 a batch"],
    }


def test_a_run_kept_twice_is_one_measurement_and_one_in_pages_is_another(blog: Blog) -> None:
    lab, whole, paged = QueryLab(blog), Setting(n=4, batches=()), Setting(n=4, page=2, batches=())
    for setting in (whole, paged):
        lab.measure(setting)
    once, again, pages = (lab.measurements(setting) for setting in (whole, whole, paged))
    assert [m.measurement_id for m in once] == [m.measurement_id for m in again]
    assert not {m.measurement_id for m in once} & {m.measurement_id for m in pages}
    assert pages[0].label == "users with posts and comments, 2 a page: selectinload"
    other = QueryLab(blog)
    other.measure(whole)
    assert not {m.measurement_id for m in once} & {
        m.measurement_id for m in other.measurements(whole)
    }


def test_a_way_that_answers_otherwise_is_not_measured(
    blog: Blog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(n_plus_one_ways, "from_documents", lambda session, page: [{"id": 1}])
    with pytest.raises(RuntimeError, match="denormalised answers otherwise than naive, lazy"):
        QueryLab(blog).measure(Setting(n=1))


def test_lazy_loads_are_found_and_batches_are_not_taken_for_them(blog: Blog) -> None:
    made = ways(blog, batches=(2,))
    found = {}
    for name in (NAIVE, "posts eager only", "selectinload", "DataLoader, 2 a batch"):
        with count_queries(blog.engine) as counted:
            made[name](12)
        found[name] = dict(
            zip(counted.n_plus_one["relationship"], counted.n_plus_one["count"], strict=True)
        )
    assert found == {
        NAIVE: {"Post.comments": 60, "User.posts": 12},
        "posts eager only": {"Post.comments": 60},
        "selectinload": {},
        "DataLoader, 2 a batch": {},
    }


def test_only_relations_that_there_are_can_be_included(blog: Blog) -> None:
    from sqlalchemy.orm import Session

    with Session(blog.engine) as session:
        for include in (["friends"], ["posts.comments"], ["posts", "posts.author"]):
            with pytest.raises(ValueError, match="cannot be included"):
                with_includes(session, Page(0, 1), include)


@pytest.mark.parametrize(
    "wrong", [{"n": -1}, {"page": 0}, {"batches": (0,)}, {"forgetful": (-1,)}, {"latency_ms": -1}]
)
def test_impossible_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="or more"):
        Setting(**wrong)


def test_more_users_than_there_are_and_odd_pages_are_refused(blog: Blog) -> None:
    with pytest.raises(ValueError, match="n is 0 to 25"):
        ways(blog)[NAIVE](26)
    with pytest.raises(ValueError, match="page is 1 or more"):
        ways(blog, page=0)
    with pytest.raises(ValueError, match="batch is 1 or more"):
        ways(blog, batches=(0,))
    with pytest.raises(ValueError, match="0 or more"):
        Blog(users=-1)


def test_without_sqlalchemy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "sqlalchemy":
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ArchkitError) as caught:
        Blog(users=1)
    assert caught.value.mend == 'Install the extra: pip install "archkit[lab]".'


def test_an_address_that_is_not_postgresql_is_refused() -> None:
    with pytest.raises(ArchkitError):
        Blog(users=1, database="mysql://nobody@nowhere/x")
