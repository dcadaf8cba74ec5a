"""What an engine tells whoever listens: every event of a command, in order, with the state at that moment."""

from __future__ import annotations

from typing import Any

import pytest

from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account, Order
from mock_exchange.engine.requests import (
    BUY,
    SELL,
    AmendRequest,
    CancelAllRequest,
    CancelRequest,
    OrderRequest,
    Trigger,
)
from mock_exchange.engine.symbols import symbols
from run_records.scaled import MONEY_UNIT
from tests.engine.heard import Heard
from tests.support import BTC, EPOCH_MS, engine_with

MARK = 10_000_000
LATER = EPOCH_MS + 500


def listening(*names: str, **options: Any) -> tuple[Engine, list[Account], Heard]:
    engine, accounts = engine_with(*names, **options)
    engine.observer = heard = Heard()
    return engine, accounts, heard


def send(
    engine: Engine,
    account: Account,
    name: str,
    side: int,
    quantity: int,
    price: int = 0,
    tif: str = "GTC",
    **more: Any,
) -> Order:
    kind = more.pop("kind", "LIMIT" if price else "MARKET")
    reduce_only, position_side = more.pop("reduce_only", False), more.pop("position_side", "BOTH")
    now = more.pop("now", EPOCH_MS)
    request = OrderRequest(BTC, side, kind, tif, quantity, price, reduce_only, position_side, name, **more)
    return engine.place(account, request, now)


def ended(engine: Engine) -> list[tuple[str, str, int]]:
    return [(order.client_id, order.status, order.expiry) for order in engine.ended]


def test_taken_matched_and_filled() -> None:
    engine, (a, b), heard = listening("a", "b")
    send(engine, a, "low", SELL, 3, MARK)
    send(engine, a, "high", SELL, 5, MARK + 100)
    assert heard.take() == [("low", "NEW", "NEW", 0, 3), ("high", "NEW", "NEW", 0, 5)]
    taker = send(engine, b, "taker", BUY, 6, MARK + 100, now=LATER)
    assert heard.take() == [
        ("taker", "NEW", "NEW", 0, 6),
        ("trade", "taker", "low", MARK, 3),
        ("trade", "taker", "high", MARK + 100, 3),
    ]
    assert ended(engine) == [("low", "FILLED", 0), ("taker", "FILLED", 0)]
    assert [(t.trade_id, t.price, t.quantity, t.taker, t.maker.client_id) for t in engine.trades] == [
        (1, MARK, 3, taker, "low"),
        (2, MARK + 100, 3, taker, "high"),
    ]
    taken = [trade.taker_fill for trade in engine.trades]
    assert [(f.trade_id, f.at_ms, f.price, f.quantity, f.order_id, f.is_maker) for f in taken] == [
        (1, LATER, MARK, 3, taker.order_id, False),
        (2, LATER, MARK + 100, 3, taker.order_id, False),
    ]
    assert (list(b.fills), list(a.fills)) == (taken, [trade.maker_fill for trade in engine.trades])
    assert [(f.trade_id, f.order_id, f.side, f.is_maker) for f in a.fills] == [
        (1, 1, SELL, True),
        (2, 2, SELL, True),
    ]
    high = a.history[2]
    assert (taker.updated_ms, high.updated_ms, high.created_ms, high.status) == (
        LATER,
        LATER,
        EPOCH_MS,
        "PARTIALLY_FILLED",
    )
    market = engine.markets[BTC.index]
    assert (market.last, market.update_id, list(market.tape.trades)) == (MARK + 100, 6, taken)
    assert b.legs[0, "BOTH"].updated_ms == LATER
    assert (market.open_interest(), len(market.holders)) == (6, 2)


@pytest.mark.parametrize(("tif", "expiry"), [("IOC", 2), ("FOK", None), ("GTX", None), ("GTC", None)])
def test_what_is_left_of_an_order_that_may_not_rest(tif: str, expiry: int | None) -> None:
    engine, (a, b), heard = listening("a", "b")
    send(engine, a, "maker", SELL, 3, MARK)
    heard.take()
    quantity, price = (3, MARK) if tif == "FOK" else (5, MARK - 10 if tif == "GTX" else MARK)
    order = send(engine, b, "taker", BUY, quantity, price, tif, now=LATER)
    if expiry is not None:
        assert heard.take()[-1] == ("taker", "EXPIRED", "EXPIRED", expiry, 2)
        assert ended(engine) == [("maker", "FILLED", 0), ("taker", "EXPIRED", expiry)]
        assert (order.updated_ms, b.orders) == (LATER, {})
    elif tif == "FOK":
        assert (order.status, ended(engine)) == ("FILLED", [("maker", "FILLED", 0), ("taker", "FILLED", 0)])
    else:
        assert order.order_id in b.orders
        assert engine.markets[0].bids.best_quote() == (price, order.remaining)


