"""What a memory is worth by how much it has learned: the same trials, year after made-up year."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.ablation.result import ARMS, Ablation
from archkit.ablation.trials import Trial, best_by_truth
from archkit.ablation.trying import learned_from, try_arms
from archkit.memory.memory import Memory
from archkit.memory.simulate import simulate
from archkit.metrics.learning_curve import as_curve, share_with_interval
from archkit.metrics.paired import paired_difference

if TYPE_CHECKING:
    import pandas as pd

    from archkit.architect.card import AgentCard

__all__ = ["ablate_years", "learning_curve"]


def ablate_years(
    trials: Sequence[Trial],
    truth: pd.DataFrame,
    *,
    sessions: Sequence[int],
    now: datetime,
    seed: int = 1,
    client: Any = None,
    card: str | Path | AgentCard = "backend-architect",
    workspace: str | Path = ".",
    beside: Ablation | None = None,
    progress: Callable[[str], None] | None = None,
) -> tuple[Ablation, ...]:
    """Try an architect with memories that have seen more and more of one made-up world.

    Parameters
    ----------
    trials
        The briefs; see `read_trials`.
    truth
        What is true in that world: what `simulate` returned.
    sessions
        How many sessions each memory's year has; each is made in a folder that is thrown away.
    now
        When the years end.
    seed
        Of what happens in them.
    client, card, workspace, progress
        As in `ablate`.
    beside
        What came of the same trials with another memory of that world: its sessions without a
        memory, which know nothing of any, are taken over, and no placebo is tried.

    Returns
    -------
    tuple of Ablation
        One a memory, each simulated.

    Raises
    ------
    ValueError
        There is no trial, two have one id, or `beside` is not of the same, each tried once.
    """
    arms: tuple[str, ...] = ARMS
    taken: list[dict[str, Any]] = []
    if beside is not None:
        arms, taken = ("on",), _without_memory(beside, trials)
    found = []
    for count in sessions:
        with tempfile.TemporaryDirectory(prefix="archkit-year-") as folder:
            file = Path(folder) / "year.duckdb"
            with Memory(file, now=lambda: now) as memory:
                simulate(memory, sessions=count, seed=seed, now=now, truth=truth)
                scorer = best_by_truth(truth, memory.patterns(), now=now)
                rows = try_arms(
                    trials,
                    memory,
                    scorer,
                    client=client,
                    card=card,
                    workspace=workspace,
                    arms=arms,
                    progress=progress,
                )
                known = learned_from(memory)
            found.append(Ablation.of([*rows, *taken], provenance="simulated", learned_from=known))
    return tuple(found)


def _without_memory(beside: Ablation, trials: Sequence[Trial]) -> list[dict[str, Any]]:
    off = beside.frame[beside.frame["arm"] == "off"]
    if sorted(off["trial"]) != sorted(trial.id for trial in trials):
        raise ValueError("beside is of other trials: give one that tried each of these once.")
    return [{str(name): value for name, value in row.items()} for row in off.to_dict("records")]


def learning_curve(results: Iterable[Ablation], *, ci_prob: float = 0.9) -> pd.DataFrame:
    """How often briefs went well in each arm, by how much the memory had learned.

    Parameters
    ----------
    results
        Of the same trials with memories that had learned from more and more; those that do not
        say from how much are left out.
    ci_prob
        Probability inside the intervals.

    Returns
    -------
    DataFrame
        One row an arm (on, off, placebo) and memory, as `metrics.learning_curve` has them, for
        `figures.learning_curve`: here the difference from the arm off is paired, brief by brief.
    """
    rows: list[dict[str, Any]] = []
    for result in results:
        if result.learned_from is None:
            continue
        good = result.good
        for arm in (arm for arm in ARMS if arm in good):
            apart = (float("nan"),) * 3
            if arm != "off":
                one, other = good[arm], good["off"]
                splits = ((one & other), (one & ~other), (~one & other), (~one & ~other))
                counts = (int(split.sum()) for split in splits)
                apart = paired_difference(*counts, ci_prob=ci_prob)
            rows.append(
                {
                    "arm": arm,
                    "learned_from": float(result.learned_from),
                    "learned_low": result.learned_from,
                    "learned_high": result.learned_from,
                    **share_with_interval(float(good[arm].sum()), len(good), ci_prob),
                    **dict(zip(_APART, apart, strict=True)),
                    "provenance": result.provenance,
                }
            )
    return as_curve(rows, paired=True, of="briefs", ci_prob=ci_prob)


_APART = ("difference", "difference_low", "difference_high")
