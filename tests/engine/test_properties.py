"""What must hold whatever is sent: books never crossed, quantity and money conserved to the last
unit, positions sum to zero, reducing orders never grow or flip a position."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account, Leg
from mock_exchange.engine.requests import BUY, SELL, CancelAllRequest, CancelRequest, OrderRequest
from mock_exchange.engine.risk import CONFLICT_RULES
from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import Refused, error_table
from run_records.scaled import MONEY_UNIT
from tests.support import EPOCH_MS, examples

LISTED = [symbols()["BTCUSDT"], symbols()["DOGEUSDT"]]
MARKS = {"BTCUSDT": 10_000_000, "DOGEUSDT": 200_000}
POOR = 20_000 * MONEY_UNIT

orders = st.tuples(
    st.just("place"),
    st.integers(0, 3),  # account
    st.integers(0, 1),  # symbol
    st.sampled_from([BUY, SELL]),
    st.sampled_from(["GTC", "GTC", "IOC", "FOK", "GTX", "MARKET"]),
    st.integers(-4, 4),  # ticks from mark
    st.integers(1, 40),  # quantity
    st.booleans(),  # reduce-only, or the closing leg in hedge mode
)
others = st.one_of(
    st.tuples(st.just("cancel"), st.integers(0, 3), st.integers(1, 60)),
    st.tuples(st.just("cancel-all"), st.integers(0, 3), st.integers(0, 1)),
    st.tuples(st.just("mark"), st.integers(0, 1), st.integers(-40, 40)),
    st.tuples(st.just("leverage"), st.integers(0, 3), st.integers(0, 1), st.integers(1, 80)),
)
commands = st.lists(st.one_of(orders, orders, orders, others), min_size=1, max_size=60)


def build(rule: str) -> tuple[Engine, list[Account]]:
    """Four accounts, the last two in hedge mode, one of each kind poor."""
    engine = Engine(rule)
    for symbol in LISTED:
        engine.set_index(symbol, MARKS[symbol.name])
    accounts = [engine.open_account(f"a{i}", POOR if i % 2 else 100 * POOR) for i in range(4)]
    for account in accounts[2:]:
        engine.set_hedge_mode(account, True)
    return engine, accounts


def request_of(command: tuple[Any, ...], account: Account) -> OrderRequest:
    _, _, symbol_number, side, tif, ticks, quantity, reduce = command
    symbol = LISTED[symbol_number]
    mark = MARKS[symbol.name]
    price = 0 if tif == "MARKET" else mark - mark % symbol.tick + ticks * symbol.tick * 10
    position_side = "BOTH"
    if account.hedge_mode:
        position_side = "LONG" if (side == SELL) == reduce else "SHORT"
        reduce = False
    size = quantity * symbol.step * (10 if symbol.name == "BTCUSDT" else 1000)
    kind = "MARKET" if tif == "MARKET" else "LIMIT"
    return OrderRequest(
        symbol, side, kind, "GTC" if tif == "MARKET" else tif, size, price, reduce, position_side, ""
    )


def apply(engine: Engine, accounts: list[Account], command: tuple[Any, ...]) -> None:
    kind = command[0]
    if kind == "place":
        place_and_watch(engine, accounts[command[1]], command)
    elif kind == "cancel":
        open_orders = list(accounts[command[1]].orders)
        if open_orders:
            order_id = open_orders[command[2] % len(open_orders)]
            symbol = accounts[command[1]].orders[order_id].symbol
            engine.cancel(accounts[command[1]], CancelRequest(symbol, order_id, ""), EPOCH_MS)
    elif kind == "cancel-all":
        engine.cancel_all(accounts[command[1]], CancelAllRequest(LISTED[command[2]]), EPOCH_MS)
    elif kind == "mark":
        symbol = LISTED[command[1]]
        engine.set_index(symbol, MARKS[symbol.name] * (1000 + command[2]) // 1000)
    else:
        engine.set_leverage(accounts[command[1]], LISTED[command[2]], command[3])


def place_and_watch(engine: Engine, account: Account, command: tuple[Any, ...]) -> None:
    """Place, and check that no reduce-only order of anybody has grown or flipped its position."""
    before = {id(leg): leg.amount for a in engine.accounts.values() for leg in a.legs.values()}
    request = request_of(command, account)
    order = engine.place(account, request, EPOCH_MS)
    assert order.filled + order.remaining == order.quantity
    assert sum(t.quantity for t in engine.trades if t.taker is order) == order.filled
    touched = {o for t in engine.trades for o in (t.taker, t.maker)}
    for leg in {o.leg for o in touched}:
        if all(o.reduce_only for o in touched if o.leg is leg):
            was, now = before.get(id(leg), 0), leg.amount
            assert abs(now) <= abs(was)
            assert now * was >= 0


def check_invariants(engine: Engine) -> None:
    assert engine.money() == engine.deposits
    for market in engine.markets:
        bid, ask = market.bids.best(), market.asks.best()
        assert bid is None or ask is None or bid.price < ask.price
        for side in (market.bids, market.asks):
            for price, total in side.depth(1000):
                resting = [o for o in side.orders_within(price) if o.price == price]
                assert total == sum(o.remaining for o in resting) > 0
        legs = [
            leg for a in engine.accounts.values() for leg in a.legs.values() if leg.symbol is market.symbol
        ]
        assert sum(leg.amount for leg in legs) == 0
        for leg in legs:
            check_leg(leg)


def check_leg(leg: Leg) -> None:
    assert leg.side == "BOTH" or (leg.amount >= 0) == (leg.side == "LONG") or leg.amount == 0
    assert leg.amount != 0 or leg.cost == 0
    ordinary = [o for o in leg.orders.values() if not o.reduce_only]
    bids = sum(leg.symbol.notional(o.price, o.remaining) for o in ordinary if o.side == BUY)
    asks = sum(leg.symbol.notional(o.price, o.remaining) for o in ordinary if o.side == SELL)
    assert (leg.bid_notional, leg.ask_notional) == (bids, asks)
    assert leg.reducing_orders == len(leg.orders) - len(ordinary)
    for order in leg.orders.values():
        assert not order.reduce_only or leg.closable(order.side) > 0


def run(rule: str, sequence: list[tuple[Any, ...]]) -> None:
    engine, accounts = build(rule)
    known = error_table()
    for command in sequence:
        hash_before = engine.state_hash()
        try:
            apply(engine, accounts, command)
        except Refused as refusal:
            assert refusal.code in known
            assert engine.state_hash() == hash_before
        check_invariants(engine)


@examples(300)
@given(st.sampled_from(CONFLICT_RULES), commands)
def test_invariants(rule: str, sequence: list[Any]) -> None:
    run(rule, sequence)


@examples(100)
@given(commands)
def test_available_is_margin_balance_less_initial_margin(sequence: list[Any]) -> None:
    """The fast sum over legs agrees with the definition."""
    engine, accounts = build("reject_4118")
    for command in sequence:
        with contextlib.suppress(Refused):
            apply(engine, accounts, command)
        for account in accounts:
            assert account.available() == account.margin_balance() - account.initial_margin()


@pytest.mark.large
@examples(5_000)
@given(st.sampled_from(CONFLICT_RULES), commands)
def test_invariants_at_length(rule: str, sequence: list[Any]) -> None:
    run(rule, sequence)
