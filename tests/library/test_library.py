"""What the library holds: every file fits its schema, every blueprint makes a sound design."""

import json
import logging
import re
from collections import Counter, defaultdict
from functools import cache
from graphlib import TopologicalSorter
from itertools import combinations
from pathlib import Path

import pytest
import sqlglot
import yaml
from sqlglot import exp

import archkit.library
from archkit.library import merged_blueprint, read_library
from archkit.memory.context import contradiction
from archkit.records import FOCUS_AREAS, LADDER, Pattern

HOME = Path(archkit.library.__file__).parent
LIBRARY = read_library(check=True)
DRAWN = [p.slug for p in LIBRARY.patterns if p.blueprint]
PROSE = {
    "requests": "",
    "requests_10x": "",
    "per_second_10x": "",
    "users": "",
    "data_size": "",
    "response": "",
    "staleness": "",
    "tenancy": "",
    "clients": "",
    "read_share": "",
}
REPORTED = {  # the reference card's figures, and no others
    ("security", 0.95, 38),
    ("security", 0.89, 24),
    ("security", 0.92, 16),
    ("security", 0.78, 12),
    ("database-optimization", 0.93, 22),
    ("database-optimization", 0.96, 18),
    ("database-optimization", 0.88, 14),
    ("performance", 0.97, 45),
    ("performance", 0.94, 52),
    ("performance", 0.91, 38),
    ("performance", 0.86, 12),
    ("performance", 0.89, 28),
    ("scaling", 0.94, None),
}
CONCERNS = {
    "authentication",
    "authorization",
    "multi-tenancy",
    "rate-limiting",
    "payment-safety",
    "resilience",
    "messaging",
    "read-model",
    "schema-and-indexing",
    "connection-handling",
    "n-plus-one",
    "background-work",
    "caching",
    "file-storage",
    "search",
    "api-style",
    "versioning-contracts",
    "service-boundaries",
}


@cache
def merged(slug):
    return merged_blueprint(LIBRARY, [slug])


@cache
def parsed(ddl):
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    return tuple(s for s in sqlglot.parse(ddl, dialect="postgres") if s is not None)


def name_of(node):
    return node.find(exp.Table).name


def is_table(statement):
    partition = statement.find(exp.PartitionedOfProperty)
    return isinstance(statement, exp.Create) and statement.kind == "TABLE" and not partition


def names(expressions):
    return tuple(e.name if e.name else e.this.name for e in expressions)


def primary_key(create):
    for column in create.find_all(exp.ColumnDef):
        if column.find(exp.PrimaryKeyColumnConstraint):
            return (column.name,)
    key = create.find(exp.PrimaryKey)
    return names(key.expressions) if key else ()


def foreign_keys(create):
    for column in create.find_all(exp.ColumnDef):
        for reference in column.find_all(exp.Reference):
            yield (column.name,), name_of(reference)
    for key in create.find_all(exp.ForeignKey):
        yield names(key.expressions), name_of(key.args["reference"])


def indexed(create, statements):
    keys = [primary_key(create)]
    columns = create.find_all(exp.ColumnDef)
    keys += [(c.name,) for c in columns if c.find(exp.UniqueColumnConstraint)]
    uniques = [u.this for u in create.find_all(exp.UniqueColumnConstraint)]
    keys += [names(u.expressions) for u in uniques if isinstance(u, exp.Schema)]
    for statement in statements:
        index = statement.find(exp.Index) if isinstance(statement, exp.Create) else None
        if index is not None and name_of(index) == name_of(create.this):
            keys.append(names(c.this for c in index.args["params"].args["columns"]))
    return keys


def prose_of(blueprint):
    yield blueprint.get("overview", "")
    for key in ("scalability", "observability", "deployment", "assumes"):
        yield from blueprint.get(key, ())
    for service in blueprint.get("services", ()):
        yield service.get("purpose", "")
        yield from service.get("duties", ())
        yield from (talk["how"] for talk in service.get("talks_to", ()))
    for choice in blueprint.get("choices", ()):
        yield from (choice["why"], choice["trade_off"], choice["alternative"], choice["choose"])
    for threat in blueprint.get("security", ()):
        yield from threat.values()


def blueprints():
    yield from ((p.slug, p.blueprint, p.kind) for p in LIBRARY.patterns if p.blueprint)
    yield from ((name, part, f"component {name}") for name, part in LIBRARY.components.items())


def test_slugs_are_unique_across_all_files():
    for entries in (LIBRARY.patterns, LIBRARY.solutions, LIBRARY.concerns):
        slugs = Counter(entry.slug for entry in entries)
        assert [slug for slug, times in slugs.items() if times > 1] == []


def test_every_concern_the_briefs_may_touch_is_there_and_has_a_pattern_or_says_what_is_missing():
    assert {c.slug for c in LIBRARY.concerns} >= CONCERNS
    answered = {p.kind for p in LIBRARY.patterns}
    assert [c.slug for c in LIBRARY.concerns if c.slug not in answered and not c.gap] == []


