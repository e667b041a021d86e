"""The README's pictures: those that are committed, small, crisp, said in words, light and dark."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "data" / "examples" / "pictures"
MOST_BYTES = 200_000
PICTURE = re.compile(
    r'<picture><source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">'
    r'<img src="([^"]+)" width="(\d+)" alt="([^"]+)"></picture>'
)
FILES = sorted(FOLDER.glob("*"))


def _shown():
    return PICTURE.findall((ROOT / "README.md").read_text(encoding="utf-8"))


def _size(path):
    """Return width and height of a WebP picture, as its first chunk says."""
    head = path.read_bytes()[:30]
    assert (head[:4], head[8:12]) == (b"RIFF", b"WEBP")
    if head[12:16] == b"VP8X":
        return tuple(1 + int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
    assert head[12:16] == b"VP8 "
    return tuple(int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))


def test_the_readme_shows_each_committed_picture_and_no_other():
    shown = [path for dark, light, _, _ in _shown() for path in (dark, light)]
    assert sorted(shown) == [str(path.relative_to(ROOT)) for path in FILES]
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("<img") == len(_shown()) and "![" not in text


def test_each_is_there_light_and_dark_and_says_in_words_what_it_shows():
    assert len(_shown()) == 5
    for dark, light, _, alt in _shown():
        assert dark == light.replace("-light.webp", "-dark.webp")
        assert len(alt) > 60
        assert "simulated" in alt or "made-up" in alt


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_small_and_has_two_pixels_for_each_that_is_shown(path):
    assert path.stat().st_size <= MOST_BYTES
    (width,) = {int(width) for dark, light, width, _ in _shown() if path.name in dark + light}
    assert _size(path)[0] == 2 * width


def test_make_pictures_makes_them(monkeypatch):
    pytest.importorskip("voila")
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "tools" / "pictures.py")
    pictures = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(pictures)
    names = {shot.name for shot in (*pictures.SHOTS, pictures.REPORT)}
    assert {f"{name}-{theme}" for name in names for theme in ("light", "dark")} == {
        path.stem for path in FILES
    }
    assert set(pictures.CELLS) == {shot.name for shot in pictures.SHOTS}
    assert all("simulated" in title or "made-up" in title for title, _ in pictures.CELLS.values())
    assert pictures.MOST_BYTES == MOST_BYTES
    assert "tools/pictures.py" in (ROOT / "Makefile").read_text()
