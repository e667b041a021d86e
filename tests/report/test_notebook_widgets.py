"""Widgets frozen from the state that a notebook keeps: every kind shown, or named."""

from __future__ import annotations

import base64
import json
import re
import struct

import pytest

from archkit.report.notebook_outputs import outputs_html
from archkit.report.notebook_tally import Tally
from archkit.report.notebook_widgets import Widgets

STATE = "application/vnd.jupyter.widget-state+json"
CONTROLS = "@jupyter-widgets/controls"


@pytest.fixture
def tally(tmp_path):
    return Tally(tmp_path, cell=2, level=2)


def model(kind, /, *, buffers=(), module=CONTROLS, **state):
    held = {"_model_name": kind, "_model_module": module, **state}
    return {"model_name": kind, "model_module": module, "state": held, "buffers": list(buffers)}


def box(*children, kind="VBoxModel", **state):
    return model(kind, children=[f"IPY_MODEL_{child}" for child in children], **state)


def frozen(tally, /, **models):
    widgets = Widgets({"widgets": {STATE: {"state": models}}})
    return widgets.frozen(next(iter(models)), tally, outputs_html)


def pairs(said):
    return re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", said)


def buffer(content, *path):
    return {
        "path": list(path),
        "encoding": "base64",
        "data": base64.b64encode(content).decode(),
    }


@pytest.mark.parametrize(
    ("made", "value"),
    [
        (model("IntSliderModel", value=3), "3"),
        (model("FloatSliderModel", value=0.25), "0.25"),
        (model("FloatRangeSliderModel", value=[1.0, 2.5]), "1 to 2.5"),
        (model("TextModel", value="<b>"), "&lt;b&gt;"),
        (model("TextModel", value=""), "–"),
        (model("PasswordModel", value="hunter2"), "hidden"),
        (model("CheckboxModel", value=True), "yes"),
        (model("ToggleButtonModel", value=False), "no"),
        (model("DropdownModel", index=1, _options_labels=["a", "b"]), "b"),
        (model("DropdownModel", index=None, _options_labels=["a"]), "–"),
        (model("SelectMultipleModel", index=[0, 2], _options_labels=list("abc")), "a, c"),
        (model("SelectionRangeSliderModel", index=[0, 2], _options_labels=list("abc")), "a to c"),
        (model("DatePickerModel", value={"year": 2026, "month": 0, "date": 5}), "2026-01-05"),
        (model("TagsInputModel", value=["x", "y"]), "x, y"),
        (model("IntProgressModel", value=3, max=9), "3 of 9"),
        (model("ValidModel", value=False, readout="Bad"), "not valid: Bad"),
    ],
)
def test_a_control_becomes_its_name_and_its_value(tally, made, value):
    made["state"]["description"] = "how much:"
    assert pairs(frozen(tally, a=made)) == [("how much", value)]
    assert tally.unshown == []


def test_neighbouring_controls_are_one_list_and_a_button_is_counted(tally):
    said = frozen(
        tally,
        top=box("a", "b", "go", "html", "c"),
        a=model("IntTextModel", value=1, description="a"),
        b=model("IntTextModel", value=2, description="b"),
        go=model("ButtonModel", description="Go"),
        html=model("HTMLModel", value="<p>words</p><script>x()</script>"),
        c=model("IntTextModel", value=3, tooltip="c"),
    )
    assert said.count("<dl") == 2
    assert pairs(said) == [("a", "1"), ("b", "2"), ("c", "3")]
    assert "<p>words</p>" in said
    assert tally.buttons == 1
    assert tally.unshown == ["cell 2: a script"]


def test_a_widget_that_is_not_known_is_named_and_counted(tally):
    said = frozen(tally, a=box("b", "c"), b=model("OddModel", module="odd-js"), c=box("gone"))
    assert "Not shown: a widget of the kind Odd (odd-js)." in said
    assert tally.unshown == [
        "cell 2: a widget of the kind Odd (odd-js)",
        "cell 2: a widget whose state was not kept",
    ]


