"""The N+1 lab: what each way of reading sends, foretold, counted, timed, and held to claims."""

from __future__ import annotations

import hashlib
import json
import math
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd

from archkit.labs.n_plus_one_blog import Blog
from archkit.labs.n_plus_one_claims import claims
from archkit.labs.n_plus_one_counts import holds_from, page_sizes, reduction, statements
from archkit.labs.n_plus_one_ways import NAIVE, Way, ways
from archkit.records import Measurement, utc_now

__all__ = ["QueryLab", "Run", "Setting"]

_LONGEST_MS = 400.0
_MOST_RUNS = 3
_COLUMNS = (
    *("way", "kind", "slug", "n", "page", "batch", "expected", "counted", "reduction_share"),
    *("claim_share", "holds", "rows", "ms", "runs", "trips", "latency_ms", "total_ms"),
)


class Run(NamedTuple):
    """What one way did: statements and rows counted, milliseconds of the quickest of its runs."""

    statements: int
    rows: int | None
    ms: float
    runs: int


@dataclass(frozen=True)
class Setting:
    """What is asked of the lab.

    Parameters
    ----------
    n, page
        Users in all, and users a request; None: all at once.
    batches, forgetful
        Batch sizes of DataLoaders with, and without, their cache; None: no limit.
    latency_ms
        Of one round trip to the database, in milliseconds; what it costs is computed.

    Raises
    ------
    ValueError
        One of them is below its least.
    """

    n: int = 100
    page: int | None = None
    batches: tuple[int | None, ...] = (None, 100, 10)
    forgetful: tuple[int | None, ...] = ()
    latency_ms: float = 1.0

    def __post_init__(self) -> None:
        """Refuse what cannot be asked."""
        sizes = [self.page, *self.batches, *self.forgetful]
        if any(size is not None and size < 1 for size in sizes):
            raise ValueError("A page and a batch are 1 or more, or None for no limit.")
        if self.n < 0 or self.latency_ms < 0:
            raise ValueError("n and latency_ms are 0 or more.")


