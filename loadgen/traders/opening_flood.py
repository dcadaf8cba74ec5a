"""The crowd: opening orders at random times, whatever the answers are."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from loadgen.traders.orders import ORDER_PATH, limit_order, limit_params, price_text
from loadgen.traders.pace import Pace
from loadgen.traders.verbs import DEFAULT_TIMEOUT_NS, WORTH_RETRYING, Now, Send, Sleep, Start, Trader
from mock_exchange.plan import BookPlan
from run_records.scaled import format_trimmed
from run_records.words import REDUCING

RESTING_SHARE: Final = 0.1
"""Part of the flood that would rest if it did not trade (GTC); the others are IOC."""

Order = tuple[str, str, str, str, str]
"""(symbol, side, quantity, price, time in force)."""


def opening_flood(
    rng: Random,
    pace: Pace,
    books: list[BookPlan],
    retries_ns: tuple[int, ...] = (),
    timeout_ns: int = DEFAULT_TIMEOUT_NS,
) -> Trader:
    """Marketable limit orders of the smallest allowed size, buys and sells alike, as a Poisson process:
    the next one leaves when its time has come, not when an answer has (an open loop). Orders that are
    refused for capacity, or whose fate is unknown, are sent again after each of `retries_ns`."""
    choices = _choices(books)
    random, count = rng.random, len(books)
    now = yield Now()
    while True:  # the hottest loop of all traders: no generator inside this one
        gap = pace.gap(now, rng)
        now += gap
        yield Sleep(gap)
        order = choices[
            int(random() * count) * _PER_BOOK + (2 if random() < 0.5 else 0) + (random() < RESTING_SHARE)
        ]
        if retries_ns:
            yield Start(_insist(order, retries_ns, timeout_ns))
        else:
            yield limit_order(*order, wait=False, timeout_ns=timeout_ns)


def flagged_flood(rng: Random, pace: Pace, books: list[BookPlan]) -> Trader:
    """The same crowd, each order marked reduce-only, from accounts that hold nothing to reduce."""
    orders = opening_orders(rng, books)
    now = yield Now()
    while True:
        now = yield from pace.next(now, rng)
        params = {**limit_params(*next(orders)), "reduceOnly": "true"}
        yield Send("POST", ORDER_PATH, params, REDUCING, wait=False)


def opening_orders(rng: Random, books: list[BookPlan]) -> Iterator[Order]:
    """Endless random orders that open a position and trade at once."""
    choices = _choices(books)
    random = rng.random
    while True:
        base = int(random() * len(books)) * _PER_BOOK + (2 if random() < 0.5 else 0)
        yield choices[base + (random() < RESTING_SHARE)]


_PER_BOOK: Final = 4


def _choices(books: list[BookPlan]) -> list[Order]:
    """Of each book: buy IOC, buy GTC, sell IOC, sell GTC."""
    choices = []
    for book in books:
        symbol = book.symbol
        reach = (book.levels + 1) * book.spacing * symbol.tick
        quantity = smallest_quantity(book)
        for side, price in (("BUY", book.mark + reach), ("SELL", book.mark - reach)):
            for tif in ("IOC", "GTC"):
                choices.append((symbol.name, side, quantity, price_text(symbol, price), tif))
    return choices


def _insist(order: Order, retries_ns: tuple[int, ...], timeout_ns: int) -> Trader:
    reply = yield limit_order(*order, wait=True, timeout_ns=timeout_ns)
    for pause in retries_ns:
        if reply.meaning not in WORTH_RETRYING:
            return
        yield Sleep(pause)
        reply = yield limit_order(*order, wait=True, timeout_ns=timeout_ns)


def smallest_quantity(book: BookPlan) -> str:
    """The least quantity that passes LOT_SIZE and MIN_NOTIONAL with room for a 10 % lower price."""
    symbol = book.symbol
    needed = -(-symbol.min_notional * 10 // (book.mark * symbol.money_factor * 9))
    quantity = max(symbol.min_quantity, -(-needed // symbol.step) * symbol.step)
    return format_trimmed(quantity, symbol.quantity_precision)
