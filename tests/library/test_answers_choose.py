"""What is known of a case chooses among the shipped patterns of one kind."""

import pytest

from archkit.library import read_library
from archkit.memory.shelf import Shelf


@pytest.fixture(scope="module")
def shelf():
    return Shelf(read_library().patterns)


FIRST_FOR = {
    "timescaledb": [{"data_shape": "time-series"}],
    "postgres-materialized-views": [{"data_shape": "relational", "access_pattern": "ad-hoc"}],
    "dynamodb-gsi": [
        {"data_shape": "key-value", "access_pattern": "predictable", "hosting": "cloud"}
    ],
    "dataloader": [{"api_style": "graphql"}],
    "eager-loading-joins": [{"api_style": "rest"}],
    "multi-layer-caching": [{"read_share": 0.9, "data_size_gb": 100, "response_ms": 100}],
    "cache-aside": [{"staleness_s": 60}],
    "http-edge-caching": [{"consistency": "strong"}, {"staleness_s": 0}],
    "scale-up-first": [{"team_size": 3, "growth": 1.2}],
    "horizontal-scaling-load-balancer": [{"availability": 0.9999}],
    "read-replicas": [{"read_share": 0.95, "staleness_s": 10}],
    "sharding-by-key": [{"writes_per_second": 8000, "tenancy": "multi", "data_size_gb": 5000}],
    "rest-resources": [{"clients": ["web", "third-party"]}],
    "grpc-services": [{"clients": ["internal"], "units": "several"}],
    "graphql-api": [{"api_style": "graphql", "clients": ["mobile"]}],
    "rest-with-graphql-for-mobile": [
        {"clients": ["web", "mobile", "third-party"], "requests_per_minute": 10000}
    ],
    "modular-monolith": [{"team_size": 5}],
    "microservices-by-capability": [{"team_size": 40, "units": "several"}],
    "event-driven-services": [
        {
            "units": "several",
            "consistency": "eventual",
            "delivery": "at-least-once",
            "staleness_s": 9,
        }
    ],
    "cqrs": [{"read_share": 0.95}],
    "postgres-full-text-search": [{"consistency": "strong"}],
    "search-engine-change-events": [{"data_size_gb": 500, "team_size": 20}],
    "external-connection-pooler": [{"units": "several"}],
    "scheduled-batch": [{"staleness_s": 86400}],
    "object-storage-presigned-uploads": [{"data_size_gb": 2000}],
    "files-in-database": [{"data_size_gb": 1, "consistency": "strong"}],
    "url-versioning": [{"clients": ["web", "third-party"]}, {"clients": ["third-party"]}],
    "additive-evolution-contract-tests": [{"clients": ["internal"]}],
    "keyset-pagination": [{"data_size_gb": 100}],
    "offset-pagination": [{"data_size_gb": 0.1, "clients": ["internal"]}],
    "strangler-migration": [{"units": "one", "availability": 0.999}],
}
CASES = [(slug, context) for slug, contexts in FIRST_FOR.items() for context in contexts]


def ranked(shelf, kind, context):
    return shelf.query(kind.replace("-", " "), context, kind=kind)


@pytest.mark.parametrize(("slug", "context"), CASES)
def test_context_puts_the_fitting_pattern_first(shelf, slug, context):
    kind = read_library().pattern(slug).kind
    assert ranked(shelf, kind, context).best.pattern.slug == slug


def test_many_reads_lift_denormalisation_above_loading_row_by_row_better(shelf):
    scores = {
        share: {r.pattern.slug: r.score for r in ranked(shelf, "n-plus-one", {"read_share": share})}
        for share in (0.6, 0.98)
    }
    assert scores[0.6]["denormalised-reads"] < scores[0.6]["eager-loading-joins"]
    assert scores[0.98]["denormalised-reads"] > scores[0.98]["eager-loading-joins"]
    assert scores[0.98]["denormalised-reads"] > scores[0.98]["dataloader"]


@pytest.mark.parametrize("context", [{"consistency": "strong"}, {"staleness_s": 0}])
@pytest.mark.parametrize(
    ("kind", "slug"),
    [
        ("caching", "multi-layer-caching"),
        ("caching", "cache-aside"),
        ("n-plus-one", "cached-relations"),
        ("read-model", "postgres-materialized-views"),
    ],
)
def test_what_may_not_be_stale_vetoes_caches_and_materialized_views(shelf, kind, slug, context):
    vetoes = {item.pattern.slug: item.veto for item in ranked(shelf, kind, context)}
    assert vetoes[slug]


CARD_QUERIES = {
    "database schema high read analytics time-series": [
        "timescaledb",
        "postgres-materialized-views",
        "dynamodb-gsi",
    ],
    "N+1 query problem GraphQL REST eager loading": [
        "eager-loading-joins",
        "dataloader",
        "query-builder-includes",
        "denormalised-reads",
        "cached-relations",
    ],
}


@pytest.mark.parametrize("query", CARD_QUERIES)
def test_the_card_s_queries_find_the_card_s_patterns(shelf, query):
    found = [item.pattern.slug for item in shelf.query(query, limit=12)]
    assert found[0] == CARD_QUERIES[query][0]
    assert set(CARD_QUERIES[query]) <= set(found)


def test_multi_layer_caching_carries_the_card_s_figures_and_no_uses():
    pattern = read_library().pattern("multi-layer-caching")
    assert pattern.reported.success_rate == 0.94
    assert pattern.reported.uses is None
    assert pattern.reported.metrics == {
        "response_time_improvement": 0.78,
        "cache_hit_rate": 0.85,
        "cost_reduction": 0.62,
    }
    assert [layer["ttl"] for layer in pattern.approach["layers"]] == ["1hour", "5-15min", "dynamic"]
