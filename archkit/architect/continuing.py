"""A proposal cut off at the longest answer allowed: the model goes on where it stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archkit.architect.conversation import Reply
from archkit.architect.prompts import continuation_request
from archkit.errors import SessionError
from archkit.proposal.document import SECTIONS, read_proposal
from archkit.proposal.joining import joined

__all__ = ["MAX_CONTINUATIONS", "continued"]

MAX_CONTINUATIONS = 2
_CUT = "The proposal was cut off: it reached the longest answer allowed"


def continued(
    reply: Reply, ask: Callable[[list[dict[str, Any]]], Reply], notices: list[str]
) -> Reply:
    """Return the reply with what the model wrote when it was asked to go on.

    The section in which it stopped is written again, since nobody can tell what of it is whole.

    Parameters
    ----------
    reply
        What came of the request for a proposal; one that was not cut off is returned as it is.
    ask
        Sends a request to the model and waits for its reply.
    notices
        Is told that the proposal was cut off, and what is missing of it still.
    """
    if reply.ended != "max_tokens":
        return reply
    times, broke = 0, ""
    while reply.ended == "max_tokens" and times < MAX_CONTINUATIONS:
        try:
            longer = _longer(reply, ask)
        except SessionError as error:
            broke = f" Going on with it broke off: {error.why}"
            break
        if longer is None:
            break
        reply, times = longer, times + 1
    notices.append(_told(reply, times) + broke)
    return reply


def _longer(reply: Reply, ask: Callable[[list[dict[str, Any]]], Reply]) -> Reply | None:
    """Return the reply with more of the proposal, None if there is no more to be had."""
    proposal = read_proposal(reply.text)
    if not proposal.sections:
        return None
    last = max(proposal.sections, key=lambda section: section.line)
    more = ask(continuation_request(SECTIONS[last.number - 1], proposal.missing))
    text = joined(proposal, more.text)
    return None if text.strip() == reply.text.strip() else Reply(text, more.ended)


def _told(reply: Reply, times: int) -> str:
    missing = ", ".join(read_proposal(reply.text).missing)
    if reply.ended != "max_tokens":
        gone_on = "once" if times == 1 else f"{times} times"
        return f"{_CUT}, and was gone on with {gone_on}."
    return f"{_CUT}; missing: {missing}." if missing else f"{_CUT}, in its last section."
