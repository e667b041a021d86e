"""Counting from a trace: spans as OpenTelemetry writes them, of any language and driver."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from archkit.queries.count import QueryCount
from archkit.queries.shape import shape_of
from archkit.queries.tally import Kind
from archkit.queries.user_frame import shown_file

__all__ = ["from_spans"]

_SYSTEM = ("db.system.name", "db.system")
_TEXT = ("db.query.text", "db.statement")
_SUMMARY = ("db.query.summary",)
_OPERATION = ("db.operation.name", "db.operation")
_TABLE = ("db.collection.name", "db.sql.table", "db.mongodb.collection", "db.cassandra.table")
_ROWS = ("db.response.returned_rows",)
_FILE, _LINE = ("code.file.path", "code.filepath"), ("code.line.number", "code.lineno")
_FUNCTION = ("code.function.name", "code.function")
# Their commands are no SQL: what follows the first word is data.
_NO_SQL = {
    *("redis", "memcached", "mongodb", "elasticsearch", "opensearch", "dynamodb", "couchdb"),
    *("aws.dynamodb", "azure.cosmosdb", "cosmosdb", "neo4j", "hbase", "geode", "valkey"),
}
# Without the system's name, what begins otherwise is taken for a command with data, too.
_LIKE_SQL = re.compile(
    r"[\s(]*(?:/\*|--|(?:SELECT|WITH|INSERT|UPDATE|DELETE|MERGE|REPLACE|VALUES|FROM|CALL|EXEC|EXECUTE|"
    r"CREATE|ALTER|DROP|TRUNCATE|BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|DECLARE|FETCH|COPY|"
    r"EXPLAIN|PRAGMA|SHOW|LOCK|ANALYZE|VACUUM)\b)",
    re.IGNORECASE,
)
_COMMAND = re.compile(r"[A-Za-z]\w*")


class _Span(NamedTuple):
    """What is read of a span: times in nanoseconds."""

    attributes: Mapping[str, Any]
    began: int | None
    ended: int | None
    failed: bool

    @property
    def took_ms(self) -> float | None:
        if self.began is None or self.ended is None:
            return None
        return (self.ended - self.began) / 1e6


def from_spans(spans: Iterable[Any], *, label: str = "", n: int | None = None) -> QueryCount:
    """Count the database calls of a trace.

    Parameters
    ----------
    spans
        Spans in any order, those that are not of a database among them: dictionaries (as
        `ReadableSpan.to_json` or OTLP JSON write them), or `opentelemetry.sdk` spans. Old and new
        names of the attributes are read (`db.statement`, `db.query.text` …).
    label, n
        As in `count_queries`.

    Returns
    -------
    QueryCount
        `wall_ms` is from the first beginning to the last end of all spans; `execute_ms` is the
        time of the database spans, which may hold the fetching, too.

    Raises
    ------
    ValueError
        One of them is no span.
    """
    count = QueryCount(label, n)
    edges: list[int] = []
    for number, span in enumerate(spans):
        read = _read(span, number)
        edges += [edge for edge in (read.began, read.ended) if edge is not None]
        if (kind := _kind(read)) is not None:
            _count(count, kind, read)
    count.note("Counted from spans: what was not traced, or not sampled, is missing.")
    count.close((max(edges) - min(edges)) / 1e6 if edges else 0.0)
    return count


def _count(count: QueryCount, kind: Kind, span: _Span) -> None:
    count.tallies.sent(kind, _values(span), tells_end=True)
    if not span.failed:
        count.tallies.ended(kind, span.took_ms)
    rows = _first(span.attributes, _ROWS)
    if rows is not None:
        count.tallies.fetched(kind, int(rows))


def _values(span: _Span) -> object:
    """Give what differs between two calls of one shape, where the span tells it."""
    told = [value for key, value in span.attributes.items() if key.startswith("db.query.parameter")]
    text = str(_first(span.attributes, _TEXT) or "")
    bare = any(mark in text for mark in ("?", "%s", "%(", "$", ":"))
    return (text, told) if told or not bare else None


def _kind(span: _Span) -> Kind | None:
    """Give the kind of a database call; None of anything else, of connecting, too."""
    told = span.attributes
    system = str(_first(told, _SYSTEM) or "").lower()
    text = str(_first(told, _TEXT) or "")
    operation, table = _first(told, _OPERATION), _first(told, _TABLE)
    summary = _first(told, _SUMMARY)
    if text and system not in _NO_SQL and (system or _LIKE_SQL.match(text)):
        return Kind(shape_of(text, system), _where(told))
    command = operation or (_COMMAND.match(text) or [""])[0]
    if command:
        return Kind(" ".join(str(part) for part in (command, table) if part), _where(told))
    if summary or text:
        return Kind(shape_of(str(summary or f"{system or 'a'} command"), system), _where(told))
    return None


def _where(told: Mapping[str, Any]) -> str:
    path = _first(told, _FILE)
    name = shown_file(str(path)) if path else ""
    if not name:
        return ""
    line, function = _first(told, _LINE), _first(told, _FUNCTION)
    return f"{name}{f':{line}' if line else ''}{f' in {function}' if function else ''}"


def _first(told: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((told[name] for name in names if told.get(name) is not None), None)


def _read(span: Any, number: int) -> _Span:
    try:
        return _of_mapping(span) if isinstance(span, Mapping) else _of_object(span)
    except AttributeError:
        raise ValueError(
            f"Item {number} of the spans is a {type(span).__name__}: neither a dictionary nor an "
            "OpenTelemetry span."
        ) from None
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"Item {number} of the spans cannot be read: {error!r}.") from error


def _of_object(span: Any) -> _Span:
    code, began, ended = span.status.status_code.name, span.start_time, span.end_time
    return _made(span.attributes or {}, began, ended, code)


def _of_mapping(span: Mapping[str, Any]) -> _Span:
    status = span.get("status") or {}
    code = status.get("status_code", status.get("code")) if isinstance(status, Mapping) else status
    began = span.get("start_time", span.get("startTimeUnixNano"))
    ended = span.get("end_time", span.get("endTimeUnixNano"))
    told = span.get("attributes") or {}
    if not isinstance(told, Mapping):
        told = {pair["key"]: _value(pair.get("value")) for pair in told}
    return _made(told, began, ended, code)


def _made(told: Mapping[str, Any], began: Any, ended: Any, code: Any) -> _Span:
    failed = "error.type" in told or str(code).upper().endswith("ERROR") or code == 2
    return _Span(told, _nanoseconds(began), _nanoseconds(ended), failed)


def _value(told: Any) -> Any:
    """Read a value as OTLP JSON writes it: under the name of its type."""
    return next(iter(told.values()), None) if isinstance(told, Mapping) else told


def _nanoseconds(told: Any) -> int | None:
    if told is None:
        return None
    if isinstance(told, datetime):
        return int(told.timestamp() * 1e9)
    if isinstance(told, str) and not told.isdigit():
        return int(datetime.fromisoformat(told).timestamp() * 1e9)
    return int(told)
