"""Solutions to errors: which may help, and how often they did."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, overload

from archkit.memory.learning import LEARNING_RATE, Evidence, beta_quantile
from archkit.memory.retrieval import ErrorIndex
from archkit.plain import plain
from archkit.records import Solution

if TYPE_CHECKING:
    from archkit.memory.markdown import Markdown

__all__ = ["SolutionMatch", "SolutionReply", "SolutionShelf"]

_CI_PROB = 0.9
_PROVENANCES = ("measured", "observed", "simulated", "reported")


@dataclass(frozen=True, slots=True)
class SolutionMatch:
    """A solution that may help.

    `match` (0–1) is how alike the error and the solution's signature are. `effective_rate` is the
    posterior mean of its helping (0–1) with the 90 % credible interval `low` to `high`; `n` is the
    plain count of uses behind it and `provenance` where they come from ("none": not known).
    """

    solution: Solution
    match: float
    effective_rate: float
    low: float
    high: float
    n: float
    provenance: str

    def __repr__(self) -> str:
        """One line: which, how alike, how effective."""
        rate = f"effective {self.effective_rate:.2f} [{self.low:.2f}, {self.high:.2f}]"
        known = f"{rate}, n {self.n:g} {self.provenance}" if self.n else "no evidence yet"
        return f"SolutionMatch({self.solution.slug!r}, match {self.match:.2f}, {known})"


@dataclass(frozen=True, repr=False)
class SolutionReply(Sequence[SolutionMatch]):
    """The answer to an error: solutions, the most alike first; none when none is alike."""

    error: str
    matches: tuple[SolutionMatch, ...] = ()

    @overload
    def __getitem__(self, index: int) -> SolutionMatch: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[SolutionMatch]: ...
    def __getitem__(self, index: int | slice) -> SolutionMatch | Sequence[SolutionMatch]:
        """Return one match, or some."""
        return self.matches[index]

    def __len__(self) -> int:
        """How many solutions may help."""
        return len(self.matches)

    def __iter__(self) -> Iterator[SolutionMatch]:
        """Go through the matches in order."""
        return iter(self.matches)

    def __repr__(self) -> str:
        """One line: how many, which first."""
        first = f", first {self.matches[0].solution.slug!r}" if self.matches else ""
        return f"SolutionReply({self.error[:60]!r}, {len(self)} solutions{first})"

    def _repr_html_(self) -> str:
        if not self.matches:
            return f"<p>No known solution is about {escape(repr(self.error[:80]))}.</p>"
        return "".join(_card(match) for match in self.matches)

    def reply(self) -> Markdown:
        """Return the answer in words, in the shape of the reference card; see `ranking_reply`."""
        from archkit.memory.ranking_reply import solution_reply

        return solution_reply(self, _CI_PROB)

    def as_json(self) -> dict[str, Any]:
        """Return the reply in plain JSON: what the tool `find_solution` gives a model."""
        return {
            "error": self.error,
            "ci_prob": _CI_PROB,
            "matches": [
                {
                    "solution": _told(match.solution),
                    **{name: round(getattr(match, name), 4) for name in _RATES},
                    "provenance": match.provenance,
                }
                for match in self.matches
            ],
        }


_RATES = ("match", "effective_rate", "low", "high", "n")
_TOLD = (
    *("slug", "signature", "name", "area", "root_cause", "diagnosis", "fix", "prevention"),
    *("best_practice", "applied"),
)


class SolutionShelf:
    """Known solutions with what is known of their effect.

    Parameters
    ----------
    solutions
        The solutions.
    evidence
        How often they helped, by slug; reported figures included.
    learning_rate
        η of the posteriors, 0 to 1.
    """

    def __init__(
        self,
        solutions: Sequence[Solution],
        evidence: Evidence,
        *,
        learning_rate: float = LEARNING_RATE,
    ) -> None:
        self.solutions = tuple(solutions)
        self._index = ErrorIndex(self.solutions)
        self._rate = learning_rate
        self._learn(evidence)

    def __repr__(self) -> str:
        """One line: how many solutions."""
        return f"SolutionShelf({len(self.solutions)} solutions)"

    def with_evidence(self, evidence: Evidence) -> SolutionShelf:
        """Return a shelf of the same solutions, the index shared, with other evidence."""
        shelf = object.__new__(SolutionShelf)
        shelf.solutions, shelf._index, shelf._rate = self.solutions, self._index, self._rate
        shelf._learn(evidence)
        return shelf

    def _learn(self, evidence: Evidence) -> None:
        slugs = [solution.slug for solution in self.solutions]
        self._a, self._b = evidence.posteriors(slugs, learning_rate=self._rate)
        self._counts = evidence.counts(slugs)

    def find(self, error_text: str, *, limit: int = 3) -> SolutionReply:
        """Return the solutions to an error, the most alike first.

        Parameters
        ----------
        error_text
            The message, as it was printed.
        limit
            How many to return at most.
        """
        if limit < 1:
            raise ValueError(f"limit must be at least 1, not {limit}.")
        found = self._index.find(error_text, limit=limit)
        return SolutionReply(error_text, tuple(self._match(*hit) for hit in found))

    def _match(self, row: int, match: float) -> SolutionMatch:
        a, b = float(self._a[row]), float(self._b[row])
        low, high = beta_quantile([(1 - _CI_PROB) / 2, (1 + _CI_PROB) / 2], a, b).tolist()
        counts = {kind: float(values[row]) for kind, values in self._counts.items()}
        return SolutionMatch(
            solution=self.solutions[row],
            match=match,
            effective_rate=a / (a + b),
            low=low,
            high=high,
            n=sum(counts.values()),
            provenance=" + ".join(kind for kind in _PROVENANCES if counts[kind]) or "none",
        )


def _told(solution: Solution) -> dict[str, Any]:
    return {name: plain(getattr(solution, name)) for name in _TOLD}


def _card(match: SolutionMatch) -> str:
    solution = match.solution
    rate = f"{match.effective_rate:.0%} ({match.low:.0%} to {match.high:.0%})"
    effect = f"effective {rate}, n {match.n:g} {match.provenance}" if match.n else "no evidence yet"
    steps = "".join(f"<li>{escape(step)}</li>" for step in solution.fix)
    return (
        f"<section><p><strong>{escape(solution.name or solution.slug)}</strong>: match "
        f"{match.match:.0%}, {escape(effect)}</p>"
        f"<p>{escape(solution.root_cause)}</p><ol>{steps}</ol></section>"
    )
