"""Facets: what a brief, a briefing or an answer says of scale, clients, data and the like."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from archkit.architect.offline.facet_numbers import bare_number, read_numbers
from archkit.architect.offline.topics import TOPICS, UNKNOWN, Topic
from archkit.architect.offline.wording import is_negated, stem, word_spans

__all__ = [
    "Contradiction",
    "Facet",
    "context_of",
    "contradictions",
    "is_unknown",
    "merge_facets",
    "read_answer",
    "read_facets",
    "read_technologies",
]

_DONT_KNOW = re.compile(
    r"^\W*(?:i\s|we\s)?(?:(?:do not|don't|dont|dunno|can't|cannot)\s?(?:know|say|tell)?( yet)?"
    r"|unknown|not sure|no idea|unsure|unclear|not decided( yet)?|not known( yet)?|skip|\?+|n/?a"
    r"|tbd)\W*$",
    re.IGNORECASE,
)

# (key, value, what says it); the first rule of a key that is found and not denied counts, and
# for the keys in _LISTS all of them do. A value of None stands for the mention's own words.
_RULES: tuple[tuple[str, Any, str], ...] = (
    ("clients", "mobile", r"mobile(?! (?:number|phone number))|i?phones?\b|ios\b|android"
     r"|native apps?"
     r"|flutter|react native|tablets?"),
    ("clients", "web", r"web(?! ?(?:hooks?|servers?|services?|apis?|sockets?))\b|webapps?|browsers?"
     r"|single-page app\w*|spa\b|websites?|front-?ends?"),
    ("clients", "third-party", r"third[- ]part(?:y|ies)(?! (?:librar|package|provider))"
     r"|partners?\b(?!(?:['’]s?)? (?:identity|idp|accounts?|director|log-?ins?))"
     r"|public api|external developers?"
     r"|integrators|customers' (?:systems|servers|backends)"),
    ("clients", "internal", r"internal (?:tools?|services?|clients?|use|users|teams|api)"
     r"|back[- ]?office|service[- ]to[- ]service|between (?:our )?(?:own )?services"),
    ("clients", "devices", r"devices|iot\b|sensors|set-top|vehicles|gateways in the field"),
    ("tenancy", "multi", r"multi[- ]?tenan(?:t|cy|ted)|tenants|tenant (?:id|data|isolation)"
     r"|b2b saas|white[- ]label|each customer's (?:own )?data"
     r"|many (?:customer )?organisations|shared by (?:all |our |several )?customers"),
    ("tenancy", "single", r"single[- ]tenan(?:t|cy)|one tenant|single (?:organisation|organization)"
     r"|one (?:organisation|organization|company) only|on-site only for us"),
    ("identity", "partners", r"sso\b|saml|single sign-?on|oidc|openid|okta|azure ad|entra|ldap"
     r"|active directory|enterprise (?:identity|logins?)|identity providers?|idps?\b"
     r"|partners?(?:['’]s?)? (?:accounts?|director\w+|log-?ins?)"
     r"|accounts (?:of|from|at) (?:our |their |the )?partners"),
    ("identity", "social", r"social (?:log-?ins?|sign-?ins?)|(?:sign|log)[- ]?in with (?:google"
     r"|apple|facebook|github|gitlab|microsoft|linkedin|twitter|amazon|wechat|line\b|social)"
     r"|google accounts?|apple id"),
    ("identity", "own", r"e?-?mail (?:address )?and (?:a )?passwords?|own (?:user )?accounts"
     r"|username and password|our own users? (?:table|database)"),
    ("revocation", "at-once", r"revo\w+[^.;\n]{0,40}?(?:at once|immediate\w*|instant\w*|right away"
     r"|with the next request)"
     r"|(?:immediate|instant)(?:ly)? (?:revo\w+|log-?out|lock-?out)"
     r"|(?:log|sign|kick|lock)(?:ged|ed|ing)?[- ]?(?:\w+ ){0,2}?out[^.;\n]{0,30}?"
     r"(?:at once|immediate\w*|instant\w*|right away)"
     r"|(?:access|sessions?|tokens?) (?:must )?(?:(?:end|stop|die)s?|stop working) "
     r"(?:at once|immediate\w*|instant\w*|right away)"),
    ("revocation", "within-minutes", r"revo\w+[^.;\n]{0,40}?(?:within|in|after) "
     r"(?:a few |some |[0-9]+ |\w+ )?minutes|short[- ]lived tokens (?:are|will do)"
     r"|(?:access|sessions?|tokens?) (?:must |may )?(?:(?:end|stop|die)s?|stop working) "
     r"(?:within|in|after) (?:a few |some |[0-9]+ |\w+ )?minutes"
     r"|(?:minutes?|short) delay in revo\w+"),
    ("consistency", "strong", r"strong(?:ly)? consisten(?:t|cy)|read[- ]your[- ](?:own[- ])?writes"
     r"|lineari[sz]able|seriali[sz]able|always see the (?:latest|newest)"
     r"|never (?:see|show|read)s? (?:stale|old)|must (?:not|never) be stale"),
    ("consistency", "eventual", r"eventual(?:ly)? consisten(?:t|cy)|stale(?:ness)? (?:\w+ ){0,4}?"
     r"(?:is |are )?(?:fine|ok|okay|acceptable|tolerable|tolerated)"
     r"|old is (?:fine|ok|okay|acceptable)|stale data (?:is )?(?:fine|ok|acceptable)"),
    ("access_pattern", "ad-hoc", r"ad[- ]?hoc|arbitrary (?:filters?|queries)|unpredictable quer\w+"
     r"|slice and dice|explor(?:e|ing|ation|atory)|free(?:ly)? quer\w+"),
    ("access_pattern", "predictable", r"predictable|fixed (?:reports?|dashboards?|queries|charts)"
     r"|known (?:queries|beforehand|in advance)|same (?:queries|reports|charts)"
     r"|predefined (?:queries|reports|charts)"),
    ("data_shape", "time-series", r"time[- ]?series|sends? an? (?:\w+ )?reading"
     r"|(?:sensor|meter) (?:readings?|data)"
     r"|metrics (?:over|by|per) \w+|measurements over time|clickstreams?"),
    ("data_shape", "document", r"(?:json )?documents? (?:store|database|shaped)|json documents?"
     r"|schema-?less"),
    ("data_shape", "key-value", r"key[-/ ]value|look(?:ed)?[- ]?ups? by key"),
    ("data_shape", "graph", r"graph (?:database|data|store)|social graph|network of links"),
    ("data_shape", "relational", r"relational|foreign keys|normali[sz]ed tables"),
    ("api_style", "graphql", r"graphql"),
    ("api_style", "grpc", r"grpc|protobufs?|protocol buffers"),
    ("api_style", "rest", r"rest(?:ful)?(?= (?:api|endpoints?|interface|style|service|is|and|with)"
     r"|[.,;)]|$)|rest api"),
    ("hosting", "self-hosted", r"self[- ]host(?:ed|ing)?|on[- ]prem(?:ises?)?|bare[- ]metal"
     r"|our own (?:servers?|machines|hardware|data ?cent(?:er|re)s?)|air[- ]gapped"
     r"|own data ?cent\w+"),
    ("hosting", "cloud", r"aws\b|gcp\b|google cloud|azure(?! ad)|(?:public |the )cloud"
     r"|heroku|fly\.io"
     r"|cloud run|lambda functions?|serverless|fargate|eks\b|ecs\b"),
    ("money", "yes", r"payments?|charg(?:e|es|ed|ing)|check-?outs?|invoic\w+|billing"
     r"|refunds?|payouts?"
     r"|money|wallets?|credit cards?|double charges?"),
    ("provider_idempotency", "yes", r"(?:provider|psp|gateway|acquirer)(?:(?!\bnot?\b"
     r"|n't)[^.;\n]){0,30}?"
     r"(?:accepts?|supports?|takes?|has|have|honou?rs?) idempoten\w+|stripe|adyen"),
    ("provider_idempotency", "no", r"(?:provider|psp|gateway|acquirer)[^.;\n]{0,30}?"
     r"(?:\bnot?\b|n't|without)[^.;\n]{0,20}?idempoten\w+"),
    ("concurrency", "many-writers", r"(?:never|no|not|avoid|prevent) (?:\w+ )?(?:double[- ]book\w*"
     r"|race conditions?|lost updates?)"
     r"|(?:concurrent|simultaneous|parallel|several|many) (?:writ\w+"
     r"|editors|updates|workers (?:write|update))|race conditions?|at the same time"
     r"|lost updates?|double[- ]book\w*"),
    ("concurrency", "single-writer", r"(?:single|one|only one) (?:writer|process writes)"),
    ("units", "several", r"micro-?services?|several (?:services|deployables)"
     r"|into (?:\w+ )?services\b"
     r"|monolith\b[^.;\n]{0,30}?\bto (?:\w+ )?services\b|split (?:it "
     r"|the \w+ )?"
     r"into services"),
    ("units", "one", r"(?:modular )?monolith(?:ic)?|one deployable|single deployable"
     r"|one (?:service|process) only"),
    ("delivery", "exactly-once-effect", r"exactly[- ]once"
     r"|(?:never|nobody|no[- ]?one|must not|may not)\b[^.;\n]{0,40}?\btwice"
     r"|(?:charged|billed|processed|sent"
     r"|booked|paid)"
     r" twice|(?:must|may|should) (?:never|not) (?:be )?(?:\w+ )?twice|duplicate (?:charges"
     r"|payments"
     r"|orders|messages|emails)|double[- ](?:charg|bill|process|pay)\w*|idempoten\w+"),
    ("delivery", "at-least-once", r"at[- ]least[- ]once|duplicates (?:are|do) (?:fine|ok|no harm)"),
    ("compliance", "gdpr", r"gdpr|dsgvo|data protection regulation"),
    ("compliance", "pci", r"pci(?:[- ]dss)?\b|card(?:holder)? (?:data|numbers)"),
    ("compliance", "hipaa", r"hipaa|patient records|(?:protected )?health (?:data|records"
     r"|information)"),
    ("regions", "several", r"multi[- ]region|(?:several|two|three|many|multiple) regions"
     r"|across regions|europe and (?:the )?(?:us|usa|america|asia)|active[- ]active"),
    ("regions", "one", r"(?:single|one) region"),
)  # fmt: skip
_CHOICES = frozenset({"api_style", "units"})
_LISTS = frozenset({"clients", "compliance"})
_DENIED = {"tenancy": {"multi": "single"}, "money": {"yes": "no"}, "units": {"several": "one"},
           "provider_idempotency": {"yes": "no"}, "delivery": {},
           "regions": {"several": "one"}, "concurrency": {"many-writers": "single-writer"},
           "hosting": {"cloud": "self-hosted"}, "access_pattern": {"ad-hoc": "predictable"},
           "consistency": {"strong": "eventual"}}  # fmt: skip

_TECHNOLOGIES = (
    "PostgreSQL|Postgres MySQL MariaDB SQLite MongoDB|Mongo Redis Valkey Memcached Cassandra "
    "DynamoDB TimescaleDB|Timescale ClickHouse DuckDB Elasticsearch OpenSearch Kafka RabbitMQ NATS "
    "Celery Sidekiq Django Flask FastAPI SQLAlchemy Rails Spring|SpringBoot Express NestJS Next.js|"
    "NextJS Laravel Symfony Phoenix ASP.NET Kubernetes Docker Terraform Stripe Keycloak Auth0 "
    "GraphQL gRPC BigQuery Snowflake"
)


@dataclass(frozen=True, slots=True)
class Facet:
    """One thing said: `key` and `value` in the facet vocabulary, and the `text` that says it.

    `source` is brief, briefing, answer or assumption; `span` where the text stands in it;
    `approximate` marks a number read from vague words ("millions of daily reads").
    """

    key: str
    value: Any
    text: str
    source: str = "brief"
    span: tuple[int, int] = (0, 0)
    approximate: bool = False


def read_facets(text: str, *, source: str = "brief") -> dict[str, Facet]:
    """Read every facet a text states; what it denies ("no mobile app") is not stated.

    Parameters
    ----------
    text
        A brief, an answer, or any other text; never refused.
    source
        Where the text comes from: brief, briefing or answer.

    Returns
    -------
    dict
        Facet by key, in the order of the vocabulary.
    """
    found = {
        key: Facet(key, value, text[start:end].strip(), source, (start, end), approximate)
        for key, value, start, end, approximate in read_numbers(text)
    }
    for key, value, pattern in _compiled():
        if key in found and key not in _LISTS:
            continue
        for match in pattern.finditer(text):
            if value == "one" and key == "units" and _LEFT.search(text[: match.start()]):
                continue
            _take(found, Facet(key, value, match[0].strip(), source, match.span()), text)
    for key in _CHOICES & found.keys():
        if _is_undecided(key, text, found[key]):
            del found[key]
    if "tenancy" in found and any(c.key == "tenancy" for c in contradictions(text)):
        del found["tenancy"]
    return {key: found[key] for key in TOPICS if key in found}


# What is left behind is no wish: "migrate our monolith", "off the legacy monolith".
_LEFT = re.compile(
    r"\b(?:migrat|split|mov|leav|replac|break|decompos|extract|legacy|old|off|from|away)\w*\b"
    r"[^.;\n]{0,30}$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two statements of a text that exclude each other, in its own words."""

    key: str
    first: str
    second: str


