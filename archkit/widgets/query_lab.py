"""The query lab to turn by hand: users, pages, batches, round trips; and which figures hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from archkit.errors import ArchkitError, SessionError
from archkit.figures.cache_staleness import cache_staleness
from archkit.figures.query_lab import query_claims, query_times
from archkit.markup import esc
from archkit.plain import new_id
from archkit.widgets.panel_shown import error_lines
from archkit.widgets.query_lab_face import NO_LIMIT, VIEWS, LabActions, LabFace
from archkit.widgets.query_lab_page import stale_table, static_copy, ways_table

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

    from archkit.labs.n_plus_one_blog import Blog
    from archkit.labs.n_plus_one_lab import Setting
    from archkit.queries.compare import Recorder
    from archkit.records import Measurement

__all__ = ["QueryLabPanel", "query_lab"]

AT_ONCE = 1000
"""So many statements are run without being asked to: that takes about a second."""

_READS_A_MINUTE = 15.0
_AS_IT_IS: Any = object()


def query_lab(
    blog: Blog | None = None,
    *,
    memory: Recorder | None = None,
    at_once: int = AT_ONCE,
    theme: str = "light",
) -> QueryLabPanel:
    """Try ways of reading users with posts and comments: end a cell with this.

    Parameters
    ----------
    blog
        What is read; by default a thousand users in SQLite.
    memory
        Where what was counted is kept when that is asked for; without one it is not.
    at_once
        How many statements a turn of a dial may run unasked; more wait for *Measure*.
    theme
        `light` or `dark`: the page that the figures stand on.

    Returns
    -------
    QueryLabPanel
        Its `frame` is the table shown.

    Raises
    ------
    ArchkitError
        The extra `lab` is missing.
    """
    from archkit.labs.n_plus_one_blog import Blog

    return QueryLabPanel(blog or Blog(), memory=memory, at_once=at_once, theme=theme)


class QueryLabPanel:
    """What `query_lab` returns: a lab and its widgets.

    Attributes
    ----------
    lab, setting
        What was counted so far, and what the dials say.
    kept
        The measurements given to the memory.
    """

    def __init__(self, blog: Blog, *, memory: Recorder | None, at_once: int, theme: str) -> None:
        from archkit.labs.n_plus_one_lab import QueryLab

        self._memory, self._at_once, self._theme = memory, at_once, theme
        self._id, self._copies = new_id(), list[Any]()
        self._stale: dict[tuple[float, bool], pd.DataFrame] = {}
        self.lab = QueryLab(blog)
        self.kept: list[Measurement] = []
        actions = LabActions(self._turned, self._viewed, self.measure, self._press_keep)
        self._face = LabFace(blog.users, actions, self._id, keeps=memory is not None)
        self._turned()

    @property
    def widget(self) -> Any:
        """All of it, to be displayed."""
        return self._face.root

    @property
    def setting(self) -> Setting:
        """What the dials say."""
        from archkit.labs.n_plus_one_lab import Setting

        face = self._face
        page = face.page.value if 0 < face.page.value < face.n.value else None
        batches = (face.batch.value or None,)
        return Setting(face.n.value, page, batches, batches, face.latency.value)

    @property
    def frame(self) -> pd.DataFrame:
        """The table shown: one row a way, or a time to live."""
        if self._face.view == VIEWS[2]:
            return self._stale_frame()
        return self.lab.frame(self.setting)

    @property
    def figure(self) -> Figure:
        """The figure shown, on its own."""
        draw: Callable[..., Figure] = {
            VIEWS[0]: query_claims,
            VIEWS[1]: query_times,
            VIEWS[2]: cache_staleness,
        }[self._face.view]
        claims = self._face.view == VIEWS[0]
        shown = self.lab.by_page(self.setting) if claims else self.frame
        return draw(shown, theme=self._theme)

    def __repr__(self) -> str:
        """One line: what is read, and what was counted."""
        return f"QueryLabPanel({self.lab!r})"

    def _ipython_display_(self) -> None:
        from IPython.display import HTML, display

        display(self.widget)  # type: ignore[no-untyped-call]
        name = f"archkit-{self._id}-{len(self._copies)}"
        page = HTML(self._copy())  # type: ignore[no-untyped-call]
        made: Any = display(page, display_id=name)  # type: ignore[no-untyped-call]
        if made is not None:  # None outside of a notebook
            self._copies.append(made)

    def turn(
        self,
        *,
        n: int = _AS_IT_IS,
        page: int | None = _AS_IT_IS,
        batch: int | None = _AS_IT_IS,
        latency_ms: float = _AS_IT_IS,
    ) -> None:
        """Turn dials; those that are not named stay.

        Parameters
        ----------
        n, page, batch
            Users, users a page (None: all), keys a statement of the DataLoader (None: no limit).
        latency_ms
            Of one round trip.

        Raises
        ------
        ValueError
            A dial does not have the value.
        """
        wanted = {"n": n, "page": page, "batch": batch, "latency_ms": latency_ms}
        named = {name: to for name, to in wanted.items() if to is not _AS_IT_IS}
        self._face.put({name: NO_LIMIT if to is None else to for name, to in named.items()})
        self._turned()

    def measure(self) -> None:
        """Count and time what is not counted yet at this setting; each way is named meanwhile."""
        self._face.busy(True)
        try:
            self.lab.measure(self.setting, progress=self._say_measuring)
        finally:
            self._face.busy(False)
            self._face.told.value = ""
        self._show()
        self._update_copies()

    def keep(self) -> list[Measurement]:
        """Give the memory what was counted at this setting, one measurement a pattern's way.

        Raises
        ------
        SessionError
            There is no memory, or nothing is counted at this setting.
        StoreError
            It cannot be written.
        """
        if self._memory is None:
            raise SessionError(
                "There is nowhere to keep measurements.",
                why="The query lab was given no memory.",
                mend="Hand one in: query_lab(memory=ak.Memory()).",
            )
        found = self.lab.measurements(self.setting)
        if not found:
            raise SessionError(
                "There is nothing to keep.",
                why="Nothing is counted at this setting yet.",
                mend="Press Measure, or call measure(), first.",
            )
        kept = [self._memory.record_measurement(one) for one in found]
        self.kept += kept
        return kept

    def _turned(self) -> None:
        """Take on what the dials say; count at once what is quickly counted."""
        self._face.told.value = ""
        stale = self._face.view == VIEWS[2]
        if not stale and 0 < self.lab.foretold(self.setting) <= self._at_once:
            self.measure()
        else:
            self._show()

    def _viewed(self) -> None:
        self._face.show_view()
        self._turned()

    def _show(self) -> None:
        face, view = self._face, self._face.view
        if view == VIEWS[2]:
            face.table.value = stale_table(self._stale_frame())
        else:
            face.table.value = ways_table(self.frame, self.lab.blog.called)
            left = self.lab.foretold(self.setting)
            face.measure.description = f"Measure ({left:,} queries)" if left else "All counted"
            face.measure.disabled = not left
            face.keep.disabled = bool(left)
        face.figure.show_figure(self.figure, view)

    def _stale_frame(self) -> pd.DataFrame:
        """Run the traffic over a blog of its own: it writes."""
        from archkit.labs.n_plus_one_blog import Blog
        from archkit.labs.n_plus_one_stale import Traffic, stale_answers

        asked = (float(self._face.writes.value), bool(self._face.forget.value))
        if asked not in self._stale:
            self._say("Reading and writing …")
            traffic = Traffic(_READS_A_MINUTE / 60, asked[0] / 60)
            with Blog(users=traffic.pages * traffic.page) as own:
                self._stale[asked] = stale_answers(own, traffic, forget=asked[1])
            self._face.told.value = ""
        return self._stale[asked]

    def _say_measuring(self, way: str) -> None:
        self._say(f"Measuring {way} …")

    def _say(self, text: str) -> None:
        self._face.told.value = f'<p role="status">{esc(text)}</p>'

    def _press_keep(self) -> None:
        try:
            self._say(f"Kept: {len(self.keep())} measurements.")
        except ArchkitError as error:
            self._face.told.value = error_lines(error)

    def _copy(self) -> str:
        return static_copy(ways_table(self.lab.frame(self.setting), self.lab.blog.called), self._id)

    def _update_copies(self) -> None:
        from IPython.display import HTML

        for copy in self._copies:
            copy.update(HTML(self._copy()))  # type: ignore[no-untyped-call]
