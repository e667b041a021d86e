"""Secrets never reach the disk: texts with credentials hidden, absolute paths made relative.

Which shapes are hidden, and why just these:

- Of detect-secrets, the detectors whose pattern carries its own marker (``AKIA…``, ``ghp_…``,
  ``xoxb-…``, ``sk_live_…``), applied to the whole text at once: precise, and a shape such a token
  has nowhere else in architecture prose.
- Own shapes where detect-secrets' pattern is too narrow or too wide for replacing text: a private
  key is hidden with its body, a password in an URL alone and not the URL, a JSON Web Token with all
  three parts, an unquoted AWS secret; and those it lacks: Anthropic, Google and fine-grained GitHub
  keys, Bearer and Basic headers.
- Not used: entropy and keyword detectors (they hit example JSON such as ``password: "…"`` and
  ordinary prose), public IP addresses (no secret), and Artifactory, Cloudant, IBM and SoftLayer
  (patterns like ``key = <44 letters>`` that also fit hashes and identifiers in designs).
"""

from __future__ import annotations

import re
from functools import cache, partial
from pathlib import Path
from typing import Any

from archkit.plain import mapped_texts, texts_in

__all__ = ["redact_text", "redact_value", "relative_paths"]

_MARK = "[hidden: "
_Rule = tuple[str, str, re.Pattern[str]]  # what it is, a text it cannot be without, its shape

_DETECTORS = {
    "aws": "AWSKeyDetector",
    "azure_storage_key": "AzureStorageKeyDetector",
    "discord": "DiscordBotTokenDetector",
    "github_token": "GitHubTokenDetector",
    "gitlab_token": "GitLabTokenDetector",
    "mailchimp": "MailchimpDetector",
    "npm": "NpmDetector",
    "openai": "OpenAIDetector",
    "pypi_token": "PypiTokenDetector",
    "sendgrid": "SendGridDetector",
    "slack": "SlackDetector",
    "square_oauth": "SquareOAuthDetector",
    "stripe": "StripeDetector",
    "telegram_token": "TelegramBotTokenDetector",
    "twilio": "TwilioKeyDetector",
}
_HINTS = {
    "azure_storage_key": "AccountKey=",
    "discord": ".",
    "mailchimp": "-us",
    "npm": "_authToken",
    "openai": "T3BlbkFJ",
    "sendgrid": "SG.",
    "stripe": "k_live_",
    "telegram_token": ":",
}
"""Without its hint a slow pattern cannot match, so it is not tried: measured, half the time."""

_KEY_END = r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
_OWN: tuple[_Rule, ...] = (
    (
        "Private Key",
        "PRIVATE KEY",
        re.compile(
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"
            rf"(?:(?:[^-]|-(?!----)){{0,20000}}{_KEY_END}"
            r"|(?:(?:\s|\\[nr])*[A-Za-z0-9+/=]{24,})+)"
        ),
    ),
    ("PuTTY Key", "PuTTY-User", re.compile(r"PuTTY-User-Key-File-\d:[\s\S]*?MAC: ?[0-9a-f]+")),
    ("Anthropic Key", "sk-ant-", re.compile(r"sk-ant-[A-Za-z0-9_-]{16,}")),
    ("OpenAI Token", "sk-", re.compile(r"\bsk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{32,}")),
    ("GitHub Token", "github_pat_", re.compile(r"github_pat_[A-Za-z0-9_]{36,}")),
    ("Google Key", "AIza", re.compile(r"AIza[A-Za-z0-9_-]{35}")),
    (
        "JSON Web Token",
        "eyJ",
        re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ),
    (
        "Bearer Token",
        "earer",
        re.compile(r"\b[Bb]earer\s+(?=[^\s\"']{0,40}\d)([A-Za-z0-9._~+/-]{20,}=*)"),
    ),
    (
        "Basic Auth Credentials",
        "asic ",
        re.compile(r"(?i)authorization[\"']?\s*[:=]\s*[\"']?basic\s+([A-Za-z0-9+/]{12,}={0,2})"),
    ),
    (
        "Basic Auth Credentials",
        "@",
        re.compile(r"://[^\s/:@\"'{}<>\[\]]{0,100}:(?![$*%])([^\s/@\"'{}<>\[\]]{1,200})@"),
    ),
    (
        "AWS Access Key",
        "",
        re.compile(r"(?i)aws_?secret(?:_?access)?_?key[\"']?\s*[=:]\s*[\"']?([A-Za-z0-9/+]{40})"),
    ),
)


