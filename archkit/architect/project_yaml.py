"""YAML of projects, written by anybody: what would crash or stall its reader is refused first."""

from __future__ import annotations

import re
from typing import Any

import yaml

__all__ = ["LONGEST_YAML", "read_yaml"]

LONGEST_YAML = 512 * 1024
"""Characters; a longer text takes seconds."""

_DEEPEST = 100
_MOST_MERGES = 500
_MOST_MERGED = 10_000
_SAME_LINE = re.compile(r"^[ \t]*(?:[-?:][ \t]+){50}", re.MULTILINE)
_INDENTED = re.compile(r"^ {800}", re.MULTILINE)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Careful(_Loader):  # type: ignore[misc]
    """Merges no more than so many keys: each merge of merges multiplies them."""

    def flatten_mapping(self, node: Any) -> None:
        super().flatten_mapping(node)
        if len(node.value) > _MOST_MERGED:
            raise yaml.YAMLError("its merges (<<) grow without end")


def read_yaml(text: str) -> Any:
    """Read the first document of a YAML text, plain values only.

    Raises
    ------
    ValueError
        It is not well-formed, too long, or nested so deeply that libyaml would end the process.
    """
    if len(text) > LONGEST_YAML:
        raise ValueError(f"it is longer than {LONGEST_YAML // 1024} KiB")
    if _SAME_LINE.search(text) or _INDENTED.search(text) or _nests(text):
        raise ValueError("it is nested too deeply")
    if text.count("<<") > _MOST_MERGES:
        raise ValueError("it merges (<<) too often")
    loader = _Careful(text)
    try:
        return loader.get_data() if loader.check_data() else None
    except (yaml.YAMLError, RecursionError, OverflowError, TypeError) as error:
        raise ValueError(" ".join(str(error).split())[:200]) from error
    finally:
        loader.dispose()


def _nests(text: str) -> bool:
    """Whether brackets nest too deeply; where there are few, nothing need be read to tell."""
    if text.count("[") + text.count("{") <= _DEEPEST:
        return False
    depth = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > _DEEPEST:
                return True
    except (yaml.YAMLError, RecursionError):
        return False  # the reader itself will say what is wrong, and stop at the same place
    return False
