"""Pictures of single things: one bot's attempts, latencies out to the last percentiles, policies compared."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from judging.drawing.plot import LEFT, RIGHT, WIDTH, Box, curve, legend, picture, x_axis, y_axis
from judging.drawing.svg import box as rectangle
from judging.drawing.svg import element, path, text
from judging.report.page.figures import COUNT, PLAIN, SECONDS, SHARE, Documents, name
from judging.report.page.over_time import FIRST, Clock, clock_of, colours_of
from judging.report.page.pictures import Picture, Table

_LANE = 24
_LATENCY_TICKS = (
    (math.log10(2), "50 %"),
    (1.0, "90 %"),
    (2.0, "99 %"),
    (3.0, "99.9 %"),
    (4.0, "99.99 %"),
    (5.0, "99.999 %"),
)
"""Nines of the percentile, and how they are called."""


def strip(documents: Documents) -> Picture | None:
    """A mark an attempt, a lane a code: not by colour alone."""
    one = documents.at(*FIRST, "strip")
    if one is None:
        return None
    clock, colours = clock_of(documents), colours_of(documents)
    lanes = list(dict.fromkeys([0, *(code for _, code in one["marks"])]))
    box = Box(20, _LANE * len(lanes), 0, clock.length_s, 0, 1)
    parts = []
    for place, code in enumerate(lanes):
        y = box.top + place * _LANE
        parts.append(text(LEFT - 8, y + 16, documents.code_name(code), "tick", "end"))
        parts.append(path(f"M{LEFT} {y + _LANE:.1f}H{WIDTH - RIGHT}", "grid"))
        d = "".join(f"M{box.x(at):.1f} {y + 4:.1f}v16" for at, seen in one["marks"] if seen == code)
        parts.append(path(d, f"line mark {colours.of(code)}"))
    parts.append(x_axis(box, clock.ticks()))
    title = "Every attempt of one bot to get out"
    told = Markup(
        "Trader {} as it saw it: {} attempts to reduce, {} accepted. One mark an attempt, one lane a code.{}"
    ).format(
        name(one["trader"]),
        documents.figure(COUNT, *FIRST, "strip", "attempts"),
        documents.figure(COUNT, *FIRST, "strip", "accepted"),
        " Only the first are drawn." if len(one["marks"]) < one["attempts"] else "",
    )
    return Picture(title, picture(box.bottom + 30, title, parts), told, _marks(documents, clock))


def _marks(documents: Documents, clock: Clock) -> Table:
    rows = [
        [documents.figure(PLAIN, *FIRST, "strip", "marks", place, 0), name(documents.code_name(code))]
        for place, (_, code) in enumerate(documents.at(*FIRST, "strip", "marks"))
    ]
    return Table("attempts of this bot", ("second", "answer"), rows, frozenset((0,)))


def latency(documents: Documents, whose: str) -> Picture | None:
    """Time to the answer by class; the axis gives every further nine the same room."""
    curves = documents.at(*FIRST, "latency")
    values = [second for row in curves.values() for _, second in row["percentiles"] if second > 0]
    if not values:
        return None
    most_nines = max(_nines(points) for points in curves.values())
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9)
    box = Box(34, 220, 0, most_nines, low, max(high, low + 1))
    ticks = list(range(low, max(high, low + 1) + 1))
    parts = [
        text(LEFT, 20, "time from due to answered, accepted orders", "head"),
        y_axis(box, ticks, lambda power: _seconds(10.0**power)),
        x_axis(box, [(at, label) for at, label in _LATENCY_TICKS if at <= 0.96 * most_nines]),
    ]
    for klass, row in curves.items():
        points = [
            (
                min(most_nines, -math.log10(1 - percent / 100)) if percent < 100 else _nines(row),
                math.log10(max(second, 10.0**low)),
            )
            for percent, second in row["percentiles"]
        ]
        parts.append(curve(box, points, f"k-{klass}"))
    parts.append(legend(box.bottom + 40, [(f"k-{klass}", klass) for klass in curves]))
    title = "How long answers took"
    told = (
        f"Accepted orders by class ({whose}, seen by clients); each further nine has the same room, "
        "times are logarithmic."
    )
    return Picture(title, picture(box.bottom + 54, title, parts), told, _percentiles(documents))


def _nines(row: dict[str, Any]) -> float:
    """Where the slowest of so many stands on the axis."""
    return max(1.0, math.log10(row["count"]))


def _seconds(value: float) -> str:
    return (
        f"{value:g} s" if value >= 1 else f"{value * 1000:g} ms" if value >= 0.001 else f"{value * 1e6:g} µs"
    )


def _percentiles(documents: Documents) -> Table:
    rows: list[list[str]] = []
    for klass, row in documents.at(*FIRST, "latency").items():
        count = documents.figure(COUNT, *FIRST, "latency", klass, "count")
        for place, (percent, _) in enumerate(row["percentiles"]):
            path = (*FIRST, "latency", klass, "percentiles", place)
            label = "the slowest" if percent == 100 else "the fastest" if percent == 0 else ""
            shown = label or Markup("{} % within").format(documents.figure(PLAIN, *path, 0))
            rows.append([name(klass), shown, documents.figure(SECONDS, *path, 1), count])
    head = ("class", "of the accepted", "time", "accepted in all")
    return Table("latency by class", head, rows, frozenset((2, 3)))


def policies(documents: Documents, beware: Sequence[str]) -> Picture | None:
    """This run and others: acceptance of those who claim to reduce and of openings. `beware` says what else
    differs."""
    runs = documents.at("compared")
    if not runs:
        return None
    box = Box(40, 34 * len(runs), 0, 1, 0, 1)
    parts = [x_axis(box, [(share / 4, f"{share / 4:.0%}") for share in range(5)])]
    for place, run in enumerate(runs):
        y = box.top + 34 * place + 17
        parts.append(text(LEFT + 4, y - 6, str(run["policy"]), "tick"))
        parts.append(path(f"M{LEFT} {y:.1f}H{WIDTH - RIGHT}", "grid"))
        for klass in ("opening", "reducing"):
            share = run[klass]["share"]
            if share is not None:
                parts.append(_dot(box.x(share), y, klass))
    parts.append(legend(22, [("k-reducing dot", "claim to reduce"), ("k-opening dot", "open")]))
    title = "Policies compared"
    told = "Share of attempts accepted. The wider apart, the more one side is favoured."
    drawing = picture(box.bottom + 30, title, parts)
    return Picture(title, drawing, told, _compared(documents), folded=False, beware=tuple(beware))


def _dot(x: float, y: float, klass: str) -> Markup:
    if klass == "reducing":
        return element("circle", klass="fill k-reducing", cx=x, cy=y, r=7)
    return rectangle(x - 6, y - 6, 12, 12, "fill k-opening")


def _compared(documents: Documents) -> Table:
    rows = []
    for place, run in enumerate(documents.at("compared")):
        cells = [name(run["policy"]), name(run["result"])]
        for klass in ("reducing", "opening"):
            path = ("compared", place, klass)
            ends = (documents.figure(COUNT, *path, end) for end in ("accepted", "attempts"))
            cells += [documents.figure(SHARE, *path, "share"), Markup("{} of {}").format(*ends)]
        rows.append(cells)
    head = ("policy", "verdict", "claim to reduce", "accepted of", "open", "accepted of")
    return Table("acceptance by policy", head, rows, frozenset((2, 3, 4, 5)))
