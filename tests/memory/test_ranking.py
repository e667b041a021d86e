import json
from dataclasses import replace

import pytest

from archkit.memory.ranking import Candidate, Ranked, Ranking, WhatIf, explore, rank
from archkit.records import LADDER, Condition, Pattern, Reported


def pattern(slug, *ratings, kind="k", **fields):
    ladder = dict(zip(LADDER, ratings, strict=True)) if ratings else {}
    fields = {"status": "active", **fields}
    return Pattern(slug, slug.title(), kind=kind, ladder=ladder, **fields)


def candidate(given, relevance=1.0, quantile=0.8, n=10.0):
    return Candidate(given, relevance, quantile, n)


def undecided(one, others):
    return [0.6] * len(others)


def decided(one, others):
    return [0.95] * len(others)


def order(candidates, context=None, better=undecided, **settings):
    places, rule = rank(candidates, context or {}, better, **settings)
    return [candidates[p.candidate].pattern.slug for p in places], rule


def test_the_score_is_relevance_times_root_of_fit_times_quantile():
    fits = candidate(pattern("a", context={"tenancy": "multi"}), relevance=0.5)
    unknown = candidate(pattern("b"), relevance=1.0)
    places, rule = rank([fits, unknown], {"tenancy": "multi"}, undecided)
    assert [(p.candidate, p.context_fit, p.score) for p in places] == [
        (1, 0.5, pytest.approx(0.8 * 0.5**0.5)),
        (0, 1.0, pytest.approx(0.4)),
    ]
    assert rule == "score"


def test_inside_the_tie_set_the_ladder_decides():
    candidates = [
        candidate(pattern("best", 3, 3, 3, 3, 3), quantile=0.80),
        candidate(pattern("testable", 5, 1, 1, 1, 1), quantile=0.76),
        candidate(pattern("same", 3, 3, 4, 1, 1), quantile=0.78),
    ]
    assert order(candidates) == (["testable", "same", "best"], "ladder: testability")
    assert order(candidates[::2]) == (["same", "best"], "ladder: consistency")


def test_the_ladder_does_not_decide_where_the_evidence_does():
    candidates = [
        candidate(pattern("best", 3, 3, 3, 3, 3), quantile=0.80),
        candidate(pattern("testable", 5, 5, 5, 5, 5), quantile=0.76),
    ]
    assert order(candidates, better=decided) == (["best", "testable"], "score")


def test_the_ladder_does_not_lift_a_pattern_that_fits_clearly_worse():
    candidates = [
        candidate(pattern("fits", 1, 1, 1, 1, 1, context={"tenancy": "multi"})),
        candidate(pattern("misfit", 5, 5, 5, 5, 5, context={"tenancy": "single"})),
    ]
    assert order(candidates, {"tenancy": "multi"}) == (["fits", "misfit"], "score")


def test_the_ladder_compares_alternatives_of_one_kind_that_are_rated():
    best = candidate(pattern("best", 1, 1, 1, 1, 1), quantile=0.80)
    other = candidate(pattern("other", 5, 5, 5, 5, 5, kind="another"), quantile=0.79)
    unrated = candidate(pattern("unrated"), quantile=0.79)
    partly = candidate(replace(pattern("partly"), ladder={"testability": 5}), quantile=0.78)
    assert order([best, other, unrated, partly]) == (
        ["best", "other", "unrated", "partly"],
        "score",
    )


def test_equal_ratings_leave_the_score_to_decide():
    candidates = [candidate(pattern(slug, 3, 3, 3, 3, 3)) for slug in ("a", "b")]
    assert order(candidates) == (["a", "b"], "score")


def test_the_tie_set_has_what_the_best_does_not_surely_beat():
    candidates = [candidate(pattern(s), q) for s, q in (("a", 1.0), ("b", 0.6), ("c", 0.5))]
    places, _ = rank(candidates, {}, lambda one, others: [(0.5, 0.7, 0.95)[o] for o in others])
    assert [(p.beaten_by, p.in_tie_set) for p in places] == [
        (0.0, True),
        (0.7, True),
        (0.95, False),
    ]


