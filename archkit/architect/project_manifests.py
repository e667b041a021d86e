"""What a project says it is and depends on: its manifests, each read in its own format.

Python, Node, Go, Rust, Java and Kotlin, .NET, and by name only Ruby, PHP and Elixir. Nothing is run
and nothing fetched; a manifest that cannot be read is listed with the reason.
"""

from __future__ import annotations

import configparser
import fnmatch
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from archkit.architect.project_xml import read_dotnet, read_maven
from archkit.architect.project_yaml import read_yaml

__all__ = ["Manifest", "is_manifest", "read_manifest"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest: `needs` at run time, `develops_with` besides; names as their registry has them.

    `trouble` says why it could not be read, "" when it could.
    """

    path: str
    language: str
    name: str = ""
    version: str = ""
    about: str = ""
    needs: tuple[str, ...] = ()
    develops_with: tuple[str, ...] = ()
    trouble: str = ""


_Read = dict[str, Any]
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?=$|[\[<>=!~;@#,(])")
_PROGRAM = 64 * 1024  # characters read of a manifest that is a program: its shape is searched for
_DEVELOPMENT = re.compile(
    r"dev|test|lint|doc|typ|format|bench|check|style|ci\b|tool", re.IGNORECASE
)


def is_manifest(path: str) -> bool:
    """Whether a file is a manifest that is read, by its name."""
    return bool(_ANY.fullmatch(path.rpartition("/")[2]))


def read_manifest(path: str, text: str | None) -> Manifest:
    """Read a manifest.

    Parameters
    ----------
    path
        Its name tells the format.
    text
        What it says; None when it cannot be read as text.

    Raises
    ------
    ValueError
        It is no manifest.
    """
    language, read = _reader(path)
    if text is None:
        return Manifest(path, language, trouble="it cannot be read as text")
    try:
        said = read(text)
    except RecursionError:
        return Manifest(path, language, trouble="it is nested too deeply")
    except (ValueError, LookupError, TypeError, AttributeError, configparser.Error) as error:
        return Manifest(path, language, trouble=f"it is not well-formed ({_first(error)})")
    needs = tuple(dict.fromkeys(_texts(said.get("needs"))))
    besides = dict.fromkeys(_texts(said.get("develops_with")))
    return Manifest(
        path,
        language,
        name=_line(said.get("name"), 100)
        or (PurePosixPath(path).stem if language == ".NET" else ""),
        version=_line(said.get("version"), 40),
        about=_line(said.get("about"), 200),
        needs=needs,
        develops_with=tuple(name for name in besides if name not in needs),
    )


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:100]


def _line(value: Any, longest: int) -> str:
    return " ".join(value.split())[:longest] if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    given = value if isinstance(value, Iterable) else ()
    return [item.strip()[:200] for item in given if isinstance(item, str) and item.strip()]


def _map(value: Any, *keys: str) -> Mapping[str, Any]:
    """Return the table under some keys, an empty one where there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, Mapping) else {}


def _requirements(lines: Iterable[Any]) -> list[str]:
    """Return the names of PEP 508 requirements, as PyPI writes them."""
    found = (_NAME.match(line) for line in lines if isinstance(line, str))
    return [re.sub(r"[-_.]+", "-", name[1]).lower() for name in found if name]


def _pyproject(text: str) -> _Read:
    said = tomllib.loads(text)
    project, poetry = _map(said, "project"), _map(said, "tool", "poetry")
    needs = _requirements(project.get("dependencies") or ())
    needs += _requirements(name for name in _map(poetry, "dependencies") if name != "python")
    besides = _requirements(_map(poetry, "dev-dependencies"))
    for name, listed in _map(project, "optional-dependencies").items():
        (besides if _DEVELOPMENT.match(name) else needs).extend(_requirements(listed))
    for listed in _map(said, "dependency-groups").values():
        besides += _requirements(listed)
    for name, group in _map(poetry, "group").items():
        into = besides if _DEVELOPMENT.match(name) else needs
        into.extend(_requirements(_map(group, "dependencies")))
    return {
        "name": project.get("name") or poetry.get("name"),
        "version": project.get("version") or poetry.get("version"),
        "about": project.get("description") or poetry.get("description"),
        "needs": needs,
        "develops_with": besides,
    }


