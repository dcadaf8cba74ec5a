"""Orders, fills and money of the caller's account."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.accounts import Account, Order
from mock_exchange.gateway.gateway import Gateway
from mock_exchange.gateway.parameters.orders import named_order
from mock_exchange.gateway.parameters.table import Values
from mock_exchange.gateway.parameters.times import DAY_MS, WEEK_MS, window
from mock_exchange.wire.queries.common import market_of, owner, page, symbol_of
from mock_exchange.wire.render import orders as render


def get_order(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    return render.queried(_find(gateway, account, asked))


def open_order(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    """-2013 if it is not open any more."""
    return render.queried(gateway.engine.find_open_order(owner(account), named_order(asked)))


def _find(gateway: Gateway, account: Account | None, asked: Values) -> Order:
    return gateway.engine.find_order(owner(account), named_order(asked))


def open_orders(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    symbol = symbol_of(asked)
    orders = owner(account).orders.values()
    return [render.queried(order) for order in orders if symbol is None or order.symbol is symbol]


def all_orders(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    """Orders from `orderId` on, or of a time window of at most a week."""
    symbol = symbol_of(asked)
    mine = (order for order in owner(account).history.values() if order.symbol is symbol)
    if "orderId" in asked:
        first = asked["orderId"]
        found = [order for order in mine if order.order_id >= first]
    else:
        start, end = window(asked, WEEK_MS, gateway.clock.epoch_ms())
        found = [order for order in mine if start <= order.created_ms <= end]
    return [render.queried(order) for order in page(found, asked, 500)]


def amendments(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    """Changes of one order if it is named, else of all orders of the symbol; newest first."""
    if "orderId" in asked or "origClientOrderId" in asked:
        rows = render.amendments(_find(gateway, account, asked))
    else:
        symbol = symbol_of(asked)
        history = owner(account).history.values()
        changed = [order for order in history if order.amendments and order.symbol is symbol]
        rows = [row for order in changed for row in render.amendments(order)]
        rows.sort(key=lambda row: -row["time"])
    start, end = window(asked, 90 * DAY_MS, gateway.clock.epoch_ms())
    return [row for row in rows if start <= row["time"] <= end][: asked.get("limit", 50)]


def user_trades(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    symbol = symbol_of(asked)
    fills = [fill for fill in owner(account).fills if fill.symbol is symbol]
    if "orderId" in asked:
        wanted = asked["orderId"]
        fills = [fill for fill in fills if fill.order_id == wanted]
    if "fromId" in asked:
        first = asked["fromId"]
        fills = [fill for fill in fills if fill.trade_id >= first]
    else:
        start, end = window(asked, WEEK_MS, gateway.clock.epoch_ms())
        fills = [fill for fill in fills if start <= fill.at_ms <= end]
    return [render.user_trade(fill) for fill in page(fills, asked, 500)]


def income(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    symbol = symbol_of(asked)
    start, end = window(asked, WEEK_MS, gateway.clock.epoch_ms())
    rows = [
        row
        for row in render.income_rows(owner(account))
        if start <= row["time"] <= end
        and (symbol is None or row["symbol"] == symbol.name)
        and asked.get("incomeType", row["incomeType"]) == row["incomeType"]
    ]
    limit = asked.get("limit", 100)
    skip = (asked.get("page", 1) - 1) * limit
    return rows[skip : skip + limit] if "startTime" in asked or skip else rows[-limit:]


def force_orders(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    """The caller's liquidations. There is no auto-deleveraging here, so ADL finds none."""
    start, end = window(asked, WEEK_MS, gateway.clock.epoch_ms())
    symbol = symbol_of(asked)
    found = [
        order
        for order in owner(account).history.values()
        if order.forced
        and (symbol is None or order.symbol is symbol)
        and start <= order.created_ms <= end
        and asked.get("autoCloseType", "LIQUIDATION") == "LIQUIDATION"
    ]
    keep = (
        "orderId",
        "symbol",
        "status",
        "clientOrderId",
        "price",
        "avgPrice",
        "origQty",
        "executedQty",
        "cumQuote",
        "timeInForce",
        "type",
        "reduceOnly",
        "closePosition",
        "side",
        "positionSide",
        "stopPrice",
        "workingType",
        "origType",
        "time",
        "updateTime",
    )
    rows = [render.queried(order) for order in found[-asked.get("limit", 50) :]]
    return [{name: row[name] for name in keep} for row in rows]


def countdown(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    market = market_of(gateway, asked)
    milliseconds = asked["countdownTime"]
    gateway.countdown.set(owner(account), market.symbol, milliseconds)
    return {"symbol": market.symbol.name, "countdownTime": str(milliseconds)}
