"""Where each rule of the engine begins: the last value that is taken, and the first that is refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import msgspec
import pytest

from mock_exchange.engine import Engine, requests
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.filters import check_filters, check_percent_price
from mock_exchange.engine.requests import BUY, SELL, AmendRequest, CancelRequest, OrderRequest, Trigger
from mock_exchange.engine.settings import (
    check_hedge_mode,
    check_leverage,
    check_margin_type,
    check_multi_assets,
)
from mock_exchange.errors import Refused, error_table
from run_records.scaled import MONEY_UNIT
from tests.support import BTC, DOGE, EPOCH_MS, RICH, engine_with, place

MARK = 10_000_000
TAKEN = 0
"""Instead of a code: not refused."""


def code_of(call: Any, *arguments: Any, **options: Any) -> int:
    try:
        call(*arguments, **options)
    except Refused as refusal:
        return refusal.code
    return TAKEN


def request(side: int = BUY, price: int = MARK, quantity: int = 1000, **more: Any) -> OrderRequest:
    kind = more.pop("kind", "LIMIT" if price else "MARKET")
    reduce_only, position_side = more.pop("reduce_only", False), more.pop("position_side", "BOTH")
    return OrderRequest(BTC, side, kind, "GTC", quantity, price, reduce_only, position_side, "", **more)


def filters(mark: int = MARK, bounded: bool = True, **order: Any) -> int:
    return code_of(check_filters, request(**order), mark, bounded=bounded)


# BTCUSDT: its own smallest and largest price and quantity, ticks of 0.10, lots of 0.001.
@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"price": BTC.min_price, "side": BUY, "quantity": 10_000, "mark": BTC.min_price}, TAKEN),
        ({"price": BTC.min_price - BTC.tick, "mark": BTC.min_price}, -4013),
        ({"price": BTC.max_price, "side": SELL, "mark": BTC.max_price}, TAKEN),
        ({"price": BTC.max_price + 1, "side": SELL, "mark": BTC.max_price}, -4002),
        ({"price": MARK + 1}, -4014),
        ({"price": MARK + BTC.tick}, TAKEN),
        ({"price": -1}, -4001),
        ({"price": 0, "kind": "LIMIT"}, -4001),
        ({"price": 0, "kind": "STOP"}, -4001),
        ({"price": 0, "kind": "TAKE_PROFIT"}, -4001),
        ({"price": 0, "kind": "MARKET"}, TAKEN),
        ({"quantity": 0}, -4003),
        ({"quantity": -1}, -4003),
        ({"quantity": BTC.max_quantity}, TAKEN),
        ({"quantity": BTC.max_quantity + 1}, -4005),
        ({"price": 0, "quantity": BTC.market_max_quantity}, TAKEN),
        ({"price": 0, "quantity": BTC.market_max_quantity + 1}, -4005),
    ],
)
def test_price_and_quantity(order: dict[str, Any], code: int) -> None:
    assert filters(**order) == code


def test_who_is_exempt_from_the_least_notional() -> None:
    """0.001 BTC at 100,000 is 100 USDT, at 80,000 it is 80."""
    assert BTC.min_notional == 100 * MONEY_UNIT
    assert filters(quantity=1) == TAKEN
    for order, code in (
        ({}, -4164),
        ({"reduce_only": True}, TAKEN),
        ({"position_side": "SHORT"}, TAKEN),
        ({"position_side": "LONG"}, -4164),
    ):
        assert filters(quantity=1, price=8_000_000, mark=8_000_000, **order) == code


def test_the_least_notional_is_taken_itself() -> None:
    """5 USDT of DOGE: 25 at 0.20000 are just enough, at 0.19999 they are not."""
    assert DOGE.min_notional == 5 * MONEY_UNIT
    orders = [
        OrderRequest(DOGE, BUY, "LIMIT", "GTC", 25 * 10**DOGE.quantity_precision, price, False, "BOTH", "")
        for price in (
            20 * 10 ** (DOGE.price_precision - 2),
            20 * 10 ** (DOGE.price_precision - 2) - DOGE.tick,
        )
    ]
    codes = [code_of(check_filters, order, orders[0].price) for order in orders]
    assert codes == [TAKEN, -4164]


@pytest.mark.parametrize("mark", [MARK, 9_999_990, 12_345_670])
def test_percent_price(mark: int) -> None:
    highest = mark * BTC.multiplier_up // 10**6
    lowest = -(-mark * BTC.multiplier_down // 10**6)
    for side, price, code in (
        (BUY, highest, TAKEN),
        (BUY, highest + 1, -4016),
        (BUY, lowest - 1, TAKEN),
        (SELL, lowest, TAKEN),
        (SELL, lowest - 1, -4024),
        (SELL, highest + 1, TAKEN),
    ):
        assert code_of(check_percent_price, BTC, side, price, mark) == code, (side, price)
    beyond = highest + BTC.tick - highest % BTC.tick
    assert filters(mark=mark, price=beyond) == -4016
    assert filters(mark=mark, price=beyond, bounded=False) == TAKEN
    assert filters(mark=mark, price=beyond, trigger=Trigger(beyond), kind="STOP") == TAKEN


@pytest.mark.parametrize(
    ("stop", "code"),
    [
        (0, -4006),
        (-1, -4006),
        (1, -4013),
        (BTC.min_price, TAKEN),
        (BTC.min_price - 1, -4013),
        (BTC.max_price, TAKEN),
        (BTC.max_price + 1, -4007),
        (MARK + 1, -4014),
        (MARK + BTC.tick, TAKEN),
    ],
)
def test_stop_prices(stop: int, code: int) -> None:
    assert filters(price=0, kind="STOP_MARKET", trigger=Trigger(stop)) == code


@pytest.mark.parametrize("stop", [MARK, 9_876_540])
def test_a_limit_behind_a_stop_is_held_to_the_stop(stop: int) -> None:
    highest = stop * BTC.multiplier_up // 10**6
    highest -= highest % BTC.tick
    lowest = -(-stop * BTC.multiplier_down // 10**6)
    lowest += -lowest % BTC.tick
    for side, price, code in (
        (BUY, highest, TAKEN),
        (BUY, highest + BTC.tick, -4183),
        (BUY, lowest - BTC.tick, TAKEN),
        (SELL, lowest, TAKEN),
        (SELL, lowest - BTC.tick, -4184),
        (SELL, highest + BTC.tick, TAKEN),
    ):
        assert filters(side=side, price=price, kind="STOP", trigger=Trigger(stop)) == code, (side, price)
    with pytest.raises(Refused) as caught:
        check_filters(request(price=highest + BTC.tick, kind="STOP", trigger=Trigger(stop)), MARK)
    named = Fraction(str(caught.value.arguments[0]))
    assert named == Fraction(stop * BTC.multiplier_up // 10**6, 10**BTC.price_precision)
    with pytest.raises(Refused) as caught:
        check_filters(request(SELL, lowest - BTC.tick, kind="STOP", trigger=Trigger(stop)), MARK)
    named = Fraction(str(caught.value.arguments[0]))
    assert named == Fraction(stop * BTC.multiplier_down // 10**6, 10**BTC.price_precision)


def test_who_closes_all_names_no_quantity() -> None:
    close = Trigger(MARK - 1000, close_position=True)
    assert filters(side=SELL, price=0, kind="STOP_MARKET", quantity=0, trigger=close) == TAKEN


# -- margin -----------------------------------------------------------------------------------------


def largest(engine: Engine, account: Account, side: str, price: str | None) -> int:
    """The largest order that is not refused, found by halving."""
    low, high = 0, 2_000_000
    while high - low > 1:
        middle = (low + high) // 2
        order = request(BUY if side == "BUY" else SELL, int(float(price or 0) * 100), middle)
        code = engine.refusal_of(account, order)
        assert code in (None, -2019, -2027, -4005, -4131), code
        low, high = (middle, high) if code is None else (low, middle)
    return low


@pytest.mark.parametrize("leverage", [1, 7, 20])
@pytest.mark.parametrize(("side", "price"), [("BUY", "99990.00"), ("SELL", "100010.00")])
@pytest.mark.parametrize("deposit", [5_000, 12_345, 77_777])
def test_margin_bounds_an_order_to_the_unit(leverage: int, side: str, price: str, deposit: int) -> None:
    engine, (account,) = engine_with("a", deposit=deposit * MONEY_UNIT)
    engine.set_leverage(account, BTC, leverage)
    worth = Fraction(price) / 1000  # USDT of the smallest quantity
    bound = min(int(deposit * leverage / worth), BTC.max_notional(leverage) // int(worth * MONEY_UNIT))
    assert largest(engine, account, side, price) == min(bound, BTC.max_quantity)


def test_an_order_that_takes_all_there_is_is_taken() -> None:
    """100 USDT carry 0.020 BTC at 20 times and 100,000; one unit less do not."""
    for short, code in ((0, TAKEN), (1, -2019)):
        engine, (account,) = engine_with("a", deposit=100 * MONEY_UNIT - short)
        assert code_of(place, engine, account, "BUY", "0.020", "100000.00") == code


def test_the_bracket_of_a_leverage_is_full_at_its_cap() -> None:
    engine, (account,) = engine_with("a", deposit=RICH)
    leverage = BTC.brackets[0].leverage
    engine.set_leverage(account, BTC, leverage)
    cap = BTC.max_notional(leverage) // (MARK * BTC.money_factor)
    assert cap * MARK * BTC.money_factor == BTC.max_notional(leverage), "the cap is whole at this price"
    at_cap = request(quantity=cap)
    assert engine.refusal_of(account, at_cap) is None
    assert engine.refusal_of(account, request(quantity=cap + 1)) == -2027


def test_market_orders_are_valued_at_the_dearer_of_mark_and_best_price() -> None:
    for best, deposit, code in (
        ("100100.00", 5005, TAKEN),
        ("100100.00", 5004, -2019),
        ("99900.00", 5000, TAKEN),
        ("99900.00", 4999, -2019),
    ):
        engine, (maker, taker) = engine_with("m", "t", deposit=RICH)
        taker.wallet = deposit * MONEY_UNIT
        place(engine, maker, "SELL", "2", best)
        assert code_of(place, engine, taker, "BUY", "1") == code, (best, deposit)


def test_ordinary_orders_may_flip_as_far_as_margin_goes() -> None:
    """0.5 long with 0.4 resting to sell; closing 0.5 more could flip 0.4 short, which needs 2,000 USDT."""
    for available, code in ((2_000, TAKEN), (1_999, -4118)):
        engine, (a, b) = engine_with("a", "b")
        place(engine, a, "SELL", "0.5", "100000.00")
        place(engine, b, "BUY", "0.5", "100000.00")
        place(engine, b, "SELL", "0.4", "100500.00")
        b.wallet += available * MONEY_UNIT - b.available()
        assert code_of(place, engine, b, "SELL", "0.5", "100400.00", reduce_only=True) == code


def test_ordinary_orders_that_leave_room_are_not_in_the_way() -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL", "0.5", "100000.00")
    place(engine, b, "BUY", "0.5", "100000.00")
    place(engine, b, "SELL", "0.4", "100500.00")
    b.wallet -= b.available()
    assert code_of(place, engine, b, "SELL", "0.1", "100400.00", reduce_only=True) == TAKEN
    assert code_of(place, engine, b, "SELL", "0.001", "100400.00", reduce_only=True) == -4118


def test_reduce_only_orders_fill_the_position_to_the_last_unit() -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL", "0.5", "100000.00")
    place(engine, b, "BUY", "0.5", "100000.00")
    place(engine, b, "SELL", "0.3", "100500.00", reduce_only=True)
    assert code_of(place, engine, b, "SELL", "0.201", "100500.00", reduce_only=True) == -4118
    assert code_of(place, engine, b, "SELL", "0.2", "100500.00", reduce_only=True) == TAKEN
    # at the same price nobody is better placed; a tick behind, all are
    assert code_of(place, engine, b, "SELL", "0.001", "100500.00", reduce_only=True) == -4118
    assert code_of(place, engine, b, "SELL", "0.001", "100500.10", reduce_only=True) == -2022


# -- settings ---------------------------------------------------------------------------------------


def test_leverage_is_from_one_to_the_first_bracket_s() -> None:
    _, (account,) = engine_with("a")
    top = BTC.brackets[0].leverage
    codes = [code_of(check_leverage, account, BTC, value) for value in (0, 1, top, top + 1, -1)]
    assert codes == [-4028, TAKEN, TAKEN, -4028, -4028]


def test_leverage_needs_the_margin_that_it_adds() -> None:
    """1 BTC at 20 times needs 5,000 USDT, at 10 times 5,000 more."""
    for available, code in ((5_000, TAKEN), (4_999, -2028), (0, -2028)):
        engine, (a, b) = engine_with("a", "b")
        place(engine, a, "SELL", "1", "100000.00")
        place(engine, b, "BUY", "1", "100000.00")
        b.wallet += available * MONEY_UNIT - b.available()
        assert code_of(engine.set_leverage, b, BTC, 10) == code
        assert code_of(engine.set_leverage, b, BTC, 40) == TAKEN  # less margin is always possible


def test_leverage_is_refused_to_a_position_beyond_its_bracket() -> None:
    engine, (a, b) = engine_with("a", "b")
    top = BTC.brackets[0].leverage
    cap = BTC.max_notional(top) // (MARK * BTC.money_factor)
    for quantity, code in ((cap, TAKEN), (1, -2027)):
        for account, side in ((a, SELL), (b, BUY)):
            engine.place(account, request(side, MARK, quantity, kind="LIMIT"), EPOCH_MS)
        assert code_of(check_leverage, b, BTC, top) == code


def test_modes_are_changed_by_who_has_neither_orders_nor_positions() -> None:
    engine, (a, b) = engine_with("a", "b")
    assert code_of(check_hedge_mode, a, False) == -4059
    assert code_of(check_hedge_mode, a, True) == TAKEN
    order = place(engine, a, "SELL", "1", "100000.00")
    assert code_of(check_hedge_mode, a, True) == -4067
    assert code_of(check_margin_type, a, BTC, "CROSSED") == -4046
    assert code_of(check_margin_type, a, BTC, "ISOLATED") == -4047
    assert code_of(check_margin_type, a, DOGE, "ISOLATED") == -4084
    assert code_of(check_multi_assets, a, True) == -4170
    assert code_of(check_multi_assets, a, False) == -4171
    assert code_of(check_multi_assets, b, True) == -4084
    place(engine, b, "BUY", "1", "100000.00")
    assert order.status == "FILLED"
    assert code_of(check_hedge_mode, a, True) == -4068
    assert code_of(check_margin_type, a, BTC, "ISOLATED") == -4048
    assert code_of(check_margin_type, a, DOGE, "ISOLATED") == -4084


def test_money_leaves_an_account_as_far_as_it_is_available() -> None:
    engine, (a,) = engine_with("a", deposit=100 * MONEY_UNIT)
    assert code_of(engine.transfer, a, -100 * MONEY_UNIT - 1, EPOCH_MS) == -4050
    assert (a.wallet, engine.deposits, a.incomes) == (100 * MONEY_UNIT, 100 * MONEY_UNIT, [])
    engine.transfer(a, -100 * MONEY_UNIT, EPOCH_MS + 1)
    engine.transfer(a, 7, EPOCH_MS + 2)
    assert (a.wallet, engine.deposits) == (7, 7)
    rows = [(i.kind, i.symbol, i.amount, i.at_ms, i.number) for i in a.incomes]
    assert rows == [
        ("TRANSFER", "", -100 * MONEY_UNIT, EPOCH_MS + 1, 1),
        ("TRANSFER", "", 7, EPOCH_MS + 2, 2),
    ]


def test_the_receive_window_ends_after_its_last_millisecond() -> None:
    engine, (a,) = engine_with("a")
    for late, code in ((0, TAKEN), (1, -5028)):
        order = request(BUY, MARK, deadline_ms=EPOCH_MS)
        assert code_of(engine.place, a, order, EPOCH_MS + late) == code


def test_an_order_of_a_liquidated_or_restricted_account() -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL", "1", "100000.00")
    place(engine, b, "BUY", "1", "100000.00")
    for restriction, opening, reducing in ((-4087, -4087, TAKEN), (-4088, -4088, -4088), (0, TAKEN, TAKEN)):
        engine.restrict(b, restriction)
        found = [engine.refusal_of(b, request(SELL, MARK, 100, reduce_only=flag)) for flag in (False, True)]
        assert [code or TAKEN for code in found] == [opening, reducing]
    with pytest.raises(ValueError, match="-4087"):
        engine.restrict(b, -2019)
    assert b.restriction == 0
    b.in_liquidation = True
    assert engine.refusal_of(b, request(SELL, MARK, 100, reduce_only=True)) == -2023


def test_orders_of_the_other_position_mode() -> None:
    engine, (a, b) = engine_with("a", "b")
    engine.set_hedge_mode(b, True)
    close = Trigger(MARK - 100_000, close_position=True)
    for account, order, code in (
        (a, request(position_side="LONG"), -4061),
        (a, request(position_side="BOTH"), None),
        (b, request(position_side="BOTH"), -4061),
        (b, request(position_side="LONG"), None),
        (b, request(position_side="LONG", reduce_only=True), -1106),
        (b, request(SELL, 0, 0, kind="STOP_MARKET", position_side="SHORT", trigger=close), -2022),
        (b, request(BUY, 0, 0, kind="STOP_MARKET", position_side="LONG", trigger=close), -2022),
        (b, request(SELL, 0, 0, kind="STOP_MARKET", position_side="LONG", trigger=close), None),
    ):
        assert engine.refusal_of(account, order) == code


@pytest.mark.parametrize("cancel", [False, True])
def test_a_client_id_is_taken_while_its_order_is_open(cancel: bool) -> None:
    engine, (a,) = engine_with("a")
    place(engine, a, "BUY", "0.1", "99000.00", client_id="mine")
    assert code_of(place, engine, a, "BUY", "0.2", "99000.00", client_id="mine") == -4116
    if cancel:
        engine.cancel(a, CancelRequest(BTC, 0, "mine"), EPOCH_MS)
        assert code_of(place, engine, a, "BUY", "0.2", "99000.00", client_id="mine") == TAKEN


def test_lots_are_counted_from_the_smallest_quantity() -> None:
    """No listed symbol has larger lots than its precision allows, so this one is made up: 5, 15, 25…"""
    symbol = replace(BTC, min_quantity=5, step=10)
    codes = [
        code_of(
            check_filters, OrderRequest(symbol, BUY, "LIMIT", "GTC", quantity, MARK, False, "BOTH", ""), MARK
        )
        for quantity in (4, 5, 6, 14, 15, 25, 24)
    ]
    assert codes == [-4004, TAKEN, -4023, -4023, TAKEN, TAKEN, -4023]


def test_an_amendment_that_comes_too_late() -> None:
    engine, (a,) = engine_with("a")
    order = place(engine, a, "BUY", "0.1", "99000.00")
    for late, code in ((1, -5028), (0, TAKEN)):
        amendment = AmendRequest(BTC, order.order_id, "", BUY, 200, MARK - 100_000, deadline_ms=EPOCH_MS)
        assert code_of(engine.amend, a, amendment, EPOCH_MS + late) == code
    assert order.quantity == 200


def test_an_amendment_to_the_other_side_or_of_no_limit_order() -> None:
    engine, (a,) = engine_with("a")
    order = place(engine, a, "BUY", "0.1", "99000.00")
    assert code_of(engine.amend, a, AmendRequest(BTC, order.order_id, "", SELL, 200, MARK), EPOCH_MS) == -1117
    same = AmendRequest(BTC, order.order_id, "", BUY, 100, MARK - 100_000)
    assert code_of(engine.amend, a, same, EPOCH_MS) == -5027
    assert code_of(engine.amend, a, AmendRequest(BTC, 77, "", BUY, 100, MARK), EPOCH_MS) == -2013
    small = AmendRequest(BTC, order.order_id, "", BUY, 1, MARK - 100_000)
    assert code_of(engine.amend, a, small, EPOCH_MS) == -5029


def test_a_rule_that_nobody_knows() -> None:
    with pytest.raises(ValueError, match="unknown reduce-only conflict rule 'mine'"):
        Engine("mine")


def test_an_order_remembers_the_attempt_that_brought_it() -> None:
    engine, (a,) = engine_with("a")
    order = engine.place(a, request(BUY, MARK - 100_000), EPOCH_MS, ("key", 3), fate_unknown=True)
    assert (order.key, order.fate_unknown, order.client_id) == (("key", 3), True, "fx" + "0" * 19 + "1")
    other = engine.place(a, request(BUY, MARK - 100_000, wants_result=True), EPOCH_MS)
    assert (other.key, other.fate_unknown, other.wants_result, other.order_id) == (("", 0), False, True, 2)


def test_reasons_have_the_venue_s_numbers() -> None:
    """As documented since 2025-10-23."""
    assert [
        requests.NO_REASON,
        requests.BY_STP,
        requests.IOC_REMAINDER,
        requests.IOC_REMAINDER_BY_STP,
        requests.KNOCKED_OUT,
        requests.LIQUIDATED,
        requests.STOP_TRIGGERED,
        requests.MARKET_REMAINDER,
    ] == [0, 1, 2, 3, 4, 5, 8, 9]


def test_the_smallest_quantity_is_taken_and_less_is_said_to_be_too_little() -> None:
    small = replace(BTC, min_quantity=3, step=1)
    for quantity, code in ((3, TAKEN), (2, -4004), (1, -4004)):
        order = msgspec.structs.replace(request(quantity=quantity), symbol=small)
        assert code_of(check_filters, order, MARK, bounded=True) == code, quantity


def test_a_cancel_of_what_nobody_knows_says_so() -> None:
    engine, (a,) = engine_with("a")
    with pytest.raises(Refused) as caught:
        engine.cancel(a, CancelRequest(BTC, 77, ""), EPOCH_MS)
    assert caught.value.code == -2011
    assert error_table()[-2011].message(variant=caught.value.variant) == "Unknown order sent."
