"""Decisions that a proposal makes, before anybody has made them: shown as a table."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import overload

from archkit.plain import plain
from archkit.records import Decision

__all__ = ["DraftDecisions"]

_HEADS = ("", "choice", "chosen", "over", "forecast", "why")


class DraftDecisions(Sequence[Decision]):
    """Decisions that are drafts: hand one to `Session.decide`, and it is made.

    Parameters
    ----------
    drafts
        In the order of the proposal.
    """

    def __init__(self, drafts: Sequence[Decision]) -> None:
        self._drafts = tuple(drafts)

    @overload
    def __getitem__(self, index: int) -> Decision: ...
    @overload
    def __getitem__(self, index: slice) -> DraftDecisions: ...
    def __getitem__(self, index: int | slice) -> Decision | DraftDecisions:
        """Return one draft, or some of them."""
        if isinstance(index, slice):
            return DraftDecisions(self._drafts[index])
        return self._drafts[index]

    def __len__(self) -> int:
        """How many there are."""
        return len(self._drafts)

    def __repr__(self) -> str:
        return f"DraftDecisions({', '.join(draft.chosen for draft in self) or 'none'})"

    def _repr_html_(self) -> str:
        if not self:
            return "<p>The proposal leaves nothing to decide.</p>"
        head = "".join(f'<th scope="col" style="text-align:left">{h}</th>' for h in _HEADS)
        rows = "".join(_row(number, draft) for number, draft in enumerate(self))
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            "<p>Drafts: nothing is decided until you call "
            "<code>session.decide(drafts[0])</code>.</p>"
        )


def _row(number: int, draft: Decision) -> str:
    over = ", ".join(other.name for other in draft.alternatives) or "nothing else"
    known = draft.confidence is not None
    forecast = f"{draft.confidence:.0%}".replace("%", "\u202f%") if known else "no evidence yet"
    why = draft.rationale if isinstance(draft.rationale, str) else str(plain(draft.rationale))
    cells = (str(number), draft.kind.replace("-", " "), draft.chosen, over, forecast, why)
    return "<tr>" + "".join(map(_cell, cells)) + "</tr>"


def _cell(text: str) -> str:
    style = "text-align:left;vertical-align:top;white-space:normal"
    return f'<td style="{style}">{html.escape(text)}</td>'
