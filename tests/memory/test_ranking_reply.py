"""The reference card's three queries and two errors come back as replies in its shape."""

import pytest

from archkit import metrics
from archkit.memory.memory import Memory
from archkit.records import Measurement, Pattern


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    with Memory(tmp_path_factory.mktemp("reply") / "m.duckdb") as memory:
        yield memory


def whole(reply, *texts):
    """Whether a reply has all texts, in this order."""
    place = 0
    for text in texts:
        assert text in reply[place:], f"{text!r} is not there, or not in its place"
        place = reply.index(text, place)
    return True


def test_first_example_sign_in_for_mobile_and_web_clients_of_many_tenants(memory):
    ranking = memory.query(
        "authentication multi-tenant mobile web API",
        {"clients": ["web", "mobile"], "tenancy": "multi"},
    )
    reply = ranking.reply()
    best, oauth, sessions, keys = (
        next(item for item in ranking if item.pattern.slug == slug)
        for slug in ("jwt-refresh-redis", "oauth2-jwt", "session-redis", "api-keys-rate-limiting")
    )
    assert [item.n for item in (best, oauth, sessions, keys)] == [38, 16, 24, 12]
    assert whole(
        reply,
        "**Context:** clients: web, mobile; tenancy: multi",
        "**4 patterns found** (authentication)",
        f"1. **JWT + Refresh Tokens + Redis** ({best.success_rate:.0%} success, 90% interval "
        f"{best.low:.0%} to {best.high:.0%}; 38 uses reported; set-up 3 h)",
        "Pros: Stateless",
        "Cons: Managing tokens is complex",
        "Security: Strong with proper expiry and rotation",
        "When: Mobile apps stay signed in for weeks",
        "Not when: Access must end at once",
        "**OAuth2 + JWT**",
        "set-up 4 h",
        "**Session-based + Redis**",
        "set-up 2 h",
        "~~**API Keys + Rate Limiting**~~",
        "Not here: People sign in from browsers or apps",
        "**Cannot be told apart by the evidence:** JWT + Refresh Tokens + Redis; OAuth2 + JWT; "
        "Session-based + Redis.",
        "**Decision:** use JWT + Refresh Tokens + Redis, first by score.",
        f"works better than OAuth2 + JWT {oauth.beaten_by:.0%}; "
        f"Session-based + Redis {sessions.beaten_by:.0%} (not sure: 90% would be needed",
    )


def test_second_example_a_schema_for_many_reads(memory):
    ranking = memory.query("database schema high read analytics time-series")
    reply = ranking.reply()
    assert whole(reply, "patterns found** (read-model)", "1. **TimescaleDB", "18 uses reported")
    assert whole(reply, "PostgreSQL + Materialized Views", "22 uses reported", "Cons:")
    assert whole(reply, "DynamoDB + GSI", "14 uses reported")
    assert whole(reply, "**Cannot be told apart by the evidence:**", "Materialized Views")
    assert whole(reply, "**Decision:** use TimescaleDB", "not sure: 90% would be needed")


def test_third_example_n_plus_one_queries(memory):
    ranking = memory.query("N+1 query problem GraphQL REST eager loading")
    reply = ranking.reply()
    assert whole(reply, "**5 patterns found** (n-plus-one)", "\n2. **")
    assert whole(reply, "DataLoader", "45 uses reported; queries reduced by 85% (reported)")
    assert whole(reply, "Eager loading", "52 uses reported; queries reduced by 90% (reported)")
    for uses in (38, 12, 28):
        assert f"{uses} uses reported" in reply
    assert whole(reply, "**Cannot be told apart by the evidence:**", "**Decision:** use")
    split = {
        api: memory.query("N+1 query problem", {"api_style": api}).best.pattern.slug
        for api in ("graphql", "rest")
    }
    assert split == {"graphql": "dataloader", "rest": "eager-loading-joins"}


