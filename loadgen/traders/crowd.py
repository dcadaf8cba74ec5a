"""The crowd: many users who each wait for an answer, and come back the sooner the more prices move.

A closed loop: who waits does not send, so a slow venue meets as many orders as it can take, and a venue
that refuses at once meets everybody again a moment later.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from loadgen.traders.board import Board
from loadgen.traders.orders import limit_order, price_text, quantity_for
from loadgen.traders.verbs import WORTH_RETRYING, Sleep, Start, Trader
from mock_exchange.engine.symbols import Symbol
from mock_exchange.pickled import by_fields
from mock_exchange.plan import BookPlan
from mock_exchange.randomness import exponential
from run_records.units import NS_PER_S

REACTION_NS: Final = NS_PER_S
"""Nobody notices sooner that the market has changed its pace."""
LONGEST_BIAS: Final = 0.45


@dataclass(frozen=True, slots=True)
class Habits:
    """How users behave: the mean pause between two orders in a calm market, how many times as often they come
    for each per cent a minute that prices move (`gain`), how much likelier they sell for each per cent
    that prices fall (`herding`), how big an order is (1e-8 USDT), how often a refused order is sent again
    and after which mean pause, and how long an answer is waited for."""

    calm_ns: float
    gain: float
    herding: float
    notional: int
    tries: int
    retry_ns: float
    timeout_ns: int

    def __reduce__(self) -> tuple[Any, ...]:
        return by_fields(self)

    def pace(self, board: Board) -> float:
        """Orders per nanosecond and user."""
        return (1.0 + 100.0 * self.gain * board.turmoil) / self.calm_ns

    def sells(self, board: Board, rng: Random) -> bool:
        bias = max(-LONGEST_BIAS, min(LONGEST_BIAS, -100.0 * self.herding * board.drift))
        return rng.random() < 0.5 + bias


class _Idle:
    """How many users of an account are not waiting for an answer."""

    __slots__ = ("count",)

    def __init__(self, count: int) -> None:
        self.count = count


def crowd(rng: Random, board: Board, habits: Habits, books: list[BookPlan], users: int) -> Trader:
    """All users of one account. The next of n idle ones comes after an exponential time with n times the pace
    of one; looked at anew every REACTION_NS, which changes nothing else (exponentials have no memory)."""
    idle = _Idle(users)
    symbols = [book.symbol for book in books]
    while True:
        rate = habits.pace(board) * idle.count
        gap = -math.log(1.0 - rng.random()) / rate if rate else math.inf
        if gap > REACTION_NS:
            yield Sleep(REACTION_NS)
            continue
        yield Sleep(int(gap))
        if idle.count:
            idle.count -= 1
            symbol = symbols[int(rng.random() * len(symbols))]
            yield Start(_order(rng, board, habits, symbol, idle))


def _order(rng: Random, board: Board, habits: Habits, symbol: Symbol, idle: _Idle) -> Trader:
    """One decision to trade at market, insisted on for a while."""
    sells = habits.sells(board, rng)
    for attempt in range(habits.tries):
        if attempt:
            yield Sleep(exponential(rng, habits.retry_ns))
        order = _at_market(board, habits, symbol, sells)
        if order is None:  # nobody to trade with
            continue
        side, quantity, price = order
        reply = yield limit_order(
            symbol.name, side, quantity, price, "IOC", wait=True, timeout_ns=habits.timeout_ns
        )
        if reply.meaning not in WORTH_RETRYING:
            break
    idle.count += 1


def _at_market(board: Board, habits: Habits, symbol: Symbol, sells: bool) -> tuple[str, str, str] | None:
    bid, ask = board.quotes.get(symbol.name, (0, 0))
    best = bid if sells else ask
    if not best:
        return None
    price = best * (99 if sells else 101) // 100
    return "SELL" if sells else "BUY", quantity_for(symbol, habits.notional, best), price_text(symbol, price)
