"""What is shown of a path names no person and no machine."""

from pathlib import Path

from archkit.plain import near_path, shown_path


def test_a_path_nearby_is_shown_from_here(tmp_path, monkeypatch):
    here = tmp_path / "notebooks"
    here.mkdir()
    monkeypatch.chdir(here)
    assert shown_path(here / "a.html") == "a.html"
    assert shown_path(tmp_path / "data" / "a.html") == str(Path("..", "data", "a.html"))
    assert near_path(tmp_path / "data") == Path("../data")


def test_a_path_at_home_is_shown_from_home(tmp_path, monkeypatch):
    deep = tmp_path / "a" / "b" / "c" / "d"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert shown_path(tmp_path / "kit" / "a.html") == str(Path("~", "kit", "a.html"))


def test_a_path_far_away_is_shown_by_its_last_two_parts(tmp_path, monkeypatch):
    deep = tmp_path / "a" / "b" / "c" / "d"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    monkeypatch.setenv("HOME", "/nowhere")
    assert shown_path("/srv/somebody/kit/a.html") == str(Path("…", "kit", "a.html"))
    assert near_path("/srv/somebody/kit/a.html") == Path("/srv/somebody/kit/a.html")
