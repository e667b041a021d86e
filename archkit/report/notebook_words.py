"""Words of a kernel as a reader may see them: no terminal codes, no secrets, no machine's paths."""

from __future__ import annotations

import re
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from archkit.memory.redact import redact_text, redact_value, relative_paths
from archkit.plain import mapped_texts

__all__ = ["plain_value", "plain_words", "without_ansi"]

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ue000\ue001]")
_BEGIN = r"(?<![\w.~:/<\\-])"
_OF_SOMEBODY = re.compile(rf"{_BEGIN}(?:file://)?/(?:home/|Users/|root\b|tmp/)[\w.@+/-]*")
_PICTURE = re.compile(r"(data:image/[\w.+-]+;base64,[A-Za-z0-9+/=]+)")


def without_ansi(text: str) -> str:
    """Take a terminal's colours out of a text, and signs that no page can show."""
    return _CONTROL.sub("", _ANSI.sub("", text))


def plain_words(text: str, folder: Path) -> str:
    """Return a text without terminal codes, its secrets hidden, its paths no longer absolute.

    Pictures in it stay as they are: nothing in their bytes is a word.
    """
    pieces = _PICTURE.split(text)
    pieces[::2] = [_shortened(redact_text(without_ansi(p))[0], folder) for p in pieces[::2]]
    return "".join(pieces)


def plain_value(value: Any, folder: Path) -> Any:
    """Do the same to every text in a JSON value."""
    return mapped_texts(redact_value(value)[0], lambda text: _shortened(without_ansi(text), folder))


def _shortened(text: str, folder: Path) -> str:
    if "/" not in text:
        return text
    near = relative_paths(text, folder)
    near = _places().sub("…/", near)
    return _OF_SOMEBODY.sub(lambda found: f"…/{found[0].rstrip('/').rpartition('/')[2]}", near)


@cache
def _places() -> re.Pattern[str]:
    """Shape of the folders of this interpreter and of temporary files, the longest first."""
    known = (*sys.path, sys.prefix, sys.base_prefix, tempfile.gettempdir(), str(Path.cwd()))
    found = {place.rstrip("/") for place in known if place.startswith("/")}
    names = sorted((p for p in found if len(p) > 1), key=len, reverse=True)
    return re.compile(rf"{_BEGIN}(?:{'|'.join(map(re.escape, names))})/")
