"""Merging the blueprints of several patterns into one consistent design."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archkit.library.reading import Library
    from archkit.records import Pattern

__all__ = ["merged_blueprint"]

_KEYS = {
    "stores": ("name",),
    "endpoints": ("method", "path"),
    "tables": ("name",),
    "choices": ("for", "choose"),
    "security": ("threat",),
}
_LINES = ("scalability", "observability", "deployment", "assumes")
_TARGET = re.compile(r"\bREFERENCES\s+\"?(\w+)", re.IGNORECASE)


def merged_blueprint(library: Library, slugs: Iterable[str | Pattern]) -> dict[str, Any]:
    """Merge the blueprints of several patterns and of the components they use.

    Parameters
    ----------
    library
        Where the patterns and components are.
    slugs
        Patterns in the order of their weight, by slug, or as records when they are not of the
        library (`ValueError` for an unknown slug).

    Returns
    -------
    dict
        One blueprint with every key but `uses`: components first, then the patterns in order.
        Of parts with one name the first stands; a service named again gains the later `duties`
        and `talks_to`. Tables come after those that they refer to.
    """
    chosen = [library.pattern(s) if isinstance(s, str) else s for s in slugs]
    blueprints = [p.blueprint for p in chosen if p.blueprint]
    shared: dict[str, Mapping[str, Any]] = {}
    for blueprint in blueprints:
        _collect(library, blueprint, shared)
    parts = [*shared.values(), *blueprints]
    merged: dict[str, Any] = {
        "overview": "\n\n".join(p["overview"].strip() for p in parts if p.get("overview")),
        "services": _services(parts),
    }
    for name, keys in _KEYS.items():
        merged[name] = _firsts(parts, name, keys)
    for name in _LINES:
        merged[name] = list(dict.fromkeys(line for p in parts for line in p.get(name, ())))
    merged["tables"] = _targets_first(merged["tables"])
    return merged


def _collect(
    library: Library, blueprint: Mapping[str, Any], into: dict[str, Mapping[str, Any]]
) -> None:
    for name in blueprint.get("uses", ()):
        if name in into:
            continue
        if name not in library.components:
            raise ValueError(f"no component of the library is called {name!r}")
        _collect(library, library.components[name], into)
        into[name] = library.components[name]


def _firsts(parts: list[Mapping[str, Any]], name: str, keys: tuple[str, ...]) -> list[Any]:
    entries = [dict(entry) for part in parts for entry in part.get(name, ())]
    found: dict[tuple[Any, ...], Any] = {}
    for entry in entries:
        found.setdefault(tuple(entry[key] for key in keys), entry)
    return list(found.values())


def _services(parts: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for entry in (entry for part in parts for entry in part.get("services", ())):
        service = found.setdefault(entry["name"], {"name": entry["name"], "purpose": ""})
        service["purpose"] = service["purpose"] or entry.get("purpose", "")
        for key in ("duties", "talks_to"):
            held = service.setdefault(key, [])
            held += [item for item in entry.get(key, ()) if item not in held]
    return list(found.values())


def _targets_first(tables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    by_name = {table["name"]: table for table in tables}
    ordered: dict[str, dict[str, Any]] = {}
    entered: set[str] = set()

    def place(name: str) -> None:
        if name in entered or name not in by_name:
            return
        entered.add(name)
        for target in _TARGET.findall(by_name[name]["ddl"]):
            place(target)
        ordered[name] = by_name[name]

    for name in by_name:
        place(name)
    return list(ordered.values())
