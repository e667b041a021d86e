"""`archkit decide` and `archkit outcome`: what was taken, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archkit.cli.app import (
    DECIDING,
    AsJson,
    Instant,
    MemoryPath,
    app,
    as_instant,
    opened,
    plainly,
    usage,
)
from archkit.cli.screen import Screen, percent, rate
from archkit.errors import SessionError, StoreError
from archkit.plain import utc_now

if TYPE_CHECKING:
    from archkit.memory.memory import Memory
    from archkit.records import Decision

__all__ = ["decide", "outcome", "whole_id"]

_IDS = {
    "session": "SELECT session_id AS id FROM session_log "
    "ORDER BY parent_session_id IS NOT NULL, started_at DESC, id DESC",
    "decision": "SELECT decision_id AS id FROM decision_log ORDER BY decided_at DESC, id DESC",
}
_SHORTEST = 6
_UNSURE = "none: there is no evidence yet, and you stated none (--confidence)"
_MOST = 20


@app.command(rich_help_panel=DECIDING)
@plainly
def decide(
    session: Annotated[
        str, typer.Argument(help="The session's id, its beginning, or last for the latest.")
    ],
    chosen: Annotated[
        str, typer.Argument(help="What you take: a pattern's name or slug, or words of your own.")
    ],
    alternatives: Annotated[
        list[str] | None,
        typer.Option("--alternative", "-a", help="What else was possible. Repeatable."),
    ] = None,
    rationale: Annotated[str, typer.Option("--rationale", "-r", help="Why.")] = "",
    confidence: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="How sure you are that it works (0 to 1); by default the pattern's success rate.",
        ),
    ] = None,
    patterns: Annotated[
        list[str] | None,
        typer.Option("--pattern", help="The slug of a pattern it uses, where CHOSEN says none."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help="Which choice it answers.")] = None,
    title: Annotated[str | None, typer.Option(help="What it is called.")] = None,
    review_after_days: Annotated[
        int, typer.Option(min=0, help="When an outcome is due (days).")
    ] = 30,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Decide on a session's proposal, and have it remembered."""
    from archkit.architect.later import decide_later

    screen = Screen(as_json)
    with opened(memory) as kept:
        made = decide_later(
            kept,
            whole_id(kept, session, "session"),
            chosen,
            alternatives or (),
            rationale,
            confidence=confidence,
            patterns=patterns,
            kind=kind,
            title=title,
            review_after_days=review_after_days,
        )
        warnings = _warnings(kept, made)
    if as_json:
        told = {"decision": made.as_payload(), "decision_id": made.decision_id}
        screen.data({**told, "warnings": warnings})
    _print_decision(screen, made, warnings)


