"""Whether the SDK finds credentials of its own, without a key: a profile, or workload identity.

This says only which variable or file decides, by the SDK's own order; the SDK reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

__all__ = ["credentials_found"]

_FEDERATION = ("ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_ORGANIZATION_ID")
_IDENTITY = ("ANTHROPIC_IDENTITY_TOKEN_FILE", "ANTHROPIC_IDENTITY_TOKEN")


def credentials_found(env: Mapping[str, str]) -> str:
    """Say what the SDK would sign in with, in a clause; "" if it would find nothing.

    Parameters
    ----------
    env
        The environment; profiles lie in ANTHROPIC_CONFIG_DIR, else below HOME.
    """
    if env.get("ANTHROPIC_PROFILE"):
        return "ANTHROPIC_PROFILE names a profile"
    identity = next((name for name in _IDENTITY if env.get(name)), "")
    if identity and all(env.get(name) for name in _FEDERATION):
        return f"{identity} and {_FEDERATION[0]} are set"
    folder = _folder(env)
    if folder is None:
        return ""
    named = _text(folder / "active_config")
    if named or env.get("ANTHROPIC_CONFIG_DIR"):
        return f"the profile {named or 'default'!r} is the active one"
    found = (folder / "configs" / "default.json").is_file()
    return "the profile 'default' is there" if found else ""


def _folder(env: Mapping[str, str]) -> Path | None:
    if env.get("ANTHROPIC_CONFIG_DIR"):
        return Path(env["ANTHROPIC_CONFIG_DIR"])
    return Path(env["HOME"], ".config", "anthropic") if env.get("HOME") else None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
