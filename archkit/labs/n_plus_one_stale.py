"""What a cache costs: answers that are out of date, counted on a real database.

Reads and writes come at random, as often as is said: that traffic is made up, and its clock is
counted, not waited for. What is read, written, cached and compared is not made up.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from archkit.labs.n_plus_one_blog import Answer, Blog
from archkit.labs.n_plus_one_reads import Page, with_includes
from archkit.labs.n_plus_one_ways import Way, ways

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Traffic", "expected_rates", "stale_answers", "writing_cost"]

_CI_PROB = 0.9
_RESAMPLES = 1000


@dataclass(frozen=True)
class Traffic:
    """How often pages are read, and their rows written.

    Parameters
    ----------
    reads_per_s, writes_per_s
        Of each page: on average so many requests, and comments written, a second.
    pages, page
        How many pages are asked for, all alike, and users on each.
    seconds
        For how long.
    seed
        Which ones.

    Raises
    ------
    ValueError
        Nothing is read, or less than nothing is written.
    """

    reads_per_s: float = 0.25
    writes_per_s: float = 0.01
    pages: int = 8
    page: int = 3
    seconds: float = 300.0
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what is no traffic."""
        least = min(self.reads_per_s, self.pages, self.page, self.seconds)
        if least <= 0 or self.writes_per_s < 0:
            raise ValueError("Something must be read for some time; writes_per_s is 0 or more.")


class _Event(NamedTuple):
    at: float
    page: int
    write: bool


