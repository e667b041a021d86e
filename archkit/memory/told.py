"""What a report of work on a memory has in common: as JSON, as one line, as a small table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from archkit.plain import plain, shown_path

__all__ = ["Told", "megabytes"]


class Told:
    """A frozen dataclass that is shown; fields are told in the order in which they stand."""

    def as_json(self) -> dict[str, Any]:
        """Return plain JSON values, paths as a reader may see them."""
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        return {f.name: _plain(getattr(self, f.name)) for f in fields}

    def __repr__(self) -> str:
        """One line: what is not empty, long lists by their length."""
        told = ", ".join(f"{name}={_short(value)}" for name, value in self._said())
        return f"{type(self).__name__}({told})"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{escape(name.replace('_', ' '))}</th>"
            f"<td style='text-align:left'>{escape(_long(value))}</td></tr>"
            for name, value in self._said()
        )
        return f"<table>{rows}</table>"

    def _said(self) -> list[tuple[str, Any]]:
        said = self.as_json().items()
        return [(name, value) for name, value in said if value not in (None, "", [], {})]


def megabytes(size: float) -> str:
    """Return a size in bytes as a reader wants it: MiB, or bytes where that would be 0.0."""
    return f"{size / 1_048_576:,.1f} MB" if size >= 52_429 else f"{size:,.0f} bytes"


def _plain(value: Any) -> Any:
    if isinstance(value, Told):
        return value.as_json()
    if isinstance(value, Path):
        return shown_path(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return plain(value)


def _short(value: Any) -> str:
    if isinstance(value, list) and len(value) > 3:
        return f"<{len(value)}>"
    return repr(value) if len(repr(value)) <= 120 else f"{repr(value)[:117]}..."


def _long(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_long(item)}" for key, item in value.items())
    if isinstance(value, list):
        shown = "; ".join(_long(item) for item in value[:20])
        return f"{shown}; and {len(value) - 20} more" if len(value) > 20 else shown
    return str(value)
