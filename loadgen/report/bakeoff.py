"""A bake-off for a terminal, as Markdown, and as a heat map."""

from __future__ import annotations

from html import escape
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadgen.bakeoff import BakeOff, Cell
from loadgen.verdict.judge import BROKEN, HOLDS, INCONCLUSIVE

_SIGNS = {HOLDS: "✓", BROKEN: "✗", INCONCLUSIVE: "?"}
_STYLES = {HOLDS: "green", BROKEN: "red", INCONCLUSIVE: "yellow"}
COLUMNS = (
    "exit accepted", "opening accepted", "goodput", "wasted", "flat p50", "flat p99", "starved", "leak",
    "recovery",
)  # fmt: skip
"""Figures of a cell. Leak: slots got by feigned attempts beyond honest openings; recovery: seconds."""


def figures_of(cell: Cell) -> list[str]:
    """The figures of `COLUMNS` as texts."""
    classes, intents, found = (cell.document[name] for name in ("classes", "intents", "figures"))
    return [
        _share(classes["exiting"]["accepted_share"]),
        _share(classes["opening"]["accepted_share"]),
        _share(found["goodput"]),
        _share(found["wasted"]),
        _seconds(intents["time_to_served_p50_s"]),
        _seconds(intents["time_to_served_p99_s"]),
        _share(found["starved"]),
        _share(found["leak_over_openings"]),
        "–" if found["recovery_s"] is None else f"{found['recovery_s']:g} s",
    ]


def render_bake_off(bake_off: BakeOff, console: Console) -> None:
    """With one scenario a line of figures for each policy; with several the matrix and the ranking."""
    settings = bake_off.settings
    console.print(
        f"contract {settings['contract']} · seed {settings['seed']} · {settings['replications']} "
        f"replications of each cell, simulated under common random numbers"
        + (f" · scenario {bake_off.scenarios[0]}" if len(bake_off.scenarios) == 1 else "")
    )
    if len(bake_off.scenarios) == 1:
        console.print(_one_scenario(bake_off))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("policy")
    for name in ("held", "broken", "open"):
        table.add_column(name, justify="right")
    for scenario in bake_off.scenarios:
        table.add_column(scenario.replace("-", "\n"), justify="center")
    for policy in bake_off.policies:
        table.add_row(
            policy,
            *(str(bake_off.count(policy, result)) for result in (HOLDS, BROKEN, INCONCLUSIVE)),
            *(Text(_SIGNS[cell.result], style=_STYLES[cell.result]) for cell in bake_off.row(policy)),
        )
    console.print(table)
    console.print("✓ holds, ✗ broken, ? inconclusive; --json or --markdown for the figures of each cell")


def _one_scenario(bake_off: BakeOff) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("policy")
    table.add_column("verdict")
    for name in COLUMNS:
        table.add_column(name, justify="right")
    table.add_column("breaks", no_wrap=True)
    for policy in bake_off.policies:
        (cell,) = bake_off.row(policy)
        table.add_row(policy, cell.result, *figures_of(cell), ", ".join(cell.broken))
    return table


def to_markdown(bake_off: BakeOff) -> str:
    """The ranking, then a table of figures for each scenario."""
    settings = bake_off.settings
    lines = [
        f"Contract `{settings['contract']}`, seed {settings['seed']}, {settings['replications']} "
        f"replications of each cell. ✓ holds, ✗ broken, ? inconclusive.",
        "",
        _row(["policy", "held", "broken", "open", *bake_off.scenarios]),
        _row(["---"] * (4 + len(bake_off.scenarios))),
    ]
    for policy in bake_off.policies:
        counts = [str(bake_off.count(policy, result)) for result in (HOLDS, BROKEN, INCONCLUSIVE)]
        lines.append(_row([policy, *counts, *(_SIGNS[cell.result] for cell in bake_off.row(policy))]))
    for scenario in bake_off.scenarios:
        lines += ["", f"## {scenario}", "", bake_off.summaries[scenario]]
        lines += ["", _row(["policy", "verdict", *COLUMNS, "breaks"])]
        lines.append(_row(["---", "---", *["---:"] * len(COLUMNS), "---"]))
        for policy in bake_off.policies:
            cell = bake_off.cells[policy, scenario]
            lines.append(_row([policy, cell.result, *figures_of(cell), ", ".join(cell.broken)]))
    return "\n".join(lines) + "\n"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


