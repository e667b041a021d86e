"""Deciding in a panel: what is taken, over what, why, how sure; prefilled and editable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from archkit.architect.dialogue import clipped
from archkit.records import Alternative, Decision
from archkit.widgets.form_reading import (
    read_alternatives,
    read_confidence,
    written_alternatives,
)
from archkit.widgets.panel_parts import button, choice, column, field, page, row, text_area
from archkit.widgets.panel_shown import decisions_made

if TYPE_CHECKING:
    from archkit.architect.session import Session

__all__ = ["DecideForm"]

_EMPTY = '<p class="ak-empty">Nothing to decide on yet: have a design proposed first.</p>'
_FROM = "From the evidence"


class DecideForm:
    """The form.

    Parameters
    ----------
    draft, decide
        What its two buttons do.

    Attributes
    ----------
    widget, draft, decide
        The form, and its buttons.
    """

    def __init__(self, draft: Callable[[], None], decide: Callable[[], None]) -> None:
        self._drafts: list[Decision] = []
        self._ranked: Decision | None = None
        self._seen: object = None
        hint = "Have the proposal's decisions stated as drafts; nothing is decided yet"
        self.draft = button("Draft from the proposal", tooltip=hint)
        self.decide = button("Record the decision", style="primary")
        self._pick = choice("Start from", [(_FROM, -1)])
        self._chosen = field("What you take", "A pattern's name, or words of your own", ("",))
        self._others = text_area("Over what else", "A line each: name, or name: why not", 4)
        self._why = text_area("Why", "What made the difference", 3)
        self._sure = field("How sure", "0 to 1, or 80 %; blank: the pattern's success rate now")
        self._head, self._made = page(_EMPTY), page()
        self.draft.on_click(lambda _: draft())
        self.decide.on_click(lambda _: decide())
        self._pick.observe(lambda change: self._fill(change["new"]), names="value")
        start = row(self._pick, self.draft)
        start.add_class("ak-ends")
        self.widget = column(
            self._head, start, self._chosen, self._others, self._why, self._sure, row(self.decide)
        )
        self.widget.children = (*self.widget.children, self._made)

    @property
    def inputs(self) -> list[Any]:
        """What can be filled in."""
        return [self._pick, self._chosen, self._others, self._why, self._sure]

    def show(self, session: Session) -> None:
        """Show where the session stands; the evidence fills a form that is still untouched."""
        self._made.value = decisions_made(session.decisions)
        self._head.value = _EMPTY if session.proposal is None else ""
        ranking = session.ranking
        if ranking is None or session.proposal is None or ranking is self._seen:
            return
        self._seen = ranking
        self._chosen.options = tuple(ranked.pattern.name for ranked in session.evidence.patterns())
        others = [r.pattern.name for r in ranking if r is not ranking.best and not r.veto][:3]
        best = ranking.best.pattern.name if ranking.best else ""
        self._ranked = Decision(best, alternatives=tuple(map(Alternative, others)))
        if not self._chosen.value and self._pick.value == -1:
            self._fill(-1)

    def show_drafts(self, drafts: Sequence[Decision]) -> None:
        """Offer drafts, and fill the form with the first."""
        self._drafts = list(drafts)
        offered = [
            (clipped(f"{d.kind}: {d.chosen}" if d.kind else d.chosen, 70), n)
            for n, d in enumerate(drafts)
        ]
        self._pick.options = [*offered, (_FROM, -1)]
        self._pick.value = 0 if drafts else -1
        self._fill(self._pick.value)

    def read(self) -> tuple[str | Decision, dict[str, Any]]:
        """Return what `Session.decide` takes.

        Raises
        ------
        SessionError
            The confidence is none.
        """
        draft = self._drafts[self._pick.value] if self._pick.value >= 0 else None
        chosen = self._chosen.value.strip()
        known = draft.alternatives if draft else ()
        given: dict[str, Any] = {
            "alternatives": read_alternatives(self._others.value, known),
            "rationale": self._why.value.strip(),
            "confidence": read_confidence(self._sure.value),
        }
        if draft is not None and chosen == draft.chosen:
            return replace(draft, alternatives=(), rationale=""), given  # the form's stand instead
        return chosen, given

    def sent(self) -> None:
        """Empty what was recorded, so that it is not recorded twice."""
        for made in (self._chosen, self._others, self._why, self._sure):
            made.value = ""

    def forget(self) -> None:
        """Empty the form: another session is shown next."""
        self.show_drafts(())
        self._ranked = self._seen = None
        self._chosen.options = ()
        self.sent()

    def _fill(self, number: int) -> None:
        draft = self._drafts[number] if number >= 0 else self._ranked
        if draft is None:
            return
        self._chosen.value = draft.chosen
        self._others.value = written_alternatives(draft.alternatives)
        self._why.value = draft.rationale if isinstance(draft.rationale, str) else ""
        self._sure.value = ""
