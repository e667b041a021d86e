"""Names of alternatives in what is said of a technology choice."""

import pytest

from archkit.proposal.choices import Choice
from archkit.tradeoffs.alternatives_named import alternatives_named


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (
            "- **Alternative, OAuth2 + JWT:** For it: much.\n- **Alternative, Session:** Old.",
            ("OAuth2 + JWT", "Session"),
        ),
        (
            "- Alternatives considered: MySQL (no JSON), MongoDB, and DynamoDB because of cost\n",
            ("MySQL", "MongoDB", "DynamoDB"),
        ),
        (
            "**Alternatives:**\n- Memcached: no persistence\n- Hazelcast - heavy\n\nElse.",
            ("Memcached", "Hazelcast"),
        ),
        ("**Alternatives:** Node.js/Express or Go with Gin", ("Node.js/Express", "Go")),
        ("- **Alternative:** A PostgreSQL table.", ("A PostgreSQL table",)),
        ("**Alternative:** A schema for each tenant.", ("A schema for each tenant",)),
        ("**Alternatives:** Columns of JSON, one product fewer", ("Columns of JSON",)),
        ("**Further alternatives**, ranked lower: Kong and Traefik.", ("Kong", "Traefik")),
        ("Chosen over MySQL and MongoDB: it has joins.", ("MySQL", "MongoDB")),
        ("Kafka instead of RabbitMQ, since ordering matters", ("RabbitMQ",)),
        ("- **Alternative:** none is recorded for this choice.", ()),
        ("It is good because it is fast.", ()),
        ("**Alternatives:** PostgreSQL, MySQL", ("MySQL",)),
        ("", ()),
    ],
)
def test_alternatives_are_found_however_they_are_said(text, names):
    assert alternatives_named(Choice("PostgreSQL", text, 1)) == names


def test_a_row_of_a_table_names_them_in_its_column():
    columns = (
        ("Technology", "PostgreSQL"),
        ("Why", "joins over MariaDB"),
        ("Alternatives", "MySQL; SQLite"),
    )
    assert alternatives_named(Choice("PostgreSQL", "", 1, columns)) == ("MySQL", "SQLite")