def _requirements_file(text: str) -> _Read:
    return {"needs": _requirements(line for line in text.splitlines() if line[:1] not in "#-")}


def _development_file(text: str) -> _Read:
    return {"develops_with": _requirements_file(text)["needs"]}


def _setup_cfg(text: str) -> _Read:
    said = configparser.RawConfigParser(strict=False)
    said.read_string(text)
    metadata = dict(said["metadata"]) if said.has_section("metadata") else {}
    needs = said.get("options", "install_requires", fallback="").splitlines()
    besides: list[str] = []
    if said.has_section("options.extras_require"):
        for name, listed in said["options.extras_require"].items():
            (besides if _DEVELOPMENT.match(name) else needs).extend(listed.splitlines())
    return {
        **{"name": metadata.get("name"), "version": metadata.get("version")},
        "about": metadata.get("description"),
        "needs": _requirements(needs),
        "develops_with": _requirements(besides),
    }


def _setup_py(text: str) -> _Read:
    """Read what a setup.py states in plain words; it is never run."""
    text = text[:_PROGRAM]
    said = {key: _quoted(text, key) for key in ("name", "version", "description")}
    listed = re.search(r"install_requires\s*=\s*\[([^\]]{0,5000})\]", text)
    needs = re.findall(r"[\"']([^\"'\n]+)[\"']", listed[1]) if listed else []
    return {"name": said["name"], "version": said["version"], "about": said["description"]} | {
        "needs": _requirements(needs)
    }


def _quoted(text: str, key: str) -> str | None:
    found = re.search(rf"\b{key}\s*=\s*[\"']([^\"'\n]{{1,300}})[\"']", text)
    return found[1] if found else None


def _pipfile(text: str) -> _Read:
    said = tomllib.loads(text)
    return {
        "needs": _requirements(_map(said, "packages")),
        "develops_with": _requirements(_map(said, "dev-packages")),
    }


def _environment_yml(text: str) -> _Read:
    said = _map(read_yaml(text))
    listed = said.get("dependencies") or []
    inner = [name for one in listed if isinstance(one, Mapping) for name in one.get("pip") or ()]
    needs = _requirements([*(n for n in listed if isinstance(n, str)), *inner])
    return {"name": said.get("name"), "needs": [n for n in needs if n not in ("python", "pip")]}


def _package_json(text: str) -> _Read:
    said = _map(json.loads(text))
    return {
        **{"name": said.get("name"), "version": said.get("version")},
        "about": said.get("description"),
        "needs": [*_map(said, "dependencies"), *_map(said, "optionalDependencies"),
                  *_map(said, "peerDependencies")],
        "develops_with": list(_map(said, "devDependencies")),
    }  # fmt: skip


def _go_mod(text: str) -> _Read:
    said: _Read = {"needs": []}
    inside = ""
    for line in text.splitlines():
        # What only a dependency needs says nothing of the project itself.
        words = [] if line.rstrip().endswith("// indirect") else line.split("//")[0].split()
        if words[1:] == ["("]:
            inside = words[0]
        elif words == [")"]:
            inside = ""
        elif len(words) > 1 and "require" in (inside, words[0]):
            said["needs"].append(re.sub(r"/v\d+$", "", words[-2]))
        elif words[:1] == ["module"]:
            said["name"] = words[-1]
        elif words[:1] == ["go"]:
            said["version"] = f"go {words[-1]}"
    return said


