"""What is at hand of a memory's state: the same numbers as row by row, and never an old one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from archkit import metrics
from archkit.memory import at_hand
from archkit.memory.evidence import SOURCES, Evidence
from archkit.memory.lifecycle import set_status
from archkit.memory.memory import Memory
from archkit.memory.simulate import simulate
from archkit.memory.snapshot import snapshot
from archkit.metrics.scope import Scope
from archkit.metrics.tiles import decision_rate
from archkit.records import Decision, Pattern

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
SCOPES = (
    Scope(),
    Scope(area="security"),
    Scope(pattern="jwt-refresh-redis"),
    Scope(area="security", pattern="jwt-refresh-redis"),
    Scope(agent="bold architect (simulated)"),
    Scope(project="nowhere"),
    Scope(context={"tenancy": "multi"}),
    Scope(provenance=("simulated",)),
    Scope(provenance=("observed", "reported")),
    Scope(since=NOW - 30 * DAY),
    Scope(until=datetime(NOW.year, NOW.month, 1, tzinfo=UTC)),
    Scope(since=NOW - 90.3 * DAY, until=NOW - 33.7 * DAY, area="performance"),
)


@pytest.fixture(scope="module")
def year(tmp_path_factory):
    """A made-up year, with uses of a session, of a team, undated ones and ones to come."""
    with Memory(tmp_path_factory.mktemp("year") / "archkit.duckdb") as memory:
        simulate(memory, sessions=60, uses=3_000)
        slugs = ["jwt-refresh-redis", "row-level-security", "new-to-us"]
        memory.record_pattern(
            Pattern("new-to-us", "New to us", area="security", status="candidate")
        )
        for n in range(40):
            use = {"slug": slugs[n % 3], "y": float(n % 4 > 0), "source": ("team", "model")[n % 2]}
            use["used_at"] = (NOW - (n * 7 - 9) * DAY).isoformat()
            memory.append("pattern_use", use)
        set_status(memory, slugs[0], "candidate", reason="looked at anew")
        yield memory


def row_by_row(rows, now):
    """Return slug, a, b, n, status as the evidence has them that is summed entry by entry."""
    rows = rows.dropna(subset=["y", "uses"])
    rows = rows[rows["source"].isin(SOURCES)].sort_values(["slug", "use_id"])
    slugs = list(dict.fromkeys(rows["slug"]))
    who = rows["session_id"].fillna(rows["decision_id"]).fillna(rows["use_id"])
    known = Evidence.from_columns(
        slugs,
        [slugs.index(slug) for slug in rows["slug"]],
        rows["y"],
        rows["uses"],
        list(SOURCES),
        [SOURCES.index(source) for source in rows["source"]],
        seen_at=rows["outcome_at"].to_numpy(dtype="datetime64[us]"),
        session=pd.factorize(who)[0],
        weight=rows["weight"],
        now=now,
    )
    said = rows.drop_duplicates("slug")
    hand = (np.datetime64(now.replace(tzinfo=None)) - said["hand_at"].to_numpy()) / np.timedelta64(
        1, "D"
    )
    status = said["status"].fillna("candidate").tolist()
    standing = known.standing(slugs, status, since_days=hand)
    told = {"slug": slugs, "a": standing.a, "b": standing.b, "n": standing.uses}
    ahead = rows["slug"].to_numpy()[known.from_future]
    told["n_from_future"] = [float((ahead == slug).sum()) for slug in slugs]
    worded = said["status"].notna().to_numpy()
    return pd.DataFrame({**told, "status": np.where(worded, standing.status, "")})


EVIDENCE = (
    "SELECT e.*, w.hand_at FROM pattern_evidence e LEFT JOIN status_said w ON w.slug = e.slug"
)


LOOKS = (
    *((scope, NOW) for scope in SCOPES),
    *((SCOPES[n], NOW - 100.4 * DAY) for n in (0, 2, 9, 11)),
    *((SCOPES[n], NOW + 3 * DAY) for n in (0, 9)),
)


@pytest.mark.parametrize(("scope", "now"), LOOKS, ids=range(len(LOOKS)))
def test_sums_of_days_are_those_of_single_uses(year, scope, now):
    plain = row_by_row(scope.of(year).sql(EVIDENCE), now)
    columns = list(plain.columns)
    with snapshot(year) as state:
        found = metrics.pattern_evidence(scope.of(state), now=now)
    whole = metrics.pattern_evidence(scope.of(year), now=now)
    for frame in (found, whole):
        mine = frame[columns].sort_values("slug").reset_index(drop=True)
        mine["status"] = mine["status"].fillna("")
        pd.testing.assert_frame_equal(mine, plain, rtol=1e-10, check_dtype=False)


@pytest.mark.parametrize("scope", SCOPES, ids=range(len(SCOPES)))
def test_a_headline_is_that_of_the_decisions_and_sessions_themselves(year, scope):
    part = scope.of(year)
    made, held = metrics.decisions(part), metrics.sessions(part)
    rate = decision_rate(made, NOW)
    with snapshot(year) as state:
        head = metrics.headline(scope.of(state), NOW)
    assert head["success_rate"].pop("provenance") == rate.pop("provenance")
    close = pytest.approx(rate, rel=1e-9) if rate["n"] else rate
    assert head["success_rate"] == close
    assert head["decisions"] == {
        "value": len(made),
        "with_outcome": int((made["outcomes"] > 0).sum()),
        "simulated": int((made["last_source"] == "simulated").sum()),
    }
    assert head["sessions"]["with_children"] == len(held)
    assert head["outcome_debt"]["value"] == len(metrics.outcome_debt(part, NOW))


def decided(memory, n):
    made = Decision(title=f"Choice {n}", chosen="a", patterns=("a",), decided_at=NOW - n * DAY)
    return memory.record_decision(made)


def seen(memory):
    """Return how much is known at hand: decisions, their rate, uses of the pattern."""
    with snapshot(memory) as state:
        head = metrics.headline(state, NOW)
        uses = metrics.pattern_evidence(state, now=NOW)["n"].sum()
    return head["decisions"]["value"], head["success_rate"]["n"], uses


def test_whatever_is_written_is_at_hand_at_once(tmp_path):
    path = tmp_path / "archkit.duckdb"
    with Memory(path, library=False) as memory, Memory(path, library=False) as other:
        memory.record_pattern(Pattern("a", "A", status="active"))
        one, two = decided(memory, 2), decided(other, 1)
        assert seen(memory) == (2, 0, 0)
        memory.record_outcome(one.decision_id, success=True)
        assert seen(memory) == (2, 1, 1)
        other.record_outcome(two.decision_id, success=False)
        assert seen(memory) == (2, 2, 2)
        other.append("pattern_use", {"slug": "a", "y": 1, "used_at": (NOW - 9 * DAY).isoformat()})
        assert seen(memory) == seen(other) == (2, 2, 3)


def test_the_same_state_is_asked_without_opening_the_file(year, monkeypatch):
    with snapshot(year) as state:
        metrics.headline(Scope(area="security").of(state), NOW)
        metrics.pattern_evidence(Scope(area="security").of(state), now=NOW)
    opened = []
    monkeypatch.setattr(type(year._store), "_current", lambda *_, **__: opened.append(1))
    with snapshot(year) as state:
        for scope in (Scope(), Scope(area="performance"), Scope(context={"tenancy": "multi"})):
            metrics.headline(scope.of(state), NOW)
            metrics.pattern_evidence(scope.of(state), now=NOW)
    assert not opened


def test_a_memory_of_very_many_decisions_is_read_where_it_is(year, monkeypatch):
    with snapshot(year) as state:
        small = metrics.pattern_evidence(Scope(area="security").of(state), now=NOW)
    monkeypatch.setattr(at_hand, "_MOST_ROWS", 10)
    at_hand._KEPT.clear()
    with snapshot(year) as state:
        assert not state.tally().at_hand
        large = metrics.pattern_evidence(Scope(area="security").of(state), now=NOW)
    at_hand._KEPT.clear()
    pd.testing.assert_frame_equal(small, large)