def test_cues_are_said_once_in_a_concern_whatever_the_case():
    for concern in LIBRARY.concerns:
        cues = Counter(cue.lower() for cue in concern.cues)
        assert [c for c, times in cues.items() if times > 1] == [], concern.slug


def test_the_library_is_as_large_as_it_says():
    assert len(LIBRARY.patterns) >= 60
    assert {p.area for p in LIBRARY.patterns} == set(FOCUS_AREAS)
    assert len(DRAWN) >= 40
    assert len(LIBRARY.solutions) >= 20


def test_every_pattern_has_another_of_its_kind_to_be_weighed_against():
    for pattern in LIBRARY.patterns:
        others = LIBRARY.alternatives(pattern.slug)
        assert others, pattern.slug
        assert {other.kind for other in others} == {pattern.kind}
        assert pattern not in others


def test_reported_figures_are_those_of_the_reference_card_and_no_others():
    told = [
        (p.area, p.reported.success_rate, p.reported.uses) for p in LIBRARY.patterns if p.reported
    ]
    assert len(told) == len(set(told))
    areas = {p.area for p in LIBRARY.patterns}
    assert set(told) == {row for row in REPORTED if row[0] in areas}
    assert {p.reported.origin for p in LIBRARY.patterns if p.reported} == {"backend-architect card"}


def test_reported_figures_of_solutions_are_those_of_the_reference_card_and_no_others():
    told = {(s.reported.success_rate, s.reported.uses) for s in LIBRARY.solutions if s.reported}
    assert told == {(0.91, 16), (1.0, 9)}


@pytest.mark.parametrize("pattern", LIBRARY.patterns, ids=lambda p: p.slug)
class TestPattern:
    def test_it_is_active_and_rated_on_the_whole_ladder(self, pattern):
        assert pattern.status == "active"
        assert pattern.area in FOCUS_AREAS
        assert set(pattern.ladder) == set(LADDER)

    def test_it_answers_a_concern_and_its_payload_comes_back_whole(self, pattern):
        assert LIBRARY.concern(pattern.kind)
        payload = json.loads(json.dumps(pattern.as_payload()))
        assert Pattern.from_payload(payload) == pattern

    def test_its_context_says_something_about_a_facet_of_its_concern(self, pattern):
        assert set(pattern.context) & set(LIBRARY.concern(pattern.kind).facets)

    def test_it_says_when_it_fits_and_when_not_and_never_both_at_once(self, pattern):
        assert pattern.when
        assert pattern.when_not
        assert contradiction(pattern) is None

    def test_it_has_notes_on_security_and_what_speaks_for_and_against_it(self, pattern):
        for notes in (pattern.security, pattern.pros, pattern.cons):
            assert notes
            assert len(notes) == len(set(notes))

    def test_its_own_context_does_not_veto_it(self, pattern):
        for condition in pattern.when_not:
            if condition.context:
                same = all(pattern.context.get(k) == v for k, v in condition.context.items())
                assert not same, condition.text


