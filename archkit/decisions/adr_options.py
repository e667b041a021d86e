"""What was considered, what was chosen, and what speaks for and against each."""

from __future__ import annotations

import re
from typing import NamedTuple

from archkit.decisions.adr_source import Page, Section
from archkit.proposal.outline import same_title

__all__ = ["Argued", "argued", "because", "chosen_option", "clean", "options_of"]

_ITEM = re.compile(r"(?P<indent>[ ]{0,3})(?:[-*+]|\d{1,3}[.)])[ \t]+(?P<text>\S.*)")
_CHOSEN = re.compile(
    r"(?P<y>we decided for(?=[ \t]+\"))"
    r"|(?:chosen|selected|preferred)[ \t]+(?:option|solution|alternative)s?\**[ \t]*"
    r"(?::|(?:is|are)(?=[ \t]*[\"“*`]))\**[ \t]*",
    re.I,
)
_QUOTED = re.compile(
    r"[\"“„«](.+?)[\"”»](?=[ \t]*(?:[,.;:]|because|and against|\bas\b|\(|$))", re.M
)
_UNQUOTED = re.compile(r"(.+?)(?=,?[ \t]+(?:because|since|as it)\b|[.;](?:\s|$)|$)", re.M)
_POINT = re.compile(
    r"[ \t]*[-*+][ \t]+(?:(?P<word>good|bad|neutral)\b[ \t]*,?[ \t]*(?:because\b)?[ \t]*"
    r"|(?P<bold>\*\*?(?:pro|con)s?:?\*\*?:?[ \t]*)"
    r"|(?P<sign>[+✅👍➕✔]|[-❌👎➖✗]|:(?:heavy_)?(?:plus|minus)_sign:)[ \t]+)"
    r"(?P<text>.+)",
    re.I,
)
_BECAUSE = re.compile(
    r"[\"“”»*`]*[ \t]*[,.;:]?\s*(?:\(?because\b[ \t]*(?:of\b)?[ \t]*:?)?\s*", re.I
)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
_LINK = re.compile(r"\[([^\]\n]*)\]\([^)\n]*\)")
_GOOD = "+✅👍➕✔"


class Argued(NamedTuple):
    """One option with what speaks for it, against it, and neither."""

    option: str
    good: tuple[str, ...]
    bad: tuple[str, ...]
    neutral: tuple[str, ...]


def clean(text: str) -> str:
    """Return a line without links, emphasis, quotes and comments."""
    words = _LINK.sub(r"\1", _COMMENT.sub("", text))
    return re.sub(r"[*`]+|(?<!\w)_+|_+(?!\w)", "", words).strip().strip('"“”').strip()


def options_of(page: Page, section: Section) -> tuple[str, ...]:
    """Return the options of a section: its sub-headings, else the items of its first list."""
    children = page.children(section)
    items: list[str] = []
    depth = None
    for _, line in page.lines(section.start, section.own_end if children else section.end):
        item = _ITEM.fullmatch(line)
        if item and (depth is None or len(item["indent"]) <= depth):
            depth = len(item["indent"]) if depth is None else depth
            items.append(clean(item["text"]))
        elif items and line.strip() and not line[:1].isspace() and not item:
            break
    names = [clean(child.title) for child in children] if children and len(items) < 2 else items
    return tuple(name for name in names if name and not name.startswith(("{", "…", "[option")))


def chosen_option(
    page: Page, section: Section, options: tuple[str, ...]
) -> tuple[str, int, int] | None:
    """Return the option that a Decision Outcome says was chosen, and where it stands."""
    for at, line in page.lines(section.start, section.end):
        said = _CHOSEN.search(line)
        if said is None:
            continue
        start, rest = at + said.end(), line[said.end() :]
        while not rest.strip() and start < section.end:  # on a line of its own
            start = page.text.find("\n", start) + 1 or section.end
            rest = page.text[start : section.end].split("\n", 1)[0].rstrip("\r")
        match = (
            (None if said["y"] else _greedy(rest))
            or _QUOTED.match(rest.lstrip())
            or _UNQUOTED.match(rest)
        )
        if match is None or not clean(match[1]):
            return None
        lead = len(rest) - len(rest.lstrip()) if match.string != rest else 0
        words = clean(match[1])
        known = [o for o in options if same_title(o) == same_title(words)]
        known = known or [o for o in options if _alike(o, words)]
        first = start + lead + match.start(1)
        return known[0] if len(known) == 1 else words, first, start + lead + match.end(1)
    return None


def because(page: Page, section: Section, chosen_end: int) -> tuple[int, int]:
    """Return where the reasons stand that follow the chosen option, within its section."""
    end = section.own_end
    lead = _BECAUSE.match(page.text, chosen_end, end)
    start = lead.end() if lead else chosen_end
    stop = start + len(page.text[start:end].rstrip())
    return start, max(stop, start)


def _greedy(rest: str) -> re.Match[str] | None:
    """Match up to the last quote that ends the option: options have quotes within."""
    return re.match(r"[ \t]*[\"“](.+)[\"”](?=[ \t]*(?:,[ \t]*because|\.?[ \t]*$|,[ \t]*$))", rest)


def argued(page: Page, section: Section) -> tuple[Argued, ...]:
    """Return each option of a Pros and Cons section with its points."""
    return tuple(_argued_of(page, child) for child in page.children(section))


def _argued_of(page: Page, child: Section) -> Argued:
    good, bad, neutral = list[str](), list[str](), list[str]()
    for _, line in page.lines(child.start, child.end):
        point = _POINT.fullmatch(line)
        if point is None:
            continue
        told = (point["word"] or point["bold"] or "").strip("*: ").casefold()
        if point["sign"]:
            told = "good" if point["sign"] in _GOOD or "plus" in point["sign"] else "bad"
        kind = {"good": good, "pro": good, "pros": good, "neutral": neutral}.get(told, bad)
        kind.append(_COMMENT.sub("", point["text"]).strip())
    return Argued(clean(child.title), tuple(good), tuple(bad), tuple(neutral))


def _alike(option: str, chosen: str) -> bool:
    one, other = same_title(option), same_title(chosen)
    # An option may say more than its name, and carry a label such as "Option 2:" before it.
    return len(other) >= 4 and (one.startswith(other) or one.split(": ", 1)[-1].startswith(other))
