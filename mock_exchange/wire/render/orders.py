"""Orders, their amendments and an account's fills."""

from __future__ import annotations

from typing import Any, Final

from mock_exchange.engine.accounts import Account, Order
from mock_exchange.engine.entries import Fill, Income
from mock_exchange.engine.requests import BUY, CONTRACT_PRICE, NEW
from run_records.scaled import format_money, format_scaled, format_trimmed

_AVERAGE_DIGITS: Final = 5


def order_fields(order: Order, *, as_received: bool = False) -> dict[str, Any]:
    """An order as the order endpoints describe it. `as_received` is the ACK answer: status NEW and
    nothing filled, even for MARKET."""
    symbol = order.symbol
    filled = quote = 0
    status = NEW
    if not as_received:
        filled, quote, status = order.filled, order.quote, order.status
    filled_text = format_trimmed(filled, symbol.quantity_precision)
    trigger = order.trigger
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
        "closePosition": trigger is not None and trigger.close_position,
        "side": "BUY" if order.side == BUY else "SELL",
        "positionSide": order.position_side,
        "stopPrice": "0" if trigger is None else format_trimmed(trigger.stop_price, symbol.price_precision),
        "workingType": CONTRACT_PRICE if trigger is None else trigger.working_type,
        "priceProtect": trigger is not None and trigger.price_protect,
        "origType": order.original_kind,
        "priceMatch": order.price_match,
        "selfTradePreventionMode": order.stp,
        "goodTillDate": order.good_till_ms,
        "updateTime": order.updated_ms,
    }


def queried(order: Order) -> dict[str, Any]:
    """GET answers add `time` and drop `cumQty`."""
    fields = order_fields(order)
    del fields["cumQty"]
    fields["time"] = order.created_ms
    return fields


def amended(order: Order) -> dict[str, Any]:
    """PUT answers add the pair and the filled quantity in base units."""
    fields = order_fields(order)
    fields["pair"] = order.symbol.name
    fields["cumBase"] = fields["executedQty"]
    return fields


def amendments(order: Order) -> list[dict[str, Any]]:
    """The changes of an order, newest first."""
    symbol = order.symbol

    def change(pair: tuple[int, int], precision: int) -> dict[str, str]:
        return {"before": format_trimmed(pair[0], precision), "after": format_trimmed(pair[1], precision)}

    return [
        {
            "amendmentId": order.order_id * 100_000 + row.number,
            "symbol": symbol.name,
            "pair": symbol.name,
            "orderId": order.order_id,
            "clientOrderId": order.client_id,
            "time": row.at_ms,
            "amendment": {
                "price": change(row.price, symbol.price_precision),
                "origQty": change(row.quantity, symbol.quantity_precision),
                "count": row.number,
            },
        }
        for row in reversed(order.amendments or [])
    ]


def average_price(order: Order) -> str:
    """Average fill price of an order with fills, rounded down."""
    precision = order.symbol.price_precision
    digits = max(_AVERAGE_DIGITS, precision)
    average = order.quote * 10 ** (digits - precision) // (order.filled * order.symbol.money_factor)
    return format_scaled(average, digits)


def user_trade(fill: Fill) -> dict[str, Any]:
    symbol = fill.symbol
    return {
        "symbol": symbol.name,
        "id": fill.trade_id,
        "orderId": fill.order_id,
        "side": "BUY" if fill.side == BUY else "SELL",
        "price": format_trimmed(fill.price, symbol.price_precision),
        "qty": format_trimmed(fill.quantity, symbol.quantity_precision),
        "realizedPnl": format_money(fill.profit),
        "quoteQty": format_trimmed(symbol.notional(fill.price, fill.quantity), 8),
        "commission": format_money(fill.fee),
        "commissionAsset": "USDT",
        "time": fill.at_ms,
        "positionSide": fill.position_side,
        "buyer": fill.side == BUY,
        "maker": fill.is_maker,
    }


def income_rows(account: Account) -> list[dict[str, Any]]:
    """Everything that moved an account's wallet, oldest first."""
    rows: list[dict[str, Any]] = []
    for fill in account.fills:
        name = fill.symbol.name
        number = fill.trade_id * 10 + 2 * fill.is_maker
        trade_id = str(fill.trade_id)
        if fill.profit:
            rows.append(_income(name, "REALIZED_PNL", fill.profit, fill.at_ms, number, trade_id))
        if fill.fee:
            rows.append(_income(name, "COMMISSION", -fill.fee, fill.at_ms, number + 1, trade_id))
    rows += [_other_income(income) for income in account.incomes]
    return sorted(rows, key=lambda row: row["time"])


def _other_income(income: Income) -> dict[str, Any]:
    return _income(income.symbol, income.kind, income.amount, income.at_ms, income.number * 10 + 9, "")


def _income(symbol: str, kind: str, amount: int, at_ms: int, number: int, trade_id: str) -> dict[str, Any]:
    return {
        "symbol": symbol,
        "incomeType": kind,
        "income": format_money(amount),
        "asset": "USDT",
        "info": kind,
        "time": at_ms,
        "tranId": number,
        "tradeId": trade_id,
    }
