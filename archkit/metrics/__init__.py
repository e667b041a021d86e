"""A memory's rows as frames: how well patterns work, what came of decisions, queries saved.

Every function reads `memory` and gives a frame (or a dict of figures) made for one question.
Instants are UTC and aware; a rate is 0 to 1; what is not known is null, never zero.
"""

from archkit.metrics.context import context_reversals, context_slices, pattern_by_context
from archkit.metrics.cost import cost_by_month, session_costs, turn_costs
from archkit.metrics.debt import missing_outcomes, outcome_debt
from archkit.metrics.evidence import pattern_evidence, solutions, with_tie_set
from archkit.metrics.health import focus_coverage, memory_events, memory_size, query_latency
from archkit.metrics.horizons import scores_by_horizon
from archkit.metrics.learning_curve import learning_curve
from archkit.metrics.overview import Overview, overview
from archkit.metrics.pace import pace, success_by_agent
from archkit.metrics.pattern_news import pattern_news
from archkit.metrics.pattern_trend import success_by_month
from archkit.metrics.periods import (
    period_changes,
    period_patterns,
    period_queries,
    period_sessions,
)
from archkit.metrics.recent import recent_outcomes
from archkit.metrics.rows import decisions, outcome_scores, sessions, steps
from archkit.metrics.saving import (
    query_measurements,
    query_reduction,
    query_reduction_by_size,
    query_reduction_share,
)
from archkit.metrics.scoring import calibration, forecasts, interval_coverage, reliability
from archkit.metrics.scoring_trend import calibration_by_month, decision_regret
from archkit.metrics.session_steps import step_shares
from archkit.metrics.survival import decision_spans, decision_survival
from archkit.metrics.tiles import headline

__all__ = [
    "Overview",
    "calibration",
    "calibration_by_month",
    "context_reversals",
    "context_slices",
    "cost_by_month",
    "decision_regret",
    "decision_spans",
    "decision_survival",
    "decisions",
    "focus_coverage",
    "forecasts",
    "headline",
    "interval_coverage",
    "learning_curve",
    "memory_events",
    "memory_size",
    "missing_outcomes",
    "outcome_debt",
    "outcome_scores",
    "overview",
    "pace",
    "pattern_by_context",
    "pattern_evidence",
    "pattern_news",
    "period_changes",
    "period_patterns",
    "period_queries",
    "period_sessions",
    "query_latency",
    "query_measurements",
    "query_reduction",
    "query_reduction_by_size",
    "query_reduction_share",
    "recent_outcomes",
    "reliability",
    "scores_by_horizon",
    "session_costs",
    "sessions",
    "solutions",
    "step_shares",
    "steps",
    "success_by_agent",
    "success_by_month",
    "turn_costs",
    "with_tie_set",
]
