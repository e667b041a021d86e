"""What was counted in a block: how many statements, of which shapes, and which look like N+1."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import pandas as pd

from archkit.queries.n_plus_one import findings
from archkit.queries.tally import Tallies, Tally

__all__ = ["QueryCount"]


class QueryCount:
    """The statements of one block.

    Attributes
    ----------
    label, n
        What was counted, and for how many items, as given.
    counts
        What one is: `statements sent` (as the program sends them; `executemany` is one) or
        `statements run` (as the database runs them, BEGIN and each row of `executemany` included).
    elsewhere
        Statements on the same source that other threads or tasks sent meanwhile; not in `count`.
    overhead_ms
        Time that counting itself took; part of `wall_ms`.
    notes
        What a reader should know about how it was counted.
    """

    def __init__(self, label: str = "", n: int | None = None, *, everywhere: bool = False) -> None:
        self.label, self.n, self.everywhere = label, n, everywhere
        self.counts = "statements sent"
        self.elsewhere = 0
        self.overhead_ms = 0.0
        self.notes: list[str] = []
        self.tallies = Tallies()
        self.pulls: list[Callable[[], None]] = []
        self._began = perf_counter()
        self._wall_ms: float | None = None

    def open(self) -> None:
        """Begin the block: its time runs from now on."""
        self._began = perf_counter()

    def close(self, wall_ms: float | None = None) -> None:
        """End the block: its time stands from now on."""
        self._wall_ms = (perf_counter() - self._began) * 1000 if wall_ms is None else wall_ms

    @property
    def wall_ms(self) -> float:
        """Time of the whole block, in milliseconds; up to now while it is open."""
        return (perf_counter() - self._began) * 1000 if self._wall_ms is None else self._wall_ms

    @property
    def count(self) -> int:
        """Statements counted."""
        return sum(tally.count for tally in self._all())

    @property
    def failed(self) -> int | None:
        """Statements in `count` that failed or never ended; None where the source does not tell."""
        known = [tally.count - tally.ended for tally in self._all() if tally.ended is not None]
        return sum(known) if known else None

    @property
    def rows(self) -> int | None:
        """Rows that were fetched; None where the source does not tell."""
        known = [tally.rows for tally in self._all() if tally.rows is not None]
        return sum(known) if known else None

    @property
    def execute_ms(self) -> float | None:
        """Time in `execute` alone, without fetching; None where the source does not tell."""
        known = [tally.execute_ms for tally in self._all() if tally.execute_ms is not None]
        return sum(known) if known else None

    @property
    def by_shape(self) -> pd.DataFrame:
        """Statements added up by shape, most first.

        Returns
        -------
        pandas.DataFrame
            `shape` (the text without literals), `count`, `execute_ms` (sum, fetching not in it;
            missing where the source does not tell), `rows` (fetched; missing likewise), `where`
            (the first line of your code that sent it, relative to the working directory).
        """
        merged: dict[str, list[Tally]] = {}
        for tally in self._all():
            merged.setdefault(tally.kind.shape, []).append(tally)
        frame = pd.DataFrame(
            [
                (
                    shape,
                    sum(tally.count for tally in tallies),
                    _sum([tally.execute_ms for tally in tallies]),
                    _sum([tally.rows for tally in tallies]),
                    tallies[0].kind.where,
                )
                for shape, tallies in merged.items()
            ],
            columns=["shape", "count", "execute_ms", "rows", "where"],
        ).astype({"count": int, "execute_ms": float, "rows": "Int64"})
        return frame.sort_values("count", ascending=False, kind="stable", ignore_index=True)

    @property
    def n_plus_one(self) -> pd.DataFrame:
        """Statements sent once per row of an earlier one, most first; see `findings`."""
        return findings(self._all())

    def _all(self) -> list[Tally]:
        for pull in self.pulls:
            pull()
        return self.tallies.all()

    def __repr__(self) -> str:
        label = f"{self.label!r}, " if self.label else ""
        return f"QueryCount({label}{self.count} {self.counts}, {self.wall_ms:.3g} ms)"


def _sum(values: list[float | None] | list[int | None]) -> float | int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
