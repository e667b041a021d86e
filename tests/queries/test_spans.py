"""Counting from a trace: spans as OpenTelemetry writes them, old names and new."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Status, StatusCode

from archkit.queries import from_spans

MS = 1_000_000
READ = "SELECT * FROM post WHERE user_id = ?"


def _span(text="SELECT 1", at_ms=0, took_ms=2, **attributes):
    told = {"db.system.name": "postgresql", "db.query.text": text, **attributes}
    return {
        "name": "query",
        "start_time": at_ms * MS,
        "end_time": (at_ms + took_ms) * MS,
        "attributes": told,
    }


def test_spans_of_a_database_are_counted_and_others_are_not():
    spans = [
        {"name": "GET /posts", "start_time": 0, "end_time": 90 * MS, "attributes": {}},
        _span(READ, 10, 5, **{"db.response.returned_rows": 3}),
        _span(READ, 20, 7, **{"db.response.returned_rows": 4}),
        {"name": "connect", "attributes": {"db.system": "postgresql"}},
    ]
    counted = from_spans(spans, label="posts", n=2)
    assert (counted.label, counted.n, counted.count, counted.rows) == ("posts", 2, 2, 7)
    assert (counted.wall_ms, counted.execute_ms, counted.failed) == (90, 12, 0)
    assert counted.by_shape["shape"].tolist() == [READ]
    assert "Counted from spans" in counted.summary


def test_old_and_new_names_mean_the_same():
    old = {"attributes": {"db.system": "mysql", "db.statement": "SELECT 'a\\'b', \"c\""}}
    new = {"attributes": {"db.system.name": "mysql", "db.query.text": "SELECT 'x', \"y\""}}
    counted = from_spans([old, new])
    assert counted.by_shape[["shape", "count"]].values.tolist() == [["SELECT ?, ?", 2]]
    assert (counted.wall_ms, counted.execute_ms, counted.rows) == (0, None, None)


def test_spans_of_the_sdk_are_counted_as_objects_and_as_their_json():
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("test")
    with tracer.start_as_current_span("request"):
        for n in range(5):
            with tracer.start_as_current_span("SELECT") as span:
                span.set_attribute("db.query.text", f"SELECT * FROM post WHERE user_id = {n}")
                if n == 4:
                    span.set_status(Status(StatusCode.ERROR, "gone"))
    provider.shutdown()
    spans = exporter.get_finished_spans()
    for form in (spans, [json.loads(span.to_json()) for span in spans], iter(spans)):
        counted = from_spans(form)
        assert (counted.count, counted.failed) == (5, 1)
        assert counted.n_plus_one["rule"].tolist() == ["one lookup per row"]
        assert counted.wall_ms >= counted.execute_ms > 0


def test_otlp_json_is_read():
    span = {
        "name": "SELECT",
        "startTimeUnixNano": "1000000000",
        "endTimeUnixNano": "1003000000",
        "status": {"code": 2},
        "attributes": [
            {"key": "db.query.text", "value": {"stringValue": READ}},
            {"key": "db.response.returned_rows", "value": {"intValue": "3"}},
        ],
    }
    counted = from_spans([span])
    assert (counted.count, counted.failed, counted.wall_ms, counted.rows) == (1, 1, 3, 3)


def test_lookups_with_values_unknown_are_found_and_those_with_one_value_are_not():
    assert len(from_spans(_span(READ) for _ in range(5)).n_plus_one) == 1
    told = {"db.query.parameter.0": "7"}
    assert from_spans(_span(READ, **told) for _ in range(5)).n_plus_one.empty
    differing = [_span(READ, **{"db.query.parameter.0": str(n)}) for n in range(5)]
    assert len(from_spans(differing).n_plus_one) == 1


def test_batches_of_a_dataloader_are_no_lookups():
    spans = [
        _span(f"SELECT * FROM post WHERE user_id IN ({', '.join('?' * n)})") for n in range(1, 9)
    ]
    counted = from_spans(spans)
    assert counted.count == 8
    assert len(counted.by_shape) == 1
    assert counted.n_plus_one.empty


def test_commands_that_are_no_sql_keep_no_argument():
    counted = from_spans(
        [
            {"attributes": {"db.system": "redis", "db.statement": "SET session hunter2"}},
            {"attributes": {"db.system": "redis", "db.statement": "SET session hunter3"}},
            {
                "attributes": {
                    "db.system.name": "mongodb",
                    "db.operation.name": "find",
                    "db.collection.name": "post",
                    "db.query.text": '{"find": "post", "filter": {"name": "hunter2"}}',
                }
            },
        ]
    )
    assert counted.by_shape[["shape", "count"]].values.tolist() == [["SET", 2], ["find post", 1]]


def test_without_the_systems_name_only_sql_is_read_as_sql():
    texts = ("SET session hunter2", '{"find": "post", "filter": {"name": "hunter2"}}', "select 1")
    counted = from_spans({"attributes": {"db.statement": text}} for text in texts)
    assert counted.by_shape["shape"].tolist() == ["SET", "a command", "select ?"]


def test_a_span_without_its_text_is_told_by_its_operation_or_summary():
    counted = from_spans(
        [
            {
                "attributes": {
                    "db.system": "mssql",
                    "db.operation": "SELECT",
                    "db.sql.table": "post",
                }
            },
            {"attributes": {"db.system.name": "mssql", "db.query.summary": "SELECT post"}},
        ]
    )
    assert counted.by_shape[["shape", "count"]].values.tolist() == [["SELECT post", 2]]


def test_the_place_is_relative_where_the_span_tells_one():
    here = str(Path.cwd() / "app" / "posts.py")
    names = {"code.file.path": here, "code.line.number": 12, "code.function.name": "posts"}
    older = {"code.filepath": "/srv/elsewhere/app/posts.py", "code.lineno": 3}
    counted = from_spans(
        [_span("SELECT a", **names), _span("SELECT b", **older), _span("SELECT c")]
    )
    assert counted.by_shape["where"].tolist() == ["app/posts.py:12 in posts", "posts.py:3", ""]


def test_times_are_read_as_numbers_texts_and_datetimes():
    early, late = datetime(2026, 5, 1, tzinfo=UTC), "2026-05-01T00:00:01.500000Z"
    counted = from_spans([{**_span(), "start_time": early, "end_time": late}])
    assert counted.wall_ms == counted.execute_ms == 1500


def test_no_spans_are_no_statements():
    counted = from_spans([])
    assert (counted.count, counted.wall_ms) == (0, 0)


@pytest.mark.parametrize("item", ["span", 3, None, object()])
def test_what_is_no_span_is_refused_by_its_number(item):
    with pytest.raises(ValueError, match="Item 1 of the spans is a"):
        from_spans([_span(), item])


@pytest.mark.parametrize(
    "broken", [{"start_time": "yesterday"}, {"attributes": [{"value": 3}]}, {"attributes": 3}]
)
def test_a_span_that_cannot_be_read_is_named(broken):
    with pytest.raises(ValueError, match="Item 0 of the spans cannot be read"):
        from_spans([broken])
