"""The widgets of a panel that need no session: labelled fields, buttons, texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import ipywidgets as widgets

__all__ = ["button", "choice", "column", "field", "page", "radio", "row", "text_area"]

_WIDE = {"width": "100%"}


def button(label: str, *, style: str = "", tooltip: str = "") -> Any:
    """Return a button; `style` is primary, danger or "" for a plain one."""
    made = widgets.Button(description=label, button_style=style, tooltip=tooltip or label)
    made.add_class("ak-button")
    return made


def field(label: str, placeholder: str = "", options: Sequence[str] = ()) -> Any:
    """Return a line of text under its label, with what is offered to choose from."""
    kind = widgets.Combobox if options else widgets.Text
    offered = {"options": tuple(options)} if options else {}
    return _labelled(kind(description=label, placeholder=placeholder, **offered))


def text_area(label: str, placeholder: str = "", rows: int = 4) -> Any:
    """Return lines of text under their label."""
    return _labelled(widgets.Textarea(description=label, placeholder=placeholder, rows=rows))


def choice(label: str, options: Iterable[tuple[str, Any]] = ()) -> Any:
    """Return a list to choose one of, under its label."""
    return _labelled(widgets.Dropdown(description=label, options=list(options)))


def radio(label: str, options: Iterable[tuple[str, Any]]) -> Any:
    """Return a few answers to choose one of, side by side under their label."""
    made = widgets.RadioButtons(description=label, options=list(options))
    made.add_class("ak-radio")
    return _labelled(made)


def page(html: str = "", *, kind: str = "") -> Any:
    """Return a place for HTML."""
    made = widgets.HTML(html)
    made.add_class("ak-html")
    if kind:
        made.add_class(kind)
    return made


def row(*inside: Any) -> Any:
    """Put widgets side by side; they wrap where there is little room."""
    made = widgets.HBox(list(inside))
    made.add_class("ak-row")
    return made


def column(*inside: Any, kind: str = "") -> Any:
    """Put widgets below each other."""
    made = widgets.VBox(list(inside))
    made.add_class("ak-column")
    if kind:
        made.add_class(kind)
    return made


def _labelled(made: Any) -> Any:
    made.style.description_width = "initial"
    made.layout = widgets.Layout(**_WIDE)
    made.add_class("ak-field")
    return made
