"""Parameters of order verbs: the documented code for each kind of mistake."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_exchange.errors import EPOCHS, Refused, error_table
from mock_exchange.gateway.parameters.orders import read_batch, read_cancel, read_order
from tests.support import refused

GOOD = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.010",
    "price": "9000.10",
}


def test_a_good_order() -> None:
    order = read_order(GOOD, "2026")
    assert (order.side, order.quantity, order.price, order.reduce_only) == (1, 10, 900_010, False)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"symbol": ""}, -1102),
        ({"symbol": "NOPE"}, -1121),
        ({"side": "UP"}, -1117),
        ({"side": None}, -1102),
        ({"type": "ICEBERG"}, -1116),
        ({"type": "STOP_MARKET"}, -4120),
        ({"timeInForce": None}, -1102),
        ({"timeInForce": "DAY"}, -1115),
        ({"timeInForce": "GTD"}, -1102),
        ({"quantity": None}, -1102),
        ({"quantity": "1e3"}, -1100),
        ({"quantity": "-1"}, -1100),
        ({"quantity": "١"}, -1100),
        ({"quantity": "0.0001"}, -1111),
        ({"quantity": "0.0010000"}, None),
        ({"price": "9000.123"}, -1111),
        ({"type": "MARKET"}, -1106),
        ({"positionSide": "UP"}, -4060),
        ({"reduceOnly": "maybe"}, -1130),
        ({"reduceOnly": ""}, -1105),
        ({"reduceOnly": "TRUE"}, None),
        ({"newClientOrderId": "x" * 37}, -4015),
        ({"newClientOrderId": "not allowed"}, -1100),
        ({"newClientOrderId": ""}, -1118),
        ({"newOrderRespType": "FULL"}, -1136),
        ({"closePosition": "true"}, -1106),
        ({"closePosition": "false"}, None),
        ({"stopPrice": "0"}, None),
        ({"stopPrice": "1"}, -1106),
        ({"positionSide": ""}, -1105),
        ({"workingType": "LAST"}, -4031),
        ({"goodTillDate": "1"}, -1106),
        ({"price": None}, -1102),
        ({"price": None, "priceMatch": "OPPONENT"}, None),
        ({"price": None, "priceMatch": "OPPONENT_10"}, -5037),
        ({"priceMatch": "OPPONENT"}, -1106),
    ],
)
def test_each_mistake_has_its_code(change: dict[str, Any], code: int | None) -> None:
    params = {name: value for name, value in {**GOOD, **change}.items() if value is not None}
    if code is None:
        read_order(params, "2026")
        return
    with refused(code):
        read_order(params, "2026")


def test_conditional_orders_by_epoch() -> None:
    with refused(-4120):
        read_order({**GOOD, "type": "STOP", "stopPrice": "99000"}, "2026")
    request = read_order({**GOOD, "type": "STOP", "stopPrice": "99000"}, "2025-10-10")
    assert request.trigger is not None
    with refused(-4084):
        read_order({**GOOD, "type": "TRAILING_STOP_MARKET"}, "2025-10-10")


def test_of_several_mistakes_the_first_of_the_table_is_told_however_they_are_written() -> None:
    wrong = {"timeInForce": "DAY", "quantity": "x", "side": "UP"}
    for order in (wrong, dict(reversed(wrong.items()))):
        with refused(-1117):
            read_order({**order, "symbol": "BTCUSDT", "type": "LIMIT", "price": "1"}, "2026")


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"symbol": "BTCUSDT"}, -1102),
        ({"symbol": "BTCUSDT", "orderId": "x"}, -1100),
        ({"symbol": "BTCUSDT", "origClientOrderId": "a b"}, -1100),
    ],
)
def test_cancel_mistakes(params: dict[str, str], code: int) -> None:
    with refused(code):
        read_cancel(params)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", -1102),
        ("{}", -1130),
        ("[1]", -1130),
        ("nonsense", -1130),
        ("[]", -4082),
        ("[{},{},{},{},{},{}]", -4082),
    ],
)
def test_batch_mistakes(text: str, code: int) -> None:
    with refused(code):
        read_batch({"batchOrders": text})


def test_batch_legs_become_plain_text() -> None:
    legs = read_batch({"batchOrders": '[{"symbol":"BTCUSDT","quantity":1,"reduceOnly":true}]'})
    assert legs == [{"symbol": "BTCUSDT", "quantity": "1", "reduceOnly": "true"}]


names = st.sampled_from(
    [*GOOD, "reduceOnly", "positionSide", "newClientOrderId", "closePosition", "priceMatch"]
)
values = st.one_of(st.text(max_size=40), st.sampled_from([*GOOD.values(), "MARKET", "SELL", "true", "LONG"]))


@given(st.dictionaries(names, values), st.sampled_from(EPOCHS))
def test_any_text_gives_an_order_or_a_known_refusal(change: dict[str, Any], epoch: str) -> None:
    try:
        order = read_order({**GOOD, **change}, epoch)
    except Refused as refusal:
        assert refusal.code in error_table(epoch)
    else:
        assert order.quantity >= 0
