"""The named schemas of an OpenAPI document: one for each shape, whoever uses it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from archkit.proposal.contract import Contract
from archkit.proposal.examples import Example
from archkit.proposal.json_schema import inferred, merged, table_of
from archkit.proposal.schema import Schema

__all__ = ["ComponentSchemas"]


class ComponentSchemas:
    """Schemas inferred from examples, each kept once under a name of its own."""

    def __init__(self, tables: Schema) -> None:
        self._tables = tables
        self._by_name: dict[str, Any] = {}
        self._names: dict[str, str] = {}

    def named(self) -> dict[str, Any]:
        """Return the schemas by name, in alphabetical order."""
        return dict(sorted(self._by_name.items()))

    def content(self, examples: Sequence[Example], name: str, contract: Contract) -> dict[str, Any]:
        """Return a body's `content`: what the examples share as a schema, and the examples."""
        static = [s for s in contract.template.split("/") if s and "{" not in s]
        table = table_of(static[-1], self._tables) if static and name != "Error" else None
        schema = merged([inferred(e.value, table, self._tables) for e in examples])
        if name.endswith("Request"):
            schema = _request(schema)
        told: dict[str, Any] = {"schema": self._reference(schema, name)}
        if len(examples) == 1:
            told["example"] = examples[0].value
        else:
            told["examples"] = {
                f"example{n}": {"value": e.value} for n, e in enumerate(examples, start=1)
            }
        return {"application/json": told}

    def _reference(self, schema: Any, name: str) -> Any:
        if schema.get("type") not in ("object", "array"):
            return schema
        key = json.dumps(schema, sort_keys=True)
        if key not in self._names:
            called, number = name, 2
            while called in self._by_name:
                called, number = f"{name}{number}", number + 1
            self._names[key] = called
            self._by_name[called] = schema
        return {"$ref": f"#/components/schemas/{self._names[key]}"}


def _request(schema: Any) -> Any:
    """Require of a request what its examples have, less what may be null: it may be left out."""
    if not isinstance(schema, dict):
        return schema
    told = {key: _request(inner) for key, inner in schema.items() if key != "properties"}
    if "properties" in schema:
        inner = {key: _request(value) for key, value in schema["properties"].items()}
        told = {"type": "object", "properties": inner}
        told["required"] = [k for k in schema["required"] if not _may_be_null(told, k)]
    return told


def _may_be_null(schema: Any, key: str) -> bool:
    kinds = schema["properties"][key].get("type")
    return kinds == "null" or (isinstance(kinds, list) and "null" in kinds)
