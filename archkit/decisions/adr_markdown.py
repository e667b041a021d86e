"""Any text as a piece of Markdown that cannot break out of its place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from archkit.proposal.outline import block_tokens

__all__ = ["in_words", "one_line", "prose", "safe_json", "scalar", "unescaped"]

_LEAD = re.compile(r"^(\s*)([#>*+=~|`:_-]|\d{1,9}[.)](?=\s|$))")
_BREAKS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORD = re.compile(r"[A-Za-z][\w ./-]{0,60}(?<! )")
_YAML_WORDS = {"y", "n", "yes", "no", "true", "false", "on", "off", "null"}


def one_line(text: str) -> str:
    """Return a text as one line of Markdown, with no tag and nothing that begins a block."""
    line = " ".join(_BREAKS.sub(" ", _encodable(text)).split(" ")).strip()
    line = _TAG.sub("&lt;", line)
    lead = _LEAD.match(line)
    if lead is None:
        return line
    mark = lead[2]
    escaped = f"{mark[:-1]}\\{mark[-1]}" if mark[0].isdigit() else f"\\{mark}"
    return escaped + line[lead.end() :]


def prose(text: str) -> str:
    """Return a text of several lines: as it is where it is paragraphs only, else as a quotation."""
    text = _TAG.sub("&lt;", _encodable(text).replace("\r\n", "\n").replace("\r", "\n")).strip()
    if "\n" not in text:
        return one_line(text)
    kinds = {token.type for token in block_tokens(text)}
    if kinds <= {"paragraph_open", "inline", "paragraph_close"}:
        return text
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def unescaped(text: str) -> str:
    """Return what a line was before `one_line`, as far as can be told."""
    return re.sub(r"^(\d{0,9})\\(?=[#>*+=~|`:_.)-])", r"\1", text).replace("&lt;", "<")


def in_words(value: Any) -> str:
    """Return a JSON value as a reader wants it, on one line."""
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, list | tuple) and all(isinstance(v, str | int | float) for v in value):
        return ", ".join(in_words(item) for item in value) or "none"
    if isinstance(value, Mapping | list | tuple):
        return one_line(safe_json(value, indent=None))
    return {True: "yes", False: "no", None: "not known"}.get(value, str(value))


def safe_json(value: Any, *, indent: int | None = 2) -> str:
    """Return strict JSON that no fence, tag or encoding can be broken with."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    text = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    text = text.replace("\x85", "\\u0085").replace("\ufeff", "\\ufeff").replace("\x7f", "\\u007f")
    return _SURROGATE.sub(lambda m: f"\\u{ord(m.group()):04x}", text)


def scalar(text: str) -> str:
    """Return a text as a value of front matter, in quotes where YAML needs them."""
    plain = _WORD.fullmatch(text) and text.casefold() not in _YAML_WORDS
    return text if plain else safe_json(text)


def _encodable(text: str) -> str:
    return _SURROGATE.sub("\ufffd", text.replace("\0", "\ufffd"))
