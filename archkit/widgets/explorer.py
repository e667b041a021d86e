"""Trade-offs explored by hand: move a weight, doubt a cell, see who leads, save a decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from archkit.errors import ArchkitError, SessionError
from archkit.figures.tradeoff import tradeoff_ranking, tradeoff_ranks
from archkit.figures.tradeoff_pair import tradeoff_front
from archkit.figures.tradeoff_profile import tradeoff_profile
from archkit.figures.tradeoff_why import tradeoff_tornado, tradeoff_waterfall, tradeoff_worth
from archkit.plain import new_id
from archkit.tradeoffs.acceptability import DRAWS
from archkit.tradeoffs.decided import decision_of, explored_in
from archkit.tradeoffs.explored import Explored, first_state
from archkit.tradeoffs.findings import Findings
from archkit.widgets.explorer_cells import read_cell
from archkit.widgets.explorer_face import ExplorerActions, ExplorerFace
from archkit.widgets.explorer_page import static_copy, summary
from archkit.widgets.explorer_session import answer_text
from archkit.widgets.panel_shown import error_lines

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from archkit.architect.session import Session
    from archkit.records import Decision
    from archkit.tradeoffs.matrix import PerformanceMatrix
    from archkit.tradeoffs.preference import Preference

__all__ = ["Explorer", "KeepsDecisions", "explore", "reopen"]

_DRAWN: dict[str, tuple[Callable[..., Figure], str]] = {
    "Ranking": (tradeoff_ranking, "ranking"),
    "Ranks": (tradeoff_ranks, "rank_shares"),
    "Profiles": (tradeoff_profile, "profile"),
    "Two criteria": (tradeoff_front, "front"),
    "Why": (tradeoff_waterfall, "waterfall"),
    "What could change it": (tradeoff_tornado, "swings"),
    "Measure": (tradeoff_worth, "worth"),
}


class KeepsDecisions(Protocol):
    """A memory, as far as an explorer needs one."""

    def record_decision(self, decision: Decision) -> Decision:
        """Keep a decision."""
        ...


def explore(
    matrix: PerformanceMatrix,
    preference: Preference | None = None,
    *,
    memory: KeepsDecisions | None = None,
    session: Session | None = None,
    draws: int = DRAWS,
    seed: int = 1,
    theme: str = "light",
) -> Explorer:
    """Explore a matrix by hand: end a cell with this.

    Parameters
    ----------
    matrix
        Alternatives, criteria and what is known of each.
    preference
        What is said of the weights; by default what the matrix says itself.
    memory
        Where a decision is saved; without one, and without a session, none is.
    session
        A session of an architect: a decision is made in it, and it can be told the result.
    draws, seed
        Of the simulation: the same numbers give the same figures.
    theme
        `light` or `dark`: the page that the figures stand on.

    Returns
    -------
    Explorer
        Its `state` is what is set, its `frame` the table shown.

    Raises
    ------
    ArchkitError
        The preference does not fit the criteria.
    ValueError
        There is no draw to make, the seed is negative, or the theme is none.
    """
    state = first_state(matrix, preference, draws=draws, seed=seed)
    return Explorer(state, memory=memory, session=session, theme=theme)


def reopen(
    decision: Decision,
    *,
    memory: KeepsDecisions | None = None,
    session: Session | None = None,
    theme: str = "light",
) -> Explorer:
    """Open the exploration that a decision was saved from, exactly as it stood.

    Parameters
    ----------
    decision
        As `Memory.decision` gives it.
    memory, session, theme
        As for `explore`.

    Raises
    ------
    SessionError
        The decision was not saved from an explorer.
    """
    return Explorer(explored_in(decision), memory=memory, session=session, theme=theme)


class Explorer:
    """What `explore` returns: an exploration and its widgets.

    Attributes
    ----------
    state, findings
        What is set, and what follows from it.
    error
        Why the last change was not made; None if it was.
    decisions
        What was saved, the last at the end.
    widget
        All of it.
    """

    def __init__(
        self,
        state: Explored,
        *,
        memory: KeepsDecisions | None = None,
        session: Session | None = None,
        theme: str = "light",
    ) -> None:
        self._memory, self._session, self._theme = memory, session, theme
        self._id, self._copies = new_id(), list[Any]()
        self.state, self.findings = state, Findings(state)
        self.error: ArchkitError | None = None
        self.decisions: list[Decision] = []
        self._face = ExplorerFace(
            state,
            self._actions(),
            self._id,
            saves=memory is not None or session is not None,
            answers=session is not None,
        )
        self._face.alternative.observe(
            lambda _: self._face.fill_cells(self.state.matrix), names="value"
        )
        self._face.x.value, self._face.y.value = self.findings.pair_drawn
        self._face.fill_cells(state.matrix)
        self._face.put(state, self.findings.order[0])
        self._show()

    @property
    def widget(self) -> Any:
        """All of it, to be displayed."""
        return self._face.root

    @property
    def frame(self) -> pd.DataFrame:
        """The ranking shown: one row an alternative; see `archkit.figures.tradeoff_ranking`."""
        return self.findings.ranking

    @property
    def figure(self) -> Figure:
        """The figure shown, on its own."""
        draw, frame = _DRAWN[self._face.views.value]
        return draw(getattr(self.findings, frame), theme=self._theme)

    def __repr__(self) -> str:
        """One line: what is compared, and what was found."""
        return f"Explorer({self.state.matrix!r}: {self.findings.result.finding})"

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, display

        display(self.widget)  # type: ignore[no-untyped-call]
        name = f"archkit-{self._id}-{len(self._copies)}"
        page = HTML(static_copy(self.findings, self._id))  # type: ignore[no-untyped-call]
        made: Any = display(page, display_id=name)  # type: ignore[no-untyped-call]
        if made is not None:  # None outside of a notebook
            self._copies.append(made)

    def draw_in(self, theme: str) -> None:
        """Draw the figures for a page that is `light` or `dark`."""
        self._theme = theme
        self._draw()

    def close(self) -> None:
        """Take it off the page, for another one to take its place."""
        self._face.figure.close()
        self._face.root.close()

    def move(self, criterion: str, points: float) -> None:
        """Set how much a criterion's swing from worst to best matters: 0 to 100 points."""
        self._change(lambda: self.state.moved(criterion, points))

    def lock(self, criterion: str, on: bool = True) -> None:
        """Hold a weight where it is while others move, or let it go."""
        self._change(lambda: self.state.lock(criterion, on))

    def read(self, reading: str) -> None:
        """Say how the weights are meant; see `archkit.tradeoffs.explored.READINGS`."""
        self._change(lambda: replace(self.state, reading=reading))

    def load(self, times: float) -> None:
        """Ask what would be at so many times today's load."""
        self._change(lambda: replace(self.state, load=float(times)))

    def edit(self, alternative: str, cells: dict[str, str]) -> None:
        """Set cells of an alternative, by criterion, as typed: ``36 of 38``, ``2–5``, ``?``.

        All of them are set, or none if one cannot be read.
        """
        self._change(lambda: self._edited(alternative, cells))

    def save(self, chosen: str | None = None, rationale: str = "") -> Decision:
        """Save a decision: the alternative taken, and all that it was explored with.

        Parameters
        ----------
        chosen
            By default the one of the highest expected value.
        rationale
            By default what was found.

        Raises
        ------
        SessionError
            There is neither a memory nor a session to save it in, or it is no alternative.
        StoreError
            It cannot be written.
        """
        decision = decision_of(self.findings, chosen or self.findings.order[0], rationale)
        if self._session is not None:
            decision = self._session.decide(decision)
        elif self._memory is not None:
            decision = self._memory.record_decision(decision)
        else:
            raise SessionError(
                "There is nowhere to save a decision.",
                why="The explorer was given neither a memory nor a session.",
                mend="Hand one in: explore(matrix, memory=ak.Memory()).",
            )
        self.decisions.append(decision)
        self._update_copies()
        return decision

    def answer(self) -> str:
        """Tell the session's architect the result, as an answer in words; return what was said.

        Raises
        ------
        SessionError
            There is no session, or it has no brief yet.
        """
        if self._session is None:
            raise SessionError(
                "There is no architect to tell.",
                why="The explorer was given no session.",
                mend="Hand it in: explore(matrix, session=session).",
            )
        told = answer_text(self.findings)
        self._session.answer(told)
        return told

    def _actions(self) -> ExplorerActions:
        return ExplorerActions(
            move=self.move,
            lock=self.lock,
            read=self.read,
            load=self.load,
            draw=self._draw,
            edit=self._press_edit,
            save=self._press_save,
            answer=self._press_answer,
        )

    def _edited(self, alternative: str, cells: dict[str, str]) -> Explored:
        matrix = self.state.matrix
        read = {
            (alternative, name): read_cell(
                text, matrix.criterion(name), matrix.cell(alternative, name)
            )
            for name, text in cells.items()
        }
        return replace(self.state, matrix=matrix.replace(cells=read))

    def _change(self, made: Callable[[], Explored]) -> None:
        """Take on a state that can be worked out; one that cannot is told, and nothing changes."""
        try:
            state = made()
            findings = Findings(state, self.findings.ranks, self._pair())
            findings.ranking  # noqa: B018 - works it out: only now is it known to be possible
        except ArchkitError as error:
            self.error = error
            self._face.summary.value = summary(self.findings, error)
            return
        self.error, reading = None, self.state.reading
        self.state, self.findings = state, findings
        if state.reading != reading:
            self._face.put(state, self._face.chosen.value)
        self._show()

    def _pair(self) -> tuple[str, str]:
        return str(self._face.x.value), str(self._face.y.value)

    def _draw(self) -> None:
        if self._pair() != self.findings.pair_drawn:
            self.findings = replace(self.findings, pair=self._pair())
        self._face.figure.show_figure(self.figure, self._face.views.value)

    def _show(self) -> None:
        self._face.figure.show_figure(self.figure, self._face.views.value)
        self._face.summary.value = summary(self.findings)

    def _update_copies(self) -> None:
        """Bring the static copies up to date; not at every move, for each is a message more."""
        for copy in self._copies:
            from IPython.display import HTML

            copy.update(HTML(static_copy(self.findings, self._id)))  # type: ignore[no-untyped-call]

    def _press_edit(self) -> None:
        typed = {name: made.value for name, made in self._face.cells.items()}
        self.edit(self._face.alternative.value, typed)
        self._face.told.value = error_lines(self.error)
        if self.error is None:
            self._face.fill_cells(self.state.matrix)
            self._update_copies()

    def _press_save(self) -> None:
        self._press(lambda: f"Saved as {self._saved().decision_id}.")

    def _press_answer(self) -> None:
        self._press(lambda: f"Told: {self.answer()}")

    def _saved(self) -> Decision:
        return self.save(self._face.chosen.value, self._face.why.value)

    def _press(self, act: Callable[[], str]) -> None:
        from archkit.markup import esc

        try:
            self._face.saved.value = f'<p role="status">{esc(act())}</p>'
        except ArchkitError as error:
            self._face.saved.value = error_lines(error)
