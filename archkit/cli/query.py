"""`archkit query` and `archkit solution`: what works, and what to do about an error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

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
from archkit.cli.told import counted

if TYPE_CHECKING:
    from archkit.memory.memory import Memory
    from archkit.memory.ranking import Ranked, Ranking
    from archkit.memory.solutions import SolutionMatch

__all__ = ["context_of", "query", "solution"]

_NUMBERS = (int, float)
_MOST = 8
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
    Column("uses count", "right", folds=False),
    Column("P(first better)", "right", folds=False),
    Column("why", wide=True),
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
    status: Annotated[
        Literal["candidate", "active", "retired"] | None,
        typer.Option(help="Only patterns of this status."),
    ] = None,
    provenance: Annotated[
        Literal["measured", "observed", "reported", "simulated", "none"] | None,
        typer.Option(help="Only patterns with evidence of this kind, or without any."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many at most.")] = 8,
    horizon: Annotated[
        float,
        typer.Option(min=0.01, help="How often this choice will come again, this time included."),
    ] = 1.0,
    ci_prob: Annotated[
        float, typer.Option(min=0.01, max=0.999, help="Probability inside the intervals.")
    ] = 0.9,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show every term of each score, and how sure it is.")
    ] = False,
    in_words: Annotated[
        bool, typer.Option("--reply", help="Answer in words, all patterns of the choice whole.")
    ] = False,
    semantic: Annotated[
        bool,
        typer.Option("--semantic", help="Search by meaning, too; needs the extra `semantic`."),
    ] = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Rank the patterns for a problem by relevance, fit and what came of their uses."""
    from archkit.memory.ranking_explained import verdict

    screen = Screen(as_json)
    known = context_of(context or ())
    asked = text_or_stdin(text)
    with opened(memory, semantic=semantic) as kept:
        ranking = kept.query(
            asked,
            known,
            area=area,
            kind=kind,
            status=status,
            provenance=provenance,
            limit=limit,
            horizon=horizon,
            ci_prob=ci_prob,
        )
        words = str(_reply(kept, ranking)) if in_words else ""
        others = [] if in_words or as_json else _alternatives(kept, ranking)
    if as_json:
        told = ranking.as_json()
        told |= {"verdict": verdict(ranking)}
        told |= {"explained": ranking.explain().frame} if explain else {}
        screen.data(told | ({"reply": words} if in_words else {}))
        return
    if in_words:
        screen.markdown(words)
    else:
        _print_ranking(screen, ranking)
    if explain:
        _print_terms(screen, ranking)
    if ranking.best is not None and not in_words:
        _print_pattern(screen, ranking.best, others)


@app.command(rich_help_panel=LOOKING)
@plainly
def solution(
    error: Annotated[str, typer.Argument(help="The error as printed; - reads standard input.")],
    limit: Annotated[int, typer.Option(min=1, max=20, help="How many at most.")] = 3,
    in_words: Annotated[bool, typer.Option("--reply", help="Answer in words.")] = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Say what helped against an error: cause, diagnosis, fix, prevention."""
    screen = Screen(as_json)
    asked = text_or_stdin(error)
    with opened(memory) as kept:
        reply = kept.find_solution(asked, limit=limit)
    if as_json:
        told = reply.as_json()
        screen.data(told | ({"reply": str(reply.reply())} if in_words else {}))
        return
    if in_words:
        screen.markdown(str(reply.reply()))
        return
    if not reply:
        screen.say("No known solution is alike. Once you have one: memory.record_solution(…).")
    for match in reply:
        _print_solution(screen, match)


def _reply(memory: Memory, ranking: Ranking) -> object:
    """Return the answer in words, with what is known of queries saved and of contexts."""
    from archkit import metrics

    return ranking.reply(
        metrics.query_reduction(memory),
        metrics.pattern_by_context(memory),
        metrics.context_reversals(memory),
        metrics.query_reduction_by_size(memory),
    )


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
    from archkit.memory.ranking_explained import verdict

    if not len(ranking):
        screen.say("No pattern is about this. Use other words, or fewer filters.")
        return
    screen.say(verdict(ranking), style="bold")
    screen.say(f"{counted(len(ranking), 'pattern')}, {ranking.ci_prob:.0%} intervals")
    rows = [_row(screen, n, r, ranking) for n, r in enumerate(ranking, start=1)]
    if screen.is_wide:
        screen.table(_RANKING, rows)
    else:
        _print_lines(screen, rows)


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
    frame = ranking.explain().frame
    if frame.empty:
        return
    level = f"{frame['q'].iloc[0]:.2f}"
    screen.head(f"How each score comes about (Q: the rate's quantile at {level})")
    terms = ("score", "relevance", "context_factor", "quantile")
    rows = (
        (
            row["place"],
            row["name"],
            *(f"{row[term]:.3f}" for term in terms),
            f"{row['effective_uses']:.1f}",
            ""
            if row["p_first_better"] != row["p_first_better"]
            else f"{row['p_first_better']:.2f}",
            row["why"],
        )
        for row in frame.astype({"p_first_better": float}).to_dict("records")
    )
    screen.table(_TERMS, rows)
    screen.say("Uses count: what is left of them after learning rate, source, age and epochs.")


def _alternatives(memory: Memory, ranking: Ranking) -> list[str]:
    """Name what else answers the same choice as the first, whether the query found it or not."""
    first = ranking.best
    if first is None or not first.pattern.kind:
        return []
    known = (p for p in memory.patterns() if p.kind == first.pattern.kind)
    return [p.name for p in known if p.slug != first.pattern.slug]


def _print_pattern(screen: Screen, item: Ranked, others: Sequence[str]) -> None:
    pattern = item.pattern
    screen.head(pattern.name)
    screen.say(" ".join(pattern.summary.split()))
    metrics = pattern.reported.metrics if pattern.reported else {}
    pairs = [
        *([("set-up", f"{pattern.setup_hours:g} hours")] if pattern.setup_hours else []),
        *(
            (f"{name.replace('_', ' ')} (reported)", _figure(value))
            for name, value in metrics.items()
            if name != "setup_hours"
        ),
    ]
    screen.pairs(pairs)
    parts: tuple[tuple[str, Sequence[str], str], ...] = (
        ("when", [c.text for c in pattern.when], "•"),
        ("not when", [c.text for c in pattern.when_not], "•"),
        ("for it", pattern.pros, "+"),
        ("against it", pattern.cons, "−"),
        ("security", pattern.security, "!"),
        ("alternatives", others[:_MOST], "•"),
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
