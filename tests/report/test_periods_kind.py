"""Two periods compared: what is counted where, what is told apart from chance, and the page."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from report_text import visible

from archkit import figures, metrics
from archkit.memory.beta import beta_quantile
from archkit.memory.exchange import export
from archkit.memory.exchange_import import import_
from archkit.memory.memory import Memory
from archkit.memory.snapshot import snapshot
from archkit.metrics.scope import Scope
from archkit.records import Decision, Measurement, Outcome, Pattern
from archkit.report.kinds import kind_named
from archkit.report.page import as_page

NOW = datetime(2026, 11, 1, tzinfo=UTC)
MID = datetime(2026, 7, 1, tzinfo=UTC)
START = datetime(2026, 3, 1, tzinfo=UTC)
SLUGS = ("falls", "gone", "new")
GIVEN = {"before": (START, MID), "after": (MID, NOW)}


def decided(at: datetime, slug: str, success: bool | None) -> tuple[Decision, Outcome | None]:
    """Return a decision, and what was seen of it ten days later."""
    facts = {"chosen": slug, "kind": "reads", "patterns": (slug,), "agent": "ann"}
    decision = Decision(**facts, confidence=0.8, decided_at=at)
    if success is None:
        return decision, None
    scores, seen = {"performance": 0.9 if success else 0.2}, at + timedelta(days=10)
    look = Outcome(decision.decision_id, success=success, scores=scores, observed_at=seen)
    return decision, look


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    """A pattern that worked and fell, one that was given up, one that came."""
    folder = tmp_path_factory.mktemp("periods")
    days = [timedelta(days=n) for n in range(20)]
    work = [decided(START + day, "falls", n != 3) for n, day in enumerate(days)]
    work += [decided(MID + day, "falls", n == 3) for n, day in enumerate(days)]
    work += [decided(START + day, "gone", True) for day in days[:3]]
    work += [decided(MID + day, "new", None if n else True) for n, day in enumerate(days[:3])]
    counted = [
        Measurement(f"r{n}", 100, after + n, pattern="falls", measured_at=at)
        for at, after in ((START, 30), (MID, 10))
        for n in range(6)
    ]
    with Memory(folder / "a.duckdb", library=False) as memory:
        memory._record(*[Pattern(slug, slug.title(), kind="reads") for slug in SLUGS])
        memory._record(*[decision for decision, _ in work])
        memory._record(*[look for _, look in work if look is not None])
        memory._record(*counted)
        yield memory


def compared(memory: Memory, **given: object):
    kind = kind_named("periods")
    with snapshot(memory) as state:
        return kind.read(state, NOW, **kind.values(given))


def page_of(memory: Memory, **given: object) -> str:
    return as_page(kind_named("periods").write(compared(memory, **given)))


@pytest.fixture(scope="module")
def contents(memory):
    return compared(memory, **GIVEN)


def test_a_clear_fall_is_told_apart_with_its_interval(contents):
    rows = contents.changes.set_index("measure")
    well = rows.loc["decisions that turned out well"]
    assert (well["before_n"], well["after_n"]) == (23, 21)
    # 22 of 23 and 2 of 21 succeeded: Beta(23, 2) and Beta(3, 20).
    assert well["before_value"] == pytest.approx(23 / 25)
    assert well["after_value"] == pytest.approx(3 / 23)
    low0, high0 = beta_quantile(np.array([0.05, 0.95]), 23, 2)
    low1, high1 = beta_quantile(np.array([0.05, 0.95]), 3, 20)
    below = np.hypot(3 / 23 - low1, high0 - 23 / 25)
    above = np.hypot(high1 - 3 / 23, 23 / 25 - low0)
    assert well["low"] == pytest.approx(well["change"] - below)
    assert well["high"] == pytest.approx(well["change"] + above)
    assert well["told_apart"]
    assert well["provenance"] == "observed"
    assert rows.loc["queries saved", "change"] == pytest.approx(0.2)
    assert rows.loc["miss of the forecasts (Brier)", "less_is_better"]
    looked = rows.loc["decisions looked at in time"]
    assert (looked["before_n"], looked["after_n"]) == (23, 23)
    assert looked["low"] < 0 < looked["high"]
    assert not looked["told_apart"]
    assert "score: performance" in rows.index


def test_a_pattern_is_compared_where_both_periods_have_outcomes(contents):
    rows = contents.patterns.set_index("slug")
    assert contents.patterns["slug"].iloc[0] == "falls"
    assert rows.loc["falls", "told_apart"]
    assert (rows.loc["falls", "before_n"], rows.loc["falls", "after_n"]) == (20, 20)
    assert pd.isna(rows.loc["gone", "change"])
    assert pd.isna(rows.loc["new", "before_value"])
    assert rows.loc["new", "after_n"] == 1


def test_what_came_and_what_was_given_up_is_told_once(contents, memory):
    news = contents.news.set_index("slug")
    assert news["news"].to_dict() == {"new": "first used", "gone": "no longer used"}
    assert news.loc["new", "at"] == MID
    assert (news.loc["gone", "n_before"], news.loc["gone", "n_after"]) == (3, 0)
    part = Scope(agent="nobody").of(memory)
    assert metrics.pattern_news(part, (START, MID), (MID, NOW)).empty


def test_what_is_outside_both_periods_counts_in_neither(memory):
    found = compared(memory, before=(START, START + timedelta(days=12)), after=(MID, NOW))
    rows = found.changes.set_index("measure")
    # Observed ten days later: two of "falls" and two of "gone" lie in the first.
    assert found.heads[0]["decisions"]["value"] == 15
    assert rows.loc["score: performance", "before_n"] == 4
    assert found.patterns.set_index("slug").loc["falls", "before_n"] == 2


def test_a_steady_habit_of_looking_is_no_change_however_old_the_decisions(tmp_path):
    days = [timedelta(days=3 * n) for n in range(40)]
    made = [
        Decision(chosen="p", patterns=("p",), agent="ann", decided_at=start + day)
        for start in (START, MID)
        for day in days
    ]
    looks = [
        Outcome(each.decision_id, success=first, observed_at=each.decided_at + timedelta(days=late))
        for n, each in enumerate(made)
        # Four of five are looked at when they are due, well; and failed once more much later.
        for late, first in ((30, True), (100, False))
        if n % 5 and each.decided_at + timedelta(days=late) <= NOW
    ]
    with Memory(tmp_path / "a.duckdb", library=False) as memory:
        memory._record(Pattern("p", "P"), *made)
        memory._record(*looks)
        found = compared(memory, **GIVEN)
    rows = found.changes.set_index("measure")
    looked = rows.loc["decisions looked at in time"]
    assert looked["before_n"] == 40
    assert 15 < looked["after_n"] < 40, "those whose time is not over are left out"
    assert abs(looked["change"]) < 0.05
    assert not looked["told_apart"]
    well = rows.loc["decisions that turned out well"]
    assert well["before_value"] > 0.9
    assert not well["told_apart"]


def test_a_habit_that_never_fails_is_no_change_however_few_the_later_ones(tmp_path):
    days = [timedelta(days=n / 2) for n in range(150)]
    made = [decided(START + day, "p", True) for day in days]
    made += [decided(MID + day, "p", True) for day in days[:3]]
    with Memory(tmp_path / "a.duckdb", library=False) as memory:
        memory._record(Pattern("p", "P"), *[decision for decision, _ in made])
        memory._record(*[look for _, look in made if look is not None])
        found = compared(memory, **GIVEN)
    rows = found.changes.set_index("measure")
    for name in ("decisions that turned out well", "decisions looked at in time"):
        assert (rows.loc[name, "before_n"], rows.loc[name, "after_n"]) == (150, 3)
        assert rows.loc[name, "after_high"] == 1
        assert not rows.loc[name, "told_apart"]
    [pattern] = found.patterns.to_dict("records")
    assert pattern["after_high"] == 1
    assert not pattern["told_apart"]


def test_what_was_decided_elsewhere_is_never_called_observed(tmp_path):
    made = [decided(START + timedelta(days=n), "p", True) for n in range(3)]
    with Memory(tmp_path / "there" / "a.duckdb", library=False) as memory:
        memory._record(Pattern("p", "P"), *[decision for decision, _ in made])
        memory._record(*[look for _, look in made if look is not None])
        export(memory, tmp_path / "handed")
    with Memory(tmp_path / "here" / "a.duckdb", library=False) as memory:
        import_(memory, tmp_path / "handed", dry_run=False)
        rows = compared(memory, **GIVEN).changes.set_index("measure")
    assert len(rows) > 2
    assert set(rows["provenance"]) == {"reported"}


def test_two_forecasts_that_came_true_do_not_make_the_miss_a_clear_change(tmp_path):
    made = [decided(START + timedelta(days=n), "p", n % 3 > 0) for n in range(30)]
    made += [decided(MID + timedelta(days=n), "p", True) for n in range(2)]
    counted = [
        Measurement(f"r{n}", 100, after + n, measured_at=at)
        for at, after in ((START, 50), (MID, 10))
        for n in range(2)
    ]
    with Memory(tmp_path / "a.duckdb", library=False) as memory:
        memory._record(Pattern("p", "P"), *[decision for decision, _ in made], *counted)
        memory._record(*[look for _, look in made if look is not None])
        rows = compared(memory, **GIVEN).changes.set_index("measure")
    for name, n in (("miss of the forecasts (Brier)", 2), ("queries saved", 2)):
        assert rows.loc[name, "after_n"] == n
        assert rows.loc[name, ["after_low", "after_high", "low", "high"]].isna().all()
        assert not rows.loc[name, "told_apart"]


def test_forecasts_that_all_came_the_same_say_nothing_of_how_the_miss_varies(tmp_path):
    made = [decided(START + timedelta(days=n), "p", n % 3 > 0) for n in range(30)]
    made += [decided(MID + timedelta(days=n), "p", True) for n in range(6)]
    with Memory(tmp_path / "a.duckdb", library=False) as memory:
        memory._record(Pattern("p", "P"), *[decision for decision, _ in made])
        memory._record(*[look for _, look in made if look is not None])
        rows = compared(memory, **GIVEN).changes.set_index("measure")
    miss = rows.loc["miss of the forecasts (Brier)"]
    assert miss["after_value"] == pytest.approx(0.04)
    assert pd.isna(miss["after_low"])
    assert not miss["told_apart"]


def test_few_measurements_are_never_a_clear_change(tmp_path):
    with Memory(tmp_path / "a.duckdb", library=False) as memory:
        memory.record_pattern(Pattern("p", "P"))
        for at, after in ((START, 50), (MID, 10)):
            for n in range(2):
                memory.record_measurement(
                    Measurement(f"r{n}", 100, after + n, pattern="p", measured_at=at)
                )
        found = compared(memory, **GIVEN).queries
    assert found["change"].iloc[0] == pytest.approx(0.4)
    assert found["low"].iloc[0] > 0
    assert not found["told_apart"].iloc[0]


def test_a_sessions_median_has_an_interval_from_five_on(tmp_path):
    with Memory(tmp_path / "a.duckdb", library=False) as memory:
        for n in (0, 0, 1, 1, 2, 3, 5):
            filed = {"session_id": f"s-{len(memory.recent(99))}", "agent": "ann"}
            memory.append("session_started", {"brief": "b", "client": "api"}, **filed)
            for turn in range(n + 1):
                said = {"n": turn, "role": "assistant", "text": "t", "input_tokens": 1000}
                memory.append("message", said | {"output_tokens": 0}, **filed)
        now = datetime.now(UTC) + timedelta(days=1)
        part = Scope(since=now - timedelta(days=2), until=now).of(memory)
        rows = metrics.period_sessions(part, part).set_index("measure")
        sure = metrics.period_sessions(part, part, ci_prob=0.999)
    assert rows.loc["turns", "before_n"] == 7
    assert rows.loc["turns", "before_value"] == 2
    assert rows.loc["turns", "before_low"] < 2 < rows.loc["turns", "before_high"]
    assert rows.loc["turns", "change"] == 0
    assert not rows["told_apart"].any()
    assert "US dollars" not in rows.index
    # The least and the greatest of seven hold the median with 98 %: 99.9 % is more than they can.
    assert sure["before_low"].isna().all()


def test_the_page_says_both_values_the_change_and_whether_it_is_clear(memory):
    page = page_of(memory, **GIVEN)
    text = visible(page)
    assert "ann · before: 1 Mar 2026 – 30 Jun 2026 (122 days) · after: 1 Jul 2026 – 31 Oct" in text
    assert "Decisions 23 → 23" in text
    assert re.search(
        r"Success rate 92 % → 13 % −79 points \(90 % interval −\d+ to −\d+\); n 23", text
    )
    assert "Queries saved 68 % → 88 % +20 points" in text
    assert "Outcome debt 0 → 2" in text
    assert "Falls went down by" in text
    assert "1 first used, 1 no longer used." in text
    assert "Of 10 rows that did not change, one would seem to have by chance." in text
    headings = re.findall(r'<h2 id="(\w+)"', page)
    assert headings == ["changed", "works", "queries", "sure", "cost", "news"]
    assert "simulated" not in text


def test_an_empty_period_is_said_and_the_page_stays_sober(memory):
    text = visible(page_of(memory, before="2025-01..2025-02", after="2026-07..2026-10"))
    assert "Nothing was decided, seen or measured in the period before (1 Jan 2025 – 28 Feb" in text
    assert "Success rate – → 13 %" in text
    assert "one period has none to compare" in text
    assert "The two periods have nothing in common to compare" in text


def test_a_period_that_has_not_begun_is_said(memory):
    text = visible(page_of(memory, before="2026-07..2026-10", after="2027-01..2027-03"))
    assert "The period after begins in the future" in text


def test_a_part_is_compared_alone_and_an_unknown_one_is_said(memory):
    text = visible(page_of(memory, **GIVEN, pattern="new"))
    assert "only new" in text
    assert "Decisions 0 → 3" in text
    assert "knows no work of an agent called an; did you mean ann?" in visible(
        page_of(memory, **GIVEN, agent="an")
    )


def test_an_empty_memory_has_nothing_to_compare(tmp_path):
    with Memory(tmp_path / "a.duckdb", library=False) as memory:
        text = visible(page_of(memory))
    assert text.count("Nothing was decided, seen or measured") == 2
    assert "nothing known in either period" in text


class TestFigures:
    def test_the_line_of_no_change_is_in_the_middle_and_alarm_is_for_the_worse(self, contents):
        figure = figures.changes_between(contents.changes)
        low, high = figure.layout.xaxis.range
        assert low == -high
        marks = {trace.name: trace for trace in figure.data}
        alarm, mute = "#b83227", "#66727f"
        assert marks["decisions that turned out well"].marker.color == alarm
        assert marks["decisions looked at in time"].marker.color == mute
        assert marks["queries saved"].marker.color == "#1a7f5a"
        assert marks["miss of the forecasts (Brier)"].marker.color == alarm
        assert "changed" in figure.layout.meta["title"]
        assert figure.layout.meta["subtitle"].startswith("n 6 to 23 before, 6 to 23 after · ")

    def test_simulated_evidence_is_hollow_in_both_periods(self, contents):
        made_up = contents.patterns.assign(
            before_provenance="simulated", after_provenance="simulated", provenance="simulated"
        )
        figure = figures.patterns_between(made_up)
        assert {trace.marker.symbol for trace in figure.data} == {"triangle-up-open"}
        assert "all simulated: made-up data" in figure.layout.meta["subtitle"]

    def test_patterns_of_one_period_only_are_counted_and_not_drawn(self, contents):
        figure = figures.patterns_between(contents.patterns)
        assert [list(trace.customdata) for trace in figure.data] == [["falls"], ["falls"]]
        assert "+ 2 in one only" in figure.layout.meta["subtitle"]

    def test_forecasts_of_two_periods_are_two_lines(self, contents):
        figure = figures.reliability_between(contents.reliability)
        assert [trace.name for trace in figure.data] == ["came as stated", "before", "after"]
        assert figure.data[1].line.dash == "dash"

    @pytest.mark.parametrize(
        "draw",
        [
            figures.changes_between,
            figures.patterns_between,
            figures.queries_between,
            figures.sessions_between,
            figures.reliability_between,
        ],
    )
    def test_nothing_to_compare_is_a_sentence(self, draw):
        figure = draw(pd.DataFrame(), theme="dark")
        assert not figure.data
        assert figure.layout.meta["sentence"].endswith((".", ")"))
