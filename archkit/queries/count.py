"""What was counted in a block: how many statements, of which shapes, and which look like N+1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any, Self

from archkit.queries.n_plus_one import findings
from archkit.queries.tally import Tallies, Tally, sums

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["QueryCount"]

_TOLD = ("label", "n", "everywhere", "counts", "elsewhere", "overhead_ms", "notes")


class QueryCount:
    """The statements of one block. It holds no connection, and no value of any statement.

    Attributes
    ----------
    label, n
        What was counted, and for how many items, as given.
    counts
        What one is: `statements sent` (as the program sends them; `executemany` is one) or
        `statements run` (as the database runs them, BEGIN and each row of `executemany` included).
    everywhere, elsewhere
        Whether other threads and tasks were counted, too; if not, how many statements they sent
        on the same source meanwhile. They are not in `count`.
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
        self.pulls: tuple[Callable[[], None], ...] = ()
        self.read_up_to: dict[str, int] = {}
        self._began = perf_counter()
        self._wall_ms: float | None = None

    def saw_elsewhere(self) -> None:
        """Count a statement that another thread or task sent on the same source."""
        with self.tallies.lock:
            self.elsewhere += 1

    def note(self, text: str) -> None:
        """Have a reader know something about how it was counted, once."""
        with self.tallies.lock:
            if text not in self.notes:
                self.notes.append(text)

    def open(self) -> None:
        """Begin the block: its time runs from now on."""
        self._began, self._wall_ms = perf_counter(), None

    def close(self, wall_ms: float | None = None) -> None:
        """End the block: its time stands from now on."""
        self._wall_ms = self.wall_ms if wall_ms is None else wall_ms

    @property
    def wall_ms(self) -> float:
        """Time of the whole block, in milliseconds; up to now while it is open."""
        return (perf_counter() - self._began) * 1000 if self._wall_ms is None else self._wall_ms

    @property
    def count(self) -> int:
        """Statements counted."""
        return int(sums(self._all())["count"])

    @property
    def failed(self) -> int | None:
        """Statements in `count` that failed or never ended; None where the source does not tell."""
        failed: int | None = sums(self._all())["failed"]
        return failed

    @property
    def rows(self) -> int | None:
        """Rows that reads gave back; None where the source does not tell."""
        rows: int | None = sums(self._all())["rows"]
        return rows

    @property
    def execute_ms(self) -> float | None:
        """Time in `execute` alone, without fetching; None where the source does not tell."""
        execute_ms: float | None = sums(self._all())["execute_ms"]
        return execute_ms

    @property
    def by_shape(self) -> pd.DataFrame:
        """Statements added up by shape, most first.

        Returns
        -------
        pandas.DataFrame
            `shape` (the text without literals), `count`, `execute_ms` (sum, fetching not in it;
            missing where the source does not tell), `rows` (read; missing likewise), `where` (the
            first line of your code that sent it, relative to the working directory).
        """
        import pandas as pd

        columns = ["shape", "count", "execute_ms", "rows", "where"]
        frame = pd.DataFrame(self.shapes(), columns=columns)
        return frame.astype({"count": "int64", "execute_ms": "float64", "rows": "Int64"})

    @property
    def n_plus_one(self) -> pd.DataFrame:
        """Statements sent once per row of an earlier one, most first.

        Returns
        -------
        pandas.DataFrame
            One row a finding. `rule`: `lazy load` (SQLAlchemy says that a relationship was loaded
            for one object, at least twice from one place), `column load` (likewise columns that
            were deferred or expired), or `one lookup per row` (at least five reads by one key from
            one place, with different values; not those for a list of keys). `relationship`: which
            one, or whose columns, where the ORM says; `shape`, `count`; `where` most came from.
        """
        import pandas as pd

        columns = ["rule", "relationship", "shape", "count", "where"]
        return pd.DataFrame(self.findings(), columns=columns).astype({"count": "int64"})

    @property
    def summary(self) -> str:
        """What was counted and what looks like N+1, in a few lines."""
        from archkit.queries.count_shown import summary

        return summary(self)

    def shapes(self) -> list[dict[str, Any]]:
        """Return the rows of `by_shape`."""
        merged: dict[str, list[Tally]] = {}
        for tally in self._all():
            merged.setdefault(tally.kind.shape, []).append(tally)
        rows = [
            {"shape": shape, **sums(tallies), "where": tallies[0].kind.where}
            for shape, tallies in merged.items()
        ]
        return sorted(rows, key=lambda row: -row["count"])

    def findings(self) -> list[dict[str, Any]]:
        """Return the rows of `n_plus_one`."""
        return findings(self._all())

    def as_json(self) -> dict[str, Any]:
        """Return all of it as what JSON can hold; `from_json` reads it back."""
        return {
            **{name: getattr(self, name) for name in _TOLD},
            "notes": list(self.notes),
            "wall_ms": self.wall_ms,
            **sums(self._all()),
            "by_shape": self.shapes(),
            "n_plus_one": self.findings(),
            "tallies": [tally.as_json() for tally in self.tallies.all()],
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Read what `as_json` returned.

        Raises
        ------
        ValueError
            It is not that.
        """
        try:
            count = cls(told["label"], told["n"], everywhere=told["everywhere"])
            for name in _TOLD:
                setattr(count, name, told[name])
            count.notes = list(told["notes"])
            count.tallies = Tallies(Tally.from_json(tally) for tally in told["tallies"])
            count.close(float(told["wall_ms"]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"This is no count of queries: {error!r}.") from error
        return count

    def _all(self) -> list[Tally]:
        for pull in self.pulls:
            pull()
        return self.tallies.all()

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_json, (self.as_json(),)

    def __repr__(self) -> str:
        label = f"{self.label!r}, " if self.label else ""
        return f"QueryCount({label}{self.count:,} {self.counts}, {self.wall_ms:.3g} ms)"

    def _repr_html_(self) -> str:
        from archkit.queries.count_shown import count_html

        return count_html(self)
