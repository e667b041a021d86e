"""What learning promises, held by simulation and over events in any order."""

import json
from datetime import UTC, datetime, timedelta

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archkit.memory import projection
from archkit.memory.beta import beta_quantile
from archkit.memory.category import category_prior, forecast
from archkit.memory.evidence import Evidence
from archkit.memory.posterior import LEARNING_RATE
from archkit.memory.spool import Chunk

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
USES, PATTERNS = 40, 4000


@pytest.mark.parametrize("rate", [0.6, 0.8, 0.95])
@pytest.mark.parametrize("n", [3, 10, 38])
def test_ninety_percent_intervals_hold_the_truth_in_at_least_85_of_100_cases(rate, n):
    won = np.random.default_rng(n).binomial(n, rate, PATTERNS)
    a, b = 1 + LEARNING_RATE * won, 1 + LEARNING_RATE * (n - won)
    low, high = beta_quantile(0.05, a, b), beta_quantile(0.95, a, b)
    assert np.mean((low <= rate) & (rate <= high)) >= 0.85


def worlds():
    """Success or failure of patterns at each use, in worlds of one kind each."""
    rng = np.random.default_rng(11)
    for name, a, b in (("good", 9, 1.5), ("mixed", 3, 2), ("any", 1, 1)):
        rates = rng.beta(a, b, PATTERNS)[:, None].repeat(USES, axis=1)
        yield name, (rng.random(rates.shape) < rates).astype(float)
        rates[:, USES // 2 :] *= 0.5
        yield f"{name}, halved at the 20th use", (rng.random(rates.shape) < rates).astype(float)


WORLDS = dict(worlds())


def posteriors(y):
    """Beta posterior before each use."""
    before, n = np.cumsum(y, axis=1) - y, np.arange(USES)
    return 1 + LEARNING_RATE * before, 1 + LEARNING_RATE * (n - before)


def raw(y):
    """Share of successes before each use; one half before the first."""
    before, n = np.cumsum(y, axis=1) - y, np.arange(USES)
    return np.where(n > 0, before / np.maximum(n, 1), 0.5)


def loom(y, rate):
    """Loom's rule: times 1 + rate at a success, up to 1; times 1 - rate at a failure, from .1."""
    confidence, told = np.full(len(y), 0.3), []
    for success in y.T > 0.5:
        told.append(confidence)
        better = np.minimum(confidence * (1 + rate), 1.0)
        confidence = np.where(success, better, np.maximum(confidence * (1 - rate), 0.1))
    return np.array(told).T


def brier(said, y, uses=USES):
    return float(((said - y)[:, :uses] ** 2).mean())


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("rate", [0.1, 0.8])
def test_the_confidence_beats_looms_rule_in_every_world(world, rate):
    y = WORLDS[world]
    a, b = posteriors(y)
    assert brier(a / (a + b), y) < brier(loom(y, rate), y)


@pytest.mark.parametrize("world", ["good", "mixed", "any"])
def test_in_the_first_three_uses_the_confidence_beats_the_raw_rate_and_the_area_helps(world):
    y = WORLDS[world]
    known, new = y[: PATTERNS // 2], y[PATTERNS // 2 :]
    prior = category_prior(*(LEARNING_RATE * x[:, :10].sum(axis=1) for x in (known, 1 - known)))
    a, b = posteriors(new)
    own, helped = a / (a + b), forecast(a, b, prior)
    assert brier(own, new, 3) < brier(raw(new), new, 3)
    assert brier(helped, new, 3) < brier(raw(new), new, 3)
    assert brier(helped, new, 3) < brier(own, new, 3) or world == "any"


def event(n, kind, payload):
    """One event as the spool gives it; recorded a minute after the one before."""
    at = (NOW + timedelta(minutes=n)).replace(tzinfo=None)
    text = json.dumps(payload)
    return (f"event {n:03}", at, "w", n, kind, 1, "me", "", f"s{n % 3}", None, text)


slugs = st.sampled_from(["a", "b"])
days = st.integers(0, 400).map(lambda n: (NOW - n * DAY).isoformat())
score = st.sampled_from([0.0, 0.3, 0.5, 1.0])
choice = st.sampled_from(["d1", "d2", "d3"])
histories = st.lists(
    st.one_of(
        st.tuples(st.just("pattern"), st.fixed_dictionaries(
            {"slug": slugs, "status": st.sampled_from(["candidate", "active"]),
             "reported": st.none() | st.just({"success_rate": 0.9, "uses": 12.5})})),
        st.tuples(st.just("decision"), st.fixed_dictionaries(
            {"decision_id": choice, "patterns": st.lists(slugs, max_size=2), "decided_at": days})),
        st.tuples(st.just("outcome"), st.fixed_dictionaries(
            {"decision_id": choice, "scores": st.fixed_dictionaries({"it": score}),
             "observed_at": days, "source": st.sampled_from(["team", "model", "measured"])})),
        st.tuples(st.just("pattern_use"), st.fixed_dictionaries(
            {"slug": slugs, "y": score, "used_at": days})),
        st.tuples(st.just("pattern_status"), st.fixed_dictionaries(
            {"slug": slugs, "status": st.sampled_from(["active", "retired"])})),
        st.tuples(st.just("epoch"), st.fixed_dictionaries(
            {"slug": slugs, "began_at": days, "weight": st.just(0.1)})),
        st.tuples(st.just("epoch_undone"), st.fixed_dictionaries(
            {"slug": slugs, "began_at": days})),
    ),
    max_size=25,
)  # fmt: skip


@pytest.fixture(scope="module")
def database():
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        projection.create(connection, NOW)
        yield connection


def stands(database, parts):
    """Where patterns stand after events have come in parts, some of them twice."""
    database.execute("BEGIN")
    try:
        for part in parts:
            projection.take(database, [Chunk("f", 1, list(part))], NOW)
        rows = database.execute(EVIDENCE).fetchall()
        said = dict(database.execute("SELECT slug, status FROM status_said").fetchall())
    finally:
        database.execute("ROLLBACK")
    statuses = [said.get(slug, "candidate") for slug in "ab"]
    found = Evidence.from_rows(rows, now=NOW).standing(["a", "b"], statuses)
    names = ("a", "b", "uses", "successes", "failures", "status")
    return [getattr(found, name).tolist() for name in names]


EVIDENCE = """
SELECT slug, y, uses, source, outcome_at, coalesce(session_id, decision_id, use_id), weight
FROM pattern_evidence
"""


@settings(max_examples=25)
@given(histories, st.randoms(use_true_random=False), st.integers(1, 5))
def test_where_patterns_stand_depends_on_no_order_of_events_and_no_replay(
    database, history, random, parts
):
    events = [event(n, kind, payload) for n, (kind, payload) in enumerate(history)]
    shuffled = random.sample(events, len(events))
    some = [shuffled[start::parts] for start in range(parts)]
    again = random.sample(events, len(events) // 2)
    assert stands(database, [events]) == stands(database, [*some, again])
