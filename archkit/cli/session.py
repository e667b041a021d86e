"""`archkit session`: a session with an architect from a shell, to its proposal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archkit.cli.app import (
    DECIDING,
    AsJson,
    MemoryPath,
    app,
    opened,
    plainly,
    text_or_stdin,
    usage,
)
from archkit.cli.decision import whole_id
from archkit.cli.screen import Column, Screen, rate
from archkit.errors import SessionError
from archkit.plain import shown_path

if TYPE_CHECKING:
    from archkit.architect.card import AgentCard
    from archkit.architect.dialogue import Question, Questions
    from archkit.architect.session import Session

__all__ = ["answers_in", "session"]

_FIGURES = ("success_rate", "low", "high", "n", "provenance", "score", "in_tie_set", "veto")


@app.command(rich_help_panel=DECIDING)
@plainly
def session(
    brief: Annotated[
        str | None,
        typer.Argument(help="What to build, for whom, at which size; - reads standard input."),
    ] = None,
    card: Annotated[
        str | None,
        typer.Option(
            help="The agent card: a name, or the path of a file; by default backend-architect."
        ),
    ] = None,
    workspace: Annotated[
        Path, typer.Option(help="The project's folder, which the architect may read.")
    ] = Path(),
    project: Annotated[
        str | None, typer.Option(help="What it is filed under; by default the folder's name.")
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Answers by the questions' keys, as JSON or YAML."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask me nothing: what is open will be assumed.")
    ] = False,
    resume: Annotated[
        str | None,
        typer.Option(
            metavar="SESSION", help="Go on with a session instead: its id, the beginning, or last."
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no model, whatever the environment says.")
    ] = False,
    no_memory: Annotated[
        bool, typer.Option("--no-memory", help="Neither read nor write any memory.")
    ] = False,
    max_cost: Annotated[
        float | None,
        typer.Option(metavar="USD", help="What the model may cost at most, in US dollars."),
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RULE",
            help="What it may do beyond reading, such as Write(docs/**); may be given repeatedly.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the proposal there.")
    ] = None,
    memory: MemoryPath = None,
    as_json: AsJson = False,
) -> None:
    """Brief an architect, answer its questions, get a proposal; ends with the session's id."""
    from archkit.architect.card import read_card

    if (brief is None) == (resume is None):
        raise usage("Give a brief, or --resume with a session; not both.")
    if resume is not None and no_memory:
        raise usage("--resume needs the memory that has the session on record.")
    if no_memory and memory is not None:
        raise usage("--no-memory and --memory contradict each other.")
    if max_cost is not None and not max_cost > 0:
        raise usage("What it may cost must be above 0.", "--max-cost")
    if out is not None and out.exists():
        raise usage(f"{shown_path(out)} is there already; name another file.", "--out")
    screen, told = Screen(as_json), _told(brief)
    given = answers_in(answers) if answers else {}
    architect = read_card(card or "backend-architect")
    settings: dict[str, Any] = {
        "workspace": workspace,
        "client": "offline" if offline else None,
        "permissions": allow or "read_only",
        "max_cost_usd": max_cost,
        "on_step": lambda step: screen.note(f"  {step}"),
    }
    if resume is None or card is not None:  # else the one it began with
        settings["card"] = architect
    with nullcontext(None) if no_memory else _memory(memory, architect, resume) as held:
        work = _begun(held, project, resume, settings)
        try:
            _hold(screen, work, told, given, ask=not yes)
        finally:
            work.close()
        if out is not None:
            _write(out, _text(work))
    if as_json:
        screen.data(_as_json(work, out))
    _print_end(screen, work, out)


def _told(brief: str | None) -> str:
    told = text_or_stdin(brief) if brief is not None else ""
    if brief is not None and not told.strip():
        raise SessionError(
            "The brief is empty.",
            why="The architect has nothing to work on.",
            mend='Say what to build: archkit session "Stop the N+1 queries in the posts API".',
        )
    return told


def _memory(path: Path | None, card: AgentCard, resume: str | None) -> AbstractContextManager[Any]:
    """Open the memory, which learns as the card says."""
    return opened(
        path,
        writes=resume is None,
        learning_rate=card.aml_config.learning_rate,
        pattern_threshold=card.aml_config.pattern_threshold,
    )


def _begun(
    held: Any, project: str | None, resume: str | None, settings: Mapping[str, Any]
) -> Session:
    from archkit.architect.session import Session

    if resume is not None:
        return Session.resume(whole_id(held, resume, "session"), held, **settings)
    return Session(memory=held, project=project, **settings)


def _hold(
    screen: Screen, work: Session, brief: str, given: Mapping[str, Any], *, ask: bool
) -> None:
    """Hold the session, from the brief to the proposal."""
    screen.note(f"{work.card.name}, {work.client_kind}: {work.client_reason}")
    screen.note(f"memory {'on' if work.gate.on else 'off'}: {work.gate.reason}")
    before = list(work.notices)
    for notice in before:
        screen.note(notice)
    if work.stage == "new":
        with screen.busy("The architect reads the project and asks the memory"):
            work.brief(brief or work.asked)
    if given:
        work.answer(given)
    if ask:
        found = ask_all(screen, work.questions.remaining)
        if found:
            work.answer(found)
    still = len(work.questions.remaining)
    if still:
        screen.note(f"{still} of {len(work.questions)} questions are open: they will be assumed.")
    with screen.busy("The architect writes the proposal"):
        work.propose()
    screen.markdown(_text(work))
    for notice in work.notices:
        if notice not in before:
            screen.note(notice)


