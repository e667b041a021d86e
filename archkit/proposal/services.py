"""The services of section 3, the components of section 2, and what they use."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from markdown_it.token import Token

from archkit.proposal.document import Proposal, Section
from archkit.proposal.drawing import MOST_TEXT, arrows_in, drawing_lines
from archkit.proposal.listing import Entry, entries, leading_name, mapped
from archkit.proposal.naming import tokens_of
from archkit.proposal.outline import Part, between, block_tokens, lines_of, parts, plain

__all__ = ["KINDS", "Component", "Link", "components_in", "kind_of", "links_in", "services_in"]

KINDS = ("service", "store", "cache", "broker", "search", "files", "outside")
"""What a component is."""

MOST = 500
"""So many components are read; a design has tens."""

_KIND = {
    "outside": r"external|third[- ]part\w+|outside the system|provider|stripe|paypal|clients?"
    r"|browsers?|mobile app|web app|users?|customers?",
    "cache": r"redis|memcached|valkey|cache|dragonfly",
    "broker": r"kafka|rabbitmq|sqs|sns|nats|pub/?sub|kinesis|(?:event|message)[- ](?:bus|broker)"
    r"|queue|event[- ]?bridge|pulsar",
    "search": r"elasticsearch|opensearch|solr|meilisearch|typesense|search index",
    "files": r"s3|minio|object stor\w+|blob stor\w+|bucket|cloud storage",
    "store": r"postgres\w*|mysql|mariadb|sqlite|mongo\w*|dynamodb|cassandra|scylla\w*|cockroach\w*"
    r"|timescale\w*|clickhouse|neo4j|oracle|sql server|aurora|spanner|firestore|influx\w*"
    r"|database|[\w-]*db|data ?stores?|warehouse|read replicas?",
}
_KIND_OF = {kind: re.compile(rf"(?i)\b(?:{words})\b") for kind, words in _KIND.items()}
_DETAIL = re.compile(
    r"(?i)^(?:(?:core |key |main |component |service )?(?:responsibilit\w+|dut(?:y|ies)|purpose"
    r"|functions?|features?)"
    r"|endpoints?|depend\w+(?: on)?|publishe[sd]|consumed?s?|subscribes(?: to)?|uses|used by|calls"
    r"|called by|(?:key )?technolog\w+|tech(?:nology)? stack|data(?: stores?| owned)?"
    r"|interfaces?|communicat\w+|scal\w+|own\w*|notes?|roles?|language|storage|apis?|ports?"
    r"|(?:domain )?events?(?: published| consumed)?|boundar\w+|inputs?|outputs?|interactions?"
    r"|overview|summary|description|databases?|(?:service )?(?:boundaries|interactions|summary)"
    r"|(?:[\w-]+ )?(?:flows?|interactions?)|(?:text[- ]based )?diagram"
    r"|a?synchronous(?: (?:communication|calls?|messag\w+|paths?))?|a?sync"
    r"|(?:cross-cutting|shared) .*|(?:high-level |system |component )?(?:diagram|overview|view)"
    r"|how .*|why .*|caching|messaging|security|deployment|architectural style|style|pattern\w*"
    r"|(?:architecture|architectural) .*|.*\bprinciples?\b.*)$"
)
_GROUP = re.compile(
    r"(?i)\b(?:services|microservices|components|modules|workers|layers?|stores|infrastructure"
    r"|tier|systems|databases|caches|clients|dependencies)$"
)
_LED = re.compile(
    r"^\s*(?:[-*+]|\d+[.)])?\s*(?:(?:\*\*|__|`)[^*\n]{1,80}(?:\*\*|__|`)"
    r"|[^:—–\n]{2,50}(?::\s|\s[—–-]+\s))"
)
_CODE = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+`(?P<name>[^`\n]{1,80})`")
_FROM = frozenset(("from", "source", "caller", "producer", "client", "consumer"))
_TO = frozenset(("to", "target", "destination", "callee", "provider", "server"))
_HEADS = re.compile(
    r"(?i)^(?:(?:micro)?services?|components?|modules?|names?|parts?|elements?|containers?"
    r"|(?:data )?stores?|systems?|layers?|tiers?|service name|subsystems?)$"
)
_TREE_ROOT = re.compile(r"^(?P<name>[A-Za-z][\w ./&()-]{0,60}?):(?:\s|$)")
_TREE_BRANCH = re.compile(r"^[\s│|]+(?:[├└+`|][─—-]{1,3}>?|-+>?|[*-])\s*(?P<name>[^:\n]{1,70})")


class Component(NamedTuple):
    """A part of the system; `kind` is one of `KINDS`, `line` counts from 1."""

    name: str
    kind: str
    line: int
    text: str


class Link(NamedTuple):
    """One component's use of another, as the overview draws it; `how` may be empty."""

    source: str
    target: str
    how: str
    line: int


