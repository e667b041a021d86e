import math

import pytest

from archkit.memory.evidence import Evidence
from archkit.memory.shelf import Shelf
from archkit.records import LADDER, Condition, Pattern, utc_now

NOW = utc_now()


def pattern(slug, **fields):
    told = {"kind": "cache", "summary": "keep answers", "problem": "slow reads", "status": "active"}
    return Pattern(slug, slug.title(), **(told | fields))


def shelf(*patterns, **uses):
    """A shelf whose patterns have successes and failures, as in `a=(3, 1)`."""
    rows = [
        (slug, float(good), 1, "team", NOW, f"{slug} {n} {good}")
        for slug, (won, lost) in uses.items()
        for good, count in ((1, won), (0, lost))
        for n in range(count)
    ]
    return Shelf(patterns, Evidence.from_rows(rows, now=NOW))


@pytest.fixture
def ranking():
    ladder = dict.fromkeys(LADDER, 3)
    patterns = (
        pattern("a", context={"data": "big", "reads": 90}, ladder=ladder),
        pattern("b", context={"data": "small"}),
        pattern("c", when_not=(Condition("not for big data", {"data": "big"}),)),
        pattern("d", kind="index"),
    )
    found = shelf(*patterns, a=(9, 1), b=(8, 1), c=(1, 0), d=(1, 0))
    return found.query("slow reads", {"data": "big", "reads": 90}, horizon=3)


def test_the_score_is_the_product_of_its_columns(ranking):
    frame = ranking.explain().frame
    product = frame["relevance"] * frame["context_factor"] * frame["quantile"]
    assert frame["score"].tolist() == pytest.approx(product.tolist())
    fits = frame[["fit_data", "fit_reads"]].mean(axis=1)
    assert frame["context_fit"].tolist() == pytest.approx(fits.tolist())
    assert set(frame["q"]) == {0.75}
    assert set(frame["horizon"]) == {3.0}


def test_every_term_is_a_column_and_every_row_says_why(ranking):
    frame = ranking.explain().frame.set_index("slug")
    assert frame.loc["a", ["place", "why", "ladder_testability"]].tolist() == [
        1,
        "first by score",
        3,
    ]
    assert frame.loc["b", "why"] == "cannot be told from the best"
    assert frame.loc["c", "why"] == "not here: not for big data"
    assert frame.loc["d", "why"] == "for another choice"
    assert math.isnan(frame.loc["b", "ladder_testability"])
    assert frame.loc["a", "effective_uses"] == pytest.approx(0.8 * 10)
    assert frame.loc["a", "success_rate"] == pytest.approx(
        frame.loc["a", "a"] / (frame.loc["a", "a"] + frame.loc["a", "b"])
    )
    assert sorted(frame["rank_by_score"]) == [1, 2, 3, 4]


def test_the_verdict_says_rule_tie_and_probability(ranking):
    told = ranking.explain()
    assert told.verdict.startswith("A is first by score; ")
    assert "cannot be told apart by their evidence (below 0.90)" in told.verdict
    chance = told.frame.set_index("slug").loc["b", "p_first_better"]
    assert f"P(it works better): than B {chance:.2f}." in told.verdict
    assert told.verdict in repr(told)
    assert told.verdict in ranking._repr_html_()
    assert "<table" in told._repr_html_()


def test_a_clear_winner_is_said_to_be_clear():
    ranking = shelf(pattern("a"), pattern("b"), a=(60, 0), b=(5, 40)).query("slow reads")
    assert "the evidence tells it from all others" in ranking.explain().verdict
    assert ranking.explain().frame["why"].tolist()[1:] == ["retired: not recommended unattended"]


def test_without_evidence_nothing_is_said_to_work_better():
    ranking = shelf(pattern("a"), pattern("b")).query("slow reads")
    told = ranking.explain()
    assert told.verdict.endswith("there is no evidence of how well it works.")
    assert told.frame["p_first_better"].isna().all()
    one = shelf(pattern("a"), pattern("b"), a=(3, 0)).query("slow reads")
    assert "nothing with evidence answers the same question" in one.explain().verdict


def test_where_nothing_can_be_recommended_the_verdict_says_so():
    ranking = shelf(pattern("a", status="retired")).query("slow reads")
    assert ranking.explain().verdict == ("Nothing is recommended: no pattern can be recommended.")
    empty = shelf(pattern("a")).query("quantum chromodynamics")
    assert empty.explain().verdict == "Nothing is recommended: nothing matches."
    assert empty.explain().frame.empty


def test_what_is_shown_is_escaped():
    html = shelf(pattern("a", kind="<b>x</b>"), a=(1, 0)).query("slow reads").explain()
    assert "<b>" not in html._repr_html_()
