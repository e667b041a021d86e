"""Does the memory help? The same briefs with it, without it, and with one beside the point.

Each brief is tried in three arms: `on`, the memory as it is; `off`, none; `placebo`, one of the
same size about gardens. The memory is only read: what the sessions write goes to a folder that is
thrown away. It runs offline and, unchanged, with Claude.
"""

from archkit.ablation.learned import ablate_years, learning_curve
from archkit.ablation.placebo import placebo_of
from archkit.ablation.result import ARMS, Ablation
from archkit.ablation.trials import Score, Scorer, Trial, best_by_truth, read_trials
from archkit.ablation.trying import ablate

__all__ = [
    "ARMS",
    "Ablation",
    "Score",
    "Scorer",
    "Trial",
    "ablate",
    "ablate_years",
    "best_by_truth",
    "learning_curve",
    "placebo_of",
    "read_trials",
]