def _cargo(text: str) -> _Read:
    said = tomllib.loads(text)
    package = _map(said, "package")
    needs = [*_map(said, "dependencies"), *_map(said, "workspace", "dependencies")]
    for table in _map(said, "target").values():
        needs += _map(table, "dependencies")
    return {
        **{"name": package.get("name"), "version": package.get("version")},
        "about": package.get("description"),
        "needs": needs,
        "develops_with": [*_map(said, "dev-dependencies"), *_map(said, "build-dependencies")],
    }


def _gradle(text: str) -> _Read:
    """Read the coordinates a build.gradle names; it is a program, and is never run."""
    text = re.sub(r"/\*.*?(?:\*/|\Z)|(?<!:)//[^\n]*", "", text[:_PROGRAM], flags=re.DOTALL)
    called = re.findall(
        r"\b(\w*(?:[iI]mplementation|api|[cC]ompile|[rR]untimeOnly|[cC]ompileOnly|kapt))\b"
        r"\s{0,9}\(?\s{0,9}(?:(?:enforced)?[pP]latform\s{0,9}\(\s{0,9})?[\"']([\w.-]+:[\w.-]+)",
        text,
    )
    plugins = re.findall(r"\bid\s{0,9}\(?\s{0,9}[\"']([\w.-]+)[\"']", text)
    return {
        "needs": [*(n for how, n in called if "est" not in how), *(f"plugin:{p}" for p in plugins)],
        "develops_with": [name for how, name in called if "est" in how],
    }


def _solution(text: str) -> _Read:
    return {"needs": [], "about": ", ".join(
        re.findall(r'^Project\("[^"]*"\)\s*=\s*"([^"]+)"', text, re.MULTILINE)[:12])}  # fmt: skip


def _gemfile(text: str) -> _Read:
    return {"needs": re.findall(r"^[ \t]*gem[ \t]+[\"']([\w./-]+)[\"']", text, re.MULTILINE)}


def _composer(text: str) -> _Read:
    said = _map(json.loads(text))
    needs = [name for name in _map(said, "require") if "/" in name]
    return {"name": said.get("name"), "about": said.get("description"), "needs": needs} | {
        "develops_with": list(_map(said, "require-dev"))
    }


def _mix(text: str) -> _Read:
    return {"needs": re.findall(r"\{:(\w+),", text)}


_READERS: tuple[tuple[str, str, Callable[[str], _Read]], ...] = (
    ("pyproject.toml", "Python", _pyproject),
    ("requirements*dev*.txt", "Python", _development_file),
    ("requirements*test*.txt", "Python", _development_file),
    ("dev*requirements.txt", "Python", _development_file),
    ("test*requirements.txt", "Python", _development_file),
    ("requirements*.txt", "Python", _requirements_file),
    ("requirements*.in", "Python", _requirements_file),
    ("setup.cfg", "Python", _setup_cfg),
    ("setup.py", "Python", _setup_py),
    ("pipfile", "Python", _pipfile),
    ("environment.y*ml", "Python", _environment_yml),
    ("package.json", "Node", _package_json),
    ("go.mod", "Go", _go_mod),
    ("cargo.toml", "Rust", _cargo),
    ("pom.xml", "Java", read_maven),
    ("build.gradle", "Java", _gradle),
    ("build.gradle.kts", "Java", _gradle),
    ("*.csproj", ".NET", read_dotnet),
    ("*.fsproj", ".NET", read_dotnet),
    ("directory.packages.props", ".NET", read_dotnet),
    ("*.sln", ".NET", _solution),
    ("gemfile", "Ruby", _gemfile),
    ("composer.json", "PHP", _composer),
    ("mix.exs", "Elixir", _mix),
)


_ANY = re.compile("|".join(fnmatch.translate(shape) for shape, _, _ in _READERS), re.IGNORECASE)


def _reader(path: str) -> tuple[str, Callable[[str], _Read]]:
    name = PurePosixPath(path).name.lower()
    for shape, language, read in _READERS:
        if fnmatch.fnmatchcase(name, shape):
            return language, read
    raise ValueError(f"{path!r} is no manifest that is read.")