def test_what_nobody_saw_is_not_shown(tally):
    said = frozen(
        tally,
        a=box("b", "w"),
        b=model("HTMLModel", value="hidden words", layout="IPY_MODEL_l"),
        l=model("LayoutModel", display="none"),
        w=model("AnyModel", _anywidget_id="archkit.widgets.live_figure.WidthWatch"),
    )
    assert said == ""
    assert tally.unshown == []


def test_tabs_and_accordions_are_headings_with_what_is_below(tally):
    said = frozen(
        tally,
        a=box("acc", "b", kind="TabModel", titles=["One & two"]),
        acc=box("x", kind="AccordionModel", titles=["Inner"]),
        x=model("HTMLModel", value="<h1>deep</h1>"),
        b=model("LabelModel", value="second $x^2$"),
    )
    assert re.findall(r"<(h\d)>(.*?)</h\d>", said) == [
        ("h3", "One &amp; two"),
        ("h4", "Inner"),
        ("h5", "deep"),
        ("h3", "Part 2"),
    ]
    assert "<msup>" in said
    assert tally.level == 2


def test_a_box_that_holds_itself_ends(tally):
    assert "within itself" in frozen(tally, a=box("b"), b=box("a"))


def test_a_figure_on_a_widget_is_rebuilt_with_its_buffers(tally):
    numbers = struct.pack("<3d", 1.5, 2.5, 3.5)
    figure = model(
        "AnyModel",
        module="anywidget",
        _widget_data=[
            {"type": "scatter", "y": {"dtype": "float64", "shape": [3]}, "name": "<b>it</b>"}
        ],
        _widget_layout={"title": {"text": "Of <i>three</i>"}},
        buffers=[
            buffer(numbers, "_widget_data", 0, "y", "buffer"),
            buffer(b"old", "_widget_data", 7, "x", "buffer"),
        ],
    )
    before = json.dumps(figure)
    said = frozen(tally, a=box("f", "f"), f=figure)
    assert json.dumps(figure) == before
    block = re.search(r'<script type="application/json" id="f1-figure">(.*?)</script>', said)[1]
    (trace,) = json.loads(block)["data"]
    assert trace["y"]["dtype"] == "f8"
    assert base64.b64decode(trace["y"]["bdata"]) == numbers
    assert ">Of three</p>" in said
    assert "<td>it</td>" in said
    assert "<td>2.5</td>" in said
    assert said.count('data-figure="f') == tally.figures == 2


def test_pictures_and_captured_outputs_are_shown(tally):
    png = b"\x89PNG\r\n\x1a\n"
    said = frozen(
        tally,
        a=box("p", "q", "o"),
        p=model("ImageModel", format="png", buffers=[buffer(png, "value")]),
        q=model("ImageModel", format="png", value=b"no picture"),
        o=model("OutputModel", outputs=[{"output_type": "stream", "name": "stdout", "text": "x<"}]),
    )
    assert f'src="data:image/png;base64,{base64.b64encode(png).decode()}"' in said
    assert 'alt="Picture 1, shown by cell 2"' in said
    assert '<pre tabindex="0">x&lt;</pre>' in said
    assert tally.unshown == ["cell 2: a picture that cannot be read"]


def test_of_what_has_its_plain_copy_beside_it_only_the_figures_are_shown(tally):
    models = {
        "a": box("h", "f", _dom_classes=["archkit-panel", "archkit-panel-u1"]),
        "h": model("HTMLModel", value="live words"),
        "f": model("AnyModel", _widget_data=[{"y": [1]}], _widget_layout={}),
    }
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "a"}}
    copy = '<div class="archkit-static archkit-static-u1"><p>plain words</p></div>'
    outputs = [
        {"output_type": "display_data", "data": view, "metadata": {}},
        {"output_type": "display_data", "data": {"text/html": copy}, "metadata": {}},
    ]
    widgets = Widgets({"widgets": {STATE: {"state": models}}})
    said = outputs_html(outputs, widgets, tally)
    assert "live words" not in said
    assert "plain words" in said
    assert tally.figures == 1
    assert "live words" in outputs_html(outputs[:1], widgets, tally)
