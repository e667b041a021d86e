"""The files of a project folder: bounded, no link followed, private files left alone."""

from __future__ import annotations

import fnmatch
import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from archkit.errors import SessionError

__all__ = ["Listing", "is_private", "list_files", "project_folder", "read_head"]

MOST_FILES = 5_000
HEAD_BYTES = 64 * 1024
_GIT_SECONDS = 5
_LEFT_OUT = {
    ".git", ".hg", ".svn", ".venv", "venv", "env", "node_modules", "__pycache__", "dist",
    "build", "target", ".ipynb_checkpoints", ".mypy_cache", ".pytest_cache", ".ruff_cache",
    ".tox", ".idea", ".vscode", ".next", ".gradle", "vendor", "site-packages",
}  # fmt: skip
_PRIVATE = (
    ".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.keystore", "*.jks", "id_rsa*",
    "id_ed25519*", "id_ecdsa*", ".netrc", ".npmrc", ".pypirc", ".pgpass", "credentials",
    "credentials.json", "secrets.*", "*.kdbx", ".htpasswd",
)  # fmt: skip
_SAMPLES = (".example", ".sample", ".template", ".dist", ".pub")


@dataclass(frozen=True, slots=True)
class Listing:
    """Sorted paths, relative, with `/`; `complete` is False when there were too many."""

    files: tuple[str, ...]
    complete: bool = True


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


def list_files(root: Path, *, limit: int = MOST_FILES) -> Listing:
    """List the regular files of a folder that git would not ignore.

    Parameters
    ----------
    root
        The folder.
    limit
        At most so many files.

    Returns
    -------
    Listing
        Links and what lies behind them are left out.
    """
    names = _from_git(root)
    found = (
        sorted(n for n in names if _is_regular(root / n)) if names else sorted(_walk(root, limit))
    )
    return Listing(tuple(found[:limit]), len(found) <= limit)


def read_head(root: Path, path: str, *, limit: int = HEAD_BYTES) -> str | None:
    """Return how a text file begins; None for a binary, private, linked or unreadable one."""
    if is_private(path) or not _is_regular(root / path):
        return None
    try:
        with (root / path).open("rb") as file:
            raw = file.read(limit)
    except OSError:
        return None
    return None if b"\0" in raw else raw.decode("utf-8-sig", errors="replace")


def is_private(path: str) -> bool:
    """Whether a file is of a kind that holds keys or passwords: it never goes to a model."""
    name = PurePosixPath(path).name.lower()
    return not name.endswith(_SAMPLES) and any(fnmatch.fnmatchcase(name, p) for p in _PRIVATE)


def _from_git(root: Path) -> list[str]:
    git = shutil.which("git")
    if git is None:
        return []
    # fsmonitor is a command that a repository's own settings may name: never run it
    command = [git, "-c", "core.fsmonitor=false", "-C", str(root), "ls-files", "-z"]
    command += ["--cached", "--others", "--exclude-standard"]
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_GIT_SECONDS, env=env, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    if done.returncode != 0:
        return []
    return sorted({os.fsdecode(name) for name in done.stdout.split(b"\0") if name})


def _walk(root: Path, limit: int) -> Iterator[str]:
    ignored = _ignored_names(root)
    count = 0
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(d for d in folders if d not in _LEFT_OUT and not _matches(d, ignored))
        folders[:] = [d for d in folders if not (here / d).is_symlink()]
        for name in sorted(files):
            if not _matches(name, ignored) and _is_regular(here / name):
                yield (here / name).relative_to(root).as_posix()
                count += 1
                if count > limit:
                    return


def _ignored_names(root: Path) -> list[str]:
    """Return the plain names in the folder's .gitignore; rules with a path or `!` need git."""
    lines = (read_head(root, ".gitignore") or "").splitlines()
    names = (line.strip().strip("/") for line in lines)
    return [name for name in names if name and "/" not in name and name[0] not in "#!"]


def _matches(name: str, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False
