"""Orders that are placed far away and cancelled a moment later: the cancel traffic of a venue."""

from __future__ import annotations

from random import Random

from loadgen.traders.opening_flood import smallest_quantity
from loadgen.traders.orders import cancel_order, limit_order, price_text
from loadgen.traders.verbs import Sleep, Start, Trader
from mock_exchange.plan import BookPlan
from mock_exchange.randomness import exponential


def canceller(rng: Random, mean_gap_ns: float, mean_hold_ns: float, book: BookPlan) -> Trader:
    """A Poisson process of post-only bids 4 % below mark, each cancelled once after a random hold."""
    symbol = book.symbol
    price = price_text(symbol, book.mark * 96 // 100)
    quantity = smallest_quantity(book)
    while True:
        yield Sleep(exponential(rng, mean_gap_ns))
        yield Start(_place_and_cancel(symbol.name, quantity, price, exponential(rng, mean_hold_ns)))


def _place_and_cancel(symbol: str, quantity: str, price: str, hold_ns: int) -> Trader:
    reply = yield limit_order(symbol, "BUY", quantity, price, "GTX", wait=True)
    if reply.accepted:
        order_id = reply.body()["orderId"]
        yield Sleep(hold_ns)
        yield cancel_order(symbol, order_id)
