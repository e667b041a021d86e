"""Panels under test talk to the architect's own scripted server."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "architect"))
