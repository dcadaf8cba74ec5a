"""Scorecards for a terminal: one column an account, or one row a behaviour with its intervals."""

from __future__ import annotations

import math
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from judging.scoring.card import Card
from judging.scoring.summary import Estimate

_ROWS = (
    ("ending", "did it get out"),
    ("time_to_flat", "seconds from first attempt to flat"),
    ("attempts", "attempts"),
    ("accepted", "accepted"),
    ("a_minute", "attempts a minute while it tried"),
    ("hasty", "within a second of the answer before"),
    ("failed", "failures: no capacity, or fate unknown"),
    ("insisted", "of them followed by an order within a second"),
    ("retries_per_served", "retries for a served intent"),
    ("cancels", "cancels"),
    ("sweeps", "of them of all orders at once"),
    ("unknown", "answers of unknown fate"),
    ("unresolved", "of them not asked about before the next order"),
    ("in_own_way", "refused, rightly: own order, or no position"),
    ("duplicate_usdt", "most held beyond its aim, USDT"),
    ("throttled", "refused by a rate limit"),
    ("banned", "of them banned (418)"),
    ("loss_usdt", "lost against an exit at mark, USDT"),
)


def render_cards(cards: list[Card], console: Console, code_names: Mapping[str, str]) -> None:
    """The accounts side by side. `code_names` is how readers know codes that have another name."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    for card in cards:
        table.add_column(f"{card.account}\n{card.behaviour}", justify="right")
    for name, what in _ROWS:
        table.add_row(what, *(_shown(getattr(card, name)) for card in cards))
    table.add_row("answers by code", *(_codes(card, code_names) for card in cards))
    console.print(table)


def render_behaviours(table: dict[str, dict[str, Estimate]], console: Console) -> None:
    """Means over runs, and below each its 95 % interval."""
    shown = Table(box=None, pad_edge=False, header_style="bold")
    shown.add_column("measure", no_wrap=True)
    for behaviour in table:
        shown.add_column(behaviour, justify="right")
    for name in dict.fromkeys(name for row in table.values() for name in row):
        shown.add_row(name, *(_estimate(row.get(name)) for row in table.values()))
    console.print(shown)


def _shown(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}"
    return str(value)


def _codes(card: Card, names: Mapping[str, str]) -> str:
    return "\n".join(f"{names.get(str(code), code)}: {n}" for code, n in card.codes.items())


def _estimate(estimate: Estimate | None) -> str:
    if estimate is None:
        return "–"
    low, high = estimate.interval.low, estimate.interval.high
    if math.isinf(low):
        return _shown(estimate.mean)
    return f"{_shown(estimate.mean)}\n[{_shown(low)} … {_shown(high)}]"