def redact_value(value: Any) -> tuple[Any, int]:
    """Hide the secrets in a JSON value, and write paths below the home folder as ``~/…``.

    Parameters
    ----------
    value
        Any JSON value; it is not changed.

    Returns
    -------
    tuple
        The value with each secret written as ``[hidden: <kind>]``, and how many were hidden.
    """
    whole = "\n".join(texts_in(value))
    suspects = [rule for rule in _rules() if rule[1] in whole and rule[2].search(whole)]
    home = str(_home())
    named = home in whole and home.strip("/") != ""
    if not suspects and not named:
        return value, 0
    hidden = 0

    def hide(text: str) -> str:
        nonlocal hidden
        text, count = _hide(text, suspects)
        hidden += count
        return _below(home).sub("~", text) if named else text

    return mapped_texts(value, hide), hidden


def redact_text(text: str) -> tuple[str, int]:
    """Hide the secrets in a text; return it and how many were hidden."""
    return _hide(text, _rules())


def relative_paths(text: str, root: Path | str, *, home: Path | None = None) -> str:
    """Write paths below `root` as ``./…`` and below the home folder as ``~/…``.

    Parameters
    ----------
    text
        Any text.
    root
        The workspace.
    home
        The home folder; by default that of the present user.
    """
    if "/" not in text:  # most texts: the folders need not be looked up
        return text
    folders = [(str(root), "."), (str(Path(root).resolve()), "."), (str(home or _home()), "~")]
    for folder, name in folders:
        if folder.startswith("/") and folder.strip("/"):
            text = _below(folder).sub(name, text)
    return text


@cache
def _below(folder: str) -> re.Pattern[str]:
    """Shape of a folder's name, where no longer name holds it."""
    return re.compile(rf"(?<![\w.~-]){re.escape(folder.rstrip('/'))}(?![\w-]|\.\w)")


def _home() -> Path | str:
    try:
        return Path.home()
    except RuntimeError:  # no HOME and no entry in the list of users
        return ""


def _hide(text: str, rules: tuple[_Rule, ...] | list[_Rule]) -> tuple[str, int]:
    hidden = 0
    for kind, hint, shape in rules:
        if hint in text:
            marked = shape.sub(partial(_masked, kind), text)
            hidden += marked.count(_MARK) - text.count(_MARK)
            text = marked
    return text, hidden


def _masked(kind: str, match: re.Match[str]) -> str:
    """Replace the first group if the shape has a secret inside a longer text, else all of it."""
    whole, mark = match.group(), f"{_MARK}{kind}]"
    if _within_word(match):
        return whole
    if kind in _PART and match.re.groups and match.group(1):
        start, end = match.span(1)
        return whole[: start - match.start()] + mark + whole[end - match.start() :]
    return mark


def _within_word(match: re.Match[str]) -> bool:
    """Whether the match begins inside a word: a hash or a blob that happens to hold the marker."""
    before = match.string[match.start() - 1] if match.start() else " "
    return before.isalnum() and match.group()[0].isalnum()


_PART = {"AWS Access Key", "Basic Auth Credentials", "Bearer Token", "NPM tokens"}
"""Kinds whose first group is the secret, the rest of the match being its surroundings."""


@cache
def _rules() -> tuple[_Rule, ...]:
    """Own shapes first: they hide whole what a detector would hide in part."""
    from importlib import import_module

    rules = list(_OWN)
    for module, name in _DETECTORS.items():
        detector = getattr(import_module(f"detect_secrets.plugins.{module}"), name)
        hint = _HINTS.get(module, "")
        rules += [(detector.secret_type, hint, shape) for shape in detector.denylist]
    return tuple(rules)
