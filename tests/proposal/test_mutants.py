"""Each single fault in a conforming proposal is found by the rule meant for it; edits are not."""

import pytest
from mutants import CONFORMING, FOLLOWS, MUTANTS

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
