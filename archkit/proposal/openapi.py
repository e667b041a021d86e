"""A proposal's API contracts → an OpenAPI 3.1 document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.errors import ArchkitError
from archkit.proposal.component_schemas import ComponentSchemas
from archkit.proposal.contract import Contract
from archkit.proposal.examples import Example
from archkit.proposal.json_schema import column_schema, table_of
from archkit.proposal.schema import Column, Schema
from archkit.proposal.statuses import Status, reason

if TYPE_CHECKING:
    from archkit.proposal.document import Proposal

__all__ = ["OpenAPI", "openapi_document"]

_METHODS = {"GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"}
_NO_BODY = {"GET", "HEAD", "DELETE"}
_BARE_HEADERS = {"accept", "content-type", "authorization"}
NOTES = "x-archkit-notes"
"""Where the document says what the proposal leaves open."""


class OpenAPI(dict[str, Any]):
    """An OpenAPI document: a dict that JupyterLab shows as a tree, and that can be written."""

    def __repr__(self) -> str:
        operations = sum(m.upper() in _METHODS for path in self["paths"].values() for m in path)
        schemas = len(self["components"]["schemas"])
        return f"OpenAPI({self['info']['title']!r}, {operations} operations, {schemas} schemas)"

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {"application/json": dict(self), "text/plain": repr(self)}

    def to_json(self) -> str:
        """Return the document as JSON text."""
        return json.dumps(self, indent=2, ensure_ascii=False) + "\n"

    def to_yaml(self) -> str:
        """Return the document as YAML text, in the same order."""
        import yaml

        plain = json.loads(self.to_json())
        return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100)

    def write(self, path: str | Path) -> Path:
        """Write the document to a file: YAML if its name ends so, else JSON.

        Raises
        ------
        ArchkitError
            The file cannot be written.
        """
        file = Path(path)
        text = self.to_yaml() if file.suffix in (".yaml", ".yml") else self.to_json()
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise ArchkitError(
                f"The OpenAPI document was not written to {file.name}.",
                why=f"{error.strerror}.",
                mend="Give a file in a folder that exists and may be written to.",
            ) from error
        return file


def openapi_document(proposal: Proposal) -> OpenAPI:
    """Return the OpenAPI 3.1 document of a proposal's endpoints.

    Paths, statuses and examples are those of section 4; schemas are inferred from the examples,
    and from the tables of section 5 where names match. What the proposal does not state is not
    made up: a response without a status is `default`, and `x-archkit-notes` says so.

    Parameters
    ----------
    proposal
        A proposal; one without endpoints gives a document without paths.
    """
    schemas = ComponentSchemas(proposal.schema)
    paths: dict[str, dict[str, Any]] = {}
    shapes: dict[str, Contract] = {}
    names: set[str] = set()
    notes: list[str] = []
    for contract in proposal.contracts:
        if contract.method not in _METHODS:
            continue
        first = shapes.setdefault(_shape(contract.template), contract)
        item = paths.setdefault(_path(first), {})
        method = contract.method.lower()
        if method in item:
            notes.append(f"{contract.method} {contract.path} (line {contract.line}) is told twice.")
            continue
        name = _unique(_operation_name(contract), names)
        item[method] = _operation(contract, first, name, schemas, proposal.schema)
    return OpenAPI(_document(proposal, paths, schemas, notes))


def _document(
    proposal: Proposal, paths: dict[str, Any], schemas: ComponentSchemas, notes: list[str]
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": proposal.title or "Proposal",
            "version": "0.0.0",
            "description": (
                "Drawn from a proposal by archkit; the version is none of the proposal's. Schemas "
                "are inferred from its examples and tables."
            ),
        },
        "paths": paths,
        "components": {"schemas": schemas.named()},
    }
    if any("security" in operation for item in paths.values() for operation in item.values()):
        bearer = {"bearer": {"type": "http", "scheme": "bearer"}}
        document["components"]["securitySchemes"] = bearer
    if not paths:
        notes = ["The proposal names no endpoint.", *notes]
    return document | ({NOTES: notes} if notes else {})


def _operation(
    contract: Contract, first: Contract, name: str, schemas: ComponentSchemas, tables: Schema
) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": name}
    if contract.summary:
        operation["summary"] = contract.summary
    parameters = [*_path_parameters(contract, first, tables), *_other_parameters(contract)]
    if parameters:
        operation["parameters"] = parameters
    notes = [
        f"The {e.role} example on line {e.line} is no JSON: {e.error}"
        for e in contract.examples
        if e.error
    ]
    asked = [e for e in contract.examples if e.role == "request" and not e.error]
    if asked and contract.method in _NO_BODY:
        operation["x-archkit-request-examples"] = [e.value for e in asked]
        notes.append(f"A request example is given, but {contract.method} has no body.")
    elif asked:
        body = schemas.content(asked, f"{_pascal(name)}Request", contract)
        operation["requestBody"] = {"required": True, "content": body}
    operation["responses"] = _responses(contract, name, schemas, notes)
    if any(p.name.casefold() == "authorization" and "earer" in p.said for p in contract.declared):
        operation["security"] = [{"bearer": []}]
    return operation | ({NOTES: notes} if notes else {})


def _path_parameters(
    contract: Contract, first: Contract, tables: Schema
) -> Iterator[dict[str, Any]]:
    said = {p.name.casefold(): p.said for p in contract.declared if p.place in ("path", "")}
    for own, name in zip(contract.path_parameters, first.path_parameters, strict=True):
        column = _column_of(own, contract.template, tables)
        known = column_schema(column) if column else {}
        schema = known if known.get("type") in ("string", "integer") else {"type": "string"}
        told = {"description": said[own.casefold()]} if said.get(own.casefold()) else {}
        yield {"name": name, "in": "path", "required": True, **told, "schema": schema}


def _column_of(name: str, template: str, tables: Schema) -> Column | None:
    """Return the column a path parameter is: `order_id` or the `id` after `/orders/`."""
    before = template.partition(f"{{{name}}}")[0].rstrip("/").rpartition("/")[2]
    bare = re.sub(r"(?i)_?id$", "", name)
    for called, column_name in ((bare, "id"), (bare, name), (before, name), (before, "id")):
        table = table_of(called, tables) if called else None
        column = table.column(column_name) if table else None
        if column is not None:
            return column
    return None


def _other_parameters(contract: Contract) -> Iterator[dict[str, Any]]:
    said = {(p.place, p.name): p.said for p in contract.declared}
    asked = [("query", name) for name in contract.query_parameters]
    told = [(p.place, p.name) for p in contract.declared if p.place in ("query", "header")]
    seen: set[tuple[str, str]] = set()
    for place, name in (*asked, *told):
        key = (place, name.casefold())
        if key in seen or (place == "header" and name.casefold() in _BARE_HEADERS):
            continue
        seen.add(key)
        words = said.get((place, name))
        word = "example" if place == "header" else "description"
        about = {word: words} if words else {}
        yield {"name": name, "in": place, **about, "schema": {"type": "string"}}


def _responses(
    contract: Contract, name: str, schemas: ComponentSchemas, notes: list[str]
) -> dict[str, Any]:
    """Return the stated responses; an example without a status goes to the only one it can."""
    by_status: dict[str, list[Example]] = {str(s.code): [] for s in contract.statuses}
    for example in contract.examples:
        if example.role == "request" or example.error:
            continue
        stated = contract.errors if example.role == "error" else contract.successes
        known = example.status or (stated[0].code if len(stated) == 1 else "default")
        by_status.setdefault(str(known), []).append(example)
    if "default" in by_status:
        notes.append("For an example under `default` the proposal states no status.")
    said: dict[str, str] = {str(s.code): _description(s) for s in contract.statuses}
    for status in contract.shared:
        if str(status.code) not in by_status:
            by_status[str(status.code)] = []
            said[str(status.code)] = f"{_description(status)} (stated for every endpoint)"
    if not by_status:
        by_status["default"] = []
        notes.append("The proposal states no response.")
    responses: dict[str, Any] = {}
    for code, examples in sorted(by_status.items()):
        response: dict[str, Any] = {"description": said.get(code) or "No status is stated."}
        if examples:
            error = all(e.role == "error" for e in examples)
            called = "Error" if error else f"{_pascal(name)}Response"
            response["content"] = schemas.content(examples, called, contract)
        responses[code] = response
    return responses


def _description(status: Status) -> str:
    phrase = reason(status.code)
    return f"{phrase}: {status.said}" if status.said else phrase


def _shape(template: str) -> str:
    """Return what two paths share that OpenAPI takes for one: the names do not count."""
    return re.sub(r"\{[^{}]*\}", "{}", template)


def _path(contract: Contract) -> str:
    """Return a path in which braces stand around declared names only."""
    parts = re.split(r"(\{[^{}/]*\})", contract.template)
    kept = {f"{{{name}}}" for name in contract.path_parameters}
    return "".join(p if p in kept else p.replace("{", "").replace("}", "") for p in parts) or "/"


def _operation_name(contract: Contract) -> str:
    words = re.findall(r"[A-Za-z0-9]+", contract.template.replace("{", " by "))
    return contract.method.lower() + "".join(word[:1].upper() + word[1:] for word in words)[:80]


def _pascal(name: str) -> str:
    return name[:1].upper() + name[1:]


def _unique(name: str, taken: set[str]) -> str:
    called, number = name, 2
    while called in taken:
        called, number = f"{name}{number}", number + 1
    taken.add(called)
    return called
