"""Numbers with units in a text: load, users, data, latency, staleness, team, budget."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TypeAlias

from archkit.architect.offline.wording import NUMBER, is_negated, number_of

__all__ = ["Reading", "bare_number", "read_numbers"]

Reading: TypeAlias = tuple[str, float, int, int, bool]
"""Key, value, start and end of the words, whether the words were vague."""

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "ms": 0.001}
_PER_MINUTE = {"s": 60, "m": 1, "h": 1 / 60, "d": 1 / 1_440, "w": 1 / 10_080, "mo": 1 / 43_200}
_GIGABYTES = {"m": 1e-3, "g": 1, "t": 1e3, "p": 1e6}
_UNIT = r"(?:seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|months?)"
_LONG_UNIT = r"(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|hours?|hrs?|h|days?|weeks?)"
_SPAN = rf"(?:(?P<n>{NUMBER})|an?|half an?)\s*-?(?P<unit>{_LONG_UNIT})\b"
_READS = (
    r"(?:requests?|reqs?|reads?|quer(?:y|ies)|calls?|hits?|(?:page ?)?views?|lookups?|searches|"
    r"log-?ins?|sign-?ins?|visits?|transactions?|payments?|orders?|check-?outs?)"
)
_WRITES = (
    r"(?:writes?|inserts?|updates?|events?|records?|rows?|readings?|data ?points?|messages?|"
    r"e?-?mails|notifications?|jobs|uploads?|deliver(?:y|ies)|webhooks?|bookings?|pushes)"
)
_PER = r"(?:\s*/\s*|[\s-]{1,3}(?:per|an?|each|every)[\s-]{1,3})"
_PEOPLE = (
    r"(?:users?|customers?|members?|people|accounts?|subscribers?|shoppers?|students?|patients?|"
    r"players?|employees|visitors?|mau|dau)\b"
)
_SENDERS = r"(?:devices?|sensors?|meters?|vehicles?|machines?|trackers?|gateways?|clients?|agents?)"
_BUILDERS = r"(?:engineers?|developers?|devs?|programmers?)\b"
_VAGUE = re.compile(
    r"(?:millions|thousands|hundreds|dozens|billions) of|heavy|few|mostly|high|many|rare|almost",
    re.IGNORECASE,
)
_MONEY = r"(?:[$€£]|\b(?:usd|eur|gbp)\b)"
_ADJECTIVES = (
    r"(?:(?!(?:per|an?|each|every|and|or|of|to|for|in|by|from|with|on|at|than)\b)[a-z-]+\s){0,2}?"
)


def read_numbers(text: str) -> Iterator[Reading]:
    """Yield one reading of each numeric facet a text states; denied ones are left out.

    Of several readings of one facet an exact one goes before a vague one, then the earlier.
    """
    best: dict[str, Reading] = {}
    for key, pattern, value_of in _rules():
        for match in pattern.finditer(text):
            value = value_of(match)
            if value is None or is_negated(text, *match.span()):
                continue
            if key == "data_size_gb" and _ONE_FILE.search(text[: match.start()]):
                continue
            if key in _RATES and _FOR_EACH.match(text[match.end() :]):
                continue
            reading = (key, tidy(value), *match.span(), bool(_VAGUE.search(match[0])))
            best[key] = min(best.get(key, reading), reading, key=lambda r: (r[4], r[2]))
            break
    yield from best.values()


_RATES = ("requests_per_minute", "writes_per_second")
# "1,000 calls an hour per key" is a limit for each caller, not the load.
_FOR_EACH = re.compile(
    r"\s*,?\(?(?:per|/|for each|for every|each|by|from each)\s?(?:\w+\s){0,1}?(?:api[- ]?)?"
    r"(?:keys?|users?|callers?|clients?|customers?|tenants?|accounts?|ips?|address(?:es)?|partners?|"
    r"devices?|persons?|tokens?)\b",
    re.IGNORECASE,
)


# "Videos up to 5 GB" is the size of one file, not of all the data.
_ONE_FILE = re.compile(
    r"\b(?:files?|videos?|photos?|images?|documents?|uploads?|attachments?|recordings?)\b"
    r"[^.;\n]{0,20}?\b(?:up to|at most|of|max(?:imum)?)\s(?:about\s)?$|\beach\s(?:about\s)?$",
    re.IGNORECASE,
)


def bare_number(key: str, answer: str) -> float | None:
    """Value of an answer's first number, in the unit its question implies ("500", "2 s", "90")."""
    span = re.search(_SPAN, answer, re.IGNORECASE)
    if span and key in ("staleness_s", "response_ms"):
        seconds = _duration(span)
        return tidy(seconds * 1_000 if key == "response_ms" else seconds)
    ratio = re.search(r"([0-9]{1,4})\s*[:/]\s*([0-9]{1,4})", answer)
    if ratio and key == "read_share":
        return _ratio(float(ratio[1]), float(ratio[2]))
    match = re.search(NUMBER.replace(r"(?=\sof\b)", ""), answer, re.IGNORECASE)
    if match is None:
        return None
    value = number_of(match[0])
    rate = re.match(rf"[^.;]{{0,30}}?{_PER}(?P<per>{_UNIT})\b", answer[match.end() :], re.I)
    if rate and key in ("requests_per_minute", "writes_per_second"):
        value *= _PER_MINUTE[_letter(rate["per"])] / (60 if key == "writes_per_second" else 1)
    if key in ("read_share", "availability") and value > 1:
        value = value / 100 if value <= 100 else 1.0
    if key == "data_size_gb" and re.match(r"\s*(?:tb|tera)", answer[match.end() :], re.I):
        value *= 1_000
    return tidy(value)


