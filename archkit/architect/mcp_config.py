"""The MCP servers of a project: what its `.mcp.json` says, with `${VAR}` filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["CONFIG", "McpServer", "plain_name", "read_mcp_servers"]

CONFIG = ".mcp.json"
_MOST_BYTES = 256 * 1024
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}")


@dataclass(frozen=True, slots=True)
class McpServer:
    """One server: a command that speaks on its standard streams, or an address."""

    name: str
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


def plain_name(name: str) -> str:
    """Return a name as it stands in a tool's name: letters, digits, `_` and `-`."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


def read_mcp_servers(
    workspace: Path, env: Mapping[str, str]
) -> tuple[dict[str, McpServer], dict[str, str]]:
    """Read the project's `.mcp.json`.

    Parameters
    ----------
    workspace
        The project's folder.
    env
        Where `${VAR}` and `${VAR:-default}` come from.

    Returns
    -------
    tuple
        The servers by their plain names; why others cannot be used, under "" if none can.
    """
    try:
        listed = _listed(workspace / CONFIG)
    except FileNotFoundError:
        return {}, {"": f"the project has no {CONFIG}"}
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        return {}, {"": f"{CONFIG} cannot be read: {said}"}
    servers: dict[str, McpServer] = {}
    problems: dict[str, str] = {}
    for name, given in listed.items():
        plain = plain_name(name)
        try:
            servers[plain] = _server(plain, given, env)
        except ValueError as error:
            problems[plain] = f"{CONFIG}: {error}"
    return servers, problems


def _listed(path: Path) -> dict[str, Any]:
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        raw = file.read(_MOST_BYTES + 1)
    if len(raw) > _MOST_BYTES:
        raise ValueError(f"it is longer than {_MOST_BYTES} bytes")
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    listed = content.get("mcpServers") if isinstance(content, dict) else None
    if not isinstance(listed, dict):
        raise ValueError('it has no object "mcpServers"')
    return listed


def _server(name: str, given: Any, env: Mapping[str, str]) -> McpServer:
    if not isinstance(given, dict):
        raise ValueError("it is no object")
    kind = given.get("type", "http" if "url" in given else "stdio")
    if kind in ("http", "streamable-http"):
        url = _filled(given.get("url"), env, "url")
        if not re.match(r"https?://[^\s/]", url):
            raise ValueError("its url begins with neither http:// nor https://")
        return McpServer(name, url=url, headers=_texts(given, "headers", env))
    if kind != "stdio":
        raise ValueError(f"the transport {kind!r} is not supported; use stdio or http")
    args = given.get("args", [])
    if not isinstance(args, list):
        raise ValueError("args is no list")
    command = _filled(given.get("command"), env, "command")
    words = (command, *(_filled(word, env, "args") for word in args))
    return McpServer(name, command=words, env=_texts(given, "env", env))


def _texts(given: Mapping[str, Any], key: str, env: Mapping[str, str]) -> dict[str, str]:
    texts = given.get(key) or {}
    if not isinstance(texts, dict):
        raise ValueError(f"{key} is no object")
    return {str(name): _filled(text, env, key) for name, text in texts.items()}


def _filled(text: Any, env: Mapping[str, str], key: str) -> str:
    """Return a text with its variables filled in."""
    needed = key in ("command", "url")
    if not isinstance(text, str) or (needed and not text.strip()) or "\0" in text:
        raise ValueError(f"{key} is missing or no text")

    def value(match: re.Match[str]) -> str:
        found = env.get(match["name"], match["default"])
        if found is None:
            raise ValueError(f"the environment has no {match['name']}, which {key} names")
        return found

    return _VARIABLE.sub(value, text)
