"""A dashboard drawn from real query results, as an SVG: what Grafana would show, without Grafana."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from markupsafe import Markup

from grafana.boards.parts import Board, Panel
from judging.drawing.svg import box, element, joined, path

Series = list[tuple[str, list[tuple[float, float]]]]
"""(legend, points of (instant, value))."""
Ask = Callable[[str, str], Series]
"""From an expression and a legend pattern to its series over the run."""

Place = tuple[float, float, float, float]
"""x, y, width, height."""

WIDTH, CELL, UNIT = 1200, 50, 30
GAP = 6
INK, FAINT, PAPER, CARD = "#d8dde0", "#8f9ba1", "#111417", "#191d21"
COLOURS = {"green": "#2f9e6b", "orange": "#d9822b", "red": "#d64545", "text": "#5b666c", "blue": "#4d8fd6"}
LINES = ("#4fb8f0", "#f2b134", "#5fd08d", "#e573a4", "#b08cf5", "#f07e5a", "#9ccf5b", "#63d3cf")


def draw(board: Board, ask: Ask, began: float, ended: float, title: str) -> str:
    """The whole board, rows as they stand."""
    parts: list[Markup] = []
    top = 56.0
    for heading, panels in board.rows:
        if heading:
            parts.append(_text(10, top + 20, heading, 15, INK, bold=True))
            top += 32
        left, tallest = 0, 0
        for panel in panels:
            if left + panel.width > 24:
                top += tallest * UNIT
                left, tallest = 0, 0
            place = (left * CELL, top, panel.width * CELL - GAP, panel.height * UNIT - GAP)
            parts.append(_panel(panel, ask, place, began, ended))
            left += panel.width
            tallest = max(tallest, panel.height)
        top += tallest * UNIT
    head = [
        box(-6, 0, WIDTH + 6, top + 6, fill=PAPER),
        _text(4, 24, board.title, 19, INK, bold=True),
        _text(4, 43, title, 12, FAINT),
    ]
    whole = element(
        "svg",
        joined([*head, *parts]),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"-6 0 {WIDTH + 6} {top + 6:.0f}",
        font_family="system-ui,sans-serif",
    )
    return f"{whole}\n"


def _text(
    x: float, y: float, text: str, size: int, colour: str, *, bold: bool = False, at: str = "start"
) -> Markup:
    return element(
        "text", text, x=x, y=y, font_size=size, fill=colour, text_anchor=at, font_weight="600" if bold else ""
    )


def _panel(panel: Panel, ask: Ask, place: Place, began: float, ended: float) -> Markup:
    x, y, width, height = place
    frame = box(x, y, width, height, rx=4, fill=CARD)
    series = [line for query in panel.queries for line in ask(query.expr, query.legend)]
    if panel.kind == "stat":
        return frame + _stat(panel, series, place)
    title = _text(x + 10, y + 18, panel.title, 13, INK, bold=True)
    return frame + title + _lines(panel, series, place, began, ended)


def _stat(panel: Panel, series: Series, place: Place) -> Markup:
    x, y, width, height = place
    value = series[0][1][-1][1] if series and series[0][1] else math.nan
    word, colour = _word(panel, value)
    return (
        box(x, y, width, height, rx=4, fill=colour)
        + _text(x + 10, y + 20, panel.title, 13, "#ffffff", bold=True)
        + _text(x + width / 2, y + height / 2 + 24, word, 40, "#ffffff", bold=True, at="middle")
    )


def _word(panel: Panel, value: float) -> tuple[str, str]:
    if math.isnan(value):
        return "no orders", COLOURS["text"]
    for low, high, text, colour in panel.words:
        if low <= value <= high:
            return text, COLOURS[colour]
    colour = "text"
    for start, name in panel.steps:
        if start is None or value >= start:
            colour = name
    return _shown(value, panel.unit), COLOURS[colour]


def _shown(value: float, unit: str) -> str:
    if unit == "percentunit":
        return f"{100 * value:.0f} %"
    if unit == "s":
        return f"{value:.3g} s"
    shown = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{shown}/s" if unit == "reqps" else shown


def _lines(panel: Panel, series: Series, place: Place, began: float, ended: float) -> Markup:
    x, y, width, height = place
    left, right, top, bottom = x + 52, x + width - 12, y + 32, y + height - 42
    values = [value for _, points in series for _, value in points if math.isfinite(value)]
    most = panel.most if panel.most is not None else 1.08 * max([*values, 1e-9])
    least = panel.least if panel.least is not None else min([*values, 0.0])
    if panel.kind == "bars":
        most = 1.08 * max([*_stack_tops(series).values(), 1e-9])

    def at(instant: float, value: float) -> tuple[float, float]:
        share = (value - least) / (most - least or 1)
        return left + (right - left) * (instant - began) / (ended - began), bottom - (bottom - top) * share

    parts = []
    for share in (0.0, 0.5, 1.0):
        level = least + share * (most - least)
        height_at = at(began, level)[1]
        parts.append(path(f"M{left:.1f} {height_at:.1f}H{right:.1f}", "", stroke="#2c3338"))
        parts.append(_text(left - 6, height_at + 4, _shown(level, panel.unit), 10, FAINT, at="end"))
        instant = began + share * (ended - began)
        anchor = ("start", "middle", "end")[round(2 * share)]
        parts.append(
            _text(at(instant, least)[0], bottom + 14, f"{instant - began:.0f} s", 10, FAINT, at=anchor)
        )
    parts.append(_stacked(series, at) if panel.kind == "bars" else _plain(series, at))
    legend = x + 10
    for number, (name, _) in enumerate(series):
        if legend + 14 + 6.2 * len(name[:34]) > right:
            break
        parts.append(box(legend, bottom + 24, 10, 4, fill=LINES[number % 8]))
        parts.append(_text(legend + 14, bottom + 30, name[:34], 11, FAINT))
        legend += 26 + 6.2 * len(name[:34])
    if not series:
        parts.append(_text((left + right) / 2, (top + bottom) / 2, "none", 13, FAINT, at="middle"))
    return joined(parts)


def _plain(series: Series, at: Callable[[float, float], tuple[float, float]]) -> Markup:
    paths = []
    for number, (_, points) in enumerate(series):
        way, before = "", -math.inf
        for instant, value in points:
            if math.isfinite(value):
                px, py = at(instant, value)
                way += f"{'L' if instant - before < 2.5 else 'M'}{px:.1f} {py:.1f}"
                before = instant
        paths.append(path(way, "", fill="none", stroke=LINES[number % 8], stroke_width=1.8))
    return joined(paths)


def _stacked(series: Series, at: Callable[[float, float], tuple[float, float]]) -> Markup:
    floor: dict[float, float] = {}
    bars = []
    for number, (_, points) in enumerate(series):
        for instant, value in points:
            low = floor.get(instant, 0.0)
            (x0, y0), (x1, y1) = at(instant, low), at(instant + 0.8, low + value)
            height = max(0.0, y0 - y1)
            bars.append(box(x0, y1, x1 - x0, height, fill=LINES[number % 8], fill_opacity="0.85"))
            floor[instant] = low + value
    return joined(bars)


def _stack_tops(series: Series) -> dict[float, float]:
    tops: dict[float, float] = {}
    for _, points in series:
        for instant, value in points:
            tops[instant] = tops.get(instant, 0.0) + value
    return tops


def legend_of(pattern: str, labels: dict[str, Any]) -> str:
    """`{{class}}` and the like filled in; without a pattern all labels but the name."""
    if not pattern:
        return ", ".join(value for name, value in sorted(labels.items()) if name != "__name__")
    for name, value in labels.items():
        pattern = pattern.replace("{{" + name + "}}", value)
    return pattern