def ask_all(
    screen: Screen, questions: Questions, read: Callable[[], str] | None = None
) -> dict[str, str]:
    """Ask the reader each question; an empty line leaves one open, the end of input all."""
    found: dict[str, str] = {}
    if not questions:
        return found
    screen.note("")
    screen.ask(f"{len(questions)} questions. A number takes an option; Enter leaves it open.")
    for n, question in enumerate(questions, start=1):
        _show(screen, n, question)
        line = (read or _line)()
        if not line:
            break
        if answer := _meant(question, line.strip()):
            found[question.key] = answer
    return found


def _show(screen: Screen, number: int, question: Question) -> None:
    screen.ask("")
    screen.ask(f"{number}. {question.text}  ({question.key})", style="bold")
    if question.why:
        screen.ask(f"Why: {question.why}", indent=3)
    for n, option in enumerate(question.options, start=1):
        screen.ask(f"{n}) {option.label}", indent=3)


def _line() -> str:
    if sys.stdin.isatty() and sys.stdout.isatty():
        try:
            return input("> ") + "\n"
        except EOFError:
            return ""
    return sys.stdin.readline()


def _meant(question: Question, typed: str) -> str:
    """Return the answer: the options whose numbers were typed, or the words themselves."""
    labels = [option.label for option in question.options]
    numbers = [part.strip() for part in typed.split(",")]
    if all(n.isdecimal() and 1 <= int(n) <= len(labels) for n in numbers):
        return ", ".join(labels[int(n) - 1] for n in numbers)
    return typed


def answers_in(path: Path) -> dict[str, Any]:
    """Read answers by key from a JSON or YAML file.

    Raises
    ------
    SessionError
        It cannot be read, or holds something else.
    """
    import yaml

    try:
        found = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SessionError(
            f"The answers in {shown_path(path)!r} cannot be read.",
            why=f"{getattr(error, 'strerror', None) or error}.",
            mend="Give a file of JSON or YAML in UTF-8, such as {tenancy: multi}.",
        ) from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise SessionError(
            f"{shown_path(path)!r} holds no answers by key.",
            why=f"It holds {type(found).__name__}, not names with values.",
            mend="Write one `key: value` for each question, such as `tenancy: multi`.",
        )
    return found


def _text(work: Session) -> str:
    return work.proposal.text if work.proposal else ""


def _write(out: Path, text: str) -> None:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8") as file:
            file.write(text.rstrip("\n") + "\n")
    except OSError as error:
        raise SessionError(
            f"The proposal could not be written to {shown_path(out)!r}.",
            why=f"{error.strerror or error}.",
            mend="It is in the session; print it with --json, or give another --out.",
        ) from error


def _as_json(work: Session, out: Path | None) -> dict[str, Any]:
    from archkit.proposal.rules import check_proposal

    proposal = work.proposal
    assert proposal is not None
    ranking = work.ranking
    return {
        "session_id": work.session_id,
        "project": work.project,
        "card": work.card.name,
        "stage": work.stage,
        "client": work.client_kind,
        "model": work.model,
        "memory": {"on": work.gate.on, "reason": work.gate.reason},
        "notices": work.notices,
        "brief": work.asked,
        "questions": [asdict(question) for question in work.questions],
        "proposal": {
            "text": proposal.text,
            "missing": list(proposal.missing),
            "findings": [asdict(finding) for finding in check_proposal(proposal)],
        },
        "choices": [
            {"slug": r.pattern.slug, "name": r.pattern.name, "kind": r.pattern.kind}
            | {name: getattr(r, name) for name in _FIGURES}
            for r in ranking or ()
        ],
        "tokens": asdict(work.tokens),
        "cost_usd": work.cost_usd,
        "written": out,
    }


def _print_end(screen: Screen, work: Session, out: Path | None) -> None:
    ranking = work.ranking
    if ranking is not None and len(ranking):
        screen.head(f"The chief choice, decided by: {ranking.rule}")
        columns = [Column("pattern"), Column("slug"), Column("success rate"), Column("n", "right")]
        rows = (
            (
                f"{r.pattern.name}{' (not here)' if r.veto else ''}",
                r.pattern.slug,
                rate(r.success_rate, r.low, r.high, r.n),
                f"{r.n:g} {r.provenance}" if r.n else "",
            )
            for r in ranking
        )
        screen.table(columns, rows)
    screen.say()
    if out is not None:
        screen.say(f"The proposal: {shown_path(out)}")
    if not work.gate.on:
        screen.say(f"Nothing was kept: {work.gate.reason}.")
    elif ranking is not None and ranking.best is not None:
        slug = ranking.best.pattern.slug
        screen.say(f'Next: archkit decide {work.session_id} {slug} --rationale "…"', wrap=False)
    screen.say(f"session {work.session_id}")
