"""Merging blueprints: one name, one thing, components first, tables after their targets."""

import pytest

from archkit.library import Library, merged_blueprint
from archkit.records import Pattern

PEOPLE = {
    "name": "people",
    "uses": ["door"],
    "services": [
        {"name": "people-service", "purpose": "Knows people.", "duties": ["remembers names"]}
    ],
    "stores": [{"name": "app-db", "engine": "PostgreSQL", "holds": "people"}],
    "tables": [
        {"name": "pet", "store": "app-db", "ddl": "CREATE TABLE pet (o int REFERENCES person (i))"},
        {"name": "person", "store": "app-db", "ddl": "CREATE TABLE person (i int PRIMARY KEY)"},
    ],
    "security": [{"threat": "theft", "mitigation": "locks"}],
}
DOOR = {"name": "door", "services": [{"name": "gate", "purpose": "Lets in."}]}
SIGN_IN = {
    "uses": ["people"],
    "overview": "People sign in.\n",
    "services": [
        {"name": "gate", "talks_to": [{"service": "people-service", "how": "asks who it is"}]},
        {"name": "people-service", "duties": ["remembers names", "remembers faces"]},
    ],
    "endpoints": [{"method": "GET", "path": "/v1/me", "purpose": "who am I"}],
    "choices": [{"for": "door", "choose": "oak"}],
    "scalability": ["more doors"],
    "security": [{"threat": "theft", "mitigation": "dogs"}],
}
PAY = {
    "uses": ["door", "people"],
    "overview": "People pay.",
    "endpoints": [
        {"method": "GET", "path": "/v1/me", "purpose": "another"},
        {"method": "POST", "path": "/v1/payments", "purpose": "pay"},
    ],
    "tables": [
        {"name": "person", "store": "app-db", "ddl": "other"},
        {
            "name": "coin",
            "store": "app-db",
            "ddl": 'CREATE TABLE coin (p int REFERENCES "pet" (i))',
        },
    ],
    "choices": [{"for": "door", "choose": "oak"}, {"for": "door", "choose": "steel"}],
    "scalability": ["more doors", "more coins"],
}
LIBRARY = Library(
    patterns=(
        Pattern("sign-in", "Sign in", blueprint=SIGN_IN),
        Pattern("pay", "Pay", blueprint=PAY),
        Pattern("wish", "Wish"),
    ),
    components={"people": PEOPLE, "door": DOOR},
)


def test_components_come_first_and_a_service_gains_later_duties():
    design = merged_blueprint(LIBRARY, ["sign-in", "pay"])
    assert design["services"] == [
        {
            "name": "gate",
            "purpose": "Lets in.",
            "duties": [],
            "talks_to": [{"service": "people-service", "how": "asks who it is"}],
        },
        {
            "name": "people-service",
            "purpose": "Knows people.",
            "duties": ["remembers names", "remembers faces"],
            "talks_to": [],
        },
    ]
    assert design["overview"] == "People sign in.\n\nPeople pay."


def test_of_parts_with_one_name_the_first_stands():
    design = merged_blueprint(LIBRARY, ["sign-in", "pay"])
    assert [(e["path"], e["purpose"]) for e in design["endpoints"]] == [
        ("/v1/me", "who am I"),
        ("/v1/payments", "pay"),
    ]
    assert [c["choose"] for c in design["choices"]] == ["oak", "steel"]
    assert design["security"] == [{"threat": "theft", "mitigation": "locks"}]
    assert design["scalability"] == ["more doors", "more coins"]


def test_tables_come_after_those_they_refer_to():
    design = merged_blueprint(LIBRARY, ["pay"])
    assert [t["name"] for t in design["tables"]] == ["person", "pet", "coin"]
    assert design["tables"][0]["ddl"].startswith("CREATE TABLE person")


def test_tables_that_refer_to_each_other_are_all_kept():
    table = {"name": "a", "store": "s", "ddl": "REFERENCES b"}, {"name": "b", "ddl": "REFERENCES a"}
    pattern = Pattern("ring", "Ring", blueprint={"tables": list(table)})
    assert [t["name"] for t in merged_blueprint(LIBRARY, [pattern])["tables"]] == ["b", "a"]


def test_a_pattern_without_blueprint_and_no_pattern_at_all_give_an_empty_design():
    empty = merged_blueprint(LIBRARY, [])
    assert empty == merged_blueprint(LIBRARY, ["wish"])
    assert not any(empty.values())
    assert set(empty) >= {"overview", "services", "stores", "endpoints", "tables", "assumes"}


def test_nothing_handed_in_is_changed():
    before = repr((PEOPLE, DOOR, SIGN_IN, PAY))
    design = merged_blueprint(LIBRARY, ["sign-in", "pay"])
    design["services"][0]["duties"].append("x")
    design["tables"][0]["name"] = "y"
    assert repr((PEOPLE, DOOR, SIGN_IN, PAY)) == before


def test_an_unknown_pattern_or_component_is_a_value_error():
    with pytest.raises(ValueError, match="'none'"):
        merged_blueprint(LIBRARY, ["none"])
    stray = Pattern("stray", "Stray", blueprint={"uses": ["roof"]})
    with pytest.raises(ValueError, match="'roof'"):
        merged_blueprint(LIBRARY, [stray])
