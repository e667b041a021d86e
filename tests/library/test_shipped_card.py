"""The card archkit ships says what the reference card says, in other words."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import archkit

CARD = Path(archkit.__file__).parent / "library" / "cards" / "backend-architect.md"
REFERENCE = (
    Path(__file__).resolve().parents[3] / "shared" / "data" / "cards" / "backend-architect.md"
)

SECTIONS = [
    "1. Executive Summary",
    "2. Architecture Overview",
    "3. Service Definitions",
    "4. API Contracts",
    "5. Data Schema",
    "6. Technology Stack Rationale",
    "7. Key Considerations",
]
FIGURE = re.compile(
    r"\d+%|\d+ uses|used \d+ times|avg setup \d+hr|\d+ patterns found|\d+x\b|\d+→\d+|\d+s\b"
)


@pytest.fixture(scope="module")
def ours() -> str:
    return CARD.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def reference() -> str:
    if not REFERENCE.is_file():
        pytest.skip("the reference card is not beside this repository")
    # Its arrow was saved through the wrong code page.
    return REFERENCE.read_text(encoding="utf-8").replace("â†’", "→")


def front_matter(text: str) -> dict[str, Any]:
    return dict(yaml.safe_load(text.split("---\n", 2)[1]))


def section(text: str, heading: str) -> str:
    level = heading.split(" ", 1)[0]
    body = text.split(f"\n{heading}\n", 1)[1]
    return re.split(rf"\n#{{1,{len(level)}}} ", body, maxsplit=1)[0]


def headings(text: str) -> list[str]:
    return re.findall(r"^#+ .+$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M)


def records(text: str) -> list[dict[str, Any]]:
    fences = re.findall(r"```\w*\n(.*?)```", text, flags=re.S)
    return [yaml.safe_load(body) for body in fences if body.startswith("{")]


def bold_leads(text: str) -> list[str]:
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    return re.findall(r"^\s*(?:[-\d.]+ )?\*\*([^*]+?):?\*\*:?", prose, flags=re.M)


def sentences(text: str) -> set[str]:
    """Sentences of twelve words or more, without data: records, tools, figures of patterns."""
    body = re.sub(r"```\n\{.*?```", "", text.split("---\n", 2)[2], flags=re.S)
    lines = (line for line in body.splitlines() if not re.match(r"- Pattern [A-E]:", line))
    pieces = (re.sub(r"[^\w\s]", " ", p) for line in lines for p in re.split(r"[.!?:]\s", line))
    words = (piece.lower().split() for piece in pieces)
    return {" ".join(w) for w in words if len(w) >= 12}


def test_shipped_card_has_the_settings_of_the_agent(ours: str) -> None:
    settings = front_matter(ours)
    assert len(settings.pop("description")) > 80
    tools = settings.pop("tools").split(", ")
    assert len(tools) == len(set(tools)) == 14
    assert settings == {
        "name": "backend-architect",
        "model": "sonnet",
        "aml_enabled": True,
        "aml_config": {"learning_rate": 0.8, "pattern_threshold": 3, "memory_limit_mb": 120},
    }


def test_shipped_card_demands_seven_sections_in_order(ours: str) -> None:
    mandated = section(ours, "## Mandated Output Structure")
    assert re.findall(r"^### (.+)$", mandated, flags=re.M) == SECTIONS
    leads = re.findall(r"^- \*\*(.+?):\*\*", mandated, flags=re.M)
    assert leads == ["Scalability", "Security", "Observability", "Deployment & CI/CD"]
    assert "10x" in mandated


def test_shipped_card_has_twelve_learning_steps_in_three_phases(ours: str) -> None:
    protocol = section(ours, "### Learning Protocol")
    assert [int(n) for n in re.findall(r"^(\d+)\. ", protocol, flags=re.M)] == list(range(1, 13))
    phases = re.findall(r"^\*\*(.+?)\*\*:", protocol, flags=re.M)
    assert phases == ["Before Architecture Design", "During Design", "After Implementation"]


def test_shipped_card_orders_the_ladder(ours: str) -> None:
    ladder = section(ours, "### 3. Decision Making")
    rungs = re.findall(r"^\d\. \*\*(.+?):\*\*", ladder, flags=re.M)
    assert rungs == ["Testability", "Readability", "Consistency", "Simplicity", "Reversibility"]


def test_shipped_card_counts_its_lists(ours: str) -> None:
    counts = {
        "### 1. Process & Quality": 4,
        "### 2. Technical Standards": 4,
        "### Memory Focus Areas": 7,
        "## Guiding Principles": 6,
    }
    found = {name: len(re.findall(r"^- ", section(ours, name), flags=re.M)) for name in counts}
    assert found == counts


def test_shipped_card_is_free_of_mojibake(ours: str) -> None:
    assert "10→30" in ours
    assert not re.search("[âÃ�]", ours)


def test_front_matter_is_that_of_the_reference(ours: str, reference: str) -> None:
    mine, theirs = front_matter(ours), front_matter(reference)
    assert mine.pop("description") != theirs.pop("description")
    assert mine == theirs


def test_headings_and_bold_leads_are_those_of_the_reference(ours: str, reference: str) -> None:
    assert headings(ours) == headings(reference)
    unsaid = set(bold_leads(reference)) - set(bold_leads(ours))
    assert all(lead[-1] == "." for lead in unsaid), "only whole sentences are reworded"
    assert len(bold_leads(ours)) == len(bold_leads(reference))


def test_every_figure_of_the_reference_is_kept(ours: str, reference: str) -> None:
    assert len(FIGURE.findall(reference)) >= 39
    assert sorted(FIGURE.findall(ours)) == sorted(FIGURE.findall(reference))


def test_every_pattern_of_the_reference_is_named(ours: str, reference: str) -> None:
    named = re.compile(r"^- Pattern [A-E]: [^(]+", flags=re.M)
    assert len(named.findall(reference)) == 12
    assert named.findall(ours) == named.findall(reference)


def test_queries_and_error_signatures_of_the_reference_are_kept(ours: str, reference: str) -> None:
    asked = re.compile(r'^(?:Query AML|Error Signature): ".+"$', flags=re.M)
    assert len(asked.findall(reference)) == 7
    assert asked.findall(ours) == asked.findall(reference)


def test_both_json_records_are_the_reference_s(ours: str, reference: str) -> None:
    assert len(records(reference)) == 2
    assert records(ours) == records(reference)


def test_no_long_sentence_is_copied(ours: str, reference: str) -> None:
    assert len(sentences(reference)) > 15
    assert sentences(ours) & sentences(reference) == set()
