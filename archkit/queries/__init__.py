"""Queries counted, N+1 found, and strategies compared on a database of your own.

What is here is loaded when first used: counting runs in other people's programs and stays small.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archkit.queries.compare import compare_queries, compare_queries_async
    from archkit.queries.comparison import ComparisonError, QueryComparison
    from archkit.queries.count import QueryCount
    from archkit.queries.counting import count_queries
    from archkit.queries.limit import QueryLimit
    from archkit.queries.program import ProgramRun, run_program
    from archkit.queries.saved import before_and_after, read_count, save_count
    from archkit.queries.spans import from_spans

__all__ = [
    "ComparisonError",
    "ProgramRun",
    "QueryComparison",
    "QueryCount",
    "QueryLimit",
    "before_and_after",
    "compare_queries",
    "compare_queries_async",
    "count_queries",
    "from_spans",
    "read_count",
    "run_program",
    "save_count",
]

_HOME = {
    "ComparisonError": "comparison",
    "ProgramRun": "program",
    "QueryComparison": "comparison",
    "QueryCount": "count",
    "QueryLimit": "limit",
    "before_and_after": "saved",
    "compare_queries": "compare",
    "compare_queries_async": "compare",
    "count_queries": "counting",
    "from_spans": "spans",
    "read_count": "saved",
    "run_program": "program",
    "save_count": "saved",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'archkit.queries' has no attribute {name!r}")
    value = getattr(import_module(f"archkit.queries.{_HOME[name]}"), name)
    globals()[name] = value
    return value
