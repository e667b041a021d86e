"""Frames to plotly figures: pure, titled with the finding, an interval on every rate.

Each figure takes one frame of `archkit.metrics` and returns one `Figure`; it never reads a
memory. An empty frame gives a figure that says so and names the next step.
"""

from archkit.figures.cache_staleness import cache_staleness
from archkit.figures.calibration import reliability
from archkit.figures.calibration_trend import calibration_over_time
from archkit.figures.context import success_by_context
from archkit.figures.debt import missing_outcomes, outcome_debt
from archkit.figures.decision_looks import decision_looks
from archkit.figures.decision_regret import regret_by_decision
from archkit.figures.effect import memory_effect
from archkit.figures.evidence_since import evidence_since
from archkit.figures.health import focus_coverage, memory_size
from archkit.figures.high_read import read_times, refresh_break_even
from archkit.figures.horizons import scores_by_horizon
from archkit.figures.learning_curve import learning_curve
from archkit.figures.pace import pace, success_by_agent
from archkit.figures.pattern_trend import success_over_time
from archkit.figures.patterns import success_by_pattern
from archkit.figures.payment_race import charged_twice, payment_speed
from archkit.figures.period_pairs import patterns_between, queries_between, reliability_between
from archkit.figures.periods import changes_between, sessions_between
from archkit.figures.queries import query_reduction
from archkit.figures.query_growth import query_growth
from archkit.figures.query_lab import query_claims, query_times
from archkit.figures.query_sizes import query_reduction_by_size
from archkit.figures.regret import cumulative_regret
from archkit.figures.sessions import session_costs, session_steps
from archkit.figures.survival import decision_survival
from archkit.figures.tradeoff import tradeoff_ranking, tradeoff_ranks
from archkit.figures.tradeoff_hindsight import tradeoff_regret
from archkit.figures.tradeoff_pair import tradeoff_front
from archkit.figures.tradeoff_profile import tradeoff_profile
from archkit.figures.tradeoff_why import tradeoff_tornado, tradeoff_waterfall, tradeoff_worth
from archkit.figures.trend import outcomes_over_time
from archkit.figures.turns import session_turns
from archkit.figures.upkeep import memory_events, query_latency

__all__ = [
    "cache_staleness",
    "calibration_over_time",
    "changes_between",
    "charged_twice",
    "cumulative_regret",
    "decision_looks",
    "decision_survival",
    "evidence_since",
    "focus_coverage",
    "learning_curve",
    "memory_effect",
    "memory_events",
    "memory_size",
    "missing_outcomes",
    "outcome_debt",
    "outcomes_over_time",
    "pace",
    "patterns_between",
    "payment_speed",
    "queries_between",
    "query_claims",
    "query_growth",
    "query_latency",
    "query_reduction",
    "query_reduction_by_size",
    "query_times",
    "read_times",
    "refresh_break_even",
    "regret_by_decision",
    "reliability",
    "reliability_between",
    "scores_by_horizon",
    "session_costs",
    "session_steps",
    "session_turns",
    "sessions_between",
    "success_by_agent",
    "success_by_context",
    "success_by_pattern",
    "success_over_time",
    "tradeoff_front",
    "tradeoff_profile",
    "tradeoff_ranking",
    "tradeoff_ranks",
    "tradeoff_regret",
    "tradeoff_tornado",
    "tradeoff_waterfall",
    "tradeoff_worth",
]
