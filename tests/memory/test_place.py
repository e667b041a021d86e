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


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, 5, b"x", "~nobody-is-called-so/m.duckdb"])
def test_what_can_be_no_file_is_refused(path):
    with pytest.raises(StoreError, match="No file can be called"):
        Memory(path)


def test_a_memory_stays_where_it_was_named_when_the_working_directory_changes(
    tmp_path, monkeypatch
):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with Memory("m.duckdb", library=False) as memory:
        monkeypatch.chdir("elsewhere")
        memory.record_lesson("kept")
        assert memory.sql("SELECT text FROM lesson")["text"].tolist() == ["kept"]
    assert memory.path == tmp_path / "m.duckdb"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_name_like_a_service_is_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Memory("md:mine", library=False) as memory:
        memory.record_lesson("kept")
        assert len(memory.recent()) == 1
    assert (tmp_path / "md:mine").is_file()
