"""What a venue forgets is gone: a long life costs memory for what can still be asked, and no more."""

from __future__ import annotations

import gc

from mock_exchange.engine.accounts import Order, Trade
from mock_exchange.engine.entries import Fill
from mock_exchange.engine.matching import FILLS_KEPT
from mock_exchange.engine.requests import BUY, SELL
from tests.engine.test_events import MARK, listening, send
from tests.support import BTC, EPOCH_MS


def test_fills_are_listed_after_their_orders_are_forgotten_and_do_not_hold_them() -> None:
    engine, (a, b), _ = listening("a", "b", closed_orders_kept=4)
    for number in range(20):
        send(engine, a, f"maker-{number}", SELL, 3, MARK)
        send(engine, b, f"taker-{number}", BUY, 3, MARK)
    assert len(a.history) == len(b.history) == 2
    assert [fill.trade_id for fill in b.fills] == list(range(1, 21))
    gc.collect()
    ours = [one for one in gc.get_objects() if isinstance(one, Order) and one.account in (a, b)]
    assert len(ours) == 4
    assert [one for one in gc.get_objects() if isinstance(one, Trade) and one.taker.account is b] == (
        engine.trades
    )


def test_so_many_fills_are_kept_of_all_accounts_together() -> None:
    engine, (a, b), _ = listening("a", "b")
    engine.matcher.filled.extend([a] * (FILLS_KEPT - 10))  # as if there had been some before
    a.fills.extend([fill_of(0)] * (FILLS_KEPT - 10))
    for number in range(20):
        send(engine, a, f"maker-{number}", SELL, 3, MARK)
        send(engine, b, f"taker-{number}", BUY, 3, MARK)
    assert len(a.fills) + len(b.fills) == len(engine.matcher.filled) == FILLS_KEPT
    assert [fill.trade_id for fill in b.fills] == list(range(1, 21)), "the oldest leave, whose ever they are"


def fill_of(number: int) -> Fill:
    return Fill(number, EPOCH_MS, BTC, MARK, 1, number, BUY, "BOTH", False, 0, 0)
