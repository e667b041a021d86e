"""The fields of an agent card: from front matter to Python values, with what is odd about them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archkit.architect.front_matter import FrontMatter, FrontMatterError

__all__ = ["MODEL_ALIASES", "AmlConfig", "odd_text", "read_fields"]

MODEL_ALIASES = {
    "sonnet": "claude-sonnet-5-5",
    "opus": "claude-opus-5-5",
    "haiku": "claude-haiku-5-5",
}
"""What the short names mean; the API does not know them."""

_TEXTS = {
    "name": "name",
    "description": "description",
    "model": "model",
    "permissionMode": "permission_mode",
    "memory": "memory",
    "effort": "effort",
    "isolation": "isolation",
    "initialPrompt": "initial_prompt",
    "color": "color",
}
_LISTS = {"tools": "tools", "disallowedTools": "disallowed_tools", "skills": "skills"}
_OTHERS = {"maxTurns", "mcpServers", "hooks", "background", "aml_enabled", "aml_config"}
_CHOICES = {
    "permissionMode": {
        *("default", "acceptEdits", "auto", "dontAsk", "bypassPermissions", "plan"),
    },
    "memory": {"user", "project", "local"},
}
_TOOLS = {
    *("Read", "Write", "Edit", "MultiEdit", "NotebookEdit", "NotebookRead", "Grep", "Glob", "LS"),
    *("Bash", "BashOutput", "KillShell", "KillBash", "WebSearch", "WebFetch", "TodoWrite", "Task"),
    *("Agent", "Skill", "SlashCommand", "ExitPlanMode", "AskUserQuestion", "*"),
    *("query_patterns", "find_solution", "get_task_briefing", "note_tradeoff", "propose_pattern"),
    *("record_lesson", "ask_questions"),
}
_COMMA = re.compile(r"[,\n](?![^(]*\))")


@dataclass(frozen=True, slots=True)
class AmlConfig:
    """How the memory learns; archkit.memory.learning says what each number does.

    `learning_rate` is 0 to 1, `pattern_threshold` counts successes, `memory_limit_mb` is in MiB.
    """

    learning_rate: float = 0.8
    pattern_threshold: int = 3
    memory_limit_mb: float = 120


def read_fields(front: FrontMatter) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the fields of an `AgentCard`, and the problems of those that are odd.

    Raises
    ------
    FrontMatterError
        The name or the description is missing.
    """
    reader = _Reader(front)
    fields: dict[str, Any] = {name: reader.text(key) for key, name in _TEXTS.items()}
    for key in ("name", "description"):
        if not fields[key]:
            raise FrontMatterError(f"{key} is missing or empty", front.lines.get(key, 1))
    fields |= {name: reader.words(key) for key, name in _LISTS.items()}
    for name in ("disallowed_tools", "skills"):
        fields[name] = fields[name] or ()
    fields |= reader.others()
    known = {*_TEXTS, *_LISTS, *_OTHERS}
    fields["extra"] |= {k: v for k, v in front.values.items() if k not in known}
    reader.check(fields)
    return fields, tuple(reader.problems)


