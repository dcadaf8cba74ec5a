"""Pictures along the run: acceptance over load, prices and what is still held; the mix of codes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from loadgen.anatomy.timeline import OTHER
from loadgen.report.page.colours import code_class
from loadgen.report.page.markup import Documents, details, picture, scroll
from loadgen.report.page.plot import (
    LEFT,
    PLOT,
    Box,
    area,
    curve,
    heading,
    legend,
    round_ticks,
    short,
    svg,
    x_axis,
    y_axis,
)
from loadgen.report.reenactment import code_name
from mock_exchange.gateway.attempt import CANCEL, OPENING, REDUCING

FIRST = ("report", "first")
_LABELS = {REDUCING: "claim to reduce", OPENING: "open", CANCEL: "cancel"}
_HINT = "Point at a step, or choose one with the arrow keys, to read its figures here."
_MINUTES_FROM_S = 600
"""Runs as long as this have their times in minutes."""
_GAP = 78


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


def acceptance(documents: Documents, whose: str) -> str:
    """Share accepted by class, over what was offered and what the engine did, over prices and exposure."""
    steps = documents.at(*FIRST, "timeline")
    clock = clock_of(documents)
    if not clock.steps:
        return ""
    parts: list[str] = []
    top = 34.0
    columns: list[tuple[str, str]] = []
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
    title = "Who got in, and under which load"
    drawing = svg(top - 20, title, parts, f' data-steps="{clock.steps}" data-step-s="{clock.step_s:g}"')
    return picture(title, _hoverable(drawing, columns), told, _series_table(documents, clock, columns, title))


def _shares(steps: dict[str, Any], clock: Clock, top: float, columns: list[tuple[str, str]]) -> list[str]:
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


def _load(steps: dict[str, Any], clock: Clock, top: float, columns: list[tuple[str, str]]) -> list[str]:
    offered = [sum(row) / clock.step_s for row in zip(*steps["offered"].values(), strict=True)]
    served = [value / clock.step_s for value in steps["served"] or ()]
    box = Box(top, 150, 0, clock.length_s, 0, 1.08 * max([*offered, *served, 1e-9]))
    parts = [
        heading(box, "orders a second"), y_axis(box, round_ticks(0, box.most), short),
        x_axis(box, clock.ticks()), area(box, clock.middles(offered), "k-offered"),
    ]  # fmt: skip
    entries = [("k-offered", "offered")]
    if served:
        parts.append(curve(box, clock.middles(served), "k-served"))
        entries.append(("k-served", "begun by the engine"))
        columns.append(("begun by the engine", "timeline.served"))
    return [*parts, legend(box.bottom + 36, entries)]


def _prices(steps: dict[str, Any], clock: Clock, top: float, columns: list[tuple[str, str]]) -> list[str]:
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
        parts.append(curve(box, clock.middles(line), f"c{place % 8 + 1}"))
        entries.append((f"c{place % 8 + 1}", symbol))
        columns.append((f"{symbol} mark", f"timeline.prices.{symbol}"))
    return [*parts, legend(box.bottom + 36, entries)]


def _change(value: float) -> str:
    return f"{value:+.0%}" if round(value, 2) else "0%"


def _changes(marks: Sequence[str | None]) -> list[float]:
    first = next((float(mark) for mark in marks if mark is not None), 1.0)
    return [math.nan if mark is None else float(mark) / first - 1 for mark in marks]


def _held(steps: dict[str, Any], clock: Clock, top: float, columns: list[tuple[str, str]]) -> list[str]:
    held = steps.get("wanting_out")
    if not held or not any(held):
        return []
    box = Box(top, 150, 0, clock.length_s, 0, 1.08 * max(held))
    columns.append(("USDT still to be closed", "timeline.wanting_out"))
    return [
        heading(box, "still to be closed, USDT"), y_axis(box, round_ticks(0, box.most), short),
        x_axis(box, clock.ticks()), area(box, clock.middles(held), "k-held"),
        legend(box.bottom + 36, [("k-held", "decisions to reduce, less their own fills")]),
    ]  # fmt: skip


def code_mix(documents: Documents, whose: str) -> str:
    """Of each step's orders the shares of the answers, for those that claim to reduce and for openings."""
    clock = clock_of(documents)
    parts: list[str] = []
    columns: list[tuple[str, str]] = []
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
        parts += [*_stack(box, clock, codes[klass], order), x_axis(box, clock.ticks())]
        columns += [(f"{klass} {_shown(code)}", f"codes.{klass}.{code}") for code in codes[klass]]
        top += 150 + 52
    if not columns:
        return ""
    parts.append(legend(top - 10, [(_code_class(code), _shown(code)) for code in order]))
    title = "What clients were answered, step by step"
    told = (
        f"Each column is all orders due in a step ({whose}); accepted ones at the bottom, refusals "
        "above, code by code."
    )
    drawing = svg(top + 4, title, parts, f' data-steps="{clock.steps}" data-step-s="{clock.step_s:g}"')
    return picture(title, _hoverable(drawing, columns), told, _series_table(documents, clock, columns, title))


def _stack(box: Box, clock: Clock, mix: dict[str, list[int]], order: list[str]) -> Iterator[str]:
    """One path for each code: a rectangle a step."""
    totals = [sum(counts) for counts in zip(*mix.values(), strict=True)]
    floors = [0.0] * len(totals)
    for code in order:
        path = ""
        for place, count in enumerate(mix.get(code, ())):
            if count:
                low, high = floors[place], floors[place] + count / totals[place]
                floors[place] = high
                left, right = box.x(place * clock.step_s), box.x((place + 1) * clock.step_s)
                path += f"M{left:.1f} {box.y(low):.1f}V{box.y(high):.1f}H{right:.1f}V{box.y(low):.1f}Z"
        if path:
            yield f'<path class="fill {_code_class(code)}" d="{path}"/>'


def _shown(code: str) -> str:
    return code if code == OTHER else code_name(int(code))


def _code_class(code: str) -> str:
    return code_class(None if code == OTHER else int(code))


def _hoverable(drawing: str, columns: list[tuple[str, str]]) -> str:
    """The script shows the figures of the step under the pointer, or of the one that arrow keys choose."""
    keys = " ".join(key for _, key in columns)
    names = "|".join(label for label, _ in columns)
    return (
        f'<div class="plot" tabindex="0" role="group" aria-label="Arrow keys move along the run" '
        f'data-left="{LEFT}" data-width="{PLOT}" data-series="{keys}" data-names="{names}">'
        f'<output class="reading" aria-live="polite">{_HINT}</output>{drawing}</div>'
    )


def _series_table(documents: Documents, clock: Clock, columns: list[tuple[str, str]], title: str) -> str:
    """Every step in figures; a column says where in the report's document its figures stand."""
    arrays = [documents.at(*FIRST, *key.split(".")) for _, key in columns]
    head = "".join(f'<th scope="col" data-series="report.first.{key}">{label}</th>' for label, key in columns)
    rows = "".join(
        f'<tr><th scope="row">{clock.label(round(place * clock.step_s, 3))}</th>'
        + "".join(f"<td>{'' if values[place] is None else values[place]}</td>" for values in arrays)
        + "</tr>"
        for place in range(clock.steps)
    )
    body = (
        f'<table class="series"><thead><tr><th scope="col">from</th>{head}</tr></thead><tbody>{rows}'
        "</tbody></table>"
    )
    return details("The same in figures", scroll(body, f"{title}: the figures, step by step"))
