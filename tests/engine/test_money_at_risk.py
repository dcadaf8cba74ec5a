"""Mark price, funding, liquidation: the documents' worked examples, and that a shut exit costs money."""

from __future__ import annotations

from typing import Any

import pytest

from mock_exchange.engine import Engine
from mock_exchange.engine.accounts import Account, Order, Trade
from mock_exchange.engine.liquidation import bankruptcy_price, liquidation_price
from mock_exchange.engine.marking import FUNDING_INTERVAL_MS, Marking, next_funding
from mock_exchange.engine.requests import CancelAllRequest, OrderRequest
from mock_exchange.engine.symbols import symbols
from run_records.scaled import MONEY_UNIT, format_scaled, parse_money, parse_scaled
from tests.support import BTC, EPOCH_MS, engine_with, place, proves, refused


def price_of(text: str) -> int:
    return parse_scaled(text, BTC.price_precision)


def long_of(quantity: str, entry: str, wallet: str, **options: Any) -> tuple[Engine, Account, Account]:
    """`b` long at an entry price with exactly `wallet` after fees, bought from a rich `a`."""
    engine, (a, b) = engine_with("a", "b", mark=entry, **options)
    place(engine, a, "SELL", quantity, entry)
    place(engine, b, "BUY", quantity, entry)
    change = parse_money(wallet) - b.wallet
    b.wallet += change
    engine.deposits += change
    return engine, a, b


def long_of_btc_and_eth() -> tuple[Engine, Account, Account]:
    """`b` long 1 BTC from 120,000 and 1 ETH from 4,000."""
    eth = symbols()["ETHUSDT"]
    engine, a, b = long_of("1", "120000.00", "12000")
    engine.set_index(eth, parse_scaled("4000.00", 2))
    for account, side in ((a, -1), (b, 1)):
        request = OrderRequest(eth, side, "LIMIT", "GTC", 1000, 400_000, False, "BOTH", "")
        engine.place(account, request, EPOCH_MS)
    return engine, a, b


def mark_at(engine: Engine, price: str, seconds: int = 1) -> list[Order]:
    engine.set_index(BTC, price_of(price))
    return engine.tick(EPOCH_MS + 1000 * seconds)


# -- mark and funding -----------------------------------------------------------------------------


def test_mark_is_the_median_of_the_two_index_prices_and_the_last() -> None:
    """Price1 = index × (1 + rate × hours left / 8), Price2 = index + mean basis; last in the middle."""
    engine, (a, b) = engine_with("a", "b", follow_median=True)
    market = engine.markets[BTC.index]
    place(engine, a, "BUY", "1", "99990.00")
    place(engine, a, "SELL", "1", "100030.00")
    midnight = next_funding(EPOCH_MS)
    engine.tick(midnight - FUNDING_INTERVAL_MS)  # 8 hours left: Price1 = 100,010; Price2 = 100,010
    assert market.mark == price_of("100010.00")
    place(engine, b, "BUY", "0.5", "100030.00")
    engine.tick(midnight - FUNDING_INTERVAL_MS + 1000)
    assert market.mark == price_of("100010.00")
    engine.tick(midnight - 1)  # nothing left of the interval: Price1 = index
    assert market.mark == price_of("100010.00")
    market.last = price_of("100005.00")
    engine.tick(midnight - 1)
    assert market.mark == price_of("100005.00")


def test_basis_is_averaged_over_thirty_samples() -> None:
    engine, (a,) = engine_with("a", follow_median=True)
    market = engine.markets[BTC.index]
    place(engine, a, "BUY", "1", "99990.00")
    place(engine, a, "SELL", "1", "100010.00")
    for second in range(30):
        engine.tick(EPOCH_MS + second * 1000)
    engine.set_index(BTC, price_of("99000.00"))
    market.last = price_of("110000.00")
    for second in range(15):
        engine.tick(EPOCH_MS + 30_000 + second * 1000)
    assert market.mark == price_of("99500.00")  # fifteen samples of 0 and fifteen of 1,000
    for second in range(15):
        engine.tick(EPOCH_MS + 45_000 + second * 1000)
    assert market.mark == price_of("100000.00")


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        (0, 10_000),  # interest alone: 0.01 %
        (30_000, 10_000),  # 0.03 % + clamp(-0.02 %) = 0.01 %
        (100_000, 50_000),  # 0.1 % + clamp(-0.09 %) = 0.05 %
        (-100_000, -50_000),
        (1_000_000, 300_000),  # capped at 0.3 %
    ],
)
def test_funding_rate_of_a_premium(premium: int, rate: int) -> None:
    marking = Marking()
    marking._premium_sum, marking._premium_count = premium * 2, 2
    assert marking.rate(BTC.funding_cap) == rate


