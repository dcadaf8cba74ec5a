"""Events of an account's own stream: orders, fills, balances, positions."""

from __future__ import annotations

from typing import Any

from mock_exchange.engine.accounts import Account, Leg, Order
from mock_exchange.engine.entries import Fill
from mock_exchange.engine.requests import CALCULATED, CONTRACT_PRICE, TRADE
from mock_exchange.wire.render.account import entry_price
from mock_exchange.wire.render.market import price_text
from mock_exchange.wire.render.orders import average_price
from run_records.scaled import format_money, format_trimmed

Event = dict[str, Any]


def order_update(order: Order, execution: str, fill: Fill | None, now_ms: int, *, reasons: bool) -> Event:
    """ORDER_TRADE_UPDATE. `reasons` adds `er`, which the venue sends since 2025-10-23."""
    symbol, trigger = order.symbol, order.trigger
    pp, qp = symbol.price_precision, symbol.quantity_precision
    leg = order.leg
    fields: Event = {
        "s": symbol.name, "c": order.client_id, "S": "BUY" if order.side > 0 else "SELL", "o": order.kind,
        "f": order.tif, "q": format_trimmed(order.quantity, qp), "p": format_trimmed(order.price, pp),
        "ap": average_price(order) if order.filled else "0",
        "sp": "0" if trigger is None else format_trimmed(trigger.stop_price, pp),
        "x": execution, "X": order.status, "i": order.order_id, "l": "0",
        "z": format_trimmed(order.filled, qp), "L": "0", "n": "0", "N": "USDT",
        "T": now_ms, "t": 0, "b": format_money(leg.bid_notional), "a": format_money(leg.ask_notional),
        "m": False, "R": order.reduce_only,
        "wt": CONTRACT_PRICE if trigger is None else trigger.working_type, "ot": order.original_kind,
        "ps": order.position_side, "cp": trigger is not None and trigger.close_position,
        "rp": "0", "pP": trigger is not None and trigger.price_protect, "si": 0, "ss": 0,
        "V": order.stp, "pm": order.price_match, "gtd": order.good_till_ms,
    }  # fmt: skip
    if fill is not None:
        fields.update(
            l=format_trimmed(fill.quantity, qp), L=format_trimmed(fill.price, pp),
            n=format_money(fill.fee), t=fill.trade_id, m=fill.is_maker, rp=format_money(fill.profit),
        )  # fmt: skip
    if reasons:
        fields["er"] = str(order.expiry)
    return {"e": "ORDER_TRADE_UPDATE", "E": now_ms, "T": now_ms, "o": fields}


def execution_of(order: Order) -> str:
    """How a fill is reported: liquidations are CALCULATED."""
    return CALCULATED if order.forced else TRADE


def trade_lite(order: Order, fill: Fill, now_ms: int) -> Event:
    pp, qp = order.symbol.price_precision, order.symbol.quantity_precision
    return {
        "e": "TRADE_LITE", "E": now_ms, "T": now_ms, "s": order.symbol.name,
        "q": format_trimmed(order.quantity, qp), "p": format_trimmed(order.price, pp), "m": fill.is_maker,
        "c": order.client_id, "S": "BUY" if order.side > 0 else "SELL",
        "L": format_trimmed(fill.price, pp), "l": format_trimmed(fill.quantity, qp), "t": fill.trade_id,
        "i": order.order_id,
    }  # fmt: skip


def account_update(account: Account, legs: list[Leg], reason: str, change: int, now_ms: int) -> Event:
    """ACCOUNT_UPDATE with the wallet and the positions that changed; `change` is what is neither profit
    nor commission."""
    wallet = format_money(account.wallet)
    return {
        "e": "ACCOUNT_UPDATE",
        "E": now_ms,
        "T": now_ms,
        "a": {
            "m": reason,
            "B": [{"a": "USDT", "wb": wallet, "cw": wallet, "bc": format_money(change)}],
            "P": [_position(leg) for leg in legs],
        },
    }


def _position(leg: Leg) -> Event:
    return {
        "s": leg.symbol.name, "pa": format_trimmed(leg.amount, leg.symbol.quantity_precision)
        if leg.amount >= 0 else "-" + format_trimmed(-leg.amount, leg.symbol.quantity_precision),
        "ep": entry_price(leg), "bep": entry_price(leg), "cr": format_money(leg.realized),
        "up": format_money(leg.unrealized()), "mt": "cross", "iw": "0", "ps": leg.side,
    }  # fmt: skip


def margin_call(account: Account, now_ms: int) -> Event:
    return {
        "e": "MARGIN_CALL",
        "E": now_ms,
        "cw": format_money(account.wallet),
        "p": [
            {
                "s": leg.symbol.name, "ps": leg.side, "pa": _position(leg)["pa"], "mt": "CROSSED", "iw": "0",
                "mp": price_text(leg.prices.mark, leg.symbol), "up": format_money(leg.unrealized()),
                "mm": format_money(leg.maintenance_margin()),
            }
            for leg in account.legs.values()
            if leg.amount
        ],
    }  # fmt: skip


def leverage_update(symbol: str, leverage: int, now_ms: int) -> Event:
    return {"e": "ACCOUNT_CONFIG_UPDATE", "E": now_ms, "T": now_ms, "ac": {"s": symbol, "l": leverage}}


def trigger_reject(order: Order, reason: str, now_ms: int) -> Event:
    fields = {"s": order.symbol.name, "i": order.order_id, "r": reason}
    return {"e": "CONDITIONAL_ORDER_TRIGGER_REJECT", "E": now_ms, "T": now_ms, "or": fields}


def listen_key_expired(key: str, now_ms: int) -> Event:
    return {"e": "listenKeyExpired", "E": now_ms, "listenKey": key}
