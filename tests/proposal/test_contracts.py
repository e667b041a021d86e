"""What is read of each endpoint: its lines, statuses, parameters and examples."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.proposal.contents import CodeBlock
from archkit.proposal.contract import Contract, Parameter, template
from archkit.proposal.contracts import contracts_of
from archkit.proposal.document import read_proposal
from archkit.proposal.examples import Label, examples_in, label_of, parse_json
from archkit.proposal.statuses import Status, statuses_in

HEAD = "# T\n\n## 3. Service Definitions\n\n`GET /not-here`\n\n## 4. API Contracts\n\n"


def contracts(text: str) -> tuple[Contract, ...]:
    return contracts_of(read_proposal(f"{HEAD}{text}\n\n## 5. Data Schema\n\n404 `GET /later`\n"))


def only(text: str) -> Contract:
    (contract,) = contracts(text)
    return contract


FORMS = {
    "headings": """### `POST /orders/:id/lines`

Add a line to an order.

**Path parameters:** `id` (uuid): the order.

**Request:**

```json
{"sku": "a-1"}
```

**Success response (201 Created):**

```json
{"line": 1}
```

**Error responses:**

- `404 Not Found`: no such order
- `409`: the order is closed

```json
{"error": "closed", "status": 409}
```
""",
    "http": """### Add a line to an order.

```http
POST /orders/<uuid:id>/lines HTTP/1.1
Content-Type: application/json

{"sku": "a-1"}
```

Returns:

```http
HTTP/1.1 201 Created
Location: /orders/7/lines/1

{"line": 1}
```

| Parameter | In | Meaning |
|---|---|---|
| `id` | path | the order |

| Status | When |
|---|---|
| 404 | no such order |
| 409 | the order is closed |

Error 409:

```json
// what a client gets
{"error": "closed", "status": 409}
```
""",
    "one block": """1. **POST /orders/{id}/lines** — Add a line to an order.

   Path parameters:
   - `id`: the order

   ```json
   // Request
   {"sku": "a-1"}
   // Response (201 Created)
   {"line": 1}
   // Error (409 Conflict)
   {"error": "closed", "status": 409}
   ```

   Errors: 404 (no such order), 409 (the order is closed)
