"""Patterns in their latest wording, each in a row of its own: by slug, by kind and area, by text.

A small catalogue holds its patterns as they are. A large one holds names only: what a ranking
weighs, and the patterns shown, are read from the index's folder when they are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from archkit.memory.retrieval import TAIL, PatternIndex
from archkit.records import Pattern

if TYPE_CHECKING:
    from archkit.memory.semantic import SemanticLayer

__all__ = ["Catalogue", "OutdatedError", "Wording", "Wordings"]

_MOST_KEPT = 20_000
"""Patterns read from a folder and kept for the next query that finds them."""


class OutdatedError(LookupError):
    """The index's folder no longer has a pattern: another process has worded it anew."""


class Wording(NamedTuple):
    """One wording of a pattern, named by `key`; of two of a slug the later recorded one counts.

    `recorded_us` is microseconds; `event_id` decides between two of one instant.
    """

    key: int
    slug: str
    area: str
    kind: str
    status: str
    recorded_us: int = 0
    event_id: str = ""

    @property
    def order(self) -> tuple[int, str]:
        """What is greater for the wording that counts."""
        return self.recorded_us, self.event_id


Wordings = tuple[list[Any], ...]
"""Wordings in columns, in `Wording`'s order: a tuple for each of 100,000 takes half a second."""