def tidy(value: float) -> float:
    """Return an integer where the number is one, else the number rounded to sense."""
    if value >= 1e15:
        return 1_000_000_000_000_000
    return int(value) if value == int(value) else round(value, 4 if value < 10 else 1)


_Worth: TypeAlias = Callable[[re.Match[str]], float | None]
_Rule: TypeAlias = tuple[str, re.Pattern[str], _Worth]


@cache
def _rules() -> tuple[_Rule, ...]:
    """Every rule, compiled once: key, pattern, and what a match is worth."""
    table = (*_sizes(), *_qualities())
    return tuple((key, re.compile(words, re.IGNORECASE), value) for key, words, value in table)


_N, _N2 = f"(?P<n>{NUMBER})", f"(?P<n2>{NUMBER})"


def _sizes() -> tuple[tuple[str, str, _Worth], ...]:
    """Rules for how much there is: load, people, data."""
    return (
        ("requests_per_minute", rf"{_noun(_READS)}\b(?:\s\w+)?{_PER}(?P<per>{_UNIT})\b",
         _per_minute),
        ("requests_per_minute", rf"{_N}\s*(?:rps|qps|tps|(?P<rpm>rpm))\b", _short_rate),
        ("requests_per_minute", rf"{_N}[\s-]*(?:of\s)?(?P<per>hourly|daily|weekly|monthly)\s"
         rf"{_ADJECTIVES}{_READS}\b", _per_minute),
        ("requests_per_minute", rf"{_noun(_READS)}\s(?P<per>hourly|daily|weekly)\b", _per_minute),
        ("requests_per_minute", rf"{_N}\s*/\s*(?P<per>min|minute|s|sec|second)\b", _per_minute),
        ("writes_per_second", rf"{_noun(_WRITES)}\b(?:\s\w+)?{_PER}(?P<per>{_UNIT})\b",
         _per_second),
        ("writes_per_second", rf"{_N}[\s-]*(?:of\s)?(?P<per>hourly|daily|weekly|monthly)\s"
         rf"{_ADJECTIVES}{_WRITES}\b", _per_second),
        ("writes_per_second", rf"{_N}[\s-]*{_ADJECTIVES}{_SENDERS}\s(?:each\s|that\s)?"
         rf"(?:sends?|reports?|posts?|writes?|uploads?|measures?)\b[^.;\n]{{0,30}}?\b"
         rf"(?:every|an?|per|each)\s(?:(?P<every>{NUMBER})\s)?(?P<unit>{_UNIT})\b", _each_sends),
        ("team_size", rf"{_N}[\s-]*(?:\w+\s){{0,2}}?{_BUILDERS}", _plain),
        ("team_size", rf"(?:team|crew|squad) of (?:about )?{_N}", _plain),
        ("team_size", rf"{_N}[- ](?:person|people|man) team|{_N2} of us\b", _plain),
        ("team_size", r"\b(?:solo|lone) (?:developer|engineer|founder)|\bone[- ]person\b"
         r"|\bon my own\b", lambda _: 1.0),
        ("users", rf"{_N}(?!\s*(?:ms|gb|tb|%))[\s-]*(?:of\s)?{_ADJECTIVES}{_PEOPLE}"
         r"(?!\s(?:team|on the team))", _at_least_two),
        ("data_size_gb", rf"{_N}\s*-?(?P<size>[gtp])(?:i?b\b|ig\w*|er\w*|et\w*)(?!\s*(?:of\s)?"
         rf"(?:ram|memory))(?!{_PER}(?:day|month|hour|week))", _gigabytes),
        ("data_size_gb", rf"{_N}\s*-?(?P<size>m)(?:i?b|eg\w*)\s(?:of )?(?:data|database|tables?)\b",
         _gigabytes),
    )  # fmt: skip


