import json

import pytest

from archkit.memory.learning import Evidence
from archkit.memory.solutions import SolutionShelf
from archkit.records import Solution, utc_now

POOL = Solution(
    "pool",
    "Connection pool timeout - all connections in use",
    "<b>Pool</b>",
    root_cause="Leaked connections",
    fix=("Close them",),
)
REPORTED = Evidence.from_rows([("pool", 0.91, 16, "reported", None, None)], now=utc_now())


def test_a_match_has_the_posterior_of_its_helping():
    [match] = SolutionShelf([POOL], REPORTED).find(POOL.signature)
    # Beta(10.3184, 1.9216); quantiles from scipy
    assert (match.solution, match.match, match.n, match.provenance) == (POOL, 1.0, 16, "reported")
    assert match.effective_rate == pytest.approx(10.3184 / 12.24)
    assert match.low < match.effective_rate < match.high


def test_without_evidence_the_rate_is_not_known():
    shelf = SolutionShelf([POOL], REPORTED).with_evidence(Evidence())
    [match] = shelf.find(POOL.signature)
    assert (match.effective_rate, match.n, match.provenance) == (0.5, 0, "none")
    assert (match.low, match.high) == (pytest.approx(0.05), pytest.approx(0.95))
    assert repr(shelf) == "SolutionShelf(1 solutions)"


def test_a_reply_is_told_in_json_and_html():
    reply = SolutionShelf([POOL], REPORTED).find(POOL.signature)
    told = reply.as_json()
    assert json.loads(json.dumps(told)) == told
    assert told["error"] == POOL.signature
    [match] = told["matches"]
    assert {key: match[key] for key in ("match", "n", "effective_rate", "provenance")} == {
        "match": 1.0,
        "n": 16.0,
        "effective_rate": 0.843,
        "provenance": "reported",
    }
    assert match["solution"]["fix"] == ["Close them"]
    assert "<b>" not in reply._repr_html_()
    assert repr(reply) == f"SolutionReply({POOL.signature!r}, 1 solutions, first 'pool')"
    assert (len(reply), reply[0], reply[:1]) == (1, *reply.matches, reply.matches)


def test_an_unknown_error_has_no_solution():
    for shelf in (SolutionShelf([], Evidence()), SolutionShelf([POOL], REPORTED)):
        reply = shelf.find("certificate signed by unknown authority")
        assert list(reply) == []
        assert "No known solution" in reply._repr_html_()
        assert repr(reply) == f"SolutionReply({reply.error!r}, 0 solutions)"


def test_at_least_one_solution_must_be_asked_for():
    with pytest.raises(ValueError, match="not 0"):
        SolutionShelf([POOL], REPORTED).find("any error", limit=0)
