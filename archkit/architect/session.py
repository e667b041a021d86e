"""A session with an architect: brief, answer, propose, decide; every step of it remembered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Protocol, Self

from archkit.architect.answers import read_answers
from archkit.architect.conversation import Reply
from archkit.architect.deciding import named_in
from archkit.architect.dialogue import Questions, clipped
from archkit.architect.drafted import DraftDecisions
from archkit.architect.extracting import DECISIONS, stated_decisions
from archkit.architect.prompts import proposal_request, questions_request
from archkit.architect.session_state import SessionState
from archkit.architect.stored import Asking, read_session
from archkit.architect.tools import SessionMemory
from archkit.errors import SessionError
from archkit.proposal.document import Proposal
from archkit.records import Alternative, Decision

__all__ = ["Questions", "ResumableMemory", "Session", "SessionMemory"]


class ResumableMemory(SessionMemory, Asking, Protocol):
    """A memory that also has sessions on record."""


class Session(SessionState):
    """Work with an architect on one brief, in stages.

    Parameters
    ----------
    card
        The agent card: its name, a path, or one already read.
    memory
        Where evidence comes from and everything goes; None works without.
    workspace
        The project's folder: what the architect may read.
    client
        An `anthropic.AsyncAnthropic` of your own, or ``"offline"``; by default the environment
        decides (see `archkit.architect.client.choose_client`).
    project
        What the work is filed under; by default the workspace's folder name.
    on_text, on_step
        Called with each piece of text as the architect writes it; with each tool call and each
        step of the learning protocol, when it is done.
    max_turns
        How often the model may answer within one stage; by default what the card says, else 12.
    max_cost_usd
        What the session may cost before it stops and asks; by default there is no limit.
    max_wait_s
        How long the model may say nothing, in seconds; by default what its client is set to.
    max_repairs
        How often a proposal in which the checker finds errors goes back to the model.
    permissions
        What tools may do beyond reading: ``"read_only"`` (the default), rules such as
        ``{"Write", "Bash(git log:*)"}``, or a function that is asked each time
        (see `archkit.architect.permission`).
    web, mcp
        True, or settings of your own: let it search the web, or use the servers of ``.mcp.json``
        that the card names; both are off by default, for they leave this machine.
    session_id
        What it is filed under; by default a new id. See `resume`.
    now
        The clock.

    Attributes
    ----------
    card, project, session_id, stage, started_at
        `stage` is new, questions, proposed or decided.
    client_kind, client_reason, model, gate
        Who answers (claude, local or offline), why, the model asked for; whether the memory is on.
    limits
        Its `Limits`, which may be raised while it runs.
    asked, questions, briefing, proposal, decisions, steps, notices
        What has come of the session so far; `asked` is the brief.

    Examples
    --------
    >>> session = Session("backend-architect", client="offline")
    >>> session.propose()
    Traceback (most recent call last):
    archkit.errors.SessionError: There is nothing to propose on yet.
    Why: The session has no brief.
    Mend: Call session.brief("…") first.
    """

    @classmethod
    def resume(cls, session_id: str, memory: ResumableMemory, **settings: Any) -> Self:
        """Take up a session where it stands: after a restart, on another day.

        Parameters
        ----------
        session_id
            Its id.
        memory
            The memory that has it on record.
        **settings
            As for `Session`; by default the card of its name and this folder as its workspace.

        Returns
        -------
        Session
            With everything said, answered, proposed and decided. A turn that broke off goes on
            when the same step is called again; no tool that ran is run again. What the memory
            was asked is asked again, so evidence and forecasts are those of now.

        Raises
        ------
        SessionError
            The memory knows no such session, or not how it began.
        """
        stored = read_session(memory, session_id)
        if not stored.brief:
            raise SessionError(
                f"The session {session_id!r} cannot be resumed.",
                why="The memory knows how it ended, and nothing of how it began.",
                mend="Begin a new Session.",
            )
        given = {"card": stored.agent, "project": stored.project, **settings}
        session = cls(memory=memory, session_id=session_id, **given)
        session._restore(stored)
        return session

    def brief(self, text: str) -> Questions:
        """Say what is to be built: what, for whom, at which size, what must not happen.

        Returns
        -------
        Questions
            What the architect must know, what would change the design most first; the project was
            read and the memory asked before.

        Raises
        ------
        SessionError
            No or a second brief; or the turn did not end well.
        """
        if not text.strip():
            raise SessionError(
                "The brief is empty.",
                why="The architect has nothing to work on.",
                mend='Say what to build: session.brief("Stop the N+1 queries in the posts API").',
            )
        self._mind_the_gate()
        brief = self._near(text.strip())
        if self.stage != "new" or (self.asked and brief != self.asked):
            raise SessionError(
                "This session has a brief already.",
                why=f"It is about: {clipped(self.asked)}",
                mend="Start a new Session for another brief, or add to this one with .answer(…).",
            )
        if not self.asked or not self.briefing:
            self._start(brief)
        reply = self._ask(questions_request(self.asked, self.briefing, self._told))
        if reply.ended == "max_turns":
            raise self._too_many_turns("asked its questions")
        self.steps.before(self.evidence, self.memory_off, self._box.solutions)
        self.questions = Questions(self._box.asked or (), note=reply.text)
        self._move_to("questions")
        return self.questions

    def answer(self, answers: str | Mapping[str, Any] | None = None, /, **by_key: Any) -> Questions:
        """Answer questions: by key, or in your own words; repeat to add or change.

        Parameters
        ----------
        answers
            Free text, or values by the questions' keys.
        **by_key
            Values by key.

        Returns
        -------
        Questions
            Those still open; none has to be answered.

        Raises
        ------
        SessionError
            There is no brief yet, or a key is no question's.
        """
        self._needs_brief("There is nothing to answer yet.")
        given = self._near(read_answers(answers, by_key, self.questions))
        kept = "\n".join(part for part in (self._answers.get("", ""), given.get("", "")) if part)
        self._answers |= given | ({"": kept} if kept else {})
        self._minutes.answers(self._answers)
        self.questions = self.questions.answered(self._answers)
        return self.questions.remaining

    def propose(self) -> Proposal:
        """Have the design written and checked; call it again after further answers.

        While the checker finds errors, what it found goes back to the architect, `max_repairs`
        times at most; a repair that is no better does not stand. `versions` has them all.

        Returns
        -------
        Proposal
            Seven sections; `missing` names those that are not there.

        Raises
        ------
        SessionError
            There is no brief yet, or the turn did not end well.
        """
        self._needs_brief("There is nothing to propose on yet.")
        self._box.may_ask = False
        proposal = self._drafts.write(
            proposal_request(self.questions, self._answers), self._written
        )
        self.steps.pitfalls(self._box.solutions)
        self.steps.during(self._box, proposal, self.memory_off)
        self.proposal = proposal
        self._move_to("proposed")
        return proposal

    def draft_decisions(self) -> DraftDecisions:
        """Have the proposal's decisions stated, each ready for `decide`; nothing is decided yet.

        Returns
        -------
        DraftDecisions
            A sequence of `Decision`, with alternatives, rationale, the patterns used and, where
            there is evidence of them, the forecast; none is written to the memory.

        Raises
        ------
        SessionError
            There is no proposal, or the model did not state them in a form that can be read.
        """
        self._needs_proposal()
        stated = stated_decisions(partial(self._ask, schema=DECISIONS))
        return DraftDecisions([self._decision(**named_in(s, self.evidence)) for s in stated])

    def decide(
        self,
        chosen: str | Decision,
        alternatives: Sequence[str | Alternative] = (),
        rationale: str | Mapping[str, Any] = "",
        *,
        confidence: float | None = None,
        patterns: Sequence[str] | None = None,
        kind: str | None = None,
        title: str | None = None,
        review_after_days: int = 30,
    ) -> Decision:
        """Decide, and have it remembered; once for each choice the proposal leaves to you.

        Parameters
        ----------
        chosen
            What you take: a pattern's name or slug, a part of its name, words of your own, or one
            of `draft_decisions` (then what else is given here takes the place of its part).
        alternatives
            What else was possible; what the ranking predicted for each is filled in.
        rationale
            Why.
        confidence
            How sure you are that it will work, 0 to 1; by default the pattern's success rate
            now, if there is evidence of it. It is scored when outcomes come in.
        patterns
            The slugs used, where `chosen` does not say it; an empty tuple for none.
        kind, title
            Which choice it answers, by default the pattern's kind; what it is called, by default
            the beginning of the brief.
        review_after_days
            When an outcome is due.

        Raises
        ------
        SessionError
            There is no proposal yet, nothing was chosen, or the name fits several patterns.
        """
        self._needs_proposal()
        extra: Mapping[str, Any] = {}
        if isinstance(chosen, Decision):
            draft = chosen
            chosen, kind, title = draft.chosen, kind or draft.kind, title or draft.title
            alternatives = alternatives or draft.alternatives
            rationale = rationale or draft.rationale
            patterns = draft.patterns if patterns is None else patterns
            confidence = draft.confidence if confidence is None else confidence
            extra = draft.extra
        decision = self._decision(
            chosen,
            alternatives,
            rationale,
            confidence=confidence,
            patterns=patterns,
            kind=kind,
            title=title,
            review_after_days=review_after_days,
            extra=extra,
        )
        if self._memory is not None:
            decision = self._memory.record_decision(decision)
        self.decisions.append(decision)
        self._report(f"Decided {decision.chosen} for: {decision.title}", "success")
        self._remind_of_story()
        self.steps.after(len(decision.alternatives), self._box)
        self._move_to("decided", status="ended")
        return decision

    def cancel(self) -> None:
        """Stop what the architect is doing, from any thread; its text so far is kept."""
        self._conversation.cancel()

    def close(self) -> None:
        """Close the connection to the model; what was said stays."""
        self._conversation.close()
        self._minutes.flush()

    def _ask(self, request: list[dict[str, Any]], schema: Mapping[str, Any] | None = None) -> Reply:
        try:
            with self._minutes.at_work():
                return self._conversation.ask(
                    request, on_text=self._on_text, on_tool=self._on_step, schema=schema
                )
        except SessionError as error:
            self._minutes.status(self._conversation.status, self.stage, error.what)
            self._report(f"{self.title}: {error.what}", self._conversation.status)
            raise

    def _written(self, request: list[dict[str, Any]]) -> Reply:
        reply = self._ask(request)
        if reply.ended == "max_turns":
            raise self._too_many_turns("written the proposal")
        return reply

    def _needs_brief(self, what: str) -> None:
        self._mind_the_gate()
        if self.stage == "new":
            why = "The session has no brief." if not self.asked else "Its first turn broke off."
            raise SessionError(what, why=why, mend='Call session.brief("…") first.')

    def _needs_proposal(self) -> None:
        self._mind_the_gate()
        if self.proposal is None:
            self._needs_brief("There is nothing to decide on yet.")
            raise SessionError(
                "There is nothing to decide on yet.",
                why="The architect has not proposed a design.",
                mend="Call session.propose() first.",
            )

    def _too_many_turns(self, what: str) -> SessionError:
        error = SessionError(
            f"The architect has not {what}.",
            why="It used all the turns of a stage for tools.",
            mend="Call the same step again to let it go on, or give the session more max_turns.",
        )
        self._minutes.status("failed", self.stage, error.what)
        return error
