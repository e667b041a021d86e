"""The memory: what was decided, what came of it, and what works."""

from __future__ import annotations

import atexit
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from archkit.errors import ArchkitError
from archkit.memory import checks
from archkit.memory.drafts import Record, draft_of, measurement_of
from archkit.memory.embedder import load_embedder
from archkit.memory.holdings import RECENT, Holdings
from archkit.memory.journal import Draft
from archkit.memory.learning import LEARNING_RATE, PATTERN_THRESHOLD
from archkit.memory.place import memory_file
from archkit.memory.refusals import BusyError
from archkit.memory.store import Store
from archkit.plain import shown_path
from archkit.records import Decision, Lesson, Measurement, Outcome, Pattern, Solution, utc_now

if TYPE_CHECKING:
    from pandas import DataFrame

    from archkit.memory.ranking import Ranking
    from archkit.memory.solutions import SolutionReply

__all__ = ["Memory"]

R = TypeVar("R", bound=Record)


class Memory:
    """What was decided, what came of it, and what works; kept in one DuckDB file.

    Parameters
    ----------
    path
        The file, or a folder for `archkit.duckdb`. By default in `$ARCHKIT_DATA`, else in `data`
        of the project around the working directory, else in `./data`.
    library
        Whether the kit's own patterns and solutions are in it.
    agent
        Who records, where a record does not say.
    now
        The clock.
    learning_rate
        How much of a trial one outcome is worth, 0 to 1.
    pattern_threshold
        Successes from distinct sessions that make a candidate count as active.
    semantic
        Whether patterns are found by meaning, too, with the extra `archkit[semantic]`; or the
        folder of another model for that, see `load_embedder`.

    Examples
    --------
    ::

        memory = Memory()
        memory.query("sign people in", {"clients": ["web", "mobile"]}).best
        memory.record_outcome(decision, success=True, queries_before=120, queries_after=18)
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        library: bool = True,
        agent: str = "",
        now: Callable[[], datetime] = utc_now,
        learning_rate: float = LEARNING_RATE,
        pattern_threshold: int = PATTERN_THRESHOLD,
        semantic: bool | str | Path = False,
    ) -> None:
        self._store = Store(memory_file(path), now=now)
        self._held = Holdings(
            self._store,
            library=library,
            learning_rate=learning_rate,
            pattern_threshold=pattern_threshold,
            now=now,
            embedder=load_embedder(None if semantic is True else semantic) if semantic else None,
        )
        self.agent = agent
        self._now = now
        self._decisions: dict[str, Decision] = {}
        _OPEN.add(self)

    @property
    def path(self) -> Path:
        """The DuckDB file."""
        return self._store.path

    def __enter__(self) -> Self:
        """Use it in a `with` block, which closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def __repr__(self) -> str:
        """One line: where it is."""
        return f"Memory({shown_path(self.path)!r})"

    def _repr_html_(self) -> str:
        size = f"{self.path.stat().st_size / 1e6:.1f} MB" if self.path.exists() else "not made yet"
        held = "" if self._held.count is None else f", {self._held.count} patterns"
        return f"<p>Memory <code>{escape(shown_path(self.path))}</code>: {size}{held}</p>"

    def query(
        self,
        text: str,
        context: Mapping[str, Any] | None = None,
        *,
        area: str | None = None,
        kind: str | None = None,
        status: str | None = None,
        provenance: str | None = None,
        limit: int = 8,
        horizon: float = 1.0,
        ci_prob: float = 0.9,
        what_if: Mapping[str, Sequence[Any]] | None = None,
    ) -> Ranking:
        """Rank the patterns for a problem by relevance, fit and what came of their uses.

        `Shelf.query` says what each setting does. The answer is over everything recorded so far,
        by any process; `StoreError` when the file cannot be read just now.
        """
        checks.check_question(text, context, area, status, provenance)
        return self._held.ask(
            lambda shelf: shelf.query(
                text,
                context,
                area=area,
                kind=kind,
                status=status,
                provenance=provenance,
                limit=limit,
                horizon=horizon,
                ci_prob=ci_prob,
                what_if=what_if,
            )
        )

    def find_solution(self, error_text: str, limit: int = 3) -> SolutionReply:
        """Find what helped against an error, as it was printed; empty when none is alike."""
        checks.check_question(error_text, None, None)
        return self._held.shelves()[1].find(error_text, limit=limit)

    def record_decision(self, decision: Decision) -> Decision:
        """Keep a decision; it is on disk when this returns.

        Raises
        ------
        StoreError
            A figure is out of range, a pattern it names is not known, or it cannot be written.
        """
        checks.check_decision(decision)
        self._held.check_patterns([*decision.patterns, *(a.pattern for a in decision.alternatives)])
        kept = self._record(decision)[0]
        self._decisions[kept.decision_id] = kept
        return kept

    def record_outcome(
        self,
        decision_or_id: Decision | str,
        *,
        success: bool | None = None,
        scores: Mapping[str, float] | None = None,
        would_repeat: bool | None = None,
        source: str = "team",
        horizon_days: int | None = None,
        note: str = "",
        observed_at: datetime | None = None,
        queries_before: int | None = None,
        queries_after: int | None = None,
        outcome: Outcome | None = None,
    ) -> Outcome:
        """Keep one look at what came of a decision; a later look counts instead of an earlier.

        Parameters
        ----------
        decision_or_id
            The decision.
        success
            Whether it worked.
        scores
            Named figures, 0 to 1, higher is better; their mean counts where `success` is not said.
        would_repeat
            Whether you would decide so again.
        source
            measured, team, model, reported or simulated.
        horizon_days
            How long after the decision this look is meant to be.
        note
            In words.
        observed_at
            When it was seen, aware; now by default. Only what is simulated may lie in the future.
        queries_before, queries_after
            Queries of one request, counted before and after: kept as a measurement, too, of the
            decision and its first pattern.
        outcome
            The outcome whole, instead of the settings above.

        Raises
        ------
        StoreError
            A figure is out of range, the decision is not known, nothing is said, or it cannot be
            written.
        """
        decision_id = getattr(decision_or_id, "decision_id", decision_or_id)
        decision = self._known_decision(str(decision_id))
        look = outcome or Outcome(
            decision_id=str(decision_id),
            success=checks.truth(success, "success"),
            scores=checks.figures(scores),
            would_repeat=checks.truth(would_repeat, "would_repeat"),
            source=source,
            horizon_days=horizon_days,
            note=note,
            observed_at=observed_at or self._now(),
        )
        checks.check_outcome(look, decision_id=str(decision_id), now=self._now())
        counts = checks.counted(queries_before, queries_after)
        checks.check_said(look, counts)
        records: list[Record] = [look]
        if counts:
            measured = measurement_of(look, decision, counts)
            checks.check_measurement(measured, now=self._now())
            records.append(measured)
        self._record(*records)
        return look

    def record_pattern(self, pattern: Pattern) -> Pattern:
        """Keep a pattern, or a new wording of one."""
        checks.check_new_pattern(pattern)
        return self._record(pattern)[0]

    def record_solution(self, solution: Solution) -> Solution:
        """Keep a solution to an error, or a new wording of one."""
        checks.check_solution(solution)
        return self._record(solution)[0]

    def record_solution_use(
        self, slug: str, effective: bool, applied: str = "", *, source: str = "team"
    ) -> Solution:
        """Keep that a solution was tried, whether it helped, what was done, and who says so."""
        solution, helped = self.solution(slug), checks.truth(effective, "effective")
        payload = {"slug": slug, "effective": helped, "applied": applied}
        self.append("solution_use", payload | {"source": checks.said(source)}, entity_id=slug)
        return solution

    def record_lesson(
        self,
        lesson: Lesson | str,
        *,
        kind: str = "review",
        severity: str = "",
        decision_id: str | None = None,
        pattern: str | None = None,
    ) -> Lesson:
        """Keep something learnt: a `Lesson`, or its words with what it is about."""
        if isinstance(lesson, str):
            lesson = Lesson(lesson, kind, severity, decision_id, pattern, learned_at=self._now())
        checks.check_lesson(lesson)
        if lesson.decision_id is not None:
            self._known_decision(lesson.decision_id)
        self._held.check_patterns([lesson.pattern])
        return self._record(lesson)[0]

    def record_measurement(self, measurement: Measurement) -> Measurement:
        """Keep queries counted before and after a change."""
        checks.check_measurement(measurement, now=self._now())
        if measurement.decision_id is not None:
            self._known_decision(measurement.decision_id)
        self._held.check_patterns([measurement.pattern])
        return self._record(measurement)[0]

    def append(
        self,
        kind: str,
        payload: dict[str, Any],
        *,
        session_id: str | None = None,
        entity_id: str | None = None,
        agent: str = "",
        project: str = "",
    ) -> str:
        """Write one event of any kind, secrets hidden; return its id."""
        draft = Draft(
            kind,
            payload,
            agent=agent or self.agent,
            project=project,
            session_id=session_id,
            entity_id=entity_id,
        )
        [event] = self._held.append([draft])
        return event.event_id

    def sql(self, select: str, /, **params: Any) -> DataFrame:
        """Ask anything of everything recorded so far, read-only.

        Parameters
        ----------
        select
            A query; values are written ``$name``.
        **params
            The values.

        Returns
        -------
        DataFrame
            One row a row; instants are naive and UTC. Views carry comments on what they say:
            ``SELECT view_name, comment FROM duckdb_views() WHERE NOT internal``.

        Raises
        ------
        StoreError
            It is no query, does not run, or the file cannot be read.
        """
        checks.check_select(select)
        self._held.add_library()
        return self._store.read(select, params or None)

    def recent(self, n: int = 10) -> DataFrame:
        """Return the latest events, the last first.

        Returns
        -------
        DataFrame
            `recorded_at` (UTC), `kind`, `agent`, `project`, `session_id`, `entity_id`, `summary`.
        """
        return self._store.read(RECENT, {"n": n})

    def decision(self, decision_id: str) -> Decision:
        """Return a decision in its latest wording."""
        return self._held.decision(str(decision_id))

    def pattern(self, slug: str) -> Pattern:
        """Return a pattern in its latest wording, active if it has earned it."""
        checks.check_known([str(slug)], self._held.shelves()[0].slugs, "pattern")
        return self._held.ask(lambda shelf: shelf.pattern(str(slug)))

    def solution(self, slug: str) -> Solution:
        """Return a solution in its latest wording."""
        found = {solution.slug: solution for solution in self._held.shelves()[1].solutions}
        checks.check_known([str(slug)], found, "solution")
        return found[slug]

    def patterns(self) -> tuple[Pattern, ...]:
        """Return every pattern in its latest wording, by slug."""
        return tuple(sorted(self._held.ask(lambda shelf: shelf.patterns), key=lambda p: p.slug))

    def drain(self) -> int:
        """Take what was written into the file; return how many events were new."""
        return self._store.drain()

    def close(self) -> None:
        """Take in what was written and let go; what cannot be taken in now is safe in the spool."""
        with suppress(ArchkitError, OSError):
            self._store.close()

    def _record(self, *records: R) -> list[R]:
        """Write records together: all or, on an error, none."""
        owned = [self._owned(record) for record in records]
        self._held.append([draft_of(record) for record in owned])
        return owned

    def _owned(self, record: R) -> R:
        """Name the memory's agent where the record names none."""
        if self.agent and getattr(record, "agent", None) == "":
            return replace(record, **{"agent": self.agent})  # type: ignore[arg-type]
        return record

    def _known_decision(self, decision_id: str) -> Decision | None:
        """Return a decision, refused if not known; None while the file is held."""
        if decision_id in self._decisions:
            return self._decisions[decision_id]
        try:
            return self.decision(decision_id)
        except BusyError:
            return None


_OPEN: weakref.WeakSet[Memory] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Take in at exit what was written; it waits a few seconds at most and never raises."""
    for memory in list(_OPEN):
        memory.close()