def test_a_vetoed_pattern_is_shown_last_with_its_reason():
    never = pattern("never", when_not=(Condition("Not for many", {"tenancy": "multi"}),))
    candidates = [candidate(never), candidate(pattern("other"), relevance=0.1)]
    places, rule = rank(candidates, {"tenancy": "multi"}, undecided)
    assert [(p.candidate, p.veto, p.in_tie_set) for p in places] == [
        (1, None, True),
        (0, "Not for many", False),
    ]
    assert rule == "only one candidate"


def test_a_cut_list_keeps_the_first_and_the_vetoes_that_score_high():
    never = pattern("never", when_not=(Condition("no", {"tenancy": "multi"}),))
    others = [candidate(pattern(f"p{n}"), relevance=0.9 - n / 10) for n in range(4)]
    found, _ = order([candidate(never), *others], {"tenancy": "multi"}, limit=2)
    assert found == ["p0", "never"]
    found, _ = order([candidate(never), *others], {"tenancy": "multi"}, limit=1)
    assert found == ["p0"]


def test_candidates_and_retired_patterns_never_come_first():
    candidates = [
        candidate(pattern("new", status="candidate")),
        candidate(pattern("old", status="retired"), relevance=0.9),
        candidate(pattern("tried"), relevance=0.3),
    ]
    assert order(candidates) == (["tried", "new", "old"], "only one candidate")
    assert order(candidates[:2]) == (["new", "old"], "no pattern can be recommended")


def test_without_evidence_the_rule_says_so():
    candidates = [candidate(pattern(slug), n=0.0) for slug in ("a", "b")]
    assert order(candidates) == (["a", "b"], "no evidence yet: context fit and relevance")


def test_no_candidates_match_nothing():
    assert rank([], {}, undecided) == ((), "nothing matches")


def test_a_limit_below_one_is_refused():
    with pytest.raises(ValueError, match="not 0"):
        rank([], {}, undecided, limit=0)


STRONG = candidate(
    pattern("fast", when_not=(Condition("stale", {"consistency": "strong"}),)), quantile=0.9
)
EXACT = candidate(pattern("exact", context={"consistency": "strong"}), quantile=0.6)


def test_what_if_says_who_would_come_first():
    answers = {"consistency": ["strong", "eventual"], "users": [5]}
    assert explore([STRONG, EXACT], {}, undecided, answers) == (
        WhatIf("consistency", "strong", "exact", True, 1.0),
        WhatIf("consistency", "eventual", "fast", False, 0.0),
        WhatIf("users", 5, "fast", False, 0.0),
    )


def test_what_if_replaces_what_is_known_and_measures_the_lead():
    a = candidate(pattern("a", context={"users": 100}))
    b = candidate(pattern("b", context={"users": 1600}))
    [found] = explore([a, b], {"users": 100}, undecided, {"users": [1600]})
    assert (found.first, found.changes) == ("b", True)
    assert found.margin == pytest.approx(1 - (1 / 5) ** 0.5)


def test_what_if_nothing_is_left_nothing_comes_first():
    [found] = explore([STRONG], {}, undecided, {"consistency": ["strong"]})
    assert found == WhatIf("consistency", "strong", None, True, 1.0)


def ranked(slug="jwt", **fields):
    given = pattern(
        slug,
        4, 3, 4, 2, 3,
        kind="authentication",
        area="security",
        summary="Tokens",
        context={"tenancy": "multi"},
        when=("mobile",),
        when_not=(Condition("one site", {"units": "one"}),),
        pros=("scales",),
        cons=("complex",),
        security=("rotate",),
        setup_hours=3,
        reported=Reported(0.95, 38, "card", {"setup_hours": 3}),
        blueprint={"overview": "o"},
    )  # fmt: skip
    return Ranked(
        given,
        1.0,
        0.5,
        0.92,
        0.83,
        0.98,
        38.0,
        "reported",
        n_reported=38.0,
        score=0.654321,
        **fields,
    )


def ranking(*items, **fields):
    return Ranking("sign in", {"tenancy": "multi"}, items, "score", 1.0, 0.9, 0.71828, **fields)


def test_best_skips_what_must_not_be_recommended():
    vetoed, good = ranked("a", veto="no"), ranked("b", in_tie_set=True)
    new = replace(good, pattern=replace(good.pattern, status="candidate"))
    assert ranking(vetoed, new, good).best == good
    assert ranking(vetoed, new).best is None
    assert ranking(new, good).tie_set == (new, good)


