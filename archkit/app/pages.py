"""What the pages show, each in a kernel of its reader's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from archkit.app.serving import AppError, memory_named
from archkit.errors import ArchkitError
from archkit.widgets.panel_parts import choice, column, field, page, row
from archkit.widgets.panel_shown import error_lines

if TYPE_CHECKING:
    from archkit.memory.memory import Memory
    from archkit.widgets.dashboard import Dashboard
    from archkit.widgets.explorer import Explorer

__all__ = ["Weighing", "dashboard", "explorer"]

EXAMPLE = "user authentication with tokens or sessions"
_MOST = 50


def dashboard() -> None:
    """Show the dashboard of the memory that the server was started for."""
    from archkit.widgets.dashboard import dashboard as board_of

    _show(lambda memory: board_of(memory, saves=False))


def explorer() -> None:
    """Show the trade-offs: a question to the memory, or a decision that was weighed."""
    _show(Weighing)


class Weighing:
    """What is weighed: the answer to a question, or what a decision was made from; its explorer.

    Attributes
    ----------
    explorer
        The one shown; None before the first.
    widget
        All of it.
    """

    def __init__(self, memory: Memory) -> None:
        self._memory, self._theme = memory, "light"
        self.explorer: Explorer | None = None
        self._question = field("What is to be decided", EXAMPLE)
        self._question.continuous_update = False
        self._weighed = choice("Or a decision that was weighed", self._decisions())
        self._told, self._place = page(), column(kind="ak-weighed")
        head = column(row(self._question, self._weighed), self._told, kind="archkit-panel")
        self.widget = column(_style(), head, self._place)
        self._question.observe(lambda change: self._asked(change["new"]), names="value")
        self._weighed.observe(lambda change: self._reopened(change["new"]), names="value")
        first = next((key for _, key in self._weighed.options if key), "")
        if first:
            self._weighed.value = first
        else:
            self._question.value = EXAMPLE

    def draw_in(self, theme: str) -> None:
        """Draw the figures for a page that is `light` or `dark`."""
        self._theme = theme
        if self.explorer is not None:
            self.explorer.draw_in(theme)

    def _decisions(self) -> list[tuple[str, str]]:
        from archkit.report.named import WEIGHED

        select = f"SELECT id, title, begun FROM ({WEIGHED.rows}) ORDER BY begun DESC"  # noqa: S608
        rows = self._memory.sql(f"{select} LIMIT $most", most=_MOST)
        listed = [
            (f"{made['begun']:%Y-%m-%d} · {made['title']}", str(made["id"]))
            for made in rows.to_dict("records")
        ]
        return [("none" if not listed else "pick one", ""), *listed]

    def _asked(self, text: str) -> None:
        if text.strip():
            self._weighed.value = ""
            self._show(lambda: self._weigh(text.strip()), f"Weighed: {text.strip()}")

    def _reopened(self, decision_id: str) -> None:
        from archkit.widgets.explorer import reopen

        if decision_id:
            self._question.value = ""
            self._show(
                lambda: reopen(self._memory.decision(decision_id), theme=self._theme),
                "As it stood when it was decided; what you move here is yours alone.",
            )

    def _weigh(self, question: str) -> Explorer:
        from archkit.tradeoffs.matrix import PerformanceMatrix
        from archkit.widgets.explorer import explore

        matrix = PerformanceMatrix.from_ranking(self._memory.query(question))
        if len(matrix.alternatives) < 2:
            raise AppError(
                f"The memory has one pattern for that: {matrix.alternatives[0]}.",
                why="There is nothing to weigh it against.",
                mend="Ask in other words.",
            )
        return explore(matrix, theme=self._theme)

    def _show(self, made: Callable[[], Explorer], told: str) -> None:
        """Put another explorer in the place of the one shown; a refusal leaves that."""
        from archkit.markup import esc

        try:
            found = made()
        except ArchkitError as error:
            self._told.value = error_lines(error)
            return
        was, self.explorer = self.explorer, found
        self._told.value = f'<p class="ak-mute" role="status">{esc(told)}</p>'
        self._place.children = (found.widget,)
        if was is not None:
            was.close()


def _show(made: Callable[[Memory], Dashboard | Weighing]) -> None:
    """Show what is made of the memory, in the page's theme; or why it cannot be."""
    from IPython.display import display

    from archkit.memory.memory import Memory
    from archkit.widgets.page_theme import PageTheme

    try:
        shown = made(Memory(memory_named()))
    except ArchkitError as error:
        refusal = column(_style(), page(error_lines(error)), kind="archkit-panel")
        display(refusal)  # type: ignore[no-untyped-call]
        return
    theme = PageTheme()
    theme.follow(shown.draw_in)
    display(shown.widget, theme)  # type: ignore[no-untyped-call]


def _style() -> Any:
    from archkit.widgets.panel_shown import stylesheet

    return page(f"<style>{stylesheet()}</style>", kind="ak-style")
