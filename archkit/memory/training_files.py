"""Reading patterns and solutions from files: YAML, JSON, Markdown, in any of four shapes.

The library's own shape (`library/schema.json`), archkit's record as an event holds it, the
reference card's record (`agent`, `pattern {…}`, `metrics {…}`), and Loom's (the same with `id`,
`evolution {…}`; a solution as `problem {…}`, `solution {…}`, `effectiveness {…}`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archkit.errors import StoreError
from archkit.library.fit import context_keys, misfits
from archkit.memory.told import Told
from archkit.plain import near_path, slug_of, without
from archkit.records import FOCUS_AREAS, Pattern, Reported, Solution

__all__ = ["ENDINGS", "Entry", "Finding", "files_of", "read_entries"]

ENDINGS = (".yaml", ".yml", ".json", ".md", ".markdown")
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$\n?(.*)\Z", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(
    r"^(```+|~~~+)[ \t]*(json|ya?ml|)[^\n]*\n(.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE
)
_HEADING = re.compile(r"^#{1,4}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:[-*+]|\d+[.)])[ \t]+(.+(?:\n[ \t]{2,}\S.*)*)", re.MULTILINE)
_LISTS = {
    **{"when": "when", "when applicable": "when", "use when": "when", "when not": "when_not"},
    **{"when not applicable": "when_not", "do not use when": "when_not", "pros": "pros"},
    **{"cons": "cons", "security": "security", "tags": "tags", "steps": "steps"},
    **{"diagnosis": "diagnosis", "fix": "fix", "prevention": "prevention", "approach": "steps"},
}
_CONDITIONS = ("when", "when_not")
_TEXTS = {
    **{"problem": "problem", "summary": "summary", "solution": "summary"},
    **{"root cause": "root_cause", "signature": "signature", "best practice": "best_practice"},
}
"""What a heading of a Markdown page fills, in lower case."""


@dataclass(frozen=True, repr=False)
class Finding(Told):
    """What is wrong (error: the entry is not taken) or odd (warning) about an entry."""

    file: str
    entry: str
    severity: str
    message: str


@dataclass(frozen=True)
class Entry:
    """One pattern or solution of a file, its shape, what it lacks, and `odd` context keys."""

    file: str
    record: Pattern | Solution
    shape: str
    missing: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()


def files_of(paths: Path | str | Sequence[Path | str]) -> list[Path]:
    """Return the files meant, those of folders included; a `StoreError` names a missing one."""
    found: list[Path] = []
    for given in [paths] if isinstance(paths, str | Path) else paths:
        path = Path(given).expanduser()
        if path.is_dir():
            inside = (p for p in sorted(path.rglob("*")) if p.suffix.lower() in ENDINGS)
            found += [p for p in inside if p.is_file()]
        elif path.is_file():
            found.append(path)
        else:
            raise StoreError(
                f"There is no file {str(given)!r}.",
                why="The path does not exist.",
                mend="Give files or folders of YAML, JSON or Markdown.",
            )
    return list(dict.fromkeys(found))


def read_entries(path: Path) -> Iterator[Entry | Finding]:
    """Give what a file holds, or what is wrong with it; one bad entry hides no other."""
    name = str(near_path(path)) if not near_path(path).is_absolute() else path.name
    if path.suffix.lower() not in ENDINGS:
        yield Finding(name, "", "error", f"It is none of {', '.join(ENDINGS)}.")
        return
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = getattr(error, "strerror", None) or error
        yield Finding(name, "", "error", f"It cannot be read: {said}.")
        return
    count = 0
    for page in _pages(path, name, text):
        if isinstance(page, Finding):
            yield page
            count += 1
            continue
        for kind, area, raw in _raw_entries(page):
            count += 1
            yield _entry(name, kind, area, raw)
    if not count:
        yield Finding(name, "", "warning", "It holds no pattern and no solution.")


def _pages(path: Path, name: str, text: str) -> Iterator[Any]:
    """Give the parsed pages of a file; of Markdown its front matter, or its blocks of code."""
    if path.suffix.lower() in (".json", ".yaml", ".yml"):
        yield _parsed(name, text, path.suffix.lower() == ".json")
        return
    front = _FRONT.match(text)
    page = _parsed(name, front[1], False) if front else None
    if isinstance(page, Finding):
        yield page
        return
    if front and isinstance(page, dict) and _is_record({**page, **_body(front[2])}):
        yield {**_body(front[2]), **page}
        return
    for block in _FENCE.finditer(text):
        # Cards write records with bare keys, which is YAML and no JSON.
        found = _parsed(name, block[3], block[2] == "json")
        if isinstance(found, Finding):
            found = _parsed(name, block[3], False)
        # A block that is no record may be anything: an example, a comment in it, half a snippet.
        if not isinstance(found, Finding) and any(True for _ in _raw_entries(found)):
            yield found


def _parsed(name: str, text: str, is_json: bool) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return json.loads(text) if is_json else yaml.load(text, Loader=loader)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        return Finding(name, "", "error", f"It cannot be read: {' '.join(str(error).split())}.")


def _body(text: str) -> dict[str, Any]:
    """Return the parts of a Markdown page by the headings that name them."""
    found: dict[str, Any] = {}
    marks = list(_HEADING.finditer(text))
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        heading = mark[1].strip().lower().rstrip(":")
        part = text[mark.end() : after.start() if after else None].strip()
        if heading in _LISTS:
            found[_LISTS[heading]] = [" ".join(item.split()) for item in _ITEM.findall(part)]
        elif heading in _TEXTS:
            found[_TEXTS[heading]] = " ".join(part.split())
    if "steps" in found:
        found["approach"] = {"steps": found.pop("steps")}
    return found


def _raw_entries(page: Any) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Give the records of a page: kind, focus area of the page, and the record."""
    if isinstance(page, list):
        for item in page:
            yield from _raw_entries(item)
    elif isinstance(page, Mapping):
        area = str(page.get("area") or "")
        lists = [(k, page[f"{k}s"]) for k in ("pattern", "solution") if _is_list(page, f"{k}s")]
        for kind, entries in lists:
            for entry in entries:
                found = entry if isinstance(entry, Mapping) else {"": entry}
                yield (_kind_of(found) or kind), area, found
        if not lists and (kind := _kind_of(page)):
            yield kind, area, page


