"""A session with an architect: brief, answer, propose, decide; every step of it remembered."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archkit.architect.answers import read_answers
from archkit.architect.briefing import get_task_briefing
from archkit.architect.card import AgentCard, read_card
from archkit.architect.client import choose_client
from archkit.architect.conversation import Conversation, Reply
from archkit.architect.deciding import decision_on
from archkit.architect.dialogue import Questions, Said, Tokens, ToolCall, clipped
from archkit.architect.gate import memory_gate
from archkit.architect.learning_steps import LearningStep, LearningSteps
from archkit.architect.minutes import Minutes
from archkit.architect.prompts import proposal_request, questions_request, system_prompt
from archkit.architect.proposing import MAX_REPAIRS, Drafts, Version
from archkit.architect.rankings_seen import Evidence
from archkit.architect.session_table import session_table
from archkit.architect.tools import SessionMemory, ToolBox
from archkit.architect.workspace import project_folder
from archkit.errors import SessionError
from archkit.memory.redact import relative_paths
from archkit.plain import mapped_texts
from archkit.proposal.document import Proposal
from archkit.records import Alternative, Decision, new_id, utc_now

if TYPE_CHECKING:
    from archkit.memory.ranking import Ranking

__all__ = ["Questions", "Session", "SessionMemory"]

_MAX_TURNS = 12


class Session:
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
    max_repairs
        How often a proposal in which the checker finds errors goes back to the model.
    now
        The clock.

    Attributes
    ----------
    card, project, session_id, stage, started_at
        `stage` is new, questions, proposed or decided.
    client_kind, client_reason, model, gate, withheld
        Who answers (claude, local or offline), why, the model asked for; whether the memory is on;
        tools that the card lists and archkit does not offer, each with the reason.
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

    def __init__(
        self,
        card: str | Path | AgentCard = "backend-architect",
        memory: SessionMemory | None = None,
        *,
        workspace: str | Path = ".",
        client: Any = None,
        project: str | None = None,
        on_text: Callable[[str], None] | None = None,
        on_step: Callable[[ToolCall | LearningStep], None] | None = None,
        max_turns: int | None = None,
        max_repairs: int = MAX_REPAIRS,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.card = card if isinstance(card, AgentCard) else read_card(card)
        self._workspace = project_folder(workspace)
        self.project = project if project is not None else self._workspace.name
        self.session_id = new_id()
        self.gate = memory_gate(self.card, memory, self._workspace)
        self._memory = memory if self.gate.on else None
        self._on_text, self._on_step, self._now = on_text, on_step, now
        chosen = choose_client(os.environ, model=self.card.resolve_model(os.environ), client=client)
        self.client_kind, self.client_reason = chosen.kind, chosen.reason
        self.model = chosen.model
        filed = {"agent": self.card.name, "project": self.project, "session_id": self.session_id}
        self._minutes = Minutes(self._memory, self._near, **filed)
        self._box = ToolBox(
            self.card, self._workspace, self._memory, session_id=self.session_id, now=now
        )
        self.withheld = dict(self._box.withheld)
        self._conversation = Conversation(
            chosen,
            self._box,
            system=system_prompt(self.card.body),
            keep=self._minutes.keep,
            max_turns=max_turns or self.card.max_turns or _MAX_TURNS,
        )
        self.stage, self.started_at = "new", now()
        self.steps = LearningSteps(self.card, self._log_step)
        self.questions = Questions()
        self.briefing: dict[str, Any] = {}
        self.proposal: Proposal | None = None
        self.decisions: list[Decision] = []
        self.notices = list(self.gate.warnings)
        self.asked, self._answers = "", dict[str, str]()
        self._drafts = Drafts(self._written, self._minutes, self.notices, max_repairs=max_repairs)

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
        brief = self._near(text.strip())
        if self.stage != "new" or (self.asked and brief != self.asked):
            raise SessionError(
                "This session has a brief already.",
                why=f"It is about: {clipped(self.asked)}",
                mend="Start a new Session for another brief, or add to this one with .answer(…).",
            )
        if not self.asked:
            self._start(brief)
        reply = self._ask(questions_request(self.asked, self.briefing))
        if reply.ended == "max_turns":
            raise self._too_many_turns("asked its questions")
        self._look_up()
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
        proposal = self._drafts.write(proposal_request(self.questions, self._answers))
        self.steps.pitfalls(self._box.solutions)
        self.steps.during(self._box, proposal, self.memory_off)
        self.proposal = proposal
        self._move_to("proposed")
        return proposal

    def decide(
        self,
        chosen: str,
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
            What you take: a pattern's name or slug, a part of its name, or words of your own.
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
        if self.proposal is None:
            self._needs_brief("There is nothing to decide on yet.")
            raise SessionError(
                "There is nothing to decide on yet.",
                why="The architect has not proposed a design.",
                mend="Call session.propose() first.",
            )
        decision = decision_on(
            chosen,
            alternatives,
            self.evidence,
            self._memory,
            confidence=confidence,
            patterns=patterns,
            kind=kind,
            rationale=self._near(rationale),
            title=title or self.title,
            review_after_days=review_after_days,
            decided_at=self._now(),
            session_id=self.session_id,
            agent=self.card.name,
            project=self.project,
        )
        if self._memory is not None:
            decision = self._memory.record_decision(decision)
        self.decisions.append(decision)
        self.steps.after(len(decision.alternatives), self._box)
        self._move_to("decided", status="ended")
        return decision

    @property
    def versions(self) -> list[Version]:
        """Every version of the proposal, repairs included, in order."""
        return list(self._drafts.versions)

    def cancel(self) -> None:
        """Stop what the architect is doing, from any thread; its text so far is kept."""
        self._conversation.cancel()

    def close(self) -> None:
        """Close the connection to the model; what was said stays."""
        self._conversation.close()

    @property
    def title(self) -> str:
        """How the brief begins."""
        return clipped(self.asked)

    @property
    def memory_off(self) -> str:
        """Why the memory is neither read nor written; "" when it is on."""
        return "" if self.gate.on else self.gate.reason

    @property
    def evidence(self) -> Evidence:
        """The rankings the session has seen."""
        return self._box.evidence

    @property
    def ranking(self) -> Ranking | None:
        """The ranking for the chief choice the brief calls for, as it was ranked last."""
        return self.evidence.main

    @property
    def transcript(self) -> list[Said]:
        """Every turn, tool call and note, in order."""
        return list(self._minutes.transcript)

    @property
    def tokens(self) -> Tokens:
        """What was read and written so far; offline these are estimates."""
        return self._minutes.tokens

    @property
    def cost_usd(self) -> float | None:
        """What was spent so far, None where no price is known."""
        return self._minutes.cost_usd

    def _start(self, text: str) -> None:
        self.briefing = get_task_briefing(self._workspace, text, memory=self._memory, now=self._now)
        self.asked = text
        where, self.started_at = self._workspace.name, self._now()
        self._minutes.started(
            self.card, text, self.gate, workspace=where, model=self.model, client=self.client_kind
        )

    def _ask(self, request: list[dict[str, Any]]) -> Reply:
        try:
            return self._conversation.ask(request, on_text=self._on_text, on_tool=self._on_step)
        except SessionError as error:
            self._minutes.status(self._conversation.status, self.stage, error.what)
            raise

    def _written(self, request: list[dict[str, Any]]) -> Reply:
        reply = self._ask(request)
        if reply.ended == "max_turns":
            raise self._too_many_turns("written the proposal")
        return reply

    def _near(self, value: Any) -> Any:
        """Name the workspace's files as seen from it: where it lies, nobody has to know."""
        return mapped_texts(value, partial(relative_paths, root=self._workspace))

    def _look_up(self) -> None:
        """Ask the memory about the brief itself when the model did not."""
        if self._memory is not None and not self.evidence:
            self.evidence.add(self._memory.query(self.asked))

    def _needs_brief(self, what: str) -> None:
        if self.stage == "new":
            why = "The session has no brief." if not self.asked else "Its first turn broke off."
            raise SessionError(what, why=why, mend='Call session.brief("…") first.')

    def _too_many_turns(self, what: str) -> SessionError:
        error = SessionError(
            f"The architect has not {what}.",
            why="It used all the turns of a stage for tools.",
            mend="Call the same step again to let it go on, or give the session more max_turns.",
        )
        self._minutes.status("failed", self.stage, error.what)
        return error

    def _move_to(self, stage: str, *, status: str = "open") -> None:
        self.stage = stage
        self._minutes.status(status, stage)

    def _log_step(self, step: LearningStep) -> None:
        self._minutes.step(step)
        if self._on_step:
            self._on_step(step)

    def __repr__(self) -> str:
        what = f", {clipped(self.asked, 40)!r}" if self.asked else ""
        off = ", memory off" if self.memory_off else ""
        return f"Session({self.card.name!r}, {self.stage}{what}, {self.client_kind}{off})"

    def _repr_html_(self) -> str:
        return session_table(self)
