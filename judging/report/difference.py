"""Two runs side by side in a terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from judging.verdict.difference import Change

_STYLES = {"worse": "bold red", "better": "bold green", "same": "dim", "unclear": "yellow"}


def render_differences(changes: list[Change], console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("clause", "before", "after", "change"):
        table.add_column(name)
    for change in changes:
        table.add_row(
            change.id,
            _shown(change.before),
            _shown(change.after),
            Text(change.verdict, style=_STYLES[change.verdict]),
        )
    console.print(table)


def _shown(clause: dict[str, Any] | None) -> str:
    if clause is None:
        return "–"
    if clause["estimate"] is None or clause["interval"] is None:
        return f"{clause['result']}: {clause['numerator']:,} of {clause['denominator']:,}"
    low, high = clause["interval"]
    return f"{clause['result']}: {clause['estimate']:.2%} [{low:.2%} … {high:.2%}]"
