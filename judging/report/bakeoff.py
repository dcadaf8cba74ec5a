"""A bake-off for a terminal and as Markdown."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from judging.comparison import BakeOff, Cell
from judging.verdict.words import BROKEN, HOLDS, INCONCLUSIVE

SIGNS: dict[str, str] = {HOLDS: "✓", BROKEN: "✗", INCONCLUSIVE: "?"}
_STYLES: dict[str, str] = {HOLDS: "green", BROKEN: "red", INCONCLUSIVE: "yellow"}
COLUMNS = (
    "exit accepted",
    "opening accepted",
    "goodput",
    "wasted",
    "flat p50",
    "flat p99",
    "starved",
    "leak",
    "recovery",
)
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
        f"replications of each cell{_stop(settings)}, simulated under common random numbers"
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
            *(Text(SIGNS[cell.result], style=_STYLES[cell.result]) for cell in bake_off.row(policy)),
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
        f"replications of each cell{_stop(settings)}. ✓ holds, ✗ broken, ? inconclusive.",
        "",
        _row(["policy", "held", "broken", "open", *bake_off.scenarios]),
        _row(["---"] * (4 + len(bake_off.scenarios))),
    ]
    for policy in bake_off.policies:
        counts = [str(bake_off.count(policy, result)) for result in (HOLDS, BROKEN, INCONCLUSIVE)]
        lines.append(_row([policy, *counts, *(SIGNS[cell.result] for cell in bake_off.row(policy))]))
    for scenario in bake_off.scenarios:
        lines += ["", f"## {scenario}", "", bake_off.summaries[scenario]]
        lines += ["", _row(["policy", "verdict", *COLUMNS, "breaks"])]
        lines.append(_row(["---", "---", *["---:"] * len(COLUMNS), "---"]))
        for policy in bake_off.policies:
            cell = bake_off.cells[policy, scenario]
            lines.append(_row([policy, cell.result, *figures_of(cell), ", ".join(cell.broken)]))
    return "\n".join(lines) + "\n"


def _stop(settings: dict[str, Any]) -> str:
    return ", fewer where a clause was broken beyond doubt before" if settings.get("stop") == "early" else ""


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _share(value: Any) -> str:
    return "–" if value is None else f"{value:.1%}"


def _seconds(value: Any) -> str:
    return "never" if value is None else f"{value:.3f} s"
