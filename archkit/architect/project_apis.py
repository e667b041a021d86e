"""What a project offers to others, where a description says it: OpenAPI, Protobuf, GraphQL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from archkit.architect.project_yaml import LONGEST_YAML, read_yaml

__all__ = ["API_BYTES", "Api", "is_api", "read_api"]

API_BYTES = 2 * 1024 * 1024
"""A longer description is read only so far."""

_NAMED = re.compile(
    r"(^|/)[^/]*(openapi|swagger)[^/]*\.(ya?ml|json)$|\.(proto|graphqls?|gql)$"
    r"|(^|/)(api|spec)[^/]*/(api|spec)\.(ya?ml|json)$",
    re.IGNORECASE,
)
_ENDINGS = (".yaml", ".yml", ".json", ".proto", ".graphql", ".graphqls", ".gql")
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")
_MOST = 400
_PATH_LINE = re.compile(r"^(?P<space> {1,8})[\"']?(?P<path>/[^\s\"']*)[\"']?:?$")
_METHOD_LINE = re.compile(rf"^(?P<space> {{2,16}})[\"']?(?P<method>{'|'.join(_METHODS)})[\"']?:")
_PROTO_NOISE = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:[^\"\\\n]|\\.)*\"?", re.DOTALL)
_PROTO = re.compile(
    r"\bservice\s+(?P<service>\w+)\s*\{|\brpc\s+(?P<rpc>\w+)\s*\(\s*(?P<takes_many>stream\s+)?"
    r"(?P<takes>[\w.]+)\s*\)\s*returns\s*\(\s*(?P<gives_many>stream\s+)?(?P<gives>[\w.]+)\s*\)"
)
_GRAPHQL_NOISE = re.compile(r'""".*?(?:"""|\Z)|"(?:[^"\\\n]|\\.)*"?|#[^\n]*', re.DOTALL)
_GRAPHQL_TYPE = re.compile(
    r"^[ \t]*(?P<more>extend\s+)?(?P<kind>type|interface|input|enum|union|scalar)\s+(?P<name>\w+)"
    r"(?P<head>[^{\n]{0,300})(?P<open>\{)?",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Api:
    """One description: `kind` is OpenAPI, gRPC or GraphQL.

    `offers` are its operations: ``GET /posts``, ``Posts.List(Query) → stream Post``,
    ``query posts``; `types` the names of GraphQL's types. `trouble` says what could not be read.
    """

    path: str
    kind: str
    title: str = ""
    version: str = ""
    offers: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    trouble: str = ""


def is_api(path: str) -> bool:
    """Whether a file describes an API, by its name."""
    return path.lower().endswith(_ENDINGS) and bool(_NAMED.search(path))


def read_api(path: str, text: str) -> Api | None:
    """Read a description; at most 400 operations, and a `trouble` when there are more.

    None is a file that describes nothing others can call: settings of a generator, a Protobuf file
    of messages alone, GraphQL that only asks.
    """
    suffix = PurePosixPath(path).suffix.lower()
    if suffix == ".proto":
        api = _proto(path, text)
    elif suffix in (".graphql", ".graphqls", ".gql"):
        api = _graphql(path, text)
    else:
        api = _openapi(path, text, is_json=suffix == ".json")
    if api is None or len(api.offers) <= _MOST:
        return api
    more = f"{len(api.offers) - _MOST} more operations are not listed"
    return Api(api.path, api.kind, api.title, api.version, api.offers[:_MOST], api.types, more)


def _openapi(path: str, text: str, *, is_json: bool) -> Api | None:
    if not is_json and len(text) > LONGEST_YAML:
        return Api(path, "OpenAPI", offers=tuple(_by_line(text)), trouble="read line by line")
    try:
        said = json.loads(text) if is_json else read_yaml(text)
    except (ValueError, RecursionError) as error:
        where = " ".join(str(error).split())[:120]
        offers = () if is_json else tuple(_by_line(text))
        return Api(path, "OpenAPI", offers=offers, trouble=f"not well-formed: {where}")
    if not isinstance(said, Mapping) or not ({"openapi", "swagger"} & set(said)):
        return None
    info = said.get("info")
    info = info if isinstance(info, Mapping) else {}
    return Api(
        path,
        "OpenAPI",
        title=_line(info.get("title")),
        version=_line(info.get("version")),
        offers=tuple(_operations(said.get("paths"))),
    )


def _operations(paths: Any) -> Iterator[str]:
    for path, item in paths.items() if isinstance(paths, Mapping) else ():
        for method in _METHODS:
            if isinstance(item, Mapping) and method in item:
                yield f"{method.upper()} {path}"[:200]


def _by_line(text: str) -> Iterator[str]:
    """Read paths and methods by their indentation, for YAML that is too long to be parsed."""
    path, space = "", 0
    for line in text.splitlines():
        bare = line.rstrip()
        if bare.endswith(":") and (found := _PATH_LINE.match(bare)):
            path, space = found["path"].rstrip(":"), len(found["space"])
        elif path and (found := _METHOD_LINE.match(line)) and len(found["space"]) <= 2 * space:
            yield f"{found['method'].upper()} {path}"[:200]
        elif path and line[:1].strip() and not line.startswith("#"):
            path = ""


def _proto(path: str, text: str) -> Api | None:
    bare = _PROTO_NOISE.sub(" ", text)
    package = re.search(r"^[ \t]*package[ \t]+([\w.]+)[ \t]*;", bare, re.MULTILINE)
    service, offers = "", []
    for found in _PROTO.finditer(bare):
        if found["service"]:
            service = found["service"]
            continue
        takes = f"{'stream ' if found['takes_many'] else ''}{found['takes']}"
        gives = f"{'stream ' if found['gives_many'] else ''}{found['gives']}"
        offers.append(f"{service}.{found['rpc']}({takes}) → {gives}"[:200])
    title = package[1] if package else ""
    return Api(path, "gRPC", title=title, offers=tuple(offers)) if offers else None


def _graphql(path: str, text: str) -> Api | None:
    bare = _GRAPHQL_NOISE.sub(" ", text)
    roots = {"Query": "query", "Mutation": "mutation", "Subscription": "subscription"}
    schema = re.search(r"\bschema\b[^{]{0,200}\{([^}]{0,500})\}", bare)
    said = re.findall(r"(query|mutation|subscription)\s*:\s*(\w+)", schema[1] if schema else "")
    roots |= {name: root for root, name in said}
    offers: list[str] = []
    types: list[str] = []
    for found in _GRAPHQL_TYPE.finditer(bare):
        if found["name"] not in roots:
            types += [] if found["more"] else [found["name"]]
        elif found["open"]:
            fields = _fields(bare, found.end())
            offers += [f"{roots[found['name']]} {name}"[:200] for name in fields]
    if not offers and not types:
        return None
    return Api(path, "GraphQL", offers=tuple(offers), types=tuple(dict.fromkeys(types)))


def _fields(text: str, at: int) -> Iterator[str]:
    """Give the names of the fields of a type whose brace is open, arguments passed over."""
    depth, name = 0, ""
    for found in re.compile(r"[(){}:\[\]]|\w+|@\w+").finditer(text, at):
        token = found[0]
        if token in "({[":
            depth += 1
        elif token == "}" and depth == 0:
            return
        elif token in ")}]":
            depth -= 1
        elif token == ":" and depth == 0 and name:
            yield name
            name = ""
        elif depth == 0:
            name = token


def _line(value: Any) -> str:
    return " ".join(str(value).split())[:120] if value is not None else ""
