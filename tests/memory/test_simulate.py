"""A made-up year follows from its seed, is marked everywhere, and its truth can be found again."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from archkit import figures, metrics, write_report
from archkit.errors import StoreError
from archkit.memory.memory import Memory
from archkit.memory.simulate import simulate
from archkit.memory.truth import CONTEXTS, draw_truth
from archkit.records import Decision, Pattern, Solution

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SLUGS = {"sign-in": ["jwt", "sessions", "keys"], "schema": ["wide", "tall"]}


def patterns_of(slugs=SLUGS):
    return [
        Pattern(slug=slug, name=slug.title(), kind=kind, status="active")
        for kind, members in slugs.items()
        for slug in members
    ]


def small(folder, slugs=SLUGS):
    memory = Memory(folder / "archkit.duckdb", library=False, now=lambda: NOW)
    for pattern in patterns_of(slugs):
        memory.record_pattern(pattern)
    memory.record_solution(Solution("deadlock", "deadlock detected"))
    return memory


def test_a_measured_request_says_how_many_items_it_asked_for(year):
    memory, _ = year
    counted = memory.sql("SELECT n, queries_before, source FROM query_measurement")
    assert counted["n"].between(5, counted["queries_before"]).all()
    assert counted["n"].nunique() > 3
    frame = metrics.query_reduction_by_size(memory)
    assert frame["n"].sum() == len(counted)
    assert set(frame["provenance"]) == set(counted["source"]) == {"simulated"}
    assert "simulated" in figures.query_reduction_by_size(frame).layout.meta["subtitle"]


def steady(rates):
    """Truth that never changes and is the same in every context."""
    rows = [
        ("pattern", slug, kind, tenancy, pd.Timestamp("2025-11-01", tz="UTC"), rates[slug], 0.8)
        for kind, members in SLUGS.items()
        for slug in members
        for tenancy in CONTEXTS
    ]
    names = ["what", "slug", "kind", "tenancy", "valid_from", "success_rate", "saved_share"]
    return pd.DataFrame(rows, columns=names)


def events(memory):
    return memory.sql(
        "SELECT event_id, recorded_at, writer, seq, kind, payload FROM event "
        "WHERE starts_with(event_id, 'sim') ORDER BY event_id"
    )


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    with small(tmp_path_factory.mktemp("year")) as memory:
        truth = simulate(memory, sessions=300, seed=7, now=NOW)
        yield memory, truth


def test_one_seed_gives_one_year(year, tmp_path):
    memory, truth = year
    with small(tmp_path / "again") as again, small(tmp_path / "other") as other:
        pd.testing.assert_frame_equal(truth, simulate(again, sessions=300, seed=7, now=NOW))
        pd.testing.assert_frame_equal(events(memory), events(again))
        simulate(other, sessions=300, seed=8, now=NOW)
        assert set(events(memory)["event_id"]).isdisjoint(events(other)["event_id"])


def test_the_same_year_is_not_written_twice(tmp_path):
    with small(tmp_path) as memory:
        simulate(memory, sessions=10, seed=7, now=NOW)
        before = len(events(memory))
        simulate(memory, sessions=10, seed=7, now=NOW)
        assert len(events(memory)) == before
        simulate(memory, sessions=10, seed=9, now=NOW)
        assert len(events(memory)) > before


def test_nothing_in_it_is_taken_for_observed(year, tmp_path):
    memory, _ = year
    evidence = metrics.pattern_evidence(memory, now=NOW)
    assert set(evidence["provenance"]) == {"simulated"}
    assert evidence[["n_observed", "n_measured", "n_reported"]].to_numpy().sum() == 0
    assert set(metrics.outcome_scores(memory)["provenance"]) == {"simulated"}
    assert set(metrics.query_measurements(memory)["provenance"]) == {"simulated"}
    assert set(metrics.solutions(memory)["provenance"]) == {"simulated"}
    assert metrics.decisions(memory)["title"].str.startswith("Simulated: ").all()
    assert metrics.sessions(memory)["title"].str.startswith("Simulated: ").all()
    assert set(metrics.decision_regret(memory)["provenance"]) <= {"simulated", "none"}
    assert set(metrics.session_costs(memory)["provenance"]) == {"simulated"}
    assert set(metrics.query_latency(memory, now=NOW)["provenance"]) == {"simulated"}
    assert set(metrics.step_shares(memory)["provenance"]) == {"simulated"}
    assert set(metrics.cost_by_month(memory)["model"]) == {"simulated"}
    assert memory.sql("SELECT text FROM message_log")["text"].str.startswith("Simulated: ").all()
    own = memory.sql("SELECT event_id FROM event WHERE agent <> 'library' AND project <> ''")
    assert own["event_id"].str.startswith("sim").all()
    assert memory.query("", kind="sign-in")[0].provenance == "simulated"
    lessons = memory.sql("SELECT text FROM lesson")["text"]
    assert len(lessons) and lessons.str.startswith("Simulated: ").all()
    page = write_report(memory, tmp_path / "report.html", now=NOW).read_text("utf-8")
    assert "in this memory are <strong>simulated</strong>" in page


def test_figures_over_it_say_so_and_draw_hollow_triangles(year):
    memory, _ = year
    drawn = {
        "success": figures.success_by_pattern(metrics.pattern_evidence(memory, now=NOW)),
        "trend": figures.outcomes_over_time(metrics.outcome_scores(memory)),
        "queries": figures.query_reduction(metrics.query_reduction(memory)),
        "steps": figures.session_steps(metrics.step_shares(memory)),
    }
    for fig in drawn.values():
        assert "simulated" in fig.layout.title.subtitle.text
        marks = {trace.marker.symbol for trace in fig.data if trace.mode == "markers"}
        assert marks == {"triangle-up-open"}
    regret = figures.regret_by_decision(metrics.decision_regret(memory))
    assert "simulated" in regret.layout.title.subtitle.text
    assert not {"circle", "square"} & {trace.marker.symbol for trace in regret.data}


def test_sessions_are_told_turn_by_turn_and_their_decisions_weighed(year):
    memory, _ = year
    costs = metrics.session_costs(memory)
    assert costs["turns"].between(4, 12).all()
    assert costs["cost_usd"].between(0.01, 3).all()
    assert costs["unpriced_turns"].sum() > 0
    before = memory.sql(
        "SELECT d.decision_id FROM decision d JOIN message_log m USING (session_id) "
        "WHERE m.recorded_at >= d.decided_at"
    )
    assert before.empty
    without = memory.sql(
        "SELECT s.session_id, count(t.tool) AS asked FROM session s LEFT JOIN tool_call_log t "
        "ON t.session_id = s.session_id AND t.tool IN ('query_patterns', 'find_solution') "
        "WHERE NOT s.aml_enabled GROUP BY s.session_id"
    )
    assert 30 < len(without) < 90
    assert without["asked"].sum() == 0
    steps = metrics.step_shares(memory).set_index("n_step")
    assert list(steps.index) == list(range(1, 13))
    assert steps["n"].eq(300).all()
    assert steps["done"][1] == 300 - len(without)
    regret = metrics.decision_regret(memory)
    assert regret["runner_up_predicted"].between(0, 1).all()
    assert 0 < (regret["regret_then"] > 0).mean() < 0.6
    assert (regret["runner_up"] != regret["chosen"]).all()


def test_only_so_many_sessions_of_a_large_year_are_told_turn_by_turn(tmp_path, monkeypatch):
    monkeypatch.setattr("archkit.memory.made_up._TALKED", 10)
    with small(tmp_path) as memory:
        simulate(memory, sessions=45, now=NOW)
        costs = metrics.session_costs(memory)
    assert len(costs) == 45
    assert (costs["turns"] > 0).sum() == 9


def test_looks_are_several_late_and_missing(year):
    memory, _ = year
    looks = memory.sql("SELECT decision_id, outcomes FROM decision_log")["outcomes"]
    assert set(looks) == {0, 1, 2, 3}
    late = memory.sql(
        "SELECT date_diff('day', d.decided_at, o.observed_at) - o.horizon_days AS days "
        "FROM outcome o JOIN decision d USING (decision_id)"
    )["days"]
    assert late.min() >= 0 and late.max() > 20
    assert memory.sql("SELECT count(*) n FROM outcome WHERE success IS NULL")["n"][0] > 0
    assert memory.sql("SELECT max(observed_at) m FROM outcome")["m"][0] < pd.Timestamp("2026-11-01")
    for kind in ("lesson", "solution_use", "measurement"):
        assert (events(memory)["kind"] == kind).any()


def test_every_row_speaks_of_something_that_is_there(year):
    memory, _ = year
    assert memory.sql("SELECT * FROM orphan").empty


def test_records_read_back_whole(year):
    memory, _ = year
    decision_id = memory.sql("SELECT min(decision_id) d FROM decision")["d"][0]
    decision = memory.decision(decision_id)
    assert isinstance(decision, Decision)
    assert decision.decision_id == decision_id
    assert decision.context["tenancy"] in CONTEXTS
    assert {a.pattern for a in decision.alternatives}.isdisjoint(decision.patterns)


def test_a_rebuild_gives_the_same_rows(year):
    memory, _ = year
    before = memory.sql("SELECT * FROM pattern_evidence ORDER BY use_id")
    memory._store.rebuild()
    after = memory.sql("SELECT * FROM pattern_evidence ORDER BY use_id")
    pd.testing.assert_frame_equal(before, after)


def test_the_given_truth_is_found_again_within_its_intervals(tmp_path):
    rates = {"jwt": 0.9, "sessions": 0.6, "keys": 0.35, "wide": 0.75, "tall": 0.5}
    with small(tmp_path) as memory:
        simulate(memory, sessions=600, seed=3, now=NOW, truth=steady(rates))
        found = metrics.pattern_evidence(memory, now=NOW, ci_prob=0.99).set_index("slug")
    assert set(found.index) == set(rates)
    for slug, rate in rates.items():
        assert found["low"][slug] < rate < found["high"][slug]
        assert found["n"][slug] > 20


def test_intervals_hold_the_drawn_truth_as_often_as_they_say(tmp_path):
    slugs = {f"kind-{n}": [f"p{n}-{k}" for k in range(4)] for n in range(40)}
    truth = draw_truth(slugs, seed=5, now=NOW)
    first = truth.drop_duplicates("slug").set_index("slug")["success_rate"]
    truth = truth.assign(success_rate=truth["slug"].map(first))
    with small(tmp_path, slugs) as memory:
        simulate(memory, sessions=0, uses=6_000, seed=5, now=NOW, truth=truth)
        found = metrics.pattern_evidence(memory, now=NOW).set_index("slug")
    assert len(found) == 160
    inside = first[found.index].between(found["low"], found["high"])
    assert 0.87 <= inside.mean() <= 0.99


def test_a_drawn_truth_has_drift_and_contexts():
    slugs = {f"kind-{n}": [f"p{n}-{k}" for k in range(4)] for n in range(20)}
    truth = draw_truth(slugs, ["s"], seed=1, now=NOW)
    patterns = truth[truth["what"] == "pattern"]
    spans = patterns.groupby(["slug", "tenancy"]).size()
    assert set(spans) == {1, 2} and 0.1 < (spans == 2).mean() < 0.4
    rates = patterns.drop_duplicates(["slug", "tenancy"]).groupby("slug")["success_rate"]
    assert 0.15 < (rates.nunique() == 2).mean() < 0.45
    assert truth["success_rate"].between(0, 1).all()


def test_what_really_happened_is_not_mixed_in_unasked(tmp_path):
    with small(tmp_path) as memory:
        made = memory.record_decision(Decision("jwt", kind="sign-in", patterns=("jwt",)))
        memory.record_outcome(made, success=True)
        with pytest.raises(StoreError, match="1 decisions, 1 outcomes"):
            simulate(memory, sessions=5, now=NOW)
        assert events(memory).empty
        simulate(memory, sessions=5, now=NOW, mix=True)
        evidence = metrics.pattern_evidence(memory, now=NOW).set_index("slug")
        assert evidence["n_observed"].sum() == 1
        assert "observed" in evidence["provenance"]["jwt"]


def test_bulk_uses_need_no_session(tmp_path):
    told = []
    with small(tmp_path) as memory:
        simulate(memory, sessions=3, uses=500, now=NOW, progress=lambda *n: told.append(n))
        assert memory.sql("SELECT count(y) n FROM pattern_evidence")["n"][0] >= 500
    assert told == [(3, 503), (503, 503)]


def test_a_path_will_do_and_brings_the_library(tmp_path):
    truth = simulate(tmp_path / "own.duckdb", sessions=2, now=NOW)
    assert (tmp_path / "own.duckdb").exists()
    assert {"pattern", "solution"} == set(truth["what"])


def test_nothing_to_choose_between_is_said(tmp_path):
    with (
        Memory(tmp_path / "a.duckdb", library=False) as memory,
        pytest.raises(StoreError, match="nothing to choose between"),
    ):
        simulate(memory, sessions=1, now=NOW)


def test_negative_sizes_are_wrong_arguments(tmp_path):
    with pytest.raises(ValueError, match="cannot be negative"):
        simulate(tmp_path / "a.duckdb", sessions=-1)


def test_a_truth_that_cannot_be_is_a_wrong_argument(tmp_path):
    truth = steady(dict.fromkeys(("jwt", "sessions", "keys", "wide", "tall"), 0.5))
    with small(tmp_path) as memory:
        for wrong, words in (
            (truth.drop(columns="kind"), "lacks the columns kind"),
            (truth.assign(tenancy="some"), "tenancy must be one of"),
            (truth.assign(success_rate=1.2), "a rate 0 to 1"),
        ):
            with pytest.raises(ValueError, match=words):
                simulate(memory, sessions=1, now=NOW, truth=wrong)
        with pytest.raises(StoreError, match="moon"):
            simulate(memory, sessions=1, now=NOW, truth=truth.assign(slug="moon"))
        with pytest.raises(ValueError, match="no time zone"):
            simulate(memory, sessions=1, now=NOW.replace(tzinfo=None))
        assert events(memory).empty


def test_what_was_taken_out_does_not_come_back(tmp_path):
    with small(tmp_path) as memory:
        simulate(memory, sessions=5, now=NOW)
        gone = memory.sql("SELECT min(event_id) e FROM event WHERE kind = 'outcome'")["e"][0]
        memory.append("forgotten", {"withholds": {"event_id": [gone]}})
        withheld = memory.sql("SELECT event_id FROM withheld_event")["event_id"].tolist()
        simulate(memory, sessions=5, now=NOW)
        left = set(events(memory)["event_id"])
    assert withheld == [gone]
    assert gone not in left
