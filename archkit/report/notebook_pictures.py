"""Pictures as data in the page: from outputs, from attachments, from files beside the notebook."""

from __future__ import annotations

import base64
import binascii
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from archkit.decisions.adr_git import repository_of
from archkit.markup import esc
from archkit.plain import missing

if TYPE_CHECKING:
    from archkit.report.notebook_tally import Tally

__all__ = ["data_picture", "decoded", "linked_picture", "picture", "svg_picture"]

_LARGEST = 20_000_000
_SIGNS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_SVG = re.compile(rb"^\s*(?:<\?xml.*?\?>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE[^>]*>\s*)*<svg[\s>]", re.S)
_DATA = re.compile(r"data:image/(?:png|jpeg|jpg|gif|webp|svg\+xml)(;base64)?,", re.IGNORECASE)
_SIZE = re.compile(r"\d{1,4}")


def picture(content: bytes, alt: str, *, width: object = None, height: object = None) -> str | None:
    """Return a picture as an element, told by its first bytes; None where it is none."""
    kind = _kind_of(content)
    if kind is None:
        return None
    source = f"data:{kind};base64,{base64.b64encode(content).decode()}"
    return data_picture(source, alt, width=width, height=height)


def data_picture(source: str, alt: str, *, width: object = None, height: object = None) -> str:
    """Return the element of a picture whose source is data."""
    size = "".join(
        f' {name}="{value}"'
        for name, value in (("width", width), ("height", height))
        if not missing(value) and _SIZE.fullmatch(str(value))
    )
    return f'<img class="picture" src="{esc(source)}" alt="{esc(alt)}"{size}>'


def svg_picture(text: str, alt: str) -> str:
    """Return a drawing as a picture: within one, nothing of it can act or ask for anything."""
    if "xmlns=" not in text.partition(">")[0]:
        text = text.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    source = f"data:image/svg+xml;base64,{base64.b64encode(text.encode()).decode()}"
    return data_picture(source, alt)


def linked_picture(
    source: str, alt: str, tally: Tally, *, width: object = None, height: object = None
) -> str:
    """Return the picture that a text names: data, or a file of the notebook's folder or repository.

    One from the network, one that is not there, and what is no picture is counted and named.
    """
    called = f" ({alt})" if alt else ""
    tally.pictures += 1
    alt = alt or f"Picture {tally.pictures}"
    if _DATA.match(source):
        return data_picture(source, alt, width=width, height=height)
    try:
        parts = urlsplit(source)
    except ValueError:
        return tally.cannot_show(f"a picture whose address cannot be read{called}", inline=True)
    if parts.scheme or parts.netloc:
        kind = "a picture from the network" if parts.netloc else f"a picture by {parts.scheme}:"
        return tally.cannot_show(f"{kind}{called}", inline=True)
    name = unquote(parts.path)
    if name.startswith(("/", "~")) or "\0" in name:
        return tally.cannot_show(f"a picture by an absolute path{called}", inline=True)
    if (around := _left(tally.folder, name)) is not None:
        what = f"the picture {name[:80]!r}, which is outside the notebook's {around}"
        return tally.cannot_show(what, inline=True)
    content = _content(tally.folder / name)
    if content is None:
        return tally.cannot_show(f"the picture {name[:80]!r}, which is not there", inline=True)
    found = picture(content, alt, width=width, height=height)
    return found or tally.cannot_show(f"{name[:80]!r}, which is no picture", inline=True)


def decoded(text: str) -> bytes:
    """Return the bytes of base64; none where it is not."""
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""


def _left(folder: Path, name: str) -> str | None:
    """Tell what of a notebook a file is outside of, links followed; None where it is within it.

    A page is handed out, and not whoever wrote a picture's name into an output may choose of what.
    """
    root = repository_of(folder.resolve())
    try:
        within = (folder / name).resolve().is_relative_to(root or folder.resolve())
    except (OSError, RuntimeError):  # links that go round in a circle
        within = False
    return None if within else "repository" if root else "folder"


def _content(path: Path) -> bytes | None:
    with suppress(OSError):
        if path.is_file() and path.stat().st_size <= _LARGEST:
            return path.read_bytes()
    return None


def _kind_of(content: bytes) -> str | None:
    for sign, kind in _SIGNS:
        if content.startswith(sign):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "image/svg+xml" if _SVG.match(content[:4096]) else None
