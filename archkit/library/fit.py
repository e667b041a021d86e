"""Holding library entries against `schema.json` and against each other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.errors import LibraryError
from archkit.records import FOCUS_AREAS

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

    from archkit.library.reading import Library

__all__ = ["check_entries", "check_names", "check_unique", "context_keys", "misfit", "misfits"]


@cache
def _definitions() -> dict[str, Any]:
    text = (Path(__file__).parent / "schema.json").read_text(encoding="utf-8")
    definitions: dict[str, Any] = json.loads(text)["$defs"]
    return definitions


@cache
def _validator(kind: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": _definitions()})


def check_entries(name: str, kind: str, page: Mapping[str, Any]) -> None:
    """Hold the entries of one file against the schema of their kind."""
    from jsonschema.exceptions import best_match

    if kind == "pattern":
        _check_known(name, "", "area", [str(page.get("area", ""))], set(FOCUS_AREAS))
        if name != f"patterns/{page['area']}.yaml":
            raise misfit(name, "", "area", f"a file of {page['area']!r} is called by that name")
    entries = page.get(f"{kind}s")
    if not isinstance(entries, list):
        raise misfit(name, "", f"{kind}s", "it is not a list of entries")
    for n, entry in enumerate(entries):
        error = best_match(_validator(kind).iter_errors(entry))
        if error is not None:
            label = entry.get("slug", entry.get("name")) if isinstance(entry, dict) else None
            where = ".".join(str(part) for part in error.absolute_path) or "the entry"
            raise misfit(name, f"{kind} {label or n!r}", where, error.message)


def context_keys() -> frozenset[str]:
    """Return the context keys that the library knows."""
    return frozenset(_definitions()["context"]["properties"])


def misfits(kind: str, entry: Any) -> list[tuple[str, str]]:
    """Return every way in which an entry does not fit its kind: the field, and what is wrong.

    A field that is not there, of the entry or of its approach, is "missing".
    """
    found: list[tuple[str, str]] = []
    for error in _validator(kind).iter_errors(entry):
        where = ".".join(str(part) for part in error.absolute_path)
        if error.validator == "required" and where in ("", "approach"):
            lacking = [field for field in error.validator_value if field not in error.instance]
            named = {(f"{where}.{field}".lstrip("."), "missing") for field in lacking}
            found += sorted(named - set(found))
        else:
            found.append((where or "the entry", error.message[:200]))
    return found


def check_unique(library: Library) -> None:
    """Hold that no two entries of a kind share a slug."""
    for kind in ("patterns", "solutions", "concerns"):
        seen: set[str] = set()
        for entry in getattr(library, kind):
            if entry.slug in seen:
                raise misfit(kind, entry.slug, "slug", "another entry has the same")
            seen.add(entry.slug)


def check_names(library: Library, among: Library) -> None:
    """Hold the names that `library` uses against what is `among` all: kinds, components, facets."""
    facets = set(_definitions()["context"]["properties"])
    kinds = {concern.slug for concern in among.concerns}
    for concern in library.concerns:
        _check_known("concerns.yaml", concern.slug, "facets", concern.facets, facets)
        _check_known("concerns.yaml", concern.slug, "area", [concern.area], set(FOCUS_AREAS))
    for pattern in library.patterns:
        name = f"patterns/{pattern.area}.yaml"
        _check_known(name, pattern.slug, "kind", [pattern.kind], kinds)
        uses = (pattern.blueprint or {}).get("uses", ())
        _check_known(name, pattern.slug, "uses", uses, set(among.components))


def _check_known(name: str, entry: str, where: str, words: Iterable[str], known: set[str]) -> None:
    for word in words:
        if word not in known:
            raise misfit(name, entry, where, f"{word!r} is none of {', '.join(sorted(known))}")


def misfit(name: str, entry: str, where: str, why: str) -> LibraryError:
    """Say which field of which entry of which file does not fit, and why."""
    of = f" of {entry}" if entry else ""
    return LibraryError(
        f"The library file {name!r} does not fit: {where}{of}.",
        why=why,
        mend="Write the field as archkit/library/schema.json states it.",
    )
