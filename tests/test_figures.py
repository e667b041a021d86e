"""Figures are tested on what they say and where their marks stand, not on pictures."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.resources import files
from typing import Any

import pandas as pd
import pytest

from archkit import figures
from archkit.figures.style import TOKENS, colour_swap, elided, mark_of, percent, span
from archkit.figures.trend import interval_of_mean, rolling_mean


def pattern(slug: str, rate: float | None, n: float = 10, **given: Any) -> dict[str, Any]:
    row = {"slug": slug, "name": slug.title(), "success_rate": rate, "n": n}
    row |= {"low": 0.4, "high": 0.95, "provenance": "observed", "ci_prob": 0.9}
    return row | given


def score(outcome: str, day: str, value: float | None, **given: Any) -> dict[str, Any]:
    row = {"outcome_id": outcome, "decision_id": f"d-{outcome}", "title": "Sign in"}
    row |= {"observed_at": pd.Timestamp(day, tz="UTC"), "horizon_days": 30, "source": "team"}
    return row | {"provenance": "observed", "score": "performance", "value": value} | given


def reduction(slug: str, share: float, **given: Any) -> dict[str, Any]:
    row = {"slug": slug, "name": slug.title(), "reduction_share": share, "median_share": share}
    row |= {"low": share - 0.1, "high": min(1.0, share + 0.05), "n": 4, "provenance": "measured"}
    row |= {"queries_before": 100, "queries_after": 100 - 100 * share}
    return row | given


def said(fig: Any) -> str:
    return f"{fig.layout.title.text} | {fig.layout.title.subtitle.text}".replace("\u202f", " ")


def trace(fig: Any, name: str) -> Any:
    return next(t for t in fig.data if t.name == name)


class TestSuccessByPattern:
    def test_title_counts_the_patterns_that_cannot_be_told_from_the_best(self):
        frame = pd.DataFrame([pattern(f"p{i}", 0.9 - i / 50, in_tie_set=i < 8) for i in range(9)])
        fig = figures.success_by_pattern(frame)
        assert fig.layout.title.text == "Seven of nine patterns cannot be told apart from the best"
        assert fig.layout.title.subtitle.text.startswith("9 patterns · 90 uses")

    @pytest.mark.parametrize(
        ("tied", "title"),
        [
            ([True, False, False], "P0 works better than the others"),
            ([True, True, False], "One other pattern cannot be told apart from the best"),
            ([True, True, True], "No pattern can be told apart from the best"),
            ([True, True], "The two patterns cannot be told apart"),
            ([True], "P0 is the only pattern with outcomes"),
        ],
    )
    def test_title_is_honest_for_every_number_of_rivals(self, tied, title):
        frame = pd.DataFrame(
            [pattern(f"p{i}", 0.9 - i / 50, in_tie_set=t) for i, t in enumerate(tied)]
        )
        assert figures.success_by_pattern(frame).layout.title.text == title

    def test_title_asks_when_the_frame_does_not_say_who_is_tied(self):
        frame = pd.DataFrame([pattern("a", 0.9), pattern("b", 0.8)])
        title = figures.success_by_pattern(frame).layout.title.text
        assert title == "Which patterns work, and how sure is that?"

    def test_patterns_that_rival_each_other_stand_together_under_their_kind(self):
        frame = pd.DataFrame(
            [
                pattern("jwt", 0.9, kind="sign-in", in_tie_set=True),
                pattern("loader", 0.8, n=7, kind="n-plus-one", in_tie_set=True),
                pattern("pool", 0.75, kind="pooling", in_tie_set=True),
                pattern("oauth", 0.7, kind="sign-in", in_tie_set=True),
                pattern("joins", 0.2, kind="n-plus-one", in_tie_set=False),
            ]
        )
        fig = figures.success_by_pattern(frame)
        rows = ["<b>sign in</b>", "Jwt", "Oauth", "<b>n plus one</b>", "Loader", "Joins"]
        rows += ["<b>without a rival yet</b>", "Pool"]
        assert [t.strip() for t in fig.layout.yaxis.ticktext][::-1] == rows
        marks = dict(zip(fig.data[0].y, fig.data[0].x, strict=True))
        assert marks == {6: 0.9, 5: 0.7, 3: 0.8, 2: 0.2, 0: 0.75}
        counts = {a.y: a.text for a in fig.layout.annotations}
        assert counts == {6: "n 10", 5: "n 10", 3: "n 7", 2: "n 10", 0: "n 10"}
        assert fig.layout.title.text == "In one of two choices, no pattern is clearly the best"
        assert fig.layout.title.subtitle.text.startswith("5 patterns of 3 kinds")
        assert "may be the best for sign in" in " ".join(fig.data[0].hovertext)
        assert "is not the best for n plus one" in " ".join(fig.data[0].hovertext)

    @pytest.mark.parametrize(
        ("kinds", "title"),
        [
            ({"a": [1, 1], "b": [1, 1]}, "In both choices, no pattern is clearly the best"),
            ({"a": [1, 0], "b": [1, 0]}, "In both choices, one pattern is clearly the best"),
            ({"a": [1, 0], "b": [1]}, "A: A0 works better than the others"),
            ({"sign-in": [1, 1, 0], "b": [1]}, "Sign in: one other pattern cannot be told apart"),
            ({"a": [1], "b": [1]}, "No choice has two patterns with outcomes yet"),
            ({"a": [1, 1], None: [1, 1]}, "In both choices, no pattern is clearly the best"),
            (
                {"a": [1, 1], "b": [1, 1], "c": [1, 0], "d": [1]},
                "In two of three choices, no pattern is clearly the best",
            ),
        ],
    )
    def test_title_speaks_of_choices_where_there_are_several(self, kinds, title):
        rows = [
            pattern(f"{kind}{i}", 0.9 - i / 50, kind=kind, in_tie_set=bool(tied))
            for kind, ties in kinds.items()
            for i, tied in enumerate(ties)
        ]
        found = figures.success_by_pattern(pd.DataFrame(rows)).layout.title.text
        assert found.replace("<br>", " ").startswith(title)

    def test_best_stands_on_top_with_its_interval_and_its_count(self):
        frame = pd.DataFrame([pattern("low", 0.5), pattern("best", 0.9, n=38)])
        fig = figures.success_by_pattern(frame)
        marks = fig.data[0]
        assert list(marks.x) == [0.5, 0.9]
        assert list(marks.y) == [0, 1]
        assert marks.error_x.array == pytest.approx((0.45, 0.05))
        assert marks.error_x.arrayminus == pytest.approx((0.1, 0.5))
        assert [t.strip() for t in fig.layout.yaxis.ticktext] == ["Low", "Best"]
        assert [a.text for a in fig.layout.annotations] == ["n 10", "n 38"]

    def test_axis_is_in_percent_from_nothing_to_all(self):
        axis = figures.success_by_pattern(pd.DataFrame([pattern("a", 0.9)])).layout.xaxis
        assert (
            axis.title.text.replace("\u202f", " ") == "success rate (posterior mean, 90 % interval)"
        )
        assert axis.range == (-0.02, 1.02)
        assert [t.replace("\u202f", " ") for t in axis.ticktext][-1] == "100 %"

    def test_shape_and_colour_say_where_the_evidence_comes_from(self):
        origins = ("observed", "measured", "reported", "simulated", "observed + reported")
        frame = pd.DataFrame([pattern(f"p{i}", 0.9, provenance=o) for i, o in enumerate(origins)])
        fig = figures.success_by_pattern(frame)
        drawn = {t.name: (t.marker.symbol, t.marker.color) for t in fig.data}
        light = TOKENS["light"]
        assert drawn == {
            "observed": ("circle", light["observed"]),
            "measured": ("square", light["measured"]),
            "reported": ("diamond-open", light["reported"]),
            "simulated": ("triangle-up-open", light["simulated"]),
            "observed + reported": ("circle-open", light["observed"]),
        }
        assert "some simulated: made-up data" in said(fig).replace("<br>", " ")

    def test_the_key_names_each_mark_once(self):
        mixed = ("observed", "observed + reported", "measured + observed", "measured + reported")
        mixed += ("simulated", "reported + simulated")
        frame = pd.DataFrame([pattern(f"p{i}", 0.9, provenance=o) for i, o in enumerate(mixed)])
        assert figures.success_by_pattern(frame).layout.meta["key"] == [
            ["●", "observed", "observed"],
            ["△", "simulated", "simulated, alone or mixed in"],
            ["□", "measured", "measured and others"],
            ["○", "observed", "observed + reported"],
        ]

    def test_a_long_name_is_cut_in_its_middle_and_whole_on_hover(self):
        name = "OAuth2 authorization code with PKCE and signed state"
        fig = figures.success_by_pattern(pd.DataFrame([pattern("oauth", 0.9, name=name)]))
        assert len(fig.layout.yaxis.ticktext[0].strip()) <= 36
        assert fig.layout.meta["rows"] == [[name, False]]
        assert name in fig.data[0].hovertext[0]
        assert "slug oauth" in fig.data[0].hovertext[0]

    def test_markup_in_a_name_stays_text(self):
        fig = figures.success_by_pattern(pd.DataFrame([pattern("x", 0.9, name="<b>x</b>")]))
        assert fig.layout.yaxis.ticktext[0].strip() == "&lt;b&gt;x&lt;/b&gt;"
        assert "<b>x</b>" not in fig.data[0].hovertext[0]

    def test_draws_the_first_thirty_and_counts_the_others(self):
        frame = pd.DataFrame([pattern(f"p{i}", 0.9 - i / 1000) for i in range(244)])
        fig = figures.success_by_pattern(frame)
        assert len(fig.data[0].x) == 30
        assert "+ 214 more" in said(fig)

    def test_a_choice_that_is_drawn_in_part_says_so(self):
        rows = [pattern(f"p{i}", 0.9 - i / 100, kind="ab"[i > 2]) for i in range(5)]
        fig = figures.success_by_pattern(pd.DataFrame(rows), top=4)
        names = [t.strip() for t in fig.layout.yaxis.ticktext][::-1]
        assert names == ["<b>a</b>", "P0", "P1", "P2", "<b>b, 1 of 2 drawn</b>", "P3"]

    def test_patterns_without_evidence_are_counted_not_drawn(self):
        frame = pd.DataFrame([pattern("a", 0.9), pattern("b", 0.5, n=0), pattern("c", None, n=0)])
        fig = figures.success_by_pattern(frame)
        assert len(fig.data[0].x) == 1
        assert "2 without evidence" in said(fig)

    @pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame([pattern("a", None, n=0)])])
    def test_empty_frame_names_the_next_step(self, frame):
        fig = figures.success_by_pattern(frame)
        assert not fig.data
        assert "memory.record_outcome" in fig.layout.annotations[0].text.replace("<br>", "")


class TestOutcomesOverTime:
    def test_rolling_mean_needs_three_outcomes_and_leaves_a_gap(self):
        days = ["2026-01-01", "2026-01-05", "2026-01-09", "2026-06-01"]
        rows = [score(f"o{i}", day, 0.8) for i, day in enumerate(days)]
        fig = figures.outcomes_over_time(pd.DataFrame(rows))
        assert list(trace(fig, "30-day mean").y) == [None, None, pytest.approx(0.8), None, None]
        assert list(trace(fig, "observed").y) == [0.8] * 4

    def test_band_stays_inside_the_axis_and_around_the_mean(self):
        rows = [score(f"o{i}", f"2026-01-0{i + 1}", 1.0) for i in range(4)]
        band = trace(figures.outcomes_over_time(pd.DataFrame(rows)), "interval of the 30-day mean")
        edges = [y for y in band.y if y is not None]
        assert max(edges) == 1.0
        assert 0 < min(edges) < 1
        assert band.fill == "toself"

    def test_simulated_outcomes_have_a_line_of_their_own_and_are_named(self):
        rows = [score(f"o{i}", f"2026-01-0{i + 1}", 0.8) for i in range(4)]
        made_up = {"provenance": "simulated", "source": "simulated"}
        rows += [score(f"s{i}", f"2026-01-0{i + 1}", 0.2, **made_up) for i in range(4)]
        fig = figures.outcomes_over_time(pd.DataFrame(rows))
        assert trace(fig, "30-day mean").y[-1] == pytest.approx(0.8)
        assert trace(fig, "30-day mean, simulated").y[-1] == pytest.approx(0.2)
        assert trace(fig, "30-day mean, simulated").line.dash == "dash"
        assert "4 simulated: made-up data" in said(fig).replace("<br>", " ")

    def test_scores_of_one_outcome_count_once(self):
        rows = [score("o1", "2026-01-01", v, score=s) for s, v in (("a", 0.0), ("b", 1.0))]
        rows += [score(f"o{i}", f"2026-01-0{i}", 0.5) for i in (2, 3)]
        mean = trace(figures.outcomes_over_time(pd.DataFrame(rows)), "30-day mean").y
        assert mean[-1] == pytest.approx(0.5)
        assert mean[0] is None

    @pytest.mark.parametrize(
        ("values", "title"),
        [
            ([0.2] * 8 + [0.9] * 8, "Outcomes improved by 70 points since January 2026"),
            ([0.9] * 8 + [0.2] * 8, "Outcomes fell by 70 points since January 2026"),
            ([0.7, 0.8] * 8, "Outcomes show no clear rise or fall since January 2026"),
            ([0.7, 0.8], "2 outcomes so far: too few to show a trend"),
            ([0.7], "One outcome so far"),
        ],
    )
    def test_title_claims_a_change_only_when_the_interval_does(self, values, title):
        rows = [score(f"o{i}", f"2026-01-{i + 1:02}", v) for i, v in enumerate(values)]
        assert figures.outcomes_over_time(pd.DataFrame(rows)).layout.title.text == title

    def test_a_single_outcome_has_its_interval(self):
        fig = figures.outcomes_over_time(pd.DataFrame([score("o", "2026-01-01", 0.8)]))
        low, high = trace(fig, "90\u202f% interval of one outcome").y
        assert low < 0.8 < high

    def test_missing_values_are_left_out(self):
        rows = [score("o1", "2026-01-01", 0.8), score("o2", "2026-01-02", None)]
        fig = figures.outcomes_over_time(pd.DataFrame(rows))
        assert list(trace(fig, "observed").y) == [0.8]

    def test_the_mean_of_very_many_outcomes_has_few_steps_and_keeps_its_gaps(self):
        begun = ("2026-01-01", "2026-06-01")
        hours = [pd.date_range(day, periods=900, freq="h", tz="UTC") for day in begun]
        days = [instant for each in hours for instant in each]
        rows = [score(f"o{i}", str(day)[:19], i % 2) for i, day in enumerate(days)]
        mean = trace(figures.outcomes_over_time(pd.DataFrame(rows)), "30-day mean")
        assert len(mean.x) < 130
        assert mean.x[-1] == f"{days[-1]:%Y-%m-%dT%H:%M}"
        gap = mean.x.index("2026-06-01T00:00")
        assert mean.x[gap - 2] == "2026-02-07T11:00"
        assert mean.y[gap - 1] is None
        assert mean.y[-1] == pytest.approx(0.5, abs=0.01)

    def test_at_most_two_thousand_points_are_drawn_and_that_is_said(self):
        days = pd.date_range("2026-01-01", periods=4100, freq="h", tz="UTC")
        rows = [score(f"o{i}", str(day)[:19], 0.5) for i, day in enumerate(days)]
        fig = figures.outcomes_over_time(pd.DataFrame(rows))
        assert max(len(t.x) for t in fig.data if t.mode == "markers") <= 2000
        assert "of 4,100 scores drawn" in said(fig).replace("<br>", " ")

    def test_empty_frame_names_the_next_step(self):
        fig = figures.outcomes_over_time(pd.DataFrame())
        assert not fig.data
        assert "memory.record_outcome" in fig.layout.annotations[0].text.replace("<br>", "")


class TestQueryReduction:
    def test_title_is_the_pooled_share_and_the_subtitle_what_it_rests_on(self):
        frame = pd.DataFrame([reduction("loader", 0.85, queries_before=120, queries_after=18)])
        fig = figures.query_reduction(frame)
        assert said(fig).startswith("85 % of the counted queries are gone | 4 measurements")
        assert "120 queries before, 18 after · median 85 %" in said(fig)

    def test_a_reported_figure_stands_beside_the_measured_one(self):
        none = {"low": None, "high": None, "median_share": None}
        none |= {"queries_before": None, "queries_after": None}
        frame = pd.DataFrame(
            [reduction("loader", 0.85), reduction("loader", 0.95, provenance="reported", **none)]
        )
        fig = figures.query_reduction(frame)
        measured, reported = trace(fig, "measured"), trace(fig, "reported")
        assert (measured.x, reported.x) == ((0.85,), (0.95,))
        assert reported.marker.symbol == "diamond-open"
        assert reported.y[0] < measured.y[0] < 1
        assert "no interval" in reported.hovertext[0]
        assert said(fig).startswith("85 % of the counted queries are gone")
        assert [a.text for a in fig.layout.annotations] == ["n 4"]

    def test_added_queries_are_said_and_the_axis_reaches_them(self):
        frame = pd.DataFrame([reduction("bad", -0.5, queries_after=150)])
        fig = figures.query_reduction(frame)
        assert said(fig).startswith("The changes added 50 % more queries")
        assert fig.layout.xaxis.range[0] < -0.6

    def test_made_up_counts_never_join_real_ones_in_the_title(self):
        made_up = reduction("lab", 0.1, provenance="simulated")
        fig = figures.query_reduction(pd.DataFrame([reduction("loader", 0.85), made_up]))
        assert said(fig).startswith("85 % of the counted queries are gone |")
        assert "100 queries before, 90 after (simulated)" in said(fig).replace("<br>", " ")
        alone = said(figures.query_reduction(pd.DataFrame([made_up])))
        assert alone.startswith("10 % of the counted queries are gone in simulated data")

    def test_one_measurement_is_said_to_have_no_interval(self):
        none = {"low": float("nan"), "high": float("nan"), "n": 1, "ci_prob": 0.9}
        fig = figures.query_reduction(pd.DataFrame([reduction("loader", 0.85, **none)]))
        assert "one measurement has no interval" in said(fig).replace("<br>", " ")
        assert fig.layout.xaxis.title.text == "queries saved (pooled share)"
        both = pd.DataFrame([reduction("a", 0.85, ci_prob=0.9), reduction("b", 0.8, **none)])
        axis = figures.query_reduction(both).layout.xaxis.title.text
        assert axis == "queries saved (pooled share, 90\u202f% interval)"

    def test_draws_the_first_thirty_and_counts_the_others(self):
        frame = pd.DataFrame([reduction(f"p{i}", 0.9 - i / 100) for i in range(40)])
        fig = figures.query_reduction(frame)
        assert len(fig.data[0].x) == 30
        assert max(fig.data[0].x) == 0.9
        assert "+ 10 more not drawn" in said(fig).replace("<br>", " ")

    def test_only_reported_figures_are_not_called_counted(self):
        frame = pd.DataFrame([reduction("loader", 0.95, provenance="reported")])
        title = figures.query_reduction(frame).layout.title.text
        assert title == "Queries saved are reported, none counted here yet"

    def test_empty_frame_names_the_next_step(self):
        fig = figures.query_reduction(pd.DataFrame())
        assert "archkit.labs.n_plus_one" in fig.layout.annotations[0].text.replace("<br>", "")


class TestStyle:
    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_figures_bring_their_card_along_and_use_the_tokens(self, theme):
        fig = figures.success_by_pattern(pd.DataFrame([pattern("a", 0.9)]), theme=theme)
        layout = fig.layout.template.layout
        assert layout.paper_bgcolor == TOKENS[theme]["card"]
        assert layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert layout.font.color == TOKENS[theme]["ink"]
        assert fig.data[0].marker.color == TOKENS[theme]["observed"]

    def test_an_unknown_theme_is_refused(self):
        with pytest.raises(ValueError, match="'light' or 'dark', not 'sepia'"):
            figures.success_by_pattern(pd.DataFrame(), theme="sepia")

    def test_no_figure_changes_its_frame(self):
        frame = pd.DataFrame([pattern("a", 0.9), pattern("b", 0.8)])
        before = frame.copy(deep=True)
        figures.success_by_pattern(frame)
        pd.testing.assert_frame_equal(frame, before)

    def test_a_dark_figure_is_the_light_one_with_its_colours_swapped(self):
        frame = pd.DataFrame([score(f"o{i}", f"2026-01-0{i + 1}", 0.8) for i in range(4)])
        light, dark = (figures.outcomes_over_time(frame, theme=theme).to_json() for theme in TOKENS)
        for colour, other in colour_swap().items():
            light = light.replace(f'"{colour}"', f'"{other}\0"').replace(
                f":{colour}", f":{other}\0"
            )
        assert light.replace("\0", "").replace('"light"', '"dark"') == dark

    def test_each_light_colour_has_one_dark_one(self):
        assert len(colour_swap()) == len(TOKENS["light"]) == len(TOKENS["dark"])

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_text_stands_out_from_what_it_is_written_on(self, theme):
        for block in _css_tokens()[theme]:
            for name in ("ink", "mute", "observed", "measured", "alarm"):
                for ground in ("page", "card"):
                    assert contrast(block[name], block[ground]) >= 4.5, (theme, name, ground)
            for name in ("reported-text", "simulated-text"):
                for ground in ("page", "card"):
                    assert contrast(block[name], block[ground]) >= 4.5, (theme, name, ground)

    @pytest.mark.parametrize("theme", ["light", "dark"])
    def test_the_stylesheet_speaks_the_same_colours(self, theme):
        block = _css_tokens()[theme][0]
        for name, value in TOKENS[theme].items():
            if not name.endswith("_band"):
                assert block[name] == value, name

    def test_importing_figures_does_not_import_plotly(self):
        code = "import sys, archkit.figures; assert 'plotly' not in sys.modules"
        assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class TestWords:
    @pytest.mark.parametrize(
        ("share", "text"),
        [(0.85, "85 %"), (0.947, "94.7 %"), (1.0, "100 %"), (0.0, "0 %"), (-0.5, "−50 %")],
    )
    def test_percent_has_a_thin_space_and_three_digits_at_most(self, share, text):
        assert percent(share).replace("\u202f", " ") == text

    def test_a_narrow_interval_has_a_decimal(self):
        assert span(0.983, 0.997).replace("\u202f", " ") == "98.3–99.7 %"
        assert span(-0.2, 0.4).replace("\u202f", " ") == "−20–40 %"

    def test_intervals_have_an_en_dash(self):
        assert span(0.83, 0.92).replace("\u202f", " ") == "83–92 %"

    def test_a_name_that_fits_is_left_alone(self):
        assert elided("DataLoader") == "DataLoader"
        assert elided("a" * 20 + "b" * 20, 11) == "aaaaaa…bbbb"
        assert elided("two\n lines") == "two lines"

    def test_a_mixture_with_simulated_data_looks_simulated(self):
        assert mark_of("observed + simulated") == mark_of("simulated")
        assert mark_of("none").token == "mute"

    def test_interval_of_a_mean_is_wide_for_few_and_narrows(self):
        _, low, high = interval_of_mean([0.8] * 3, [1] * 3, 0.9)
        _, low_many, high_many = interval_of_mean([0.8] * 30, [1] * 30, 0.9)
        assert low < low_many < 0.8 < high_many < high
        assert interval_of_mean([1.0], [1], 0.9)[1:] == (pytest.approx(0.27, abs=0.01), 1.0)

    def test_rolling_mean_of_nothing_is_nothing(self):
        empty = pd.DataFrame({"observed_at": pd.DatetimeIndex([]), "value": [], "weight": []})
        assert rolling_mean(empty, 30, 0.9) == []


def _css_tokens() -> dict[str, list[dict[str, str]]]:
    """Read the three :root blocks: light, dark, and print (which is light again)."""
    text = (files("archkit") / "library" / "report.css").read_text(encoding="utf-8")
    blocks = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", text, flags=re.DOTALL)
    ]
    assert len(blocks) == 3
    return {"light": [blocks[0], blocks[2]], "dark": [blocks[1]]}


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
