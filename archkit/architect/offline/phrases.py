"""How numbers, lists and facets are said in English, and what stands in a blueprint's gaps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from archkit.architect.offline.facets import Facet

__all__ = [
    "amount",
    "clipped",
    "counted",
    "duration",
    "fill",
    "inline",
    "listed",
    "lowered",
    "percent",
    "phrase_of",
    "placeholders",
    "quoted",
    "sentence",
    "without_stop",
]

_SMALL = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_CLIENTS = {
    "web": "web", "mobile": "mobile", "third-party": "third-party", "internal": "internal",
    "devices": "device",
}  # fmt: skip
_RULES = {"gdpr": "the GDPR", "pci": "PCI DSS", "hipaa": "HIPAA"}
_SAID: dict[tuple[str, str], str] = {
    ("tenancy", "multi"): "several tenants",
    ("tenancy", "single"): "a single organisation",
    ("identity", "own"): "accounts of its own",
    ("identity", "partners"): "the customers' identity providers",
    ("identity", "social"): "sign-in with social accounts",
    ("revocation", "at-once"): "revocation at once",
    ("revocation", "within-minutes"): "revocation within minutes",
    ("consistency", "strong"): "strong consistency",
    ("consistency", "eventual"): "eventual consistency",
    ("access_pattern", "predictable"): "queries known beforehand",
    ("access_pattern", "ad-hoc"): "ad-hoc queries",
    ("data_shape", "relational"): "relational data",
    ("data_shape", "time-series"): "time-series data",
    ("data_shape", "document"): "documents",
    ("data_shape", "key-value"): "key-value look-ups",
    ("data_shape", "graph"): "a network of links",
    ("api_style", "rest"): "a REST API",
    ("api_style", "graphql"): "a GraphQL API",
    ("api_style", "grpc"): "a gRPC API",
    ("hosting", "cloud"): "a public cloud",
    ("hosting", "self-hosted"): "machines of your own",
    ("money", "yes"): "money at stake",
    ("money", "no"): "no money moved",
    ("provider_idempotency", "yes"): "a provider that accepts idempotency keys",
    ("provider_idempotency", "no"): "a provider without idempotency keys",
    ("concurrency", "single-writer"): "a single writer",
    ("concurrency", "many-writers"): "concurrent writers",
    ("units", "one"): "one deployable",
    ("units", "several"): "several deployables",
    ("delivery", "at-least-once"): "repeated delivery that does no harm",
    ("delivery", "exactly-once-effect"): "no effect taken twice",
    ("regions", "one"): "one region",
    ("regions", "several"): "several regions",
}
_UNITS = {
    "users": "user",
    "requests_per_minute": "request a minute",
    "writes_per_second": "write a second",
    "page_size": "item a page",
}


def listed(words: Iterable[str], *, last: str = "and") -> str:
    """Join words as in a sentence: "a, b and c"."""
    *head, tail = list(words) or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def counted(number: int, noun: str) -> str:
    """Say a count of things: "one choice", "two choices", "12 choices"."""
    word = _SMALL[number] if 0 <= number < len(_SMALL) else f"{number:,}"
    return f"{word} {noun}" if number == 1 else f"{word} {noun}s"


def amount(value: float) -> str:
    """Write a number as one reads it: 10,000; 2 million; 0.5."""
    if value >= 1e6:
        for size, name in ((1e9, "billion"), (1e6, "million")):
            if value >= size:
                return f"{value / size:,.2f}".rstrip("0").rstrip(".") + f" {name}"
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}".rstrip("0").rstrip(".")


def about(value: float) -> float:
    """Round to two figures, for what was computed and not said."""
    return float(f"{value:.2g}") if value else 0.0


def percent(rate: float, *, digits: int = 2) -> str:
    """Write a share as a percentage: "93 %", "99.9 %"; `digits` is for what is nearly all."""
    value = 100 * rate
    shown = f"{value:.{digits}f}" if 99 < value < 100 else f"{value:.0f}"
    return (shown.rstrip("0").rstrip(".") if "." in shown else shown) + " %"


def clipped(text: str, length: int = 160) -> str:
    """Return the text on one line, cut at a word with an ellipsis."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[:length].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def quoted(text: str) -> str:
    """Return words of others as Markdown shows them letter by letter, HTML included."""
    return text.translate(_AS_WRITTEN).replace("](", "] (")


_AS_WRITTEN = str.maketrans({"<": "‹", ">": "›", "`": "'", "|": "¦"})


def without_stop(text: str) -> str:
    """Return the text on one line, without a final full stop."""
    return " ".join(text.split()).rstrip(".")


def sentence(text: str) -> str:
    """Return the text as a sentence: on one line, a capital first, a stop at the end."""
    line = " ".join(text.split())
    if not line:
        return ""
    first = line.split(" ", 1)[0]
    # A name such as "posts-api" or "`GET /x`" or "p95" keeps its spelling.
    line = line[0].upper() + line[1:] if first.rstrip(",:").isalpha() and first.islower() else line
    return line if line[-1] in ".!?:" else f"{line}."


def inline(name: str) -> str:
    """Return a name to stand inside a sentence: an article at its start in small letters."""
    article = name.split(" ", 1)[0] in ("A", "An", "The", "One")
    return name[0].lower() + name[1:] if article else name


def lowered(text: str) -> str:
    """Return a phrase to stand inside a sentence: no stop, no capital unless a name's."""
    line = without_stop(text)
    first = line.split(" ", 1)[0]
    return line[0].lower() + line[1:] if first[1:].islower() or first in ("A", "No") else line


