"""Whether a file is an ADR at all: or a template, an index, or something else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from archkit.decisions.adr_source import LARGEST_BYTES

if TYPE_CHECKING:
    from archkit.decisions.adr_field import Field

__all__ = ["kind_of"]

_INDEX = re.compile(r"(?i)(?:readme|index|toc|table-of-contents|summary|_index)\.\w+")
_TEMPLATE_NAME = re.compile(
    r"(?i)(?:(?:m?adr|decision|records?|architectur(?:e|al)|any)?\d*[\W_]+)*templates?"
    r"(?:[\W_]+(?:bare|minimal|full|short|long|nygard|m?adr|\d+))*(?:\.\w+)?"
)
_PLACEHOLDER = re.compile(
    r"(?i)^\s*[\[{<]?\s*(?:short title|title of|short noun phrase|decision title|adr title|title\b)"
    r"|^\s*[\[{<][^\]}>]*\btitle\b"
)


def kind_of(
    text: str, name: str, fields: Mapping[str, Field] | None = None, records: int = 1
) -> tuple[str, str]:
    """Return what a file is, and why it is no ADR if it is none.

    `records` says how many of its headings name a record. Without `fields` only what shows before
    reading is judged: binary, empty, too large.
    """
    if fields is None:
        if "\x00" in text:
            return "not an adr", "it is no text: it holds a zero byte"
        if len(text) > LARGEST_BYTES:
            return "not an adr", f"it is larger than {LARGEST_BYTES // 1_000_000} MB"
        if not text.strip("\ufeff \t\r\n"):
            return "not an adr", "it is empty"
        return "adr", ""
    if records > 1:
        return "index", f"it holds {records} records; each needs a file of its own"
    if _INDEX.fullmatch(name):
        return "index", "its name is that of an index"
    title = str(fields["title"].text)
    if _TEMPLATE_NAME.fullmatch(name) or _PLACEHOLDER.search(title):
        return "template", "its name or its title is a template's"
    has = {key for key, found in fields.items() if found.state != "absent"}
    if "decision" in has or (
        "context" in has and has & {"status", "consequences", "options", "drivers"}
    ):
        return "adr", ""
    tells = {"consequences", "options", "deciders"}
    if fields["status"].state == "found" and has & tells:  # some say what was decided in prose
        return "adr", ""
    return "not an adr", "it has neither a decision nor a context with anything decided"
