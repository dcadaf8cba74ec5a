"""Those who want out: reducing orders at random times, one attempt for each decision."""

from __future__ import annotations

from random import Random

from loadgen.traders.orders import closing_order
from loadgen.traders.verbs import Abandon, Intend, Sleep, Start, Trader
from mock_exchange.randomness import exponential


def reducers(
    rng: Random, mean_gap_ns: float, symbol: str, long: bool, hedge_mode: bool, quantity: str
) -> Trader:
    """A Poisson process of intents to reduce by `quantity`. Each sends one MARKET order and gives up if
    it is not accepted, so that the offered load does not depend on the answers."""
    while True:
        yield Sleep(exponential(rng, mean_gap_ns))
        yield Start(_reduce_once(symbol, long, hedge_mode, quantity))


def _reduce_once(symbol: str, long: bool, hedge_mode: bool, quantity: str) -> Trader:
    intent = yield Intend(symbol, quantity)
    reply = yield closing_order(symbol, long, hedge_mode, quantity, intent)
    if not reply.accepted:
        yield Abandon(intent)
