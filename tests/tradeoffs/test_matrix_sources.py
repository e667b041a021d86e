"""Matrices from a ranking, a proposal, a decision and an ADR."""

from types import SimpleNamespace

import pandas as pd
import pytest

from archkit.decisions.adr import read_adr
from archkit.errors import ArchkitError
from archkit.memory.memory import Memory
from archkit.proposal.document import read_proposal
from archkit.records import LADDER, Alternative, Decision, Pattern, Reported
from archkit.tradeoffs.cell import Grade, Interval, Known, Rate, Unknown
from archkit.tradeoffs.criterion import Criterion
from archkit.tradeoffs.frames import from_frame
from archkit.tradeoffs.matrix import PerformanceMatrix
from archkit.tradeoffs.sources import (
    from_adr,
    from_decision,
    from_names,
    from_proposal,
    from_ranking,
)


def _item(name, a=1.0, b=1.0, n=0.0, provenance="none", veto=None, **pattern):
    told = Pattern(**({"slug": name.lower(), "name": name, "kind": "sign-in"} | pattern))
    return SimpleNamespace(pattern=told, a=a, b=b, n=n, provenance=provenance, veto=veto)


RUNGS = dict(zip(LADDER, (4, 3, 4, 3, 3), strict=True))
RANKING = [
    _item(
        "JWT",
        24.104,
        2.216,
        38.0,
        "reported",
        setup_hours=3,
        ladder=RUNGS,
        security=("rotate", "expire"),
        reported=Reported(0.95, 38, metrics={"setup_hours": 3, "query_reduction": 0.85}),
    ),
    _item("Sessions", 10.0, 4.0, 12.0, "observed + reported", setup_hours=2),
    _item("Keys"),
    _item("Cookies", veto="it must not"),
    _item("REST", 5.0, 2.0, 5.0, "observed", kind="api-style"),
]


def test_a_ranking_becomes_alternatives_with_where_each_figure_is_from():
    matrix = from_ranking(RANKING)
    assert matrix.alternatives == ("JWT", "Sessions", "Keys")
    assert [c.name for c in matrix.criteria] == [
        *("success_rate", "setup_hours", "query_reduction", "security"),
        *LADDER,
    ]
    jwt = matrix.cell("JWT", "success_rate")
    assert (jwt.successes, jwt.uses) == pytest.approx((23.104, 24.32))
    assert (jwt.provenance, jwt.note) == ("reported", "n\u00a038, reported as 95\u202f%")
    assert (jwt.a, jwt.b) == pytest.approx((24.104, 2.216))
    assert matrix.cell("Sessions", "success_rate").provenance == "observed + reported"
    assert matrix.cell("Keys", "success_rate") == Unknown(note="no evidence yet")
    hours = matrix.cell("JWT", "setup_hours")
    assert (hours.low, hours.mode, hours.high, hours.provenance) == (1.5, 3, 6, "reported")
    assert matrix.cell("Sessions", "setup_hours").provenance == "stated"
    assert matrix.cell("Keys", "setup_hours") == Unknown()
    assert matrix.cell("JWT", "query_reduction").provenance == "reported"
    assert matrix.cell("JWT", "security") == Unknown(note="rotate; expire")
    assert matrix.cell("JWT", "testability") == Grade(4, provenance="stated")
    assert matrix.criterion("setup_hours").high == 8


def test_another_kind_may_be_asked_for_and_none_is_told():
    assert from_ranking(RANKING, kind="api-style").alternatives == ("REST",)
    assert from_ranking(RANKING, kind="").alternatives == ("JWT", "Sessions", "Keys", "REST")
    with pytest.raises(ArchkitError, match="no pattern of the kind 'queue'") as error:
        from_ranking(RANKING, kind="queue")
    assert "api-style, sign-in" in error.value.why
    with pytest.raises(ArchkitError, match="no pattern to compare"):
        from_ranking([])


def test_long_set_ups_get_a_scale_that_holds_them():
    matrix = from_ranking([_item("Big", setup_hours=30), _item("Small", setup_hours=2)])
    assert matrix.criterion("setup_hours").high == 40


