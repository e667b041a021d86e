import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.memory.elsewhere import (
    Contexts,
    Elsewhere,
    asked_words,
    elsewhere,
    same_rate_probability,
)
from archkit.memory.memory import Memory
from archkit.records import Decision, Pattern

COUNT = st.floats(0, 50)


def sums(**slices):
    """Rows of one pattern: key="value:won/lost, …", and their totals."""
    rows = []
    for key, text in slices.items():
        parts = [part.split(":") for part in text.split(", ")]
        counts = [(value, *map(float, said.split("/"))) for value, said in parts]
        rows.append((key, None, sum(c[1] for c in counts), sum(c[2] for c in counts)))
        rows += [(key, *count) for count in counts]
    return Contexts(["p"] * len(rows), *map(list, zip(*rows, strict=True)))


def told(contexts, asked, rate=1.0):
    return elsewhere(asked, contexts.sums("p"), rate)


@given(COUNT, COUNT, COUNT, COUNT)
def test_a_weight_is_a_probability_whoever_is_called_here(s, f, other_s, other_f):
    weight = same_rate_probability(s, f, other_s, other_f)
    assert 0 <= weight <= 1
    assert weight == pytest.approx(same_rate_probability(other_s, other_f, s, f))


def test_uses_elsewhere_count_less_the_surer_the_rate_differs():
    weights = [same_rate_probability(n, 0, 0, n) for n in range(6)]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] == 0.75  # nothing seen: the odds before
    assert weights[5] < 0.05
    assert same_rate_probability(20, 5, 40, 10) > 0.9


def test_what_is_taken_off_is_the_rest_of_the_other_values_uses():
    contexts = sums(tenancy="multi:0/8, single:9/1, none:1/0")
    found = told(contexts, {"tenancy": "multi"})
    assert found.key == "tenancy"
    assert found.weight == pytest.approx(same_rate_probability(0, 8, 10, 1))
    assert (found.won, found.lost) == pytest.approx(
        ((1 - found.weight) * 10, (1 - found.weight) * 1)
    )
    assert told(contexts, {"tenancy": "multi"}, 0.0) == Elsewhere()


def test_the_most_telling_key_counts_and_one_not_asked_says_nothing():
    contexts = sums(tenancy="multi:0/8, single:9/1", team="big:4/4, small:5/5")
    both = told(contexts, {"team": "big", "tenancy": "multi"})
    assert both == told(contexts, {"tenancy": "multi"})
    assert told(contexts, {"region": "north"}) == Elsewhere()
    assert told(contexts, {}) == Elsewhere()
    assert told(Contexts(), {"tenancy": "multi"}) == Elsewhere()


def test_a_value_without_uses_here_takes_those_elsewhere_with_the_odds_before():
    assert told(sums(tenancy="single:9/1"), {"tenancy": "multi"}).weight == 0.75


def test_only_single_known_values_are_asked():
    context = {"tenancy": "Multi ", "clients": ["web", "mobile"], "open": True, "size": "unknown"}
    assert asked_words(context) == {"tenancy": "multi", "open": "yes"}


def test_contexts_take_news_of_some_patterns():
    old = Contexts(["p", "q"], ["k", "k"], ["v", "v"], [1.0, 2.0], [0.0, 0.0])
    new = old.updated(Contexts(["p"], ["k"], ["v"], [5.0], [1.0]), ["p", "gone"])
    assert [list(new.sums(slug)) for slug in ("p", "q")] == [[("k", "v", 5, 1)], [("k", "v", 2, 0)]]
    assert list(old.sums("p")) == [("k", "v", 1, 0)]
    assert list(new.sums("gone")) == list(new.sums("never")) == []


@pytest.fixture
def memory(tmp_path):
    memory = Memory(tmp_path, library=False)
    for slug in ("one", "other"):
        memory.record_pattern(Pattern(slug, f"Cache {slug}", kind="cache", status="active"))
    for slug, tenancy, success in [
        *[("one", "multi", False)] * 5,
        *[("one", "single", True)] * 9,
        *[("other", "multi", True)] * 3,
        *[("other", "multi", False)] * 3,
    ]:
        decision = memory.record_decision(
            Decision(slug, patterns=(slug,), context={"tenancy": tenancy})
        )
        memory.record_outcome(decision, success=success)
    return memory


def first(memory, context=None):
    return memory.query("cache", context, kind="cache")[0]


def test_a_pattern_that_fails_in_the_asked_context_does_not_come_first(memory):
    assert first(memory).pattern.slug == "one"
    assert first(memory, {"tenancy": "single"}).pattern.slug == "one"
    best, rest = memory.query("cache", {"tenancy": "multi"}, kind="cache")
    assert (best.pattern.slug, best.elsewhere_weight, best.telling_key) == ("other", 1.0, "")
    assert (rest.telling_key, rest.n) == ("tenancy", 14)
    assert rest.elsewhere_weight < 0.1
    assert rest.success_rate < 0.3
    row = memory.query("cache", {"tenancy": "multi"}, kind="cache").explain().frame.iloc[1]
    assert (row["telling_key"], row["elsewhere_weight"]) == ("tenancy", rest.elsewhere_weight)


def test_an_outcome_in_a_context_counts_in_the_next_query(memory):
    before = first(memory, {"tenancy": "multi"}).success_rate
    decision = memory.record_decision(
        Decision("other", patterns=("other",), context={"tenancy": "multi"})
    )
    memory.record_outcome(decision, success=True)
    after = first(memory, {"tenancy": "multi"})
    assert after.success_rate > before
    memory.close()
    with Memory(memory.path, library=False) as again:
        found = first(again, {"tenancy": "multi"})
        assert (found.pattern.slug, found.n) == (after.pattern.slug, after.n)
        assert found.success_rate == pytest.approx(after.success_rate)
