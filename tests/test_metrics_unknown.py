"""What is not known yet, and how well patterns work by context."""

from datetime import UTC, datetime, timedelta

import pytest

from archkit import metrics
from archkit.memory.drafts import draft_of
from archkit.memory.lifecycle import learn
from archkit.memory.memory import Memory
from archkit.records import Decision, Outcome, Pattern, Reported

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def memory(tmp_path):
    with Memory(tmp_path / "m.duckdb", library=False, now=lambda: NOW) as memory:
        for slug in ("a", "b", "c"):
            memory.record_pattern(
                Pattern(slug, slug.upper(), kind="cache", problem="slow reads", status="active")
            )
        yield memory


def decided(memory, *slugs, y=None, days=60, kind="cache", **context):
    made = Decision("it", kind=kind, patterns=slugs, context=context, decided_at=NOW - days * DAY)
    records = [made]
    if y is not None:
        records.append(Outcome(made.decision_id, scores={"it": float(y)}, observed_at=NOW))
    memory._held.append([draft_of(record) for record in records])
    return made.decision_id


def test_missing_outcomes_bound_the_rate_from_both_sides(memory):
    for y in (1, 1, 0):
        decided(memory, "a", y=y)
    decided(memory, "a")
    decided(memory, "a", days=1)
    decided(memory, "b")
    decided(memory, "c", y=1)
    frame = metrics.missing_outcomes(memory, now=NOW, learning_rate=1.0).set_index("slug")
    assert sorted(frame.index) == ["a", "b"]
    a = frame.loc["a"]
    assert (a["n"], a["n_missing"], a["n_overdue"]) == (3, 2, 1)
    assert (a["success_rate"], a["worst_rate"], a["best_rate"]) == pytest.approx(
        (3 / 5, 3 / 7, 5 / 7)
    )
    assert a["low"] < a["worst_rate"] < a["best_rate"] < a["high"]
    b = frame.loc["b"]
    assert (b["n"], b["worst_rate"], b["best_rate"]) == pytest.approx((0, 1 / 3, 2 / 3))


def test_the_costliest_debt_is_what_would_tell_most_about_a_choice_that_comes_often(memory):
    for _ in range(20):
        decided(memory, "a", y=1)
    known = decided(memory, "a", days=400)
    unknown = decided(memory, "b", days=40)
    rare = decided(memory, "c", kind="queue", days=50)
    nothing = decided(memory, days=45)
    young = decided(memory, "c", days=1)
    frame = metrics.outcome_debt(memory, NOW).set_index("decision_id")
    assert frame.index.tolist() == [known, rare, nothing, unknown, young]
    costliest = frame["cost_rank"].dropna().sort_values().index.tolist()
    assert costliest[0] == unknown
    assert set(costliest) == {unknown, rare, known}
    often = frame.loc[unknown, "choices_a_year"]
    assert (often, frame.loc[rare, "choices_a_year"]) == (23, 1)
    cost = frame["cost_of_not_knowing"]
    assert cost[unknown] == pytest.approx(often * cost[rare])
    assert cost[known] < cost[unknown] / 20
    assert frame.loc[[nothing, young], "cost_rank"].isna().all()
    assert frame.loc[nothing, "patterns"] == []


def paradox(memory):
    """Surgery a is better for each size of stone, b overall: b got the small ones."""
    for slug, size, won, lost in (
        ("a", "Small", 9, 0), ("a", "large", 20, 10), ("b", "small", 26, 4), ("b", "large", 5, 5),
    ):  # fmt: skip
        for y in [1] * won + [0] * lost:
            decided(memory, slug, y=y, size=size, clients=["web", "mobile"])


def test_a_slice_is_shrunk_towards_the_overall_rate_and_says_so(memory):
    for y in [1] * 12:
        decided(memory, "a", y=y, tenancy="single")
    for y in (0, 0, 1):
        decided(memory, "a", y=y, tenancy="multi", clients=["web", "mobile"])
    frame = metrics.pattern_by_context(memory, now=NOW).set_index(["key", "value"])
    multi, single = frame.loc[("tenancy", "multi")], frame.loc[("tenancy", "single")]
    assert (multi["n"], single["n"], multi["overall_n"]) == (3, 12, 15)
    assert multi["mean_y"] < multi["success_rate"] < multi["overall_rate"]
    assert multi["low"] < multi["success_rate"] < multi["high"]
    assert multi["provenance"] == "observed"
    assert 2 <= multi["strength"] <= 32
    assert frame.loc[("clients", "web"), "n"] == frame.loc[("clients", "mobile"), "n"] == 3
    reply = memory.query("slow reads", {"tenancy": "multi"}).reply(
        slices=metrics.pattern_by_context(memory, now=NOW)
    )
    assert f"In this context: tenancy = multi: {multi['success_rate']:.0%} success" in reply
    assert "n 3 observed (overall" in reply
    slices = metrics.pattern_by_context(memory, now=NOW)
    told = memory.query("slow reads", {"tenancy": "multi"}).explain(slices).frame
    assert told.set_index("slug").loc["a", "in_context"].startswith("tenancy = multi: ")
    assert told.set_index("slug").loc["b", "in_context"] == ""


