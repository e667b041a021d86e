"""What can be asked of a brief: one topic a facet, its question, answers and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

__all__ = ["SIZES", "TOPICS", "UNKNOWN", "Answer", "Topic"]

UNKNOWN = "unknown"
"""Value of the option "I do not know" of every question."""

SIZES = ("requests_per_minute", "users", "data_size_gb")
"""Facets that reach a proposal's figures whatever is chosen."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A possible answer: `label` to read, `value` as facet, `clause` to stand after "if"."""

    label: str
    value: Any
    clause: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A facet that can be asked about.

    `name` heads it in lists; `yes` and `no` are the values a bare yes or no stands for.
    """

    key: str
    name: str
    text: str
    answers: tuple[Answer, ...]
    yes: Any = None
    no: Any = None


def _topic(
    key: str, name: str, text: str, *answers: tuple[str, Any, str], yes: Any = None, no: Any = None
) -> Topic:
    return Topic(key, name, text, tuple(Answer(*a) for a in answers), yes, no)


_ALL = (
    _topic(
        "clients", "Clients", "Which clients will call it?",
        ("browsers only", ["web"], "only browsers call it"),
        ("browsers and mobile apps", ["web", "mobile"], "browsers and mobile apps call it"),
        ("partners' systems too", ["web", "third-party"], "partners' systems call it too"),
        ("other internal services", ["internal"], "only internal services call it"),
        ("devices", ["devices"], "devices call it"),
    ),
    _topic(
        "tenancy", "Tenancy", "Do several customer organisations share one installation?",
        ("yes, several tenants", "multi", "several tenants share it"),
        ("no, a single organisation", "single", "a single organisation uses it"),
        yes="multi", no="single",
    ),
    _topic(
        "identity", "Identities", "Where do people's identities come from?",
        ("our own accounts", "own", "people have accounts in this system"),
        ("the customers' identity providers", "partners",
         "customers bring their own identity provider"),
        ("Google, Apple and the like", "social", "people sign in with Google, Apple and the like"),
    ),
    _topic(
        "revocation", "Revocation", "Must access end at once when it is withdrawn?",
        ("yes, with the next request", "at-once", "access must end with the very next request"),
        ("no, within minutes will do", "within-minutes",
         "access may end minutes after it is withdrawn"),
        yes="at-once", no="within-minutes",
    ),
    _topic(
        "users", "Users", "How many users will it have in the first year?",
        ("about 1,000", 1_000, "it has about 1,000 users"),
        ("about 100,000", 100_000, "it has about 100,000 users"),
        ("a million or more", 1_000_000, "it has a million users or more"),
    ),
    _topic(
        "requests_per_minute", "Load", "How many requests a minute come at the busiest hour?",
        ("about 100", 100, "about 100 requests a minute come"),
        ("about 1,000", 1_000, "about 1,000 requests a minute come"),
        ("about 10,000", 10_000, "about 10,000 requests a minute come"),
        ("100,000 or more", 100_000, "100,000 requests a minute or more come"),
    ),
    _topic(
        "read_share", "Reads and writes", "What share of the requests only reads?",
        ("about half", 0.5, "half of the requests write"),
        ("about 90 %", 0.9, "nine requests in ten only read"),
        ("99 % or more", 0.99, "nearly all requests only read"),
    ),
    _topic(
        "writes_per_second", "Writes", "How many rows are written a second at the busiest time?",
        ("fewer than 10", 5, "fewer than ten rows are written a second"),
        ("about 100", 100, "about 100 rows are written a second"),
        ("10,000 or more", 10_000, "10,000 rows or more are written a second"),
    ),
    _topic(
        "data_size_gb", "Data", "How much data will it hold after a year?",
        ("less than 10 GB", 5, "it holds less than 10 GB"),
        ("about 100 GB", 100, "it holds about 100 GB"),
        ("a terabyte or more", 1_000, "it holds a terabyte or more"),
    ),
    _topic(
        "response_ms", "Response time", "How fast must 95 in 100 answers be?",
        ("within 100 ms", 100, "answers must come within 100 ms"),
        ("within half a second", 500, "answers may take half a second"),
        ("a few seconds will do", 3_000, "answers may take a few seconds"),
    ),
    _topic(
        "consistency", "Consistency", "Must a reader always see the latest write?",
        ("yes, always", "strong", "readers must always see the latest write"),
        ("no, a little later will do", "eventual", "readers may see a write a little later"),
        yes="strong", no="eventual",
    ),
    _topic(
        "staleness_s", "Staleness", "How old may what is shown be?",
        ("a second at most", 1, "what is shown may be a second old at most"),
        ("about a minute", 60, "what is shown may be a minute old"),
        ("an hour or more", 3_600, "what is shown may be an hour old"),
    ),
    _topic(
        "access_pattern", "Queries", "Are the queries known beforehand?",
        ("yes, fixed reports and screens", "predictable", "the queries are known beforehand"),
        ("no, people explore freely", "ad-hoc", "people query freely"),
        yes="predictable", no="ad-hoc",
    ),
    _topic(
        "data_shape", "Shape of the data", "What does the data mostly look like?",
        ("measurements over time", "time-series", "the data is mostly measurements over time"),
        ("related records", "relational", "the data is mostly related records"),
        ("documents", "document", "the data is mostly documents"),
        ("values looked up by key", "key-value", "values are mostly looked up by key"),
        ("a network of links", "graph", "the data is mostly a network of links"),
    ),
    _topic(
        "api_style", "API style", "Which style of API does the team want to offer?",
        ("REST", "rest", "the API is REST"),
        ("GraphQL", "graphql", "the API is GraphQL"),
        ("gRPC", "grpc", "the API is gRPC"),
    ),
    _topic(
        "page_size", "Page size", "How many items does one page of the API return?",
        ("about 10", 10, "a page holds about ten items"),
        ("about 50", 50, "a page holds about fifty items"),
        ("500 or more", 500, "a page holds 500 items or more"),
    ),
    _topic(
        "team_size", "Team", "How many engineers will build and run it?",
        ("one to three", 2, "one to three engineers run it"),
        ("about five", 5, "about five engineers run it"),
        ("twenty or more", 20, "twenty engineers or more run it"),
    ),
    _topic(
        "hosting", "Hosting", "Where will it run?",
        ("in a public cloud", "cloud", "it runs in a public cloud"),
        ("on machines of our own", "self-hosted", "it runs on machines of your own"),
    ),
    _topic(
        "budget_usd_month", "Budget", "What may running it cost a month?",
        ("up to $100", 100, "it may cost $100 a month"),
        ("up to $1,000", 1_000, "it may cost $1,000 a month"),
        ("$10,000 or more", 10_000, "it may cost $10,000 a month or more"),
    ),
    _topic(
        "money", "Money", "Does a request move money?",
        ("yes", "yes", "a request moves money"),
        ("no", "no", "no request moves money"),
        yes="yes", no="no",
    ),
    _topic(
        "provider_idempotency", "Payment provider",
        "Does the payment provider accept idempotency keys?",
        ("yes", "yes", "the provider accepts idempotency keys"),
        ("no", "no", "the provider accepts no idempotency keys"),
        yes="yes", no="no",
    ),
    _topic(
        "concurrency", "Concurrent writers", "Can several processes write the same record at once?",
        ("yes", "many-writers", "several processes write the same record at once"),
        ("no, there is one writer", "single-writer", "only one process writes a record"),
        yes="many-writers", no="single-writer",
    ),
    _topic(
        "units", "Deployables", "One deployable, or several?",
        ("one", "one", "it is deployed as one"),
        ("several", "several", "it is deployed in several parts"),
    ),
    _topic(
        "delivery", "Delivery", "May a message take effect twice?",
        ("never", "exactly-once-effect", "a message must never take effect twice"),
        ("yes, that does no harm", "at-least-once", "a message may take effect twice"),
        yes="at-least-once", no="exactly-once-effect",
    ),
    _topic(
        "compliance", "Compliance", "Which rules bind the data?",
        ("GDPR", ["gdpr"], "the GDPR binds the data"),
        ("card payments (PCI DSS)", ["pci"], "PCI DSS binds the data"),
        ("health data (HIPAA)", ["hipaa"], "HIPAA binds the data"),
    ),
    _topic(
        "growth", "Growth", "How many times will the load grow within a year?",
        ("hardly", 1, "the load hardly grows"),
        ("about twice", 2, "the load doubles within a year"),
        ("ten times", 10, "the load grows tenfold within a year"),
    ),
    _topic(
        "availability", "Availability", "What availability is promised?",
        ("99 %", 0.99, "99 % availability is promised"),
        ("99.9 %", 0.999, "99.9 % availability is promised"),
        ("99.99 %", 0.9999, "99.99 % availability is promised"),
    ),
    _topic(
        "regions", "Regions", "One region, or several?",
        ("one", "one", "it runs in one region"),
        ("several", "several", "it runs in several regions"),
    ),
)  # fmt: skip

TOPICS: Mapping[str, Topic] = MappingProxyType({topic.key: topic for topic in _ALL})
"""Every topic by its facet key, in the vocabulary's order."""
