"""What several queries need: the market asked for, one row per symbol, a page of rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_exchange.engine.accounts import Account
from mock_exchange.engine.market import Market
from mock_exchange.engine.symbols import Symbol
from mock_exchange.gateway.gateway import Gateway
from mock_exchange.gateway.parameters.table import Values


def owner(account: Account | None) -> Account:
    """The caller's account, on a route that asks for a key."""
    assert account is not None, "routes with a key have an account"
    return account


def symbol_of(asked: Values) -> Symbol | None:
    symbol: Symbol | None = asked.get("symbol")
    return symbol


def market_of(gateway: Gateway, asked: Values) -> Market:
    symbol: Symbol = asked["symbol"]
    return gateway.engine.markets[symbol.index]


def per_symbol(gateway: Gateway, asked: Values, row: Callable[[Market], Any]) -> Any:
    """One row if a symbol was named, else a list over all that are traded here."""
    if "symbol" in asked:
        return row(market_of(gateway, asked))
    return [row(market) for market in gateway.engine.markets if market.index]


def page(rows: list[Any], asked: Values, default: int) -> list[Any]:
    """The oldest rows from a start or an id on, else the newest."""
    limit = asked.get("limit", default)
    forward = any(name in asked for name in ("startTime", "fromId", "orderId"))
    return rows[:limit] if forward else rows[-limit:]
