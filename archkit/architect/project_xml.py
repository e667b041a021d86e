"""Java's and .NET's manifests: XML, read without document types, so no entity can grow or fetch."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any
from xml.parsers.expat import ExpatError

from archkit.decisions.status_file import Element, StatusFileError, read_xml

__all__ = ["read_dotnet", "read_maven"]

_DEVELOPMENT = ("test", "analyzers", "coverlet", "xunit", "nunit", "moq")


def read_maven(text: str) -> dict[str, Any]:
    """Read a pom.xml: `name`, `version`, `about`, `needs` and `develops_with` as group:artifact.

    Raises
    ------
    ValueError
        It has a document type, is too long, or is not well-formed.
    """
    project = _top(text, "project")
    said = {child.name: child.text.strip() for child in project.children}
    needs: list[str] = []
    besides: list[str] = []
    for element in project.below():
        if element.name in ("dependency", "parent"):
            part = {child.name: child.text.strip() for child in element.children}
            name = f"{part.get('groupid', '')}:{part.get('artifactid', '')}"
            (besides if part.get("scope") == "test" else needs).append(name)
    return {
        **{"name": said.get("artifactid"), "version": said.get("version")},
        "about": said.get("description") or said.get("name"),
        "needs": needs,
        "develops_with": besides,
    }


def read_dotnet(text: str) -> dict[str, Any]:
    """Read a project file of .NET: `version` is the framework it targets, `needs` its packages.

    Raises
    ------
    ValueError
        It has a document type, is too long, or is not well-formed.
    """
    project = _top(text, "project")
    said = {element.name: element.text.strip() for element in project.below()}
    named = [
        element.given.get("include") or element.given.get("update") or ""
        for element in project.below()
        if element.name in ("packagereference", "packageversion", "frameworkreference")
    ]
    sdk = [project.given["sdk"]] if project.given.get("sdk") else []
    besides = [name for name in named if any(word in name.lower() for word in _DEVELOPMENT)]
    inner = [e.given.get("include", "") for e in project.below() if e.name == "projectreference"]
    return {
        "name": said.get("assemblyname"),
        "version": said.get("targetframework") or said.get("targetframeworks"),
        "about": said.get("description") or _uses(inner),
        "needs": [*sdk, *(name for name in named if name not in besides)],
        "develops_with": besides,
    }


def _uses(inner: list[str]) -> str:
    names = [PurePosixPath(path.replace("\\", "/")).stem for path in inner if path]
    return f"uses {', '.join(names[:8])}" if names else ""


def _top(text: str, name: str) -> Element:
    try:
        # Encoded anew, so the encoding it declares for itself no longer holds.
        body = text[text.find("?>") + 2 :] if text.lstrip().startswith("<?xml") else text
        root, _ = read_xml(body.encode("utf-8", "replace"))
    except (StatusFileError, ExpatError) as error:
        raise ValueError(str(error)) from error
    found = next((child for child in root.children if child.name == name), None)
    if found is None:
        raise ValueError(f"it has no <{name}>")
    return found