@proves("GET /fapi/v1/fundingRate")
def test_longs_pay_shorts_at_the_funding_instant() -> None:
    engine, a, b = long_of("1", "100000.00", "20000")
    wallets = (a.wallet, b.wallet)
    instant = next_funding(EPOCH_MS)
    engine.tick(instant - 1000)
    assert (a.wallet, b.wallet) == wallets
    engine.tick(instant)
    paid = 10 * MONEY_UNIT  # 100,000 × 0.01 %
    assert (a.wallet - wallets[0], b.wallet - wallets[1]) == (paid, -paid)
    assert [(income.kind, income.amount) for income in b.incomes] == [("FUNDING_FEE", -paid)]
    assert engine.fundings["BTCUSDT"][0][1] == 10_000
    engine.tick(instant + 1000)
    assert b.wallet - wallets[1] == -paid
    assert engine.money() == engine.deposits


# -- liquidation ----------------------------------------------------------------------------------


def test_liquidation_price_of_the_worked_example() -> None:
    """Long 1 BTC from 120,000 with 12,000: (12,000 + 50 − 120,000) / (0.005 − 1) = 108,492.46."""
    engine, _, b = long_of("1", "120000.00", "12000")
    leg = b.legs[BTC.index, "BOTH"]
    assert format_scaled(liquidation_price(leg), 2) == "108492.46"
    mark_at(engine, "108493.00")
    assert not b.in_liquidation
    mark_at(engine, "108492.00")
    assert b.in_liquidation


def test_liquidation_price_of_a_short_mirrors_it() -> None:
    """(WB + cum + q·entry) / (q·mmr + q): (12,000 + 50 + 120,000) / 1.005 = 131,393.03."""
    engine, a, _ = long_of("1", "120000.00", "12000")
    a.wallet = 12_000 * MONEY_UNIT
    assert format_scaled(liquidation_price(a.legs[BTC.index, "BOTH"]), 2) == "131393.03"
    mark_at(engine, "131393.00")
    assert not a.in_liquidation
    mark_at(engine, "131393.10", 2)
    assert a.in_liquidation


def test_bankruptcy_price_leaves_nothing_and_is_rounded_for_the_account() -> None:
    _, _, b = long_of("1", "120000.00", "12000")
    leg = b.legs[BTC.index, "BOTH"]
    assert bankruptcy_price(leg) == price_of("108000.00")
    b.wallet -= 1
    assert bankruptcy_price(leg) == price_of("108000.10")


@proves("-2023", "GET /fapi/v1/forceOrders")
def test_liquidation_in_the_market() -> None:
    """All orders are cancelled, the position is sold at or above the bankruptcy price, the fee goes to the
    fund; meanwhile every order is refused with -2023."""
    engine, a, b = long_of("1", "120000.00", "12000")
    resting = place(engine, b, "SELL", "1", "121000.00", reduce_only=True)
    place(engine, a, "BUY", "5", "108450.00")
    (forced,) = mark_at(engine, "108480.00")
    assert (resting.status, resting.expiry) == ("EXPIRED", 5)
    assert (forced.kind, forced.tif, forced.status) == ("LIMIT", "IOC", "FILLED")
    assert forced.client_id.startswith("autoclose-")
    assert (forced.price, b.is_flat()) == (price_of("108000.00"), True)
    with refused(-2023):
        place(engine, b, "BUY", "0.01", "108000.00")
    proceeds = 12_000 - 11_550 - 108_450 * 0.0004
    fee = 108_450 * 0.0125
    assert b.wallet == 0  # the fee takes what is left, and no more
    assert engine.fund.wallet == parse_money(f"{min(proceeds, fee):.2f}")
    mark_at(engine, "108480.00", 2)
    assert not b.in_liquidation
    assert [income.kind for income in b.incomes] == ["INSURANCE_CLEAR"]
    assert engine.money() == engine.deposits


