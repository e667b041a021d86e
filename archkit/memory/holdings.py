"""What a memory holds, read from its store and kept until the store changes."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from archkit.errors import StoreError
from archkit.memory.checks import check_known
from archkit.memory.decided import decision_of
from archkit.memory.evidence import SOURCES, Evidence
from archkit.memory.feed import MARK, Feed
from archkit.memory.journal import Draft, Event
from archkit.memory.learning import HALF_LIFE_DAYS, LEARNING_RATE, PATTERN_THRESHOLD
from archkit.memory.news import News
from archkit.memory.reading import (
    CONTEXTS,
    EFFECTS,
    PATTERNS,
    REWORDED,
    SAID,
    SLUGS,
    SOLUTIONS,
    UNWORDED,
    USES,
    USES_OF,
    contexts_of,
    effects_of,
    evidence_of,
    said_of,
    slugs_of,
    solutions_of,
    uses_of,
    wordings_of,
)
from archkit.memory.refusals import BusyError
from archkit.memory.shipped import LIBRARY, write_library
from archkit.memory.size import check_size
from archkit.memory.store import Store
from archkit.records import Decision, Solution, utc_now

if TYPE_CHECKING:
    from archkit.memory.embedder import Embedder
    from archkit.memory.shelf import Shelf
    from archkit.memory.solutions import SolutionShelf

__all__ = ["RECENT", "Holdings"]

T = TypeVar("T")

_TRIES = 3

_ASIDE = (
    *("agent", "session_started", "session_status", "message", "tool_call", "step", "proposal"),
    *("answer", "lesson", "measurement", "adr", "story_updated", "activity", LIBRARY),
)
"""Kinds of events that change no shelf."""


class Holdings:
    """Shelves of patterns and solutions over a store; another process's writes are seen.

    Parameters
    ----------
    store
        Where the events are.
    library
        Whether the kit's own patterns and solutions belong in it; they are written once.
    learning_rate, pattern_threshold
        See `Shelf`.
    now
        The clock: evidence fades by the day.
    embedder
        The model by which patterns are found by meaning, too.
    """

    def __init__(
        self,
        store: Store,
        *,
        library: bool = True,
        learning_rate: float = LEARNING_RATE,
        pattern_threshold: int = PATTERN_THRESHOLD,
        now: Callable[[], datetime] = utc_now,
        embedder: Embedder | None = None,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._library_due = library
        self.learning_rate, self.pattern_threshold = learning_rate, pattern_threshold
        self._now = now
        self._lock = threading.RLock()
        self._feed = Feed(store, _ASIDE)
        self._news = News()
        self._day: date | None = None
        self._shelf: Shelf | None = None
        self._solutions: SolutionShelf | None = None
        self._worded: dict[str, tuple[tuple[Any, ...], Solution]] = {}
        self._unworded: set[str] = set()
        _HOLDINGS.add(self)

    @property
    def count(self) -> int | None:
        """How many patterns were there at the last look; None before the first."""
        return None if self._shelf is None else len(self._shelf)

    def shelves(self) -> tuple[Shelf, SolutionShelf]:
        """Return the shelves with all that is recorded so far, by whoever."""
        with self._lock:
            if self._shelf is None or self._solutions is None:
                return self._open()
            told = self._feed.look()
            if told is None:
                return self._open()
            self._news.add(told)
            if self._day != self._now().date():
                self._news.all_evidence = True
            if self._news:
                try:
                    self._shelf = self._reshelved(self._shelf)
                except (OSError, ValueError):  # the index's folder was deleted, or is damaged
                    return self._open()
                if self._resolved():
                    self._solutions = self._solution_shelf(Evidence())
                if self._news.stale:
                    self._learn(self._shelf, self._solutions)
            return self._shelf, self._solutions

    def ask(self, question: Callable[[Shelf], T]) -> T:
        """Put a question to the patterns; again if one is worded anew elsewhere at that moment."""
        from archkit.memory.catalogue import OutdatedError

        for _ in range(_TRIES):
            with suppress(OutdatedError):
                return question(self.shelves()[0])
        with self._lock:  # the index's folder is behind: it is made up to date at opening
            return question(self._open()[0])

    def append(self, drafts: Sequence[Draft]) -> tuple[Event, ...]:
        """Write events; one larger than all its agent may keep is refused."""
        check_size(self._store, drafts)
        with _writable():
            return self._store.append(drafts)

    def check_patterns(self, slugs: Iterable[str | None]) -> None:
        """Refuse slugs that nothing is known of; a file that is held must not stop the writing."""
        named = {slug for slug in slugs if slug is not None}
        if not named:
            return
        try:
            shelf, _ = self.shelves()
        except BusyError:
            return
        check_known(sorted(named), shelf.slugs, "pattern")

    def decision(self, decision_id: str) -> Decision:
        """Return a decision in its latest wording; `StoreError` if there is none."""
        return decision_of(self._store.rows, decision_id)

    def add_library(self) -> None:
        """Write the kit's patterns and solutions, if this version of them is not there yet."""
        with self._lock:
            if self._library_due:
                write_library(self._store)
                self._library_due = False

    def _open(self) -> tuple[Shelf, SolutionShelf]:
        """Read everything."""
        from archkit.memory.shared_index import open_catalogue
        from archkit.memory.shelf import Shelf

        self.add_library()
        if not self._store.drain():
            self._store.columns(MARK)  # which makes the file if there is none
        stamp, now = self._store.stamp(), self._now()
        mark, patterns, solutions, uses, contexts, unworded, effects, said = self._store.columns(
            *(MARK, PATTERNS, SOLUTIONS, USES, CONTEXTS, UNWORDED, EFFECTS, SAID),
            **_asked(now, every=True),
        )
        wordings = wordings_of(patterns)
        catalogue = open_catalogue(self._store, wordings)
        if self._embedder is not None:
            from archkit.memory.meaning import add_meaning

            add_meaning(self._store, catalogue, self._embedder)
        self._shelf = Shelf(
            catalogue,
            evidence_of(uses, wordings[1], now=now),
            said=said_of(said, now=now),
            contexts=contexts_of(contexts),
            learning_rate=self.learning_rate,
            pattern_threshold=self.pattern_threshold,
        )
        self._worded, self._news = {}, News(solutions=solutions_of(solutions))
        self._resolved()
        self._solutions = self._solution_shelf(effects_of(effects, now=now))
        self._unworded = set(unworded["slug"].tolist())
        self._news, self._day = News(), now.date()
        self._feed.begin(mark, stamp)
        return self._shelf, self._solutions

    def _reshelved(self, shelf: Shelf) -> Shelf:
        """Take new wordings in: of a new pattern what it reports is all the evidence there is."""
        from archkit.memory.shelf import reported_evidence

        worded = {wording.slug: pattern for wording, pattern in self._news.wordings}
        known = {slug for slug in worded if slug in shelf or slug in self._unworded}
        changed = shelf.put(self._news.wordings)
        self._news.wordings = []
        self._news.slugs |= {slug for slug in changed if slug in known}
        fresh = [slug for slug in changed if slug not in shelf]
        if not fresh:
            return shelf
        return shelf.updated(reported_evidence([worded[slug] for slug in fresh]), fresh)

    def _resolved(self) -> bool:
        """Take new wordings of solutions in; return whether there are any."""
        changed = False
        for order, solution in self._news.solutions:
            known = self._worded.get(solution.slug)
            if known is None or known[0] < order:
                self._worded[solution.slug] = order, solution
                self._news.effects = changed = True
        self._news.solutions = []
        return changed

    def _solution_shelf(self, evidence: Evidence) -> SolutionShelf:
        from archkit.memory.solutions import SolutionShelf

        solutions = [self._worded[slug][1] for slug in sorted(self._worded)]
        return SolutionShelf(solutions, evidence, learning_rate=self.learning_rate)

    def _learn(self, shelf: Shelf, solutions: SolutionShelf) -> None:
        """Read evidence that has changed."""
        self._store.drain()
        now, news = self._now(), self._news
        params = _asked(now, sorted(news.decisions), sorted(news.slugs), every=news.all_evidence)
        reworded, some, contexts, effects, said = self._store.columns(
            REWORDED, USES_OF, CONTEXTS, EFFECTS, SAID, **params
        )
        words = said_of(said, now=now)
        if news.all_evidence or reworded["again"][0]:
            slugs, uses, contexts = self._store.columns(
                SLUGS, USES, CONTEXTS, **{**params, "every": True}
            )
            evidence = evidence_of(uses, slugs["slug"].tolist(), now=now)
            self._shelf = shelf.with_evidence(evidence, words, contexts_of(contexts))
        else:
            touched = slugs_of(some)
            self._unworded |= {slug for slug in touched if slug not in shelf}
            words = {slug: words[slug] for slug in touched if slug in words}
            self._shelf = shelf.updated(
                uses_of(some, now=now), touched, words, contexts_of(contexts)
            )
        self._solutions = solutions.with_evidence(effects_of(effects, now=now))
        self._news, self._day = News(), now.date()


