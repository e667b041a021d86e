"""Widgets frozen: what each showed when the notebook had run, as HTML that needs no kernel."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archkit.figures.style import elided
from archkit.markup import esc
from archkit.report.notebook_controls import control_list, control_of
from archkit.report.notebook_figures import notebook_figure, packed_arrays
from archkit.report.notebook_html import clean_html
from archkit.report.notebook_maths import with_formulas
from archkit.report.notebook_pictures import picture
from archkit.report.notebook_words import plain_words

if TYPE_CHECKING:
    from archkit.report.notebook_tally import Tally

__all__ = ["Widgets"]

_REF = "IPY_MODEL_"
_STATE = "application/vnd.jupyter.widget-state+json"
_DEEPEST = 40
_OWN = re.compile(r"archkit-static-([\w-]+)")
_BOXES = {"BoxModel", "VBoxModel", "HBoxModel", "GridBoxModel", "TwoByTwoLayoutModel"}
_SECTIONS = {"TabModel", "AccordionModel", "StackModel"}
_BUTTONS = {"ButtonModel", "FileUploadModel"}
_INVISIBLE = {"archkit.widgets.live_figure.WidthWatch"}
_MARK = re.compile("\ue000(?:\\d+)\ue001")

State = Mapping[str, Any]
Outputs = Callable[[Sequence[Mapping[str, Any]], "Widgets", "Tally"], str]


class Widgets:
    """The widgets of a notebook by their ids, as its metadata keeps them.

    Parameters
    ----------
    metadata
        The notebook's, with the state of its widgets.
    """

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        held = metadata.get("widgets", {}).get(_STATE, {}).get("state", {})
        self._models: dict[str, Mapping[str, Any]] = dict(held)
        self._copied: frozenset[str] = frozenset()

    def __contains__(self, model: str) -> bool:
        """Tell whether the state of a widget is kept."""
        return model in self._models

    def beside(self, copies: str) -> Widgets:
        """Return the widgets as they are shown beside plain copies, which archkit's own write.

        Of one that has its copy in this HTML, only the figures are shown.
        """
        found = frozenset(_OWN.findall(copies))
        if found == self._copied:
            return self
        same = Widgets({})
        same._models, same._copied = self._models, found
        return same

    def frozen(self, model: str, tally: Tally, outputs: Outputs) -> str:
        """Return what a widget showed, and what was in it.

        Parameters
        ----------
        model
            Its id.
        tally
            What is counted; a kind that is not known is named and counted.
        outputs
            What writes the outputs that a widget has captured.
        """
        return "".join(_Freezer(self, tally, outputs).items([model], ()))

    def state(self, model: str) -> State:
        """Return what a widget was, its buffers put in."""
        held = self._models[model]
        return _with_buffers(held.get("state", {}), held.get("buffers", ()))

    def is_copied(self, state: State) -> bool:
        """Tell whether a plain copy of this widget stands beside it."""
        names = {str(name).removeprefix("archkit-panel-") for name in state.get("_dom_classes", ())}
        return bool(names & self._copied)


class _Freezer:
    """Walks the tree of one widget."""

    def __init__(self, widgets: Widgets, tally: Tally, outputs: Outputs) -> None:
        self._widgets, self._tally, self._outputs = widgets, tally, outputs

    def items(self, models: Sequence[str], above: tuple[str, ...]) -> Iterator[str]:
        """Give each widget's HTML, neighbouring controls as one list of names and values."""
        listed: list[tuple[str, str]] = []
        for model in models:
            if model in above or len(above) > _DEEPEST:
                yield self._tally.cannot_show("a widget that is within itself")
                continue
            if model not in self._widgets:
                yield self._tally.cannot_show("a widget whose state was not kept")
                continue
            state = self._widgets.state(model)
            if self._hidden(state):
                continue
            pair = control_of(state, self._tally.folder)
            if pair is not None:
                listed.append(pair)
                continue
            yield control_list(listed)
            listed = []
            yield self._item(state, (*above, model))
        yield control_list(listed)

    def _hidden(self, state: State) -> bool:
        """Tell what nobody saw: not displayed, not visible, or there only to measure."""
        if state.get("_anywidget_id") in _INVISIBLE:
            return True
        layout = str(state.get("layout") or "").removeprefix(_REF)
        look = self._widgets.state(layout) if layout in self._widgets else {}
        return look.get("display") == "none" or look.get("visibility") == "hidden"

    def _item(self, state: State, path: tuple[str, ...]) -> str:
        name = str(state.get("_model_name"))
        if self._widgets.is_copied(state):
            return "".join(self._figures(path[-1], path[:-1]))
        if "_widget_data" in state and "_widget_layout" in state:
            return self._figure(state)
        if name in _BOXES:
            inner = "".join(self.items(_children(state), path))
            return f'<div class="frozen">{inner}</div>' if inner else ""
        if name in _SECTIONS:
            return self._sections(state, path)
        if name in _BUTTONS:
            self._tally.buttons += 1
            return ""
        return self._leaf(name, state)

    def _leaf(self, name: str, state: State) -> str:
        tally = self._tally
        if name in {"HTMLModel", "HTMLMathModel", "LabelModel"}:
            return self._text(name, state)
        if name == "ImageModel":
            tally.pictures += 1
            said = plain_words(str(state.get("description") or ""), tally.folder)
            alt = said or f"Picture {tally.pictures}, shown by cell {tally.cell}"
            size = {side: state.get(side) for side in ("width", "height")}
            found = picture(bytes(state.get("value") or b""), alt, **size)
            return found or tally.cannot_show("a picture that cannot be read")
        if name == "OutputModel":
            return self._outputs(list(state.get("outputs") or ()), self._widgets, tally)
        kind = state.get("_anywidget_id") or name.removesuffix("Model")
        module = state.get("_model_module") or "no module"
        return tally.cannot_show(f"a widget of the kind {kind} ({module})")

    def _text(self, name: str, state: State) -> str:
        tally = self._tally
        value = plain_words(str(state.get("value") or ""), tally.folder)
        said = plain_words(str(state.get("description") or ""), tally.folder)
        label = f'<span class="mute">{esc(said)}</span> ' if said else ""
        if name == "HTMLModel":
            body = clean_html(value, tally)
            return f"{label}{body}" if body.strip() else ""
        drawn: dict[str, str] = {}
        lost: list[str] = []
        marked = with_formulas(value if name == "HTMLMathModel" else esc(value), drawn, lost)
        for tex in lost:
            tally.cannot_show(f"the formula {elided(tex, 80)}, which does not parse")
        body = clean_html(marked, tally)
        body = _MARK.sub(lambda mark: drawn.get(mark[0], ""), body)
        return f"<div>{label}{body}</div>" if body.strip() else ""

    def _figure(self, state: State) -> str:
        figure = {"data": state["_widget_data"], "layout": state["_widget_layout"]}
        return notebook_figure(packed_arrays(figure), self._tally)

    def _sections(self, state: State, path: tuple[str, ...]) -> str:
        """Show all children of a tab or an accordion, each below its title."""
        titles = list(state.get("titles") or ())
        level = self._tally.level
        said = []
        for n, child in enumerate(_children(state)):
            title = titles[n] if n < len(titles) and titles[n] else f"Part {n + 1}"
            tag = f"h{self._tally.beneath(1)}"
            self._tally.level = min(6, level + 1)
            inner = "".join(self.items([child], path))
            self._tally.level = level
            if inner:
                words = esc(plain_words(str(title), self._tally.folder))
                said.append(f"<{tag}>{words}</{tag}>{inner}")
        return f'<div class="frozen">{"".join(said)}</div>' if said else ""

    def _figures(self, model: str, above: tuple[str, ...]) -> Iterator[str]:
        """Give the figures in a widget whose words stand in its plain copy."""
        if model in above or model not in self._widgets or len(above) > _DEEPEST:
            return
        state = self._widgets.state(model)
        if self._hidden(state):
            return
        if "_widget_data" in state and "_widget_layout" in state:
            yield self._figure(state)
        for child in _children(state):
            yield from self._figures(child, (*above, model))


def _children(state: State) -> list[str]:
    return [str(child).removeprefix(_REF) for child in state.get("children") or ()]


def _with_buffers(state: State, buffers: Sequence[Mapping[str, Any]]) -> State:
    """Put the buffers of a state where they belong; one whose place is gone is an older one."""
    if not buffers:
        return state
    made = dict(state)
    for buffer in buffers:
        path = list(buffer.get("path") or ())
        if path and buffer.get("encoding") == "base64":
            _put(made, path, base64.b64decode(buffer["data"]))
    return made


def _put(made: dict[str, Any], path: Sequence[Any], content: bytes) -> None:
    place: Any = made
    try:
        for step in path[:-1]:  # copied on the way: the notebook itself is not changed
            place[step] = _copied(place[step])
            place = place[step]
        if isinstance(place, dict):
            place[path[-1]] = content
    except (KeyError, IndexError, TypeError):
        return


def _copied(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else list(value)
