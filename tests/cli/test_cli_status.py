"""`archkit status`: every figure with what it rests on, and whether the memory is well."""

import json
from datetime import timedelta

import pytest
from archkit_shell import invoke, shown, told

from archkit.cli.health import Check, health
from archkit.memory.memory import Memory
from archkit.records import utc_now


def by(rows, key):
    return {row[key]: row for row in rows}


def test_status_tells_all_there_is_to_know(worked):
    seen = told("status", "--memory", worked)
    assert set(seen) == {
        *("filters", "memory", "totals", "success", "queries_saved", "outcome_debt", "budget"),
        *("pace", "agents", "patterns", "missing_outcomes", "areas", "trend", "health"),
    }
    totals = seen["totals"]
    assert (totals["sessions"], totals["decisions"], totals["outcomes"]) == (1, 1, 1)
    assert totals["patterns"] == sum(totals["pattern_status"].values()) >= 60
    assert seen["success"]["n"] == 1
    assert seen["success"]["low"] < seen["success"]["value"] < seen["success"]["high"]
    assert seen["success"]["provenance"] == "observed"
    assert seen["queries_saved"]["value"] == pytest.approx(0.85)
    assert by(seen["pace"], "what")["decisions"] == {
        "what": "decisions",
        "this_week": 1,
        "last_week": 0,
    }
    assert by(seen["agents"], "agent")["backend-architect"]["decisions"] == 1
    assert by(seen["patterns"], "slug")["jwt-refresh-redis"]["n"] == 39
    assert by(seen["areas"], "area")["security"]["decisions"] == 1
    assert [week["decisions"] for week in seen["trend"]] == [0] * 11 + [1]
    assert [row["agent"] for row in seen["budget"]] == ["backend-architect"]


def test_every_rate_that_is_printed_has_interval_count_and_provenance(worked):
    text = shown("status", "--memory", worked)
    assert "success 64% (90 % interval 19%–97%), n 1, observed" in text
    assert "39 observed + reported" in text
    assert "queries saved 85% (no interval from one), n 1, measured" in text


def test_an_empty_memory_says_that_nothing_is_known_yet(tmp_path):
    text = shown("status")
    assert "success no outcome yet" in text
    assert "queries saved nothing counted yet" in text
    assert "none yet, and nothing of yours to lose" in text


def test_an_agent_or_a_span_narrows_what_is_counted(worked):
    for narrowed in (("--agent", "nobody"), ("--until", "2020-01-01"), ("--since", "2999-01-01")):
        seen = told("status", "--memory", worked, *narrowed)
        assert (seen["totals"]["sessions"], seen["totals"]["decisions"]) == (0, 0)
        assert seen["patterns"] == []
        assert seen["success"]["value"] is None
    seen = told("status", "--memory", worked, "--agent", "backend-architect", "--since", "1d")
    assert seen["totals"]["decisions"] == 1
    assert [row["slug"] for row in seen["patterns"]] == ["jwt-refresh-redis"]
    assert "only agent backend-architect" in shown(
        "status", "--memory", worked, "--agent", "backend-architect"
    )


def test_patterns_can_be_limited_to_good_ones(worked):
    seen = told("status", "--memory", worked, "--min-confidence", "0.9")
    assert seen["patterns"]
    assert min(row["success_rate"] for row in seen["patterns"]) >= 0.9


def test_trends_and_details_show_more_rows(worked):
    usual, more = (
        invoke("status", "--memory", worked, *more).stdout.splitlines()
        for more in ((), ("--trends", "--detailed"))
    )
    assert any("--detailed" in line for line in usual)
    assert not any("--detailed" in line for line in more)
    assert len(more) >= len(usual) + 12


@pytest.mark.parametrize("columns", ["80", "160"])
def test_it_fits_narrow_and_wide_terminals(worked, columns):
    lines = invoke(
        "status", "--memory", worked, "--trends", env={"COLUMNS": columns}
    ).stdout.splitlines()
    assert max(map(len, lines)) <= int(columns)
    assert any("●" in line for line in lines) == (columns == "160")


def test_a_health_check_ends_with_its_finding(worked):
    result = invoke("status", "--memory", worked, "--health-check", "--json")
    seen = json.loads(result.stdout)
    assert (result.exit_code, seen["ok"]) == (1, False)
    wrong = [check["name"] for check in seen["health"] if not check["ok"]]
    assert wrong == ["backup"]
    told("backup", "--memory", worked)
    result = invoke("status", "--memory", worked, "--health-check")
    assert result.exit_code == 0, result.output
    assert "LOOK" not in result.stdout


class TestHealth:
    def checks(self, memory, **later):
        return {c.name: c for c in health(memory, utc_now() + timedelta(**later))}

    def test_the_query_is_timed_just_now(self, worked):
        with Memory(worked) as memory:
            speed = self.checks(memory)["query"]
        assert speed.unit == "ms"
        assert speed.value > 0

    def test_broken_lines_and_orphans_are_counted(self, worked):
        with Memory(worked) as memory:
            memory.append("step", {"n": 1, "name": "of nothing"}, session_id="nobody")
        spool = worked.parent / "spool" / worked.name
        (spool / "broken.jsonl").write_text("no event\n", encoding="utf-8")
        with Memory(worked) as memory:
            seen = self.checks(memory)
        assert (seen["rejected lines"].ok, seen["rejected lines"].value) == (False, 1)
        assert (seen["orphans"].ok, seen["orphans"].value) == (False, 1)
        assert seen["spool"].ok

    def test_an_old_backup_is_one_only_if_something_came_since(self, worked):
        told("backup", "--memory", worked)
        with Memory(worked) as memory:
            assert self.checks(memory, days=30)["backup"].ok
            memory.record_lesson("Later.")
            fresh, old = self.checks(memory), self.checks(memory, days=30)
        assert fresh["backup"].ok
        assert not old["backup"].ok
        assert "30 days old" in old["backup"].says

    def test_a_check_is_plain_json(self):
        assert Check("a", True, "b").as_json() == {
            "name": "a",
            "ok": True,
            "says": "b",
            "value": None,
            "unit": "",
        }
