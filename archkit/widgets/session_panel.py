"""A session with an architect in a notebook: brief, answer, propose, allow, decide, judge."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.architect.dialogue import ToolCall
from archkit.architect.learning_steps import LearningStep
from archkit.architect.permission import Permissions, Verdict
from archkit.architect.session import Session
from archkit.architect.tool_line import tool_line
from archkit.errors import ArchkitError, SessionError
from archkit.markup import markdown
from archkit.plain import new_id
from archkit.widgets.live_text import LiveText
from archkit.widgets.panel_face import Actions, PanelFace
from archkit.widgets.panel_memory import (
    PanelMemory,
    check_elsewhere,
    look_around,
)
from archkit.widgets.panel_shown import conversation, error_lines, facts, head, proposal_view
from archkit.widgets.panel_shown import notices as shown_notices
from archkit.widgets.panel_state import PanelState, view_after
from archkit.widgets.permission_desk import PermissionDesk
from archkit.widgets.static_page import StaticCopy
from archkit.widgets.worker import Timings, Worker, fault

if TYPE_CHECKING:
    import pandas as pd

    from archkit.architect.card import AgentCard

__all__ = ["PanelMemory", "SessionPanel", "Timings", "session_panel"]

_CHANGES = ("brief", "decide", "outcome", "open")
"""The steps after which there are other sessions or decisions to choose from."""

_TALKS = ("brief", "propose", "draft")
_ANSWERS = {"allow": (True, False), "allow_always": (True, True), "deny": (False, False)}


def session_panel(
    memory: PanelMemory | None = None,
    *,
    card: str | Path | AgentCard = "backend-architect",
    workspace: str | Path = ".",
    client: Any = None,
    session_id: str | None = None,
    permissions: Permissions | str | Iterable[str] | Callable[..., Any] = "ask",
    **settings: Any,
) -> SessionPanel:
    """Hold a session with an architect by hand: end a cell with this.

    The architect works in a thread of its own, so that cells can run and Cancel works meanwhile;
    what is pressed while a cell runs is done when the cell has ended.

    Parameters
    ----------
    memory
        Where evidence comes from and everything goes; None works without, and keeps nothing.
    card, workspace, client
        As for `archkit.Session`.
    session_id
        A session to take up where it stands; by default a new one.
    permissions
        "ask" lets the panel ask you before a tool does more than read; rules such as
        ``{"Edit(docs/**)"}`` allow what they say and have the rest asked; "read_only", a function
        or `Permissions` are as for `archkit.Session`.
    **settings
        Further settings of `archkit.Session`: ``project``, ``web``, ``mcp``, ``max_cost_usd`` …

    Returns
    -------
    SessionPanel
        Its `session` is the session behind it, its `frame` the facts shown.

    Raises
    ------
    ArchkitError
        The card cannot be read, the session is not known; see `archkit.Session`.
    """
    given = {"card": card, "workspace": workspace, "client": client, **settings}
    return SessionPanel(memory, permissions=permissions, session_id=session_id, given=given)


class SessionPanel:
    """A panel; made by `session_panel`.

    Attributes
    ----------
    session
        The session behind it: what is done in the panel can be gone on with in a cell, and the
        other way round (then call `refresh`).
    state
        Where it stands.
    error
        What went wrong last, None if nothing did.
    timings
        How fast the last step was shown and stopped.
    """

    def __init__(
        self,
        memory: PanelMemory | None,
        *,
        permissions: Any,
        session_id: str | None,
        given: dict[str, Any],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._memory, self._permissions, self._given = memory, permissions, given
        self._clock, self._lock = clock, threading.RLock()
        self._id = new_id()
        self._worker = Worker(self._paint, lambda: self.session.cancel())
        self._desk = PermissionDesk(self._worker.changed)
        self._live, self.timings = LiveText(), Timings()
        self._first_at: float | None = None
        self._cancel_at: float | None = None
        self._again: Callable[[], None] | None = None
        self._own_notices: tuple[str, ...] = ()
        self._copy = StaticCopy(self._id)
        self.error: ArchkitError | None = None
        self.state = PanelState()
        self.session = self._opened(session_id)
        self._face = PanelFace(self._actions(), self._id)
        markdown("")  # what renders it is imported now, and not while somebody waits for a stop
        self._look_around()
        self._settle()
        self._face.view = view_after("open", self.session.stage)

    @property
    def widget(self) -> Any:
        """The widget, to be put into a layout of your own."""
        return self._face.root

    @property
    def frame(self) -> pd.DataFrame:
        """The facts shown in its head: name, value."""
        import pandas as pd

        return pd.DataFrame(facts(self.session), columns=["name", "value"])

    def __repr__(self) -> str:
        """One line: the session and whether it is at work."""
        return f"SessionPanel({self.session!r}{', busy' if self._worker.busy else ''})"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.widget)  # type: ignore[no-untyped-call]
        self._copy.show(self.session)

    def refresh(self) -> None:
        """Show the session as it stands, after it was gone on with in a cell."""
        self._settle()

    def wait(self) -> None:
        """Wait until the step that is running has ended."""
        self._worker.join()

    def close(self) -> None:
        """Stop what runs, close the connection to the model, and leave the panel as it stands."""
        self._desk.dismiss()
        self._worker.cancel()
        self._worker.join()
        self.session.close()
        self.state = replace(self.state, closed=True)
        self._settle()

    def start(self) -> None:
        """Send the brief; like each of the following, what a button of the panel does."""
        text = self.session.asked or self._face.brief.value
        self._do("brief", lambda: self.session.brief(text), self.start)

    def answer(self) -> None:
        """Send the answers that were typed."""
        self._do("answer", partial(self._send, must=True), self.answer)

    def propose(self) -> None:
        """Send what was typed, and have the design written."""

        def step() -> None:
            self._send(must=False)
            self.session.propose()

        self._do("propose", step, self.propose)

    def draft(self) -> None:
        """Have the proposal's decisions drafted."""

        def step() -> None:
            drafts = self.session.draft_decisions()
            with self._lock:
                self._face.decide.show_drafts(drafts)

        self._do("draft", step, self.draft)

    def decide(self) -> None:
        """Record the decision that the form says."""

        def step() -> None:
            chosen, given = self._face.decide.read()
            self.session.decide(chosen, **given)
            self._face.decide.sent()

        self._do("decide", step, self.decide)

    def record_outcome(self) -> None:
        """Record the outcome that the form says."""

        def step() -> None:
            decision_id, given = self._face.outcome.read()
            if self._memory is not None:
                self._memory.record_outcome(decision_id, **given)
                self._face.outcome.sent()

        self._do("outcome", step, self.record_outcome)

    def open(self) -> None:
        """Take up the session that is chosen in the list, or begin a new one."""
        chosen = self._face.sessions.value or None

        def step() -> None:
            before, self.session = self.session, self._opened(chosen)
            before.close()
            self._live = LiveText()
            self._face.forget()

        self._do("open", step, self.open)

    def cancel(self) -> None:
        """Stop the step that is running; the call returns at once."""
        if not self._worker.busy:
            return
        self._cancel_at = self._clock()
        self._desk.dismiss()
        self._worker.cancel()
        self._show(cancelling=True)

    def retry(self) -> None:
        """Call the step again that did not end well."""
        if self.state.broken and self._again is not None:
            self._again()

    def give(self, answer: str) -> None:
        """Answer the use of a tool that waits: "allow", "allow_always" or "deny"."""
        allowed, always = _ANSWERS[answer]
        reason = "" if allowed else self._face.why_not.value.strip()
        self._desk.answer(Verdict(allowed, reason, always))
        self._show()

    def _actions(self) -> Actions:
        return Actions(
            *(self.start, self.open, self.answer, self.propose, self.draft, self.decide),
            *(self.record_outcome, self.cancel, self.retry),
            *(partial(self.give, name) for name in _ANSWERS),
        )

    def _opened(self, session_id: str | None) -> Session:
        given: dict[str, Any] = {
            **self._given,
            "permissions": self._desk.permissions(self._permissions),
        }
        given |= {"on_text": self._on_text, "on_step": self._on_step}
        if session_id is None:
            return Session(memory=self._memory, **given)
        if self._memory is None:
            raise SessionError(
                f"The session {session_id!r} cannot be taken up.",
                why="The panel was given no memory to read it from.",
                mend="Hand it in: session_panel(memory, session_id=…).",
            )
        return Session.resume(session_id, self._memory, **given)

    def _send(self, *, must: bool) -> None:
        by_key, words = self._face.questions.typed()
        if by_key or (must and not words):
            self.session.answer(by_key)
        if words:
            self.session.answer(words)
            self._face.questions.sent()

    def _do(self, step: str, call: Callable[[], object], again: Callable[[], None]) -> None:
        """Run a step in the worker's thread, unless one runs."""
        with self._lock:
            if self._worker.busy or self.state.closed:
                return
            self.error, self._again = None, again
            self._live, self.timings = LiveText(), Timings()
            self._first_at = self._cancel_at = None
            self._face.show_live(self._live.parts())
            self._show(busy=step, doing="", broken="", cancelling=False)
            self._face.error.value = ""
            if not self.session.transcript:
                self._face.said.value = ""
            if step in _TALKS:
                self._face.view = "Conversation"
            self._worker.start(partial(self._run, step, call))

    def _run(self, step: str, call: Callable[[], object]) -> None:
        try:
            if step in _TALKS:
                check_elsewhere(self._memory, self.session)
            call()
        except ArchkitError as error:
            self.error = error
        except Exception as error:  # noqa: BLE001 - nobody else would ever see it
            self.error = fault(step, error)
        self._desk.dismiss()
        if step in _CHANGES and self.error is None:
            self._look_around()
        with self._lock:
            broken = step if self.error is not None and step in _TALKS else ""
            self.state = replace(self.state, busy="", doing="", cancelling=False, broken=broken)
            if self.error is None:  # first: whoever has read the text may choose another
                self._face.view = view_after(step, self.session.stage)
            self._settle()
        if self._cancel_at is not None:
            self.timings.cancel_ms = (self._clock() - self._cancel_at) * 1000

    def _look_around(self) -> None:
        """Read from the memory which sessions there are, and which decisions wait for a look."""
        seen = look_around(self._memory, self.session)
        with self._lock:
            self._own_notices = seen.notices
            self._face.offer_sessions(seen.sessions)
            self._face.outcome.show(seen.decisions, remembers=self._memory is not None)
            self.state = replace(self.state, outcomes=bool(seen.decisions))

    def _settle(self) -> None:
        """Show all of the session as it stands."""
        with self._lock:
            session, face = self.session, self._face
            if session.asked:
                face.brief.value = session.asked
            face.error.value = error_lines(self.error)
            face.notices.value = shown_notices([*session.notices, *self._own_notices])
            face.said.value = conversation(session)
            face.questions.show(session.questions, asked=session.stage != "new")
            face.proposal.value = proposal_view(session)
            face.decide.show(session)
            self._show()
            self._copy.update(session)

    def _show(self, **changed: Any) -> None:
        """Put the state on the controls."""
        with self._lock:
            waiting = self._desk.waiting
            began = bool(self.session.asked)
            self.state = replace(
                self.state, stage=self.session.stage, began=began, waiting=len(waiting), **changed
            )
            self._face.head.value = head(self.session)
            self._face.show_state(self.state, waiting[0] if waiting else None)

    def _paint(self) -> None:
        """Show what has come since the last painting: called in the painter's thread."""
        with self._lock:
            if not self.state.busy:
                return
            first_at = self._first_at
            self._face.show_live(self._live.parts())
            if first_at is not None and self.timings.first_shown_ms is None:
                self.timings.first_shown_ms = (self._clock() - first_at) * 1000
            self._show()
            self.timings.paints += 1

    def _on_text(self, piece: str) -> None:
        is_first, now = self._first_at is None, self._clock()
        self._live.add_text(piece)
        self._heard("The architect is writing …")
        if is_first:
            self._first_at = now
            self._worker.changed(at_once=True)

    def _on_step(self, step: ToolCall | LearningStep) -> None:
        if isinstance(step, ToolCall):
            line = tool_line(step.as_payload())
            self._live.add_line(line)
            self._heard(f"The architect {line}" if line[:1].islower() else f"It used {line}")

    def _heard(self, doing: str) -> None:
        with self._lock:
            self.state = replace(self.state, doing=doing)
        self._worker.changed()
