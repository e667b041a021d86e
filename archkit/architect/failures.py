"""What to tell a notebook user when a turn with the model does not end well: one place."""

from __future__ import annotations

import traceback
from typing import Any

from archkit.errors import ArchkitError, SessionError
from archkit.memory.redact import redact_text

__all__ = [
    "broken_off",
    "explained",
    "not_a_model",
    "refused",
    "stopped",
    "too_long_a_wait",
    "unreadable",
]

KEPT = "Call the same step again: what was said so far is kept, and no tool that ran is run again."

_RAW = (ValueError, LookupError, RuntimeError, OSError, ImportError)
"""What escapes the SDK unwrapped: from its stream, from making a request, from a platform's login.

Other errors are faults in a program; they are shown as they are.
"""
_OF_PLATFORMS = ("google.", "botocore.", "boto3.")
_SDK_OF_PLATFORMS = tuple(
    f"anthropic.lib.{place}" for place in ("aws", "bedrock", "vertex", "google_cloud", "foundry")
)
_OF_THEIR_STREAMS = ("botocore.eventstream", "botocore.parsers")

_BY_STATUS = {
    400: (
        "The request was not accepted.",
        "Read the reason; a smaller brief or another model may do.",
    ),
    401: (
        "The API key was not accepted.",
        "Set ANTHROPIC_API_KEY to a valid key, or ARCHKIT_OFFLINE=1.",
    ),
    402: ("The account has no credit left.", "Top up the account, or set ARCHKIT_OFFLINE=1."),
    403: ("The key may not use this model.", "Choose another model in the card, or another key."),
    404: (
        "The model or the address was not found.",
        "Name a model that this server has in ARCHKIT_MODEL; its address goes without /v1.",
    ),
    413: ("The request is too large.", "Start a new session with a shorter brief."),
    429: ("The rate limit was reached.", f"Wait a minute. {KEPT}"),
    529: ("The model is overloaded.", f"Wait a minute. {KEPT}"),
}


def explained(error: BaseException, *, kind: str, partial: bool) -> BaseException:
    """Turn an error of the client, the wire or the stream into one that a user can act on.

    Parameters
    ----------
    error
        What was raised while a turn was asked for or read.
    kind
        Which client asked: ``claude``, ``local`` or ``offline``.
    partial
        Whether text had arrived.

    Returns
    -------
    BaseException
        A `SessionError`; or the error itself if it is already an `ArchkitError` or none of ours.
    """
    import anthropic
    import httpx2

    own = _cause(error, ArchkitError)
    if own is not None:
        return own
    if kind == "offline" and isinstance(error, anthropic.APIConnectionError) and error.__cause__:
        return error.__cause__  # the offline architect has no wire: this is a fault in its code
    if isinstance(error, anthropic.APITimeoutError | httpx2.TimeoutException):
        kind_of_wait = type(error.__cause__ or error).__name__
        why = f"Nothing came for longer than the client waits ({kind_of_wait})."
        return SessionError(_kept("The model did not answer in time.", partial), why=why, mend=KEPT)
    if isinstance(error, anthropic.APIStatusError):
        return _by_status(error, partial)
    if isinstance(error, anthropic.APIConnectionError):
        return _unreached(error.__cause__ or error)
    if isinstance(error, httpx2.TransportError):
        return _cut("The connection broke while the model was answering.", error, partial)
    if isinstance(error, httpx2.InvalidURL):
        return _unreached(error)
    odd = isinstance(error, anthropic.APIResponseValidationError | httpx2.HTTPError)
    if odd or type(error).__module__ in _OF_THEIR_STREAMS:
        return unreadable(error, partial=partial)
    no_key = isinstance(error, TypeError) and "authentication" in str(error)
    if isinstance(error, anthropic.AnthropicError) or no_key or _is_of_a_platform(error):
        return _unusable(error)
    if isinstance(error, _RAW) and kind != "offline":
        return _cut("The turn could not be carried out.", error, partial)
    return error


def too_long_a_wait(status: int, seconds: float, limit: float) -> SessionError:
    """Say that the server asks for a longer wait than a notebook cell should sit through."""
    return SessionError(
        f"The server asks to wait {seconds:.0f} seconds (status {status}).",
        why=f"It is busy or a limit was reached; archkit waits {limit:.0f} seconds at most.",
        mend=f"Try again after that time. {KEPT}",
    )


