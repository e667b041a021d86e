"""The registry, the score, and the details of findings that the mutants do not show."""

from __future__ import annotations

import re

import pytest
from mutants import CONFORMING, MUTANTS, part, section, swapped, with_section

from archkit.proposal.document import SECTIONS, read_proposal
from archkit.proposal.finding import Finding
from archkit.proposal.rule import GROUPS, MOST_FINDINGS, SEVERITIES, Reading, Rule, rule
from archkit.proposal.rules import RULES, check_proposal, rules_kept, score

CONSIDERED = ("Scalability", "Security", "Observability", "Deployment & CI/CD")
SHORT = "".join(f"## {n}. {title}\n\nSome words.\n\n" for n, title in enumerate(SECTIONS, start=1))


def found(text: str) -> list[tuple[str, int | None]]:
    return [(f.rule, f.section) for f in check_proposal(text) if f.severity != "info"]


def messages(text: str, rule_id: str) -> list[str]:
    return [f.message for f in check_proposal(text) if f.rule == rule_id]


def test_each_rule_has_an_id_of_its_own_a_title_and_a_fix() -> None:
    assert len({r.rule_id for r in RULES}) == len(RULES)
    for r in RULES:
        assert r.group in GROUPS
        assert r.severity in SEVERITIES
        assert r.title.endswith(".")
        assert r.fix.endswith((".", "?"))
        assert set(r.needs) <= {other.rule_id for other in RULES}


@pytest.mark.parametrize(
    ("rule_id", "severity", "weight"),
    [("Z01", "error", 1), ("S99", "fatal", 1), ("S99", "info", 1)],
)
def test_a_rule_without_group_severity_or_a_fitting_weight_is_refused(
    rule_id: str, severity: str, weight: int
) -> None:
    with pytest.raises(ValueError, match=rule_id):
        rule(rule_id, severity, weight, "t", "f")


def test_many_findings_of_one_rule_are_counted_not_listed() -> None:
    def check(reading: Reading):
        for _ in range(MOST_FINDINGS + 1234):
            yield reading.fault(1, "It is wrong.", section=None)

    listed = list(Rule("S99", "error", 1, "t", "f", check).findings(Reading(read_proposal("x"))))
    assert len(listed) == MOST_FINDINGS
    assert listed[-1].message == "It is wrong. And 1,234 more of this rule."


def test_a_missing_section_says_where_it_belongs() -> None:
    (finding,) = check_proposal(with_section(2, ""))[:1]
    assert finding == Finding(
        rule="S01",
        severity="error",
        line=finding.line,
        section=2,
        message="Section 2, Architecture Overview, is missing.",
        fix="Add `## 2. Architecture Overview` after Executive Summary.",
    )
    assert with_section(2, "").split("\n")[finding.line - 1] == "## 3. Service Definitions"


def test_a_missing_section_names_the_heading_that_may_be_it() -> None:
    text = swapped("## 6. Technology Stack Rationale", "## 6. Technology Stack")
    (finding,) = [f for f in check_proposal(text) if f.rule == "S01"]
    line = text.split("\n").index("## 6. Technology Stack") + 1
    assert finding.fix.endswith(f", or give that title to “6. Technology Stack” on line {line}.")


def test_a_section_given_twice_is_found_at_the_second() -> None:
    text = with_section(3, section(3) + section(3))
    (finding,) = [f for f in check_proposal(text) if f.rule == "S04"]
    first, second = (n for n, x in enumerate(text.split("\n"), 1) if x.startswith("## 3."))
    assert (finding.section, finding.line) == (3, second)
    assert f"also on line {first}" in finding.message


def test_one_misplaced_section_is_one_finding() -> None:
    _, text = MUTANTS["section 2 moved to the end"]
    assert found(text) == [("S03", 2)]


def test_an_open_fence_that_swallows_sections_explains_them() -> None:
    rules = [r for r, _ in found(MUTANTS["the last JSON block not closed"][1])]
    assert rules == ["S05", "S01", "S01"]


def test_a_fence_that_the_next_one_closes_is_found_with_the_line_of_the_next() -> None:
    text = MUTANTS["the SQL block not closed"][1]
    line = text.split("\n").index("```json", text[: text.index("```sql")].count("\n")) + 1
    assert messages(text, "S05") == [
        f"The code block that begins here is not closed before the next begins on line {line}."
    ]


def test_a_longer_fence_may_hold_a_fence() -> None:
    text = swapped("## 3.", "````\n```json\n{}\n```\n````\n\n## 3.")
    assert found(text) == []


