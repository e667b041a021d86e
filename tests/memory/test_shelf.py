import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archkit.memory.catalogue import Wording
from archkit.memory.learning import Evidence
from archkit.memory.shelf import KIND_FLOOR, Shelf
from archkit.records import LADDER, Condition, Pattern, Reported

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def pattern(slug, problem, kind="authentication", reported=None, status="active", **fields):
    return Pattern(
        slug,
        slug.replace("-", " "),
        kind=kind,
        area="security",
        problem=problem,
        reported=Reported(*reported, "card") if reported else None,
        status=status,
        **fields,
    )


PATTERNS = (
    pattern("jwt-refresh", "Sign people in on mobile and web with tokens", reported=(0.95, 38)),
    pattern("session-redis", "Sign people in at one site with a cookie", reported=(0.89, 24)),
    pattern("api-keys", "Let machines call with a key", reported=(0.78, 12)),
    pattern("dataloader", "One SQL query for each row", kind="n-plus-one"),
)


def test_what_patterns_report_is_evidence_with_its_interval():
    [first, *_] = Shelf(PATTERNS).query("tokens for mobile sign in")
    # Beta(1 + .8·.8·36.1, 1 + .8·.8·1.9); quantiles from scipy
    assert first.pattern.slug == "jwt-refresh"
    assert first.success_rate == pytest.approx(24.104 / 26.32)
    assert (first.n, first.n_reported, first.provenance) == (38, 38, "reported")
    assert first.low < first.safest < first.quantile < first.high


def test_without_evidence_no_rate_is_known():
    [first, *_] = Shelf(PATTERNS, Evidence()).query("tokens for mobile sign in")
    assert (first.success_rate, first.n, first.provenance) == (0.5, 0, "none")
    assert (first.low, first.high) == (pytest.approx(0.05), pytest.approx(0.95))
    assert (first.quantile, first.safest) == (pytest.approx(0.5), pytest.approx(0.25))
    assert first.worth_trying == pytest.approx(0.45)


def test_every_pattern_of_a_kind_answers_a_query_for_it():
    ranking = Shelf(PATTERNS).query("zzz qqq", kind="authentication")
    assert {item.pattern.slug for item in ranking} == {"jwt-refresh", "session-redis", "api-keys"}
    assert {item.relevance for item in ranking} == {KIND_FLOOR}
    assert ranking.best.pattern.slug == "jwt-refresh"


def test_an_area_without_text_lists_it_by_what_works():
    ranking = Shelf(PATTERNS).query("", area="security", limit=2)
    assert [item.pattern.slug for item in ranking] == ["jwt-refresh", "session-redis"]
    assert ranking[0].relevance == 1.0


@pytest.mark.parametrize("text", ["", "chocolate cake", "\0"])
def test_nothing_answers_what_no_pattern_is_about(text):
    ranking = Shelf(PATTERNS).query(text)
    assert (len(ranking), ranking.best, ranking.rule) == (0, None, "nothing matches")


def test_an_empty_shelf_answers_nothing():
    assert Shelf(()).query("sign in", kind="authentication").items == ()


def test_the_probability_that_the_best_is_better_makes_the_tie_set():
    ranking = Shelf(PATTERNS).query("", kind="authentication")
    # quadrature of the two Beta densities, scipy
    assert [item.beaten_by for item in ranking] == [
        0.0,
        pytest.approx(0.7651, abs=1e-4),
        pytest.approx(0.9226, abs=1e-4),
    ]
    assert [item.pattern.slug for item in ranking.tie_set] == ["jwt-refresh", "session-redis"]


def test_a_longer_horizon_prefers_what_may_turn_out_better():
    shelf = Shelf(
        [pattern("known", "sign in", reported=(0.75, 100)), pattern("new", "sign in")],
    )
    assert shelf.query("sign in").best.pattern.slug == "known"
    assert shelf.query("sign in", horizon=40).best.pattern.slug == "new"
    assert shelf.query("sign in", horizon=math.inf).as_json()["horizon"] is None


def test_what_if_goes_with_the_ranking():
    shelf = Shelf([pattern("a", "sign in", context={"clients": ["web"]}), pattern("b", "sign in")])
    ranking = shelf.query("sign in", what_if={"clients": [["web"], ["devices"]]})
    assert [(w.value, w.first, w.changes) for w in ranking.what_if] == [
        (["web"], "a", False),
        (["devices"], "b", True),
    ]


def rows(slug, *sessions):
    return [(slug, 1.0, 1, "team", NOW, session) for session in sessions]


def test_a_candidate_with_three_successes_from_distinct_sessions_counts_as_active():
    patterns = [pattern("new", "sign in", status="candidate")]
    for sessions, status in ((("a", "b", "b"), "candidate"), (("a", "b", "c"), "active")):
        evidence = Evidence.from_rows(rows("new", *sessions), now=NOW)
        ranking = Shelf(patterns, evidence).query("sign in")
        assert ranking[0].pattern.status == status
        assert (ranking.best is None) == (status == "candidate")
    early = Shelf(patterns, Evidence.from_rows(rows("new", "a"), now=NOW), pattern_threshold=1)
    assert early.query("sign in").best is not None


def test_other_evidence_leaves_the_first_shelf_as_it_was():
    shelf = Shelf(PATTERNS)
    evidence = Evidence.from_rows(rows("dataloader", "a"), now=NOW)
    other = shelf.with_evidence(evidence)
    assert repr(shelf) == "Shelf(4 patterns, 74 uses)"
    assert repr(other) == "Shelf(4 patterns, 1 uses)"
    [found] = other.query("SQL query for each row")
    assert (found.n_observed, found.provenance) == (1, "observed")


