"""What the library knows of errors: whole entries, found by what is really printed."""

import json
from pathlib import Path

import pytest

from archkit.library import read_library
from archkit.memory.evidence import Evidence
from archkit.memory.retrieval import ERROR_THRESHOLD, ErrorIndex
from archkit.memory.solutions import SolutionShelf

SOLUTIONS = read_library().solutions
INDEX = ErrorIndex(SOLUTIONS)
SHARED = Path(__file__).parents[3] / "shared" / "data" / "retrieval" / "errors.jsonl"
CAUSES = {  # the classes of the shared messages, and the solution each should find
    "pool-exhausted": "connection-pool-exhaustion",
    "refused": "connection-refused",
    "deadlock": "deadlock-detected",
    "dup-key": "unique-violation",
    "oom": "worker-out-of-memory",
    "cors": "cors-preflight-failure",
    "jwt-expired": "token-expired-or-wrong-key",
    "rate-limit": "too-many-requests",
    "tls-ca": "tls-unknown-authority",
    "deadline": "deadline-exceeded",
    "serialize": "serialization-failure",
    "lock-wait": "lock-wait-timeout",
    "emfile": "too-many-open-files",
    "no-table": "relation-does-not-exist",
    "enospc": "disk-full",
    "dns": "dns-lookup-failed",
    "too-many-clients": "too-many-database-clients",
    "econnreset": "connection-reset-idle",
}


@pytest.mark.parametrize("solution", SOLUTIONS, ids=lambda s: s.slug)
class TestSolution:
    def test_it_says_cause_diagnosis_fix_and_prevention(self, solution):
        assert solution.root_cause.endswith(".")
        assert len(solution.diagnosis) >= 2
        assert len(solution.fix) >= 2
        assert len(solution.prevention) >= 1
        assert len(solution.tags) >= 5
        assert solution.best_practice

    def test_its_own_signature_finds_it_first(self, solution):
        [(row, match), *_] = INDEX.find(solution.signature)
        assert SOLUTIONS[row].slug == solution.slug
        assert match == 1


@pytest.mark.parametrize(
    ("printed", "slug"),
    [
        ("pymysql.err.OperationalError: (1213, 'Deadlock found when trying to get lock; try "
         "restarting transaction')", "deadlock-detected"),
        ("mysql: Lock wait timeout exceeded; try restarting transaction", "lock-wait-timeout"),
        ("psycopg.errors.LockNotAvailable: canceling statement due to lock timeout",
         "migration-lock-timeout"),
        ("psycopg.errors.QueryCanceled: canceling statement due to statement timeout",
         "slow-query-missing-index"),
        ("java.util.concurrent.RejectedExecutionException: Thread pool is EXHAUSTED! active: 200",
         "thread-pool-starvation"),
        ("amqp: message redelivered, x-death count 17, requeue", "message-redelivery-loop"),
        ("PANIC: could not write to file \"pg_wal/xlogtemp.31\": No space left on device",
         "disk-full"),
        ("could not connect to server: Connection refused. Is the server running on host \"db\"",
         "connection-refused"),
        ("getaddrinfo EAI_AGAIN orders.internal", "dns-lookup-failed"),
        ("SSL: CERTIFICATE_VERIFY_FAILED certificate verify failed: certificate has expired",
         "tls-certificate-expired"),
        ("PKIX path building failed: unable to find valid certification path",
         "tls-unknown-authority"),
        ("jwt.exceptions.ImmatureSignatureError: The token is not yet valid (iat)",
         "jwt-clock-skew"),
        ("upstream prematurely closed connection while reading response header from upstream",
         "connection-reset-idle"),
        ("Error: ER_DUP_ENTRY: Duplicate entry 'a@example.org' for key 'users.email'",
         "unique-violation"),
    ],
)  # fmt: skip
def test_what_is_printed_finds_its_cause(printed, slug):
    [(row, _), *_] = INDEX.find(printed)
    assert SOLUTIONS[row].slug == slug


@pytest.mark.parametrize(
    "printed", ["", "good morning", "NullPointerException", "The page was saved.", "Hallo Welt"]
)
def test_what_nothing_is_known_about_finds_nothing(printed):
    assert INDEX.find(printed) == []


@pytest.mark.skipif(not SHARED.exists(), reason="the shared messages are not there")
def test_messages_from_real_projects_find_the_cause_they_were_sorted_under():
    errors = [json.loads(line) for line in SHARED.read_text("utf-8").splitlines()]
    right = mistaken = 0
    for error in errors:
        [(row, match), *_] = INDEX.find(error["message"], threshold=0.0)
        same = SOLUTIONS[row].slug == CAUSES[error["class"]]
        right += same
        mistaken += not same and match >= ERROR_THRESHOLD
    assert len(errors) == 90
    assert right >= 88  # measured 90
    assert mistaken == 0


def test_a_solution_nobody_used_says_that_there_is_no_evidence():
    reply = SolutionShelf(SOLUTIONS, Evidence()).find("ENOSPC: no space left on device")
    assert repr(reply[0]).endswith("no evidence yet)")
    assert "no evidence yet" in reply._repr_html_()
