from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from archkit.memory.told import Told, megabytes


@dataclass(frozen=True, repr=False)
class Small(Told):
    name: str
    at: datetime | None = None
    items: tuple[object, ...] = ()
    kinds: dict[str, int] = field(default_factory=dict)


def test_a_report_is_plain_json_with_reports_within():
    told = Small("a", datetime(2026, 1, 1, tzinfo=UTC), (Small("b"), Path("x/y")), {"lesson": 2})
    assert told.as_json() == {
        "name": "a",
        "at": "2026-01-01T00:00:00+00:00",
        "items": [{"name": "b", "at": None, "items": [], "kinds": {}}, "x/y"],
        "kinds": {"lesson": 2},
    }


def test_it_is_one_line_without_what_is_empty_and_long_lists_by_their_length():
    assert repr(Small("a")) == "Small(name='a')"
    assert repr(Small("a", items=(1, 2, 3, 4))) == "Small(name='a', items=<4>)"
    assert len(repr(Small("a" * 500))) < 150


def test_it_is_a_table_in_a_notebook_with_nothing_unescaped():
    html = Small("<b>", items=tuple(range(30)), kinds={"lesson": 2})._repr_html_()
    assert "&lt;b&gt;" in html
    assert "and 10 more" in html
    assert "lesson: 2" in html


def test_a_path_is_shown_as_a_reader_may_see_it():
    told = Small("a", items=(Path.home() / "notes" / "x",)).as_json()
    assert not told["items"][0].startswith("/")


def test_sizes_are_mebibytes_or_bytes_if_they_are_small():
    assert megabytes(3 * 1_048_576) == "3.0 MB"
    assert [megabytes(size) for size in (52_429, 52_428)] == ["0.1 MB", "52,428 bytes"]
