"""What happens in a made-up year: decisions, and late, missing and wrong looks at them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from archkit.memory.made_up_talk import TALK_S, talk
from archkit.memory.truth import CONTEXTS, YEAR_DAYS, Rates

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AGENTS", "Year"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

AGENTS = ("careful architect (simulated)", "bold architect (simulated)")
"""Who decides: one states what is true but for noise, one states too much."""

_MEASURED, _UNSAID, _WITHOUT = 0.1, 0.1, 0.2
_SIZES = np.array([5, 20, 50, 100, 200])
"""Items that a measured request asks for; before the change, each takes a query of its own."""

_TALKED = 2_000
"""At most so many sessions of a year are told turn by turn, spread evenly over it."""

_ALTERNATIVES = 3
_LEARNT = 2.0, 8.0
"""How much an architect with a memory goes by the rates, at the year's begin and at its end."""

_LOOKS = (0.2, 0.45, 0.25, 0.1)
"""Shares of decisions that nobody, or somebody once, twice, three times, looks at again."""

_HORIZONS = np.array([30, 90, 180])
_DAY, _LATEST = 86_400, 55 * 86_400  # seconds; a late look does not overtake the next


class Year:
    """A made-up year, drawn portion by portion; the same seed and truth give the same year.

    Parameters
    ----------
    truth
        What is true: see `draw_truth`.
    sessions
        How many there are in all.
    seed
        Of what happens.
    now
        When the year ends.
    name
        What the ids begin with.
    """

    def __init__(
        self, truth: pd.DataFrame, *, sessions: int, seed: int, now: datetime, name: str
    ) -> None:
        patterns = truth[truth["what"] == "pattern"].sort_values(["kind", "slug", "valid_from"])
        each = patterns.drop_duplicates("slug")
        self.slugs = np.array(each["slug"], dtype=object)
        self.kind_of = np.array(each["kind"], dtype=object)
        self._saved = each["saved_share"].to_numpy(dtype=float)
        place = {slug: n for n, slug in enumerate(self.slugs)}
        code = patterns["slug"].map(place).to_numpy(dtype=np.int64) * 2
        code += patterns["tenancy"].map(CONTEXTS.index).to_numpy(dtype=np.int64)
        seconds = _seconds(patterns["valid_from"])
        self._rates = Rates.of(code, seconds, patterns["success_rate"].to_numpy(dtype=float))
        solutions = truth[truth["what"] == "solution"]
        self._solutions = np.array(solutions["slug"], dtype=object)
        self._effective = solutions["success_rate"].to_numpy(dtype=float)
        kinds = list(dict.fromkeys(self.kind_of))
        members = [np.flatnonzero(self.kind_of == kind) for kind in kinds]
        self._members = np.full((len(kinds), max(map(len, members))), -1, dtype=np.int64)
        for n, mine in enumerate(members):
            self._members[n, : len(mine)] = mine
        self._sessions, self._seed, self._name = sessions, seed, name
        self._end = int(now.timestamp())
        self._begin = self._end - YEAR_DAYS * _DAY

    def portion(self, first: int, last: int) -> dict[str, pd.DataFrame]:
        """Draw the sessions from `first` up to, not including, `last`, with all that belongs.

        Returns
        -------
        dict
            Frames by the kind of event; instants are naive and UTC.
        """
        import pandas as pd

        rng = np.random.default_rng([self._seed, 2, first])
        n = np.arange(first, last)
        span = self._end - self._begin - 7_200  # the last session ends by now
        started = self._begin + ((n + rng.random(len(n))) * span / self._sessions).astype(np.int64)
        agent = rng.integers(0, 2, len(n))
        own = np.random.default_rng([self._seed, 4, first])
        without = own.random(len(n)) < _WITHOUT
        sessions = pd.DataFrame(
            {
                "id": self._ids("s", n),
                "started_at": _instants(started),
                "agent": np.array(AGENTS, dtype=object)[agent],
                "title": np.full(len(n), "a made-up brief", dtype=object),
                "aml_enabled": ~without,
            }
        )
        elapsed = (started - self._begin) / (self._end - self._begin)
        goes_by = np.where(without, 0.0, _LEARNT[0] + (_LEARNT[1] - _LEARNT[0]) * elapsed)
        decisions, facts = self._decided(rng, n, started, agent, goes_by)
        outcomes, failed = self._looked(rng, decisions, facts)
        told = n % -(-self._sessions // _TALKED) == 0
        said = talk(own, sessions[told], started[told], elapsed[told]) if told.any() else {}
        return {
            "session": sessions,
            **said,
            "decision": decisions,
            "outcome": outcomes,
            "lesson": self._learnt(rng, decisions, facts, failed),
            "measurement": self._measured(rng, decisions, facts),
            "solution_use": self._tried(rng, sessions, started),
        }

    def uses(self, first: int, last: int) -> pd.DataFrame:
        """Draw uses of patterns that are noted by themselves, outcome and all."""
        import pandas as pd

        rng = np.random.default_rng([self._seed, 3, first])
        count = last - first
        pattern, tenancy = rng.integers(0, len(self.slugs), count), rng.integers(0, 2, count)
        used = rng.integers(self._begin, self._end, count)
        y = rng.random(count) < self._rates.at(pattern * 2 + tenancy, used)
        return pd.DataFrame(
            {
                "id": self._ids("u", np.arange(first, last)),
                "slug": self.slugs[pattern],
                "used_at": _instants(used),
                "y": y.astype(float),
            }
        )

    def _decided(
        self,
        rng: np.random.Generator,
        n: Whole,
        started: Whole,
        agent: Whole,
        goes_by: Floats,
    ) -> tuple[pd.DataFrame, dict[str, Any]]:
        """One to three decisions a session; with a memory, better patterns more often."""
        import pandas as pd

        row = np.repeat(np.arange(len(n)), rng.integers(1, 4, len(n)))
        count = len(row)
        shares = 1 / (1 + np.arange(len(self._members)))
        kind = rng.choice(len(self._members), count, p=shares / shares.sum())
        tenancy = rng.integers(0, 2, count)
        decided = started[row] + rng.integers(TALK_S, 7_000, count)
        rivals = self._members[kind]
        known = self._rates.at(rivals * 2 + tenancy[:, None], np.full(rivals.shape, self._begin))
        pull = goes_by[row, None] * known + rng.gumbel(size=rivals.shape)
        liked = np.where(rivals < 0, -np.inf, pull)
        pick = np.arange(count), liked.argmax(axis=1)
        pattern = rivals[pick]
        sure = np.clip(known, 0.001, 0.999)
        strength = np.log(sure / (1 - sure))
        bold = strength[pick] + agent[row] * 1.2 + rng.normal(0, 0.3, count)
        confidence = 1 / (1 + np.exp(-bold))
        confidence[rng.random(count) < _UNSAID] = np.nan
        ids = np.char.add(self._ids("d", n[row]).astype(str), _suffix(row))
        frame = pd.DataFrame(
            {
                "id": ids.astype(object),
                "session_id": self._ids("s", n[row]),
                "agent": np.array(AGENTS, dtype=object)[agent[row]],
                "decided_at": _instants(decided),
                "kind": self.kind_of[pattern],
                "slug": self.slugs[pattern],
                "tenancy": np.array(CONTEXTS, dtype=object)[tenancy],
                "confidence": confidence.round(2),
                **self._weighed(rng, rivals, liked, strength, np.isnan(confidence)),
            }
        )
        rate = self._rates.at(pattern * 2 + tenancy, decided)
        return frame, {"decided": decided, "y": rng.random(count) < rate, "pattern": pattern}

    def _weighed(
        self,
        rng: np.random.Generator,
        rivals: Whole,
        liked: Floats,
        strength: Floats,
        unsaid: NDArray[np.bool_],
    ) -> dict[str, NDArray[Any]]:
        """Name the alternatives that were liked next best, each with its forecast; None: no more.

        Nobody is bold about what he does not choose.
        """
        order = np.argsort(-liked, axis=1)[:, 1 : _ALTERNATIVES + 1]
        found: dict[str, NDArray[Any]] = {}
        for place in range(_ALTERNATIVES):
            missing = np.ones(len(rivals), dtype=bool)
            slug, forecast = np.full(len(rivals), None, object), np.full(len(rivals), np.nan)
            if place < order.shape[1]:
                pick = np.arange(len(rivals)), order[:, place]
                missing = rivals[pick] < 0
                slug[~missing] = self.slugs[rivals[pick]][~missing]
                noise = rng.normal(0, 0.3, len(rivals))
                forecast = (1 / (1 + np.exp(-strength[pick] - noise))).round(2)
            found[f"alternative_{place + 1}"] = slug
            found[f"predicted_{place + 1}"] = np.where(missing | unsaid, np.nan, forecast)
        return found

    def _looked(
        self, rng: np.random.Generator, decisions: pd.DataFrame, facts: Mapping[str, Any]
    ) -> tuple[pd.DataFrame, NDArray[np.bool_]]:
        """None to three looks a decision, some late; those that would come after now are not yet.

        The last look of a decision says whether it worked; an earlier one may leave that open, and
        a few were wrong.
        """
        import pandas as pd

        looks = rng.choice(len(_LOOKS), len(decisions), p=_LOOKS)
        row = np.repeat(np.arange(len(decisions)), looks)
        look = np.arange(len(row)) - np.repeat(np.cumsum(looks) - looks, looks)
        late = np.minimum(rng.exponential(6 * _DAY, len(row)).astype(np.int64), _LATEST)
        seen = facts["decided"][row] + _HORIZONS[look] * _DAY + late
        kept = seen < self._end
        row, look, seen = row[kept], look[kept], seen[kept]
        final = np.append(row[1:] != row[:-1], True) if len(row) else np.zeros(0, dtype=bool)
        y = facts["y"][row]
        wrong = ~final & (rng.random(len(row)) < 0.05)
        success = (y ^ wrong).astype(object)
        success[~final & (rng.random(len(row)) < 0.3)] = None
        scores = np.clip(np.where(y, 0.85, 0.4)[:, None] + rng.normal(0, 0.08, (len(row), 2)), 0, 1)
        ids = decisions["id"].to_numpy()[row].astype(str)
        frame = pd.DataFrame(
            {
                "id": np.char.add(np.char.add(ids, "-o"), look.astype(str)).astype(object),
                "decision_id": ids.astype(object),
                "session_id": decisions["session_id"].to_numpy()[row],
                "observed_at": _instants(seen),
                "horizon_days": _HORIZONS[look],
                "success": pd.array(success, dtype="boolean"),
                "performance": scores[:, 0].round(3),
                "maintainability": scores[:, 1].round(3),
            }
        )
        failed = np.zeros(len(decisions), dtype=bool)
        failed[row[final]] = ~facts["y"][row[final]]
        return frame, failed

    def _learnt(
        self,
        rng: np.random.Generator,
        decisions: pd.DataFrame,
        facts: Mapping[str, Any],
        failed: NDArray[np.bool_],
    ) -> pd.DataFrame:
        """Draw a lesson from one failure in five."""
        mine = failed & (rng.random(len(decisions)) < 0.2)
        frame = decisions.loc[mine, ["id", "session_id", "agent", "slug", "tenancy"]]
        learned = np.minimum(facts["decided"][mine] + 40 * _DAY, self._end - 1)
        return frame.assign(
            decision_id=frame["id"], id=frame["id"] + "-l", learned_at=_instants(learned)
        )

    def _measured(
        self, rng: np.random.Generator, decisions: pd.DataFrame, facts: Mapping[str, Any]
    ) -> pd.DataFrame:
        """Count queries before and after for one decision in ten."""
        mine = rng.random(len(decisions)) < _MEASURED
        before = (10 ** rng.uniform(0.7, 2.5, int(mine.sum()))).astype(np.int64)
        after = rng.binomial(before, 1 - self._saved[facts["pattern"][mine]])
        frame = decisions.loc[mine, ["id", "session_id", "slug"]]
        return frame.assign(
            decision_id=frame["id"],
            id=frame["id"] + "-m",
            measured_at=_instants(np.minimum(facts["decided"][mine] + 3_600, self._end - 1)),
            n=_SIZES[np.searchsorted(_SIZES, before, side="right") - 1],
            queries_before=before,
            queries_after=np.maximum(after, 1),
        )

    def _tried(
        self, rng: np.random.Generator, sessions: pd.DataFrame, started: Whole
    ) -> pd.DataFrame:
        """Try a solution in three sessions of ten."""
        mine = (rng.random(len(sessions)) < 0.3) & (len(self._solutions) > 0)
        which = rng.integers(0, max(len(self._solutions), 1), int(mine.sum()))
        frame = sessions.loc[mine, ["id", "agent"]]
        return frame.assign(
            session_id=frame["id"],
            id=frame["id"] + "-e",
            slug=self._solutions[which] if len(which) else np.zeros(0, dtype=object),
            used_at=_instants(started[mine] + 1_800),
            effective=rng.random(len(which)) < self._effective[which]
            if len(which)
            else np.zeros(0, dtype=bool),
        )

    def _ids(self, letter: str, n: Whole) -> NDArray[np.object_]:
        return np.char.add(f"{self._name}-{letter}", n.astype(str)).astype(object)


def _suffix(row: Whole) -> NDArray[np.str_]:
    """Give each entry its number within a run of equal rows: -0, -1, -2."""
    starts = np.append(0, np.flatnonzero(np.diff(row)) + 1) if len(row) else np.zeros(0, dtype=int)
    lengths = np.diff(np.append(starts, len(row)))
    place = np.arange(len(row)) - np.repeat(starts, lengths)
    return np.char.add("-", place.astype(str))


def _seconds(instants: pd.Series[Any]) -> Whole:
    found: Whole = instants.dt.tz_convert(UTC).dt.tz_localize(None).to_numpy("datetime64[s]")
    return found.astype(np.int64)


def _instants(seconds: Whole) -> NDArray[np.datetime64]:
    return seconds.astype("datetime64[s]").astype("datetime64[us]")