def test_first_error_an_exhausted_pool_of_connections(memory):
    found = memory.find_solution("Connection pool timeout - all connections in use")
    first = found[0]
    assert whole(
        found.reply(),
        "solution",
        f"1. **Database connection pool exhaustion** (used 16 times (reported), "
        f"{first.effective_rate:.0%} effective, 90% interval {first.low:.0%} to {first.high:.0%}",
        "Root cause: Too many concurrent requests",
        "Diagnosis: Check active connections",
        "Fix:",
        "1. Increase pool size",
        "4. Identify and optimize slow queries",
        "Prevention: Monitor connection pool metrics",
        "Applied: Increased pool from 10→30",
    )


def test_second_error_a_payment_made_twice_is_no_hundred_percent(memory):
    found = memory.find_solution("Duplicate payment processed for same order")
    reply = found.reply()
    assert whole(
        reply,
        "1. **Race condition in payment processing** (used 9 times (reported), ",
        "90% interval",
        "Root cause: Multiple requests process the same payment",
        "1. Database-level: unique constraint + idempotency key",
        "3. Database transactions with SELECT FOR UPDATE",
        "Best practice: Combine idempotency key",
        "Prevention: Always use idempotency keys",
        "Applied: Added unique index on (user_id, idempotency_key)",
    )
    assert "100% effective" not in reply
    assert found[0].high < 1


def test_queries_that_were_counted_come_before_what_is_reported(tmp_path):
    with Memory(tmp_path / "m.duckdb") as memory:
        for before, after in ((101, 2), (51, 2), (21, 2)):
            memory.record_measurement(Measurement("posts", before, after, pattern="dataloader"))
        reply = memory.query("N+1 query problem", kind="n-plus-one").reply(
            metrics.query_reduction(memory)
        )
    assert whole(reply, "DataLoader", "queries reduced by 97% (", "n 3 measured); 85% is reported")
    assert "queries reduced by 85%" not in reply
    assert "queries reduced by 90% (reported)" in reply


def test_what_a_cache_saves_is_told_cold_and_warm(tmp_path):
    with Memory(tmp_path / "m.duckdb") as memory:
        for after, cache in ((3, "cold"), (0, "warm")):
            counts = {"n": 10, "pattern": "dataloader", "cache": cache}
            memory.record_measurement(Measurement("posts", 60, after, **counts))
        reply = memory.query("N+1 query problem", kind="n-plus-one").reply(
            metrics.query_reduction(memory)
        )
    cold = "queries reduced by 95% with a cold cache (no interval, n 1 measured), "
    assert f"{cold}100% with a warm cache (no interval, n 1 measured); 85% is reported" in reply


def test_what_is_saved_is_told_by_size(tmp_path):
    with Memory(tmp_path / "m.duckdb") as memory:
        for n, after, cache in ((10, 15, ""), (1000, 60, ""), (1000, 0, "warm")):
            counts = {"n": n, "pattern": "dataloader", "cache": cache}
            memory.record_measurement(Measurement("posts", 6 * n, after, **counts))
        memory.record_measurement(Measurement("posts", 60, 1, n=10, pattern="eager-loading-joins"))
        sizes = metrics.query_reduction_by_size(memory)
        reply = memory.query("N+1 query problem", kind="n-plus-one").reply(sizes=sizes)
    assert whole(reply, "Queries saved by size of request: 75% at n 10; 99% at n 1,000")
    assert reply.count("by size of request") == 1


def test_nothing_found_is_said_in_so_many_words(memory):
    assert "**No pattern found** about this." in memory.query("zzyzx qwrtp").reply()
    assert "nothing like it is known" in memory.find_solution("zzyzx qwrtp").reply()


def test_a_reply_has_no_tag_of_a_patterns_and_says_what_is_no_candidate_yet(tmp_path):
    with Memory(tmp_path / "m.duckdb", library=False) as memory:
        memory.record_pattern(Pattern("x", "<img src=x>", kind="k", problem="slow reads"))
        reply = memory.query("slow reads").reply()
    assert "\\<img" in reply
    assert "- candidate, not recommended unattended" in reply
    assert "**Decision:** none; no pattern can be recommended." in reply
