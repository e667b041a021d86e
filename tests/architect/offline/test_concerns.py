"""Concerns found in briefs, with the library that is shipped."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.architect.offline.concerns import Touched, find_concerns, uncovered
from archkit.library import read_library

BRIEFS = [
    ("Build user authentication for a multi-tenant SaaS with mobile and web clients",
     "authentication multi-tenancy"),
    ("Design the schema for an analytics dashboard with millions of daily reads and few writes",
     "read-model"),
    ("Make our payments endpoint idempotent: customers were charged twice when they retried",
     "payment-safety"),
    ("We need sign-in and payments", "authentication payment-safety"),
    ("Stop the N+1 queries in the posts API", "n-plus-one"),
    ("Our GraphQL resolvers send one query per row", "n-plus-one"),
    ("Should we split our monolith into microservices? Five engineers.", "service-boundaries"),
    ("Cache product pages; a minute old is fine, 95% reads", "caching"),
    ("Users upload photos and download them later", "file-storage"),
    ("Full-text search over two million products with autocomplete", "search"),
    ("Partners hammer our public API: limit them to 100 requests a minute each", "rate-limiting"),
    ("Send welcome emails and export reports in background jobs", "background-work"),
    ("The shipping provider's API is unreliable; checkout must not hang when it goes down",
     "resilience"),
    ("Publish order events from the shop to the warehouse and mail services via Kafka",
     "messaging"),
    ("We run out of database connections: connection pool timeout - all connections in use",
     "connection-handling"),
    ("Version our API without breaking old mobile app versions", "versioning-contracts"),
    ("Keep each tenant's data apart in one PostgreSQL database", "multi-tenancy"),
    ("Editors may publish, viewers may only read: roles and permissions per workspace",
     "authorization"),
    ("Slow queries on a 200 GB orders table; which indexes do we need?", "schema-and-indexing"),
    ("REST or GraphQL for our mobile app and web client?", "api-style"),
    ("Let people sign in with Google, and store their uploaded documents in S3",
     "authentication file-storage"),
    ("Sessions must be revocable at once across web and mobile; log out everywhere immediately",
     "authentication"),
    ("API with 25 endpoints for web, mobile and third-party clients at 10k requests a minute",
     "api-style"),
    ("Login without payments", "authentication"),
    ("Build sign-in, and flash new firmware onto our thermostats over the air", "authentication"),
    ("Write firmware for an embedded motor controller with 64 KB of RAM", ""),
    ("Write a birthday poem for my grandmother", ""),
    ("Improve our logo", ""),
    ("Improve our logo image and the colours of the website", ""),
    ("Simulate the ground state of a molecule with coupled-cluster quantum chemistry", ""),
    ("Train a neural network to recognise birds", ""),
    ("", ""),
    ("hello", ""),
]  # fmt: skip


@pytest.mark.parametrize(("brief", "expected"), BRIEFS, ids=[b[:40] for b, _ in BRIEFS])
def test_a_brief_touches_its_concerns(brief, expected):
    assert " ".join(t.kind for t in find_concerns(brief, read_library())) == expected


def test_a_concern_names_the_words_that_touched_it():
    first, second = find_concerns(BRIEFS[0][0], read_library())
    assert first.words == ("authentication",)
    assert second.words == ("multi-tenant", "SaaS")
    assert first.source == "library"


def test_at_most_four_concerns_are_found():
    brief = (
        "Sign-in and payments and full-text search. Rate limiting for partners. Upload photos. "
        "Cache with Redis and a CDN. Background jobs with workers."
    )
    assert len(find_concerns(brief, read_library())) == 4


def pattern_hit(**fields):
    return {
        "slug": "drone-routing",
        "name": "Drone route planner",
        "kind": "fleet-routing",
        "summary": "Plan drone routes over no-fly zones",
        "status": "active",
        "relevance": 1.0,
        "context": {"users": 100},
        **fields,
    }


def test_a_pattern_of_an_unknown_kind_makes_a_concern_of_its_own():
    brief = "Plan the routes of our delivery drones around no-fly zones"
    found = find_concerns(brief, read_library(), [pattern_hit()])
    assert [(t.kind, t.title, t.source) for t in found] == [
        ("fleet-routing", "fleet routing", "memory")
    ]
    assert found[0].slugs == ("drone-routing",)
    assert "drones" in found[0].words


@pytest.mark.parametrize(
    "fields",
    [
        {"relevance": 0.2},
        {"status": "retired"},
        {"name": "Other", "summary": "Bake bread"},
        {"slug": "dataloader"},
    ],
)
def test_a_hit_of_little_worth_makes_no_concern(fields):
    brief = "Plan the routes of our delivery drones around no-fly zones"
    assert find_concerns(brief, read_library(), [pattern_hit(**fields)]) == ()


def test_a_hit_that_shares_only_common_words_makes_no_concern():
    hit = pattern_hit(name="User data service", summary="Store user data in a database table")
    assert find_concerns("Write a poem about user data in a database", read_library(), [hit]) == ()


def test_patterns_without_a_kind_are_kept_by_their_slugs():
    brief = "Plan the routes of our delivery drones around no-fly zones"
    (found,) = find_concerns(brief, read_library(), [pattern_hit(kind="")])
    assert (found.kind, found.slugs) == ("", ("drone-routing",))


def test_without_concerns_in_the_library_nothing_is_found():
    empty = SimpleNamespace(concerns=(), patterns=())
    assert find_concerns("sign-in and payments", empty) == ()


def test_the_part_of_a_brief_that_nothing_is_known_of_is_named():
    brief = "Build sign-in, and flash new firmware onto our thermostats over the air"
    touched = find_concerns(brief, read_library())
    assert uncovered(brief, touched) == ("flash new firmware onto our thermostats over the air",)


def test_a_part_that_states_a_facet_is_covered():
    assert uncovered("It must take 10k requests a minute at the peak.", ()) == ()


def test_the_words_of_a_concern_cover_their_clause():
    touched = [Touched("x", "X", words=("thermostats",))]
    assert uncovered("Flash new firmware onto our thermostats.", touched) == ()


@given(st.text())
def test_no_brief_makes_the_search_raise(brief):
    assert len(find_concerns(brief, read_library())) <= 4
