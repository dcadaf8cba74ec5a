"""What a dashboard is made of, and how that becomes Grafana's JSON (classic schema; Grafana 13 reads it)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models

GREEN, ORANGE, RED, GREY, BLUE = "green", "orange", "red", "text", "blue"
WIDTH = 24
REFRESH = "1s"
LAST_MINUTES = "now-5m"


@dataclass(frozen=True, slots=True)
class Query:
    """One PromQL expression. `empty` is why it may have no data in a healthy run; without it an empty panel
    is a mistake."""

    expr: str
    legend: str = ""
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """`kind` is stat, lines, bars (stacked) or table; `unit` one of Grafana's; `steps` are (from, colour),
    the first from None; `words` are (from, to, text, colour) shown instead of a number; `why` explains
    it to a reader."""

    title: str
    why: str
    queries: tuple[Query, ...]
    kind: str = "lines"
    unit: str = "short"
    width: int = 12
    height: int = 8
    steps: tuple[tuple[float | None, str], ...] = ()
    words: tuple[tuple[float, float, str, str], ...] = ()
    least: float | None = None
    most: float | None = None
    decimals: int | None = None


@dataclass(frozen=True, slots=True)
class Board:
    """`rows` are (title, panels); a row without a title has none drawn."""

    uid: str
    title: str
    what: str
    rows: tuple[tuple[str, tuple[Panel, ...]], ...]
    by_symbol: bool = False
    tags: tuple[str, ...] = field(default=("fireexit",))

    def queries(self) -> list[tuple[Panel, Query]]:
        return [(panel, query) for _, panels in self.rows for panel in panels for query in panel.queries]


def build(board: Board, others: list[tuple[str, str]]) -> Any:
    """The dashboard of Grafana's types; `others` are (title, uid) of the boards to link to."""
    made = (
        dashboard.Dashboard(board.title)
        .uid(board.uid)
        .description(board.what)
        .tags(list(board.tags))
        .refresh(REFRESH)
        .time(LAST_MINUTES, "now")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .timepicker(dashboard.TimePicker().refresh_intervals(["1s", "2s", "5s", "10s", "30s", "1m"]))
        .with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
    )
    if board.by_symbol:
        made = made.with_variable(_symbol_variable())
    for name, query in (
        ("phase", "fireexit_exchange_phase_started_timestamp_seconds * 1000"),
        ("run", "fireexit_loader_started_timestamp_seconds * 1000"),
    ):
        made = made.annotation(_annotation(name, query))
    made = made.link(_link("The run, in Locust", "http://127.0.0.1:8089/"))
    made = made.link(_link("Charts of the run", "http://127.0.0.1:8089/fire-exit"))
    for title, uid in others:
        made = made.link(_link(title, f"/d/{uid}", keep_time=True))
    number = 0
    for title, panels in board.rows:
        if title:
            made = made.with_row(dashboard.Row(title))
        for panel in panels:
            number += 1
            made = made.with_panel(_panel(panel).id(number))
    return made.build()


def _source() -> Any:
    return common_models.DataSourceRef(type_val="prometheus", uid="${datasource}")


def _symbol_variable() -> Any:
    return (
        dashboard.QueryVariable("symbol")
        .label("Symbol")
        .datasource(_source())
        .query("label_values(fireexit_exchange_mark_price, symbol)")
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .include_all(True)
        .multi(True)
        .all_value(".*")
        .current(models.VariableOption(text="All", value="$__all"))
    )


def _annotation(name: str, expr: str) -> Any:
    made = dashboard.AnnotationQuery()
    return (
        made.name(f"{name} begins").datasource(_source()).enable(True).icon_color(BLUE).expr(expr)
        .title_format("{{phase}}{{run}}").use_value_for_time(True).step("1s")
    )  # fmt: skip


def _link(title: str, url: str, *, keep_time: bool = False) -> Any:
    return (
        dashboard.DashboardLink(title).type(models.DashboardLinkType.LINK).icon("external link").url(url)
        .keep_time(keep_time).target_blank(not keep_time)
    )  # fmt: skip


def _panel(panel: Panel) -> Any:
    kinds: dict[str, Any] = {
        "stat": stat.Panel,
        "lines": timeseries.Panel,
        "bars": timeseries.Panel,
        "table": table.Panel,
    }
    made = (
        kinds[panel.kind]().title(panel.title).description(panel.why).datasource(_source()).unit(panel.unit)
    )
    made = made.span(panel.width).height(panel.height)
    for letter, query in zip("ABCDEFGH", panel.queries, strict=False):
        target = (
            prometheus.Dataquery().expr(query.expr).legend_format(query.legend or "__auto").ref_id(letter)
        )
        instant = panel.kind in ("stat", "table")
        made = made.with_target(target.instant() if instant else target.range())
    if panel.steps:
        made = made.thresholds(
            dashboard.ThresholdsConfig()
            .mode(models.ThresholdsMode.ABSOLUTE)
            .steps([models.Threshold(value=value, color=colour) for value, colour in panel.steps])
        )
    for name in ("least", "most", "decimals"):
        if (value := getattr(panel, name)) is not None:
            made = getattr(made, {"least": "min", "most": "max"}.get(name, name))(value)
    return _STYLES[panel.kind](made, panel)


def _stat(made: Any, panel: Panel) -> Any:
    made = (
        made.color_mode(common_models.BigValueColorMode.BACKGROUND)
        .graph_mode(common_models.BigValueGraphMode.NONE)
        .text_mode(common_models.BigValueTextMode.VALUE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    )
    if not panel.words:
        return made
    ranges: list[Any] = [
        models.RangeMap(
            options=models.DashboardRangeMapOptions(
                from_val=low, to=high, result=models.ValueMappingResult(text=text, color=colour, index=place)
            )
        )
        for place, (low, high, text, colour) in enumerate(panel.words)
    ]
    return made.mappings(ranges).no_value("no orders")


def _lines(made: Any, panel: Panel) -> Any:
    legend = (
        common.VizLegendOptions()
        .display_mode(common_models.LegendDisplayMode.LIST)
        .placement(common_models.LegendPlacement.BOTTOM)
        .show_legend(True)
    )
    made = made.line_width(2).fill_opacity(0).show_points(common_models.VisibilityMode.NEVER).legend(legend)
    made = made.tooltip(
        common.VizTooltipOptions()
        .mode(common_models.TooltipDisplayMode.MULTI)
        .sort(common_models.SortOrder.DESCENDING)
    )
    if panel.kind == "bars":
        stacking = common.StackingConfig().mode(common_models.StackingMode.NORMAL).group("A")
        made = made.draw_style(common_models.GraphDrawStyle.BARS).fill_opacity(70).stacking(stacking)
    if panel.steps:
        made = made.thresholds_style(
            common.GraphThresholdsStyleConfig().mode(common_models.GraphThresholdsStyleMode.DASHED)
        )
    return made


def _table(made: Any, panel: Panel) -> Any:
    return made


_STYLES = {"stat": _stat, "lines": _lines, "bars": _lines, "table": _table}
