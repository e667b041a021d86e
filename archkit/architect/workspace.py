"""The files of a project folder: bounded, no link followed, private files left alone."""

from __future__ import annotations

import fnmatch
import hashlib
import os
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from archkit.architect.project_ignore import Rules, is_ignored, read_rules
from archkit.errors import SessionError

__all__ = ["HEAD_BYTES", "Listing", "is_private", "list_files", "project_folder", "read_head"]

MOST_FILES = 200_000
HEAD_BYTES = 64 * 1024
_MOST_SECONDS = 4.0
_MOST_NESTED = 4
_LEFT_OUT = {
    ".git", ".hg", ".svn", ".venv", "venv", "env", "node_modules", "__pycache__", "dist",
    "build", "target", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache",
    ".tox", ".idea", ".vscode", ".next", ".gradle", "vendor", "site-packages",
}  # fmt: skip
_OTHERS_CODE = {"node_modules", "vendor", "site-packages", "bower_components", "third_party"}
_PRIVATE = (
    ".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.keystore", "*.jks", "id_rsa*",
    "id_ed25519*", "id_ecdsa*", ".netrc", ".npmrc", ".pypirc", ".pgpass", "credentials",
    "credentials.json", "secrets.*", "*.kdbx", ".htpasswd", ".envrc", ".mcp.json",
    ".git-credentials", "*.tfvars", "*.tfstate", "kubeconfig", ".dockercfg",
)  # fmt: skip
_SAMPLES = (".example", ".sample", ".template", ".dist", ".pub")


@dataclass(frozen=True, slots=True)
class Listing:
    """Sorted paths, relative, with `/`; `complete` is False when there were too many.

    `stamp` changes when a file comes, goes or changes; `marks` has each file's size in bytes and
    when it was changed last, in nanoseconds; `shut` counts folders that may not be read.
    """

    files: tuple[str, ...]
    complete: bool = True
    stamp: str = ""
    marks: tuple[tuple[int, int], ...] = ()
    shut: int = 0


def project_folder(workspace: str | Path) -> Path:
    """Return the workspace as a whole path.

    Raises
    ------
    SessionError
        It is not a folder.
    """
    folder = Path(workspace).expanduser().resolve()
    if not folder.is_dir():
        raise SessionError(
            f"The workspace '{workspace}' is not a folder.",
            why="The architect reads the project there.",
            mend="Give the folder of your project, or leave `workspace` out for this one.",
        )
    return folder


def list_files(
    root: Path, *, limit: int = MOST_FILES, most_seconds: float = _MOST_SECONDS
) -> Listing:
    """List the regular files of a folder that git would not ignore.

    Parameters
    ----------
    root
        The folder.
    limit
        At most so many files.
    most_seconds
        At most so long; what was not come to is left out, and `complete` is False.

    Returns
    -------
    Listing
        Links and what lies behind them are left out, and so is other people's code: node_modules,
        vendor, site-packages. Where git keeps the folder, or a folder in it, git says what it
        ignores; elsewhere the .gitignore of each folder is read.
    """
    until = time.monotonic() + most_seconds
    found: dict[str, os.stat_result] = {}
    complete = True
    shut: list[str] = []
    for path, seen in _found(str(root), until, shut):
        if len(found) == limit or (len(found) % 512 == 511 and time.monotonic() > until):
            complete = False
            break
        found[path] = seen
    files = tuple(sorted(found))
    marks = tuple((found[path].st_size, found[path].st_mtime_ns) for path in files)
    told = "\0".join(files).encode("utf-8", "surrogateescape") + repr((marks, complete)).encode()
    stamp = hashlib.blake2b(told, digest_size=16).hexdigest()
    return Listing(files, complete, stamp, marks, len(shut))