def services_in(proposal: Proposal) -> tuple[Component, ...]:
    """Return what section 3 defines: its sub-headings, rows, items or paragraphs begun in bold."""
    found = (s for s in proposal.sections if s.number == 3 and not s.is_empty)
    section = next(found, None)
    return _once(_listed(section)) if section else ()


def components_in(proposal: Proposal) -> tuple[Component, ...]:
    """Return what section 2 names: in its lists and tables, and in diagrams drawn as text."""
    section = next((s for s in proposal.sections if s.number == 2 and not s.is_empty), None)
    if section is None:
        return ()
    drawn = list(_drawn(proposal))
    listed = _listed(section)
    ends = [(name, li.line) for li in _tabled(proposal) for name in (li.source, li.target)]
    return _once([*drawn, *(Component(n, kind_of(n), line, "") for n, line in ends), *listed])


def links_in(proposal: Proposal) -> tuple[Link, ...]:
    """Return which component uses which, from the trees, arrows and from-to tables of section 2."""
    found: dict[tuple[str, str], Link] = {}
    for link in (*_links(proposal), *_tabled(proposal)):
        found.setdefault((link.source.casefold(), link.target.casefold()), link)
    return tuple(found.values())


def kind_of(name: str, text: str = "") -> str:
    """Return what a component is, by its name, else by what stands in brackets after it."""
    for kind in ("cache", "broker", "search", "files", "store"):
        if _KIND_OF[kind].search(name) and not _is_service(name):
            return kind
    engine = re.search(re.escape(name) + r"\W{0,4}\(([^\n]{1,60})", text[:400])
    if engine:
        for kind in ("cache", "broker", "search", "files", "store"):
            if _KIND_OF[kind].search(engine[1]) and not _is_service(name):
                return kind
    begins = " ".join(text.split("\n", 1)[0].split())[:80]
    if not _is_service(name) and _KIND_OF["outside"].search(name):
        return "outside"
    return "outside" if re.search(r"(?i)\boutside the system\b", begins) else "service"


def _is_service(name: str) -> bool:
    return (
        re.search(r"(?i)\b(?:micro)?service\b|-service$|Service$|\bworker|\bapi\b", name)
        is not None
    )


def _once(found: Iterable[Component]) -> tuple[Component, ...]:
    """Return each component where it is first named, whatever the spelling."""
    by_name: dict[tuple[str, ...], Component] = {}
    for component in found:
        key = tokens_of(component.name)
        if key:
            by_name.setdefault(key, component)
    return tuple(islice(by_name.values(), MOST))


def _listed(section: Section) -> list[Component]:
    text = section.text[:MOST_TEXT]
    tokens, lines = block_tokens(text), lines_of(text)
    heads = parts(text, tokens)
    named = _below(mapped(tokens), lines, heads, 0, len(lines))
    return [
        Component(name, kind_of(name, entry.text), entry.line + section.text_line - 1, entry.text)
        for entry in named
        if (name := _bare(entry.name)) and not _DETAIL.match(name)
    ]


