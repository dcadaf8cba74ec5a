"""Every endpoint: method and path, weight, security, parameters, and what answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mock_exchange.engine.settings import CROSSED, ISOLATED
from mock_exchange.gateway.endpoints import (
    AMEND,
    BATCH,
    BATCH_AMEND,
    BATCH_CANCEL,
    CANCEL_ALL,
    CANCEL_ONE,
    KEY,
    OPEN,
    ORDER,
    SIGNED,
    TEST,
    Route,
)
from mock_exchange.gateway.parameters.orders import ONE_ORDER, ORDER_ID, SYMBOL
from mock_exchange.gateway.parameters.table import Param, texts
from mock_exchange.gateway.parameters.times import DAY_MS, WEEK_MS, begun, id_or_times, unless, within
from mock_exchange.wire.queries import account, market, orders

_DEPTH_WEIGHTS = {"5": 2, "10": 2, "20": 2, "50": 2, "100": 5, "500": 10, "1000": 20}


def _depth_weight(params: Mapping[str, str]) -> int:
    return _DEPTH_WEIGHTS.get(params.get("limit", "500"), 1)


def _kline_weight(params: Mapping[str, str]) -> int:
    text = params.get("limit", "500")
    limit = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 1
    return 1 if limit < 100 else 2 if limit < 500 else 5 if limit <= 1000 else 10


def _by_symbol(one: int, every: int) -> Callable[[Mapping[str, str]], int]:
    return lambda params: one if params.get("symbol") else every


_ANY_SYMBOL = Param("symbol", "symbol")
_TIMES = (Param("startTime", "integer"), Param("endTime", "integer"))


_DEPTH_LIMIT = Param("limit", "integer", values=texts(*_DEPTH_WEIGHTS), least=1, most=1000, code=-4021)


def _limit(most: int) -> Param:
    return Param("limit", "integer", least=1, most=most)


_PUBLIC: dict[tuple[str, str], Route] = {
    ("GET", "/fapi/v1/ping"): Route(1, OPEN, answer=market.ping),
    ("GET", "/fapi/v1/time"): Route(1, OPEN, answer=market.time),
    ("GET", "/fapi/v1/exchangeInfo"): Route(1, OPEN, answer=market.info),
    ("GET", "/fapi/v1/depth"): Route(
        _depth_weight, OPEN, answer=market.depth, params=(SYMBOL, _DEPTH_LIMIT)
    ),
    ("GET", "/fapi/v1/trades"): Route(5, OPEN, answer=market.trades, params=(SYMBOL, _limit(1000))),
    ("GET", "/fapi/v1/historicalTrades"): Route(
        20, KEY, answer=market.historical_trades, params=(SYMBOL, _limit(500), Param("fromId", "integer"))
    ),
    ("GET", "/fapi/v1/aggTrades"): Route(
        20, OPEN, answer=market.aggregate_trades,
        params=(SYMBOL, Param("fromId", "integer"), *_TIMES, _limit(1000)),
        rules=(id_or_times, within(365 * DAY_MS)),
    ),
    ("GET", "/fapi/v1/klines"): Route(
        _kline_weight, OPEN, answer=market.klines,
        params=(SYMBOL, Param("interval", "enum", True, texts(*market.INTERVALS_MS), code=-1120), *_TIMES,
                _limit(1500)),
        rules=(begun,),
    ),
    ("GET", "/fapi/v1/ticker/24hr"): Route(
        _by_symbol(1, 40), OPEN, answer=market.day_ticker, params=(_ANY_SYMBOL,)
    ),
    ("GET", "/fapi/v1/ticker/price"): Route(
        _by_symbol(1, 2), OPEN, answer=market.price_ticker, params=(_ANY_SYMBOL,)
    ),
    ("GET", "/fapi/v2/ticker/price"): Route(
        _by_symbol(1, 2), OPEN, answer=market.price_ticker, params=(_ANY_SYMBOL,)
    ),
    ("GET", "/fapi/v1/ticker/bookTicker"): Route(
        _by_symbol(2, 5), OPEN, answer=market.book_ticker, params=(_ANY_SYMBOL,)
    ),
    ("GET", "/fapi/v1/premiumIndex"): Route(
        _by_symbol(1, 10), OPEN, answer=market.premium_index, params=(_ANY_SYMBOL,)
    ),
    ("GET", "/fapi/v1/openInterest"): Route(1, OPEN, answer=market.open_interest, params=(SYMBOL,)),
    ("GET", "/fapi/v1/fundingRate"): Route(
        0, OPEN, answer=market.funding_rates, params=(_ANY_SYMBOL, *_TIMES, _limit(1000)),
        rules=(within(10 * 365 * DAY_MS),),
    ),
    ("GET", "/fapi/v1/fundingInfo"): Route(0, OPEN, answer=market.funding_info),
    ("GET", "/fapi/v1/insuranceBalance"): Route(
        1, OPEN, answer=market.insurance_balance, params=(_ANY_SYMBOL,)
    ),
}  # fmt: skip

_ORDER_VERBS: dict[tuple[str, str], Route] = {
    ("POST", "/fapi/v1/order"): Route(0, SIGNED, ORDER),
    ("POST", "/fapi/v1/order/test"): Route(0, SIGNED, TEST),
    ("PUT", "/fapi/v1/order"): Route(1, SIGNED, AMEND),
    ("DELETE", "/fapi/v1/order"): Route(1, SIGNED, CANCEL_ONE),
    ("DELETE", "/fapi/v1/allOpenOrders"): Route(1, SIGNED, CANCEL_ALL),
    ("POST", "/fapi/v1/batchOrders"): Route(5, SIGNED, BATCH),
    ("PUT", "/fapi/v1/batchOrders"): Route(5, SIGNED, BATCH_AMEND),
    ("DELETE", "/fapi/v1/batchOrders"): Route(1, SIGNED, BATCH_CANCEL),
}
"""Their parameters are in `gateway.parameters.orders`."""

_ACCOUNT: dict[tuple[str, str], Route] = {
    ("GET", "/fapi/v1/order"): Route(
        1, SIGNED, answer=orders.get_order, params=ONE_ORDER, tells_of_orders=True
    ),
    ("GET", "/fapi/v1/openOrder"): Route(
        1, SIGNED, answer=orders.open_order, params=ONE_ORDER, tells_of_orders=True
    ),
    ("GET", "/fapi/v1/openOrders"): Route(
        _by_symbol(1, 40), SIGNED, answer=orders.open_orders, params=(_ANY_SYMBOL,), tells_of_orders=True
    ),
    ("GET", "/fapi/v1/allOrders"): Route(
        5, SIGNED, answer=orders.all_orders, params=(SYMBOL, ORDER_ID, *_TIMES, _limit(1000)),
        rules=(unless("orderId", within(WEEK_MS)),), tells_of_orders=True,
    ),
    ("GET", "/fapi/v1/orderAmendment"): Route(
        1, SIGNED, answer=orders.amendments, params=(*ONE_ORDER, *_TIMES, _limit(100)),
        rules=(within(90 * DAY_MS),),
    ),
    ("GET", "/fapi/v1/userTrades"): Route(
        5, SIGNED, answer=orders.user_trades,
        params=(SYMBOL, ORDER_ID, Param("fromId", "integer"), *_TIMES, _limit(1000)),
        rules=(id_or_times, within(WEEK_MS)), tells_of_orders=True,
    ),
    ("GET", "/fapi/v1/income"): Route(
        30, SIGNED, answer=orders.income,
        params=(_ANY_SYMBOL, Param("incomeType", "text"), *_TIMES,
                Param("page", "integer", least=1, most=10**6), _limit(1000)),
        rules=(within(WEEK_MS),),
    ),
    ("GET", "/fapi/v1/forceOrders"): Route(
        _by_symbol(20, 50), SIGNED, answer=orders.force_orders,
        params=(_ANY_SYMBOL, Param("autoCloseType", "enum", values=texts("LIQUIDATION", "ADL")), *_TIMES,
                _limit(100)),
        rules=(within(WEEK_MS),),
    ),
    ("POST", "/fapi/v1/countdownCancelAll"): Route(
        10, SIGNED, answer=orders.countdown,
        params=(SYMBOL, Param("countdownTime", "integer", mandatory=True, most=86_400_000)),
    ),
    ("GET", "/fapi/v2/positionRisk"): Route(
        5, SIGNED, answer=account.position_risk_v2, params=(_ANY_SYMBOL,)
    ),
    ("GET", "/fapi/v3/positionRisk"): Route(
        5, SIGNED, answer=account.position_risk_v3, params=(_ANY_SYMBOL,)
    ),
    ("GET", "/fapi/v2/account"): Route(5, SIGNED, answer=account.account_v2),
    ("GET", "/fapi/v3/account"): Route(5, SIGNED, answer=account.account_v3),
    ("GET", "/fapi/v2/balance"): Route(5, SIGNED, answer=account.balance),
    ("GET", "/fapi/v3/balance"): Route(5, SIGNED, answer=account.balance),
    ("GET", "/fapi/v1/accountConfig"): Route(5, SIGNED, answer=account.account_config),
    ("GET", "/fapi/v1/symbolConfig"): Route(
        5, SIGNED, answer=account.symbol_config, params=(_ANY_SYMBOL,)
    ),
    ("GET", "/fapi/v1/commissionRate"): Route(
        20, SIGNED, answer=account.commission_rate, params=(SYMBOL,)
    ),
    ("GET", "/fapi/v1/leverageBracket"): Route(
        1, SIGNED, answer=account.leverage_bracket, params=(_ANY_SYMBOL,)
    ),
    ("POST", "/fapi/v1/leverage"): Route(
        1, SIGNED, answer=account.set_leverage,
        params=(SYMBOL, Param("leverage", "integer", mandatory=True, least=1, most=125, code=-4028)),
    ),
    ("POST", "/fapi/v1/marginType"): Route(
        1, SIGNED, answer=account.set_margin_type,
        params=(SYMBOL, Param("marginType", "enum", True, texts(ISOLATED, CROSSED))),
    ),
    ("GET", "/fapi/v1/positionSide/dual"): Route(30, SIGNED, answer=account.get_position_mode),
    ("POST", "/fapi/v1/positionSide/dual"): Route(
        1, SIGNED, answer=account.set_position_mode,
        params=(Param("dualSidePosition", "boolean", mandatory=True),),
    ),
    ("GET", "/fapi/v1/multiAssetsMargin"): Route(30, SIGNED, answer=account.get_multi_assets),
    ("POST", "/fapi/v1/multiAssetsMargin"): Route(
        1, SIGNED, answer=account.set_multi_assets,
        params=(Param("multiAssetsMargin", "boolean", mandatory=True),),
    ),
    ("GET", "/fapi/v1/rateLimit/order"): Route(1, SIGNED, answer=account.order_rate_limits),
    ("POST", "/fapi/v1/listenKey"): Route(1, KEY, answer=account.start_stream),
    ("PUT", "/fapi/v1/listenKey"): Route(1, KEY, answer=account.keep_stream),
    ("DELETE", "/fapi/v1/listenKey"): Route(1, KEY, answer=account.close_stream),
    ("GET", "/sapi/v1/capital/config/getall"): Route(1, SIGNED, answer=account.nothing_listed),
    ("GET", "/sapi/v1/margin/allPairs"): Route(1, KEY, answer=account.nothing_listed),
    ("GET", "/sapi/v1/margin/isolated/allPairs"): Route(1, KEY, answer=account.nothing_listed),
}  # fmt: skip

ROUTES: dict[tuple[str, str], Route] = {**_PUBLIC, **_ORDER_VERBS, **_ACCOUNT}
