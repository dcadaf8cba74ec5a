"""(j) The engine alone against a public order book in plain Python (pyorderbook), on the same messages.

Both keep price and time priority, and must trade the same quantity. The book matches and nothing else. The
engine also checks margin, position limits and tick sizes, moves positions, fees and wallets, and remembers
closed orders.
"""

from __future__ import annotations

import time
from functools import cache
from typing import NamedTuple

from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Order
from mock_exchange.engine.requests import BUY, SELL, CancelRequest, OrderRequest
from mock_exchange.randomness import stream
from run_records.scaled import MONEY_UNIT
from tests.support import BTC, EPOCH_MS

MARK = 10_000_000
MESSAGES = 60_000
ACCOUNTS = 200
AWAY = 200
"""Resting orders lie within so many ticks."""
CANCELS, CROSSING = 0.45, 0.1
"""Shares of the messages; the rest are orders that rest."""


class Message(NamedTuple):
    """A new order, or the cancel of order number `cancels` (-1: none). Price and quantity are in units of
    the contract."""

    account: int
    side: int
    price: int
    quantity: int
    cancels: int


@cache
def messages() -> list[Message]:
    """The same ones always."""
    draw = stream(1, "books").random
    found: list[Message] = []
    resting: list[int] = []
    for _ in range(MESSAGES):
        kind = draw()
        account, side = int(draw() * ACCOUNTS), BUY if draw() < 0.5 else SELL
        away = int(1 + draw() * AWAY) * BTC.tick
        if kind < CANCELS and resting:
            found.append(Message(account, side, 0, 0, resting.pop(int(draw() * len(resting)))))
        elif kind < CANCELS + CROSSING:
            found.append(Message(account, side, MARK + side * 10 * BTC.tick, 2 + int(draw() * 5), -1))
        else:
            resting.append(len(found))
            found.append(Message(account, side, MARK - side * away, 2 + int(draw() * 5), -1))
    return found


def engine() -> tuple[float, int]:
    """(messages per second of processor time, quantity traded)."""
    venue = Engine()
    venue.set_index(BTC, MARK)
    accounts = [venue.open_account(f"a{n}", 1_000_000 * MONEY_UNIT) for n in range(ACCOUNTS)]
    orders: dict[int, Order] = {}
    asked = messages()
    begin = time.process_time()
    for number, (account, side, price, quantity, cancels) in enumerate(asked):
        if cancels < 0:
            request = OrderRequest(BTC, side, "LIMIT", "GTC", quantity, price, False, "BOTH", "")
            orders[number] = venue.place(accounts[account], request, EPOCH_MS)
        elif (order := orders[cancels]).remaining:
            venue.cancel(order.account, CancelRequest(BTC, order.order_id, ""), EPOCH_MS)
    rate = len(asked) / (time.process_time() - begin)
    return rate, sum(order.filled for order in orders.values()) // 2


def public_book() -> tuple[float, int]:
    """The same of pyorderbook."""
    from pyorderbook import Book
    from pyorderbook import Order as Theirs
    from pyorderbook.order import Side

    book = Book()
    orders: dict[int, Theirs] = {}
    asked = messages()
    begin = time.process_time()
    for number, (_, side, price, quantity, cancels) in enumerate(asked):
        if cancels < 0:
            order = orders[number] = Theirs(Side.BID if side == BUY else Side.ASK, "BTCUSDT", price, quantity)
            book.match(order)
        elif (order := orders[cancels]).quantity:
            book.cancel(order)
    rate = len(asked) / (time.process_time() - begin)
    return rate, sum(order.original_quantity - order.quantity for order in orders.values()) // 2
