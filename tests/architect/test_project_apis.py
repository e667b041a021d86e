import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.architect.project_apis import Api, is_api, read_api
from archkit.architect.project_services import Service, is_compose, services_in
from archkit.architect.project_yaml import LONGEST_YAML, read_yaml

PROTO = """syntax = "proto3"; // service Not { rpc No(A) returns (B); }
package shop.v1;
/* service Neither { */
service Posts {
  rpc List (ListRequest) returns (stream Post) {}
  rpc Watch(stream A) returns (b.C);
  option (x) = "service Quoted {";
}
message Post { string id = 1; }
"""
GRAPHQL = '''
schema { query: Root }
"""type Hidden { a: Int }"""
type Root {
  # comment: Int
  posts(first: Int = 10, by: Order = {at: "x"}): [Post!]!
  me: User
}
type Post implements Node @key(fields: "id") { id: ID! }
input Order { at: String }
extend type Post { more: Int }
type Mutation { addPost(text: String!): Post }
enum Kind { A B }
'''


def test_openapi_is_read_from_yaml_and_json():
    yaml = "swagger: '2.0'\ninfo: {title: A}\npaths:\n  /a:\n    get: {}\n    x-y: {}\n  /b: 3\n"
    assert read_api("openapi.yaml", yaml) == Api("openapi.yaml", "OpenAPI", "A", "", ("GET /a",))
    json = '{"openapi": "3", "paths": {"/a/{id}": {"delete": {}, "get": {}}}}'
    assert read_api("openapi.json", json).offers == ("GET /a/{id}", "DELETE /a/{id}")


def test_long_or_broken_openapi_is_read_line_by_line():
    lines = [f"  /p{n}:\n    get:\n      summary: x\n    post:\n" for n in range(3)]
    text = "openapi: 3.0.0\npaths:\n" + "".join(lines) + "components:\n  /no:\n    get:\n"
    offers = tuple(f"{method} /p{n}" for n in range(3) for method in ("GET", "POST"))
    broken = read_api("openapi.yaml", text + "x: [\n")
    assert (broken.offers[:6], "not well-formed" in broken.trouble) == (offers, True)
    long = read_api("openapi.yaml", text + "# " + "x" * LONGEST_YAML)
    assert (long.offers[:6], long.trouble) == (offers, "read line by line")


def test_more_operations_than_are_listed_are_counted():
    paths = ", ".join(f'"/p{n}": {{"get": {{}}}}' for n in range(450))
    api = read_api("openapi.json", f'{{"openapi": "3", "paths": {{{paths}}}}}')
    assert (len(api.offers), api.trouble) == (400, "50 more operations are not listed")


def test_proto_gives_its_calls_and_nothing_of_comments_and_texts():
    assert read_api("a.proto", PROTO) == Api(
        "a.proto",
        "gRPC",
        "shop.v1",
        "",
        ("Posts.List(ListRequest) → stream Post", "Posts.Watch(stream A) → b.C"),
    )


