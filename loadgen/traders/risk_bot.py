"""The bot of 2025-10-11: it holds too much and tries to get out until it is out."""

from __future__ import annotations

from random import Random
from typing import Final

from loadgen.traders.orders import NOTHING_TO_REDUCE, closing_order, is_flat
from loadgen.traders.verbs import DEFAULT_TIMEOUT_NS, Intend, Sleep, Trader
from run_records.scaled import format_trimmed, parse_scaled
from run_records.units import NS_PER_MS

RETRY_FROM_NS: Final = 100 * NS_PER_MS
RETRY_SPREAD_NS: Final = 200 * NS_PER_MS
"""A refused attempt is repeated after 100–300 ms, uniformly: fixed waits would fall into step."""


def risk_bot(
    rng: Random,
    symbol: str,
    long: bool,
    hedge_mode: bool,
    clips: list[int],
    precision: int,
    mean_gap_ns: float,
    price: str = "",
    timeout_ns: int = DEFAULT_TIMEOUT_NS,
) -> Trader:
    """Sell a long (buy back a short) in `clips` (scaled quantities). Each clip is one intent, retried
    until its own fills reach it; the next one begins an exponential gap later. Told that there is
    nothing to reduce, the bot looks at its position, and stops if it is flat. With a `price` its orders
    rest there; it gives up waiting for an answer after `timeout_ns`, as impatient clients do."""
    for clip in clips:
        yield Sleep(int(rng.random() * 2 * mean_gap_ns))
        intent = yield Intend(symbol, format_trimmed(clip, precision))
        left = clip
        while left > 0:
            quantity = format_trimmed(left, precision)
            reply = yield closing_order(
                symbol, long, hedge_mode, quantity, intent, price=price, timeout_ns=timeout_ns
            )
            if reply.accepted:
                left -= parse_scaled(reply.body()["executedQty"], precision)
            elif reply.code == NOTHING_TO_REDUCE and (yield from is_flat(symbol)):
                return
            if left > 0:
                yield Sleep(RETRY_FROM_NS + int(rng.random() * RETRY_SPREAD_NS))