""",
}


@pytest.mark.parametrize("form", FORMS)
def test_the_same_endpoint_is_read_in_every_form(form: str) -> None:
    contract = only(FORMS[form])
    assert (contract.method, contract.template) == ("POST", "/orders/{id}/lines")
    assert contract.summary == "Add a line to an order."
    assert contract.path_parameters == ("id",)
    assert [(p.name, p.place) for p in contract.declared] == [("id", "path")]
    assert [status.code for status in contract.successes] == [201]
    assert [(status.code, status.said) for status in contract.errors] == [
        (404, "no such order"),
        (409, "the order is closed"),
    ]
    assert [(e.role, e.status, e.value, e.error) for e in contract.examples] == [
        ("request", None, {"sku": "a-1"}, ""),
        ("response", 201, {"line": 1}, ""),
        ("error", 409, {"error": "closed", "status": 409}, ""),
    ]
    assert contract.section == 4


def test_lines_are_those_of_the_text() -> None:
    contract = only(FORMS["headings"])
    lines = read_proposal(HEAD + FORMS["headings"]).text.splitlines()
    assert lines[contract.line - 1] == "### `POST /orders/:id/lines`"
    assert [lines[e.line - 1][0] for e in contract.examples] == ["{"] * 3
    assert [str(s.code) in lines[s.line - 1] for s in contract.statuses] == [True] * 3


def test_an_endpoint_is_looked_for_where_it_is_a_heading_not_in_the_overview() -> None:
    table = (
        "| Endpoint | What |\n|---|---|\n| `GET /a/{id}` | Reads a thing |\n| `GET /b` | B |\n\n"
    )
    first, second = contracts(f"{table}#### GET /a/{{id}}\n\n200 OK with it; 404 otherwise.\n")
    assert (first.template, first.line, first.summary) == ("/b", 12, "")
    assert [status.code for status in second.statuses] == [200, 404]
    assert second.summary == "Reads a thing"


def test_a_row_of_a_table_can_say_it_all() -> None:
    head = "| Method | Path | Success | Errors |\n|---|---|---|---|\n"
    contract = only(f"{head}| PUT | `/a/[id]` | 200 | 404, 409 |\n")
    assert [status.code for status in contract.statuses] == [200, 404, 409]


def test_a_row_may_hold_its_json_in_its_cells() -> None:
    head = "| Method | Path | Request | Success | Errors |\n|---|---|---|---|---|\n"
    row = '| POST | `/a` | `{"x": 1}` | 201 `{"id": "m1"}` | 400 `{"error": "EMPTY"}`, 401 |\n'
    contract = only(f"{head}{row}")
    assert [status.code for status in contract.statuses] == [201, 400, 401]
    assert [(e.role, e.status, e.value) for e in contract.examples] == [
        ("request", None, {"x": 1}),
        ("response", 201, {"id": "m1"}),
        ("error", 400, {"error": "EMPTY"}),
    ]
    assert {e.line for e in contract.examples} == {contract.line}
    shorthand = only(f"{head}| POST | `/a` | `{{x, y}}` | 201 | 404 |\n")
    assert shorthand.examples == ()


def test_an_endpoint_may_head_what_unfolds() -> None:
    head = "<details>\n<summary><code>POST /orders</code> – add an order</summary>\n\n"
    contract = only(f"{head}Returns 201.\n\n```json\n{{}}\n```\n</details>\n")
    assert (contract.template, contract.summary) == ("/orders", "add an order")
    assert [status.code for status in contract.statuses] == [201]
    assert len(contract.examples) == 1


@pytest.mark.parametrize(
    ("below", "summary"),
    [
        ("- Description: Read one order.", "Read one order."),
        ("- **Purpose**: Read one order.", "Read one order."),
        ("Path parameters: `id` (string)\n\nRead one order.", "Read one order."),
        ("- Auth: bearer\n- Read one order.", "Read one order."),
        ("Query parameters:\n\n| Name | Type |\n|---|---|\n| a | int |", ""),
    ],
)
def test_a_summary_says_what_an_endpoint_does(below: str, summary: str) -> None:
    assert only(f"#### GET /orders/{{id}}\n\n{below}\n\n200 OK\n").summary == summary


def test_another_endpoint_that_is_mentioned_or_called_does_not_cut_the_text() -> None:
    text = """### POST /jobs

Then ask `GET /jobs/{id}` how it stands.

```http
GET /jobs/42
```