def test_a_ranking_is_a_sequence_with_a_line_of_its_own():
    one = ranking(ranked())
    assert (len(one), one[0], one[:1], list(one)) == (1, ranked(), (ranked(),), [ranked()])
    assert repr(one) == "Ranking('sign in', 1 patterns, first 'jwt' by score)"
    assert repr(ranking()) == "Ranking('sign in', 0 patterns, first none to recommend by score)"
    assert repr(one[0]) == ("Ranked('jwt', score 0.654, rate 0.92 [0.83, 0.98], n 38 reported)")


def test_json_is_what_the_tool_promises_whole():
    what_if = (WhatIf("clients", ["web"], "jwt", False, 0.123456),)
    told = ranking(ranked(), what_if=what_if).as_json()
    assert json.loads(json.dumps(told)) == told
    assert told == {
        "query": "sign in",
        "context": {"tenancy": "multi"},
        "rule": "score",
        "horizon": 1.0,
        "ci_prob": 0.9,
        "elapsed_ms": 0.72,
        "patterns": [
            {
                "slug": "jwt",
                "name": "Jwt",
                "kind": "authentication",
                "area": "security",
                "summary": "Tokens",
                "status": "active",
                "score": 0.6543,
                "relevance": 1.0,
                "context_fit": 0.5,
                "success_rate": 0.92,
                "low": 0.83,
                "high": 0.98,
                "n": 38.0,
                "n_observed": 0.0,
                "n_measured": 0.0,
                "n_reported": 38.0,
                "n_simulated": 0.0,
                "provenance": "reported",
                "safest": 0.25,
                "worth_trying": 0.45,
                "telling_key": "",
                "elsewhere_weight": 1.0,
                "beaten_by": 0.0,
                "in_tie_set": False,
                "veto": None,
                "setup_hours": 3,
                "reported_metrics": {"setup_hours": 3},
                "ladder": dict(zip(LADDER, (4, 3, 4, 2, 3), strict=True)),
                "pros": ["scales"],
                "cons": ["complex"],
                "security": ["rotate"],
                "when": [{"text": "mobile", "context": {}}],
                "when_not": [{"text": "one site", "context": {"units": "one"}}],
                "context": {"tenancy": "multi"},
                "blueprint": {"overview": "o"},
            }
        ],
        "what_if": [
            {"key": "clients", "value": ["web"], "first": "jwt", "changes": False, "margin": 0.1235}
        ],
    }


def test_a_shipped_pattern_goes_without_its_blueprint():
    [told] = ranking(ranked("dataloader")).as_json()["patterns"]
    assert "blueprint" not in told


def test_the_frame_has_one_row_a_pattern():
    frame = ranking(ranked(), ranked("b", veto="no")).frame()
    assert frame.loc[:, ["place", "slug", "score", "n_reported", "setup_hours"]].to_dict(
        "list"
    ) == {
        "place": [1, 2],
        "slug": ["jwt", "b"],
        "score": [0.654321, 0.654321],
        "n_reported": [38.0, 38.0],
        "setup_hours": [3, 3],
    }
    assert (frame["veto"].isna().tolist(), frame["veto"][1]) == ([True, False], "no")
    assert list(ranking().frame().columns) == list(frame.columns)


def test_the_table_is_accessible_and_escapes_what_it_shows():
    evil = replace(ranked(), pattern=replace(ranked().pattern, name="<script>x</script>"))
    html = ranking(evil, ranked("b", veto="<b>no</b>"))._repr_html_()
    assert "<script>" not in html
    assert "<b>" not in html
    assert html.count('<th scope="col"') == 5
    assert html.count('<th scope="row"') == 2
    assert "<caption" in html
    assert "92% (83% to 98%)" in html
    assert "38 reported" in html
    assert "<s>B</s>" in html
    assert "Not here: &lt;b&gt;no&lt;/b&gt;" in html
    assert "first by score" in html


def test_an_empty_ranking_says_what_was_asked():
    assert ranking()._repr_html_() == "<p>No pattern is about &#x27;sign in&#x27;.</p>"
