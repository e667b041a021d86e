"""Trying an architect with the memory on, off, and replaced by a placebo."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from archkit.ablation.placebo import placebo_of
from archkit.ablation.result import ARMS, Ablation
from archkit.ablation.trials import Score, Scorer, Trial
from archkit.architect.card import AgentCard
from archkit.architect.session import Session
from archkit.errors import SessionError
from archkit.memory.memory import Memory

__all__ = ["ablate", "learned_from", "try_arms"]

_LEARNED = "SELECT count(*) AS n FROM pattern_evidence WHERE y IS NOT NULL AND used_at IS NOT NULL"


def ablate(
    trials: Sequence[Trial],
    memory: Memory,
    scorer: Scorer,
    *,
    client: Any = None,
    card: str | Path | AgentCard = "backend-architect",
    workspace: str | Path = ".",
    repeats: int = 1,
    provenance: str = "observed",
    progress: Callable[[str], None] | None = None,
) -> Ablation:
    """Try an architect on the same briefs with the memory on, off, and replaced by a placebo.

    Parameters
    ----------
    trials
        The briefs; see `read_trials`.
    memory
        The memory to judge; nothing is written to it.
    scorer
        Judges each proposal: `best_by_truth`, or a function of your own.
    client
        Who answers, as in `Session`: "offline", a client of your own, or None for what the
        environment says. Offline the same arguments give the same result.
    card, workspace
        As in `Session`.
    repeats
        How often each brief is tried; a model that does not answer the same twice needs several.
    provenance
        How the result is to be drawn: simulated where the scorer's truth is made up.
    progress
        Told which trial is running.

    Returns
    -------
    Ablation
        A row for each trial and arm, what the arms differ by, and the cases of harm.

    Raises
    ------
    ValueError
        There is no trial, or two have one id.
    """
    rows = try_arms(
        trials,
        memory,
        scorer,
        client=client,
        card=card,
        workspace=workspace,
        repeats=repeats,
        progress=progress,
    )
    return Ablation.of(rows, provenance=provenance, learned_from=learned_from(memory))


def try_arms(
    trials: Sequence[Trial],
    memory: Memory,
    scorer: Scorer,
    *,
    client: Any,
    card: str | Path | AgentCard,
    workspace: str | Path,
    arms: Sequence[str] = ARMS,
    repeats: int = 1,
    progress: Callable[[str], None] | None = None,
) -> list[dict[str, Any]]:
    """Try each brief in some of the arms: the rows of `Ablation.frame`."""
    if not trials or repeats < 1 or len({trial.id for trial in trials}) < len(trials):
        raise ValueError("Give at least one trial, each with an id of its own, and one repeat.")
    rows: list[dict[str, Any]] = []
    with _memories(memory, arms) as memories:
        for trial in trials:
            for repeat in range(repeats):
                if progress:
                    progress(trial.id)
                for arm in arms:
                    session = Session(card, memories[arm], workspace=workspace, client=client)
                    score = _tried(trial, session, scorer)
                    rows.append(_row(trial, arm, repeat, score, session))
    return rows


def learned_from(memory: Memory) -> int:
    """Count the outcomes that a memory holds of uses of patterns."""
    return int(memory.sql(_LEARNED)["n"][0])


def _tried(trial: Trial, session: Session, scorer: Scorer) -> Score:
    """Brief, answer, propose; a session that breaks off did not do well."""
    try:
        asked = {question.key for question in session.brief(trial.brief)}
        answers = {key: value for key, value in trial.answers.items() if key in asked}
        if answers:
            session.answer(answers)
        session.propose()
        return scorer(trial, session)
    except SessionError as error:
        return Score(False, why=error.what)
    finally:
        session.close()


def _row(trial: Trial, arm: str, repeat: int, score: Score, session: Session) -> dict[str, Any]:
    taken = [r for r in session.ranking or () if r.pattern.slug == score.chosen]
    return {
        "trial": trial.id,
        "kind": trial.kind,
        "tenancy": trial.tenancy,
        "repeat": repeat,
        "arm": arm,
        "good": score.good,
        "chosen": score.chosen,
        "best": score.best,
        "forecast": taken[0].success_rate if taken else None,
        "forecast_n": taken[0].n if taken else None,
        "errors": score.errors,
        "warnings": score.warnings,
        "why": score.why,
        "client": session.client_kind,
        "cost_usd": session.cost_usd,
    }


@contextmanager
def _memories(memory: Memory, arms: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Memories by arm; whatever is written to them is gone afterwards."""
    with ExitStack() as held:
        folder = held.enter_context(tempfile.TemporaryDirectory(prefix="archkit-ablation-"))
        scratch = held.enter_context(Memory(Path(folder) / "scratch.duckdb", library=False))
        found: dict[str, Any] = {"on": _ReadOnly(memory, scratch), "off": None}
        if "placebo" in arms:
            placebo = held.enter_context(placebo_of(memory, Path(folder) / "placebo.duckdb"))
            found["placebo"] = _ReadOnly(placebo, scratch)
        yield found


class _ReadOnly:
    """A memory that is read as it is; what is written goes to another one."""

    def __init__(self, read: Memory, written: Memory) -> None:
        self._read, self._written = read, written

    def __getattr__(self, name: str) -> Any:
        """Give what reads; what records keeps nothing but its event."""
        if name == "append":
            return self._written.append
        if name.startswith("record_"):
            return self._kept
        return getattr(self._read, name)

    def _kept(self, record: Any, *_: Any, **__: Any) -> Any:
        self._written.append("kept_by_trial", {"record": repr(record)})
        return record
