"""Formulas become MathML, money stays money, and what does not parse stays text."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from archkit.report.notebook_maths import mathml, with_formulas


@pytest.mark.parametrize(
    ("tex", "tags"),
    [
        (r"\frac{a}{b}", {"mfrac"}),
        (r"\sum_{i=1}^n i^2", {"munderover", "msup"}),
        (r"\begin{aligned}a&=b\\c&=d\end{aligned}", {"mtable", "mtr", "mtd"}),
        (r"\begin{equation}x\end{equation}", {"mi"}),
        (r"\{x\}", {"mo"}),
    ],
)
def test_a_formula_becomes_mathml_with_its_source_as_its_words(tex, tags):
    found = ElementTree.fromstring(mathml(tex, block=True))
    assert {element.tag.rpartition("}")[2] for element in found.iter()} >= tags
    assert found.get("display") == "block"
    assert found.get("alttext") == " ".join(tex.split())


@pytest.mark.parametrize("tex", [r"\foo{x}", r"\frac{a", "", "a & b", r"}{", r"\href{x}{y}"])
def test_what_does_not_parse_is_nothing(tex):
    assert mathml(tex, block=False) is None


def test_no_tag_comes_in_through_a_text():
    found = mathml(r"\text{<script>alert(1)</script>&#60;b&#62;}", block=False)
    assert "<script" not in found
    assert "<b" not in found
    assert "&lt;script&gt;" in found


def test_money_and_code_stay_as_they_are():
    drawn, lost = {}, []
    text = r"From $5 to $6, or $ 7 $; but $x$, \(y\) and $$z$$."
    said = with_formulas(text, drawn, lost)
    assert said.startswith("From $5 to $6, or $ 7 $; but ")
    assert len(drawn) == 3
    assert lost == []
    assert all("<math" in formula for formula in drawn.values())


def test_a_formula_that_does_not_parse_is_kept_as_text_and_told():
    drawn, lost = {}, []
    with_formulas(r"$\foo{<b>}$", drawn, lost)
    assert lost == [r"\foo{<b>}"]
    (kept,) = drawn.values()
    assert r"<code>$\foo{&lt;b&gt;}$</code>" in kept
    assert "not drawn as a formula" in kept