ITEMS = "\n".join(f"- **{name}:** 10x is 400 requests a second." for name in CONSIDERED)


@pytest.mark.parametrize("number", range(1, 5))
def test_a_missing_bold_consideration_is_found_though_its_words_occur(number: int) -> None:
    name = CONSIDERED[number - 1]
    text = f"## 7. Key Considerations\n\n{ITEMS.replace(name, 'Other')}\n\nOf {name.lower()}.\n"
    assert (f"K0{number}", 7) in found(with_section(7, text))


def test_a_bold_word_below_another_heading_is_no_consideration() -> None:
    text = swapped("### 7.3 Observability", "**Observability** is left to the platform.")
    assert found(text) == [("K03", 7)]


def test_the_considerations_may_be_rows_of_a_table() -> None:
    rows = "".join(f"| {name} | 10x is 400 requests a second. |\n" for name in CONSIDERED)
    head = "## 7. Key Considerations\n\n| Topic | How |\n|---|---|\n"
    assert found(with_section(7, f"{head}{rows}")) == []
    gone = rows.replace("| Security |", "| Other |")
    assert found(with_section(7, f"{head}{gone}")) == [("K02", 7)]
    below = head.replace("\n\n|", f"\n\n{ITEMS.replace('Security', 'Other')}\n\n|")
    assert found(with_section(7, f"{below}{rows}")) == [("K02", 7)]


def test_a_nested_bold_word_is_no_consideration() -> None:
    nested = ITEMS.replace("- **Security:**", "  - **Security** groups:")
    assert ("K02", 7) in found(with_section(7, f"## 7. Key Considerations\n\n{nested}\n"))


@pytest.mark.parametrize(
    "said",
    ["ten times", "tenfold", "10×", "10 x", "x10", "10-fold", "an order of magnitude", "1,000 %"],
)
def test_ten_times_the_load_may_be_said_in_many_ways(said: str) -> None:
    scaling = f"### 7.1 Scalability\n\nAt {said} the load we run 12 processes.\n\n"
    assert found(CONFORMING.replace(part("### 7.1"), scaling)) == []


def test_two_figures_ten_times_apart_say_it_too() -> None:
    scaling = "### 7.1 Scalability\n\nFrom 40k requests a minute to 400,000 we add processes.\n\n"
    assert found(CONFORMING.replace(part("### 7.1"), scaling)) == []


def test_a_version_or_a_list_number_is_no_figure() -> None:
    scaling = "### 7.1 Scalability\n\n1. At 10x the load, HTTP/2 and TLS 1.3 stay.\n\n"
    assert found(CONFORMING.replace(part("### 7.1"), scaling)) == [("K06", 7)]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (4, "No endpoint is added or changed: the fix works behind the present API."),
        (5, "No data store and no table is added or changed."),
        (6, "No technology is recommended: what is there will do."),
    ],
)
def test_a_section_may_say_plainly_that_it_has_nothing_of_the_kind(number: int, said: str) -> None:
    text = with_section(number, f"## {number}. {SECTIONS[number - 1]}\n\n{said}\n\n")
    assert [r for r, _ in found(text) if r in ("A01", "D01", "T01")] == []
    (plain,) = {r.rule_id for r in RULES if r.title.endswith(" to check.")} & {
        f.rule for f in check_proposal(text)
    }
    kept = rules_kept(check_proposal(text))
    assert plain in ("A11", "D10", "T05")
    assert not any(is_kept for rule_id, is_kept in kept.items() if rule_id[0] == plain[0])


def test_an_endpoint_that_a_sentence_only_mentions_needs_no_contract() -> None:
    assert (
        found(swapped("Cancels a booking.", "Cancels it; unlike `GET /health` it is slow.")) == []
    )
    only = "## 4. API Contracts\n\nClients call `GET /health` and then `POST /jobs`.\n\n"
    assert {"A02", "A03", "A04", "A05"} <= {r for r, _ in found(with_section(4, only))}


def test_a_graph_behind_one_endpoint_stands_for_its_contracts() -> None:
    graph = (
        "## 4. API Contracts\n\nOne endpoint, `POST /graphql`, serves all.\n\n"
        "```graphql\ntype Query { booking(id: ID!): Booking }\n```\n\n"
    )
    assert [r for r, _ in found(with_section(4, graph)) if r[0] == "A"] == []


def test_what_a_query_holds_is_no_path_parameter() -> None:
    text = "### `GET /a?from={date}&to={date}`\n\n200 OK, 404\n\n```json\n{}\n```\n\n"
    assert messages(with_section(4, f"## 4. API Contracts\n\n{text}"), "A07") == []


