"""What a reader sees of a report: its text, without tags, scripts and styles."""

from __future__ import annotations

import re

from archkit.report.document import Document


def visible(page: str) -> str:
    text = re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)).replace("\u202f", " ")


def body(document: Document, name: str) -> str:
    """Return the text of a section, by the section's name."""
    return visible(next(each.body for each in document.sections if each.name == name))
