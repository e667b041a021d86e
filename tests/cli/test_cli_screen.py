"""What is printed: JSON of anything, tables that fit, characters the output can show."""

import io
import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from archkit.cli.screen import (
    Column,
    Screen,
    interval_strip,
    percent,
    plain_json,
    rate,
    sparkline,
)
from archkit.cli.told import counted, megabytes, told_pairs


@pytest.fixture
def screen():
    """A screen of 40 columns that writes into a text."""
    made = Screen()
    made.out = Console(file=io.StringIO(), width=40, markup=False, emoji=False, highlight=False)
    return made


def printed(screen):
    return screen.out.file.getvalue()


@dataclass(frozen=True)
class Seen:
    at: datetime
    share: float


def test_anything_becomes_json():
    frame = pd.DataFrame({"n": [1], "rate": [math.nan], "at": [pd.Timestamp("2026-01-02", tz=UTC)]})
    value = {
        "frame": frame,
        "numpy": [np.float64(0.5), np.int64(3), np.bool_(True), np.array([1, 2])],
        "none": [math.inf, pd.NaT, None],
        "record": Seen(datetime(2026, 1, 2, tzinfo=UTC), 0.25),
        "path": Path("a") / "b",
        "set": {1},
    }
    assert json.loads(json.dumps(plain_json(value), allow_nan=False)) == {
        "frame": [{"n": 1, "rate": None, "at": "2026-01-02T00:00:00+00:00"}],
        "numpy": [0.5, 3, True, [1, 2]],
        "none": [None, None, None],
        "record": {"at": "2026-01-02T00:00:00+00:00", "share": 0.25},
        "path": "a/b",
        "set": [1],
    }


def test_rates_are_written_with_their_interval_or_as_unknown():
    assert rate(0.919, 0.814, 0.981, 38) == "92% (81%–98%)"
    assert rate(0.5, 0.05, 0.95, 0) == "no evidence yet"
    assert rate(None, None, None, 3) == "no evidence yet"
    assert (percent(None), percent(math.nan), percent(0.995)) == ("–", "–", "100%")


def test_sparklines_rise_with_the_values():
    assert sparkline([0, 1, 2, 4, 8]) == "▁▁▂▄█"
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([]) == ""
    assert sparkline([None, 1, math.nan]) == " █ "
    assert sparkline([0, 4, 8], " .:") == ".." + ":"


@given(st.lists(st.floats(0, 1e9) | st.none(), max_size=30))
def test_a_sparkline_has_a_character_for_each_value(values):
    assert len(sparkline(values)) == len(values)


@given(st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)).map(sorted))
def test_an_interval_is_drawn_within_its_line(bounds):
    strip = interval_strip(*bounds)
    assert len(strip) == 21
    assert strip.count("●") == 1


def test_an_interval_stands_where_it_is():
    assert interval_strip(0, 0.5, 1, width=5) == "──●──"
    assert interval_strip(1, 1, 1, width=5) == "····●"
    assert interval_strip(0, 0.5, 1, width=5, marks=".-o") == "--o--"


def test_text_of_others_is_shown_as_it_is(screen):
    screen.say("[red]no markup[/red] :smile: \x1b[31mno\x07 codes")
    screen.table([Column("[b]a[/b]")], [("[link=x]y[/link]",)])
    screen.points(["[i]z"])
    assert "[red]no markup[/red] :smile:" in printed(screen)
    assert "[b]a[/b]" in printed(screen)
    assert "[link=x]y[/link]" in printed(screen)
    assert "[i]z" in printed(screen)
    assert "\x1b" not in printed(screen)
    assert "\x07" not in printed(screen)


def test_a_narrow_screen_leaves_wide_columns_out_and_folds_the_rest(screen):
    screen.table([Column("name"), Column("note", wide=True)], [("word " * 20, "unseen")])
    assert "note" not in printed(screen)
    assert "unseen" not in printed(screen)
    assert printed(screen).count("word") == 20
    assert max(map(len, printed(screen).splitlines())) <= 40


def test_lines_to_be_copied_are_not_broken(screen):
    screen.say("archkit " + "x" * 60, wrap=False)
    assert "archkit " + "x" * 60 in printed(screen)


def test_with_json_nothing_else_is_printed(capsys):
    quiet = Screen(as_json=True)
    quiet.say("a")
    quiet.head("b")
    quiet.pairs([("c", "d")])
    quiet.points(["e"])
    quiet.table([Column("f")], [("g",)])
    quiet.markdown("# h")
    quiet.data({"only": "this"})
    assert json.loads(capsys.readouterr().out) == {"only": "this"}


def test_progress_and_notes_keep_off_standard_output(capsys):
    screen = Screen()
    with screen.progress("Working") as advance:
        advance(1, 2)
        advance(2, 0)
    with screen.busy("Thinking"):
        screen.note("beside")
        screen.ask("a question")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "beside" in captured.err


def test_reports_are_told_by_what_is_not_empty():
    report = {"events": 3, "bytes": 2_500_000, "kinds": {"decision": 1200}, "empty": [], "x": None}
    assert dict(told_pairs(report, but=("events",))) == {
        "bytes": "2.4 MB",
        "kinds": "1,200 decision",
    }
    assert dict(told_pairs({"names": [str(n) for n in range(20)]}))["names"].endswith("and 8 more")
    assert (counted(1, "event"), counted(1200, "event")) == ("1 event", "1,200 events")
    assert megabytes(2048) == "2.0 KB"
