"""Findings as they are handed on: frame, counts, score, JSON, SARIF, a table."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from archkit.proposal.document import read_proposal
from archkit.proposal.finding import Finding
from archkit.proposal.findings import Findings
from archkit.proposal.rules import RULES, check_proposal

SCHEMA = Path(__file__).parent / "sarif" / "sarif-schema-2.1.0.json"
ATTACK = "<script>alert(1)</script>"
TWO = Findings(
    (
        Finding("S01", "error", 5, 2, "Section 2 is missing.", "Add `## 2. Overview`."),
        Finding("K01", "error", 9, 7, f"Says {ATTACK}.", "Add it.", 3, f"`é` {ATTACK}"),
    )
)


def strict(text: str) -> Any:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    return json.loads(text, parse_constant=refuse)


@pytest.fixture(scope="module")
def official() -> Draft4Validator:
    schema = json.loads(SCHEMA.read_text("utf-8"))
    Draft4Validator.check_schema(schema)
    return Draft4Validator(schema)


def broken(*rule_ids: str) -> Findings:
    by_id = {rule.rule_id: rule for rule in RULES}
    return Findings(
        Finding(name, by_id[name].severity, 1, None, "found", "mend") for name in rule_ids
    )


class TestFrame:
    def test_a_row_is_a_finding(self):
        frame = TWO.to_frame()
        assert frame.to_dict("records")[1] == {
            "rule": "K01",
            "severity": "error",
            "line": 9,
            "column": 3,
            "section": 7,
            "message": f"Says {ATTACK}.",
            "fix": "Add it.",
            "evidence": f"`é` {ATTACK}",
        }

    def test_types_do_not_depend_on_there_being_findings(self):
        none, some = Findings().to_frame(), TWO.to_frame()
        assert list(none.columns) == list(some.columns)
        assert none.dtypes.to_dict() == some.dtypes.to_dict()
        assert str(some["section"].dtype) == "Int64"

    def test_a_finding_outside_of_the_sections_has_none(self):
        frame = Findings([Finding("S06", "warning", 1, None, "m", "f")]).to_frame()
        assert frame["section"].isna().all()

    def test_a_proposal_has_its_findings_as_a_frame_and_looks_for_them_once(self):
        proposal = read_proposal("# Empty\n")
        assert isinstance(proposal.findings, pd.DataFrame)
        assert proposal.checked is proposal.checked
        assert proposal.checked == check_proposal("# Empty\n")
        assert len(proposal.findings) == len(proposal.checked) > 0
        proposal.findings.pop("rule")
        assert "rule" in proposal.findings


class TestScore:
    def test_nothing_found_is_a_hundred_and_nothing_written_is_little(self):
        assert Findings().score == 100
        assert Findings().counts == {"error": 0, "warning": 0, "info": 0}
        assert check_proposal("words").score < 40

    @given(st.lists(st.sampled_from([rule.rule_id for rule in RULES]), max_size=12))
    def test_it_is_the_points_over_the_weights_rounded_down(self, rule_ids):
        findings = broken(*rule_ids)
        table = findings.by_rule()
        share = table["points"].sum() / table["weight"].sum()
        assert findings.score == math.floor(100 * share + 1e-9)
        assert (findings.score == 100) == (table["points"] == table["weight"]).all()

    @given(st.lists(st.sampled_from([rule.rule_id for rule in RULES]), min_size=1, max_size=8))
    def test_a_rule_counts_once_and_another_finding_never_adds_points(self, rule_ids):
        assert broken(*rule_ids, *rule_ids).score == broken(*rule_ids).score
        assert broken(*rule_ids).score <= broken(*rule_ids[1:]).score

    def test_a_missing_section_earns_nothing_for_the_rules_about_it(self):
        gone = Findings([Finding("S01", "error", 1, 7, "missing", "add")])
        states = gone.by_rule().set_index("rule")["state"]
        about = [rule.rule_id for rule in RULES if 7 in rule.sections and rule.weight]
        assert about
        assert set(states[about]) == {"not earned"}
        assert states["S01"] == "broken"
        assert gone.score < broken("S01").score

    def test_the_table_of_rules_has_each_rule_with_its_findings(self):
        table = broken("S01", "S01", "S02").by_rule().set_index("rule")
        assert list(table.index) == [rule.rule_id for rule in RULES]
        assert table["findings"].to_dict() | {"S01": 2, "S02": 1} == table["findings"].to_dict()
        assert table["findings"].sum() == 3


class TestJson:
    def test_it_is_strict_and_has_counts_score_findings_and_rules(self):
        told = strict(TWO.to_json())
        assert set(told) == {"counts", "score", "findings", "rules"}
        assert told["counts"] == {"error": 2, "warning": 0, "info": 0}
        assert told["score"] == TWO.score
        assert told["findings"] == TWO.to_frame().to_dict("records")
        assert [row["rule"] for row in told["rules"]] == [rule.rule_id for rule in RULES]

    def test_no_findings_are_a_document_too(self):
        assert strict(Findings().to_json())["findings"] == []


class TestSarif:
    def check(self, official: Draft4Validator, log: Any) -> list[str]:
        return [f"{list(error.path)}: {error.message}" for error in official.iter_errors(log)]

    @pytest.mark.parametrize("findings", [Findings(), TWO, check_proposal("# Nothing\n")])
    def test_it_is_what_the_official_schema_asks(self, official, findings):
        assert self.check(official, strict(findings.to_sarif())) == []

    def test_the_schema_would_say_so_if_it_were_not(self, official):
        log = strict(TWO.to_sarif())
        log["runs"][0]["results"][0]["level"] = "info"
        log["runs"][0]["results"][1]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
        assert len(self.check(official, log)) == 2

    def test_each_rule_is_described_and_each_result_points_to_its_own(self):
        run = strict(TWO.to_sarif())["runs"][0]
        rules = run["tool"]["driver"]["rules"]
        assert [rule["id"] for rule in rules] == [rule.rule_id for rule in RULES]
        assert all(rule["help"]["text"] and rule["shortDescription"]["text"] for rule in rules)
        for result in run["results"]:
            assert rules[result["ruleIndex"]]["id"] == result["ruleId"]

    def test_a_result_has_its_place_its_text_and_its_mending(self):
        result = strict(TWO.to_sarif("docs/a design.md"))["runs"][0]["results"][1]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "docs/a%20design.md"
        assert place["region"] == {
            "startLine": 9,
            "startColumn": 3,
            "snippet": {"text": f"`é` {ATTACK}"},
        }
        assert result["message"]["text"] == f"Says {ATTACK}. Add it."
        assert result["properties"] == {"fix": "Add it.", "section": 7}

    def test_severities_become_levels(self):
        severities = ("error", "warning", "info")
        mixed = Findings(Finding("S01", name, 1, None, "m", "f") for name in severities)
        levels = [result["level"] for result in strict(mixed.to_sarif())["runs"][0]["results"]]
        assert levels == ["error", "warning", "note"]

    @pytest.mark.parametrize(
        "uri", ["/home/me/a.md", "C:\\a.md", "\\\\host\\a", "file:///a", "~/a", ""]
    )
    def test_no_absolute_path_gets_into_it(self, uri):
        with pytest.raises(ValueError, match="relative"):
            TWO.to_sarif(uri)


class TestShown:
    def test_it_is_one_line_with_the_score_beside_the_counts(self):
        assert repr(TWO) == f"Findings(2 errors, 0 warnings, 0 infos; score {TWO.score} of 100)"
        assert repr(Findings()) == "Findings(0 errors, 0 warnings, 0 infos; score 100 of 100)"

    def test_a_notebook_shows_that_line_and_not_a_tuple(self):
        from IPython.lib.pretty import pretty

        assert pretty(TWO) == repr(TWO)

    def test_the_table_escapes_and_has_a_sign_and_a_word_for_each_severity(self):
        html = TWO._repr_html_()
        assert "<script" not in html
        assert "&lt;script&gt;" in html
        assert '<span aria-hidden="true">✕</span> error' in html
        assert "<code>## 2. Overview</code>" in html
        assert "7. Key Considerations" in html
        assert f"score {TWO.score} of 100" in html

    def test_nothing_found_says_what_was_checked(self):
        html = Findings()._repr_html_()
        assert "Nothing was found." in html
        assert f"{len(RULES)} rules were checked" in html
        assert "Each of the seven sections is there." in html

    def test_thousands_of_findings_are_cut_and_counted(self):
        html = Findings([Finding("S04", "warning", n, 1, "m", "f") for n in range(1, 301)])
        assert html._repr_html_().count("▲</span> warning") == 200
        assert "+ 100 more" in html._repr_html_()

    def test_it_survives_pickling(self):
        again = pickle.loads(pickle.dumps(TWO))
        assert again == TWO
        assert type(again) is Findings
