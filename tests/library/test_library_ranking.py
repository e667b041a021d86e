"""What the library's contexts do in a ranking: an answer lifts the right pattern."""

import pytest

from archkit.library import read_library
from archkit.memory.shelf import Shelf

SHELF = Shelf(read_library().patterns)
FALLBACK = "graceful-degradation-cached-fallback"
PEOPLE = {"clients": ["web", "mobile"], "tenancy": "multi"}


def first(kind, context, text=None):
    text = text or kind.replace("-", " ")
    return SHELF.query(text, context, kind=kind).best.pattern.slug


@pytest.mark.parametrize(
    ("asked", "slug"),
    [
        (PEOPLE, "jwt-refresh-redis"),
        ({**PEOPLE, "revocation": "within-minutes"}, "jwt-refresh-redis"),
        ({**PEOPLE, "revocation": "at-once"}, "session-redis"),
        ({**PEOPLE, "identity": "partners"}, "oauth2-jwt"),
        ({**PEOPLE, "identity": "social", "units": "several"}, "oauth2-jwt"),
        ({"clients": ["third-party"]}, "api-keys-rate-limiting"),
    ],
)
def test_sign_in_follows_clients_identity_and_revocation(asked, slug):
    assert first("authentication", asked) == slug


def test_the_card_s_first_query_finds_its_four_patterns_with_jwt_first():
    found = SHELF.query("authentication multi-tenant mobile web API", kind="authentication")
    assert found.best.pattern.slug == "jwt-refresh-redis"
    assert {r.pattern.slug for r in found} == {
        "jwt-refresh-redis",
        "session-redis",
        "oauth2-jwt",
        "api-keys-rate-limiting",
    }


def test_signed_tokens_are_vetoed_where_access_must_end_at_once():
    found = SHELF.query("sign in", {**PEOPLE, "revocation": "at-once"}, kind="authentication")
    vetoed = {r.pattern.slug for r in found if r.veto}
    assert vetoed == {"jwt-refresh-redis", "oauth2-jwt", "api-keys-rate-limiting"}


@pytest.mark.parametrize("provider", [{}, *({"provider_idempotency": v} for v in ("yes", "no"))])
@pytest.mark.parametrize(
    "text",
    [
        "race condition payment duplicate transaction concurrent",
        "customers are charged twice when they click twice",
        "How a payment is made exactly once",
        "payment safety",
    ],
)
def test_key_and_transaction_together_come_first_for_payments(provider, text):
    context = {"money": "yes", **provider}
    assert first("payment-safety", context, text) == "idempotency-key-transaction"


def test_a_lock_or_a_constraint_alone_is_vetoed_where_the_provider_charges_again():
    context = {"money": "yes", "provider_idempotency": "no"}
    found = SHELF.query("payment", context, kind="payment-safety")
    vetoed = {r.pattern.slug for r in found if r.veto}
    assert vetoed == {"unique-constraint-idempotency-key", "redis-lock-ttl"}


@pytest.mark.parametrize(
    ("kind", "asked", "slug"),
    [
        ("multi-tenancy", {"tenancy": "multi"}, "shared-schema-row-level-security"),
        ("multi-tenancy", {"tenancy": "multi", "compliance": ["hipaa"]}, "database-per-tenant"),
        ("authorization", {"tenancy": "multi"}, "rbac-tenant-scoped"),
        ("authorization", {"data_shape": "graph"}, "relationship-based-access"),
        ("rate-limiting", {"clients": ["third-party"], "tenancy": "multi"}, "token-bucket-redis"),
        ("rate-limiting", {"regions": "several"}, "gateway-quotas"),
        ("messaging", {"delivery": "exactly-once-effect"}, "transactional-outbox"),
        ("resilience", {"requests_per_minute": 10_000, "response_ms": 300}, "timeouts-bulkheads"),
        ("resilience", {"requests_per_minute": 10_000, "response_ms": 3000}, "circuit-breaker"),
        ("resilience", {"staleness_s": 300, "read_share": 0.9}, FALLBACK),
        ("messaging", {}, "transactional-outbox"),
    ],
)
def test_the_context_decides_between_patterns_of_one_kind(kind, asked, slug):
    assert first(kind, asked) == slug
