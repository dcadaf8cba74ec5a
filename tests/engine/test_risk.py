"""Margin and the reduce-only rule: the documented codes from the conditions that cause them."""

from __future__ import annotations

from typing import Any

import pytest

from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account
from mock_exchange.engine.matching import TAKER_FEE
from mock_exchange.engine.symbols import symbols
from run_records.scaled import MONEY_UNIT
from tests.support import BTC, engine_with, place, refused


def long_of(
    quantity: str, deposit: int = 100_000 * MONEY_UNIT, **engine_options: Any
) -> tuple[Engine, Account, Account]:
    """Account `b` long `quantity` BTC at 100,000, a deep book of account `a` around it."""
    engine, (a, b) = engine_with("a", "b", **engine_options)
    b.wallet = deposit
    engine.deposits += deposit - 10_000_000 * MONEY_UNIT
    place(engine, a, "SELL", "10", "100000.00")
    place(engine, b, "BUY", quantity, "100000.00")
    place(engine, a, "BUY", "10", "99990.00")
    return engine, a, b


def test_bracket_table_satisfies_its_own_identity() -> None:
    """cum_n = cum_{n-1} + floor_n * (mmr_n - mmr_{n-1})."""
    for symbol in symbols().values():
        for before, this in zip(symbol.brackets[:-1], symbol.brackets[1:], strict=True):
            assert this.cum - before.cum == this.floor * (this.mmr - before.mmr) // 1_000_000, symbol.name


def test_maintenance_margin_of_a_worked_example() -> None:
    """1 BTC at 120,000 falls into bracket 2: 120,000 * 0.005 - 50 = 550 USDT."""
    engine, (a, b) = engine_with("a", "b", mark="120000.00")
    place(engine, a, "SELL", "1", "120000.00")
    place(engine, b, "BUY", "1", "120000.00")
    assert b.legs[BTC.index, "BOTH"].maintenance_margin() == 550 * MONEY_UNIT


def test_opening_needs_margin() -> None:
    engine, (b,) = engine_with("b")
    b.wallet = 4_999 * MONEY_UNIT
    with refused(-2019):
        place(engine, b, "BUY", "1", "100000.00")
    b.wallet = 5_000 * MONEY_UNIT
    assert place(engine, b, "BUY", "1", "100000.00").status == "NEW"


def test_open_orders_on_both_sides_need_the_larger_side_only() -> None:
    """Initial margin is max(|position + bids|, |position - asks|) / leverage."""
    engine, (a,) = engine_with("a")
    a.wallet = 10_000 * MONEY_UNIT
    place(engine, a, "BUY", "2", "99900.00")
    place(engine, a, "SELL", "1.9", "100100.00")
    assert a.initial_margin() == 2 * 99_900 * MONEY_UNIT // 20


def test_leverage_bounds_the_position() -> None:
    engine, (a,) = engine_with("a")
    a.unlimited = False
    engine.set_leverage(a, BTC, 125)
    with refused(-2027):
        place(engine, a, "BUY", "0.6", "100000.00")
    with refused(-4028):
        engine.set_leverage(a, BTC, 126)
    place(engine, a, "BUY", "0.4", "100000.00")
    engine.set_leverage(a, BTC, 50)
    place(engine, a, "BUY", "5", "100000.00")
    with refused(-2027):
        engine.set_leverage(a, BTC, 125)


def test_reducing_needs_no_margin() -> None:
    engine, _, b = long_of("1")
    b.wallet = 0
    order = place(engine, b, "SELL", "1", reduce_only=True)
    assert (order.status, order.filled) == ("FILLED", 1000)


@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_nothing_to_reduce_is_2022(side: str) -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL" if side == "BUY" else "BUY", "1", "100000.00")
    with refused(-2022):
        place(engine, b, side, "1", reduce_only=True)


def test_same_direction_as_the_position_is_2022() -> None:
    engine, _, b = long_of("1")
    with refused(-2022):
        place(engine, b, "BUY", "1", "99000.00", reduce_only=True)


def test_better_placed_reduce_only_orders_leave_nothing_2022() -> None:
    """Long 1; 1 rests to sell at 100,100; another at 100,200 could never fill."""
    engine, _, b = long_of("1")
    place(engine, b, "SELL", "1", "100100.00", reduce_only=True)
    with refused(-2022):
        place(engine, b, "SELL", "1", "100200.00", reduce_only=True)


