"""The crowd: opening orders at random times, whatever the answers are."""

from __future__ import annotations

from random import Random

from loadgen.traders.orders import limit_order, price_text
from loadgen.traders.verbs import Sleep, Trader
from mock_exchange.plan import BookPlan
from mock_exchange.randomness import exponential
from mock_exchange.scaled import format_trimmed

RESTING_SHARE = 0.1
"""Part of the flood that would rest if it did not trade (GTC); the others are IOC."""


def opening_flood(rng: Random, mean_gap_ns: float, books: list[BookPlan]) -> Trader:
    """Marketable limit orders of the smallest allowed size, buys and sells alike, as a Poisson process:
    the next one leaves when its time has come, not when an answer has (an open loop)."""
    choices = []
    for book in books:
        symbol = book.symbol
        reach = (book.levels + 1) * book.spacing * symbol.tick
        quantity = smallest_quantity(book)
        for side, price in (("BUY", book.mark + reach), ("SELL", book.mark - reach)):
            for tif in ("IOC", "GTC"):
                choices.append((symbol.name, side, quantity, price_text(symbol, price), tif))
    random = rng.random
    per_symbol = 4
    while True:
        yield Sleep(exponential(rng, mean_gap_ns))
        base = int(random() * len(books)) * per_symbol + (2 if random() < 0.5 else 0)
        symbol_name, side, quantity, price_, tif = choices[base + (random() < RESTING_SHARE)]
        yield limit_order(symbol_name, side, quantity, price_, tif, wait=False)


def smallest_quantity(book: BookPlan) -> str:
    """The least quantity that passes LOT_SIZE and MIN_NOTIONAL with room for a 10 % lower price."""
    symbol = book.symbol
    needed = -(-symbol.min_notional * 10 // (book.mark * symbol.money_factor * 9))
    quantity = max(symbol.min_quantity, -(-needed // symbol.step) * symbol.step)
    return format_trimmed(quantity, symbol.quantity_precision)
