"""Figures to review a memory by: what they say, where their marks stand, what they survive."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import numpy as np
import pandas as pd
import pytest

from archkit import figures
from archkit.figures.panels import thinned
from archkit.figures.style import TOKENS, fitted

NASTY = ("<script>alert('x')</script> & " * 12)[:300]
T = pd.Timestamp("2026-03-01", tz="UTC")
MONTH = pd.Timedelta(days=31)


def at(month: int) -> pd.Timestamp:
    return T + pd.DateOffset(months=month)


def trend(names=("JWT",), months=4, provenance="simulated", ahead=0, **given) -> pd.DataFrame:
    rows = []
    for name in names:
        base = {"slug": name, "name": name, "kind": "k", "n_pattern": 30.0}
        base |= {"rate_before": np.nan, "bayes_factor": np.nan, "undone": False}
        for what in ("month", "last"):
            for n in range(months + ahead):
                span = {"from_at": at(n), "until_at": at(n + 1), "from_future": n >= months}
                rate = {"success_rate": 0.6, "low": 0.4, "high": 0.8, "n": 5.0}
                rows.append(base | span | rate | {"what": what, "provenance": provenance})
    frame = pd.DataFrame(rows)
    return frame.assign(n_patterns=len(names), ci_prob=0.9, **given)


def epoch(frame: pd.DataFrame, name="JWT", after=0.2, before=0.8, undone=False) -> pd.DataFrame:
    row = frame[frame["slug"] == name].iloc[[0]].assign(what="epoch", success_rate=after)
    row = row.assign(rate_before=before, bayes_factor=30.0, undone=undone, provenance=None)
    return pd.concat([frame, row.assign(low=np.nan, high=np.nan)], ignore_index=True)


def slices(names=("JWT", "SAML"), warning="", values=("multi", "single")) -> pd.DataFrame:
    rows = [
        {"slug": name, "name": name, "kind": "k", "key": "tenancy", "value": value}
        for name in names
        for value in values
    ]
    frame = pd.DataFrame(rows).assign(success_rate=0.6, low=0.4, high=0.8, n=7, n_pattern=14)
    frame = frame.assign(overall_rate=0.7, overall_low=0.5, overall_high=0.9, overall_n=21.0)
    frame = frame.assign(overall_provenance="reported + simulated", provenance="simulated")
    return frame.assign(warning=warning, n_keys=2, ci_prob=0.9)


def looks(decisions=6, missing=True, provenance="simulated", title="Sign in") -> pd.DataFrame:
    rows = []
    for n in range(decisions):
        for days in (30, 90):
            value = np.nan if missing and days == 90 and n % 2 else (0.9 if days == 30 else 0.3)
            rows.append({"horizon_days": days, "decision_id": f"d{n}", "value": value})
    frame = pd.DataFrame(rows).assign(score="success", title=title, chosen="x", weight=1.0)
    frame = frame.assign(outcome_id=frame["decision_id"] + "-o", provenance=provenance)
    return frame.assign(age_days=31.0, decided_at=T, observed_at=T + MONTH, from_future=False)


def debt(count=3, title="Sign in", overdue=40.0) -> pd.DataFrame:
    frame = pd.DataFrame({"decision_id": [f"sim-{n}" for n in range(count)]})
    frame = frame.assign(title=title, chosen="x", decided_at=T, due_at=T + MONTH, confidence=0.5)
    frame = frame.assign(overdue_days=overdue, kind="k", choices_a_year=4.0, simulated=True)
    cost = np.linspace(0.4, 0.1, count)
    return frame.assign(cost_of_not_knowing=cost, cost_rank=np.arange(1, count + 1))


def bounds(count=3, name="JWT") -> pd.DataFrame:
    frame = pd.DataFrame({"slug": [f"p{n}" for n in range(count)]}).assign(name=name, kind="k")
    frame = frame.assign(n=5.0, n_missing=4, n_overdue=2, success_rate=0.6, worst_rate=0.35)
    frame = frame.assign(best_rate=0.8, low=0.15, high=0.95, provenance="simulated", ci_prob=0.9)
    return frame


def months(count=6, brier=0.2, n=20, provenance="simulated", ahead=0) -> pd.DataFrame:
    whole = count + ahead
    frame = pd.DataFrame({"from_at": [at(m) for m in range(whole)]})
    frame = frame.assign(until_at=[at(m + 1) for m in range(whole)], n=n, brier=brier)
    frame = frame.assign(brier_low=frame["brier"] - 0.03, brier_high=frame["brier"] + 0.03)
    frame = frame.assign(log_loss=0.6, log_low=0.5, log_high=0.7, brier_of_mean=0.22)
    frame["from_future"] = [m >= count for m in range(whole)]
    return frame.assign(provenance=provenance, ci_prob=0.9)


def regrets(values=(0.0, 1.0, 1.0, 1.0, 1.0, 1.0), promised=0.6, chosen="DataLoader"):
    frame = pd.DataFrame({"value": values}).assign(chosen=chosen, title=chosen, kind="k")
    frame = frame.assign(decision_id=[f"d{n}" for n in range(len(frame))], predicted=0.7)
    frame = frame.assign(runner_up=chosen, runner_up_predicted=promised, provenance="simulated")
    frame = frame.assign(regret_then=promised - 0.7, regret_now=promised - frame["value"])
    frame = frame.assign(decided_at=T, observed_at=T + MONTH)
    return frame.sort_values("regret_now", ascending=False).reset_index(drop=True)


def sizes(count=2, share=0.3, agent="ann", archived=0) -> pd.DataFrame:
    frame = pd.DataFrame({"agent": [f"{agent}{n}" for n in range(count)]})
    frame = frame.assign(share=share, limit_bytes=100 * 2**20, events=9, archived_events=archived)
    frame["used_bytes"] = frame["share"] * frame["limit_bytes"]
    return frame.assign(provenance="simulated")


def areas(decisions=3, active=4, area="security") -> pd.DataFrame:
    frame = pd.DataFrame({"area": [area, "scaling"]}).assign(active=active, candidate=1)
    frame = frame.assign(retired=2, used=3, decisions=[decisions, 5], simulated=[decisions, 5])
    return frame.assign(provenance="simulated")


def latency(weeks=3, tool="query_patterns", provenance="observed") -> pd.DataFrame:
    frame = pd.DataFrame({"from_at": [T + n * pd.Timedelta(days=7) for n in range(weeks)]})
    frame = frame.assign(until_at=frame["from_at"] + pd.Timedelta(days=7), tool=tool, n=20)
    frame["provenance"] = provenance
    return frame.assign(p50_ms=4.0, p95_ms=80.0, slowest_ms=1200.0, from_future=False)


def audit(count=3, undone=None, reason="over the limit", action="archived") -> pd.DataFrame:
    frame = pd.DataFrame({"recorded_at": [T + n * MONTH for n in range(count)]})
    frame = frame.assign(action=action, agent="ann", events=100, bytes=2**20, file="a.parquet")
    return frame.assign(reason=reason, undone_by=undone, event_id="e", sha256="", detail="{}")


def costs(
    count=4, turns=5, title="Sign in", cost=0.5, unpriced=0, provenance="observed"
) -> pd.DataFrame:
    frame = pd.DataFrame({"started_at": [T + n * MONTH / 31 for n in range(count)]})
    frame = frame.assign(session_id="s", title=title, client="Claude", model="m", turns=turns)
    frame = frame.assign(input_tokens=900, output_tokens=100, cache_read_tokens=0)
    return frame.assign(
        cache_write_tokens=0, cost_usd=cost, unpriced_turns=unpriced, duration_ms=60_000.0
    ).assign(provenance=provenance)


def taken(done=(4, 0, 2), name="Ask", provenance="simulated") -> pd.DataFrame:
    frame = pd.DataFrame({"done": done, "n_step": range(1, len(done) + 1)}).assign(n=4, name=name)
    frame = frame.assign(skipped=4 - frame["done"], done_share=frame["done"] / 4, phase="Before")
    frame = frame.assign(low=0.1, high=0.9, skipped_since="no outcome yet", ci_prob=0.9)
    return frame.assign(provenance=provenance)


def curve(arms=("on", "placebo", "off"), provenance="simulated", gain=0.3) -> pd.DataFrame:
    rows = [
        {"arm": arm, "learned_from": known, "learned_low": known, "learned_high": known + 9}
        | {"share": 0.5, "low": 0.4, "high": 0.6, "n": 40, "difference": gain * (arm == "on")}
        for arm in arms
        for known in (0.0, 90.0)
    ]
    frame = pd.DataFrame(rows).assign(paired=False, of="decisions", provenance=provenance)
    away = frame["arm"] == "off"
    frame["difference"] = frame["difference"].mask(away)
    frame = frame.assign(difference_low=frame["difference"] - 0.2, ci_prob=0.9)
    return frame.assign(difference_high=frame["difference"] + 0.2)


def weeks(count=12, made=3, simulated=3) -> pd.DataFrame:
    frame = pd.DataFrame({"until_at": [T + n * pd.Timedelta(days=7) for n in range(count)]})
    frame = frame.assign(from_at=frame["until_at"] - pd.Timedelta(days=7), n=made)
    frame = frame.assign(simulated=simulated, provenance="simulated" if simulated else "observed")
    frame = frame.assign(reported=0)
    return pd.concat([frame.assign(what=what) for what in ("sessions", "decisions")])


def agents(count=2, agent="", rate=0.7, half=0.1) -> pd.DataFrame:
    frame = pd.DataFrame({"agent": [f"{agent} {n}".strip() for n in range(count)]})
    rates = rate - 0.3 * np.arange(count) / max(count, 1)
    frame = frame.assign(sessions=4, decisions=9, outcomes=8, success_rate=rates, n=7)
    frame = frame.assign(low=rates - half, high=rates + half, provenance="simulated", ci_prob=0.9)
    return frame


Draw = Callable[..., Any]
MADE: dict[Draw, Callable[[], pd.DataFrame]] = {
    figures.success_over_time: trend,
    figures.success_by_context: slices,
    figures.scores_by_horizon: looks,
    figures.outcome_debt: debt,
    figures.missing_outcomes: bounds,
    figures.calibration_over_time: months,
    figures.regret_by_decision: regrets,
    figures.memory_size: sizes,
    figures.focus_coverage: areas,
    figures.query_latency: latency,
    figures.memory_events: audit,
    figures.session_costs: costs,
    figures.session_steps: taken,
    figures.learning_curve: curve,
    figures.pace: weeks,
    figures.success_by_agent: agents,
}
NAMED: dict[Draw, pd.DataFrame] = {
    figures.success_over_time: epoch(trend((NASTY,)), NASTY),
    figures.success_by_context: slices((NASTY, "b"), warning=NASTY, values=(NASTY, "b")),
    figures.scores_by_horizon: looks(title=NASTY).assign(score=NASTY),
    figures.outcome_debt: debt(title=NASTY),
    figures.missing_outcomes: bounds(name=NASTY),
    figures.regret_by_decision: regrets(chosen=NASTY),
    figures.memory_size: sizes(agent=NASTY),
    figures.focus_coverage: areas(area=NASTY),
    figures.query_latency: latency(tool=NASTY),
    figures.memory_events: audit(reason=NASTY, action=NASTY),
    figures.session_costs: costs(title=NASTY),
    figures.session_steps: taken(name=NASTY).assign(skipped_since=NASTY),
    figures.success_by_agent: agents(agent=NASTY),
}
MANY = [f"pattern {n}" for n in range(10_000)]
LARGE: dict[Draw, pd.DataFrame] = {
    figures.success_over_time: trend(MANY, months=1),
    figures.success_by_context: slices(MANY),
    figures.scores_by_horizon: looks(10_000),
    figures.outcome_debt: debt(10_000),
    figures.missing_outcomes: bounds(10_000),
    figures.calibration_over_time: months(4_000 // 12),
    figures.regret_by_decision: regrets(np.linspace(0, 1, 10_000)),
    figures.memory_size: sizes(10_000),
    figures.query_latency: latency(3_000),
    figures.memory_events: audit(5_000),
    figures.session_costs: costs(10_000),
    figures.success_by_agent: agents(10_000),
}
names = {"ids": lambda value: getattr(value, "__name__", "")}


def said(fig: Any) -> str:
    text = f"{fig.layout.title.text} | {fig.layout.title.subtitle.text}".replace("<br>", " ")
    return text.replace("&#36;", "$").replace("\u202f", " ").replace("\u00a0", " ")


def hovers(fig: Any) -> list[str]:
    found: list[str] = []
    for trace in fig.data:
        text = trace.hovertext
        found += [text] if isinstance(text, str) else [t for t in text or () if t]
        if trace.hovertemplate:
            ids = trace.customdata if trace.customdata is not None else [""] * len(trace.text)
            found += [
                trace.hovertemplate.replace("%{text}", text).replace("%{customdata}", str(own))
                for text, own in zip(trace.text, ids, strict=True)
                if text
            ]
    return found


@pytest.mark.parametrize("draw", MADE, **names)
def test_an_empty_frame_draws_a_sentence_with_the_next_step(draw):
    fig = draw(MADE[draw]().iloc[:0])
    assert not fig.data
    assert len(fig.layout.meta["sentence"]) > 20
    assert "nothing recorded yet" in said(fig)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("draw", MADE, **names)
def test_each_says_how_to_read_it_its_n_and_where_from_and_has_an_axis_title(draw, theme):
    fig = draw(MADE[draw](), theme=theme)
    assert fig.layout.paper_bgcolor in (None, TOKENS[theme]["card"])
    assert "How to read it:" in draw.__doc__
    assert any(char.isdigit() for char in fig.layout.title.subtitle.text)
    titles = [fig.layout[name].title.text for name in fig.layout if name[1:5] == "axis"]
    assert any(titles), "an axis says what it shows"
    if draw not in (figures.query_latency, figures.memory_events, figures.session_costs):
        assert "simulated" in said(fig)
        assert any("simulated" in text for text in hovers(fig))
    assert not [text for text in hovers(fig) if re.search(r"\b(None|nan|NaT)\b", text)]


@pytest.mark.parametrize("draw", NAMED, **names)
def test_a_name_is_text_however_long_and_whatever_it_says(draw):
    fig = draw(NAMED[draw])
    assert "<script" not in str(fig.layout.title) + "".join(hovers(fig))
    for note in fig.layout.annotations:
        assert "<script" not in (note.text or "") + (note.hovertext or "")
        assert len(note.text or "") < 200
    for axis in (fig.layout.xaxis, fig.layout.yaxis):
        assert all("<script" not in text and len(text) < 120 for text in axis.ticktext or ())


@pytest.mark.parametrize("draw", LARGE, **names)
def test_ten_thousand_are_held_and_what_is_left_out_is_said(draw):
    fig = draw(LARGE[draw])
    assert max(len(trace.x) for trace in fig.data if trace.x is not None) <= 2000
    assert fig.layout.height < 2500
    if draw is not figures.calibration_over_time:  # months are few by nature
        assert "drawn" in said(fig) or "picked" in said(fig) or draw is figures.query_latency


def test_thinned_rows_are_even_and_keep_the_last():
    kept = thinned(pd.DataFrame({"x": range(4001)}))["x"].tolist()
    assert (len(kept), kept[-1], kept[1] - kept[0]) == (1334, 4000, 3)
    assert len(thinned(pd.DataFrame({"x": range(7)}))) == 7


class TestSuccessOverTime:
    def test_title_says_what_changed(self):
        assert "No alarm: the pattern is not known" in said(figures.success_over_time(trend()))
        worse = said(figures.success_over_time(epoch(trend())))
        assert worse.startswith("JWT works worse since March 2026")
        better = said(figures.success_over_time(epoch(trend(), after=0.9, before=0.3)))
        assert better.startswith("JWT works better since March 2026")
        two = epoch(epoch(trend(("JWT", "B", "C"))), "B", after=0.95)
        assert said(figures.success_over_time(two)).startswith(
            "Two patterns changed, one of them for the worse"
        )
        undone = figures.success_over_time(epoch(trend(), undone=True))
        assert "No alarm" in said(undone)
        assert "alarm taken back" in said(undone)

    def test_an_alarm_is_a_red_line_with_its_reasons_and_a_sign_at_the_name(self):
        fig = figures.success_over_time(epoch(trend()))
        [line] = [t for t in fig.data if t.name == "changed"]
        assert line.line.color == TOKENS["light"]["alarm"]
        assert set(line.x) == {"2026-03-01T00:00:00"}
        assert "Bayes factor 30" in line.hovertext
        assert any("⚠" in note.text for note in fig.layout.annotations)

    def test_what_is_dated_after_now_is_counted_and_not_drawn(self):
        fig = figures.success_over_time(trend(ahead=2))
        assert "10 uses dated after now not drawn" in said(fig)
        assert len(fig.data[0].x) == 4

    def test_a_month_says_its_interval_and_its_n(self):
        [first, *_] = hovers(figures.success_over_time(trend(provenance="observed")))
        assert "40–80\u202f%, n 5, observed, 90\u202f% interval (UTC)" in first
        assert "slug JWT" in first


class TestSuccessByContext:
    def test_a_reversed_order_is_the_title(self):
        fig = figures.success_by_context(slices(warning="JWT works better … but"))
        assert said(fig).startswith("JWT leads overall, but SAML works better for every tenancy")
        assert all(label.startswith("⚠") for label in fig.layout.yaxis.ticktext)
        assert "reported figures were not seen here" in said(fig)

    def test_a_pattern_whose_slices_do_not_overlap_depends_on_the_context(self):
        frame = slices(("JWT",))
        assert "No pattern is known to depend on tenancy" in said(figures.success_by_context(frame))
        frame["low"], frame["high"] = [0.1, 0.6], [0.4, 0.9]
        title = said(figures.success_by_context(frame))
        assert title.startswith("JWT works better with tenancy = single than with multi")

    def test_every_rate_has_its_n_and_values_beyond_three_are_counted(self):
        fig = figures.success_by_context(slices(("JWT",), values=tuple("abcde")))
        assert "+ 2 values not drawn" in said(fig)
        told = [text for trace in fig.data if trace.name == "n" for text in trace.text]
        assert told == ["n 21", "n 7", "n 7", "n 7"]


class TestScoresByHorizon:
    def test_a_missing_look_is_a_gap_and_is_counted(self):
        fig = figures.scores_by_horizon(looks(4))
        lines = next(t for t in fig.data if t.name.startswith("decisions"))
        assert list(lines.y) == [0.9, 0.3, None, 0.9, None, None] * 2
        assert not lines.connectgaps
        assert "2 scores missing though due" in said(fig)
        assert [a.text for a in fig.layout.annotations][:2] == ["n 4", "n 2, 2 missing"]

    def test_title_compares_the_first_horizon_with_the_last(self):
        fall = figures.scores_by_horizon(looks(40, missing=False))
        assert said(fall).startswith("Success falls from 90 % to 30 % by day 90")
        few = figures.scores_by_horizon(looks(4))
        assert "later looks are too few" in said(few)


def test_the_debt_begins_with_what_costs_most():
    fig = figures.outcome_debt(debt(3).assign(title=["a", "b", "c"]))
    assert said(fig).startswith("3 decisions are overdue; begin with a")
    marks = next(t for t in fig.data if t.mode == "markers")
    assert list(marks.x) == pytest.approx([0.1, 0.25, 0.4])
    assert [t.strip() for t in fig.layout.yaxis.ticktext] == ["c", "b", "a"]
    unknown = figures.outcome_debt(debt(1).assign(cost_of_not_knowing=np.nan, cost_rank=np.nan))
    assert "no pattern would learn" in hovers(unknown)[0]
    waiting = figures.outcome_debt(debt(2, overdue=-3.0))
    assert waiting.layout.meta["sentence"].startswith("2 decisions without an outcome, none")


def test_missing_outcomes_draw_both_bounds_and_what_is_known():
    fig = figures.missing_outcomes(bounds(1))
    assert said(fig).startswith("Missing outcomes leave up to 45 points open")
    assert [list(t.x[:2]) for t in fig.data[:2]] == [[0.15, 0.95], [0.35, 0.8]]
    nothing = figures.missing_outcomes(bounds(1).assign(n=0.0, provenance="none"))
    assert "nothing is known" in hovers(nothing)[0]
    assert not next(t for t in nothing.data if t.name == "known").x


@pytest.mark.parametrize(
    ("briers", "title"),
    [
        ([0.3] * 3 + [0.1] * 3, "Confidences got better: Brier score 0.30 before, 0.10 since"),
        ([0.1] * 3 + [0.3] * 3, "Confidences got worse"),
        ([0.2] * 6, "Confidences got neither better nor worse"),
    ],
)
def test_the_later_forecasts_are_held_against_the_earlier(briers, title):
    assert said(figures.calibration_over_time(months(brier=briers))).startswith(title)
    few = figures.calibration_over_time(months(2, n=2))
    assert "too few to say whether they get better" in said(few)
    ahead = figures.calibration_over_time(months(2, ahead=1))
    assert "20 forecasts dated after now not drawn" in said(ahead)


def test_regret_is_red_only_below_what_the_runner_up_promised():
    fig = figures.regret_by_decision(regrets())
    red, grey = fig.data[0], fig.data[1]
    assert list(red.x) == [0.6, 0.0, None]
    assert red.line.color == TOKENS["light"]["alarm"]
    assert len(grey.x) == 15
    assert "on average +23 points (−4 to +51, 90 % interval)" in said(fig)
    assert said(fig).startswith("Choices came out about as their runners-up promised")
    assert "too few" in said(figures.regret_by_decision(regrets((1.0, 0.0))))
    waiting = regrets().assign(regret_now=np.nan)
    assert "sentence" in figures.regret_by_decision(waiting).layout.meta


def test_a_full_memory_is_alarming_and_an_idle_area_is_named():
    full = figures.memory_size(sizes(2, share=1.2, archived=1200))
    assert said(full).startswith("Two of 2 agents over the limit")
    assert full.layout.annotations[0].text == "120 MiB, 1,200 archived"
    assert said(figures.memory_size(sizes(1, share=0.95))).startswith("One of 1 agents close")
    assert said(figures.memory_size(sizes())).startswith("No agent is near its limit: 30.0 %")
    idle = figures.focus_coverage(areas(decisions=0))
    assert said(idle).startswith("One of 2 focus areas have no decision yet")
    hatches = [bar.marker.pattern.shape for bar in idle.data]
    assert hatches == ["", "/", "x"], "statuses differ by more than colour"


def test_latency_and_audit_say_what_matters():
    fig = figures.query_latency(latency())
    assert said(fig).startswith("The memory answers sessions in 4.0 ms, as a weekly median")
    assert "n 60 calls" in said(fig)
    assert {t.line.dash for t in fig.data} == {"solid", "dash"}
    events = audit(3).assign(undone_by=[None, "x", None])
    shown = figures.memory_events(events)
    assert said(shown).startswith("200 events archived, all restorable")
    assert [(t.name, len(t.x)) for t in shown.data] == [("stands", 2), ("taken back", 1)]


def test_a_session_without_a_price_is_not_free():
    assert "A session costs $0.5, as a median; $2 in all" in said(figures.session_costs(costs()))
    bound = figures.session_costs(costs(unpriced=1))
    assert "at least $0.5" in said(bound)
    assert bound.data[0].marker.symbol == "circle-open"
    free = figures.session_costs(costs(cost=np.nan))
    assert "what they cost is not known" in said(free)
    assert not free.data[0].x
    idle = figures.session_costs(costs(turns=0))
    assert idle.layout.meta["sentence"].startswith("4 sessions without a turn of a model.")


def test_no_sum_of_money_is_taken_for_a_formula_where_mathjax_is_loaded():
    fig = figures.session_costs(costs(title="From $5 to $9", unpriced=1))
    assert "at least $0.5" in said(fig)
    fig.layout.meta = None  # what is said, for a page that is no figure
    assert "$" not in fig.to_json()


def test_many_sessions_are_thinned_to_what_a_page_is_readily_sent_their_medians_of_all():
    dear = costs(3000, cost=np.nan, provenance="simulated")
    dear = dear.assign(cost_usd=np.arange(3000) / 100.0, unpriced_turns=np.arange(3000) % 2)
    fig = figures.session_costs(dear)
    assert len(fig.to_json()) < 60_000
    assert len({len(trace.x) for trace in fig.data}) == 1
    assert f"{len(fig.data[0].x)} drawn, evenly picked" in said(fig)
    heads = {note.hovertext: note.text for note in fig.layout.annotations}
    assert heads["US dollars"].endswith("median &#36;15")
    seen = hovers(fig)
    assert any("at least &#36;%{y" in text for text in seen)
    assert all("session s" in text and "simulated" in text for text in seen)


def test_made_up_costs_and_latencies_are_never_shown_as_observed():
    for fig in (
        figures.session_costs(costs(provenance="simulated")),
        figures.query_latency(latency(provenance="simulated")),
    ):
        assert "all simulated: made-up data" in fig.layout.meta["subtitle"]
        assert "observed" not in said(fig) + " ".join(hovers(fig))
        assert all("simulated" in text for text in hovers(fig))
        symbols = {symbol for t in fig.data for symbol in np.atleast_1d(t.marker.symbol)}
        assert symbols <= {"triangle-up-open", "triangle-down-open"}
    assert "A session would cost $0.5" in said(figures.session_costs(costs(provenance="simulated")))
    both = pd.concat([costs(), costs(provenance="simulated", unpriced=1)])
    fig = figures.session_costs(both)
    assert "some simulated: made-up data" in fig.layout.meta["subtitle"]
    assert [label for _, _, label in fig.layout.meta["key"]] == [
        "one session",
        "one simulated session",
        "a lower bound of its cost",
    ]
    two = figures.query_latency(pd.concat([latency(), latency(provenance="simulated")]))
    assert len(two.data) == len(two.layout.meta["key"]) == 4


def test_the_pace_says_this_week_beside_the_last_and_hatches_what_is_made_up():
    assert said(figures.pace(weeks())).startswith("Three decisions this week, as many as in")
    fig = figures.pace(weeks().assign(n=[*range(1, 13)] * 2, simulated=1))
    assert said(fig).startswith("12 decisions this week, 11 in the week before")
    bars = {trace.name: trace for trace in fig.data}
    assert bars["decisions, simulated"].marker.pattern.shape == "/"
    assert bars["decisions, observed"].marker.pattern.shape is None
    assert (len(bars["decisions, observed"].x), len(bars["decisions, simulated"].x)) == (11, 12)
    assert [label for _, _, label in fig.layout.meta["key"]] == ["observed", "simulated"]
    fig = figures.pace(weeks(simulated=0).assign(reported=1, provenance="observed + reported"))
    drawn = {trace.name: trace.y for trace in fig.data if trace.y}
    assert (drawn["sessions, observed"][0], drawn["sessions, reported"][0]) == (2, 1)
    assert [label for _, _, label in fig.layout.meta["key"]] == ["observed", "reported"]


def test_agents_whose_intervals_overlap_are_not_ranked():
    assert said(figures.success_by_agent(agents(half=0.3))).startswith("The two agents cannot be")
    assert "of 0 turn out well most often" in said(figures.success_by_agent(agents(half=0.01)))
    assert "One of 2 agents cannot" in said(figures.success_by_agent(agents(3, half=0.08)))
    alone = figures.success_by_agent(agents(1))
    assert "of 0 turn out well in 70 % of cases" in said(alone)
    nothing = agents(2).assign(success_rate=np.nan, low=np.nan, high=np.nan, provenance="none")
    assert "not known of any agent yet" in said(figures.success_by_agent(nothing))


def test_steps_that_are_never_done_are_the_title():
    fig = figures.session_steps(taken())
    assert said(fig).startswith("One of 3 steps was never done")
    assert any("skipped mostly since: no outcome yet" in text for text in hovers(fig))
    assert said(figures.session_steps(taken((4, 4)))).startswith("Every step was done")
    assert said(figures.session_steps(taken((4, 1)))).startswith("Step 2 is done least, in 25 %")


def test_candidates_and_retired_patterns_are_marked_by_a_word():
    rows = {"slug": ["a", "b", "c"], "name": ["A", "B", "C"], "success_rate": [0.9, 0.8, 0.2]}
    frame = pd.DataFrame(rows).assign(low=0.1, high=0.95, n=5, provenance="observed")
    frame["status"] = ["active", "candidate", "retired"]
    fig = figures.success_by_pattern(frame)
    labels = [text.strip() for text in fig.layout.yaxis.ticktext]
    assert labels == ["C (retired)", "B (candidate)", "A"]


def test_headings_side_by_side_keep_out_of_each_other_where_it_is_narrow():
    names = ("REST with <GraphQL> for mobile clients", "Role-based access control in a tenant")
    whole = figures.success_over_time(trend(names))
    narrow = fitted(figures.success_over_time(trend(names)), 420)
    for wide, tight in zip(whole.layout.annotations, narrow.layout.annotations, strict=True):
        plain = [unescape(re.sub("<[^>]*>", "", each.text)) for each in (wide, tight)]
        assert len(plain[1]) < len(plain[0])
        assert plain[1].endswith("n 30")
        assert "<G" not in tight.text


def test_a_wide_figure_has_its_title_in_fewer_lines_and_as_much_plot():
    names = [f"Pattern {n}" for n in range(4)]
    frame = epoch(epoch(trend(names, provenance="observed + simulated"), "Pattern 0"), "Pattern 1")
    figs = [fitted(figures.success_over_time(frame), width) for width in (540, 600, 1000, 2400)]
    lines = [[len(line) for line in fig.layout.title.text.split("<br>")] for fig in figs]
    below = [len(fig.layout.title.subtitle.text.split("<br>")) for fig in figs]
    assert below[0] >= below[1] > below[2] >= 1
    assert max(map(max, lines)) <= 96
    assert len({fig.layout.height - fig.layout.margin.t for fig in figs}) == 1
    assert figs[2].layout.title.subtitle.text == figs[3].layout.title.subtitle.text


def test_the_last_outcomes_of_each_provenance_have_a_line_of_their_own():
    both = pd.concat([trend(provenance="observed"), trend(provenance="simulated")])
    fig = figures.success_over_time(both)
    lines = {t.name: t.line.dash for t in fig.data if t.mode == "lines"}
    assert lines == {"last eight, observed": "solid", "last eight, simulated": "dash"}
    signs = [sign for sign, token, _ in fig.layout.meta["key"] if token == "ink"]
    assert len(signs) == len(set(signs)) == 2


def test_what_is_reported_does_not_say_how_decisions_seen_here_score():
    seen, told = looks(provenance="observed", missing=False), looks(provenance="reported")
    both = pd.concat([seen, told.assign(value=1.0, decision_id=told["decision_id"] + "r")])
    alone, mixed = (said(figures.scores_by_horizon(frame)) for frame in (seen, both))
    assert (
        mixed.split(" | ")[0]
        == alone.split(" | ")[0]
        == "Success falls from 90 % to 30 % by day 90"
    )
    same = figures.scores_by_horizon(looks(3, missing=False).assign(value=0.5))
    assert "cannot be told apart" in said(same)