def test_a_box_that_says_only_api_is_no_service_left_undefined() -> None:
    drawn = f"{section(2)}```\n│ Web UI │──▶│ API │\n```\n\n"
    assert messages(with_section(2, drawn), "X02") == []


TWO = (
    "CREATE TABLE a (id INT PRIMARY KEY);\n"
    "CREATE TABLE b (a_id INT REFERENCES a (id), id INT PRIMARY KEY);\n"
)


def with_sql(sql: str, end: str = "\n```\n\n") -> str:
    return with_section(5, f"## 5. Data Schema\n\n```sql\n{sql}{end}")


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("CREATE TABLE a (id INT PRIMARY KEY CHECK (id > ));", "A part is missing at “)”."),
        ("CREATE INDEX ON ;", "Expected table name at “ON”."),
    ],
)
def test_why_sql_does_not_parse_is_said_in_plain_words(sql: str, why: str) -> None:
    assert messages(with_sql(sql), "D02") == [f"This SQL does not parse: {why}"]


def test_what_a_block_without_end_swallows_is_not_read_as_sql() -> None:
    text = with_section(6, "").replace("## 7.", "## 8.")
    text = f"{text}\n## 5. Data Schema\n\n```sql\n{TWO}\n\n## 9. Also\n\n- 10 % is with us ^ on (\n"
    assert messages(text, "S05")
    assert messages(text, "D02") == []


def test_a_table_created_twice_is_one_finding() -> None:
    twice = TWO + "CREATE INDEX ON b (a_id);\n" + TWO
    rules = [f.rule for f in check_proposal(with_sql(twice)) if f.rule in ("D06", "D09")]
    assert rules == ["D09", "D09"]


def test_the_only_store_has_the_schema_in_whatever_form() -> None:
    six = "## 6. Technology Stack Rationale\n\n### PostgreSQL\n\nWhy: keys.\n\n"
    five = "## 5. Data Schema\n\n```dbml\nTable a { id int [pk] }\n```\n\n"
    text = with_section(6, six).replace(section(5), five)
    assert messages(text, "X03") == []
    more = text.replace("### PostgreSQL", "### MongoDB\n\nWhy: x.\n\n### PostgreSQL")
    assert len(messages(more, "X03")) == 1


def test_filler_is_found_hollow_in_every_group_that_asks_for_more() -> None:
    rules = {r for r, _ in found(SHORT)}
    assert rules == {"E01", "A01", "D01", "T01", "K01", "K02", "K03", "K04"}


@pytest.mark.parametrize("text", ["", "\n", "words without structure"])
def test_no_design_at_all_misses_all_seven_and_scores_nothing(text: str) -> None:
    assert found(text) == [("S01", number) for number in range(1, 8)]
    assert check_proposal(text).score == 0


def test_a_text_too_long_to_read_says_so() -> None:
    assert found(CONFORMING + "words\n" * 60_000) == [("S06", None)]


def test_a_proposal_already_read_is_checked_as_its_text() -> None:
    assert check_proposal(read_proposal(SHORT)) == check_proposal(SHORT)


def test_findings_come_in_the_order_of_the_lines() -> None:
    lines = [finding.line for finding in check_proposal(re.sub("(?m)^- .*", "", CONFORMING))]
    assert lines == sorted(lines)
    assert len(lines) > 5


def test_each_rule_counts_once_however_often_it_is_broken() -> None:
    once = MUTANTS["no primary key: berth"][1]
    twice = once.replace("marina_id  uuid PRIMARY KEY", "marina_id  uuid")
    assert len(messages(once, "D03")) == 1
    assert len(messages(twice, "D03")) == 2
    assert check_proposal(once).score == check_proposal(twice).score < 100


def test_the_score_is_the_weight_of_the_rules_kept_of_all() -> None:
    findings = check_proposal(MUTANTS["no primary key: berth"][1])
    weights = {r.rule_id: r.weight for r in RULES if r.weight}
    assert score(findings) == pytest.approx(1 - weights["D03"] / sum(weights.values()))


def test_a_rule_earns_nothing_where_its_section_or_what_it_needs_is_missing() -> None:
    kept = rules_kept(check_proposal(with_section(4, "")))
    assert not any(kept[r] for r in kept if r.startswith("A"))
    kept = rules_kept(check_proposal(MUTANTS["no choice listed"][1]))
    assert [kept[r] for r in ("T01", "T02", "T03", "T04", "X03", "K01")] == [False] * 5 + [True]