def read_head(root: Path, path: str, *, limit: int = HEAD_BYTES) -> str | None:
    """Return how a text file begins; None for a binary, private, linked or unreadable one."""
    if is_private(path):
        return None
    real = os.path.realpath(root)
    full = os.path.normpath(f"{real}/{path}")
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        if not full.startswith(f"{real.rstrip('/')}/") or os.path.realpath(full) != full:
            return None
        number = os.open(full, flags)  # a pipe must not make it wait
        with os.fdopen(number, "rb") as file:
            if not stat.S_ISREG(os.fstat(number).st_mode):
                return None
            raw = file.read(limit)
    except (OSError, ValueError):
        return None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    return None if b"\0" in raw else raw.decode("utf-8-sig", errors="replace")


def is_private(path: str) -> bool:
    """Whether a file is of a kind that holds keys or passwords: it never goes to a model."""
    name = PurePosixPath(path).name.lower()
    return not name.endswith(_SAMPLES) and any(fnmatch.fnmatchcase(name, p) for p in _PRIVATE)


def _found(
    root: str, until: float, shut: list[str], *, nested: int = 0, before: str = ""
) -> Iterator[tuple[str, os.stat_result]]:
    """Give the files of a folder, by git where it keeps it, and of repositories inside it."""
    names = _from_git(root, until, shut)
    if not names:
        yield from _walked(root, before, shut)
        return
    left_out: dict[str, bool] = {"": False}
    for name in names:
        path = name.rstrip("/")
        if _is_left_out(root, path.rpartition("/")[0], left_out):
            continue
        try:
            seen = os.lstat(f"{root}/{path}")
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(seen.st_mode):
            yield before + path, seen
        elif stat.S_ISDIR(seen.st_mode) and nested < _MOST_NESTED:
            inner = f"{before}{path}/"
            yield from _found(f"{root}/{path}", until, shut, nested=nested + 1, before=inner)


def _is_left_out(root: str, folder: str, known: dict[str, bool]) -> bool:
    """Whether a folder holds other people's code, or a link leads to it.

    Git's index may know the files of a folder that has become a link since.
    """
    if folder not in known:
        above, _, name = folder.rpartition("/")
        link = os.path.islink(f"{root}/{folder}")  # noqa: PTH114
        known[folder] = name in _OTHERS_CODE or link or _is_left_out(root, above, known)
    return known[folder]


def _from_git(root: str, until: float, shut: list[str]) -> list[str]:
    git = shutil.which("git")
    left = until - time.monotonic()
    if git is None or left <= 0:
        return []
    # fsmonitor is a command that a repository's own settings may name: never run it
    command = [git, "-c", "core.fsmonitor=false", "-C", root, "ls-files", "-z"]
    command += ["--cached", "--others", "--exclude-standard", "--deduplicate"]
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env["LC_ALL"] = "C"
    try:
        done = subprocess.run(command, capture_output=True, timeout=left, env=env, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode != 0:
        return []
    shut += re.findall(r"could not open directory '(.*)'", os.fsdecode(done.stderr))
    return sorted({os.fsdecode(name) for name in done.stdout.split(b"\0") if name})


def _walked(root: str, before: str, shut: list[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Give the files of a folder that git does not keep, folder by folder."""
    waiting: list[tuple[str, tuple[Rules, ...]]] = [("", ())]
    while waiting:
        folder, levels = waiting.pop()
        try:
            with os.scandir(f"{root}/{folder}") as entries:
                held = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            shut.append(folder)
            continue
        if any(entry.name == ".gitignore" for entry in held):
            said = read_head(Path(root), f"{folder}/.gitignore".lstrip("/"))
            levels = (*levels, read_rules(said or "", folder))
        deeper = []
        for entry in held:
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                is_folder = entry.is_dir(follow_symlinks=False)
                if is_folder:
                    if entry.name not in _LEFT_OUT and not is_ignored(path, levels, is_folder=True):
                        deeper.append((path, levels))
                elif entry.is_file(follow_symlinks=False) and not is_ignored(path, levels):
                    yield before + path, entry.stat(follow_symlinks=False)
            except OSError:
                continue
        waiting += reversed(deeper)