@pytest.mark.parametrize("price", ["100050.00", None])
def test_resting_reduce_only_order_uses_the_position_up_4118(price: str | None) -> None:
    engine, _, b = long_of("1")
    place(engine, b, "SELL", "1", "100100.00", reduce_only=True)
    with refused(-4118):
        place(engine, b, "SELL", "0.5", price, reduce_only=True)


def test_knock_out_rule_lets_a_market_order_through() -> None:
    engine, _, b = long_of("1", conflict_rule="knock_out")
    resting = place(engine, b, "SELL", "1", "100100.00", reduce_only=True)
    order = place(engine, b, "SELL", "1", reduce_only=True)
    assert (order.status, resting.status) == ("FILLED", "EXPIRED")
    assert b.is_flat()


def test_ordinary_orders_block_only_if_the_flip_has_no_margin() -> None:
    engine, _, b = long_of("1")
    place(engine, b, "SELL", "1", "100100.00")
    assert place(engine, b, "SELL", "0.5", "100200.00", reduce_only=True).status == "NEW"
    engine, _, b = long_of("1")
    place(engine, b, "SELL", "1", "100100.00")
    b.wallet = 5_000 * MONEY_UNIT
    with refused(-4118):
        place(engine, b, "SELL", "1", "100200.00", reduce_only=True)


def test_too_large_reduce_only_order_executes_up_to_the_position() -> None:
    engine, _, b = long_of("1")
    order = place(engine, b, "SELL", "3", reduce_only=True)
    assert (order.status, order.filled) == ("EXPIRED", 1000)
    assert b.is_flat()


def test_resting_reduce_only_order_dies_with_the_position() -> None:
    engine, _, b = long_of("1")
    resting = place(engine, b, "SELL", "0.6", "100100.00", reduce_only=True)
    place(engine, b, "SELL", "1", "99990.00", "IOC")
    assert resting.status == "EXPIRED"
    assert not b.orders


def test_reduce_only_is_exempt_from_min_notional() -> None:
    engine, _, b = long_of("1")
    with refused(-4164):
        place(engine, b, "SELL", "0.001", "99000.00", "IOC")
    place(engine, b, "SELL", "0.999", reduce_only=True)
    assert place(engine, b, "SELL", "0.001", reduce_only=True).status == "FILLED"


def test_hedge_mode_closes_by_side_and_refuses_the_flag() -> None:
    engine, (a, b) = engine_with("a", "b")
    engine.set_hedge_mode(b, True)
    place(engine, a, "SELL", "1", "100000.00")
    place(engine, a, "BUY", "5", "99990.00")
    place(engine, b, "BUY", "1", "100000.00", position_side="LONG")
    with refused(-1106):
        place(engine, b, "SELL", "1", position_side="LONG", reduce_only=True)
    with refused(-2022):
        place(engine, b, "BUY", "1", "99000.00", position_side="SHORT")
    assert place(engine, b, "SELL", "1", position_side="LONG").status == "FILLED"


def test_fee_is_rounded_in_favour_of_the_venue() -> None:
    engine, _, b = long_of("1")
    before, fees = b.wallet, engine.matcher.fees
    order = place(engine, b, "SELL", "0.003", reduce_only=True)
    share = -(-order.quote * TAKER_FEE // 1_000_000)
    assert before - b.wallet == share + (100_000 - 99_990) * 3 * MONEY_UNIT // 1000
    assert engine.matcher.fees > fees


def test_fok_does_not_count_on_reduce_only_orders_that_will_be_knocked_out() -> None:
    """Long 5 rests an ordinary SELL 5 and, one level worse, a reduce-only SELL 5; five more are
    on offer. Ten can trade, not fifteen."""
    engine, a, b = long_of("5", deposit=1_000_000 * MONEY_UNIT)
    place(engine, b, "SELL", "5", "100100.00", reduce_only=True)
    place(engine, b, "SELL", "5", "100090.00")
    with refused(-5021):
        place(engine, a, "BUY", "15", "100200.00", "FOK")
