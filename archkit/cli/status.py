"""`archkit status`: how the memory stands, what works, and whether it is well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archkit.cli.app import LOOKING, AsJson, Instant, MemoryPath, app, as_instant, opened, plainly
from archkit.cli.screen import Column, Screen, percent, rate
from archkit.cli.told import counted
from archkit.plain import shown_path, utc_now

if TYPE_CHECKING:
    import pandas as pd

    from archkit.cli.health import Check
    from archkit.memory.memory import Memory
    from archkit.metrics import Overview

__all__ = ["status"]

_MOST = 8
_KINDS = ("sessions", "decisions", "outcomes", "lessons")
_RATE = (
    Column("success rate", folds=False),
    Column("n", "right", folds=False),
    Column("from"),
    Column("0 % to 100 %", wide=True, folds=False),
)


@app.command(rich_help_panel=LOOKING)
@plainly
def status(
    agent: Annotated[str | None, typer.Option(help="Only what this agent did.")] = None,
    since: Instant = None,
    until: Instant = None,
    min_confidence: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Only patterns whose success rate is at least this (0 to 1)."
        ),
    ] = 0.0,
    detailed: Annotated[bool, typer.Option("--detailed", help="All rows of each table.")] = False,
    trends: Annotated[
        bool, typer.Option("--trends", help="The last twelve weeks one by one.")
    ] = False,
    health_check: Annotated[
        bool,
        typer.Option("--health-check", help="Only the health; exit code 1 if something is wrong."),
    ] = False,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Show how the memory stands: totals, success, pace, agents, patterns, areas, health."""
    from archkit import metrics
    from archkit.cli.health import health

    screen, now = Screen(as_json), utc_now()
    with opened(memory) as kept:
        checks = health(kept, now)
        if health_check:
            _health_only(screen, checks)
            return
        seen = metrics.overview(
            kept, now, agent=agent, since=as_instant(since), until=as_instant(until)
        )
        patterns = _patterns(kept, seen, narrowed=bool(agent or since or until))
        patterns = patterns[patterns["success_rate"] >= min_confidence]
        head = metrics.headline(kept, now)
        open_ = metrics.missing_outcomes(kept, now=now)
        facts = {
            "memory": _file(kept),
            "totals": {**seen.totals, "pattern_status": _statuses(kept)},
            "success": seen.success,
            "queries_saved": head["queries_saved"],
            "outcome_debt": head["outcome_debt"],
            "budget": _budget(kept),
        }
    if as_json:
        narrowed = {"agent": agent, "since": since, "until": until}
        tables: dict[str, Any] = {"pace": seen.pace, "agents": seen.agents, "patterns": patterns}
        tables |= {"missing_outcomes": open_, "areas": seen.areas, "trend": seen.trend}
        tables |= {"health": checks}
        screen.data({"filters": {**narrowed, "min_confidence": min_confidence}, **facts, **tables})
        return
    most = None if detailed else _MOST
    _print_facts(screen, facts, agent=agent, since=since, until=until)
    _print_pace(screen, seen, trends=trends)
    _print_agents(screen, seen, most)
    _print_patterns(screen, patterns, most, narrowed=bool(agent or since or until))
    if detailed:
        _print_missing(screen, open_)
    _print_areas(screen, seen)
    _print_health(screen, checks)


def _health_only(screen: Screen, checks: Sequence[Check]) -> None:
    ok = all(check.ok for check in checks)
    if screen.as_json:
        screen.data({"ok": ok, "health": checks})
    _print_health(screen, checks)
    if not ok:
        raise typer.Exit(1)


def _file(memory: Memory) -> dict[str, Any]:
    size = memory.path.stat().st_size if memory.path.exists() else 0
    return {"path": memory.path, "bytes": size}


def _statuses(memory: Memory) -> dict[str, int]:
    found = Counter(pattern.status for pattern in memory.patterns())
    return {name: found.get(name, 0) for name in ("active", "candidate", "retired")}


def _budget(memory: Memory) -> list[dict[str, Any]]:
    from archkit.memory import budget

    names = ("agent", "used_bytes", "limit_bytes", "share", "events", "archived_events")
    return [{name: getattr(a, name) for name in names} for a in budget.status(memory).agents]


def _patterns(memory: Memory, seen: Overview, *, narrowed: bool) -> pd.DataFrame:
    """Return the rates of the patterns; narrowed, of those that the decisions shown took."""
    from archkit import metrics

    frame = metrics.pattern_evidence(memory, now=utc_now())
    if not narrowed:
        return frame
    taken = seen.decisions["patterns"].dropna()
    used = {slug for slugs in taken for slug in slugs}
    return frame[frame["slug"].isin(used)]


def _print_facts(screen: Screen, facts: Mapping[str, Any], **narrowed: str | None) -> None:
    totals, success, saved = facts["totals"], facts["success"], facts["queries_saved"]
    debt, statuses = facts["outcome_debt"], totals["pattern_status"]
    held = facts["memory"]
    screen.say(f"The memory {shown_path(held['path'])}", style="bold")
    only = ", ".join(f"{name} {value}" for name, value in narrowed.items() if value)
    kinds = (*_KINDS, *(() if only else ("measurements",)))
    narrow = [
        *([("only", only)] if only else []),
        ("holds", ", ".join(counted(totals[kind], kind[:-1]) for kind in kinds)),
        ("success", _rated(success, "no outcome yet")),
        *([("MADE UP", _made_up(totals))] if totals["simulated_outcomes"] else []),
    ]
    counts = ", ".join(f"{number} {name}" for name, number in statuses.items())
    whole = [
        ("knows", f"{totals['patterns']} patterns ({counts}), {totals['solutions']} solutions"),
        ("queries saved", _rated(saved, "nothing counted yet")),
        ("outcomes due", f"{debt['value']} open, {debt['overdue']} overdue"),
        *((f"budget {row['agent'] or 'no agent'}", _used(row)) for row in facts["budget"]),
        ("file", f"{held['bytes'] / 2**20:.1f} MB, {totals['events']:,} events of yours"),
    ]
    if not only:
        screen.pairs(narrow + whole)
        return
    screen.pairs(narrow)
    screen.say("of the whole memory:", style="dim")
    screen.pairs(whole)


