"""Sections 6 and 7 of a proposal: why each technology, and what to look after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from archkit.architect.offline.choice import (
    Choice,
    candidates_line,
    changed_line,
    evidence_line,
    name,
    tie_line,
)
from archkit.architect.offline.facets import Facet, read_technologies
from archkit.architect.offline.phrases import (
    counted,
    inline,
    listed,
    lowered,
    phrase_of,
    placeholders,
    sentence,
    without_stop,
)
from archkit.architect.offline.plan import Design, Plan
from archkit.records import Reported

__all__ = ["fits", "key_considerations", "known_errors", "technology_rationale"]

_MOST_RIVALS = 2
_LITTLE = 600
_ALIKE = (
    {"PostgreSQL", "MySQL", "MariaDB", "SQLite", "MongoDB"},
    {"Kafka", "RabbitMQ", "NATS"},
    {"Redis", "Valkey", "Memcached"},
    {"Elasticsearch", "OpenSearch"},
)


def technology_rationale(plan: Plan, design: Design, origins: Mapping[str, Reported]) -> list[str]:
    """One heading a choice: why it suits this brief, and what the alternative would trade."""
    lines: list[str] = []
    for choice in plan.chosen:
        lines += _concern_choice(choice, plan, origins)
    for row in design.choices:
        lines.append(f"#### {sentence(row['for']).rstrip('.')}: {without_stop(row['choose'])}")
        why = f"- **Justification:** {sentence(row['why'])}{_kept(row['choose'], plan)}"
        other = f"- **Alternative:** {sentence(row['alternative'])}"
        lines.append(f"{why}\n{other}\n- **Trade-offs:** {sentence(row['trade_off'])}")
    return lines


def _concern_choice(choice: Choice, plan: Plan, origins: Mapping[str, Reported]) -> list[str]:
    best = choice.best or {}
    points = [f"- **Justification:** {_justification(choice, plan)}"]
    points.append(f"- **Evidence:** {sentence(evidence_line(best, choice, origins))}")
    changed = changed_line(choice, origins)
    points += [f"- **Changed by what was recorded here:** {changed}"] if changed else []
    tie = tie_line(choice)
    points += [f"- **Tie:** {tie}"] if tie else []
    points += [f"- {line}" for line in _trade_offs(choice, origins)]
    points += [
        f"- **Ruled out, {name(e)}:** its own conditions forbid it here: “{_veto(e)}”."
        for e in choice.vetoed
    ]
    aside = candidates_line(choice.set_aside)
    points += [f"- **Set aside:** {aside}"] if aside else []
    return [f"#### {choice.concern.title}: {name(best)}", "\n".join(points)]


def _veto(entry: Mapping[str, Any]) -> str:
    return without_stop(str(entry.get("veto") or "not to be used here"))


def _justification(choice: Choice, plan: Plan) -> str:
    best = choice.best or {}
    context = best.get("context") or {}
    matched = [f for k, f in plan.facets.items() if k in context and fits(f.value, context[k])]
    against = [f for k, f in plan.facets.items() if k in context and not fits(f.value, context[k])]
    parts = []
    if matched:
        parts.append(f"It is made for what is known here: {listed(map(phrase_of, matched))}.")
    if against:
        parts.append(
            f"It is not made for {listed(map(phrase_of, against), last='or')}: watch that."
        )
    strengths = [lowered(p) for p in _texts(best.get("pros"))]
    if strengths:
        parts.append(f"For it: {'; '.join(strengths)}.")
    if not parts:
        parts.append(sentence(str(best.get("summary") or "It is the only pattern known for this")))
    return " ".join(parts) + _kept(f"{name(best)} {best.get('summary') or ''}", plan)


def _kept(text: str, plan: Plan) -> str:
    """Say what of a choice the project has already: consistency with what is there."""
    named = read_technologies([text])
    held = [t for t in named if t in plan.existing]
    if not held:
        return _rivalled(named, plan)
    return f" The project already runs on {listed(held)}, so the team knows it."


def _rivalled(named: Sequence[str], plan: Plan) -> str:
    """Say that the project has another of the kind: staying on it is the smaller change."""
    for kind in _ALIKE:
        others = [t for t in plan.existing if t in kind]
        if others and kind & set(named):
            return (
                f" The project has {listed(others)} for this today: staying on it is the smaller "
                "change, and then what is written here for another product is to be translated."
            )
    return ""


def _trade_offs(choice: Choice, origins: Mapping[str, Reported]) -> list[str]:
    cons = [lowered(c) for c in _texts((choice.best or {}).get("cons"))]
    price = f"Against it: {'; '.join(cons)}." if cons else "No drawback of it is recorded."
    lines = [f"**Trade-offs:** {price}"]
    lines += [_compared(rival, choice, origins) for rival in choice.rivals[:_MOST_RIVALS]]
    left = choice.rivals[_MOST_RIVALS:]
    if left:
        names = listed(inline(name(entry)) for entry in left)
        lines.append(f"**Further alternatives**, ranked lower: {names}.")
    if not choice.rivals and not choice.vetoed:
        lines.append("**Alternative:** none is recorded for this choice.")
    return lines


def _compared(rival: Mapping[str, Any], choice: Choice, origins: Mapping[str, Reported]) -> str:
    pros, cons = _texts(rival.get("pros"))[:2], _texts(rival.get("cons"))[:2]
    said = [f"For it: {'; '.join(map(lowered, pros))}."] if pros else []
    said += [f"Against it: {'; '.join(map(lowered, cons))}."] if cons else []
    line = f"**Alternative, {name(rival)}:** {' '.join(said) or 'It is known by name only.'}"
    if not choice.memory:
        return line
    evidence = sentence(evidence_line(rival, choice, origins))
    return f"{line} {evidence}"


def fits(said: Any, wanted: Any) -> bool:
    """Whether a value lies in what a pattern's context allows: equal, listed, or in range."""
    if isinstance(said, list):
        allowed = wanted if isinstance(wanted, list) else [wanted]
        return any(value in allowed for value in said)
    if isinstance(wanted, list):
        return said in wanted
    if isinstance(wanted, str) and isinstance(said, int | float):
        return _in_range(float(said), wanted)
    if isinstance(wanted, int | float) and isinstance(said, int | float):
        return wanted / 4 <= said <= wanted * 4
    return bool(said == wanted)