def test_the_order_of_two_patterns_reversed_in_every_context_is_a_warning(memory):
    paradox(memory)
    [row] = metrics.context_reversals(memory, now=NOW).to_dict("records")
    assert (row["kind"], row["key"], row["values"]) == ("cache", "size", ["large", "small"])
    assert (row["ahead"], row["behind"]) == ("b", "a")
    assert row["ahead_rate"] > row["behind_rate"]
    assert row["ahead_low"] < row["ahead_rate"] < row["ahead_high"]
    assert (row["ahead_n"], row["behind_n"]) == (40, 39)
    told = metrics.context_reversals(memory, now=NOW)
    ranking = memory.query("slow reads", {"size": "large"})
    assert f"**Beware:** {row['warning']}." in ranking.reply(reversals=told)
    assert "**Beware:**" not in memory.query("slow reads").reply(reversals=told)


def test_reported_figures_are_in_no_slice(memory):
    memory.record_pattern(Pattern("r", "R", kind="cache", reported=Reported(0.9, 30, "card")))
    decided(memory, "r", y=1, tenancy="multi")
    [row] = metrics.pattern_by_context(memory, now=NOW).to_dict("records")
    assert (row["n"], row["overall_n"], row["provenance"]) == (1, 31, "observed")


def test_a_forecast_leans_on_the_area_once_twenty_patterns_of_it_have_outcomes(memory):
    for n in range(19):
        slug = f"p{n}"
        memory._held.append([draft_of(Pattern(slug, slug, area="scaling", kind="cache"))])
        for y in (1, 1, 1, 0) if n else (0, 0, 0, 1):
            decided(memory, slug, y=y)
    frame = metrics.pattern_evidence(memory, now=NOW)
    assert frame["forecast_rate"].isna().all()
    memory._held.append([draft_of(Pattern("new", "New", area="scaling", kind="cache"))])
    decided(memory, "new", y=1)
    frame = metrics.pattern_evidence(memory, now=NOW).set_index("slug")
    assert frame.loc["new", "forecast_rate"] > frame.loc["new", "success_rate"]
    assert frame.loc["p0", "forecast_rate"] > frame.loc["p0", "success_rate"]


def test_the_last_eight_outcomes_stand_beside_the_earlier_ones(memory):
    for day, y in enumerate([1] * 12 + [0] * 8):
        use = {"slug": "a", "y": y, "used_at": (NOW - (30 - day) * DAY).isoformat()}
        memory.append("pattern_use", use)
    memory.append("pattern_use", {"slug": "b", "y": 1, "used_at": (NOW - DAY).isoformat()})
    a, b = metrics.recent_outcomes(memory, learning_rate=1.0).to_dict("records")
    assert (a["slug"], a["recent_n"], a["earlier_n"]) == ("a", 8, 12)
    assert (a["recent_rate"], a["earlier_rate"]) == pytest.approx((1 / 10, 13 / 14))
    assert a["recent_high"] < a["earlier_low"]
    assert a["bayes_factor"] > 20
    assert (b["recent_n"], b["earlier_n"], b["provenance"]) == (1, 0, "observed")
    assert b["earlier_rate"] != b["earlier_rate"]
    learn(memory)
    again = metrics.recent_outcomes(memory).set_index("slug").loc["a"]
    assert (again["recent_n"], again["earlier_n"]) == (8, 0)


def test_an_outcome_of_a_source_nobody_knows_hides_no_other(memory):
    for n, source in enumerate(["team", "hearsay"]):
        use = {"slug": "a", "y": 1, "source": source, "used_at": (NOW - n * DAY).isoformat()}
        memory.append("pattern_use", use)
    decided(memory, "a", y=1, tenancy="multi")
    assert metrics.pattern_evidence(memory, now=NOW)["n"].tolist() == [2]
    assert metrics.recent_outcomes(memory)["recent_n"].tolist() == [2]
    assert metrics.pattern_by_context(memory, now=NOW)["n"].tolist() == [1]
    assert learn(memory).empty
