"""Agent cards: every variant Claude Code loads is loaded, every one it refuses is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from archkit.architect.card import AgentCard, AmlConfig, card_names, read_card
from archkit.errors import ArchkitError, CardError
from archkit.records import LADDER

REFERENCE = Path(__file__).parents[3] / "shared" / "data" / "cards" / "backend-architect.md"
BODY = "# Reviewer\n\nReads.\n"


def card(tmp_path: Path, text: str | bytes) -> AgentCard:
    path = tmp_path / "card.md"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_card(path)


def front(*lines: str, name: str = "name: reviewer") -> str:
    return "\n".join(["---", name, *lines, "---", BODY])


DESCRIBED = {
    "plain": ("description: Reads code", "Reads code", None),
    "colon": ("description: Use when: code changes", "Use when: code changes", "Line 3"),
    "apostrophe and colon": ("description: It's: fine", "It's: fine", "Line 3"),
    "at first": ("description: @team reads code", "@team reads code", "Line 3"),
    "percent first": ("description: %done matters", "%done matters", "Line 3"),
    "backtick first": ("description: `lint` reads", "`lint` reads", "Line 3"),
    "unbalanced bracket": ("description: [draft reads code", "[draft reads code", "Line 3"),
    "unbalanced brace": ("description: {draft reads code", "{draft reads code", "Line 3"),
    "tab after the colon": ("description:\tReads code", "Reads code", "tabs"),
    "double quotes": ('description: "Reads: code\\nand more"', "Reads: code\nand more", None),
    "single quotes": ("description: 'Reads: code'", "Reads: code", None),
    "folded": ("description: >\n  Reads\n  code", "Reads code", None),
    "literal": ("description: |\n  Reads\n  code", "Reads\ncode", None),
    "indented continuation": ("description: Reads\n  code", "Reads code", None),
    "continuation with a colon": ("description: Use: it\n  for code", "Use: it for code", "Line 3"),
    "an impossible date": ("description: 2024-99-99", "2024-99-99", "Line 3"),
    "a number": ("description: 42", "42", "as text"),
    "twice, the last counts": ("description: one\ndescription: two", "two", "Line 4"),
    "ended by a comment": ("description: Fixes #1 and #2", "Fixes", "comment"),
    "a list in words": ("description: [a, b]", "[a, b]", "as text"),
    "a control character": ("description: a\x07b", "a\ufffdb", "control character"),
}


@pytest.mark.parametrize("variant", DESCRIBED)
def test_a_description_is_read_as_claude_code_reads_it(tmp_path: Path, variant: str) -> None:
    written, wanted, problem = DESCRIBED[variant]
    read = card(tmp_path, front(written))
    assert read.description == wanted
    assert read.body == BODY
    assert len(read.problems) == (problem is not None)
    assert problem is None or problem in read.problems[0]


TOOLS = {
    "text": ("tools: Read, Write", ("Read", "Write"), 0),
    "flow list": ("tools: [Read, Write]", ("Read", "Write"), 0),
    "block list": ("tools:\n  - Read\n  - Write", ("Read", "Write"), 0),
    "commas in parentheses": (
        "tools: Bash(git log:*, git diff:*), Read",
        ("Bash(git log:*, git diff:*)", "Read"),
        0,
    ),
    "all": ("tools: *", ("*",), 1),
    "absent": ("color: red", None, 0),
    "empty": ("tools:", (), 1),
    "unbalanced bracket": ("tools: [Read, Write", ("Read", "Write"), 2),
    "unknown": ("tools: Read, Frobnicate", ("Read", "Frobnicate"), 1),
    "of a server": ("tools: mcp__aml__query_patterns", ("mcp__aml__query_patterns",), 0),
    "trailing comma": ("tools: Read, ", ("Read",), 0),
}


@pytest.mark.parametrize("variant", TOOLS)
def test_tools_are_a_text_a_list_or_all(tmp_path: Path, variant: str) -> None:
    written, wanted, problems = TOOLS[variant]
    read = card(tmp_path, front("description: d", written))
    assert read.tools == wanted
    assert len(read.problems) == problems


def test_a_tool_is_allowed_by_its_bare_name_unless_denied(tmp_path: Path) -> None:
    lines = ("description: d", "tools: Read, Bash(git log:*)", "disallowedTools: Read")
    read = card(tmp_path, front(*lines))
    assert [read.allows(tool) for tool in ("Read", "Bash", "Write")] == [False, True, False]
    assert card(tmp_path, front("description: d")).allows("Write")
    assert card(tmp_path, front("description: d", "tools: '*'")).allows("Write")


@pytest.mark.parametrize(
    ("written", "wanted", "problems"),
    [
        ("name: no", "no", 1),
        ("name: 1.10", "1.10", 1),
        ("name: a name with spaces", "a name with spaces", 0),
        ("name: one\nname: two", "two", 1),
    ],
)
def test_a_name_is_text_whatever_yaml_makes_of_it(
    tmp_path: Path, written: str, wanted: str, problems: int
) -> None:
    read = card(tmp_path, front("description: d", name=written))
    assert (read.name, len(read.problems)) == (wanted, problems)


def test_a_byte_order_mark_is_left_out_and_said(tmp_path: Path) -> None:
    read = card(tmp_path, b"\xef\xbb\xbf" + front("description: d").encode())
    assert read.name == "reviewer"
    assert "byte order mark" in read.problems[0]


def test_windows_line_ends_are_kept_in_the_body(tmp_path: Path) -> None:
    read = card(tmp_path, front("description: d", "model: opus").replace("\n", "\r\n"))
    assert (read.description, read.model, read.problems) == ("d", "opus", ())
    assert read.body == BODY.replace("\n", "\r\n")
    assert read.sections[0][:3] == (1, "Reviewer", 6)


def test_a_latin_1_byte_is_named_with_its_line(tmp_path: Path) -> None:
    read = card(tmp_path, b"---\nname: r\ndescription: caf\xe9\n---\n")
    assert read.description == "caf\ufffd"
    assert read.problems == ("Line 3: byte 0xE9 is not UTF-8; it is read as '\ufffd'.",)


def test_an_empty_body_is_no_problem(tmp_path: Path) -> None:
    read = card(tmp_path, "---\nname: r\ndescription: d\n---")
    assert (read.body, read.sections, read.steps, read.ladder) == ("", (), (), ())


def test_unknown_values_load_with_a_problem_each(tmp_path: Path) -> None:
    lines = ("model: gpt-x", "permissionMode: maybe", "memory: planet", "maxTurns: -1")
    read = card(tmp_path, front("description: d", *lines))
    assert (read.model, read.permission_mode, read.memory) == ("gpt-x", "maybe", "planet")
    assert read.max_turns is None
    assert sorted(problem[:7] for problem in read.problems) == [f"Line {n}:" for n in range(4, 8)]


def test_every_field_of_the_format_is_read(tmp_path: Path) -> None:
    lines = """description: d
