"""Facets read from briefs and answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.architect.offline.facets import (
    Facet,
    context_of,
    is_unknown,
    merge_facets,
    read_answer,
    read_facets,
    read_technologies,
)
from archkit.architect.offline.topics import TOPICS


def values(text: str) -> dict:
    return context_of(read_facets(text))


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("10k requests a minute", "requests_per_minute", 10_000),
        ("10k-req/min", "requests_per_minute", 10_000),
        ("about 10,000 API requests per minute", "requests_per_minute", 10_000),
        ("250 rps at the peak", "requests_per_minute", 15_000),
        ("600 thousand reads an hour", "requests_per_minute", 10_000),
        ("1.44 million page views a day", "requests_per_minute", 1_000),
        ("2,000 payments a minute", "requests_per_minute", 2_000),
        ("2 million users", "users", 2_000_000),
        ("a few hundred users", "users", 300),
        ("dozens of customers", "users", 36),
        ("300 writes a second", "writes_per_second", 300),
        ("60,000 events/min", "writes_per_second", 1_000),
        ("100 GB of data", "data_size_gb", 100),
        ("2 TB", "data_size_gb", 2_000),
        ("p95 under 100 ms", "response_ms", 100),
        ("answers within 2 seconds", "response_ms", 2_000),
        ("90:10 read/write", "read_share", 0.9),
        ("Reads outnumber writes 9 to 1", "read_share", 0.9),
        ("Reads outnumber writes twenty to one", "read_share", 0.9524),
        ("reads to writes 90/10", "read_share", 0.9),
        ("95% of the calls are reads", "read_share", 0.95),
        ("few writes", "read_share", 0.99),
        ("a minute old is fine", "staleness_s", 60),
        ("staleness of a minute is fine", "staleness_s", 60),
        ("data may be up to 5 minutes stale", "staleness_s", 300),
        ("refreshed every 15 minutes", "staleness_s", 900),
        ("five engineers", "team_size", 5),
        ("a team of 12", "team_size", 12),
        ("a solo developer", "team_size", 1),
        ("$500 a month", "budget_usd_month", 500),
        ("a budget of $6,000 per year", "budget_usd_month", 500),
        ("99.9 % uptime", "availability", 0.999),
        ("99.95%", "availability", 0.9995),
        ("three nines", "availability", 0.999),
        ("50 posts a page", "page_size", 50),
        ("page size 20", "page_size", 20),
        ("traffic doubles every year", "growth", 2),
        ("multi-tenant SaaS", "tenancy", "multi"),
        ("500 tenants", "tenancy", "multi"),
        ("a single tenant", "tenancy", "single"),
        ("sign in with SAML", "identity", "partners"),
        ("log in with Google", "identity", "social"),
        ("email and password", "identity", "own"),
        ("tokens revocable at once", "revocation", "at-once"),
        ("log out everywhere immediately", "revocation", "at-once"),
        ("access revoked within five minutes", "revocation", "within-minutes"),
        ("A stolen token must stop working within minutes.", "revocation", "within-minutes"),
        ("a stolen token must stop working at once", "revocation", "at-once"),
        ("strong consistency", "consistency", "strong"),
        ("stale data is acceptable", "consistency", "eventual"),
        ("ad-hoc queries", "access_pattern", "ad-hoc"),
        ("fixed dashboards", "access_pattern", "predictable"),
        ("sensor readings", "data_shape", "time-series"),
        ("our GraphQL API", "api_style", "graphql"),
        ("a REST API", "api_style", "rest"),
        ("services speak gRPC", "api_style", "grpc"),
        ("on AWS", "hosting", "cloud"),
        ("self-hosted", "hosting", "self-hosted"),
        ("customers pay by invoice", "money", "yes"),
        ("we use Stripe", "provider_idempotency", "yes"),
        ("our PSP has no idempotency keys", "provider_idempotency", "no"),
        ("several workers update the same row, concurrent writers", "concurrency", "many-writers"),
        ("customers were charged twice", "delivery", "exactly-once-effect"),
        ("at-least-once delivery", "delivery", "at-least-once"),
        ("a modular monolith", "units", "one"),
        ("twelve microservices", "units", "several"),
        ("GDPR and PCI DSS", "compliance", ["gdpr", "pci"]),
        ("two regions", "regions", "several"),
        ("mobile and web clients", "clients", ["mobile", "web"]),
        ("an iOS app and third-party integrators", "clients", ["mobile", "third-party"]),
        ("sensors in the field", "clients", ["devices"]),
    ],
)
def test_a_phrase_gives_its_facet(text, key, value):
    assert values(text)[key] == value


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("no mobile app", "clients"),
        ("mobile is out of scope", "clients"),
        ("neither web nor mobile clients", "clients"),
        ("without GraphQL", "api_style"),
        ("16 GB of RAM", "data_size_gb"),
        ("files of 10 MB", "data_size_gb"),
        ("one user", "users"),
        ("a webhook and a web server", "clients"),
        ("take a rest", "revocation"),
        ("REST or GraphQL for our clients?", "api_style"),
        ("Should we split our monolith into microservices? We are five.", "units"),
        ("Split our monolith into microservices", "units"),
        ("95 % success", "availability"),
        ("customers were charged twice when they retried", "users"),
    ],
)
def test_what_is_denied_or_something_else_gives_no_facet(text, key):
    assert key not in values(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not multi-tenant", {"tenancy": "single"}),
        ("no payments", {"money": "no"}),
        ("no mobile app, web only", {"clients": ["web"]}),
        ("not only mobile but web", {"clients": ["mobile", "web"]}),
        ("without breaking mobile apps", {"clients": ["mobile"]}),
    ],
)
def test_a_denial_is_read_as_what_it_means(text, expected):
    assert values(text) == expected


def test_vague_words_give_an_approximate_number():
    facet = read_facets("millions of daily reads")["requests_per_minute"]
    assert facet.approximate
    assert facet.value == pytest.approx(3e6 / 1_440, rel=0.01)


def test_an_exact_number_goes_before_a_vague_one():
    assert values("read-heavy, 80:20 reads to writes")["read_share"] == 0.8


def test_a_facet_says_which_words_gave_it():
    text = "It takes 10k requests a minute."
    assert read_facets(text)["requests_per_minute"] == Facet(
        "requests_per_minute", 10_000, "10k requests a minute", "brief", (9, 30), False
    )


def test_the_three_example_briefs_give_their_facets():
    assert values(
        "Build user authentication for a multi-tenant SaaS with mobile and web clients"
    ) == {
        "clients": ["mobile", "web"],
        "tenancy": "multi",
    }
    analytics = values(
        "Design the schema for an analytics dashboard with millions of daily reads and few writes"
    )
    assert set(analytics) == {"requests_per_minute", "read_share", "writes_per_second"}
    assert values(
        "Make our payments endpoint idempotent: customers were charged twice when they retried"
    ) == {"money": "yes", "delivery": "exactly-once-effect"}


def test_nothing_said_gives_no_facets():
    assert read_facets("") == {}
    assert read_facets("Hello there.") == {}


@given(st.text())
def test_no_text_makes_the_reader_raise(text):
    assert set(read_facets(text)) <= set(TOPICS)


@given(st.sampled_from([*TOPICS, "", "nonsense"]), st.text())
def test_no_answer_makes_the_reader_raise(key, answer):
    assert set(read_answer(key, answer)) <= set(TOPICS)


@given(st.from_regex(r"[0-9]{1,30}[kKmMb]? (users|requests a minute|GB|ms|%) ?(a|per)? ?page?"))
def test_no_number_makes_the_reader_raise(text):
    assert all(isinstance(f.value, int | float | str | list) for f in read_facets(text).values())


@pytest.mark.parametrize(
    ("key", "answer", "value"),
    [
        ("users", "500", 500),
        ("users", "about 100,000", 100_000),
        ("response_ms", "2 s", 2_000),
        ("response_ms", "200", 200),
        ("read_share", "95", 0.95),
        ("read_share", "9:1", 0.9),
        ("staleness_s", "a minute", 60),
        ("data_size_gb", "3 TB", 3_000),
        ("requests_per_minute", "about 300 a second", 18_000),
        ("revocation", "yes", "at-once"),
        ("revocation", "no", "within-minutes"),
        ("revocation", "yes, with the next request", "at-once"),
        ("tenancy", "no", "single"),
        ("clients", "browsers and mobile apps", ["web", "mobile"]),
        ("clients", "web, third-party", ["web", "third-party"]),
        ("compliance", "gdpr", ["gdpr"]),
        ("delivery", "never", "exactly-once-effect"),
        ("availability", "99.9", 0.999),
        ("revocation", "Within ten minutes is fast enough", "within-minutes"),
        ("concurrency", "Several processes can pick up the same order at once", "many-writers"),
    ],
)
def test_an_answer_is_read_by_its_question(key, answer, value):
    assert read_answer(key, answer)[key].value == value
    assert read_answer(key, answer)[key].source == "answer"


@pytest.mark.parametrize("answer", [t.answers[0].label for t in TOPICS.values()])
def test_every_option_is_understood_when_chosen(answer):
    topic = next(t for t in TOPICS.values() if t.answers[0].label == answer)
    for option in topic.answers:
        assert read_answer(topic.key, option.label)[topic.key].value == option.value
        said = option.value if isinstance(option.value, str) else str(option.value)
        if not isinstance(option.value, list):
            assert read_answer(topic.key, said)[topic.key].value == option.value


@pytest.mark.parametrize(
    "answer", ["", "unknown", "I don't know", "not sure", "I do not know", "?"]
)
def test_not_knowing_is_no_answer(answer):
    assert is_unknown(answer)
    assert read_answer("users", answer) == {}


def test_an_answer_may_say_more_than_was_asked():
    found = context_of(read_answer("api_style", "GraphQL, 50 posts a page, a minute old is fine"))
    assert found["api_style"] == "graphql"
    assert found["page_size"] == 50
    assert found["staleness_s"] == 60


def test_an_answer_that_says_nothing_known_gives_nothing():
    assert read_answer("users", "lots") == {}


def test_a_later_part_replaces_an_earlier_one():
    merged = merge_facets(read_facets("web"), read_facets("mobile and 500 tenants"))
    assert context_of(merged) == {"clients": ["mobile"], "tenancy": "multi"}


def test_technologies_are_named_once_in_their_own_spelling():
    text = ["django with postgres and Redis, no Kafka", "Postgres again"]
    assert read_technologies(text) == ("Django", "PostgreSQL", "Redis")