def test_counted_queries_go_before_reported_ones():
    rows = {
        "slug": ["sessions", "jwt", "jwt", "keys"],
        "reduction_share": [0.9, 0.7, 0.99, 0.5],
        "low": [0.8, None, None, 0.4],
        "high": [0.95, None, None, 0.6],
        "n": [4, 1, 1, 2],
        "provenance": ["observed", "measured", "simulated", "simulated"],
    }
    matrix = from_ranking(RANKING, reductions=pd.DataFrame(rows))
    assert matrix.cell("JWT", "query_reduction") == Known(
        0.7, provenance="measured", note="n 1, no interval"
    )
    assert matrix.cell("Sessions", "query_reduction") == Interval(
        0.8, 0.95, 0.9, provenance="observed", note="n 4"
    )
    assert matrix.cell("Keys", "query_reduction").provenance == "simulated"


def test_other_reported_shares_are_columns_too():
    items = [_item("CDN", reported=Reported(metrics={"cache_hit_rate": 0.85, "p95": 3, "x": 0.5}))]
    matrix = from_ranking(items)
    assert [c.name for c in matrix.criteria] == ["success_rate", "cache_hit_rate"]
    assert matrix.cell("CDN", "cache_hit_rate") == Known(0.85, provenance="reported")


def test_patterns_of_one_name_are_told_apart_by_their_slug():
    items = [_item("JWT", slug="jwt-a"), _item("JWT", slug="jwt-b")]
    assert from_ranking(items).alternatives == ("JWT (jwt-a)", "JWT (jwt-b)")


def test_the_reference_cards_first_example_comes_from_the_memory_as_it_stands(tmp_path):
    ranking = Memory(tmp_path / "memory.duckdb").query("authentication multi-tenant mobile web API")
    matrix = from_ranking(ranking)
    assert set(matrix.alternatives) == {
        *("JWT + Refresh Tokens + Redis", "Session-based + Redis"),
        *("OAuth2 + JWT", "API Keys + Rate Limiting"),
    }
    assert matrix.cell("API Keys + Rate Limiting", "setup_hours") == Unknown()
    for place in ranking:
        if place.pattern.name in matrix.alternatives:
            rate = matrix.cell(place.pattern.name, "success_rate")
            assert isinstance(rate, Rate)
            assert rate.mean(matrix.criteria[0]) == pytest.approx(place.success_rate)
            assert rate.provenance == "reported"


def test_names_are_filled_with_what_the_ranking_knows_of_them():
    matrix = from_names(["Sessions", "jwt", "Basic", "Sessions"], ranking=RANKING)
    assert matrix.alternatives == ("Sessions", "jwt", "Basic")
    assert isinstance(matrix.cell("jwt", "success_rate"), Rate)
    assert {matrix.cell("Basic", c.name) for c in matrix.criteria} == {Unknown()}
    bare = from_names(["A", "B"])
    assert [c.name for c in bare.criteria] == list(LADDER)
    assert len(bare.unknown) == 10
    cost = Criterion("cost", "min", 0, 9, "USD")
    assert from_names(["A"], [cost]).criteria == (cost,)
    with pytest.raises(ArchkitError, match="has no alternative"):
        from_names([])


def test_a_decision_brings_its_forecasts_and_evidence_goes_before_them():
    decision = Decision(
        chosen="JWT",
        confidence=0.8,
        alternatives=(Alternative("Basic", predicted=0.4), Alternative("Keys")),
    )
    matrix = from_decision(decision)
    assert matrix.alternatives == ("JWT", "Basic", "Keys")
    assert matrix.cell("JWT", "success_rate") == Known(
        0.8, provenance="stated", note="forecast when deciding"
    )
    assert matrix.cell("Keys", "success_rate") == Unknown()
    known = from_decision(decision, ranking=RANKING)
    assert isinstance(known.cell("JWT", "success_rate"), Rate)
    assert known.cell("Basic", "success_rate").provenance == "stated"
    bare = from_decision(Decision(chosen="A"))
    assert [c.name for c in bare.criteria] == list(LADDER)


PROPOSAL = """# Design

## 6. Technology Stack Rationale

### Database: PostgreSQL

- **Justification:** joins
- **Alternatives:** MySQL, MongoDB

### Sign-in: JWT

- **Justification:** stateless
- **Alternative, Sessions:** simple to revoke.

### Cache: Redis

- **Justification:** fast
"""


