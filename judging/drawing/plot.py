"""Axes, curves and legends, coloured by class name."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from judging.drawing.svg import inline, joined, path, text

WIDTH, LEFT, RIGHT = 960, 100, 16
PLOT = WIDTH - LEFT - RIGHT
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Box:
    """Where a panel stands, and the values at its edges."""

    top: float
    height: float
    begin: float
    end: float
    least: float
    most: float
    left: float = LEFT
    width: float = PLOT

    def x(self, value: float) -> float:
        return self.left + self.width * (value - self.begin) / (self.end - self.begin or 1.0)

    def y(self, value: float) -> float:
        inside = min(self.most, max(self.least, value))
        return self.top + self.height * (1 - (inside - self.least) / (self.most - self.least or 1.0))

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def right(self) -> float:
        return self.left + self.width


def picture(height: float, title: str, parts: Sequence[str], **more: str) -> Markup:
    """A picture of the usual width in a page; `more` are attributes for the script that answers pointer and
    keys."""
    return inline(WIDTH, round(height), title, parts, **more)


def curve(box: Box, points: Points, klass: str) -> Markup:
    """A line through the points; a gap where a value is not a number."""
    d, pen_down = "", False
    for at, value in points:
        if not math.isfinite(value):
            pen_down = False
            continue
        d += f"{'L' if pen_down else 'M'}{box.x(at):.1f} {box.y(value):.1f}"
        pen_down = True
    return path(d, f"line {klass}")


def area(box: Box, points: Points, klass: str) -> Markup:
    if not points:
        return Markup("")
    d = "".join(f"L{box.x(at):.1f} {box.y(value):.1f}" for at, value in points)
    first, last = box.x(points[0][0]), box.x(points[-1][0])
    return path(f"M{first:.1f} {box.bottom:.1f}{d}L{last:.1f} {box.bottom:.1f}Z", f"area {klass}")


def heading(box: Box, title: str) -> Markup:
    return text(box.left, box.top - 8, title, "head")


def y_axis(box: Box, ticks: Sequence[float], shown: Callable[[float], str]) -> Markup:
    parts = []
    for tick in ticks:
        y = box.y(tick)
        parts.append(path(f"M{box.left:g} {y:.1f}H{box.right:g}", "grid"))
        parts.append(text(box.left - 8, y + 4, shown(tick), "tick", "end"))
    return joined(parts)


def x_axis(box: Box, ticks: Sequence[tuple[float, str]]) -> Markup:
    return joined(text(box.x(at), box.bottom + 16, label, "tick", "middle") for at, label in ticks)


def round_ticks(least: float, most: float, wanted: int = 4) -> list[float]:
    """Round values across a range, so that there are about as many as wanted."""
    span = most - least
    if span <= 0:
        return [least]
    size = 10.0 ** math.floor(math.log10(span / wanted))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if span / (size * factor) <= wanted + 0.5)
    first = math.ceil(least / step - 1e-9)
    return [n * step for n in range(first, math.floor(most / step + 1e-9) + 1)]


def legend(y: float, entries: Sequence[tuple[str, str]], x: float = LEFT) -> Markup:
    """(class, label) in one line, as much of it as there is room for."""
    parts = []
    for klass, label in entries:
        parts.append(path(f"M{x:.1f} {y - 4:.1f}h18", f"line {klass}"))
        parts.append(text(x + 24, y, label, "tick"))
        x += 44 + 6.4 * len(label)
    return joined(parts)


def short(value: float) -> str:
    """A number for an axis: 1.2 M, 350 k, 12."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"
