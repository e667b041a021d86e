"""The pytest plugin, in runs of pytest of its own: what it limits, what it says, what it costs."""

import subprocess
import sys
import textwrap

import pytest

pytest_plugins = ["pytester"]

CONFTEST = """
import sqlite3
import pytest

@pytest.fixture
def shop():
    connection = sqlite3.connect(":memory:")
    connection.executescript("CREATE TABLE post (id INTEGER PRIMARY KEY, title TEXT);")
    connection.executemany("INSERT INTO post VALUES (?, ?)", [(n, str(n)) for n in range(9)])
    connection.commit()
    yield connection
    connection.close()

@pytest.fixture
def titles(shop):
    def one_by_one(keys):
        return [title_of(shop, key) for key in keys]
    return one_by_one

def title_of(shop, key):
    return shop.execute("SELECT title FROM post WHERE id = ?", (key,)).fetchone()
"""


@pytest.fixture
def run(pytester):
    """Run tests in this process, where the plugin is found by its entry point."""
    pytester.makeconftest(CONFTEST)

    def ran(tests, *options):
        pytester.makepyfile(textwrap.dedent(tests))
        # Playwright's plugin knows no run within a run.
        return pytester.runpytest("-q", "-p", "no:cacheprovider", "-p", "no:playwright", *options)

    return ran


def test_a_block_within_its_limit_passes_and_tells_its_count(run):
    result = run("""
        def test_page(max_queries, shop, titles):
            with max_queries(3, shop) as counted:
                titles([1, 2, 3])
            assert counted.count == 3
            assert counted.label == "test_page"
    """)
    result.assert_outcomes(passed=1)


def test_a_block_above_its_limit_fails_at_its_line_with_shapes_findings_and_lines(run):
    result = run("""
        def test_page(max_queries, shop, titles):
            with max_queries(3, shop, label="a page"):
                titles(range(7))
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            '>   *with max_queries(3, shop, label="a page"):',
            "E   *a page: 7 statements run, at most 3 may be.",
            "E   *7 ×  SELECT title FROM post WHERE id = ?",
            "E   *conftest.py:20 in title_of",
            "E   *N+1: read one at a time what could be read at once",
            "E   *7 ×  SELECT title FROM post WHERE id = ?",
            "E   *conftest.py:20 in title_of",
            "E   *One row was looked up at a time: 7 statements.*",
        ]
    )
    assert "limit.py" not in result.stdout.str()


def test_a_marker_limits_a_whole_test_and_names_its_fixtures(run):
    result = run("""
        import pytest

        @pytest.mark.max_queries(3, "shop")
        def test_few(titles, shop):
            titles([1, 2, 3])

        @pytest.mark.max_queries(0, "shop")
        def test_none(titles, shop):
            titles([1])

        @pytest.mark.max_queries(1)
        class TestOfOne:
            def test_whatever_can_be_counted_is(self, titles, shop):
                titles([1, 2])

        @pytest.mark.max_queries(1, "engine")
        def test_stranger():
            pass

        @pytest.mark.max_queries(1)
        def test_nothing():
            pass

        @pytest.mark.max_queries
        def test_how_many(shop):
            pass
    """, "--strict-markers")  # fmt: skip
    result.assert_outcomes(passed=1, failed=5)
    text = result.stdout.str()
    assert "test_none: 1 statement run, none is allowed." in text
    assert "test_whatever_can_be_counted_is: 2 statements run, at most 1 may be." in text
    assert "the test has no fixture 'engine'; ask for it as an argument" in text
    assert "max_queries has nothing to count" in text
    assert "max_queries does not say how many there may be" in text


def test_what_other_threads_send_is_in_the_limit(run):
    result = run("""
        import threading
        from sqlalchemy import create_engine, text
        from sqlalchemy.pool import StaticPool

        def test_threads(max_queries):
            engine = create_engine(
                "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
            )

            def ask():
                with engine.connect() as connection:
                    connection.execute(text("SELECT 1"))

            with max_queries(1, engine):
                workers = [threading.Thread(target=ask) for _ in range(3)]
                for worker in workers:
                    worker.start()
                    worker.join()
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E   *test_threads: 3 statements sent, at most 1 may be."])


def test_an_error_in_the_block_is_told_and_not_the_limit(run):
    result = run("""
        def test_page(max_queries, shop, titles):
            with max_queries(0, shop):
                titles([1])
                shop.execute("SELECT title FROM nowhere")
    """)
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "no such table: nowhere" in text
    assert "none is allowed" not in text


def test_a_block_that_sends_nothing_is_warned_about_unless_none_is_expected(run):
    result = run("""
        def test_other(max_queries, shop):
            with max_queries(3, shop):
                pass

        def test_none(max_queries, shop):
            with max_queries(0, shop):
                pass
    """, "-W", "default")  # fmt: skip
    result.assert_outcomes(passed=2, warnings=1)
    result.stdout.fnmatch_lines(["*NoQueryWarning: No query was counted*"])


def test_before_and_after_are_recorded_when_a_memory_is_given(run):
    result = run("""
        class Memory:
            def record_measurement(self, measurement):
                self.made = measurement

        def test_page(max_queries, shop, titles):
            memory = Memory()
            with max_queries(7, shop, n=7) as naive:
                titles(range(7))
            with max_queries(
                1, shop, n=7, label="a page", before=naive, memory=memory, pattern="dataloader"
            ):
                shop.execute("SELECT id, title FROM post WHERE id IN (0,1,2,3,4,5,6)").fetchall()
            made = memory.made
            assert (made.queries_before, made.queries_after, made.n) == (7, 1, 7)
            assert (made.label, made.pattern) == ("a page", "dataloader")
            assert made.before_ms is None
    """)
    result.assert_outcomes(passed=1)


def test_a_limit_that_is_no_number_of_queries_is_refused(run):
    result = run("""
        import pytest

        @pytest.mark.parametrize("most", [-1, 2.5, True, "3"])
        def test_page(max_queries, shop, most):
            with pytest.raises(ValueError, match="most is a number of queries, 0 or more"):
                max_queries(most, shop)
    """)
    result.assert_outcomes(passed=4)


def test_an_asynchronous_block_is_limited_too(run):
    result = run("""
        import asyncio
        from sqlalchemy import text
        from sqlalchemy.ext.asyncio import create_async_engine

        def test_page(max_queries):
            async def ask():
                engine = create_async_engine("sqlite+aiosqlite://")
                try:
                    async with max_queries(1, engine), engine.connect() as connection:
                        await connection.execute(text("SELECT 1"))
                        await connection.execute(text("SELECT 2"))
                finally:
                    await engine.dispose()

            asyncio.run(ask())
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["E   *test_page: 2 statements sent, at most 1 may be."])


def test_a_run_that_sets_no_limit_loads_nothing_of_archkit(pytester):
    pytester.makepyfile("""
        import sys

        def test_nothing():
            loaded = {name for name in sys.modules if name.split(".")[0] == "archkit"}
            assert loaded == {"archkit", "archkit.pytest_plugin"}
            assert not {"pandas", "duckdb", "sqlalchemy"} & sys.modules.keys()
    """)
    pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_entry_point_names_the_plugin():
    code = (
        "from importlib.metadata import entry_points as e;"
        "print([p.value for p in e(group='pytest11') if p.name == 'archkit'])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "['archkit.pytest_plugin']"
