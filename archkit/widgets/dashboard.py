"""The memory's dashboard: filters, tiles, figures, and from each point down to its evidence."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit import metrics
from archkit.errors import ArchkitError
from archkit.memory.checks import check_known
from archkit.memory.snapshot import snapshot
from archkit.metrics.scope import Scope, instant_code
from archkit.plain import new_id, shown_path
from archkit.records import utc_now
from archkit.report.headline_tiles import headline_tiles
from archkit.report.tabs import Tab, tab_named
from archkit.widgets.dashboard_evidence import (
    decisions_of,
    read_evidence,
    read_session_seen,
    read_uses,
)
from archkit.widgets.dashboard_face import DashboardActions, DashboardFace
from archkit.widgets.dashboard_options import read_options
from archkit.widgets.dashboard_page import (
    code_page,
    evidence_page,
    session_page,
    static_copy,
    summary,
    uses_page,
)
from archkit.widgets.panel_shown import error_lines

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from archkit.memory.memory import Memory

__all__ = ["Dashboard", "View", "dashboard"]

_HEADING = "The memory's dashboard"
_LEADS = ("decision_id", "session_id", "slug", "area", "agent")
"""What a point of a figure may stand for, the narrowest first: columns of its frame."""

_SLUGS = "SELECT slug FROM pattern"
_EVENTS = "SELECT count(*) AS n FROM event"
_LIBRARY = "SELECT count(*) AS n FROM event WHERE agent = 'library'"


def dashboard(
    memory: Memory,
    scope: Scope | None = None,
    *,
    tab: str = "Patterns",
    theme: str = "light",
    every_s: float = 4.0,
    now: Callable[[], datetime] = utc_now,
    saves: bool = True,
) -> Dashboard:
    """Look at a memory, all of it or a part, and go down to the evidence: end a cell with this.

    Parameters
    ----------
    memory
        What to look at.
    scope
        The part to begin with; by default everything.
    tab
        The figure to begin with: Patterns, Outcomes, Queries and so on.
    theme
        `light` or `dark`: the page that the figures stand on.
    every_s
        How often the page asks whether another kernel has written, in seconds; 0: never.
    now
        The clock.
    saves
        Whether the view may be written to a file here; if not, the browser is handed one.

    Returns
    -------
    Dashboard
        Its `scope` is the part shown, its `frame` the rows of the figure.

    Raises
    ------
    StoreError
        The memory cannot be read.
    ValueError
        There is no such tab or theme.
    """
    return Dashboard(
        memory, scope or Scope(), tab=tab, theme=theme, every_s=every_s, now=now, saves=saves
    )


@dataclass(frozen=True, slots=True)
class View:
    """What is shown at one moment: a part of the memory, read at once."""

    scope: Scope
    tab: Tab
    now: datetime
    frame: pd.DataFrame
    tiles: list[tuple[str, str, str]]
    made_up: int
    decisions: Mapping[str, str]


class Dashboard:
    """What `dashboard` returns: a view of a memory and its widgets.

    Attributes
    ----------
    view
        What is shown.
    error
        Why the last change was not made; None if it was.
    widget
        All of it.
    """

    def __init__(
        self,
        memory: Memory,
        scope: Scope,
        *,
        tab: str,
        theme: str,
        every_s: float,
        now: Callable[[], datetime],
        saves: bool = True,
    ) -> None:
        self._memory, self._theme, self._now = memory, theme, now
        self._id, self._news, self._unread = new_id(), "", False
        self._events = self._count()
        self.error: ArchkitError | None = None
        self.view = self._read(scope, tab_named(tab))
        self._face = DashboardFace(
            read_options(memory), self._actions(), self._id, every_s=every_s, saves=saves
        )
        self._face.put(scope, tab)
        self._show()

    @property
    def widget(self) -> Any:
        """All of it, to be displayed."""
        return self._face.root

    @property
    def scope(self) -> Scope:
        """The part of the memory that is shown."""
        return self.view.scope

    @property
    def frame(self) -> pd.DataFrame:
        """The rows that the figure shown is drawn from."""
        return self.view.frame

    @property
    def figure(self) -> Figure:
        """The figure shown, on its own."""
        return self.view.tab.draw(self.view.frame, theme=self._theme)

    @property
    def code(self) -> str:
        """The cell that makes this view again, as Python."""
        opened = [repr(_found_from_here(self._memory.path))]
        if not self._memory.sql(_LIBRARY)["n"][0]:
            opened.append("library=False")
        return (
            "from datetime import UTC, datetime\n\n"
            "import archkit as ak\n"
            "from archkit import figures, metrics\n"
            "from archkit.metrics.scope import Scope\n\n"
            f"memory = ak.Memory({', '.join(opened)})\n"
            f"now = {instant_code(self.view.now)}\n"
            f"part = {self.scope.as_code()}.of(memory)\n"
            f"{self.view.tab.code(self._theme)}\n"
        )

    def __repr__(self) -> str:
        """One line: which part is shown, and which figure."""
        return f"Dashboard({self.view.tab.name}: {self.scope.sentence})"

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, display

        display(self.widget)  # type: ignore[no-untyped-call]
        display(HTML(static_copy(self._summary(), self._id)))  # type: ignore[no-untyped-call]

    def narrow(self, **changes: Any) -> None:
        """Look at another part: any fields of `Scope`; the others stay."""
        self._change(lambda: self._read(replace(self.scope, **changes), self.view.tab))
        self._face.put(self.scope, self.view.tab.name)

    def clear(self) -> None:
        """Look at everything."""
        self._change(lambda: self._read(Scope(), self.view.tab))
        self._face.put(self.scope, self.view.tab.name)

    def show(self, tab: str) -> None:
        """Show another figure of the same part, by the name of its tab."""
        self._change(lambda: self._read(self.scope, tab_named(tab)))
        self._face.put(self.scope, self.view.tab.name)

    def draw_in(self, theme: str) -> None:
        """Draw the figures for a page that is `light` or `dark`."""
        self._theme = theme
        self._show()

    def pick(self, decision_id: str = "") -> None:
        """Go down to a decision: what came of it, and the turn of its session it was made in."""
        if not decision_id:
            self._face.evidence.value = ""
            return
        self._tell(lambda: evidence_page(read_evidence(self._memory, decision_id)))

    def refresh(self) -> None:
        """Read the memory anew, if anything was written since."""
        try:
            events = self._count()
            if events == self._events and not self._unread:
                return
            offered = read_options(self._memory)
            view = self._read(self._face.rolled(self.scope, self._now()), self.view.tab)
        except ArchkitError as error:
            self._unread = True
            self._refuse(error)
            return
        more, self._events, self._unread = events - self._events, events, False
        written = (
            f"{more:,} new event{'' if more == 1 else 's'}"
            if more > 0
            else ("the memory changed" if more else "nothing new")
        )
        self._news = f"Read anew at {self._now():%H:%M:%S} UTC: {written}."
        self._face.offer(offered)
        self._change(lambda: view)

    def export(self, path: str | Path) -> Path:
        """Write a report of this part, all its figures, to one HTML file that opens from disk.

        Raises
        ------
        ReportError
            It cannot be written there.
        """
        from archkit.report import write_report

        asked = {each.name: getattr(self.scope, each.name) for each in fields(self.scope)}
        given = {name: value for name, value in asked.items() if value}
        return write_report(
            self._memory, path, title=_HEADING, now=self.view.now, force=True, **given
        )

    def _actions(self) -> DashboardActions:
        return DashboardActions(
            narrow=self._narrowed,
            clear=self.clear,
            show=self.show,
            pick=self.pick,
            point=self._pointed,
            refresh=self.refresh,
            copy=self._copied,
            export=self._exported,
            hand_out=self._handed_out,
        )

    def _read(self, scope: Scope, tab: Tab) -> View:
        """Read all that is shown of a part, at one instant."""
        now = self._now()
        whole = tab.read(self._memory, now) if tab.whole else None
        with snapshot(self._memory) as state:
            if scope.pattern is not None:
                check_known([scope.pattern], set(state.sql(_SLUGS)["slug"]), "pattern")
            part, before = scope.of(state), scope.previous(now)
            head = metrics.headline(part, now)
            earlier = metrics.headline(before.of(state), before.until) if before else None
            return View(
                scope=scope,
                tab=tab,
                now=now,
                frame=tab.read(part, now) if whole is None else whole,
                tiles=headline_tiles(head, earlier),
                made_up=head["decisions"]["simulated"],
                decisions=decisions_of(part),
            )

    def _change(self, made: Callable[[], View]) -> None:
        """Take on a view that can be read; one that cannot is told, and nothing changes."""
        try:
            view = made()
        except ArchkitError as error:
            self._refuse(error)
            return
        self.error, self.view = None, view
        self._show()

    def _refuse(self, error: ArchkitError) -> None:
        self.error = error
        self._face.summary.value = self._summary()

    def _summary(self) -> str:
        view = self.view
        return summary(
            view.tiles,
            view.scope.sentence,
            view.tab,
            view.frame,
            made_up=view.made_up,
            news=self._news,
            error=self.error,
        )

    def _show(self) -> None:
        self._face.figure.show_figure(self.figure, self.view.tab.name)
        self._face.hear_clicks()
        self._face.summary.value = self._summary()
        self._face.offer_decisions(self.view.decisions)

    def _count(self) -> int:
        return int(self._memory.sql(_EVENTS)["n"][0])

    def _narrowed(self) -> None:
        try:
            scope = self._face.scope(self._now())
        except ArchkitError as error:
            self._refuse(error)
            return
        self._change(lambda: self._read(scope, self.view.tab))

    def _pointed(self, clicked: str) -> None:
        """Follow a click: to the decision or session of a point, or to the part it stands for."""
        here = {name for name in _LEADS if clicked in set(self.view.frame.get(name, ()))}
        name = next((name for name in _LEADS if name in here), "")
        if name == "decision_id":
            self.pick(clicked)
        elif name == "session_id":
            self._tell(lambda: session_page(read_session_seen(self._memory, clicked)))
        elif name in {"area", "agent"}:
            self.narrow(**{name: clicked})
        else:
            if clicked != self.scope.pattern:
                self.narrow(pattern=clicked)
            part = self.scope.of(self._memory)
            self._tell(lambda: uses_page(clicked, read_uses(part, clicked)))

    def _tell(self, made: Callable[[], str]) -> None:
        """Show what stands behind a point, or why it cannot be read."""
        try:
            self._face.evidence.value = made()
        except ArchkitError as error:
            self._face.evidence.value = error_lines(error)

    def _copied(self) -> None:
        self._face.said.value = code_page(self.code)

    def _exported(self, path: str) -> None:
        from archkit.markup import esc

        try:
            written = self.export(path)
            self._face.said.value = f'<p role="status">Written: {esc(shown_path(written))}</p>'
        except ArchkitError as error:
            self._face.said.value = error_lines(error)

    def _handed_out(self) -> None:
        """Write the view where nobody else looks, hand it to the browser, and take it away."""
        from tempfile import TemporaryDirectory

        try:
            with TemporaryDirectory() as folder:
                content = self.export(Path(folder) / "dashboard.html").read_bytes()
        except ArchkitError as error:
            self._face.said.value = error_lines(error)
            return
        if self._face.download is not None:
            self._face.download.give("dashboard.html", content)
        told = f"Handed to your browser: dashboard.html, {len(content) / 1e6:.1f} MB."
        self._face.said.value = f'<p role="status">{told}</p>'


def _found_from_here(path: Path) -> str:
    """Write where a file is so that it is found from here, and no folder's whole name is told."""
    shown = shown_path(path)
    return Path(os.path.relpath(path)).as_posix() if shown.startswith("…") else shown
