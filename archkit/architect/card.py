"""Agent cards: the file that says who the architect is, what it may use and how it works."""

from __future__ import annotations

import difflib
import hashlib
import html
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from archkit.architect.card_fields import MODEL_ALIASES, AmlConfig, odd_text, read_fields
from archkit.architect.front_matter import FrontMatterError, read_front_matter
from archkit.errors import CardError
from archkit.plain import shown_path
from archkit.proposal.outline import Part, block_tokens, lines_of, parts, plain, same_title

__all__ = ["AgentCard", "AmlConfig", "FocusArea", "Step", "card_names", "read_card"]

_SHIPPED = Path(__file__).parents[1] / "library" / "cards"
_ITEM = re.compile(r"^\s*(?P<mark>[-*+]|\d+[.)])\s+(?P<text>.+?)\s*$")
_LEAD = re.compile(r"^(?P<marks>\*\*|__)(?P<lead>.+?)(?P=marks)\s*:?\s*(?P<rest>.*)$")


class Step(NamedTuple):
    """A step of the learning protocol: its number, the phase it belongs to, what to do."""

    n: int
    phase: str
    text: str


class FocusArea(NamedTuple):
    """What the memory is about: a title, and what belongs to it."""

    title: str
    text: str


@dataclass(frozen=True)
class AgentCard:
    """An agent card as it was read.

    Fields are those of Claude Code's agent format, in Python spelling; `tools` is None where the
    card does not limit them; `body` is the text below the front matter, unchanged; `problems`
    says what is odd about the card, each with its line; keys nobody knows are in `extra`.
    """

    name: str
    description: str
    tools: tuple[str, ...] | None = None
    disallowed_tools: tuple[str, ...] = ()
    model: str | None = None
    permission_mode: str | None = None
    max_turns: int | None = None
    skills: tuple[str, ...] = ()
    mcp_servers: Any = None
    hooks: Mapping[str, Any] = field(default_factory=dict)
    memory: str | None = None
    background: bool = False
    effort: str | int | None = None
    isolation: str | None = None
    initial_prompt: str | None = None
    color: str | None = None
    aml_enabled: bool = False
    aml_config: AmlConfig = field(default_factory=AmlConfig)
    extra: Mapping[str, Any] = field(default_factory=dict)
    body: str = ""
    body_line: int = 1
    problems: tuple[str, ...] = ()
    card_hash: str = ""
    path: Path | None = None

    @cached_property
    def sections(self) -> tuple[Part, ...]:
        """Every heading of the body with what stands below it: level, title, line, text."""
        return parts(self.body, first_line=self.body_line)

    def section(self, title: str) -> str:
        """Return what stands below a heading, sub-headings included.

        Case, numbering and emphasis do not matter.

        Raises
        ------
        CardError
            No heading, or more than one, has this title.
        """
        wanted = same_title(title)
        found = [part for part in self.sections if same_title(part.title) == wanted]
        if len(found) == 1:
            return found[0].text
        if found:
            where = ", ".join(str(part.line) for part in found)
            raise CardError(
                f"The card {self.name!r} has {len(found)} sections called {title!r}.",
                why=f"They stand on lines {where}.",
                mend="Take the one you mean from card.sections.",
            )
        titles = [part.title for part in self.sections]
        raise CardError(
            f"The card {self.name!r} has no section called {title!r}.",
            why="No heading of its body has that title.",
            mend=f"Ask for one of: {', '.join(_close(title, titles))}.",
        )

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the learning protocol, in order; empty where the card has none."""
        phase, steps = "", list[Step]()
        for line in self._lines_below("learning protocol"):
            item, lead = _ITEM.match(line), _LEAD.match(line)
            if item and item["mark"][0].isdigit():
                steps.append(Step(int(item["mark"][:-1]), phase, plain(item["text"])))
            elif line.startswith("#"):
                phase = plain(line.strip("# "))
            elif lead and not lead["rest"]:
                phase = plain(lead["lead"]).rstrip(" :")
            elif steps and line.startswith("  ") and not item:
                steps[-1] = steps[-1]._replace(text=f"{steps[-1].text} {plain(line)}")
        return tuple(steps)

    @cached_property
    def ladder(self) -> tuple[str, ...]:
        """What decides between solutions that would all do, the first counting most."""
        leads = (area.title.casefold() for area in self._items("decision making", numbered=True))
        return tuple(leads)

    @cached_property
    def focus_areas(self) -> tuple[FocusArea, ...]:
        """What the card's memory is about, in the card's order."""
        return self._items("memory focus areas", numbered=False)

    def resolve_model(
        self, env: Mapping[str, str] = os.environ, explicit: str | None = None
    ) -> str:
        """Return the model id to ask for; the API knows no short names.

        What is given as `explicit` goes first, then the card's `model`, else "sonnet". A short
        name means what ANTHROPIC_DEFAULT_SONNET_MODEL (or _OPUS_, _HAIKU_) says, else the
        built-in table; a full id passes through.
        """
        for wish in (explicit, self.model):
            if wish and wish.strip().casefold() != "inherit":
                break
        else:
            wish = "sonnet"
        alias = wish.strip().casefold()
        if alias not in MODEL_ALIASES:
            return wish.strip()
        return env.get(f"ANTHROPIC_DEFAULT_{alias.upper()}_MODEL") or MODEL_ALIASES[alias]

    def allows(self, tool: str) -> bool:
        """Say whether the card lists a tool; `Bash(git log:*)` lists Bash."""
        bare = {name.split("(")[0].strip() for name in self.tools or ()}
        denied = {name for name in self.disallowed_tools if "(" not in name}
        return tool not in denied and (self.tools is None or "*" in bare or tool in bare)

    def as_payload(self) -> dict[str, Any]:
        """Return what the journal keeps of a card: the payload of an `agent` event."""
        return {
            "name": self.name,
            "description": self.description,
            "card_hash": self.card_hash,
            "model": self.model,
            "tools": list(self.tools or ()),
            "aml_enabled": self.aml_enabled,
            "learning_rate": self.aml_config.learning_rate,
            "pattern_threshold": self.aml_config.pattern_threshold,
            "memory_limit_mb": self.aml_config.memory_limit_mb,
        }

    def _items(self, title: str, *, numbered: bool) -> tuple[FocusArea, ...]:
        items = (_ITEM.match(line) for line in self._lines_below(title))
        texts = (i["text"] for i in items if i and i["mark"][0].isdigit() == numbered)
        return tuple(_with_lead(text) for text in texts)

    def _lines_below(self, title: str) -> list[str]:
        """Return the lines of the first section of this title, without fenced blocks."""
        text = next((p.text for p in self.sections if same_title(p.title) == title), "")
        lines = [line.rstrip("\r\n") for line in lines_of(text)]
        for token in block_tokens(text):
            if token.type == "fence" and token.map:
                start, end = token.map
                lines[start:end] = [""] * len(lines[start:end])
        return lines

    def __repr__(self) -> str:
        tools = "all tools" if self.tools is None else f"{len(self.tools)} tools"
        aml = "AML on" if self.aml_enabled else "AML off"
        many = len(self.problems)
        odd = f", {many} problem{'s' * (many > 1)}" if many else ""
        return f"AgentCard({self.name!r}, {tools}, model {self.model or 'sonnet'}, {aml}{odd})"

    def _repr_markdown_(self) -> str:
        tools = "all" if self.tools is None else ", ".join(f"`{t}`" for t in self.tools)
        aml = self.aml_config
        rate = f"learning rate {aml.learning_rate:g}, pattern threshold {aml.pattern_threshold}"
        rows = [
            ("Description", self.description),
            ("Tools", tools or "none"),
            ("Model", self.model or "sonnet (not said)"),
            ("Memory", f"{rate}, limit {aml.memory_limit_mb:g} MB" if self.aml_enabled else "off"),
            ("Sections", ", ".join(part.title for part in self.sections if part.level < 3)),
        ]
        table = "\n".join(f"| {name} | {_cell(value)} |" for name, value in rows)
        odd = "".join(f"\n- {_cell(problem)}" for problem in self.problems)
        return f"**{_cell(self.name)}**\n\n| | |\n|---|---|\n{table}\n{odd}"


def _with_lead(text: str) -> FocusArea:
    lead = _LEAD.match(text)
    if lead is None:
        return FocusArea(plain(text), "")
    return FocusArea(plain(lead["lead"]).rstrip(" :"), plain(lead["rest"]).lstrip(": "))


def _close(title: str, titles: Sequence[str]) -> list[str]:
    near = difflib.get_close_matches(title, titles, n=5, cutoff=0.4)
    return near or list(titles[:12]) or ["(it has no headings)"]


def _cell(text: str) -> str:
    return html.escape(" ".join(text.split()), quote=False).replace("|", "\\|")


def card_names(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names `read_card` knows: the project's cards first, then the kit's."""
    names = (path.stem for place in _places(folder) for path in sorted(place.glob("*.md")))
    return tuple(dict.fromkeys(names))


