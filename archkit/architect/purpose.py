"""What a file is for, by how it begins."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

__all__ = ["language_of", "purpose_of", "readme_head"]

_LANGUAGES = {
    ".py": "Python", ".pyi": "Python", ".js": "JavaScript", ".mjs": "JavaScript",
    ".jsx": "JavaScript", ".ts": "TypeScript", ".tsx": "TypeScript", ".go": "Go",
    ".rs": "Rust", ".java": "Java", ".kt": "Kotlin", ".scala": "Scala", ".rb": "Ruby",
    ".php": "PHP", ".cs": "C#", ".swift": "Swift", ".ex": "Elixir", ".exs": "Elixir",
    ".c": "C", ".h": "C", ".cpp": "C++", ".hpp": "C++", ".sql": "SQL",
    ".proto": "Protobuf", ".graphql": "GraphQL", ".sh": "Shell", ".tf": "Terraform",
    ".ipynb": "Notebook", ".md": "Markdown", ".rst": "reStructuredText", ".yaml": "YAML",
    ".yml": "YAML", ".vue": "Vue", ".svelte": "Svelte", ".css": "CSS", ".html": "HTML",
    ".fs": "F#", ".dart": "Dart", ".r": "R", ".jl": "Julia", ".hs": "Haskell", ".clj": "Clojure",
    ".erl": "Erlang", ".lua": "Lua", ".groovy": "Groovy", ".ps1": "PowerShell", ".bicep": "Bicep",
}  # fmt: skip

_COMMENT = re.compile(r"#+|//+!?|/\*+!?|--+|;+|<!--|\*|%")
_LEGAL = re.compile(
    r"(?<!spdx-)licen[sc]ed?\b|permission is hereby|redistribution|warrant", re.IGNORECASE
)
_NOT_A_PURPOSE = re.compile(
    r"^!|-\*-|copyright|spdx|all rights reserved|@ts-|eslint|pragma|^\W*$|syntax=|encoding|noqa"
    r"|generated|^@|vim:|mypy:|prettier|<reference",
    re.IGNORECASE,
)
_BEFORE = re.compile(r"<\?xml|<\?php|package\b|[\"']use (?:strict|client|server)[\"']|syntax\b")
_IMPORT = re.compile(r"(import|using|use|open|namespace)\b|@file:")
_IMPORTS_FIRST = {".java", ".kt", ".scala", ".cs", ".fs", ".swift", ".php"}
_DOCSTRING = re.compile(r"""\A(?:\s|\#[^\n]*\n)*[rRuU]{0,2}(?P<q>\"{3}|'{3})\s*""")
_HEADING = re.compile(r"^#{1,6}[ \t](?P<text>[^\n]*)$", re.MULTILINE)
_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_CELL = re.compile(r'"#{1,3} (?P<text>[^"\\]{1,200})')
_README_WORDS = 120


def language_of(path: str) -> str:
    """Return the language of a file, by its suffix; "" for one that is not known."""
    dot = path.rfind(".")
    return _LANGUAGES.get(path[dot:].lower(), "") if dot >= 0 else ""


def purpose_of(path: str, head: str | None) -> str:
    """Return in one line what a file says it is for, or "" when it does not say.

    Parameters
    ----------
    path
        Its path; the suffix tells how to read it.
    head
        How it begins; None when it cannot be read as text.
    """
    if not head:
        return ""
    pure = PurePosixPath(path)
    suffix = pure.suffix.lower()
    if suffix in (".md", ".markdown"):
        title = _title(head)
        first = _sentence(readme_head(head)) if pure.stem.lower() == "readme" else ""
        return _one_line(": ".join(part for part in (title, first) if part))
    if suffix in (".py", ".pyi"):
        found = _DOCSTRING.match(head)
        if found:
            first = head[found.end() :].split("\n", 1)[0]
            return _one_line(first.split(found["q"], 1)[0])
    if suffix == ".rst":
        return _one_line(next((line for line in head.splitlines() if re.match(r"\w", line)), ""))
    if suffix == ".json":
        found = re.search(r'"(?:description|title)"\s*:\s*"(?P<text>[^"\\]{1,300})"', head)
        return _one_line(found["text"]) if found else ""
    if suffix == ".ipynb":
        found = _CELL.search(head)
        return _one_line(found["text"]) if found else ""
    return _first_comment(head, imports_first=suffix in _IMPORTS_FIRST)


def _title(head: str) -> str:
    """Return what Markdown is about: by its front matter, its first heading of level 1, or any."""
    front = _FRONT.match(head)
    for key in ("description", "title"):
        said = front and re.search(rf"^{key}:([^\n]+)$", front[0], re.MULTILINE)
        text = said[1].strip() if said else ""
        quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
        if text and (text := text[1:-1] if quoted else text):
            return text
    body = _FRONT.sub("", head)
    found = re.search(r"^#[ \t](?P<text>[^\n]*)$", body, re.MULTILINE) or _HEADING.search(body)
    return _bare(found["text"].rstrip("# \t")) if found else ""


def readme_head(text: str) -> str:
    """Return a README's first words, 120 at most, without marks, pictures, tables and headings.

    They end before the first code block and before the second heading that follows some words.
    """
    text = re.split(r"^(?:```|~~~)", _FRONT.sub("", text), maxsplit=1, flags=re.MULTILINE)[0]
    lines: list[str] = []
    for line in _bare(text).splitlines():
        if re.match(r"\s*#|[^\n]{1,80}\n[=-]{3,}", line):
            if sum(len(said.split()) for said in lines) >= 20:
                break
        elif not re.match(r"\s*([=*_-]{3,}\s*$|\||>\s*\[!|[-*+]\s*$)", line):
            lines.append(line)
    words = " ".join(lines).split()
    return " ".join(words[:_README_WORDS]) + (" …" if len(words) > _README_WORDS else "")


def _bare(text: str) -> str:
    """Return Markdown without comments, tags, pictures and the targets of links."""
    text = re.sub(
        r"<!--.*?(?:-->|\Z)|<[^<>]{0,300}>|!\[[^\[\]]*\]\([^()]*\)", " ", text, flags=re.S
    )
    text = re.sub(r"!?\[([^\[\]]*)\](?:\([^()\n]*\)|\[[^\[\]\n]*\])", r"\1", text)
    text = re.sub(r"^\[[^\]\n]{1,80}\]:.*$", "", text, flags=re.MULTILINE)
    return re.sub(r"\*\*|`", "", text).strip()


def _sentence(text: str) -> str:
    found = re.match(r".{10,140}?[.!?](?=\s|$)", text)
    return found[0] if found else text


def _first_comment(head: str, *, imports_first: bool) -> str:
    """Return the first comment that says something, before any code; legal notices are passed."""
    legal = False
    for line in head.splitlines()[:120]:
        stripped = line.strip()
        found = _COMMENT.match(stripped)
        if found is None:
            legal = False
            passed = not stripped or _BEFORE.match(stripped)
            if passed or (imports_first and _IMPORT.match(stripped)):
                continue
            return ""
        text = stripped[found.end() :].removesuffix("*/").removesuffix("-->").strip()
        legal = legal or bool(_LEGAL.search(text))
        if text and not legal and not _NOT_A_PURPOSE.search(text):
            return _one_line(text)
        legal = legal and not line.rstrip().endswith("*/")
    return ""


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else line[:159].rstrip() + "…"