def test_provenance_names_every_source():
    mixed = [
        *rows("dataloader", "a"),
        ("dataloader", 0.9, 45, "reported", None, None),
        ("dataloader", 1.0, 1, "measured", NOW, "b"),
    ]
    [found] = Shelf(PATTERNS, Evidence.from_rows(mixed, now=NOW)).query("SQL query for each row")
    assert (found.provenance, found.n) == ("measured + observed + reported", 47)


def test_the_last_of_a_slug_counts():
    shelf = Shelf([pattern("a", "first words"), pattern("a", "other things entirely")])
    assert len(shelf.patterns) == 1
    assert shelf.query("other things").best.pattern.problem == "other things entirely"


def test_an_interval_has_a_probability():
    with pytest.raises(ValueError, match="between 0 and 1"):
        Shelf(PATTERNS).query("sign in", ci_prob=1.0)


def test_a_status_and_a_provenance_narrow_the_answer():
    patterns = [
        pattern("tried", "sign in", status="active"),
        pattern("told", "sign in", status="active", reported=(0.9, 20)),
        pattern("new", "sign in", status="candidate"),
    ]
    rows = [("tried", 1.0, 1, "team", NOW, "s1"), ("told", 0.9, 20, "reported", None, None)]
    shelf = Shelf(patterns, Evidence.from_rows(rows, now=NOW))

    def found(text="sign in", **narrow):
        return sorted(r.pattern.slug for r in shelf.query(text, **narrow))

    assert found() == ["new", "told", "tried"]
    assert found(status="candidate") == found("", status="candidate") == ["new"]
    assert found(status="retired") == []
    assert found(provenance="observed") == ["tried"]
    assert found(provenance="reported", status="active") == ["told"]
    assert found(provenance="none", kind="authentication") == ["new"]
    with pytest.raises(ValueError, match="status must be one of candidate, active, retired"):
        found(status="good")
    with pytest.raises(ValueError, match="provenance must be one of"):
        found(provenance="hearsay")


def test_a_narrow_question_looks_beyond_the_most_relevant():
    common = [pattern(f"c{n}", "sign in now", status="active") for n in range(300)]
    rare = pattern("rare", "sign in, said in many more words than are needed", status="candidate")
    shelf = Shelf([*common, rare])
    assert "rare" not in {r.pattern.slug for r in shelf.query("sign in", limit=500)}
    assert [r.pattern.slug for r in shelf.query("sign in", status="candidate")] == ["rare"]


def test_a_shelf_takes_news_of_some_patterns_and_leaves_the_others():
    old = Shelf(PATTERNS)
    before = old.query("tokens for mobile sign in")[0]
    new = pattern("zebra", "Zebra crossing", status="active")
    assert old.put([(Wording(99, "zebra", new.area, new.kind, new.status, 1), new)]) == ["zebra"]
    shelf = old.updated(
        Evidence.from_rows([("zebra", 1.0, 1, "team", NOW, "s")], now=NOW), ["zebra"]
    )
    assert "zebra" in shelf
    assert "zebra" not in old
    assert old.query("zebra").items == ()
    assert shelf.query("zebra")[0].n_observed == 1
    assert shelf.query("tokens for mobile sign in")[0] == before
    assert len(shelf) == len(old) + 1 == len(shelf.patterns)
    with pytest.raises(KeyError):
        old.pattern("zebra")


def test_statuses_stay_with_their_patterns_when_all_are_learnt_anew_in_another_order():
    shelf = Shelf([Pattern("a", "A", status="active"), Pattern("b", "B", status="retired")])
    again = shelf.updated(Evidence(), ["b", "a"])
    assert [(p.slug, p.status) for p in again.patterns] == [("a", "active"), ("b", "retired")]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["candidate", "active", "retired"]),
            st.integers(0, 6),
            st.sampled_from([0.0, 0.5, 1.0]),
            st.sampled_from(["a", "b"]),
            st.sampled_from([None, "single", "multi"]),
            st.sampled_from([None, 1, 3]),
            st.booleans(),
        ),
        min_size=1,
        max_size=40,
    ),
    st.sampled_from([None, {"tenancy": "multi"}]),
    st.integers(1, 4),
)
def test_what_is_left_unweighed_could_not_have_changed_the_answer(made, context, limit):
    words = "sign in with tokens and keys"
    patterns = [
        pattern(
            f"p{n:02}",
            " ".join(words.split()[: 1 + uses % 6]),
            kind=kind,
            status=status,
            context={} if tenancy is None else {"tenancy": tenancy},
            when_not=(Condition("no", {"tenancy": "multi"}),) if vetoed else (),
            ladder=dict.fromkeys(LADDER, rung) if rung else {},
        )
        for n, (status, uses, _, kind, tenancy, rung, vetoed) in enumerate(made)
    ]
    rows = [
        (f"p{n:02}", y, 1, "team", NOW, f"{n}-{use}")
        for n, (_, uses, y, *_) in enumerate(made)
        for use in range(uses)
    ]
    shelf = Shelf(patterns, Evidence.from_rows(rows, now=NOW))
    quick = shelf.query(words, context, limit=limit)
    whole = shelf.query(words, context, limit=limit, what_if={"nothing": ["asked"]})
    assert (quick.items, quick.rule) == (whole.items, whole.rule)
