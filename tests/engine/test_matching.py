"""Price-time priority, time in force, and what each trade does to positions and money."""

from __future__ import annotations

import pytest

from mock_exchange.engine.matching import MAKER_FEE, TAKER_FEE
from mock_exchange.engine.requests import CancelRequest
from run_records.scaled import MONEY_UNIT
from tests.support import BTC, EPOCH_MS, RICH, engine_with, place, refused


def test_best_price_first_then_first_come() -> None:
    engine, (a, b, c) = engine_with("a", "b", "c")
    late = place(engine, a, "SELL", "1", "100100.00")
    first = place(engine, b, "SELL", "1", "100000.00")
    second = place(engine, a, "SELL", "1", "100000.00")
    place(engine, c, "BUY", "1.5", "100100.00")
    assert [(t.maker, t.quantity) for t in engine.trades] == [(first, 1000), (second, 500)]
    assert (first.status, second.status, late.status) == ("FILLED", "PARTIALLY_FILLED", "NEW")


def test_trade_happens_at_the_makers_price() -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL", "1", "99990.00")
    order = place(engine, b, "BUY", "1", "100500.00")
    assert order.quote == 99_990 * MONEY_UNIT
    assert b.wallet == RICH - 99_990 * MONEY_UNIT * TAKER_FEE // 1_000_000
    assert a.wallet == RICH - 99_990 * MONEY_UNIT * MAKER_FEE // 1_000_000


@pytest.mark.parametrize(
    ("tif", "status", "filled", "rests"),
    [("GTC", "PARTIALLY_FILLED", 1000, True), ("IOC", "EXPIRED", 1000, False)],
)
def test_remainder_rests_or_expires(tif: str, status: str, filled: int, rests: bool) -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL", "1", "100000.00")
    order = place(engine, b, "BUY", "2", "100000.00", tif)
    assert (order.status, order.filled, order.order_id in b.orders) == (status, filled, rests)


def test_fok_is_all_or_nothing() -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL", "1", "100000.00")
    with refused(-5021):
        place(engine, b, "BUY", "1.001", "100000.00", "FOK")
    assert place(engine, b, "BUY", "1", "100000.00", "FOK").status == "FILLED"


def test_post_only_never_takes() -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL", "1", "100000.00")
    with refused(-5022):
        place(engine, b, "BUY", "1", "100000.00", "GTX")
    assert place(engine, b, "BUY", "1", "99999.90", "GTX").status == "NEW"


def test_market_order_without_a_book_or_beyond_the_bound() -> None:
    engine, (a, b) = engine_with("a", "b")
    with refused(-4131):
        place(engine, b, "BUY", "1")
    place(engine, a, "SELL", "1", "106000.00", "GTC")
    with refused(-4131):
        place(engine, b, "BUY", "1")


def test_market_remainder_beyond_the_bound_expires() -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL", "1", "104000.00")
    place(engine, a, "SELL", "1", "106000.00")
    order = place(engine, b, "BUY", "2")
    assert (order.status, order.filled) == ("EXPIRED", 1000)


def test_cancel_frees_the_client_id_and_the_margin() -> None:
    engine, (a,) = engine_with("a")
    free = a.available()
    order = place(engine, a, "BUY", "1", "99000.00", client_id="mine")
    assert a.available() < free
    with refused(-4116):
        place(engine, a, "BUY", "1", "99000.00", client_id="mine")
    assert engine.cancel(a, CancelRequest(BTC, 0, "mine"), EPOCH_MS) is order
    assert a.available() == free
    with refused(-2011):
        engine.cancel(a, CancelRequest(BTC, order.order_id, ""), EPOCH_MS)
    assert engine.find_order(a, CancelRequest(BTC, 0, "mine")).status == "CANCELED"


def test_nobody_sees_or_cancels_anothers_order() -> None:
    engine, (a, b) = engine_with("a", "b")
    order = place(engine, a, "BUY", "1", "99000.00")
    with refused(-2011):
        engine.cancel(b, CancelRequest(BTC, order.order_id, ""), EPOCH_MS)
    with refused(-2013):
        engine.find_order(b, CancelRequest(BTC, order.order_id, ""))


def test_profit_is_realised_when_the_position_closes() -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL", "2", "100000.00")
    place(engine, b, "BUY", "2", "100000.00")
    place(engine, a, "BUY", "2", "101000.00")
    before = b.wallet
    order = place(engine, b, "SELL", "2", "101000.00")
    assert b.wallet - before == 2_000 * MONEY_UNIT - order.quote * TAKER_FEE // 1_000_000
    assert b.is_flat()


