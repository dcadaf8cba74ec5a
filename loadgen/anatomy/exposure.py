"""What those who want out still hold, and where prices stand, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson

from loadgen.verdict.breakdown import notional
from loadgen.verdict.exchange import Exchange, Key
from mock_exchange.engine.symbols import symbols
from mock_exchange.scaled import MONEY_UNIT, format_trimmed, parse_scaled

_MARKET = b'["market",'


def wanting_out(
    intents: Iterable[Sequence[Any]],
    keys_of: dict[int, list[Key]],
    exchange: Exchange,
    step_ns: int,
    steps: int,
) -> list[int]:
    """At the end of each step, whole USDT (at the first mark) of decisions to reduce that are neither filled
    by their own orders nor given up."""
    begun: dict[int, list[Any]] = {}
    given_up: dict[int, int] = {}
    for row in intents:
        if row[0] == "intent":
            begun[row[1]] = list(row)
        else:
            given_up[row[1]] = row[2]
    change = [0] * (steps + 1)
    for number, (_, _, at, _, _, symbol, quantity) in begun.items():
        precision = symbols()[symbol].quantity_precision
        left = parse_scaled(quantity, precision)
        change[min(steps, at // step_ns)] += notional(symbol, quantity, exchange)
        end = given_up.get(number, steps * step_ns)
        for filled_at, amount in sorted(
            fill for key in keys_of.get(number, ()) for fill in exchange.fills.get(key, ())
        ):
            part = min(left, amount)
            if filled_at < end and part:
                worth = notional(symbol, format_trimmed(part, precision), exchange)
                change[min(steps, filled_at // step_ns)] -= worth
                left -= part
        if number in given_up and left:
            worth = notional(symbol, format_trimmed(left, precision), exchange)
            change[min(steps, end // step_ns)] -= worth
    held, values = 0, []
    for step in range(steps):
        held += change[step]
        values.append(held // MONEY_UNIT)
    return values


def prices(journal: Path, step_ns: int, steps: int) -> dict[str, list[str | None]]:
    """The last mark price of each symbol in each step; empty where the venue's prices stand still."""
    found: dict[str, list[str | None]] = {}
    with journal.open("rb") as file:
        for line in file:
            if line.startswith(_MARKET) and line.endswith(b"\n"):
                row = orjson.loads(line)
                place = row[1] // step_ns
                if 0 <= place < steps:
                    marks = found.setdefault(row[2], [None] * steps)
                    marks[place] = format_trimmed(row[4], symbols()[row[2]].price_precision)
    return found
