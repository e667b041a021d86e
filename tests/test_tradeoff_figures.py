"""Figures of trade-offs say their finding, draw what the frame says, and cut nothing off."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest

from archkit import figures
from archkit.figures.style import TOKENS, fitted

ALL = (
    figures.tradeoff_ranking,
    figures.tradeoff_ranks,
    figures.tradeoff_profile,
    figures.tradeoff_front,
    figures.tradeoff_waterfall,
    figures.tradeoff_tornado,
    figures.tradeoff_worth,
    figures.tradeoff_regret,
)


def ranking(*rows, **given):
    """Make rows of (alternative, value, first_rate, rank_before)."""
    made = [
        {"alternative": name, "value": value, "low": value - 0.1, "high": value + 0.05}
        | {"first_rate": first, "rank": n, "rank_before": before, "dominated": False}
        | {"provenance": "reported", "draws": 20_000, "ci_prob": 0.9}
        for n, (name, value, first, before) in enumerate(rows, 1)
    ]
    return pd.DataFrame(made).assign(**given)


def ranks(shares):
    return pd.DataFrame(
        [
            {"alternative": name, "rank": n, "share": share, "draws": 500, "provenance": ""}
            for name, row in shares.items()
            for n, share in enumerate(row, 1)
        ]
    )


def profile(**values):
    rows = []
    for name, figures_of in values.items():
        for criterion, value in zip(("cost", "speed"), figures_of, strict=True):
            unknown = value is None
            row = {"alternative": name, "criterion": criterion, "value": 0.5 if unknown else value}
            row |= {"low": 0.05 if unknown else value - 0.1, "high": 0.95 if unknown else value}
            row |= {"shown": "unknown" if unknown else str(value), "unknown": unknown}
            row |= {"best": "0 USD", "worst": "9 USD", "weight": 0.5}
            rows.append(row | {"provenance": "stated", "ci_prob": 0.9})
    return pd.DataFrame(rows)


def front(*rows):
    """Make rows of (alternative, cost, speed, on_front); less cost and more speed are better."""
    made = [
        {"alternative": name, "x": x, "x_low": x, "x_high": x, "y": y, "y_low": y, "y_high": y}
        | {"on_front": best, "x_name": "cost", "y_name": "speed", "x_title": "cost (USD)"}
        | {"y_title": "speed", "x_objective": "min", "y_objective": "max"}
        | {"x_range": (0, 10), "y_range": (0, 1), "provenance": "measured", "ci_prob": 0.9}
        for name, x, y, best in rows
    ]
    return pd.DataFrame(made)


def waterfall(**gains):
    rows = [
        {"criterion": name, "weight": 0.5, "contribution": gain, "leader": "A", "rival": "B"}
        | {"leader_shown": "3", "rival_shown": "4", "provenance": "stated"}
        for name, gain in gains.items()
    ]
    return pd.DataFrame(rows)


def tornado(*rows):
    """Make rows of (input, low_lead, high_lead) around a lead of 0.1."""
    made = [
        {"input": name, "kind": "cell", "low_lead": low, "high_lead": high, "low_shown": "1"}
        | {"high_shown": "9", "lead": 0.1, "leader": "A", "flips": min(low, high) < 0}
        | {"provenance": "reported", "ci_prob": 0.9}
        for name, low, high in rows
    ]
    return pd.DataFrame(made)


def worth(*rows):
    made = [
        {"input": name, "kind": "cell", "worth": gain, "switch_rate": rate, "all_worth": 0.05}
        | {"draws": 20_000, "provenance": "reported"}
        for name, gain, rate in rows
    ]
    return pd.DataFrame(made)


def regret(*rows, came=0.6, n=3, provenance="observed"):
    """Make rows of (alternative, predicted), the first of them taken."""
    made = [
        {"alternative": name, "chosen": not at, "predicted": value, "low": value - 0.1}
        | {"high": value + 0.1, "realised": math.nan if at else came, "regret": value - came}
        | {"realised_low": math.nan if at else came - 0.05, "ci_prob": 0.9}
        | {"realised_high": math.nan if at else came + 0.05, "observed": "success", "n": n}
        | {"provenance": provenance, "predicted_from": "reported"}
        for at, (name, value) in enumerate(rows)
    ]
    return pd.DataFrame(made)


FULL = {
    figures.tradeoff_ranking: ranking(("A", 0.8, 0.6, None), ("B", 0.7, 0.4, None)),
    figures.tradeoff_ranks: ranks({"A": [0.6, 0.4], "B": [0.4, 0.6]}),
    figures.tradeoff_profile: profile(A=(0.9, 0.2), B=(0.5, None)),
    figures.tradeoff_front: front(("A", 2, 0.5, True), ("B", 5, 0.9, True), ("C", 6, 0.4, False)),
    figures.tradeoff_waterfall: waterfall(cost=0.2, speed=-0.05),
    figures.tradeoff_tornado: tornado(("cost of A", -0.1, 0.3), ("cost of B", 0.05, 0.15)),
    figures.tradeoff_worth: worth(("cost of A", 0.03, 0.4), ("cost of B", 0.001, 0.02)),
    figures.tradeoff_regret: regret(("A", 0.8), ("B", 0.7)),
}


def said(fig):
    text = f"{fig.layout.title.text} | {fig.layout.title.subtitle.text}"
    return text.replace("<br>", " ").replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize("draw", ALL)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_has_a_finding_and_a_fixed_range_on_its_axes(draw, theme):
    fig = draw(FULL[draw], theme=theme)
    assert fig.layout.title.text
    assert fig.layout.xaxis.range is not None
    assert fig.layout.yaxis.range is not None
    assert sum(len(trace.x) for trace in fig.data) <= 2000


@pytest.mark.parametrize("draw", ALL)
def test_an_empty_frame_says_what_to_do(draw):
    fig = draw(FULL[draw].head(0))
    assert fig.layout.meta["sentence"]


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ((("A", 0.8, 1.0, None),), "A has no rival"),
        ((("A", 0.8, 0.95, None), ("B", 0.7, 0.05, None)), "A is first in 95 % of the draws"),
        (
            (("A", 0.8, 0.55, None), ("B", 0.7, 0.45, None)),
            "A is first in 55 % of the draws, B in 45 %: not settled",
        ),
        (
            (("A", 0.8, 0.45, None), ("B", 0.7, 0.55, None)),
            "A has the higher value, B is more often first",
        ),
    ],
)
def test_the_ranking_says_who_leads_and_never_hides_that_two_readings_disagree(rows, title):
    assert said(figures.tradeoff_ranking(ranking(*rows))).startswith(title + " |")


def test_ranks_that_moved_are_marked_and_the_marks_explained():
    fig = figures.tradeoff_ranking(ranking(("A", 0.8, 0.6, 2), ("B", 0.7, 0.4, 1), ("C", 0, 0, 3)))
    notes = {note.y: note.text for note in fig.layout.annotations}
    assert "▲1" in notes[2]
    assert "▼1" in notes[1]
    assert "▲" not in notes[0]
    assert "▼" not in notes[0]
    assert "risen by the last change" in said(fig)


def test_reported_and_simulated_figures_are_named_and_hatched():
    rows = (("A", 0.8, 0.6, None), ("B", 0.7, 0.4, None))
    assert "reported figures were not seen here" in said(figures.tradeoff_ranking(ranking(*rows)))
    made_up = figures.tradeoff_ranking(ranking(*rows, provenance="simulated"))
    assert "simulated: made-up data" in said(made_up)
    assert made_up.data[0].marker.pattern.shape == "/"


def test_thirty_alternatives_are_drawn_and_the_rest_counted():
    rows = [(f"alternative {n}", 0.9 - n / 100, 0.0, None) for n in range(34)]
    fig = figures.tradeoff_ranking(ranking(*rows))
    assert len(fig.data[0].x) == 30
    assert "+ 4 more alternatives" in said(fig)


def test_each_rank_is_a_segment_and_all_of_an_alternative_fill_the_row():
    fig = figures.tradeoff_ranks(
        ranks({"A": [0.6, 0.38, 0.02], "B": [0.4, 0.5, 0.1], "C": [0, 0.12, 0.88]})
    )
    assert [sum(trace.x[row] for trace in fig.data) for row in range(3)] == pytest.approx([1, 1, 1])
    assert [trace.name for trace in fig.data] == ["1st", "2nd", "3rd"]
    assert fig.data[2].text[2] == ""  # 2 % is too narrow for its rank


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ranks_are_in_colours_that_a_page_can_swap_and_say_who_is_seldom_behind(theme):
    table = ranks({"A": [0.5, 0.4, 0.1], "B": [0.45, 0.5, 0.05], "C": [0.05, 0.1, 0.85]})
    fig = figures.tradeoff_ranks(table, theme=theme)
    used = {trace.marker.color for trace in fig.data} | {t.textfont.color for t in fig.data}
    assert used <= set(TOKENS[theme].values())
    assert [trace.marker.opacity for trace in fig.data] == [1.0, 0.5, 0.32]
    assert said(fig).startswith("B is among the first two in 95 % of the draws, last in 5 % |")


def test_what_is_unknown_is_hollow_and_as_wide_as_the_scale():
    fig = figures.tradeoff_profile(FULL[figures.tradeoff_profile])
    line = next(trace for trace in fig.data if trace.name == "B")
    assert line.marker.symbol[0] == "square"
    assert line.marker.symbol[1] == "square-open"
    assert line.error_y.array[1] == pytest.approx(0.45)


def test_better_is_right_and_up_whatever_the_objective():
    fig = figures.tradeoff_front(FULL[figures.tradeoff_front])
    assert fig.layout.xaxis.range[0] > fig.layout.xaxis.range[1]
    assert fig.layout.yaxis.range[0] < fig.layout.yaxis.range[1]
    assert said(fig).startswith("Two of 3 are beaten by none on both cost and speed")
    link = next(trace for trace in fig.data if trace.name == "front")
    assert list(link.x) == [2, 5]


def test_names_of_points_near_each_other_stand_on_different_sides():
    near = front(("Alternative one", 5, 0.5, True), ("Alternative two", 5, 0.51, True))
    fig = figures.tradeoff_front(near)
    assert len({(note.xanchor, note.yshift) for note in fig.layout.annotations}) == 2


def test_no_name_lies_on_a_whisker_where_points_almost_meet():
    near = front(("Alternative one", 5, 0.5, True), ("Alternative two", 5.3, 0.52, True))
    near = near.assign(x_low=near["x"] - 2, x_high=near["x"] + 2, y_low=0.2, y_high=0.8)
    fig = figures.tradeoff_front(near)
    wide, high = 480 / 11.2, 300 / 1.12  # pixels a unit on a narrow page; less cost is right
    whiskers = [(row.x, row.y) for row in near.itertuples()]
    for note in fig.layout.annotations:
        left = -note.x * wide + (note.ax or note.xshift)
        left -= 0 if note.xanchor == "left" else 7 * len("Alternative one")
        middle = note.y * high + (note.yshift or -(note.ay or 0))
        for x, y in whiskers:
            assert not left < -x * wide < left + 7 * len("Alternative one") or (
                not 0.2 * high < middle < 0.8 * high
            )
            assert abs(middle - y * high) > 7


def test_a_name_that_stands_farther_off_has_a_line_to_its_point():
    rows = [(f"Alternative {n}", 5 + n / 10, 0.5, True) for n in range(6)]
    notes = figures.tradeoff_front(front(*rows)).layout.annotations
    assert [note.text for note in notes] == [name for name, *_ in rows]
    assert {note.showarrow for note in notes} == {True, False}
    assert all(note.ax and note.ay for note in notes if note.showarrow)


def test_the_steps_of_a_waterfall_add_up_to_the_lead():
    fig = figures.tradeoff_waterfall(FULL[figures.tradeoff_waterfall])
    assert sum(fig.data[0].x[:-1]) == pytest.approx(fig.data[0].x[-1])
    assert said(fig).startswith("A leads B by 0.150, most by cost")
    assert fig.data[0].marker.color[1] == TOKENS["light"]["alarm"]
    assert fig.data[0].marker.pattern.shape[1] == "/"


def test_a_lead_that_rounds_to_nothing_is_called_level():
    level = figures.tradeoff_waterfall(waterfall(cost=0.1, speed=-0.0999))
    assert said(level).startswith("A and B are level, what speaks for the first most is cost")


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        ((("a", 0.05, 0.2),), "No single input takes the lead from A"),
        ((("a", -0.05, 0.2), ("b", 0.05, 0.2)), "Only a can change the choice"),
        ((("a", -0.05, 0.2), ("b", -0.01, 0.2)), "Two of 2 inputs can change the choice, a most"),
    ],
)
def test_a_tornado_says_what_can_change_the_choice(rows, title):
    assert said(figures.tradeoff_tornado(tornado(*rows))).startswith(title)


def test_what_to_measure_names_the_most_worth_or_that_nothing_is():
    assert said(figures.tradeoff_worth(FULL[figures.tradeoff_worth])).startswith(
        "Measure cost of A next"
    )
    nothing = figures.tradeoff_worth(worth(("cost of A", 0.0001, 0.0)))
    assert said(nothing).startswith("Nothing is worth measuring")


@pytest.mark.parametrize("draw", ALL)
def test_names_are_no_markup(draw):
    frame = FULL[draw].replace({"A": "<b>A</b>", "cost of A": "<b>A</b>"})
    fig = draw(frame)
    fig.layout.meta = None  # never drawn: what a page may say in its own words
    assert "<b>A</b>" not in json.dumps(fig.to_plotly_json(), default=str)
    assert "&lt;b&gt;A" in json.dumps(fig.to_plotly_json(), default=str)


def test_inputs_worth_next_to_nothing_are_counted_not_drawn():
    fig = figures.tradeoff_worth(worth(("a", 0.03, 0.4), ("b", 0.0001, 0.0), ("c", 0.0, 0.0)))
    assert len(fig.data[0].x) == 1
    assert "+ 2 inputs worth less" in said(fig)


def test_a_narrow_figure_breaks_its_title_anew_and_keeps_its_plot():
    fig = figures.tradeoff_ranking(
        ranking(("A long name of one", 0.8, 0.55, 2), ("B", 0.7, 0.45, 1))
    )
    words, plot = said(fig), fig.layout.height - fig.layout.margin.t
    narrow = fitted(fig, 320)
    assert max(map(len, narrow.layout.title.text.split("<br>"))) <= 32
    assert narrow.layout.height - narrow.layout.margin.t == plot
    assert " ".join(said(narrow).split()) == " ".join(words.split())


def test_what_came_stands_under_what_was_predicted_in_the_shape_of_its_provenance():
    fig = figures.tradeoff_regret(regret(("A", 0.8), ("B", 0.7), ("C", 0.4)))
    predicted, came = fig.data
    assert list(predicted.x) == [0.4, 0.7, 0.8]
    assert predicted.marker.symbol == "circle-open"
    assert (list(came.x), came.marker.symbol) == ([0.6], "circle")
    assert came.error_x.array[0] == pytest.approx(0.05)
    assert came.y[0] == pytest.approx(1.8)
    notes = {note.hovertext: note.text for note in fig.layout.annotations}
    assert notes == {"A (taken)": "came \u22120.20", "B": "regret 0.10", "C": "no regret"}
    assert "A came to 0.10 less than B had predicted, within what was uncertain" in said(fig)
    assert "3 outcomes, observed: success" in said(fig)
    assert "reported figures were not seen here" in said(fig)


def test_a_regret_beyond_what_was_uncertain_is_not_excused_and_none_is_said():
    sure = figures.tradeoff_regret(regret(("A", 0.8), ("B", 0.9)))
    assert said(sure).startswith("A came to 0.30 less than B had predicted |")
    assert "no regret" in said(figures.tradeoff_regret(regret(("A", 0.8), ("B", 0.5))))
    assert "it had no rival" in said(figures.tradeoff_regret(regret(("A", 0.8))))


def test_made_up_outcomes_are_drawn_as_such_and_none_asks_for_one():
    fig = figures.tradeoff_regret(regret(("A", 0.8), ("B", 0.7), provenance="simulated"))
    assert fig.data[1].marker.symbol == "triangle-up-open"
    assert "simulated: made-up data" in said(fig)
    nothing = figures.tradeoff_regret(regret(("A", 0.8), ("B", 0.7), came=math.nan))
    assert "record_outcome" in nothing.layout.meta["sentence"]


def test_what_moves_the_lead_next_to_nothing_is_counted_not_drawn():
    rows = [("cost of A", -0.1, 0.3), ("cost of B", 0.1, 0.1), ("cost of C", 0.099, 0.101)]
    fig = figures.tradeoff_tornado(tornado(*rows))
    assert len(fig.data[0].x) == 1
    assert "+ 2 narrower inputs" in said(fig)
