"""A briefing as a notebook shows it: a page of what was found, every text escaped."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["Briefing"]

_MOST_ROWS = 12
_HEAD = "text-align:left;vertical-align:top;white-space:nowrap"


class Briefing(dict[str, Any]):
    """What the Context Manager found: the agents' form as a dict, and a page in a notebook.

    `summary`, `relevant_paths` and `project` are the parts looked at most.
    """

    @property
    def summary(self) -> str:
        """What the project is, in a few sentences."""
        return str(self._inner.get("summary") or self.get("message") or "")

    @property
    def relevant_paths(self) -> list[str]:
        """The files that the task is about, the best first."""
        return list(self._inner.get("relevant_paths") or ())

    @property
    def project(self) -> dict[str, Any]:
        """What was found of the project."""
        found = self.get("project")
        return found if isinstance(found, dict) else {}

    @property
    def _inner(self) -> Mapping[str, Any]:
        said = self.get("briefing")
        return said if isinstance(said, Mapping) else {}

    def __repr__(self) -> str:
        """One line: the project, its size and how many files matter."""
        if not self.project:
            return f"Briefing({str(self.get('status', 'empty'))!r})"
        name, files = self.project.get("name"), self.project.get("files")
        return f"Briefing({name!r}, {files} files, {len(self.relevant_paths)} relevant)"

    def _repr_html_(self) -> str:
        if not self.project:
            return f"<p>{_esc(self.summary or 'No briefing yet: call session.brief first.')}</p>"
        rows = "".join(
            f"<tr><th scope='row' style='{_HEAD}'>{_esc(name)}</th>"
            f"<td style='text-align:left'>{shown}</td></tr>"
            for name, shown in self.rows()
            if shown
        )
        title = _esc(self.project.get("name"))
        lede = _esc(self.project.get("readme_head"))
        lede = f"<p style='max-width:70ch'>{lede}</p>" if lede else ""
        return f"<div><h4>Briefing: {title}</h4>{lede}<table>{rows}</table>{self._folders()}</div>"

    def rows(self) -> Iterable[tuple[str, str]]:
        """Give what was found as pairs of a name and safe HTML, "" where there is nothing."""
        found, inner = self.project, self._inner
        purposes = inner.get("file_purposes") or {}
        relevant = ((path, purposes.get(path, "")) for path in self.relevant_paths)
        yield "size", _size(found)
        yield "relevant to the task", _listed(_pair(path, text) for path, text in relevant)
        yield "built with", _stack(found, "framework")
        yield "data stores", _stack(found, "data store")
        yield "outside services", _stack(found, "service")
        yield "run as", _listed(map(_service, found.get("services") or ()))
        yield "offers", _listed(map(_api, found.get("apis") or ()))
        yield "manifests", _listed(map(_manifest, found.get("manifests") or ()))
        yield "decided", _listed(map(_record, found.get("decision_records") or ()))
        yield "current story", _story(found.get("story") or {})
        yield "open questions", _listed(map(_question, found.get("open_questions") or ()))
        yield "lately", _listed(map(_activity, inner.get("related_activity") or ()))
        left = found.get("left_out") or {}
        yield "left out", _esc(", ".join(_left(what, count) for what, count in left.items()))
        yield "looked at", _esc(str(found.get("scanned_at") or "")[:16].replace("T", " ") + " UTC")

    def _folders(self) -> str:
        tree = self.project.get("tree") or []
        rows = "".join(
            f"<tr><td style='text-align:left'><code>{_esc(folder['path'])}</code></td>"
            f"<td>{folder['files']}</td>"
            f"<td style='text-align:left'>{_esc(folder['purpose'])}</td></tr>"
            for folder in tree
        )
        head = (
            "<tr><th scope='col'>folder</th><th scope='col'>files</th><th scope='col'>for</th></tr>"
        )
        table = f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"
        return (
            f"<details><summary>{_counted(len(tree), 'folder')}</summary>{table}</details>"
            if tree
            else ""
        )


def _esc(value: Any) -> str:
    return html.escape(" ".join(str(value or "").split()))


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def _pair(name: str, text: str) -> str:
    return f"<code>{_esc(name)}</code>{f' – {_esc(text)}' if text else ''}"


def _listed(shown: Iterable[str]) -> str:
    """Return lines, the first dozen open and the rest folded."""
    lines = list(shown)
    first, rest = lines[:_MOST_ROWS], lines[_MOST_ROWS:]
    more = f"<details><summary>+ {len(rest)} more</summary>{_lines(rest)}</details>"
    return _lines(first) + (more if rest else "")


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"<div>{line}</div>" for line in lines)


def _size(found: Mapping[str, Any]) -> str:
    more = "" if found.get("complete", True) else " or more"
    languages = ", ".join(
        f"{name} {n}" for name, n in list((found.get("languages") or {}).items())[:6]
    )
    return _esc(f"{found.get('files', 0)}{more} files" + (f": {languages}" if languages else ""))


def _stack(found: Mapping[str, Any], kind: str) -> str:
    """Return the technologies of one kind, each with where it was found."""
    lines = []
    for one in found.get("stack") or ():
        if one.get("kind") == kind:
            where = "; ".join(one.get("where") or ())
            only = "" if one.get("used", True) else " (tests and development only)"
            lines.append(f"{_esc(one.get('name'))}{only} <small>{_esc(where)}</small>")
    return _listed(lines)


def _service(service: Mapping[str, Any]) -> str:
    made = service.get("image") or f"built from {service.get('built_from', '?')}"
    ports = f", ports {', '.join(service['ports'])}" if service.get("ports") else ""
    needs = f", needs {', '.join(service['needs'])}" if service.get("needs") else ""
    return _pair(str(service.get("name")), f"{made}{ports}{needs}")


def _api(api: Mapping[str, Any]) -> str:
    offers: Sequence[str] = api.get("offers") or ()
    title = " ".join(str(api.get(key) or "") for key in ("kind", "title", "version")).strip()
    head = _pair(str(api.get("path")), f"{title}, {_counted(len(offers), 'operation')}")
    if not offers:
        return head + (f" ({_esc(api['trouble'])})" if api.get("trouble") else "")
    inner = _lines(f"<code>{_esc(offer)}</code>" for offer in offers)
    return f"<details><summary>{head}</summary>{inner}</details>"


def _manifest(manifest: Mapping[str, Any]) -> str:
    named = " ".join(str(manifest.get(key) or "") for key in ("name", "version")).strip()
    needs = _counted(len(manifest.get("needs") or ()), "dependency", "dependencies")
    said = manifest.get("trouble") or f"{named or manifest.get('language')}, {needs}"
    return _pair(str(manifest.get("path")), str(said))


def _record(record: Mapping[str, Any]) -> str:
    said = ", ".join(str(record[key]) for key in ("status", "date") if record.get(key))
    return f"{_esc(record.get('title'))}{f' <small>{_esc(said)}</small>' if said else ''}"


def _story(story: Mapping[str, Any]) -> str:
    if not story:
        return ""
    if story.get("trouble") or not story.get("story"):
        return _pair(str(story.get("status_file")), str(story.get("trouble") or "names no story"))
    done = f"{story.get('tasks_done')} of {story['tasks']} tasks" if story.get("tasks") else ""
    said = ", ".join(str(part) for part in (story.get("title"), story.get("status"), done) if part)
    return _pair(str(story["story"]), said)


def _question(question: Mapping[str, Any]) -> str:
    where = f"{question.get('path', '')}:{question['line']}" if question.get("line") else ""
    where = where or str(question.get("path") or "")
    return f"{_esc(question.get('question'))}{f' <small>{_esc(where)}</small>' if where else ''}"


def _activity(entry: Mapping[str, Any]) -> str:
    when = str(entry.get("timestamp") or "")[:10]
    return f"{_esc(entry.get('summary'))} <small>{_esc(entry.get('agent'))}, {_esc(when)}</small>"


def _left(what: str, count: Any) -> str:
    return f"{count} {what}" if isinstance(count, int) else f"{what}: {count}"
