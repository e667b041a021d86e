"""What the memory said in a session: the rankings seen, and which pattern a name means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from archkit.architect.dialogue import ToolCall
    from archkit.memory.ranking import Ranked, Ranking

__all__ = ["Evidence"]


class Evidence(Sequence["Ranking"]):
    """The rankings that a session has seen, in order."""

    def __init__(self) -> None:
        self._rankings: list[Ranking] = []
        self._kinds: list[str] = []

    def add(self, ranking: Ranking, *, kind: str = "") -> None:
        """Keep one more; `kind` is the choice it was asked for, if one was named."""
        self._rankings.append(ranking)
        self._kinds.append(kind)

    @property
    def main(self) -> Ranking | None:
        """The ranking for the first kind of choice asked about, as it was ranked last.

        The last ranking where no query named a kind; None where nothing was found.
        """
        full = [pair for pair in zip(self._kinds, self._rankings, strict=True) if len(pair[1])]
        chief = next((kind for kind, _ in full if kind), "")
        return next((ranking for kind, ranking in reversed(full) if kind == chief), None)

    @overload
    def __getitem__(self, index: int) -> Ranking: ...
    @overload
    def __getitem__(self, index: slice) -> list[Ranking]: ...
    def __getitem__(self, index: int | slice) -> Ranking | list[Ranking]:
        """Return one ranking, or some."""
        return self._rankings[index]

    def __len__(self) -> int:
        """How many queries there were."""
        return len(self._rankings)

    def __repr__(self) -> str:
        """One line: how many rankings, of how many patterns."""
        return f"Evidence({len(self)} rankings, {len(list(self.patterns()))} patterns)"

    def patterns(self) -> Iterator[Ranked]:
        """Give each pattern once, as it was ranked last."""
        seen: set[str] = set()
        for ranking in reversed(self._rankings):
            for ranked in ranking:
                if ranked.pattern.slug not in seen:
                    seen.add(ranked.pattern.slug)
                    yield ranked

    def named(self, slug: str) -> Ranked | None:
        """Return the pattern of that slug as it was ranked last."""
        return next((r for r in self.patterns() if r.pattern.slug == slug), None)

    def ranking_of(self, slug: str) -> Ranking | None:
        """Return the last ranking that a pattern was in."""
        found = (k for k in reversed(self._rankings) if any(r.pattern.slug == slug for r in k))
        return next(found, None)

    def ask_again(
        self, calls: Iterable[ToolCall], query: Callable[..., Ranking], *, brief: str
    ) -> None:
        """Add what the memory says today to the queries of earlier calls; the brief if none.

        Parameters
        ----------
        calls
            Tool calls that went well; those of `query_patterns` are asked again.
        query
            Asks the memory.
        brief
            What is asked where nothing was.
        """
        for call in calls:
            given = call.input
            if call.tool == "query_patterns" and isinstance(given, Mapping) and given.get("query"):
                context, kind = given.get("context"), given.get("kind") or None
                known = context if isinstance(context, Mapping) else None
                area = given.get("area") or None
                ranking = query(str(given["query"]), known, area=area, kind=kind)
                self.add(ranking, kind=str(kind or ""))
        if not self:
            self.add(query(brief))

    def meant(self, text: str) -> list[Ranked]:
        """Return the patterns that a name may mean: one exact, else all whose words it shares.

        Parameters
        ----------
        text
            A slug, a pattern's name, or a part of it.
        """
        wanted = _words(text)
        found = list(self.patterns())
        exact = [r for r in found if wanted in (_words(r.pattern.slug), _words(r.pattern.name))]
        if exact or not wanted:
            return exact[:1]
        return [r for r in found if _shares(set(wanted), r)]


def _words(text: str) -> tuple[str, ...]:
    return tuple(sorted(set(re.findall(r"[a-z0-9]+", text.lower()))))


def _shares(wanted: set[str], ranked: Ranked) -> bool:
    """Whether all the wanted words are the pattern's, or all of the pattern's are wanted."""
    slug, name = set(_words(ranked.pattern.slug)), set(_words(ranked.pattern.name))
    return wanted <= (slug | name) or (bool(name) and name <= wanted)
