"""Conditional orders, good-till-date, price match, self-trade prevention, amendments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account, Order
from mock_exchange.engine.requests import (
    BUY,
    CONTRACT_PRICE,
    MARK_PRICE,
    SELL,
    AmendRequest,
    CancelRequest,
    OrderRequest,
    Trigger,
)
from run_records.scaled import parse_scaled
from tests.support import BTC, EPOCH_MS, engine_with, place, proves, refused


def price_of(text: bool | str) -> int:
    return parse_scaled(text, BTC.price_precision)


def stop(
    engine: Engine,
    account: Account,
    kind: str,
    side: str,
    stop_price: str,
    quantity: str = "1",
    **options: Any,
) -> Order:
    """A conditional BTC order; limit types take `price`."""
    price = options.pop("price", None)
    trigger = Trigger(
        price_of(stop_price),
        options.pop("working_type", CONTRACT_PRICE),
        options.pop("protect", False),
        options.pop("close_position", False),
    )
    request = OrderRequest(
        BTC,
        BUY if side == "BUY" else SELL,
        kind,
        "GTC",
        0 if trigger.close_position else parse_scaled(quantity, BTC.quantity_precision),
        0 if price is None else price_of(price),
        options.pop("reduce_only", False),
        "BOTH",
        "",
        trigger=trigger,
    )
    assert not options
    return engine.place(account, request, EPOCH_MS)


def traded_at(engine: Engine, maker: Account, taker: Account, price: str) -> None:
    """One small trade at a price, which becomes the last price."""
    place(engine, maker, "SELL", "0.01", price)
    place(engine, taker, "BUY", "0.01", price, "IOC")


def market_with_last_price() -> tuple[Engine, Account, Account, Account]:
    engine, (a, b, c) = engine_with("a", "b", "c")
    traded_at(engine, a, b, "100000.00")
    return engine, a, b, c


@pytest.mark.parametrize(
    ("kind", "side", "stop_price", "not_yet", "reached"),
    [
        ("STOP_MARKET", "BUY", "100200.00", "100199.90", "100200.00"),
        ("STOP_MARKET", "SELL", "99800.00", "99800.10", "99800.00"),
        ("TAKE_PROFIT_MARKET", "BUY", "99800.00", "99800.10", "99799.90"),
        ("TAKE_PROFIT_MARKET", "SELL", "100200.00", "100199.90", "100200.10"),
    ],
)
def test_triggers_when_the_last_price_reaches_the_stop(
    kind: str, side: str, stop_price: str, not_yet: str, reached: str
) -> None:
    engine, a, b, c = market_with_last_price()
    order = stop(engine, c, kind, side, stop_price)
    place(engine, a, "SELL", "5", "100300.00")
    place(engine, a, "BUY", "5", "99700.00")
    traded_at(engine, a, b, not_yet)
    assert (order.status, order.kind) == ("NEW", kind)
    traded_at(engine, a, b, reached)
    assert (order.status, order.kind, order.original_kind) == ("FILLED", "MARKET", kind)


def test_stop_limit_rests_at_its_price_after_triggering() -> None:
    engine, a, b, c = market_with_last_price()
    order = stop(engine, c, "STOP", "BUY", "100200.00", price="100150.00")
    assert not engine.markets[BTC.index].bids.best()
    traded_at(engine, a, b, "100200.00")
    assert (order.status, order.kind) == ("NEW", "LIMIT")
    assert engine.markets[BTC.index].bids.depth(1) == [(price_of("100150.00"), 1000)]


def test_mark_price_stops_wait_for_the_mark() -> None:
    engine, a, b, c = market_with_last_price()
    order = stop(engine, c, "STOP_MARKET", "SELL", "99000.00", working_type=MARK_PRICE)
    place(engine, a, "BUY", "5", "98800.00")
    traded_at(engine, a, b, "98900.00")
    assert order.status == "NEW"
    engine.set_index(BTC, price_of("98950.00"))
    engine.tick(EPOCH_MS + 1000)
    assert order.status == "FILLED"


def test_price_protection_holds_back_while_mark_and_last_price_are_apart() -> None:
    """triggerProtect of BTCUSDT is 5 %."""
    engine, a, _, c = market_with_last_price()
    order = stop(engine, c, "STOP_MARKET", "SELL", "95000.00", protect=True)
    plain = stop(engine, c, "STOP_MARKET", "SELL", "95000.00")
    place(engine, a, "BUY", "5", "95050.00")
    engine.set_index(BTC, price_of("99000.00"))
    engine.markets[BTC.index].last = price_of("94000.00")
    engine.tick(EPOCH_MS + 1000)
    assert (order.status, plain.status) == ("NEW", "FILLED")
    engine.markets[BTC.index].last = price_of("94900.00")
    engine.tick(EPOCH_MS + 2000)
    assert order.status == "FILLED"


def test_one_stop_sets_off_the_next() -> None:
    """The first stop sells through the bid that holds the second one's price."""
    engine, a, b, c = market_with_last_price()
    for price, quantity in (("99900.00", "1"), ("99800.00", "1"), ("99700.00", "2")):
        place(engine, a, "BUY", quantity, price)
    second = stop(engine, c, "STOP_MARKET", "SELL", "99800.00")
    first = stop(engine, c, "STOP_MARKET", "SELL", "99900.00", quantity="2")
    place(engine, b, "SELL", "0.01", "99900.00", "IOC")
    assert (first.status, second.status) == ("FILLED", "FILLED")
    assert engine.markets[BTC.index].last == price_of("99700.00")


