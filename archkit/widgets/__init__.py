"""What a notebook shows and lets one do: a session with an architect, held in a panel."""

from archkit.widgets.session_panel import SessionPanel, session_panel

__all__ = ["SessionPanel", "session_panel"]
