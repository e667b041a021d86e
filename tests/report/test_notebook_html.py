"""HTML that cells wrote: it can do nothing, and its tables and pictures say what they are."""

from __future__ import annotations

import base64
import re

import pandas as pd
import pytest

from archkit.report.notebook_html import clean_html
from archkit.report.notebook_tally import Tally

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def tally(tmp_path):
    return Tally(tmp_path, cell=3, level=2)


def test_what_would_act_is_left_out_and_named(tally):
    said = clean_html(
        "<script>x()</script><iframe src='https://x.example'></iframe><form><input></form>"
        "<p onclick='x()'>text</p><a href='javascript:x()'>go</a><video src=x></video>"
        "<link rel=stylesheet href=x><base href=x><meta http-equiv=refresh content=0>",
        tally,
    )
    assert not re.search(
        r"<(script|iframe|form|input|video|link|base|meta)|onclick|javascript", said
    )
    assert "text" in said
    assert tally.unshown == [
        "cell 3: a script",
        "cell 3: an embedded page",
        "cell 3: a form",
        "cell 3: a form's field",
        "cell 3: what happens at a click",
        "cell 3: a video",
        "cell 3: a file of styles",
    ]
    assert said.count('class="unshown"') == 7


def test_headings_go_below_the_present_one_without_a_jump(tally):
    said = clean_html("<h1>a</h1><h4>b</h4><h1>c</h1><h6>d</h6>", tally)
    assert re.findall(r"<(h\d)>", said) == ["h3", "h4", "h3", "h4"]
    assert re.findall(r"</(h\d)>", said) == ["h3", "h4", "h3", "h4"]


def test_a_frame_of_pandas_gets_scopes_a_caption_and_columns_of_numbers(tally):
    frame = pd.DataFrame({"name": ["a", "b"], "n": [1, 22], "share": [0.5, None]})
    frame["whole"] = pd.array([1, None], dtype="Int64")
    said = clean_html(frame._repr_html_(), tally)
    assert "<style" not in said
    assert "<caption>Table 1, 2 rows</caption>" in said
    assert "<td></td>" in said, "the corner is no heading"
    assert said.count('scope="col"') == 4
    assert said.count('scope="row"') == 2
    assert re.search(r'<th scope="col">name</th>', said)
    assert re.search(r'<th scope="col" class="number">n</th>', said)
    assert '<td class="number">0.5</td>' in said
    assert '<td class="number">&lt;NA&gt;</td>' in said
    assert 'role="group" aria-label="Table 1, 2 rows" tabindex="0"' in said


def test_a_caption_of_its_own_is_kept_and_tables_are_numbered(tally):
    said = clean_html("<table><caption>Mine</caption><tr><td>1</td></tr></table>" * 2, tally)
    assert said.count("<caption>") == 2
    assert said.count("Mine") == 2
    assert tally.tables == 2


def test_styles_hold_for_their_own_output_alone(tally):
    styler = pd.DataFrame({"a": [1, 2]}).style.set_uuid("u").highlight_max(color="yellow")
    said = clean_html(styler.to_html(), tally)
    assert said.startswith('<div class="own-style coloured" id="o1"><style>#o1 { ')
    assert "#o1-T_u_row1_col0 {" in said
    assert 'id="o1-T_u_row1_col0"' in said
    again = clean_html(styler.to_html(), tally)
    assert 'id="o2-T_u_row1_col0"' in again
    assert tally.unshown == []


@pytest.mark.parametrize(
    "css",
    [
        "} body { display: none",
        "a { background: url(https://x.example/y) }",
        "a::before { content: '} body { display: none' }",
        "a { color: red",
        "@keyframes x { from { top: 0 } }",
        "a { b: \\75rl(x) }",
    ],
)
def test_styles_that_could_leave_their_output_are_left_out_and_named(tally, css):
    said = clean_html(f"<style>{css}</style><p>text</p>", tally)
    assert "<style" not in said
    assert "<p>text</p>" in said
    assert tally.unshown == ["cell 3: the styles of this output, which a page cannot keep to it"]


def test_pictures_are_inlined_from_the_notebooks_folder_and_no_other_place(tally, tmp_path):
    (tmp_path / "a b.png").write_bytes(PNG)
    (tmp_path / "no.png").write_text("secret")
    said = clean_html(
        "<img src='a%20b.png' alt='Here'><img src='no.png'><img src='gone.png'><img src='/etc/x'>"
        "<img src='https://x.example/y.png' alt='There'><img src='data:image/gif;base64,R0lGODlh'>"
        "<img src='data:text/html,x'><img>",
        tally,
    )
    assert said.count('<img class="picture" src="data:image/') == 2
    assert 'alt="Here"' in said
    assert "secret" not in said
    assert "x.example" not in said
    assert [line.removeprefix("cell 3: ") for line in tally.unshown] == [
        "'no.png', which is no picture",
        "the picture 'gone.png', which is not there",
        "a picture by an absolute path",
        "a picture from the network (There)",
        "a picture by data:",
        "a picture without a source",
    ]


def test_pictures_outside_the_notebooks_folder_are_those_of_its_repository_alone(tally, tmp_path):
    for name in ("a/nb/in.png", "a/docs/near.png", "out.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(PNG)
    tally.folder = tmp_path / "a" / "nb"
    (tally.folder / "link.png").symlink_to(tmp_path / "out.png")
    pictures = "<img src='in.png'><img src='../docs/near.png'><img src='../../out.png'>"
    assert clean_html(pictures, tally).count('src="data:') == 1
    assert "docs/near.png', which is outside the notebook's folder" in tally.unshown[0]
    tally.unshown.clear()
    (tmp_path / "a" / ".git").mkdir()
    said = clean_html(f"{pictures}<img src='link.png'>", tally)
    assert said.count('src="data:') == 2
    assert [line.removeprefix("cell 3: ") for line in tally.unshown] == [
        "the picture '../../out.png', which is outside the notebook's repository",
        "the picture 'link.png', which is outside the notebook's repository",
    ]


def test_of_elements_that_go_with_their_words_each_kind_is_named(tally):
    clean_html("<math><mi>x</mi></math><progress value='1'>1</progress><link rel=x>", tally)
    assert [line.removeprefix("cell 3: ") for line in tally.unshown] == [
        "a formula written as MathML",
        "a gauge",
        "a file of styles",
    ]


def test_a_drawing_becomes_a_picture_in_which_nothing_acts(tally):
    said = clean_html("<svg><title>A dot</title><script>x()</script><circle r='1'/></svg>", tally)
    assert "<svg" not in said
    assert "<script" not in said
    source = re.search(r'src="data:image/svg\+xml;base64,([^"]+)" alt="A dot"', said)
    assert base64.b64decode(source[1]).startswith(b'<svg xmlns="http://www.w3.org/2000/svg">')


def test_links_keep_to_the_web_and_to_the_page(tally):
    said = clean_html(
        "<a href='https://x.example'>a</a><a href='#p'>b</a><p id='p'></p><a href='x.html'>c</a>"
        "<a href='data:text/html,x'>d</a>",
        tally,
    )
    assert '<a href="https://x.example" rel="noopener noreferrer">a</a>' in said
    assert 'href="#o1-p"' in said
    assert 'id="o1-p"' in said
    assert "x.html" not in said
    assert "data:" not in said


def test_classes_that_the_page_has_for_itself_are_not_taken(tally):
    said = clean_html("<div class='plot partial' data-figure='f1-figure'>x</div>", tally)
    assert said == "<div>x</div>"
