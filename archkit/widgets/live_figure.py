"""A plotly figure on a page that is changed in place: one message a change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date
from typing import Any

import anywidget
import plotly.graph_objects as go
import traitlets
from plotly.graph_objects import Figure

from archkit.figures.style import fitted

__all__ = ["LiveFigure", "WidthWatch"]

_IN_ORDER = ("_py2js_deleteTraces", "_py2js_addTraces", "_py2js_update")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WATCH = """
export default {
  render({ model, el }) {
    let timer = 0;
    const watch = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      clearTimeout(timer);
      if (width < 1 || width === model.get("width")) return;
      timer = setTimeout(() => { model.set("width", width); model.save_changes(); }, 80);
    });
    watch.observe(el);
    return () => { clearTimeout(timer); watch.disconnect(); };
  },
};
"""


class WidthWatch(anywidget.AnyWidget):
    """Says how wide it is, in pixels: plotly draws before it is on the page, and only guesses."""

    _esm = _WATCH
    width = traitlets.Int(0).tag(sync=True)


class LiveFigure(go.FigureWidget):  # type: ignore[misc]
    """A figure that takes on another one's data and layout.

    A `FigureWidget` holds 5 MB of script in the page: there is one, whatever it shows. Plotly
    sends what changed in four messages, and traces taken away and added in two each; here all of
    it is put into one.
    """

    _shown_as = ""

    _width: int | None = None
    _shown: Figure | None = None
    _drawn = False

    def take_width(self, width: int) -> None:
        """Be so many pixels wide, now and whatever is shown later."""
        self._width = width
        if self._shown is not None:
            self.show_figure(self._shown, self._shown_as)

    def show_figure(self, figure: Figure, kind: str) -> None:
        """Look like `figure`, in a single message; one of the same kind as before moves there."""
        with self.hold_sync():
            self._take_on(figure, kind)
        with self.hold_sync():  # a message of its own: a page would make the changes to the whole
            self._hand_over_whole()

    def _take_on(self, figure: Figure, kind: str) -> None:
        own: Any = self
        self._shown = figure
        if self._width is not None:
            figure = fitted(go.Figure(figure), self._width)
        new = figure.to_plotly_json()
        same = self._shown_as == kind and _alike(own.data, new["data"])
        if not same:
            own.data = ()
            self._shown_as = kind
        if len(more := figure.data[len(own.data) :]):
            self.add_traces(list(more))
        layout = {**new["layout"], "width": self._width}
        annotations, meta = layout.pop("annotations", []), layout.pop("meta", {})
        shapes, layout = layout.pop("shapes", []), _typed(layout, new["data"])
        if (self.layout.meta or {}).get("archkit_theme") == meta.get("archkit_theme"):
            layout.pop("template", None)
        if not same:
            layout = _with_nulls(self.layout.to_plotly_json(), layout)
        with self.batch_update():
            for place, drawn in enumerate(own.data if same else ()):
                trace = new["data"][place] if place < len(new["data"]) else {"visible": False}
                drawn.update(_with_nulls(drawn.to_plotly_json(), trace, deep=True))
            self.update_layout(layout)
            self.layout.annotations, self.layout.shapes = annotations, shapes
            self.layout.meta = meta

    @traitlets.observe("_js2py_traceDeltas")
    def _note_drawn(self, change: Mapping[str, Any]) -> None:
        self._drawn = self._drawn or bool(change["new"])

    def _hand_over_whole(self) -> None:
        """Keep the state that a page begins with up to date, as plotly does for a figure alone.

        A page that is still loading the script hears no message of a change: until it has drawn,
        it is sent the whole. One that is loaded again asks for it.
        """
        whole = {"_widget_data": self._data, "_widget_layout": self._layout_obj._props}
        for name, value in whole.items():
            if self._drawn:
                self._trait_values[name] = deepcopy(value)
            else:
                setattr(self, name, deepcopy(value))

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """Return what a page is told: changes in their order, and none that begins with the whole.

        A page makes the changes of one message in the order in which they stand there.
        """
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        changes = {name: state.pop(name) for name in _IN_ORDER if name in state}
        return (dict.fromkeys(changes) if key is None else changes) | state

    def _send_deleteTraces_msg(self, delete_inds: Sequence[int]) -> None:  # noqa: N802
        self._py2js_deleteTraces = {"delete_inds": delete_inds, **self._edit_ids()}

    def _send_addTraces_msg(self, new_traces_data: Sequence[Any]) -> None:  # noqa: N802
        self._py2js_addTraces = {"trace_data": new_traces_data, **self._edit_ids()}

    def _send_update_msg(
        self,
        restyle_data: Any,
        relayout_data: Any,
        trace_indexes: Any = None,
        source_view_id: str | None = None,
    ) -> None:
        self._py2js_update = {
            "style_data": restyle_data,
            "layout_data": _once(relayout_data),
            "style_traces": self._normalize_trace_indexes(trace_indexes),
            **self._edit_ids(),
            "source_view_id": source_view_id,
        }

    def _edit_ids(self) -> dict[str, int]:
        """Give a change numbers of its own: one like the last would be taken for made already."""
        self._last_trace_edit_id += 1
        self._last_layout_edit_id += 1
        self._trace_edit_in_process = self._layout_edit_in_process = True
        return {
            "trace_edit_id": self._last_trace_edit_id,
            "layout_edit_id": self._last_layout_edit_id,
        }


def _alike(drawn: Sequence[Any], data: Sequence[Mapping[str, Any]]) -> bool:
    """Whether traces can be taken on by those drawn, which are hidden where there are more."""
    kinds = [trace.get("type", "scatter") for trace in data]
    return all(old.type == new for old, new in zip(drawn, kinds, strict=False))


def _typed(layout: Mapping[str, Any], data: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Say of each axis what it is of, and how far: a page keeps what it once found for itself."""
    found = dict(layout)
    for trace in data:
        for letter in "xy":
            value = next((each for each in trace.get(letter, ()) if each is not None), None)
            if value is None:
                continue
            name = f"{letter}axis{str(trace.get(f'{letter}axis', letter))[1:]}"
            held = dict(found.get(name) or {})
            if "type" not in held and held.get("matches") is None:
                found[name] = {**held, "type": _type_of(value)}
    for name, axis in found.items():
        if "axis" in name and isinstance(axis, Mapping) and axis.get("range") is not None:
            found[name] = {"autorange": False, **axis}
    return found


