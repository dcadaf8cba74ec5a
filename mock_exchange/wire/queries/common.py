"""What several queries need: the market asked for, one row per symbol, time windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mock_exchange.engine.accounts import Account
from mock_exchange.engine.market import Market
from mock_exchange.engine.symbols import Symbol, symbols
from mock_exchange.errors import Refused
from mock_exchange.gateway.gateway import Gateway

Params = dict[str, str]
DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS


def owner(account: Account | None) -> Account:
    assert account is not None, "routes with a key have an account"
    return account


def symbol_of(params: Params) -> Symbol | None:
    name = params.get("symbol")
    return None if name is None else symbols()[name]


def market_of(gateway: Gateway, params: Params) -> Market:
    return gateway.engine.markets[symbols()[params["symbol"]].index]


def per_symbol(gateway: Gateway, params: Params, row: Callable[[Market], Any]) -> Any:
    """One row if a symbol was named, else a list over all that are traded here."""
    if "symbol" in params:
        return row(market_of(gateway, params))
    return [row(market) for market in gateway.engine.markets if market.index]


def integer(params: Params, name: str, default: int) -> int:
    return int(params.get(name, default))


def window(params: Params, longest_ms: int, now_ms: int) -> tuple[int, int]:
    """(start, end) of the time asked for, both included; the newest `longest_ms` if it is not said.
    Refused: -1023 start after end, -4165 longer than the endpoint allows."""
    start, end = integer(params, "startTime", -1), integer(params, "endTime", -1)
    if start >= 0 and end >= 0:
        if start > end:
            raise Refused(-1023)
        if end - start > longest_ms:
            raise Refused(-4165, longest_ms // DAY_MS)
    if start < 0:
        start = (end if end >= 0 else now_ms) - longest_ms
    if end < 0:
        end = start + longest_ms if "startTime" in params else now_ms
    return start, end


def page(rows: list[Any], params: Params, default: int) -> list[Any]:
    """The oldest rows from a start or an id on, else the newest."""
    limit = integer(params, "limit", default)
    forward = any(name in params for name in ("startTime", "fromId", "orderId"))
    return rows[:limit] if forward else rows[-limit:]