def test_hedge_mode_keeps_both_legs() -> None:
    engine, (a, b) = engine_with("a", "b")
    engine.set_hedge_mode(b, True)
    place(engine, a, "SELL", "5", "100000.00")
    place(engine, a, "BUY", "5", "99990.00")
    place(engine, b, "BUY", "2", "100000.00", position_side="LONG")
    place(engine, b, "SELL", "1", "99990.00", position_side="SHORT")
    assert {key[1]: leg.amount for key, leg in b.legs.items()} == {"LONG": 2000, "SHORT": -1000}
    with refused(-4061):
        place(engine, b, "BUY", "1", "100000.00")
    with refused(-4068):
        engine.set_hedge_mode(b, False)


@pytest.mark.parametrize(
    ("quantity", "price", "code"),
    [
        ("0.001", "100000.05", -4014),
        ("0.001", "500.00", -4013),
        ("0.001", "4529765.00", -4002),
        ("1000.001", "100000.00", -4005),
        ("0.001", "99000.00", -4164),
        ("1", "105000.10", -4016),
    ],
)
def test_filters(quantity: str, price: str, code: int) -> None:
    engine, (a,) = engine_with("a")
    with refused(code):
        place(engine, a, "BUY", quantity, price)


def test_a_sell_below_the_price_band_is_refused() -> None:
    engine, (a,) = engine_with("a")
    with refused(-4024):
        place(engine, a, "SELL", "1", "94999.90")


def test_open_orders_are_limited_to_two_hundred() -> None:
    engine, (a,) = engine_with("a")
    for _ in range(200):
        place(engine, a, "BUY", "0.002", "99000.00")
    with refused(-2025):
        place(engine, a, "BUY", "0.002", "99000.00")


def test_of_several_resting_reduce_only_orders_the_worst_priced_is_knocked_out() -> None:
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, "SELL", "2", "100000.00")
    place(engine, b, "BUY", "2", "100000.00")
    near = place(engine, b, "SELL", "1", "100100.00", reduce_only=True)
    far = place(engine, b, "SELL", "1", "100200.00", reduce_only=True)
    place(engine, a, "BUY", "1", "99990.00")
    place(engine, b, "SELL", "1", "99990.00")
    assert (near.status, far.status) == ("NEW", "EXPIRED")


def test_only_the_newest_closed_orders_are_remembered() -> None:
    engine, (a, b) = engine_with("a", "b", closed_orders_kept=5)
    resting = place(engine, a, "BUY", "1", "99000.00")
    for _ in range(20):
        place(engine, a, "BUY", "0.1", "99500.00")
        place(engine, b, "SELL", "0.1", "99500.00")
    assert len(a.history) + len(b.history) == 6
    assert resting.order_id in a.history
    assert len(a.last_by_client) == len(a.history)


@pytest.mark.parametrize(
    ("rests", "takes", "resting"), [("BUY", "SELL", (700, 0)), ("SELL", "BUY", (0, 700))]
)
def test_a_partial_fill_leaves_as_much_resting_as_remains(
    rests: str, takes: str, resting: tuple[int, int]
) -> None:
    engine, (a, b) = engine_with("a", "b")
    order = place(engine, a, rests, "1", "100000.00")
    place(engine, b, takes, "0.3", "100000.00")
    leg = order.leg
    assert (leg.bid_quantity, leg.ask_quantity) == resting
    assert order.remaining == 700


@pytest.mark.parametrize(("opens", "closes", "prices"), [("BUY", "SELL", 1), ("SELL", "BUY", -1)])
def test_a_position_of_one_lot_is_closed_like_any_other(opens: str, closes: str, prices: int) -> None:
    """The smallest there is: its reduce-only orders are knocked out when an ordinary order closes it."""
    engine, (a, b) = engine_with("a", "b")
    place(engine, a, closes, "0.001", "100000.00")
    place(engine, b, opens, "0.001", "100000.00")
    far = f"{100_000 + 500 * prices}.00"
    waiting = place(engine, b, closes, "0.001", far, reduce_only=True)
    assert waiting.status == "NEW"
    place(engine, a, opens, "0.001", "100000.00")
    place(engine, b, closes, "0.001", "100000.00")
    assert (b.legs[BTC.index, "BOTH"].amount, waiting.status) == (0, "EXPIRED")


def test_what_a_fok_order_can_count_on_is_never_more_than_the_position_allows() -> None:
    """Ordinary orders of the same leg may trade first and use the whole position up: nothing is left for the
    reduce-only order behind them."""
    engine, (a, b, c) = engine_with("a", "b", "c")
    place(engine, a, "SELL", "0.5", "100000.00")
    place(engine, b, "BUY", "0.5", "100000.00")
    place(engine, b, "SELL", "0.5", "100100.00", reduce_only=True)
    place(engine, b, "SELL", "0.5", "100000.00")
    with refused(-5021):
        place(engine, c, "BUY", "0.501", "100100.00", "FOK")
    assert place(engine, c, "BUY", "0.5", "100100.00", "FOK").status == "FILLED"
