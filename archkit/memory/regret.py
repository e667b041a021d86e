"""What choosing by each rule costs, as frames: by world and number of choices, and over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from archkit.memory.choice_rules import OURS, rules
from archkit.memory.choices import WORLDS, draw_world, earlier_choices, regrets

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["against", "regret_by_rule", "regret_over_choices"]

Floats = NDArray[np.float64]
_EARLIER = 40


def regret_by_rule(
    choices: Mapping[int, int],
    *,
    worlds: Sequence[str] = WORLDS,
    seed: int = 1,
    ci_prob: float = 0.9,
    progress: Callable[[str], None] | None = None,
) -> pd.DataFrame:
    """Let every rule choose, and say what it cost.

    Parameters
    ----------
    choices
        Repetitions by how many choices follow one another. A single choice comes after forty
        earlier uses, unequally spread: without any there is nothing to choose by.
    worlds
        Which of `choices.WORLDS`.
    seed
        The same number gives the same worlds.
    ci_prob
        Probability inside the intervals.
    progress
        Told in words what is being played.

    Returns
    -------
    DataFrame
        One row a world, number of choices and rule: `world`, `choices`, `rule`; `regret` (mean a
        choice, 0–1) with `low` to `high`; `ratio`, archkit's regret by this rule's, with
        `ratio_low` to `ratio_high`, paired over the repetitions; `n` repetitions, `ci_prob`.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for kind in worlds:
        for count, repetitions in choices.items():
            if progress:
                progress(f"{kind}, {count} choices, {repetitions} times")
            lost = _mean_regrets(kind, count, repetitions, seed)
            rows += [
                {"world": kind, "choices": count, "rule": rule}
                | _mean(mine, ci_prob)
                | against(lost[OURS], mine, ci_prob)
                | {"n": repetitions, "ci_prob": ci_prob}
                for rule, mine in lost.items()
            ]
    return pd.DataFrame(rows)


def regret_over_choices(
    choices: int = 200,
    *,
    repetitions: int = 20,
    worlds: Sequence[str] = WORLDS[:3],
    seed: int = 1,
    ci_prob: float = 0.9,
) -> pd.DataFrame:
    """Add up every rule's regret, choice by choice.

    Returns
    -------
    DataFrame
        One row a world, rule and choice, in order: `world`, `rule`, `choice` (from 1); `regret`
        added up so far (mean over the repetitions) with `low` to `high`; `n` repetitions,
        `ci_prob`.
    """
    import pandas as pd

    z = NormalDist().inv_cdf(0.5 + ci_prob / 2)
    parts = []
    for kind in worlds:
        world = draw_world(kind, choices=choices, repetitions=repetitions, seed=seed)
        for rule, lost in regrets(world, rules(world, seed=seed)).items():
            total = lost.cumsum(axis=0)
            mean = total.mean(axis=1)
            half = z * total.std(axis=1, ddof=1) / np.sqrt(repetitions)
            frame = pd.DataFrame({"choice": np.arange(1, choices + 1), "regret": mean})
            band = {"low": np.maximum(mean - half, 0), "high": mean + half}
            parts.append(frame.assign(world=kind, rule=rule, **band))
    columns = ["world", "rule", "choice", "regret", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns].assign(n=repetitions, ci_prob=ci_prob)


def against(ours: Floats, theirs: Floats, ci_prob: float) -> dict[str, float]:
    """Ratio of two mean regrets that were suffered in the same worlds, with its interval.

    The interval is that of the logarithm by the delta method, so that it is paired.
    """
    one, other = ours.mean(), theirs.mean()
    if not one or not other:
        return {"ratio": float(one / other) if other else np.nan} | dict.fromkeys(
            ("ratio_low", "ratio_high"), np.nan
        )
    spread = (ours / one - theirs / other).std(ddof=1) / np.sqrt(len(ours))
    reach = np.exp(NormalDist().inv_cdf(0.5 + ci_prob / 2) * spread)
    ratio = one / other
    return {
        "ratio": float(ratio),
        "ratio_low": float(ratio / reach),
        "ratio_high": float(ratio * reach),
    }


def _mean_regrets(kind: str, count: int, repetitions: int, seed: int) -> dict[str, Floats]:
    """Mean regret a choice, by rule and repetition."""
    before = _EARLIER if count == 1 else 0
    world = draw_world(kind, choices=count + before, repetitions=repetitions, seed=seed)
    earlier = earlier_choices(world, before, seed=seed) if before else None
    found = regrets(world, rules(world, seed=seed), earlier=earlier)
    return {rule: lost.mean(axis=0) for rule, lost in found.items()}


def _mean(values: Floats, ci_prob: float) -> dict[str, float]:
    half = NormalDist().inv_cdf(0.5 + ci_prob / 2) * values.std(ddof=1) / np.sqrt(len(values))
    mean = float(values.mean())
    return {"regret": mean, "low": max(mean - float(half), 0.0), "high": mean + float(half)}
