from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.memory.evidence import SOURCES, Evidence

NOW = datetime(2026, 11, 22, tzinfo=UTC)
DAY = timedelta(days=1)
ACTIVE, CANDIDATE, RETIRED = "active", "candidate", "retired"


def evidence():
    rows = [
        ("a", 1.0, 1, "team", NOW - timedelta(days=180), "s1"),
        ("a", 0.0, 1, "measured", NOW.replace(tzinfo=None), "s1"),
        ("a", None, 1, "team", NOW, "s2"),
        ("b", 0.95, 38, "reported", None, None),
        ("b", 1.0, 1, "model", NOW, "s2"),
        ("b", 0.5, 1, "simulated", NOW + timedelta(days=90), "s3"),
        ("gone", 1.0, 1, "team", NOW, "s1"),
        ("b", 0.9, None, "reported", None, None),
    ]
    return Evidence.from_rows(rows, now=NOW)


def test_evidence_without_outcome_or_count_is_none():
    assert len(evidence()) == 6
    assert len(Evidence.from_rows([], now=NOW)) == 0


def test_counts_are_plain_uses_by_provenance():
    counts = {kind: values.tolist() for kind, values in evidence().counts(["a", "b", "c"]).items()}
    assert counts == {
        "measured": [1, 0, 0],
        "observed": [1, 1, 0],
        "reported": [0, 38, 0],
        "simulated": [0, 1, 0],
    }


def test_the_posterior_of_evidence_weighs_source_and_age():
    a, b = evidence().posteriors(["a", "b", "c"], learning_rate=1.0)
    assert a.tolist() == pytest.approx([1.5, 1 + 0.8 * 36.1 + 0.5 + 0.5, 1])
    assert b.tolist() == pytest.approx([2, 1 + 0.8 * 1.9 + 0.5, 1])


def test_no_evidence_leaves_every_pattern_at_the_prior():
    a, b = Evidence().posteriors(["a"])
    assert (a.tolist(), b.tolist()) == ([1.0], [1.0])
    assert Evidence().successes(["a"]).tolist() == [0]
    assert Evidence().counts(["a"])["reported"].tolist() == [0.0]


def test_successes_count_distinct_sessions_and_nothing_reported():
    assert evidence().successes(["a", "b", "c"]).tolist() == [1, 2, 0]


def test_columns_say_the_same_as_rows():
    columns = Evidence.from_columns(
        ("a", "b"),
        np.array([0, 1, 1, 0]),
        np.ma.masked_array([1.0, 0.5, 9.0, 0.2], mask=[False, False, True, False]),
        np.ma.masked_array([1.0, 38.0, 1.0, 0.0], mask=[False, False, False, False]),
        ("reported", "team"),
        np.array([1, 0, 1, 1]),
        seen_at=np.array(["2026-11-12", "NaT", "2026-01-01", "2026-01-01"], "datetime64[s]"),
        session=np.ma.masked_array([7, 0, 1, 1], mask=[False, True, False, False]),
        now=NOW,
    )
    rows = Evidence.from_rows(
        [("a", 1, 1, "team", NOW - 10 * DAY, "s"), ("b", 0.5, 38, "reported", None, None)], now=NOW
    )
    assert len(columns) == len(rows) == 2
    for slugs in (["a", "b"], ["b", "c", "a"]):
        for one, other in zip(columns.posteriors(slugs), rows.posteriors(slugs), strict=True):
            assert one.tolist() == other.tolist()
        assert columns.successes(slugs).tolist() == rows.successes(slugs).tolist()
    assert [SOURCES[source] for source in columns.source] == ["team", "reported"]
    assert np.isnan(columns.age_days).tolist() == [False, True]


def test_columns_without_instants_sessions_and_weights_are_undated_and_count_whole():
    found = Evidence.from_columns(("a",), [0], [1.0], [1.0], ("team",), [0], now=NOW)
    assert found.posteriors(["a"], learning_rate=1.0)[0].tolist() == [2.0]
    assert found.successes(["a"]).tolist() == [0]


@pytest.mark.parametrize(("y", "uses"), [(1.2, 1), (-0.1, 1), (0.5, -1)])
def test_a_rate_outside_zero_to_one_or_a_negative_count_is_refused(y, uses):
    with pytest.raises(ValueError, match="0 to 1"):
        Evidence.from_rows([("a", y, uses, "team", None, None)], now=NOW)


def test_a_source_nobody_knows_is_refused():
    with pytest.raises(ValueError, match="hearsay"):
        Evidence.from_rows([("a", 1, 1, "hearsay", None, None)], now=NOW)


def test_what_is_weighed_less_counts_less_in_the_rate_and_whole_in_the_count():
    found = Evidence.from_rows([("a", 1, 1, "team", NOW, "s", 0.25)], now=NOW)
    assert found.posteriors(["a"], learning_rate=1.0)[0].tolist() == [1.25]
    assert found.counts(["a"])["observed"].tolist() == [1.0]


def test_evidence_from_the_future_counts_as_of_now_and_is_marked():
    found = evidence()
    assert found.from_future.tolist() == [False, False, False, False, True, False]
    ahead = Evidence.from_rows([("a", 1, 1, "team", NOW + 900 * DAY, "s")], now=NOW)
    assert ahead.posteriors(["a"], learning_rate=1.0)[0].tolist() == [2.0]


