"""Plain values; what is shown of a path names no person and no machine."""

from pathlib import Path

import pytest

from archkit.plain import mapped_texts, near_path, shown_path, texts_in, without_passwords


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


def test_texts_of_a_value_are_its_strings_and_keys_wherever_they_stand():
    value = {"a": ["b", 1, None, ("c",)], "d": {"e": True}}
    assert list(texts_in(value)) == ["a", "b", "c", "d", "e"]
    assert list(texts_in("x")) == ["x"]
    assert mapped_texts(value, str.upper) == {"A": ["B", 1, None, ["C"]], "D": {"E": True}}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://me:se:c@ret@host/shop", "postgresql://me:…@host/shop"),
        ("postgresql://me@host/shop", "postgresql://me@host/shop"),
        (
            'no "=" after "postgresql//me:secret@host/shop"',
            'no "=" after "postgresql//me:…@host/shop"',
        ),
        ("host=h password=secret user=me", "host=h password=… user=me"),
        ("postgresql:///shop?password=secret&host=h", "postgresql:///shop?password=…&host=h"),
        ("no such table: post", "no such table: post"),
    ],
)
def test_a_password_in_an_address_is_hidden(text, shown):
    assert without_passwords(text) == shown
