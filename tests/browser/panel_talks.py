"""Scripted talks for the panel's browser test: copied beside the notebook, run in its kernel."""

import anyio
from scripted_client import PROPOSAL, Server, answer, text, use

LONG = "The posts API loads each author on its own. " * 12
QUESTIONS = (
    {
        "key": "api_style",
        "text": "Which style of API do the clients use?",
        "why": "DataLoader batches within one GraphQL request.",
        "options": ["REST", "GraphQL"],
    },
    {"key": "staleness", "text": "How stale may a post be?", "why": "It decides about caching."},
)
ATTACK = "\n\n<img src=x onerror=\"document.title='owned'\"> [go](javascript:alert(1))"


def stopped_then_written():
    """Return a client: it hangs in its first answer; asked again it asks, writes and proposes."""
    asks = use("ask_questions", "toolu_ask", questions=list(QUESTIONS))
    note = use("Write", "toolu_write", file_path="docs/loader.md", content="# Loader\n\nBatches.\n")
    return Server(
        answer(text(LONG), until=30, fault=anyio.sleep_forever),
        answer(text("I have what the project says." + ATTACK), asks),
        answer(text("I keep a note first."), note),
        answer(text(PROPOSAL)),
    ).client()
