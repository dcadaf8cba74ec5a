"""Parameters of order verbs: text in, typed requests out, the documented code for each mistake.

Unknown parameters are ignored, as the venue does. Empty ones are refused (-1105).
"""

from __future__ import annotations

import re
from typing import Any

import orjson

from mock_exchange.engine.requests import (
    BUY,
    CONDITIONAL_KINDS,
    CONTRACT_PRICE,
    EXPIRE_BOTH,
    EXPIRE_MAKER,
    EXPIRE_TAKER,
    MARK_PRICE,
    NO_MATCH,
    SELL,
    STP_NONE,
    AmendRequest,
    CancelAllRequest,
    CancelRequest,
    OrderRequest,
    Trigger,
)
from mock_exchange.engine.symbols import Symbol, symbols
from mock_exchange.errors import EPOCH_INCIDENT, Refused
from mock_exchange.gateway.endpoints import INTEGER_RANGE
from run_records.scaled import TooPreciseError, parse_scaled

MAX_BATCH_PLACE = 5
MAX_BATCH_CANCEL = 10
GOOD_TILL_AHEAD_MS = 600_000
GOOD_TILL_END_MS = 253_402_300_799_000
DECIMAL_RANGE = r"^([0-9]{1,18})(\.[0-9]{1,18})?$"
CLIENT_ID_RANGE = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"

_SYMBOLS = symbols()
_SIDES = {"BUY": BUY, "SELL": SELL}
_TIFS = frozenset(("GTC", "IOC", "FOK", "GTX", "GTD"))
_KINDS = frozenset(("LIMIT", "MARKET"))
_LIMITS = frozenset(("LIMIT", "STOP", "TAKE_PROFIT"))
_TRAILING = "TRAILING_STOP_MARKET"
_STP_MODES = frozenset((STP_NONE, EXPIRE_TAKER, EXPIRE_MAKER, EXPIRE_BOTH))
_MATCHES = frozenset(f"{side}{depth}" for side in ("OPPONENT", "QUEUE") for depth in ("", "_5", "_10", "_20"))
_MATCHES_WITHDRAWN = frozenset(("OPPONENT_10", "OPPONENT_20"))
"""Refused since 2025-10-23."""
_POSITION_SIDES = frozenset(("BOTH", "LONG", "SHORT"))
_BOOLEANS = {"true": True, "false": False}
_CLIENT_ID = re.compile(CLIENT_ID_RANGE[1:-1], re.ASCII)
_METHOD_NOT_YET = -4084
_CONDITIONAL_MOVED = -4120


def mandatory(params: dict[str, str], name: str) -> str:
    """The value, or Refused: -1102 if it is absent or empty."""
    value = params.get(name)
    if not value:
        raise Refused(-1102, name)
    return value


def parse_symbol(params: dict[str, str]) -> Symbol:
    symbol = _SYMBOLS.get(params.get("symbol", ""))
    if symbol is None:
        mandatory(params, "symbol")
        raise Refused(-1121)
    return symbol


def parse_order(params: dict[str, str], epoch: str, now_ms: int = 0, deadline_ms: int = 0) -> OrderRequest:
    """A new order from its parameters, received at venue time `now_ms`; the engine may take it until
    `deadline_ms` (0: for ever). Raises Refused with the documented code."""
    symbol = parse_symbol(params)
    side = parse_side(params)
    kind = params.get("type", "")
    trigger = None
    if kind not in _KINDS:
        trigger = _parse_trigger(params, _conditional(params, epoch), symbol)
    elif "stopPrice" in params or "closePosition" in params:
        _check_not_conditional(params)
    position_side = params.get("positionSide", "BOTH")
    if position_side not in _POSITION_SIDES:
        raise Refused(-4060)
    flag = params.get("reduceOnly")
    reduce_only = False if flag is None else parse_boolean("reduceOnly", flag)
    match = params.get("priceMatch", NO_MATCH)
    if match != NO_MATCH:
        _check_price_match(params, kind, match, epoch)
    tif = _tif(params, kind)
    stp = params.get("selfTradePreventionMode")
    if stp is None:
        stp = STP_NONE if epoch == EPOCH_INCIDENT else EXPIRE_MAKER
    elif stp not in _STP_MODES:
        raise Refused(-5039)
    return OrderRequest(
        symbol,
        side,
        kind,
        tif,
        _quantity(params, symbol, trigger),
        _price(params, kind, match, symbol),
        reduce_only,
        position_side,
        parse_client_id(params, "newClientOrderId"),
        _wants_result(params),
        trigger,
        match,
        stp,
        _good_till(params, tif, now_ms),
        deadline_ms,
    )


