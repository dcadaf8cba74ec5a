"""Positions, balances and settings of the caller's account."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.accounts import Account, Leg
from mock_exchange.engine.matching import MAKER_FEE, TAKER_FEE
from mock_exchange.engine.settings import check_margin_type, check_multi_assets
from mock_exchange.engine.symbols import symbols
from mock_exchange.errors import EPOCH_INCIDENT
from mock_exchange.gateway.gateway import Gateway
from mock_exchange.gateway.parameters.table import Values
from mock_exchange.wire.exchange_info import rate_limits
from mock_exchange.wire.queries.common import market_of, owner, symbol_of
from mock_exchange.wire.render import account as render
from run_records.scaled import format_trimmed

OK = {"code": 200, "msg": "success"}
_RISK_V2 = (
    "symbol",
    "positionSide",
    "positionAmt",
    "entryPrice",
    "breakEvenPrice",
    "markPrice",
    "unRealizedProfit",
    "liquidationPrice",
    "isolatedMargin",
    "notional",
    "isolatedWallet",
    "updateTime",
)


def position_risk_v3(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    now = gateway.clock.epoch_ms()
    return [render.position_risk(leg, now) for leg in _busy_legs(owner(account), asked)]


def position_risk_v2(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    """All symbols, with leverage and margin type."""
    now = gateway.clock.epoch_ms()
    rows = []
    for leg in _all_legs(gateway, owner(account), asked):
        risk = render.position_risk(leg, now)
        row = {name: risk[name] for name in _RISK_V2}
        row.update(
            leverage=str(leg.leverage),
            maxNotionalValue=_whole(leg.symbol.max_notional(leg.leverage)),
            marginType="cross",
            isAutoAddMargin="false",
        )
        rows.append(row)
    return rows


def account_v3(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    body = _account(gateway, owner(account))
    now = gateway.clock.epoch_ms()
    body["positions"] = [render.account_position(leg, now) for leg in _busy_legs(owner(account), {})]
    return body


def account_v2(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    account = owner(account)
    now = gateway.clock.epoch_ms()
    body = {**_permissions(), "feeBurn": False, **_account(gateway, account)}
    positions = []
    for leg in _all_legs(gateway, account, {}):
        risk = render.position_risk(leg, now)
        row = render.account_position(leg, now)
        for name in ("isolatedMargin", "isolatedWallet", "notional"):
            del row[name]
        row.update(
            leverage=str(leg.leverage),
            isolated=False,
            entryPrice=risk["entryPrice"],
            maxNotional=_whole(leg.symbol.max_notional(leg.leverage)),
            **{
                name: risk[name]
                for name in ("positionInitialMargin", "openOrderInitialMargin", "bidNotional", "askNotional")
            },
        )
        positions.append(row)
    for row in body["assets"]:
        row["marginAvailable"] = True
    body["positions"] = positions
    return body


def balance(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    account = owner(account)
    row = render.asset(account, gateway.clock.epoch_ms())
    return [
        {
            "accountAlias": f"fx{account.number:06d}",
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


def account_config(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    return {**_permissions(), "dualSidePosition": owner(account).hedge_mode}


def symbol_config(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    account = owner(account)
    wanted = [market_of(gateway, asked)] if "symbol" in asked else gateway.engine.markets
    rows = []
    for market in wanted:
        leverage = account.leg_on(market, "BOTH").leverage
        rows.append(
            {
                "symbol": market.symbol.name,
                "marginType": "CROSSED",
                "isAutoAddMargin": False,
                "leverage": leverage,
                "maxNotionalValue": _whole(market.symbol.max_notional(leverage)),
            }
        )
    return rows


def commission_rate(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    rates = {
        "symbol": asked["symbol"].name,
        "makerCommissionRate": format_trimmed(MAKER_FEE, 6),
        "takerCommissionRate": format_trimmed(TAKER_FEE, 6),
    }
    if gateway.config.epoch != EPOCH_INCIDENT:
        rates["rpiCommissionRate"] = format_trimmed(MAKER_FEE, 6)
    return rates


def leverage_bracket(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    symbol = symbol_of(asked)
    return [render.brackets(row) for row in ([symbol] if symbol else symbols().values())]


def order_rate_limits(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    return [row for row in rate_limits(gateway.config.limits) if row["rateLimitType"] == "ORDERS"]


def set_leverage(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    market = market_of(gateway, asked)
    leverage = asked["leverage"]
    gateway.commands.set_leverage(owner(account), market.symbol, leverage)
    return {
        "leverage": leverage,
        "maxNotionalValue": _whole(market.symbol.max_notional(leverage)),
        "symbol": market.symbol.name,
    }


def set_margin_type(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    check_margin_type(owner(account), asked["symbol"], asked["marginType"])
    return OK


def get_position_mode(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    return {"dualSidePosition": owner(account).hedge_mode}


def set_position_mode(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    gateway.commands.set_hedge_mode(owner(account), asked["dualSidePosition"])
    return OK


def get_multi_assets(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    return {"multiAssetsMargin": False}


def set_multi_assets(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    check_multi_assets(owner(account), asked["multiAssetsMargin"])
    return OK


def start_stream(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    return {"listenKey": gateway.listen_keys.start(owner(account), gateway.clock.epoch_ms())}


def keep_stream(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    return {"listenKey": gateway.listen_keys.keep_alive(owner(account), gateway.clock.epoch_ms())}


def close_stream(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    gateway.listen_keys.close(owner(account))
    return {}


def nothing_listed(gateway: Gateway, account: Account | None, asked: Values) -> Any:
    """Spot wallets and margin pairs do not exist here: an empty list is the truth, and ccxt asks for
    both at start-up."""
    return []


def _permissions() -> dict[str, Any]:
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def _whole(notional: int) -> str:
    return str(notional // 100_000_000)


def _busy_legs(account: Account, asked: Values) -> list[Leg]:
    """Legs with a position or open orders."""
    symbol = symbol_of(asked)
    legs = [leg for leg in account.legs.values() if symbol is None or leg.symbol is symbol]
    waiting = {order.leg for order in account.orders.values()}
    return [leg for leg in legs if leg.amount or leg in waiting]


def _all_legs(gateway: Gateway, account: Account, asked: Values) -> list[Leg]:
    sides = ("LONG", "SHORT") if account.hedge_mode else ("BOTH",)
    wanted = [market_of(gateway, asked)] if "symbol" in asked else gateway.engine.markets
    return [account.leg_on(market, side) for market in wanted for side in sides]


def _account(gateway: Gateway, account: Account) -> dict[str, Any]:
    asset = render.asset(account, gateway.clock.epoch_ms())
    return {
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
    }