def contradictions(text: str) -> tuple[Contradiction, ...]:
    """Find what a text says and denies at once: one tenant and several, mobile and no mobile."""
    tenancy: dict[Any, str] = {}
    clients: dict[Any, dict[bool, str]] = {}
    for key, value, pattern in _compiled():
        for match in pattern.finditer(text) if key in ("tenancy", "clients") else ():
            denied = is_negated(text, *match.span())
            said = f"not {match[0].strip()}" if denied else match[0].strip()
            if key == "clients":
                clients.setdefault(value, {}).setdefault(denied, said)
            elif not denied:
                tenancy.setdefault(value, said)
    found = [Contradiction("tenancy", *tenancy.values())] if len(tenancy) == 2 else []
    both = (said for said in clients.values() if len(said) == 2)
    return (*found, *(Contradiction("clients", said[False], said[True]) for said in both))


def _is_undecided(key: str, text: str, said: Facet) -> bool:
    """Whether a text asks about a choice, or names several ways: "REST or GraphQL?"."""
    end = said.span[1]
    asks = re.match(r"[^.!\n]{0,200}?\?", text[end:])
    others = (
        match
        for name, value, pattern in _compiled()
        if name == key and value != said.value
        for match in pattern.finditer(text)
    )
    return bool(asks) or any(not is_negated(text, *m.span()) for m in others)


