"""Answers of the endpoints that read or set account state without taking gateway capacity."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.accounts import Account, Leg
from mock_exchange.engine.book import Market
from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import Refused
from mock_exchange.gateway.gateway import Gateway
from mock_exchange.gateway.parameters import mandatory, parse_cancel, parse_symbol
from mock_exchange.scaled import format_money
from mock_exchange.wire import render
from mock_exchange.wire.exchange_info import exchange_info, rate_limits

Params = dict[str, str]
DEPTH_LIMITS = (5, 10, 20, 50, 100, 500, 1000)
FUNDING_INTERVAL_MS = 8 * 3_600_000


def ping(gateway: Gateway, account: Account | None, params: Params) -> Any:
    return {}


def time(gateway: Gateway, account: Account | None, params: Params) -> Any:
    return {"serverTime": gateway.clock.epoch_ms()}


def info(gateway: Gateway, account: Account | None, params: Params) -> Any:
    return exchange_info(gateway.config.limits, gateway.clock.epoch_ms())


def depth(gateway: Gateway, account: Account | None, params: Params) -> Any:
    return render.depth(_market(gateway, params), depth_limit(params), gateway.clock.epoch_ms())


def book_ticker(gateway: Gateway, account: Account | None, params: Params) -> Any:
    now = gateway.clock.epoch_ms()
    return _per_symbol(gateway, params, lambda market: render.book_ticker(market, now))


def premium_index(gateway: Gateway, account: Account | None, params: Params) -> Any:
    """The plan's mark stands in for the index too; no funding is charged, so its rate is zero."""
    now = gateway.clock.epoch_ms()

    def row(market: Market) -> dict[str, Any]:
        mark = render.mark_price(market)
        return {
            "symbol": market.symbol.name,
            "markPrice": mark,
            "indexPrice": mark,
            "estimatedSettlePrice": mark,
            "lastFundingRate": "0.00000000",
            "interestRate": "0.00010000",
            "nextFundingTime": now - now % FUNDING_INTERVAL_MS + FUNDING_INTERVAL_MS,
            "time": now,
        }

    return _per_symbol(gateway, params, row)


def get_order(gateway: Gateway, account: Account | None, params: Params) -> Any:
    wanted = parse_cancel(params)
    order = gateway.engine.find_order(_owner(account), wanted.order_id, wanted.client_id)
    if order.symbol is not wanted.symbol:
        raise Refused(-2013)
    return render.queried(order)


def open_orders(gateway: Gateway, account: Account | None, params: Params) -> Any:
    symbol = parse_symbol(params) if "symbol" in params else None
    orders = _owner(account).orders.values()
    return [render.queried(order) for order in orders if symbol is None or order.symbol is symbol]


def position_risk_v3(gateway: Gateway, account: Account | None, params: Params) -> Any:
    now = gateway.clock.epoch_ms()
    return [render.position_risk(leg, now) for leg in _legs(account, params) if leg.amount or leg.orders]


def position_risk_v2(gateway: Gateway, account: Account | None, params: Params) -> Any:
    """All symbols, with leverage and margin type."""
    now = gateway.clock.epoch_ms()
    rows = []
    for leg in _all_legs(gateway, _owner(account), params):
        row = render.position_risk(leg, now)
        row.update(
            leverage=str(leg.leverage),
            maxNotionalValue=format_money(leg.symbol.max_notional(leg.leverage)),
            marginType="cross",
            isAutoAddMargin="false",
        )
        rows.append(row)
    return rows


def account_v3(gateway: Gateway, account: Account | None, params: Params) -> Any:
    return _account(gateway, _owner(account), [leg for leg in _legs(account, {}) if leg.amount or leg.orders])


def account_v2(gateway: Gateway, account: Account | None, params: Params) -> Any:
    owner = _owner(account)
    legs = _all_legs(gateway, owner, {})
    body = _account(gateway, owner, legs)
    body.update(
        feeTier=0, feeBurn=False, canTrade=True, canDeposit=True, canWithdraw=True, updateTime=0,
        multiAssetsMargin=False, tradeGroupId=-1,
    )  # fmt: skip
    for row, leg in zip(body["positions"], legs, strict=True):
        risk = render.position_risk(leg, gateway.clock.epoch_ms())
        row.update(
            leverage=str(leg.leverage),
            isolated=False,
            entryPrice=risk["entryPrice"],
            maxNotional=format_money(leg.symbol.max_notional(leg.leverage)),
            **{k: risk[k] for k in
               ("positionInitialMargin", "openOrderInitialMargin", "bidNotional", "askNotional")},
        )  # fmt: skip
    for row in body["assets"]:
        row["marginAvailable"] = True
    return body


def balance(gateway: Gateway, account: Account | None, params: Params) -> Any:
    owner = _owner(account)
    row = render.asset(owner, gateway.clock.epoch_ms())
    return [
        {
            "accountAlias": f"fx{owner.number:06d}",
            "asset": "USDT",
            "balance": row["walletBalance"],
            "crossWalletBalance": row["crossWalletBalance"],
            "crossUnPnl": row["crossUnPnl"],
            "availableBalance": row["availableBalance"],
            "maxWithdrawAmount": row["maxWithdrawAmount"],
            "marginAvailable": True,
            "updateTime": row["updateTime"],
        }
    ]


