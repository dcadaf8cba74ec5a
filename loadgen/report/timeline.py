"""Pictures of a re-enactment on one time axis: every attempt of the bots, what was accepted, price and
position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from loadgen.report.reenactment import code_name

WIDTH, LEFT, RIGHT = 960, 150, 20
_PLOT = WIDTH - LEFT - RIGHT
_CSS = """
text { font: 12px system-ui, sans-serif; fill: #1c2733 } .small { font-size: 10px } .head { font-weight: 600 }
.page { fill: #ffffff } .grid { stroke: #dde3e8; stroke-width: 1 } .line { fill: none; stroke-width: 1.5 }
.c0 { fill: #009e73; stroke: #009e73 } .c1 { fill: #d55e00; stroke: #d55e00 }
.c2 { fill: #e69f00; stroke: #e69f00 } .c3 { fill: #0072b2; stroke: #0072b2 }
.c4 { fill: #cc79a7; stroke: #cc79a7 } .c5 { fill: #56b4e9; stroke: #56b4e9 }
.c6 { fill: #8a949e; stroke: #8a949e }
@media (prefers-color-scheme: dark) {
  text { fill: #e6ebf0 } .page { fill: #14191f } .grid { stroke: #33404c } }
"""
_COLOURS = {0: 0, -1008: 1, -503: 2, -1: 2, -4118: 3, -2022: 5, -2010: 4}
"""Of answers by code, told apart without red against green; all others are grey."""
OTHER = 6
LEGEND = ((0, "accepted"), (-1008, "-1008"), (-503, "no answer known (503, timeout)"), (-4118, "-4118"),
          (-2022, "-2022"), (-2010, "-2010"), (-9999, "other"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Axis:
    """Seconds `begin` to `end` over the width; `clock_s` is the time of day at second 0."""

    begin: float
    end: float
    clock_s: int

    def x(self, second: float) -> float:
        return LEFT + _PLOT * (second - self.begin) / (self.end - self.begin)

    def clock(self, second: float) -> str:
        total = int(self.clock_s + second)
        return f"{total // 3600 % 24:02d}:{total // 60 % 60:02d}"

    def ticks(self, every_s: int = 600) -> list[int]:
        first = -(-int(self.clock_s + self.begin) // every_s) * every_s - self.clock_s
        return list(range(first, int(self.end) + 1, every_s))


def strip(axis: Axis, rows: Sequence[tuple[str, Sequence[tuple[float, int]]]], title: str) -> str:
    """One row a bot, one mark an attempt at its instant, in the colour of its answer."""
    top, high = 46, 26
    parts = [_grid(axis, top, top + high * len(rows))]
    for place, (name, attempts) in enumerate(rows):
        y = top + place * high
        parts.append(f'<text x="{LEFT - 8}" y="{y + 17}" text-anchor="end">{escape(name)}</text>')
        for second, code in attempts:
            hover = f"{axis.clock(second)} {code_name(code)}"
            parts.append(
                f'<rect class="c{_COLOURS.get(code, OTHER)}" x="{axis.x(second):.1f}" y="{y + 4}" '
                f'width="1.6" height="{high - 8}" stroke="none"><title>{hover}</title></rect>'
            )
    bottom = top + high * len(rows)
    return _page(bottom + 60, title, [*parts, _legend(bottom + 44)])


def curves(
    axis: Axis,
    panels: Sequence[
        tuple[str, Sequence[tuple[str, int, Sequence[tuple[float, float]]]], tuple[float, float]]
    ],
    title: str,
) -> str:
    """Panels below each other, each (name, [(label, colour, [(second, value)])], (least, most))."""
    top, high, gap = 46, 150, 44
    parts = []
    for place, (name, lines, (least, most)) in enumerate(panels):
        y = top + place * (high + gap)
        parts.append(_grid(axis, y, y + high))
        parts.append(
            f'<text class="head" x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{escape(name)}</text>'
        )
        for share in (0.0, 0.5, 1.0):
            value = least + (most - least) * share
            at = y + high - high * share
            shown = f"{value:.0%}" if most <= 1 and least >= 0 and "share" in name else _number(value)
            parts.append(
                f'<text class="small" x="{LEFT - 8}" y="{at - 2:.0f}" text-anchor="end">{shown}</text>'
            )
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.0f}" y2="{at:.0f}"/>')
        for number, (label, colour, points) in enumerate(lines):
            path = " ".join(
                f"{axis.x(second):.1f},{y + high - high * (value - least) / (most - least):.1f}"
                for second, value in points
                if least <= value <= most
            )
            parts.append(f'<polyline class="line c{colour}" style="fill:none" points="{path}"/>')
            x = LEFT + 10 + number * 210
            parts.append(f'<rect class="c{colour}" x="{x}" y="{y + high + 20}" width="14" height="4"/>')
            parts.append(f'<text class="small" x="{x + 20}" y="{y + high + 26}">{escape(label)}</text>')
    return _page(top + len(panels) * (high + gap) + 20, title, parts)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _grid(axis: Axis, top: float, bottom: float) -> str:
    parts = []
    for second in axis.ticks():
        x = axis.x(second)
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>')
        at = f'x="{x:.1f}" y="{bottom + 12}" text-anchor="middle"'
        parts.append(f'<text class="small" {at}>{axis.clock(second)}</text>')
    return "".join(parts)


def _legend(y: int) -> str:
    parts = []
    x = LEFT
    for code, name in LEGEND:
        colour = _COLOURS.get(code, OTHER)
        parts.append(f'<rect class="c{colour}" x="{x}" y="{y - 9}" width="10" height="10" stroke="none"/>')
        parts.append(f'<text class="small" x="{x + 14}" y="{y}">{escape(name)}</text>')
        x += 34 + 6 * len(name)
    return "".join(parts)


def _page(height: int, title: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-label="{escape(title)}">'
    )
    return "\n".join(
        [head, f"<style>{_CSS}</style>", f'<rect class="page" width="{WIDTH}" height="{height}"/>',
         f'<text class="head" x="{LEFT}" y="24">{escape(title)}</text>', *parts, "</svg>"]
    ) + "\n"  # fmt: skip
