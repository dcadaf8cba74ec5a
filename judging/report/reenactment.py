"""A re-enactment for a terminal: does it look like what was reported, and which rates are near what was
said."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

SHOWN = 8


def told(document: dict[str, Any]) -> list[Any]:
    """What the bots saw, the order of the codes, and the rates nearest to the provider's figure and to 1."""
    runs = document["runs"]
    shares = [share for share in document["bots"]["refused_share"] if share is not None]
    lines = [Text("held against what was reported", style="bold")]
    if shares:
        attempts = f"{sum(document['bots']['attempts']):,} in {runs} runs"
        span = f"runs from {min(shares):.1%} to {max(shares):.1%}"
        mean = f"{statistics.mean(shares):.1%} not accepted"
        lines.append(Text(f"the bots' own attempts to reduce: {attempts}, {mean} ({span})"))
    seen = (
        ", ".join(f"{name} at {minutes_and_seconds(second)} min" for second, name in first_seen(document))
        or "none"
    )
    lines.append(Text(f"first seen by a bot (median): {seen}"))
    counts = (
        ("enough refused", "refused_enough"),
        ("all codes", "codes_all_present"),
        ("the reported order", "codes_in_order"),
        ("all of it", "show_the_picture"),
    )
    parts = ", ".join(f"{what} {document[key]}" for what, key in counts)
    lines.append(Text(f"of {runs} runs with {parts}"))
    target = document["provider_share"]
    return [
        *lines,
        Text(),
        Text(f"rates of the same window, nearest to the provider's {target:.0%} first", style="bold"),
        _rates(document["rates"][:SHOWN]),
        Text("and those nearest to all", style="bold"),
        _rates(sorted(document["rates"], key=lambda row: -row["mean"])[:SHOWN]),
        Text(f"all {len(document['rates'])} definitions are in verdict.json", style="dim"),
    ]


def first_seen(document: Mapping[str, Any]) -> list[tuple[float, str]]:
    """(median second, code) of the codes that at least half of the runs have seen, in order of time."""
    medians = []
    for code, instants in document["first_seen_s"].items():
        seen = [instant for instant in instants if instant is not None]
        if len(seen) * 2 >= len(instants):
            medians.append((statistics.median(seen), document["code_names"].get(code, code)))
    return sorted(medians)


def minutes_and_seconds(second: float) -> str:
    """Minutes and seconds: 125 s are 2:05."""
    return f"{int(second // 60)}:{int(second % 60):02d}"


def _rates(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("rate", "runs", "counted at", "of", "counts", "per"):
        table.add_column(name, justify="right" if name == "rate" else "left", no_wrap=name != "counts")
    for row in rows:
        span = f"{row['least']:.1%} … {row['most']:.1%}"
        table.add_row(f"{row['mean']:.1%}", span, row["vantage"], row["class"], row["counts"], row["per"])
    return table