def not_a_model(content_type: str) -> SessionError:
    """Say that something else than a model server answered."""
    return SessionError(
        "The answer did not come from a model server.",
        why=f"It is '{content_type or 'unknown'}', no event stream: a sign-in page?",
        mend="Sign in to the network or check ANTHROPIC_BASE_URL, then call the same step again.",
    )


def unreadable(error: BaseException, *, partial: bool) -> SessionError:
    """Say that what came is not what a model server sends."""
    return _cut("The server's answer could not be read.", error, partial)


def broken_off() -> SessionError:
    """Say that a stream ended before the answer did."""
    return SessionError(
        "The model's answer broke off; its text so far is kept as interrupted.",
        why="The stream ended without saying that the answer was complete.",
        mend=KEPT,
    )


def stopped(why: str) -> SessionError:
    """Say that somebody stopped a turn."""
    return SessionError("The turn was stopped; its text so far is kept.", why=why, mend=KEPT)


def refused(details: Any) -> SessionError:
    """Say that the model declined; `details` is what the server said of it, or None."""
    category = getattr(details, "category", None)
    explanation = getattr(details, "explanation", None)
    about = f" (category: {category})" if category else ""
    return SessionError(
        f"The model refused to answer{about}.",
        why=explanation or "It gave no explanation.",
        mend="Say in a new session what the system is for; nothing was decided.",
    )


def _cause(error: BaseException, kind: type[ArchkitError]) -> ArchkitError | None:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, kind):
            return seen
        seen = seen.__cause__
    return None


def _said(error: BaseException) -> str:
    """Return what an error says, on one line; the wire's words may hold the key it was sent."""
    return _short(str(error)) or type(error).__name__


def _short(text: str) -> str:
    words, _ = redact_text(text)
    return " ".join(words.split())[:300]


def _is_of_a_platform(error: BaseException) -> bool:
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    raised_in = str(frames[-1].f_globals.get("__name__")) if frames else ""
    login = isinstance(error, RuntimeError | ImportError) and raised_in.startswith(
        _SDK_OF_PLATFORMS
    )
    return login or type(error).__module__.startswith(_OF_PLATFORMS)


def _unusable(error: BaseException) -> SessionError:
    mend = "Set ANTHROPIC_API_KEY, or ARCHKIT_OFFLINE=1 to work without a key."
    if _is_of_a_platform(error):
        mend = "Sign in to the platform, or set ARCHKIT_OFFLINE=1; `archkit doctor` says which."
    return SessionError("The client could not be used.", why=_said(error), mend=mend)


def _unreached(error: BaseException) -> SessionError:
    mend = "Check the network and ANTHROPIC_BASE_URL, or set ARCHKIT_OFFLINE=1 to work without."
    return SessionError("The model could not be reached.", why=_said(error), mend=mend)


def _cut(what: str, error: BaseException, partial: bool) -> SessionError:
    said, name = _said(error), type(error).__name__
    why = said if said == name else f"{name}: {said}"
    return SessionError(_kept(what, partial), why=why, mend=KEPT)


def _kept(what: str, partial: bool) -> str:
    return f"{what[:-1]}; its text so far is kept as interrupted." if partial else what


def _by_status(error: Any, partial: bool) -> SessionError:
    status, why = int(error.status_code), _reason(error)
    if status == 200:  # an error event inside a stream
        name = str(getattr(error, "type", None) or "error")
        return SessionError(_kept(f"The model stopped with '{name}'.", partial), why=why, mend=KEPT)
    fallback = ("The server failed.", KEPT) if status >= 500 else _BY_STATUS[400]
    what, mend = _BY_STATUS.get(status, fallback)
    return SessionError(f"{what[:-1]} (status {status}).", why=why, mend=mend)


def _reason(error: Any) -> str:
    """Return what the server says of an error, without the JSON or the page around it."""
    inner = error.body.get("error") if isinstance(error.body, dict) else None
    message = inner.get("message") if isinstance(inner, dict) else inner
    if isinstance(message, str) and message.strip():
        return _short(message)
    content_type = error.response.headers.get("content-type", "").split(";")[0]
    if isinstance(error.body, dict) or not content_type:
        return _said(error)
    return f"The answer is '{content_type}', no error of the API: another server is between."
