"""A JupyterLab of its own for a test: an empty home, one folder of notebooks, no news."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import nbformat

QUIET = {
    "@jupyterlab/apputils-extension:notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    }
}
HOMES = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
HOMES += ("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
LONGEST_START_S = 120


class Lab(NamedTuple):
    """A server that runs: where it is, its token, the folder that it serves, its settings."""

    base: str
    token: str
    folder: Path
    settings: Path

    def url(self, notebook: str) -> str:
        """Return where a notebook is shown alone, its workspace empty."""
        return f"{self.base}/doc/tree/{notebook}?token={self.token}&reset"

    def theme(self, name: str) -> None:
        """Have the next page drawn in a theme: "JupyterLab Dark"."""
        _write_settings(self.settings, {"@jupyterlab/apputils-extension:themes": {"theme": name}})


@contextmanager
def jupyterlab(home: Path, folder: Path) -> Iterator[Lab]:
    """Run JupyterLab over a folder until the block ends."""
    environment = _environment(home)
    port, token = _free_port(), secrets.token_hex(16)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    command += [f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1"]
    command += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    log = home / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(command, env=environment, stdout=out, stderr=out, cwd=folder)
    try:
        lab = Lab(f"http://127.0.0.1:{port}", token, folder, _settings(home))
        _wait_for(lab, server, log)
        yield lab
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells."""
    made: Any = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    nbformat.write(made, path)


def _settings(home: Path) -> Path:
    return home / "jupyterlab_settings_dir"


def _write_settings(folder: Path, wanted: dict[str, dict[str, Any]]) -> None:
    for name, values in wanted.items():
        plugin, _, setting = name.partition(":")
        file = folder / plugin / f"{setting}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values), encoding="utf-8")


def _environment(home: Path) -> dict[str, str]:
    places = {name: str(home / name.lower()) for name in HOMES}
    _write_settings(_settings(home), QUIET)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("ANTHROPIC")}
    return kept | places | {"ARCHKIT_OFFLINE": "1", "ARCHKIT_DATA": str(home / "data")}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    last = time.monotonic() + LONGEST_START_S
    while time.monotonic() < last:
        assert server.poll() is None, log.read_text()[-3000:]
        try:
            with urllib.request.urlopen(f"{lab.base}/api/status?token={lab.token}", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)  # another process: there is nothing here to wait on
    raise AssertionError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")