def _is_list(page: Mapping[str, Any], key: str) -> bool:
    return isinstance(page.get(key), list)


def _is_record(page: Mapping[str, Any]) -> bool:
    return any(True for _ in _raw_entries(page))


def _kind_of(raw: Mapping[str, Any]) -> str:
    """Return what a record is: by what only it has."""
    if isinstance(raw.get("pattern"), Mapping):
        return "pattern"
    if isinstance(raw.get("solution"), Mapping) and isinstance(raw.get("problem"), Mapping):
        return "solution"
    if "signature" in raw:
        return "solution"
    told = raw.keys() & {"problem", "approach", "summary", "when", "pros", "kind"}
    return "pattern" if told and ("slug" in raw or "name" in raw) else ""


def _entry(file: str, kind: str, area: str, raw: Mapping[str, Any]) -> Entry | Finding:
    label = str(raw.get("slug") or raw.get("name") or raw.get("id") or kind)
    try:
        if isinstance(raw.get("pattern"), Mapping):
            return _from_card(file, raw)
        if isinstance(raw.get("solution"), Mapping):
            return _from_loom(file, raw)
        return _from_library(file, kind, area, raw)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        return Finding(file, label, "error", f"It is no {kind}: {error!s:.200}.")


def _from_library(file: str, kind: str, area: str, raw: Mapping[str, Any]) -> Entry | Finding:
    """Read a record of the library's shape, or of archkit's own, which has more keys."""
    whole = dict(raw)
    if "slug" not in whole and "name" in whole:
        whole["slug"] = slug_of(str(whole["name"]))
    own = dict(whole)
    own_area = own.pop("area", None) or area
    ours = {"status", "agent", "extra"}
    strict = {k: v for k, v in own.items() if k not in ours and v not in (None, "", [], {})}
    if kind == "solution":
        strict["area"] = own_area or "error-handling"
    odd = _unknown_keys(strict)
    errors = list(misfits(kind, _with_known_keys(strict)))
    label = str(whole.get("slug") or whole.get("name") or kind)
    lacking = tuple(f for f, what in errors if what == "missing" and not strict.get(f))
    wrong = [f"{field}: {what}" for field, what in errors if what != "missing"]
    if own_area and own_area not in FOCUS_AREAS:
        wrong.append(f"area: {own_area!r} is none of {', '.join(FOCUS_AREAS)}")
    if wrong:
        return Finding(file, label, "error", "; ".join(wrong))
    payload = {**own, **({"area": own_area} if own_area else {})}
    record = (Pattern if kind == "pattern" else Solution).from_payload(payload)
    return Entry(file, record, "library", lacking, odd)


