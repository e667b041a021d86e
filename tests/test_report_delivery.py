"""A report where it was asked for: nothing lost, its PDF, its data and its folder's index."""

from __future__ import annotations

import csv
import json
import os
import re
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from archkit.errors import ReportError
from archkit.memory.memory import Memory
from archkit.records import Decision
from archkit.report import paper, plotly_bundle, write_report
from archkit.report.chromium import find_chromium
from archkit.report.delivery import delivered
from archkit.report.devtools import BrowserError, devtools
from archkit.report.document import Document, Section
from archkit.report.files import check_target, write_page
from archkit.report.folder_index import write_index
from archkit.report.frames import write_frames
from archkit.report.page import figure_block

NOW = datetime(2026, 11, 22, 12, 30, 0, 123456, tzinfo=UTC)
ATTACK = '"><script>alert(1)</script>'
FIGURE = '<div data-figure="a-figure" data-traces="{}"></div>'
FAKE = """#!/bin/sh
echo $$ > {pid}
{act}
"""


def document(frames=(), **given):
    sections = (Section("one", "One", "<p>Text</p>"),)
    made = Document("memory", "What was learned", "an agent · a year", NOW, sections)
    return replace(made, frames=dict(frames), **given)


def told(error):
    return f"{error.value.what} {error.value.why} {error.value.mend}"


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "name": ["=1+1", "-2", "@x", "+y", 'plain, "quoted"', None],
            "seen_at": pd.to_datetime([NOW, None] + [NOW] * 4, utc=True),
            "n": pd.array([1, None, -3, 4, 5, 6], dtype="Int64"),
            "rate": [-0.5, np.nan, 0.1, 0.2, 0.3, 0.1 + 0.2],
            "drawn": pd.array([True, None, False, True, True, True], dtype="boolean"),
            "scores": [["a/b", "=c"], None, [], ["d"], ["e"], ["f"]],
            "context": [{"clients": "mobile"}, None, {}, {"n": 1}, {"a": [1]}, {"b": None}],
            "provenance": ["observed"] * 4 + ["simulated", None],
        }
    )


@pytest.fixture
def empty(frame):
    return frame.head(0)


class TestTarget:
    def test_a_folder_another_name_and_a_file_in_the_way_are_refused_before_any_work(
        self, tmp_path
    ):
        (tmp_path / "file").write_text("")
        wrong = {
            tmp_path: "It is a folder.",
            tmp_path / "report.pdf": "A report is a page of HTML",
            tmp_path / "report": "A report is a page of HTML",
            tmp_path / "file" / "r.html": "is a file, not a folder",
        }
        for path, why in wrong.items():
            with pytest.raises(ReportError) as error:
                write_report(None, path, kind="session", session="no session at all")
            assert why in told(error)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]

    def test_a_folder_that_may_not_be_written_to_is_refused(self, tmp_path, monkeypatch):
        shut = tmp_path / "shut"
        shut.mkdir(mode=0o500)
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != shut)  # root may all
        with pytest.raises(ReportError, match="No report can be written") as error:
            check_target(shut / "deeper" / "r.html")
        assert "You may not write to the folder" in told(error)

    def test_what_is_there_is_replaced_only_by_force(self, tmp_path):
        page = tmp_path / "r.html"
        check_target(page, force=False, pdf=True, data="csv")
        for name, options in {"r.html": {}, "r.pdf": {"pdf": True}}.items():
            (tmp_path / name).write_text("mine")
            with pytest.raises(ReportError, match="already") as error:
                check_target(page, force=False, **options)
            assert "--force" in told(error)
            check_target(page, force=True, **options)
            (tmp_path / name).unlink()
        (tmp_path / "r-data").mkdir()
        with pytest.raises(ReportError, match="There is a folder at"):
            check_target(page, force=False, data="csv")
        check_target(page, force=False)

    def test_a_folder_of_other_files_is_not_taken_for_data_even_by_force(self, tmp_path):
        (tmp_path / "r-data").mkdir()
        (tmp_path / "r-data" / "thesis.txt").write_text("mine")
        with pytest.raises(ReportError) as error:
            check_target(tmp_path / "r.html", force=True, data="parquet")
        assert "It holds other files" in told(error)

    def test_archkits_own_place_is_written_again_unless_something_else_lies_there(self, tmp_path):
        page = tmp_path / "memory.html"
        delivered(document(), page, data=None)
        check_target(page, force=False, own=True, pdf=True)
        page.write_text("<html>mine</html>")
        with pytest.raises(ReportError, match="already"):
            check_target(page, force=False, own=True)

    def test_no_such_format_of_data_is_refused(self, tmp_path):
        with pytest.raises(ReportError, match="Data cannot be written as 'xlsx'") as error:
            check_target(tmp_path / "r.html", data="xlsx")
        assert "csv, parquet" in told(error)

    def test_a_full_disk_leaves_the_old_report_and_nothing_beside(self, tmp_path, monkeypatch):
        page = tmp_path / "r.html"
        write_page(page, "old")

        def full(fd):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(ReportError, match="could not be written") as error:
            write_page(page, "new")
        assert "No space left" in told(error)
        assert page.read_text() == "old"
        assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