def _qualities() -> tuple[tuple[str, str, _Worth], ...]:
    """Rules for how well it must do: age, latency, mix, availability, money, growth."""
    return (
        ("staleness_s", rf"{_SPAN}(?:\s|-)(?:old|stale|late|behind|out of date|lag"
     rf"|delay)", _duration),
        ("staleness_s", rf"\b(?:stale(?:ness)?|fresh(?:ness)?|cached?|caching|refresh\w*"
     rf"|lag|delay\w*"
         rf"|out of date|age)\b[^.;\n]{{0,30}}?\b{_SPAN}", _duration),
        ("staleness_s", rf"{_SPAN} (?:of )?(?:staleness|lag|delay|caching)", _duration),
        ("staleness_s", r"\breal[- ]time\b|\bup to the second\b|\balways (?:fresh|current)\b",
         lambda _: 1.0),
        ("response_ms", rf"{_N}\s*-?(?:ms|milliseconds?)\b", _plain),
        ("response_ms", rf"\b(?:p9[0-9]|latenc\w+|respon\w+|answers?|load\w*)\b[^.;\n]{{0,25}}?"
         rf"{_SPAN}", lambda m: _duration(m) * 1_000),
        ("read_share", r"(?P<a>[0-9]{1,4})\s*[:/]\s*(?P<b>[0-9]{1,4})[\s(]*(?:mix of )?"
         r"(?:reads?)\b", _share),
        ("read_share", r"\breads?\s*(?:[/:-]|to|and)?\s*writes?\b[^0-9\n]{0,20}?(?P<a>[0-9]{1,4})"
         r"\s*[:/]\s*(?P<b>[0-9]{1,4})", _share),
        ("read_share", r"\breads? outnumber(?:s|ed)? (?:the )?writes? (?:by )?(?:about )?"
         r"(?P<a>[0-9]{1,4}|five|ten|twenty|fifty|a hundred) to (?:1|one)\b", _outnumbered),
        ("read_share", r"(?P<p>[0-9]{1,3}(?:\.[0-9]+)?)\s*%[^.;\n]{0,20}?\breads?\b", _percent),
        ("read_share", r"\b(?:very )?few writes\b|\b(?:rare|hardly any|almost no) writes\b"
         r"|\bread[- ]only\b", lambda _: 0.99),
        ("writes_per_second", r"\b(?:very )?few writes\b|\b(?:rare|hardly any|almost no) writes\b",
         lambda _: 1.0),
        ("read_share", r"\bread[- ](?:heavy|mostly|intensive)\b|\bmostly reads\b|\bhigh[- ]read\b"
         r"|\bmany reads\b", lambda _: 0.9),
        ("read_share", r"\bwrite[- ](?:heavy|intensive)\b|\bmostly writes\b", lambda _: 0.2),
        ("availability", r"(?P<p>9[0-9](?:\.[0-9]{1,4})?)\s*%[^.;\n]{0,20}?"
         r"(?:up-?time|availab\w+|sla|slo)\b", _percent),
        ("availability", r"(?:up-?time|availab\w+|sla|slo)\b[^.;\n%]{0,25}?"
         r"(?P<p>9[0-9](?:\.[0-9]{1,4})?)\s*%", _percent),
        ("availability", r"\b(?P<p>99\.[0-9]{1,4})\s*%(?!\s*(?:of|reads?))", _percent),
        ("availability", r"\b(?P<nines>two|three|four|five) nines\b", _nines),
        ("budget_usd_month", rf"{_MONEY}\s?{_N}[^.;\n]{{0,12}}?(?:per|an?|/|each)\s?"
         r"(?P<per>month|mo|year|yr)\b", _monthly),
        ("budget_usd_month", rf"{_N}\s?(?:{_MONEY}|dollars|euros?)[^.;\n]{{0,12}}?"
         r"(?:per|an?|/|each)\s?(?P<per>month|mo|year|yr)\b", _monthly),
        ("budget_usd_month", rf"(?P<per>month|year)ly[^.;\n]{{0,25}}?{_MONEY}\s?{_N}", _monthly),
        ("budget_usd_month", rf"{_MONEY}\s?{_N} (?P<per>month|year)ly", _monthly),
        ("page_size", rf"{_noun(r'(?:items?|posts?|rows?|entries|records?|results?|articles?)')}"
         r"\s?(?:per|an?|/|each)\s?page", _plain),
        ("page_size", rf"\bpage(?:s|[- ]sizes?)?(?: is| of)? {_N}\b|{_N2}[- ](?:item|post"
     rf"|row) pages?",
         _plain),
        ("growth", r"\b(?P<word>doubl|tripl)\w+[^.;\n]{0,20}?(?:year|yearly|annually)", _growth),
        ("growth", rf"\b{_N}\s?(?:[x×]|times|fold)[^.;\n]{{0,20}}?year", _plain),
        ("growth", r"\b(?P<word>ten)fold[^.;\n]{0,20}?year", _growth),
    )  # fmt: skip