def parse_amend(params: dict[str, str], epoch: str, deadline_ms: int = 0) -> AmendRequest:
    """New terms for a resting order: side, quantity and price (or priceMatch) are mandatory."""
    found = parse_cancel(params)
    symbol = found.symbol
    side = parse_side(params)
    match = params.get("priceMatch", NO_MATCH)
    if match != NO_MATCH:
        _check_price_match(params, "LIMIT", match, epoch)
    quantity = parse_decimal(params, "quantity", symbol.quantity_precision)
    price = _price(params, "LIMIT", match, symbol)
    return AmendRequest(symbol, found.order_id, found.client_id, side, quantity, price, match, deadline_ms)


def parse_side(params: dict[str, str]) -> int:
    side = _SIDES.get(params.get("side", ""))
    if side is None:
        mandatory(params, "side")
        raise Refused(-1117)
    return side


def parse_cancel(params: dict[str, str]) -> CancelRequest:
    """One order to cancel or to look up, by `orderId` or `origClientOrderId`."""
    symbol = parse_symbol(params)
    order_id = params.get("orderId")
    if order_id is not None:
        return CancelRequest(symbol, parse_integer(params, "orderId"), "")
    client_id = parse_client_id(params, "origClientOrderId")
    if not client_id:
        raise Refused(-1102, "origClientOrderId", "orderId")
    return CancelRequest(symbol, 0, client_id)


def parse_cancel_all(params: dict[str, str]) -> CancelAllRequest:
    return CancelAllRequest(parse_symbol(params))


def parse_batch(params: dict[str, str]) -> list[dict[str, str]]:
    """The legs of `batchOrders`, each as plain text parameters. -1130 malformed, -4082 too many."""
    legs = _json_list(params, "batchOrders")
    if not all(isinstance(leg, dict) for leg in legs):
        raise Refused(-1130, "batchOrders")
    if not 1 <= len(legs) <= MAX_BATCH_PLACE:
        raise Refused(-4082, len(legs))
    return [{name: _plain(value) for name, value in leg.items()} for leg in legs]


def parse_batch_cancel(params: dict[str, str]) -> list[CancelRequest]:
    """The orders of `orderIdList` or `origClientOrderIdList`. -1130 malformed, -4032 too many."""
    symbol = parse_symbol(params)
    if "orderIdList" in params:
        ids = _json_list(params, "orderIdList")
        if not all(type(number) is int and 0 < number < 10**18 for number in ids):
            raise Refused(-1130, "orderIdList")
        requests = [CancelRequest(symbol, number, "") for number in ids]
    elif "origClientOrderIdList" in params:
        names = _json_list(params, "origClientOrderIdList")
        if not all(isinstance(name, str) for name in names):
            raise Refused(-1130, "origClientOrderIdList")
        requests = [
            CancelRequest(symbol, 0, parse_client_id({"origClientOrderId": name}, "origClientOrderId"))
            for name in names
        ]
    else:
        raise Refused(-1102, "orderIdList", "origClientOrderIdList")
    if not 1 <= len(requests) <= MAX_BATCH_CANCEL:
        raise Refused(-4032)
    return requests


def _json_list(params: dict[str, str], name: str) -> list[Any]:
    try:
        rows = orjson.loads(mandatory(params, name))
    except orjson.JSONDecodeError:
        raise Refused(-1130, name) from None
    if not isinstance(rows, list):
        raise Refused(-1130, name)
    return rows


def parse_decimal(params: dict[str, str], name: str, precision: int) -> int:
    """-1102 missing, -1100 not a decimal, -1111 more decimals than the symbol has."""
    text = mandatory(params, name)
    try:
        return parse_scaled(text, precision)
    except TooPreciseError:
        raise Refused(-1111) from None
    except ValueError:
        raise Refused(-1100, name, DECIMAL_RANGE) from None


def parse_client_id(params: dict[str, str], name: str) -> str:
    text = params.get(name)
    if text is None:
        return ""
    if _CLIENT_ID.fullmatch(text) is None:
        if not text:
            raise Refused(-1118)
        raise Refused(-4015) if len(text) > 36 else Refused(-1100, name, CLIENT_ID_RANGE)
    return text


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return orjson.dumps(value).decode()