class QueryLab:
    """A blog, and what was counted on it so far.

    Parameters
    ----------
    blog
        What is read. It is not to be written to while the lab is used.
    """

    def __init__(self, blog: Blog) -> None:
        self.blog = blog
        self._runs: dict[tuple[Any, ...], Run] = {}
        self._answers: dict[int, str] = {}
        self._id = uuid.uuid4()

    def __repr__(self) -> str:
        """One line: what is read, and how much was counted."""
        return f"QueryLab({self.blog!r}, {len(self._runs)} runs counted)"

    def foretold(self, setting: Setting) -> int:
        """How many statements `measure` would send: those of what is not counted yet."""
        return sum(_foretold(way, kind, setting) for way, kind, _ in self._missing(setting))

    def measure(self, setting: Setting, *, progress: Callable[[str], None] | None = None) -> None:
        """Count and time what was not yet, on the database; the naive way comes first.

        Parameters
        ----------
        setting
            What is asked; its latency needs no counting.
        progress
            Told the name of each way before it is read.

        Raises
        ------
        ValueError
            There are fewer users than `n`.
        RuntimeError
            Two ways answer differently.
        """
        for way, kind, key in self._missing(setting):
            if progress is not None:
                progress(_shown(way, kind))
            self._runs[key] = self._run(way, setting.n, warm=kind == "warm")

    def frame(self, setting: Setting) -> pd.DataFrame:
        """Give what is known of each way.

        Returns
        -------
        DataFrame
            One row a way, the naive one first: `way`; `kind`; `slug` of its pattern (null if
            none); `n`, `page` (null: all at once), `batch` (null: no limit, or none); `expected`,
            the statements by the closed form; `counted`, those on the database (null: not yet);
            `reduction_share` of the counted, else of the expected, against the naive way's, at
            most 1; `claim_share`, what the card reports of the pattern (null: nothing), and
            `holds`, whether at least that much was saved (null without a claim); `rows` read;
            `ms`, the quickest of `runs` (null: not yet); `trips` to database or cache; `total_ms`,
            `ms` and the computed trips of `latency_ms` each.
        """
        rows = [self._row(way, kind, setting) for way, kind in self._ways(setting)]
        before = rows[0]["counted"] if rows[0]["counted"] is not None else rows[0]["expected"]
        for row in rows:
            after = row["expected"] if row["counted"] is None else row["counted"]
            share, claim = 1 - after / before, row["claim_share"]
            row["reduction_share"] = share
            # A claim of 90 % is met by nine of ten: 1 - 0.1 is less than 0.9 in binary.
            row["holds"] = None if claim is None else share >= claim - 1e-9
        whole = dict.fromkeys(("page", "batch", "counted", "rows", "runs"), "Int64")
        kinds = {**whole, "claim_share": "float64", "holds": "boolean", "ms": "float64"}
        return pd.DataFrame(rows).astype({**kinds, "total_ms": "float64"})[list(_COLUMNS)]

    def by_page(self, setting: Setting, *, largest: int = 1000) -> pd.DataFrame:
        """Give what each way saves by the size of the page; see `archkit.figures.query_claims`.

        Returns
        -------
        DataFrame
            One row a way and page, the naive way and a warm cache left out: `way`; `page`, users,
            1 to `largest`, all on one page; `reduction_share` by the closed form; `counted_share`
            where the setting's was counted on the database (null elsewhere); `claim_share` that
            the card reports (null: none); `holds_from`, the page from which on that much is saved
            (null: on none).
        """
        here = setting.n if setting.page is None else min(setting.page, setting.n)
        pages = sorted({*_pages(largest), max(here, 1)})
        counted = self.frame(setting).set_index("way")
        rows = []
        for way, kind in self._ways(setting):
            if kind in {"naive", "warm"}:
                continue
            name, claim = _shown(way, kind), claims().get(way.pattern)
            asked: dict[str, Any] = {"batch": way.batch, "posts": self.blog.posts}
            from_page = None if claim is None else holds_from(kind, claim, **asked)
            known = counted.loc[name, "counted"] is not pd.NA
            rows += [
                {
                    "way": name,
                    "page": page,
                    "reduction_share": reduction(kind, page, **asked),
                    "counted_share": counted.loc[name, "reduction_share"]
                    if known and page == here
                    else None,
                    "claim_share": claim,
                    "holds_from": from_page,
                }
                for page in pages
            ]
        whole = {"counted_share": "float64", "claim_share": "float64", "holds_from": "Int64"}
        return pd.DataFrame(rows).astype(whole)

    def table(
        self, sizes: Sequence[int] = (10, 100, 1000), setting: Setting | None = None
    ) -> pd.DataFrame:
        """Count every way at several sizes: the rows of `frame` for each, in one frame."""
        asked = [replace(setting or Setting(), n=n) for n in sizes]
        for one in asked:
            self.measure(one)
        return pd.concat([self.frame(one) for one in asked], ignore_index=True)

    def measurements(
        self, setting: Setting, *, now: Callable[[], datetime] = utc_now
    ) -> list[Measurement]:
        """Give what was counted as evidence: one for each way that is a form of a pattern.

        A warm cache is none: that it sends no statement says nothing of the next answer. Times are
        in `extra`: they were taken while counting, which takes time, too. Each call gives the same
        ids: what is kept again replaces itself.
        """
        frame = self.frame(setting).astype(object)
        rows = frame.where(frame.notna(), None).to_dict("records")
        naive = rows[0]
        pages = f", {naive['page']} a page" if naive["page"] else ""
        return [
            Measurement(
                label=f"users with posts and comments{pages}: {row['way']}",
                queries_before=naive["counted"],
                queries_after=row["counted"],
                n=setting.n,
                pattern=row["slug"],
                rows=row["rows"],
                cache="cold" if row["kind"] == "cache" else "",
                measured_at=now(),
                measurement_id=str(uuid.uuid5(self._id, repr((row["way"], row["n"], row["page"])))),
                extra={
                    "while_counting_ms": {"before": naive["ms"], "after": row["ms"]},
                    "database": self.blog.called,
                    "posts": self.blog.posts,
                    "comments": self.blog.comments,
                    "page": row["page"],
                    "batch": row["batch"],
                },
            )
            for row in rows
            if row["slug"] and row["counted"] is not None and row["kind"] != "warm"
        ]

    def _ways(self, setting: Setting) -> Iterator[tuple[Way, str]]:
        batches, forgetful = setting.batches, setting.forgetful
        made = ways(
            self.blog, page=setting.page, batches=batches, forgetful=forgetful, ttl_s=math.inf
        )
        for way in made.values():
            yield way, way.kind
            if way.cache is not None:
                yield way, "warm"

    def _missing(self, setting: Setting) -> list[tuple[Way, str, tuple[Any, ...]]]:
        keyed = [(way, kind, _key(way, kind, setting)) for way, kind in self._ways(setting)]
        return [one for one in keyed if one[2] not in self._runs]

    def _run(self, way: Way, n: int, *, warm: bool) -> Run:
        from archkit.queries import count_queries

        way(min(n, 1))  # what is compiled once is not to be timed
        if warm:
            way(n)
        times: list[float] = []
        while not times or (sum(times) < _LONGEST_MS and len(times) < _MOST_RUNS):
            if way.cache is not None and not warm:
                way.cache.clear()
            with count_queries(self.blog.engine, label=way.name, n=n) as counted:
                began = time.perf_counter()
                answer = way(n)
                times.append((time.perf_counter() - began) * 1000)
        self._same(way, n, answer)
        return Run(counted.count, counted.rows, min(times), len(times))

    def _same(self, way: Way, n: int, answer: Any) -> None:
        digest = hashlib.sha256(json.dumps(answer).encode()).hexdigest()
        if self._answers.setdefault(n, digest) != digest:
            raise RuntimeError(f"{way.name} answers otherwise than {NAIVE} for {n} users.")

    def _row(self, way: Way, kind: str, setting: Setting) -> dict[str, Any]:
        run = self._runs.get(_key(way, kind, setting))
        sent = _foretold(way, kind, setting)
        pages = 0 if way.cache is None else len(list(page_sizes(setting.n, setting.page)))
        trips = (sent if run is None else run.statements) + pages
        return {
            "way": _shown(way, kind),
            "kind": kind,
            "slug": way.pattern or None,
            "n": setting.n,
            "page": setting.page,
            "batch": way.batch,
            "expected": sent,
            "counted": None if run is None else run.statements,
            "claim_share": claims().get(way.pattern),
            "rows": None if run is None else run.rows,
            "ms": None if run is None else run.ms,
            "runs": None if run is None else run.runs,
            "trips": trips,
            "latency_ms": setting.latency_ms,
            "total_ms": None if run is None else run.ms + trips * setting.latency_ms,
        }


def _shown(way: Way, kind: str) -> str:
    if way.cache is None:
        return way.name
    return f"{way.name}, {'warm' if kind == 'warm' else 'cold'}"


def _key(way: Way, kind: str, setting: Setting) -> tuple[Any, ...]:
    page = setting.page if setting.page is None or setting.page < setting.n else None
    return (_shown(way, kind), setting.n, page)


def _foretold(way: Way, kind: str, setting: Setting) -> int:
    return statements(kind, setting.n, page=setting.page, batch=way.batch, posts=way.blog.posts)


def _pages(largest: int) -> Iterator[int]:
    """Give pages up to the largest, each while there are few, then ever further apart."""
    page = 1
    while page <= largest:
        yield page
        page += max(1, page // 12)
    yield largest
