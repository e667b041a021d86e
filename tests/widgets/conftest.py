"""Panels under test talk to the architect's own scripted server; what they send is recorded."""

import json
import sys
from pathlib import Path

import ipywidgets
import pytest

sys.path.append(str(Path(__file__).parent.parent / "architect"))


@pytest.fixture
def sent(monkeypatch):
    """Record what goes to the browser: class and bytes of each message."""
    messages = []
    send = ipywidgets.Widget._send

    def record(widget, message, buffers=None):
        if message.get("method") == "update":
            size = len(json.dumps(message, default=str)) + sum(map(len, buffers or ()))
            messages.append((type(widget).__name__, size))
        return send(widget, message, buffers)

    monkeypatch.setattr(ipywidgets.Widget, "_send", record)
    return messages