@pytest.mark.parametrize("slug", DRAWN)
class TestBlueprint:
    def test_tables_parse_as_postgres_and_have_a_primary_key(self, slug):
        for table in merged(slug)["tables"]:
            statements = parsed(table["ddl"])
            assert not [s for s in statements if isinstance(s, exp.Command)], table["name"]
            creates = [s for s in statements if is_table(s)]
            assert creates, f"{table['name']} creates no table"
            assert name_of(creates[0].this) == table["name"]
            for create in creates:
                assert primary_key(create), f"{name_of(create.this)} has no primary key"

    def test_foreign_keys_point_at_tables_of_the_same_store_and_are_indexed(self, slug):
        stores, found = {}, []
        for table in merged(slug)["tables"]:
            statements = parsed(table["ddl"])
            for create in filter(is_table, statements):
                stores[name_of(create.this)] = table["store"]
                found.append((create, statements))
        for create, statements in found:
            here = name_of(create.this)
            keys = indexed(create, statements)
            for columns, target in foreign_keys(create):
                assert target in stores, f"{here} refers to {target}, which is not there"
                assert stores[target] == stores[here], f"{here} → {target} crosses stores"
                leads = [k for k in keys if set(k[: len(columns)]) == set(columns)]
                assert leads, f"{here}({', '.join(columns)}) → {target} has no index"

    def test_tables_come_after_those_they_refer_to(self, slug):
        order = [t["name"] for t in merged(slug)["tables"]]
        for table in merged(slug)["tables"]:
            for create in filter(is_table, parsed(table["ddl"])):
                for _, target in foreign_keys(create):
                    assert order.index(target) <= order.index(table["name"])

    def test_parts_name_services_and_stores_that_are_there(self, slug):
        design = merged(slug)
        services = {s["name"] for s in design["services"]}
        stores = {s["name"] for s in design["stores"]}
        assert not services & stores
        assert {e["service"] for e in design["endpoints"]} <= services
        assert {t["store"] for t in design["tables"]} <= stores
        talks = {t["service"] for s in design["services"] for t in s.get("talks_to", ())}
        assert talks <= services | stores
        assert [s["name"] for s in design["services"] if not s["purpose"]] == []

    def test_every_store_is_used_by_a_service_or_holds_a_table(self, slug):
        design = merged(slug)
        used = {t["service"] for s in design["services"] for t in s.get("talks_to", ())}
        used |= {t["store"] for t in design["tables"]}
        assert [s["name"] for s in design["stores"] if s["name"] not in used] == []

    def test_a_store_without_tables_shows_the_layout_of_what_it_holds(self, slug):
        design = merged(slug)
        held = {t["store"] for t in design["tables"]}
        bare = [s for s in design["stores"] if s["name"] not in held and "layout" not in s]
        assert [s["name"] for s in bare if s["engine"] != "PostgreSQL"] == []

    def test_endpoints_are_plain_json_with_parameters_named_once(self, slug):
        for endpoint in merged(slug)["endpoints"]:
            path = endpoint["path"]
            assert json.dumps(endpoint)
            named = re.findall(r"\{([^}]*)\}", path)
            assert len(named) == len(set(named)), path
            assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in named), path
            assert endpoint["success"]["status"] < 400
            assert not re.search(r":\w+|<\w+>", path), path

    def test_it_says_what_ten_times_the_load_means(self, slug):
        own = LIBRARY.pattern(slug).blueprint
        assert any("_10x}" in line for line in own.get("scalability", ()))

    def test_it_is_enough_for_a_proposal(self, slug):
        design = merged(slug)
        assert len(design["choices"]) >= 3
        assert len(design["security"]) >= 4
        for key in ("overview", "services", "endpoints", "observability", "deployment"):
            assert design[key], key

    def test_a_choice_is_not_compared_with_itself(self, slug):
        for choice in merged(slug)["choices"]:
            assert choice["choose"].lower() != choice["alternative"].lower()


@pytest.mark.parametrize("part", list(blueprints()), ids=lambda part: part[0])
def test_placeholders_in_prose_are_known(part):
    for text in prose_of(part[1]):
        text.format_map(PROSE)


def test_what_has_one_name_is_one_thing_across_concerns():
    said = defaultdict(dict)
    for name, blueprint, kind in blueprints():
        facts = [("table", t["name"], (t["store"], t["ddl"])) for t in blueprint.get("tables", ())]
        facts += [("store", s["name"], s["engine"]) for s in blueprint.get("stores", ())]
        facts += [
            ("service", s["name"], s["purpose"])
            for s in blueprint.get("services", ())
            if "purpose" in s
        ]
        for what, thing, value in facts:
            said[what, thing].setdefault(value, []).append((kind, name))
    for (what, thing), values in said.items():
        for one, other in combinations(values.values(), 2):
            kinds = {kind for kind, _ in one} | {kind for kind, _ in other}
            assert len(kinds) == 1, f"{what} {thing} differs: {one} and {other}"


def test_services_and_stores_never_share_a_name():
    names_of = {"services": set(), "stores": set()}
    for _, blueprint, _ in blueprints():
        for key, held in names_of.items():
            held |= {entry["name"] for entry in blueprint.get(key, ())}
    assert not names_of["services"] & names_of["stores"]


def test_a_collection_names_its_parameter_the_same_everywhere():
    named = defaultdict(set)
    for _, blueprint, _ in blueprints():
        for endpoint in blueprint.get("endpoints", ()):
            for collection, name in re.findall(r"/([^/{}]+)/\{(\w+)\}", endpoint["path"]):
                named[collection].add(name)
    assert {c: n for c, n in named.items() if len(n) > 1} == {}


def test_one_pattern_of_every_concern_makes_one_design():
    first = {p.kind: p.slug for p in reversed(LIBRARY.patterns) if p.blueprint}
    design = merged_blueprint(LIBRARY, first.values())
    order = [t["name"] for t in design["tables"]]
    graph = {}
    for table in design["tables"]:
        for create in filter(is_table, parsed(table["ddl"])):
            graph[name_of(create.this)] = {t for _, t in foreign_keys(create)} - {table["name"]}
    assert set().union(*graph.values()) <= set(graph)
    assert list(TopologicalSorter(graph).static_order())
    assert len(order) == len(set(order))
    services = [s["name"] for s in design["services"]]
    assert len(services) == len(set(services))


def test_reading_late_and_reading_at_once_give_the_same():
    late = read_library()
    whole = {
        entry["slug"]: entry.get("blueprint")
        for path in HOME.glob("patterns/*.yaml")
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["patterns"]
    }
    assert {p.slug: p.blueprint and dict(p.blueprint) for p in late.patterns} == whole
    checked = read_library(check=True)
    assert dict(late.components) == dict(checked.components)
    assert late.version == checked.version
