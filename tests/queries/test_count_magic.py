"""`%%count_queries`: cells run in an IPython of their own, in this process."""

import atexit
import sqlite3

import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from archkit.errors import ArchkitError
from archkit.queries.count import QueryCount


class Memory:
    def record_measurement(self, measurement):
        self.made = measurement


@pytest.fixture(scope="module")
def _shell():
    made = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    yield made
    made.atexit_operations()
    atexit.unregister(made.atexit_operations)


@pytest.fixture
def shell(_shell, monkeypatch):
    """A shell with an open connection called shop; what is displayed is in `shell.displayed`."""
    made = _shell
    made.reset()
    displayed = []
    monkeypatch.setattr("archkit.queries.magic.display", displayed.append)
    made.displayed = displayed
    made.run_line_magic("load_ext", "archkit")
    shop = sqlite3.connect(":memory:")
    made.user_ns["shop"] = shop
    yield made
    shop.close()


def run(shell, line, cell="shop.execute('SELECT 1').fetchall()\n"):
    return shell.run_cell_magic("count_queries", line, cell)


def test_a_cell_runs_once_gives_its_value_and_its_count_is_shown_and_kept(shell):
    value = run(shell, "shop --label page --n 2", "seen = 1\nshop.execute('SELECT 1').fetchall()\n")
    assert value == [(1,)]
    assert shell.user_ns["seen"] == 1
    counted = shell.user_ns["counted"]
    assert isinstance(counted, QueryCount)
    assert (counted.count, counted.label, counted.n) == (1, "page", 2)
    assert shell.displayed == [counted]


def test_without_a_name_all_that_is_open_and_can_be_counted_in_the_notebook_is(shell):
    other = shell.user_ns["other"] = shell.user_ns["same"] = sqlite3.connect(":memory:")
    closed = shell.user_ns["closed"] = sqlite3.connect(":memory:")
    closed.close()
    run(shell, "--as both", "shop.execute('SELECT 1')\nother.execute('SELECT 2')\n")
    other.close()
    assert shell.user_ns["both"].count == 2


def test_an_attribute_of_a_name_can_be_counted(shell):
    class Shop:
        connection = shell.user_ns["shop"]

    shell.user_ns["app"] = Shop()
    run(shell, "app.connection")
    assert shell.user_ns["counted"].count == 1


def test_lines_are_those_of_the_cell_as_it_is_seen(shell):
    cell = "%%count_queries shop\n\nfor _ in range(5):\n    shop.execute('SELECT 1')\n"
    number = shell.execution_count
    shell.run_cell(cell, store_history=True)
    [one] = shell.user_ns["counted"].shapes()
    assert one["where"].endswith(":4")
    assert str(number) in one["where"].removesuffix(":4")


def test_a_cell_that_fails_still_shows_its_counts_and_fails(shell):
    cell = "shop.execute('SELECT 1')\nraise LookupError('no stock')\n"
    with pytest.raises(LookupError, match="no stock"):
        run(shell, "shop", cell)
    assert [counted.count for counted in shell.displayed] == [1]
    assert shell.user_ns["counted"].count == 1


def test_a_cell_that_is_no_python_is_refused_as_python_does(shell):
    with pytest.raises(SyntaxError):
        run(shell, "shop", "def half(:\n")
    assert shell.displayed == []


def test_a_cell_that_awaits_is_told_how_to_be_counted(shell):
    with pytest.raises(UsageError, match=r"async with archkit\.count_queries\(engine\)"):
        run(shell, "shop", "await shop\n")


def test_a_semicolon_silences_the_value_but_not_the_counts(shell):
    assert run(shell, "shop", "shop.execute('SELECT 1').fetchall();\n") is None
    assert len(shell.displayed) == 1


def test_before_and_after_are_recorded_when_a_memory_is_named(shell):
    memory = shell.user_ns["memory"] = Memory()
    run(shell, "shop --as naive --n 5", "for key in range(5): shop.execute('SELECT ?', (key,))\n")
    run(shell, "shop --label page --n 5 --before naive --memory memory --pattern dataloader")
    made = memory.made
    assert (made.queries_before, made.queries_after, made.n) == (5, 1, 5)
    assert (made.label, made.pattern) == ("page", "dataloader")
    assert shell.displayed[-1].count == 1


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nobody", "There is no 'nobody'"),
        ("shop.nothing", "'shop' has no 'nothing'"),
        ("shop --as 1st", "that is no name"),
        ("shop --before naive", "give both --before and --memory"),
        ("shop --pattern dataloader", "recorded with --before and --memory"),
        ("shop --before shop --memory shop", "'shop' is no count of queries"),
        ("shop --n many", "invalid int value"),
        ("shop --label 'half", "No closing quotation"),
    ],
)
def test_wrong_words_are_told_before_the_cell_runs(shell, line, said):
    with pytest.raises(UsageError, match=said):
        run(shell, line, "ran = True\n")
    assert "ran" not in shell.user_ns


def test_a_notebook_with_nothing_to_count_says_so(shell):
    del shell.user_ns["shop"]
    with pytest.raises(ArchkitError, match="nothing to count in this notebook"):
        run(shell, "", "1\n")
