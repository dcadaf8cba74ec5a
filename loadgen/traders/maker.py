"""Resting makers: two-sided post-only quotes, renewed now and then."""

from __future__ import annotations

from random import Random

from loadgen.traders.opening_flood import smallest_quantity
from loadgen.traders.orders import cancel_order, limit_order, price_text
from loadgen.traders.verbs import Sleep, Trader
from mock_exchange.plan import BookPlan
from mock_exchange.randomness import exponential


def maker(rng: Random, mean_refresh_ns: float, book: BookPlan) -> Trader:
    """Quote bid and ask inside the house's first level, hold them, cancel what rests, quote again."""
    symbol = book.symbol
    away = max(1, book.spacing // 2) * symbol.tick
    quantity = smallest_quantity(book)
    quotes = (("BUY", price_text(symbol, book.mark - away)), ("SELL", price_text(symbol, book.mark + away)))
    yield Sleep(int(rng.random() * mean_refresh_ns))
    while True:
        resting = []
        for side, price in quotes:
            reply = yield limit_order(symbol.name, side, quantity, price, "GTX", wait=True)
            if reply.accepted:
                resting.append(reply.body()["orderId"])
        yield Sleep(exponential(rng, mean_refresh_ns))
        for order_id in resting:
            yield cancel_order(symbol.name, order_id)