def test_a_market_order_s_rest_has_a_reason_of_its_own() -> None:
    engine, (a, b), heard = listening("a", "b")
    send(engine, a, "maker", SELL, 3, MARK)
    heard.take()
    send(engine, b, "taker", BUY, 5)
    assert heard.take()[-1] == ("taker", "EXPIRED", "EXPIRED", 9, 2)


@pytest.mark.parametrize(
    ("stp", "tif", "log", "left"),
    [
        ("EXPIRE_TAKER", "GTC", [("taker", "EXPIRED", "EXPIRED_IN_MATCH", 1, 4)], ["own", "far"]),
        ("EXPIRE_TAKER", "IOC", [("taker", "EXPIRED", "EXPIRED_IN_MATCH", 3, 4)], ["own", "far"]),
        (
            "EXPIRE_MAKER",
            "GTC",
            [("own", "EXPIRED", "EXPIRED_IN_MATCH", 1, 3), ("trade", "taker", "far", MARK + 10, 4)],
            ["far"],
        ),
        (
            "EXPIRE_BOTH",
            "GTC",
            [("own", "EXPIRED", "EXPIRED_IN_MATCH", 1, 3), ("taker", "EXPIRED", "EXPIRED_IN_MATCH", 1, 4)],
            ["far"],
        ),
        (
            "NONE",
            "GTC",
            [("trade", "taker", "own", MARK, 3), ("trade", "taker", "far", MARK + 10, 1)],
            ["far"],
        ),
    ],
)
def test_who_expires_where_an_account_meets_itself(
    stp: str, tif: str, log: list[tuple[Any, ...]], left: list[str]
) -> None:
    engine, (a, b), heard = listening("a", "b")
    send(engine, b, "own", SELL, 3, MARK)
    send(engine, a, "far", SELL, 5, MARK + 10)
    heard.take()
    send(engine, b, "taker", BUY, 4, MARK + 10, tif, stp=stp, now=LATER)
    assert heard.take() == [("taker", "NEW", "NEW", 0, 4), *log]
    assert [order.client_id for account in (b, a) for order in account.orders.values()] == left
    assert all(order.updated_ms == LATER for order in engine.ended)


def test_cancels_name_their_orders_and_report_themselves_alone() -> None:
    engine, (a, b), heard = listening("a", "b")
    send(engine, a, "filled", SELL, 1, MARK)
    send(engine, b, "taker", BUY, 1, MARK)
    rows = [send(engine, a, name, SELL, 5, MARK + 100) for name in ("x", "y", "z")]
    heard.take()
    order = engine.cancel(a, CancelRequest(BTC, rows[1].order_id, ""), LATER)
    assert heard.take() == [("y", "CANCELED", "CANCELED", 0, 5)]
    assert (ended(engine), engine.trades, order.updated_ms) == ([("y", "CANCELED", 0)], [], LATER)
    engine.cancel(a, CancelRequest(BTC, 0, "z"), LATER)
    assert ended(engine) == [("z", "CANCELED", 0)]
    other = OrderRequest(symbols()["ETHUSDT"], SELL, "LIMIT", "GTC", 1000, 400_000, False, "BOTH", "e")
    engine.set_index(symbols()["ETHUSDT"], 400_000)
    engine.place(a, other, EPOCH_MS)
    heard.take()
    assert engine.cancel_all(a, CancelAllRequest(BTC), LATER) == [rows[0]]
    assert (heard.take(), ended(engine)) == ([("x", "CANCELED", "CANCELED", 0, 5)], [("x", "CANCELED", 0)])
    assert engine.cancel_all(a, CancelAllRequest(BTC), LATER) == []
    assert (ended(engine), engine.trades) == ([], [])
    assert [o.client_id for o in a.orders.values()] == ["e"]


