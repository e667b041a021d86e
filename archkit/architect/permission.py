"""What a session may do beyond reading: nothing, what a user is asked, what rules allow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from archkit.architect.tool import ToolFailedError
from archkit.errors import SessionError

__all__ = ["GATED", "Ask", "Permissions", "Rule", "Verdict"]

GATED = ("Write", "Edit", "Bash")
"""The tools that need a permission; those of MCP servers need one unless they only read."""

SAME = {"MultiEdit": "Edit"}
"""Names that mean another tool: Claude Code gave up MultiEdit for Edit with `replace_all`."""

_READ_ONLY = "the session may only read"
_RULE = re.compile(r"(?P<tool>[\w-]+\*?)(?:\((?P<inner>.*)\))?", re.DOTALL)
_SHELL = re.compile(r"[;&|<>()$`\n\r\0]")
_PARTS = re.compile(r"[;&|()`\n\r]+|\$\(")

Ask = Callable[[str, Mapping[str, Any], str], Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the user said of one use of a tool.

    `reason` is told to the model when it is refused; `always` holds for the rest of the session:
    for the same command in the shell, for every use of another tool.
    """

    allowed: bool
    reason: str = ""
    always: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A permission as it is written: `Write`, `Edit(docs/**)`, `Bash(git log:*)`, `mcp__files`."""

    tool: str
    inner: str | None = None

    @classmethod
    def read(cls, text: str) -> Rule:
        """Read a rule; ValueError says what is wrong with it."""
        found = _RULE.fullmatch(text.strip())
        if found is None:
            raise ValueError(
                f"{text!r} is no tool's name, nor a name with a pattern in parentheses"
            )
        inner = found["inner"]
        whole = inner is None or inner.strip() in ("", "*", "**")
        return cls(SAME.get(found["tool"], found["tool"]), None if whole else inner.strip())

    def __str__(self) -> str:
        """Return the rule as it is written."""
        return self.tool if self.inner is None else f"{self.tool}({self.inner})"

    def names(self, tool: str) -> bool:
        """Whether it is about this tool at all."""
        if self.tool.startswith("mcp__"):
            bare = self.tool.removesuffix("*").removesuffix("__")
            return tool == bare or tool.startswith(f"{bare}__")
        return self.tool == tool

    def fits(self, tool: str, subject: str) -> bool:
        """Whether it permits a use: `subject` is the command, or the file seen from the workspace.

        A command with `;`, `|`, `$(…)` and the like fits only a rule that spells it out whole.
        """
        if not self.names(tool) or self.inner is None:
            return self.names(tool)
        if tool == "Bash":
            return _same_command(self.inner, subject)
        return _path_shape(self.inner).fullmatch(subject) is not None

    def touches(self, tool: str, subject: str) -> bool:
        """Whether a prohibition hits a use: any part of a command counts."""
        parts = [part.strip() for part in _PARTS.split(subject)] if tool == "Bash" else []
        return any(self.fits(tool, part) for part in (subject, *parts))


class Permissions:
    """Decides over every use of a tool that needs a permission.

    Parameters
    ----------
    allow
        Rules: tool names, or names with a pattern (see `Rule`).
    ask
        Called as ``ask(tool, input, summary)`` for what no rule allows; it returns a `Verdict`, a
        truth value, "allow" or "deny". It runs in a thread of its own and may wait for the user.

    Raises
    ------
    SessionError
        A rule names no tool that needs a permission.

    Examples
    --------
    >>> Permissions({"Edit(docs/**)", "Bash(git log:*)"}).policy
    'allow'
    """

    def __init__(self, allow: Iterable[str] = (), ask: Ask | None = None) -> None:
        self.rules = tuple(_rule(text) for text in allow)
        self._ask = ask
        self._said: dict[tuple[str, str], Verdict] = {}

    @classmethod
    def of(cls, given: Permissions | str | Iterable[str] | Ask) -> Permissions:
        """Return the permissions that a setting stands for.

        Parameters
        ----------
        given
            "read_only", rules, a callback, or permissions already made.
        """
        if isinstance(given, Permissions):  # what the user said in one session ends with it
            return cls(map(str, given.rules), given._ask)
        if isinstance(given, str):
            if given == "read_only":
                return cls()
            raise SessionError(
                f"permissions={given!r} is not known.",
                why="A policy is given as what it is made of.",
                mend='Write permissions="read_only", a set like {"Edit", "Bash(git log:*)"}, or a '
                "function that is asked: ask(tool, input, summary).",
            )
        return cls(ask=given) if callable(given) else cls(given)

    @property
    def policy(self) -> str:
        """read_only, allow (by rules) or ask."""
        return "ask" if self._ask is not None else "allow" if self.rules else "read_only"

    def may_grant(self, tool: str) -> bool:
        """Whether any use of a tool could be granted: otherwise it need not be offered."""
        return self._ask is not None or any(rule.names(tool) for rule in self.rules)

    def why_not(self, tool: str) -> str:
        """Say why a tool cannot be granted."""
        if self.policy == "read_only":
            return f'{_READ_ONLY}: permissions="read_only"'
        return f"no rule among {', '.join(map(str, self.rules))} allows {tool}"

    async def granted(
        self, tool: str, given: Mapping[str, Any], *, subject: str, summary: str
    ) -> str:
        """Return by whom a use is granted.

        Parameters
        ----------
        tool, given
            The tool and its input.
        subject, summary
            What rules are matched against; what the user reads.

        Raises
        ------
        ToolFailedError
            It is refused, with who refused it and why.
        """
        for rule in self.rules:
            if rule.fits(tool, subject):
                return f"rule: {rule}"
        if self._ask is None:
            raise ToolFailedError(f"{tool}: refused; {self._unruled(tool)}.", refused=True)
        scope = (tool, subject if tool == "Bash" else "")
        earlier = self._said.get(scope)
        verdict = earlier or await self._asked(self._ask, tool, given, summary)
        if verdict.always:
            self._said[scope] = verdict
        if verdict.allowed:
            return "user, for the session" if verdict.always else "user, once"
        reason = f": {verdict.reason}" if verdict.reason else ""
        raise ToolFailedError(f"{tool}: denied by the user{reason}", refused=True)

    def _unruled(self, tool: str) -> str:
        if any(rule.names(tool) for rule in self.rules):
            rules = ", ".join(str(rule) for rule in self.rules if rule.names(tool))
            return f"only {rules} is allowed"
        return self.why_not(tool)

    async def _asked(self, ask: Ask, tool: str, given: Mapping[str, Any], summary: str) -> Verdict:
        from anyio.to_thread import run_sync

        try:  # a cancelled turn does not wait for the user, whose late answer counts for nothing
            said = await run_sync(
                _answered, ask, tool, dict(given), summary, abandon_on_cancel=True
            )
        except Exception as error:
            why = f"the question to the user failed ({type(error).__name__}: {error})"
            raise ToolFailedError(f"{tool}: not permitted; {why}", refused=True) from error
        return _verdict(said)


def _answered(ask: Ask, *question: Any) -> Any:
    """Ask; a callback that exits or is interrupted refuses, and does not end the loop it is in."""
    try:
        return ask(*question)
    except (SystemExit, KeyboardInterrupt, GeneratorExit) as error:
        raise RuntimeError(f"{type(error).__name__} {error}".strip()) from error


def _rule(text: str) -> Rule:
    try:
        rule = Rule.read(text)
    except (ValueError, AttributeError, TypeError) as error:
        raise _no_rule(text, f"{error}.") from error
    if rule.tool not in GATED and not rule.tool.startswith("mcp__"):
        raise _no_rule(text, f"{rule.tool} needs no permission, or archkit has no such tool.")
    return rule


def _no_rule(text: object, why: str) -> SessionError:
    return SessionError(
        f"{text!r} cannot be allowed.",
        why=why,
        mend=f"Name one of {', '.join(GATED)} or a server's tool (mcp__server__tool), alone or "
        "with a pattern: Edit(docs/**), Bash(git log:*).",
    )


def _verdict(said: Any) -> Verdict:
    if isinstance(said, Verdict):
        return said
    if isinstance(said, bool):
        return Verdict(said)
    if said in ("allow", "deny"):
        return Verdict(said == "allow")
    return Verdict(False, f"the answer {str(said)[:40]!r} was neither allow nor deny")


def _same_command(pattern: str, command: str) -> bool:
    if not pattern.endswith(":*"):
        return _words(command) == _words(pattern)
    prefix, words = _words(pattern.removesuffix(":*")), _words(command)
    return not _SHELL.search(command) and words[: len(prefix)] == prefix


def _words(command: str) -> list[str]:
    """Split as a shell does: other blanks are letters to it."""
    return [word for word in re.split(r"[ \t]+", command) if word]


def _path_shape(pattern: str) -> re.Pattern[str]:
    """Return the shape of paths: `*` stays in its folder, `**` goes into those below."""
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern.removeprefix("./"))
    shapes = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(shapes.get(part, re.escape(part)) for part in parts), re.DOTALL)
