"""Frames of what a memory went through: rates, scores and forecasts over time, and its health."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from archkit import metrics
from archkit.memory.learning import beta_quantile
from archkit.memory.lifecycle import learn, undo_epoch
from archkit.memory.memory import Memory
from archkit.records import FOCUS_AREAS, Alternative, Decision, Outcome, Pattern

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture
def memory(tmp_path) -> Iterator[Memory]:
    with Memory(tmp_path / "m.duckdb", agent="ann", library=False, now=lambda: NOW) as held:
        held.record_pattern(
            Pattern("jwt", "JWT", area="security", kind="sign-in", status="candidate")
        )
        held.record_pattern(
            Pattern("saml", "SAML", area="security", kind="sign-in", status="active")
        )
        yield held


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def decided(memory: Memory, slug: str, days: float, **fields) -> Decision:
    given = {"title": f"{slug} {days}", "patterns": (slug,), "decided_at": days_ago(days)}
    return memory.record_decision(Decision(slug, **(given | fields)))


def used(memory: Memory, slug: str, days: float, success: bool, **fields) -> None:
    source = fields.pop("source", "team")
    made = decided(memory, slug, days + 5, **fields)
    memory.record_outcome(made, success=success, source=source, observed_at=days_ago(days))


class TestSuccessByMonth:
    def test_a_month_counts_the_outcomes_seen_in_it_without_decay(self, memory):
        used(memory, "jwt", 40, True)
        used(memory, "jwt", 41, False)
        used(memory, "jwt", 42, True)
        used(memory, "jwt", 3, True)
        frame = metrics.success_by_month(memory, now=NOW)
        months = frame[frame["what"] == "month"]
        assert [str(at)[:10] for at in months["from_at"]] == ["2026-05-01", "2026-06-01"]
        assert [str(at)[:10] for at in months["until_at"]] == ["2026-06-01", "2026-07-01"]
        a, b = 1 + 0.8 * 2, 1 + 0.8
        assert months["success_rate"].tolist() == pytest.approx([a / (a + b), 1.8 / 2.8])
        assert months["low"].iloc[0] == pytest.approx(float(beta_quantile(0.05, a, b)))
        assert months["n"].tolist() == [3, 1]
        assert set(months["provenance"]) == {"observed"}

    def test_the_last_eight_stand_as_of_the_end_of_each_month(self, memory):
        for n in range(9):
            used(memory, "jwt", 50 - n, n != 0)  # April 26 to May 4
        used(memory, "jwt", 3, False)
        last = metrics.success_by_month(memory, now=NOW).query("what == 'last'")
        assert last["n"].tolist() == [5, 8, 8]
        a, b = 1 + 0.8 * 7, 1 + 0.8  # seven good ones and the last
        assert last["success_rate"].iloc[-1] == pytest.approx(a / (a + b))
        assert str(last["until_at"].iloc[-1])[:10] == "2026-06-12"

    def test_an_alarm_is_a_row_of_its_own_and_says_if_it_was_taken_back(self, memory):
        for n in range(20):
            used(memory, "jwt", 60 - 2 * n, n < 12)
        used(memory, "saml", 3, True)
        learn(memory)
        frame = metrics.success_by_month(memory, now=NOW, top=1)
        [epoch] = frame[frame["what"] == "epoch"].to_dict("records")
        assert epoch["slug"] == "jwt"
        assert not epoch["undone"]
        assert epoch["success_rate"] < 0.3 < 0.7 < epoch["rate_before"]
        assert epoch["bayes_factor"] > 20
        assert frame["n_patterns"].iloc[0] == 2
        assert set(frame["slug"]) == {"jwt"}, "what changed comes first"
        undo_epoch(memory, "jwt", reason="a broken probe")
        frame = metrics.success_by_month(memory, now=NOW)
        assert frame.query("what == 'epoch'")["undone"].tolist() == [True]

    def test_what_is_dated_after_now_says_so(self, memory):
        used(memory, "jwt", -40, True, source="simulated")
        assert metrics.success_by_month(memory, now=NOW)["from_future"].all()

    def test_one_may_ask_for_patterns_by_name(self, memory):
        used(memory, "jwt", 3, True)
        used(memory, "saml", 3, True)
        frame = metrics.success_by_month(memory, patterns=["saml", "not there"], now=NOW)
        assert set(frame["slug"]) == {"saml"}


def test_slices_of_a_reversed_pair_carry_the_warning_and_come_first(memory):
    made, seen = [], []
    for slug, tenancy, good, bad in (
        ("jwt", "single", 9, 1),
        ("jwt", "multi", 1, 4),
        ("saml", "single", 9, 0),
        ("saml", "multi", 5, 9),
    ):
        for n in range(good + bad):
            context = {"tenancy": tenancy} | ({"team": "small"} if not made else {})
            made.append(Decision(slug, kind="sign-in", patterns=(slug,), context=context))
            seen.append(Outcome(made[-1].decision_id, success=n < good, observed_at=NOW))
    memory._record(*made)
    memory._record(*seen)
    frame = metrics.context_slices(memory, now=NOW)
    assert set(frame["key"]) == {"tenancy"}
    assert list(dict.fromkeys(frame["slug"])) == ["jwt", "saml"]
    assert frame["warning"].str.contains("worse for each of").all()
    assert frame["n_keys"].unique().tolist() == [2]
    assert dict(zip(frame["slug"], frame["n_pattern"], strict=True)) == {"jwt": 15, "saml": 23}
    other = metrics.context_slices(memory, "team", now=NOW)
    assert other["warning"].tolist() == [""]
    assert metrics.context_slices(memory, "moon", now=NOW).empty


class TestScoresByHorizon:
    def test_a_look_counts_for_the_nearest_horizon_and_a_missing_one_is_a_gap(self, memory):
        made = decided(memory, "jwt", 200)
        memory.record_outcome(
            made, scores={"speed": 0.9}, horizon_days=28, observed_at=days_ago(170)
        )
        memory.record_outcome(
            made, scores={"speed": 0.7}, horizon_days=33, observed_at=days_ago(166)
        )
        young = decided(memory, "jwt", 40)
        memory.record_outcome(young, scores={"speed": 0.5}, observed_at=days_ago(5))
        frame = metrics.scores_by_horizon(memory, now=NOW)
        told = frame[["horizon_days", "decision_id", "value"]].fillna(-1).to_numpy().tolist()
        assert told == [
            [30, made.decision_id, 0.7],  # the later of two looks
            [30, young.decision_id, 0.5],  # 35 days after, by its date
            [90, made.decision_id, -1],  # due, and nobody looked; the year is not over
        ]
        assert frame["age_days"].tolist()[:2] == [33, 35]
        assert frame["provenance"].tolist() == ["observed"] * 3
        assert not frame["from_future"].any()

    def test_horizons_are_ascending_days(self, memory):
        for wrong in ((), (30, 30), (0, 5), (90, 30)):
            with pytest.raises(ValueError, match="horizons are days"):
                metrics.scores_by_horizon(memory, wrong, now=NOW)

    def test_what_was_seen_after_now_says_so(self, memory):
        made = decided(memory, "jwt", 10)
        ahead = {"source": "simulated", "observed_at": days_ago(-25)}
        memory.record_outcome(made, success=True, **ahead)
        assert metrics.scores_by_horizon(memory, now=NOW)["from_future"].tolist() == [True]


def test_forecasts_are_scored_by_the_month_in_which_it_showed(memory):
    for days, stated, success in ((45, 0.8, True), (44, 0.6, False), (3, 0.9, True)):
        used(memory, "jwt", days, success, confidence=stated)
    frame = metrics.calibration_by_month(memory, now=NOW)
    assert [str(at)[:7] for at in frame["from_at"]] == ["2026-05", "2026-06"]
    assert frame["n"].tolist() == [2, 1]
    assert frame["brier"].tolist() == pytest.approx([(0.04 + 0.36) / 2, 0.01])
    assert frame["log_loss"].iloc[1] == pytest.approx(0.10536, abs=1e-5)
    assert frame["brier_of_mean"].tolist() == pytest.approx([0.25, 0])
    assert frame["brier_low"].iloc[0] <= 0.2 <= frame["brier_high"].iloc[0]
    assert pd.isna(frame["brier_low"].iloc[1]), "one forecast has no interval"
    assert not frame["from_future"].any()


def test_regret_holds_what_came_against_what_the_runner_up_promised(memory):
    rivals = (Alternative("SAML", predicted=0.7), Alternative("keys", predicted=0.3))
    made = [
        decided(memory, "jwt", 20 - n, confidence=stated, alternatives=rivals)
        for n, stated in enumerate((0.9, 0.6, 0.8))
    ]
    memory.record_outcome(made[0], success=True)
    memory.record_outcome(made[1], success=False)
    frame = metrics.decision_regret(memory)
    assert frame["decision_id"].tolist() == [made[n].decision_id for n in (1, 0, 2)]
    assert frame["regret_now"].tolist()[:2] == pytest.approx([0.7, -0.3])
    assert frame["regret_then"].tolist() == pytest.approx([0.1, -0.2, -0.1])
    assert pd.isna(frame["value"].iloc[2])
    assert frame["provenance"].tolist() == ["observed", "observed", "none"]
    assert set(frame["runner_up"]) == {"SAML"}


def test_coverage_counts_patterns_by_what_they_count_as(memory):
    for n in range(3):
        used(memory, "jwt", 3 + n, True, session_id=f"s{n}")
    frame = metrics.focus_coverage(memory, now=NOW)
    assert frame["area"].tolist() == list(FOCUS_AREAS)
    [row] = frame[frame["area"] == "security"].to_dict("records")
    assert (row["active"], row["candidate"], row["retired"]) == (2, 0, 0)
    assert (row["used"], row["decisions"], row["simulated"]) == (1, 3, 0)
    assert row["provenance"] == "observed"
    assert frame["decisions"].sum() == 3


def test_size_is_told_by_agent_with_its_limit(memory):
    used(memory, "jwt", 3, True, agent="ann")
    [row] = metrics.memory_size(memory).to_dict("records")
    assert row["agent"] == "ann"
    assert 0 < row["used_bytes"] < row["limit_bytes"] == 120 * 1_048_576
    assert row["share"] == pytest.approx(row["used_bytes"] / row["limit_bytes"])
    assert (row["archived_events"], row["provenance"]) == (0, "observed")


def test_latency_is_of_the_calls_in_sessions_that_went_well(memory):
    calls = [("query_patterns", ms, False) for ms in (1.0, 2.0, 3.0, 40.0)]
    calls += [("query_patterns", 900.0, True), ("Read", 5.0, False)]
    for n, (tool, ms, failed) in enumerate(calls):
        said = {"n": n, "tool_use_id": f"t{n}", "tool": tool, "input": {}, "output": "x"}
        said |= {"is_error": failed, "refused": False, "duration_ms": ms}
        memory.append("tool_call", said, session_id="s")
    [row] = metrics.query_latency(memory, now=NOW + timedelta(days=1)).to_dict("records")
    assert (row["tool"], row["n"], row["p50_ms"], row["slowest_ms"]) == (
        "query_patterns",
        4,
        2.5,
        40,
    )
    assert row["p50_ms"] < row["p95_ms"] < row["slowest_ms"]
    assert str(row["from_at"])[:10] == "2026-06-15"
    assert not row["from_future"]


def test_steps_are_counted_with_the_commonest_reason_to_skip(memory):
    for session, status, reason in (
        ("a", "done", "two asked"),
        ("b", "skipped", "no outcome yet"),
        ("c", "skipped", "no outcome yet"),
        ("d", "skipped", "turned off"),
    ):
        step = {"n": 9, "phase": "After", "name": "Record", "status": status, "reason": reason}
        memory.append("step", step, session_id=session)
    [row] = metrics.step_shares(memory).to_dict("records")
    assert (row["n_step"], row["done"], row["skipped"], row["n"]) == (9, 1, 3, 4)
    assert row["low"] < row["done_share"] == 0.25 < row["high"]
    assert row["skipped_since"] == "no outcome yet"
    assert row["provenance"] == "observed"
