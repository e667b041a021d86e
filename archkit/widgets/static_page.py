"""What stays of a panel in a notebook that is opened again without its kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archkit.markup import esc
from archkit.memory.redact import redact_text
from archkit.proposal.document import read_proposal
from archkit.proposal.page import proposal_page
from archkit.widgets.panel_shown import decisions_made, facts

if TYPE_CHECKING:
    from archkit.architect.session import Session

__all__ = ["StaticCopy", "hiding", "static_page"]

_HOW = "Run the cell again for a panel that works; the session is under this id in the memory."


def static_page(session: Session, panel_id: str) -> str:
    """Return the session as it stands as plain HTML, hidden while the panel itself is on the page.

    Parameters
    ----------
    session
        What is shown: its brief, its proposal and its decisions, secrets hidden.
    panel_id
        Of the panel: an element of the class ``archkit-panel-<id>`` in the same document hides it.
    """
    known = dict(facts(session))
    brief, _ = redact_text(session.asked or "No brief yet.")
    lines = [f"{known['card']} · {known['model']} · stage {known['stage']}", brief]
    told = "".join(f"<p>{esc(line)}</p>" for line in lines)
    made = redact_text(decisions_made(session.decisions))[0]
    proposal = ""
    if session.proposal is not None:
        text, hidden = redact_text(session.proposal.text)
        proposal = proposal_page(read_proposal(text) if hidden else session.proposal, top=3)
    return (
        f"<style>{hiding(panel_id)}</style>"
        f'<div class="archkit-static archkit-static-{panel_id}">'
        f"<p><b>The session as it stood</b></p>{told}{made}{proposal}"
        f"<p>{_HOW} <code>{esc(session.session_id)}</code></p></div>"
    )


def hiding(panel_id: str) -> str:
    """Return the style by which only one is seen: the panel, or this page.

    Without a kernel JupyterLab puts "model not found" where the panel was: it is hidden, too.
    """
    panel, page = f".archkit-panel-{panel_id}", f".archkit-static-{panel_id}"
    child = ".jp-OutputArea-child"
    return (
        f"body:has({panel}) {page}, {child}:not(:has({panel})):has(+ {child} {page}) "
        "{ display: none; }"
    )


class StaticCopy:
    """Plain copies beside a panel's displays: what is saved with the notebook.

    Parameters
    ----------
    panel_id
        Of the panel; see `static_page`.
    """

    def __init__(self, panel_id: str) -> None:
        self._panel_id = panel_id
        self._handles: list[Any] = []

    def show(self, session: Session) -> None:
        """Put one more copy into the output of the cell that runs."""
        from IPython.display import display

        name = f"archkit-{self._panel_id}-{len(self._handles)}"
        made: Any = display(self._page(session), display_id=name)  # type: ignore[no-untyped-call]
        if made is not None:  # None outside of a notebook
            self._handles.append(made)

    def update(self, session: Session) -> None:
        """Bring all copies up to date."""
        for handle in self._handles:
            handle.update(self._page(session))

    def _page(self, session: Session) -> Any:
        from IPython.display import HTML

        return HTML(static_page(session, self._panel_id))  # type: ignore[no-untyped-call]
