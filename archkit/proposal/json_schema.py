"""JSON Schema of example values, made more exact by the table whose names they share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from archkit.proposal.naming import tokens_of
from archkit.proposal.schema import Column, Schema, Table

__all__ = ["column_schema", "inferred", "merged", "table_of"]

DEEPEST, MOST_ITEMS = 24, 50
"""Levels and items of an example that are looked at; below and beyond, anything is allowed."""

_FORMATS = (
    ("uuid", re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    ("date-time", re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")),
    ("date", re.compile(r"\d{4}-\d\d-\d\d")),
    ("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)),
    ("uri", re.compile(r"https?://[^\s<>\"{}|\\^`]+", re.ASCII)),
)
_COLUMN_TYPES = (
    (r"UUID|UNIQUEIDENTIFIER", ("string", "uuid")),
    (r"TIMESTAMP\w*|DATETIME\w*", ("string", "date-time")),
    (r"DATE", ("string", "date")),
    (r"BIGINT|BIGSERIAL|INT8", ("integer", "int64")),
    (r"U?(?:INT\w*|SMALLINT|TINYINT|MEDIUMINT|SERIAL|SMALLSERIAL)", ("integer", "int32")),
    (r"DECIMAL|NUMERIC|MONEY|REAL|FLOAT\w*|DOUBLE(?: PRECISION)?", ("number", "")),
    (r"BOOL(?:EAN)?|BIT", ("boolean", "")),
    (r"N?VARCHAR|N?CHAR|TEXT|CITEXT|STRING|INET|TIME|INTERVAL", ("string", "")),
)


def inferred(value: Any, table: Table | None = None, schema: Schema | None = None) -> Any:
    """Return a JSON Schema that `value` is valid against.

    Parameters
    ----------
    value
        A JSON value. Keys that are in every element of an array are required of its items.
    table
        The table the value is a row of, if any: a column of a property's name gives its format
        and its length, where they fit the value.
    schema
        Where a nested object looks for the table of its own name.
    """
    return _inferred(value, table, schema or Schema(), 0)


def _inferred(value: Any, table: Table | None, schema: Schema, depth: int) -> Any:
    if depth > DEEPEST:
        return {}
    if isinstance(value, Mapping):
        properties = {}
        for key, inner in value.items():
            own = table_of(key, schema) if isinstance(inner, (Mapping, list)) else None
            told = _inferred(inner, own or table, schema, depth + 1)
            column = _column(table, key)
            properties[key] = _refined(told, inner, column) if column else told
        return {"type": "object", "properties": properties, "required": list(value)}
    if isinstance(value, list):
        items = [_inferred(inner, table, schema, depth + 1) for inner in value[:MOST_ITEMS]]
        whole = len(items) == len(value)
        return {"type": "array", "items": merged(items) if items and whole else {}}
    return _scalar(value)


def _scalar(value: Any) -> dict[str, Any]:
    if value is None:
        return {"type": "null"}
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int):
        return {"type": "integer"}
    if isinstance(value, float):
        return {"type": "number"}
    for name, pattern in _FORMATS:
        if pattern.fullmatch(str(value)[:300]):
            return {"type": "string", "format": name}
    return {"type": "string"}


def merged(schemas: Iterable[Any]) -> Any:
    """Return one schema that holds what each of `schemas` holds."""
    distinct: list[Any] = []
    for schema in schemas:
        if schema not in distinct:
            distinct.append(schema)
    if len(distinct) == 1 or {} in distinct:
        return distinct[0] if len(distinct) == 1 else {}
    objects = [schema for schema in distinct if schema.get("type") == "object"]
    others = [schema for schema in distinct if schema.get("type") != "object"]
    arrays = [schema for schema in others if schema.get("type") == "array"]
    plain = [s for s in others if s.get("type") != "array" and "anyOf" not in s]
    parts = [_objects(objects)] if objects else []
    parts += [{"type": "array", "items": merged([a["items"] for a in arrays])}] if arrays else []
    parts += [_scalars(plain)] if plain else []
    parts += [branch for schema in others for branch in schema.get("anyOf", ())]
    return parts[0] if len(parts) == 1 else {"anyOf": parts}


def _objects(schemas: Sequence[Any]) -> Any:
    properties: dict[str, list[Any]] = {}
    for schema in schemas:
        for key, inner in schema["properties"].items():
            properties.setdefault(key, []).append(inner)
    always = set.intersection(*(set(schema["required"]) for schema in schemas))
    return {
        "type": "object",
        "properties": {key: merged(inner) for key, inner in properties.items()},
        "required": [key for key in properties if key in always],
    }


def _scalars(schemas: Sequence[Any]) -> Any:
    types: list[str] = []
    for schema in schemas:
        types += schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    kept = list(dict.fromkeys(types))
    if "number" in kept and "integer" in kept:
        kept.remove("integer")
    strings = [s for s in schemas if "string" in s["type"]]
    told = {key: {s.get(key) for s in strings} for key in ("format", "maxLength")}
    shared = {key: v for key, values in told.items() if len(values) == 1 and (v := values.pop())}
    return {"type": kept[0] if len(kept) == 1 else kept, **shared}


def column_schema(column: Column) -> dict[str, Any]:
    """Return the JSON Schema of a column; empty if its type says nothing of JSON."""
    bare, _, size = column.type.partition("(")
    if column.type.endswith("[]"):
        return {"type": "array"}
    for pattern, (kind, shape) in _COLUMN_TYPES:
        if re.fullmatch(pattern, bare.strip().upper()):
            told: dict[str, Any] = {"type": kind}
            if shape:
                told["format"] = shape
            length = size.partition(")")[0].strip()
            if kind == "string" and not shape and length.isdecimal() and "CHAR" in bare.upper():
                told["maxLength"] = int(length[:9])
            return told
    return {}


def _refined(told: Any, value: Any, column: Column) -> Any:
    """Add what a column knows, where the example agrees; a nullable column allows null."""
    known = column_schema(column)
    if not isinstance(told, dict) or not isinstance(told.get("type"), str):
        return told
    kind = told["type"]
    if kind == "null" and known:
        return {**known, "type": [known["type"], "null"]}
    refined = dict(told)
    if kind == "integer" and known.get("type") == "number":
        refined["type"] = kind = "number"
    elif kind == known.get("type") and kind in ("string", "integer"):
        fits = kind == "integer" or "format" in told or "format" not in known
        if fits and _fits(value, known):
            refined = {**told, **known}
    if column.nullable and kind in ("string", "integer", "number", "boolean"):
        refined["type"] = [kind, "null"]
    return refined


def _fits(value: Any, known: Mapping[str, Any]) -> bool:
    if isinstance(value, str):
        shape = dict(_FORMATS).get(str(known.get("format")))
        right = shape is None or shape.fullmatch(value) is not None
        return right and len(value) <= known.get("maxLength", len(value))
    return known.get("format") != "int32" or abs(value) < 2**31


def table_of(name: str, schema: Schema) -> Table | None:
    """Return the table that a resource's or a property's name means, singular or plural.

    The table of just this name comes before one whose last word it is: "accounts" means
    `user_account` only where that is the single one.
    """
    words = tokens_of(name)
    if not words:
        return None
    named = [(tokens_of(t.name.rpartition(".")[2]), t) for t in schema.tables]
    same = [table for tokens, table in named if tokens == words]
    if same:
        return same[0]
    ending = [table for tokens, table in named if tokens[-len(words) :] == words]
    return ending[0] if len(ending) == 1 else None


def _column(table: Table | None, key: str) -> Column | None:
    """Return the column a property is: of its name, or `id` where it is called `<table>_id`."""
    if table is None:
        return None
    words = tokens_of(key)
    own = (*tokens_of(table.name.rpartition(".")[2]), "id")
    for column in table.columns:
        if tokens_of(column.name) == words or (words == own and column.name.casefold() == "id"):
            return column
    return None
