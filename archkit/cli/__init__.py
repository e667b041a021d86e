"""The command `archkit`: sessions, the memory and its upkeep from a shell."""

# Importing a module adds its commands, in the order in which the help lists them.
from archkit.cli import session  # isort: skip
from archkit.cli import decision  # isort: skip
from archkit.cli import check  # isort: skip
from archkit.cli import measure  # isort: skip
from archkit.cli import story  # isort: skip
from archkit.cli import query  # isort: skip
from archkit.cli import status  # isort: skip
from archkit.cli import doctor  # isort: skip
from archkit.cli import report  # isort: skip
from archkit.cli import replay  # isort: skip
from archkit.cli import pages  # isort: skip
from archkit.cli import adr  # isort: skip
from archkit.cli import exchange  # isort: skip
from archkit.cli import upkeep  # isort: skip
from archkit.cli.app import app

__all__ = [
    "adr",
    "app",
    "check",
    "decision",
    "doctor",
    "exchange",
    "measure",
    "pages",
    "query",
    "replay",
    "report",
    "session",
    "status",
    "story",
    "upkeep",
]
