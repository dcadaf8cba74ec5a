"""Pictures along the run: acceptance over load, prices and what is still held; the mix of codes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup

from judging.anatomy.timeline import OTHER
from judging.drawing.colours import Colours, series_class
from judging.drawing.plot import (
    LEFT,
    PLOT,
    Box,
    area,
    curve,
    heading,
    legend,
    picture,
    round_ticks,
    short,
    x_axis,
    y_axis,
)
from judging.drawing.svg import path
from judging.report.page.figures import Documents
from judging.report.page.pictures import Picture, Series
from run_records.words import CANCEL, OPENING, REDUCING

FIRST = ("report", "first")
_LABELS: dict[str, str] = {REDUCING: "claim to reduce", OPENING: "open", CANCEL: "cancel"}
_MINUTES_FROM_S = 600
"""Runs as long as this have their times in minutes."""
_GAP = 78
Columns = list[tuple[str, str]]
"""(label, place in the report's `first`) of the figures that a picture shows."""


class Clock:
    """Labels of a time axis: seconds of the run, or minutes of a long one."""

    def __init__(self, steps: int, step_s: float) -> None:
        self.steps, self.step_s = steps, step_s
        self.length_s = steps * step_s

    def ticks(self) -> list[tuple[float, str]]:
        unit = 1.0 if self.length_s < _MINUTES_FROM_S else 60.0
        return [(tick * unit, self.label(tick * unit)) for tick in round_ticks(0, self.length_s / unit, 6)]

    def label(self, second: float) -> str:
        return f"{second:g} s" if self.length_s < _MINUTES_FROM_S else f"{second / 60:g} min"

    def middles(self, values: Sequence[float]) -> list[tuple[float, float]]:
        return [((place + 0.5) * self.step_s, value) for place, value in enumerate(values)]


def clock_of(documents: Documents) -> Clock:
    steps = documents.at(*FIRST, "timeline")
    return Clock(len(next(iter(steps["offered"].values()), [])), steps["step_s"])


def colours_of(documents: Documents) -> Colours:
    """One colour for one code, in every picture of a page."""
    return Colours(documents.at(*FIRST, "meanings").items())


def acceptance(documents: Documents, whose: str) -> Picture | None:
    """Share accepted by class, over what was offered and what the engine did, over prices and exposure."""
    steps = documents.at(*FIRST, "timeline")
    clock = clock_of(documents)
    if not clock.steps:
        return None
    parts: list[Markup] = []
    top = 34.0
    columns: Columns = []
    for panel in (_shares, _load, _prices, _held):
        drawn = panel(steps, clock, top, columns)
        if drawn:
            parts += drawn
            top += 150 + _GAP
    told = (
        f"First: of the orders due in each step, those accepted, by what they claim to do ({whose}, seen by "
        "clients). Then orders offered, and those the engine began to serve"
        + (", and mark prices against the first" if steps.get("prices") else "")
        + (". Last: what those who want out still hold." if any(steps.get("wanting_out") or ()) else ".")
    )
    return _over_time(documents, "Who got in, and under which load", told, clock, top - 20, parts, columns)


def _over_time(
    documents: Documents,
    title: str,
    told: str,
    clock: Clock,
    height: float,
    parts: Sequence[Markup],
    columns: Columns,
) -> Picture:
    drawing = picture(height, title, parts, data_steps=str(clock.steps), data_step_s=f"{clock.step_s:g}")
    return Picture(title, drawing, told, series=_series(documents, clock, columns), left=LEFT, width=PLOT)


def _shares(steps: dict[str, Any], clock: Clock, top: float, columns: Columns) -> list[Markup]:
    box = Box(top, 150, 0, clock.length_s, 0, 1)
    parts = [
        heading(box, "accepted"),
        y_axis(box, (0, 0.5, 1), lambda v: f"{v:.0%}"),
        x_axis(box, clock.ticks()),
    ]
    entries = []
    for klass in (CANCEL, OPENING, REDUCING):
        if klass not in steps["offered"]:
            continue
        offered, accepted = steps["offered"][klass], steps["accepted"][klass]
        shares = [a / n if n else math.nan for a, n in zip(accepted, offered, strict=True)]
        parts.append(curve(box, clock.middles(shares), f"k-{klass}"))
        entries.append((f"k-{klass}", _LABELS[klass]))
        columns += [
            (f"{klass} offered", f"timeline.offered.{klass}"),
            (f"{klass} accepted", f"timeline.accepted.{klass}"),
        ]
    return [*parts, legend(box.bottom + 36, list(reversed(entries)))]


def _load(steps: dict[str, Any], clock: Clock, top: float, columns: Columns) -> list[Markup]:
    offered = [sum(row) / clock.step_s for row in zip(*steps["offered"].values(), strict=True)]
    served = [value / clock.step_s for value in steps["served"] or ()]
    box = Box(top, 150, 0, clock.length_s, 0, 1.08 * max([*offered, *served, 1e-9]))
    parts = [
        heading(box, "orders a second"),
        y_axis(box, round_ticks(0, box.most), short),
        x_axis(box, clock.ticks()),
        area(box, clock.middles(offered), "k-offered"),
    ]
    entries = [("k-offered", "offered")]
    if served:
        parts.append(curve(box, clock.middles(served), "k-served"))
        entries.append(("k-served", "begun by the engine"))
        columns.append(("begun by the engine", "timeline.served"))
    return [*parts, legend(box.bottom + 36, entries)]


def _prices(steps: dict[str, Any], clock: Clock, top: float, columns: Columns) -> list[Markup]:
    prices = steps.get("prices")
    if not prices:
        return []
    lines = {symbol: _changes(marks) for symbol, marks in sorted(prices.items())}
    values = [value for line in lines.values() for value in line if math.isfinite(value)]
    low, high = min([*values, 0.0]), max([*values, 0.001])
    step = round_ticks(0, high - low)[1]
    box = Box(top, 150, 0, clock.length_s, step * math.floor(low / step), step * math.ceil(high / step))
    parts = [
        heading(box, "mark price against the first"),
        y_axis(box, round_ticks(box.least, box.most), _change),
        x_axis(box, clock.ticks()),
    ]
    entries = []
    for place, (symbol, line) in enumerate(lines.items()):
        parts.append(curve(box, clock.middles(line), series_class(place)))
        entries.append((series_class(place), symbol))
        columns.append((f"{symbol} mark", f"timeline.prices.{symbol}"))
    return [*parts, legend(box.bottom + 36, entries)]


def _change(value: float) -> str:
    return f"{value:+.0%}" if round(value, 2) else "0%"


def _changes(marks: Sequence[str | None]) -> list[float]:
    first = next((float(mark) for mark in marks if mark is not None), 1.0)
    return [math.nan if mark is None else float(mark) / first - 1 for mark in marks]


def _held(steps: dict[str, Any], clock: Clock, top: float, columns: Columns) -> list[Markup]:
    held = steps.get("wanting_out")
    if not held or not any(held):
        return []
    box = Box(top, 150, 0, clock.length_s, 0, 1.08 * max(held))
    columns.append(("USDT still to be closed", "timeline.wanting_out"))
    return [
        heading(box, "still to be closed, USDT"),
        y_axis(box, round_ticks(0, box.most), short),
        x_axis(box, clock.ticks()),
        area(box, clock.middles(held), "k-held"),
        legend(box.bottom + 36, [("k-held", "decisions to reduce, less their own fills")]),
    ]


def code_mix(documents: Documents, whose: str) -> Picture | None:
    """Of each step's orders the shares of the answers, for those that claim to reduce and for openings."""
    clock, colours = clock_of(documents), colours_of(documents)
    parts: list[Markup] = []
    columns: Columns = []
    top = 34.0
    codes = documents.at(*FIRST, "codes")
    order = list(dict.fromkeys(code for klass in (REDUCING, OPENING) for code in codes.get(klass, {})))
    for klass in (REDUCING, OPENING):
        if klass not in codes:
            continue
        box = Box(top, 150, 0, clock.length_s, 0, 1)
        parts += [
            heading(box, f"orders that {_LABELS[klass]}"),
            y_axis(box, (0, 0.5, 1), lambda v: f"{v:.0%}"),
        ]
        parts += [*_stack(box, clock, codes[klass], order, colours), x_axis(box, clock.ticks())]
        columns += [(f"{klass} {_shown(documents, code)}", f"codes.{klass}.{code}") for code in codes[klass]]
        top += 150 + 52
    if not columns:
        return None
    parts.append(legend(top - 10, [(colours.of(code), _shown(documents, code)) for code in order]))
    told = (
        f"Each column is all orders due in a step ({whose}); accepted ones at the bottom, refusals "
        "above, code by code."
    )
    title = "What clients were answered, step by step"
    return _over_time(documents, title, told, clock, top + 4, parts, columns)


def _stack(
    box: Box, clock: Clock, mix: dict[str, list[int]], order: list[str], colours: Colours
) -> Iterator[Markup]:
    """One path for each code: a rectangle a step."""
    totals = [sum(counts) for counts in zip(*mix.values(), strict=True)]
    floors = [0.0] * len(totals)
    for code in order:
        d = ""
        for place, count in enumerate(mix.get(code, ())):
            if count:
                low, high = floors[place], floors[place] + count / totals[place]
                floors[place] = high
                left, right = box.x(place * clock.step_s), box.x((place + 1) * clock.step_s)
                d += f"M{left:.1f} {box.y(low):.1f}V{box.y(high):.1f}H{right:.1f}V{box.y(low):.1f}Z"
        if d:
            yield path(d, f"fill {colours.of(code)}")


def _shown(documents: Documents, code: str) -> str:
    return code if code == OTHER else documents.code_name(code)


def _series(documents: Documents, clock: Clock, columns: Columns) -> Series:
    """Every step in figures; a column says where in the report's document its figures stand."""
    arrays = [documents.at(*FIRST, *key.split(".")) for _, key in columns]
    steps = [clock.label(round(place * clock.step_s, 3)) for place in range(clock.steps)]
    cells = [
        ["" if values[place] is None else str(values[place]) for values in arrays]
        for place in range(clock.steps)
    ]
    return Series(columns, steps, cells)
