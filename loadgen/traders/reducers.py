"""Those who want out: reducing orders at random times, one attempt for each decision."""

from __future__ import annotations

from random import Random

from loadgen.traders.orders import closing_order
from loadgen.traders.pace import Pace
from loadgen.traders.verbs import Abandon, Intend, Now, Start, Trader


def reducers(rng: Random, pace: Pace, symbol: str, long: bool, hedge_mode: bool, quantity: str) -> Trader:
    """A Poisson process of intents to reduce by `quantity`. Each sends one MARKET order and gives up if
    it is not accepted, so that the offered load does not depend on the answers."""
    now = yield Now()
    while True:
        now = yield from pace.next(now, rng)
        yield Start(_reduce_once(symbol, long, hedge_mode, quantity))


def _reduce_once(symbol: str, long: bool, hedge_mode: bool, quantity: str) -> Trader:
    intent = yield Intend(symbol, quantity)
    reply = yield closing_order(symbol, long, hedge_mode, quantity, intent)
    if not reply.accepted:
        yield Abandon(intent)
