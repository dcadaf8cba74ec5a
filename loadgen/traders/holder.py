"""Those who have borrowed to hold: they sell when their stop is reached, or are sold."""

from __future__ import annotations

from random import Random
from typing import Final

from loadgen.traders.board import Board
from loadgen.traders.orders import NOTHING_TO_REDUCE, closing_order
from loadgen.traders.verbs import Intend, Sleep, Trader
from mock_exchange.engine.symbols import Symbol
from mock_exchange.randomness import exponential
from run_records.scaled import format_trimmed, parse_scaled
from run_records.units import NS_PER_S

LOOK_EVERY_NS: Final = 2 * NS_PER_S


def holder(
    rng: Random, board: Board, symbol: Symbol, held: int, stop: int, retry_ns: float, timeout_ns: int
) -> Trader:
    """A long position of `held`, closed at market once the mark is at `stop` (both scaled); repeated after
    `retry_ns` on average until it is gone, by its own orders or by the venue's."""
    yield Sleep(int(rng.random() * LOOK_EVERY_NS))
    while board.mark.get(symbol.name, stop + 1) > stop:
        yield Sleep(LOOK_EVERY_NS)
    precision = symbol.quantity_precision
    intent = yield Intend(symbol.name, format_trimmed(held, precision))
    left = held
    while left > 0:
        reply = yield closing_order(
            symbol.name, True, False, format_trimmed(left, precision), intent, timeout_ns=timeout_ns
        )
        if reply.accepted:
            left -= parse_scaled(reply.body()["executedQty"], precision)
        elif reply.code == NOTHING_TO_REDUCE:
            return
        if left > 0:
            yield Sleep(exponential(rng, retry_ns))
