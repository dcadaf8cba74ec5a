"""Orders that are placed far away and cancelled a moment later."""

from __future__ import annotations

from random import Random

from loadgen.traders.opening_flood import smallest_quantity
from loadgen.traders.orders import cancel_order, closing_order, limit_order, price_text
from loadgen.traders.pace import Pace
from loadgen.traders.verbs import Now, Send, Sleep, Start, Trader
from mock_exchange.plan import BookPlan
from mock_exchange.randomness import exponential


def canceller(rng: Random, pace: Pace, mean_hold_ns: float, book: BookPlan) -> Trader:
    """The cancel traffic of a venue: a Poisson process of post-only bids 4 % below mark, each cancelled once
    after a random hold."""
    symbol = book.symbol
    price = price_text(symbol, book.mark * 96 // 100)
    order = limit_order(symbol.name, "BUY", smallest_quantity(book), price, "GTX", wait=True)
    return _place_and_cancel(rng, pace, mean_hold_ns, order)


def lane_gamer(
    rng: Random, pace: Pace, mean_hold_ns: float, book: BookPlan, long: bool, hedge_mode: bool
) -> Trader:
    """Quotes one side through the exit: reduce-only orders 4 % away from mark, against a position that is
    never meant to shrink."""
    symbol = book.symbol
    price = price_text(symbol, book.mark * (104 if long else 96) // 100)
    order = closing_order(symbol.name, long, hedge_mode, smallest_quantity(book), price=price)
    return _place_and_cancel(rng, pace, mean_hold_ns, order)


def _place_and_cancel(rng: Random, pace: Pace, mean_hold_ns: float, order: Send) -> Trader:
    now = yield Now()
    while True:
        now = yield from pace.next(now, rng)
        yield Start(_once(order, exponential(rng, mean_hold_ns)))


def _once(order: Send, hold_ns: int) -> Trader:
    reply = yield order
    if reply.accepted:
        order_id = reply.body()["orderId"]
        yield Sleep(hold_ns)
        yield cancel_order(order.params["symbol"], order_id)
