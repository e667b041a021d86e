"""The parameters of a notebook: read without running it, checked, put in as literals."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from archkit.errors import ReportError
from archkit.report.notebook_parameters import literals, notebook_parameters, with_parameters

DEFAULTS = """\
agent = None
n, ratio = 3, 0.5
theme: str = "light"
deep = {"a": [1, (2,)]}
areas = ["security"]
pair = (1, 2)
quick = True
since = date(2026, 1, 1)
ends = datetime(2026, 1, 1, tzinfo=UTC)
made = compute(open("x"))
wanted: int
"""


def notebook(source=DEFAULTS, language="python"):
    cells = [
        new_markdown_cell("# T"),
        new_code_cell("x = 1"),
        new_code_cell(source, metadata={"tags": ["parameters"]}),
        new_code_cell("agent"),
    ]
    return new_notebook(
        cells=cells,
        metadata={"kernelspec": {"name": "k", "display_name": "K", "language": language}},
    )


def value(name, given):
    source = literals(notebook(), {name: given})[name]
    scope = {}
    exec(f"found = {source}", scope)
    return scope["found"]


def test_names_and_types_are_read_without_running_anything():
    found = notebook_parameters(notebook())
    assert {name: each.kind for name, each in found.items()} == {
        "agent": None,
        "n": int,
        "ratio": float,
        "theme": str,
        "deep": dict,
        "areas": list,
        "pair": tuple,
        "quick": bool,
        "since": date,
        "ends": datetime,
        "made": None,
        "wanted": None,
    }
    assert found["made"].shown == "compute(open('x'))"


@pytest.mark.parametrize(
    ("name", "given", "read"),
    [
        ("agent", "backend-architect", "backend-architect"),
        ("agent", "5", 5),
        ("agent", "null", None),
        ("agent", "[a, 2]", ["a", 2]),
        ("agent", "Why: it is # so", "Why: it is # so"),
        ("agent", "- x", "- x"),
        ("agent", "'5'", "5"),
        ("agent", "2026-11-26", "2026-11-26"),
        ("agent", "12:30", "12:30"),
        ("agent", "None", None),
        ("agent", "010", "010"),
        ("agent", "[None, 'a', True]", [None, "a", True]),
        ("areas", "[None, -2]", [None, -2]),
        ("pair", "(3, 4)", (3, 4)),
        ("n", "1_000", 1000),
        ("n", -3, -3),
        ("ratio", "1e-3", 0.001),
        ("ratio", 2, 2.0),
        ("theme", "no", "no"),
        ("theme", "007", "007"),
        ("theme", "it's \"\n", "it's \"\n"),
        ("deep", "{b: 1}", {"b": 1}),
        ("areas", "[x, y]", ["x", "y"]),
        ("pair", "[3, 4]", (3, 4)),
        ("pair", (5,), (5,)),
        ("quick", "no", False),
        ("since", "2026-11-26", date(2026, 11, 26)),
        ("ends", "2026-11-26T12:00+00:00", datetime(2026, 11, 26, 12, tzinfo=UTC)),
        ("ends", datetime(2026, 11, 26, tzinfo=UTC), datetime(2026, 11, 26, tzinfo=UTC)),
        ("made", "4", 4),
    ],
)
def test_a_value_is_read_as_the_type_of_the_default(name, given, read):
    found = value(name, given)
    assert found == read
    assert type(found) is type(read)


@pytest.mark.parametrize(
    ("name", "given", "why"),
    [
        ("n", "1.5", "Its default is 3, so a whole number is wanted."),
        ("n", True, "Its default is 3, so a whole number is wanted."),
        ("ratio", "much", "Its default is 0.5, so a number is wanted."),
        ("ratio", "nan", "It is no finite number."),
        ("quick", "2", "Its default is True, so true or false is wanted."),
        ("areas", "{a: 1}", "Its default is ['security'], so a list"),
        ("theme", 5, "Its default is 'light', so a text is wanted."),
        ("since", "yesterday", "Its default is date(2026, 1, 1), so a day"),
        ("agent", object(), "A object has no literal."),
        ("agent", "[1", "so a"),
    ],
)
def test_a_value_of_another_type_is_refused_with_the_one_that_is_wanted(name, given, why):
    with pytest.raises(ReportError) as refused:
        literals(notebook(), {name: given})
    assert name in refused.value.what
    assert why in refused.value.why


def test_a_text_can_never_become_code():
    attack = "'); __import__('os').system('true') #"
    for name in ("agent", "theme", "made"):
        tree = ast.parse(literals(notebook(), {name: attack})[name], mode="eval").body
        assert isinstance(tree, ast.Constant)
        assert tree.value == attack


def test_values_go_into_a_cell_of_their_own_after_the_defaults():
    before = notebook()
    made = with_parameters(before, {"n": "7", "agent": "x"})
    assert [cell.source for cell in made.cells][3] == "# Given to the report.\nn = 7\nagent = 'x'"
    assert made.cells[3].metadata.tags == ["injected-parameters"]
    assert len(made.cells) == len(before.cells) + 1
    again = with_parameters(made, {"n": 8})
    assert [cell.source for cell in again.cells][3] == "# Given to the report.\nn = 8"
    assert len(again.cells) == len(made.cells)
    assert len(before.cells) == 4


def test_an_unknown_name_is_refused_with_the_known_ones_and_the_nearest():
    with pytest.raises(ReportError) as refused:
        with_parameters(notebook(), {"agnt": "x"})
    assert refused.value.what == "The notebook has no parameter 'agnt'."
    assert "agent, n, ratio, theme" in refused.value.why
    assert refused.value.mend.startswith("Did you mean agent? ")


def test_a_notebook_without_the_cell_says_how_to_add_one():
    bare = new_notebook(cells=[new_code_cell("agent = None")])
    assert with_parameters(bare, {}).cells[0].source == "agent = None"
    with pytest.raises(ReportError, match="has no parameters") as refused:
        with_parameters(bare, {"agent": "x"})
    assert "tag it parameters" in refused.value.mend


def test_magics_are_passed_over_and_what_is_no_python_is_refused():
    assert list(notebook_parameters(notebook("%matplotlib inline\nn = 1"))) == ["n"]
    with pytest.raises(ReportError, match="cannot be read") as refused:
        with_parameters(notebook("n = = 1"), {"n": 1})
    assert refused.value.why == "Line 1: invalid syntax."


def test_another_language_takes_no_parameters():
    with pytest.raises(ReportError, match="A notebook in r takes no parameters"):
        with_parameters(notebook(language="R"), {"n": 1})
