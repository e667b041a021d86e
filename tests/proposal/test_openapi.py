"""The OpenAPI document: valid, true to the text, and open about what the text leaves open."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV31SpecValidator

from archkit.errors import ArchkitError
from archkit.proposal.document import read_proposal
from archkit.proposal.json_schema import inferred, merged
from archkit.proposal.openapi import OpenAPI

DESIGNS = Path(__file__).parents[3] / "shared" / "data" / "designs"

TEXT = """# Orders for a shop

## 4. API Contracts

### `POST /v1/orders/:orderId/lines`

Add a line to an order.

**Headers:** `Idempotency-Key: 5f0c`, `Authorization: Bearer …`.

**Path parameters:**

- `orderId`: the order

**Request body:**

```json
{"sku": "a-1", "quantity": 2, "note": "gift", "price": 12}
```

**Success response:** `201 Created`:

```json
{"line_id": "0192f3c4-51aa-7c55-9b0a-4f2d8e6a1c01", "sku": "a-1", "made_at": "2025-01-24T14:30:00Z"}
```

**Error response:** `404 Not Found`, when there is no such order:

```json
{"error": "not_found"}
```

**Error response:** `409 Conflict`, when the order is closed:

```json
{"error": "closed"}
```

### GET /v1/orders/<uuid:id>?expand=lines

**Response:**

```json
{"id": 7}
```

**Error:**

```json
{"oops": }
```

### Errors

Every endpoint answers 401 without a token.

## 5. Data Schema

