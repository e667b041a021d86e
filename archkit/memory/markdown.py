"""Text in Markdown that a notebook shows as such; what is quoted in it cannot act."""

from __future__ import annotations

import re

__all__ = ["Markdown", "bullet", "quoted"]

_TAG = re.compile(r"<(?=[A-Za-z/!?])")


class Markdown(str):
    """A text; a notebook renders it."""

    __slots__ = ()

    def _repr_markdown_(self) -> str:
        return str(self)


def quoted(text: object) -> str:
    """Return a text on one line in which no tag begins."""
    return _TAG.sub(r"\\<", " ".join(str(text).split()))


def bullet(name: str, texts: list[str] | tuple[str, ...], *, indent: int = 3) -> list[str]:
    """Return a line that names texts, none if there are none."""
    told = "; ".join(quoted(text) for text in texts)
    return [f"{' ' * indent}- {name}: {told}"] if told else []
