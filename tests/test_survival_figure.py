"""The figure of how long decisions hold says its finding, its n, and what is not known."""

from __future__ import annotations

import pandas as pd
import pytest

from archkit import figures
from archkit.figures.style import TOKENS


def curve(group="all decisions", steps=((400, 1, 0), (900, 2, 1), (1500, 0, 3)), **given):
    """Make a curve of (day, ended, censored) as `metrics.decision_survival` gives it."""
    n = sum(ended + censored for _, ended, censored in steps)
    rows, at_risk, rate = [{"days": 0.0, "survival_rate": 1.0, "at_risk": n}], n, 1.0
    for day, ended, censored in steps:
        rate *= 1 - ended / at_risk
        row = {"days": float(day), "survival_rate": rate, "at_risk": at_risk}
        rows.append(row | {"ended": ended, "censored": censored})
        at_risk -= ended + censored
    frame = pd.DataFrame(rows).fillna({"ended": 0, "censored": 0})
    frame["low"] = (frame["survival_rate"] - 0.2).clip(lower=0)
    frame["high"] = (frame["survival_rate"] + 0.1).clip(upper=1)
    frame["worst_rate"] = frame["best_rate"] = frame["survival_rate"]
    whole = {"group": group, "n": n, "n_ended": sum(step[1] for step in steps)}
    whole |= {"n_left_out": 0, "n_unknown_end": 0, "n_partly": 0, "n_git": 0}
    whole |= {"median_days": float("nan"), "median_low": 500.0, "median_high": float("nan")}
    whole |= {"first_at": pd.Timestamp("2020-01-01", tz="UTC")}
    whole |= {"last_at": pd.Timestamp("2026-06-01", tz="UTC")}
    whole |= {"provenance": "reported", "ci_prob": 0.9}
    return frame.assign(**(whole | given))


MANY = ((100, 2, 0), (700, 4, 2), (1461, 3, 4), (2000, 0, 5))


def said(fig):
    text = f"{fig.layout.title.text} | {fig.layout.title.subtitle.text}"
    return text.replace("<br>", " ").replace("\u202f", " ")


def notes(fig):
    return [note.text for note in fig.layout.annotations]


def named(fig, name):
    return next(trace for trace in fig.data if trace.name == name)


@pytest.mark.parametrize(
    ("frame", "title"),
    [
        (curve(steps=((50, 0, 9),)), "Not one end is dated among 9 decisions"),
        (curve(), "Only three of 7 decisions ended: too few to say how long"),
        (curve(steps=MANY), "52 % of the decisions hold longer than 5.5 years"),
        (curve(steps=MANY, median_days=1000.0), "Half of the decisions ended within 2.7 years"),
        (curve(steps=MANY, median_days=45.0), "Half of the decisions ended within 45 days"),
        (
            pd.concat([curve("a", MANY), curve("b", MANY)]),
            "How long do decisions hold, group by group?",
        ),
    ],
)
def test_the_title_says_how_long_or_why_not(frame, title):
    assert said(figures.decision_survival(frame)).startswith(title)


def test_the_subtitle_says_n_span_and_what_is_missing():
    frame = curve(steps=MANY, n_left_out=4, n_unknown_end=2, n_git=3)
    frame = frame.assign(worst_rate=0.3, best_rate=0.45)
    text = said(figures.decision_survival(frame))
    assert "20 decisions, 9 ended" in text
    assert "after 5.5 years 32–62 % hold" in text
    assert "2 more ends undated: 30–45 % with these" in text
    assert "January 2020 to June 2026 · 3 dated by a commit only · 4 records left out" in text
    assert "read from decision records, not seen here" in text