def test_a_negative_wallet_is_set_back_to_zero_at_the_fund_s_expense() -> None:
    """Sold exactly at the bankruptcy price, the commission is more than there is."""
    engine, a, b = long_of("1", "120000.00", "12000")
    place(engine, a, "BUY", "5", "108000.00")
    mark_at(engine, "108400.00")
    commission = 108_000 * MONEY_UNIT * 4 // 10_000
    assert (b.wallet, b.is_flat()) == (-commission, True)
    mark_at(engine, "108400.00", 2)
    assert (b.wallet, engine.fund.wallet) == (0, -commission)
    assert [(income.kind, income.amount) for income in b.incomes] == [("INSURANCE_CLEAR", commission)]


def test_a_partial_liquidation_stops_when_the_rest_is_covered() -> None:
    """Two legs: selling the first covers the second."""
    engine, a, b = long_of_btc_and_eth()
    place(engine, a, "BUY", "5", "110000.00")
    forced = mark_at(engine, "108490.00")
    assert [order.symbol.name for order in forced] == ["BTCUSDT"]
    assert [leg.amount for leg in b.legs.values()] == [0, 1000]
    mark_at(engine, "108490.00", 2)
    assert not b.in_liquidation


def test_without_buyers_the_fund_takes_the_position_over() -> None:
    engine, _, b = long_of("1", "120000.00", "12000")
    tape = len(engine.markets[BTC.index].tape.trades)
    forced = mark_at(engine, "107000.00")
    assert [(order.status, order.filled) for order in forced] == [("EXPIRED", 0)]
    assert b.in_liquidation
    (taken,) = mark_at(engine, "107000.00", 2)
    assert (taken.status, taken.price) == ("FILLED", price_of("108000.00"))
    assert (b.wallet, b.is_flat(), b.in_liquidation) == (0, True, False)
    fund_leg = engine.fund.legs[BTC.index, "BOTH"]
    assert (fund_leg.amount, fund_leg.unrealized()) == (1000, -1000 * MONEY_UNIT)
    assert len(engine.markets[BTC.index].tape.trades) == tape, "the fund's trades are not public"
    assert engine.money() == engine.deposits


def test_a_recovered_price_ends_the_liquidation() -> None:
    engine, _, b = long_of("1", "120000.00", "12000")
    mark_at(engine, "108400.00")
    assert b.in_liquidation
    assert mark_at(engine, "119000.00", 2) == []
    assert (b.in_liquidation, b.is_flat()) == (False, False)


def test_a_shut_exit_costs_money() -> None:
    """Two longs want out at 119,000; one may sell, one is refused for ten seconds of falling marks."""

    def ends_with(may_leave: bool) -> int:
        engine, a, b = long_of("1", "120000.00", "12000")
        place(engine, a, "BUY", "1", "118990.00")
        mark_at(engine, "119000.00")
        if may_leave:
            place(engine, b, "SELL", "1", reduce_only=True)
        engine.cancel_all(a, CancelAllRequest(BTC), EPOCH_MS)
        for second in range(2, 12):
            mark_at(engine, f"{119_000 - second * 1100}.00", second)
        return b.wallet

    assert ends_with(False) == 0
    assert ends_with(True) > 10_900 * MONEY_UNIT


class Heard:
    """An observer that keeps what it hears."""

    def __init__(self) -> None:
        self.orders: list[tuple[str, str, str]] = []
        self.calls: list[str] = []

    def order_event(self, order: Order, execution: str) -> None:
        self.orders.append((order.client_id[:10], execution, order.status))

    def trade_event(self, trade: Trade) -> None:
        self.orders.append((trade.taker.client_id[:10], "fill", trade.taker.status))

    def margin_call(self, account: Account) -> None:
        self.calls.append(account.name)

    def __getattr__(self, name: str) -> Any:
        return lambda *args: None


def test_a_margin_call_comes_once_before_the_liquidation() -> None:
    engine, _, _ = long_of("1", "120000.00", "12000")
    engine.observer = heard = Heard()
    mark_at(engine, "110000.00")
    assert heard.calls == []
    for second in (2, 3):
        mark_at(engine, "108600.00", second)
    assert heard.calls == ["b"]
    mark_at(engine, "115000.00", 4)
    mark_at(engine, "108600.00", 5)
    assert heard.calls == ["b", "b"]


def test_a_take_over_is_told_as_an_order_and_its_fill() -> None:
    engine, _, _ = long_of("1", "120000.00", "12000")
    engine.observer = heard = Heard()
    mark_at(engine, "107000.00")
    mark_at(engine, "107000.00", 2)
    assert heard.orders == [
        ("autoclose-", "NEW", "NEW"),
        ("autoclose-", "EXPIRED", "EXPIRED"),
        ("autoclose-", "NEW", "NEW"),
        ("autoclose-", "fill", "FILLED"),
    ]