def _tif(params: dict[str, str], kind: str) -> str:
    tif = params.get("timeInForce")
    if kind == "MARKET":
        if tif is not None:
            raise Refused(-1106, "timeinforce")
        return "GTC"
    if tif is None or tif == "":
        if kind == "LIMIT" or tif == "":
            raise Refused(-1102, "timeInForce")
        return "GTC"
    if tif not in _TIFS:
        raise Refused(_METHOD_NOT_YET if tif == "RPI" else -1115)
    return tif


def _price(params: dict[str, str], kind: str, match: str, symbol: Symbol) -> int:
    """0 where the order has none, or where it is taken from the book."""
    if kind not in _LIMITS:
        if "price" in params:
            raise Refused(-1106, "price")
        return 0
    return 0 if match != NO_MATCH else parse_decimal(params, "price", symbol.price_precision)


def _quantity(params: dict[str, str], symbol: Symbol, trigger: Trigger | None) -> int:
    if trigger is not None and trigger.close_position:
        if "quantity" in params:
            raise Refused(-4137)
        if "reduceOnly" in params:
            raise Refused(-1106, "reduceonly")
        return 0
    return parse_decimal(params, "quantity", symbol.quantity_precision)


def _good_till(params: dict[str, str], tif: str, now_ms: int) -> int:
    """Whole seconds, in milliseconds; 0 unless the order is GTD."""
    if tif != "GTD":
        if "goodTillDate" in params:
            raise Refused(-1106, "goodtilldate")
        return 0
    until = parse_integer(params, "goodTillDate")
    until -= until % 1000
    if not now_ms + GOOD_TILL_AHEAD_MS < until < GOOD_TILL_END_MS:
        raise Refused(-5040)
    return until


def _conditional(params: dict[str, str], epoch: str) -> str:
    kind = mandatory(params, "type")
    if kind not in CONDITIONAL_KINDS and kind != _TRAILING:
        raise Refused(-1116)
    if epoch != EPOCH_INCIDENT:
        raise Refused(_CONDITIONAL_MOVED)
    if kind == _TRAILING:
        raise Refused(_METHOD_NOT_YET)
    return kind


def _parse_trigger(params: dict[str, str], kind: str, symbol: Symbol) -> Trigger:
    working = params.get("workingType", CONTRACT_PRICE)
    if working not in (CONTRACT_PRICE, MARK_PRICE):
        raise Refused(-4031, working)
    protect = params.get("priceProtect")
    close = params.get("closePosition")
    close_position = close is not None and parse_boolean("closePosition", close)
    if close_position and kind in _LIMITS:
        raise Refused(-1106, "closeposition")
    return Trigger(
        parse_decimal(params, "stopPrice", symbol.price_precision),
        working,
        protect is not None and parse_boolean("priceProtect", protect),
        close_position,
    )


def _check_not_conditional(params: dict[str, str]) -> None:
    if params.get("stopPrice", "0") != "0":
        raise Refused(-1106, "stopprice")
    close = params.get("closePosition")
    if close is not None and parse_boolean("closePosition", close):
        raise Refused(-1106, "closeposition")


def _check_price_match(params: dict[str, str], kind: str, match: str, epoch: str) -> None:
    if match not in _MATCHES or (match in _MATCHES_WITHDRAWN and epoch != EPOCH_INCIDENT):
        raise Refused(-5037)
    if kind not in _LIMITS:
        raise Refused(-5038)
    if "price" in params:
        raise Refused(-1106, "price")


def parse_boolean(name: str, text: str) -> bool:
    """Raises Refused: -1105 empty, -1130 neither true nor false."""
    value = _BOOLEANS.get(text.lower())
    if value is None:
        raise Refused(-1105, name) if not text else Refused(-1130, name)
    return value


def parse_integer(params: dict[str, str], name: str) -> int:
    """-1102 missing, -1100 not a whole number."""
    text = mandatory(params, name)
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Refused(-1100, name, INTEGER_RANGE)
    return int(text)


def _wants_result(params: dict[str, str]) -> bool:
    wanted = params.get("newOrderRespType")
    if wanted is None or wanted == "ACK":
        return False
    if wanted != "RESULT":
        raise Refused(-1136)
    return True
