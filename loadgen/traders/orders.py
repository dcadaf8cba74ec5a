"""Order parameters as traders send them."""

from __future__ import annotations

import json

from loadgen.traders.verbs import DEFAULT_TIMEOUT_NS, NO_INTENT, Leg, Send
from mock_exchange.engine.symbols import Symbol
from mock_exchange.gateway.attempt import CANCEL, OPENING, REDUCING
from mock_exchange.scaled import format_trimmed

ORDER_PATH = "/fapi/v1/order"
CANCEL_ALL_PATH = "/fapi/v1/allOpenOrders"
BATCH_PATH = "/fapi/v1/batchOrders"


def price_text(symbol: Symbol, price: int) -> str:
    """A scaled price on the tick grid, as text."""
    return format_trimmed(price - (price - symbol.min_price) % symbol.tick, symbol.price_precision)


def limit_order(
    symbol: str,
    side: str,
    quantity: str,
    price: str,
    tif: str,
    *,
    wait: bool,
    timeout_ns: int = DEFAULT_TIMEOUT_NS,
) -> Send:
    params = limit_params(symbol, side, quantity, price, tif)
    return Send("POST", ORDER_PATH, params, OPENING, wait=wait, timeout_ns=timeout_ns)


def limit_params(symbol: str, side: str, quantity: str, price: str, tif: str) -> dict[str, str]:
    return {"symbol": symbol, "side": side, "type": "LIMIT", "timeInForce": tif, "quantity": quantity,
            "price": price}  # fmt: skip


def closing_order(
    symbol: str,
    long: bool,
    hedge_mode: bool,
    quantity: str,
    intent: int = NO_INTENT,
    *,
    price: str = "",
    timeout_ns: int = DEFAULT_TIMEOUT_NS,
) -> Send:
    """An order that closes part of a long or short position, in the account's position mode: MARKET, or
    resting at `price`."""
    params = {"symbol": symbol, "side": "SELL" if long else "BUY", "type": "MARKET", "quantity": quantity,
              "newOrderRespType": "RESULT"}  # fmt: skip
    if price:
        params.update(type="LIMIT", timeInForce="GTC", price=price)
    if hedge_mode:
        params["positionSide"] = "LONG" if long else "SHORT"
    else:
        params["reduceOnly"] = "true"
    return Send("POST", ORDER_PATH, params, REDUCING, intent=intent, timeout_ns=timeout_ns)


def batch(legs: tuple[Leg, ...]) -> Send:
    """Several orders in one request; its answer lists theirs."""
    text = json.dumps([leg.params for leg in legs], separators=(",", ":"))
    return Send("POST", BATCH_PATH, {"batchOrders": text}, legs[0].klass, legs=legs)


def cancel_all(symbol: str, timeout_ns: int = DEFAULT_TIMEOUT_NS) -> Send:
    return Send("DELETE", CANCEL_ALL_PATH, {"symbol": symbol}, CANCEL, timeout_ns=timeout_ns)


def cancel_order(symbol: str, order_id: int) -> Send:
    return Send("DELETE", ORDER_PATH, {"symbol": symbol, "orderId": str(order_id)}, CANCEL)
