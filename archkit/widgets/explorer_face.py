"""The face of an explorer: its widgets, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as widgets

from archkit.markup import esc
from archkit.widgets.explorer_cells import HOW_TO_WRITE, written_cell
from archkit.widgets.explorer_page import explorer_style
from archkit.widgets.panel_parts import button, choice, column, field, page, row, text_area

if TYPE_CHECKING:
    from archkit.tradeoffs.explored import Explored
    from archkit.tradeoffs.matrix import PerformanceMatrix

__all__ = ["FIGURES", "PANES", "ExplorerActions", "ExplorerFace"]

FIGURES = ("Ranking", "Ranks", "Profiles", "Two criteria", "Why", "What could change it", "Measure")
PANES = ("Weights", "Cells", "Save")
_READINGS = (
    ("as handed in", "given"),
    ("exactly as set", "exact"),
    ("as set, within a fifth", "about"),
    ("only their order", "order"),
    ("nothing", "none"),
)
_LOADS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)


class ExplorerActions(NamedTuple):
    """What a change of a control does."""

    move: Callable[[str, float], None]
    lock: Callable[[str, bool], None]
    read: Callable[[str], None]
    load: Callable[[float], None]
    draw: Callable[[], None]
    edit: Callable[[], None]
    save: Callable[[], None]
    answer: Callable[[], None]


class ExplorerFace:
    """The widgets.

    Parameters
    ----------
    state
        Where exploring begins.
    actions
        What the controls do.
    explorer_id
        Makes the explorer's class of its own: ``archkit-panel-<id>``.
    saves, answers
        Whether there is a memory to save a decision in, and a session to answer.

    Attributes
    ----------
    root
        All of it.
    """

    def __init__(
        self,
        state: Explored,
        actions: ExplorerActions,
        explorer_id: str,
        *,
        saves: bool,
        answers: bool,
    ) -> None:
        from archkit.widgets.live_figure import LiveFigure, WidthWatch
        from archkit.widgets.slider_names import SliderNames

        self.figure, self._watch, self._names = LiveFigure(), WidthWatch(), SliderNames()
        self.summary = page(kind="ak-summary")
        self.told, self.saved = page(), page()
        self._actions, self._quiet = actions, False
        self.sliders = {name: self._slider(name, points) for name, points in state.points.items()}
        self.holds = {name: self._hold(name, name in state.locked) for name in state.points}
        self.reading = choice("What the weights mean", _READINGS)
        self.reading.value = state.reading
        self.load = choice("Load, times today's", [(f"{load:g} ×", load) for load in _LOADS])
        self.load.value = state.load if state.load in _LOADS else 1.0
        self.views = self._toggles("Figure", FIGURES)
        self.panes = self._toggles("Set", PANES if saves or answers else PANES[:-1])
        names = [criterion.name for criterion in state.matrix.criteria]
        self.x, self.y = (choice(label, [(n, n) for n in names]) for label in ("Across", "Up"))
        self.alternative = choice("Alternative", [(n, n) for n in state.matrix.alternatives])
        self.cells = {name: field(name) for name in names}
        self.chosen = choice("What you take", [(n, n) for n in state.matrix.alternatives])
        self.why = text_area("Why", "Blank: what was found above", 2)
        self._buttons = self._made_buttons(saves, answers)
        self._columns = self._made_columns(state.bears_load)
        self.root = self._made_root(explorer_id)
        self._observe()
        self._show_pane()

    def fill_cells(self, matrix: PerformanceMatrix) -> None:
        """Write the cells of the alternative that is picked into their fields."""
        for name, made in self.cells.items():
            made.value = written_cell(matrix.cell(self.alternative.value, name))

    def put(self, state: Explored, leader: str) -> None:
        """Put a state on the controls; none of them acts on it."""
        self._quiet = True
        try:
            for name, slider in self.sliders.items():
                slider.value = round(state.points[name])
                slider.disabled = name in state.locked
                self.holds[name].value = name in state.locked
            self.reading.value = state.reading
            self.load.value = state.load if state.load in _LOADS else 1.0
            self.chosen.value = leader
        finally:
            self._quiet = False

    def _slider(self, name: str, points: float) -> Any:
        made = widgets.IntSlider(
            value=round(points), min=0, max=100, description=name, continuous_update=False
        )
        made.add_class("ak-slider")
        made.observe(partial(self._moved, name), names="value")
        return made

    def _hold(self, name: str, on: bool) -> Any:
        made = widgets.Checkbox(value=on, description="lock", indent=False)
        made.tooltip = f"Leave the weight of {name} as it is while others move"
        made.add_class("ak-hold")
        made.observe(partial(self._held, name), names="value")
        return made

    def _moved(self, name: str, change: Mapping[str, Any]) -> None:
        if not self._quiet:
            self._actions.move(name, change["new"])

    def _held(self, name: str, change: Mapping[str, Any]) -> None:
        if not self._quiet:
            self.sliders[name].disabled = change["new"]
            self._actions.lock(name, change["new"])

    def _toggles(self, label: str, names: Sequence[str]) -> Any:
        made = widgets.ToggleButtons(options=names, value=names[0], description=label)
        made.add_class("ak-views")
        return made

    def _made_buttons(self, saves: bool, answers: bool) -> dict[str, Any]:
        made = {
            "edit": button("Set the cells", style="primary"),
            "save": button("Save as a decision", style="primary"),
            "answer": button("Tell the architect", tooltip="Hand the result over as an answer"),
        }
        made["save"].disabled, made["answer"].disabled = not saves, not answers
        for name, one in made.items():
            one.on_click(lambda _, name=name: getattr(self._actions, name)())
        return made

    def _made_columns(self, bears_load: bool) -> dict[str, Any]:
        weights = [row(self.reading, *([self.load] if bears_load else []))]
        for name, slider in self.sliders.items():
            line = widgets.HBox([page(f"<span>{esc(name)}</span>"), slider, self.holds[name]])
            line.add_class("ak-weight")
            weights.append(line)
        fields = widgets.HBox(list(self.cells.values()))
        fields.add_class("ak-fields")
        how = page(f'<p class="ak-mute">Write a cell as: {esc(HOW_TO_WRITE)}</p>')
        cells = [self.alternative, fields, how, row(self._buttons["edit"]), self.told]
        save = row(self._buttons["save"], self._buttons["answer"])
        columns = (
            column(*weights),
            column(*cells),
            column(self.chosen, self.why, save, self.saved),
        )
        return dict(zip(PANES, columns, strict=True))

    def _made_root(self, explorer_id: str) -> Any:
        style = page(f"<style>{explorer_style()}</style>", kind="ak-style")
        self._pair = row(self.x, self.y)
        self._pair.layout.display = "none"
        drawn = column(self.figure, self._watch, self._names, kind="ak-figure")
        parts = (style, self.panes, *self._columns.values(), self.views, self._pair)
        root = column(*parts, drawn, self.summary, kind="archkit-panel")
        root.add_class("archkit-explorer")
        root.add_class(f"archkit-panel-{explorer_id}")
        return root

    def _observe(self) -> None:
        acts = self._actions
        self._watch.observe(lambda change: self.figure.take_width(change["new"]), names="width")
        self.reading.observe(self._loud(lambda value: acts.read(value)), names="value")
        self.load.observe(self._loud(lambda value: acts.load(value)), names="value")
        for made in (self.x, self.y):
            made.observe(self._loud(lambda _: acts.draw()), names="value")
        self.views.observe(lambda _: self._show_view(), names="value")
        self.panes.observe(lambda _: self._show_pane(), names="value")

    def _loud(self, act: Callable[[Any], None]) -> Callable[[Mapping[str, Any]], None]:
        def changed(change: Mapping[str, Any]) -> None:
            if not self._quiet:
                act(change["new"])

        return changed

    def _show_view(self) -> None:
        self._pair.layout.display = None if self.views.value == "Two criteria" else "none"
        self._actions.draw()

    def _show_pane(self) -> None:
        for name, made in self._columns.items():
            made.layout.display = None if name == self.panes.value else "none"
