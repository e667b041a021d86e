"""A proposal as a page: each note beside its line, nothing the text says does anything."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archkit.figures.style import TOKENS
from archkit.markup import Note, markdown
from archkit.proposal.document import SECTIONS, Proposal, read_proposal
from archkit.proposal.finding import Finding
from archkit.proposal.findings import Findings
from archkit.proposal.page import proposal_page, stylesheet

ATTACK = '<script>alert(1)</script><aside class="note">forged</aside>'
TEXT = """# Shop

## 1. Executive Summary

One service.

- first
- second
  - nested

| Method | Path |
|---|---|
| GET | /a |
| PUT | /b |

```json
{"a": 1
"b": 2}
```

> said

Last words.
"""
FOUND = re.compile(
    r'<div class="beside (\w+)"><aside>(.*?)</aside><div class="said">(.*?)</div>', re.S
)


class Tree(HTMLParser):
    """Whether each tag is closed where it should be, and which tags and attributes there are."""

    VOID = frozenset({"br", "hr"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def at(line: int, severity: str = "error", rule: str = "A01", **more: object) -> Finding:
    facts: dict[str, object] = {"section": 4, "message": f"at {line}", "fix": f"mend {line}"}
    return Finding(rule, severity, line, **facts | more)  # type: ignore[arg-type]


def drawn(text: str, *findings: Finding, **given: object) -> str:
    """Draw a proposal in which just these were found."""
    proposal = read_proposal(text)
    proposal.__dict__["checked"] = Findings(findings)
    return proposal_page(proposal, **given)  # type: ignore[arg-type]


def beside(line: int, text: str = TEXT) -> str:
    """Return the words of the block that the note of a line stands beside."""
    [(_, note, block)] = FOUND.findall(drawn(text, at(line)))
    assert f"line {line} " in note
    return " ".join(re.sub("<[^>]+>", " ", block).split())


@pytest.mark.parametrize(
    ("line", "block"),
    [
        (1, "Shop"),
        (3, "1. Executive Summary"),
        (5, "One service."),
        (6, "One service."),
        (7, "first"),
        (8, "second"),
        (9, "nested"),
        (11, "Method Path GET /a PUT /b"),
        (14, "Method Path GET /a PUT /b"),
        (17, "{&quot;a&quot;: 1 &quot;b&quot;: 2}".replace("&quot;", '"')),
        (21, "said"),
        (23, "Last words."),
        (99, "Last words."),
    ],
)
def test_a_note_stands_beside_the_innermost_block_of_its_line(line, block):
    assert beside(line) == block


def test_the_line_itself_is_marked_in_code_and_in_tables():
    page = drawn(TEXT, at(18), at(14, "warning"))
    assert '<mark class="error">"b": 2}</mark>' in page
    assert page.count("<mark") == 1
    assert re.findall(r'<tr class="noted (\w+)">\s*<td>(\w+)', page) == [("warning", "PUT")]


@pytest.mark.parametrize("indent", ["    ", "- item\n\n  "])
def test_code_by_indent_and_code_in_lists_are_marked_on_the_right_line(indent):
    text = (
        "words\n\n    one\n    two\n"
        if indent == "    "
        else "- item\n\n  ```\n  one\n  two\n  ```\n"
    )
    line = text.split("\n").index(next(row for row in text.split("\n") if "two" in row)) + 1
    assert '<mark class="error">two</mark>' in drawn(text, at(line))


def test_the_worst_severity_gives_the_block_its_kind():
    page = drawn(TEXT, at(5, "info"), at(5, "warning"), at(7, "info"))
    assert [kind for kind, _, _ in FOUND.findall(page)] == ["warning", "info"]


def test_a_severity_has_a_sign_and_a_word_beside_its_colour():
    page = drawn(TEXT, at(1, "error"), at(3, "warning"), at(5, "info"))
    said = [
        f"{sign} {word} · line" for sign, word in (("✕", "error"), ("▲", "warning"), ("○", "info"))
    ]
    assert [one for one in said if one not in page] == []


def test_many_notes_fold_how_to_mend_and_many_on_a_line_fold_the_rest():
    few = drawn(TEXT, at(5))
    assert "<details><summary>at 5</summary>" not in few
    many = drawn(TEXT, *(at(5, message=f"number {n}") for n in range(12)))
    assert "<summary>number 0</summary>" in many
    assert "<summary>9 more on line 5</summary>" in many
    assert many.count('<span class="where">') == 12


class TestSummary:
    def test_it_has_the_score_only_beside_the_counts_and_the_sections(self):
        page = drawn(TEXT, at(1), at(2, "warning"))
        head = page[page.index('<ul class="summary">') : page.index("</ul>")]
        words = " ".join(re.sub("<[^>]+>", " ", head).split())
        score = Findings([at(1), at(2, "warning")]).score
        lines = len(TEXT.splitlines())
        told = f"1 of 7 sections ✕ 1 error ▲ 1 warning ○ 0 infos score {score} of 100 {lines} lines"
        assert words == told

    def test_nothing_written_is_said(self):
        page = read_proposal("")._repr_html_()
        assert "The proposal is empty." in page
        assert "0 of 7 sections" in page
        assert "Section 1, Executive Summary, is missing." in page

    def test_nothing_found_leaves_no_margin(self):
        page = drawn(TEXT)
        assert "<aside>" not in page
        assert 'class="text"' in page
        assert 'class="text noted"' in drawn(TEXT, at(1))


class TestSafe:
    def test_what_a_text_or_a_finding_says_does_nothing(self):
        text = (
            f"## {ATTACK}\n\n{ATTACK}\n\n[go](javascript:alert(1)) ![x](https://a.example/x.png)\n"
        )
        evil = at(1, message=ATTACK, fix=ATTACK, evidence=ATTACK, rule='"><b>')
        tree = Tree(drawn(text, evil))
        assert tree.open == []
        assert not tree.tags & {"script", "img", "b", "iframe", "form", "input"}
        assert not {name for name in tree.attributes if name.startswith("on") or name == "style"}
        assert "javascript:" not in re.sub(r">[^<]*<", "><", drawn(text, evil))

    def test_a_text_cannot_forge_a_note(self):
        page = drawn(f'{ATTACK}\n\n<div class="beside error"><aside>forged</aside></div>\n')
        assert "<aside" not in page
        assert "&lt;aside" in page

    def test_links_that_would_lead_out_of_the_notebook_lead_nowhere(self):
        page = drawn("[a](#here) [b](other.ipynb) [c](//host/x) [d](https://example.com/x)\n")
        assert re.findall(r'href="([^"]*)"', page) == ["https://example.com/x"]

    @given(
        st.lists(
            st.sampled_from(
                ["# h", "- a", "  - b", "1. c", "> q", "| a |", "|---|", "```", "    code", "", "w"]
            ),
            max_size=14,
        ),
        st.lists(st.tuples(st.integers(1, 20), st.sampled_from(["error", "info"])), max_size=5),
    )
    def test_whatever_is_nested_in_what_the_page_is_whole_and_has_each_note_once(self, rows, notes):
        found = [at(line, kind, message=f"n{n}") for n, (line, kind) in enumerate(notes)]
        page = drawn("\n".join(rows), *found)
        body = page[page.index('<div class="text') :]
        assert Tree(page).open == []
        for finding in found:
            assert body.count(f"> {finding.message} <") == 1

    def test_no_id_gets_into_a_notebook_which_may_show_two(self):
        assert ' id="' not in drawn(TEXT, at(1))
        assert ' id="p-1"' in drawn(TEXT, at(1), anchor="p", in_report=True)


class TestLarge:
    def test_only_the_beginning_of_a_very_long_text_is_drawn_and_that_is_said(self):
        text = "## 1. Executive Summary\n\n" + "Some words of a paragraph.\n\n" * 180_000
        assert len(text) > 5_000_000
        page = drawn(text, at(4), at(300_000))
        assert len(page) < 1_000_000
        assert re.search(r"The other [\d,]+ of 5,0[\d,]+ characters are not drawn\.", page)
        assert "line 4 " in page
        assert "line 300000 " not in page

    @pytest.mark.parametrize(
        "text",
        [
            "> " * 2000 + "deep",
            "".join("  " * n + "- x\n" for n in range(300)),
            "[" * 30_000,
            "*a " * 30_000,
            "`" * 30_000,
            "![" * 20_000,
            "[a](" * 20_000,
            "| a " * 3_000 + "|\n" + "|---" * 3_000 + "|\n",
        ],
        ids=["quotes", "lists", "brackets", "stars", "backticks", "pictures", "links", "columns"],
    )
    def test_a_text_made_to_be_slow_is_drawn(self, text):
        assert Tree(drawn(text, at(1))).open == []

    def test_a_fence_that_is_never_closed_is_code_to_the_end(self):
        page = drawn("```json\n{\n\n## 1. Executive Summary\n", at(1), at(4))
        assert '<mark class="error">## 1. Executive Summary</mark>' in page


class TestStyle:
    def test_every_rule_of_it_is_below_the_page(self):
        css = re.sub(r"/\*.*?\*/", "", stylesheet(), flags=re.S)
        css = re.sub(r"@(?:media|container)[^{]*\{", "", css)
        outer = [one.strip() for rule in re.findall(r"([^{}]+)\{", css) for one in split(rule)]
        assert outer
        assert [one for one in outer if ".archkit.archkit-doc" not in one] == []

    def test_its_colours_are_those_of_figures_and_reports(self):
        css = stylesheet()
        blocks = re.findall(r"(--ak-ink: #.*?)\}", css, re.S)
        for theme, block in zip(("light", "dark"), blocks, strict=False):
            given = dict(re.findall(r"--ak-(\w+): (#\w+);", block))
            assert given
            assert given == {name: TOKENS[theme][name] for name in given}

    def test_a_report_has_it_once_and_a_notebook_brings_it(self):
        assert "<style>" in drawn(TEXT)
        assert "<style>" not in drawn(TEXT, in_report=True)


def split(selectors: str) -> list[str]:
    """Split a list of selectors at the commas outside of brackets, which are left out."""
    while "(" in selectors:
        selectors = re.sub(r"\([^()]*\)", "", selectors)
    return selectors.split(",")


def test_markdown_without_blocks_keeps_its_note():
    assert "<aside>kept</aside>" in markdown("", notes={1: Note("kept", "error")})


def test_the_seven_sections_are_drawn_in_full():
    text = "# T\n\n" + "".join(f"## {n}. {t}\n\nword{n}\n\n" for n, t in enumerate(SECTIONS, 1))
    proposal: Proposal = read_proposal(text)
    page = proposal._repr_html_()
    assert [n for n in range(1, 8) if f"<p>word{n}</p>" not in page] == []
    assert "7 of 7 sections" in page
