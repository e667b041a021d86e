"""Reports of work on a memory as they are printed: what they say, and how to undo it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from archkit.cli.screen import Screen, plain_json

__all__ = ["counted", "megabytes", "preview", "told_pairs"]

_MOST = 12


def counted(number: int, noun: str) -> str:
    """Write a number of things."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def megabytes(size: float) -> str:
    """Write a size in bytes as MiB, small ones as KiB."""
    return f"{size / 2**20:,.1f} MB" if size >= 2**20 else f"{size / 2**10:,.1f} KB"


def told_pairs(report: Any, *, but: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Give what a report says that is not empty, as names and words."""
    for name, value in plain_json(report).items():
        if name not in but and value not in (None, "", [], {}, False):
            yield name.replace("_", " "), _words(name, value)


def preview(screen: Screen, apply: bool, undo: str) -> None:
    """Say that only a preview was shown, or how what was done can be undone: by a command."""
    if apply:
        screen.say(f"Done. To undo: {undo}" if undo.startswith("archkit") else undo, wrap=False)
    else:
        screen.say("This was a preview: nothing was changed. Do it with --apply.", style="bold")


def _words(name: str, value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{_words('', v)} {k}" for k, v in value.items())
    if isinstance(value, list):
        shown = "; ".join(_words("", item) for item in value[:_MOST])
        more = len(value) - _MOST
        return f"{shown}; and {more} more" if more > 0 else shown
    if name in ("bytes", "used_bytes", "limit_bytes"):
        return megabytes(float(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
