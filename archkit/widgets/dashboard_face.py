"""The face of a dashboard: its filters, its tabs, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import ipywidgets as widgets

from archkit.metrics.scope import Scope
from archkit.plain import missing
from archkit.report.tabs import GROUPS, TABS, tab_named
from archkit.widgets.dashboard_page import dashboard_style
from archkit.widgets.panel_parts import button, choice, column, field, page, row

if TYPE_CHECKING:
    from archkit.widgets.dashboard_options import Options

__all__ = ["DashboardActions", "DashboardFace"]

_OWN = -1
_SPANS = (
    ("all time", 0),
    ("the last 7 days", 7),
    ("the last 30 days", 30),
    ("the last 90 days", 90),
    ("the last year", 365),
    ("dates of your own", _OWN),
)
_PROVENANCE: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("any", ()),
    ("measured or observed", ("measured", "observed")),
    ("measured", ("measured",)),
    ("observed", ("observed",)),
    ("reported", ("reported",)),
    ("simulated", ("simulated",)),
)


class DashboardActions(NamedTuple):
    """What a change of a control does."""

    narrow: Callable[[], None]
    clear: Callable[[], None]
    show: Callable[[str], None]
    pick: Callable[[str], None]
    point: Callable[[str], None]
    refresh: Callable[[], None]
    copy: Callable[[], None]
    export: Callable[[str], None]
    hand_out: Callable[[], None]


class DashboardFace:
    """The widgets.

    Parameters
    ----------
    options
        What there is to choose from.
    actions
        What the controls do.
    dashboard_id
        Makes the dashboard's class of its own: ``archkit-panel-<id>``.
    every_s
        How often the page asks for news, in seconds; 0: never.
    saves
        Whether files may be written here; if not, there is a download, and no code to copy.

    Attributes
    ----------
    root
        All of it.
    """

    def __init__(
        self,
        options: Options,
        actions: DashboardActions,
        dashboard_id: str,
        *,
        every_s: float,
        saves: bool = True,
    ) -> None:
        from archkit.widgets.download import Download
        from archkit.widgets.live_figure import LiveFigure, WidthWatch
        from archkit.widgets.news_watch import NewsWatch

        self._actions, self._quiet = actions, False
        self._span: tuple[datetime | None, datetime | None] = (None, None)
        self.figure, self._watch = LiveFigure(), WidthWatch()
        self._news = NewsWatch(every_s=every_s)
        self.download = None if saves else Download()
        self._news.ask(actions.refresh)
        self.summary, self.evidence, self.said = page(kind="ak-summary"), page(), page()
        self.agent = choice("Agent")
        self.project = choice("Project")
        self.area = choice("Focus area")
        self.pattern = field("Pattern", "any: type its slug", options=("",))
        self.pattern.continuous_update = False
        self.span = choice("When", _SPANS)
        self.span.tooltip = "Days begin at midnight, UTC"
        self.provenance = choice("Provenance", _PROVENANCE)
        self.context = choice("Context")
        self.since, self.until = (_day(label) for label in ("From", "Before"))
        self.groups = widgets.ToggleButtons(options=GROUPS, description="About")
        self.groups.add_class("ak-views")
        self.tabs = choice("Figure")
        self.decision = choice("Decisions of this part, the latest first")
        self.path = field("File for the export", "reports/dashboard.html") if saves else None
        self._buttons = self._made_buttons()
        self.root = self._made_root(dashboard_id)
        self.offer(options)
        self._observe()

    def offer(self, options: Options) -> None:
        """Give what there is to choose from; what is chosen stays."""
        self._silently(lambda: self._offer(options))

    def put(self, scope: Scope, tab: str) -> None:
        """Put a part and a tab on the controls; none of them acts on it."""
        self._silently(lambda: self._put(scope, tab))

    def offer_decisions(self, named: Mapping[str, str]) -> None:
        """Give the decisions there are to look into."""
        listed = [("pick one, or click a point", ""), *((v, k) for k, v in named.items())]

        def give() -> None:
            kept = self.decision.value if self.decision.value in named else ""
            self.decision.options = listed
            self.decision.value = kept

        if list(self.decision.options) != listed:
            self._silently(give)

    def scope(self, now: datetime) -> Scope:
        """Return the part that is set on the controls."""
        since, until = self._span = self._span_at(now)
        return Scope(
            agent=self.agent.value or None,
            project=self.project.value or None,
            area=self.area.value or None,
            pattern=self.pattern.value.strip() or None,
            since=since,
            until=until,
            provenance=self.provenance.value,
            context=dict(self.context.value) or None,
        )

    def rolled(self, scope: Scope, now: datetime) -> Scope:
        """Return a part whose span runs with the clock as it is by now; any other as it is."""
        if self.span.value in (0, _OWN) or (scope.since, scope.until) != self._span:
            return scope
        since, until = self._span = self._span_at(now)
        return replace(scope, since=since, until=until)

    def _span_at(self, now: datetime) -> tuple[datetime | None, datetime | None]:
        """Return when the span that is set begins and ends: at a midnight (UTC), and now.

        What is counted day by day need then not be looked up use by use. What a wrong clock dates
        after now is in no span that ends today.
        """
        if self.span.value == _OWN:
            kept, days = self._span, (self.since.value, self.until.value)
            return _instant(kept[0], days[0]), _instant(kept[1], days[1])
        if not self.span.value:
            return None, None
        begun = (now.astimezone(UTC) - timedelta(days=self.span.value)).date()
        return _instant(None, begun), now + timedelta(microseconds=1)

    def _offer(self, options: Options) -> None:
        for made, label, found in (
            (self.agent, "all agents", [(name, name) for name in options.agents]),
            (self.project, "all projects", [(name, name) for name in options.projects]),
            (self.area, "all areas", [(name, name) for name in options.areas]),
            (self.context, "any", [(f"{k} = {v}", ((k, v),)) for k, v in options.contexts]),
        ):
            listed: list[tuple[str, Any]] = [(label, ""), *found]
            if list(made.options) != listed:
                kept = made.value
                made.options = listed
                _choose(made, kept or "")
        if self.pattern.options != options.patterns:
            self.pattern.options = options.patterns

    def _put(self, scope: Scope, tab: str) -> None:
        chosen = {"agent": scope.agent, "project": scope.project, "area": scope.area}
        for name, value in chosen.items():
            _choose(getattr(self, name), value or "")
        self.pattern.value = scope.pattern or ""
        if scope.since is None and scope.until is None:
            self.span.value = 0
        elif self.span.value in (0, _OWN) or (scope.since, scope.until) != self._span:
            self.span.value = _OWN
            for made, instant in ((self.since, scope.since), (self.until, scope.until)):
                made.value = instant.astimezone(UTC).date() if instant else None
        self._span = scope.since, scope.until
        _choose(self.provenance, tuple(scope.provenance))
        _choose(self.context, tuple((scope.context or {}).items()) or "")
        self.groups.value = tab_named(tab).group
        self._offer_tabs()
        self.tabs.value = tab
        self._show_dates()

    def _offer_tabs(self) -> None:
        named = [(tab.name, tab.name) for tab in TABS if tab.group == self.groups.value]
        if list(self.tabs.options) != named:
            self.tabs.options = named

    def _grouped(self, group: str) -> None:
        self._actions.show(next(tab.name for tab in TABS if tab.group == group))

    def _made_buttons(self) -> dict[str, Any]:
        """Make the buttons that are shown and no other: a page could press one that is hidden."""
        made = {
            "clear": button("Show everything", tooltip="Take all filters off"),
            "refresh": button("Look again", tooltip="Read the memory anew"),
        }
        if (path := self.path) is None:
            made["hand_out"] = button("Download this view", tooltip="One HTML file, from disk")
        else:
            made["copy"] = button("Copy as code", tooltip="Show the cell that makes it again")
        for name, act in made.items():
            act.on_click(lambda _, name=name: getattr(self._actions, name)())
        if path is not None:
            made["export"] = button("Export this view", tooltip="Write it to one HTML file")
            made["export"].on_click(
                lambda _: self._actions.export(path.value.strip() or path.placeholder)
            )
        return made

    def _made_root(self, dashboard_id: str) -> Any:
        style = page(f"<style>{dashboard_style()}</style>", kind="ak-style")
        when = (self.span, self.since, self.until)
        filters = widgets.HBox(
            [
                self.agent,
                self.project,
                self.area,
                self.pattern,
                *when,
                self.provenance,
                self.context,
            ]
        )
        filters.add_class("ak-fields")
        acts = row(self._buttons["clear"], self._buttons["refresh"])
        drawn = column(self.figure, self._watch, kind="ak-figure")
        body = column(self.summary, drawn, kind="ak-body")
        saved = (
            row(self._buttons["copy"], self.path, self._buttons["export"])
            if self.download is None
            else row(self._buttons["hand_out"], self.download)
        )
        saved.add_class("ak-ends")
        parts = (
            style,
            filters,
            acts,
            self.groups,
            self.tabs,
            body,
            self.decision,
            self.evidence,
            saved,
        )
        root = column(*parts, self.said, self._news, kind="archkit-panel")
        root.add_class("archkit-dashboard")
        root.add_class(f"archkit-panel-{dashboard_id}")
        return root

    def _observe(self) -> None:
        acts = self._actions
        self._watch.observe(lambda change: self.figure.take_width(change["new"]), names="width")
        for made in (self.agent, self.project, self.area, self.pattern, self.provenance):
            made.observe(self._loud(lambda _: acts.narrow()), names="value")
        for made in (self.context, self.since, self.until):
            made.observe(self._loud(lambda _: acts.narrow()), names="value")
        self.span.observe(self._loud(self._spanned), names="value")
        self.groups.observe(self._loud(self._grouped), names="value")
        self.tabs.observe(self._loud(acts.show), names="value")
        self.decision.observe(self._loud(acts.pick), names="value")

    def _spanned(self, days: int) -> None:
        self._show_dates()
        if days != _OWN or self.since.value or self.until.value:
            self._actions.narrow()

    def _show_dates(self) -> None:
        for made in (self.since, self.until):
            made.layout.display = None if self.span.value == _OWN else "none"

    def _loud(self, act: Callable[[Any], None]) -> Callable[[Mapping[str, Any]], None]:
        def changed(change: Mapping[str, Any]) -> None:
            if not self._quiet:
                act(change["new"])

        return changed

    def _silently(self, act: Callable[[], None]) -> None:
        was, self._quiet = self._quiet, True
        try:
            act()
        finally:
            self._quiet = was

    def hear_clicks(self) -> None:
        """Let a click on a point of the figure tell what it is of."""
        for trace in self.figure.data:
            if getattr(trace, "customdata", None) is not None:
                trace.on_click(self._clicked)

    def _clicked(self, trace: Any, points: Any, _: Any) -> None:
        for index in points.point_inds[:1]:
            if not missing(clicked := trace.customdata[index]):
                self._actions.point(str(clicked))


def _day(label: str) -> Any:
    made = widgets.DatePicker(description=label)
    made.style.description_width = "initial"
    made.add_class("ak-field")
    made.layout.display = "none"
    return made


def _choose(made: Any, value: Any) -> None:
    """Set a list on a value, which joins what there is to choose from if it is not there."""
    known: Sequence[Any] = [each for _, each in made.options]
    if value not in known:
        made.options = [*made.options, (_label(value), value)]
    made.value = value


def _label(value: Any) -> str:
    if isinstance(value, str):
        return value
    if all(isinstance(each, str) for each in value):
        return " or ".join(value)
    return " and ".join(f"{key} = {held}" for key, held in value)


def _instant(kept: datetime | None, day: date | None) -> datetime | None:
    """Return the first instant of a day (UTC), or the one that was given on that day."""
    if day is None:
        return None
    if kept is not None and kept.astimezone(UTC).date() == day:
        return kept
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
