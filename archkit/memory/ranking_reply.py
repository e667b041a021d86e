"""What a memory answers, in words: patterns for a problem, solutions to an error."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING, Any

from archkit.memory.context import known_keys
from archkit.memory.evidence import KINDS
from archkit.memory.markdown import Markdown, bullet, quoted
from archkit.memory.ordering import SURE
from archkit.memory.ranking_explained import chances
from archkit.memory.slices import context_words, slices_met

if TYPE_CHECKING:
    from pandas import DataFrame

    from archkit.memory.ranking import Ranked, Ranking
    from archkit.memory.solutions import SolutionMatch, SolutionReply

__all__ = ["ranking_reply", "solution_reply"]


def ranking_reply(
    ranking: Ranking,
    reductions: DataFrame | None = None,
    slices: DataFrame | None = None,
    reversals: DataFrame | None = None,
    sizes: DataFrame | None = None,
) -> Markdown:
    """Answer a query in words.

    Patterns that answer the same question as the first come whole: rate with interval, uses and
    where they come from, set-up time, queries saved, pros, cons, security, when and when not; a
    vetoed one is struck through with its reason. Then which cannot be told apart, and what to
    use, by which rule, and how sure that is.

    Parameters
    ----------
    ranking
        What `query` gave.
    reductions
        Queries saved, as `metrics.query_reduction` gives them: what was counted is told first,
        and what is reported of a pattern beside it.
    slices
        How patterns worked by context, as `metrics.pattern_by_context` gives it: told beside the
        rate where the query's context meets a slice. They do not move the score.
    reversals
        Pairs whose order by the overall rates misleads, as `metrics.context_reversals` gives
        them: a warning where they concern this query.
    sizes
        Queries saved by size of the request, as `metrics.query_reduction_by_size` gives them.
    """
    lines = [f"**Query:** {quoted(ranking.query) or '(by kind or area)'}"]
    if keys := known_keys(ranking.context):
        told = "; ".join(f"{quoted(key)}: {_value(ranking.context[key])}" for key in keys)
        lines += ["", f"**Context:** {told}"]
    if not len(ranking):
        return Markdown("\n".join([*lines, "", "**No pattern found** about this."]))
    first = ranking.best or ranking[0]
    alike = [item for item in ranking if item.pattern.kind == first.pattern.kind]
    count = f"{len(alike)} pattern{'s' if len(alike) > 1 else ''} found"
    lines += ["", f"**{count}**" + (f" ({quoted(first.pattern.kind)})" if _kind(first) else ""), ""]
    saved = _saved(reductions)
    met, by_size = slices_met(ranking.context, slices), _saved_by_size(sizes)
    for number, item in enumerate(alike, start=1):
        lines += _pattern(number, item, ranking, saved.get(item.pattern.slug, ""))
        lines += bullet("In this context", met.get(item.pattern.slug, []))
        lines += bullet("Queries saved by size of request", by_size.get(item.pattern.slug, []))
    others = [_brief(item, ranking.ci_prob) for item in ranking if item not in alike]
    if others:
        lines += ["", f"Also about this, for other choices: {'; '.join(others)}."]
    lines += ["", *_tie(alike), *_decision(ranking, alike)]
    return Markdown("\n".join([*lines, *_warnings(ranking, reversals)]))


def solution_reply(reply: SolutionReply, ci_prob: float = 0.9) -> Markdown:
    """Answer an error in words: cause, diagnosis, fix and prevention of the solutions found.

    Parameters
    ----------
    reply
        What `find_solution` gave.
    ci_prob
        Probability of the intervals in it.
    """
    lines = [f"**Error:** {quoted(reply.error)}", ""]
    if not len(reply):
        return Markdown("\n".join([*lines, "**No solution found**: nothing like it is known."]))
    lines += [f"**{len(reply)} solution{'s' if len(reply) > 1 else ''} found**", ""]
    for number, match in enumerate(reply, start=1):
        lines += _solution(number, match, ci_prob)
    return Markdown("\n".join(lines))


def _warnings(ranking: Ranking, reversals: DataFrame | None) -> list[str]:
    """Return the reversals that concern a query's context and two of its patterns."""
    slugs = {item.pattern.slug for item in ranking}
    return [
        f"\n**Beware:** {quoted(row['warning'])}."
        for row in ([] if reversals is None else reversals.to_dict("records"))
        if {row["ahead"], row["behind"]} <= slugs
        and not context_words(ranking.context.get(row["key"])).isdisjoint(row["values"])
    ]


def _pattern(number: int, item: Ranked, ranking: Ranking, saved: str) -> list[str]:
    pattern = item.pattern
    name = f"**{quoted(pattern.name)}**"
    facts = [_rate(item, ranking.ci_prob)]
    if pattern.setup_hours is not None:
        facts.append(f"set-up {pattern.setup_hours:g} h")
    reported = pattern.reported.metrics.get("query_reduction") if pattern.reported else None
    if saved and isinstance(reported, int | float):
        saved += f"; {reported:.0%} is reported"
    elif isinstance(reported, int | float):
        saved = f"queries reduced by {reported:.0%} (reported)"
    facts += [saved] if saved else []
    if item.veto:
        lines = [
            f"{number}. ~~{name}~~ ({'; '.join(facts)})",
            f"   - Not here: {quoted(item.veto)}",
        ]
    else:
        lines = [f"{number}. {name} ({'; '.join(facts)})"]
    if pattern.status != "active":
        why = f": {quoted(item.status_reason)}" if item.status_reason else ""
        lines.append(f"   - {pattern.status}, not recommended unattended{why}")
    for label in ("pros", "cons", "security"):
        lines += bullet(label.capitalize(), getattr(pattern, label))
    lines += bullet("When", [condition.text for condition in pattern.when])
    return lines + bullet("Not when", [condition.text for condition in pattern.when_not])