class Catalogue:
    """Patterns by row; a slug keeps its row when it is worded anew.

    Parameters
    ----------
    index
        Where they are found by their text.
    wordings
        What the index already keeps, one a slug.
    """

    def __init__(self, index: PatternIndex, wordings: Wordings = ()) -> None:
        self._index = index
        self._columns = wordings or tuple([] for _ in Wording._fields)
        self._keys, self._slugs, self._areas, self._kinds, self._statuses, *_ = self._columns
        self._rows = dict(zip(self._slugs, range(len(self)), strict=True))
        self._row_of_key = dict(zip(self._keys, range(len(self)), strict=True))
        self._whole: dict[int, Pattern] = {}
        self._weighed: dict[int, Pattern] = {}
        self._groups: dict[tuple[str, str], list[int]] = {}
        self.layer: SemanticLayer[int] | None = None
        """Their vectors by key, if they are found by meaning, too."""

    @classmethod
    def of(cls, patterns: Iterable[Pattern]) -> Catalogue:
        """Return a catalogue in memory; of two patterns of one slug the last counts."""
        catalogue = cls(PatternIndex())
        catalogue.put(
            (Wording(key, p.slug, p.area, p.kind, p.status, key), p)
            for key, p in enumerate(patterns)
        )
        return catalogue

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, slug: object) -> bool:
        return slug in self._rows

    @property
    def slugs(self) -> list[str]:
        """Slug of each row."""
        return list(self._slugs)

    def statuses_of(self, slugs: Sequence[str]) -> list[str]:
        """Status of patterns that are here, as they are worded."""
        if slugs == self.slugs:
            return list(self._statuses)
        return [self._statuses[self._rows[slug]] for slug in slugs]

    def row(self, slug: str) -> int | None:
        """Row of a pattern; None if it is not here."""
        return self._rows.get(slug)

    def put(self, wordings: Iterable[tuple[Wording, Pattern]]) -> list[str]:
        """Take wordings in that count; return the slugs whose wording has changed."""
        latest: dict[str, tuple[Wording, Pattern]] = {}
        for new, pattern in wordings:
            known = latest[new.slug][0] if new.slug in latest else self._known(new.slug)
            if known is None or new.order > known.order:
                latest[new.slug] = new, pattern
        replaced = [known.key for slug in latest if (known := self._known(slug))]
        self._index.update(((new.key, pattern) for new, pattern in latest.values()), replaced)
        if self.layer is not None:
            from archkit.memory.semantic import meaning_of

            self.layer.remove(replaced)
            self.layer.add({new.key: meaning_of(pattern) for new, pattern in latest.values()})
        for key in replaced:
            for held in (self._row_of_key, self._whole, self._weighed):
                held.pop(key, None)
        for slug, (new, pattern) in latest.items():
            row = self._rows.setdefault(slug, len(self))
            for column, value in zip(self._columns, new, strict=True):
                column[row : row + 1] = [value]
            self._row_of_key[new.key] = row
            if not self._index.keeps:
                self._whole[new.key] = pattern
        self._groups.clear()
        return list(latest)

    def rows(self, *, area: str | None = None, kind: str | None = None) -> list[int]:
        """Rows of all patterns of an area and a kind, by slug."""
        if not self._groups:
            for row in (row for _, row in sorted(self._rows.items())):
                self._groups.setdefault((self._areas[row], self._kinds[row]), []).append(row)
        found = [
            rows
            for (its_area, its_kind), rows in self._groups.items()
            if area in (None, its_area) and kind in (None, its_kind)
        ]
        if len(found) == 1:
            return found[0]
        return sorted((row for rows in found for row in rows), key=self._slug)

    def find(
        self, text: str, *, area: str | None = None, kind: str | None = None, limit: int = 64
    ) -> list[tuple[int, float]]:
        """Rows of the patterns that a text is about, with relevance 0–1 against the best, or none.

        Equal ones come by slug. With a kind given every hit of that kind counts, however faint.
        What another process has just put into a shared index is left out until it is put in here,
        too.
        """
        hits, sure = self._index.search(text, area=area, kind=kind, limit=limit)
        sure = sure or kind is not None
        if self.layer is not None:
            hits = self._hybrid(text, hits, sure, area, kind, limit)
        elif not sure:
            return []
        places = ((self._row_of_key.get(key), score) for key, score in hits)
        found = [(row, score) for row, score in places if row is not None]
        best = max((score for _, score in found), default=1.0)
        floor = TAIL * best if kind is None else 0.0
        kept = [(row, score / best) for row, score in found if score >= floor]
        if all(one[1] > other[1] for one, other in pairwise(kept)):
            return kept
        return sorted(kept, key=lambda hit: (-hit[1], self._slug(hit[0])))

    def _hybrid(
        self,
        text: str,
        hits: list[tuple[int, float]],
        sure: bool,
        area: str | None,
        kind: str | None,
        limit: int,
    ) -> list[tuple[int, float]]:
        from archkit.memory.semantic import hybrid

        assert self.layer is not None
        among = None
        if area is not None or kind is not None:
            among = [self._keys[row] for row in self.rows(area=area, kind=kind)]
        return hybrid(self.layer, text, hits, sure=sure, limit=limit, among=among)

    def weighed(self, rows: Sequence[int]) -> list[Pattern]:
        """Patterns of rows, of a large catalogue with just what a ranking weighs."""
        if not self._index.keeps:
            return self.patterns(rows)
        return self._read(rows, self._weighed, self._index.weighed)

    def patterns(self, rows: Sequence[int]) -> list[Pattern]:
        """Patterns of rows."""
        return self._read(rows, self._whole, self._index.patterns)

    def holds(self, key: int) -> bool:
        """Whether a wording is the one that counts."""
        return key in self._row_of_key

    def without(self, layer: SemanticLayer[int]) -> list[int]:
        """Rows whose wording has no vector in a layer."""
        return [row for row, key in enumerate(self._keys) if key not in layer]

    def names(self, rows: Sequence[int]) -> list[tuple[int, str]]:
        """Key and event of each row's wording."""
        return [(self._keys[row], str(self._columns[-1][row])) for row in rows]

    def _slug(self, row: int) -> str:
        return str(self._slugs[row])

    def _known(self, slug: str) -> Wording | None:
        row = self._rows.get(slug)
        return None if row is None else Wording(*(column[row] for column in self._columns))

    def _read(
        self,
        rows: Sequence[int],
        held: dict[int, Pattern],
        read: Callable[[Sequence[int]], dict[int, Pattern]],
    ) -> list[Pattern]:
        keys = [self._keys[row] for row in rows]
        missing = [key for key in keys if key not in held]
        if missing:
            if len(held) > _MOST_KEPT:
                held.clear()
                missing = keys
            held.update(read(missing))
        try:
            return [held[key] for key in keys]
        except KeyError as error:
            raise OutdatedError from error
