"""One reducing order as the ticket for four others."""

from __future__ import annotations

from random import Random
from typing import Final

from loadgen.traders.opening_flood import opening_orders
from loadgen.traders.orders import batch, closing_order, limit_params
from loadgen.traders.pace import Pace
from loadgen.traders.verbs import Leg, Now, Start, Trader
from mock_exchange.plan import BookPlan
from run_records.words import OPENING, REDUCING

OPENINGS: Final = 4


def batch_gamer(
    rng: Random, pace: Pace, books: list[BookPlan], symbol: str, long: bool, quantity: str
) -> Trader:
    """Batches of one closing order, first, and four openings, as a Poisson process."""
    orders = opening_orders(rng, books)
    closing = Leg(closing_order(symbol, long, False, quantity).params, REDUCING)
    now = yield Now()
    while True:
        now = yield from pace.next(now, rng)
        openings = [Leg(limit_params(*next(orders)), OPENING) for _ in range(OPENINGS)]
        yield Start(_send((closing, *openings)))


def _send(legs: tuple[Leg, ...]) -> Trader:
    yield batch(legs)
