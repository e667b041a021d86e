"""Controls of a notebook as names and values: what each was set to when it had run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from archkit.markup import esc
from archkit.report.notebook_words import plain_words

__all__ = ["control_list", "control_of"]

_VALUES = {
    *("IntSliderModel", "FloatSliderModel", "FloatLogSliderModel", "IntTextModel"),
    *("FloatTextModel", "BoundedIntTextModel", "BoundedFloatTextModel", "TextModel"),
    *("TextareaModel", "ComboboxModel", "ColorPickerModel", "PlayModel"),
}
_TRUTHS = {"CheckboxModel", "ToggleButtonModel"}
_SEVERAL = {"IntRangeSliderModel", "FloatRangeSliderModel"}
_TAGS = {"TagsInputModel", "ColorsInputModel", "FloatsInputModel", "IntsInputModel"}
_CHOICES = {
    *("DropdownModel", "RadioButtonsModel", "SelectModel", "ToggleButtonsModel"),
    *("SelectionSliderModel", "SelectMultipleModel", "SelectionRangeSliderModel"),
}
_INSTANTS = {"DatePickerModel", "TimeModel", "DatetimeModel", "NaiveDatetimeModel"}
_PROGRESS = {"IntProgressModel", "FloatProgressModel"}
_NONE = "–"


def control_of(state: Mapping[str, Any], folder: Path) -> tuple[str, str] | None:
    """Return a control's name and value in words; None where a widget is no control.

    A password is never shown; text is made plain: no secrets, no absolute paths.
    """
    value = _value(str(state.get("_model_name")), state)
    if value is None:
        return None
    name = str(state.get("description") or state.get("tooltip") or state.get("placeholder") or "")
    return _words(name, folder).rstrip(": ") or "value", _words(value, folder) or _NONE


def control_list(pairs: Sequence[tuple[str, str]]) -> str:
    """Write names and values as a list; "" where there is none."""
    items = "".join(f"<dt>{esc(name)}</dt><dd>{esc(value)}</dd>" for name, value in pairs)
    return f'<dl class="facts controls">{items}</dl>' if items else ""


def _words(text: str, folder: Path) -> str:
    return " ".join(plain_words(text, folder).replace("\u200b", "").split(" "))


def _value(name: str, state: Mapping[str, Any]) -> str | None:
    value = state.get("value")
    if name in _VALUES:
        return _number(value)
    if name in _TRUTHS:
        return "yes" if value else "no"
    if name in _SEVERAL:
        return " to ".join(map(_number, value or ()))
    if name in _TAGS:
        return ", ".join(map(_number, value or ()))
    if name in _CHOICES:
        return _chosen(name, state)
    if name in _INSTANTS:
        return _instant(value)
    if name in _PROGRESS:
        return f"{_number(value)} of {_number(state.get('max'))}"
    if name == "ValidModel":
        return "valid" if value else f"not valid: {state.get('readout') or 'invalid'}"
    return "hidden" if name == "PasswordModel" else None


def _number(value: Any) -> str:
    if value is None:
        return _NONE
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _chosen(name: str, state: Mapping[str, Any]) -> str:
    labels = [str(label) for label in state.get("_options_labels") or ()]
    index = state.get("index")
    places = index if isinstance(index, list | tuple) else [] if index is None else [index]
    chosen = [labels[place] for place in places if 0 <= place < len(labels)]
    return (" to " if name == "SelectionRangeSliderModel" else ", ").join(chosen)


def _instant(value: Any) -> str:
    """Write a date or a time as the widget sends it: parts by name, the month counted from 0."""
    if not isinstance(value, Mapping):
        return _NONE if value is None else str(value)
    day = ""
    if "year" in value:
        day = f"{value['year']:04d}-{value['month'] + 1:02d}-{value['date']:02d}"
    if "hours" not in value:
        return day
    return f"{day} {value['hours']:02d}:{value['minutes']:02d}".strip()