# -- the heat map ---------------------------------------------------------------------------------

_CELL_W, _CELL_H, _LEFT, _RIGHT, _TOP = 62, 34, 132, 84, 118
_CSS = """
text { font: 12px system-ui, sans-serif; fill: #1c2733 }
.head { font-weight: 600 } .small { font-size: 10px } .page { fill: #ffffff }
.holds { fill: #2b7bba } .broken { fill: #d9772b } .inconclusive { fill: #b9c1c9 }
.on { fill: #ffffff } .inconclusive-text { fill: #1c2733 }
@media (prefers-color-scheme: dark) { text { fill: #e6ebf0 } .page { fill: #14191f }
  .inconclusive { fill: #4a545e } .inconclusive-text { fill: #e6ebf0 } }
"""


def to_svg(bake_off: BakeOff) -> str:
    """Policies by scenarios; the colour is the verdict, the number the accepted share of the exit, a small
    number how many clauses break. Blue and orange are told apart without colour vision, too."""
    width = _LEFT + _CELL_W * len(bake_off.scenarios) + _RIGHT
    height = _TOP + _CELL_H * len(bake_off.policies) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" aria-label="Verdict of each policy under each scenario">',
        f"<style>{_CSS}</style>",
        f'<rect class="page" width="{width}" height="{height}"/>',
    ]
    for column, scenario in enumerate(bake_off.scenarios):
        x = _LEFT + column * _CELL_W + _CELL_W // 2
        turned = f"translate({x - 8} {_TOP - 8}) rotate(-40)"
        parts.append(f'<text class="head" transform="{turned}">{escape(scenario)}</text>')
    for line, policy in enumerate(bake_off.policies):
        y = _TOP + line * _CELL_H
        parts.append(
            f'<text class="head" x="{_LEFT - 8}" y="{y + 21}" text-anchor="end">{escape(policy)}</text>'
        )
        for column, cell in enumerate(bake_off.row(policy)):
            parts += _square(cell, _LEFT + column * _CELL_W, y)
    parts.append(_legend(height - 16))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _square(cell: Cell, x: int, y: int) -> list[str]:
    share = cell.document["classes"]["exiting"]["accepted_share"]
    shown = "–" if share is None else f"{100 * share:.0f} %"
    breaks = f", breaks {', '.join(cell.broken)}" if cell.broken else ""
    colour = "inconclusive-text" if cell.result == INCONCLUSIVE else "on"
    hover = f"{cell.policy} × {cell.scenario}: {cell.result}{breaks}; exit accepted {shown}"
    square = (
        f'<g><title>{escape(hover)}</title><rect class="{cell.result}" x="{x + 1}" y="{y + 1}" '
        f'width="{_CELL_W - 2}" height="{_CELL_H - 2}" rx="3"/>'
        f'<text class="{colour}" x="{x + _CELL_W // 2}" y="{y + 15}" text-anchor="middle">{shown}</text>'
    )
    under = f"{len(cell.broken)} broken" if cell.broken else _SIGNS[cell.result]
    return [
        square,
        f'<text class="{colour} small" x="{x + _CELL_W // 2}" y="{y + 28}" text-anchor="middle">'
        f"{under}</text></g>",
    ]


def _legend(y: int) -> str:
    parts = []
    for place, result in enumerate((HOLDS, BROKEN, INCONCLUSIVE)):
        x = _LEFT + place * 110
        parts.append(f'<rect class="{result}" x="{x}" y="{y - 11}" width="14" height="14" rx="3"/>')
        parts.append(f'<text x="{x + 20}" y="{y}">{result}</text>')
    parts.append(
        f'<text class="small" x="{_LEFT + 340}" y="{y}">number: accepted share of those who want out</text>'
    )
    return "".join(parts)


def _share(value: Any) -> str:
    return "–" if value is None else f"{value:.1%}"


def _seconds(value: Any) -> str:
    return "never" if value is None else f"{value:.3f} s"