def test_graphql_gives_queries_mutations_and_types():
    api = read_api("schema.graphqls", GRAPHQL)
    assert api.offers == ("query posts", "query me", "mutation addPost")
    assert api.types == ("Post", "Order", "Kind")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.proto", "/*" * 100_000),
        ("a.proto", '"\\' * 100_000),
        ("a.graphql", '"""' * 50_001 + "a"),
        ("a.graphql", "type Query {" + "(" * 100_000),
        ("openapi.yaml", "[" * 100_000),
        ("openapi.json", "[" * 100_000),
        ("openapi.yaml", "x: [\n  /" + ":a" * 50_000 + " b:\n"),
        ("a.proto", "\n" * 500_000),
        ("a.proto", "rpc A(stream" + " " * 500_000),
        ("a.graphql", " " * 500_000 + "\n" * 100_000),
        ("openapi.json", "3"),
        ("openapi.yaml", "paths: 3"),
        ("openapi.yaml", "openapi: 3\npaths: [1]"),
    ],
)
def test_hostile_description_offers_nothing_and_ends(path, text):
    api = read_api(path, text)
    assert api is None or api.offers == ()


def test_files_that_describe_nothing_to_call_are_none():
    assert read_api("openapitools.json", '{"generator": 1}') is None
    assert read_api("a.proto", "message Post { string id = 1; }") is None
    assert read_api("query.graphql", "query Posts { posts { id } }") is None
    assert read_api("openapi.yaml", "openapi: 3.1.0\n") == Api("openapi.yaml", "OpenAPI")


def test_descriptions_are_known_by_name():
    for path in ("openapi.yaml", "docs/shop-openapi.v1.json", "a/x.proto", "s.gql", "api/spec.yml"):
        assert is_api(path)
    for path in ("openapi.py", "config.yaml", "a.json", "openapi/x.yaml.md"):
        assert not is_api(path)


def test_compose_services_are_read_with_what_they_need():
    text = """
x-base: &base {restart: always}
services:
  db: {<<: *base, image: "postgres:${TAG:-16}", ports: ["5432:5432"]}
  api:
    build: {context: ./api}
    image: "${REPO?Variable not set}/api"
    ports: [{published: 80, target: 8080}]
    depends_on: {db: {condition: service_healthy}}
    environment: ["DB=postgres://u:p@db/x", 3]
  odd: 3
"""
    assert services_in("compose.yml", text) == (
        Service("compose.yml", "db", "postgres:16", ports=("5432:5432",)),
        Service(
            "compose.yml",
            "api",
            "$REPO/api",
            "./api",
            ports=("80:8080",),
            needs=("db",),
            texts=("DB=postgres://u:p@db/x", "3"),
        ),
    )
    assert services_in("compose.yml", "services: [a]") == ()
    for name in (
        "compose.yaml",
        "docker-compose.yml",
        "docker-compose.prod.yml",
        "compose.dev.yml",
    ):
        assert is_compose(f"a/{name}")
    assert not is_compose("a/decompose.yml")


def merges(levels, width=10):
    lines = ["a0: &a0 {" + ", ".join(f"k{n}: 1" for n in range(20)) + "}"]
    for n in range(1, levels):
        again = ", ".join([f"*a{n - 1}"] * width)
        lines += [f"a{n}: &a{n} {{<<: [{again}]}}"]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000 + "]" * 200_000,
        "[ ']', " * 60_000 + "]" * 60_000,
        "- " * 100_000 + "a",
        "{a: " * 60_000 + "1" + "}" * 60_000,
        "\n".join(" " * n + "a:" for n in range(1_000)),
        merges(12),
        "x: 1\n" * 200_000,
        "a: [",
        "a: !!python/object/apply:os.system [x]",
        "\x00",
    ],
)
def test_yaml_that_would_crash_or_stall_is_refused(text):
    with pytest.raises(ValueError, match=r"\S"):
        read_yaml(text)


def test_yaml_is_read_as_plain_values_with_merges():
    assert read_yaml("a: &a {b: 1}\nc: {<<: *a, d: [2, x]}\n---\nnext: 1\n") == {
        "a": {"b": 1},
        "c": {"b": 1, "d": [2, "x"]},
    }
    assert read_yaml("") is None
    assert len(read_yaml("a: [" + "{}, " * 500 + "]")["a"]) == 500


PIECES = st.sampled_from(
    [
        *("service A {", "rpc B (C) returns (D);", "type Query {", "}", "{", "a: Int", "schema {"),
        *("query: Q", '"""', '"', "/*", "*/", "#", "\n", " ", "(", ")", "[", "]", "openapi: 3\n"),
        *(
            "paths:\n",
            "  /a:\n",
            "    get:\n",
            "info:",
            "- ",
            "services:\n",
            "  db:\n",
            "image: x\n",
        ),
        *('{"openapi": "3",', '"paths": {"/a": {"get": 1}}}', "\x00", "\ud800", "<<: *a", "&a "),
    ]
)


@given(
    st.sampled_from(["a.proto", "a.graphql", "openapi.yaml", "openapi.json"]),
    st.one_of(st.text(), st.lists(PIECES).map("".join)),
)
def test_no_text_makes_the_reading_of_a_description_fail(path, text):
    api = read_api(path, text)
    assert api is None or api.path == path
    try:
        services_in("compose.yml", text)
    except ValueError as error:
        assert str(error)
