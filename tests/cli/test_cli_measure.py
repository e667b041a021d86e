"""`archkit measure`: programs run in a process of their own, as a user has them."""

import json
import re
import shlex
import signal
from pathlib import Path

import pytest
from archkit_shell import invoke
from test_cli_app import archkit_process

from archkit.memory.memory import Memory
from archkit.queries.count import QueryCount
from archkit.queries.saved import save_count
from archkit.queries.tally import Kind

SHOP = """
import sqlite3, sys
keys = range(int(sys.argv[1]) if len(sys.argv) > 1 else 6)
shop = sqlite3.connect(":memory:")
shop.executescript("CREATE TABLE post (id INTEGER PRIMARY KEY, title TEXT)")

def title_of(key):
    return shop.execute("SELECT title FROM post WHERE id = ?", (key,)).fetchone()

print([title_of(key) for key in keys])
"""
BATCHED = """
import sqlite3, sys
shop = sqlite3.connect(":memory:")
shop.executescript("CREATE TABLE post (id INTEGER PRIMARY KEY, title TEXT)")
print(shop.execute("SELECT title FROM post WHERE id IN (0, 1, 2, 3, 4, 5)").fetchall())
"""
ORM = """
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list["Post"]] = relationship()

class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))

engine = create_engine("sqlite://")
Base.metadata.create_all(engine)
with Session(engine) as session:
    session.add_all([User(posts=[Post(), Post()]) for _ in range(4)])
    session.commit()
with Session(engine) as session:
    print(sum(len(user.posts) for user in session.scalars(select(User))))
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, text in {"shop.py": SHOP, "batched.py": BATCHED, "orm.py": ORM}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def write(project, text, name="program.py"):
    (project / name).write_text(text, encoding="utf-8")
    return name


@pytest.fixture
def told(project, capfd):
    """Run the command with --json; return the document and what the program and archkit said."""

    def run(*args, code=0):
        result = invoke("measure", "--json", *args)
        # The program itself is a process that writes past the runner.
        said = result.stderr + "".join(capfd.readouterr())
        assert result.exit_code == code, f"{result.output}{said}{result.exception!r}"
        return json.loads(result.stdout), said

    return run


@pytest.fixture
def shown(project, capfd):
    """Run the command; return its exit code and all that was said, on one line."""

    def run(*args):
        result = invoke("measure", *args)
        return result.exit_code, " ".join((result.output + "".join(capfd.readouterr())).split())

    return run


def shapes(document):
    return {one["shape"]: one["count"] for one in document["count"]["by_shape"]}


def found(document):
    """The counted SELECTs of numbers alone, by how many numbers."""
    told = {"SELECT " + ", ".join("?" * many): many for many in range(1, 9)}
    return {told[shape]: n for shape, n in shapes(document).items() if shape in told}


class TestAScript:
    def test_its_queries_are_counted_by_shape_with_the_line_they_came_from(self, told):
        document, said = told("shop.py", "2")
        count = document["count"]
        [select] = [one for one in count["by_shape"] if one["shape"].startswith("SELECT")]
        assert select["count"] == 2
        assert select["where"] == "shop.py:8 in title_of"
        assert (count["counts"], count["label"]) == ("statements run", "shop.py")
        assert (document["exit_code"], document["trouble"]) == (0, [])
        # With --json standard output is the document's alone.
        assert "[None, None]" in said

    def test_findings_are_told_with_their_line_after_what_the_program_prints(self, project):
        done = archkit_process("measure", "shop.py", cwd=project)
        assert done.returncode == 0
        text = " ".join(done.stdout.split())
        assert text.startswith("[None, None, None, None, None, None] shop.py: ")
        assert "shop.py:8 in title_of: One row was looked up at a time: 6 statements." in text
        assert str(project) not in done.stdout + done.stderr

    def test_it_runs_as_python_would_run_it_and_its_arguments_are_its_own(self, project, told):
        (project / "inner").mkdir()
        write(project, "here = 'beside it'", "inner/beside.py")
        name = write(
            project,
            "import sys, pickle, beside\n"
            "class One: pass\n"
            "assert isinstance(pickle.loads(pickle.dumps(One())), One)\n"
            "assert sys.modules['__main__'].One is One\n"
            "print(__name__, __file__, beside.here, sys.path[0].endswith('inner'), sys.argv)\n"
            "print({'duckdb', 'psycopg', 'sqlalchemy', 'pandas'} & {*sys.modules})\n",
            "inner/program.py",
        )
        _, said = told(name, "--json", "-m", "--n", "x")
        argv = f"['{name}', '--json', '-m', '--n', 'x']"
        assert f"__main__ inner/program.py beside it True {argv}" in said
        assert "set()" in said

    @pytest.mark.parametrize("columns", ["50", "160"])
    def test_what_is_told_fits_the_terminal(self, project, columns):
        result = invoke("measure", "orm.py", env={"COLUMNS": columns})
        assert max(map(len, result.stdout.splitlines())) <= int(columns)


class TestSqlalchemy:
    def test_every_engine_is_counted_once_and_the_relationship_named(self, told):
        document, _ = told("orm.py")
        [finding] = document["count"]["n_plus_one"]
        assert finding["relationship"] == "User.posts"
        assert finding["count"] == 4
        assert finding["where"].startswith("orm.py:24")
        assert document["count"]["counts"] == "statements sent"
        assert [n for shape, n in shapes(document).items() if "FROM post" in shape] == [4]

    def test_an_asynchronous_one_too_and_one_with_options_of_its_own(self, project, told):
        name = write(
            project,
            "import asyncio\n"
            "from sqlalchemy import create_engine, text\n"
            "from sqlalchemy.ext.asyncio import create_async_engine\n"
            "async def ask():\n"
            "    engine = create_async_engine('sqlite+aiosqlite://')\n"
            "    async with engine.connect() as connection:\n"
            "        for key in range(3):\n"
            "            await connection.execute(text('SELECT :key'), {'key': key})\n"
            "    await engine.dispose()\n"
            "asyncio.run(ask())\n"
            "engine = create_engine('sqlite://')\n"
            "own = engine.execution_options(isolation_level='AUTOCOMMIT')\n"
            "for one in (engine, own, engine):\n"
            "    with one.connect() as connection:\n"
            "        connection.execute(text('SELECT 1, 2'))\n",
        )
        document, _ = told(name)
        assert found(document) == {1: 3, 2: 3}


def test_psycopg_is_counted_with_and_without_an_engine(project, told, postgres_address):
    name = write(
        project,
        "import asyncio, psycopg, sys\n"
        "from sqlalchemy import create_engine, text\n"
        "with psycopg.connect(sys.argv[1]) as own:\n"
        "    own.execute('SELECT 1')\n"
        "async def ask():\n"
        "    async with await psycopg.AsyncConnection.connect(sys.argv[1]) as own:\n"
        "        await own.execute('SELECT 2, 2')\n"
        "asyncio.run(ask())\n"
        "with create_engine(sys.argv[2]).connect() as connection:\n"
        "    connection.execute(text('SELECT 3, 3, 3'))\n",
    )
    document, _ = told(name, postgres_address.url, postgres_address.engine_url)
    assert found(document) == {1: 1, 2: 1, 3: 1}
    assert document["trouble"] == []


def test_duckdb_is_counted_once_until_its_last_connection_closes(project, told):
    name = write(
        project,
        "import duckdb\n"
        "with duckdb.connect() as one:\n"
        "    one.execute('SELECT 1').fetchall()\n"
        "two = duckdb.connect()\n"
        "two.execute('SELECT 1, 2').fetchall()\n"
        "duckdb.sql('SELECT 1, 2, 3').fetchall()\n"
        "first, second = duckdb.connect('file.db'), duckdb.connect('file.db')\n"
        "first.execute('SELECT 1, 2, 3, 4').fetchall()\n"
        "first.close()\n"
        "second.execute('SELECT 1, 2, 3, 4, 5').fetchall()\n"
        "second.close()\n"
        "duckdb.connect('file.db', config={'threads': 1}).close()\n"
        "import sqlite3\n"
        "sqlite3.connect(':memory:').close()\n",
    )
    document, _ = told(name)
    assert found(document) == dict.fromkeys(range(1, 6), 1)
    assert document["count"]["counts"] == "statements run"
    assert document["trouble"] == []


def test_a_program_that_counts_for_itself_is_counted_to_its_end(project, told):
    name = write(
        project,
        "import sqlite3\n"
        "from archkit import count_queries\n"
        "shop = sqlite3.connect(':memory:')\n"
        "with count_queries(shop) as counted:\n"
        "    shop.execute('SELECT 1').fetchall()\n"
        "shop.execute('SELECT 1, 2').fetchall()\n"
        "print('of its own:', counted.count)\n"
        "shop.close()\n",
    )
    document, said = told(name)
    assert found(document) == {1: 1, 2: 1}
    assert document["trouble"] == []
    assert "of its own: 1" in said


def test_a_package_that_is_not_as_expected_is_the_program_s_all_the_same(project, told):
    (project / "psycopg.py").write_text("connect = print\n", encoding="utf-8")
    name = write(
        project,
        "import psycopg, sqlite3\n"
        "psycopg.connect('it is my own')\n"
        "sqlite3.connect(':memory:').execute('SELECT 1')\n",
    )
    document, said = told(name)
    assert found(document) == {1: 1}
    assert "it is my own" in said
    [trouble] = document["trouble"]
    assert trouble.startswith("Not all of psycopg could be counted: ")


def test_threads_that_outlive_the_script_and_functions_at_its_end_are_counted(project, told):
    name = write(
        project,
        "import atexit, os, sqlite3, sys, threading\n"
        "gate = threading.Event()\n"
        "def late():\n"
        "    gate.wait()\n"
        "    sqlite3.connect(':memory:').execute('SELECT 1')\n"
        "def last():\n"
        "    sqlite3.connect(':memory:').execute('SELECT 1, 2')\n"
        "if os.fork() == 0:\n"
        "    sys.exit(0)\n"
        "os.wait()\n"
        "atexit.register(last)\n"
        "threading.Thread(target=late).start()\n"
        "gate.set()\n",
    )
    document, _ = told(name)
    assert found(document) == {1: 1, 2: 1}


class TestAModule:
    def test_it_runs_as_with_python_m(self, project, told):
        (project / "pack").mkdir()
        write(project, "", "pack/__init__.py")
        write(project, "print(__name__, __package__)\n" + SHOP, "pack/__main__.py")
        document, said = told("-m", "pack", "2")
        assert document["count"]["label"] == "pack"
        assert "__main__ pack" in said
        assert "pack/__main__.py:9 in title_of" in [
            one["where"] for one in document["count"]["by_shape"]
        ]

    def test_one_that_is_not_there_is_refused(self, shown):
        code, said = shown("-m", "no.such")
        assert code == 1
        assert "There is no module 'no.such'." in said


class TestHowItEnds:
    @pytest.mark.parametrize(
        ("ending", "code", "shown"),
        [
            ("sys.exit(3)", 3, ""),
            ("sys.exit('no stock')", 1, "no stock"),
            ("raise LookupError('no stock')", 1, "LookupError: no stock"),
            ("raise KeyboardInterrupt", 130, "KeyboardInterrupt"),
        ],
    )
    def test_its_exit_code_and_error_are_shown_with_what_was_counted(
        self, project, told, ending, code, shown
    ):
        name = write(project, f"{SHOP}\n{ending}\n")
        document, said = told(name, code=code)
        assert document["exit_code"] == code
        assert shapes(document)["SELECT title FROM post WHERE id = ?"] == 6
        assert shown in said
        assert not {"measured.py", "runpy"} & set(said.replace("/", " ").replace('"', " ").split())
        assert f"The program ended with exit code {code}" in said

    def test_a_syntax_error_is_python_s_own(self, project, told):
        _, said = told(write(project, "def half(:\n"), code=1)
        assert "SyntaxError" in said
        assert "measured.py" not in said

    @pytest.mark.parametrize(
        ("ending", "how"),
        [
            ("os._exit(3)", "exit code 3"),
            ("os.kill(os.getpid(), signal.SIGKILL)", "signal SIGKILL"),
        ],
    )
    def test_one_that_ends_at_once_is_said_not_to_be_counted(self, project, shown, ending, how):
        code, said = shown(write(project, f"import os, signal\n{ending}\n"))
        assert code == 1
        assert f"was not counted: it ended with {how}." in said

    def test_a_program_that_asks_nothing_is_told_so_with_what_is_seen(self, project, shown):
        code, said = shown(write(project, "pass"))
        assert code == 0
        assert "No query was seen. Counted is what goes through SQLAlchemy" in said

    def test_a_request_to_end_is_handed_on_to_the_program(self, project):
        name = write(project, "import os, signal; os.kill(os.getppid(), 15); signal.pause()\n")
        done = archkit_process("measure", name, cwd=project)
        assert done.returncode == 1
        assert "was not counted: it ended with signal SIGTERM." in done.stderr

    def test_ctrl_c_is_the_program_s_and_its_counts_are_told(self, project):
        name = write(
            project,
            "import os, signal, sqlite3\n"
            "sqlite3.connect(':memory:').execute('SELECT 1')\n"
            "os.kill(os.getppid(), signal.SIGINT)\n"
            "os.kill(os.getpid(), signal.SIGINT)\n",
        )
        done = archkit_process("measure", "--json", name, cwd=project)
        assert done.returncode == 128 + signal.SIGINT
        assert found(json.loads(done.stdout)) == {1: 1}


@pytest.fixture
def saved(project):
    """A project in which a count of 9 statements at n 6 was saved."""
    count = QueryCount("a page", 6, everywhere=True)
    count.counts = "statements run"
    for _ in range(9):
        count.tallies.sent(Kind("SELECT title FROM post WHERE id = ?"), tells_end=False)
    count.close()
    save_count(count, project / "before.json")
    return project


class TestBeforeAndAfter:
    def test_what_was_saved_is_compared_with(self, saved, shown):
        code, said = shown("--label", "a page", "--n", 6, "--save", "same.json", "shop.py")
        assert code == 0
        assert "Saved: same.json" in said
        code, said = shown("--before", "same.json", "batched.py")
        assert code == 0
        assert "a page: 2 statements run" in said
        assert "7 → 2 statements run: 71.4% fewer." in said
        assert "--record keeps this as a measurement" in said
        assert not list(saved.rglob("*.duckdb"))

    def test_they_are_recorded_when_asked(self, saved, told):
        document, _ = told(
            *("--before", "before.json", "--n", 6, "--record", "--pattern", "dataloader"),
            *("--memory", "data/m.duckdb", "batched.py"),
        )
        assert document["recorded"]
        with Memory(saved / "data" / "m.duckdb") as memory:
            [row] = memory.sql("SELECT * FROM query_reduction").to_dict("records")
        assert (row["queries_before"], row["queries_after"], row["n"]) == (9, 2, 6)
        assert (row["slug"], row["label"], row["provenance"]) == (
            "dataloader",
            "a page",
            "measured",
        )

    def test_a_run_that_failed_is_neither_saved_nor_recorded(self, saved, told):
        name = write(saved, f"{BATCHED}\nraise SystemExit(4)\n")
        document, said = told(
            *("--before", "before.json", "--save", "after.json", "--record"),
            *("--memory", "data/m.duckdb", name),
            code=4,
        )
        assert document["measurement"] is None
        assert not document["recorded"]
        assert "nothing was saved or recorded" in said
        assert not (saved / "after.json").exists()
        assert not (saved / "data").exists()

    def test_counts_of_another_kind_are_not_set_against_each_other_but_told(self, saved, told):
        document, said = told(
            *("--before", "before.json", "--record", "--memory", "data/m.duckdb", "orm.py"), code=1
        )
        assert document["count"]["counts"] == "statements sent"
        assert "One counts statements run, the other" in document["error"]["why"]
        assert not document["recorded"]
        assert "cannot be set against each other" in said
        assert not (saved / "data").exists()

    def test_a_count_that_cannot_be_saved_is_told_all_the_same(self, project, shown):
        code, said = shown("--save", "no/count.json", "batched.py")
        assert code == 1
        assert "batched.py: 2 statements run" in said
        assert "cannot be saved in 'no/count.json'" in said

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            (None, "No such file"),
            ("{", "It is not JSON."),
            ("[1]", "of something else"),
            ('{"kind": "archkit query count", "version": 9}', "It is version 9"),
            ('{"kind": "archkit query count", "version": 1, "count": {}}', "missing in it or odd"),
        ],
    )
    def test_a_file_that_holds_no_count_is_refused_before_anything_runs(
        self, project, shown, text, why
    ):
        if text is not None:
            write(project, text, "odd.json")
        code, said = shown("--before", "odd.json", write(project, "open('ran', 'w').close()"))
        assert code == 1
        assert why in said
        assert not (project / "ran").exists()


class TestWrongUse:
    @pytest.mark.parametrize(
        ("args", "said"),
        [
            (("--record", "shop.py"), "of before and after"),
            (("--pattern", "dataloader", "shop.py"), "It is for --record"),
            ((), "Missing argument"),
            (("--before", "before.json", "--n", 50, "shop.py"), "is of n 6"),
        ],
    )
    def test_it_is_told_and_exits_with_2(self, saved, args, said):
        result = invoke("measure", *args)
        assert result.exit_code == 2
        assert said in " ".join(result.output.split())

    @pytest.mark.parametrize(("name", "why"), [("no.py", "no such file"), (".", "It is a folder")])
    def test_a_script_that_is_none_is_refused(self, project, name, why):
        result = invoke("measure", name)
        assert result.exit_code == 1
        assert why in result.stderr


def test_the_commands_of_the_readme_run(project):
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    [block] = [b for b in re.findall(r"```sh\n(.*?)```", readme, re.S) if "archkit measure" in b]
    write(project, SHOP, "page.py")
    for line in block.strip().splitlines():
        result = invoke(*shlex.split(line, comments=True)[1:])
        assert result.exit_code == 0, f"{line}: {result.output}"
    assert "0.0% fewer" in result.output
