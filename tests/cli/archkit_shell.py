"""The command line as a test calls it: offline, 80 columns, standard output apart from the rest."""

import json

from typer.testing import CliRunner

from archkit.cli import app

BRIEF = "Build user authentication for a multi-tenant SaaS with mobile and web clients"
OFFLINE = {"ARCHKIT_OFFLINE": "1", "COLUMNS": "80"}


def invoke(*args, **settings):
    env = OFFLINE | settings.pop("env", {})
    return CliRunner().invoke(app, [str(arg) for arg in args], env=env, **settings)


def shown(*args, **settings):
    """Run a command that goes well; return what it prints, on one line."""
    result = invoke(*args, **settings)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def told(*args, **settings):
    """Run a command with --json; return the document, which is all of standard output."""
    result = invoke(*args, "--json", **settings)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