def _tie(alike: list[Ranked]) -> list[str]:
    tied = [quoted(item.pattern.name) for item in alike if item.in_tie_set]
    if len(tied) < 2:
        return []
    return [f"**Cannot be told apart by the evidence:** {'; '.join(tied)}.", ""]


def _decision(ranking: Ranking, alike: list[Ranked]) -> list[str]:
    first = ranking.best
    if first is None:
        return [f"**Decision:** none; {ranking.rule}."]
    head = f"**Decision:** use {quoted(first.pattern.name)}, first by {ranking.rule}."
    if not first.n:
        return [f"{head} How well it works is not known: there is no evidence yet."]
    odds = dict(zip(map(id, ranking), chances(ranking), strict=True))
    rivals = [
        (item, chance) for item in alike if (chance := odds[id(item)]) is not None and not item.veto
    ]
    if not rivals:
        return [f"{head} No other pattern with evidence answers the same question."]
    said = "; ".join(f"{quoted(item.pattern.name)} {chance:.0%}" for item, chance in rivals)
    sure = all(chance >= SURE for _, chance in rivals)
    how = "sure" if sure else f"not sure: {SURE:.0%} would be needed against each"
    reach = "" if ranking.horizon == 1 else f" Ranked for {ranking.horizon:g} such choices to come."
    return [f"{head} Probability that it works better than {said} ({how}).{reach}"]


def _rate(item: Ranked, ci_prob: float) -> str:
    if not item.n:
        return "no evidence yet"
    kinds = {kind: getattr(item, f"n_{kind}") for kind in KINDS}
    there = [f"{n:g} {kind}" for kind, n in kinds.items() if n]
    several = f" ({' + '.join(there)})" if len(there) > 1 else f" {item.provenance}"
    uses = f"{item.n:g} uses{several}"
    return (
        f"{item.success_rate:.0%} success, {ci_prob:.0%} interval {item.low:.0%} to "
        f"{item.high:.0%}; {uses}"
    )


def _brief(item: Ranked, ci_prob: float) -> str:
    name = quoted(item.pattern.name)
    return (
        f"~~{name}~~ (not here: {quoted(item.veto)})"
        if item.veto
        else f"{name} ({_rate(item, ci_prob)})"
    )


def _saved(reductions: DataFrame | None) -> dict[str, str]:
    """Return how many queries each pattern was counted to save, in words: a cache cold and warm."""
    told: dict[str, str] = {}
    rows = [] if reductions is None else reductions.to_dict("records")
    counted = [row for row in rows if row["provenance"] != "reported"]
    for provenance in reversed(KINDS):
        states: dict[str, list[str]] = {}
        for row in sorted(counted, key=lambda row: row.get("cache", "")):
            if row["provenance"] == provenance:
                states.setdefault(row["slug"], []).append(_saving(row))
        told |= {slug: f"queries reduced by {', '.join(said)}" for slug, said in states.items()}
    return told


def _saving(row: dict[Hashable, Any]) -> str:
    alone = math.isnan(row["low"])
    reach = "no interval" if alone else f"{_share(row['low'])} to {_share(row['high'])}"
    cache = f" with a {row['cache']} cache" if row.get("cache") else ""
    n = f"n {row['n']:g} {row['provenance']}"
    return f"{_share(row['reduction_share'])}{cache} ({reach}, {n})"


def _saved_by_size(sizes: DataFrame | None) -> dict[str, list[str]]:
    """Return what each pattern saved at which size, in words, where it was counted at several."""
    told: dict[str, list[str]] = {}
    rows = [] if sizes is None else sizes.to_dict("records")
    for row in rows:
        if row["provenance"] != "simulated" and row["cache"] != "warm":
            origin = "" if row["provenance"] == "measured" else f" ({row['provenance']})"
            said = f"{_share(row['reduction_share'])} at n {row['size']:,.0f}{origin}"
            told.setdefault(row["slug"], []).append(said)
    return {slug: said for slug, said in told.items() if len(said) > 1}


def _share(share: float) -> str:
    """Write a share; what is not all is not written as all."""
    return f"{share:.0%}" if share <= 0.99 or share == 1 else f"{math.floor(share * 1000) / 10:g}%"


def _solution(number: int, match: SolutionMatch, ci_prob: float) -> list[str]:
    solution = match.solution
    effect = (
        f"used {match.n:g} times ({match.provenance}), {match.effective_rate:.0%} effective, "
        f"{ci_prob:.0%} interval {match.low:.0%} to {match.high:.0%}"
        if match.n
        else "no evidence yet"
    )
    lines = [
        f"{number}. **{quoted(solution.name or solution.slug)}** ({effect}; the signature matches "
        f"{match.match:.0%})"
    ]
    lines += bullet("Root cause", [solution.root_cause] if solution.root_cause else [])
    lines += bullet("Diagnosis", solution.diagnosis)
    if solution.fix:
        lines.append("   - Fix:")
        lines += [f"     {n}. {quoted(step)}" for n, step in enumerate(solution.fix, start=1)]
    lines += bullet("Best practice", [solution.best_practice] if solution.best_practice else [])
    lines += bullet("Prevention", solution.prevention)
    return lines + bullet("Applied", [solution.applied] if solution.applied else [])


def _kind(item: Ranked) -> bool:
    return bool(item.pattern.kind)


def _value(value: Any) -> str:
    return quoted(", ".join(map(str, value)) if isinstance(value, list | tuple) else value)
