"""Engine objects as the venue's JSON: decimals as strings, ids and times as numbers, booleans as booleans."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.accounts import Account, Leg
from mock_exchange.engine.book import BookSide, Market
from mock_exchange.engine.orders import BUY, NEW, Order
from mock_exchange.engine.symbols import Symbol
from mock_exchange.scaled import format_money, format_scaled, format_trimmed

_AVERAGE_DIGITS = 5


def order_fields(order: Order, *, as_received: bool = False) -> dict[str, Any]:
    """An order as the order endpoints describe it. `as_received` is the ACK answer: status NEW and
    nothing filled, even for MARKET."""
    symbol = order.symbol
    filled = quote = 0
    status = NEW
    if not as_received:
        filled, quote, status = order.filled, order.quote, order.status
    filled_text = format_trimmed(filled, symbol.quantity_precision)
    return {
        "orderId": order.order_id,
        "symbol": symbol.name,
        "status": status,
        "clientOrderId": order.client_id,
        "price": format_trimmed(order.price, symbol.price_precision),
        "avgPrice": average_price(order) if filled else "0.00",
        "origQty": format_trimmed(order.quantity, symbol.quantity_precision),
        "executedQty": filled_text,
        "cumQty": filled_text,
        "cumQuote": format_trimmed(quote, 8) if quote else "0",
        "timeInForce": order.tif,
        "type": order.kind,
        "reduceOnly": order.reduce_only,
        "closePosition": False,
        "side": "BUY" if order.side == BUY else "SELL",
        "positionSide": order.position_side,
        "stopPrice": "0",
        "workingType": "CONTRACT_PRICE",
        "priceProtect": False,
        "origType": order.kind,
        "priceMatch": "NONE",
        "selfTradePreventionMode": "NONE",
        "goodTillDate": 0,
        "updateTime": order.updated_ms,
    }


def queried(order: Order) -> dict[str, Any]:
    """GET answers add `time` and drop `cumQty`."""
    fields = order_fields(order)
    del fields["cumQty"]
    fields["time"] = order.created_ms
    return fields


def average_price(order: Order) -> str:
    """Average fill price of an order with fills, rounded down."""
    precision = order.symbol.price_precision
    digits = max(_AVERAGE_DIGITS, precision)
    average = order.quote * 10 ** (digits - precision) // (order.filled * order.symbol.money_factor)
    return format_scaled(average, digits)


def depth(market: Market, limit: int, epoch_ms: int) -> dict[str, Any]:
    def rows(side: BookSide) -> list[list[str]]:
        symbol = market.symbol
        return [
            [format_scaled(p, symbol.price_precision), format_scaled(q, symbol.quantity_precision)]
            for p, q in side.depth(limit)
        ]

    return {
        "lastUpdateId": market.update_id,
        "E": epoch_ms,
        "T": epoch_ms,
        "bids": rows(market.bids),
        "asks": rows(market.asks),
    }


def book_ticker(market: Market, epoch_ms: int) -> dict[str, Any]:
    symbol = market.symbol

    def best(side: BookSide) -> tuple[str, str]:
        level = side.best()
        price, total = (level.price, level.total) if level is not None else (0, 0)
        return (
            format_scaled(price, symbol.price_precision),
            format_scaled(total, symbol.quantity_precision),
        )

    bid, bid_quantity = best(market.bids)
    ask, ask_quantity = best(market.asks)
    return {
        "symbol": symbol.name,
        "bidPrice": bid,
        "bidQty": bid_quantity,
        "askPrice": ask,
        "askQty": ask_quantity,
        "time": epoch_ms,
        "lastUpdateId": market.update_id,
    }


def position_risk(leg: Leg, epoch_ms: int) -> dict[str, Any]:
    """One row of v3 positionRisk; amounts in USDT."""
    symbol = leg.symbol
    position_margin = -(-abs(leg.notional()) // leg.leverage)
    return {
        "symbol": symbol.name,
        "positionSide": leg.side,
        "positionAmt": format_scaled(leg.amount, symbol.quantity_precision),
        "entryPrice": entry_price(leg),
        "breakEvenPrice": entry_price(leg),
        "markPrice": mark_price(leg.market),
        "unRealizedProfit": format_money(leg.unrealized()),
        "liquidationPrice": "0",
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


def entry_price(leg: Leg) -> str:
    return format_trimmed(leg.entry_price(4), leg.symbol.price_precision + 4)


def mark_price(market: Market) -> str:
    return format_scaled(market.mark * 10 ** (8 - market.symbol.price_precision), 8)


def asset(account: Account, epoch_ms: int) -> dict[str, Any]:
    """The USDT row of `assets`."""
    position_margin = sum(-(-abs(leg.notional()) // leg.leverage) for leg in account.legs.values())
    initial = account.initial_margin()
    available = format_money(max(0, account.available()))
    return {
        "asset": "USDT",
        "walletBalance": format_money(account.wallet),
        "unrealizedProfit": format_money(account.unrealized()),
        "marginBalance": format_money(account.margin_balance()),
        "maintMargin": format_money(sum(leg.maintenance_margin() for leg in account.legs.values())),
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
                "cum": b.cum / unit,
            }
            for b in symbol.brackets
        ],
    }
