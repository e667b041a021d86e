"""`archkit report`: one HTML file, of the memory and the session that were named."""

import pytest
from archkit_shell import invoke, shown, told


def test_a_report_is_written_beside_the_memory_or_where_it_is_named(worked, tmp_path, said):
    made = told("report", "--memory", worked)
    assert (worked.parent / "reports" / "memory.html").is_file()
    assert made["report"].endswith("reports/memory.html")
    target = tmp_path / "r.html"
    short = said["session"]["session_id"][:10]
    text = shown("report", target, "--session", short, "--title", "Ours", "--memory", worked)
    assert text.endswith("r.html")
    page = target.read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert said["session"]["session_id"] in page
    assert "<h1>Ours</h1>" in page
    assert "sets aml_enabled: true" in page


def test_the_kinds_are_listed_with_what_each_takes():
    kinds = told("report", "--kinds")
    assert set(kinds) >= {"memory", "periods", "session"}
    assert kinds["periods"]["parameters"]["months"].startswith("instead: the last so many months")
    text = shown("report", "--kinds")
    assert "periods: two periods compared" in text
    assert "agent whose work: an agent's name" in text


def test_a_part_and_two_periods_are_reported_by_parameters(worked, tmp_path):
    target = tmp_path / "part.html"
    filters = ("-p", "agent=nobody", "-p", "context=tenancy:multi", "-p", "context=size:small")
    shown("report", target, *filters, "--memory", worked)
    page = target.read_text("utf-8")
    assert "Shown: nobody · tenancy = multi · size = small" in page
    made = told("report", "--kind", "periods", "-p", "months=2", "--memory", worked)
    assert made["kind"] == "periods"
    assert (worked.parent / "reports" / "periods.html").stat().st_size == made["bytes"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--kind", "period"), "Did you mean periods?"),
        (("-p", "agnet=ann"), "Did you mean agent?"),
        (("-p", "agent"), "'agent' is no parameter."),
        (("-p", "since=soon"), "since cannot be 'soon'"),
        (("-p", "since=2026-06", "-p", "until=2026-01"), "The span ends"),
        (("--kind", "periods", "-p", "before=2026-06", "-p", "after=2026-01"), "begins earlier"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_exit_code_2_and_no_memory_is_opened(
    given, said, tmp_path
):
    target, memory = tmp_path / "r.html", tmp_path / "none" / "archkit.duckdb"
    result = invoke("report", target, *given, "--memory", memory)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not target.exists()
    assert not memory.parent.exists()


def test_a_file_that_is_there_is_kept_unless_forced(tmp_path):
    target = tmp_path / "r.html"
    target.write_text("mine")
    result = invoke("report", target)
    assert result.exit_code == 1
    assert "--force" in result.stderr
    assert target.read_text() == "mine"
    shown("report", target, "--force")
    assert target.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_report_of_an_unknown_session_is_refused(worked, tmp_path):
    result = invoke("report", tmp_path / "r.html", "--session", "nobody-here", "--memory", worked)
    assert result.exit_code == 1
    assert not (tmp_path / "r.html").exists()


def test_a_report_of_an_empty_memory_is_written(tmp_path):
    target = tmp_path / "empty.html"
    shown("report", target)
    assert target.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_a_report_is_handed_out_with_its_data_and_listed_in_its_folder(worked, tmp_path):
    folder = tmp_path / "handed out"
    made = told(
        "report",
        folder / "month.html",
        "--slim",
        "--parquet",
        "--title",
        "Ours",
        "--memory",
        worked,
    )
    assert made["bytes"] < 1_000_000
    assert made["data"].endswith("month-data")
    assert (folder / "month-data" / "decisions.parquet").is_file()
    (folder / "mine.html").write_text("<title>mine</title>")
    listed = told("report", "--index", folder)
    assert [(one["file"], one["title"]) for one in listed["reports"]] == [("month.html", "Ours")]
    assert listed["skipped"] == ["mine.html"]
    text = shown("report", "--index", folder)
    assert "1 report" in text and "mine.html" in text


def test_wrong_targets_and_formats_are_refused_before_the_memory_is_read(tmp_path):
    none = ("--memory", tmp_path / "none.duckdb")
    for given, words in {
        (tmp_path / "r.html", "--csv", "--parquet"): "Both --csv and --parquet",
        ("--index", tmp_path / "nowhere"): "There is no folder",
    }.items():
        result = invoke("report", *given, *none)
        assert result.exit_code != 0
        assert words in " ".join(result.stderr.split())
    assert list(tmp_path.iterdir()) == []
