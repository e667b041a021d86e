"""Frames to plotly figures: pure, titled with the finding, an interval on every rate.

Each figure takes one frame of `archkit.metrics` and returns one `Figure`; it never reads a
memory. An empty frame gives a figure that says so and names the next step.
"""

from archkit.figures.cache_staleness import cache_staleness
from archkit.figures.calibration import reliability
from archkit.figures.effect import memory_effect
from archkit.figures.high_read import read_times, refresh_break_even
from archkit.figures.patterns import success_by_pattern
from archkit.figures.payment_race import charged_twice, payment_speed
from archkit.figures.queries import query_reduction
from archkit.figures.query_growth import query_growth
from archkit.figures.query_lab import query_claims, query_times
from archkit.figures.query_sizes import query_reduction_by_size
from archkit.figures.regret import cumulative_regret
from archkit.figures.survival import decision_survival
from archkit.figures.tradeoff import tradeoff_ranking, tradeoff_ranks
from archkit.figures.tradeoff_hindsight import tradeoff_regret
from archkit.figures.tradeoff_pair import tradeoff_front
from archkit.figures.tradeoff_profile import tradeoff_profile
from archkit.figures.tradeoff_why import tradeoff_tornado, tradeoff_waterfall, tradeoff_worth
from archkit.figures.trend import outcomes_over_time

__all__ = [
    "cache_staleness",
    "charged_twice",
    "cumulative_regret",
    "decision_survival",
    "memory_effect",
    "outcomes_over_time",
    "payment_speed",
    "query_claims",
    "query_growth",
    "query_reduction",
    "query_reduction_by_size",
    "query_times",
    "read_times",
    "refresh_break_even",
    "reliability",
    "success_by_pattern",
    "tradeoff_front",
    "tradeoff_profile",
    "tradeoff_ranking",
    "tradeoff_ranks",
    "tradeoff_regret",
    "tradeoff_tornado",
    "tradeoff_waterfall",
    "tradeoff_worth",
]
