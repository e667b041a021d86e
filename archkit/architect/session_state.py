"""What a session holds between its steps, how it begins and is seen; `Session` takes the steps."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from archkit.architect.briefing import Briefing, get_task_briefing
from archkit.architect.briefing_activity import activity_report
from archkit.architect.card import AgentCard, read_card
from archkit.architect.client import choose_client
from archkit.architect.conversation import Conversation
from archkit.architect.deciding import decision_on
from archkit.architect.dialogue import Questions, Said, Tokens, ToolCall, clipped
from archkit.architect.gate import memory_gate
from archkit.architect.learning_steps import LearningStep, LearningSteps
from archkit.architect.limits import Limits
from archkit.architect.minutes import Minutes
from archkit.architect.permission import Ask, Permissions
from archkit.architect.prompts import system_prompt
from archkit.architect.proposing import MAX_REPAIRS, Drafts, Version
from archkit.architect.rankings_seen import Evidence
from archkit.architect.server_tools import Web
from archkit.architect.session_table import session_table
from archkit.architect.tool import as_text
from archkit.architect.tools import SessionMemory, ToolBox
from archkit.architect.workspace import project_folder
from archkit.errors import ArchkitError
from archkit.memory.redact import relative_paths
from archkit.plain import mapped_texts
from archkit.proposal.document import Proposal
from archkit.records import Alternative, Decision, new_id, utc_now

if TYPE_CHECKING:
    from archkit.architect.stored import StoredSession
    from archkit.memory.ranking import Ranking

__all__ = ["SessionState"]

_MAX_TURNS = 12


class SessionState:
    """What is known of a session so far; see `Session` for the parameters and attributes."""

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
        max_cost_usd: float | None = None,
        max_wait_s: float | None = None,
        max_repairs: int = MAX_REPAIRS,
        permissions: Permissions | str | Iterable[str] | Ask = "read_only",
        web: Web | bool = False,
        mcp: bool | Sequence[str] = False,
        session_id: str | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.card = card if isinstance(card, AgentCard) else read_card(card)
        self._workspace = project_folder(workspace)
        self.project = project if project is not None else self._workspace.name
        self.session_id = session_id or new_id()
        self.gate = memory_gate(self.card, memory, self._workspace)
        self._memory = memory if self.gate.on else None
        self._on_text, self._on_step, self._now = on_text, on_step, now
        asked_for = self.card.resolve_model(os.environ)
        chosen = choose_client(
            os.environ, model=asked_for, client=client, conversation_id=self.session_id
        )
        self.client_kind, self.client_reason = chosen.kind, chosen.reason
        self.model = chosen.model
        filed = {"agent": self.card.name, "project": self.project, "session_id": self.session_id}
        self._notices = list(self.gate.warnings)
        self._minutes = Minutes(self._memory, self._near, notices=self._notices, **filed)
        self._box = ToolBox(
            self.card,
            self._workspace,
            self._memory,
            session_id=self.session_id,
            project=self.project,
            now=now,
            permissions=permissions,
            web=web,
            mcp=mcp,
            client=chosen,
        )
        turns = max_turns if max_turns is not None else self.card.max_turns or _MAX_TURNS
        self.limits = Limits(turns, max_cost_usd, max_wait_s)
        self._box.limit_children(lambda: self.limits.left_usd(self.cost_usd))
        self._conversation = Conversation(
            chosen,
            self._box,
            system=system_prompt(self.card.body),
            keep=self._minutes.keep,
            limits=self.limits,
            spent_usd=lambda: self.cost_usd,
        )
        self.stage, self.started_at = "new", now()
        self.steps = LearningSteps(self.card, self._log_step)
        self.questions = Questions()
        self.briefing = Briefing()
        self.proposal: Proposal | None = None
        self.decisions: list[Decision] = []
        self.asked, self._told, self._answers = "", "", dict[str, str]()
        self._drafts = Drafts(self._minutes, self._notices, max_repairs=max_repairs)

    def _restore(self, stored: StoredSession) -> None:
        """Take in what the memory has on record of this session."""
        if stored.card_hash != self.card.card_hash:
            self._notices.append("The card has changed since the session began.")
        self.asked, self.started_at = stored.brief, stored.started_at
        self.stage = stored.stage or "new"
        self.briefing, self._told = Briefing(stored.briefing), stored.looked_up
        self.decisions = list(stored.decisions)
        self._answers = dict(stored.answers)
        self._minutes.restore(stored.said)
        if stored.forked:
            self._notices.append(
                "The session was gone on with in two places at once: both are on record here, one "
                "between the other."
            )
        self._conversation.restore(stored)
        self._box.restore(stored.calls)
        self._box.limit_children(lambda: self.limits.left_usd(self.cost_usd), stored.children)
        if self._memory is not None and (self.stage != "new" or self._told):
            self.evidence.ask_again(stored.calls, self._memory.query, brief=self.asked)
        self._box.may_ask = not stored.proposals
        asked = Questions(self._box.asked or ())
        self.questions = asked.answered(self._answers)
        self.proposal = self._drafts.restore(stored.proposals)
        self.steps.restore(stored.steps)

    def _start(self, text: str) -> None:
        """Read the project, ask the memory; what is on record of it already is not done again."""
        self._minutes.check_alone()
        self.briefing = get_task_briefing(
            self._workspace,
            text,
            memory=self._memory,
            project=self.project,
            session_id=self.session_id,
            now=self._now,
        )
        if not self.asked:
            self.asked, self.started_at = text, self._now()
            where = {"workspace": self._workspace.name, "model": self.model}
            self._minutes.started(self.card, text, self.gate, client=self.client_kind, **where)
        if self._memory is not None and not self._told:
            self._told = self._look_up(self._memory)  # whatever the model does: the memory first

    def _mind_the_gate(self) -> None:
        """Leave the memory alone from now on if the project has turned it off since.

        Raises
        ------
        SessionError
            The project's status file cannot be read.
        """
        if self._memory is None:
            return
        gate = memory_gate(self.card, self._memory, self._workspace)
        if not gate.on:
            self.gate, self._memory = gate, None
            self._minutes.leave_memory(gate.reason)
            self._box.leave_memory()
            self._notices.append(f"The memory was turned off in this session: {gate.reason}.")

    def _look_up(self, memory: SessionMemory) -> str:
        """Ask the memory about the brief itself; return what it says, as JSON."""
        began = perf_counter()
        try:
            ranking = memory.query(self.asked)
        except ArchkitError as error:
            self._notices.append(f"The memory could not be asked about the brief. {error.why}")
            return ""
        self.evidence.add(ranking)
        said, spent_ms = as_text(ranking.as_json()), (perf_counter() - began) * 1000
        asked = {"query": self.asked}
        number = self._conversation.number()
        call = ToolCall(number, "query_patterns", asked, said, duration_ms=spent_ms)
        self._minutes.keep(call)
        if self._on_step:
            self._on_step(call)
        return said

    def _report(self, summary: str, status: str) -> None:
        """Tell the Context Manager what was done here: later briefings show it."""
        files = self.files_modified
        self._minutes.activity(
            activity_report(self.card.name, summary, status=status, files_modified=files)
        )

    def _decision(
        self,
        chosen: str,
        alternatives: Sequence[str | Alternative],
        rationale: str | Mapping[str, Any],
        *,
        title: str | None = None,
        confidence: float | None = None,
        review_after_days: int = 30,
        **given: Any,
    ) -> Decision:
        return decision_on(
            chosen,
            alternatives,
            self.evidence,
            self._memory,
            rationale=self._near(rationale),
            title=title or self.title,
            confidence=confidence,
            review_after_days=review_after_days,
            decided_at=self._now(),
            session_id=self.session_id,
            agent=self.card.name,
            project=self.project,
            **given,
        )

    def _remind_of_story(self) -> None:
        """Name the current story, once: the card wants it updated before work is called done."""
        story = self.briefing.get("project", {}).get("story") or {}
        if story.get("path") and story.get("status") not in ("Done", "Waiting For Review"):
            notice = (
                f"{story.get('title') or story['path']} is the current story: tick what is done "
                'with archkit.update_story(workspace, tick=["…"]).'
            )
            if notice not in self._notices:
                self._notices.append(notice)

    @property
    def versions(self) -> list[Version]:
        """Every version of the proposal, repairs included, in order."""
        return list(self._drafts.versions)

    @property
    def notices(self) -> list[str]:
        """What the user should know."""
        return [*self._notices, *self._box.notices]

    @property
    def withheld(self) -> dict[str, str]:
        """Tools that the card lists and the session does not offer, each with the reason."""
        return dict(self._box.withheld)

    @property
    def todo(self) -> list[dict[str, str]]:
        """The architect's own list of what is to do: content and status of each entry."""
        return list(self._box.todo)

    @property
    def files_modified(self) -> list[str]:
        """The files that its tools wrote, as seen from the workspace."""
        return list(self._box.files_modified)

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
        """What was spent so far, agents it started included; None where no price is known."""
        spent = [self._minutes.cost_usd, *(child.cost_usd for child in self._box.children)]
        known = [cost for cost in spent if cost is not None]
        return sum(known) if known else None

    def _near(self, value: Any) -> Any:
        """Name the workspace's files as seen from it: where it lies, nobody has to know."""
        return mapped_texts(value, partial(relative_paths, root=self._workspace))

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