def test_what_rounding_leaves_of_funding_is_the_fund_s() -> None:
    engine, (a, b, c) = engine_with("a", "b", "c", mark="99999.90")
    engine.markets[BTC.index].marking.last_rate = 0
    for taker, quantity in ((b, "0.003"), (c, "0.007")):
        place(engine, a, "SELL", quantity, "99999.90", reduce_only=False)
        place(engine, taker, "BUY", quantity, "99999.90")
    engine.markets[BTC.index].marking._premium_sum, engine.markets[BTC.index].marking._premium_count = (
        77_777,
        1,
    )
    instant = next_funding(EPOCH_MS)
    engine.tick(instant - 1000)
    engine.tick(instant)
    assert b.incomes
    assert b.incomes[0].amount != 0
    assert engine.money() == engine.deposits
    assert engine.fund.wallet != 0


def test_both_legs_of_a_hedge_have_one_liquidation_price_that_does_not_move_with_the_mark() -> None:
    """Long 1 and short 0.4 from 120,000: (5,000 + 50 + 0 − 0.6·120,000) / (0.005 + 0.0016 − 0.6)."""
    engine, (a, b) = engine_with("a", "b", mark="120000.00")
    engine.set_hedge_mode(b, True)
    place(engine, a, "SELL", "1", "120000.00")
    place(engine, b, "BUY", "1", "120000.00", position_side="LONG")
    place(engine, a, "BUY", "0.4", "120000.00")
    place(engine, b, "SELL", "0.4", "120000.00", position_side="SHORT")
    b.wallet = 5_000 * MONEY_UNIT
    found = set()
    for mark in ("121000.00", "118000.00", "115000.00"):
        engine.set_index(BTC, price_of(mark))
        found |= {liquidation_price(leg) for leg in b.legs.values()}
    expected = (5_000 + 50 - 0.6 * 120_000) / (1 * 0.005 + 0.4 * 0.004 - 0.6)
    assert len(found) <= 2  # the short leg's bracket changes with its notional
    assert all(abs(price / 100 - expected) < 200 for price in found)


def test_of_two_positions_under_water_neither_pays_for_the_other() -> None:
    """A gap takes BTC far below what the account is worth: ETH is taken over at its mark, not above it."""
    engine, _, b = long_of_btc_and_eth()
    mark_at(engine, "60000.00")
    forced = mark_at(engine, "60000.00", 2)
    assert {order.symbol.name: order.price for order in forced}["ETHUSDT"] == 400_000
    assert (b.wallet, b.is_flat()) == (0, True)
    assert engine.fund.wallet < -40_000 * MONEY_UNIT
    assert engine.money() == engine.deposits


def test_a_debt_left_by_closing_below_bankruptcy_is_cleared() -> None:
    engine, a, b = long_of("1", "100000.00", "3000")
    place(engine, a, "BUY", "1", "95500.00")
    place(engine, b, "SELL", "1", reduce_only=True)
    assert (b.is_flat(), b.wallet < 0) == (True, True)
    assert list(engine.matcher.overdrawn) == [b]
    engine.tick(EPOCH_MS + 1000)
    assert (b.wallet, engine.matcher.overdrawn) == (0, {})
    assert engine.money() == engine.deposits


def test_a_balance_that_just_covers_is_not_liquidated() -> None:
    for short, liquidated in ((0, False), (1, True)):
        engine, _, b = long_of("1", "120000.00", "12000")
        engine.set_index(BTC, price_of("119000.00"))
        b.wallet -= b.margin_balance() - b.maintenance_margin() + short
        b.spare = 0
        engine.tick(EPOCH_MS + 1000)
        assert b.in_liquidation is liquidated


def test_a_margin_call_is_due_at_four_fifths() -> None:
    for spare, calls in ((0, ["b"]), (2, [])):
        engine, _, b = long_of("1", "120000.00", "12000")
        engine.observer = heard = Heard()
        engine.set_index(BTC, price_of("119000.00"))
        b.wallet -= b.margin_balance() - b.maintenance_margin() * 10 // 8 - spare
        b.spare = 0
        engine.tick(EPOCH_MS + 1000)
        assert (heard.calls, b.warned) == (calls, bool(calls))