class _Reader:
    def __init__(self, front: FrontMatter) -> None:
        self.front = front
        self.problems: list[str] = []

    def odd(self, key: str, says: str) -> None:
        line = self.front.lines.get(key)
        self.problems.append(f"Line {line}: {says}" if line else says)

    def text(self, key: str) -> str | None:
        """Return a field as it is written: YAML would make False of `name: no`."""
        value = self.front.values.get(key)
        if value is None:
            return None
        written = self.front.written[key].strip()
        if not isinstance(value, str):
            self.odd(key, f"{key}: YAML reads {written!r} as {value!r}; it is taken as text.")
        return written

    def words(self, key: str) -> tuple[str, ...] | None:
        """Return a list that may be written as one text, split at commas outside parentheses."""
        value = self.front.values.get(key)
        if key not in self.front.values:
            return None
        if value is None:
            self.odd(key, f"{key} is empty: nothing is listed.")
            return ()
        if isinstance(value, Mapping):
            self.odd(key, f"{key} is no list; its keys are taken.")
        items = list(value) if isinstance(value, list | Mapping) else _COMMA.split(str(value))
        words = tuple(text for item in items if (text := str(item).strip(" \t[]")))
        if any("[" in str(item) or "]" in str(item) for item in items):
            self.odd(key, f"{key} has an unbalanced bracket; it is left out.")
        return words

    def others(self) -> dict[str, Any]:
        """Return the fields that are neither texts nor lists."""
        hooks = self.front.values.get("hooks")
        config, extra = self.aml_config()
        return {
            "max_turns": self.number("maxTurns", None, lambda n: n >= 1, "1 or more", whole=True),
            "mcp_servers": self.front.values.get("mcpServers"),
            "hooks": hooks if isinstance(hooks, Mapping) else {},
            "background": self.flag("background"),
            "aml_enabled": self.flag("aml_enabled"),
            "aml_config": config,
            "extra": extra,
        }

    def aml_config(self) -> tuple[AmlConfig, dict[str, Any]]:
        """Return how the memory learns, and the keys of `aml_config` nobody knows."""
        given, usual = self.front.values.get("aml_config"), AmlConfig()
        if given is not None and not isinstance(given, Mapping):
            self.odd("aml_config", "aml_config is no list of fields; the usual values stand.")
        given = given if isinstance(given, Mapping) else {}
        inner = _Reader(FrontMatter(given, {}, {}, "", 1, ()))
        config = AmlConfig(
            inner.number("learning_rate", usual.learning_rate, lambda n: 0 <= n <= 1, "0 to 1"),
            inner.number(
                "pattern_threshold",
                usual.pattern_threshold,
                lambda n: n >= 1,
                "a whole number from 1",
                whole=True,
            ),
            inner.number("memory_limit_mb", usual.memory_limit_mb, lambda n: n > 0, "above 0"),
        )
        for problem in inner.problems:
            self.odd("aml_config", f"aml_config: {problem}")
        unknown = {k: v for k, v in given.items() if not hasattr(config, str(k))}
        if unknown:
            names = ", ".join(map(str, unknown))
            self.odd("aml_config", f"aml_config: nothing is known of {names}.")
        return config, {"aml_config": unknown} if unknown else {}

    def number(
        self,
        key: str,
        usual: Any,
        fits: Callable[[float], bool],
        range_: str,
        *,
        whole: bool = False,
    ) -> Any:
        """Return a number in its range, else the usual one and a problem."""
        value = self.front.values.get(key)
        if value is None:
            return usual
        is_number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if is_number and fits(value):
            return value
        instead = "it is left out" if usual is None else f"{usual:g} is used"
        self.odd(key, f"{key} must be {range_}, not {value!r}; {instead}.")
        return usual

    def flag(self, key: str) -> bool:
        """Return yes or no; a text that says so counts too."""
        value = self.front.values.get(key, False)
        spoken = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
        if isinstance(value, bool):
            return value
        self.odd(key, f"{key} must be true or false, not {value!r}.")
        return spoken.get(str(value).strip().casefold(), False)

    def check(self, fields: Mapping[str, Any]) -> None:
        """Note values nobody knows; the card loads with them, as it does in Claude Code."""
        for key, choices in _CHOICES.items():
            value = fields[_TEXTS[key]]
            if value is not None and value not in choices:
                self.odd(key, f"{key} {value!r} is none of {', '.join(sorted(choices))}.")
        model = fields["model"]
        if model and not re.match(r"(?i)(inherit|sonnet|opus|haiku|claude-\S+)$", model):
            self.odd("model", f"model {model!r} is no short name and no Claude id.")
        unknown = [t for t in fields["tools"] or () if not _is_known_tool(t)]
        if unknown:
            self.odd("tools", f"nothing is known of the tools {', '.join(unknown)}.")


def _is_known_tool(tool: str) -> bool:
    return tool.split("(")[0].strip() in _TOOLS or tool.startswith("mcp__")


def odd_text(raw: bytes, text: str) -> Iterator[str]:
    """Give what is odd about a file's characters; they are never changed.

    UTF-8 that was once read as Windows-1252 (an arrow as three odd characters) is named with
    what it was.
    """
    if raw.startswith(b"\xef\xbb\xbf"):
        yield "Line 1: the file begins with a byte order mark; it is left out."
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        byte = raw[error.start]
        yield f"Line {line}: byte 0x{byte:02X} is not UTF-8; it is read as '\ufffd'."
    for found in _MOJIBAKE.finditer(text):
        was = bytes(_BYTES[c] for c in found.group()).decode("utf-8", errors="replace")
        if "\ufffd" not in was:
            line = text.count("\n", 0, found.start()) + 1
            yield f"Line {line}: {found.group()!r} was probably {was!r} once; it is kept as it is."


def _windows(byte: int) -> str:
    return bytes([byte]).decode("cp1252", errors="ignore") or chr(byte)


_BYTES = {_windows(byte): byte for byte in range(0x80, 0x100)}
_NEXT = "[" + "".join(re.escape(_windows(byte)) for byte in range(0x80, 0xC0)) + "]"
_MOJIBAKE = re.compile(f"[\xc2-\xc5]{_NEXT}|[\xe0-\xef]{_NEXT}{{2}}|[\xf0-\xf4]{_NEXT}{{3}}")
