"""`archkit check`: a design document held to the rules, for people, for programs, for CI."""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from archkit.cli.app import DECIDING, AsJson, app, exits_with, usage
from archkit.cli.screen import Column, Screen
from archkit.errors import ArchkitError
from archkit.plain import near_path, shown_path

if TYPE_CHECKING:
    from archkit.proposal.document import Proposal
    from archkit.proposal.finding import Finding
    from archkit.proposal.findings import Findings

__all__ = ["check"]

_MOST_BYTES = 20_000_000
_RULE = (
    Column("rule", folds=False),
    Column("severity", folds=False),
    Column("weight", "right", folds=False),
    Column("what it holds"),
    Column("how to mend it", wide=True),
)


@app.command(rich_help_panel=DECIDING)
@exits_with(2)
def check(
    file: Annotated[
        str | None, typer.Argument(help="The design as Markdown; - reads standard input.")
    ] = None,
    sarif: Annotated[
        str | None,
        typer.Option(metavar="OUT", help="Write SARIF 2.1.0 to this file; - prints it alone."),
    ] = None,
    fail_on: Annotated[
        Literal["error", "warning", "never"],
        typer.Option(help="From which severity on the exit code is 1."),
    ] = "error",
    rules: Annotated[bool, typer.Option("--rules", help="List what is checked, and stop.")] = False,
    as_json: AsJson = False,
) -> None:
    """Hold a seven-section design to the rules; each finding has its line and how to mend it.

    Exit code 0: nothing of that severity; 1: something; 2: it could not be checked.
    """
    screen = Screen(as_json)
    if rules:
        _list_rules(screen)
        return
    if file is None:
        raise usage("Name a file, or - for standard input; --rules lists what is checked.", "FILE")
    if as_json and sarif == "-":
        raise usage("--json and --sarif - both want standard output.", "--sarif")
    from archkit.proposal.document import read_proposal

    proposal = read_proposal(_text_of(file))
    found = proposal.checked
    if sarif is not None:
        _write_sarif(found, file, sarif, screen)
    name = "standard input" if file == "-" else shown_path(file)
    if as_json:
        screen.data({"file": name, "sections": _sections(proposal), **found.as_json()})
    elif sarif != "-":
        _show(name, proposal, screen)
    if _fails(found.counts, fail_on):
        raise typer.Exit(1)


def _fails(counts: dict[str, int], fail_on: str) -> bool:
    return fail_on != "never" and bool(
        counts["error"] or (fail_on == "warning" and counts["warning"])
    )


def _text_of(file: str) -> str:
    """Read the document.

    Raises
    ------
    ArchkitError
        It cannot be read, is no text, is empty, or is far too long for a design.
    """
    name = "standard input" if file == "-" else repr(shown_path(file))
    raw = _bytes_of(file, name)
    if len(raw) > _MOST_BYTES:
        raise ArchkitError(
            f"{name} is too long to be a design.",
            why=f"It has more than {_MOST_BYTES / 1e6:.0f} MB.",
            mend="Check the document itself, not what was exported with it.",
        )
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise _no_text(name, f"Byte {error.start + 1:,} is no UTF-8.") from error
    if "\0" in text:
        raise _no_text(name, "It has zero bytes, as only binary files do.")
    if not text.strip():
        raise ArchkitError(
            f"{name} is empty.",
            why="There is no word in it.",
            mend="Name the Markdown file that holds the design.",
        )
    return text


def _bytes_of(file: str, name: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read(_MOST_BYTES + 1)
    try:
        with Path(file).expanduser().open("rb") as opened:
            return opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ArchkitError(
            f"{name} cannot be read.",
            why=f"{error.strerror or error}.",
            mend="Name a Markdown file that is there and that you may read.",
        ) from error


def _no_text(name: str, why: str) -> ArchkitError:
    return ArchkitError(
        f"{name} is no text.", why=why, mend="Save the design as Markdown in UTF-8, then check it."
    )


def _write_sarif(found: Findings, file: str, out: str, screen: Screen) -> None:
    text = found.to_sarif(_uri(file))
    if out == "-":
        screen.document(text)
        return
    target = Path(out).expanduser()
    try:
        target.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise ArchkitError(
            f"{shown_path(target)!r} cannot be written.",
            why=f"{error.strerror or error}.",
            mend="Give --sarif a file in a folder that is there, or - to print it.",
        ) from error
    screen.note(f"SARIF: {shown_path(target)}")


def _uri(file: str) -> str:
    """Return the path from here, or the name alone of a file that is far from here."""
    if file == "-":
        return "stdin"
    near = near_path(file)
    return near.name if near.is_absolute() else near.as_posix()


def _sections(proposal: Proposal) -> int:
    return len({section.number for section in proposal.sections})


def _show(name: str, proposal: Proposal, screen: Screen) -> None:
    from archkit.proposal.findings import told
    from archkit.proposal.page import section_name
    from archkit.proposal.rules import RULES

    found = proposal.checked
    ordered = sorted(found, key=lambda f: (f.section or 8, f.line, f.column))
    width = max((len(f"{f.line}:{f.column}") for f in found), default=0)
    for number, some in groupby(ordered, key=lambda f: f.section):
        screen.head(section_name(number))
        screen.pairs(_row(finding, width) for finding in some)
    if found:
        screen.say()
    screen.say(f"{name}: {told(found.counts)}.", style="bold")
    screen.say(
        f"Score {found.score} of 100, {_sections(proposal)} of 7 sections, {len(RULES)} rules "
        "checked. Rules see whether something is said, not whether it is wise."
    )


def _row(finding: Finding, width: int) -> tuple[str, str]:
    place = f"{finding.line}:{finding.column}".rjust(width)
    return f"{place} {finding.severity:<7} {finding.rule}", f"{finding.message}\n{finding.fix}"


def _list_rules(screen: Screen) -> None:
    from archkit.proposal.rule import GROUPS
    from archkit.proposal.rules import RULES

    if screen.as_json:
        names = ("severity", "weight", "title", "fix", "sections", "needs")
        screen.data(
            [
                {"rule": rule.rule_id, "group": GROUPS[rule.group]}
                | {name: getattr(rule, name) for name in names}
                for rule in RULES
            ]
        )
    for group, some in groupby(RULES, key=lambda rule: rule.group):
        screen.head(f"{group}: {GROUPS[group]}")
        screen.table(
            _RULE, ((r.rule_id, r.severity, r.weight or "–", r.title, r.fix) for r in some)
        )
