"""The card's Bash: one shell of the session, in the workspace, without the user's secrets.

A shell is not confined: what it is told it can do anywhere the user can. So each command needs a
permission, and the shell and all it started end with the session.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.architect.tool import Tool, ToolFailedError, Use, needed, one_line, schema

if TYPE_CHECKING:
    from anthropic.lib.tools.agent_toolset import BashSession
    from anyio.abc import Process

__all__ = ["Shell", "clean_environment"]

MOST_SECONDS = 120.0
_SHELL = Path("/bin/bash")
_MOST_CHARACTERS = 30_000
_MOST_SHOWN = 500
_KILLED_S = 5.0
_KEPT = {
    *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "VIRTUAL_ENV"),
    *("CONDA_PREFIX", "JAVA_HOME", "GOPATH", "GOROOT", "CARGO_HOME", "RUSTUP_HOME", "NVM_DIR"),
    *("DOTNET_ROOT", "PYTHONPATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "XDG_CACHE_HOME"),
}


def clean_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return what a command may know of the environment: a list of names, no secret among them."""
    kept = {k: v for k, v in env.items() if k in _KEPT or k.startswith("LC_")}
    return {**kept, "PAGER": "cat", "GIT_PAGER": "cat", "GIT_TERMINAL_PROMPT": "0", "TERM": "dumb"}


class Shell:
    """The shell of one session: started at its first command, ended by `aclose`.

    Parameters
    ----------
    root
        Where it starts.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._process: Process | None = None
        self._session: BashSession | None = None

    @staticmethod
    def why_not(env: Mapping[str, str]) -> str:
        """Say why no shell can be had here; "" if one can."""
        if env.get("CI", "").lower() not in ("", "0", "false", "no"):
            return "no command is run in a CI job"
        return "" if _SHELL.exists() else "there is no /bin/bash on this machine"

    def tool(self) -> Tool:
        """Return the tool Bash."""
        return Tool(
            "Bash",
            "Run a command in the session's shell, which starts in the project's folder. It knows "
            f"no secrets and gets no input; after `timeout` milliseconds ({MOST_SECONDS:.0f} "
            "seconds at most) it is ended. Read files with Read, search with Grep.",
            schema("command", command="string", description="string", timeout="number"),
            self.run,
            use=_use,
        )

    @property
    def running(self) -> bool:
        """Whether a shell was started and not ended."""
        return self._process is not None

    async def run(self, given: Mapping[str, Any]) -> str:
        """Run a command; return what it wrote and how it ended."""
        command, seconds = needed(given, "command"), _seconds(given)
        await self._check(command)
        session = await self._started()
        try:
            # eval also ends a here-document that the command leaves open
            whole = shlex.quote(f"{command}\n")
            output, code = await session.exec(f"eval {whole}", timeout=seconds)
        except TimeoutError as error:
            text = f"Bash: not done after {seconds:g} seconds; the shell was ended."
            raise ToolFailedError(text) from error
        except (RuntimeError, OSError) as error:
            raise ToolFailedError(f"Bash: the shell ended: {error}") from error
        finally:
            if session.closed:  # it took too long, or was cancelled
                await self.aclose()
        if code < 0:
            await self.aclose()
            return f"{_end_of(output)}\n[the shell ended; the next command gets a new one]".strip()
        said = _end_of(output) or "(no output)"
        return said if code == 0 else f"{said}\n[exit code {code}]"

    async def aclose(self) -> None:
        """End the shell and whatever it started."""
        from anyio import CancelScope, move_on_after

        process, session = self._process, self._session
        self._process = self._session = None
        if process is None or session is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with CancelScope(shield=True):
            with move_on_after(_KILLED_S):  # else closing takes the exit code from who waits for it
                await process.wait()
            await session.close()

    async def _check(self, command: str) -> None:
        """Refuse what is no whole command: a shell would wait for its end."""
        from anyio import run_process

        checked = await run_process(
            [str(_SHELL), "--noprofile", "--norc", "-n", "-c", f"{command}\n"],
            cwd=self._root,
            env=clean_environment(os.environ),
            stdin=subprocess.DEVNULL,
            check=False,
        )
        open_line = (len(command) - len(command.rstrip("\\"))) % 2
        if checked.returncode != 0 or open_line:
            said = checked.stderr.decode(errors="replace").strip()
            raise ToolFailedError(f"Bash: this is no whole command. {said[:500]}")

    async def _started(self) -> BashSession:
        from anthropic.lib.tools.agent_toolset import BashSession
        from anyio import open_process

        if self._session is None:
            # a group of its own, so that what it started can be ended with it
            self._process = await open_process(
                [str(_SHELL), "--noprofile", "--norc"],
                cwd=self._root,
                env=clean_environment(os.environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            self._session = BashSession(self._process)
        return self._session


def _use(given: Mapping[str, Any]) -> Use:
    command = needed(given, "command")
    if "\0" in command:
        raise ToolFailedError("Bash: a command cannot hold a zero byte.")
    _seconds(given)
    more = f" … ({len(command)} characters in all)" if len(command) > _MOST_SHOWN else ""
    return Use(command, f"Run: {one_line(command[:_MOST_SHOWN])}{more}")


def _seconds(given: Mapping[str, Any]) -> float:
    timeout = given.get("timeout")
    if timeout is None:
        return MOST_SECONDS
    if not isinstance(timeout, int | float) or isinstance(timeout, bool) or not timeout > 0:
        raise ToolFailedError("Bash: 'timeout' must be milliseconds, more than 0.")
    return min(timeout / 1000, MOST_SECONDS)


def _end_of(output: str) -> str:
    """Cut a long output at its beginning: what went wrong stands at the end."""
    output = output.strip("\n")
    if len(output) <= _MOST_CHARACTERS:
        return output
    return (
        f"[the first {len(output) - _MOST_CHARACTERS} characters are left out]\n"
        + (output[-_MOST_CHARACTERS:])
    )