```sql
CREATE TABLE customer_order (id uuid PRIMARY KEY);
CREATE TABLE line (
  id uuid PRIMARY KEY,
  sku varchar(20) NOT NULL,
  quantity integer NOT NULL,
  note text,
  price numeric(10, 2) NOT NULL,
  made_at timestamptz NOT NULL
);
```
"""


def valid(document: OpenAPI) -> OpenAPI:
    OpenAPIV31SpecValidator(json.loads(document.to_json())).validate()
    return document


def document_of(text: str) -> OpenAPI:
    return valid(read_proposal(text).openapi())


def test_paths_parameters_statuses_and_examples_are_those_of_the_text() -> None:
    document = document_of(TEXT)
    assert document["info"]["title"] == "Orders for a shop"
    assert list(document["paths"]) == ["/v1/orders/{orderId}/lines", "/v1/orders/{id}"]
    operation = document["paths"]["/v1/orders/{orderId}/lines"]["post"]
    assert operation["summary"] == "Add a line to an order."
    assert operation["security"] == [{"bearer": []}]
    assert operation["parameters"] == [
        {
            "name": "orderId",
            "in": "path",
            "required": True,
            "description": "the order",
            "schema": {"type": "string", "format": "uuid"},
        },
        {
            "name": "Idempotency-Key",
            "in": "header",
            "example": "5f0c",
            "schema": {"type": "string"},
        },
    ]
    responses = operation["responses"]
    assert {code: response["description"] for code, response in responses.items()} == {
        "201": "Created",
        "401": "Unauthorized: without a token (stated for every endpoint)",
        "404": "Not Found: when there is no such order",
        "409": "Conflict: when the order is closed",
    }
    assert responses["409"]["content"]["application/json"]["example"] == {"error": "closed"}


def test_schemas_come_from_the_examples_and_the_table_of_that_name() -> None:
    document = document_of(TEXT)
    schemas = document["components"]["schemas"]
    request = schemas["PostV1OrdersByOrderIdLinesRequest"]
    assert request == {
        "type": "object",
        "properties": {
            "sku": {"type": "string", "maxLength": 20},
            "quantity": {"type": "integer", "format": "int32"},
            "note": {"type": ["string", "null"]},
            "price": {"type": "number"},
        },
        "required": ["sku", "quantity", "price"],
    }
    response = schemas["PostV1OrdersByOrderIdLinesResponse"]["properties"]
    assert response["line_id"] == {"type": "string", "format": "uuid"}
    assert response["made_at"] == {"type": "string", "format": "date-time"}
    assert [name for name in schemas if name.startswith("Error")] == ["Error"]


def test_what_the_text_does_not_state_is_not_made_up_but_said() -> None:
    operation = document_of(TEXT)["paths"]["/v1/orders/{id}"]["get"]
    assert sorted(operation["responses"]) == ["401", "default"]
    assert operation["responses"]["default"]["description"] == "No status is stated."
    assert operation["x-archkit-notes"] == [
        "The error example on line 50 is no JSON: Expecting value.",
        "For an example under `default` the proposal states no status.",
    ]
    bare = document_of("# T\n\n`GET /a`\n")["paths"]["/a"]["get"]
    assert bare["responses"] == {"default": {"description": "No status is stated."}}
    assert bare["x-archkit-notes"] == ["The proposal states no response."]


@pytest.mark.parametrize("text", ["", "# Only a title\n", "no endpoint at all"])
def test_no_endpoints_give_a_document_without_paths(text: str) -> None:
    document = document_of(text)
    assert document["paths"] == {}
    assert document["x-archkit-notes"] == ["The proposal names no endpoint."]


def test_paths_that_differ_in_names_only_are_one() -> None:
    text = "## 4. API Contracts\n\n### GET /a/{id}\n\n200\n\n### PUT /a/{a_id}\n\n204\n\n"
    document = document_of(f"{text}### GET /a/{{other}}\n\n200\n\n### GET /b/{{id/x}}\n\n200\n")
    assert {path: list(item) for path, item in document["paths"].items()} == {
        "/a/{id}": ["get", "put"],
        "/b/id/x": ["get"],
    }
    assert document["paths"]["/a/{id}"]["put"]["parameters"][0]["name"] == "id"
    assert document["x-archkit-notes"] == ["GET /a/{other} (line 11) is told twice."]


def test_several_examples_of_a_status_are_all_kept() -> None:
    reply = "**Response:** `200 OK`:\n\n```json\n{}\n```\n\n"
    text = f"## 4. API Contracts\n\n### GET /a\n\n{reply}{reply.replace('{}', '[1]')}"
    body = document_of(text)["paths"]["/a"]["get"]["responses"]["200"]["content"]
    assert body["application/json"]["examples"] == {
        "example1": {"value": {}},
        "example2": {"value": [1]},
    }


def test_a_request_example_of_a_get_is_kept_and_said_to_be_no_body() -> None:
    text = '## 4. API Contracts\n\n### GET /a\n\n**Request:**\n\n```json\n{"q": 1}\n```\n'
    operation = document_of(text)["paths"]["/a"]["get"]
    assert "requestBody" not in operation
    assert operation["x-archkit-request-examples"] == [{"q": 1}]


def test_the_document_shows_as_a_tree_and_is_written_as_json_or_yaml(tmp_path: Path) -> None:
    document = read_proposal(TEXT).openapi()
    assert repr(document) == "OpenAPI('Orders for a shop', 2 operations, 4 schemas)"
    assert document._repr_mimebundle_() == {
        "application/json": document,
        "text/plain": repr(document),
    }
    assert json.loads(document.write(tmp_path / "a.json").read_text("utf-8")) == document
    assert yaml.safe_load(document.write(tmp_path / "a.yaml").read_text("utf-8")) == document
    with pytest.raises(ArchkitError) as error:
        document.write(tmp_path / "none" / "a.json")
    assert error.value.what == "The OpenAPI document was not written to a.json."


def test_a_conforming_proposal_leaves_nothing_open() -> None:
    document = document_of((Path(__file__).parent / "conforming.md").read_text("utf-8"))
    assert sum(map(len, document["paths"].values())) > 5
    assert "x-archkit-notes" not in document.to_json()


@pytest.mark.skipif(not DESIGNS.is_dir(), reason="the real designs are not here")
def test_real_designs_give_valid_documents() -> None:
    operations = {}
    for file in sorted(DESIGNS.glob("*__*.md")):
        document = document_of(file.read_text("utf-8"))
        operations[file.name.partition("__")[0]] = sum(map(len, document["paths"].values()))
    assert operations == {"AgroSmart": 5, "bandjacks": 39, "slo-recommendation-engine": 12}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["2025-01-24", "a@b.de", "0192f3c4-51aa-7c55-9b0a-4f2d8e6a1c01"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["id", "note", "price", "items", "properties"]), inner)
    ),
    max_leaves=12,
)
LINE = read_proposal(TEXT).schema


@given(st.lists(JSON, min_size=1, max_size=3))
def test_every_example_is_valid_against_what_is_inferred(values: list[Any]) -> None:
    schema = merged([inferred(value, LINE.table("line"), LINE) for value in values])
    jsonschema.Draft202012Validator.check_schema(schema)
    for value in values:
        jsonschema.validate(value, schema)


def test_a_deep_example_is_described_down_to_a_depth() -> None:
    deep: Any = 1
    for _ in range(60):
        deep = [deep]
    jsonschema.validate(deep, inferred(deep))


SEGMENTS = st.sampled_from(
    ["/a", "/{id}", "/:id", "/[x]", "/<int:b>", "/{", "}", "/*", "?q=1", "#x", "//", "/{}", "/é"]
)
BODIES = st.sampled_from(["{}", "[]", "1", '{"a": [1, null]}', "{", '"x"', '{"a": {"b": 1e400}}'])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["GET", "POST", "DELETE", "HEAD"]),
            st.lists(SEGMENTS, min_size=1, max_size=4).map("".join),
            st.lists(st.tuples(st.sampled_from(["Request", "200", "404", "Error"]), BODIES)),
        ),
        max_size=3,
    )
)
def test_any_endpoints_give_a_valid_document(endpoints: list[Any]) -> None:
    parts = ["## 4. API Contracts"]
    for method, path, bodies in endpoints:
        parts.append(f"### {method} {path}")
        parts += [f"**{label}:**\n\n```json\n{body}\n```" for label, body in bodies]
    document = document_of("\n\n".join(parts))
    for path in document["paths"]:
        assert re.fullmatch(r"/([^{}]|\{[\w.-]+\})*", path)
