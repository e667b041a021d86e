"""Evidence in columns: uses of patterns with what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from archkit.memory.beta import Floats
from archkit.memory.posterior import LEARNING_RATE, posteriors, sums
from archkit.memory.standing import PATTERN_THRESHOLD, Standing, standing_status
from archkit.records import PROVENANCE, SOURCE_WEIGHT

__all__ = ["KINDS", "SOURCES", "Evidence", "days_since"]

Codes = NDArray[np.int64]

SOURCES = tuple(SOURCE_WEIGHT)
"""Who may say how a use went; `Evidence.source` counts along it."""

KINDS = tuple(dict.fromkeys(PROVENANCE.values()))
"""Where evidence comes from, the plainest first."""

_WEIGHTS = np.array([SOURCE_WEIGHT[source] for source in SOURCES])
_KIND_OF = np.array([KINDS.index(PROVENANCE[source]) for source in SOURCES], dtype=np.int64)
_REPORTED = SOURCES.index("reported")
_DAY_US = 86_400e6


_NO_CODES: Codes = np.zeros(0, dtype=np.int64)
_NO_FLOATS: Floats = np.zeros(0)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Uses of patterns with their outcomes, one entry each, in parallel columns.

    `code` is the pattern's place in `slugs`; `y` is how well it went, 0 to 1; `uses` is 1, or the
    count a figure was reported over; `source` is a place in `SOURCES`; `age_days` is NaN when
    undated and below 0 when it is dated after the present; `session` tells one session's evidence
    from another's (-1: not known); `weight` (0 to 1) is what an entry of an ended epoch still
    counts. Make it by `from_rows` or `from_columns`.
    """

    slugs: tuple[str, ...] = ()
    code: Codes = field(default_factory=lambda: _NO_CODES)
    y: Floats = field(default_factory=lambda: _NO_FLOATS)
    uses: Floats = field(default_factory=lambda: _NO_FLOATS)
    source: Codes = field(default_factory=lambda: _NO_CODES)
    age_days: Floats = field(default_factory=lambda: _NO_FLOATS)
    session: Codes = field(default_factory=lambda: _NO_CODES)
    weight: Floats = field(default_factory=lambda: _NO_FLOATS)

    @classmethod
    def from_rows(cls, rows: Iterable[Sequence[Any]], *, now: datetime) -> Evidence:
        """Read rows (slug, y, uses, source, seen_at or None, session or None[, weight]).

        An instant without zone is UTC, as the memory's rows are. Rows whose y or uses is not
        known are no evidence and are left out.
        """
        known = [row for row in rows if row[1] is not None and row[2]]
        slugs, code = _coded(row[0] for row in known)
        sources, source = _coded(row[3] for row in known)
        sessions, session = _coded(row[5] or "" for row in known)
        seen = [_naive(row[4]) for row in known]
        return cls.from_columns(
            slugs,
            code,
            np.array([row[1] for row in known], dtype=float),
            np.array([row[2] for row in known], dtype=float),
            sources,
            source,
            seen_at=np.array(seen, dtype="datetime64[us]"),
            session=np.where(session == _place("", sessions), -1, session),
            weight=np.array([row[6] if len(row) > 6 else 1.0 for row in known], dtype=float),
            now=now,
        )

    @classmethod
    def from_columns(
        cls,
        slugs: Sequence[str],
        code: ArrayLike,
        y: ArrayLike,
        uses: ArrayLike,
        sources: Sequence[str],
        source: ArrayLike,
        *,
        seen_at: ArrayLike | None = None,
        session: ArrayLike | None = None,
        weight: ArrayLike | None = None,
        now: datetime,
    ) -> Evidence:
        """Take columns of arrays, plain or masked, without a look at single rows.

        Parameters
        ----------
        slugs, code
            The patterns, and each entry's place among them.
        y, uses
            How well it went (0 to 1), over how many uses; entries where either is missing, or
            `uses` is 0, are no evidence and are left out.
        sources, source
            Names of sources (each one of `SOURCES`), and each entry's place among them.
        seen_at
            datetime64 in UTC; NaT, masked or None: undated.
        session
            Numbers that tell sessions apart, from 0; -1, masked or None: not known.
        weight
            What an entry still counts, 0 to 1; None: all of them 1.
        now
            The present instant, aware.
        """
        rate, count = _filled(y, np.nan), _filled(uses, np.nan)
        size = len(rate)
        with np.errstate(invalid="ignore"):
            known = ~np.isnan(rate) & (np.nan_to_num(count) != 0)
            if np.any((rate < 0) | (rate > 1)) or np.any(count < 0):
                raise ValueError("y must be 0 to 1 and uses not negative.")
        if unknown := sorted(set(sources) - set(SOURCES)):
            raise ValueError(f"source must be one of {', '.join(SOURCES)}, not {unknown}.")
        names = np.array([SOURCES.index(name) for name in sources], dtype=np.int64)
        age = np.full(size, np.nan) if seen_at is None else _age_days(seen_at, now)
        who = np.full(size, -1) if session is None else _filled(session, -1, np.int64)
        share = np.ones(size) if weight is None else _filled(weight, 1.0)
        places = _filled(code, -1, np.int64)
        said_by = names[_filled(source, 0, np.int64)] if size else np.zeros(0, dtype=np.int64)
        columns: tuple[Any, ...] = (places, rate, count, said_by, age, who, share)
        return cls(tuple(slugs), *(c if known.all() else c[known] for c in columns))

    def __len__(self) -> int:
        return len(self.code)

    @property
    def from_future(self) -> NDArray[np.bool_]:
        """Which entries are dated after the present: a clock is wrong, or they are made up."""
        with np.errstate(invalid="ignore"):
            return self.age_days < 0

    def group(self, slugs: Sequence[str]) -> Codes:
        """Position of each entry's pattern in `slugs`; -1 for a pattern that is not among them."""
        if self.slugs == (names := tuple(slugs)):
            return self.code
        place = {slug: index for index, slug in enumerate(names)}
        found = np.array([place.get(slug, -1) for slug in self.slugs] + [-1], dtype=np.int64)
        return found[self.code]  # the last is for code -1

    def counts(self, slugs: Sequence[str]) -> dict[str, Floats]:
        """Plain uses of each pattern by provenance: measured, observed, reported, simulated."""
        return self._counts(self.group(slugs), len(slugs))

    def posteriors(
        self, slugs: Sequence[str], *, learning_rate: float = LEARNING_RATE
    ) -> tuple[Floats, Floats]:
        """Return the Beta posterior (a, b) of each of `slugs`."""
        return self._posteriors(self.group(slugs), len(slugs), learning_rate)

    def successes(self, slugs: Sequence[str]) -> Codes:
        """Of how many distinct sessions each pattern has a success (y ≥ .5); none reported."""
        return self._successes(self.group(slugs), len(slugs))

    def standing(
        self,
        slugs: Sequence[str],
        statuses: Sequence[str],
        *,
        learning_rate: float = LEARNING_RATE,
        threshold: int = PATTERN_THRESHOLD,
        since_days: ArrayLike | None = None,
    ) -> Standing:
        """Where each pattern stands: posterior, uses, status after promotion and retirement.

        Parameters
        ----------
        slugs
            The patterns.
        statuses
            What each was worded or said by hand to be: candidate, active or retired.
        learning_rate
            η, 0 to 1.
        threshold
            Successes from distinct sessions that make a candidate count as active.
        since_days
            How long ago (days) somebody said each one's status by hand; NaN or None: never. Only
            evidence seen since then can change what was said.
        """
        size, group = len(slugs), self.group(slugs)
        a, b = self._posteriors(group, size, learning_rate)
        counts = self._counts(group, size)
        said = np.full(size, np.inf) if since_days is None else _filled(since_days, np.nan)
        recent = self._since(group, np.where(np.isnan(said), np.inf, said))
        successes = self._successes(group, size, recent)
        failed = recent & (group >= 0) & (self.y < 0.5) & (self.source != _REPORTED)
        failures = np.bincount(group[failed], minlength=size).astype(np.int64)
        status = standing_status(statuses, a, b, successes, failures, threshold=threshold)
        uses = np.sum([counts[kind] for kind in KINDS], axis=0)
        return Standing(tuple(slugs), a, b, counts, uses, successes, failures, status)

    def _since(self, group: Codes, said_days: Floats) -> NDArray[np.bool_]:
        """Entries no older than what was said of their pattern; the undated only if nothing was."""
        if not len(said_days) or np.isinf(said_days).all():
            return np.ones(len(self), dtype=bool)
        age = np.where(np.isnan(self.age_days), np.inf, self.age_days)
        return np.asarray(age <= said_days[group], dtype=bool)

    def _posteriors(self, group: Codes, size: int, rate: float) -> tuple[Floats, Floats]:
        worth = _WEIGHTS[self.source] * self.weight
        columns = (group, self.y, self.uses, worth, self.age_days)
        mine = group >= 0
        if not mine.all():
            columns = tuple(column[mine] for column in columns)  # type: ignore[assignment]
        return posteriors(*columns, size=size, learning_rate=rate)

    def _counts(self, group: Codes, size: int) -> dict[str, Floats]:
        mine = group >= 0
        cell = group * len(KINDS) + _KIND_OF[self.source]
        total = sums(cell[mine], self.uses[mine], size * len(KINDS)).reshape(size, len(KINDS))
        return {kind: total[:, place].copy() for place, kind in enumerate(KINDS)}

    def _successes(self, group: Codes, size: int, among: NDArray[np.bool_] | None = None) -> Codes:
        good = (group >= 0) & (self.y >= 0.5) & (self.source != _REPORTED) & (self.session >= 0)
        if among is not None:
            good &= among
        span = int(self.session.max(initial=0)) + 1
        pairs = np.sort(group[good] * span + self.session[good])  # faster than np.unique
        first = np.ones(len(pairs), dtype=bool)
        first[1:] = pairs[1:] != pairs[:-1]
        return np.bincount(pairs[first] // span, minlength=size).astype(np.int64)


def days_since(instant: datetime | None, now: datetime) -> float:
    """Days from an instant to the present; NaN if it is not known, UTC if it has no zone."""
    return float(_age_days(np.array([_naive(instant)], dtype="datetime64[us]"), now)[0])


def _coded(values: Iterable[str]) -> tuple[tuple[str, ...], Codes]:
    """Distinct values in order of appearance, and each one's place among them."""
    places: dict[str, int] = {}
    code = [places.setdefault(str(value), len(places)) for value in values]
    return tuple(places), np.array(code, dtype=np.int64)


def _place(value: str, values: Sequence[str]) -> int:
    return values.index(value) if value in values else -1


def _filled(column: ArrayLike, missing: float, kind: type = np.float64) -> NDArray[Any]:
    """Return a column as an array of one kind, masked cells filled."""
    masked: Any = column
    if hasattr(masked, "filled"):
        masked = masked.astype(kind).filled(missing)
    return np.asarray(masked, dtype=kind)


def _naive(instant: datetime | None) -> datetime | None:
    if instant is None or instant.tzinfo is None:
        return instant
    return instant.astimezone(UTC).replace(tzinfo=None)


def _age_days(seen_at: Any, now: datetime) -> Floats:
    """Age in days, NaN where no instant is known."""
    seen = np.asarray(np.ma.filled(seen_at, np.datetime64("NaT")), dtype="datetime64[us]")
    present = np.datetime64(now.astimezone(UTC).replace(tzinfo=None), "us")
    age = (present - seen).astype(np.int64) / _DAY_US
    return np.where(np.isnat(seen), np.nan, age)
