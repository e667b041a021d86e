"""Where a panel stands, and what follows from it: which controls work, what it says, what it shows.

Pure: no widget, no thread, no clock.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["VIEWS", "PanelState", "enabled", "told", "view_after"]

VIEWS = ("Brief", "Conversation", "Questions", "Proposal", "Decide", "Outcome")

_DOING = {
    "open": "Opening the session …",
    "brief": "The architect reads the project and asks the memory …",
    "answer": "Writing your answers down …",
    "propose": "The architect works on the proposal …",
    "draft": "The architect states the proposal's decisions …",
    "decide": "Recording the decision …",
    "outcome": "Recording the outcome …",
}
_NEXT = {
    "new": "Say what is to be built, then start.",
    "questions": "Answer what you know, then have a design proposed.",
    "proposed": "Read the proposal. Answer more and propose again, or decide.",
    "decided": "Decided. Record what came of it when you know, or decide further choices.",
}
_VIEW_AFTER = {
    "brief": "Questions",
    "answer": "Questions",
    "propose": "Proposal",
    "draft": "Decide",
    "decide": "Decide",
    "outcome": "Outcome",
}
_VIEW_OF_STAGE = {"new": "Brief", "questions": "Questions", "proposed": "Proposal"}


@dataclass(frozen=True, slots=True)
class PanelState:
    """What decides over a panel's controls.

    Attributes
    ----------
    stage
        Of the session: new, questions, proposed or decided.
    busy
        The step that is running, "" while none is.
    doing
        What was heard of that step last.
    cancelling
        Whether it was asked to stop.
    broken
        The step that did not end well and may be called again, "" if there is none.
    began
        Whether the session has its brief.
    waiting
        How many uses of tools wait for the user's leave.
    outcomes
        Whether there is a decision whose outcome could be recorded.
    closed
        Whether the panel was closed.
    """

    stage: str = "new"
    busy: str = ""
    doing: str = ""
    cancelling: bool = False
    broken: str = ""
    began: bool = False
    waiting: int = 0
    outcomes: bool = False
    closed: bool = False


def enabled(state: PanelState) -> frozenset[str]:
    """Return the names of the controls that work."""
    if state.closed:
        return frozenset({"view"})
    if state.busy:
        stop = {"cancel"} if not state.cancelling else set()
        leave = {"allow", "allow_always", "deny", "why_not"} if state.waiting else set()
        return frozenset({"view"} | stop | leave)
    works = {"view", "open"}
    works |= {"retry"} if state.broken else set()
    if state.stage == "new":
        works |= {"start"} | (set() if state.began else {"brief"})
    else:
        works |= {"questions", "answer", "propose"}
    if state.stage in ("proposed", "decided"):
        works |= {"decisions", "draft", "decide"}
    if state.outcomes:
        works |= {"outcomes", "outcome"}
    return frozenset(works)


def told(state: PanelState) -> str:
    """Return what the panel says of itself, in one sentence."""
    if state.closed:
        return "This panel is closed; what was said is in the memory."
    if state.cancelling:
        return "Stopping; what was said so far is kept …"
    if state.waiting:
        more = f" (1 of {state.waiting})" if state.waiting > 1 else ""
        return f"The architect asks for your leave{more}."
    if state.busy:
        return state.doing or _DOING[state.busy]
    if state.broken:
        return "That did not end well. Retry goes on from where it stopped."
    return _NEXT[state.stage]


def view_after(step: str, stage: str) -> str:
    """Return the view that shows what came of a step; "open" shows where the session stands."""
    return _VIEW_AFTER.get(step) or _VIEW_OF_STAGE.get(stage, "Decide")
