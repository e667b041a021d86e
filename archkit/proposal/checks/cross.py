"""X: what one section names, the others have: services, stores, resources, endpoints, JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from archkit.proposal.checks.api import json_errors
from archkit.proposal.choices import Choice
from archkit.proposal.contract import template
from archkit.proposal.naming import GENERIC, Names, core_of, tokens_of
from archkit.proposal.rule import Fault, Reading, clipped, rule

__all__ = ["RULES"]

_SERVICE = re.compile(
    r"(?i)(?:\b|-)(?:service|microservice|gateway|worker|api|module|scheduler|processor|consumer"
    r"|indexer|relay|dispatcher)$|Service$|Worker$|Gateway$"
)
_RELATIONAL = {
    "PostgreSQL": r"postgres\w*|pgsql|timescale\w*|supabase|neon|citus|yugabyte\w*",
    "MySQL": r"mysql|planetscale|vitess",
    "MariaDB": r"mariadb",
    "SQLite": r"sqlite\d?|libsql|turso",
    "SQL Server": r"sql server|mssql|azure sql",
    "Oracle": r"oracle(?: database| db)?",
    "CockroachDB": r"cockroach\w*",
    "Spanner": r"spanner",
    "ClickHouse": r"clickhouse",
    "Snowflake": r"snowflake",
    "BigQuery": r"bigquery",
    "Redshift": r"redshift",
    "DuckDB": r"duckdb",
}
_OTHER_STORES = {
    "MongoDB": r"mongo\w*|documentdb",
    "DynamoDB": r"dynamo\w*",
    "Cassandra": r"cassandra|scylla\w*",
    "Firestore": r"firestore|firebase",
    "Couchbase": r"couchbase|couchdb",
    "Cosmos DB": r"cosmos ?db",
    "Neo4j": r"neo4j",
    "InfluxDB": r"influx\w*",
    "ArangoDB": r"arango\w*",
}
_STORES = {
    name: re.compile(rf"(?i)\b(?:{words})\b")
    for name, words in (_RELATIONAL | _OTHER_STORES).items()
}
_AGAINST = re.compile(r"(?i)\s(?:over|vs\.?|versus|instead of|rather than|not)\s|\(")
_SECRETS = re.compile(r"(?i)token|code|hash|key|sign|file|path|date|day|month|year|slug|name|type")
_NO_NOUN = re.compile(
    r"(?i)v\d+|api|rest|internal|public|admin|me|self|search|auth|oauth2?|webhooks?"
)


@rule(
    "X01",
    "warning",
    4,
    "Each service of section 3 is in the overview of section 2.",
    "Say in section 2 what the service does and what it talks to, under the same name.",
    sections=(2, 3),
)
def services_in_overview(reading: Reading) -> Iterator[Fault]:
    """Look for each service's name in the overview, in any spelling."""
    overview = reading.section(2)
    if overview is None or not reading.services:
        return
    names = Names(overview.text, [component.name for component in reading.components])
    for service in reading.services:
        if not names.mention(service.name):
            name = clipped(service.name)
            said = f"Section 3 defines “{name}”, which the overview of section 2 does not name."
            yield reading.fault(service.line, said, section=3, at=name)


@rule(
    "X02",
    "warning",
    3,
    "Each service of the overview is defined in section 3.",
    "Define the service in section 3, or take it out of the overview.",
    sections=(2, 3),
)
def overview_in_services(reading: Reading) -> Iterator[Fault]:
    """Look for each service that the overview lists or draws in section 3."""
    defined = reading.section(3)
    if defined is None or not reading.services:
        return
    names = Names(defined.text, [service.name for service in reading.services])
    for component in reading.components:
        if component.kind != "service" or not _SERVICE.search(component.name):
            continue
        if GENERIC.issuperset(tokens_of(component.name)):
            continue
        if not names.mention(component.name):
            name = clipped(component.name)
            said = f"The overview names “{name}”, which section 3 does not define."
            yield reading.fault(component.line, said, section=2, at=name)


