"""Each single fault in a conforming proposal is found by the rule meant for it; edits are not."""

from collections import Counter
from pathlib import Path

import pytest
from mutants import CHOICES, CONFORMING, FOLLOWS, MUTANTS
from test_harmless_edits import choices_as, grouped, items, sub_headings, table, wide_table

from archkit.proposal.rules import RULES, check_proposal


@pytest.fixture(scope="module")
def known():
    return {(f.rule, f.message) for f in check_proposal(CONFORMING)}


def test_the_conforming_proposal_has_neither_error_nor_warning():
    assert [f for f in check_proposal(CONFORMING) if f.severity != "info"] == []
    assert check_proposal(CONFORMING).score == 100


@pytest.mark.parametrize(
    ("rule", "text"), MUTANTS.values(), ids=[f"{n} -> {r}" for n, (r, _) in MUTANTS.items()]
)
def test_each_fault_is_found_by_its_rule_and_no_other_error_is(rule, text, known):
    assert text != CONFORMING
    found = check_proposal(text)
    new = [f for f in found if (f.rule, f.message) not in known]
    assert rule in {f.rule for f in new}
    others = {f.rule for f in new if f.severity == "error"} - {rule} - FOLLOWS.get(rule, set())
    assert others == set()
    assert found.score < 100


def test_there_are_many_mutants_and_one_at_least_for_each_rule_with_a_weight():
    assert len(MUTANTS) >= 60
    assert {rule for rule, _ in MUTANTS.values()} == {r.rule_id for r in RULES if r.weight}


def test_the_text_at_fault_stands_where_the_finding_says():
    for _, text in MUTANTS.values():
        lines = text.split("\n")
        for f in check_proposal(text):
            assert 1 <= f.line <= len(lines)
            shown = f.evidence.removesuffix("…")
            assert lines[f.line - 1][f.column - 1 :].startswith(shown)
            assert f.message.endswith(".")
            assert f.fix


FORMS = {"in a table": table, "in a wide table": wide_table, "as items": items}
FORMS |= {"with sub-headings": sub_headings, "in groups": grouped}
ASPECTS = (("justification", "T02"), ("alternative", "T03"), ("trade-off", "T04"))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("aspect", "rule"), ASPECTS, ids=[a for a, _ in ASPECTS])
@pytest.mark.parametrize("choice", CHOICES)
def test_what_one_choice_lacks_is_found_whatever_form_the_choices_have(form, aspect, rule, choice):
    at = [a for a, _ in ASPECTS].index(aspect) + 1

    def without(found):
        rows = [list(row) for row in found]
        next(row for row in rows if row[0].endswith(choice))[at] = "—"
        return FORMS[form](rows)

    found = [f for f in check_proposal(choices_as(without)) if f.severity != "info"]
    assert [f.rule for f in found] == [rule]
    assert choice in found[0].message


DESIGNS = Path(__file__).parents[3] / "shared" / "data" / "designs"
REAL = {
    "AgroSmart__BACKEND_ARCHITECTURE.md": {"S01": 7},
    "bandjacks__API_ARCHITECTURE.md": {"S01": 7, "X06": 1},
    "slo-recommendation-engine__system_design.md": {"S01": 6},
}
AS_MANDATED = {
    "## 1. Problem Statement & Requirements": "## 1. Executive Summary",
    "## 3. System Components & Services": "## 3. Service Definitions",
    "## 4. Data Architecture": "## 5. Data Schema",
    "## 6. API Design": "## 4. API Contracts",
    "## 7. Technology Stack": "## 6. Technology Stack Rationale",
    "## 11. Scalability & Performance Strategy": "## 7. Key Considerations",
}
"""The sections of one of them, under the titles that the card mandates."""


def real(name):
    if not DESIGNS.exists():
        pytest.skip("the designs of others are not there")
    return (DESIGNS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", REAL)
def test_designs_of_another_structure_miss_the_sections_and_little_else(name):
    assert Counter(f.rule for f in check_proposal(real(name))) == REAL[name]


def test_a_design_of_others_under_the_mandated_titles_lacks_what_it_does_not_say():
    text = real("slo-recommendation-engine__system_design.md")
    for theirs, mandated in AS_MANDATED.items():
        assert theirs in text
        text = text.replace(theirs, mandated)
    found = Counter(f.rule for f in check_proposal(text) if f.severity == "error")
    endpoints, choices = 12, 12  # in a table each: no statuses, no examples; no alternatives
    assert {r: found.pop(r) for r in ("A02", "A03", "A05")} == dict.fromkeys(
        ("A02", "A03", "A05"), endpoints
    )
    assert {r: found.pop(r) for r in ("T03", "T04")} == {"T03": choices, "T04": choices}
    assert found == {"A04": 6, "K02": 1, "K03": 1, "K04": 1, "K05": 1}


@pytest.mark.parametrize("name", REAL)
def test_a_real_design_cut_anywhere_is_answered(name):
    text = real(name)
    lines = text.splitlines(keepends=True)
    for kept in range(0, len(lines), max(len(lines) // 25, 1)):
        found = check_proposal("".join(lines[:kept] + lines[kept + 20 :]))
        assert {f.rule for f in found} >= {"S01"}