def _take(found: dict[str, Facet], said: Facet, text: str) -> None:
    """Add a mention to what was found, unless the text denies it."""
    key, before = said.key, found.get(said.key)
    if is_negated(text, *said.span):
        opposite = _DENIED.get(key, {}).get(said.value)
        if opposite and before is None:
            found[key] = replace(said, value=opposite, text=f"not {said.text}")
    elif key in _LISTS:
        values = list(before.value) if before else []
        if said.value not in values:
            words = f"{before.text}, {said.text}" if before else said.text
            found[key] = replace(before or said, value=[*values, said.value], text=words)
    elif before is None or (before.text.startswith("not ") and before.value != said.value):
        found[key] = said


@cache
def _compiled() -> tuple[tuple[str, Any, re.Pattern[str]], ...]:
    return tuple((k, v, re.compile(rf"\b(?:{words})", re.IGNORECASE)) for k, v, words in _RULES)


def is_unknown(answer: str) -> bool:
    """Whether an answer says that its answerer does not know."""
    return not answer.strip() or answer.strip() == UNKNOWN or bool(_DONT_KNOW.match(answer))


def read_answer(key: str, answer: str) -> dict[str, Facet]:
    """Read the answer to a question about one facet, and whatever else it says.

    Parameters
    ----------
    key
        The facet that was asked about; one that is no topic is only a missing hint.
    answer
        An option's label or value, or free text.

    Returns
    -------
    dict
        Facet by key; empty when the answer is "I do not know" or says nothing known.
    """
    if is_unknown(answer):
        return {}
    found = read_facets(answer, source="answer")
    topic = TOPICS.get(key)
    if topic is None:
        return found
    words = answer.strip().casefold()
    for option in topic.answers:
        if words in (option.label.casefold(), _shown(option.value).casefold()):
            return {key: Facet(key, option.value, answer.strip(), "answer")}
    hinted = found.get(key) or _hinted(key, answer)
    return found | ({key: hinted} if hinted else {})