def test_close_position_closes_all_there_is_and_nothing_more() -> None:
    engine, a, b, c = market_with_last_price()
    order = stop(engine, b, "STOP_MARKET", "SELL", "99000.00", close_position=True)
    place(engine, a, "BUY", "5", "98900.00")
    place(engine, b, "BUY", "1", "99500.00")
    place(engine, a, "SELL", "1", "99500.00", "IOC")
    traded_at(engine, a, c, "99000.00")
    assert (order.status, order.filled) == ("FILLED", 1010)
    assert b.is_flat()


class Told:
    """An observer that remembers rejections."""

    def __init__(self) -> None:
        self.rejected: list[str] = []

    def trigger_rejected(self, order: Order, reason: str) -> None:
        self.rejected.append(reason)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args: None


def test_a_reduce_only_stop_without_a_position_expires_when_it_triggers() -> None:
    engine, a, b, _ = market_with_last_price()
    engine.observer = told = Told()
    order = stop(engine, b, "STOP_MARKET", "SELL", "99000.00", "0.01", reduce_only=True)
    place(engine, a, "BUY", "5", "98900.00")
    place(engine, b, "SELL", "0.01", "98900.00", "IOC")
    assert order.status == "EXPIRED"
    assert told.rejected == ["ReduceOnly Order is rejected."]


def test_an_opening_stop_without_margin_expires_when_it_triggers() -> None:
    engine, a, b, c = market_with_last_price()
    engine.observer = told = Told()
    c.wallet = 6_000 * 10**8
    order = stop(engine, c, "STOP_MARKET", "BUY", "100200.00")
    c.wallet = 1_000 * 10**8
    place(engine, a, "SELL", "5", "100200.00")
    place(engine, b, "BUY", "0.01", "100200.00", "IOC")
    assert (order.status, told.rejected) == ("EXPIRED", ["Margin is insufficient."])


@proves("-2021")
@pytest.mark.parametrize(
    ("kind", "side", "at"),
    [
        ("STOP_MARKET", "BUY", "99990.00"),
        ("STOP_MARKET", "SELL", "100000.00"),
        ("TAKE_PROFIT_MARKET", "BUY", "100000.00"),
        ("TAKE_PROFIT_MARKET", "SELL", "100000.00"),
    ],
)
def test_a_stop_that_is_reached_already_is_2021(kind: str, side: str, at: str) -> None:
    engine, _, _, c = market_with_last_price()
    with refused(-2021):
        stop(engine, c, kind, side, at)


@proves("-4045")
def test_eleventh_conditional_order_of_a_symbol_is_4045() -> None:
    engine, _, _, c = market_with_last_price()
    orders = [stop(engine, c, "STOP_MARKET", "BUY", "101000.00", "0.01") for _ in range(10)]
    with refused(-4045):
        stop(engine, c, "STOP_MARKET", "BUY", "101000.00", "0.01")
    engine.cancel(c, CancelRequest(BTC, orders[0].order_id, ""), EPOCH_MS)
    stop(engine, c, "STOP_MARKET", "BUY", "101000.00", "0.01")


@proves("-4183", "-4184", "-4006", "-4007")
def test_limit_price_is_held_against_the_stop_price() -> None:
    """PERCENT_PRICE of BTCUSDT is ±5 %, here of the stop price."""
    engine, _, _, c = market_with_last_price()
    with refused(-4183):
        stop(engine, c, "STOP", "BUY", "101000.00", price="106050.10")
    with refused(-4184):
        stop(engine, c, "STOP", "SELL", "99000.00", price="94049.90")
    with refused(-4006):
        stop(engine, c, "STOP_MARKET", "BUY", "0")
    with refused(-4007):
        stop(engine, c, "STOP_MARKET", "BUY", "4529764.10")


def test_cancelled_stops_do_not_trigger_and_free_their_margin() -> None:
    engine, a, b, c = market_with_last_price()
    before = c.available()
    order = stop(engine, c, "STOP_MARKET", "BUY", "100200.00")
    assert c.available() < before
    engine.cancel(c, CancelRequest(BTC, order.order_id, ""), EPOCH_MS)
    assert c.available() == before
    traded_at(engine, a, b, "100300.00")
    assert order.status == "CANCELED"


