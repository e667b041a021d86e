"""`archkit query` and `archkit solution`: what works, and what to do about an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archkit.cli.app import (
    LOOKING,
    AsJson,
    MemoryPath,
    app,
    opened,
    plainly,
    text_or_stdin,
    usage,
)
from archkit.cli.screen import Column, Screen, rate

if TYPE_CHECKING:
    from archkit.memory.ranking import Ranked, Ranking
    from archkit.memory.solutions import SolutionMatch

__all__ = ["context_of", "query", "solution"]

_NUMBERS = (int, float)
_RANKING = (
    Column("", "right", folds=False),
    Column("pattern"),
    Column("success rate", folds=False),
    Column("n", "right", folds=False),
    Column("from"),
    Column("score", "right", folds=False),
    Column("note"),
    Column("0 % to 100 %", folds=False),
)
_TERMS = (
    Column("place", "right", folds=False),
    Column("pattern", wide=True),
    Column("score", "right", folds=False),
    Column("= relevance", "right", folds=False),
    Column("× fit^½", "right", folds=False),
    Column("× Q", "right", folds=False),
    Column("safest", "right", folds=False),
    Column("worth trying", "right", folds=False),
    Column("beaten by best", "right", wide=True, folds=False),
)


@app.command(rich_help_panel=LOOKING)
@plainly
def query(
    text: Annotated[str, typer.Argument(help="The problem in words; - reads standard input.")],
    context: Annotated[
        list[str] | None,
        typer.Option(
            "--context",
            "-c",
            metavar="KEY=VALUE",
            help="What is known, e.g. tenancy=multi, clients=web,mobile, users=50000. Repeatable.",
        ),
    ] = None,
    area: Annotated[str | None, typer.Option(help="Only this focus area.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only answers to this choice.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many at most.")] = 8,
    horizon: Annotated[
        float,
        typer.Option(min=0.01, help="How often this choice will come again, this time included."),
    ] = 1.0,
    ci_prob: Annotated[
        float, typer.Option(min=0.01, max=0.999, help="Probability inside the intervals.")
    ] = 0.9,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show how each score comes about.")
    ] = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Rank the patterns for a problem by relevance, fit and what came of their uses."""
    screen = Screen(as_json)
    known = context_of(context or ())
    asked = text_or_stdin(text)
    with opened(memory) as kept:
        ranking = kept.query(
            asked,
            known,
            area=area,
            kind=kind,
            limit=limit,
            horizon=horizon,
            ci_prob=ci_prob,
        )
    if as_json:
        told = ranking.as_json()
        screen.data({**told, "explained": ranking.frame()} if explain else told)
        return
    _print_ranking(screen, ranking)
    if explain:
        _print_terms(screen, ranking)
    if ranking.best is not None:
        _print_pattern(screen, ranking.best)


