"""What a project is, found by looking: read once, and again when a file of it changed.

Nothing is guessed by a model, nothing is run, and no link is followed: the same folder gives the
same project.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import Any

from archkit.architect.project_apis import API_BYTES, Api, is_api, read_api
from archkit.architect.project_manifests import Manifest, is_manifest, read_manifest
from archkit.architect.project_records import (
    decision_records,
    is_decision_record,
    open_in_texts,
    story_status,
    undecided,
)
from archkit.architect.project_services import Service, is_compose, services_in
from archkit.architect.project_stack import for_development, may_connect, schemes_in, stack_of
from archkit.architect.project_tree import languages_of, tree_of
from archkit.architect.purpose import purpose_of, readme_head
from archkit.architect.workspace import Listing, read_head

__all__ = ["Purposes", "read_project"]

_MANIFEST_BYTES = 512 * 1024
_PURPOSE_BYTES = 4_096
_MOST_KEPT = 8
_MOST_PURPOSES = 50_000
_MOST_SECONDS = 4.0
_MOST = {"manifests": 60, "compose files": 12, "settings files": 150, "API descriptions": 40}
_README = re.compile(r"readme(\.\w+)?", re.IGNORECASE)

_projects: OrderedDict[tuple[str, str], dict[str, Any]] = OrderedDict()
_purposes: dict[tuple[str, str], tuple[tuple[int, int], str]] = {}


class Purposes:
    """What the files of a listing say they are for, each read once until it changes."""

    def __init__(self, root: Path, listing: Listing) -> None:
        self._root, self._under = root, str(root.resolve())
        self._marks = dict(zip(listing.files, listing.marks, strict=True))

    def __call__(self, path: str) -> str:
        """Return it in one line, "" when the file does not say."""
        mark = self._marks.get(path)
        if mark is None:
            return ""
        kept = _purposes.get((self._under, path))
        if kept is not None and kept[0] == mark:
            return kept[1]
        said = purpose_of(path, read_head(self._root, path, limit=_PURPOSE_BYTES))
        if len(_purposes) >= _MOST_PURPOSES:
            _purposes.clear()
        _purposes[self._under, path] = (mark, said)
        return said


def read_project(
    root: Path, listing: Listing, *, most_seconds: float = _MOST_SECONDS
) -> dict[str, Any]:
    """Read what a project is; kept in the process until a file of it changes.

    Parameters
    ----------
    root, listing
        The project's folder and its files.
    most_seconds
        At most so long; what was not come to is named in `left_out`.

    Returns
    -------
    dict
        `name`, `files` (count), `complete`, `languages` (files of each), `tree`, `manifests`,
        `frameworks`, `data_stores` and `outside_services` (names, what only tests and development
        need left out), `stack` (each with where it was found), `services`, `api_specs` (paths),
        `apis`, `decision_records`, `story`, `open_questions`, `readme`, `readme_head`, `left_out`
        (by what: how many, or why). All paths are relative.
    """
    key = (str(root.resolve()), listing.stamp)
    kept = _projects.get(key)
    if kept is None:
        kept = _Looking(root, listing, time.monotonic() + most_seconds).project()
        if not kept.pop("hurried"):
            for older in [other for other in list(_projects) if other[0] == key[0]]:
                _projects.pop(older, None)
            _projects[key] = kept
            while len(_projects) > _MOST_KEPT:
                _projects.popitem(last=False)
    return kept


class _Looking:
    """One look through a project; `left_out` collects what it did not come to."""

    def __init__(self, root: Path, listing: Listing, until: float) -> None:
        self.root, self.files, self.complete = root, listing.files, listing.complete
        self.until, self.purpose = until, Purposes(root, listing)
        self.left_out: dict[str, Any] = {"unreadable folders": listing.shut} if listing.shut else {}
        self.hurried = False

    def project(self) -> dict[str, Any]:
        """Look at everything."""
        manifests = self.read("manifests", is_manifest, read_manifest, limit=_MANIFEST_BYTES)
        services = [
            s for some in self.read("compose files", is_compose, self.services) for s in some
        ]
        found: list[Api | None] = self.read("API descriptions", is_api, read_api, limit=API_BYTES)
        apis = [api for api in found if api is not None]
        stack = stack_of(manifests, services, self.schemes(services))
        records = [path for path in self.files if is_decision_record(path)]
        decided = self.in_time("decision records", decision_records, records)
        asked = self.in_time("open questions", open_in_texts, self.files)
        tree, folders_left = tree_of(self.files, self.purpose, _folders_told(manifests))
        if folders_left:
            self.left_out["folders"] = folders_left
        readme = min(
            (f for f in self.files if _README.fullmatch(f)), key=_readme_rank, default=None
        )
        return {
            "name": self.root.resolve().name,
            "files": len(self.files),
            "complete": self.complete,
            "languages": languages_of(self.files),
            "manifests": [_told(manifest) for manifest in manifests],
            **{
                key: [found.name for found in stack if found.kind == kind and found.used]
                for key, kind in (
                    ("frameworks", "framework"),
                    ("data_stores", "data store"),
                    ("outside_services", "service"),
                )
            },
            "stack": [asdict(found) for found in stack],
            "services": [_service(service) for service in services],
            "api_specs": [api.path for api in apis],
            "apis": [_told(api) for api in apis],
            "decision_records": decided,
            "story": story_status(self.root),
            "open_questions": [*undecided(decided), *asked],
            "readme": readme,
            "readme_head": readme_head(read_head(self.root, readme) or "") if readme else "",
            "tree": tree,
            "left_out": self.left_out,
            "hurried": self.hurried,
        }

    def read(
        self,
        what: str,
        is_one: Callable[[str], bool],
        read: Callable[[str, str], Any],
        *,
        limit: int = 64 * 1024,
    ) -> list[Any]:
        """Read the files of one kind, those of the running system and near ones first."""
        chosen = sorted(filter(is_one, self.files), key=_nearest)
        found = []
        for path in chosen[: _MOST[what]]:
            if self.late():
                break
            text = read_head(self.root, path, limit=limit)
            if text is not None:
                found.append(read(path, text))
        if len(chosen) > len(found):
            self.left_out[what] = len(chosen) - len(found)
        return found

    def services(self, path: str, text: str) -> Sequence[Service]:
        """Read a compose file; one that is not well-formed has none."""
        try:
            return services_in(path, text)
        except ValueError as error:
            self.left_out[path] = f"not read: {error}"[:160]
            return ()

    def schemes(self, services: Iterable[Service]) -> list[tuple[str, str]]:
        """Return the scheme of each connection string in settings and compose files."""
        found = [
            (s.path, scheme) for s in services for text in s.texts for scheme in schemes_in(text)
        ]
        told = self.read("settings files", may_connect, lambda path, text: (path, schemes_in(text)))
        found += [(path, scheme) for path, schemes in told for scheme in schemes]
        return list(dict.fromkeys(found))

    def in_time(self, what: str, look: Callable[..., list[Any]], paths: Sequence[str]) -> list[Any]:
        """Look through some files for as long as there is time."""
        found = look(self.root, paths, self.late)
        if self.late():
            self.left_out[what] = "there was no time for all"
        return found

    def late(self) -> bool:
        """Whether the time is up."""
        self.hurried = self.hurried or time.monotonic() > self.until
        return self.hurried


def _folders_told(manifests: Iterable[Manifest]) -> dict[str, str]:
    """Return what manifests say of their folders: what about, else the language and the name."""
    told: dict[str, str] = {}
    for manifest in manifests:
        named = f"{manifest.language}: {manifest.name}" if manifest.name else ""
        told.setdefault(manifest.path.rpartition("/")[0], (manifest.about or named)[:160])
    return told


def _nearest(path: str) -> tuple[bool, int, str]:
    return for_development(path), path.count("/"), path


def _readme_rank(path: str) -> tuple[bool, str]:
    return PurePosixPath(path).suffix.lower() not in (".md", ".rst"), path


def _told(value: Manifest | Api) -> dict[str, Any]:
    """Return what is not empty of a manifest or an API; tuples as lists."""
    fields = {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(value).items()}
    return {key: v for key, v in fields.items() if v}


def _service(service: Service) -> dict[str, Any]:
    fields = {
        **{"name": service.name, "path": service.path, "image": service.image},
        **{"built_from": service.built_from, "ports": list(service.ports)},
        "needs": list(service.needs),
    }
    return {key: value for key, value in fields.items() if value}
