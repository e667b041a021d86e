"""Requests as a session writes them, a memory that answers, and briefs to try."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from archkit.architect.offline import respond
from archkit.library import read_library
from archkit.memory.learning import Evidence
from archkit.memory.shelf import Shelf
from archkit.memory.solutions import SolutionShelf

TOOLS = ("query_patterns", "ask_questions", "note_tradeoff", "find_solution")
EXAMPLES = Path(__file__).parents[3] / "data" / "examples" / "briefs.yaml"


def examples():
    return {e["id"]: e for e in yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))["briefs"]}


def inside(value):
    return json.dumps(value).replace("<", "\\u003c")


def user(text):
    return {"role": "user", "content": [{"type": "text", "text": text}]}


def brief_message(brief, briefing=None):
    tags = f"<brief>{inside(brief)}</brief>\n<briefing>{inside(briefing or {})}</briefing>"
    return user(f'<request stage="questions">\n{tags}\n</request>\n\nQuery the memory first.')


def proposal_message(answers):
    given = [{"key": k, "question": f"{k}?", "answer": a} for k, a in answers.items()]
    return user(
        f'<request stage="proposal">\n<answers>{inside(given)}</answers>\n</request>\n\nWrite it.'
    )


NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Talk:
    """A session's side of the conversation: sends requests, runs the tools, keeps the turns."""

    told = Evidence.from_rows(
        [("duplicate-payment-race", 0.8, 5, "team", NOW - timedelta(days=1), "s")], now=NOW
    )

    def __init__(self, tools=TOOLS, shelf=None, failing=()):
        self.tools = [{"name": name} for name in tools]
        self.shelf = shelf or Shelf(read_library().patterns)
        self.solutions = SolutionShelf(read_library().solutions, self.told)
        self.failing = failing
        self.messages = []
        self.turns = []

    def send(self, message):
        """Send a request and run the tools until the architect is done; return its last turn."""
        self.messages.append(message)
        while True:
            turn = respond({"messages": self.messages, "tools": self.tools})
            self.turns.append(turn)
            self.messages.append({"role": "assistant", "content": [dict(b) for b in turn.blocks]})
            calls = [b for b in turn.blocks if b["type"] == "tool_use"]
            if not calls:
                return turn
            results = [self.run(call) for call in calls]
            self.messages.append({"role": "user", "content": results})
            if calls[-1]["name"] == "ask_questions":
                return turn

    def run(self, call):
        given = call["input"]
        failed = call["name"] in self.failing
        if failed:
            content = "The memory cannot answer this: the file is locked."
        elif call["name"] == "query_patterns":
            ranking = self.shelf.query(
                given["query"],
                given.get("context"),
                kind=given.get("kind"),
                what_if=given.get("what_if"),
            )
            content = json.dumps(ranking.as_json())
        elif call["name"] == "find_solution":
            content = json.dumps(self.solutions.find(given["error"]).as_json())
        else:
            content = "asked" if call["name"] == "ask_questions" else "noted"
        result = {"type": "tool_result", "tool_use_id": call["id"], "content": content}
        return result | ({"is_error": True} if failed else {})

    def brief(self, brief, briefing=None):
        return self.send(brief_message(brief, briefing))

    def propose(self, answers=None):
        return text_of(self.send(proposal_message(answers or {})))


def text_of(turn):
    return "".join(b["text"] for b in turn.blocks if b["type"] == "text")


def calls_of(turn, name):
    return [b["input"] for b in turn.blocks if b["type"] == "tool_use" and b["name"] == name]


def asked(turn):
    return [q for call in calls_of(turn, "ask_questions") for q in call["questions"]]


def proposal_of(identity):
    example = examples()[identity]
    talk = Talk()
    talk.brief(example["brief"])
    return talk.propose(example["answers"])