@app.command(rich_help_panel=LOOKING)
@plainly
def solution(
    error: Annotated[str, typer.Argument(help="The error as printed; - reads standard input.")],
    limit: Annotated[int, typer.Option(min=1, max=20, help="How many at most.")] = 3,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Say what helped against an error: cause, diagnosis, fix, prevention."""
    screen = Screen(as_json)
    asked = text_or_stdin(error)
    with opened(memory) as kept:
        reply = kept.find_solution(asked, limit=limit)
    if as_json:
        screen.data(reply.as_json())
        return
    if not reply:
        screen.say("No known solution is alike. Once you have one: memory.record_solution(…).")
    for match in reply:
        _print_solution(screen, match)


def context_of(pairs: Sequence[str]) -> dict[str, Any]:
    """Return a context of `key=value` texts: numbers as such, lists split at commas."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key, sign, value = pair.partition("=")
        if not sign or not key.strip():
            raise usage(f"{pair!r} is not KEY=VALUE.", "--context")
        words = [_value(word.strip()) for word in value.split(",")]
        found[key.strip()] = words if len(words) > 1 else words[0]
    return found


def _value(word: str) -> Any:
    for kind in _NUMBERS:
        try:
            return kind(word)
        except ValueError:
            continue
    return word


def _print_ranking(screen: Screen, ranking: Ranking) -> None:
    if not len(ranking):
        screen.say("No pattern is about this. Use other words, or leave --area and --kind out.")
        return
    screen.say(
        f"{len(ranking)} {'pattern' if len(ranking) == 1 else 'patterns'}; "
        f"{ranking.ci_prob:.0%} intervals; decided by: {ranking.rule}"
    )
    rows = [_row(screen, n, r, ranking) for n, r in enumerate(ranking, start=1)]
    if screen.is_wide:
        screen.table(_RANKING, rows)
    else:
        _print_lines(screen, rows)
    tied = [r.pattern.name for r in ranking.tie_set]
    if len(tied) > 1:
        screen.say(f"Cannot be told apart by their evidence: {'; '.join(tied)}.")


def _print_lines(screen: Screen, rows: Sequence[tuple[object, ...]]) -> None:
    """Print what the table says where it has no room: some lines for each pattern."""
    for place, name, told, n, where, score, note, _ in rows:
        screen.say()
        screen.say(f"{place:>2}  {name}", style="bold")
        counted = f", n {n} {where}" if n else ""
        screen.points([f"{told}{counted}; score {score}", *([str(note)] if note else [])], " ")


def _row(screen: Screen, place: int, item: Ranked, ranking: Ranking) -> tuple[object, ...]:
    told = rate(item.success_rate, item.low, item.high, item.n)
    drawn = screen.strip(item.low, item.success_rate, item.high) if item.n else ""
    counted = (f"{item.n:g}", item.provenance) if item.n else ("", "")
    note = _note(item, ranking)
    return place, item.pattern.name, told, *counted, f"{item.score:.2f}", note, drawn


def _note(item: Ranked, ranking: Ranking) -> str:
    if item.veto:
        return f"not here: {item.veto}"
    if item.pattern.status != "active":
        return f"{item.pattern.status}: not recommended unattended"
    if item is ranking.best:
        return "first"
    return "tied" if item.in_tie_set else ""


def _print_terms(screen: Screen, ranking: Ranking) -> None:
    screen.head("How each score comes about (Q: the rate's quantile, by --horizon)")
    rows = (
        (
            place,
            r.pattern.name,
            *(f"{x:.3f}" for x in (r.score, r.relevance, r.context_fit**0.5, r.quantile)),
            *(f"{x:.2f}" for x in (r.safest, r.worth_trying, r.beaten_by)),
        )
        for place, r in enumerate(ranking, start=1)
    )
    screen.table(_TERMS, rows)


def _print_pattern(screen: Screen, item: Ranked) -> None:
    pattern = item.pattern
    screen.head(pattern.name)
    screen.say(" ".join(pattern.summary.split()))
    metrics = pattern.reported.metrics if pattern.reported else {}
    pairs = [
        *([("set-up", f"{pattern.setup_hours:g} hours")] if pattern.setup_hours else []),
        *((f"{name.replace('_', ' ')} (reported)", _figure(v)) for name, v in metrics.items()),
    ]
    screen.pairs(pairs)
    parts: tuple[tuple[str, Sequence[str], str], ...] = (
        ("when", [c.text for c in pattern.when], "•"),
        ("not when", [c.text for c in pattern.when_not], "•"),
        ("for it", pattern.pros, "+"),
        ("against it", pattern.cons, "−"),
        ("security", pattern.security, "!"),
    )
    for name, lines, mark in parts:
        if lines:
            screen.say(name, style="bold")
            screen.points(lines, mark)


def _figure(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_figure(item)}" for key, item in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def _print_solution(screen: Screen, match: SolutionMatch) -> None:
    known = match.solution
    screen.head(known.name or known.slug)
    helped = rate(match.effective_rate, match.low, match.high, match.n)
    where = f", n {match.n:g} {match.provenance}" if match.n else ""
    screen.pairs(
        [
            ("error", known.signature),
            ("alike", f"{match.match:.0%}"),
            ("helped", f"{helped}{where}"),
            ("cause", known.root_cause),
        ]
    )
    parts = (
        ("diagnosis", known.diagnosis),
        ("fix", known.fix),
        ("prevention", known.prevention),
    )
    for name, lines in parts:
        if lines:
            screen.say(name, style="bold")
            screen.points(lines)
    if known.applied:
        screen.pairs([("applied", known.applied)])
