"""Outputs of cells by their type, and the Markdown around them."""

from __future__ import annotations

import base64
import json
import re

import pytest

from archkit.figures.style import TOKENS
from archkit.report.notebook_markdown import Headings, markdown_parts, title_of
from archkit.report.notebook_outputs import outputs_html
from archkit.report.notebook_tally import Tally
from archkit.report.notebook_widgets import Widgets

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n and its rest").decode()


@pytest.fixture
def tally(tmp_path):
    return Tally(tmp_path, cell=4, level=2)


def shown(tally, data, metadata=None):
    output = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
    return outputs_html([output], Widgets({}), tally)


def parts(source, tally, headings=None, **attachments):
    return list(markdown_parts(source, headings or Headings(), tally, attachments))


def test_the_richest_type_that_a_page_can_show_is_shown(tally):
    assert "<b>rich</b>" in shown(tally, {"text/html": ["<b>", "rich</b>"], "text/plain": "poor"})
    assert "<strong>md</strong>" in shown(tally, {"text/markdown": "**md**", "text/plain": "poor"})
    assert "<msup>" in shown(tally, {"text/latex": "$x^2$", "text/plain": "poor"})
    assert '{\n  "a": 1\n}' in shown(tally, {"application/json": {"a": 1}}).replace("&quot;", '"')
    assert 'class="language-mermaid"' in shown(tally, {"text/vnd.mermaid": "flowchart LR"})
    assert tally.unshown == []


def test_a_type_that_is_not_known_is_named_and_its_text_kept(tally):
    said = shown(tally, {"application/x-odd": "1", "text/plain": "<odd>"})
    assert "Not shown: an output of the type application/x-odd." in said
    assert "&lt;odd&gt;" in said
    assert "picture" in shown(tally, {"application/x-odd": "1", "image/png": PNG})
    gone = {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "Box()"}
    shown(tally, gone)
    assert tally.unshown == [
        "cell 4: an output of the type application/x-odd",
        "cell 4: a widget that its kernel no longer has",
    ]


def test_pictures_have_words_and_no_drawing_is_part_of_the_page(tally):
    said = shown(tally, {"image/png": PNG}, {"image/png": {"alt": "A dot", "width": 20}})
    assert f'<img class="picture" src="data:image/png;base64,{PNG}" alt="A dot" width="20">' in said
    svg = shown(tally, {"image/svg+xml": "<svg onload='x()'></svg>", "text/plain": "<Figure>"})
    assert "<svg" not in svg
    assert 'alt="Picture 2, made by cell 4"' in svg
    shown(tally, {"image/png": "bm90IGE="})
    assert tally.unshown == ["cell 4: a picture that cannot be read"]


def test_streams_and_errors_are_plain_words_without_secrets_or_paths(tally):
    key = "sk-ant-" + "a1" * 20
    outputs = [
        {"output_type": "stream", "name": "stderr", "text": f"\x1b[31m{tally.folder}/x.py {key}"},
        {
            "output_type": "error",
            "ename": "E",
            "evalue": "v",
            "traceback": ["\x1b[0mE: /home/a/k"],
        },
    ]
    said = outputs_html(outputs, Widgets({}), tally)
    assert "./x.py [hidden: Anthropic Key]" in said
    assert "class='error'>E: …/k</pre>" in said
    assert "\x1b" not in said
    assert str(tally.folder) not in said


def test_a_figure_keeps_its_title_as_text_and_has_its_data_as_a_table(tally):
    figure = {
        "data": [{"type": "bar", "x": ["a", "<b>"], "y": [1, None]}],
        "layout": {
            "title": {"text": "Up<br><sup>n 2</sup>"},
            "width": 400,
            "images": [{"source": "https://x.example/y.png"}, {"source": "data:image/png;base64,"}],
        },
        "frames": [{}, {}],
    }
    said = shown(
        tally, {"application/vnd.plotly.v1+json": figure, "text/html": "<script></script>"}
    )
    block = json.loads(re.search(r'id="f1-figure">(.*?)</script>', said)[1])
    assert "width" not in block["layout"]
    assert "title" not in block["layout"]
    assert [each["source"] for each in block["layout"]["images"]] == ["data:image/png;base64,"]
    assert '<p class="figure-title" id="f1-title">Up</p><p class="subtitle">n 2</p>' in said
    assert 'data-figure="f1-figure" data-traces="bar"' in said
    assert "<tr><td></td><td>–</td></tr>" in said, "no tag, and what is missing is no zero"
    assert tally.unshown == [
        "cell 4: 1 picture of a figure, from the network",
        "cell 4: 2 steps of an animated figure",
    ]


