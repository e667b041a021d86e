"""Queries counted, N+1 found, and strategies compared on a database of your own."""

from __future__ import annotations

from archkit.queries.count import QueryCount
from archkit.queries.counting import count_queries

__all__ = ["QueryCount", "count_queries"]