def test_the_curve_is_steps_inside_a_band():
    fig = figures.decision_survival(curve())
    line = named(fig, "all decisions")
    assert (line.line.shape, line.line.color) == ("hv", TOKENS["light"]["reported"])
    assert line.x == (0, 400, 900, 1500)
    assert named(fig, "high").fillcolor == TOKENS["light"]["reported_band"]
    assert named(fig, "low").y == pytest.approx((0.8, 6 / 7 - 0.2, 4 / 7 - 0.2, 4 / 7 - 0.2))
    assert "90 % interval 66–96 %" in line.hovertext[1].replace("\u202f", " ")
    assert "7 followed until then: 1 ended" in line.hovertext[1]


def test_ends_and_last_looks_have_marks_of_their_own():
    fig = figures.decision_survival(curve(), theme="dark")
    ended, seen = named(fig, "ended"), named(fig, "last seen")
    assert (ended.x, ended.marker.symbol) == ((400, 900), "diamond-open")
    assert (seen.x, seen.marker.symbol) == ((900, 1500), "line-ns")
    assert ended.marker.color == TOKENS["dark"]["reported"]
    assert "ended (reported)" in said(fig)
    assert "still held when last seen" in said(fig)


def test_below_stands_how_many_were_followed_so_long():
    fig = figures.decision_survival(curve(steps=MANY))
    assert fig.layout.xaxis.ticktext == ("0", "1", "2", "3", "4", "5")
    assert notes(fig) == ["20", "18", "12", "12", "12", "5", "followed"]
    assert fig.layout.xaxis.title.text == "years since the decision"
    beyond = pd.concat([curve("a", MANY), curve("b", ((100, 0, 3),))])
    assert notes(figures.decision_survival(beyond))[-8:-2] == ["3", "0", "0", "0", "0", "0"]


@pytest.mark.parametrize(
    ("longest", "unit", "ticks"),
    [
        (0, "day", ("0",)),
        (3, "day", ("0", "1", "2", "3")),
        (90, "day", ("0", "20", "40", "60", "80")),
        (600, "month", ("0", "5", "10", "15")),
        (12000, "year", ("0", "10", "20", "30")),
    ],
)
def test_the_axis_has_few_round_ages(longest, unit, ticks):
    fig = figures.decision_survival(curve(steps=((longest, 0, 2),)))
    assert fig.layout.xaxis.title.text == f"{unit}s since the decision"
    assert fig.layout.xaxis.ticktext == ticks


def test_groups_stand_below_each_other_on_one_axis_and_say_how_sure_they_are():
    sizes = {f"group {n}": MANY for n in range(5)} | {"few": ((10, 1, 2),)}
    frame = pd.concat([curve(name, steps) for name, steps in sizes.items()], ignore_index=True)
    fig = figures.decision_survival(frame)
    assert "+ 2 groups not drawn" in said(fig)
    tops = [fig.layout[axis].domain[1] for axis in ("yaxis", "yaxis2", "yaxis3", "yaxis4")]
    assert tops == sorted(tops, reverse=True)
    assert len({tuple(fig.layout[axis].range) for axis in ("xaxis", "xaxis2", "xaxis4")}) == 1
    assert fig.layout.xaxis4.showticklabels
    assert not fig.layout.xaxis.showticklabels
    two = pd.concat([curve("a & <b>", MANY, median_days=800.0), curve("few", ((10, 1, 2),))])
    heads = [text for text in notes(figures.decision_survival(two)) if text.startswith("<b>")]
    assert heads == [
        "<b>a &amp; &lt;b&gt;</b>  n 20, 9 ended, half within 2.2 years (1.4 or more)",
        "<b>few</b>  n 3, 1 ended, too few to say more",
    ]


def test_a_long_curve_stays_drawable():
    frame = curve(steps=[(day, 1, 0) for day in range(1, 6000)])
    fig = figures.decision_survival(frame)
    assert max(len(trace.x) for trace in fig.data) <= 1000


def test_an_empty_frame_names_the_next_step():
    fig = figures.decision_survival(curve().iloc[:0])
    assert "read_adrs(folder)" in fig.layout.meta["sentence"]
