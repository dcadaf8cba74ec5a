"""What a venue forgets is gone: a long life costs memory for what can still be asked, and no more."""

from __future__ import annotations

import gc

from mock_exchange.engine.accounts import Order, Trade
from mock_exchange.engine.requests import BUY, SELL
from tests.engine.test_events import MARK, listening, send


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
