"""The tools of MCP servers as a session offers them: `mcp__server__tool`, as the card has it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archkit.architect.dialogue import clipped
from archkit.architect.mcp_config import CONFIG, McpServer, plain_name
from archkit.architect.tool import Tool, ToolFailedError, Use, cut

if TYPE_CHECKING:
    from archkit.architect.card import AgentCard
    from archkit.architect.mcp_servers import McpConnection

__all__ = ["chosen_servers", "server_of", "tools_of"]

_OLD_NAMES = {"get-library-docs": "query-docs"}
"""Tools of context7 that were renamed; cards still name the old ones."""

_OLD_ARGUMENTS = {
    "query-docs": {"context7CompatibleLibraryID": "libraryId", "topic": "query"},
    "resolve-library-id": {"libraryName": "query"},
}
_CONTEXT7 = {"resolve-library-id", "query-docs", "get-library-docs"}
_MOST_DESCRIPTION = 4000
_LONGEST_NAME = 128


def server_of(tool: str) -> str:
    """Return the server that a tool's name names."""
    return tool.removeprefix("mcp__").split("__")[0]


def chosen_servers(
    card: AgentCard,
    configured: Mapping[str, McpServer],
    problems: Mapping[str, str],
    wanted: bool | Sequence[str],
) -> tuple[dict[str, McpServer], dict[str, str]]:
    """Return which servers may be started, and why others that were wanted may not.

    Parameters
    ----------
    card
        Must name a server or one of its tools, unless it does not limit its tools.
    configured, problems
        The project's servers, and what is wrong with others; see `read_mcp_servers`.
    wanted
        What the user consents to: all of them, or these; a server is a program that runs.
    """
    named = {server_of(tool) for tool in card.tools or () if tool.startswith("mcp__")}
    unlimited = card.tools is None or "*" in card.tools
    if wanted is True:
        names = [name for name in {**configured, **problems} if unlimited or name in named]
        names += sorted(named.difference(names)) if "" not in problems else [""] if named else []
    else:
        names = [plain_name(name) for name in wanted or ()]
    servers: dict[str, McpServer] = {}
    missing: dict[str, str] = {}
    for name in names:
        if name in configured and (unlimited or name in named):
            servers[name] = configured[name]
        elif name in configured:
            missing[name] = f"the card '{card.name}' names none of its tools"
        else:
            reason = problems.get(name) or problems.get("")
            missing[name] = reason or f"{CONFIG} has no such server"
    return servers, missing


def tools_of(connection: McpConnection, card: AgentCard, seconds: float) -> tuple[Tool, ...]:
    """Return those tools of a server that the card names, under the names it gives them."""
    found: dict[str, Tool] = {}
    for remote in connection.tools:
        for name in _names(connection.server.name, str(remote.name), card):
            found.setdefault(name, _tool(connection, remote, name, seconds))
    return tuple(found.values())


def _names(server: str, remote: str, card: AgentCard) -> list[str]:
    """Return the names by which a card allows a tool: its own, or the one it had before."""
    prefix = f"mcp__{server}"
    own = f"{prefix}__{plain_name(remote)}"
    whole = card.tools is None or {"*", prefix, f"{prefix}__*"} & set(card.tools)
    old = [f"{prefix}__{old}" for old, new in _OLD_NAMES.items() if new == remote]
    listed = set(card.tools or ())
    wanted = [own] if whole or own in listed else [name for name in old if name in listed]
    denied = set(card.disallowed_tools)
    return [
        name
        for name in wanted
        if len(name) <= _LONGEST_NAME and not denied & {name, own, prefix, f"{prefix}__*"}
    ]


def _tool(connection: McpConnection, remote: Any, name: str, seconds: float) -> Tool:
    server = connection.server.name

    async def run(given: Mapping[str, Any]) -> str:
        taken = _new_arguments(str(remote.name), given, remote.input_schema)
        result = await connection.call(str(remote.name), taken, seconds)
        text = _text(result)
        if result.is_error or (remote.name in _CONTEXT7 and _is_error(text)):
            raise ToolFailedError(cut(text) or f"{name} failed and gave no reason.")
        return cut(text) or "(no result)"

    def use(given: Mapping[str, Any]) -> Use:
        asked = clipped(json.dumps(dict(given), ensure_ascii=False, default=str), 200)
        return Use("", f"Call {remote.name} of the MCP server {server} with {asked}")

    hints = remote.annotations
    reads = bool(hints and hints.read_only_hint)
    return Tool(
        name,
        str(remote.description or remote.title or remote.name)[:_MOST_DESCRIPTION],
        _schema(remote.input_schema),
        run,
        use=None if reads else use,
        granted_by=f"mcp: {server}" if reads else "",
    )


def _schema(given: Any) -> dict[str, Any]:
    """Return a schema as the API takes it: one that it refuses would refuse the whole request."""
    kept = dict(given) if isinstance(given, Mapping) else {}
    for name in ("oneOf", "anyOf", "allOf"):
        kept.pop(name, None)
    return {"properties": {}, **kept, "type": "object"}


def _new_arguments(
    remote: str, given: Mapping[str, Any], schema: Mapping[str, Any]
) -> dict[str, Any]:
    """Return arguments under their present names; one that was not needed before is filled in."""
    known = (schema or {}).get("properties", {})
    taken = dict(given)
    for old, new in _OLD_ARGUMENTS.get(remote, {}).items():
        if old in taken and new in known and not taken.get(new):
            taken[new] = taken[old]
        if old not in known:
            taken.pop(old, None)
    if remote == "query-docs" and "query" in known and not taken.get("query"):
        taken["query"] = "overview"
    return {k: v for k, v in taken.items() if remote not in _OLD_ARGUMENTS or k in known}


def _text(result: Any) -> str:
    parts = [
        block.text if block.type == "text" else f"[{block.type} left out]"
        for block in result.content
    ]
    if not parts and result.structured_content is not None:
        parts = [json.dumps(result.structured_content, ensure_ascii=False, default=str)]
    return "\n".join(parts)


def _is_error(text: str) -> bool:
    """Whether context7 says that it failed: it does so in words only."""
    return text.lstrip().startswith(("Error", "Failed to", "Rate limited", "Unauthorized"))
