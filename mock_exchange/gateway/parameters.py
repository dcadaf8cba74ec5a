"""Parameters of order verbs: text in, typed requests out, the documented code for each mistake.

Unknown parameters are ignored, as the venue does. Empty ones are refused (-1105).
"""

from __future__ import annotations

import re

import orjson

from mock_exchange.engine.orders import BUY, SELL, CancelAllRequest, CancelRequest, OrderRequest
from mock_exchange.engine.symbols import Symbol, symbols
from mock_exchange.errors import EPOCH_INCIDENT, Refused
from mock_exchange.scaled import TooPreciseError, parse_scaled

MAX_BATCH_PLACE = 5
DECIMAL_RANGE = r"^([0-9]{1,18})(\.[0-9]{1,18})?$"
CLIENT_ID_RANGE = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"

_SYMBOLS = symbols()
_SIDES = {"BUY": BUY, "SELL": SELL}
_TIFS = frozenset(("GTC", "IOC", "FOK", "GTX"))
_LATER_TIFS = frozenset(("GTD", "RPI"))
_KINDS = frozenset(("LIMIT", "MARKET"))
_CONDITIONAL = frozenset(("STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"))
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


def parse_order(params: dict[str, str], epoch: str) -> OrderRequest:
    """A new order from its parameters. Raises Refused with the documented code."""
    symbol = parse_symbol(params)
    side = _SIDES.get(params.get("side", ""))
    if side is None:
        mandatory(params, "side")
        raise Refused(-1117)
    kind = params.get("type", "")
    if kind not in _KINDS:
        _refuse_kind(params, epoch)
    if "priceMatch" in params or "closePosition" in params:
        _check_extras(params)
    position_side = params.get("positionSide", "BOTH")
    if position_side not in _POSITION_SIDES:
        raise Refused(-4060)
    flag = params.get("reduceOnly")
    reduce_only = False if flag is None else _boolean("reduceOnly", flag)
    price, tif = _price_and_tif(params, kind, symbol)
    return OrderRequest(
        symbol,
        side,
        kind,
        tif,
        parse_decimal(params, "quantity", symbol.quantity_precision),
        price,
        reduce_only,
        position_side,
        parse_client_id(params, "newClientOrderId"),
        _wants_result(params),
    )


def parse_cancel(params: dict[str, str]) -> CancelRequest:
    """One order to cancel or to look up, by `orderId` or `origClientOrderId`."""
    symbol = parse_symbol(params)
    order_id = params.get("orderId")
    if order_id is not None:
        if not order_id.isascii() or not order_id.isdigit() or len(order_id) > 18:
            raise Refused(-1100, "orderId", "^[0-9]{1,18}$")
        return CancelRequest(symbol, int(order_id), "")
    client_id = parse_client_id(params, "origClientOrderId")
    if not client_id:
        raise Refused(-1102, "origClientOrderId", "orderId")
    return CancelRequest(symbol, 0, client_id)


def parse_cancel_all(params: dict[str, str]) -> CancelAllRequest:
    return CancelAllRequest(parse_symbol(params))


def parse_batch(params: dict[str, str]) -> list[dict[str, str]]:
    """The legs of `batchOrders`, each as plain text parameters. -1130 malformed, -4082 too many."""
    try:
        legs = orjson.loads(mandatory(params, "batchOrders"))
    except orjson.JSONDecodeError:
        raise Refused(-1130, "batchOrders") from None
    if not isinstance(legs, list) or not all(isinstance(leg, dict) for leg in legs):
        raise Refused(-1130, "batchOrders")
    if not 1 <= len(legs) <= MAX_BATCH_PLACE:
        raise Refused(-4082, len(legs))
    return [{name: _plain(value) for name, value in leg.items()} for leg in legs]


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


def _price_and_tif(params: dict[str, str], kind: str, symbol: Symbol) -> tuple[int, str]:
    if kind == "MARKET":
        for name in ("timeInForce", "price"):
            if name in params:
                raise Refused(-1106, name.lower())
        return 0, "GTC"
    tif = params.get("timeInForce", "")
    if tif not in _TIFS:
        mandatory(params, "timeInForce")
        raise Refused(_METHOD_NOT_YET if tif in _LATER_TIFS else -1115)
    return parse_decimal(params, "price", symbol.price_precision), tif


def _refuse_kind(params: dict[str, str], epoch: str) -> None:
    kind = mandatory(params, "type")
    if kind not in _CONDITIONAL:
        raise Refused(-1116)
    raise Refused(_METHOD_NOT_YET if epoch == EPOCH_INCIDENT else _CONDITIONAL_MOVED)


def _check_extras(params: dict[str, str]) -> None:
    if params.get("priceMatch", "NONE") != "NONE":
        raise Refused(_METHOD_NOT_YET)
    close = params.get("closePosition")
    if close is not None and _boolean("closePosition", close):
        raise Refused(-1106, "closeposition")


def _boolean(name: str, text: str) -> bool:
    value = _BOOLEANS.get(text.lower())
    if value is None:
        raise Refused(-1105, name) if not text else Refused(-1130, name)
    return value


def _wants_result(params: dict[str, str]) -> bool:
    wanted = params.get("newOrderRespType")
    if wanted is None or wanted == "ACK":
        return False
    if wanted != "RESULT":
        raise Refused(-1136)
    return True