def _below(
    tokens: Sequence[Token], lines: Sequence[str], heads: Sequence[Part], start: int, end: int
) -> list[Entry]:
    """Return the entries between two lines (from 0): headings, those that group opened up."""
    inside = between(heads, start, end)
    depth = min((p.level for p in inside), default=0)
    top = [p for p in inside if p.level == depth]
    if not top:
        return _plain_entries(tokens, lines, start, end)
    found: list[Entry] = []
    for head, after in zip(top, [*(p.line - 1 for p in top[1:]), end], strict=True):
        title = leading_name(head.title)
        if _GROUP.search(title) or _DETAIL.match(title):
            found += _below(tokens, lines, inside, head.line, after)
        else:
            found.append(Entry(title, "".join(lines[head.line - 1 : after]), head.line))
    return found


def _plain_entries(
    tokens: Sequence[Token], lines: Sequence[str], start: int, end: int
) -> list[Entry]:
    found = entries(tokens, lines, start, end, takes=_takes)
    led = (e._replace(name=code["name"]) if (code := _CODE.match(e.text)) else e for e in found)
    return [e for e in led if e.columns or (_LED.match(e.text) and len(_bare(e.name).split()) <= 6)]


def _takes(head: str) -> bool:
    title = plain(head).strip(" :")
    return _HEADS.match(title) is not None or not _DETAIL.match(title)


def _bare(name: str) -> str:
    return re.split(r": | \(", name, maxsplit=1)[0].strip(" `*_:")


def _drawn(proposal: Proposal) -> Iterator[Component]:
    """Yield the roots of trees and the ends of arrows."""
    for line, text in drawing_lines(proposal):
        root = _TREE_ROOT.match(text)
        if root and "->" not in text and not _DETAIL.match(root["name"]):
            name = _bare(root["name"])
            yield Component(name, kind_of(name, text[root.end() :]), line, text)
            continue
        arrows = list(arrows_in(text))
        branch = None if arrows else _TREE_BRANCH.match(text)
        if branch:
            name = _bare(branch["name"])
            yield Component(name, kind_of(name, branch["name"]), line, text)
        for end in (name for arrow in arrows for name in (arrow.a, arrow.b)):
            if len(end) > 2:
                yield Component(end.strip(), kind_of(end.strip(), text), line, text)


def _tabled(proposal: Proposal) -> Iterator[Link]:
    """Yield the rows of tables that say from what to what."""
    section = next((s for s in proposal.sections if s.number == 2 and not s.is_empty), None)
    if section is None:
        return
    text = section.text[:MOST_TEXT]
    lines = lines_of(text)
    rows = entries(mapped(block_tokens(text)), lines, 0, len(lines), takes=_is_from)
    for row in rows:
        cells = [(plain(head).casefold().strip(" :"), _bare(cell)) for head, cell in row.columns]
        if len(cells) > 1 and cells[1][0] in _TO and cells[0][1] and cells[1][1]:
            how = cells[2][1] if len(cells) > 2 else ""
            yield Link(cells[0][1], cells[1][1], how, row.line + section.text_line - 1)


def _is_from(head: str) -> bool:
    return plain(head).casefold().strip(" :") in _FROM


def _links(proposal: Proposal) -> Iterator[Link]:
    root = ""
    for line, text in drawing_lines(proposal):
        named = _TREE_ROOT.match(text)
        arrows = list(arrows_in(text))
        branch = None if arrows else _TREE_BRANCH.match(text)
        if named and "->" not in text:
            root = _bare(named["name"])
        elif branch and root:
            how = text[branch.end() :].strip(" :")
            yield Link(root, _bare(branch["name"]), how, line)
        else:
            for arrow in arrows:
                if len(arrow.a) > 2 and len(arrow.b) > 2:
                    rest = arrow.rest.strip()
                    how = arrow.how or (rest[1:].strip() if rest.startswith(":") else "")
                    yield Link(arrow.a.strip(), arrow.b.strip(), how, line)
