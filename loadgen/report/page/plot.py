"""Axes, curves and legends as SVG without a style of its own: the page's CSS colours it by class name."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

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

    def x(self, value: float) -> float:
        return LEFT + PLOT * (value - self.begin) / (self.end - self.begin or 1.0)

    def y(self, value: float) -> float:
        inside = min(self.most, max(self.least, value))
        return self.top + self.height * (1 - (inside - self.least) / (self.most - self.least or 1.0))

    @property
    def bottom(self) -> float:
        return self.top + self.height


def svg(height: float, title: str, parts: Sequence[str], extra: str = "") -> str:
    """The whole picture; `extra` are attributes for the script that answers pointer and keys."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}"{extra}>'
        + "".join(parts)
        + "</svg>"
    )


def text(x: float, y: float, content: str, klass: str = "", anchor: str = "start", share: str = "") -> str:
    """Some words; `share` says of what a figure among them is the share."""
    at = f' text-anchor="{anchor}"' if anchor != "start" else ""
    named = f' class="{klass}"' if klass else ""
    of = f' data-share="{escape(share)}"' if share else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{named}{at}{of}>{escape(content)}</text>'


def curve(box: Box, points: Points, klass: str, *, steps: bool = False) -> str:
    """A line through the points; a gap where a value is not a number."""
    path, pen_down = "", False
    for at, value in points:
        if not math.isfinite(value):
            pen_down = False
            continue
        x, y = box.x(at), box.y(value)
        if not pen_down:
            path += f"M{x:.1f} {y:.1f}"
        else:
            path += f"H{x:.1f}V{y:.1f}" if steps else f"L{x:.1f} {y:.1f}"
        pen_down = True
    return f'<path class="line {klass}" d="{path}"/>' if path else ""


def area(box: Box, points: Points, klass: str) -> str:
    if not points:
        return ""
    path = "".join(f"L{box.x(at):.1f} {box.y(value):.1f}" for at, value in points)
    first, last = box.x(points[0][0]), box.x(points[-1][0])
    return (
        f'<path class="area {klass}" d="M{first:.1f} {box.bottom:.1f}{path}L{last:.1f} {box.bottom:.1f}Z"/>'
    )


def heading(box: Box, title: str) -> str:
    return text(LEFT, box.top - 8, title, "head")


def y_axis(box: Box, ticks: Sequence[float], shown: Callable[[float], str]) -> str:
    parts = []
    for tick in ticks:
        y = box.y(tick)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>')
        parts.append(text(LEFT - 8, y + 4, shown(tick), "tick", "end"))
    return "".join(parts)


def x_axis(box: Box, ticks: Sequence[tuple[float, str]]) -> str:
    return "".join(text(box.x(at), box.bottom + 16, label, "tick", "middle") for at, label in ticks)


def round_ticks(least: float, most: float, wanted: int = 4) -> list[float]:
    """Round values across a range, so that there are about as many as wanted."""
    span = most - least
    if span <= 0:
        return [least]
    size = 10.0 ** math.floor(math.log10(span / wanted))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if span / (size * factor) <= wanted + 0.5)
    first = math.ceil(least / step - 1e-9)
    return [n * step for n in range(first, math.floor(most / step + 1e-9) + 1)]


def legend(y: float, entries: Sequence[tuple[str, str]], x: float = LEFT) -> str:
    """(class, label) in one line, as much of it as there is room for."""
    parts = []
    for klass, label in entries:
        parts.append(f'<path class="line {klass}" d="M{x:.1f} {y - 4:.1f}h18"/>')
        parts.append(text(x + 24, y, label, "tick"))
        x += 44 + 6.4 * len(label)
    return "".join(parts)


def short(value: float) -> str:
    """A number for an axis: 1.2 M, 350 k, 12."""
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g}"