def _noun(words: str) -> str:
    """Pattern of a number of something, an adjective or two between allowed."""
    return rf"(?P<n>{NUMBER})[\s-]*(?:of\s)?{_ADJECTIVES}{words}"


def _plain(match: re.Match[str]) -> float | None:
    groups = match.groupdict()
    return number_of(groups.get("n") or groups.get("n2") or "") or None


def _at_least_two(match: re.Match[str]) -> float | None:
    value = number_of(match["n"])
    return value if value >= 2 else None


def _letter(unit: str) -> str:
    unit = unit.lower()
    if unit.startswith("mo"):
        return "mo"
    return "ms" if unit in ("ms", "millisecond", "milliseconds") else unit[0]


def _per_minute(match: re.Match[str]) -> float | None:
    return number_of(match["n"]) * _PER_MINUTE[_letter(match["per"])] or None


def _per_second(match: re.Match[str]) -> float | None:
    value = _per_minute(match)
    return None if value is None else value / 60


def _each_sends(match: re.Match[str]) -> float | None:
    seconds = _SECONDS.get(_letter(match["unit"]), 2_592_000)
    every = number_of(match["every"]) if match["every"] else 1
    return number_of(match["n"]) / (seconds * every) if every else None


def _short_rate(match: re.Match[str]) -> float | None:
    return number_of(match["n"]) * (1 if match["rpm"] else 60) or None


def _duration(match: re.Match[str]) -> float:
    words = match.groupdict().get("n")
    count = number_of(words) if words else 0.5 if "half" in match[0].lower() else 1.0
    return count * _SECONDS[_letter(match["unit"])]


def _gigabytes(match: re.Match[str]) -> float | None:
    return number_of(match["n"]) * _GIGABYTES[match["size"].lower()] or None


def _outnumbered(match: re.Match[str]) -> float | None:
    words = {"five": 5, "ten": 10, "twenty": 20, "fifty": 50, "a hundred": 100}
    said = match["a"].lower()
    return _ratio(float(words.get(said, 0) or said), 1.0)


def _ratio(reads: float, writes: float) -> float | None:
    return round(reads / (reads + writes), 4) if reads + writes else None


def _share(match: re.Match[str]) -> float | None:
    return _ratio(float(match["a"]), float(match["b"]))


def _percent(match: re.Match[str]) -> float | None:
    value = float(match["p"]) / 100
    return round(value, 6) if value <= 1 else None


def _nines(match: re.Match[str]) -> float:
    count = {"two": 2, "three": 3, "four": 4, "five": 5}[match["nines"].lower()]
    return round(1 - 10.0**-count, 6)


def _monthly(match: re.Match[str]) -> float | None:
    return number_of(match["n"]) / (12 if match["per"].lower().startswith("y") else 1) or None


def _growth(match: re.Match[str]) -> float:
    return {"doubl": 2.0, "tripl": 3.0, "ten": 10.0}[match["word"].lower()]
