"""The face of a panel: its widgets, where they stand, and how a state is put on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import ipywidgets as widgets

from archkit.markup import esc
from archkit.widgets.decide_form import DecideForm
from archkit.widgets.outcome_form import OutcomeForm
from archkit.widgets.panel_parts import button, choice, column, field, page, row, text_area
from archkit.widgets.panel_shown import leave_asked, stylesheet
from archkit.widgets.panel_state import VIEWS, PanelState, enabled, told
from archkit.widgets.permission_desk import Request
from archkit.widgets.question_form import QuestionForm

__all__ = ["Actions", "PanelFace"]

_BRIEF = "What to build, for whom, at which size, and what must not happen"


class Actions(NamedTuple):
    """What the buttons of a panel do."""

    start: Callable[[], None]
    open: Callable[[], None]
    answer: Callable[[], None]
    propose: Callable[[], None]
    draft: Callable[[], None]
    decide: Callable[[], None]
    outcome: Callable[[], None]
    cancel: Callable[[], None]
    retry: Callable[[], None]
    allow: Callable[[], None]
    allow_always: Callable[[], None]
    deny: Callable[[], None]


class PanelFace:
    """The widgets.

    Parameters
    ----------
    actions
        What the buttons do.
    panel_id
        Makes the panel's class of its own: ``archkit-panel-<id>``.

    Attributes
    ----------
    root
        All of it.
    """

    def __init__(self, actions: Actions, panel_id: str) -> None:
        self.head, self.notices, self.error = page(), page(), page()
        self.status = page(kind="ak-status")
        self.brief = text_area("Brief", _BRIEF, 5)
        self.sessions = choice("Session", [("a new session", "")])
        self.why_not = field("Why not (told to the architect)", "optional")
        self.questions = QuestionForm(actions.answer, actions.propose)
        self.decide = DecideForm(actions.draft, actions.decide)
        self.outcome = OutcomeForm(actions.outcome)
        self._leave, self._parts = page(), 0
        self._told_leave: Request | None = None
        self.said, self.proposal = page(), page()
        self._text = column(page())
        self.live = column(self._text, kind="ak-live-box")
        self._buttons = self._made_buttons(actions)
        self._view = widgets.ToggleButtons(options=VIEWS, value=VIEWS[0], description="Show")
        self._view.add_class("ak-views")
        self._view.observe(lambda _: self._show_view(), names="value")
        self._leave_box = self._made_leave_box()
        self._pages = self._made_pages()
        self.root = self._made_root(panel_id)
        self._show_view()

    @property
    def view(self) -> str:
        """Which view is shown, one of `VIEWS`."""
        return str(self._view.value)

    @view.setter
    def view(self, name: str) -> None:
        self._view.value = name

    def show_state(self, state: PanelState, request: Request | None) -> None:
        """Put a state on the controls: what works, what is said, what waits for leave."""
        self.status.value = f'<span role="status">{esc(told(state))}</span>'
        works = enabled(state)
        for name, made in self._controls().items():
            for one in made:
                one.disabled = name not in works
        if request is not self._told_leave:
            self._told_leave = request
            self.why_not.value = ""
            self._leave.value = leave_asked(request)
            self._leave_box.layout.display = None if request is not None else "none"
        busy = bool(state.busy)
        self.live.layout.display = None if busy else "none"

    def show_live(self, parts: Sequence[str]) -> None:
        """Show what is being written: only what is new or grows is sent to the browser."""
        shown = list(self._text.children)
        if len(parts) < self._parts:
            shown, self._parts = [page()], 0
        for at, part in enumerate(parts):
            if at < len(shown):
                shown[at].value = part
            else:
                shown.append(page(part))
        self._parts = len(parts)
        if len(shown) != len(self._text.children):
            self._text.children = tuple(shown)

    def forget(self) -> None:
        """Empty what was typed: another session is shown next."""
        self.brief.value = ""
        self.questions.forget()
        self.decide.forget()
        self.outcome.sent()

    def offer_sessions(self, named: Mapping[str, str]) -> None:
        """Offer sessions to open, by id and name, after a new one."""
        options = [("a new session", ""), *((words, key) for key, words in named.items())]
        chosen = self.sessions.value
        self.sessions.options = options
        self.sessions.value = chosen if chosen in named else ""

    def _controls(self) -> Mapping[str, Sequence[Any]]:
        """Return by name what a state switches on and off."""
        buttons = {name: [made] for name, made in self._buttons.items()}
        return buttons | {
            "open": [self._buttons["open"], self.sessions],
            "brief": [self.brief],
            "why_not": [self.why_not],
            "questions": self.questions.inputs,
            "answer": [self.questions.answer],
            "propose": [self.questions.propose],
            "decisions": self.decide.inputs,
            "draft": [self.decide.draft],
            "decide": [self.decide.decide],
            "outcomes": self.outcome.inputs,
            "outcome": [self.outcome.record],
        }

    def _made_buttons(self, actions: Actions) -> dict[str, Any]:
        made = {
            "start": button("Start", style="primary", tooltip="Send the brief to the architect"),
            "open": button("Open", tooltip="Take up that session where it stands"),
            "cancel": button("Cancel", style="danger", tooltip="Stop; what was said is kept"),
            "retry": button("Retry", tooltip="Call the same step again"),
            "allow": button("Allow once", style="primary"),
            "allow_always": button("Allow for the session"),
            "deny": button("Deny", style="danger"),
        }
        for name, one in made.items():
            one.on_click(partial(_pressed, getattr(actions, name)))
        return made

    def _made_leave_box(self) -> Any:
        names = ("allow", "allow_always", "deny")
        answers = row(*(self._buttons[name] for name in names))
        made = column(self._leave, answers, self.why_not, kind="ak-leave-box")
        made.layout.display = "none"
        return made

    def _made_pages(self) -> dict[str, Any]:
        pick = row(self.sessions, self._buttons["open"])
        pick.add_class("ak-ends")
        pages = (
            column(pick, self.brief, row(self._buttons["start"])),
            column(self.live, self.said),
            self.questions.widget,
            column(self.proposal),
            self.decide.widget,
            self.outcome.widget,
        )
        return dict(zip(VIEWS, pages, strict=True))

    def _made_root(self, panel_id: str) -> Any:
        steer = row(self.status, self._buttons["retry"], self._buttons["cancel"])
        steer.add_class("ak-steer")
        style = page(f"<style>{stylesheet()}</style>", kind="ak-style")
        parts = (style, self.head, steer, self.error, self.notices, self._leave_box, self._view)
        root = column(*parts, *self._pages.values(), kind="archkit-panel")
        root.add_class(f"archkit-panel-{panel_id}")
        return root

    def _show_view(self) -> None:
        for name, made in self._pages.items():
            made.layout.display = None if name == self.view else "none"


def _pressed(act: Callable[[], None], _: Any) -> None:
    act()