def _in_range(value: float, wanted: str) -> bool:
    try:
        if ".." in wanted:
            low, high = wanted.split("..", 1)
            return float(low) <= value <= float(high)
        bound = float(wanted.lstrip("<>= "))
    except ValueError:
        return False
    return value >= bound if wanted.startswith(">") else value <= bound


def _texts(value: Any) -> list[str]:
    return [str(v) for v in value if str(v).strip()] if isinstance(value, list | tuple) else []


def key_considerations(plan: Plan, design: Design) -> list[str]:
    """Scalability, security, observability, deployment: each with its heading."""
    best = [c.best or {} for c in plan.chosen]
    security = [
        f"**{sentence(row['threat']).rstrip('.')}:** {sentence(row['mitigation'])}"
        for row in design.security
    ]
    rules = [
        f"**{name(entry)}:** {'; '.join(lowered(text) for text in _texts(entry['security']))}."
        for entry in best
        if _texts(entry.get("security"))
    ]
    return [
        "#### Scalability",
        _tenfold(plan.facets),
        *_bullets(design.scalability),
        "#### Security",
        *(
            [*_bullets(security), *(["Rules that come with the choices:"] if rules else [])]
            or ["The chosen patterns name no threats; a threat model is to be drawn up first."]
        ),
        *_bullets(rules),
        "#### Observability",
        *(
            _bullets(design.observability)
            or ["The chosen patterns say nothing of it; agree what to measure before building."]
        ),
        "#### Deployment & CI/CD",
        *(
            _bullets(design.deployment)
            or ["The chosen patterns ask for no change to how the system is deployed today."]
        ),
        *known_errors(plan),
    ]


def known_errors(plan: Plan) -> list[str]:
    """Tell what is known of the errors that brief and answers name: cause, fix, rate."""
    if not plan.errors:
        return []
    return ["#### Known errors", *("\n".join(f"- {x}" for x in e.lines()) for e in plan.errors)]


def _tenfold(facets: Mapping[str, Facet]) -> str:
    words, load = placeholders(facets), facets.get("requests_per_minute")
    writes = facets.get("writes_per_second")
    lines = []
    if load:
        lines.append(
            f"The initial load is {words['requests']}; ten times that is {words['requests_10x']} "
            f"({words['per_second_10x']})."
        )
    if writes:
        tenfold = phrase_of(replace(writes, value=writes.value * 10))
        what = "Of writes, it is" if load else "The initial load is"
        lines.append(f"{what} {phrase_of(writes)}; ten times that is {tenfold}.")
    if not lines:
        return (
            "The initial load is not stated, so 10x means ten times whatever is measured when it "
            f"goes live; measure it first. Below {_LITTLE // 10} requests a minute, ten times that "
            f"is below {_LITTLE}, which one process and a standby carry."
        )
    if load and load.value * 10 < _LITTLE and not (writes and writes.value > 1):
        lines.append(
            "Even that is little: one process and a standby carry it. What follows says where the "
            "design would bend, not what to build now."
        )
    growth = facets.get("growth")
    if growth and growth.value > 1:
        lines.append(f"At {phrase_of(growth)}, that is reached in {_years(growth.value)}.")
    return " ".join(lines)


def _years(growth: float) -> str:
    import math

    years = math.log(10) / math.log(growth)
    return f"about {counted(max(round(years), 1), 'year')}"


def _bullets(items: Iterable[str]) -> list[str]:
    found: Sequence[str] = list(dict.fromkeys(sentence(item) for item in items if item.strip()))
    return ["\n".join(f"- {item}" for item in found)] if found else []
