"""The architect's own tools: briefing, questions, trade-offs, list, and those of the memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from archkit.architect.briefing import get_task_briefing
from archkit.architect.dialogue import Question, ToolCall
from archkit.architect.rankings_seen import Evidence
from archkit.architect.session_memory import SessionMemory
from archkit.architect.tool import Tool, ToolFailedError, as_text, needed, schema, words
from archkit.errors import ArchkitError
from archkit.plain import slug_of
from archkit.records import FOCUS_AREAS, Condition, Lesson, Pattern

__all__ = ["MEMORY_TOOLS", "MOST_QUESTIONS", "OwnTools"]

MOST_QUESTIONS = 5
MEMORY_TOOLS = ("query_patterns", "find_solution", "record_lesson", "propose_pattern")
MEMORY_OFF = "the memory is off in this session"
_TODO = ("pending", "in_progress", "completed")
_MOST_TODO = 50
_TEXTS = {"type": "array", "items": {"type": "string"}}
_ASKED = {
    "type": "array",
    "items": schema(
        "key text", key="string", text="string", why="string", options={"type": "array"}
    ),
}


class OwnTools:
    """The architect's own tools, and what came of them.

    Parameters
    ----------
    workspace
        What a briefing is about.
    memory
        None leaves the memory's tools out.
    agent, session_id, project
        What a lesson or a pattern belongs to, and a briefing is for.
    now
        The clock.

    Attributes
    ----------
    asked
        The questions of `ask_questions`, None while it was not called.
    may_ask
        Whether questions can still be asked; it is the session's to set.
    evidence, tradeoffs, todo, candidates, lessons, solutions
        What came of `query_patterns`, `note_tradeoff`, `TodoWrite`, `propose_pattern`,
        `record_lesson`, `find_solution` (its replies as JSON).
    """

    def __init__(
        self,
        workspace: Path,
        memory: SessionMemory | None,
        *,
        agent: str,
        session_id: str,
        project: str,
        now: Callable[[], datetime],
    ) -> None:
        self._workspace, self._memory, self._now = workspace, memory, now
        self._project = project
        self._agent, self._session_id = agent, session_id
        self.evidence = Evidence()
        self.asked: tuple[Question, ...] | None = None
        self.may_ask = True
        self.tradeoffs: list[dict[str, Any]] = []
        self.todo: list[dict[str, str]] = []
        self.candidates: list[Pattern] = []
        self.lessons: list[Lesson] = []
        self.solutions: list[dict[str, Any]] = []
        self._own_records = {
            "note_tradeoff": self._note,
            "TodoWrite": self._list_todo,
            "ask_questions": self._ask,
        }

    def restore(self, calls: Iterable[ToolCall]) -> None:
        """Take in what was done in a session before, from its calls that went well.

        Nothing is asked of the memory and nothing is written again.
        """
        for call in calls:
            given = call.input if isinstance(call.input, Mapping) else {}
            with suppress(ToolFailedError, ValueError, TypeError):
                if call.tool in ("note_tradeoff", "TodoWrite", "ask_questions"):
                    self._own_records[call.tool](given)
                elif call.tool == "record_lesson":
                    self.lessons.append(self._lesson(given))
                elif call.tool == "propose_pattern":
                    self.candidates.append(self._pattern(given))
                elif call.tool == "find_solution":
                    self.solutions.append(json.loads(call.output))

    def session_tools(self) -> tuple[Tool, ...]:
        """Return what every session has."""
        return (
            Tool(
                "get_task_briefing",
                "Ask the Context Manager what the project is and which files matter for a task.",
                schema("query", query="string"),
                self._brief,
            ),
            Tool(
                "ask_questions",
                f"Ask the user at most {MOST_QUESTIONS} questions whose answers would change the "
                "design, what changes most first. This ends your turn.",
                schema("questions", questions=_ASKED),
                self._ask,
            ),
            Tool(
                "note_tradeoff",
                "Note a choice you make, what else you considered, and the trade-off between them.",
                schema("choice note", choice="string", alternatives=_TEXTS, note="string"),
                self._note,
            ),
        )

    def memory_tools(self) -> tuple[Tool, ...]:
        """Return what a session with a memory has besides."""
        areas = {"type": "string", "enum": list(FOCUS_AREAS)}
        return (
            Tool(
                "query_patterns",
                "Ask the memory which patterns fit a problem and how often they worked. `context` "
                "holds what is known (requests_per_minute, tenancy, clients, consistency, …); "
                "`what_if` maps a key to possible values and says which would change the first.",
                schema(
                    "query",
                    query="string",
                    context="object",
                    area=areas,
                    kind="string",
                    limit="integer",
                    what_if="object",
                ),
                self._query,
            ),
            Tool(
                "find_solution",
                "Ask the memory what helped against an error, by its message.",
                schema("error", error="string"),
                self._solve,
            ),
            Tool(
                "record_lesson",
                "Keep something learnt, in words, for later sessions.",
                schema("text", text="string", kind="string", pattern="string"),
                self._learn,
            ),
            Tool(
                "propose_pattern",
                "Propose a new pattern: a candidate until it has worked often enough.",
                schema(
                    "name summary",
                    name="string",
                    summary="string",
                    problem="string",
                    kind="string",
                    area=areas,
                    when=_TEXTS,
                    when_not=_TEXTS,
                    pros=_TEXTS,
                    cons=_TEXTS,
                ),
                self._propose,
            ),
        )

    def todo_tool(self) -> Tool:
        """Return the tool that keeps the session's list of what is to do."""
        items = schema("content", content="string", status={"type": "string", "enum": list(_TODO)})
        return Tool(
            "TodoWrite",
            "Keep your list of what is to do in this session: the whole list, each time.",
            schema("todos", todos={"type": "array", "items": items}),
            self._list_todo,
        )

    def _brief(self, given: Mapping[str, Any]) -> str:
        query = needed(given, "query")
        briefing = get_task_briefing(
            self._workspace,
            query,
            memory=self._memory,
            project=self._project or None,
            session_id=self._session_id,
            now=self._now,
        )
        return as_text(briefing)

    def _ask(self, given: Mapping[str, Any]) -> str:
        if not self.may_ask:
            raise ToolFailedError(
                "No more questions in this stage: write the proposal, and list what you assume.",
                refused=True,
            )
        listed = given.get("questions")
        if not isinstance(listed, list | tuple):
            raise ToolFailedError("'questions' must be a list of {key, text, why, options}.")
        read = [Question.from_input(value, number=n) for n, value in enumerate(listed, 1)]
        by_key = {question.key: question for question in read if question.text}
        self.asked = tuple(by_key.values())[:MOST_QUESTIONS]
        left = len(by_key) - len(self.asked)
        return "asked" if left <= 0 else f"asked the first {MOST_QUESTIONS}; {left} were left out"

    def _note(self, given: Mapping[str, Any]) -> str:
        choice, note = needed(given, "choice"), needed(given, "note")
        alternatives = words(given.get("alternatives"))
        self.tradeoffs.append({"choice": choice, "alternatives": list(alternatives), "note": note})
        return "noted"

    def _list_todo(self, given: Mapping[str, Any]) -> str:
        listed = given.get("todos")
        if not isinstance(listed, list):
            raise ToolFailedError("'todos' must be a list of {content, status}.")
        if len(listed) > _MOST_TODO:
            raise ToolFailedError(f"A list holds {_MOST_TODO} items at most.")
        entries = [v if isinstance(v, Mapping) else {"content": v} for v in listed]
        self.todo = [
            {
                "content": str(e.get("content", "")),
                "status": e["status"] if e.get("status") in _TODO else _TODO[0],
            }
            for e in entries
        ]
        done = sum(entry["status"] == "completed" for entry in self.todo)
        return f"{len(self.todo)} items listed, {done} done"

    def _query(self, given: Mapping[str, Any]) -> str:
        limit = given.get("limit", 8)
        ranking = self._asking(
            lambda memory: memory.query(
                needed(given, "query"),
                _object(given, "context"),
                area=given.get("area") or None,
                kind=given.get("kind") or None,
                limit=max(1, min(limit, 20)) if isinstance(limit, int) else 8,
                what_if=_object(given, "what_if") or None,
            )
        )
        self.evidence.add(ranking, kind=str(given.get("kind") or ""))
        return as_text(ranking.as_json())

    def _solve(self, given: Mapping[str, Any]) -> str:
        error = needed(given, "error")
        found = self._asking(lambda memory: memory.find_solution(error)).as_json()
        self.solutions.append(found)
        return as_text(found)

    def _learn(self, given: Mapping[str, Any]) -> str:
        lesson = self._lesson(given)
        self.lessons.append(self._asking(lambda memory: memory.record_lesson(lesson)))
        return "recorded"

    def _lesson(self, given: Mapping[str, Any]) -> Lesson:
        return Lesson(
            text=needed(given, "text"),
            kind=str(given.get("kind") or "review"),
            pattern=str(given.get("pattern") or "") or None,
            learned_at=self._now(),
            session_id=self._session_id,
            agent=self._agent,
        )

    def _propose(self, given: Mapping[str, Any]) -> str:
        pattern = self._pattern(given)
        known = self._asking(lambda memory: memory.query(pattern.name, limit=8))
        if any(ranked.pattern.slug == pattern.slug for ranked in known):
            raise ToolFailedError(f"The memory already has a pattern '{pattern.slug}'.")
        self.candidates.append(self._asking(lambda memory: memory.record_pattern(pattern)))
        return f"kept as the candidate '{pattern.slug}'"

    def _pattern(self, given: Mapping[str, Any]) -> Pattern:
        name, area = needed(given, "name"), given.get("area")
        return Pattern(
            slug=slug_of(name),
            name=name,
            summary=needed(given, "summary"),
            problem=str(given.get("problem") or ""),
            kind=str(given.get("kind") or ""),
            area=area if area in FOCUS_AREAS else "architecture-decisions",
            when=tuple(map(Condition, words(given.get("when")))),
            when_not=tuple(map(Condition, words(given.get("when_not")))),
            pros=words(given.get("pros")),
            cons=words(given.get("cons")),
            status="candidate",
            agent=self._agent,
        )

    def _asking(self, ask: Callable[[SessionMemory], Any]) -> Any:
        if self._memory is None:
            raise ToolFailedError(f"{MEMORY_OFF[0].upper()}{MEMORY_OFF[1:]}.", refused=True)
        try:
            return ask(self._memory)
        except (ArchkitError, ValueError, TypeError, LookupError) as error:
            text = error.what if isinstance(error, ArchkitError) else str(error)
            raise ToolFailedError(f"The memory cannot answer this: {text}") from error


def _object(given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = given.get(key) or {}
    if not isinstance(value, Mapping):
        raise ToolFailedError(f"'{key}' must be an object.")
    return value