def test_good_till_date_expires_at_its_second() -> None:
    engine, (a,) = engine_with("a")
    request = OrderRequest(
        BTC,
        BUY,
        "LIMIT",
        "GTD",
        1000,
        price_of("99000.00"),
        False,
        "BOTH",
        "",
        good_till_ms=EPOCH_MS + 601_000,
    )
    order = engine.place(a, request, EPOCH_MS)
    engine.tick(EPOCH_MS + 600_000)
    assert order.status == "NEW"
    engine.tick(EPOCH_MS + 601_000)
    assert (order.status, a.orders) == ("EXPIRED", {})


@proves("-5041")
def test_price_match_takes_its_price_from_the_book() -> None:
    engine, (a, b) = engine_with("a", "b")
    for step in range(1, 6):
        place(engine, a, "BUY", "1", f"{100000 - step}.00")
        place(engine, a, "SELL", "1", f"{100000 + step}.00")

    def matched(mode: str, side: int) -> int:
        request = OrderRequest(
            BTC,
            side,
            "LIMIT",
            "GTX" if "QUEUE" in mode else "IOC",
            10,
            0,
            False,
            "BOTH",
            "",
            price_match=mode,
        )
        return engine.place(b, request, EPOCH_MS).price

    assert matched("QUEUE", BUY) == price_of("99999.00")
    assert matched("QUEUE_5", BUY) == price_of("99995.00")
    assert matched("OPPONENT", BUY) == price_of("100001.00")
    assert matched("OPPONENT_5", SELL) == price_of("99995.00")
    with refused(-5041):
        matched("OPPONENT_20", BUY)


@pytest.mark.parametrize(
    ("mode", "taker", "maker", "filled"),
    [
        ("NONE", "FILLED", "FILLED", 1000),
        ("EXPIRE_TAKER", "EXPIRED_IN_MATCH", "NEW", 0),
        ("EXPIRE_MAKER", "NEW", "EXPIRED_IN_MATCH", 0),
        ("EXPIRE_BOTH", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH", 0),
    ],
)
def test_self_trade_prevention(mode: str, taker: str, maker: str, filled: int) -> None:
    engine, (a,) = engine_with("a")
    resting = place(engine, a, "SELL", "1", "100000.00")
    request = OrderRequest(BTC, BUY, "LIMIT", "GTC", 1000, price_of("100000.00"), False, "BOTH", "", stp=mode)
    order = engine.place(a, request, EPOCH_MS)
    assert (order.status, resting.status, order.filled) == (taker, maker, filled)


def amend(engine: Engine, account: Account, order: Order, quantity: str, price: str) -> Order:
    request = AmendRequest(
        BTC, order.order_id, "", order.side, parse_scaled(quantity, BTC.quantity_precision), price_of(price)
    )
    return engine.amend(account, request, EPOCH_MS + 5)


def test_an_amended_order_loses_its_place_and_may_trade() -> None:
    engine, (a, b) = engine_with("a", "b")
    first = place(engine, a, "BUY", "1", "99000.00")
    second = place(engine, a, "BUY", "1", "99000.00")
    amend(engine, a, first, "2", "99000.00")
    place(engine, b, "SELL", "1", "99000.00")
    assert (first.filled, second.filled) == (0, 1000)
    place(engine, b, "SELL", "1", "99500.00")
    amend(engine, a, first, "2", "99500.00")
    assert (first.filled, first.remaining, first.status) == (1000, 1000, "PARTIALLY_FILLED")
    assert [(row.price, row.quantity) for row in first.amendments or []] == [
        ((9_900_000, 9_900_000), (1000, 2000)),
        ((9_900_000, 9_950_000), (2000, 2000)),
    ]


def test_amending_below_what_is_filled_cancels() -> None:
    engine, (a, b) = engine_with("a", "b")
    order = place(engine, a, "BUY", "2", "99000.00")
    place(engine, b, "SELL", "1", "99000.00")
    assert amend(engine, a, order, "1", "99000.00").status == "CANCELED"


def test_a_post_only_order_that_would_cross_is_cancelled() -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, b, "SELL", "1", "99500.00")
    order = place(engine, a, "BUY", "1", "99000.00", "GTX")
    assert amend(engine, a, order, "1", "99500.00").status == "CANCELED"