def test_an_amendment_is_told_before_what_it_sets_off() -> None:
    engine, (a, b), heard = listening("a", "b")
    order = send(engine, b, "mine", BUY, 5, MARK - 500)
    send(engine, a, "ask", SELL, 3, MARK)
    heard.take()
    engine.amend(b, AmendRequest(BTC, order.order_id, "", BUY, 4, MARK), LATER)
    assert heard.take() == [("mine", "AMENDMENT", "NEW", 0, 4), ("trade", "mine", "ask", MARK, 3)]
    assert (order.price, order.margin_price, order.quantity, order.remaining, order.filled) == (
        MARK,
        MARK,
        4,
        1,
        3,
    )
    (row,) = order.amendments or []
    assert (row.number, row.at_ms, row.price, row.quantity) == (1, LATER, (MARK - 500, MARK), (5, 4))
    engine.amend(b, AmendRequest(BTC, 0, "mine", BUY, 9, MARK - 100), LATER + 1)
    assert (order.remaining, order.updated_ms, len(order.amendments or [])) == (6, LATER + 1, 2)
    engine.amend(b, AmendRequest(BTC, 0, "mine", BUY, 3, MARK - 100), LATER + 2)
    assert (order.status, heard.take()[-1]) == ("CANCELED", ("mine", "CANCELED", "CANCELED", 0, 6))


@pytest.mark.parametrize(("side", "touching", "free"), [(BUY, MARK, MARK - 10), (SELL, MARK, MARK + 10)])
def test_a_post_only_amendment_up_to_the_other_side(side: int, touching: int, free: int) -> None:
    for price, status in ((free, "NEW"), (touching, "CANCELED")):
        engine, (a, b), _ = listening("a", "b")
        send(engine, a, "other", -side, 3, MARK)
        order = send(engine, b, "mine", side, 5, MARK - side * 1000, "GTX")
        engine.amend(b, AmendRequest(BTC, order.order_id, "", side, 5, price), LATER)
        assert order.status == status, price
        order_test = engine.refusal_of(
            b, OrderRequest(BTC, side, "LIMIT", "GTX", 5, price, False, "BOTH", "t")
        )
        assert order_test == (None if price == free else -5022)


def test_a_triggered_stop_is_told_step_by_step() -> None:
    engine, (a, b), heard = listening("a", "b")
    send(engine, a, "bid", BUY, 9, MARK)
    send(engine, a, "ask", SELL, 1, MARK + 100)
    send(engine, b, "position", BUY, 1, MARK + 100)
    stop = send(engine, b, "stop", SELL, 1, kind="STOP_MARKET", reduce_only=True, trigger=Trigger(MARK + 50))
    heard.take()
    assert (b.orders, stop.status) == ({stop.order_id: stop}, "NEW")
    send(engine, a, "hit", SELL, 1, MARK, now=LATER)
    assert heard.take() == [
        ("hit", "NEW", "NEW", 0, 1),
        ("trade", "hit", "bid", MARK, 1),
        ("stop", "EXPIRED", "EXPIRED", 8, 1),
        ("stop", "NEW", "NEW", 0, 1),
        ("trade", "stop", "bid", MARK, 1),
    ]
    assert (stop.kind, stop.original_kind, stop.status, stop.updated_ms) == (
        "MARKET",
        "STOP_MARKET",
        "FILLED",
        LATER,
    )
    assert ("stop", "FILLED", 0) in ended(engine)


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        ("flat", "ReduceOnly Order is rejected."),
        ("liquidation", "User in liquidation mode now."),
        ("poor", "Margin is insufficient."),
        ("fok", "FOK order is rejected."),
        ("gtx", "Post Only order is rejected."),
    ],
)
def test_a_stop_that_may_not_execute_says_why_and_ends(prepare: str, reason: str) -> None:
    engine, (a, b), heard = listening("a", "b")
    send(engine, a, "bid", BUY, 900, MARK)
    more: dict[str, Any] = {"kind": "STOP_MARKET"}
    if prepare == "flat":
        send(engine, a, "ask", SELL, 1, MARK + 100)
        send(engine, b, "position", BUY, 1, MARK + 100)
        more["reduce_only"] = True
    if prepare in ("fok", "gtx"):
        more = {
            "kind": "STOP",
            "price": MARK if prepare == "gtx" else MARK + 10,
            "tif": prepare.upper(),
        }
    stop = send(engine, b, "stop", SELL, 1, trigger=Trigger(MARK + 50), **more)
    b.in_liquidation = prepare == "liquidation"
    if prepare == "poor":
        b.wallet = 0
    who, name = (b, "out") if prepare == "flat" else (a, "hit")
    send(engine, who, name, SELL, 1, MARK, now=LATER)
    assert heard.take()[-3:] == [
        ("stop", "EXPIRED", "EXPIRED", 8, 1),
        ("rejected", "stop", reason),
        ("stop", "EXPIRED", "EXPIRED", 0, 1),
    ]
    assert ("stop", "EXPIRED", 0) in ended(engine)
    assert (stop.order_id in b.orders, stop.updated_ms) == (False, LATER)
    leg = b.legs[0, "BOTH"]
    assert (leg.bid_notional, leg.ask_notional) == (0, 0)


