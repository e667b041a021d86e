"""The live figure: a page that begins late, or anew, is given the whole of what is shown."""

from __future__ import annotations

import plotly.graph_objects as go

from archkit.figures.style import new_figure, titled
from archkit.widgets.live_figure import LiveFigure


def figure(*heights: float) -> go.Figure:
    made = new_figure("light")
    made.add_scatter(x=[1, 2], y=list(heights))
    return titled(made, f"Up to {max(heights)}", "made here", height=100)


def begun_with(live: LiveFigure) -> tuple[list[float], str]:
    """Return what a page draws that asks for the state: the first trace, the title."""
    state = live.get_state()
    [trace] = state["_widget_data"]
    return list(trace["y"]), state["_widget_layout"]["title"]["text"]


def test_a_page_that_asks_late_gets_what_is_shown_now() -> None:
    live = LiveFigure()
    live.show_figure(figure(1, 2), "line")
    assert begun_with(live) == ([1, 2], "Up to 2")
    live.show_figure(figure(3, 4), "line")
    assert begun_with(live) == ([3, 4], "Up to 4")


def test_once_it_is_drawn_the_whole_is_kept_but_not_sent_again() -> None:
    live, sent = LiveFigure(), list[str]()
    live.show_figure(figure(1, 2), "line")
    live.observe(lambda change: sent.append(change["name"]), names=["_widget_data"])
    live.show_figure(figure(3, 4), "line")
    assert sent == ["_widget_data"]
    live._js2py_traceDeltas = {"trace_deltas": [], "trace_edit_id": 0}
    live.show_figure(figure(5, 6), "line")
    assert sent == ["_widget_data"]
    assert begun_with(live) == ([5, 6], "Up to 6")


def two_panels() -> go.Figure:
    made = figure(1, 2)
    made.add_scatter(x=[1, 2], y=[3, 4], xaxis="x2", yaxis="y2")
    made.update_layout(xaxis2={"anchor": "y2", "title": {"text": "size", "font": {"size": 9}}})
    return made.update_layout(yaxis2={"anchor": "x2", "domain": [0, 0.4]})


def test_no_change_is_sent_twice_by_its_own_name_and_its_parent_s() -> None:
    live, sent = LiveFigure(), list[dict[str, object]]()
    live.show_figure(figure(1, 2), "line")
    live.observe(lambda change: sent.append(change["new"]["layout_data"]), ["_py2js_update"])
    for drawn, kind in ((two_panels(), "panels"), (figure(1, 2), "line"), (two_panels(), "panels")):
        live.show_figure(drawn, kind)
        names = sent[-1]
        assert not [(a, b) for a in names for b in names if a.startswith(f"{b}.")]
    assert sent[0]["xaxis2"] == {
        "anchor": "y2",
        "title": {"text": "size", "font": {"size": 9}},
        "type": "linear",
    }


def test_what_another_figure_had_does_not_stay() -> None:
    live = LiveFigure()
    ruled = figure(1, 2).add_vline(x=0.5)
    ruled.update_xaxes(tickvals=[0, 1], range=[0, 1])
    live.show_figure(ruled, "ruled")
    assert (live.layout.xaxis.type, len(live.layout.shapes)) == ("linear", 1)
    assert live.layout.xaxis.autorange is False
    dated = new_figure("light").add_scatter(x=["2026-01-05", "2026-02-01"], y=["a", "b"])
    live.show_figure(titled(dated, "Dated", "made here", height=100), "dated")
    assert (live.layout.xaxis.type, live.layout.yaxis.type) == ("date", "category")
    assert (live.layout.shapes, live.layout.xaxis.tickvals) == ((), None)
    assert live.layout.xaxis.autorange is None
    live.show_figure(ruled, "ruled")
    assert (live.layout.xaxis.type, live.layout.yaxis.type) == ("linear", "linear")


def test_traces_that_come_and_go_are_hidden_and_shown_in_one_message() -> None:
    live, sent = LiveFigure(), list[str]()
    two = figure(1, 2).add_scatter(x=[1, 2], y=[5, 6], hovertext=["a", "b"])
    live.show_figure(two, "marks")
    live._js2py_traceDeltas = {"trace_deltas": [], "trace_edit_id": 0}
    names = ["_py2js_addTraces", "_py2js_deleteTraces", "_py2js_update"]
    live.observe(lambda change: sent.append(change["name"]), names)
    for drawn in (figure(3, 4), two, figure(7, 8)):
        live.show_figure(drawn, "marks")
    assert sent == ["_py2js_update"] * 3
    assert [trace.visible for trace in live.data] == [None, False]
    live.show_figure(two, "marks")
    assert [list(trace.y) for trace in live.data] == [[1, 2], [5, 6]]
    assert [trace.visible for trace in live.data] == [None, None]
    assert live.data[0].hovertext is None


def test_traces_of_another_kind_are_drawn_anew() -> None:
    live = LiveFigure()
    live.show_figure(figure(1, 2), "marks")
    bars = new_figure("light").add_bar(x=[1], y=[2])
    live.show_figure(titled(bars, "Bars", "made here", height=100), "marks")
    assert [trace.type for trace in live.data] == ["bar"]


def test_what_only_some_traces_have_is_sent_part_by_part() -> None:
    live, sent = LiveFigure(), list[dict[str, object]]()
    lined = figure(1, 2).add_scatter(x=[1, 2], y=[5, 6], line={"color": "red", "width": 3})
    live.show_figure(lined, "marks")
    live.observe(lambda change: sent.append(change["new"]["style_data"]), ["_py2js_update"])
    other = figure(1, 2).add_scatter(x=[1, 2], y=[5, 6])
    other.data[0].line = {"color": "blue", "width": 1}
    for drawn in (other, lined, other):
        live.show_figure(drawn, "marks")
        names = sent[-1]
        assert not [(a, b) for a in names for b in names if a.startswith(f"{b}.")]
    assert live.data[1].line.to_plotly_json() == {}
    assert live.data[0].line.to_plotly_json() == {"color": "blue", "width": 1}


def test_another_figure_is_one_message_whose_changes_stand_in_their_order(monkeypatch) -> None:
    live, sent = LiveFigure(), list[list[str]]()
    monkeypatch.setattr(
        LiveFigure, "_send", lambda _, message, buffers=None: sent.append([*message["state"]])
    )
    live.show_figure(figure(1, 2), "line")
    assert [{*names} >= {"_widget_data", "_widget_layout"} for names in sent] == [False, True]
    assert not {*sent[1]} & {"_py2js_addTraces", "_py2js_update"}  # it would add them twice
    live._js2py_traceDeltas = {"trace_deltas": [], "trace_edit_id": 0}
    sent.clear()
    live.show_figure(two_panels(), "panels")
    [names] = sent
    changes = ["_py2js_deleteTraces", "_py2js_addTraces", "_py2js_update"]
    assert names[:3] == changes
    assert (names.count("_widget_data"), len(live.data)) == (0, 2)
    assert [live.get_state()[name] for name in changes] == [None] * 3
    assert live.get_state(changes[2])[changes[2]]["layout_data"]
