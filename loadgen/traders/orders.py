"""Order parameters as traders send them."""

from __future__ import annotations

from loadgen.traders.verbs import NO_INTENT, Send
from mock_exchange.engine.symbols import Symbol
from mock_exchange.gateway.attempt import CANCEL, OPENING, REDUCING
from mock_exchange.scaled import format_trimmed

ORDER_PATH = "/fapi/v1/order"


def price_text(symbol: Symbol, price: int) -> str:
    """A scaled price on the tick grid, as text."""
    return format_trimmed(price - (price - symbol.min_price) % symbol.tick, symbol.price_precision)


def limit_order(symbol: str, side: str, quantity: str, price: str, tif: str, *, wait: bool) -> Send:
    params = {"symbol": symbol, "side": side, "type": "LIMIT", "timeInForce": tif, "quantity": quantity,
              "price": price}  # fmt: skip
    return Send("POST", ORDER_PATH, params, OPENING, wait=wait)


def closing_order(symbol: str, long: bool, hedge_mode: bool, quantity: str, intent: int = NO_INTENT) -> Send:
    """A MARKET order that closes part of a long or short position, in the account's position mode."""
    params = {"symbol": symbol, "side": "SELL" if long else "BUY", "type": "MARKET", "quantity": quantity,
              "newOrderRespType": "RESULT"}  # fmt: skip
    if hedge_mode:
        params["positionSide"] = "LONG" if long else "SHORT"
    else:
        params["reduceOnly"] = "true"
    return Send("POST", ORDER_PATH, params, REDUCING, intent=intent)


def cancel_order(symbol: str, order_id: int) -> Send:
    return Send("DELETE", ORDER_PATH, {"symbol": symbol, "orderId": str(order_id)}, CANCEL)
