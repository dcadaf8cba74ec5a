"""Order parameters as traders send them, and what answers say about orders and positions."""

from __future__ import annotations

import json
from collections.abc import Generator
from typing import Any, Final

from loadgen.traders.verbs import DEFAULT_TIMEOUT_NS, NO_INTENT, Leg, Reply, Send, Verb
from mock_exchange.engine.symbols import Symbol
from run_records.scaled import format_trimmed
from run_records.words import CANCEL, OPENING, QUERY, REDUCING

ORDER_PATH: Final = "/fapi/v1/order"
CANCEL_ALL_PATH: Final = "/fapi/v1/allOpenOrders"
BATCH_PATH: Final = "/fapi/v1/batchOrders"
POSITION_PATH: Final = "/fapi/v3/positionRisk"

NOTHING_TO_REDUCE: Final = -2022
NO_SUCH_ORDER: Final = -2013
STILL_OPEN: Final = ("NEW", "PARTIALLY_FILLED")
"""Statuses of an order that rests."""


def price_text(symbol: Symbol, price: int) -> str:
    """A scaled price on the tick grid, as text."""
    return format_trimmed(price - (price - symbol.min_price) % symbol.tick, symbol.price_precision)


def quantity_for(symbol: Symbol, notional: int, price: int) -> str:
    """How much of a symbol `notional` (1e-8 USDT) buys, rounded to the step size, at least one step.

    >>> from mock_exchange.engine.symbols import symbols
    >>> from run_records.scaled import MONEY_UNIT
    >>> quantity_for(symbols()["BTCUSDT"], 250 * MONEY_UNIT, 11_300_000)
    '0.002'
    """
    steps = round(notional / symbol.notional(price, symbol.step))
    return format_trimmed(max(1, steps) * symbol.step, symbol.quantity_precision)


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
    return {
        "symbol": symbol,
        "side": side,
        "type": "LIMIT",
        "timeInForce": tif,
        "quantity": quantity,
        "price": price,
    }


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
    params = {
        "symbol": symbol,
        "side": "SELL" if long else "BUY",
        "type": "MARKET",
        "quantity": quantity,
        "newOrderRespType": "RESULT",
    }
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


def positions_of(symbol: str) -> Send:
    """Asks for the positions in a symbol."""
    return Send("GET", POSITION_PATH, {"symbol": symbol}, QUERY)


def is_flat(symbol: str) -> Generator[Verb, Any, bool]:
    """Ask whether no position in the symbol is left; False, too, if nobody answers."""
    reply: Reply = yield positions_of(symbol)
    if not reply.accepted:
        return False
    return all(set(row["positionAmt"]) <= set("-0.") for row in reply.body())
