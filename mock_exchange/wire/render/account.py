"""Positions, balances and brackets."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.accounts import Account, Leg
from mock_exchange.engine.liquidation import liquidation_price
from mock_exchange.engine.symbols import Symbol
from mock_exchange.wire.render.market import price_text
from run_records.scaled import format_money, format_scaled, format_trimmed


def position_risk(leg: Leg, epoch_ms: int) -> dict[str, Any]:
    """One row of v3 positionRisk; amounts in USDT."""
    symbol = leg.symbol
    position_margin = leg.position_margin()
    return {
        "symbol": symbol.name,
        "positionSide": leg.side,
        "positionAmt": format_scaled(leg.amount, symbol.quantity_precision),
        "entryPrice": entry_price(leg),
        "breakEvenPrice": entry_price(leg),
        "markPrice": price_text(leg.prices.mark, symbol),
        "unRealizedProfit": format_money(leg.unrealized()),
        "liquidationPrice": format_trimmed(liquidation_price(leg), symbol.price_precision),
        "isolatedMargin": "0",
        "notional": format_money(leg.notional()),
        "marginAsset": "USDT",
        "isolatedWallet": "0",
        "initialMargin": format_money(leg.initial_margin()),
        "maintMargin": format_money(leg.maintenance_margin()),
        "positionInitialMargin": format_money(position_margin),
        "openOrderInitialMargin": format_money(leg.initial_margin() - position_margin),
        "adl": 0,
        "bidNotional": format_money(leg.bid_notional),
        "askNotional": format_money(leg.ask_notional),
        "updateTime": leg.updated_ms or epoch_ms,
    }


def account_position(leg: Leg, epoch_ms: int) -> dict[str, Any]:
    """One row of `positions` in v3 account."""
    risk = position_risk(leg, epoch_ms)
    return {
        "symbol": risk["symbol"],
        "positionSide": risk["positionSide"],
        "positionAmt": risk["positionAmt"],
        "unrealizedProfit": risk["unRealizedProfit"],
        "isolatedMargin": risk["isolatedMargin"],
        "notional": risk["notional"],
        "isolatedWallet": risk["isolatedWallet"],
        "initialMargin": risk["initialMargin"],
        "maintMargin": risk["maintMargin"],
        "updateTime": risk["updateTime"],
    }


def entry_price(leg: Leg) -> str:
    return format_trimmed(leg.entry_price(4), leg.symbol.price_precision + 4)


def asset(account: Account, epoch_ms: int) -> dict[str, Any]:
    """The USDT row of `assets`."""
    position_margin = sum(leg.position_margin() for leg in account.legs.values())
    initial = account.initial_margin()
    available = format_money(max(0, account.available()))
    return {
        "asset": "USDT",
        "walletBalance": format_money(account.wallet),
        "unrealizedProfit": format_money(account.unrealized()),
        "marginBalance": format_money(account.margin_balance()),
        "maintMargin": format_money(account.maintenance_margin()),
        "initialMargin": format_money(initial),
        "positionInitialMargin": format_money(position_margin),
        "openOrderInitialMargin": format_money(initial - position_margin),
        "crossWalletBalance": format_money(account.wallet),
        "crossUnPnl": format_money(account.unrealized()),
        "availableBalance": available,
        "maxWithdrawAmount": available,
        "updateTime": epoch_ms,
    }


def brackets(symbol: Symbol) -> dict[str, Any]:
    unit = 100_000_000
    return {
        "symbol": symbol.name,
        "brackets": [
            {
                "bracket": b.number,
                "initialLeverage": b.leverage,
                "notionalCap": b.cap // unit,
                "notionalFloor": b.floor // unit,
                "maintMarginRatio": b.mmr / 1_000_000,
                "cum": b.cum // unit if b.cum % unit == 0 else b.cum / unit,
            }
            for b in symbol.brackets
        ],
    }
