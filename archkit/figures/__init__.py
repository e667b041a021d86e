"""Frames to plotly figures: pure, titled with the finding, an interval on every rate.

Each figure takes one frame of `archkit.metrics` and returns one `Figure`; it never reads a
memory. An empty frame gives a figure that says so and names the next step.
"""

from archkit.figures.patterns import success_by_pattern
from archkit.figures.queries import query_reduction
from archkit.figures.trend import outcomes_over_time

__all__ = ["outcomes_over_time", "query_reduction", "success_by_pattern"]