@dataclass
class _Clock:
    """The time it is made up to be, in seconds."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class _Seen:
    """What came of the reads of one page."""

    reads: int = 0
    hits: int = 0
    stale: int = 0
    ages: list[float] = field(default_factory=list)


def stale_answers(
    blog: Blog,
    traffic: Traffic | None = None,
    *,
    ttls_s: Sequence[float] = (1, 5, 15, 60),
    forget: bool = False,
) -> pd.DataFrame:
    """Run the same traffic over the cache for each time to live, and hold its answers to the rows.

    Parameters
    ----------
    blog
        What is read and written to: comments are added. It needs `pages × page` users.
    traffic
        How often pages are read and rows written.
    ttls_s
        For how long the cache keeps an answer, in seconds.
    forget
        Whether a write drops the page that it changes from the cache.

    Returns
    -------
    DataFrame
        One row a time to live: `ttl_s`; `forget`; `reads`; `hit_rate` and `stale_rate`, shares of
        the reads answered by the cache, and answered otherwise than the rows stood (0 to 1), each
        with its bootstrap interval over pages (`hit_low`, `hit_high`, …) and what the rates of
        reads and writes make one expect (`expected_hit_rate`, …); `oldest_s`, for how long the
        most outdated answer had been wrong, and `mean_stale_s` of the stale ones (null if none);
        `queries` sent for answers; `queries_without`, had there been no cache; `reduction_share`;
        `provenance` ("simulated": the traffic is made up); `ci_prob`.

    Raises
    ------
    ValueError
        The blog has fewer users than are read, or nothing to comment on.
    """
    traffic = traffic or Traffic()
    if blog.users < traffic.pages * traffic.page or not blog.posts:
        raise ValueError(f"{traffic.pages * traffic.page} users with posts are needed: {blog!r}")
    rows = [_row(blog, traffic, ttl_s, forget) for ttl_s in ttls_s]
    return pd.DataFrame(rows)


def expected_rates(
    reads_per_s: float, writes_per_s: float, ttl_s: float, *, forget: bool = False
) -> tuple[float, float]:
    """Share of reads that a cache answers, and answers wrongly, if both come at random.

    An answer is there for `ttl_s`, or with `forget` until the first write if that comes sooner;
    then the next read fills it anew. One `age` seconds old is wrong with probability
    ``1 - exp(-writes_per_s × age)``.
    """
    written = writes_per_s * ttl_s
    unwritten_s = -math.expm1(-written) / writes_per_s if written > 0 else ttl_s
    if forget:
        hits = reads_per_s * unwritten_s
        return hits / (1 + hits), 0.0
    hits = reads_per_s * ttl_s
    return hits / (1 + hits), reads_per_s * (ttl_s - unwritten_s) / (1 + hits)


def writing_cost(blog: Blog) -> pd.DataFrame:
    """Count what one more comment costs, with and without documents to keep in step.

    Returns
    -------
    DataFrame
        One row for each: `documents` (whether they are kept), `statements` sent, `rows` read.
    """
    from archkit.queries import count_queries

    rows = []
    for documents in (False, True):
        with count_queries(blog.engine) as counted:
            blog.comment(1, "one more", documents=documents)
        rows.append({"documents": documents, "statements": counted.count, "rows": counted.rows})
    return pd.DataFrame(rows)


def _row(blog: Blog, traffic: Traffic, ttl_s: float, forget: bool) -> dict[str, Any]:
    clock = _Clock()
    made = ways(blog, page=traffic.page, ttl_s=ttl_s, now=clock)
    cached = replace(made["cache"], read=with_includes)  # rows: quicker than mapped objects
    seen = _run(blog, traffic, cached, made["denormalised"], clock, forget)
    each = _statements(blog, cached)
    reads, hits, stale = (
        sum(getattr(page, n) for page in seen) for n in ("reads", "hits", "stale")
    )
    ages = [age for page in seen for age in page.ages]
    hit, wrong = expected_rates(traffic.reads_per_s, traffic.writes_per_s, ttl_s, forget=forget)
    rng = np.random.default_rng(traffic.seed)
    hit_low, hit_high = _interval([(page.hits, page.reads) for page in seen], rng)
    low, high = _interval([(page.stale, page.reads) for page in seen], rng)
    return {
        "ttl_s": float(ttl_s),
        "forget": forget,
        "reads": reads,
        "hit_rate": hits / reads if reads else math.nan,
        **{"hit_low": hit_low, "hit_high": hit_high, "expected_hit_rate": hit},
        "stale_rate": stale / reads if reads else math.nan,
        **{"stale_low": low, "stale_high": high, "expected_stale_rate": wrong},
        "mean_stale_s": sum(ages) / len(ages) if ages else math.nan,
        "oldest_s": max(ages, default=math.nan),
        "queries": (reads - hits) * each,
        "queries_without": reads * each,
        "reduction_share": hits / reads if reads else math.nan,
        "provenance": "simulated",
        "ci_prob": _CI_PROB,
    }


def _run(
    blog: Blog, traffic: Traffic, cached: Way, plain: Way, clock: _Clock, forget: bool
) -> list[_Seen]:
    """Let the traffic pass; plain answers are what the rows say at that moment."""
    cache = cached.cache
    if cache is None:
        raise ValueError(f"{cached.name} has no cache.")
    pages = [Page(number * traffic.page, traffic.page) for number in range(traffic.pages)]
    seen = [_Seen() for _ in pages]
    written: list[list[float]] = [[] for _ in pages]
    right: dict[int, Answer] = {}
    rng = np.random.default_rng(traffic.seed)
    for event in _events(traffic):
        clock.seconds, number, page = event.at, event.page, pages[event.page]
        if event.write:
            first = page.after * blog.posts
            blog.comment(int(rng.integers(first, first + page.size * blog.posts)) + 1, "new")
            written[number].append(event.at)
            right.pop(number, None)
            if forget:
                cache.forget(page)
            continue
        before = cache.hits
        answer = cached.answer(page)
        if number not in right:
            right[number] = plain.answer(page)
        of_page = seen[number]
        of_page.reads += 1
        of_page.hits += cache.hits - before
        if answer != right[number]:
            of_page.stale += 1
            missed = bisect_right(written[number], cache.kept_at(page) or 0.0)
            of_page.ages.append(event.at - written[number][missed])
    return seen


def _events(traffic: Traffic) -> Iterator[_Event]:
    rng = np.random.default_rng(traffic.seed + 1)
    both = traffic.reads_per_s + traffic.writes_per_s
    at = 0.0
    while True:
        at += float(rng.exponential(1 / (traffic.pages * both)))
        if at > traffic.seconds:
            return
        page = int(rng.integers(traffic.pages))
        yield _Event(at, page, bool(rng.random() < traffic.writes_per_s / both))


def _statements(blog: Blog, cached: Way) -> int:
    from sqlalchemy.orm import Session

    from archkit.queries import count_queries

    with count_queries(blog.engine) as counted, Session(blog.engine) as session:
        cached.read(session, Page(0, cached.page or 1))
    return counted.count


def _interval(parts: Sequence[tuple[int, int]], rng: np.random.Generator) -> tuple[float, float]:
    """Resample whole pages, since the reads of one page share what was cached.

    Where all pages agree that nothing happened, or always did, resampling would be certain of it:
    the interval is then Jeffreys' for as many single reads.
    """
    table: NDArray[np.int64] = np.array(parts, dtype=np.int64)
    if len(table) < 2 or not table[:, 1].all():
        return math.nan, math.nan
    ends = [(1 - _CI_PROB) / 2, (1 + _CI_PROB) / 2]
    happened, reads = table.sum(axis=0).tolist()
    if happened in {0, reads}:
        from scipy.stats import beta

        low, high = beta.ppf(ends, happened + 0.5, reads - happened + 0.5)
        return (0.0, float(high)) if happened == 0 else (float(low), 1.0)
    drawn = table[rng.integers(len(table), size=(_RESAMPLES, len(table)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], ends)
    return float(low), float(high)