def _hinted(key: str, answer: str) -> Facet | None:
    """Facet of an answer that is only understood because its question is known."""
    topic = TOPICS[key]
    words, value = answer.casefold(), None
    if isinstance(topic.answers[0].value, int | float):
        value = bare_number(key, answer)
    else:
        named = [a.value for a in topic.answers if _shown(a.value).replace("-", " ") in words]
        value = named[0] if named else None
        if value is None and re.match(r"\W*(yes|yep|yeah|sure|of course|correct)\b", words):
            value = topic.yes
        elif value is None and re.match(r"\W*(no|nope|never|not)\b", words):
            value = topic.no
        value = value or _nearest(topic, answer)
    return None if value is None else Facet(key, value, answer.strip(), "answer")


def _nearest(topic: Topic, answer: str) -> Any:
    """Value of the one option that shares most words with an answer, two at least; else None."""
    said = _stems(answer)
    shared = [len(said & _stems(f"{a.label} {a.clause}")) for a in topic.answers]
    most = max(shared)
    if most < 2 or shared.count(most) > 1:
        return None
    return topic.answers[shared.index(most)].value


def _stems(text: str) -> set[str]:
    words = (text[start:end] for start, end in word_spans(text))
    return {stem(word) for word in words if len(word) > 3}


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def merge_facets(*parts: Mapping[str, Facet]) -> dict[str, Facet]:
    """One dict of several; a later part's facet replaces an earlier one's."""
    merged = {key: facet for part in parts for key, facet in part.items()}
    return {key: merged[key] for key in TOPICS if key in merged}


def context_of(facets: Mapping[str, Facet]) -> dict[str, Any]:
    """Return the facets as a query's context: plain JSON values by key."""
    return {key: facet.value for key, facet in facets.items()}


def read_technologies(texts: Iterable[str]) -> tuple[str, ...]:
    """Frameworks, data stores and services that texts name, each once, in their own spelling."""
    joined = "\n".join(texts)
    found = []
    for entry in _TECHNOLOGIES.split():
        words = "|".join(re.escape(name) for name in entry.split("|"))
        match = re.search(rf"(?<![\w.])(?:{words})(?![\w])", joined, re.IGNORECASE)
        if match and not is_negated(joined, *match.span()):
            found.append((match.start(), entry.split("|")[0]))
    return tuple(name for _, name in sorted(found))
