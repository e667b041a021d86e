"""`archkit query` and `archkit solution`: the memory's answers from a shell."""

import pytest
import typer
from archkit_shell import invoke, shown, told

from archkit.cli.query import context_of

AUTH = "authentication multi-tenant mobile web API"


def test_a_context_is_read_as_numbers_words_and_lists():
    assert context_of(["tenancy=multi", "users=50000", "read_share=.9", "clients=web, mobile"]) == {
        "tenancy": "multi",
        "users": 50000,
        "read_share": 0.9,
        "clients": ["web", "mobile"],
    }
    assert context_of(["users=>1000", "note=a=b"]) == {"users": ">1000", "note": "a=b"}
    for odd in ("tenancy", "=multi", " =x"):
        with pytest.raises(typer.BadParameter):
            context_of([odd])


def test_a_query_gives_the_ranking_of_the_memory(worked):
    found = told("query", AUTH, "--kind", "authentication", "--memory", worked)
    first = found["patterns"][0]
    assert first["slug"] == "jwt-refresh-redis"
    assert (first["n"], first["provenance"]) == (39, "observed + reported")
    assert first["low"] < first["success_rate"] < first["high"]
    limited = told("query", AUTH, "--limit", 2, "--area", "security", "--memory", worked)
    assert len(limited["patterns"]) == 2
    assert {p["area"] for p in limited["patterns"]} == {"security"}
    unknown = told("query", AUTH, "--provenance", "none", "--memory", worked)
    assert {p["n"] for p in unknown["patterns"]} == {0}


def test_rates_are_shown_with_interval_count_and_provenance_or_as_unknown(worked):
    for columns in ("80", "140"):
        text = shown("query", AUTH, "--memory", worked, env={"COLUMNS": columns})
        assert "92% (82%–98%)" in text
        assert "39 observed + reported" in text
        assert "no evidence yet" in text
        assert "0%" not in text.replace("0 % to 100 %", "").split("no evidence yet")[1][:40]


def test_a_veto_is_shown_with_its_reason(worked):
    text = shown(
        *("query", AUTH, "--kind", "authentication", "-c", "revocation=at-once"),
        *("--memory", worked),
    )
    assert "not here: Access must end at once" in text


def test_the_first_is_told_with_what_speaks_for_and_against_it(worked):
    text = shown("query", AUTH, "--kind", "authentication", "--memory", worked)
    for part in ("when", "not when", "for it", "against it", "security", "alternatives"):
        assert f" {part} " in text
    assert "Session-based + Redis" in text.split(" alternatives ")[1]


def test_the_score_can_be_explained_term_by_term(worked):
    rows = told("query", AUTH, "--explain", "--memory", worked)["explained"]
    for row in rows:
        assert row["score"] == pytest.approx(
            row["relevance"] * row["context_fit"] ** 0.5 * row["quantile"], abs=2e-3
        )
    text = shown("query", AUTH, "--explain", "--memory", worked)
    assert "= relevance × fit^½ × Q" in text


def test_optimism_grows_with_the_horizon(worked):
    once, often = (
        told("query", AUTH, "--horizon", h, "--explain", "--memory", worked)["explained"]
        for h in (1, 40)
    )
    assert often[0]["quantile"] > once[0]["quantile"]


def test_nothing_found_is_said(worked):
    assert "No pattern is about this" in shown("query", "zzzz qqqq", "--memory", worked)
    assert told("query", "zzzz qqqq", "--memory", worked)["patterns"] == []


def test_an_error_finds_its_solution_also_from_a_pipe(worked):
    printed = "QueuePool limit of size 5 overflow 10 reached, connection timed out"
    direct = told("solution", printed, "--memory", worked)
    piped = told("solution", "-", "--memory", worked, input=printed)
    assert direct["matches"] == piped["matches"]
    assert direct["matches"][0]["solution"]["slug"] == "connection-pool-exhaustion"
    text = shown("solution", printed, "--limit", 1, "--memory", worked)
    for part in ("helped 84% (65%–97%), n 16 reported", "cause", "diagnosis", "fix", "prevention"):
        assert part in text


def test_a_solution_nobody_used_has_no_evidence(worked):
    text = shown("solution", "ENOSPC: no space left on device", "--limit", 1, "--memory", worked)
    assert "helped no evidence yet" in text


def test_an_unknown_error_finds_nothing(worked):
    assert "No known solution is alike" in shown("solution", "Hallo Welt", "--memory", worked)


def test_an_empty_question_is_an_error_in_three_lines(worked):
    result = invoke("query", "", "--memory", worked)
    assert result.exit_code in (0, 1)
    assert "Traceback" not in result.output
