"""High-read analytics, measured: a dashboard's questions on plain rows, pruned rows and a summary.

A year of visits to fifty shops, and two questions: each day of the last month, and each month of
the year. Every layout gives the same answers, or nothing is reported.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from archkit.labs.high_read_stores import LAYOUTS, PLAIN, Rows, Store, opened
from archkit.records import Lesson

if TYPE_CHECKING:
    import pandas as pd

    from archkit.labs.postgres import Address

__all__ = ["QUESTIONS", "HighRead", "break_even", "measure", "record", "summary", "write_costs"]

# Both databases keep plain timestamps here, without a zone.
_SINCE = datetime(2025, 12, 2)  # noqa: DTZ001
_TODAY = datetime(2025, 12, 31)  # noqa: DTZ001


@dataclass(frozen=True, slots=True)
class _Question:
    """What a dashboard asks: of the visits, and of their summary by day."""

    of_rows: str
    of_summary: str
    values: Mapping[str, datetime]

    def of(self, store: Store) -> str:
        return self.of_summary if store.layout.refresh else self.of_rows


QUESTIONS: Mapping[str, _Question] = {
    "last month by day": _Question(
        """SELECT CAST(visited_at AS date) AS day, count(*) AS visits, sum(cents) AS cents
          FROM visit WHERE visited_at >= $since GROUP BY 1 ORDER BY 1""",
        "SELECT day, visits, cents FROM visit_by_day WHERE day >= $since ORDER BY 1",
        {"since": _SINCE},
    ),
    "year by month": _Question(
        """SELECT CAST(date_trunc('month', visited_at) AS date) AS month,
            count(*) AS visits, sum(cents) AS cents
          FROM visit GROUP BY 1 ORDER BY 1""",
        """SELECT CAST(date_trunc('month', day) AS date) AS month,
            sum(visits) AS visits, sum(cents) AS cents
          FROM visit_by_day GROUP BY 1 ORDER BY 1""",
        {},
    ),
}
"""What is asked, by name: a few recent rows, and all of them."""

_ADD = """INSERT INTO visit
  SELECT CAST($day AS timestamp) + mod(i * 7, 86400) * interval '1 second',
    mod(i * 7919, 50), mod(i * 104729, 10000)
  FROM generate_series(CAST(0 AS bigint), CAST($rows AS bigint) - 1) AS t(i)"""
_MISSING = "SELECT (SELECT count(*) FROM visit) - (SELECT sum(visits) FROM visit_by_day)"


@dataclass(frozen=True)
class HighRead:
    """What was measured.

    Parameters
    ----------
    reads
        One row an engine, layout, question and run: `engine`, `layout`, `question`, `run`; `ms`,
        all of the answer fetched; `rows_read`, and `parts_read` of `parts` (row groups or
        partitions; null where rows are in one piece), as EXPLAIN ANALYZE counts them.
    writes
        One row an engine, layout and run: `insert_ms` of `rows_added` rows; for a summary
        `refresh_ms`, and `rows_missing`, what it did not show before the refresh.
    rows
        Visits in each layout when the reads were timed.
    """

    reads: pd.DataFrame
    writes: pd.DataFrame
    rows: int


def measure(
    address: Address | None = None,
    *,
    rows: int = 300_000,
    rows_added: int = 5_000,
    repeat: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> HighRead:
    """Ask each layout of the visits the same questions, then add rows and refresh.

    Parameters
    ----------
    address
        A PostgreSQL, from `archkit.labs.postgres.postgres`; without one only DuckDB is measured.
    rows
        Visits in the year.
    rows_added
        Visits added to the last day before each refresh.
    repeat
        Timed runs of each question and each write; the layouts take turns.
    progress
        Called after the rows are in, after the reads and after the writes, with the steps done
        and the steps in all.

    Raises
    ------
    RuntimeError
        Two layouts answer a question differently: then no time of theirs can be compared.
    """
    import pandas as pd

    if min(rows, rows_added, repeat) < 1 or rows > 20_000_000:
        raise ValueError(
            "rows (up to 20 million), rows_added and repeat must be 1 or more; not "
            f"{rows=}, {rows_added=}, {repeat=}."
        )
    tell = progress or (lambda done, steps: None)
    with opened(address, rows) as stores:
        _compare(stores)
        tell(1, 3)
        reads = _reads(stores, repeat)
        tell(2, 3)
        writes = _writes(stores, rows_added, repeat)
        _compare(stores)
        tell(3, 3)
    return HighRead(pd.DataFrame(reads), pd.DataFrame(writes), rows)


def summary(lab: HighRead) -> pd.DataFrame:
    """Pool the runs of each layout and question.

    Returns
    -------
    DataFrame
        One row an engine, question and layout, in the order they were asked: `ms`, the median,
        and `ms_low` to `ms_high`, the least and the most; `times_faster` than the plain aggregate
        of the same engine; `rows_read`, `rows`, `parts_read`, `parts`; `runs`.
    """
    import pandas as pd

    keys = ["engine", "question", "layout"]
    by = lab.reads.groupby(keys, sort=False)
    times = by["ms"].agg(["median", "min", "max", "size"])
    times.columns = pd.Index(["ms", "ms_low", "ms_high", "runs"])
    work = by[["rows_read", "parts_read", "parts"]].first()
    pooled = pd.concat([times, work], axis=1).reset_index()
    plain = pooled.loc[pooled["layout"] == PLAIN, [*keys[:2], "ms"]]
    base = pooled.merge(plain, on=keys[:2], how="left", suffixes=("", "_plain"))
    return pooled.assign(times_faster=base["ms_plain"] / base["ms"], rows=lab.rows)


def write_costs(lab: HighRead) -> pd.DataFrame:
    """Pool the writes of each layout.

    Returns
    -------
    DataFrame
        One row an engine and layout: `rows_added` at a time; `insert_ms` for them, the median,
        and `insert_ms_low` to `insert_ms_high`; for a summary `refresh_ms` likewise, and
        `rows_missing` until it is refreshed; `runs`.
    """
    import pandas as pd

    by = lab.writes.groupby(["engine", "layout"], sort=False)
    pooled = pd.DataFrame({"rows_added": by["rows_added"].max(), "runs": by.size()})
    for column in ("insert_ms", "refresh_ms"):
        pooled[column] = by[column].median()
        pooled[f"{column}_low"], pooled[f"{column}_high"] = by[column].min(), by[column].max()
    pooled["rows_missing"] = by["rows_missing"].max().astype("Int64")
    return pooled.reset_index()


def break_even(lab: HighRead) -> pd.DataFrame:
    """Say how many reads a refresh must serve before the summary pays.

    Returns
    -------
    DataFrame
        One row an engine and question: `plain_ms` and `summary_ms` of a read, `refresh_ms`
        (medians); `reads`, refresh ÷ (plain − summary), and `reads_low` to `reads_high` with
        each time at its best and at its worst; infinite where the summary is not faster;
        `rows_missing` until the refresh, `rows_added` each time.
    """
    import numpy as np
    import pandas as pd

    rows = []
    for (engine, question), asked in lab.reads.groupby(["engine", "question"], sort=False):
        written = lab.writes[(lab.writes["engine"] == engine) & lab.writes["refresh_ms"].notna()]
        layout = written["layout"].iloc[0]
        plain = _three(asked.loc[asked["layout"] == PLAIN, "ms"])
        fast = _three(asked.loc[asked["layout"] == layout, "ms"])
        refresh = _three(written["refresh_ms"])
        # The best case for the summary: a quick refresh, quick reads of it, slow plain ones.
        gains = np.array([plain[2] - fast[0], plain[1] - fast[1], plain[0] - fast[2]])
        reads = np.where(gains > 0, refresh / np.where(gains > 0, gains, 1), np.inf)
        rows.append(
            {
                "engine": engine,
                "question": question,
                "plain_ms": plain[1],
                "summary_ms": fast[1],
                "refresh_ms": refresh[1],
                "reads_low": reads[0],
                "reads": reads[1],
                "reads_high": reads[2],
                "rows_missing": int(written["rows_missing"].max()),
                "rows_added": int(written["rows_added"].max()),
            }
        )
    return pd.DataFrame(rows)


def _three(values: pd.Series[float]) -> Any:
    """Return the least, the median and the most."""
    import numpy as np

    return np.quantile(values.to_numpy(float), [0, 0.5, 1])


class _Memory(Protocol):
    def record_lesson(self, lesson: Lesson) -> object: ...


def record(memory: _Memory, lab: HighRead) -> tuple[Lesson, ...]:
    """Keep in a memory what was measured on PostgreSQL, each as a lesson on its pattern.

    A lesson and not a count of queries: the summary asks as many as before, it reads less.
    """
    pooled, paid = summary(lab), break_even(lab)
    of_postgres = pooled[pooled["engine"] == "PostgreSQL"]
    if of_postgres.empty:
        return ()
    paid = paid[paid["engine"] == "PostgreSQL"]
    lessons = []
    for layout, pattern in _PATTERNS.items():
        asked = of_postgres[of_postgres["layout"] == layout].to_dict("records")
        said = [_READ.format_map(row) for row in asked]
        if LAYOUTS["PostgreSQL"][layout].refresh:
            said += [_paying(row) for row in paid.to_dict("records")]
        text = f"High-read lab, PostgreSQL, {lab.rows:,} rows, {layout}: {'; '.join(said)}."
        lessons.append(Lesson(text, "measured", pattern=pattern, extra={"source": "measured"}))
    for lesson in lessons:
        memory.record_lesson(lesson)
    return tuple(lessons)


_PATTERNS = {
    "materialised summary": "postgres-materialized-views",
    "monthly partitions": "time-partitioning",
}


_READ = (
    "{question} in {ms:.3g} ms, {times_faster:.3g} times as fast as plain rows, "
    "{rows_read:,.0f} rows read"
)


def _paying(row: Mapping[Any, Any]) -> str:
    """Say after how many whole reads a refresh pays."""
    said = f"a refresh takes {row['refresh_ms']:.3g} ms and"
    if not math.isfinite(row["reads"]):
        return f"{said} never pays for {row['question']}"
    reads = max(1, math.ceil(row["reads"]))
    return (
        f"{said} pays after {reads:,} read{'s' * (reads > 1)} of {row['question']}, before it "
        f"{row['rows_missing']:,} new rows are not shown"
    )


def _compare(stores: Mapping[tuple[str, str], Store]) -> None:
    """Refuse stores that answer differently; this also warms them, so that none is asked cold."""
    for name, question in QUESTIONS.items():
        answers = {
            key: store.ask(question.of(store), question.values) for key, store in stores.items()
        }
        (first, expected), *others = answers.items()
        for key, answer in others:
            if _plainly(answer) != _plainly(expected):
                raise RuntimeError(
                    f"{' / '.join(key)} answers {name!r} otherwise than {' / '.join(first)}."
                )


def _plainly(answer: Rows) -> Rows:
    """Write numbers alike: one database sums to whole numbers, the other to decimals."""
    return [(day, int(visits), int(cents)) for day, visits, cents in answer]


def _reads(stores: Mapping[tuple[str, str], Store], repeat: int) -> list[dict[str, Any]]:
    rows = []
    works = {
        (key, name): store.explain(question.of(store), question.values)
        for key, store in stores.items()
        for name, question in QUESTIONS.items()
    }
    for run in range(repeat):
        for name, question in QUESTIONS.items():
            for (engine, layout), store in stores.items():
                work = works[(engine, layout), name]
                began = time.perf_counter()
                store.ask(question.of(store), question.values)
                ms = (time.perf_counter() - began) * 1000
                rows.append(
                    {"engine": engine, "layout": layout, "question": name, "run": run, "ms": ms,
                     "rows_read": work.rows, "parts_read": work.parts, "parts": work.parts_in_all}
                )  # fmt: skip
    return rows


def _writes(
    stores: Mapping[tuple[str, str], Store], added: int, repeat: int
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for run in range(repeat):
        values = {"day": _TODAY, "rows": added}
        for (engine, layout), store in stores.items():
            row = {"engine": engine, "layout": layout, "run": run, "rows_added": added}
            row["insert_ms"] = _timed(store, _ADD, values)
            refresh = store.layout.refresh
            if refresh is not None:
                row["rows_missing"] = int(store.ask(_MISSING, {})[0][0])
                row["refresh_ms"] = _timed(store, refresh, {})
            rows.append(row)
    return rows


def _timed(store: Store, sql: str, values: Mapping[str, Any]) -> float:
    began = time.perf_counter()
    store.write(sql, values)
    return (time.perf_counter() - began) * 1000
