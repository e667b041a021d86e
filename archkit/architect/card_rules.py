"""What a card says of its own tools: those it lists, and how far it lets each of them go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archkit.architect.permission import SAME, Rule
from archkit.architect.tool import ToolFailedError

if TYPE_CHECKING:
    from archkit.architect.card import AgentCard

__all__ = ["CardRules"]


class CardRules:
    """The `tools` and `disallowedTools` of a card, patterns included.

    A card that lists `Bash(git log:*)` alone has no other commands, whatever the user allows.
    """

    def __init__(self, card: AgentCard) -> None:
        self._card = card
        self._listed = _rules(card.tools or ())
        self._denied = _rules(card.disallowed_tools)

    def lists(self, tool: str) -> bool:
        """Whether the card wants a tool, under this name or one that means the same."""
        names = [tool, *(old for old, new in SAME.items() if new == tool)]
        return any(self._card.allows(name) for name in names) and not any(
            rule.inner is None and rule.names(tool) for rule in self._denied
        )

    def check(self, tool: str, subject: str) -> None:
        """Refuse a use that the card rules out.

        Raises
        ------
        ToolFailedError
            It goes beyond what the card lists, or it is what the card disallows.
        """
        for rule in self._denied:
            if rule.touches(tool, subject):
                raise ToolFailedError(f"{tool}: the card disallows {rule}.", refused=True)
        listed = [rule for rule in self._listed if rule.names(tool)]
        if listed and not any(rule.fits(tool, subject) for rule in listed):
            only = ", ".join(map(str, listed))
            raise ToolFailedError(f"{tool}: the card lists only {only}.", refused=True)


def _rules(texts: tuple[str, ...]) -> list[Rule]:
    """Read what can be read: a card may list names of any kind."""
    rules = []
    for text in texts:
        try:
            rules.append(Rule.read(text))
        except ValueError:
            continue
    return rules
