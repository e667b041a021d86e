"""A headless Chromium of this machine, that reaches nothing beyond it."""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.sync_api import BrowserContext, expect

LONG_MS = 90_000
"""How long a page of a busy machine may take to come to what is expected of it."""

expect.set_options(timeout=LONG_MS)

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
OFFLINE = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def find_chromium() -> str | None:
    """Find the browser: ARCHKIT_CHROMIUM names it, else one that is installed."""
    named = os.environ.get("ARCHKIT_CHROMIUM")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    path = find_chromium()
    if path is None:
        reason = "No Chromium is installed; install one, or name it in ARCHKIT_CHROMIUM."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return {"executable_path": path, "args": [*OFFLINE, *as_root]}


@pytest.fixture(scope="session")
def base_url() -> str:
    """No server: reports are opened from disk (and the plugin's own fixture warns)."""
    return ""


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(LONG_MS)
    return context
