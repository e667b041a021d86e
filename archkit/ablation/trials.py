"""What an architect is tried on, and how a session is judged."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.architect.session import Session
from archkit.errors import LibraryError
from archkit.plain import shown_path
from archkit.proposal.rules import check_proposal

if TYPE_CHECKING:
    import pandas as pd

    from archkit.proposal.document import Proposal
    from archkit.records import Pattern

__all__ = ["Score", "Scorer", "Trial", "best_by_truth", "named_first", "read_trials"]

_EXAMPLES = Path(__file__).resolve().parents[2] / "data" / "examples" / "trials.yaml"


@dataclass(frozen=True, slots=True)
class Trial:
    """A brief to try an architect on.

    `kind` is the choice it calls for above all, as the patterns name it; `tenancy` its context;
    `answers` what to say when asked, by the questions' keys.
    """

    id: str
    brief: str
    kind: str = ""
    tenancy: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Score:
    """What a scorer says of a session: whether it did well, and why.

    `chosen` and `best` are slugs, "" where there is none; `errors` and `warnings` count the
    findings of the proposal checker.
    """

    good: bool
    chosen: str = ""
    best: str = ""
    errors: int = 0
    warnings: int = 0
    why: str = ""


Scorer = Callable[[Trial, Session], Score]
"""Judges a session that has proposed."""


def read_trials(path: Path | str | None = None) -> tuple[Trial, ...]:
    """Read trials from a YAML file with a list `trials`; by default those of the examples.

    Raises
    ------
    LibraryError
        The file is not there, or no list of trials.
    """
    import yaml

    file = Path(path or _EXAMPLES)
    try:
        found = yaml.safe_load(file.read_text("utf-8"))["trials"]
        return tuple(Trial(**entry) for entry in found)
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise LibraryError(
            f"No trials can be read from {shown_path(file)!r}.",
            why=f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}",
            mend="Give a YAML file with a list `trials` of id, brief, kind, tenancy, answers; "
            "archkit's own are in a clone of the repository.",
        ) from error


def best_by_truth(truth: pd.DataFrame, patterns: Sequence[Pattern], *, now: datetime) -> Scorer:
    """Judge by a known truth: a session did well if it took the pattern that works best.

    Parameters
    ----------
    truth
        What `memory.simulate.simulate` returned.
    patterns
        The patterns that may be named, say ``memory.patterns()``.
    now
        When: rates change.

    Returns
    -------
    callable
        Good is a proposal without errors that names first, of the patterns of the trial's kind,
        the one with the highest true rate in the trial's context.
    """
    known = truth[(truth["what"] == "pattern") & (truth["valid_from"] <= now)]
    known = known.sort_values("valid_from").drop_duplicates(["slug", "tenancy"], keep="last")

    def score(trial: Trial, session: Session) -> Score:
        here = known[known["kind"] == trial.kind]
        if trial.tenancy:
            here = here[here["tenancy"] == trial.tenancy]
        rates = here.groupby("slug")["success_rate"].mean()
        if session.proposal is None or rates.empty:
            return Score(False, why=f"nothing is known of the kind {trial.kind!r}")
        chosen = named_first(session.proposal, [p for p in patterns if p.slug in rates.index])
        found = [finding.severity for finding in check_proposal(session.proposal)]
        errors, best = found.count("error"), str(rates.idxmax())
        return Score(
            good=chosen == best and not errors,
            chosen=chosen,
            best=best,
            errors=errors,
            warnings=found.count("warning"),
            why=_reason(chosen, best, rates, errors),
        )

    return score


def named_first(proposal: Proposal, patterns: Sequence[Pattern]) -> str:
    """Slug of the pattern whose name, or slug, stands first in a proposal; "" if none does."""
    text = proposal.text.casefold()
    places = [
        (place, -len(name), pattern.slug)
        for pattern in patterns
        for name in (pattern.name.casefold(), pattern.slug.casefold())
        if (place := _place(name, text)) is not None
    ]
    return min(places)[2] if places else ""


def _place(name: str, text: str) -> int | None:
    """Where a name stands as words of its own."""
    found = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    return found.start() if found else None


def _reason(chosen: str, best: str, rates: pd.Series[Any], errors: int) -> str:
    if not chosen:
        return "The proposal names no pattern of this kind."
    if errors:
        return f"The checker found {errors} errors in the proposal."
    if chosen == best:
        return f"{best} works best, in {rates[best]:.0%} of cases."
    return f"{chosen} works in {rates[chosen]:.0%} of cases, {best} in {rates[best]:.0%}."
