"""Plotly's script for a page: packed, and no more of it than the page's figures need."""

from __future__ import annotations

import base64
import gzip
import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

__all__ = ["Bundle", "bundle_of", "marked_traces"]

_FIGURE = re.compile(r'data-figure="[^"]*"(?: data-traces="([a-z0-9 ]*)")?')
_BASIC = frozenset(("bar", "pie", "scatter"))
_VERSION = "4.1.1"
_LEVEL = 6


class Bundle(NamedTuple):
    """Plotly as a page carries it.

    Attributes
    ----------
    block
        The element that holds the packed script.
    script
        The script once it is unpacked, of which the page's policy must name the hash.
    note
        Why the page holds all of Plotly although a small page was asked for; else empty.
    """

    block: str
    script: str
    note: str = ""


def marked_traces(types: frozenset[str]) -> str:
    """Return the attribute by which a figure's place in a page says what it is drawn of."""
    return f'data-traces="{" ".join(sorted(types))}"'


def bundle_of(body: str, *, slim: bool) -> Bundle | None:
    """Return what draws the figures in a page's body; None, and no byte, where there is none.

    Parameters
    ----------
    body
        The page's body, its figures marked by `marked_traces`.
    slim
        Take the part of Plotly that draws bars, pies and points, if the figures need no more and
        it is of the version that is installed.
    """
    found = _FIGURE.findall(body)
    if not found:
        return None
    if not slim:
        return _whole("")
    more = sorted({name for types in found for name in types.split() or ["more"]} - _BASIC)
    if more:
        drawn = f"its part draws {', '.join(sorted(_BASIC))}, and here is {', '.join(more)}"
        return _whole(f"This page holds all of Plotly: {drawn}.")
    from plotly.offline import get_plotlyjs_version

    installed = get_plotlyjs_version()
    if installed != _VERSION:
        return _whole(
            f"This page holds all of Plotly {installed}: archkit has a part of {_VERSION}."
        )
    return _basic()


@cache
def _whole(note: str) -> Bundle:
    packed, script = _installed()
    return Bundle(_block(packed), script, note)


@cache
def _installed() -> tuple[bytes, str]:
    from plotly.offline import get_plotlyjs

    script: str = get_plotlyjs()
    return gzip.compress(script.encode(), _LEVEL, mtime=0), script


@cache
def _basic() -> Bundle:
    packed = (files("archkit") / "library" / "plotly" / "plotly-basic.min.js.gz").read_bytes()
    return Bundle(_block(packed), gzip.decompress(packed).decode())


def _block(packed: bytes) -> str:
    data = base64.b64encode(packed).decode()
    return f'<script type="application/gzip" id="archkit-plotly">{data}</script>'