def _unknown_keys(raw: Mapping[str, Any]) -> tuple[str, ...]:
    """Return context keys that the library does not know: they are kept, and fit nothing asked."""
    contexts = [raw.get("context"), *(_context(c) for k in _CONDITIONS for c in raw.get(k) or ())]
    keys = {str(key) for context in contexts if isinstance(context, Mapping) for key in context}
    return tuple(sorted(keys - context_keys()))


def _with_known_keys(raw: Mapping[str, Any]) -> dict[str, Any]:
    known = dict(raw)
    if isinstance(raw.get("context"), Mapping):
        known |= _known(known.pop("context"))
    for key in _CONDITIONS:
        if isinstance(raw.get(key), list):
            known[key] = [
                {**without(c, "context"), **_known(c["context"])}
                if isinstance(_context(c), Mapping)
                else c
                for c in raw[key]
            ]
    return known


def _known(context: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: value for key, value in context.items() if key in context_keys()}
    return {"context": found} if found else {}


def _context(condition: Any) -> Any:
    return condition.get("context") if isinstance(condition, Mapping) else None


def _from_card(file: str, raw: Mapping[str, Any]) -> Entry:
    """Read the card's record, or Loom's: its figures are reported, and it says by whom."""
    loom = "evolution" in raw or "id" in raw
    slug = str(raw["slug"]) if raw.get("slug") else None
    pattern = Pattern.from_card(raw, slug=slug)
    shape = "loom" if loom else "card"
    if pattern.reported is not None:
        figures = pattern.reported
        pattern = _with(
            pattern, reported=Reported(figures.success_rate, figures.uses, shape, figures.metrics)
        )
    area = str(raw.get("area") or "")
    if area in FOCUS_AREAS:
        pattern = _with(pattern, area=area)
    tags = raw.get("tags")
    if isinstance(tags, list):
        pattern = _with(pattern, tags=tuple(map(str, tags)))
    lacking = [n for n in ("problem", "when", "when_not") if not getattr(pattern, n)]
    return Entry(file, pattern, shape, tuple(lacking))


def _from_loom(file: str, raw: Mapping[str, Any]) -> Entry:
    """Read Loom's solution; whether it worked the last time is one reported use."""
    problem, solution = dict(raw["problem"]), dict(raw["solution"])
    effect = dict(raw.get("effectiveness") or {})
    signature = " ".join(str(problem.get(k) or "") for k in ("errorType", "errorMessage")).strip()
    if not signature:
        raise ValueError("problem.errorMessage is missing")
    worked = effect.pop("worked", None)
    reported = Reported(
        success_rate=None if worked is None else float(bool(worked)),
        uses=None if worked is None else float(raw.get("verifiedCount") or 1),
        origin="loom",
        metrics=effect,
    )
    known = {"rootCause", "fixApproach", "codeFix", "prevention"}
    record = Solution(
        slug=str(raw.get("slug") or slug_of(signature)[:80].strip("-")),
        signature=signature,
        name=str(problem.get("errorType") or signature[:80]),
        root_cause=str(solution.get("rootCause") or ""),
        fix=tuple(str(solution[k]) for k in ("fixApproach", "codeFix") if solution.get(k)),
        prevention=_words(solution.get("prevention")),
        tags=_words(raw.get("tags")),
        reported=reported,
        agent=str(raw.get("agent") or ""),
        extra={
            "problem": {k: v for k, v in problem.items() if k == "context"},
            "solution": {k: v for k, v in solution.items() if k not in known},
        },
    )
    return Entry(file, record, "loom", ("diagnosis",))


def _words(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(one) for one in value)
    return (str(value),) if value else ()


def _with(pattern: Pattern, **changes: Any) -> Pattern:
    from dataclasses import replace

    return replace(pattern, **changes)