def test_settings_and_transfers_are_told() -> None:
    engine, (a,), heard = listening("a")
    engine.set_leverage(a, BTC, 7)
    engine.transfer(a, 5, EPOCH_MS)
    engine.transfer(a, -5, EPOCH_MS)
    engine.transfer(a, 0, EPOCH_MS)
    assert heard.take() == [
        ("leverage", "a", "BTCUSDT", 7),
        ("account", "a", [], "DEPOSIT"),
        ("account", "a", [], "WITHDRAW"),
        ("account", "a", [], "WITHDRAW"),
    ]
    assert a.leverage == {BTC.index: 7}


def test_good_till_date_ends_at_its_second() -> None:
    engine, (a,), heard = listening("a")
    send(engine, a, "gtd", BUY, 5, MARK - 500, "GTD", good_till_ms=EPOCH_MS + 2000)
    send(engine, a, "gone", BUY, 5, MARK - 500, "GTD", good_till_ms=EPOCH_MS + 2000)
    engine.cancel(a, CancelRequest(BTC, 0, "gone"), EPOCH_MS)
    heard.take()
    engine.tick(EPOCH_MS + 1999)
    assert heard.take() == []
    engine.tick(EPOCH_MS + 2000)
    assert (heard.take(), ended(engine)) == ([("gtd", "EXPIRED", "EXPIRED", 0, 5)], [("gtd", "EXPIRED", 0)])


def test_a_queue_of_dates_is_swept_when_most_of_it_is_gone() -> None:
    engine, (a,), _ = listening("a")
    for number in range(300):
        order = send(
            engine, a, f"n{number}", BUY, 5, MARK - 500, "GTD", good_till_ms=EPOCH_MS + 10_000 + number
        )
        if number >= 5:
            engine.cancel(a, CancelRequest(BTC, order.order_id, ""), EPOCH_MS)
        if number == 255:
            engine.tick(EPOCH_MS + 1)
            assert len(engine._good_till) == 256, "no more than 256 are left alone"
    engine.tick(EPOCH_MS + 2)
    assert (len(engine._good_till), engine._good_till_live) == (5, 5)
    engine.tick(EPOCH_MS + 10_004)
    assert a.orders == {}


def test_liquidation_is_told_order_by_order_and_payment_by_payment() -> None:
    engine, (a, b), heard = listening("a", "b")
    send(engine, a, "ask", SELL, 1000, MARK)
    send(engine, b, "position", BUY, 1000, MARK)
    send(engine, b, "resting", SELL, 10, MARK + 500)
    b.wallet = 2_000 * MONEY_UNIT
    send(engine, a, "bid", BUY, 400, MARK - 180_000)
    heard.take()
    engine.set_index(BTC, MARK - 180_000)
    (forced,) = engine.tick(LATER)
    name = forced.client_id
    assert (forced.side, forced.quantity, forced.price) == (SELL, 1000, MARK - 200_000)
    assert (forced.filled, forced.status, forced.expiry, forced.forced) == (400, "EXPIRED", 2, True)
    assert (name.startswith("autoclose-"), forced.created_ms, forced.tif) == (True, LATER, "IOC")
    assert heard.take() == [
        ("resting", "EXPIRED", "EXPIRED", 5, 10),
        (name, "NEW", "NEW", 0, 1000),
        ("trade", name, "bid", MARK - 180_000, 400),
        ("account", "b", [], "INSURANCE_CLEAR"),
        (name, "EXPIRED", "EXPIRED", 2, 600),
    ]
    assert b.in_liquidation
    (taken,) = engine.tick(LATER + 1000)
    assert (taken.quantity, taken.status, b.in_liquidation, b.warned) == (600, "FILLED", False, False)
    log = heard.take()
    assert log[0] == (taken.client_id, "NEW", "NEW", 0, 600)
    assert log[1][0] == "trade"
    assert b.is_flat()
    assert engine.fund.legs[0, "BOTH"].amount == 600
    assert b.wallet == 0
    assert sum(income.amount for income in b.incomes) == -sum(income.amount for income in engine.fund.incomes)
    assert {income.kind for income in b.incomes} == {"INSURANCE_CLEAR"}
    ids = [trade.trade_id for trade in (*b.fills, *engine.fund.fills)]
    assert len(set(ids)) == len(b.fills), "each trade has a number of its own, the fund's is its last"
    assert engine.matcher.next_trade_id == max(ids) + 1
    assert engine.matcher.overdrawn == {}
    fee_row = b.incomes[0]
    fee = 400 * (MARK - 180_000) * BTC.money_factor * BTC.liquidation_fee // 10**6
    assert fee_row.symbol == "BTCUSDT"
    assert -fee_row.amount <= fee