slugs = st.sampled_from(["a", "b", "c"])
told = st.lists(
    st.tuples(
        slugs,
        st.floats(0, 1),
        st.floats(0.1, 60),
        st.sampled_from(SOURCES),
        st.none() | st.integers(-40, 2000).map(lambda days: NOW - days * DAY),
        st.sampled_from([None, "s1", "s2", "s3"]),
        st.sampled_from([0.1, 1.0]),
    ),
    max_size=40,
)


@given(told, st.randoms(use_true_random=False))
def test_where_patterns_stand_does_not_depend_on_the_order_of_the_evidence(rows, random):
    shuffled = random.sample(rows, len(rows))
    names, statuses = ["c", "a", "b"], [ACTIVE, CANDIDATE, RETIRED]
    one, other = (
        Evidence.from_rows(given, now=NOW).standing(names, statuses, since_days=[9.0, np.nan, 2e3])
        for given in (rows, shuffled)
    )
    for column in ("a", "b", "uses", "successes", "failures", "status"):
        assert getattr(one, column).tolist() == getattr(other, column).tolist()
    assert {k: v.tolist() for k, v in one.counts.items()} == {
        k: v.tolist() for k, v in other.counts.items()
    }


@given(told)
def test_a_pattern_stands_the_same_among_others_and_alone(rows):
    found = Evidence.from_rows(rows, now=NOW)
    together, alone = found.standing(["a", "b"], [ACTIVE, ACTIVE]), found.standing(["b"], [ACTIVE])
    assert (together.a[1], together.b[1], together.uses[1]) == (
        alone.a[0],
        alone.b[0],
        alone.uses[0],
    )
    assert (len(together), together.status[1]) == (2, alone.status[0])


def stands(*outcomes, status=CANDIDATE, said=None, **settings):
    """Status after outcomes (y, session, days ago[, source])."""
    rows = [
        ("a", y, 1, source[0] if source else "team", NOW - days * DAY, session)
        for y, session, days, *source in outcomes
    ]
    since = None if said is None else [said]
    found = Evidence.from_rows(rows, now=NOW).standing(
        ["a"], [status], since_days=since, **settings
    )
    return found.status[0]


def test_a_candidate_becomes_active_at_exactly_the_third_success_from_distinct_sessions():
    assert stands((1, "s1", 3), (0.5, "s2", 2)) == CANDIDATE
    assert stands((1, "s1", 3), (0.5, "s2", 2), (1, "s2", 1)) == CANDIDATE
    assert stands((1, "s1", 3), (0.5, "s2", 2), (0.49, "s3", 1)) == CANDIDATE
    assert stands((1, "s1", 3), (0.5, "s2", 2), (1, None, 1)) == CANDIDATE
    assert stands((1, "s1", 3), (0.5, "s2", 2), (1, "s3", 1, "reported")) == CANDIDATE
    assert stands((1, "s1", 3), (0.5, "s2", 2), (1, "s3", 1)) == ACTIVE
    assert stands((1, "s1", 3), threshold=1) == ACTIVE


def test_an_active_pattern_that_surely_fails_more_than_it_works_is_retired():
    bad = [(0, "s", 0)] * 3
    assert stands(*bad[:2], status=ACTIVE, learning_rate=1.0) == ACTIVE
    assert stands(*bad, status=ACTIVE, learning_rate=1.0) == RETIRED
    assert stands(*bad, (1, "s", 0), status=ACTIVE, learning_rate=1.0) == ACTIVE
    assert stands(*bad, status=CANDIDATE, learning_rate=1.0) == CANDIDATE
    assert stands(*bad, status=ACTIVE, learning_rate=0.0) == ACTIVE
    reported = [(0, "s", 0, "reported")] * 9
    assert stands(*reported, status=ACTIVE) == ACTIVE


def test_what_is_said_to_be_retired_stays_so_however_well_it_works():
    assert stands(*[(1, f"s{n}", 0) for n in range(9)], status=RETIRED) == RETIRED


def test_what_was_said_by_hand_holds_until_evidence_seen_since_contradicts():
    old = [(0, "s", 20)] * 6
    assert stands(*old, status=ACTIVE) == RETIRED
    assert stands(*old, status=ACTIVE, said=10) == ACTIVE
    assert stands(*old, *[(0, "s", 5)] * 2, status=ACTIVE, said=10) == ACTIVE
    assert stands(*old, *[(0, "s", 5)] * 3, status=ACTIVE, said=10) == RETIRED
    good = [(1, f"s{n}", 20) for n in range(3)]
    assert stands(*good, status=CANDIDATE, said=10) == CANDIDATE
    assert stands(*good, *[(1, f"s{n}", 5) for n in range(3)], said=10) == ACTIVE


def test_a_clock_that_was_set_back_lets_what_was_said_by_hand_hold():
    bad = [(0, "s", 0)] * 9
    assert stands(*bad, status=ACTIVE, said=-5) == ACTIVE
    assert stands(*[(0, "s", -6)] * 9, status=ACTIVE, said=-5) == RETIRED


def test_no_patterns_stand_nowhere():
    assert len(evidence().standing([], [])) == 0
    assert Evidence().standing(["a"], [ACTIVE]).status.tolist() == [ACTIVE]
