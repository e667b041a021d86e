"""Which models the chosen server has: asked only when called, and without spending a token."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from archkit.architect.card_fields import MODEL_ALIASES
from archkit.architect.client import ChosenClient, choose_client
from archkit.architect.failures import explained, not_a_model
from archkit.architect.loop import portal
from archkit.errors import ArchkitError, SessionError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["alias_ids", "models"]

_COLUMNS = (
    *("id", "name", "line", "lifecycle", "max_input_tokens", "max_tokens", "released_at"),
    "aliases",
)
_PAGE, _MOST_PAGES, _WAIT_S = 1000, 10, 10.0


def models(client: Any = None, *, env: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Ask the server that a session would use which models it has.

    Parameters
    ----------
    client
        As for `Session`: an `anthropic.AsyncAnthropic` of your own, or ``"offline"``; by default
        the environment decides.
    env
        The environment; the process's own by default.

    Returns
    -------
    DataFrame
        One row a model, in the server's order: `id` (what a card or ARCHKIT_MODEL names), `name`,
        `line` (such as "sonnet"), `lifecycle` (active, deprecated or retired),
        `max_input_tokens` and `max_tokens` (counts), `released_at` (UTC), `aliases` (the short
        names of a card that mean it). What a server does not say is null.

    Raises
    ------
    SessionError
        The server cannot be reached, does not list its models, or is none.
    """
    import pandas as pd

    env = os.environ if env is None else env
    ids = alias_ids(env)
    chosen = choose_client(env, model=ids["sonnet"], client=client)
    if chosen.kind == "offline":
        entries: list[Any] = [{"id": chosen.model, "display_name": "The offline architect"}]
    else:
        entries = portal().call(_listed, chosen)
    rows = [_row(entry, ids) for entry in entries]
    frame = pd.DataFrame([row for row in rows if row["id"]], columns=list(_COLUMNS))
    for column in ("max_input_tokens", "max_tokens"):
        frame[column] = frame[column].astype("Int64")
    frame["released_at"] = pd.to_datetime(frame["released_at"], utc=True, errors="coerce")
    return frame.drop_duplicates("id", ignore_index=True)


def alias_ids(env: Mapping[str, str]) -> dict[str, str]:
    """Return the model id that each short name of a card means."""
    variable = "ANTHROPIC_DEFAULT_{}_MODEL"
    return {
        alias: env.get(variable.format(alias.upper())) or known
        for alias, known in MODEL_ALIASES.items()
    }


async def _listed(chosen: ChosenClient) -> list[Any]:
    client = chosen.make()
    listing = getattr(client, "models", None)
    if listing is None:
        where = chosen.platform.name if chosen.platform else type(client).__name__
        raise SessionError(
            f"{where} does not list its models.",
            why="The SDK's client for it has no such request.",
            mend="Look them up on the platform, and name one in ARCHKIT_MODEL.",
        )
    try:
        return await _pages(listing.with_raw_response)
    except Exception as error:
        told = explained(error, kind=chosen.kind, partial=False)
        if told is error:
            raise
        raise told from error
    finally:
        if chosen.owned:
            await client.close()


async def _pages(listing: Any) -> list[Any]:
    entries: list[Any] = []
    asked: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        response = await listing.list(limit=_PAGE, timeout=_WAIT_S, **asked)
        page = _read(response.http_response)
        found = page["data"]
        entries += found
        last = page.get("last_id")
        if not page.get("has_more") or not isinstance(last, str) or asked.get("after_id") == last:
            break
        asked = {"after_id": last}
    return entries


def _read(response: Any) -> dict[str, Any]:
    try:
        page = json.loads(response.content)
    except ValueError:
        page = None
    if not isinstance(page, dict) or not isinstance(page.get("data"), list):
        content_type = response.headers.get("content-type", "").split(";")[0]
        raise _no_list(content_type)
    return page


def _no_list(content_type: str) -> ArchkitError:
    if "json" not in content_type:
        return not_a_model(content_type)
    return SessionError(
        "The server does not list its models.",
        why="What it answers to /v1/models is no list of models.",
        mend="Look them up in its documentation, and name one in ARCHKIT_MODEL.",
    )


def _row(entry: Any, ids: Mapping[str, str]) -> dict[str, Any]:
    """Return a row of what a server says of a model; only Claude's says all of it."""
    said = entry if isinstance(entry, dict) else {"id": entry}
    row = {name: _of(said.get(name), str) for name in ("id", "line", "lifecycle")}
    row |= {name: _of(said.get(name), int) for name in ("max_input_tokens", "max_tokens")}
    row["name"] = _of(said.get("display_name") or said.get("name"), str) or row["id"]
    row["released_at"] = _of(said.get("created_at"), str)
    row["aliases"] = tuple(alias for alias, known in ids.items() if known == row["id"])
    return row


def _of(value: Any, kind: type) -> Any:
    return value if isinstance(value, kind) and not isinstance(value, bool) else None
