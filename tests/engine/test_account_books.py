"""An account's sums against their definitions, worked out anew from orders and fills after every command."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from math import ceil, floor
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account, Leg
from mock_exchange.engine.requests import BUY, SELL, OrderRequest, Trigger
from mock_exchange.engine.symbols import Symbol
from mock_exchange.errors import Refused
from run_records.scaled import MONEY_UNIT
from tests.engine.test_properties import LISTED, MARKS, POOR, apply, build, commands
from tests.support import EPOCH_MS, examples


def money(symbol: Symbol, price: int, quantity: int) -> Fraction:
    """Price × quantity in 1e-8 USDT, from the precisions alone."""
    digits = symbol.price_precision + symbol.quantity_precision
    return Fraction(price * quantity * MONEY_UNIT, 10**digits)


def maintenance(symbol: Symbol, notional: Fraction) -> Fraction:
    """As a tax table is read: each part of the notional at the rate of the bracket that it falls into."""
    total, below = Fraction(0), 0
    for bracket in symbol.brackets:
        top = bracket.cap if bracket is not symbol.brackets[-1] else max(bracket.cap, ceil(notional))
        part = min(notional, Fraction(top)) - below
        if part > 0:
            total += part * Fraction(bracket.mmr, 10**6)
        below = top
    return total


def check_leg(leg: Leg, account: Account, engine: Engine) -> None:
    symbol, mark = leg.symbol, engine.markets[leg.symbol.index].mark
    position = money(symbol, mark, leg.amount)
    mine = [o for o in account.orders.values() if o.leg is leg]
    resting = [o for o in mine if o.trigger is None]
    assert {o.order_id for o in resting} == set(leg.orders)
    opening = [o for o in mine if not o.reduce_only]
    sums: dict[int, Fraction] = {
        side: sum(
            (money(symbol, o.margin_price, o.remaining) for o in opening if o.side == side), Fraction(0)
        )
        for side in (BUY, SELL)
    }
    assert leg.bid_notional == sums[BUY]
    assert leg.ask_notional == sums[SELL]
    assert leg.bid_quantity == sum(o.remaining for o in resting if o.side == BUY)
    assert leg.ask_quantity == sum(o.remaining for o in resting if o.side == SELL)
    assert leg.reducing_orders == sum(o.reduce_only for o in resting)
    exposure = max(abs(position + sums[BUY]), abs(position - sums[SELL]))
    assert leg.notional() == position
    assert leg.unrealized() == position - leg.cost
    assert leg.exposure() == exposure
    more = (12_345 * MONEY_UNIT, 999 * MONEY_UNIT)
    with_more = max(abs(position + sums[BUY] + more[0]), abs(position - sums[SELL] - more[1]))
    before, after = leg.exposures(*more)
    assert before == exposure
    assert after == with_more
    assert leg.exposures(0, more[1])[1] == max(
        abs(position + sums[BUY]), abs(position - sums[SELL] - more[1])
    )
    assert leg.leverage == account.leverage.get(symbol.index, 20)
    assert leg.initial_margin() == leg.margin_for(int(exposure)) == ceil(exposure / leg.leverage)
    assert leg.position_margin() == ceil(abs(position) / leg.leverage)
    assert leg.surplus() == leg.unrealized() - leg.initial_margin()
    assert leg.maintenance_margin() == floor(maintenance(symbol, abs(position)))
    for side in (BUY, SELL):
        reduces = leg.amount > 0 if side == SELL else leg.amount < 0
        assert leg.closable(side) == (abs(leg.amount) if reduces else 0)
    if leg.amount:
        average = Fraction(abs(leg.cost)) / money(symbol, 1, abs(leg.amount))
        assert (leg.entry_price(), leg.entry_price(3)) == (floor(average), floor(average * 1000))
    else:
        assert leg.entry_price(3) == 0


def check_account(account: Account, engine: Engine, deposit: int) -> None:
    for leg in account.legs.values():
        check_leg(leg, account, engine)
    legs = list(account.legs.values())
    assert account.unrealized() == sum(leg.unrealized() for leg in legs)
    assert account.margin_balance() == account.wallet + account.unrealized()
    assert account.initial_margin() == sum(leg.initial_margin() for leg in legs)
    assert account.maintenance_margin() == sum(leg.maintenance_margin() for leg in legs)
    assert account.available() == account.margin_balance() - account.initial_margin()
    assert account.is_flat() == (not any(leg.amount for leg in legs))
    for symbol in LISTED:
        own = [leg for leg in legs if leg.symbol is symbol]
        assert account.legs_of(symbol) == own
        assert account.holds(symbol) == any(leg.amount for leg in own)
    for fill in account.fills:
        worth = money(fill.symbol, fill.price, fill.quantity)
        assert fill.fee == ceil(worth * Fraction(2 if fill.is_maker else 4, 10_000))
    earned = sum(fill.profit for fill in account.fills)
    assert account.wallet == deposit + earned - sum(fill.fee for fill in account.fills)
    assert sum(leg.realized for leg in legs) == earned


def check_orders(account: Account) -> None:
    assert account.client_orders == {order.client_id: order for order in account.orders.values()}
    for order in account.history.values():
        assert order.filled + order.remaining == order.quantity
        is_open = order.order_id in account.orders
        assert is_open == (order.status in ("NEW", "PARTIALLY_FILLED")), order.status
        assert account.known_order(order.order_id, "") is order
        fills = [fill for fill in account.fills if fill.order_id == order.order_id]
        assert {(f.symbol, f.side, f.position_side) for f in fills} <= {
            (order.symbol, order.side, order.position_side)
        }
        assert order.filled == sum(fill.quantity for fill in fills)
        assert order.quote == sum(fill.symbol.notional(fill.price, fill.quantity) for fill in fills)
        if is_open:
            bids, asks = order.notional()
            worth = money(order.symbol, order.margin_price, order.remaining)
            assert bids == (worth if order.side == BUY else 0)
            assert asks == (worth if order.side == SELL else 0)


stops = st.tuples(
    st.just("stop"), st.integers(0, 3), st.sampled_from([BUY, SELL]), st.integers(1, 6), st.integers(1, 30)
)


def place_stop(engine: Engine, accounts: list[Account], command: tuple[Any, ...]) -> None:
    """A stop beyond the price that waits for it."""
    _, who, side, ticks, quantity = command
    account, symbol = accounts[who], LISTED[0]
    price = MARKS[symbol.name] + side * ticks * symbol.tick * 50
    position_side = ("LONG" if side == BUY else "SHORT") if account.hedge_mode else "BOTH"
    request = OrderRequest(
        symbol, side, "STOP_MARKET", "GTC", quantity * 10, 0, False, position_side, "", trigger=Trigger(price)
    )
    engine.place(account, request, EPOCH_MS)


@examples(200)
@given(st.lists(st.one_of(commands, st.lists(stops, max_size=2)), min_size=1, max_size=4))
def test_sums_are_what_they_are_defined_to_be(parts: list[list[tuple[Any, ...]]]) -> None:
    engine, accounts = build("reject_4118")
    deposits = [POOR if number % 2 else 100 * POOR for number in range(4)]
    for command in (command for part in parts for command in part):
        with contextlib.suppress(Refused):
            place_stop(engine, accounts, command) if command[0] == "stop" else apply(
                engine, accounts, command
            )
        for account, deposit in zip(accounts, deposits, strict=True):
            check_account(account, engine, deposit)
            check_orders(account)
    closed = {o.order_id for account in accounts for o in account.history.values()} - {
        o.order_id for account in accounts for o in account.orders.values()
    }
    assert closed == {order.order_id for order in engine._closed}


@given(st.integers(0, 4 * 10**16), st.sampled_from(LISTED))
def test_brackets_are_found_from_below_and_hold_their_upper_end(notional: int, symbol: Symbol) -> None:
    bracket = symbol.bracket_for(notional)
    assert bracket is symbol.brackets[-1] or notional <= bracket.cap
    assert bracket.number == 1 or notional > bracket.floor
    for one in symbol.brackets[:-1]:
        assert symbol.bracket_for(one.cap) is one
        assert symbol.bracket_for(one.cap + 1) is symbol.brackets[one.number]
    for leverage in range(1, symbol.brackets[0].leverage + 1):
        offered = [one.cap for one in symbol.brackets if one.leverage >= leverage]
        assert symbol.max_notional(leverage) == max(offered)
    assert [one.floor for one in symbol.brackets] == [0, *(one.cap for one in symbol.brackets[:-1])]