def duration(seconds: float) -> str:
    """Say a time span: "a minute", "15 minutes", "100 ms"."""
    if seconds < 1:
        return f"{amount(seconds * 1_000)} ms"
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size:
            count = round(seconds / size, 1)
            article = "an" if name == "hour" else "a"
            return f"{article} {name}" if count == 1 else f"{amount(count)} {name}s"
    return f"{amount(seconds)} seconds"


def phrase_of(facet: Facet) -> str:
    """Say a facet as a noun phrase: "mobile and web clients", "10,000 requests a minute"."""
    key, value = facet.key, facet.value
    if isinstance(value, list):
        return _list_phrase(key, value)
    said = _SAID.get((key, str(value)))
    if said:
        return said
    if not isinstance(value, int | float):
        return f"{key.replace('_', ' ')}: {value}"
    return _number_phrase(key, value, vague=facet.approximate)


def _list_phrase(key: str, values: list[Any]) -> str:
    if key == "clients":
        return listed(sorted(_CLIENTS.get(v, str(v)) for v in values)) + " clients"
    return listed(_RULES.get(v, str(v)) for v in values)


def _number_phrase(key: str, value: float, *, vague: bool = False) -> str:
    if key in _UNITS:
        head, *rest = _UNITS[key].split(" ", 1)
        noun = " ".join([head if value == 1 else head + "s", *rest])
        return f"about {amount(about(value))} {noun}" if vague else f"{amount(value)} {noun}"
    return {
        "read_share": lambda: f"{'about ' if vague else ''}{percent(value)} reads",
        "data_size_gb": lambda: data_size(value),
        "response_ms": lambda: f"answers within {duration(value / 1_000)} (p95)",
        "staleness_s": lambda: f"data up to {duration(value)} old",
        "team_size": lambda: f"a team of {_SMALL[int(value)] if value <= 10 else amount(value)}",
        "budget_usd_month": lambda: f"${amount(value)} a month",
        "availability": lambda: f"{percent(value)} availability",
        "growth": lambda: f"{_times(value)} the load within a year",
    }.get(key, lambda: f"{key.replace('_', ' ')}: {amount(value)}")()


def _times(value: float) -> str:
    return "twice" if value == 2 else f"{amount(value)} times"


def data_size(gigabytes: float) -> str:
    """Say an amount of data: "100 GB of data", "2 TB of data"."""
    if gigabytes >= 1_000:
        return f"{amount(gigabytes / 1_000)} TB of data"
    if gigabytes < 1:
        return f"{amount(gigabytes * 1_000)} MB of data"
    return f"{amount(gigabytes)} GB of data"


def placeholders(facets: Mapping[str, Facet]) -> dict[str, str]:
    """Return words for every placeholder of a blueprint, honest where nothing is known."""
    load = facets.get("requests_per_minute")
    words = {
        "requests": "the present load",
        "requests_10x": "ten times the present load",
        "per_second_10x": "ten times the present rate",
        "users": "not stated",
        "data_size": "not stated",
        "response": "not stated",
        "staleness": "not stated",
        "tenancy": "not stated",
        "clients": "not stated",
        "read_share": "not stated",
    }
    if load:
        rough = "about " if load.approximate else ""
        size = about(load.value) if load.approximate else load.value
        words["requests"] = phrase_of(load)
        words["requests_10x"] = f"{rough}{amount(size * 10)} requests a minute"
        second = load.value * 10 / 60
        words["per_second_10x"] = f"about {amount(about(second))} requests a second"
    for key, name in (("users", "users"), ("tenancy", "tenancy"), ("clients", "clients")):
        if key in facets:
            words[name] = phrase_of(facets[key])
    if "data_size_gb" in facets:
        words["data_size"] = data_size(facets["data_size_gb"].value)
    if "response_ms" in facets:
        words["response"] = duration(facets["response_ms"].value / 1_000)
    if "staleness_s" in facets:
        words["staleness"] = duration(facets["staleness_s"].value)
    if "read_share" in facets:
        words["read_share"] = percent(facets["read_share"].value)
    return words


def fill(text: str, words: Mapping[str, str]) -> str:
    """Put words into a text's known placeholders; other braces stay as they are."""
    filled = re.sub(r"\{(\w+)\}", lambda m: words.get(m[1], m[0]), " ".join(text.split()))
    filled = re.sub(r"\b(about|some|roughly|around) about\b", r"\1", filled)
    for pattern, replacement in _UNKNOWN_LOAD:
        filled = pattern.sub(replacement, filled)
    filled = re.sub(r" \((?:[\w ]+: )?(?:not stated(?: today)?|the present load)\)", "", filled)
    return _REPEATED.sub(_once, filled)


# Where no load is stated, what would only name it is left out.
_UNKNOWN_LOAD = (
    (re.compile(r"[;,]? ?\(?ten times the present rate\)"), ""),
    (re.compile(r"Load now: the present load; planned for: ten"), "Planned for: ten"),
    (re.compile(r"(?:Load now: the present load\.|Now the present load;) ?"), ""),
)
_REPEATED = re.compile(r"\b(\w+) \(([^()]*?) ?\b\1\)", re.IGNORECASE)


def _once(match: re.Match[str]) -> str:
    """Say a noun once: "clients (web clients)" is "clients (web)"."""
    return match[1] if match[2] in ("", "several", "the") else f"{match[1]} ({match[2]})"
