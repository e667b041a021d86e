"""A briefing in bounds: what matters least is shortened first, and what is left out is said."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = ["MOST_CHARACTERS", "fitted", "size_of"]

MOST_CHARACTERS = 24_000
"""Of the briefing as JSON, `<` escaped, as it is sent: some 6,000 tokens."""

# What is shortened, in this order, and again from the start; a last word of `*` is each entry's.
_LISTS: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (("project", "manifests", "*", "develops_with"), 12, "development dependencies"),
    (("project", "apis", "*", "types"), 30, "types"),
    (("project", "stack", "*", "where"), 4, "places"),
    (("project", "manifests", "*", "needs"), 40, "dependencies"),
    (("project", "apis", "*", "offers"), 60, "operations"),
    (("project", "manifests"), 24, "manifests"),
    (("project", "tree"), 60, "folders"),
    (("project", "services"), 24, "services"),
    (("project", "apis"), 16, "API descriptions"),
    (("project", "decision_records"), 60, "decision records"),
    (("project", "open_questions"), 20, "open questions"),
    (("project", "api_specs"), 16, "API descriptions"),
    (("briefing", "file_purposes"), 12, "purposes"),
    (("project", "stack"), 60, "technologies"),
    (("briefing", "related_activity"), 8, "activities"),
    (("briefing", "relevant_paths"), 12, "relevant paths"),
    (("project", "languages"), 16, "languages"),
    (("project", "frameworks"), 40, ""),
    (("project", "data_stores"), 40, ""),
    (("project", "outside_services"), 40, ""),
    (("project", "left_out"), 20, ""),
)
_LONGEST = 600
_SHORTEST = 60


def size_of(briefing: Mapping[str, Any]) -> int:
    """Return how many characters a briefing has as it is sent."""
    text = json.dumps(briefing, ensure_ascii=False, default=str)
    return len(text) + 5 * text.count("<")


def fitted(briefing: Mapping[str, Any], most: int = MOST_CHARACTERS) -> dict[str, Any]:
    """Return a briefing with at most so many characters; the given one stays as it is.

    Parameters
    ----------
    briefing
        Of `get_task_briefing`.
    most
        At most so many, never less than 2,000.

    Returns
    -------
    dict
        Lists are shortened from their end, what matters least first, and counted in
        ``project.left_out``; last, texts are cut.
    """
    most = max(most, 2_000)
    copy: dict[str, Any] = json.loads(json.dumps(briefing, ensure_ascii=False, default=str))
    left_out: dict[str, Any] = copy.get("project", {}).setdefault("left_out", {})
    for places, allowed, what in _LISTS:
        _shorten(copy, places, allowed, what, left_out)
    share = 1.0
    while size_of(copy) > most and share > 0.001:
        share /= 2
        for places, allowed, what in _LISTS:
            _shorten(copy, places, int(allowed * share), what, left_out)
            if size_of(copy) <= most:
                break
    longest = _LONGEST
    while size_of(copy) > most and longest >= _SHORTEST:
        copy = _cut(copy, longest)
        longest //= 2
    return copy


def _shorten(
    value: Any, places: tuple[str, ...], allowed: int, what: str, left_out: dict[str, Any]
) -> None:
    place, *rest = places
    if place == "*":
        for item in value:
            _shorten(item, tuple(rest), allowed, what, left_out)
        return
    held = value.get(place) if isinstance(value, dict) else None
    if rest:
        if held:
            _shorten(held, tuple(rest), allowed, what, left_out)
    elif isinstance(held, list | dict) and len(held) > allowed:
        if what:
            left_out[what] = _sum(left_out.get(what), len(held) - allowed)
        kept = list(held)[:allowed]
        value[place] = {key: held[key] for key in kept} if isinstance(held, dict) else kept


def _sum(before: Any, more: int) -> int:
    return more + (before if isinstance(before, int) else 0)


def _cut(value: Any, longest: int) -> Any:
    if isinstance(value, str):
        return value if len(value) <= longest else f"{value[: longest - 1]}…"
    if isinstance(value, dict):
        return {key[:longest]: _cut(item, longest) for key, item in value.items()}
    return [_cut(item, longest) for item in value] if isinstance(value, list) else value
