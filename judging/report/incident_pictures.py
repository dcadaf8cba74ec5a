"""Pictures of a re-enactment on one time axis: every attempt of the bots, what was accepted, price and
position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from judging.drawing.colours import Colours, standalone_style
from judging.drawing.plot import Box, area, curve, y_axis
from judging.drawing.svg import box, hover, joined, path, standalone, text

WIDTH, LEFT, RIGHT, TOP = 960, 150, 20, 46
_PLOT = WIDTH - LEFT - RIGHT
Line = tuple[str, str, Sequence[tuple[float, float]]]
"""(label, class of its colour, points of (second, value))."""
Panel = tuple[str, Sequence[Line], tuple[float, float]]
"""(name, lines, (least, most))."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Seconds `begin` to `end` over the width; `clock_s` is the time of day at second 0."""

    begin: float
    end: float
    clock_s: int

    def panel(self, top: float, height: float, least: float = 0, most: float = 1) -> Box:
        return Box(top, height, self.begin, self.end, least, most, LEFT, _PLOT)

    def clock(self, second: float) -> str:
        total = int(self.clock_s + second)
        return f"{total // 3600 % 24:02d}:{total // 60 % 60:02d}"

    def ticks(self, every_s: int = 600) -> list[int]:
        first = -(-int(self.clock_s + self.begin) // every_s) * every_s - self.clock_s
        return list(range(first, int(self.end) + 1, every_s))


def strip(
    axis: Axis,
    rows: Sequence[tuple[str, Sequence[tuple[float, str]]]],
    codes: Mapping[str, tuple[str, str]],
    title: str,
) -> str:
    """One row a bot, one mark an attempt at its instant, in the colour of its answer. `codes` says of each
    code its name and what it meant, in the order of the legend."""
    high = 26
    colours = Colours((code, meaning) for code, (_, meaning) in codes.items())
    whole = axis.panel(TOP, high * len(rows))
    parts = [_clock_grid(axis, whole)]
    for place, (name, attempts) in enumerate(rows):
        y = TOP + place * high
        parts.append(text(LEFT - 8, y + 17, name, anchor="end"))
        for second, code in attempts:
            told = hover(f"{axis.clock(second)} {codes.get(code, (code, ''))[0]}")
            mark = f"fill {colours.of(code)}"
            parts.append(box(whole.x(second), y + 4, 1.6, high - 8, mark, told))
    x, legend = float(LEFT), []
    for code, (name, _) in codes.items():
        legend.append(box(x, whole.bottom + 35, 10, 10, f"fill {colours.of(code)}"))
        legend.append(text(x + 14, whole.bottom + 44, name, "small"))
        x += 34 + 6 * len(name)
    return _page(whole.bottom + 60, title, [*parts, joined(legend)])


def curves(axis: Axis, panels: Sequence[Panel], title: str) -> str:
    """Panels below each other. One whose values are shares is labelled in per cent."""
    high, gap = 150, 44
    parts = []
    for place, (name, lines, (least, most)) in enumerate(panels):
        panel = axis.panel(TOP + place * (high + gap), high, least, most)
        shares = "share" in name
        parts.append(_clock_grid(axis, panel))
        parts.append(text(LEFT - 8, panel.top - 8, name, "head", "end"))
        levels = [least + (most - least) * part for part in (0.0, 0.5, 1.0)]
        parts.append(y_axis(panel, levels, _per_cent if shares else _shown))
        for number, (label, klass, points) in enumerate(lines):
            inside = [(second, value) for second, value in points if least <= value <= most]
            parts.append(area(panel, inside, klass) if klass == "k-offered" else curve(panel, inside, klass))
            x = LEFT + 10 + number * 210
            parts.append(box(x, panel.bottom + 20, 14, 4, f"fill {klass}"))
            parts.append(text(x + 20, panel.bottom + 26, label, "small"))
    return _page(TOP + len(panels) * (high + gap) + 20, title, parts)


def _per_cent(share: float) -> str:
    return f"{share:.0%}"


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _clock_grid(axis: Axis, panel: Box) -> Markup:
    parts = []
    for second in axis.ticks():
        x = panel.x(second)
        parts.append(path(f"M{x:.1f} {panel.top:g}V{panel.bottom:g}", "grid"))
        parts.append(text(x, panel.bottom + 12, axis.clock(second), "small", "middle"))
    return joined(parts)


def _page(height: float, title: str, parts: Sequence[str]) -> str:
    return standalone(WIDTH, height, title, standalone_style(), [text(LEFT, 24, title, "head"), *parts])
