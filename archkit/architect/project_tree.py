"""The folders of a project, each with what it is for: the nearest and the fullest, not all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from archkit.architect.project_stack import for_development
from archkit.architect.purpose import language_of

__all__ = ["folders_of", "languages_of", "tree_of"]

_MOST_FOLDERS = 60
_DEEPEST = 4
_TELLING = (
    *("README.md", "readme.md", "README.rst", "__init__.py", "mod.rs", "lib.rs", "doc.go"),
    *("package-info.java", "package.json", "main.go", "index.ts", "index.js"),
)
_BY_NAME = {
    "tests": "tests", "test": "tests", "__tests__": "tests", "spec": "tests", "e2e": "tests from "
    "end to end", "docs": "documentation", "doc": "documentation", "migrations": "changes of the "
    "database's schema", "fixtures": "data for tests", "scripts": "scripts", "examples": "examples",
    "workflows": "CI workflows", "benchmarks": "benchmarks", "notebooks": "notebooks",
    "terraform": "infrastructure", "infra": "infrastructure", "k8s": "Kubernetes manifests",
    "helm": "Helm charts", "charts": "Helm charts", "deploy": "deployment", "public": "static "
    "files", "static": "static files", "assets": "static files", "locales": "translations",
    "proto": "Protobuf definitions", "models": "models", "controllers": "controllers",
    "routes": "routes", "handlers": "request handlers", "components": "interface components",
    "templates": "templates", "adr": "decision records", "adrs": "decision records",
}  # fmt: skip


def tree_of(
    files: Sequence[str], purpose: Callable[[str], str], told: Mapping[str, str] | None = None
) -> tuple[list[dict[str, Any]], int]:
    """Return folders, by path, and how many were left out.

    Parameters
    ----------
    files
        The project's files.
    purpose
        What a file says it is for, "" when it does not say.
    told
        What is said of a folder elsewhere, as by its manifest.

    Returns
    -------
    tuple
        Of `path`, `files` (in it and below) and `purpose` at most 60 folders, four levels deep at
        most: near ones before deep ones, full ones before empty ones. What a folder is for, a file
        in it says; else its name, or what it holds most of.
    """
    held, names, kinds = _counted(files)
    near = [path for path in held if path.count("/") < _DEEPEST and not _is_dull(path, names[path])]
    taken = sorted(near, key=lambda path: (path.count("/"), -held[path], path))[:_MOST_FOLDERS]
    tree = [
        {
            "path": f"{path}/",
            "files": held[path],
            "purpose": _purpose(path, names[path], kinds[path], purpose, told or {}),
        }
        for path in sorted(taken)
    ]
    return tree, len(held) - len(taken)


def _is_dull(path: str, telling: Sequence[str]) -> bool:
    """Whether a folder is a part of the tests, documents and the like, and says nothing itself."""
    above = path.rpartition("/")[0]
    return bool(above) and not telling and for_development(f"{above}/")


def folders_of(files: Sequence[str], purpose: Callable[[str], str], folder: str) -> dict[str, Any]:
    """Return what one folder holds and is for: `purpose`, `files`, `subdirectories`."""
    start = f"{folder}/" if folder else ""
    inside = [path for path in files if path.startswith(start)]
    deeper = {rest.split("/", 1)[0] for path in inside if "/" in (rest := path[len(start) :])}
    direct = [path for path in inside if "/" not in path[len(start) :]]
    kinds = Counter(language_of(path) for path in inside)
    return {
        "purpose": _purpose(folder, direct, kinds, purpose, {}) if inside else "",
        "files": len(inside),
        "subdirectories": sorted(deeper),
    }


def languages_of(files: Sequence[str]) -> dict[str, int]:
    """Return how many files each language has, the most first."""
    counts = Counter(map(language_of, files))
    counts.pop("", None)
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _counted(
    files: Sequence[str],
) -> tuple[Counter[str], Mapping[str, list[str]], Mapping[str, Counter[str]]]:
    """Count, by folder, the files below it, those in it that may tell its purpose, and kinds."""
    here: Counter[str] = Counter()
    names: dict[str, list[str]] = defaultdict(list)
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for path in files:
        folder, _, name = path.rpartition("/")
        here[folder] += 1
        kinds[folder][language_of(path)] += 1
        if name in _TELLING:
            names[folder].append(path)
    held: Counter[str] = Counter()
    for folder, count in here.items():
        mine = kinds[folder].copy()
        above = folder
        while above:
            held[above] += count
            if above != folder:
                kinds[above].update(mine)
            above = above.rpartition("/")[0]
    return held, names, kinds


def _purpose(
    path: str,
    direct: Sequence[str],
    kinds: Counter[str],
    purpose: Callable[[str], str],
    told: Mapping[str, str],
) -> str:
    by_name = {PurePosixPath(one).name: one for one in direct}
    for name in _TELLING:
        if name in by_name and (said := purpose(by_name[name])):
            return said
    if told.get(path):
        return told[path]
    named = _BY_NAME.get(PurePosixPath(path).name.lower(), "")
    languages = ", ".join(kind for kind, _ in kinds.most_common(3) if kind)
    return f"{named} ({languages})" if named and languages else named or languages