def test_a_proposals_choice_stands_beside_the_alternatives_it_names():
    proposal = read_proposal(PROPOSAL)
    assert from_proposal(proposal).alternatives == ("PostgreSQL", "MySQL", "MongoDB")
    matrix = from_proposal(proposal, "sign-in", ranking=RANKING)
    assert matrix.alternatives == ("JWT", "Sessions")
    assert isinstance(matrix.cell("Sessions", "success_rate"), Rate)
    assert from_proposal(proposal, 1) == from_proposal(proposal, "Sign-in")
    cost = Criterion("cost", "min", 0, 9, "USD")
    assert from_proposal(proposal, 0, [cost]).criteria == (cost,)


@pytest.mark.parametrize("choice", ["cache", 2, -1, "queue"])
def test_a_choice_that_names_no_alternative_is_told_with_those_that_do(choice):
    with pytest.raises(ArchkitError, match="no such choice that names an alternative") as error:
        from_proposal(read_proposal(PROPOSAL), choice)
    assert "PostgreSQL" in error.value.why


ADR = """# Use a broker

## Decision Drivers

* Low operating cost
* Ordering of messages

## Considered Options

* Kafka
* RabbitMQ

## Decision Outcome

Chosen option: "Kafka", because ordering matters.

## Pros and Cons of the Options

### Kafka

* Good, because messages keep their order
* Bad, because the operators need training, which is a cost

### RabbitMQ

* Good, because it is known
"""


def test_an_adrs_options_meet_its_drivers():
    matrix = from_adr(read_adr(ADR, name="0001-broker.md"))
    assert matrix.alternatives == ("Kafka", "RabbitMQ")
    assert [(c.name, c.low, c.high) for c in matrix.criteria] == [
        ("Low operating cost", 1, 5),
        ("Ordering of messages", 1, 5),
    ]
    assert matrix.cell("Kafka", "Ordering of messages") == Unknown(note="messages keep their order")
    assert "training" in matrix.cell("Kafka", "Low operating cost").note
    assert matrix.cell("RabbitMQ", "Ordering of messages") == Unknown()
    assert len(matrix.unknown) == 4
    cost = Criterion("cost", "min", 0, 9, "USD")
    assert from_adr(read_adr(ADR), [cost]).criteria == (cost,)


def test_an_adr_without_drivers_is_judged_by_the_ladder_and_without_options_refused():
    bare = ADR.replace("## Decision Drivers\n\n* Low operating cost\n* Ordering of messages\n", "")
    assert [c.name for c in from_adr(read_adr(bare)).criteria] == list(LADDER)
    with pytest.raises(ArchkitError, match="'Use a broker' names no options"):
        from_adr(read_adr("# Use a broker\n\n## Status\n\nAccepted\n\n## Decision\n\nWe do.\n"))


def test_an_adr_that_archkit_wrote_brings_the_forecasts_of_its_decision():
    from archkit.decisions.adr_writing import to_adr

    decision = Decision(
        title="Use a broker",
        chosen="Kafka",
        confidence=0.8,
        rationale="ordering",
        alternatives=(Alternative("RabbitMQ", predicted=0.6, why_not="no order"),),
    )
    adr = read_adr(str(to_adr(decision)))
    matrix = from_adr(adr)
    assert set(matrix.alternatives) == {"Kafka", "RabbitMQ"}
    assert matrix.cell("Kafka", "success_rate").mean(matrix.criteria[0]) == 0.8
    assert matrix.cell("RabbitMQ", "success_rate").mean(matrix.criteria[0]) == 0.6


def test_a_matrix_can_be_made_from_each_by_name():
    adr, proposal = read_adr(ADR), read_proposal(PROPOSAL)
    frame = pd.DataFrame({"setup_hours": [3]}, index=["A"])
    made = PerformanceMatrix
    assert made.from_ranking(RANKING, kind="api-style") == from_ranking(RANKING, kind="api-style")
    assert made.from_adr(adr, ranking=RANKING) == from_adr(adr, ranking=RANKING)
    assert made.from_proposal(proposal, "sign", ranking=RANKING) == from_proposal(
        proposal, "sign", ranking=RANKING
    )
    assert made.from_frame(frame) == from_frame(frame)