disallowedTools: [Write]
model: haiku
permissionMode: plan
maxTurns: 7
skills: one, two
mcpServers: [context7]
hooks:
  PreToolUse: []
memory: project
background: true
effort: high
isolation: worktree
initialPrompt: Begin
color: blue
temperature: 0.2
category: review"""
    read = card(tmp_path, front(lines))
    assert (read.disallowed_tools, read.skills) == (("Write",), ("one", "two"))
    assert (read.model, read.permission_mode, read.max_turns) == ("haiku", "plan", 7)
    assert (read.mcp_servers, read.hooks) == (["context7"], {"PreToolUse": []})
    assert (read.memory, read.background, read.effort) == ("project", True, "high")
    assert (read.isolation, read.initial_prompt, read.color) == ("worktree", "Begin", "blue")
    assert read.extra == {"temperature": 0.2, "category": "review"}
    assert read.problems == ()


REFUSED = {
    "no front matter": ("# Reviewer\n", "Line 1: there is no front matter"),
    "an empty file": ("", "Line 1: there is no front matter"),
    "unclosed": ("---\nname: r\ndescription: d\n", "Line 1: the front matter is never closed"),
    "empty": ("---\n---\nbody", "Line 2: the front matter is empty"),
    "a scalar": ("---\njust words\n---\n", "Line 2: the front matter is no list"),
    "a blank line first": ("\n---\nname: r\ndescription: d\n---\n", "Line 1: a blank line"),
    "no name": ("---\ndescription: d\n---\n", "Line 1: name is missing"),
    "no description": ("---\nname: r\n---\n", "Line 1: description is missing"),
    "an empty description": ("---\nname: r\ndescription:\n---\n", "Line 3: description is missing"),
    "a quote that ends early": (front('description: "a" and b'), "Line 3: the front matter is not"),
    "a dash first": (front("description: - foo"), "Line 3: the front matter is not"),
    "an unindented second line": (front("description: one", "and two"), "not YAML"),
}


@pytest.mark.parametrize("variant", REFUSED)
def test_what_claude_code_refuses_is_refused_with_reason_and_line(
    tmp_path: Path, variant: str
) -> None:
    text, reason = REFUSED[variant]
    with pytest.raises(CardError) as caught:
        card(tmp_path, text)
    assert caught.value.what == "The card 'card.md' cannot be loaded."
    assert reason in caught.value.why


@pytest.mark.parametrize(
    ("written", "wanted", "problems"),
    [
        (
            "aml_config:\n  learning_rate: 0.5\n  pattern_threshold: 4\n  memory_limit_mb: 9",
            AmlConfig(0.5, 4, 9),
            0,
        ),
        ("aml_config:\n  learning_rate: 1.5\n  pattern_threshold: 0", AmlConfig(), 2),
        ("aml_config:\n  learning_rate: fast\n  memory_limit_mb: -1", AmlConfig(), 2),
        ("aml_config:\n  pattern_threshold: 2.5", AmlConfig(), 1),
        ("aml_config: much", AmlConfig(), 1),
        ("aml_config:\n  learning_rte: 0.5", AmlConfig(), 1),
        ("color: red", AmlConfig(), 0),
    ],
)
def test_how_the_memory_learns_stays_in_range(
    tmp_path: Path, written: str, wanted: AmlConfig, problems: int
) -> None:
    read = card(tmp_path, front("description: d", written))
    assert (read.aml_config, len(read.problems)) == (wanted, problems)


@pytest.mark.parametrize(("written", "on"), [("true", True), ('"yes"', True), ("maybe", False)])
def test_the_memory_is_on_when_the_card_says_so(tmp_path: Path, written: str, on: bool) -> None:
    assert card(tmp_path, front("description: d", f"aml_enabled: {written}")).aml_enabled is on


def test_mojibake_is_named_and_kept(tmp_path: Path) -> None:
    broken = "10→30, café".encode().decode("cp1252")
    text = front("description: d") + broken + " and the true ones: → é Â» naïve\n"
    read = card(tmp_path, text)
    assert read.body.startswith(BODY + broken)
    assert [problem.split(": ")[1][:12] for problem in read.problems[:2]] == [
        "'â†’' was pr",
        "'Ã©' was pro",
    ]


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    text = front("description: d")
    assert card(tmp_path, text).card_hash == hashlib.sha256(text.encode()).hexdigest()


MODELS = [
    ("sonnet", {}, None, "claude-sonnet-5-5"),
    ("Opus", {}, None, "claude-opus-5-5"),
    ("haiku", {}, None, "claude-haiku-5-5"),
    ("haiku", {"ANTHROPIC_DEFAULT_HAIKU_MODEL": "claude-haiku-9"}, None, "claude-haiku-9"),
    ("haiku", {"ANTHROPIC_DEFAULT_HAIKU_MODEL": ""}, None, "claude-haiku-5-5"),
    ("claude-sonnet-4-5", {}, None, "claude-sonnet-4-5"),
    ("inherit", {}, None, "claude-sonnet-5-5"),
    (None, {"ANTHROPIC_DEFAULT_SONNET_MODEL": "claude-s"}, None, "claude-s"),
    ("sonnet", {}, "opus", "claude-opus-5-5"),
    ("sonnet", {}, "qwen3:8b", "qwen3:8b"),
    ("opus", {}, "inherit", "claude-opus-5-5"),
]


@pytest.mark.parametrize(("model", "env", "explicit", "wanted"), MODELS)
def test_a_short_name_is_never_asked_for(
    model: str | None, env: dict[str, str], explicit: str | None, wanted: str
) -> None:
    assert AgentCard("r", "d", model=model).resolve_model(env, explicit) == wanted


def test_a_section_is_found_by_its_heading_however_it_is_spelt(tmp_path: Path) -> None:
    body = (
        "## 1. **First**\n\none\n\n### Inner\n\ntwo\n\n```\n# no heading\n```\n\n## Second\nthree"
    )
    read = card(tmp_path, "---\nname: r\ndescription: d\n---\n" + body)
    assert [part[:3] for part in read.sections] == [
        (2, "1. First", 5),
        (3, "Inner", 9),
        (2, "Second", 17),
    ]
    assert read.section("first") == body[len("## 1. **First**\n") : body.index("## Second")]
    assert read.section("SECOND") == "three"


def test_an_unknown_or_ambiguous_section_says_which_there_are(tmp_path: Path) -> None:
    text = "---\nname: r\ndescription: d\n---\n# Guiding Principles\n# Twice\n# Twice\n"
    read = card(tmp_path, text)
    with pytest.raises(CardError) as unknown:
        read.section("Guiding Principle")
    assert unknown.value.mend == "Ask for one of: Guiding Principles."
    with pytest.raises(CardError) as ambiguous:
        read.section("Twice")
    assert ambiguous.value.why == "They stand on lines 6, 7."


def test_an_unknown_name_offers_those_there_are(tmp_path: Path) -> None:
    agents = tmp_path / ".claude" / "agents"
    agents.mkdir(parents=True)
    (agents / "mine.md").write_text(front("description: d"), encoding="utf-8")
    with pytest.raises(ArchkitError) as caught:
        read_card("frontend", folder=tmp_path)
    assert caught.value.what == "No agent card is called 'frontend'."
    assert caught.value.mend.startswith("Give a path, or one of: mine")


def test_the_projects_cards_go_before_the_kits(tmp_path: Path) -> None:
    inner = tmp_path / "src" / "deep"
    inner.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    agents = tmp_path / ".claude" / "agents"
    agents.mkdir(parents=True)
    (agents / "backend-architect.md").write_text(front("description: d"), encoding="utf-8")
    assert read_card("backend-architect", folder=inner).name == "reviewer"
    assert card_names(inner)[0] == "backend-architect"


def test_a_path_that_is_no_file_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none.md", tmp_path, "none/such"):
        with pytest.raises(CardError, match="cannot be read"):
            read_card(path)


def test_a_card_shows_itself_in_one_line_and_as_a_table(tmp_path: Path) -> None:
    read = card(tmp_path, front("description: a | <b>", "tools: Read", "aml_enabled: true"))
    assert repr(read) == "AgentCard('reviewer', 1 tools, model sonnet, AML on)"
    assert "| Description | a \\| &lt;b&gt; |" in read._repr_markdown_()


def full(read: AgentCard) -> None:
    """What every card of a backend architect must give a session."""
    assert [step.n for step in read.steps] == list(range(1, 13))
    assert len({step.phase for step in read.steps}) == 3
    assert read.ladder == LADDER
    assert len(read.focus_areas) == 7
    assert all(area.title and area.text for area in read.focus_areas)
    assert "Key Considerations" in read.section("Mandated Output Structure")
    assert len([p for p in read.sections if p.title[0].isdigit() and p.level == 3]) >= 7
    assert (read.aml_enabled, read.aml_config) == (True, AmlConfig())
    assert read.resolve_model({}) == "claude-sonnet-5-5"


def test_the_kits_own_card_has_all_a_session_needs() -> None:
    if "backend-architect" not in card_names():
        pytest.skip("the kit's card is not there yet")
    read = read_card("backend-architect")
    full(read)
    assert read.name == "backend-architect"
    assert read.problems == ()


def test_the_reference_card_loads_whole() -> None:
    if not REFERENCE.exists():
        pytest.skip("the reference card is not there")
    read = read_card(REFERENCE)
    full(read)
    assert len(read.tools or ()) == 14
    assert [problem[:9] for problem in read.problems] == ["Line 171:"]
    assert REFERENCE.read_bytes().endswith(read.body.encode())