def read_card(name_or_path: str | Path, *, folder: Path | None = None) -> AgentCard:
    """Read an agent card.

    Parameters
    ----------
    name_or_path
        A name is looked up in `.claude/agents/` of the project, then among the kit's cards;
        a path (with a `/` or ending in `.md`) is that file.
    folder
        Where the project is; the working directory by default. `.claude/agents/` is sought there
        and in the folders above, up to the root of the repository.

    Raises
    ------
    CardError
        There is no such card, or it is one Claude Code would not load either; it says why, and
        on which line.
    """
    if isinstance(name_or_path, Path) or re.search(r"[/\\]|\.md$|^~", name_or_path):
        path = Path(name_or_path).expanduser()
        return _card(path, _bytes(path))
    for place in _places(folder):
        path = place / f"{name_or_path}.md"
        if path.is_file():
            return _card(path, _bytes(path))
    raise CardError(
        f"No agent card is called {name_or_path!r}.",
        why="Neither the project's `.claude/agents/` nor the kit has a card of that name.",
        mend=f"Give a path, or one of: {', '.join(card_names(folder)) or '(none found)'}.",
    )


def _places(folder: Path | None) -> list[Path]:
    start = (folder or Path.cwd()).resolve()
    above = [start, *start.parents]
    root = next((i for i, place in enumerate(above) if (place / ".git").exists()), 0)
    return [*(place / ".claude" / "agents" for place in above[: root + 1]), _SHIPPED]


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CardError(
            f"The card file {shown_path(path)!r} cannot be read.",
            why=f"{error.strerror or error}.",
            mend="Give the path of an agent card: a Markdown file with front matter.",
        ) from error


def _card(path: Path, raw: bytes) -> AgentCard:
    text = raw.decode("utf-8-sig", errors="replace")
    try:
        front = read_front_matter(text)
        fields, odd = read_fields(front)
    except FrontMatterError as error:
        raise CardError(
            f"The card {path.name!r} cannot be loaded.",
            why=f"Line {error.line}: {error.reason}.",
            mend="Begin the file with `---`, `name: …`, `description: …` and a closing `---`.",
        ) from error
    problems = (*front.problems, *odd, *odd_text(raw, text))
    return AgentCard(
        **fields,
        body=front.body,
        body_line=front.body_line,
        problems=problems,
        card_hash=hashlib.sha256(raw).hexdigest(),
        path=path,
    )
