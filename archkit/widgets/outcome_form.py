"""What came of a decision, as a form: only what is known is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archkit.errors import SessionError
from archkit.widgets.form_reading import read_count, read_scores
from archkit.widgets.panel_parts import button, choice, column, field, page, radio, row, text_area

__all__ = ["OutcomeForm"]

_EMPTY = '<p class="ak-empty">No decision waits for an outcome: decide first.</p>'
_NO_MEMORY = '<p class="ak-empty">Outcomes are kept in a memory, and this session has none.</p>'
_TRUTH = {"": None, "yes": True, "no": False}
_SOURCES = (
    ("the team says so", "team"),
    ("it was measured", "measured"),
    ("taken over from a report", "reported"),
)


class OutcomeForm:
    """The form.

    Parameters
    ----------
    record
        What its button does.

    Attributes
    ----------
    widget, record
        The form, and its button.
    """

    def __init__(self, record: Callable[[], None]) -> None:
        self._head = page(_EMPTY)
        self._decision = choice("Decision")
        unsaid = (("not said", ""),)
        worked = (*unsaid, ("it worked", "yes"), ("it did not", "no"))
        again = (*unsaid, ("yes", "yes"), ("no", "no"))
        self._success = radio("Did it work?", worked)
        self._repeat = radio("Would you decide so again?", again)
        self._scores = text_area("Scores", "A line each, 0 to 1: performance 0.91", 3)
        self._before = field("Queries before", "of one request, counted")
        self._after = field("Queries after", "of the same request")
        self._source = choice("Who says so", _SOURCES)
        self._note = text_area("Note", "In words", 2)
        self.record = button("Record the outcome", style="primary")
        self.record.on_click(lambda _: record())
        self.widget = column(
            *(self._head, self._decision, self._success, self._repeat, self._scores),
            *(row(self._before, self._after), self._source, self._note, row(self.record)),
        )

    @property
    def inputs(self) -> list[Any]:
        """What can be filled in."""
        first = [self._decision, self._success, self._repeat, self._scores, self._before]
        return [*first, self._after, self._source, self._note]

    def show(self, named: dict[str, str], *, remembers: bool) -> None:
        """Offer decisions by id and name; the one that was chosen stays so."""
        self._head.value = "" if named and remembers else _EMPTY if remembers else _NO_MEMORY
        offered = [(words, decision_id) for decision_id, words in named.items()]
        if tuple(offered) == tuple(self._decision.options):
            return
        chosen = self._decision.value
        self._decision.options = offered
        self._decision.value = chosen if chosen in named else next(iter(named), None)

    def read(self) -> tuple[str, dict[str, Any]]:
        """Return what `Memory.record_outcome` takes.

        Raises
        ------
        SessionError
            No decision is chosen, or a figure cannot be read.
        """
        if not self._decision.value:
            raise SessionError(
                "There is no decision to judge.",
                why="Nothing was decided yet, or no memory keeps it.",
                mend="Record a decision under Decide first.",
            )
        return str(self._decision.value), {
            "success": _TRUTH[self._success.value],
            "would_repeat": _TRUTH[self._repeat.value],
            "scores": read_scores(self._scores.value) or None,
            "queries_before": read_count(self._before.value, "queries before"),
            "queries_after": read_count(self._after.value, "queries after"),
            "source": self._source.value,
            "note": self._note.value.strip(),
        }

    def sent(self) -> None:
        """Empty what was recorded."""
        for made in (self._scores, self._before, self._after, self._note):
            made.value = ""
        self._success.value = self._repeat.value = ""
