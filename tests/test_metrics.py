"""Frames of a memory, held against events written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from archkit import metrics
from archkit.memory.journal import Draft
from archkit.memory.learning import beta_quantile
from archkit.memory.store import Store
from archkit.records import (
    Alternative,
    Decision,
    Measurement,
    Outcome,
    Pattern,
    Reported,
    Solution,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Rows:
    """What a frame needs of a memory, over a real store."""

    def __init__(self, folder: Path) -> None:
        self.store = Store(folder / "memory.duckdb", now=lambda: NOW)

    def sql(self, select: str, **params: Any) -> pd.DataFrame:
        return self.store.read(select, params or None)

    def record(self, kind: str, *payloads: Any, session_id: str | None = None) -> None:
        plain = [p if isinstance(p, dict) else p.as_payload() for p in payloads]
        drafts = [Draft(kind, p, session_id=p.get("session_id") or session_id) for p in plain]
        self.store.append(drafts)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Rows]:
    rows = Rows(tmp_path)
    yield rows
    rows.store.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    rows = Rows(tmp_path_factory.mktemp("empty"))
    yield rows
    rows.store.close()


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def decided(number: int, *, days: float, **fields: Any) -> Decision:
    return Decision(
        chosen=fields.pop("chosen", "DataLoader"),
        title=f"Choice {number}",
        decided_at=days_ago(days),
        session_id=f"session-{number}",
        decision_id=f"decision-{number}",
        **fields,
    )


def seen(number: int, *, days: float = 0, **fields: Any) -> Outcome:
    return Outcome(
        f"decision-{number}",
        observed_at=days_ago(days),
        outcome_id=fields.pop("outcome_id", f"outcome-{number}"),
        **fields,
    )


def measured(number: int, before: int, after: int, **fields: Any) -> Measurement:
    return Measurement(
        label="posts of users",
        queries_before=before,
        queries_after=after,
        pattern=fields.pop("pattern", "dataloader"),
        measured_at=days_ago(30 - number),
        measurement_id=f"measurement-{number}",
        **fields,
    )


DATALOADER = Pattern("dataloader", "DataLoader", area="performance", kind="n-plus-one")
JOINS = Pattern(
    "joins",
    "Joins",
    area="performance",
    kind="n-plus-one",
    status="active",
    reported=Reported(0.9, 10.0, "a card", {"query_reduction": 0.9}),
)


@pytest.mark.parametrize(("before", "after", "share"), [(120, 18, 0.85), (2, 2, 0), (4, 6, -0.5)])
def test_the_share_of_queries_a_change_did_away_with(before: int, after: int, share: float) -> None:
    assert metrics.query_reduction_share(before, after) == share


@pytest.mark.parametrize(("before", "after"), [(0, 0), (-1, 0), (1, -1)])
def test_a_share_of_no_queries_is_refused(before: int, after: int) -> None:
    with pytest.raises(ValueError, match="before must be positive"):
        metrics.query_reduction_share(before, after)


EMPTY = {
    metrics.pattern_evidence: "slug name area kind status success_rate low high n n_measured "
    "n_observed n_reported n_simulated provenance last_used_at a b in_tie_set n_from_future "
    "forecast_rate ci_prob",
    metrics.solutions: "slug signature name effective_rate low high n n_measured n_observed "
    "n_reported n_simulated provenance ci_prob",
    metrics.outcome_scores: "outcome_id decision_id title chosen kind decided_at observed_at "
    "horizon_days source provenance score value",
    metrics.query_measurements: "measurement_id slug name label n cache queries_before "
    "queries_after reduction_share rows_read before_ms after_ms source provenance measured_at "
    "decision_id",
    metrics.query_reduction: "slug name reduction_share low high median_share n requests "
    "queries_before queries_after reported_share cache provenance ci_prob",
    metrics.query_reduction_by_size: "slug name size reduction_share low high median_share n "
    "speed_up requests queries_before queries_after reported_share cache provenance ci_prob",
    metrics.outcome_debt: "decision_id title chosen decided_at due_at confidence overdue_days "
    "kind patterns choices_a_year cost_of_not_knowing cost_rank simulated",
    metrics.recent_outcomes: "slug name recent_rate recent_low recent_high recent_n earlier_rate "
    "earlier_low earlier_high earlier_n bayes_factor last_at provenance ci_prob",
    metrics.missing_outcomes: "slug name kind n n_missing n_overdue success_rate worst_rate "
    "best_rate low high provenance ci_prob",
    metrics.pattern_by_context: "slug name kind key value success_rate low high n provenance "
    "mean_y overall_rate overall_low overall_high overall_n overall_provenance strength ci_prob",
    metrics.context_reversals: "kind key values ahead ahead_rate ahead_low ahead_high ahead_n "
    "behind behind_rate behind_low behind_high behind_n probability warning ci_prob",
    metrics.success_by_month: "slug name kind what from_at until_at success_rate low high n "
    "provenance rate_before bayes_factor undone from_future n_pattern n_patterns ci_prob",
    metrics.context_slices: "slug name kind key value success_rate low high n provenance mean_y "
    "overall_rate overall_low overall_high overall_n overall_provenance strength ci_prob "
    "n_pattern warning n_keys",
    metrics.scores_by_horizon: "score horizon_days decision_id title chosen outcome_id value "
    "weight provenance age_days observed_at decided_at from_future",
    metrics.calibration_by_month: "from_at until_at n brier brier_low brier_high log_loss "
    "log_low log_high brier_of_mean provenance from_future ci_prob",
    metrics.decision_regret: "decision_id title kind chosen predicted runner_up "
    "runner_up_predicted regret_then value regret_now provenance decided_at observed_at",
    metrics.query_latency: "from_at until_at tool provenance n p50_ms p95_ms slowest_ms "
    "from_future",
    metrics.memory_events: "recorded_at action agent events bytes file sha256 reason detail "
    "undone_by event_id",
    metrics.learning_curve: "arm learned_from learned_low learned_high share low high n difference "
    "difference_low difference_high paired of provenance ci_prob",
    metrics.pace: "what from_at until_at n simulated reported provenance",
    metrics.success_by_agent: "agent sessions decisions outcomes success_rate low high n "
    "provenance ci_prob",
    metrics.step_shares: "n_step phase name done skipped done_share low high n skipped_since "
    "provenance ci_prob",
}


@pytest.mark.parametrize("frame_of", EMPTY, ids=lambda f: f.__name__)
def test_an_empty_memory_gives_an_empty_frame_with_its_columns(empty: Rows, frame_of: Any) -> None:
    frame = frame_of(empty)
    assert frame.empty
    assert list(frame) == EMPTY[frame_of].split()


def test_an_empty_memory_has_no_decisions_sessions_or_steps(empty: Rows) -> None:
    assert metrics.decisions(empty).empty
    assert metrics.sessions(empty).empty
    assert list(metrics.steps(empty, "none")) == [
        "n", "phase", "name", "status", "reason", "recorded_at",
    ]  # fmt: skip


def test_a_patterns_rate_is_its_posterior_with_counts_by_provenance(memory: Rows) -> None:
    memory.record("pattern", DATALOADER, JOINS)
    memory.record(
        "decision",
        *(decided(n, days=40, patterns=("dataloader",)) for n in range(4)),
    )
    memory.record(
        "outcome",
        seen(0, success=True),
        seen(1, success=False),
        seen(2, scores={"performance": 0.5, "cost": 1.0}, source="measured"),
    )
    frame = metrics.pattern_evidence(memory, ci_prob=0.8, now=NOW)
    assert list(frame["slug"]) == ["joins", "dataloader"]
    joins, loader = frame.to_dict("records")
    assert joins["provenance"] == "reported"
    assert (joins["n"], joins["n_reported"], joins["n_observed"]) == (10, 10, 0)
    assert pd.isna(joins["last_used_at"])
    assert (loader["a"], loader["b"]) == pytest.approx((1 + 0.8 * 1.75, 1 + 0.8 * 1.25))
    assert loader["success_rate"] == pytest.approx(loader["a"] / (loader["a"] + loader["b"]))
    assert loader["low"] == pytest.approx(beta_quantile(0.1, loader["a"], loader["b"]))
    assert loader["high"] == pytest.approx(beta_quantile(0.9, loader["a"], loader["b"]))
    assert (loader["n"], loader["n_observed"], loader["n_measured"]) == (3, 2, 1)
    assert loader["provenance"] == "measured + observed"
    assert loader["last_used_at"] == pd.Timestamp(days_ago(40))
    assert (loader["area"], loader["kind"], loader["ci_prob"]) == ("performance", "n-plus-one", 0.8)


def test_an_old_outcome_counts_less_and_a_later_look_replaces_it(memory: Rows) -> None:
    memory.record("pattern", DATALOADER)
    memory.record("decision", decided(1, days=400, patterns=("dataloader",)))
    memory.record("outcome", seen(1, days=180, success=True))
    a, b = metrics.pattern_evidence(memory, now=NOW)[["a", "b"]].iloc[0]
    assert (a, b) == pytest.approx((1.4, 1.0))
    memory.record("outcome", seen(1, days=0, success=False, outcome_id="later"))
    a, b = metrics.pattern_evidence(memory, now=NOW)[["a", "b"]].iloc[0]
    assert (a, b) == pytest.approx((1.0, 1.8))


def test_a_use_without_outcome_is_no_evidence(memory: Rows) -> None:
    memory.record("pattern", DATALOADER)
    memory.record("decision", decided(1, days=1, patterns=("dataloader",)))
    assert metrics.pattern_evidence(memory, now=NOW).empty


def test_simulated_evidence_says_so(memory: Rows) -> None:
    memory.record("pattern", JOINS)
    memory.record("decision", decided(1, days=9, patterns=("joins",)))
    memory.record("outcome", seen(1, days=-5, success=True, source="simulated"))
    row = metrics.pattern_evidence(memory, now=NOW).iloc[0]
    assert row["provenance"] == "reported + simulated"
    assert (row["n"], row["n_simulated"]) == (11, 1)


def test_the_status_is_what_a_pattern_counts_as(memory: Rows) -> None:
    memory.record("pattern", DATALOADER)
    for n in range(3):
        assert set(metrics.pattern_evidence(memory, now=NOW)["status"]) <= {"candidate"}
        memory.record("decision", decided(n, days=9, patterns=("dataloader",)))
        memory.record("outcome", seen(n, days=1, success=True))
    assert metrics.pattern_evidence(memory, now=NOW)["status"].tolist() == ["active"]
    said = {"slug": "dataloader", "status": "candidate", "reason": "not for us"}
    memory.record("pattern_status", said)
    assert metrics.pattern_evidence(memory, now=NOW)["status"].tolist() == ["candidate"]


def test_what_is_dated_after_the_present_is_counted_as_such(memory: Rows) -> None:
    memory.record("pattern", DATALOADER)
    memory.record("decision", decided(1, days=9, patterns=("dataloader",)))
    memory.record("outcome", seen(1, days=-5, success=True))
    row = metrics.pattern_evidence(memory, now=NOW).iloc[0]
    assert (row["n"], row["n_from_future"], row["a"]) == (1, 1, pytest.approx(1.8))


def test_the_tie_set_is_who_may_still_be_the_best(memory: Rows) -> None:
    sure = [Reported(rate, 60.0, "a card") for rate in (0.95, 0.94, 0.3)]
    memory.record("pattern", *(Pattern(f"p{n}", f"P{n}", reported=r) for n, r in enumerate(sure)))
    frame = metrics.pattern_evidence(memory, now=NOW)
    assert list(frame["in_tie_set"]) == [True, True, False]
    narrowed = metrics.with_tie_set(frame[frame["slug"] == "p2"])
    assert list(narrowed["in_tie_set"]) == [True]


def test_patterns_of_different_kinds_never_rule_each_other_out(memory: Rows) -> None:
    given = {"p0": (0.95, "reads"), "p1": (0.3, "reads"), "p2": (0.3, "sign-in"), "p3": (0.2, "")}
    memory.record(
        "pattern",
        *(
            Pattern(slug, slug, kind=kind, reported=Reported(rate, 60.0, "a card"))
            for slug, (rate, kind) in given.items()
        ),
    )
    frame = metrics.pattern_evidence(memory, now=NOW).set_index("slug")
    assert dict(frame["in_tie_set"]) == {"p0": True, "p1": False, "p2": True, "p3": True}
    together = metrics.with_tie_set(frame.drop(columns="kind"))
    assert list(together.loc[["p0", "p2"], "in_tie_set"]) == [True, False]


@pytest.mark.parametrize("ci_prob", [0, 1, 90])
def test_an_interval_that_is_none_is_refused(empty: Rows, ci_prob: float) -> None:
    with pytest.raises(ValueError, match="ci_prob must be between 0 and 1"):
        metrics.pattern_evidence(empty, ci_prob=ci_prob)


def test_scores_of_outcomes_come_one_a_row_oldest_first(memory: Rows) -> None:
    memory.record("decision", decided(1, days=40), decided(2, days=20))
    memory.record("outcome", seen(2, days=1, success=True), seen(1, days=9, scores={"cost": 0.5}))
    frame = metrics.outcome_scores(memory)
    assert list(zip(frame["title"], frame["score"], frame["value"], strict=True)) == [
        ("Choice 1", "cost", 0.5),
        ("Choice 2", "success", 1.0),
    ]
    assert frame["observed_at"].tolist() == [pd.Timestamp(days_ago(9)), pd.Timestamp(days_ago(1))]
    assert str(frame["decided_at"].dt.tz) == "UTC"


FIVE = [(101, 2), (51, 2), (21, 2), (11, 2), (3, 2)]


def test_queries_saved_are_pooled_not_averaged(memory: Rows) -> None:
    memory.record("measurement", *(measured(n, *pair) for n, pair in enumerate(FIVE)))
    (row,) = metrics.query_reduction(memory).to_dict("records")
    assert row["reduction_share"] == pytest.approx(1 - 10 / 187)
    assert row["median_share"] == pytest.approx(1 - 2 / 21)
    assert (row["n"], row["queries_before"], row["queries_after"]) == (5, 187, 10)
    assert 0.8 < row["low"] < row["reduction_share"] < row["high"] < 0.99
    assert row["provenance"] == "measured"
    assert pd.isna(row["reported_share"])


def test_one_measurement_has_no_interval(memory: Rows) -> None:
    memory.record("measurement", measured(1, 120, 18))
    (row,) = metrics.query_reduction(memory).to_dict("records")
    assert row["reduction_share"] == pytest.approx(0.85)
    assert pd.isna(row["low"])
    assert pd.isna(row["high"])


def test_a_bootstrap_is_the_same_every_time(memory: Rows) -> None:
    memory.record("measurement", *(measured(n, *pair) for n, pair in enumerate(FIVE)))
    first, second = metrics.query_reduction(memory), metrics.query_reduction(memory)
    pd.testing.assert_frame_equal(first, second)


def test_reported_and_simulated_savings_never_join_counted_ones(memory: Rows) -> None:
    memory.record("pattern", JOINS)
    memory.record(
        "measurement",
        measured(1, 10, 5, pattern="joins"),
        measured(2, 10, 1, pattern="joins", source="simulated"),
        measured(3, 10, 4, pattern=None),
    )
    frame = metrics.query_reduction(memory)
    columns = ["slug", "name", "provenance", "reduction_share", "reported_share"]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None).to_numpy().tolist()
    assert rows == [
        ["joins", "Joins", "simulated", pytest.approx(0.9), 0.9],
        ["posts of users", "posts of users", "measured", pytest.approx(0.6), None],
        ["joins", "Joins", "measured", pytest.approx(0.5), 0.9],
        ["joins", "Joins", "reported", 0.9, 0.9],
    ]
    assert frame["n"].isna().tolist() == [False, False, False, True]


def test_one_request_counted_again_has_no_interval(memory: Rows) -> None:
    again = (measured(n, 120, 18, n=50) for n in range(5))
    memory.record("measurement", *again, measured(7, 120, 18, n=50, pattern="joins"))
    first, _ = metrics.query_reduction(memory).to_dict("records")
    assert (first["n"], first["requests"]) == (5, 1)
    assert pd.isna(first["low"])
    memory.record("measurement", measured(6, 20, 18, n=5))
    row = metrics.query_reduction(memory).set_index("slug").loc["dataloader"]
    assert (row["n"], row["requests"], row["low"]) == (6, 2, pytest.approx(0.1))


def test_a_cache_is_never_pooled_cold_and_warm(memory: Rows) -> None:
    memory.record(
        "measurement",
        measured(1, 60, 3, n=10, cache="cold"),
        measured(2, 60, 0, n=10, cache="warm"),
        measured(3, 60, 6, n=10),
    )
    frame = metrics.query_reduction(memory).set_index("cache")
    assert frame["reduction_share"].to_dict() == pytest.approx({"warm": 1, "cold": 0.95, "": 0.9})
    saved = metrics.headline(memory)["queries_saved"]
    assert (saved["value"], saved["n"]) == (pytest.approx(1 - 9 / 120), 2)


def test_queries_saved_by_size_stand_beside_what_is_reported(memory: Rows) -> None:
    memory.record("pattern", JOINS)
    memory.record(
        "measurement",
        measured(1, 61, 7, n=10, pattern="joins", before_ms=20.0, after_ms=10.0),
        measured(2, 601, 61, n=100, pattern="joins"),
        measured(3, 301, 1, n=100, pattern="joins", before_ms=90.0, after_ms=10.0),
        measured(4, 61, 1, n=10, pattern="joins", source="simulated"),
        measured(5, 61, 1, pattern="joins"),
    )
    frame = metrics.query_reduction_by_size(memory)
    columns = ["slug", "provenance", "size", "n", "requests", "speed_up", "reported_share"]
    rows = frame[columns].astype(object).where(frame[columns].notna(), None).to_numpy().tolist()
    assert rows == [
        ["joins", "measured", 10, 1, 1, 2.0, 0.9],
        ["joins", "measured", 100, 2, 1, 9.0, 0.9],
        ["joins", "simulated", 10, 1, 1, None, 0.9],
    ]
    shares = [1 - 7 / 61, 1 - 62 / 902, 1 - 1 / 61]
    assert frame["reduction_share"].tolist() == pytest.approx(shares)
    assert frame["low"].isna().all()


def test_measurements_come_one_a_row(memory: Rows) -> None:
    memory.record("measurement", measured(1, 120, 18, n=50), measured(2, 0, 0))
    frame = metrics.query_measurements(memory)
    assert frame["n"].tolist()[0] == 50
    assert frame["reduction_share"].isna().tolist() == [False, True]
    assert metrics.query_reduction(memory)["n"].tolist() == [1]


def test_decisions_come_newest_first_with_their_latest_outcome(memory: Rows) -> None:
    alternatives = (Alternative("joins"), Alternative("cache"))
    memory.record("decision", decided(1, days=40, alternatives=alternatives), decided(2, days=2))
    memory.record("outcome", seen(1, days=9, success=True))
    frame = metrics.decisions(memory)
    assert list(frame["title"]) == ["Choice 2", "Choice 1"]
    assert list(frame.loc[1, "alternatives"]) == ["joins", "cache"]
    assert frame["outcomes"].tolist() == [0, 1]
    assert frame["last_value"].isna().tolist() == [True, False]
    assert frame["due_at"].tolist()[0] == pd.Timestamp(days_ago(2 - 30))


def test_outcome_debt_is_what_nobody_looked_at_most_overdue_first(memory: Rows) -> None:
    memory.record("decision", *(decided(n, days=d) for n, d in enumerate((10, 45, 90))))
    memory.record("outcome", seen(2, success=True))
    frame = metrics.outcome_debt(memory, NOW)
    assert frame["decision_id"].tolist() == ["decision-1", "decision-0"]
    assert frame["overdue_days"].tolist() == pytest.approx([15, -20])


def test_sessions_and_their_steps(memory: Rows) -> None:
    memory.record(
        "session_started", {"brief": "Stop N+1", "title": "Posts", "model": "m"}, session_id="s"
    )
    for n, status in ((2, "skipped"), (1, "done")):
        step = {"n": n, "phase": "before", "name": "Query", "status": status, "reason": "r"}
        memory.record("step", step, session_id="s")
    (held,) = metrics.sessions(memory).to_dict("records")
    assert (held["title"], held["status"], held["turns"]) == ("Posts", "open", 0)
    assert held["started_at"] == pd.Timestamp(NOW)
    assert metrics.steps(memory, "s")[["n", "status"]].to_numpy().tolist() == [
        [1, "done"],
        [2, "skipped"],
    ]
    assert metrics.steps(memory, "other").empty


def test_solutions_have_a_rate_with_its_interval(memory: Rows) -> None:
    solution = Solution("pool", "pool exhausted", "Size the pool", reported=Reported(1.0, 9.0))
    memory.record("solution", solution)
    memory.record("solution_use", {"slug": "pool", "effective": False, "applied": ""})
    (row,) = metrics.solutions(memory).to_dict("records")
    a, b = 1 + 0.8 * 0.8 * 9, 1 + 0.8
    assert row["effective_rate"] == pytest.approx(a / (a + b))
    assert (row["n"], row["n_observed"], row["n_reported"]) == (10, 1, 9)
    assert row["provenance"] == "observed + reported"
    assert row["signature"] == "pool exhausted"


def test_an_empty_headline_knows_nothing_and_says_so(empty: Rows) -> None:
    tiles = metrics.headline(empty, NOW)
    assert tiles["decisions"] == {"value": 0, "with_outcome": 0, "simulated": 0}
    assert tiles["success_rate"] == {
        "value": None,
        "low": None,
        "high": None,
        "n": 0,
        "provenance": "none",
    }
    assert tiles["queries_saved"]["value"] is None
    assert tiles["queries_saved"]["n"] == 0
    assert tiles["outcome_debt"] == {
        "value": 0,
        "overdue": 0,
        "oldest": None,
        "oldest_days": None,
    }
    nothing = dict.fromkeys(("value", "open", "with_children", "priced", "priced_simulated"), 0)
    assert tiles["sessions"] == {**nothing, "offline": 0, "cost_usd": None}


def test_a_reported_outcome_is_not_in_the_headlines_success_rate(memory: Rows) -> None:
    memory.record("decision", decided(0, days=40), decided(1, days=40))
    memory.record("outcome", seen(0, success=False), seen(1, success=True, source="reported"))
    rate = metrics.headline(memory, NOW)["success_rate"]
    assert (rate["n"], rate["provenance"]) == (1, "observed")
    assert rate["value"] < 0.5


def test_the_headline_counts_only_what_happened_here(memory: Rows) -> None:
    memory.record("pattern", JOINS)
    memory.record("decision", *(decided(n, days=40 + n) for n in range(3)))
    memory.record("outcome", seen(0, success=True))
    memory.record("measurement", measured(1, 10, 5), measured(2, 30, 3))
    tiles = metrics.headline(memory, NOW)
    assert tiles["decisions"] == {"value": 3, "with_outcome": 1, "simulated": 0}
    assert tiles["success_rate"]["value"] == pytest.approx(1.8 / 2.8)
    assert tiles["success_rate"]["low"] == pytest.approx(float(beta_quantile(0.05, 1.8, 1)))
    assert (tiles["success_rate"]["n"], tiles["success_rate"]["provenance"]) == (1, "observed")
    assert tiles["queries_saved"]["value"] == pytest.approx(0.8)
    assert tiles["queries_saved"]["median"] == pytest.approx(0.7)
    assert tiles["outcome_debt"]["overdue"] == 2
    assert tiles["outcome_debt"]["oldest"] == "decision-2"
    assert tiles["outcome_debt"]["oldest_days"] == pytest.approx(12)
