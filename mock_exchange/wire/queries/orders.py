"""Orders, fills and money of the caller's account."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.accounts import Account, Order
from mock_exchange.errors import Refused
from mock_exchange.gateway.gateway import Gateway
from mock_exchange.gateway.parameters import parse_cancel, parse_symbol
from mock_exchange.wire.queries.common import (
    DAY_MS,
    WEEK_MS,
    Params,
    integer,
    market_of,
    owner,
    page,
    symbol_of,
    window,
)
from mock_exchange.wire.render import orders as render


def get_order(gateway: Gateway, account: Account | None, params: Params) -> Any:
    return render.queried(_find(gateway, account, params))


def open_order(gateway: Gateway, account: Account | None, params: Params) -> Any:
    """-2013 if it is not open any more."""
    return render.queried(gateway.engine.find_open_order(owner(account), parse_cancel(params)))


def _find(gateway: Gateway, account: Account | None, params: Params) -> Order:
    return gateway.engine.find_order(owner(account), parse_cancel(params))


def open_orders(gateway: Gateway, account: Account | None, params: Params) -> Any:
    symbol = symbol_of(params)
    orders = owner(account).orders.values()
    return [render.queried(order) for order in orders if symbol is None or order.symbol is symbol]


def all_orders(gateway: Gateway, account: Account | None, params: Params) -> Any:
    """Orders from `orderId` on, or of a time window of at most a week."""
    symbol = symbol_of(params)
    mine = (order for order in owner(account).history.values() if order.symbol is symbol)
    if "orderId" in params:
        first = int(params["orderId"])
        found = [order for order in mine if order.order_id >= first]
    else:
        start, end = window(params, WEEK_MS, gateway.clock.epoch_ms())
        found = [order for order in mine if start <= order.created_ms <= end]
    return [render.queried(order) for order in page(found, params, 500)]


def amendments(gateway: Gateway, account: Account | None, params: Params) -> Any:
    """Changes of one order if it is named, else of all orders of the symbol; newest first."""
    if "orderId" in params or "origClientOrderId" in params:
        rows = render.amendments(_find(gateway, account, params))
    else:
        symbol = parse_symbol(params)
        history = owner(account).history.values()
        changed = [order for order in history if order.amendments and order.symbol is symbol]
        rows = [row for order in changed for row in render.amendments(order)]
        rows.sort(key=lambda row: -row["time"])
    start, end = window(params, 90 * DAY_MS, gateway.clock.epoch_ms())
    return [row for row in rows if start <= row["time"] <= end][: integer(params, "limit", 50)]


def user_trades(gateway: Gateway, account: Account | None, params: Params) -> Any:
    """-1128 if `fromId` comes with times."""
    timed = "startTime" in params or "endTime" in params
    if timed and "fromId" in params:
        raise Refused(-1128)
    symbol = symbol_of(params)
    fills = [fill for fill in render.fills_of(owner(account)) if fill.order.symbol is symbol]
    if "orderId" in params:
        wanted = int(params["orderId"])
        fills = [fill for fill in fills if fill.order.order_id == wanted]
    if "fromId" in params:
        first = int(params["fromId"])
        fills = [fill for fill in fills if fill.trade.trade_id >= first]
    else:
        start, end = window(params, WEEK_MS, gateway.clock.epoch_ms())
        fills = [fill for fill in fills if start <= fill.trade.at_ms <= end]
    return [render.user_trade(fill) for fill in page(fills, params, 500)]


def income(gateway: Gateway, account: Account | None, params: Params) -> Any:
    start, end = window(params, WEEK_MS, gateway.clock.epoch_ms())
    rows = [
        row
        for row in render.income_rows(owner(account))
        if start <= row["time"] <= end
        and params.get("symbol", row["symbol"]) == row["symbol"]
        and params.get("incomeType", row["incomeType"]) == row["incomeType"]
    ]
    limit = integer(params, "limit", 100)
    skip = (integer(params, "page", 1) - 1) * limit
    return rows[skip : skip + limit] if "startTime" in params or skip else rows[-limit:]


def force_orders(gateway: Gateway, account: Account | None, params: Params) -> Any:
    """The caller's liquidations. There is no auto-deleveraging here, so ADL finds none."""
    start, end = window(params, WEEK_MS, gateway.clock.epoch_ms())
    symbol = symbol_of(params)
    found = [
        order
        for order in owner(account).history.values()
        if order.forced
        and (symbol is None or order.symbol is symbol)
        and start <= order.created_ms <= end
        and params.get("autoCloseType", "LIQUIDATION") == "LIQUIDATION"
    ]
    keep = (
        "orderId", "symbol", "status", "clientOrderId", "price", "avgPrice", "origQty", "executedQty",
        "cumQuote", "timeInForce", "type", "reduceOnly", "closePosition", "side", "positionSide", "stopPrice",
        "workingType", "origType", "time", "updateTime",
    )  # fmt: skip
    rows = [render.queried(order) for order in found[-integer(params, "limit", 50) :]]
    return [{name: row[name] for name in keep} for row in rows]


def countdown(gateway: Gateway, account: Account | None, params: Params) -> Any:
    market = market_of(gateway, params)
    milliseconds = int(params["countdownTime"])
    gateway.countdown.set(owner(account), market.symbol, milliseconds)
    return {"symbol": market.symbol.name, "countdownTime": str(milliseconds)}
