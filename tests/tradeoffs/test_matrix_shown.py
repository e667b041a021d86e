"""A matrix as it is shown: directions, units, weights, what is unknown, and where from."""

from html.parser import HTMLParser

import pytest

from archkit.records import LADDER
from archkit.tradeoffs.cell import Grade, Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.matrix_shown import cell_text, matrix_html, scale_text
from archkit.tradeoffs.preference import Preference

HOURS = Criterion("setup_hours", "min", 0, 8, "h")
SHARE = Criterion("success_rate")
GRADES = Criterion("security", "max", 1, 5, note="graded by us")


class _Text(HTMLParser):
    def __init__(self):
        super().__init__()
        self.parts, self.open, self.styled = [], [], False

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.parts.append(data)


def _read(html):
    parser = _Text()
    parser.feed(html)
    assert parser.open == []
    return " ".join(" ".join(parser.parts).split())


def _matrix(**changed):
    told = {
        "alternatives": ["A", "B"],
        "criteria": [SHARE, HOURS, GRADES],
        "cells": [
            [Rate.reported(0.95, 38, note="n 38"), 3, Grade(4)],
            [Rate(21, 24, provenance="observed"), Interval(1, 12, 2), None],
        ],
        "preference": Preference.weights({"success_rate": 5, "setup_hours": 2, "security": 3}),
    }
    return PerformanceMatrix(**told | changed)


def test_html_tells_direction_scale_unit_weight_gap_and_origin():
    text = _read(_matrix()._repr_html_())
    for told in (
        "2 alternatives by 3 criteria; 1 of 6 cells unknown; weights: success_rate 5",
        "success_rate ↑ more is better scale 0–100\u202f%".replace("\u202f", " "),
        "setup_hours ↓ less is better scale 0–8",
        "weight 50",
        "93 % (85–98 %), 38 effective uses ◇ reported, n 38",
        "● observed",
        "1–12 h, likeliest 2",
        "4 of 5",
        "unknown",
        "security: graded by us.",
        "B reaches beyond the scale of setup_hours, and counts as its end there.",
        "What is unknown may be anything on its scale",
    ):
        assert told in text.replace("\u202f", " "), told


def test_expected_weights_are_said_to_be_expected():
    text = _read(_matrix(preference=Preference.order(["success_rate", "security"]))._repr_html_())
    assert "weight about 50" in text
    assert "order only: success_rate > security" in text
    assert "mean of all that agree" in text
    assert "weight about" not in _read(_matrix()._repr_html_())


def test_a_constant_criterion_and_a_matrix_of_nothing_say_so():
    same = _matrix(cells=[[0.5, 3, 2], [0.5, 2, 3]])
    assert "success_rate is the same for all: it decides nothing." in _read(matrix_html(same))
    nothing = _matrix(cells={})
    assert "Nothing is known of any alternative" in _read(matrix_html(nothing))
    alone = PerformanceMatrix(["A"], [SHARE], [[0.5]])
    assert "1 alternative by 1 criterion; no cell unknown" in _read(matrix_html(alone))
    assert "the same for all" not in _read(matrix_html(alone))


def test_every_text_is_escaped():
    nasty = '<img src=x onerror="alert(1)">'
    matrix = PerformanceMatrix(
        [nasty],
        [Criterion(nasty, "max", 0, 1, nasty, note=nasty)],
        [[Known(0.5, note=nasty + "x" * 80)]],
    )
    html = matrix_html(matrix)
    assert "<img" not in html
    assert html.count("&lt;img") >= 4


def test_a_long_note_is_folded_and_whole():
    note = "Accept one algorithm only. " * 12
    html = matrix_html(_matrix(cells={("A", "security"): Unknown(note=note)}))
    assert f"<details><summary>what is said</summary>{note}</details>" in html


def test_colours_come_from_the_page_so_that_light_and_dark_are_legible():
    style = matrix_html(_matrix()).split("</style>")[0]
    assert "#" not in style.split("*/", 1)[1]  # not one colour of its own
    assert "currentColor" in style


@pytest.mark.parametrize(
    ("cell", "criterion", "text"),
    [
        (Known(0.856), SHARE, "85.6 %"),
        (Known(1234.5), Criterion("cost", "min", 0, 5000, "USD"), "1,234 USD"),
        (Known(0.00123), HOURS, "0.00123 h"),
        (Interval(1, 4), HOURS, "1–4 h"),
        (Grade(2, 3), GRADES, "2 of 3"),
        (Rate(0, 0), SHARE, "50 % (5–95 %), 0 effective uses"),
    ],
)
def test_cells_are_told_with_unit_and_interval(cell, criterion, text):
    assert cell_text(cell, criterion).replace("\u202f", " ") == text


def test_scales_are_told_with_their_unit():
    assert scale_text(HOURS) == "0–8\u202fh"
    assert scale_text(SHARE) == "0–100\u202f%"


def test_the_frame_of_cells_has_a_row_a_cell():
    frame = _matrix().cells_frame()
    assert frame.columns.tolist() == [
        *("alternative", "criterion", "kind", "mean", "low", "high", "unit", "value"),
        *("provenance", "note"),
    ]
    assert frame["kind"].tolist() == ["rate", "known", "grade", "rate", "interval", "unknown"]
    unknown = frame.iloc[5]
    assert (unknown["low"], unknown["high"], unknown["value"]) == pytest.approx((1.2, 4.8, 0.5))
    assert (frame["low"] <= frame["mean"]).all()


def test_a_matrix_weighed_by_a_ladder_says_whether_its_readings_agree():
    criteria = [Criterion(name, "max", 1, 5) for name in LADDER]
    rows = [[Grade(g) for g in row] for row in ([5, 1, 1, 1, 1], [3, 5, 5, 5, 5])]
    matrix = PerformanceMatrix("AB", criteria, rows, Preference.ladder())
    assert "The readings of the ladder disagree: rung by rung A" in _read(matrix_html(matrix))
