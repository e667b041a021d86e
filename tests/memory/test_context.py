import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.memory.context import context_fit, contradiction, known_keys, value_fit, veto
from archkit.records import Condition, Pattern


@pytest.mark.parametrize(
    ("asked", "offered", "fit"),
    [
        ("multi", "multi", 1.0),
        ("Multi", " multi ", 1.0),
        ("multi", "single", 0.1),
        ("multi", None, 0.5),
        (True, "yes", 1.0),
        (False, "yes", 0.1),
        ("graphql", ["rest", "graphql"], 1.0),
        ("grpc", ["rest", "graphql"], 0.1),
        (["web", "mobile"], ["mobile", "web"], 1.0),
        (["web", "mobile"], ["web", "mobile", "third-party"], 2 / 3),
        (["web"], ["devices"], 0.1),
        (["web", "mobile"], "web", 0.5),
        (["web"], [], 0.5),
        (100, 100, 1.0),
        (100, 200, 0.5),
        (400, 100, 1 / 3),
        (1, 10**9, 0.1),
        (0, 5, 0.1),
        (0, 0, 1.0),
        (5000, ">1000", 1.0),
        (1000, ">1000", 0.1),
        (1000, ">=1000", 1.0),
        (100, "<100", 0.1),
        (0.9, "0.8..1", 1.0),
        (0.7, "0.8..1", 0.1),
        ("<100", "50..200", 1.0),
        ("10,000", 10000, 1.0),
        (300, ["<100", ">200"], 1.0),
        ("<100ms", "<100ms", 1.0),
        ("90:10", 5, 0.1),
        (float("nan"), 5, 0.1),
    ],
)
def test_a_value_fits_as_the_formula_says(asked, offered, fit):
    assert value_fit(asked, offered) == pytest.approx(fit)


anything = st.one_of(
    st.none(), st.text(max_size=8), st.floats(), st.booleans(), st.integers(), st.lists(st.text())
)


@given(anything, anything)
def test_a_fit_lies_between_conflict_and_one(asked, offered):
    assert 0.1 <= value_fit(asked, offered) <= 1


def test_the_fit_of_a_context_is_the_mean_over_the_asked_keys():
    pattern = {"tenancy": "multi", "users": 100, "team_size": 3}
    assert context_fit({"tenancy": "multi", "users": 200, "growth": 2}, pattern) == (
        pytest.approx((1 + 0.5 + 0.5) / 3)
    )


def test_nothing_asked_fits_wholly():
    assert context_fit({}, {"tenancy": "multi"}) == 1.0
    assert context_fit({"tenancy": None, "users": "unknown", "clients": []}, {"users": 3}) == 1.0


def test_known_keys_are_those_with_a_value():
    assert known_keys({"a": "x", "b": None, "c": "", "d": 0, "e": "unknown"}) == ("a", "d")


def pattern(*when_not):
    return Pattern("p", "P", when_not=when_not)


def test_a_matched_when_not_vetoes_with_its_words():
    stale = Condition("No staleness is tolerated", {"staleness_s": "<1"})
    found = pattern("never on Sundays", stale)
    assert veto({"staleness_s": 0}, found) == "No staleness is tolerated"
    assert veto({"staleness_s": 1}, found) is None
    assert veto({}, found) is None
    assert veto({"staleness_s": "unknown"}, found) is None


def test_every_key_of_a_condition_must_be_met():
    both = Condition("Ad-hoc over GraphQL", {"api_style": "graphql", "access_pattern": "ad-hoc"})
    assert veto({"api_style": "graphql"}, pattern(both)) is None
    assert veto({"api_style": "graphql", "access_pattern": "ad-hoc"}, pattern(both)) == both.text


def test_all_of_the_asked_clients_must_be_ruled_out_but_one_obligation_is_enough():
    web = pattern(Condition("Browsers only", {"clients": ["web"]}))
    health = pattern(Condition("Health records", {"compliance": ["hipaa"]}))
    assert veto({"clients": ["web"]}, web) == "Browsers only"
    assert veto({"clients": ["web", "mobile"]}, web) is None
    assert veto({"compliance": ["gdpr", "hipaa"]}, health) == "Health records"
    assert veto({"compliance": ["gdpr"]}, health) is None


def test_a_range_is_ruled_out_only_when_wholly_inside():
    low = pattern(Condition("Few reads", {"read_share": "<0.8"}))
    assert veto({"read_share": "0.1..0.5"}, low) == "Few reads"
    assert veto({"read_share": "0.5..0.9"}, low) is None


@pytest.mark.parametrize(
    ("when", "when_not", "contradict"),
    [
        ({"tenancy": "multi"}, {"tenancy": "multi"}, True),
        ({"tenancy": "multi"}, {"tenancy": ["multi", "single"]}, True),
        ({"tenancy": ["multi", "single"]}, {"tenancy": "multi"}, False),
        ({"tenancy": "multi"}, {"tenancy": "single"}, False),
        ({"users": ">1000"}, {"users": ">=100"}, True),
        ({"users": ">100"}, {"users": ">1000"}, False),
        ({"users": 500}, {"users": "100..1000"}, True),
        ({"tenancy": "multi", "users": 5}, {"users": "<10"}, True),
        ({"users": 5}, {"tenancy": "multi", "users": "<10"}, False),
        ({"compliance": ["gdpr", "pci"]}, {"compliance": ["pci"]}, False),
        ({"compliance": ["pci"]}, {"compliance": ["gdpr", "pci"]}, True),
        ({}, {"users": 5}, False),
        ({"users": 5}, {}, False),
        ({"users": "unknown"}, {"users": 5}, False),
    ],
)
def test_conditions_contradict_when_one_is_met_only_with_the_other(when, when_not, contradict):
    odd = Pattern(
        "p", "P", when=[Condition("fits", when)], when_not=[Condition("does not", when_not)]
    )
    assert contradiction(odd) == (("fits", "does not") if contradict else None)


def test_the_same_words_on_both_sides_contradict():
    odd = Pattern("p", "P", when=["Small  teams"], when_not=["large data", "small teams"])
    assert contradiction(odd) == ("Small  teams", "small teams")


facts = st.dictionaries(
    st.sampled_from(["users", "tenancy", "clients"]),
    st.one_of(
        st.integers(0, 20),
        st.integers(0, 20).map("<={}".format),
        st.integers(0, 20).map(">{}".format),
        st.tuples(st.integers(0, 20), st.integers(0, 20)).map(
            lambda p: "{}..{}".format(*sorted(p))
        ),
        st.sampled_from(["web", "mobile", "multi"]),
        st.lists(st.sampled_from(["web", "mobile"]), min_size=1, unique=True),
    ),
    max_size=3,
)


@given(st.lists(facts, max_size=3), st.lists(facts, max_size=3))
def test_a_pattern_without_contradiction_is_never_vetoed_just_where_it_fits(fits, forbids):
    one = Pattern(
        "p",
        "P",
        when=[Condition(f"fits {n}", context) for n, context in enumerate(fits)],
        when_not=[Condition(f"not {n}", context) for n, context in enumerate(forbids)],
    )
    vetoed = [context for context in fits if context and veto(context, one)]
    assert (contradiction(one) is not None) == bool(vetoed)