@proves("-5025", "-5027", "-5029", "-2013", "-5026")
def test_refused_amendments_leave_the_order_alone() -> None:
    engine, a, b, c = market_with_last_price()
    order = place(engine, a, "BUY", "1", "99000.00")
    with refused(-5027):
        amend(engine, a, order, "1", "99000.00")
    with refused(-4014):
        amend(engine, a, order, "1", "99000.05")
    with refused(-4024):
        resting = place(engine, a, "SELL", "1", "101000.00")
        amend(engine, a, resting, "1", "94000.00")
    with refused(-5029):
        amend(engine, a, order, "0.001", "99000.00")
    waiting = stop(engine, c, "STOP_MARKET", "BUY", "101000.00")
    with refused(-5025):
        amend(engine, c, waiting, "2", "101000.00")
    with refused(-2013):
        amend(engine, b, order, "2", "99000.00")
    poor = c
    poor.wallet = 5_000 * 10**8
    engine.cancel(c, CancelRequest(BTC, waiting.order_id, ""), EPOCH_MS)
    mine = place(engine, poor, "BUY", "1", "99000.00")
    with refused(-2019):
        amend(engine, poor, mine, "2", "99000.00")
    order.amendments = [None] * 10_000  # type: ignore[list-item]
    with refused(-5026):
        amend(engine, a, order, "2", "99000.00")
    assert (order.status, order.price, order.quantity) == ("NEW", price_of("99000.00"), 1000)


@proves("-5028")
def test_the_engine_looks_at_the_receive_window_again() -> None:
    engine, (a,) = engine_with("a")
    request = OrderRequest(
        BTC, BUY, "LIMIT", "GTC", 1000, price_of("99000.00"), False, "BOTH", "", deadline_ms=EPOCH_MS
    )
    engine.place(a, request, EPOCH_MS)
    with refused(-5028):
        engine.place(a, request, EPOCH_MS + 1)


def test_in_hedge_mode_a_closing_stop_must_close_its_side() -> None:
    engine, (a,) = engine_with("a")
    engine.set_hedge_mode(a, True)
    for position_side, side in (("LONG", BUY), ("SHORT", SELL)):
        for wanted, code in ((side, -2022), (-side, 0)):
            kind = "STOP_MARKET" if wanted == BUY else "TAKE_PROFIT_MARKET"
            request = OrderRequest(
                BTC,
                wanted,
                kind,
                "GTC",
                0,
                0,
                False,
                position_side,
                "",
                trigger=Trigger(price_of("101000.00"), close_position=True),
            )
            if code:
                with refused(code):
                    engine.place(a, request, EPOCH_MS)
            else:
                assert engine.place(a, request, EPOCH_MS).reduce_only


def test_an_amended_order_that_trades_again_is_an_aggregate_of_its_own() -> None:
    engine, (a, b) = engine_with("a", "b")
    order = place(engine, a, "BUY", "3", "99000.00")
    for at_ms in (EPOCH_MS, EPOCH_MS + 5):
        place(engine, b, "SELL", "1", "99500.00")
        engine.amend(
            a, AmendRequest(BTC, order.order_id, "", BUY, 3000 + at_ms % 7, price_of("99500.00")), at_ms
        )
    tape = engine.markets[BTC.index].tape
    tape.fold()
    assert [(row.quantity, row.first_id == row.last_id) for row in tape.aggregates] == [(1000, True)] * 2


@pytest.mark.parametrize(
    ("tif", "reason"), [("FOK", "FOK order is rejected."), ("GTX", "Post Only order is rejected.")]
)
def test_a_triggered_order_is_held_to_its_time_in_force(tif: str, reason: str) -> None:
    engine, a, b, c = market_with_last_price()
    engine.observer = told = Told()
    request = OrderRequest(
        BTC,
        BUY,
        "STOP",
        tif,
        5000,
        price_of("100300.00"),
        False,
        "BOTH",
        "",
        trigger=Trigger(price_of("100200.00")),
    )
    order = engine.place(c, request, EPOCH_MS)
    place(engine, a, "SELL", "0.5", "100250.00")
    traded_at(engine, a, b, "100200.00")
    assert (order.status, order.filled, told.rejected) == ("EXPIRED", 0, [reason])


def test_a_reduce_only_order_may_not_be_amended_beyond_the_position() -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL", "1", "100000.00")
    place(engine, b, "BUY", "1", "100000.00")
    first = place(engine, b, "SELL", "0.5", "100500.00", reduce_only=True)
    place(engine, b, "SELL", "0.5", "100600.00", reduce_only=True)
    with refused(-4118):
        amend(engine, b, first, "1", "100500.00")
    assert amend(engine, b, first, "0.4", "100500.00").remaining == 400


def test_cancelled_stops_leave_nothing_behind() -> None:
    engine, _, _, c = market_with_last_price()
    for _ in range(300):
        order = stop(engine, c, "STOP_MARKET", "BUY", "101000.00", "0.01")
        engine.cancel(c, CancelRequest(BTC, order.order_id, ""), EPOCH_MS)
    assert sum(map(len, engine.markets[BTC.index].triggers._heaps.values())) <= 65
