"""What a notebook shows and lets one do: a session held in a panel, trade-offs explored."""

from archkit.widgets.explorer import Explorer, explore, reopen
from archkit.widgets.explorer_record import hindsight
from archkit.widgets.explorer_session import matrix_of
from archkit.widgets.session_panel import SessionPanel, session_panel

__all__ = [
    "Explorer",
    "SessionPanel",
    "explore",
    "hindsight",
    "matrix_of",
    "reopen",
    "session_panel",
]
