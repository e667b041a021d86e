"""A: each endpoint with its statuses and JSON, which parses, and path parameters that agree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archkit.proposal.contract import Contract
from archkit.proposal.examples import Label, examples_in
from archkit.proposal.rule import Fault, Reading, clipped, rule, says_none

__all__ = ["RULES"]

_NONE = re.compile(
    r"(?i)\bno (?:new |further |additional |public |http )?(?:api |http )?(?:endpoints?|apis?)\b"
    r".{0,60}\b(?:is|are|needed|defined|added|exposed|changed?)\b"
)
_OTHER = {
    "graphql": "GraphQL", "gql": "GraphQL", "proto": "Protocol Buffers",
    "protobuf": "Protocol Buffers", "yaml": "YAML", "yml": "YAML", "openapi": "OpenAPI",
    "jsonc": "JSON with comments", "json5": "JSON5", "asyncapi": "AsyncAPI", "wsdl": "WSDL",
    "typescript": "TypeScript", "ts": "TypeScript", "xml": "XML",
}  # fmt: skip
_STANDS_FOR_PATHS = {"graphql", "gql", "proto", "protobuf", "yaml", "yml", "openapi"}
_NO_REQUEST = re.compile(
    r"(?i)\b(?:no|without an?|empty|needs no|takes no|has no)\s+(?:json\s+|request\s+)*"
    r"(?:body|payload)\b"
    r"|\b(?:request\s+)?(?:body|payload)\b[*_`: ]{1,6}(?:none|empty|n/a|[—–-]\s*$|not needed)"
    r"|\brequest\b[*_`: ]{1,6}(?:none|empty|n/a|no body)|multipart|form-?data"
    r"|octet-stream|urlencoded|\bsame (?:request|body|payload|fields|shape)\b"
    r"|text/(?:csv|plain)|\bbinary\b"
)
_NO_RESPONSE = re.compile(
    r"(?i)\b(?:no|without an?|empty)\s+(?:response\s+|content\s+)?(?:body|content|payload)\b"
    r"|\bbody\b[*_`: ]{1,6}(?:none|empty)|event-stream|\bsse\b|web\s?socket|octet-stream"
    r"|\bsame (?:response|body|shape|fields)\b|text/(?:csv|plain|html)|application/pdf|\bbinary\b"
    r"|\bdownload|\bredirects?\b|\bstream(?:s|ed|ing)?\b"
)
_BODY_METHODS = {"POST", "PUT", "PATCH"}
_BODYLESS = {101, 204, 205, 301, 302, 303, 304, 307, 308}
_MOST_LINES, _MOST_LINE = 400, 1_000
_OWN_LINE = re.compile(
    r"\s*(?:\||[>\s]*(?:[-*+]\s|\d+[.)]\s|#+\s)?(?:<[a-z]+>\s?){0,4}[\s*_`]*[A-Z]{3,7}\b)"
)
_HOLE = re.compile(r"\{([^{}/]*)\}")


@rule(
    "A01",
    "error",
    8,
    "Section 4 names the endpoints, each as METHOD and path.",
    "Name each endpoint as `GET /orders/{orderId}`, in a heading or at the start of a line.",
    sections=(4,),
    needs=("A11",),
)
def endpoints(reading: Reading) -> Iterator[Fault]:
    """Find the endpoints, or a contract in another language, or a plain "no endpoint is added"."""
    section = reading.section(4)
    if section is None or _contracts(reading) or says_none(section, _NONE):
        return
    if not _languages(reading) & _STANDS_FOR_PATHS:
        yield reading.fault(section.line, "Section 4 names no endpoint.", section=4)


@rule(
    "A02",
    "error",
    6,
    "Each endpoint states the status of its success.",
    "Write the status beside the response, as in `**Success:** 201 Created`.",
    sections=(4,),
    needs=("A01",),
)
def success(reading: Reading) -> Iterator[Fault]:
    """Look for a status below 400 near the endpoint."""
    for contract in _contracts(reading):
        if not contract.successes:
            yield _fault(reading, contract, "states no success status")


@rule(
    "A03",
    "error",
    6,
    "Each endpoint states its key errors.",
    "Write the statuses it fails with, as in `**Error:** 404 Not Found`, or once for all of them "
    "under a heading of their own.",
    sections=(4,),
    needs=("A01",),
)
def errors(reading: Reading) -> Iterator[Fault]:
    """Look for a status from 400 on near the endpoint, or stated for the whole section."""
    for contract in _contracts(reading):
        if not contract.errors and not contract.shared:
            yield _fault(reading, contract, "states no error status")


@rule(
    "A04",
    "error",
    6,
    "Each endpoint that takes a body shows a request in JSON.",
    "Add a ```json block with a sample request, or say that it takes no body.",
    sections=(4,),
    needs=("A01",),
)
def requests(reading: Reading) -> Iterator[Fault]:
    """Look for a request near each POST, PUT and PATCH, or words that it has none."""
    for contract in _contracts(reading):
        if contract.method not in _BODY_METHODS or _NO_REQUEST.search(_words(reading, contract)):
            continue
        if not any(example.role == "request" for example in contract.examples):
            yield _fault(reading, contract, "shows no request body")


@rule(
    "A05",
    "error",
    6,
    "Each endpoint that answers with a body shows a response in JSON.",
    "Add a ```json block with a sample response, or say that it answers without a body.",
    sections=(4,),
    needs=("A01",),
)
def responses(reading: Reading) -> Iterator[Fault]:
    """Look for a response near the endpoint, unless its status or its words say it has none."""
    for contract in _contracts(reading):
        codes = {status.code for status in contract.successes}
        if contract.method in ("HEAD", "OPTIONS") or (codes and codes <= _BODYLESS):
            continue
        if contract.method == "DELETE" and not codes:
            continue  # the missing status is told; most often it is one without a body
        if any(example.role == "response" for example in contract.examples):
            continue
        if not _NO_RESPONSE.search(_words(reading, contract)):
            yield _fault(reading, contract, "shows no response body")


@rule(
    "A06",
    "error",
    5,
    "The JSON of section 4 parses.",
    "Mend it so that a JSON parser takes it: no comma before a bracket, names in double quotes.",
    sections=(4,),
    needs=("A01",),
)
def parses(reading: Reading) -> Iterator[Fault]:
    """Parse each block that says it is JSON."""
    for line, why in json_errors(reading, {4}):
        yield reading.fault(line, f"This JSON does not parse: {why}", section=4)


@rule(
    "A07",
    "error",
    4,
    "Path parameters are declared as the path uses them.",
    "Let the names in the path and in the list of path parameters be the same, each once.",
    sections=(4,),
    needs=("A01",),
)
def parameters(reading: Reading) -> Iterator[Fault]:
    """Compare the parameters in each path with those declared for it."""
    for contract in _contracts(reading):
        for parameter in contract.unused:
            said = f"declares the path parameter `{parameter.name}`, which its path does not have"
            yield _fault(reading, contract, said, line=parameter.line, at=parameter.name)
        for name in contract.undeclared:
            said = f"does not declare its path parameter `{name}` among the others"
            yield _fault(reading, contract, said)
        path = contract.path.partition("?")[0]
        holes = _HOLE.findall(path)
        if path.count("{") != path.count("}"):
            yield _fault(reading, contract, "has a brace in its path that is not paired")
        elif len(set(holes)) < len(holes):
            twice = next(name for name in holes if holes.count(name) > 1)
            yield _fault(reading, contract, f"has the path parameter `{twice}` twice")


@rule(
    "A08",
    "warning",
    2,
    "A path parameter has one name in all paths.",
    "Give the parameter the same name in each path that goes through it.",
    sections=(4,),
    needs=("A01",),
)
def names(reading: Reading) -> Iterator[Fault]:
    """Compare the names of the parameter behind the same beginning of a path."""
    first: dict[str, tuple[str, Contract]] = {}
    for contract in _contracts(reading):
        for hole in _HOLE.finditer(contract.template):
            before = _HOLE.sub("{}", contract.template[: hole.start()])
            name, where = first.setdefault(before, (hole[1], contract))
            if name != hole[1]:
                said = f"calls `{{{hole[1]}}}` what `{where.path}` calls `{{{name}}}`"
                yield _fault(reading, contract, said)


@rule(
    "A09",
    "info",
    0,
    "Contracts are in a form that is checked.",
    "Nothing has to be done; what is in this form was taken as it is.",
    sections=(4,),
)
def other_forms(reading: Reading) -> Iterator[Fault]:
    """Say which blocks of section 4 are in a language that is not checked."""
    for block in reading.proposal.code_blocks:
        if block.section == 4 and block.language in _OTHER:
            said = f"This block is {_OTHER[block.language]}: it was not checked."
            yield reading.fault(block.line, said, section=4)


@rule(
    "A10",
    "warning",
    2,
    "The body of an error is shown in JSON.",
    "Add a ```json block with the body of an error, for one endpoint at least.",
    sections=(4,),
    needs=("A01", "A03"),
)
def error_bodies(reading: Reading) -> Iterator[Fault]:
    """Look for one error with a body in all of section 4."""
    section, contracts = reading.section(4), _contracts(reading)
    if section is None or not contracts:
        return
    if any(example.role == "error" for c in contracts for example in c.examples):
        return
    if not re.search(r"(?i)[\"']?\berrors?\b[\"']?\s*:", section.text):
        yield reading.fault(section.line, "No error is shown with its JSON body.", section=4)


@rule(
    "A11",
    "info",
    0,
    "Section 4 has endpoints to check.",
    "Nothing has to be done, if that is so.",
    sections=(4,),
)
def none(reading: Reading) -> Iterator[Fault]:
    """Say that the section states plainly that no endpoint is added."""
    section = reading.section(4)
    if section and not _contracts(reading) and says_none(section, _NONE):
        said = "Section 4 says that it adds no endpoint: there was nothing to check."
        yield reading.fault(section.line, said, section=4)


RULES = (
    endpoints,
    success,
    errors,
    requests,
    responses,
    parses,
    parameters,
    names,
    other_forms,
    error_bodies,
    none,
)
"""The rules of this group."""


def json_errors(reading: Reading, sections: set[int | None]) -> Iterator[tuple[int, str]]:
    """Yield the line and the reason of each JSON block of some sections that does not parse."""
    for block in reading.proposal.code_blocks:
        if block.section in sections and block.language == "json" and block.closed:
            for example in examples_in(block, Label("request", None)):
                if example.error:
                    yield example.error_line or example.line, example.error


def _contracts(reading: Reading) -> list[Contract]:
    """Return the contracts of section 4, without endpoints that a sentence only mentions."""
    found = [c for c in reading.proposal.contracts if c.section == 4]
    own = [c for c in found if not _is_mention(reading, c)]
    return own or ([] if _languages(reading) & _STANDS_FOR_PATHS else found)


def _languages(reading: Reading) -> set[str]:
    return {block.language for block in reading.proposal.code_blocks if block.section == 4}


def _is_mention(reading: Reading, contract: Contract) -> bool:
    line = reading.lines[contract.line - 1][:200]
    return contract.end == contract.line and not _OWN_LINE.match(line)


def _words(reading: Reading, contract: Contract) -> str:
    lines = reading.lines[contract.line - 1 : min(contract.end, contract.line + _MOST_LINES)]
    return "\n".join(line[:_MOST_LINE] for line in lines)


def _fault(
    reading: Reading, contract: Contract, said: str, *, line: int = 0, at: str = ""
) -> Fault:
    name = f"{contract.method} {clipped(contract.path, 80)}"
    evidence = at or contract.path
    return reading.fault(line or contract.line, f"`{name}` {said}.", section=4, at=evidence)