def test_a_map_is_named_since_its_ground_is_in_the_network(tally):
    figure = {"data": [{"type": "scattergeo", "lat": [1], "lon": [2]}], "layout": {}}
    said = shown(tally, {"application/vnd.plotly.v1+json": figure})
    assert "data-figure" not in said
    assert "<td>1</td><td>2</td>" in said
    assert tally.unshown == ["cell 4: a map (scattergeo), whose ground the network has"]


def test_a_figure_for_a_dark_page_becomes_the_one_for_a_light_page(tally):
    meta = {"archkit_theme": "dark", "title": "T", "subtitle": "S", "key": [], "top": 60}
    layout = {"meta": meta, "height": 300, "font": {"color": TOKENS["dark"]["ink"]}}
    figure = {"data": [{"y": [1]}], "layout": layout}
    said = shown(tally, {"application/vnd.plotly.v1+json": figure})
    block = json.loads(re.search(r'id="f1-figure">(.*?)</script>', said)[1])
    assert block["layout"]["font"]["color"] == TOKENS["light"]["ink"]
    assert block["layout"]["height"] == 254


def test_headings_become_sections_levels_have_no_jump_and_ids_differ(tally):
    headings = Headings()
    found = parts(
        "before\n\n## One $x$\n\n#### Deep\n\n> ## quoted\n\n# Two\n\n### Deep", tally, headings
    )
    assert [part.heading for part in found] == [None, "One $x$", "Two"]
    assert [part.name for part in found[1:]] == ["s-one-x", "s-two"]
    assert '<h3 id="s-deep">Deep</h3>' in found[1].body
    assert '<h3 id="s-deep-2">Deep</h3>' in found[2].body
    assert "quoted" in found[1].body
    assert "<h2" not in "".join(part.body for part in found)
    assert parts("# One $x$", tally, headings)[0].name == "s-one-x-2"


def test_the_title_is_the_first_heading_of_level_one():
    assert title_of("# A *new* `thing`\nmore") == ("A new thing", "more")
    assert title_of("Title\n=====\n\nmore") == ("Title", "\nmore")
    assert title_of("## Not\n# It") == ("", "## Not\n# It")


def test_formulas_of_several_lines_are_no_lists(tally):
    source = "$$\na\n- b = \\frac{1}{2}\n$$\n\ncode `$x$` costs $5 or $6\n\n    $y$\n"
    (part,) = parts(source, tally)
    assert part.body.count("<math") == 1
    assert "<li>" not in part.body
    assert "<code>$x$</code> costs $5 or $6" in part.body
    assert "$y$" in part.body


def test_a_formula_that_does_not_parse_is_named(tally):
    (part,) = parts(r"So $\foo{x}$ it is", tally)
    assert r"<code>$\foo{x}$</code>" in part.body
    assert tally.unshown == [r"cell 4: the formula \foo{x}, which does not parse"]


def test_a_mermaid_fence_is_drawn_and_other_code_is_not(tally):
    (part,) = parts("```mermaid\nflowchart LR\n  a --> b\n```\n\n```python\nx < 1\n```", tally)
    assert '<pre tabindex="0"><code class="language-mermaid">flowchart LR' in part.body
    assert "<code>x &lt; 1\n</code>" in part.body


def test_attached_pictures_are_inlined_and_html_is_sanitised(tally):
    source = (
        "![Dot](attachment:dot.png) ![net](https://x.example/y) <script>x()</script><b>bold</b>"
    )
    (part,) = parts(source, tally, **{"dot.png": {"image/png": PNG}})
    assert f'src="data:image/png;base64,{PNG}" alt="Dot"' in part.body
    assert "<b>bold</b>" in part.body
    assert "<script" not in part.body
    assert tally.unshown == ["cell 4: a picture from the network (net)", "cell 4: a script"]


def test_attached_pictures_are_found_however_the_text_names_them(tally):
    source = (
        "![a](attachment:my%20dot.png 'T') ![b][r] <img src='attachment:my dot.png'>\n\n"
        "`![c](attachment:my%20dot.png)` ![d](attachment:gone.png)\n\n[r]: attachment:my%20dot.png"
    )
    (part,) = parts(source, tally, **{"my dot.png": {"image/png": PNG}})
    assert part.body.count(f'src="data:image/png;base64,{PNG}"') == 3
    assert "<code>![c](attachment:my%20dot.png)</code>" in part.body
    assert tally.unshown == ["cell 4: a picture by attachment: (d)"]


def test_no_secret_is_in_a_drawing(tally):
    said = shown(tally, {"image/svg+xml": f"<svg><text>sk-ant-{'a1' * 20}</text></svg>"})
    drawing = base64.b64decode(re.search(r"base64,([^\"]+)", said)[1]).decode()
    assert "[hidden: Anthropic Key]" in drawing
