"""A headless Chromium of this machine, that reaches nothing beyond it."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import BrowserContext, expect

from archkit.report.chromium import find_chromium, launch_arguments

LONG_MS = 90_000
"""How long a page of a busy machine may take to come to what is expected of it."""

expect.set_options(timeout=LONG_MS)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    path = find_chromium()
    if path is None:
        reason = "No Chromium is installed; install one, or name it in ARCHKIT_CHROMIUM."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return {"executable_path": path, "args": launch_arguments()}


@pytest.fixture(scope="session")
def base_url() -> str:
    """No server: reports are opened from disk (and the plugin's own fixture warns)."""
    return ""


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(LONG_MS)
    return context