def _made_up(totals: Mapping[str, int]) -> str:
    share = f"{totals['simulated_outcomes']:,} of {totals['outcomes']:,} outcomes"
    return f"{share} are simulated: conclude nothing about real work from them"


def _rated(found: Mapping[str, Any], nothing: str) -> str:
    if found["value"] is None:
        return nothing
    where = f"n {found['n']}, {found['provenance']}"
    if found["low"] is None:
        return f"{percent(found['value'])} (no interval from one), {where}"
    return f"{percent(found['value'])} (90 % interval {_span(found)}), {where}"


def _span(found: Mapping[str, Any]) -> str:
    return f"{percent(found['low'])}–{percent(found['high'])}"


def _used(row: Mapping[str, Any]) -> str:
    used, limit = row["used_bytes"] / 2**20, row["limit_bytes"] / 2**20
    archived = f", {row['archived_events']} events archived" if row["archived_events"] else ""
    return f"{used:.1f} of {limit:g} MB ({percent(row['share'])}){archived}"


def _print_pace(screen: Screen, seen: Overview, *, trends: bool) -> None:
    screen.head("This week and last, and twelve weeks")
    columns = [Column("work"), Column("this week", "right"), Column("last week", "right")]
    rows = [
        (
            row["what"],
            row["this_week"],
            row["last_week"],
            screen.spark(list(seen.trend[row["what"]])),
        )
        for row in seen.pace.to_dict("records")
    ]
    screen.table([*columns, Column("12 weeks", folds=False)], rows)
    if trends:
        heads = [Column("week from", folds=False), *map(_count_column, _KINDS), *_RATE]
        screen.table(
            heads,
            (
                (f"{row['week_at']:%Y-%m-%d}", *(row[kind] for kind in _KINDS), *cells)
                for row in seen.trend.to_dict("records")
                for cells in [_cells(screen, row, "no outcome yet" if row["decisions"] else "–")]
            ),
        )


def _print_agents(screen: Screen, seen: Overview, most: int | None) -> None:
    if seen.agents.empty:
        return
    screen.head("Agents")
    counts = _KINDS[:3]
    rows = seen.agents.head(most or len(seen.agents)).to_dict("records")
    screen.table(
        [Column("agent"), *map(_count_column, counts), *_RATE],
        ((row["agent"], *(row[name] for name in counts), *_cells(screen, row)) for row in rows),
    )


def _print_patterns(
    screen: Screen, patterns: pd.DataFrame, most: int | None, *, narrowed: bool
) -> None:
    screen.head("Patterns with evidence" + (" (rates over the whole memory)" if narrowed else ""))
    if patterns.empty:
        screen.say("None: no pattern has evidence yet, or none as good as was asked for.")
        return
    shown = patterns.head(most or len(patterns)).to_dict("records")
    screen.table(
        [Column("pattern"), *_RATE, Column("may be best of kind", wide=True)],
        (
            (row["name"], *_cells(screen, row), row["kind"] if row["in_tie_set"] else "")
            for row in shown
        ),
    )
    if len(shown) < len(patterns):
        screen.say(f"and {len(patterns) - len(shown)} more: --detailed", style="dim")


def _count_column(kind: str) -> Column:
    return Column(kind, "right", wide=kind != "decisions", folds=False)


def _cells(
    screen: Screen, row: Mapping[Any, Any], nothing: str = "no evidence yet"
) -> tuple[str, str, str, str]:
    """Return the cells of a rate: with interval, n, provenance, and drawn."""
    n = float(row["n"])
    if not n:
        return nothing, "", "", ""
    told = rate(row["success_rate"], row["low"], row["high"], n)
    drawn = screen.strip(row["low"], row["success_rate"], row["high"])
    return told, f"{n:g}", str(row["provenance"]), drawn


def _print_missing(screen: Screen, frame: pd.DataFrame) -> None:
    """Print between what a rate lies, if the decisions nobody looked at all failed or worked."""
    if frame.empty:
        return
    screen.head("Rates if all missing outcomes were failures, or successes (90 % intervals)")
    columns = [Column("pattern"), Column("n known", "right"), Column("missing", "right")]
    columns += [Column("overdue", "right"), Column("worst (low)", folds=False)]
    columns += [Column("best (high)", folds=False)]
    screen.table(
        columns,
        (
            (
                row["name"],
                f"{row['n']:g}",
                row["n_missing"],
                row["n_overdue"],
                f"{percent(row['worst_rate'])} ({percent(row['low'])})",
                f"{percent(row['best_rate'])} ({percent(row['high'])})",
            )
            for row in frame.to_dict("records")
        ),
    )


def _print_areas(screen: Screen, seen: Overview) -> None:
    screen.head("Focus areas")
    columns = [Column("area"), Column("patterns", "right"), Column("decisions", "right")]
    screen.table(columns, seen.areas.itertuples(index=False))


def _print_health(screen: Screen, checks: Sequence[Check]) -> None:
    screen.head("Health")
    rows = ((check.name, "ok" if check.ok else "LOOK", check.says) for check in checks)
    screen.table([Column("what"), Column("", folds=False), Column("how it is")], rows)
