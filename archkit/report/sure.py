"""How far the figures can be trusted: forecasts scored, what is missing, who says what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from archkit.figures.style import count_of, elided, percent, span
from archkit.records import PROVENANCE

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Forecasts", "forecasts", "least_tried", "trust_lines"]

_UNTRIED = "has not been tried here"


@dataclass(frozen=True, slots=True)
class Forecasts:
    """Confidences that can be scored: how many, their Brier score, mean forecast and mean result.

    `brier` is the mean squared difference: 0 is perfect, 0.25 what always saying one half earns.
    """

    n: int
    brier: float | None
    stated: float | None
    came: float | None


def forecasts(decisions: pd.DataFrame) -> Forecasts:
    """Score the stated confidences against the latest outcomes that are not simulated."""
    if decisions.empty:
        return Forecasts(0, None, None, None)
    known = decisions.dropna(subset=["confidence", "last_value"])
    known = known[known["last_source"] != "simulated"]
    if known.empty:
        return Forecasts(0, None, None, None)
    stated, came = known["confidence"].astype(float), known["last_value"].astype(float)
    brier = float(((stated - came) ** 2).mean())
    return Forecasts(len(known), brier, float(stated.mean()), float(came.mean()))


def trust_lines(decisions: pd.DataFrame, outcomes: pd.DataFrame) -> list[str]:
    """Say in sentences what the figures rest on and what they leave out."""
    return [_scored(forecasts(decisions)), _bounds(decisions), _sources(outcomes)]


def least_tried(evidence: pd.DataFrame) -> str:
    """Name the pattern that may be the best of its kind and was used least; "" if none is tied."""
    tied = evidence[evidence["in_tie_set"].astype(bool)] if len(evidence) else evidence
    rivals = tied[tied.groupby("kind", dropna=False)["slug"].transform("size") > 1]
    if rivals.empty:
        return ""
    here = rivals.assign(uses=rivals["n_observed"] + rivals["n_measured"])
    first = here.sort_values("uses", kind="stable").iloc[0]
    same = (rivals["kind"].fillna("") == (first["kind"] or "")).sum()
    choice = f" for {first['kind'].replace('-', ' ')}" if first["kind"] else ""
    tried = f"was used {count_of(first['uses'], 'time')} here" if first["uses"] else _UNTRIED
    return (
        f"Of the {same} patterns that may be the best{choice}, {elided(first['name'], 80)} "
        f"{tried}: where it fits, its next use tells most."
    )


def _scored(found: Forecasts) -> str:
    if found.brier is None or found.stated is None or found.came is None:
        return (
            "No stated confidence can be scored yet: none has an outcome that was really seen. "
            "Until then a forecast is only a forecast."
        )
    return (
        f"{count_of(found.n, 'stated confidence')} scored: on average {percent(found.stated, 0)} "
        f"was forecast and {percent(found.came, 0)} came. Brier score {found.brier:.2f} (0 is "
        "perfect, 0.25 is what always saying 50\u202f% earns)"
        + ("; fewer than ten say little." if found.n < 10 else ".")
    )


def _bounds(decisions: pd.DataFrame) -> str:
    """Bound the mean result by what the missing outcomes could still do to it."""
    if decisions.empty:
        return "Nothing was decided yet, so nothing can be missing."
    seen = decisions[decisions["last_source"] != "simulated"]
    known = seen["last_value"].dropna().astype(float)
    lacking = len(decisions) - len(known)
    if not lacking:
        return "Every decision has an outcome: nothing is missing from the averages."
    low, high = known.sum() / len(decisions), (known.sum() + lacking) / len(decisions)
    verb = "has" if lacking == 1 else "have"
    whole = f"{count_of(lacking, 'decision')} of {len(decisions)} {verb} no outcome that was seen"
    return (
        f"{whole}. Were all of them failures or all successes, the mean result would lie "
        f"at {span(low, high)}."
    )


def _sources(outcomes: pd.DataFrame) -> str:
    if outcomes.empty:
        return "No outcome was recorded: every rate above is reported from elsewhere."
    seen = outcomes.drop_duplicates("outcome_id")["source"]
    tally = seen.map(lambda source: PROVENANCE.get(source, source)).value_counts()
    parts = [f"{number} {kind}" for kind, number in tally.items()]
    parts = [f"all {tally.index[0]}"] if len(tally) == 1 and len(seen) > 1 else parts
    return f"{count_of(len(seen), 'outcome')}: {', '.join(parts)}."