class TestFrames:
    def test_csv_holds_every_value_and_no_text_runs_as_a_formula(self, tmp_path, frame, empty):
        made = document({"outcome scores": frame, "a/b": empty, "A/B": empty, "": empty})
        folder = write_frames(made, tmp_path / "r.html", "csv")
        about = json.loads((folder / "frames.json").read_text())
        files = [one["file"] for one in about["frames"]]
        assert files == ["outcome-scores.csv", "a-b.csv", "a-b-2.csv", "frame.csv"]
        assert sorted(path.name for path in folder.iterdir()) == sorted([*files, "frames.json"])
        read = pd.read_csv(folder / files[0], dtype={"name": "str", "n": "Int64"})
        assert list(read["name"][:5]) == ["'=1+1", "'-2", "'@x", "'+y", 'plain, "quoted"']
        assert read["name"].isna()[5]
        assert list(read["n"].dropna()) == [1, -3, 4, 5, 6]
        assert read["rate"].equals(frame["rate"]), "to the last digit"
        assert list(pd.to_datetime(read["seen_at"])) == list(frame["seen_at"])
        lists = [json.loads(value) if isinstance(value, str) else None for value in read["scores"]]
        assert lists == list(frame["scores"])
        held = [json.loads(value) if isinstance(value, str) else None for value in read["context"]]
        assert held == list(frame["context"])
        assert pd.read_csv(folder / files[1]).empty
        assert list(pd.read_csv(folder / files[1]).columns) == list(frame.columns)

    def test_a_text_with_breaks_of_any_kind_stays_one_cell_of_csv(self, tmp_path):
        texts = ["lone\rreturn", "two\r\nlines", "three\nlines", "\n=1"]
        frame = pd.DataFrame({"note": texts, "n": range(4)})
        folder = write_frames(document({"all": frame}), tmp_path / "r.html", "csv")
        with (folder / "all.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        assert [row[0] for row in rows] == ["note", *texts[:3], "'\n=1"]
        assert list(pd.read_csv(folder / "all.csv")["n"]) == [0, 1, 2, 3]

    # DuckDB 2.0 reads instants with a zone by a pandas keyword that is going away.
    @pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.drop")
    def test_parquet_holds_every_value_as_it_is(self, tmp_path, frame, empty):
        folder = write_frames(
            document({"all": frame, "none": empty}), tmp_path / "r.html", "parquet"
        )
        with duckdb.connect() as connection:
            rows = "SELECT * FROM read_parquet($path)"
            read = connection.execute(rows, {"path": str(folder / "all.parquet")}).df()
            nothing = connection.execute(rows, {"path": str(folder / "none.parquet")}).df()
        assert list(read["name"].fillna("")) == [*frame["name"][:5], ""]
        assert [None if v is None else list(v) for v in read["scores"].replace({np.nan: None})] == (
            list(frame["scores"])
        )
        assert list(read["seen_at"].dt.tz_convert("UTC")) == list(frame["seen_at"])
        assert str(read["seen_at"].dtype).startswith("datetime64[us, ")
        assert list(read["n"].dropna()) == [1, -3, 4, 5, 6]
        assert read["rate"].equals(frame["rate"])
        assert (len(nothing), list(nothing.columns)) == (0, list(frame.columns))

    def test_it_tells_of_each_frame_its_columns_rows_and_provenance(self, tmp_path, frame):
        folder = write_frames(document({"all": frame}), tmp_path / "r.html", "csv")
        about = json.loads((folder / "frames.json").read_text())
        assert (about["report"], about["kind"], about["format"]) == ("r.html", "memory", "csv")
        assert datetime.fromisoformat(about["written_at"]) == NOW
        (one,) = about["frames"]
        assert (one["rows"], one["provenance"]) == (6, {"observed": 4, "simulated": 1})
        kinds = {column["name"]: column["type"] for column in one["columns"]}
        assert kinds == {
            "name": "text",
            "seen_at": "instant",
            "n": "integer",
            "rate": "number",
            "drawn": "bool",
            "scores": "list",
            "context": "json",
            "provenance": "text",
        }

    def test_data_of_before_is_replaced_whole(self, tmp_path, frame):
        write_frames(document({"old": frame}), tmp_path / "r.html", "csv")
        folder = write_frames(document({"new": frame}), tmp_path / "r.html", "parquet")
        assert sorted(p.name for p in folder.iterdir()) == ["frames.json", "new.parquet"]
        assert [path.name for path in tmp_path.iterdir()] == ["r-data"]
        assert stat.S_IMODE(folder.stat().st_mode) == 0o755

    def test_data_that_cannot_be_written_leaves_that_of_before(self, tmp_path, frame, monkeypatch):
        write_frames(document({"old": frame}), tmp_path / "r.html", "csv")

        def full(*_args, **_given):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(pd.DataFrame, "to_csv", full)
        with pytest.raises(ReportError, match="could not be written"):
            write_frames(document({"new": frame}), tmp_path / "r.html", "csv")
        assert (tmp_path / "r-data" / "old.csv").is_file()
        assert [path.name for path in tmp_path.iterdir()] == ["r-data"]

    def test_a_real_memory_hands_out_what_its_report_shows(self, tmp_path):
        with Memory(tmp_path / "data" / "archkit.duckdb") as memory:
            memory.record_outcome(memory.record_decision(Decision("Tokens")), success=True)
            write_report(memory, tmp_path / "r.html", data="csv")
        decisions = pd.read_csv(tmp_path / "r-data" / "decisions.csv")
        assert list(decisions["chosen"]) == ["Tokens"]


class TestIndex:
    def test_it_lists_the_reports_and_names_what_it_skips(self, tmp_path, frame):
        older = replace(document(), title=ATTACK, now=NOW.replace(year=2025), lede=ATTACK)
        delivered(older, tmp_path / "a b#1.html")
        delivered(document({"f": frame}), tmp_path / "new.html", data="csv")
        (tmp_path / "new.pdf").write_bytes(b"%PDF")
        (tmp_path / "page.html").write_text("<title>mine</title>")
        (tmp_path / "sub.html").mkdir()
        made = write_index(tmp_path, now=NOW)
        assert [one.file for one in made.listed] == ["new.html", "a b#1.html"]
        assert made.skipped == ("page.html",)
        first, second = made.listed
        assert (first.title, first.kind, first.written_at) == ("What was learned", "memory", NOW)
        assert (first.shows, first.beside) == ("an agent · a year", ("new.pdf", "new-data/"))
        assert second.title == ATTACK
        text = made.path.read_text("utf-8")
        assert 'href="./a%20b%231.html"' in text
        assert ATTACK not in text
        assert "page.html" in text and "archkit did not write" in text
        assert 'id="archkit-plotly"' not in text, "no figure, no byte of Plotly"

    def test_a_report_written_into_its_folder_is_listed_by_itself(self, tmp_path):
        delivered(document(), tmp_path / "one.html")
        assert not (tmp_path / "index.html").exists()
        write_index(tmp_path)
        delivered(document(), tmp_path / "two.html")
        assert 'href="./two.html"' in (tmp_path / "index.html").read_text("utf-8")

    def test_an_index_of_somebody_else_and_a_report_called_index_are_left_alone(self, tmp_path):
        for write in (lambda p: p.write_text("mine"), lambda p: delivered(document(), p)):
            write(tmp_path / "index.html")
            before = (tmp_path / "index.html").read_bytes()
            delivered(document(), tmp_path / "one.html")
            with pytest.raises(ReportError, match="is no index that archkit wrote"):
                write_index(tmp_path)
            assert (tmp_path / "index.html").read_bytes() == before
        assert write_index(tmp_path, force=True).listed[0].file == "one.html"

    def test_an_empty_folder_gets_a_page_and_no_folder_an_error(self, tmp_path):
        made = write_index(tmp_path)
        assert "No report is in this folder yet" in made.path.read_text("utf-8")
        with pytest.raises(ReportError, match="There is no folder"):
            write_index(tmp_path / "nowhere")


class TestPlotly:
    def test_a_page_without_a_figure_carries_none_of_it(self):
        assert plotly_bundle.bundle_of("<p>Text</p>", slim=False) is None

    def test_slim_is_the_part_that_draws_bars_and_points(self):
        whole = plotly_bundle.bundle_of(FIGURE.format("bar scatter"), slim=False)
        slim = plotly_bundle.bundle_of(FIGURE.format("bar scatter"), slim=True)
        assert len(slim.block) < 0.27 * len(whole.block)
        assert (whole.note, slim.note) == ("", "")

    @pytest.mark.parametrize("types", ["heatmap scatter", ""])
    def test_a_figure_that_needs_more_gets_all_of_it_and_the_page_says_so(self, types):
        body = FIGURE.format("bar") + FIGURE.format(types)
        made = plotly_bundle.bundle_of(body, slim=True)
        assert made.script == plotly_bundle.bundle_of(body, slim=False).script
        assert "This page holds all of Plotly" in made.note
        assert types.split(" ")[0] in made.note

    def test_another_version_of_plotly_gets_all_of_it_and_the_page_says_so(self, monkeypatch):
        monkeypatch.setattr("plotly.offline.get_plotlyjs_version", lambda: "99.0.0")
        made = plotly_bundle.bundle_of(FIGURE.format("bar"), slim=True)
        assert "all of Plotly 99.0.0" in made.note
        assert made.script != plotly_bundle._basic().script

    def test_the_part_is_that_of_the_version_installed_and_of_its_notice(self):
        import hashlib

        from plotly.offline import get_plotlyjs_version

        script = plotly_bundle._basic().script
        assert get_plotlyjs_version() == plotly_bundle._VERSION
        assert f"v{plotly_bundle._VERSION}" in script[:200]
        folder = Path(plotly_bundle.__file__).parents[1] / "library" / "plotly"
        assert hashlib.sha256(script.encode()).hexdigest() in (folder / "NOTICE").read_text()
        assert "MIT License" in (folder / "LICENSE").read_text()

    def test_every_figure_says_what_it_is_drawn_of(self):
        import plotly.graph_objects as go

        said = {"title": "t", "subtitle": "s", "key": (), "top": 10, "sentence": "none"}
        drawn = go.Figure([go.Bar(y=[1]), go.Heatmap(z=[[1]])], {"meta": said, "height": 300})
        assert 'data-traces="bar heatmap"' in figure_block(drawn, "a", "caption")


class TestPdf:
    def test_without_a_chromium_the_page_is_kept_and_the_error_says_what_to_install(
        self, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(paper, "find_chromium", lambda: None)
        write_index(tmp_path)
        with pytest.raises(ReportError, match="No PDF could be made") as error:
            delivered(document(), tmp_path / "r.html", pdf=True)
        assert "apt install chromium" in told(error)
        assert "playwright install chromium" in told(error)
        assert (tmp_path / "r.html").is_file()
        assert not (tmp_path / "r.pdf").exists()
        assert "r.html" in (tmp_path / "index.html").read_text("utf-8")

    @pytest.mark.parametrize(
        ("act", "why"),
        [
            ("exit 3", "it did not start, or ended"),
            ("exec cat <&3 >/dev/null", "did not answer in time"),
            ("printf 'no JSON\\0' >&4; exec cat <&3 >/dev/null", "it answered in no JSON"),
        ],
    )
    def test_a_chromium_that_fails_or_hangs_is_ended_and_the_page_is_kept(
        self, tmp_path, monkeypatch, act, why
    ):
        fake, pid = tmp_path / "fake", tmp_path / "pid"
        fake.write_text(FAKE.format(pid=pid, act=act))
        fake.chmod(0o755)
        monkeypatch.setenv("ARCHKIT_CHROMIUM", str(fake))
        page = write_page(tmp_path / "r.html", "<p>page</p>")
        with pytest.raises(ReportError) as error:
            paper.write_pdf(page, within_s=2)
        assert why in told(error)
        assert page.read_text() == "<p>page</p>"
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid.read_text()), 0)

    def test_a_program_that_is_none_is_no_chromium(self, tmp_path):
        assert find_chromium({"ARCHKIT_CHROMIUM": str(tmp_path / "none"), "PATH": ""}) is None
        with pytest.raises(BrowserError), devtools(str(tmp_path / "none"), 5) as browser:
            browser.attach()

    def test_the_foot_of_every_page_bears_the_title_and_nothing_of_it_is_style(self, tmp_path):
        title = 'a"} </style><script>alert(1)</script> \\ ü'
        text = delivered(replace(document(), title=title), tmp_path / "r.html").read_text("utf-8")
        (rule,) = re.findall(r"@page \{ @bottom-left \{ content: \"(.*)\"; \} \}", text)
        assert re.fullmatch(r"(?:[\w ]|\\[0-9a-f]+ )*", rule)
        assert text.count("</style>") == 1
