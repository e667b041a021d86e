"""The kinds of reports and their parameters: what is refused, before anything is read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from archkit.errors import ArchkitError, ReportError
from archkit.memory.memory import Memory
from archkit.report import write_report
from archkit.report.kinds import KINDS, kind_named, kinds, parameters_of
from archkit.report.parameters import pairs_read
from archkit.report.period_parameters import Period, two_periods

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_every_kind_says_what_it_shows_and_what_each_parameter_means():
    assert set(KINDS) >= {"memory", "periods", "session", "decision", "tradeoff"}
    for name, kind in KINDS.items():
        assert kind.told
        assert all(parameters_of(name).values())


def test_a_notebook_lists_them_whole():
    page = kinds()._repr_html_()
    assert all(f"<td>{name}</td>" in page for name in KINDS)
    assert "…" not in page
    assert repr(kinds()).startswith(f"{len(KINDS)} kinds of reports: memory, periods")


def test_an_unknown_kind_is_refused_with_the_nearest():
    with pytest.raises(ReportError) as error:
        kind_named("memori")
    assert error.value.what == "There is no kind of report called 'memori'."
    assert error.value.why.startswith("There is memory, ")
    assert error.value.mend.startswith("Did you mean memory?")


def test_an_unknown_parameter_is_refused_with_the_nearest_and_nothing_is_read_or_written(tmp_path):
    with Memory(tmp_path / "none" / "a.duckdb") as memory, pytest.raises(ReportError) as error:
        write_report(memory, tmp_path / "r.html", agnet="ann")
    assert error.value.what == "This kind of report has no parameter 'agnet'."
    assert "agent, project, area" in error.value.why
    assert error.value.mend.startswith("Did you mean agent?")
    assert not (tmp_path / "none").exists()
    assert not (tmp_path / "r.html").exists()


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        ("memory", {"since": "yesterday"}, "It is no date."),
        ("memory", {"since": "2026-13"}, "It is no date."),
        ("memory", {"since": "0001-01-01T00:00+14:00"}, "It lies outside the years"),
        ("periods", {"before": "2026-01", "after": "9999-12"}, "It lies outside the years"),
        ("memory", {"agent": " "}, "It is empty."),
        ("memory", {"agent": ["ann", "bo"]}, "It was given twice."),
        ("memory", {"provenance": "observd"}, "There is measured, observed"),
        ("memory", {"context": "tenancy"}, "A key and its value are wanted."),
        ("memory", {"ci_prob": "90"}, "It is no number between 0 and 1."),
        ("memory", {"since": "2026-06", "until": "2026-01"}, "It begins at 2026-06-01"),
        ("periods", {"months": "0"}, "It is no whole number"),
        ("periods", {"before": "2026-01..", "after": "2026-06"}, "A period has two ends."),
        (
            "periods",
            {"before": "2026-05..2026-01", "after": "2026-06"},
            "It ends before it begins.",
        ),
        ("periods", {"before": "2026-01..2026-03"}, "Only before= was given"),
        ("periods", {"before": "2026-06", "after": "2026-01"}, "before is 1 Jun 2026"),
        ("periods", {"before": "2026-01..2026-06", "after": "2026-06..2026-09"}, "count twice"),
        ("periods", {"before": "2026-01", "after": "2026-02", "months": 2}, "by itself"),
    ],
)
def test_a_value_that_cannot_be_is_refused_in_words(kind, given, said):
    with pytest.raises(ArchkitError) as error:
        kind_named(kind).values(given)
    assert said in error.value.why
    assert error.value.mend


def test_values_are_read_alike_from_python_and_from_text():
    memory = kind_named("memory")
    text = {"since": "2026-01", "provenance": "observed, measured", "context": ["a:b", "c:d"]}
    python = {
        "since": datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
        "provenance": ("observed", "measured"),
        "context": {"a": "b", "c": "d"},
    }
    assert memory.values(text) == memory.values(python)
    assert memory.values({"context": "tenancy:multi"}) == {"context": {"tenancy": "multi"}}


def test_pairs_of_a_shell_are_parameters_by_name():
    assert pairs_read(["agent=ann", "context=a:b", "context=c:d=e"]) == {
        "agent": "ann",
        "context": ["a:b", "c:d=e"],
    }
    with pytest.raises(ReportError) as error:
        pairs_read(["agent"])
    assert error.value.what == "'agent' is no parameter."


def test_the_ends_of_a_period_are_in_it_and_months_are_whole():
    read = kind_named("periods").values
    found = read({"before": "2024-01..2024-02", "after": "2024-03-05..2024-03-06"})
    assert found["before"] == Period(
        datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC)
    )
    assert found["after"].until == datetime(2024, 3, 7, tzinfo=UTC)
    assert found["before"].sentence == "1 Jan 2024 – 29 Feb 2024"
    assert found["before"].days == 60


def test_the_last_months_and_those_before_them_meet_without_a_gap():
    before, after = two_periods(datetime(2026, 8, 31, tzinfo=UTC), None, None, 6)
    assert after == (datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 8, 31, tzinfo=UTC))
    assert before == (datetime(2025, 8, 28, tzinfo=UTC), after.since)


def test_a_file_that_is_there_is_replaced_only_by_force_or_if_it_is_a_report_of_ours(tmp_path):
    with Memory(tmp_path / "a.duckdb", library=False) as memory:
        path = write_report(memory, now=NOW)
        assert path.resolve() == tmp_path / "reports" / "memory.html"
        assert write_report(memory, now=NOW) == path
        with pytest.raises(ReportError) as error:
            write_report(memory, path, now=NOW)
        assert "--force" in error.value.mend
        path.write_text("<p>mine</p>")
        with pytest.raises(ReportError):
            write_report(memory, now=NOW)
        assert path.read_text() == "<p>mine</p>"
        assert write_report(memory, now=NOW, force=True) == path
        assert "<p>mine</p>" not in path.read_text("utf-8")


def test_without_a_memory_only_a_session_can_be_reported(tmp_path):
    for kind in ("memory", "periods"):
        with pytest.raises(ReportError) as error:
            write_report(None, tmp_path / "r.html", kind=kind)
        assert error.value.what == "There is nothing to report."
    with pytest.raises(ReportError):
        write_report(None, kind="session")
