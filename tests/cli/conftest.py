"""A memory in which one session was held, decided on and looked at; each test gets a copy."""

import shutil

import pytest
from archkit_shell import BRIEF, told


@pytest.fixture(scope="session")
def _worked(tmp_path_factory):
    home = tmp_path_factory.mktemp("worked")
    (home / "shop").mkdir()
    (home / "shop" / "README.md").write_text("# Shop\n\nSells posts.\n", encoding="utf-8")
    at = ("--memory", home / "data" / "m.duckdb")
    held = told("session", BRIEF, "--yes", "--workspace", home / "shop", *at)
    because = ("-a", "session-redis", "-r", "fits mobile")
    made = told("decide", "last", "jwt-refresh-redis", *because, *at)
    looked = ("--success", "-s", "performance=0.91", "--again")
    counted = ("--queries-before", 120, "--queries-after", 18)
    found = told("outcome", made["decision_id"], *looked, *counted, *at)
    return home / "data", {"session": held, "decide": made, "outcome": found}


@pytest.fixture
def worked(_worked, tmp_path):
    """The path of a memory of one's own."""
    shutil.copytree(_worked[0], tmp_path / "data")
    return tmp_path / "data" / "m.duckdb"


@pytest.fixture
def said(_worked):
    """What the commands that made it said, by command."""
    return _worked[1]
