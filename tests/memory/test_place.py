import pytest

from archkit.errors import StoreError
from archkit.memory.memory import Memory
from archkit.memory.place import default_path


def test_a_memory_is_kept_where_it_is_said_or_beside_the_project(tmp_path, monkeypatch):
    assert Memory(tmp_path / "m.duckdb").path == tmp_path / "m.duckdb"
    assert Memory(tmp_path).path == tmp_path / "archkit.duckdb"
    monkeypatch.setenv("ARCHKIT_DATA", str(tmp_path / "set"))
    assert Memory().path == tmp_path / "set" / "archkit.duckdb"
    monkeypatch.delenv("ARCHKIT_DATA")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    (tmp_path / "a" / "pyproject.toml").write_text("")
    assert Memory().path == tmp_path / "a" / "data" / "archkit.duckdb"
    (inner / ".git").mkdir()
    assert Memory().path == inner / "data" / "archkit.duckdb"
    with pytest.raises(StoreError) as caught:
        Memory(":memory:")
    assert str(caught.value).startswith("A memory cannot be kept in ':memory:'.")


def test_a_folder_outside_any_project_keeps_its_own(tmp_path, monkeypatch):
    monkeypatch.delenv("ARCHKIT_DATA")
    assert default_path(tmp_path) == tmp_path / "data" / "archkit.duckdb"