def set_leverage(gateway: Gateway, account: Account | None, params: Params) -> Any:
    symbol = parse_symbol(params)
    text = mandatory(params, "leverage")
    if not text.isascii() or not text.isdigit() or len(text) > 3:
        raise Refused(-4028, text)
    owner = _owner(account)
    gateway.engine.set_leverage(owner, symbol, int(text))
    gateway.journal.append(["leverage", gateway.clock.now(), owner.name, symbol.name, int(text)])
    return {
        "leverage": int(text),
        "maxNotionalValue": str(symbol.max_notional(int(text)) // 100_000_000),
        "symbol": symbol.name,
    }


def leverage_bracket(gateway: Gateway, account: Account | None, params: Params) -> Any:
    if "symbol" in params:
        return [render.brackets(parse_symbol(params))]
    return [render.brackets(symbol) for symbol in symbols().values()]


def get_position_mode(gateway: Gateway, account: Account | None, params: Params) -> Any:
    return {"dualSidePosition": _owner(account).hedge_mode}


def set_position_mode(gateway: Gateway, account: Account | None, params: Params) -> Any:
    text = mandatory(params, "dualSidePosition").lower()
    if text not in ("true", "false"):
        raise Refused(-1130, "dualSidePosition")
    owner = _owner(account)
    gateway.engine.set_hedge_mode(owner, text == "true")
    gateway.journal.append(["mode", gateway.clock.now(), owner.name, text == "true"])
    return {"code": 200, "msg": "success"}


def order_rate_limits(gateway: Gateway, account: Account | None, params: Params) -> Any:
    return [row for row in rate_limits(gateway.config.limits) if row["rateLimitType"] == "ORDERS"]


def nothing_listed(gateway: Gateway, account: Account | None, params: Params) -> Any:
    """Spot wallets and margin pairs do not exist here: an empty list is the truth, and ccxt asks for
    both at start-up."""
    return []


def depth_limit(params: Params) -> int:
    """-1130 for something that is no number in range, -4021 for a number that is no valid limit."""
    text = params.get("limit", "500")
    if not text.isascii() or not text.isdigit() or len(text) > 9 or int(text) > DEPTH_LIMITS[-1]:
        raise Refused(-1130, "limit")
    if int(text) not in DEPTH_LIMITS:
        raise Refused(-4021, text)
    return int(text)


def _owner(account: Account | None) -> Account:
    assert account is not None, "signed routes have an account"
    return account


def _market(gateway: Gateway, params: Params) -> Market:
    return gateway.engine.markets[parse_symbol(params).index]


def _per_symbol(gateway: Gateway, params: Params, row: Any) -> Any:
    if "symbol" in params:
        return row(_market(gateway, params))
    return [row(market) for market in gateway.engine.markets]


def _legs(account: Account | None, params: Params) -> list[Leg]:
    symbol = parse_symbol(params) if "symbol" in params else None
    return [leg for leg in _owner(account).legs.values() if symbol is None or leg.symbol is symbol]


def _all_legs(gateway: Gateway, account: Account, params: Params) -> list[Leg]:
    sides = ("LONG", "SHORT") if account.hedge_mode else ("BOTH",)
    wanted = [_market(gateway, params)] if "symbol" in params else gateway.engine.markets
    return [
        account.legs.get((market.symbol.index, side)) or Leg(account, market, side)
        for market in wanted
        for side in sides
    ]


def _account(gateway: Gateway, account: Account, legs: list[Leg]) -> dict[str, Any]:
    now = gateway.clock.epoch_ms()
    asset = render.asset(account, now)
    body: dict[str, Any] = {
        "totalInitialMargin": asset["initialMargin"],
        "totalMaintMargin": asset["maintMargin"],
        "totalWalletBalance": asset["walletBalance"],
        "totalUnrealizedProfit": asset["unrealizedProfit"],
        "totalMarginBalance": asset["marginBalance"],
        "totalPositionInitialMargin": asset["positionInitialMargin"],
        "totalOpenOrderInitialMargin": asset["openOrderInitialMargin"],
        "totalCrossWalletBalance": asset["crossWalletBalance"],
        "totalCrossUnPnl": asset["crossUnPnl"],
        "availableBalance": asset["availableBalance"],
        "maxWithdrawAmount": asset["maxWithdrawAmount"],
        "assets": [asset],
        "positions": [],
    }
    for leg in legs:
        risk = render.position_risk(leg, now)
        row = {k: risk[k] for k in ("symbol", "positionSide", "positionAmt")}
        row["unrealizedProfit"] = risk["unRealizedProfit"]
        row.update({k: risk[k] for k in ("isolatedMargin", "notional", "isolatedWallet", "initialMargin",
                                         "maintMargin", "updateTime")})  # fmt: skip
        body["positions"].append(row)
    return body
