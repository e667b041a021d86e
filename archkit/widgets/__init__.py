"""What a notebook shows and lets one do: a session, trade-offs, queries counted, the memory."""

from archkit.tradeoffs.hindsight import hindsight
from archkit.widgets.dashboard import Dashboard, dashboard
from archkit.widgets.explorer import Explorer, explore, reopen
from archkit.widgets.explorer_session import matrix_of
from archkit.widgets.query_lab import QueryLabPanel, query_lab
from archkit.widgets.session_panel import SessionPanel, session_panel

__all__ = [
    "Dashboard",
    "Explorer",
    "QueryLabPanel",
    "SessionPanel",
    "dashboard",
    "explore",
    "hindsight",
    "matrix_of",
    "query_lab",
    "reopen",
    "session_panel",
]