@rule(
    "X03",
    "warning",
    4,
    "Each data store of section 6 has a schema in section 5.",
    "Add a part to section 5 that names the store and shows its schema.",
    sections=(5, 6),
    needs=("D01", "T01"),
)
def stores(reading: Reading) -> Iterator[Fault]:
    """Look in section 5 for each database chosen; the only relational one has the SQL there.

    The only database of all has whatever schema there is.
    """
    schema = reading.section(5)
    if schema is None:
        return
    chosen: dict[str, Choice] = {}
    for choice in reading.proposal.choices:
        what = " ".join(
            _AGAINST.split(f"{name} ", 1)[0] for name in (choice.name, choice.technology)
        )
        for store, words in _STORES.items():
            if words.search(what):
                chosen.setdefault(store, choice)
    blocks = [b for b in reading.proposal.code_blocks if b.section == 5]
    languages = " ".join(block.language for block in blocks)
    said = f"{schema.title}\n{schema.text}\n{languages}"
    has_tables = bool(reading.proposal.schema.tables) or "prisma" in languages
    has_others = any(b.language not in ("sql", "mermaid") for b in blocks)
    heads = "\n".join(p.title for p in reading.proposal.parts if reading.is_within(5, p.line))
    headed = {store for store, words in _STORES.items() if words.search(heads)}
    relational = [store for store in chosen.keys() | headed if store in _RELATIONAL]
    others = [store for store in chosen.keys() | headed if store not in _RELATIONAL]
    for store, choice in chosen.items():
        alone = (relational == [store] and has_tables) or (others == [store] and has_others)
        alone = alone or (has_others and len(relational) + len(others) == 1)
        if not alone and not _STORES[store].search(said):
            message = f"{store} is chosen here, but section 5 has no schema of it."
            yield reading.fault(choice.line, message, section=6)


@rule(
    "X04",
    "warning",
    3,
    "What the endpoints address is in the schema.",
    "Add the table or structure that holds it, or name it alike in path and schema.",
    sections=(4, 5),
    needs=("A01", "D01"),
)
def resources(reading: Reading) -> Iterator[Fault]:
    """Look in section 5 for the noun before each path parameter."""
    schema = reading.section(5)
    blocks = [b for b in reading.proposal.code_blocks if b.section == 5 and b.text.strip()]
    if schema is None or not blocks:
        return
    names = Names(f"{schema.title}\n{schema.text}")
    told: set[tuple[str, ...]] = set()
    for contract in reading.proposal.contracts:
        segments = contract.template.split("/")
        for noun, parameter in pairwise(segments):
            words = core_of(noun)
            if contract.section != 4 or not _is_addressed(noun, parameter) or words in told:
                continue
            if not all(names.has_word(word) for word in words):
                told.add(words)
                said = (
                    f"`{contract.method} {contract.path}` addresses {noun}, which section 5 lacks."
                )
                yield reading.fault(contract.line, said, section=4, at=noun)


@rule(
    "X05",
    "warning",
    3,
    "Each endpoint that section 3 names has its contract in section 4.",
    "Add the endpoint to section 4, or write its path alike in both.",
    sections=(3, 4),
    needs=("A01",),
)
def endpoints(reading: Reading) -> Iterator[Fault]:
    """Compare the endpoints of section 3 with those of section 4."""
    defined = {(c.method, _shape(c.path)) for c in reading.proposal.contracts if c.section == 4}
    if not defined:
        return
    for endpoint in reading.proposal.endpoints:
        if endpoint.section == 3 and not _is_defined(endpoint.method, endpoint.path, defined):
            name = f"{endpoint.method} {clipped(endpoint.path, 80)}"
            said = f"Section 3 names `{name}`, for which section 4 has no contract."
            yield reading.fault(endpoint.line, said, section=3, at=endpoint.path)


@rule(
    "X06",
    "warning",
    2,
    "JSON parses wherever it stands.",
    "Mend it so that a JSON parser takes it: no comma before a bracket, names in double quotes.",
)
def json_elsewhere(reading: Reading) -> Iterator[Fault]:
    """Parse the blocks of JSON outside of sections 4 and 5."""
    of_line = {b.line: b.section for b in reading.proposal.code_blocks}
    for line, why in json_errors(reading, {None, 1, 2, 3, 6, 7}):
        at = max((start for start in of_line if start <= line), default=0)
        yield reading.fault(line, f"This JSON does not parse: {why}", section=of_line.get(at))


RULES = (
    services_in_overview,
    overview_in_services,
    stores,
    resources,
    endpoints,
    json_elsewhere,
)
"""The rules of this group."""


def _is_addressed(noun: str, parameter: str) -> bool:
    if not noun or "{" in noun or not parameter.startswith("{") or not tokens_of(noun):
        return False
    return not _NO_NOUN.fullmatch(noun) and not _SECRETS.search(parameter)


def _shape(path: str) -> str:
    return re.sub(r"\{[^{}]*\}", "{}", template(path)[0]).casefold()


def _is_defined(method: str, path: str, defined: set[tuple[str, str]]) -> bool:
    """Say whether a contract is of this path, perhaps with a prefix such as /api/v1 or none."""
    shape = _shape(path)
    return any(m == method and (p.endswith(shape) or shape.endswith(p)) for m, p in defined)
