"""The figures of the proof say their finding, their n, and that the data is made up."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from archkit import figures
from archkit.figures.style import TOKENS


def said(fig):
    text = f"{fig.layout.title.text} | {fig.layout.title.subtitle.text}"
    return text.replace("<br>", " ").replace("\u202f", " ").replace("\u00a0", " ")


def curve(group="all", stated=(0.5, 0.7, 0.9), came=(0.5, 0.7, 0.9), n=40, provenance="observed"):
    rows = [
        {"group": group, "stated": one, "came": other, "low": other - 0.1, "high": other + 0.1}
        for one, other in zip(stated, came, strict=True)
    ]
    return pd.DataFrame(rows).assign(n=n, provenance=provenance, ci_prob=0.9)


class TestReliability:
    def test_title_says_whether_confidences_come_true(self):
        fig = figures.reliability(curve())
        assert said(fig).startswith("Stated confidences come true about as often as they say")
        assert "120 forecasts" in said(fig)
        high = figures.reliability(curve(came=(0.3, 0.4, 0.6)))
        assert high.layout.title.text == "Stated confidence is 27 points too high"
        low = figures.reliability(curve(stated=(0.3, 0.4, 0.6), came=(0.6, 0.7, 0.9)))
        assert low.layout.title.text == "Stated confidence is 30 points too low"
        few = figures.reliability(curve(n=2, came=(0, 0, 0)))
        assert "too few to say" in few.layout.title.text

    def test_marks_carry_interval_and_provenance(self):
        fig = figures.reliability(curve(provenance="simulated"))
        [marks] = [trace for trace in fig.data if trace.mode == "lines+markers"]
        assert marks.marker.symbol == "triangle-up-open"
        assert marks.marker.color == TOKENS["light"]["simulated"]
        assert marks.error_y.array == pytest.approx((0.1, 0.1, 0.1))
        assert "all simulated: made-up data" in said(fig)
        assert "n 40, simulated" in marks.hovertext[0]

    def test_groups_have_panels_and_those_beyond_four_are_counted(self):
        frame = pd.concat([curve(f"agent {n}", n=10 + n) for n in range(6)])
        fig = figures.reliability(frame)
        heads = [a.text for a in fig.layout.annotations]
        assert heads == [f"<b>agent {n}, n {3 * (10 + n)}</b>" for n in (5, 4, 3, 2)]
        assert "+ 2 groups not drawn" in said(fig)
        lefts = [fig.layout[axis].domain[0] for axis in ("xaxis", "xaxis2", "xaxis3", "xaxis4")]
        assert lefts == pytest.approx([0, 0.56, 0, 0.56])
        tops = [fig.layout[axis].domain[1] for axis in ("yaxis", "yaxis2", "yaxis3", "yaxis4")]
        assert tops[0] == tops[1] > tops[2] == tops[3]

    def test_one_group_fills_the_width_without_a_heading(self):
        fig = figures.reliability(curve())
        assert fig.layout.xaxis.domain == (0, 1)
        assert not fig.layout.annotations

    def test_an_empty_frame_names_the_next_step(self):
        fig = figures.reliability(curve().iloc[:0])
        assert "session.decide(…, confidence=…)" in fig.layout.meta["sentence"]


def effect(difference=0.25, low=0.1, high=0.4, **given):
    row = {"first": "on", "second": "off", "both": 5, "only_first": 6, "only_second": 0}
    row |= {"neither": 13, "share_first": 0.46, "share_second": 0.46 - difference}
    row |= {"difference": difference, "low": low, "high": high, "p_value": 0.031, "n": 24}
    row |= {"provenance": "simulated", "ci_prob": 0.9} | given
    placebo = row | {"first": "placebo", "difference": 0.0, "low": -0.05, "high": 0.05}
    return pd.DataFrame([row, placebo | {"only_first": 0, "share_first": 0.21}])


class TestMemoryEffect:
    @pytest.mark.parametrize(
        ("figure_of", "title"),
        [
            ((0.25, 0.1, 0.4), "With the memory, 25 points more of the briefs went well"),
            ((-0.2, -0.4, -0.1), "With the memory, 20 points fewer of the briefs went well"),
            ((0.1, -0.1, 0.3), "It cannot be told whether the memory helps"),
        ],
    )
    def test_title_goes_by_the_interval(self, figure_of, title):
        assert figures.memory_effect(effect(*figure_of)).layout.title.text == title

    def test_rows_show_difference_interval_and_splits(self):
        fig = figures.memory_effect(effect())
        [marks] = fig.data
        assert marks.marker.symbol == "triangle-up-open"
        assert marks.x == pytest.approx((0.0, 0.25))
        assert marks.error_x.array == pytest.approx((0.05, 0.15))
        names = [text.strip() for text in fig.layout.yaxis.ticktext]
        assert names == ["placebo − off", "memory on − off"]
        assert [a.text for a in fig.layout.annotations] == ["0 : 0", "6 : 0"]
        for words in ("n 24 briefs", "on 46 %", "off 21 %", "placebo 21 %", "p 0.031"):
            assert words in said(fig)
        assert "all simulated: made-up data" in said(fig)
        assert "p 0.031 (McNemar, exact)" in marks.hovertext[1]

    def test_no_interval_leaves_the_axis(self):
        for low, high in ((-1.0, 1.0), (-0.9, -0.2), (0.02, 0.05)):
            fig = figures.memory_effect(effect((low + high) / 2, low, high))
            left, right = fig.layout.xaxis.range
            assert left <= min(low, -0.05) and high <= right

    def test_an_empty_frame_names_the_next_step(self):
        fig = figures.memory_effect(effect().iloc[:0])
        assert "archkit.ablation.ablate" in fig.layout.meta["sentence"]


def regret(**last):
    rows = [
        {"world": world, "rule": rule, "choice": choice, "regret": value * choice}
        for world in ("stationary", "drifting")
        for rule, value in last.items()
        for choice in (1, 2, 3)
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(low=frame["regret"] * 0.9, high=frame["regret"] * 1.1, n=20, ci_prob=0.9)


class TestCumulativeRegret:
    def test_title_compares_the_first_rule_with_the_next_best(self):
        fig = figures.cumulative_regret(regret(query=0.5, lot=2.0, thompson=1.0))
        assert fig.layout.title.text.replace("<br>", " ").replace("\u202f", " ") == (
            "Choosing by query costs 50 % of what the next best rule costs"
        )
        assert "simulated worlds" in said(fig) and "n 20" in said(fig)

    def test_title_says_where_the_first_rule_loses(self):
        frame = regret(query=0.5, lot=2.0)
        frame.loc[(frame["world"] == "drifting") & (frame["rule"] == "query"), "regret"] = 9.0
        found = figures.cumulative_regret(frame).layout.title.text
        assert found == "Choosing by query costs least in 1 of 2 worlds"
        alone = figures.cumulative_regret(regret(query=0.5)).layout.title.text
        assert alone == "What choosing by query costs"

    def test_each_world_has_a_panel_on_one_scale_and_names_stand_apart(self):
        fig = figures.cumulative_regret(regret(query=0.5, a=1.0, b=1.0, c=1.0, d=1.0))
        assert fig.layout.yaxis.range == fig.layout.yaxis2.range
        assert fig.layout.yaxis.domain[0] > fig.layout.yaxis2.domain[1]
        for axis in ("y", "y2"):
            names = [a for a in fig.layout.annotations if a.yref == axis]
            assert len(names) == 5
            ys = sorted(a.y for a in names)
            pixels = 230 / fig.layout.yaxis.range[1]
            gaps = [(b - a) * pixels for a, b in itertools.pairwise(ys)]
            assert min(gaps) > 13.9 and ys[-1] <= fig.layout.yaxis.range[1] + 1e-9

    def test_only_the_first_rule_is_in_colour_and_it_and_the_next_have_bands(self):
        fig = figures.cumulative_regret(regret(query=0.5, lot=2.0, thompson=1.0))
        lines = {t.name: t.line.color for t in fig.data if t.xaxis == "x" and t.fill is None}
        colours = TOKENS["light"]
        assert lines["query"] == colours["simulated"]
        assert {lines["lot"], lines["thompson"]} == {colours["mute"]}
        bands = {t.name for t in fig.data if t.xaxis == "x" and t.fill == "toself"}
        assert bands == {"interval of query", "interval of thompson"}

    def test_an_empty_frame_names_the_next_step(self):
        fig = figures.cumulative_regret(regret(query=1.0).iloc[:0])
        assert "regret_over_choices" in fig.layout.meta["sentence"]
