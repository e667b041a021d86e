"""JSON examples of requests and responses: which is which, and whether each parses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from archkit.proposal.contents import CodeBlock
from archkit.proposal.listing import cells_of
from archkit.proposal.statuses import statuses_in

__all__ = [
    "Example",
    "Label",
    "examples_in",
    "examples_in_row",
    "is_remark",
    "label_of",
    "parse_json",
]

LONGEST_JSON = 200_000
"""Characters; a longer example is not read, and that is its error."""

MOST_VALUES = 100
"""So many values of one block are read."""

_JSON = {"json", "jsonc", "json5", "jsonl", "ndjson"}
_HTTP = {"", "http", "rest", "text", "plaintext", "txt"}
_REQUEST = re.compile(r"(?i)\brequests?\b|\bpayload\b|\bbody\b|\bsend")
_RESPONSE = re.compile(r"(?i)\brespons\w+|\breturns?\b|\bsuccess\w*|\bresult\b|\brepl(?:y|ies)\b")
_ERROR = re.compile(r"(?i)\berrors?\b|\bfail\w*")
_REPLY_BODY = re.compile(r"(?i)\b(?:response|success|error|reply)\s+(?:body|payload)\b")
_IN_CODE = re.compile(r"`+(?P<code>[^`]{2,2000})`+")
_REQUEST_LINE = re.compile(r"^\s*(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)\s+\S+")


class Label(NamedTuple):
    """What an example is of: a `request`, a `response` or an `error`, and of which status."""

    role: str
    status: int | None


class Example(NamedTuple):
    """A JSON example; `error` says why it does not parse, on `error_line`, and is else empty.

    `role` is request, response or error; `status` is the response's, None where none is stated;
    `line` is where the value begins.
    """

    role: str
    status: int | None
    value: Any
    line: int
    error: str = ""
    error_line: int = 0


def label_of(line: str) -> Label | None:
    """Return what a line announces, None if it announces no example."""
    if _REQUEST_LINE.match(line):
        return Label("request", None)
    codes = [status.code for status in statuses_in(line, 0)]
    status = codes[-1] if codes else None
    if status is not None and status >= 400:
        return Label("error", status)
    is_reply = _RESPONSE.search(line) or _REPLY_BODY.search(line)
    if status is not None or (is_reply and not _ERROR.search(line)):
        return Label("response", status)
    if _ERROR.search(line):
        return Label("error", None)
    return Label("request", None) if _REQUEST.search(line) else None


def examples_in(block: CodeBlock, label: Label) -> Iterator[Example]:
    """Yield the JSON values of a block, with `label` unless a line in the block says otherwise.

    A block may hold several values, each below a comment, a request line or a status line. In a
    block that is not said to be JSON, what does not parse is not taken for an example.
    """
    if block.language not in _JSON | _HTTP:
        return
    strict = block.language in _JSON
    if len(block.text) > LONGEST_JSON:
        if strict:
            yield _failed(label, block, 1, "The example is too long to be read.")
        return
    lines = block.text.split("\n")
    at = values = 0
    while at < len(lines):
        line = lines[at].strip()
        if line.startswith(("{", "[")) or (strict and line and not _is_label(line)):
            value, error, error_line, used = parse_json("\n".join(lines[at:]))
            start = block.line + at + 1
            if error:
                if strict:
                    yield _failed(label, block, at + 1, error, at + error_line)
                return
            yield Example(label.role, label.status, value, start)
            at += used
            values += 1
            if values == MOST_VALUES:
                return
        else:
            label = label_of(line) or label
            at += 1


def examples_in_row(line: str, number: int, heads: Sequence[str]) -> Iterator[Example]:
    """Yield the JSON values that stand as code in the cells of a table's row.

    A value is of what the head of its column says, and of the status before it in its cell. What
    does not parse is shorthand and no example.
    """
    for head, cell in zip(heads, cells_of(line), strict=False):
        label = label_of(head)
        for match in _IN_CODE.finditer(cell) if label else ():
            value, error, _, _ = parse_json(match["code"])
            if label and not error and isinstance(value, dict | list):
                codes = [status.code for status in statuses_in(f"|{cell[: match.start()]}|", 0)]
                status = codes[-1] if codes else None
                role = "error" if status and status >= 400 else label.role
                yield Example(role, status, value, number)


def parse_json(text: str) -> tuple[Any, str, int, int]:
    """Read the JSON value that `text` begins with.

    Returns
    -------
    tuple
        The value; why it does not parse, else ""; the line, from 1, of what is wrong; and how many
        lines it takes. Nothing but a comment may follow it on its last line.
    """
    start = len(text) - len(text.lstrip())
    try:
        value, end = _decoder().raw_decode(text, start)
    except json.JSONDecodeError as error:
        return None, f"{error.msg}.", text.count("\n", 0, error.pos) + 1, 0
    except RecursionError:
        return None, "It is nested too deep to be read.", 1, 0
    except ValueError as error:
        return None, f"{error}.", 1, 0
    line = text.count("\n", 0, end) + 1
    rest = text[end:].split("\n", 1)[0].strip()
    if rest and not is_remark(rest):
        return None, f"Nothing may follow the value, but “{rest[:40]}” does.", line, 0
    return value, "", 0, line


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(parse_constant=_refuse)


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def _is_label(line: str) -> bool:
    return is_remark(line) or (not line.startswith('"') and label_of(line) is not None)


def is_remark(line: str) -> bool:
    """Say whether a line of a block is a comment, a request line or a status line, and no JSON."""
    return line.startswith(("//", "#", "/*", "HTTP/", "--")) or bool(_REQUEST_LINE.match(line))


def _failed(label: Label, block: CodeBlock, line: int, why: str, error_line: int = 0) -> Example:
    at = block.line + line
    return Example(label.role, label.status, None, at, why, block.line + (error_line or line))