@app.command(rich_help_panel=DECIDING)
@plainly
def outcome(
    decision: Annotated[
        str | None,
        typer.Argument(
            help="The decision's id, its beginning, or last. Without one: which are due."
        ),
    ] = None,
    success: Annotated[
        bool | None, typer.Option("--success/--failure", help="Whether it worked.")
    ] = None,
    scores: Annotated[
        list[str] | None,
        typer.Option("--score", "-s", metavar="NAME=VALUE", help="A figure, 0 to 1. Repeatable."),
    ] = None,
    would_repeat: Annotated[
        bool | None,
        typer.Option("--again/--not-again", help="Whether you would decide so again."),
    ] = None,
    note: Annotated[str, typer.Option(help="In words.")] = "",
    source: Annotated[
        str, typer.Option(help="Who says so: measured, team, model, reported or simulated.")
    ] = "team",
    horizon_days: Annotated[
        int | None, typer.Option(min=0, help="How long after the decision this look is meant.")
    ] = None,
    observed_at: Instant = None,
    queries_before: Annotated[
        int | None, typer.Option(min=1, help="Queries of one request before the change.")
    ] = None,
    queries_after: Annotated[
        int | None, typer.Option(min=0, help="Queries of the same request after it.")
    ] = None,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Record what came of a decision, and see what the memory learns from it."""
    screen = Screen(as_json)
    figures = _scores(scores or ())
    with opened(memory) as kept:
        if decision is None:
            _due(screen, kept)
            return
        looked = kept.record_outcome(
            whole_id(kept, decision, "decision"),
            success=success,
            scores=figures or None,
            would_repeat=would_repeat,
            source=source,
            horizon_days=horizon_days,
            note=note,
            observed_at=as_instant(observed_at),
            queries_before=queries_before,
            queries_after=queries_after,
        )
        changed = _learned(screen, kept)
        made = kept.decision(looked.decision_id)
        rates = _rates(kept, made)
    if as_json:
        told = {"outcome": looked.as_payload(), "outcome_id": looked.outcome_id}
        screen.data({**told, "patterns": rates, "learned": changed})
    _print_outcome(screen, made, rates, changed)


def whole_id(memory: Memory, text: str, what: str) -> str:
    """Return the id that a text means: whole, its beginning, or `last`.

    Raises
    ------
    SessionError, StoreError
        There is none, or several begin so.
    """
    known = [str(found) for found in memory.sql(_IDS[what])["id"]]
    text = text.strip()
    kind = SessionError if what == "session" else StoreError
    if text in known:
        return text
    if text == "last" and known:
        return known[0]
    meant = [found for found in known if len(text) >= _SHORTEST and found.startswith(text)]
    if len(meant) == 1:
        return meant[0]
    if not known:
        raise kind(
            f"There is no {what} yet.",
            why="The memory has none on record.",
            mend='Begin with: archkit session "…"; or name another memory with --memory.',
        )
    some = ", ".join(meant[:3] or known[:3])
    raise kind(
        f"{'Several' if meant else 'No'} {what}{'s' if meant else ''} "
        f"{'begin' if meant else 'begins'} with {text[:60]!r}.",
        why=f"The {'fitting' if meant else 'latest'} ones are: {some}.",
        mend=f"Give the {what}'s whole id, at least {_SHORTEST} characters of it, or last.",
    )


def _scores(pairs: Sequence[str]) -> dict[str, float]:
    found = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        try:
            figure = float(value)
        except ValueError:
            figure = -1.0
        if not sign or not name.strip() or not 0 <= figure <= 1:
            raise usage(f"{pair!r} is not NAME=VALUE with a value from 0 to 1.", "--score")
        found[name.strip()] = figure
    return found


def _warnings(memory: Memory, made: Decision) -> list[str]:
    """Say which of the patterns taken are said not to fit what is known of the project."""
    from archkit.memory.context import veto

    taken = [memory.pattern(slug) for slug in made.patterns]
    vetoed = [(pattern.name, veto(made.context, pattern)) for pattern in taken]
    return [f"Mind: {name} is said not to fit here: {why}." for name, why in vetoed if why]


def _print_decision(screen: Screen, made: Decision, warnings: Sequence[str]) -> None:
    screen.say(f"Decided: {made.chosen}", style="bold")
    sure = percent(made.confidence) if made.confidence is not None else ""
    others = [
        a.name if a.predicted is None else f"{a.name} (forecast {percent(a.predicted)})"
        for a in made.alternatives
    ]
    screen.pairs(
        [
            ("about", made.title),
            ("patterns", ", ".join(made.patterns) or "none"),
            ("confidence", f"{sure}; scored when outcomes come in" if sure else _UNSURE),
            ("instead of", "; ".join(others) or "nothing stated"),
            ("outcome due", f"in {made.review_after_days} days"),
        ]
    )
    for warning in warnings:
        screen.say(warning, style="bold")
    screen.say(f"Next, when you know: archkit outcome {made.decision_id} --success", wrap=False)
    screen.say(f"decision {made.decision_id}")


def _rates(memory: Memory, made: Decision) -> list[dict[str, Any]]:
    """Return what is now known of the patterns that a decision took."""
    from archkit import metrics

    frame = metrics.pattern_evidence(memory, now=utc_now())
    mine = frame[frame["slug"].isin(made.patterns)]
    names = ("slug", "name", "status", "success_rate", "low", "high", "n", "provenance")
    return [{str(k): row[k] for k in names} for row in mine.to_dict("records")]


def _print_outcome(
    screen: Screen,
    made: Decision,
    rates: Sequence[dict[str, Any]],
    changed: Sequence[dict[str, Any]],
) -> None:
    screen.say(f"Recorded for: {made.title or made.chosen}", style="bold")
    for row in rates:
        told = rate(row["success_rate"], row["low"], row["high"], row["n"])
        screen.say(f"{row['name']}: {told}, n {row['n']:g} {row['provenance']}; {row['status']}")
    if not rates:
        screen.say("No pattern learns from it: the decision names none, or its success is open.")
    if changed:
        screen.head("What the memory learned")
        screen.points(f"{row['name']}: {row['change']}; {row['why']}" for row in changed)


def _learned(screen: Screen, memory: Memory) -> list[dict[str, Any]]:
    """Let the memory look for what changed; the outcome is on disk, whatever stops that."""
    from archkit.memory.lifecycle import learn

    try:
        return [{str(k): v for k, v in row.items()} for row in learn(memory).to_dict("records")]
    except StoreError as error:
        screen.note(f"The outcome is recorded; learning from it waits: {error.what}")
        return []


def _due(screen: Screen, memory: Memory) -> None:
    from archkit import metrics

    debt = metrics.outcome_debt(memory, utc_now())
    if screen.as_json:
        screen.data({"due": debt})
        return
    if debt.empty:
        screen.say("Every decision has an outcome.")
        return
    dearest = debt.sort_values(["cost_rank", "due_at"], na_position="last")
    shown = dearest.head(_MOST).to_dict("records")
    screen.say("Decisions without an outcome, first what is dearest not to know:", style="bold")
    for row in shown:
        screen.say()
        title = row["title"] if isinstance(row["title"], str) else ""
        screen.say(f"{title or 'A decision'}: {row['chosen']}")
        screen.say(f"    due {_when(row['overdue_days'])}")
        screen.say(f"    {row['decision_id']}", wrap=False)
    if len(debt) > len(shown):
        screen.say(f"\nand {len(debt) - len(shown)} more; --json lists all")
    screen.say()
    screen.say("Record one: archkit outcome ID --success (or --failure), --score NAME=VALUE")


def _when(overdue_days: float) -> str:
    if overdue_days != overdue_days:
        return "never"
    days = abs(overdue_days)
    return f"{days:.0f} days {'ago' if overdue_days > 0 else 'ahead'}"
