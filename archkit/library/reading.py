"""Reading the library's YAML files into patterns, solutions, concerns and components."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeAlias

from archkit.errors import LibraryError
from archkit.library.fit import check_entries, check_names, check_unique, misfit
from archkit.records import Pattern, Solution

__all__ = ["Concern", "Library", "read_library"]

Entries: TypeAlias = list[dict[str, Any]]
Stamp: TypeAlias = tuple[tuple[str, int, int], ...]

_HOME = Path(__file__).parent
_BLUEPRINT = re.compile(r"^( +)blueprint: *\n((?:\1 +.*\n|[ \t]*\n)+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Concern:
    """A choice that briefs call for; patterns whose kind is its slug are ways to answer it.

    `cues` are words and phrases of briefs that touch it, `facets` the context keys that matter
    to it, most important first, `gap` what to say when no pattern answers it.
    """

    slug: str
    title: str
    area: str
    cues: tuple[str, ...]
    facets: tuple[str, ...]
    gap: str = ""

    def __post_init__(self) -> None:
        """Let cues and facets be written as lists."""
        object.__setattr__(self, "cues", tuple(self.cues))
        object.__setattr__(self, "facets", tuple(self.facets))


@dataclass(frozen=True)
class Library:
    """Patterns, solutions, concerns and shared components; `version` is a hash of their files."""

    patterns: tuple[Pattern, ...] = ()
    solutions: tuple[Solution, ...] = ()
    concerns: tuple[Concern, ...] = ()
    components: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    version: str = ""

    def pattern(self, slug: str) -> Pattern:
        """Return the pattern called `slug`; `ValueError` if there is none."""
        for pattern in self.patterns:
            if pattern.slug == slug:
                return pattern
        raise ValueError(f"no pattern of the library is called {slug!r}")

    def alternatives(self, slug: str) -> tuple[Pattern, ...]:
        """Return what else answers the choice that the pattern called `slug` answers."""
        kind = self.pattern(slug).kind
        return tuple(p for p in self.patterns if p.kind == kind and p.slug != slug)

    def concern(self, slug: str) -> Concern:
        """Return the concern called `slug`; `ValueError` if there is none."""
        for concern in self.concerns:
            if concern.slug == slug:
                return concern
        raise ValueError(f"no concern of the library is called {slug!r}")

    def __repr__(self) -> str:
        """One line: how much is in it."""
        return (
            f"Library({len(self.patterns)} patterns, {len(self.solutions)} solutions, "
            f"{len(self.concerns)} concerns, version {self.version[:8]})"
        )


def read_library(folder: Path | str | None = None, *, check: bool = False) -> Library:
    """Read the library that comes with the kit, with a folder of your own laid over it.

    Parameters
    ----------
    folder
        Files in the same layout: `patterns/<area>.yaml`, and, if wanted, `solutions.yaml`,
        `concerns.yaml`, `components.yaml`. An entry replaces a shipped one of the same name.
    check
        Hold the shipped files, too, against `schema.json`; your own always are.

    Returns
    -------
    Library
        The same object until a file changes; blueprints are parsed when first looked at.

    Raises
    ------
    LibraryError
        The folder is missing, or a file does not fit: names file, entry and field.
    """
    if folder is None:
        return _read_cached(_stamp(_HOME), _HOME, check)
    own = Path(folder).expanduser()
    if not own.is_dir():
        raise LibraryError(
            f"There is no library folder {str(own)!r}.",
            why="The path does not exist or is not a folder.",
            mend="Give a folder that holds patterns/<area>.yaml.",
        )
    return _laid_over(read_library(check=check), _read_cached(_stamp(own), own, True))


def _laid_over(lower: Library, upper: Library) -> Library:
    library = Library(
        patterns=_replaced(lower.patterns, upper.patterns),
        solutions=_replaced(lower.solutions, upper.solutions),
        concerns=_replaced(lower.concerns, upper.concerns),
        components={**lower.components, **upper.components},
        version=hashlib.sha256(f"{lower.version}{upper.version}".encode()).hexdigest(),
    )
    check_names(upper, among=library)
    return library


def _replaced(lower: tuple[Any, ...], upper: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple({entry.slug: entry for entry in (*lower, *upper)}.values())


def _files(folder: Path) -> list[Path]:
    named = [folder / f"{name}.yaml" for name in ("components", "concerns", "solutions")]
    return [path for path in named if path.exists()] + sorted(folder.glob("patterns/*.yaml"))


def _stamp(folder: Path) -> Stamp:
    stats = ((path, path.stat()) for path in _files(folder))
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in stats)


@lru_cache(maxsize=8)
def _read_cached(stamp: Stamp, folder: Path, check: bool) -> Library:
    paths = {Path(path).relative_to(folder).as_posix(): Path(path) for path, *_ in stamp}
    texts = {name: _text(name, path) for name, path in paths.items()}
    version = hashlib.sha256("\0".join(f"{k}\0{v}" for k, v in texts.items()).encode()).hexdigest()
    patterns: list[Pattern] = []
    for name in (name for name in texts if name.startswith("patterns/")):
        patterns += _patterns(name, texts[name], check=check)
    library = Library(
        patterns=tuple(patterns),
        solutions=tuple(Solution.from_payload(e) for e in _entries("solution", texts, check)),
        concerns=tuple(Concern(**e) for e in _entries("concern", texts, check)),
        components=_components(texts, check)
        if check
        else _Later(partial(_components, texts, check)),
        version=version,
    )
    if check:
        check_unique(library)
    if check and folder == _HOME:
        check_names(library, among=library)
    return library


def _text(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LibraryError(
            f"The library file {name!r} cannot be read.",
            why=f"{getattr(error, 'strerror', None) or error}.",
            mend="Save it as text in UTF-8, readable to you.",
        ) from error


def _patterns(name: str, text: str, *, check: bool) -> Iterator[Pattern]:
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        held.append(match[2])
        return f"{match[1]}blueprint: {len(held) - 1}\n"

    page = _parse(name, text if check else _BLUEPRINT.sub(hold, text))
    if check:
        check_entries(name, "pattern", page)
    for entry in page["patterns"]:
        if isinstance(entry.get("blueprint"), int):
            entry["blueprint"] = _Later(partial(_parse, name, held[entry["blueprint"]]))
        yield Pattern.from_payload({"area": page["area"], "status": "active", **entry})


def _entries(kind: str, texts: Mapping[str, str], check: bool) -> Entries:
    name = f"{kind}s.yaml"
    if name not in texts:
        return []
    page = _parse(name, texts[name])
    if check:
        check_entries(name, kind, page)
    entries: Entries = page[f"{kind}s"]
    return entries


def _components(texts: Mapping[str, str], check: bool) -> dict[str, Any]:
    return {str(entry["name"]): entry for entry in _entries("component", texts, check)}


class _Later(Mapping[str, Any]):
    """A blueprint, or all components, still in YAML text: parsed when first looked at.

    Measured: parsing every blueprint takes four times as long as parsing the rest.
    """

    __slots__ = ("_read", "_value")

    def __init__(self, read: Callable[[], dict[str, Any]]) -> None:
        self._read = read
        self._value: dict[str, Any] | None = None

    def _parsed(self) -> dict[str, Any]:
        if self._value is None:
            self._value = self._read()
        return self._value

    def __getitem__(self, key: str) -> Any:
        return self._parsed()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parsed())

    def __len__(self) -> int:
        return len(self._parsed())

    def __repr__(self) -> str:
        return repr(self._parsed())


def _parse(name: str, text: str) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        page = yaml.load(text, Loader=loader)
    except yaml.YAMLError as error:
        raise LibraryError(
            f"The library file {name!r} cannot be read.",
            why=" ".join(str(error).split()),
            mend="Mend the YAML at that line.",
        ) from error
    if not isinstance(page, dict):
        raise misfit(name, "", "the file", f"it holds {type(page).__name__}, not keys and values")
    return page
