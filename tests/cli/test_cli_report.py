"""`archkit report`: one HTML file, of the memory and the session that were named."""

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


def test_a_report_of_an_unknown_session_is_refused(worked, tmp_path):
    result = invoke("report", tmp_path / "r.html", "--session", "nobody-here", "--memory", worked)
    assert result.exit_code == 1
    assert not (tmp_path / "r.html").exists()


def test_a_report_of_an_empty_memory_is_written(tmp_path):
    target = tmp_path / "empty.html"
    shown("report", target)
    assert target.read_text("utf-8").startswith("<!DOCTYPE html>")
