"""The questions of a session as a form: a field for each, its options as buttons that fill it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from archkit.architect.dialogue import Option, Question, Questions
from archkit.markup import markdown
from archkit.widgets.form_reading import said_anew
from archkit.widgets.panel_parts import button, column, field, page, row, text_area
from archkit.widgets.panel_shown import question_head

__all__ = ["QuestionForm"]

_NONE = '<p class="ak-empty">No question is open: have a design proposed.</p>'
_NOT_YET = '<p class="ak-empty">No questions yet: the architect asks them after the brief.</p>'


class QuestionForm:
    """The form.

    Parameters
    ----------
    answer, propose
        What its two buttons do.

    Attributes
    ----------
    widget, answer, propose
        The form, and its buttons.
    """

    def __init__(self, answer: Callable[[], None], propose: Callable[[], None]) -> None:
        self._questions = Questions()
        self._fields: dict[str, Any] = {}
        self._buttons: list[Any] = []
        self._head, self._list = page(_NOT_YET), column()
        self._free = text_area("In your own words", "Anything else the architect should know", 3)
        self.answer = button("Send the answers", tooltip="Have them noted; nothing is written yet")
        self.propose = button(
            "Propose a design",
            style="primary",
            tooltip="Send what is filled in, and have the design written and checked",
        )
        self.answer.on_click(lambda _: answer())
        self.propose.on_click(lambda _: propose())
        buttons = row(self.propose, self.answer)
        self.widget = column(self._head, self._list, self._free, buttons)

    @property
    def inputs(self) -> list[Any]:
        """What can be filled in or pressed, its two main buttons apart."""
        return [*self._fields.values(), *self._buttons, self._free]

    def show(self, questions: Questions, *, asked: bool) -> None:
        """Show questions; what is typed and not yet sent stays where the question stays."""
        if questions == self._questions:
            if not questions:
                self._head.value = _NONE if asked else _NOT_YET
            return
        typed = {key: made.value for key, made in self._fields.items()}
        if [q.key for q in questions] == [q.key for q in self._questions]:
            for question in questions:  # answered meanwhile: the fields stay in place
                if question.answer and not typed[question.key]:
                    self._fields[question.key].value = question.answer
        else:
            self._build(questions, typed)
        self._questions = questions
        note = markdown(questions.note) if questions.note.strip() else ""
        self._head.value = note or ("" if questions else _NONE)

    def typed(self) -> tuple[dict[str, str], str]:
        """Return what was typed and not said before: by key, and in free words."""
        by_key = {key: made.value for key, made in self._fields.items()}
        return said_anew(by_key, self._questions), self._free.value.strip()

    def sent(self) -> None:
        """Empty the field for free words: it was said."""
        self._free.value = ""

    def forget(self) -> None:
        """Empty the form: another session is shown next."""
        self._questions, self._fields, self._buttons = Questions(), {}, []
        self._list.children, self._free.value, self._head.value = (), "", _NOT_YET

    def _build(self, questions: Questions, typed: dict[str, str]) -> None:
        self._fields, self._buttons = {}, []
        rows = []
        for number, question in enumerate(questions, start=1):
            made = field(f"Answer {number}", "blank: it will be assumed")
            made.value = typed.get(question.key) or question.answer or ""
            offered = [self._offered(option, made) for option in question.options]
            self._fields[question.key] = made
            self._buttons += offered
            rows.append(_one(number, question, made, offered))
        self._list.children = tuple(rows)

    def _offered(self, option: Option, made: Any) -> Any:
        offered = button(option.label, tooltip=f"Answer: {option.label}")
        offered.add_class("ak-option")
        offered.on_click(partial(_fill, made, option.label))
        return offered


def _one(number: int, question: Question, made: Any, offered: list[Any]) -> Any:
    options = (row(*offered),) if offered else ()
    return column(page(question_head(question, number)), *options, made, kind="ak-one")


def _fill(made: Any, label: str, _: Any) -> None:
    made.value = label
