"""How far a session may go before it stops and asks."""

from __future__ import annotations

from dataclasses import dataclass

from archkit.errors import SessionError

__all__ = ["Limits"]

_MEND = "Raise it (session.limits.{name} = …) and call the same step again, or stop here."


@dataclass(slots=True)
class Limits:
    """The limits of a session, which may be raised while it runs.

    Attributes
    ----------
    max_turns
        How often the model may answer within one stage.
    max_cost_usd
        What all its turns may cost together, in US dollars; None: no limit. It is looked at
        before each request, so the last turn may go over it.
    max_wait_s
        How long the model may say nothing, in seconds; None: what the client is set to.

    Raises
    ------
    ValueError
        A limit is not positive.
    """

    max_turns: int = 12
    max_cost_usd: float | None = None
    max_wait_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse limits that nothing could keep to."""
        for name in ("max_turns", "max_cost_usd", "max_wait_s"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise ValueError(f"{name} must be positive, not {value!r}")

    def check_cost(self, spent_usd: float | None) -> None:
        """Stop a session that has spent what it may.

        Parameters
        ----------
        spent_usd
            What it spent so far; None where no price is known, which no limit can hold.

        Raises
        ------
        SessionError
            Nothing is left.
        """
        if self.max_cost_usd is None or spent_usd is None or spent_usd < self.max_cost_usd:
            return
        raise SessionError(
            f"The session has spent {spent_usd:.4f} of {self.max_cost_usd:g} USD.",
            why="Its max_cost_usd is reached; what was said so far is kept.",
            mend=_MEND.format(name="max_cost_usd"),
        )

    def left_usd(self, spent_usd: float | None) -> float | None:
        """Return what may still be spent, in US dollars; None for no limit."""
        return None if self.max_cost_usd is None else self.max_cost_usd - (spent_usd or 0.0)
