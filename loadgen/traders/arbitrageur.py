"""Who buys where it is cheap: the force that brings a venue's price back to everybody else's."""

from __future__ import annotations

from random import Random

from loadgen.traders.board import Board
from loadgen.traders.orders import limit_order, price_text, quantity_for
from loadgen.traders.verbs import Sleep, Trader
from mock_exchange.engine.symbols import RATIO_UNIT, Symbol
from mock_exchange.randomness import exponential
from run_records.scaled import parse_scaled


def arbitrageur(
    rng: Random,
    board: Board,
    symbol: Symbol,
    edge: int,
    notional: int,
    limit: int,
    pause_ns: float,
    timeout_ns: int,
) -> Trader:
    """Looks every `pause_ns` on average whether this venue sells more than `edge` (millionths) below the
    index or buys that much above it, and takes it with `notional` a time, up to `limit` held (both 1e-8
    USDT)."""
    held = 0
    while True:
        yield Sleep(exponential(rng, pause_ns))
        index = board.index.get(symbol.name, 0)
        bid, ask = board.quotes.get(symbol.name, (0, 0))
        low, high = (index * (RATIO_UNIT - sign * edge) // RATIO_UNIT for sign in (1, -1))
        room = symbol.notional(index, abs(held)) < limit
        if ask and ask < low and (room or held < 0):
            side, price = 1, low
        elif bid and bid > high and (room or held > 0):
            side, price = -1, high
        else:
            continue
        quantity = quantity_for(symbol, notional, price)
        reply = yield limit_order(
            symbol.name,
            "BUY" if side > 0 else "SELL",
            quantity,
            price_text(symbol, price),
            "IOC",
            wait=True,
            timeout_ns=timeout_ns,
        )
        if reply.accepted:
            held += side * parse_scaled(reply.body()["executedQty"], symbol.quantity_precision)
