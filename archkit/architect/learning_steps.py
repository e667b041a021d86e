"""The twelve steps of the card's learning protocol: which were done, and why others were not."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from archkit.architect.dialogue import clipped
from archkit.architect.rankings_seen import Evidence

if TYPE_CHECKING:
    import pandas as pd

    from archkit.architect.tools import ToolBox
    from archkit.memory.ranking import Ranked
    from archkit.proposal.document import Proposal

__all__ = ["LearningStep", "LearningSteps"]

_OWN = (
    ("Before", "Ask the memory for similar systems"),
    ("Before", "Review what worked best"),
    ("Before", "Look for known pitfalls"),
    ("Before", "Gather security and performance notes"),
    ("During", "Keep track of decisions and trade-offs"),
    ("During", "Note where a pattern must be customised"),
    ("During", "Spot new patterns"),
    ("During", "Watch for bottlenecks and security concerns"),
    ("After", "Record the outcome"),
    ("After", "Update the confidence in patterns"),
    ("After", "Keep new patterns that proved themselves"),
    ("After", "Write down lessons"),
)
_NO_PITFALL = "none is known for this context"
_OUTCOME = "no outcome yet: record one with memory.record_outcome"


@dataclass(frozen=True, slots=True)
class LearningStep:
    """One step; `status` is done, skipped, or open while its time has not come."""

    n: int
    phase: str
    name: str
    status: str = "open"
    reason: str = ""

    def __str__(self) -> str:
        """One line: number, name, what became of it."""
        return f"{self.n}. {self.name}: {self.status}" + (
            f" ({self.reason})" if self.reason else ""
        )


class Noted(Protocol):
    """What was noted in a session: its `ToolBox`, or what is on record of it."""

    @property
    def tradeoffs(self) -> Sequence[Any]:
        """Trade-offs noted."""
        ...

    @property
    def lessons(self) -> Sequence[Any]:
        """Lessons recorded."""
        ...


class Stepped(Protocol):
    """A card, as far as its steps go."""

    @property
    def steps(self) -> Sequence[Any]:
        """The steps it lists."""
        ...


class LearningSteps:
    """The steps of a session, in order.

    Parameters
    ----------
    card
        Names its steps; where it has not twelve, archkit's own names stand.
    log
        Is told each step when it is done or skipped.
    """

    def __init__(self, card: Stepped, log: Callable[[LearningStep], None]) -> None:
        self._log = log
        named = [(s.phase.split(" ")[0], s.text) for s in card.steps]
        pairs = named if [s.n for s in card.steps] == list(range(1, 13)) else list(_OWN)
        self._steps = [LearningStep(n, phase, name) for n, (phase, name) in enumerate(pairs, 1)]

    def __iter__(self) -> Iterator[LearningStep]:
        """Give the steps in order."""
        return iter(self._steps)

    def __len__(self) -> int:
        """How many there are: twelve."""
        return len(self._steps)

    def __getitem__(self, index: int) -> LearningStep:
        """Return a step, counted from 0."""
        return self._steps[index]

    def frame(self) -> pd.DataFrame:
        """Return the steps: n, phase, name, status (done, skipped or open), reason."""
        import pandas as pd

        return pd.DataFrame([asdict(step) for step in self._steps])

    def restore(self, stored: Iterable[Mapping[str, Any]]) -> None:
        """Take in the steps logged before."""
        for step in stored:
            n, status = step.get("n"), str(step.get("status"))
            if isinstance(n, int) and 1 <= n <= len(self._steps):
                reason = str(step.get("reason") or "")
                self._steps[n - 1] = replace(self._steps[n - 1], status=status, reason=reason)

    def before(
        self, evidence: Evidence, why_off: str, solutions: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Log the steps 1 to 4, by what the memory said of patterns and of errors."""
        found = list(evidence.patterns())
        if why_off or not evidence:
            for n in range(1, 5):
                self._skip(n, why_off or "the memory was not asked")
            return
        asked = f"{len(evidence)} {'query' if len(evidence) == 1 else 'queries'}"
        self._done(1, f"{asked} found {_counted(len(found), 'pattern')}")
        top = sorted(found, key=lambda r: r.score, reverse=True)[:3]
        rates = "; ".join(map(_rated, top))
        self._done(2, f"best: {rates}") if top else self._skip(2, "no pattern was found")
        vetoed = [f"{r.pattern.name}: {r.veto}" for r in found if r.veto]
        pitfalls = [*map(_looked_up, solutions), *vetoed[:3]]
        self._done(3, "; ".join(pitfalls) or _NO_PITFALL)
        notes = sum(len(r.pattern.security) for r in found)
        figures = sum(bool(r.pattern.reported and r.pattern.reported.metrics) for r in found)
        with_figures = f"{_counted(figures, 'pattern')} with reported figures"
        self._done(4, f"{_counted(notes, 'security note')}, {with_figures}")

    def during(self, box: ToolBox, proposal: Proposal, why_off: str) -> None:
        """Log the steps 5 to 8, when a proposal is there."""
        noted = len(box.tradeoffs)
        if noted:
            self._done(5, f"{_counted(noted, 'trade-off')} noted")
        best = [ranking.best for ranking in box.evidence]
        fits = {r.pattern.slug: r for r in best if r is not None}
        if why_off or not fits:
            self._skip(6, why_off or "no pattern was ranked")
        else:
            odd = [r.pattern.name for r in fits.values() if r.context_fit < 0.5]
            self._done(
                6,
                f"{_counted(len(fits), 'first choice')}; to be customised: "
                f"{', '.join(odd) or 'none'}",
            )
        names = ", ".join(pattern.name for pattern in box.candidates)
        self._done(7, f"candidates: {names}") if names else self._skip(7, "none was proposed")
        if "Key Considerations" in proposal.missing:
            self._skip(8, "the proposal lacks its section on key considerations")
        else:
            self._done(8, "see the proposal's key considerations")

    def after(self, alternatives: int, box: Noted) -> None:
        """Log what is left, when a decision is made."""
        noted = f"{_counted(len(box.tradeoffs), 'trade-off')} noted"
        self._done(5, f"{noted}, {_counted(alternatives, 'alternative')} kept")
        for n in (9, 10, 11):
            self._skip(n, _OUTCOME)
        if box.lessons:
            self._done(12, f"{_counted(len(box.lessons), 'lesson')} recorded")
        else:
            self._skip(12, "no lesson yet: record one with memory.record_lesson")

    def pitfalls(self, solutions: Sequence[Mapping[str, Any]]) -> None:
        """Add to step 3 the errors that were looked up after it was done."""
        before = self._steps[2]
        new = [said for said in map(_looked_up, solutions) if said not in before.reason]
        if before.status == "done" and new:
            old = [] if before.reason == _NO_PITFALL else [before.reason]
            self._done(3, "; ".join([*old, *new]))

    def _done(self, n: int, reason: str) -> None:
        self._set(n, "done", reason)

    def _skip(self, n: int, reason: str) -> None:
        self._set(n, "skipped", reason)

    def _set(self, n: int, status: str, reason: str) -> None:
        old = self._steps[n - 1]
        step = LearningStep(old.n, old.phase, old.name, status, reason)
        if step != old:
            self._steps[n - 1] = step
            self._log(step)

    def __repr__(self) -> str:
        """One line: how many are done, skipped, open."""
        counts = [
            sum(s.status == kind for s in self._steps) for kind in ("done", "skipped", "open")
        ]
        return "LearningSteps({} done, {} skipped, {} open)".format(*counts)

    def _repr_html_(self) -> str:
        cell = '<td style="text-align:left">{}</td>'.format
        cells = (
            "".join(cell(html.escape(str(value))) for value in asdict(step).values())
            for step in self._steps
        )
        head = "".join(f"<th>{name}</th>" for name in ("n", "phase", "step", "status", "reason"))
        rows = "".join(f"<tr>{row}</tr>" for row in cells)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _looked_up(reply: Mapping[str, Any]) -> str:
    """Say what an error turned out to be, from a reply of `find_solution` as JSON."""
    error, best = (
        clipped(str(reply.get("error", "")), 60),
        next(iter(reply.get("matches") or ()), None),
    )
    if best is None:
        return f"“{error}”: no solution is known"
    found = best["solution"]
    told = f"“{error}”: {found.get('name') or found.get('slug')}"
    if not best["n"]:
        return f"{told}, no use of its fix recorded"
    return (
        f"{told}, fix helps in {best['effective_rate']:.2f} (n {best['n']:g}, {best['provenance']})"
    )


def _rated(ranked: Ranked) -> str:
    """Name a pattern with its rate, interval, count and provenance, or say that none is known."""
    if not ranked.n:
        return f"{ranked.pattern.name} (no evidence yet)"
    low, high = f"{ranked.low * 100:.0f}", f"{ranked.high * 100:.0f}"
    return (
        f"{ranked.pattern.name} {ranked.success_rate * 100:.0f} % "
        f"({low}–{high} %, n {ranked.n:g}, {ranked.provenance})"
    )
