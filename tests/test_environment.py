"""pyproject, the lock and environment.yml name the same packages."""

import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
CONDA_TO_PYPI = {"python-duckdb": "duckdb"}
CONDA_ONLY = {"python", "pip", "ripgrep"}
# Extras that the set-up leaves out, and what pins them for who measures beside them: mcda brings
# scikit-learn, matplotlib and PuLP, 160 MB in all.
APART = {"mcda": ROOT / "benchmarks" / "tradeoffs-peers-requirements.txt"}


def _project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def _core():
    return [Requirement(text) for text in _project()["dependencies"]]


def _locked(path=ROOT / "requirements.lock"):
    lock = path.read_text()
    pins = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, re.M):
        pins.setdefault(canonicalize_name(name), []).append(version)
    return pins


def test_conda_and_pip_users_get_the_same_core_packages():
    wanted = {canonicalize_name(r.name): str(r.specifier) for r in _core()}
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    plain = [e for e in entries if isinstance(e, str)]
    piped = next(e["pip"] for e in entries if isinstance(e, dict))
    conda = [Requirement(e) for e in plain]
    found = {
        canonicalize_name(CONDA_TO_PYPI.get(r.name, r.name)): str(r.specifier)
        for r in conda
        if r.name not in CONDA_ONLY
    }
    from_pip = [Requirement(e) for e in piped if e != "-e ."]
    assert not found.keys() & {canonicalize_name(r.name) for r in from_pip}
    found |= {canonicalize_name(r.name): str(r.specifier) for r in from_pip}
    assert found == wanted
    assert "-e ." in piped


def test_conda_asks_for_the_python_that_pyproject_asks_for():
    entries = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    assert f"python{_project()['requires-python']}" in entries


def test_every_dependency_is_locked_at_a_version_that_fits():
    extras = _project()["optional-dependencies"]
    inside = [text for name, texts in extras.items() if name not in APART for text in texts]
    _fits([*_core(), *map(Requirement, inside)], _locked())


def test_an_extra_that_is_not_in_the_lock_is_pinned_apart_and_agrees_with_it():
    extras, locked = _project()["optional-dependencies"], _locked()
    for name, path in APART.items():
        pins = _locked(path)
        _fits([Requirement(text) for text in extras[name]], pins)
        assert not {canonicalize_name(Requirement(text).name) for text in extras[name]} & set(
            locked
        )
        shared = pins.keys() & locked.keys()
        assert {name: pins[name] for name in shared} == {name: locked[name] for name in shared}


def _fits(requirements, pins):
    for requirement in requirements:
        versions = pins[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(v) for v in versions), requirement


def test_the_lock_holds_hashes_and_no_address():
    lock = (ROOT / "requirements.lock").read_text()
    assert lock.count("--hash=sha256:") > lock.count("==") / 2
    assert "://" not in lock
