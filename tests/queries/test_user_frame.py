"""The line of one's own code that a statement came from."""

import sqlite3
import sys
import sysconfig
from pathlib import Path
from types import SimpleNamespace

import pytest
from IPython.core.compilerop import CachingCompiler

from archkit import count_queries
from archkit.queries import hook
from archkit.queries.user_frame import shown_file, user_frame


def test_the_innermost_line_of_ones_own_code_is_named():
    def inner():
        return user_frame(sys._getframe())

    line = inner.__code__.co_firstlineno + 1
    name = shown_file(__file__)
    assert inner() == f"{name}:{line} in inner"
    (told,) = [user_frame(sys._getframe()) for _ in range(1)]
    assert told.endswith(" in test_the_innermost_line_of_ones_own_code_is_named")


def test_a_librarys_lines_are_passed_over(tmp_path, monkeypatch):
    packages = tmp_path / "site-packages"
    packages.mkdir()
    (packages / "lib_of_others.py").write_text("def call(function):\n    return function()\n")
    monkeypatch.syspath_prepend(packages)
    import lib_of_others

    code = compile("told = call(lambda: frame(getframe()))", "<string>", "exec")
    space = {"call": lib_of_others.call, "frame": user_frame, "getframe": sys._getframe}
    exec(code, space)
    assert space["told"].startswith(shown_file(__file__))


@pytest.mark.parametrize(
    "library", [sysconfig.get_path("stdlib") + "/sqlite3/dbapi2.py", pytest.__file__, hook.__file__]
)
def test_files_of_libraries_have_no_name(library):
    assert shown_file(library) == ""


def test_a_file_is_named_from_the_working_directory_or_by_its_name_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    here = str(Path.cwd())
    assert shown_file(f"{here}/app/posts.py") == "app/posts.py"
    assert shown_file(f"{here}-other/app/posts.py") == "posts.py"
    assert shown_file("app/posts.py") == "app/posts.py"
    assert shown_file("<stdin>") == "<stdin>"
    assert shown_file("<string>") == ""
    monkeypatch.chdir(tmp_path.parent)
    assert shown_file(f"{here}/app/posts.py") == f"{tmp_path.name}/app/posts.py"


def test_a_notebooks_cell_is_named_by_its_number(monkeypatch):
    compiler = CachingCompiler()
    monkeypatch.setattr("IPython.get_ipython", lambda: SimpleNamespace(compile=compiler))
    cell = "1\nconnection.execute('SELECT 1')"
    for number in (3, 5):
        name = compiler.cache(cell, number)
        with sqlite3.connect(":memory:") as connection, count_queries(connection) as counted:
            exec(compile(cell, name, "exec"), {"connection": connection})
        connection.close()
        assert counted.by_shape["where"].tolist() == [f"In[{number}]:2"]
