"""Searching with ripgrep, where it is installed: bounded in time, in size and in what it reads."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from archkit.architect.shell import clean_environment
from archkit.architect.tool import ToolFailedError, one_line
from archkit.architect.workspace import is_private

__all__ = ["MOST_HITS", "find_ripgrep", "search"]

MOST_HITS = 400
_MOST_SECONDS = 20.0
_MOST_BYTES = 1024 * 1024
_OPTIONS = (
    *("--no-config", "--no-follow", "--null", "--line-number", "--with-filename", "--no-heading"),
    *("--color=never", "--max-columns=400", "--max-columns-preview", "--max-filesize=4M"),
    f"--max-count={MOST_HITS}",
)
_HIT = re.compile(r"(?P<path>[^\0]+)\0(?P<line>\d+):(?P<text>[^\n]*)\n?", re.DOTALL)


def find_ripgrep(root: Path) -> str | None:
    """Return where ripgrep is; one that lies in the workspace is none to be run."""
    found = shutil.which("rg")
    return found if found and not Path(found).resolve().is_relative_to(root) else None


async def search(ripgrep: str, root: Path, target: Path, pattern: str) -> str:
    """Search for a regular expression; return `path:line:text`, one a line.

    Parameters
    ----------
    ripgrep
        The program.
    root, target
        The workspace, and the file or folder below it to be searched.
    pattern
        The regular expression.

    Raises
    ------
    ToolFailedError
        The expression is none, or the search took too long.
    """
    within = target.relative_to(root).as_posix()
    where = within if within == "." else f"./{within}"
    command = [ripgrep, *_OPTIONS, "-e", pattern, "--", where]
    output, code, error = await _run(command, root)
    hits = [_shown(hit) for hit in _HIT.finditer(output) if not is_private(hit["path"])]
    if code not in (0, 1, None) and not hits:
        said = error.strip().removeprefix("rg: ")[:500] or f"exit code {code}"
        raise ToolFailedError(f"Grep: {said}")
    more = ["…"] if len(hits) > MOST_HITS else []
    return "\n".join([*hits[:MOST_HITS], *more]) or "no matches"


def _shown(hit: re.Match[str]) -> str:
    path = one_line(hit["path"].removeprefix("./"))
    return f"{path}:{hit['line']}:{hit['text'].rstrip()}"


async def _run(command: list[str], root: Path) -> tuple[str, int | None, str]:
    """Return what was written, the exit code (None if it was stopped for writing too much)."""
    from anyio import CancelScope, EndOfStream, fail_after, open_process

    process = await open_process(
        command,
        cwd=root,
        env=clean_environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    output, error = bytearray(), bytearray()
    try:
        with fail_after(_MOST_SECONDS):
            for stream, kept in ((process.stdout, output), (process.stderr, error)):
                while stream is not None and len(output) < _MOST_BYTES:
                    try:
                        kept += await stream.receive()
                    except EndOfStream:
                        break
            code = await process.wait() if len(output) < _MOST_BYTES else None
    except TimeoutError as late:
        raise ToolFailedError(f"Grep: not done after {_MOST_SECONDS:g} seconds.") from late
    finally:
        with CancelScope(shield=True):
            if process.returncode is None:
                process.kill()
            await process.aclose()
    return output.decode(errors="replace"), code, error.decode(errors="replace")
