"""Every endpoint: method and path, weight, security, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mock_exchange.gateway.gateway import (
    BATCH,
    CANCEL_ALL,
    CANCEL_ONE,
    KEY,
    OPEN,
    ORDER,
    SIGNED,
    TEST,
    Route,
)
from mock_exchange.wire import queries

_DEPTH_WEIGHTS = {"5": 2, "10": 2, "20": 2, "50": 2, "100": 5, "500": 10, "1000": 20}


def _depth_weight(params: Mapping[str, str]) -> int:
    return _DEPTH_WEIGHTS.get(params.get("limit", "500"), 1)


def _by_symbol(one: int, every: int) -> Callable[[Mapping[str, str]], int]:
    return lambda params: one if params.get("symbol") else every


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/fapi/v1/ping"): Route(1, OPEN, answer=queries.ping),
    ("GET", "/fapi/v1/time"): Route(1, OPEN, answer=queries.time),
    ("GET", "/fapi/v1/exchangeInfo"): Route(1, OPEN, answer=queries.info),
    ("GET", "/fapi/v1/depth"): Route(_depth_weight, OPEN, answer=queries.depth),
    ("GET", "/fapi/v1/ticker/bookTicker"): Route(_by_symbol(2, 5), OPEN, answer=queries.book_ticker),
    ("GET", "/fapi/v1/premiumIndex"): Route(_by_symbol(1, 10), OPEN, answer=queries.premium_index),
    ("POST", "/fapi/v1/order"): Route(0, SIGNED, ORDER),
    ("POST", "/fapi/v1/order/test"): Route(0, SIGNED, TEST),
    ("DELETE", "/fapi/v1/order"): Route(1, SIGNED, CANCEL_ONE),
    ("DELETE", "/fapi/v1/allOpenOrders"): Route(1, SIGNED, CANCEL_ALL),
    ("POST", "/fapi/v1/batchOrders"): Route(5, SIGNED, BATCH),
    ("GET", "/fapi/v1/order"): Route(1, SIGNED, answer=queries.get_order),
    ("GET", "/fapi/v1/openOrders"): Route(_by_symbol(1, 40), SIGNED, answer=queries.open_orders),
    ("GET", "/fapi/v2/positionRisk"): Route(5, SIGNED, answer=queries.position_risk_v2),
    ("GET", "/fapi/v3/positionRisk"): Route(5, SIGNED, answer=queries.position_risk_v3),
    ("GET", "/fapi/v2/account"): Route(5, SIGNED, answer=queries.account_v2),
    ("GET", "/fapi/v3/account"): Route(5, SIGNED, answer=queries.account_v3),
    ("GET", "/fapi/v2/balance"): Route(5, SIGNED, answer=queries.balance),
    ("GET", "/fapi/v3/balance"): Route(5, SIGNED, answer=queries.balance),
    ("POST", "/fapi/v1/leverage"): Route(1, SIGNED, answer=queries.set_leverage),
    ("GET", "/fapi/v1/leverageBracket"): Route(1, SIGNED, answer=queries.leverage_bracket),
    ("GET", "/fapi/v1/positionSide/dual"): Route(30, SIGNED, answer=queries.get_position_mode),
    ("POST", "/fapi/v1/positionSide/dual"): Route(1, SIGNED, answer=queries.set_position_mode),
    ("GET", "/fapi/v1/rateLimit/order"): Route(1, SIGNED, answer=queries.order_rate_limits),
    ("GET", "/sapi/v1/capital/config/getall"): Route(1, SIGNED, answer=queries.nothing_listed),
    ("GET", "/sapi/v1/margin/allPairs"): Route(1, KEY, answer=queries.nothing_listed),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): Route(1, KEY, answer=queries.nothing_listed),
}