Returns 202 Accepted, 503 when full.
"""
    assert [(c.template, [s.code for s in c.statuses]) for c in contracts(text)] == [
        ("/jobs", [202, 503]),
        ("/jobs/{id}", []),
    ]


def test_errors_stated_for_all_endpoints_are_shared() -> None:
    text = "Every endpoint answers 401 without a token.\n\n### GET /a\n\n200 OK\n\n"
    contract = only(f"{text}### Errors\n\n- 429: slow\n")
    assert [status.code for status in contract.statuses] == [200]
    assert [status.code for status in contract.shared] == [401, 429]


def test_without_section_4_the_whole_text_is_read() -> None:
    found = contracts_of(read_proposal("# API\n\n## Users\n\n`GET /users`: returns 200\n"))
    assert [(c.template, [s.code for s in c.statuses]) for c in found] == [("/users", [200])]


def test_path_parameters_that_a_list_leaves_out_or_that_no_path_has_are_told() -> None:
    text = "### GET /a/{a_id}/b/{b_id}\n\nPath parameters:\n\n- `a_id`: the a\n- `c_id`: the c\n"
    contract = only(text)
    assert contract.undeclared == ("b_id",)
    assert [parameter.name for parameter in contract.unused] == ["c_id"]
    assert only("### GET /a/{a_id}\n\nNo list.\n").undeclared == ()


def test_headers_and_query_parameters_are_declared_too() -> None:
    text = "### GET /a?limit=5&after=x\n\n**Headers:** `Idempotency-Key: k1`.\n\n"
    contract = only(f"{text}Query parameters:\n- limit: most\n")
    assert contract.query_parameters == ("limit", "after")
    assert contract.declared == (
        Parameter("Idempotency-Key", "header", 11, "k1"),
        Parameter("limit", "query", 14, "most"),
    )


@pytest.mark.parametrize(
    ("path", "told", "names"),
    [
        ("/users/:id/posts/:postId", "/users/{id}/posts/{postId}", ("id", "postId")),
        ("/api/[slug]/[...rest]/", "/api/{slug}/{rest}", ("slug", "rest")),
        ("/a/<int:id>/<name>", "/a/{id}/{name}", ("id", "name")),
        ("/a/${id}/{key:path}/{maybe?}", "/a/{id}/{key}/{maybe}", ("id", "key", "maybe")),
        ("/a/{id}/b/{id}", "/a/{id}/b/{id2}", ("id", "id2")),
        ("/a/{}:close", "/a/{parameter1}:close", ("parameter1",)),
        ("/", "/", ()),
    ],
)
def test_paths_are_brought_to_one_form(path: str, told: str, names: tuple[str, ...]) -> None:
    assert template(path)[:2] == (told, names)


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        ("**Success response:** `201 Created`:", [201]),
        ("- 404: no such order", [404]),
        ("Returns 200 with the list, 404 if none and 401 otherwise", [200, 404, 401]),
        ("error codes 400/401/403", [400, 401, 403]),
        ("HTTP/1.1 204 No Content", [204]),
        ("| GET | `/x` | < 500ms |", []),
        ("returns within 200 ms to 500 users", []),
        ("costs $500, or 1,200 in all; error budget 99.500 %", []),
        ("### 4.2 Orders", []),
        ("| limit | 100 by default | 200–500 |", []),
        ("| GET | `/x` | 200 `{}` | 404 (none), 410 |", [200, 404, 410]),
        ("a plan of 300 lines", []),
        ("returns 299 or 600", []),
    ],
)
def test_a_status_is_told_from_other_numbers(line: str, codes: list[int]) -> None:
    assert [status.code for status in statuses_in(line, 1)] == codes


def test_a_status_says_when() -> None:
    assert statuses_in("**Error response:** `401 Unauthorized`, when it has expired:\n", 7) == [
        Status(401, 7, "when it has expired")
    ]


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("**Request body:**", Label("request", None)),
        ("Response body:", Label("response", None)),
        ("**Error response:** `404 Not Found`", Label("error", 404)),
        ("Error body", Label("error", None)),
        ("HTTP/1.1 200 OK", Label("response", 200)),
        ("Some words.", None),
    ],
)
def test_labels(line: str, label: Label | None) -> None:
    assert label_of(line) == label


@pytest.mark.parametrize(
    ("text", "error", "line"),
    [
        ('{"a": 1\n "b": 2}', "Expecting ',' delimiter.", 2),
        ('{"a": 1,}', "Illegal trailing comma before end of object.", 1),
        ('{"a": NaN}', "NaN is no JSON value.", 1),
        ('{"a": 1},', "Nothing may follow the value, but “,” does.", 1),
        ("[" * 100_000, "It is nested too deep to be read.", 1),
        ("a: 1", "Expecting value.", 1),
    ],
)
def test_json_that_does_not_parse_says_why_and_where(text: str, error: str, line: int) -> None:
    (example,) = examples_in(CodeBlock("json", text, 10, 4), Label("response", 200))
    got = example.error.replace("Expecting property name enclosed in double quotes", error[:-1])
    assert (got, example.error_line, example.value) == (error, 10 + line, None)


def test_what_is_not_said_to_be_json_is_no_broken_example() -> None:
    block = CodeBlock("", "{ id: string }", 1, 4)
    assert list(examples_in(block, Label("response", None))) == []
    long = CodeBlock("json", "[" + "1," * 200_000 + "1]", 1, 4)
    assert [e.error for e in examples_in(long, Label("request", None))] == [
        "The example is too long to be read."
    ]


def test_a_value_may_be_followed_by_a_comment() -> None:
    assert parse_json('{"a": [1]} // made\nmore') == ({"a": [1]}, "", 0, 1)


PIECES = st.sampled_from(
    ["### ", "GET /a/{id}", "POST /b", "```json", "```", "{", "}", '"a": 1', ",", "| ", "404", "\n"]
)


@given(st.lists(PIECES, max_size=40).map("\n".join) | st.text(max_size=80))
def test_no_text_makes_it_fail_and_every_line_is_in_the_text(text: str) -> None:
    proposal = read_proposal(HEAD + text)
    for contract in proposal.contracts:
        assert 1 <= contract.line <= contract.end <= proposal.line_count
        assert contract.template.count("{") == len(contract.path_parameters)
        lines = [*(s.line for s in contract.statuses), *(e.line for e in contract.examples)]
        assert all(1 <= line <= proposal.line_count for line in lines)
