"""Words of a kernel as a reader may see them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from archkit.report.notebook_words import plain_value, plain_words

KEY = "sk-ant-" + "a1" * 20


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("\x1b[0;31mred\x1b[0m \x1b]8;;x\x07link\x1b]8;;\x07\x00", "red link"),
        (f"key {KEY}.", "key [hidden: Anthropic Key]."),
        ("/nb/data/x.csv and /nbx", "./data/x.csv and /nbx"),
        ("File /home/ada/secret/plan.md:3", "File …/plan.md:3"),
        ("in /Users/ada/x.py, /home/eve/y and /tmp/z/", "in …/x.py, ~/y and …/z/"),
        (f"{sys.prefix}/lib/x.py", "…/lib/x.py"),
        ("at file:///home/ada/q.txt, file:///srv/x", "at …/q.txt, file:///srv/x"),
        ("GET /v1/home/x, https://h/home/x, a/tmp/b", "GET /v1/home/x, https://h/home/x, a/tmp/b"),
        ("</tmp>", "</tmp>"),
    ],
)
def test_no_colour_no_secret_no_path_of_a_machine(said, seen, monkeypatch):
    monkeypatch.setenv("HOME", "/home/eve")
    assert plain_words(said, Path("/nb")) == seen


def test_pictures_stay_as_they_are_and_what_follows_them_does_not():
    picture = "data:image/png;base64,AKIAIOSFODNN7EXAMPLE/home/x+="
    said = plain_words(f'<img src="{picture}"> {KEY}', Path("/nb"))
    assert said == f'<img src="{picture}"> [hidden: Anthropic Key]'


def test_every_text_of_a_value_is_made_plain():
    value = {"a": [f"/nb/x {KEY}", 1, None], "/nb/k": True}
    assert plain_value(value, Path("/nb")) == {
        "a": ["./x [hidden: Anthropic Key]", 1, None],
        "./k": True,
    }