def _asked(
    now: datetime, decisions: Sequence[str] = (), slugs: Sequence[str] = (), *, every: bool
) -> dict[str, Any]:
    """Return the values that the questions about evidence name."""
    return {
        "sources": list(SOURCES),
        "decisions": list(decisions),
        "slugs": list(slugs),
        "every": every,
        "now": now.astimezone(UTC).replace(tzinfo=None),
        "half_life_days": HALF_LIFE_DAYS,
    }


_HOLDINGS: weakref.WeakSet[Holdings] = weakref.WeakSet()


def _after_fork_in_child() -> None:
    """Give the child a lock of its own: that of a parent's thread nobody here would open."""
    for held in list(_HOLDINGS):
        held._lock = threading.RLock()


os.register_at_fork(after_in_child=_after_fork_in_child)


@contextmanager
def _writable() -> Iterator[None]:
    """Say in our words that a record cannot be written down."""
    try:
        yield
    except (ValueError, RecursionError) as error:
        raise StoreError(
            "The record cannot be written down.",
            why=f"{error}",
            mend="Use plain values: texts, numbers, yes and no, instants, lists, mappings of them.",
        ) from error


RECENT = """
SELECT recorded_at, kind, agent, project, session_id, entity_id,
  left(coalesce(
    nullif(payload->>'$.title', ''), nullif(payload->>'$.chosen', ''),
    nullif(payload->>'$.name', ''), nullif(payload->>'$.label', ''),
    nullif(payload->>'$.text', ''), nullif(payload->>'$.brief', ''),
    nullif(payload->>'$.note', ''), payload->>'$.tool',
    nullif(payload->>'$.summary', ''), payload->>'$.status', entity_id, ''
  ), 200) AS summary
FROM event WHERE agent <> 'library'
ORDER BY recorded_at DESC, event_id DESC LIMIT $n
"""
