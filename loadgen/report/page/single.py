"""Pictures of single things: one bot's attempts, latencies out to the last percentiles, policies compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from loadgen.report.page.colours import code_class
from loadgen.report.page.markup import (
    COUNT,
    PLAIN,
    SECONDS,
    SHARE,
    Documents,
    details,
    name,
    picture,
    table,
)
from loadgen.report.page.over_time import FIRST, Clock, clock_of
from loadgen.report.page.plot import LEFT, RIGHT, WIDTH, Box, curve, legend, svg, text, x_axis, y_axis
from loadgen.report.reenactment import code_name

_LANE = 24
_LATENCY_TICKS = ((math.log10(2), "50 %"), (1.0, "90 %"), (2.0, "99 %"), (3.0, "99.9 %"),
                  (4.0, "99.99 %"), (5.0, "99.999 %"))  # fmt: skip
"""Nines of the percentile, and how they are called."""


def strip(documents: Documents) -> str:
    """A mark an attempt, a lane a code: not by colour alone."""
    one = documents.at(*FIRST, "strip")
    if one is None:
        return ""
    clock = clock_of(documents)
    lanes = list(dict.fromkeys([0, *(code for _, code in one["marks"])]))
    box = Box(20, _LANE * len(lanes), 0, clock.length_s, 0, 1)
    parts = []
    for place, code in enumerate(lanes):
        y = box.top + place * _LANE
        parts.append(text(LEFT - 8, y + 16, code_name(code), "tick", "end"))
        parts.append(f'<path class="grid" d="M{LEFT} {y + _LANE:.1f}H{WIDTH - RIGHT}"/>')
        path = "".join(f"M{box.x(at):.1f} {y + 4:.1f}v16" for at, seen in one["marks"] if seen == code)
        parts.append(f'<path class="line mark {code_class(code)}" d="{path}"/>')
    parts.append(x_axis(box, clock.ticks()))
    title = "Every attempt of one bot to get out"
    told = (
        f"Trader {name(one['trader'])} as it saw it: "
        f"{documents.figure(COUNT, *FIRST, 'strip', 'attempts')} attempts "
        f"to reduce, {documents.figure(COUNT, *FIRST, 'strip', 'accepted')} accepted. One mark an "
        "attempt, one lane a code."
    )
    if len(one["marks"]) < one["attempts"]:
        told += " Only the first are drawn."
    return picture(
        title,
        svg(box.bottom + 30, title, parts),
        told,
        details("The same in figures", _marks(documents, clock)),
    )


def _marks(documents: Documents, clock: Clock) -> str:
    rows = [
        [documents.figure(PLAIN, *FIRST, "strip", "marks", place, 0), name(code_name(code))]
        for place, (_, code) in enumerate(documents.at(*FIRST, "strip", "marks"))
    ]
    return table(("second", "answer"), rows, "attempts of this bot", numbers=(0,))


def latency(documents: Documents, whose: str) -> str:
    """Time to the answer by class; the axis gives every further nine the same room."""
    curves = documents.at(*FIRST, "latency")
    if not curves:
        return ""
    most_nines = max(_nines(points) for points in curves.values())
    values = [second for row in curves.values() for _, second in row["percentiles"] if second > 0]
    if not values:
        return ""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9)
    box = Box(34, 220, 0, most_nines, low, max(high, low + 1))
    ticks = list(range(low, max(high, low + 1) + 1))
    parts = [
        text(LEFT, 20, "time from due to answered, accepted orders", "head"),
        y_axis(box, ticks, lambda power: _seconds(10.0**power)),
        x_axis(box, [(at, label) for at, label in _LATENCY_TICKS if at <= 0.96 * most_nines]),
    ]  # fmt: skip
    for klass, row in curves.items():
        points = [
            (min(most_nines, -math.log10(1 - percent / 100)) if percent < 100 else _nines(row),
             math.log10(max(second, 10.0**low)))
            for percent, second in row["percentiles"]
        ]  # fmt: skip
        parts.append(curve(box, points, f"k-{klass}"))
    parts.append(legend(box.bottom + 40, [(f"k-{klass}", klass) for klass in curves]))
    title = "How long answers took"
    told = (
        f"Accepted orders by class ({whose}, seen by clients); each further nine has the same room, "
        "times are logarithmic."
    )
    return picture(
        title,
        svg(box.bottom + 54, title, parts),
        told,
        details("The same in figures", _percentiles(documents)),
    )


def _nines(row: dict[str, Any]) -> float:
    """Where the slowest of so many stands on the axis."""
    return max(1.0, math.log10(row["count"]))


def _seconds(value: float) -> str:
    return (
        f"{value:g} s" if value >= 1 else f"{value * 1000:g} ms" if value >= 0.001 else f"{value * 1e6:g} µs"
    )


def _percentiles(documents: Documents) -> str:
    rows = []
    for klass, row in documents.at(*FIRST, "latency").items():
        for place, (percent, _) in enumerate(row["percentiles"]):
            path = (*FIRST, "latency", klass, "percentiles", place)
            label = "the slowest" if percent == 100 else "the fastest" if percent == 0 else ""
            shown = label or f"{documents.figure(PLAIN, *path, 0)} % within"
            count = documents.figure(COUNT, *FIRST, "latency", klass, "count")
            rows.append([name(klass), shown, documents.figure(SECONDS, *path, 1), count])
    return table(
        ("class", "of the accepted", "time", "accepted in all"), rows, "latency by class", numbers=(2, 3)
    )


def policies(documents: Documents, beware: Sequence[str]) -> str:
    """This run and others: acceptance of those who claim to reduce and of openings. `beware` says what else
    differs."""
    runs = documents.at("compared")
    if not runs:
        return ""
    box = Box(40, 34 * len(runs), 0, 1, 0, 1)
    parts = [x_axis(box, [(share / 4, f"{share / 4:.0%}") for share in range(5)])]
    for place, run in enumerate(runs):
        y = box.top + 34 * place + 17
        parts.append(text(LEFT + 4, y - 6, run["policy"], "tick"))
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        for klass in ("opening", "reducing"):
            share = run[klass]["share"]
            if share is not None:
                parts.append(_dot(box.x(share), y, klass))
    parts.append(legend(22, [("k-reducing dot", "claim to reduce"), ("k-opening dot", "open")]))
    title = "Policies compared"
    told = "Share of attempts accepted. The wider apart, the more one side is favoured."
    warnings = "".join(f"<li>{name(line)}</li>" for line in beware)
    more = f"<p>Beware, the runs differ in more than their policy:</p><ul>{warnings}</ul>" if warnings else ""
    return picture(title, svg(box.bottom + 30, title, parts), told, more + _compared(documents))


def _dot(x: float, y: float, klass: str) -> str:
    if klass == "reducing":
        return f'<circle class="fill k-reducing" cx="{x:.1f}" cy="{y:.1f}" r="7"/>'
    return f'<rect class="fill k-opening" x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12"/>'


def _compared(documents: Documents) -> str:
    rows = []
    for place, run in enumerate(documents.at("compared")):
        cells = [name(run["policy"]), name(run["result"])]
        for klass in ("reducing", "opening"):
            path = ("compared", place, klass)
            cells += [
                documents.figure(SHARE, *path, "share"),
                f"{documents.figure(COUNT, *path, 'accepted')} of "
                f"{documents.figure(COUNT, *path, 'attempts')}",
            ]
        rows.append(cells)
    head = ("policy", "verdict", "claim to reduce", "accepted of", "open", "accepted of")
    return table(head, rows, "acceptance by policy", numbers=(2, 3, 4, 5))
