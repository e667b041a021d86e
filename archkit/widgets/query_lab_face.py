"""The face of a query lab: its widgets, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import ipywidgets as widgets

from archkit.widgets.panel_parts import button, column, page, row
from archkit.widgets.query_lab_page import lab_style

__all__ = ["NO_LIMIT", "VIEWS", "LabActions", "LabFace"]

VIEWS = ("When it holds", "Time", "Stale answers")
NO_LIMIT = 0
"""What a dial has for None: a slider of ipywidgets cannot stand on that."""

_BATCHES = (1, 2, 3, 5, 6, 7, 8, 10, 15, 25, 50, 100, 250, 500, NO_LIMIT)
_LATENCIES = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0)
_PAGES = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 50, 100, 250, 500)
_USERS = (1, 2, 3, 4, 5, 8, 10, 20, 25, 50, 100, 250, 500, 1000)
_WRITES = (0.0, 0.1, 0.3, 0.6, 1.0, 2.0, 5.0, 12.0)


class LabActions(NamedTuple):
    """What a change of a control does."""

    turn: Callable[[], None]
    view: Callable[[], None]
    measure: Callable[[], None]
    keep: Callable[[], None]


class LabFace:
    """The widgets.

    Parameters
    ----------
    users
        How many there are: as many can be asked for.
    actions
        What the controls do.
    lab_id
        Makes the lab's class of its own: ``archkit-panel-<id>``.
    keeps
        Whether there is a memory to keep measurements in.

    Attributes
    ----------
    root
        All of it.
    """

    def __init__(self, users: int, actions: LabActions, lab_id: str, *, keeps: bool) -> None:
        from archkit.widgets.live_figure import LiveFigure, WidthWatch
        from archkit.widgets.slider_names import SliderNames

        self.figure, self._watch, self._names = LiveFigure(), WidthWatch(), SliderNames()
        self.table, self.told = page(kind="ak-summary"), page(kind="ak-told")
        sizes = [(f"{n:,}", n) for n in sorted({*(n for n in _USERS if n < users), users})]
        self.n = dial("Users", sizes, min(50, users))
        self.page = dial("Users a page", [*_numbers(_PAGES), ("all", NO_LIMIT)], 10)
        self.batch = dial("DataLoader’s batch", _numbers(_BATCHES), 10)
        times = [(f"{ms:g} ms", ms) for ms in _LATENCIES]
        self.latency = dial("Round trip", times, 1.0)
        rates = [(f"{rate:g}", rate) for rate in _WRITES]
        self.writes = dial("Writes to a page, a minute", rates, 0.6)
        self.forget = widgets.Checkbox(
            value=False, description="A write drops its page", indent=False
        )
        self.forget.add_class("ak-check")
        self.views = widgets.ToggleButtons(options=VIEWS, value=VIEWS[0], description="Figure")
        self.views.add_class("ak-views")
        self.measure = button("Measure", style="primary", tooltip="Run what is not counted yet")
        self.keep = button("Keep in the memory", tooltip="As measured evidence on the patterns")
        self._quiet = False
        self._wire(actions)
        self.root = self._made_root(lab_id, keeps)
        self.show_view()

    @property
    def view(self) -> str:
        """Which figure is shown."""
        return str(self.views.value)

    def show_view(self) -> None:
        """Show the controls of the figure that is shown, and no others."""
        stale = self.view == VIEWS[2]
        self._dials.layout.display = "none" if stale else None
        self._traffic.layout.display = None if stale else "none"
        self._buttons.layout.display = "none" if stale else None

    def busy(self, on: bool) -> None:
        """Disable the controls while something is measured."""
        turned = (self.n, self.page, self.batch, self.latency, self.writes, self.forget, self.views)
        for one in turned:
            one.disabled = on

    def put(self, values: Mapping[str, Any]) -> None:
        """Put values on the dials `n`, `page`, `batch`, `latency_ms`; none of them acts on it.

        Raises
        ------
        ValueError
            A dial does not have the value; all of them stay as they are.
        """
        dials = {"n": self.n, "page": self.page, "batch": self.batch, "latency_ms": self.latency}
        for name, value in values.items():
            known = [known for _, known in dials[name].options]
            if value not in known:
                least, most = min(known), max(known)
                raise ValueError(f"{name} has no {value!r} on its dial, {least:g} to {most:g}.")
        self._quiet = True
        try:
            for name, value in values.items():
                dials[name].value = value
        finally:
            self._quiet = False

    def _wire(self, actions: LabActions) -> None:
        def changed(_: Mapping[str, Any]) -> None:
            if not self._quiet:
                actions.turn()

        for one in (self.n, self.page, self.batch, self.latency, self.writes, self.forget):
            one.observe(changed, names="value")
        self.views.observe(lambda _: actions.view(), names="value")
        self.measure.on_click(lambda _: actions.measure())
        self.keep.on_click(lambda _: actions.keep())
        self._watch.observe(lambda change: self.figure.take_width(change["new"]), names="width")

    def _made_root(self, lab_id: str, keeps: bool) -> Any:
        style = page(f"<style>{lab_style()}</style>", kind="ak-style")
        self._dials = widgets.HBox([self.n, self.page, self.batch, self.latency])
        self._traffic = widgets.HBox([self.writes, self.forget])
        for one in (self._dials, self._traffic):
            one.add_class("ak-dials")
        self._buttons = row(self.measure, *([self.keep] if keeps else []))
        drawn = column(self.figure, self._watch, self._names, kind="ak-figure")
        above = (style, self.views, self._dials, self._traffic, self._buttons, self.told)
        root = column(*above, drawn, self.table, kind="archkit-panel")
        root.add_class("archkit-lab")
        root.add_class(f"archkit-panel-{lab_id}")
        return root


def dial(label: str, options: Sequence[tuple[str, Any]], value: Any) -> Any:
    """Return a slider over a few values, under its label."""
    made = widgets.SelectionSlider(
        options=options, value=value, description=label, continuous_update=False
    )
    made.add_class("ak-dial")
    return made


def _numbers(values: Sequence[int]) -> list[tuple[str, int]]:
    return [("no limit" if value == NO_LIMIT else f"{value:,}", value) for value in values]
