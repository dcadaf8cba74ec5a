"""A bake-off at a glance: policies by scenarios, the colour is the verdict."""

from __future__ import annotations

from markupsafe import Markup

from judging.comparison import RESULTS, BakeOff, Cell
from judging.drawing.colours import standalone_style
from judging.drawing.svg import box, element, hover, joined, standalone, text
from judging.report.bakeoff import SIGNS
from judging.verdict.words import INCONCLUSIVE

_CELL_W, _CELL_H, _LEFT, _RIGHT, _TOP = 62, 34, 132, 84, 118
_LEGEND_W = _LEFT + 590
"""What the legend needs, however few scenarios there are."""
_STYLE = ".on { fill: #ffffff }\n"
"""Text on a strong colour; on that of an open question it has the page's own ink."""


def to_svg(bake_off: BakeOff) -> str:
    """The number is the accepted share of the exit, a small number how many clauses break. Blue and orange
    are told apart without colour vision, too."""
    width = max(_LEFT + _CELL_W * len(bake_off.scenarios) + _RIGHT, _LEGEND_W)
    height = _TOP + _CELL_H * len(bake_off.policies) + 40
    parts = []
    for column, scenario in enumerate(bake_off.scenarios):
        x = _LEFT + column * _CELL_W + _CELL_W // 2
        turned = f"translate({x - 8} {_TOP - 8}) rotate(-40)"
        parts.append(text(0, 0, scenario, "head", transform=turned))
    for line, policy in enumerate(bake_off.policies):
        y = _TOP + line * _CELL_H
        parts.append(text(_LEFT - 8, y + 21, policy, "head", "end"))
        parts += [
            _square(cell, _LEFT + column * _CELL_W, y) for column, cell in enumerate(bake_off.row(policy))
        ]
    parts.append(_legend(height - 16))
    title = "Verdict of each policy under each scenario"
    return standalone(width, height, title, standalone_style() + _STYLE, parts)


def _square(cell: Cell, x: int, y: int) -> Markup:
    share = cell.document["classes"]["exiting"]["accepted_share"]
    shown = "–" if share is None else f"{100 * share:.0f} %"
    breaks = f", breaks {', '.join(cell.broken)}" if cell.broken else ""
    ink = "" if cell.result == INCONCLUSIVE else "on"
    middle = x + _CELL_W // 2
    return element(
        "g",
        hover(f"{cell.policy} × {cell.scenario}: {cell.result}{breaks}; exit accepted {shown}"),
        box(x + 1, y + 1, _CELL_W - 2, _CELL_H - 2, f"fill {cell.result}", rx=3),
        text(middle, y + 15, shown, ink, "middle"),
        text(
            middle,
            y + 28,
            f"{len(cell.broken)} broken" if cell.broken else SIGNS[cell.result],
            f"{ink} small",
            "middle",
        ),
    )


def _legend(y: int) -> Markup:
    parts = []
    for place, result in enumerate(RESULTS):
        x = _LEFT + place * 110
        parts.append(box(x, y - 11, 14, 14, f"fill {result}", rx=3))
        parts.append(text(x + 20, y, result))
    parts.append(text(_LEFT + 340, y, "number: accepted share of those who want out", "small"))
    return joined(parts)
