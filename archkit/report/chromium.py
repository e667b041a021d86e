"""Where this machine's Chromium is, and how it is started: without a window and offline.

`python -m archkit.report.chromium` prints its path, or nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

__all__ = ["find_chromium", "launch_arguments"]

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_OFFLINE = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_OF_PLAYWRIGHT = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""
_LONGEST_S = 30


def find_chromium(env: Mapping[str, str] | None = None) -> str | None:
    """Return the path of a Chromium: the one named in ARCHKIT_CHROMIUM, an installed one, or
    Playwright's; None where there is none.
    """  # noqa: D205
    given = os.environ if env is None else env
    named = given.get("ARCHKIT_CHROMIUM")
    if named:
        return shutil.which(named, path=given.get("PATH"))
    installed = (shutil.which(name, path=given.get("PATH")) for name in _NAMES)
    return next((path for path in installed if path), None) or _of_playwright()


def launch_arguments() -> list[str]:
    """Return the switches of a Chromium that reaches nothing beyond this machine.

    Its sandbox does not work for root, who has to do without.
    """
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*_OFFLINE, *(["--no-sandbox"] if as_root else [])]


def _of_playwright() -> str | None:
    """Ask Playwright in a process of its own: here an event loop may be running."""
    if find_spec("playwright") is None:
        return None
    try:
        asked = subprocess.run(
            [sys.executable, "-c", _OF_PLAYWRIGHT],
            capture_output=True,
            text=True,
            timeout=_LONGEST_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    path = asked.stdout.strip()
    return path if path and Path(path).is_file() else None


if __name__ == "__main__":
    sys.stdout.write(find_chromium() or "")
