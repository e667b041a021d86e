"""When the files of a folder were first and last committed, by one call of git."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["Commits", "commits_of", "repository_of"]

_PATIENCE_S = 20.0
_COMMAND = (
    *("--no-pager", "-c", "core.quotePath=false", "-c", "core.fsmonitor=false"),
    *("-c", "log.showSignature=false", "-c", "diff.external=", "-c", "core.hooksPath=/dev/null"),
    *("log", "--no-ext-diff", "--no-textconv", "--no-show-signature", "--format=%x01%cI"),
    *("--name-status", "-M50%", "-z", "--diff-filter=AMRCT", "--relative"),
)


@dataclass(frozen=True)
class Commits:
    """Instants of the first and the last commit of each file, by its path below the folder.

    `why` says why there are none, or why the first may be too late (a shallow clone).
    """

    first: dict[str, datetime] = field(default_factory=dict)
    last: dict[str, datetime] = field(default_factory=dict)
    why: str = ""


def repository_of(folder: Path) -> Path | None:
    """Return the root of the git repository around a folder; found by its name, git is not run."""
    folder = folder.absolute()
    return next((p for p in (folder, *folder.parents) if (p / ".git").exists()), None)


def commits_of(folder: Path, *, patience_s: float = _PATIENCE_S) -> Commits:
    """Return when the files of a folder were committed; renamed files keep their first commit.

    Parameters
    ----------
    folder
        A folder, best within a git repository.
    patience_s
        How long git may take (seconds).

    Returns
    -------
    Commits
        Empty, and why, where git is not there, takes too long or refuses; no hook, pager, filter
        or external diff is run.
    """
    root = repository_of(folder)
    if root is None:
        return Commits(why="the folder is in no git repository")
    program = shutil.which("git")
    if program is None:
        return Commits(why="git is not installed")
    try:
        done = subprocess.run(
            [program, "-C", str(folder), *_COMMAND, "--", "."],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=patience_s,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Commits(why=f"git took longer than {patience_s:g} s")
    except OSError as error:
        return Commits(why=f"git could not be run: {error.strerror or 'unknown reason'}")
    if done.returncode:
        return Commits(why=_refusal(done.stderr.decode("utf-8", "replace")))
    shallow = _is_shallow(root)
    first, last = _read(done.stdout)
    why = "the clone is shallow: first commits may be earlier" if shallow else ""
    return Commits({} if shallow else first, last, why)


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return kept | {
        **{"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat"},
        **{"LC_ALL": "C", "GIT_NO_LAZY_FETCH": "1"},
    }


def _refusal(said: str) -> str:
    if "dubious ownership" in said or "safe.directory" in said:
        return "git refuses the repository: it belongs to somebody else (safe.directory)"
    if "does not have any commits" in said:
        return "nothing was committed yet"
    return "git could not read the repository"


def _is_shallow(root: Path) -> bool:
    place = root / ".git"
    try:
        if place.is_file():  # a worktree: its history is elsewhere
            named = place.read_text("utf-8").removeprefix("gitdir:").strip()
            place = (root / named).resolve()
            common = place / "commondir"
            if common.is_file():
                place = (place / common.read_text("utf-8").strip()).resolve()
    except (OSError, ValueError):
        return False
    return (place / "shallow").is_file()


def _read(data: bytes) -> tuple[dict[str, datetime], dict[str, datetime]]:
    """Read the log, latest commit first; a renamed file hands its history on to its new name."""
    first: dict[str, datetime] = {}
    last: dict[str, datetime] = {}
    now_called: dict[str, str] = {}
    for commit in data.decode("utf-8", "surrogateescape").split("\x01")[1:]:
        stamp, *words = commit.split("\0")
        made_at = datetime.fromisoformat(stamp.strip()).astimezone(UTC)
        fields = [word.lstrip("\n") for word in words]
        at = 0
        while at + 1 < len(fields):
            mark, path = fields[at], fields[at + 1]
            at += 2
            if not mark:
                at -= 1
                continue
            if mark[0] in "RC" and at < len(fields):
                old, path = path, fields[at]
                at += 1
                name = now_called.get(path, path)
                if mark[0] == "R":
                    now_called[old] = name
            else:
                name = now_called.get(path, path)
            last.setdefault(name, made_at)
            first[name] = made_at
            if mark[0] == "A":  # an older file of that name is another file
                now_called.pop(path, None)
    return first, last
