"""The engine alone: what an order costs, and how that grows with resting orders and accounts."""

from __future__ import annotations

import gc
import time

from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.requests import BUY, SELL, CancelRequest, OrderRequest
from run_records.scaled import MONEY_UNIT
from tests.support import BTC, EPOCH_MS

MARK = 10_000_000
SIZES = (1_000, 10_000, 100_000, 1_000_000)
ORDERS = 20_000
PER_ACCOUNT = 10
LEVELS = 20_000
"""Resting orders lie on this many prices at most, inside PERCENT_PRICE."""


def _request(side: int, price: int, tif: str = "GTC") -> OrderRequest:
    return OrderRequest(BTC, side, "LIMIT", tif, 2, price, False, "BOTH", "")


def populated(resting: int) -> tuple[Engine, list[Account]]:
    """An engine with `resting` orders on its book and as many accounts, each tenth of which holds ten."""
    engine = Engine()
    engine.set_index(BTC, MARK)
    accounts = [engine.open_account(f"a{n}", 1_000_000 * MONEY_UNIT) for n in range(resting)]
    for number in range(resting):
        account = accounts[number // PER_ACCOUNT * PER_ACCOUNT]
        away = (1 + number * 7919 % LEVELS) * BTC.tick
        side = BUY if number % 2 else SELL
        engine.place(account, _request(side, MARK - side * away), EPOCH_MS)
    return engine, accounts


def cost_per_order(engine: Engine, accounts: list[Account], seed: int) -> float:
    """Seconds of processor time for an order: half rest and are cancelled, half trade at the touch."""
    takers = accounts[1::PER_ACCOUNT]
    touch = MARK + BTC.tick
    gc.collect()
    gc.disable()
    begin = time.process_time()
    for number in range(ORDERS // 2):
        account = takers[(number * 31 + seed) % len(takers)]
        side = BUY if number % 2 else SELL
        away = (1 + number * 104_729 % LEVELS) * BTC.tick
        order = engine.place(account, _request(side, MARK - side * away), EPOCH_MS)
        engine.cancel(account, CancelRequest(BTC, order.order_id, ""), EPOCH_MS)
        price = touch if side == BUY else MARK - BTC.tick
        engine.place(account, _request(side, price, "IOC"), EPOCH_MS)
    used = time.process_time() - begin
    gc.enable()
    return used / ORDERS
