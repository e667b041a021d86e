"""A Mermaid diagram: text that JupyterLab draws, with a title and a description to read aloud."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

__all__ = ["Diagram", "label"]

_UNSAFE = re.compile(r"[^\w .,:()/+'–…-]+")
_LIST_MARK = re.compile(r"^(?:[\s'.,:/+–…-]+|\d+[.)]\s+)+")


@dataclass(frozen=True)
class Diagram:
    """A diagram's Mermaid `source`, and its `title` and `description`, which the source holds too.

    A notebook draws it; `print(diagram.source)` is what to paste into a document. `is_empty` says
    that there was nothing to draw: the source then has a sentence instead.
    """

    source: str
    title: str
    description: str
    is_empty: bool = False

    def __repr__(self) -> str:
        kind, lines = self.source.split(maxsplit=1)[0], self.source.count("\n")
        return f"Diagram({self.title!r}, {kind}, {lines} lines)"

    def __str__(self) -> str:
        return self.source

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {
            "text/vnd.mermaid": self.source,
            "text/markdown": f"```mermaid\n{self.source}```\n",
            "text/plain": self.source,
        }


def label(text: str, longest: int = 60) -> str:
    """Return a text that means nothing to Mermaid, Markdown or HTML; "unnamed" if nothing is left.

    Only letters, digits and a few marks stay, so no quote, bracket, directive or tag gets through.
    """
    plain = " ".join(_UNSAFE.sub(" ", text[: 4 * longest]).split())
    plain = _LIST_MARK.sub("", plain)
    if len(plain) > longest:
        plain = plain[: longest - 1].rstrip() + "…"
    return plain if re.search(r"\w", plain) else "unnamed"