def _type_of(value: Any) -> str:
    if isinstance(value, str):
        return "date" if _DATE.match(value) else "category"
    return "date" if isinstance(value, date) else "linear"


def _once(changes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Give each change once: in the page, "xaxis2" and "xaxis2.range" exclude each other."""
    found: dict[str, Any] = {}
    for name, value in sorted((changes or {}).items()):  # a parent stands before its parts
        parts = name.split(".")
        above = (".".join(parts[:n]) for n in range(1, len(parts)))
        parent = next((each for each in above if each in found), None)
        if parent is None:
            found[name] = value
            continue
        place = found[parent] = dict(found[parent] or {})
        *way, last = parts[parent.count(".") + 1 :]
        for part in way:
            place[part] = dict(place.get(part) or {})
            place = place[part]
        place[last] = value
    return found


def _with_nulls(
    old: Mapping[str, Any], new: Mapping[str, Any], *, deep: bool = False
) -> dict[str, Any]:
    """Add what was there before, as None: nothing of that stays.

    `deep`: each part of it by itself, for in the page one trace's "line" and another's
    "line.color" exclude each other.
    """
    kept = ("template", "annotations", "shapes", "meta", "type", "uid")
    gone = [name for name in old if name not in new and name not in kept]
    found: dict[str, Any] = {
        name: _with_nulls(old[name], {}, deep=True)
        if deep and isinstance(old[name], Mapping)
        else None
        for name in gone
    }
    for name, value in new.items():
        nested = isinstance(value, Mapping) and isinstance(old.get(name), Mapping)
        found[name] = _with_nulls(old[name], value, deep=deep) if nested else value
    return found
